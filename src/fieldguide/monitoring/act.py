"""What follows from findings: incidents that open and close, and whether the constant answers meanwhile.

Pure: what is open and what was found go in, what to write comes out. The ledger and the server are told by
`steps`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from fieldguide.finding import Diagnosis, Finding
from fieldguide.program import Feature, Presentation, Program, models, reads

FAULTS = frozenset(
    {
        "unit_factor", "unit_affine", "null_flood", "default_flood", "stuck_value", "category_renamed",
        "category_new", "category_gone", "columns_swapped", "time_shift", "truncated", "clipped", "type_changed",
        "precision_lost", "text_garbled",
    }
)  # fmt: skip
"""Causes for which a column's values are not to be trusted."""
MOST = 0.5
"""Share of rows with values never seen from which a column is not to be trusted, whatever the cause."""


CLEAN_WINDOWS = 2
"""Windows without a finding after which its incident is over."""


@dataclass(frozen=True)
class Incident:
    """An open incident of the ledger: its id, the finding that is kept, clean windows since it was last seen."""

    id: int
    finding: Finding
    clean_windows: int = 0


@dataclass(frozen=True)
class Update:
    """What became of an open incident: windows without it since, the finding to keep, closed or not."""

    incident: int
    clean_windows: int
    finding: Finding
    closed: bool = False


@dataclass(frozen=True)
class Decision:
    """What to write: findings that open an incident, and what became of those that were open."""

    opened: tuple[Finding, ...]
    updated: tuple[Update, ...]


def decide(
    incidents: Sequence[Incident], findings: Sequence[Finding], *, clean_windows: int = CLEAN_WINDOWS
) -> Decision:
    """Return what follows from the findings of one window.

    `incidents` are those open; `findings` everything the window gave (what fails opens an incident). An open
    incident that is found again keeps its first row; one that is not found counts a clean window, and is over
    after `clean_windows`. A column that still looks wrong is not clean, whether or not its cause could be
    named this time.
    """
    current = {(f.check, f.about): f for f in findings if f.verdict == "fail"}
    wrong = {f.about for f in findings if f.verdict != "pass" and f.about is not None}
    updated = []
    for incident in incidents:
        again = current.pop((incident.finding.check, incident.finding.about), None)
        found_again = again is not None or incident.finding.about in wrong
        clean = 0 if found_again else incident.clean_windows + 1
        kept = incident.finding if again is None else same_incident(incident.finding, again)
        updated.append(Update(incident.id, clean, kept, clean >= clean_windows))
    return Decision(tuple(current.values()), tuple(updated))


def fallback(findings: Sequence[Finding], used: Collection[str]) -> Finding | None:
    """Return the first open finding that takes a model out of service which reads the columns `used`; None if none does."""
    return next((finding for finding in findings if breaks(finding, used)), None)


def same_incident(first: Finding, again: Finding) -> Finding:
    """Return the finding to keep when an incident is found again.

    The first one, which knows where it began; or the new one, with that beginning, when the cause became
    known or another since, or the verdict graver.
    """
    old, new = first.diagnosis, again.diagnosis
    better = new is not None and new.cause is not None and (old is None or old.cause != new.cause)
    if not better and not (again.verdict == "fail" and first.verdict != "fail"):
        return first
    if old is None or new is None or old.first_row is None:
        return again
    began = Diagnosis(new.cause, new.factor, new.offset, old.first_row, old.since, new.share)
    return replace(again, diagnosis=began)


def breaks(finding: Finding, used: Collection[str]) -> bool:
    """Return whether a finding takes the model out of service: a fault in a column that the model uses.

    A change without a known cause does so only when it failed (it stayed for two windows) and most rows
    hold values that history never had. Shifts of the population and losses never do: the constant would
    not answer better.
    """
    if finding.verdict != "fail" or finding.about not in used or finding.diagnosis is None:
        return False
    if finding.diagnosis.cause is not None:
        return finding.diagnosis.cause in FAULTS
    tests = finding.evidence.get("tests", {})
    return any(tests[test][0] >= MOST for test in ("novel", "support") if test in tests)


def columns_used(program: Program) -> frozenset[str]:
    """Return the raw columns that the program's model reads: none for the mean, presentations never.

    A computed feature, and a heuristic, use the columns that their function reads.
    """
    model = program.blanks().model
    if isinstance(model, models.Mean):
        return frozenset()
    if isinstance(model, models.Heuristic):
        return frozenset(reads(model.function))
    used: set[str] = set()
    for feature in program.features:
        if isinstance(feature, Presentation) or not isinstance(feature, Feature):
            continue
        used.update(reads(feature.of) if feature.of is not None else (feature.name,))
    return frozenset(used)
