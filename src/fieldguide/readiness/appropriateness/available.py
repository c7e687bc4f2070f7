"""Is every feature there when the prediction is made? What the declarations, and the rows' own times, say of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from fieldguide.finding import Finding
from fieldguide.readiness.appropriateness.leakage import Instants
from fieldguide.readiness.appropriateness.words import listed, span
from fieldguide.readiness.checks import found


@dataclass(frozen=True)
class Joined:
    """A joined source: its columns, how old its rows are at the prediction (seconds: half, 95 % and 99 % of them), and `within`."""

    name: str
    columns: tuple[str, ...]
    half: float
    most: float
    oldest: float
    within: timedelta | None
    missing: float


@dataclass(frozen=True)
class Computed:
    """A computed feature and the raw columns that it reads."""

    name: str
    reads: tuple[str, ...]


def features_available(
    own: Sequence[str],
    joined: Sequence[Joined],
    computed: Sequence[Computed],
    instants: Sequence[Instants],
    broken: str,
) -> list[Finding]:
    """A1: each feature is there at prediction time: what is declared of it, and how old its values are.

    Whether it really is shows only in the served log (`served_features`); here is told what must hold for it.
    """
    check = "features_available"
    if broken:
        todo = "mend the function: it must answer for every row, with None for a missing value"
        return [found(check, "fail", f"a computed feature breaks on rows of the table: {broken}", todo=todo)]
    findings = []
    for j in joined:
        saw = (
            f"{listed(j.columns)}, as of a time: half of the values are at most {_old(j.half)} old, 95 % "
            f"{_old(j.most)}, 99 % {_old(j.oldest)}"
        )
        if j.missing:
            saw += f"; {j.missing:.1%} of the rows have none"
        saw += f" within {span(j.within)}" if j.within is not None and j.missing else ""
        ask = None
        if j.half <= 1.0:
            ask = (
                "most values are as old as the prediction itself: as_of= must be when a row could be read, not when its hour or "
                "day began"
            )
        findings.append(found(check, "pass", saw, j.name, todo=ask))
    ahead = {i.column for i in instants if i.after}
    told = []
    if own:
        told.append(
            f"{len(own)} columns of the main source are taken as known at the prediction, as nothing says since when"
        )
    if computed:
        told.append(
            f"{len(computed)} features are computed from {listed(sorted({r for c in computed for r in c.reads}))}"
        )
    if ahead:
        told.append(f"{listed(sorted(ahead))} may lie ahead of it")
    served = (
        "in service each must be in the request: fieldguide serve shows which are"
        if own or computed
        else None
    )
    return [found(check, "pass", "; ".join(told) or "no feature", todo=served), *findings]


def _old(seconds: float) -> str:
    return span(timedelta(seconds=max(seconds, 0.0)))
