"""B2: a value that stays the same for much longer than it ever does.

The yardstick is the column itself: how long its other runs of equal values are. A value that most rows have (no
rain, nothing sold) forms runs of its own kind, which are judged by each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fieldguide.finding import Finding
from fieldguide.program import Feature
from fieldguide.readiness.checks import found
from fieldguide.readiness.faithfulness.points import distinct, number, points, unit_of
from fieldguide.readiness.faithfulness.tails import torn_off
from fieldguide.tables.query.runs import Runs
from fieldguide.tables.summary import ColumnSummary

ENOUGH_DISTINCT = 10
"""A number with fewer distinct values is a code or a count: equal neighbors say nothing about it."""
LONG_RUN = 30
LONGER_THAN_NEXT = 10
FEWEST_RUNS = 100
IN_THE_TAIL = 50
"""Runs, at least, of which the mean length beyond a threshold is taken where tails are light."""
LIGHT = 1.1
"""Deviation over mean of the lengths beyond the threshold up to which a tail is light; exponential ones have 1."""
SIZE = 1e-8
TWICE = 2.0


@dataclass(frozen=True)
class Usual:
    """How long runs usually are at most; `sure` says that the longer ones cannot be the tail of the others."""

    rows: int
    sure: bool


def many_valued(column: ColumnSummary) -> bool:
    """Return whether a number has enough distinct values that equal neighbors mean something."""
    return column.kind == "number" and distinct(column) >= ENOUGH_DISTINCT


def may_be_stuck(column: ColumnSummary, runs: Runs) -> bool:
    """Return whether the longest run of a number with many values is worth looking at.

    It is long, and under independent rows such a run would not occur: the expected number of runs of at
    least L among n values is n (1 − p) p^(L−1), p = Σ share² (FACTS 8). Real rows are not independent, so
    this alone is no verdict. The value that most rows have, if any, was left out.
    """
    longest = int(runs.lengths.max(initial=0))
    if longest < LONG_RUN:
        return False
    values, rows = points(column)
    rows = rows[values != common_value(column)]
    tie = float(((rows / rows.sum()) ** 2).sum())
    return float(rows.sum()) * (1 - tie) * tie ** (longest - 1) < 0.01


def common_value(column: ColumnSummary) -> float | None:
    """Return the value that more than half of the values of a column are, if any."""
    if not column.values:
        return None
    value, times = max(column.values.items(), key=lambda item: item[1])
    return value if times > 0.5 * sum(column.values.values()) else None


def stuck_values(feature: Feature, runs: Runs, within: str | None = None) -> list[Finding]:
    """B2: no run of equal values is torn off the column's other runs.

    `within` names the entity whose rows were looked at one after another, None for all rows by time. There
    a column that mostly repeats its last value (an attribute of the entity) cannot be judged. A run that only
    light tails would not have is worth a look, no more.
    """
    if not runs.longest or (within and runs.times.sum() < 0.5 * (runs.lengths * runs.times).sum()):
        return []
    usual = usual_run(runs)
    if usual is None:
        return []
    stuck = [run for run in runs.longest if run.rows > usual.rows]
    first = stuck[0]
    where = f" (one {within})" if within else ""
    saw = (
        f"stays at {number(first.value)}{unit_of(feature)} for {first.rows:,} rows in a row{where}, "
        f"from {first.since or 'the start'} on"
    )
    expected = f"at most {usual.rows:,} rows in a row, as everywhere else in the column"
    keys = [run.key for run in stuck if run.key]
    evidence = {"rows": first.rows, "value": first.value, "since": first.since, "usual": usual.rows}
    todo = (
        None
        if usual.sure
        else "look whether it was measured then; if the sensor or the feed stood still, make the values null"
    )
    return [
        found(
            "stuck_values",
            "fail" if usual.sure else "pass",
            saw if usual.sure else f"{saw}; otherwise at most {usual.rows:,}",
            feature.name,
            rows=keys,
            expected=expected,
            todo=todo,
            evidence=evidence,
        )
    ]


def usual_run(runs: Runs) -> Usual | None:
    """Return how long runs usually are at most, when there are some that are torn off; else None."""
    lengths, times = runs.lengths[::-1], runs.times[::-1]
    if times.sum() < FEWEST_RUNS or lengths[0] < LONG_RUN or len(lengths) < 2:
        return None
    torn = torn_off(lengths, times)
    if torn is not None and lengths[torn.values - 1] >= LONG_RUN:
        return Usual(int(lengths[torn.values]), True)
    if torn is None and times[0] <= 3 and lengths[0] >= LONGER_THAN_NEXT * lengths[1]:
        return Usual(int(lengths[1]), True)  # too few different lengths to judge a tail by
    return _beyond_a_light_tail(lengths, times)


def _beyond_a_light_tail(
    lengths: np.ndarray[tuple[int], np.dtype[np.int64]], times: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> Usual | None:
    """Return how long runs usually are where their tail is light and one, twice as long, lies far beyond it."""
    if times[0] > 3 or lengths[0] < TWICE * lengths[1]:
        return None
    rest, many = lengths[1:].astype(np.float64), times[1:]
    upto = np.cumsum(many)
    at = int(np.searchsorted(upto, max(IN_THE_TAIL, 0.02 * upto[-1])))
    if at >= len(rest) - 1:
        return None
    over = rest[:at] - rest[at]
    n = int(many[:at].sum())
    if n < IN_THE_TAIL // 2:
        return None
    mean = float((over * many[:at]).sum() / n)
    deviation = float(np.sqrt((over**2 * many[:at]).sum() / n - mean**2))
    if mean <= 0 or deviation > LIGHT * mean:
        return None
    chance = n * float(np.exp(-(float(lengths[0]) - rest[at]) / (1.5 * mean)))
    return Usual(int(rest[0]), False) if chance < SIZE else None
