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


@dataclass(frozen=True)
class Incident:
    """An open incident of the ledger: its id, the finding that is kept, clean windows since it was last seen.

    `fallback` says whether it took the model out of service.
    """

    id: int
    finding: Finding
    clean_windows: int = 0
    fallback: bool = False


@dataclass(frozen=True)
class Policy:
    """How the monitor acts.

    `fallback`: answer with the constant while a column that the model uses is broken. `clean_windows`: how
    many windows without the finding close an incident. `by_hand`: an incident with a fallback is closed by
    a person only.
    """

    fallback: bool = True
    clean_windows: int = 2
    by_hand: bool = False


@dataclass(frozen=True)
class Update:
    """What became of an open incident: windows without it since, the finding to keep, closed or not."""

    incident: int
    clean_windows: int
    finding: Finding
    closed: bool = False


@dataclass(frozen=True)
class Decision:
    """What to write: incidents to open (with whether each takes the model out of service), and updates.

    `fallback` says whether the constant answers from now on, `reason` why (for callers and journal),
    `findings` are all open findings, old and new.
    """

    opened: tuple[tuple[Finding, bool], ...]
    updated: tuple[Update, ...]
    fallback: bool
    reason: str | None
    findings: tuple[Finding, ...]

    @property
    def goes_on(self) -> tuple[int, ...]:
        """Incidents that were found again."""
        return tuple(u.incident for u in self.updated if u.clean_windows == 0)

    @property
    def cleaner(self) -> tuple[tuple[int, int], ...]:
        """Incidents that were not found and stay open, with how many clean windows they have now."""
        return tuple((u.incident, u.clean_windows) for u in self.updated if u.clean_windows and not u.closed)

    @property
    def closed(self) -> tuple[int, ...]:
        """Incidents that end."""
        return tuple(u.incident for u in self.updated if u.closed)


def decide(
    incidents: Sequence[Incident],
    findings: Sequence[Finding],
    used: Collection[str],
    policy: Policy | None = None,
) -> Decision:
    """Return what follows from the findings of one window.

    `incidents` are those open; `findings` everything the window gave (what fails opens an incident); `used`
    are the raw columns that the model in service reads (`columns_used`). An open incident that is found
    again keeps its first row; one that is not found counts a clean window.
    """
    policy = policy or Policy()
    current = {(f.check, f.about): f for f in findings if f.verdict == "fail"}
    updated, open_now = [], []
    for incident in incidents:
        again = current.pop((incident.finding.check, incident.finding.about), None)
        clean = 0 if again is not None else incident.clean_windows + 1
        held = policy.by_hand and incident.fallback
        closed = again is None and clean >= policy.clean_windows and not held
        kept = incident.finding if again is None else same_incident(incident.finding, again)
        updated.append(Update(incident.id, clean, kept, closed))
        if not closed:
            open_now.append((kept, incident.fallback or (policy.fallback and breaks(kept, used))))
    opened = tuple((f, policy.fallback and breaks(f, used)) for f in current.values())
    open_now += opened
    broken = [f for f, fallback in open_now if fallback]
    return Decision(
        opened=opened,
        updated=tuple(updated),
        fallback=bool(broken),
        reason="; ".join(f.saw for f in broken) or None,
        findings=tuple(f for f, _ in open_now),
    )


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
