"""The verbs that a user calls: look up in the ledger what must hold, do the pure work, write the result.

One file a verb. Users reach them as `fieldguide.grade(…)`, `fieldguide.fit(…)` and so on.
"""
