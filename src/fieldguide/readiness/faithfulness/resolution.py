"""B2: how finely a number is written, and whether that changes over time.

A source that is replaced, or a copy that loses digits, shows in the steps of the values long before it shows
in their distribution.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fieldguide.finding import Finding
from fieldguide.program import Feature
from fieldguide.readiness.checks import found
from fieldguide.readiness.faithfulness.points import unit_of
from fieldguide.tables.query.lines import NEVER
from fieldguide.tables.slicing import instant
from fieldguide.tables.tally import Floats, Ints

MOST_DECIMALS = 9
ON = 0.99
"""Share of the rows that lie on the steps of a number for them to be its steps."""
SIZE = 1e-6
"""Chance of a stretch of coarse values, a column, at most (times the stretches that could be)."""
FEWEST_DISTINCT = 15
LEAST_SHARE = 0.02
FINE = 0.3
"""Share of the distinct values of the same size that are finer, elsewhere, at least."""


@dataclass(frozen=True)
class Coarse:
    """A stretch of rows with steps of `step` where others have finer ones.

    `first`, `last` are the positions of its ends among the rows that have a value, `distinct` how many
    values it holds, `fine` the share of finer values among those of the same size elsewhere, `chance` that of
    such a stretch.
    """

    step: float
    first: int
    last: int
    distinct: int
    fine: float
    chance: float


def step_of(values: Floats, rows: Ints) -> float | None:
    """Return the power of ten in steps of which nearly all values are written, None when there is no such one.

    >>> step_of(np.array([1.5, 2.25, 7.0]), np.array([1, 1, 1])), step_of(np.array([1 / 3, 2 / 7]), np.array([1, 1]))
    (0.01, None)
    >>> step_of(np.array([1500.0, 22_000.0]), np.array([1, 1]))
    100.0
    """
    total = rows.sum()
    if not total:
        return None
    for power in range(6, -MOST_DECIMALS - 1, -1):
        if rows[on_steps(values, power)].sum() >= ON * total:
            return float(10.0**power)
    return None


def on_steps(values: Floats, power: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return which values are multiples of 10^power, but for the rounding of float64."""
    with np.errstate(over="ignore", invalid="ignore"):  # of the largest numbers: these are on no steps
        scaled = values / 10.0**power if power >= 0 else values * 10.0**-power
        near = np.abs(scaled - np.round(scaled)) <= 1e-9 * np.maximum(np.abs(scaled), 1.0)
    return np.asarray(near & (np.abs(scaled) < 2**50))


def coarse_stretch(values: Floats) -> Coarse | None:
    """Return the stretch of a number's rows, in their order, that is written more coarsely than the others.

    Values (n,) without NaN. None when there is none that chance would not make: of D distinct values, each
    as coarse as a share q of those of the same size elsewhere, all are with q^D.
    """
    n = len(values)
    counted = np.unique(values, return_counts=True)
    finest = step_of(*counted)
    powers = _powers(*counted, finest)
    best: Coarse | None = None
    for power in powers:
        fine = ~on_steps(values, power)
        if fine.sum() < 20 or not (~fine & (values != 0)).any():
            continue
        edges = np.concatenate([[-1], np.flatnonzero(fine), [n]])
        lengths = np.diff(edges) - 1
        for at in np.argsort(-lengths)[:2]:
            first, last = int(edges[at]) + 1, int(edges[at + 1]) - 1
            if last - first + 1 < LEAST_SHARE * n:
                continue
            seen = _judged(values, fine, first, last, power)
            if seen is not None and (best is None or seen.chance < best.chance):
                best = seen
    return best


def resolution(feature: Feature, values: Floats, time: Ints, sampled: bool = False) -> list[Finding]:
    """B2: say from when to when a number is written more coarsely than else.

    `values` (n,) are in the order of `time` (n,), NaN where missing; `sampled` says that they are not all.
    """
    there = np.isfinite(values)
    coarse = coarse_stretch(values[there])
    if coarse is None:
        return []
    when = time[there]
    began, ended = _when(when, coarse.first), _when(when, coarse.last)
    where = (
        f"from {began} to {ended}"
        if began and ended
        else f"from row {coarse.first + 1:,} to {coarse.last + 1:,}"
    )
    saw = (
        f"{where} all values are multiples of {coarse.step:g}{unit_of(feature)} ({coarse.distinct} different ones); elsewhere "
        f"{coarse.fine:.0%} of the values of that size are finer"
    )
    if sampled:
        saw += "; of up to 50,000 rows"
    todo = "ask the owner what changed then: another source, another sensor, or a copy that lost digits"
    evidence = {"step": coarse.step, "distinct": coarse.distinct, "chance": coarse.chance}
    return [
        found(
            "resolution",
            "pass",
            saw,
            feature.name,
            expected="the same steps at all times",
            todo=todo,
            evidence=evidence,
        )
    ]


def _powers(values: Floats, rows: Ints, finest: float | None) -> list[int]:
    """Return the powers of ten to try: above the finest steps, up to where few values lie on them anyway."""
    low = -MOST_DECIMALS if finest is None else round(np.log10(finest)) + 1
    spread = float(values[-1] - values[0]) if len(values) > 1 else 0.0
    high = int(np.floor(np.log10(spread / 10))) if spread > 0 else low - 1
    return list(range(low, min(high, low + 12) + 1))


def _judged(
    values: Floats, fine: np.ndarray[tuple[int], np.dtype[np.bool_]], first: int, last: int, power: int
) -> Coarse | None:
    inside = values[first : last + 1]
    distinct = np.unique(inside[inside != 0])
    if len(distinct) < FEWEST_DISTINCT:
        return None
    low, high = np.abs(distinct).min(), np.abs(distinct).max()
    outside = np.ones(len(values), dtype=bool)
    outside[first : last + 1] = False
    alike = outside & (np.abs(values) >= low) & (np.abs(values) <= high)
    others, at = np.unique(values[alike], return_index=True)
    if len(others) < FEWEST_DISTINCT:
        return None
    # values and rows both: popular coarse values would else hide how usual coarse ones are
    share = min(float(fine[alike][at].mean()), float(fine[alike].mean()))
    if share < FINE:
        return None
    chance = len(values) * (1 - share) ** len(distinct)
    if chance >= SIZE:
        return None
    return Coarse(10.0**power, first, last, len(distinct), share, chance)


def _when(time: Ints, at: int) -> str | None:
    return None if time[at] == NEVER else (instant(int(time[at])) or "")[:16].replace("T", " ")
