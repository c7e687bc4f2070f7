"""How far a row can be told from all others by what describes a person: k-anonymity (Sweeney 2002)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fieldguide.finding import Finding
from fieldguide.readiness.checks import found

K = 5
"""Rows of the same combination below which a person in them is hardly hidden (a customary bound)."""
WORSE = 0.05
"""Share of the rows by which a join may bring into groups below K before it is said to lower the level."""


@dataclass(frozen=True)
class Groups:
    """Rows by their combination of several columns: the smallest group, and rows alone or with fewer than five."""

    columns: tuple[str, ...]
    rows: int
    groups: int
    smallest: int
    alone: int
    few: int

    @property
    def exposed(self) -> float:
        """Share of the rows in groups of fewer than five."""
        return self.few / self.rows if self.rows else 0.0


def reidentification(
    groups: Groups | None, before: Groups | None = None, joined: Sequence[str] = (), *, persons: bool = True
) -> list[Finding]:
    """C2: rows that are alone with their age, place, occupation; and whether a join made them so.

    `groups` is of the columns that describe persons (None: fewer than two of them), `before` of those of the main source
    alone, `joined` names the columns that a join added. A join after which at least 5 % more of the rows stand in
    groups of fewer than five is unknown: joining can make persons recognizable who were not (FACTS 1.1, 10).
    """
    if groups is None or not persons:
        why = (
            "fewer than two columns describe persons"
            if persons
            else "the table does not look like one about persons"
        )
        return [found("reidentification", "pass", why)]
    told = ", ".join(groups.columns)
    saw = (
        f"by {told}: {groups.alone / max(groups.rows, 1):.1%} of the rows are alone with their combination, the smallest "
        f"group has {groups.smallest} row{'s' if groups.smallest != 1 else ''} (k = {groups.smallest}); "
        f"{groups.exposed:.1%} are in groups below {K}"
    )
    evidence = {
        "columns": list(groups.columns), "k": groups.smallest, "alone": groups.alone, "below_5": groups.few, "rows": groups.rows,
    }  # fmt: skip
    if joined and before is not None and groups.exposed - before.exposed >= WORSE:
        saw += f"; before {', '.join(joined)} was joined, {before.exposed:.1%} were"
        todo = (
            f"leave out or coarsen {', '.join(joined)}; or, if the owners of the data know: "
            "fieldguide waive P reidentification --by NAME --because WHY"
        )
        return [found("reidentification", "unknown", saw, evidence=evidence, todo=todo)]
    todo = ""
    if groups.smallest < K:
        todo = "coarsen them where the question allows (ages by tens, regions for towns) before the data are passed on"
    return [found("reidentification", "pass", saw, evidence=evidence, todo=todo)]
