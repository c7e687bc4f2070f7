"""What follows from findings: incidents opened and closed, fallback on and off. A pure decision."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from fieldguide.finding import Finding

CLEAN_WINDOWS = 2
"""Clean windows after which an incident is over."""


@dataclass(frozen=True)
class Incident:
    """An open incident as the decision sees it: what it is about, and how many clean windows followed."""

    id: int
    finding: Finding
    clean_windows: int


@dataclass(frozen=True)
class Decision:
    """What to do after one window.

    `opened` are findings that begin an incident, each with whether the constant answers from now on; `goes_on` maps
    open incidents to their newest finding, `cleaner` to their number of clean windows, `closed` are over.
    """

    opened: tuple[tuple[Finding, bool], ...] = ()
    goes_on: tuple[int, ...] = ()
    cleaner: tuple[tuple[int, int], ...] = ()
    closed: tuple[int, ...] = ()


def decide(
    open_incidents: Sequence[Incident],
    found: Sequence[Finding],
    used: Collection[str],
    *,
    clean_windows: int = CLEAN_WINDOWS,
) -> Decision:
    """Return what follows from the findings of one window.

    A failing finding opens an incident unless one of the same check and column is open. The constant
    answers when the column is one that the model uses (`used`: raw columns behind its features) and the
    finding is a fault of the data, not a shift of the population. An incident is over after
    `clean_windows` windows without it.

    >>> broken = Finding("served_units", "B3", "fail", about="wind")
    >>> decide([], [broken], {"wind"}).opened[0][1]
    True
    >>> decide([Incident(7, broken, 1)], [], {"wind"}).closed
    (7,)
    """
    failing = {(f.check, f.about): f for f in found if f.verdict == "fail"}
    known = {(i.finding.check, i.finding.about): i for i in open_incidents}
    opened = tuple((f, falls_back(f, used)) for key, f in failing.items() if key not in known)
    goes_on, cleaner, closed = [], [], []
    for key, incident in known.items():
        if key in failing:
            goes_on.append(incident.id)
        elif incident.clean_windows + 1 >= clean_windows:
            closed.append(incident.id)
        else:
            cleaner.append((incident.id, incident.clean_windows + 1))
    return Decision(opened, tuple(goes_on), tuple(cleaner), tuple(closed))


def falls_back(finding: Finding, used: Collection[str]) -> bool:
    """Return whether the constant must answer while this finding is open."""
    cause = finding.diagnosis.cause if finding.diagnosis else None
    return finding.about in used and cause not in ("population_shifted", "concept_changed", "gradual_drift")
