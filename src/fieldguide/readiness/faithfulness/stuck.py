"""B2: a value that stays the same for much longer than it ever does."""

from __future__ import annotations

from fieldguide.finding import Finding
from fieldguide.program import Feature
from fieldguide.readiness.checks import found
from fieldguide.readiness.faithfulness.points import distinct, number, points, unit_of
from fieldguide.readiness.faithfulness.tails import torn_off
from fieldguide.tables.query.runs import Runs
from fieldguide.tables.summary import ColumnSummary

ENOUGH_DISTINCT = 20
"""A number with fewer distinct values is a code or a count: equal neighbors say nothing about it."""
LONG_RUN = 30
LONGER_THAN_NEXT = 10


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
    """Return the value that more than half of the values of a column are, if any: its runs say nothing."""
    if not column.values:
        return None
    value, times = max(column.values.items(), key=lambda item: item[1])
    return value if times > 0.5 * sum(column.values.values()) else None


def stuck_values(feature: Feature, runs: Runs, within: str | None = None) -> list[Finding]:
    """B2: no run of equal values is torn off the column's other runs.

    `within` names the entity whose rows were looked at one after another, None for all rows by time. There
    a column that mostly repeats its last value (an attribute of the entity) cannot be judged.
    """
    if not runs.longest or (within and runs.times.sum() < 0.5 * (runs.lengths * runs.times).sum()):
        return []
    usual = usual_run(runs)
    if usual is None:
        return []
    stuck = [run for run in runs.longest if run.rows > usual]
    first = stuck[0]
    where = f" (one {within})" if within else ""
    saw = (
        f"stays at {number(first.value)}{unit_of(feature)} for {first.rows:,} rows in a row{where}, "
        f"from {first.since or 'the start'} on"
    )
    expected = f"at most {usual:,} rows in a row, as everywhere else in the column"
    keys = [run.key for run in stuck if run.key]
    evidence = {"rows": first.rows, "value": first.value, "since": first.since, "usual": usual}
    return [found("stuck_values", "fail", saw, feature.name, rows=keys, expected=expected, evidence=evidence)]


def usual_run(runs: Runs) -> int | None:
    """Return how long runs usually are at most, when there are some that are torn off; else None."""
    lengths, times = runs.lengths[::-1], runs.times[::-1]
    if times.sum() < 100 or lengths[0] < LONG_RUN or len(lengths) < 2:
        return None
    torn = torn_off(lengths, times)
    if torn is not None and lengths[torn.values - 1] >= LONG_RUN:
        return int(lengths[torn.values])
    if torn is None and times[0] <= 3 and lengths[0] >= LONGER_THAN_NEXT * lengths[1]:
        return int(lengths[1])  # too few different lengths to judge a tail by
    return None
