"""Band B: are the data what they say they are? Nothing here can see a label or a question.

The types forbid it: every function takes features, summaries and results of named queries, and none of these
holds a label, a question or a program (a test walks the signatures). So what is found here can be used for
any question (FACTS 1.1, 8). Missing values, the last step of the band, are in `missing`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import numpy as np

from fieldguide.comparing.explained import DEFAULT_NUMBERS
from fieldguide.finding import Finding, Verdict
from fieldguide.program import Feature
from fieldguide.readiness.checks import found
from fieldguide.readiness.faithfulness.tails import torn_off
from fieldguide.tables.query import Duplicates, Found
from fieldguide.tables.query.runs import Runs
from fieldguide.tables.summary import ColumnSummary, Summary, quantiles, representative
from fieldguide.tables.tally import STEEPNESS

LEAST_RESOLVED = 0.5
"""Share of rows that find a partner in a joined source, at least."""
ENOUGH_DISTINCT = 20
"""A number with fewer distinct values is a code or a count: equal neighbors say nothing about it."""
LONG_RUN = 30
LONGER_THAN_NEXT = 10
DEFAULT_TIMES = ("0001-01-01", "1900-01-01", "1970-01-01", "2099-12-31", "2999-12-31", "9999-12-31")
FEWEST_DEFAULTS = 3
DAY = 86_400.0
WIDTH_OF_A_DEFAULT_TIME = 1.6 * DAY
"""Midnight of the day in any time zone."""


@dataclass(frozen=True)
class Wild:
    """Values that are torn off the rest of their column: those above (or below) `bound`.

    `next` is the farthest of the others, `ratio` how many times as far from the middle the nearest wild
    value is, `chance` that of such a gap.
    """

    side: Literal["above", "below"]
    bound: float
    next: float
    ratio: float
    chance: float


def profiled(summary: Summary, features: Sequence[Feature], rows: int) -> list[Finding]:
    """B4: the summary has every column, and counted every row."""
    lacking = [f.name for f in features if f.name not in summary.columns]
    counted = int(summary.rows.sum())
    if lacking:
        return [found("profiled", "fail", f"no profile of {', '.join(lacking)}")]
    if counted != rows:
        return [found("profiled", "fail", f"the profile has {counted:,} of {rows:,} rows")]
    constant = [f.name for f in features if _distinct(summary.columns[f.name]) == 1]
    note = f"; always the same value: {', '.join(constant)}" if constant else ""
    return [found("profiled", "pass", f"{len(features)} columns, {rows:,} rows{note}")]


def columns_filled(summary: Summary, features: Sequence[Feature]) -> list[Finding]:
    """B4: no column is without any value."""
    findings = []
    for f in features:
        column = summary.columns[f.name]
        if column.counts.sum() + column.nonfinite.sum() == 0:
            saw = f"all {int(summary.rows.sum()):,} rows are null in {f.name!r}"
            findings.append(found("columns_filled", "fail", saw, f.name))
    return findings or [found("columns_filled", "pass", f"{len(features)} columns hold values")]


def unique_key(key: Sequence[str], duplicates: Duplicates | None) -> list[Finding]:
    """B3: each key belongs to one row and no row lacks it. Unknown when no key is declared."""
    if not key or duplicates is None:
        todo = (
            "declare Source(key=…): the column(s) that tell one row from another; if there is none, say so in your "
            "name: fieldguide waive P unique_key --by NAME --because …"
        )
        return [found("unique_key", "unknown", "no key declared", todo=todo)]
    return [_keys("unique_key", None, key, duplicates)]


def joined_keys(name: str, key: Sequence[str], duplicates: Duplicates | None) -> list[Finding]:
    """B3: each key of the joined source `name` belongs to one of its rows."""
    if not key or duplicates is None:
        todo = f"declare the key of {name}: Source(key=…)"
        return [found("joined_keys", "unknown", "no key declared", name, todo=todo)]
    return [_keys("joined_keys", name, key, duplicates)]


def joins_resolve(name: str, resolved: int, rows: int) -> list[Finding]:
    """B3: at least half of the rows found a partner in the joined source `name`.

    Which rows did not, and when, is told by the missing values of its columns.
    """
    share = resolved / rows if rows else 0.0
    saw = f"{resolved:,} of {rows:,} rows ({share:.1%}) found a row in {name}"
    verdict: Verdict = "pass" if share >= LEAST_RESOLVED else "fail"
    return [found("joins_resolve", verdict, saw, name, expected=f"at least {LEAST_RESOLVED:.0%}")]


def no_joins() -> list[Finding]:
    """B3: what the two checks of joins say where nothing is joined."""
    return [found(name, "pass", "no source is joined") for name in ("joined_keys", "joins_resolve")]


def possible_values(
    feature: Feature, column: ColumnSummary, outside: Found | None, infinite: Found | None
) -> list[Finding]:
    """B3: a number is finite and within its declared low and high; `outside`, `infinite` are the rows that are not."""
    low, high = bounds(feature)
    findings = []
    if infinite is not None and infinite.rows:
        saw, where = f"{infinite.rows:,} values are NaN or infinite", infinite.examples
        findings.append(
            found("possible_values", "fail", saw, feature.name, rows=where, expected="finite numbers")
        )
    if outside is not None and outside.rows:
        told = ", ".join(dict.fromkeys(number(x) for x in outside.values[:3]))
        saw = f"{outside.rows:,} values are outside, such as {told}{_unit(feature)}; the column goes from {_span(column)}"
        expected = f"from {number(low)} to {number(high)}{_unit(feature)}, as declared"
        where = outside.examples
        findings.append(found("possible_values", "fail", saw, feature.name, rows=where, expected=expected))
    return findings


def outside_bounds(feature: Feature, column: ColumnSummary) -> bool:
    """Return whether a column goes beyond its declared low or high, so that the rows are worth looking for."""
    low, high = bounds(feature)
    if (low is None and high is None) or column.counts.sum() == 0:
        return False
    least, most = float(np.nanmin(column.low)), float(np.nanmax(column.high))
    return (low is not None and least < low) or (high is not None and most > high)


def bounds(feature: Feature) -> tuple[float | None, float | None]:
    """Return the declared low and high of a number, None where there are none."""
    return getattr(feature, "low", None), getattr(feature, "high", None)


def wild_tails(column: ColumnSummary) -> list[Wild]:
    """Return the ends of a number's values that are torn off (see `tails`)."""
    if column.kind != "number" or column.counts.sum() == 0:
        return []
    values, rows = points(column)
    middle = float(quantiles(column, [0.5])[0])
    found = []
    for side, sign in (("above", 1.0), ("below", -1.0)):
        away = sign * (values - middle)
        at = np.flatnonzero(away > 0)
        at = at[np.argsort(-away[at])]
        torn = torn_off(away[at], rows[at])
        if torn is not None:
            inner, outer = away[at[torn.values]], away[at[torn.values - 1]]
            bound = middle + sign * float(np.sqrt(inner * outer))
            next_ = float(values[at[torn.values]])
            found.append(Wild(side, bound, next_, torn.ratio, torn.chance))  # type: ignore[arg-type]
    return found


def wild_values(feature: Feature, column: ColumnSummary, wild: Wild, where: Found) -> list[Finding]:
    """B3: no value lies far from all others; `where` are the rows whose values do."""
    if not where.rows:
        return []
    told = ", ".join(dict.fromkeys(number(x) for x in where.values[:3]))
    quarter, median, three = (number(float(q)) for q in quantiles(column, [0.25, 0.5, 0.75]))
    rows = "1 row holds" if where.rows == 1 else f"{where.rows:,} rows hold"
    others = f"no other lies {wild.side} {number(wild.next)}"
    saw = f"{rows} {told}{_unit(feature)}; {others}, and half of them lie between {quarter} and {three}"
    expected = f"no such gap: it is {wild.ratio:,.0f} times as far from the middle ({median}) as the next"
    evidence = {"ratio": round(wild.ratio, 2), "chance": wild.chance, "next": wild.next, "rows": where.rows}
    keys = where.examples
    return [found("wild_values", "fail", saw, feature.name, rows=keys, expected=expected, evidence=evidence)]


def possible_times(later: Found | None, now: datetime) -> list[Finding]:
    """B3: no row's time lies after `now`; `later` are those that do, None when rows have no time."""
    if later is None:
        return [found("possible_times", "pass", "no time column")]
    if not later.rows:
        return [found("possible_times", "pass", f"all times lie before {now:%Y-%m-%d %H:%M} UTC")]
    latest = _day(max(later.values))
    saw = f"{later.rows:,} rows lie in the future, the last on {latest}; now it is {now:%Y-%m-%d %H:%M} UTC"
    return [found("possible_times", "fail", saw, rows=later.examples)]


def many_valued(column: ColumnSummary) -> bool:
    """Return whether a number has enough distinct values that equal neighbors mean something."""
    return column.kind == "number" and _distinct(column) >= ENOUGH_DISTINCT


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
        f"stays at {number(first.value)}{_unit(feature)} for {first.rows:,} rows in a row{where}, "
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


def default_suspects(column: ColumnSummary) -> list[tuple[float, float]]:
    """Return values of a column that may stand in for missing ones, each with the nearest other value.

    A suspect is one of the usual stand-ins and apart from the others: by twice the range of (99 % of) the
    others, or as the only negative among whole numbers. A price of 999 is nearer than that. Timestamps: a day
    that is more than five years from the others.
    """
    if column.kind == "timestamp":
        return _default_times(column)
    if column.kind != "number" or _distinct(column) < 10:
        return []
    values, rows = points(column)
    suspects = []
    for code in DEFAULT_NUMBERS:
        same = np.abs(values - code) <= _blur(column, code)
        rest, weight = values[~same], np.cumsum(rows[~same])
        if rows[same].sum() < FEWEST_DEFAULTS or len(rest) < 9:
            continue
        low, high = rest[np.searchsorted(weight, [0.005 * weight[-1], 0.995 * weight[-1]])]
        nearest = float(rest[np.argmin(np.abs(rest - code))])
        apart = abs(nearest - code) >= 2 * (high - low) > 0
        only = code <= -9 and float(rest.min()) >= 0 and bool((rest == np.round(rest)).all())
        if apart or only:
            suspects.append((code, nearest))
    return suspects


def default_values(
    feature: Feature, column: ColumnSummary, suspect: tuple[float, float], where: Found
) -> list[Finding]:
    """B2: a usual stand-in for missing values, apart from the other values, is not repeated."""
    if where.rows < FEWEST_DEFAULTS:
        return []
    code, nearest = suspect
    share = where.rows / max(int(column.counts.sum()), 1)
    timed = feature.kind == "timestamp"
    shown, near = (_day(code), _day(nearest)) if timed else (number(code) + _unit(feature), number(nearest))
    saw = f"{where.rows:,} rows ({share:.2%}) hold {shown}; the nearest other value is {near}"
    evidence = {"value": code, "rows": where.rows, "nearest": nearest}
    expected = "null where the value is not known"
    keys = where.examples
    return [
        found("default_values", "fail", saw, feature.name, rows=keys, expected=expected, evidence=evidence)
    ]


def nothing_found(check: str, looked_at: int) -> list[Finding]:
    """Return the one finding of a check of columns that found nothing in any of them."""
    return [found(check, "pass", f"{looked_at} columns looked at, nothing found")]


def points(column: ColumnSummary) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct values of a number, sorted (or the middles of its buckets), and the rows at each."""
    if column.values is not None:
        found = sorted(column.values)
        return np.array(found), np.array([column.values[x] for x in found], dtype=np.int64)
    assert column.grid is not None
    rows = column.counts.sum(axis=0)
    middles = np.clip(
        representative(column.grid, column.buckets), np.nanmin(column.low), np.nanmax(column.high)
    )
    return middles[rows > 0], rows[rows > 0]


def number(x: float | None) -> str:
    """Return a number for people.

    >>> number(1048.36058), number(24000.0), number(0.000123456), number(None)
    ('1,048.36', '24,000', '0.000123456', 'anything')
    """
    if x is None:
        return "anything"
    return f"{x:,.0f}" if abs(x) < 1e15 and x == int(x) else f"{x:,.6g}"


def _keys(check: str, name: str | None, key: Sequence[str], duplicates: Duplicates) -> Finding:
    called = ", ".join(key)
    if not duplicates.rows and not duplicates.null:
        return found(check, "pass", f"({called}) is different on every row", name)
    parts = []
    if duplicates.rows:
        copies = f", {duplicates.copies:,} of them exact copies of another row" if duplicates.copies else ""
        parts.append(f"{duplicates.keys:,} values of ({called}) are on {duplicates.rows:,} rows{copies}")
    if duplicates.null:
        parts.append(f"{duplicates.null:,} rows have no ({called})")
    return found(check, "fail", "; ".join(parts), name, rows=duplicates.examples)


def _default_times(column: ColumnSummary) -> list[tuple[float, float]]:
    values, rows = points(column)
    suspects = []
    for day in DEFAULT_TIMES:
        code = datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
        same = np.abs(values - code) <= WIDTH_OF_A_DEFAULT_TIME + _blur(column, code)
        rest = values[~same]
        if rows[same].sum() >= FEWEST_DEFAULTS and len(rest):
            nearest = float(rest[np.argmin(np.abs(rest - code))])
            if abs(nearest - code) > 5 * 365 * DAY:
                suspects.append((code, nearest))
    return suspects


def _blur(column: ColumnSummary, value: float) -> float:
    """Return how far the middle of the bucket of `value` may lie from it; 0 where values are counted one by one."""
    if column.values is not None or column.grid is None:
        return 0.0
    return 0.6 * math.hypot(value - column.grid.anchor, column.grid.scale) / STEEPNESS


def _distinct(column: ColumnSummary) -> int:
    if column.values is not None:
        return len(column.values)
    return int((column.counts.sum(axis=0) > 0).sum())


def _span(column: ColumnSummary) -> str:
    return f"{number(float(np.nanmin(column.low)))} to {number(float(np.nanmax(column.high)))}"


def _unit(feature: Feature) -> str:
    unit = getattr(feature, "unit", None)
    return f" {unit}" if unit and unit != "1" else ""


def _day(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
    except (OverflowError, ValueError, OSError):
        return f"{seconds:,.0f} seconds since 1970"
