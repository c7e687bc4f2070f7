"""Do values change once the outcome is known? The same keys, read at two gradings (FACTS 8, leakage 7)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from fieldguide.finding import Finding
from fieldguide.program import Label
from fieldguide.readiness.checks import found

KEPT = 30
"""Rows with a label, and as many without one yet, whose values are remembered for the next grading."""
MOST_COLUMNS = 60
FEWEST = 5
OFTEN = 0.3
"""Share of the rows whose outcome arrived in between on which a column changed, from which on it follows the outcome."""


def remembered(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> dict[str, Any]:
    """Return what is kept of a reading: for a few keys whether there was a label, and four hex digits of each value.

    `rows` hold `key`, `labeled` and the columns; the first of them are kept, so they must come in an order that
    does not depend on the reading (that of a digest of the key).
    """
    names = list(columns)[:MOST_COLUMNS]
    kept: dict[str, list[Any]] = {}
    left = {True: KEPT, False: KEPT}
    for row in rows:
        if row["key"] is None or not left[bool(row["labeled"])]:
            continue
        left[bool(row["labeled"])] -= 1
        kept[str(row["key"])] = [int(bool(row["labeled"])), "".join(mark(row[name]) for name in names)]
    return {"columns": names, "rows": kept}


def mark(value: Any) -> str:
    """Return four hex digits that stand for a value.

    >>> mark(1.0) == mark(1.0), mark(1.0) == mark(2.0), len(mark(None))
    (True, False, 4)
    """
    return hashlib.md5(repr(value).encode(errors="surrogatepass"), usedforsecurity=False).hexdigest()[:4]


def values_change_later(
    label: Label,
    before: Mapping[str, Any] | None,
    rows: Mapping[str, Mapping[str, Any]],
    memory: Mapping[str, Any],
) -> list[Finding]:
    """A3: the value of a column stays what it was when the outcome becomes known.

    `before` is what an earlier grading remembered, `rows` are the rows of its keys as they are read now (with
    `labeled`), `memory` what this one remembers for the next.
    """
    check = "values_change_later"
    evidence = {"remembered": dict(memory)}
    if before is None or not before.get("rows"):
        saw = "the rows were graded for the first time: whether values change once the outcome is known shows when they are graded again"
        if not memory.get("rows"):
            saw = "rows have no key, so the same row cannot be found again: whether values change later is not known"
        return [found(check, "pass", saw, evidence=evidence)]
    names, kept = list(before["columns"]), before["rows"]
    seen = {key: rows[key] for key in kept if key in rows}
    arrived = [key for key in seen if not kept[key][0] and seen[key]["labeled"]]
    other = [key for key in seen if key not in arrived]
    findings, changed_else = [], []
    for place, name in enumerate(names):
        if any(name not in row for row in seen.values()):
            continue

        def moved(keys: Sequence[str], name: str = name, place: int = place) -> list[str]:
            at = slice(4 * place, 4 * place + 4)
            return [key for key in keys if kept[key][1][at] != mark(seen[key][name])]

        after, without = moved(arrived), moved(other)
        share, usual = len(after) / max(len(arrived), 1), len(without) / max(len(other), 1)
        if len(after) >= FEWEST and share >= OFTEN and share >= 3 * usual:
            saw = (
                f"{name!r} changed on {len(after)} of {len(arrived)} rows whose outcome became known since the last grading, on "
                f"{len(without)} of {len(other)} others"
            )
            todo = "its value follows the outcome: read it as it was at the prediction (a snapshot, or Join(as_of=…)), or take it out"
            findings.append(found(check, "fail", saw, name, rows=after, todo=todo))
        elif after or without:
            changed_else.append((name, len(after) + len(without)))
    if findings:
        findings[0] = replace(findings[0], evidence=evidence)
        return findings
    saw = f"{len(seen)} rows of an earlier grading read again, {len(arrived)} of them with an outcome since then"
    if changed_else:
        told = ", ".join(f"{name} on {n}" for name, n in sorted(changed_else, key=lambda c: -c[1])[:3])
        saw += f"; values that changed: {told}"
        todo = "ask why values of past rows change: what is served at the prediction is not what is read here later"
        return [found(check, "pass", saw, todo=todo, evidence=evidence)]
    return [found(check, "pass", f"{saw}; no value changed", evidence=evidence)]
