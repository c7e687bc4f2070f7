"""B2: hours and days without rows, against the rhythm of the table itself.

How many rows an hour lets expect is taken from the same hour of the same weekday in the weeks around it, so that nights,
weekends and seasons are no gaps. A gap is out of the ordinary when it should have held many rows, and many times
more than the table's other gaps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fieldguide.finding import Finding
from fieldguide.readiness.checks import found
from fieldguide.readiness.faithfulness.clocks import wall_clock
from fieldguide.tables.query.rhythm import DAY, HOUR, Rhythm
from fieldguide.tables.slicing import instant
from fieldguide.tables.tally import Flags, Floats, Ints

FEWEST_ROWS = 200
FEWEST_UNITS = 28
WEEKS_AROUND = 4
EXPECTED = 20.0
"""Rows, at least, that a gap should have held."""
TIMES = 5.0
"""So many times as many rows as the gap next in size should have held."""
REGULAR = 0.9
"""Where so many of the hours (or days) hold exactly the same number of rows, any that holds none is a gap."""


@dataclass(frozen=True)
class Gap:
    """Hours or days in a row without any row: `since` to `until` (ISO 8601, UTC), where `expected` rows should be."""

    since: str
    until: str
    units: int
    expected: float


@dataclass(frozen=True)
class Gaps:
    """The gaps of a table, the largest first; `unit` is "hour" or "day", `regular` how many rows each usually holds.

    None instead of a number where rows do not come regularly. `units` are all from the first row to the last.
    """

    unit: str
    units: int
    empty: int
    regular: int | None
    gaps: tuple[Gap, ...]


def gaps(seen: Rhythm, zone: str) -> Gaps | None:
    """Return the gaps that are out of the ordinary; None where rows are too few or too sparse to have a rhythm."""
    n = int(seen.rows.sum())
    if n < FEWEST_ROWS or len(seen.units) < 2:
        return None
    for width in (HOUR, DAY):
        if width < seen.width:
            continue
        units, rows = _by(seen, width, zone)
        if len(rows) < FEWEST_UNITS:
            continue
        usual = int(np.bincount(rows).argmax())
        regular = usual > 0 and (rows == usual).mean() >= REGULAR
        if regular or ((rows > 0).mean() >= 0.3 and rows.mean() >= 1.0):
            return _found(units, rows, width, zone)
    return None


def time_gaps(seen: Rhythm | None, zone: str) -> list[Finding]:
    """B2: say which hours or days lack rows that the table's rhythm lets expect; `seen` None: rows have no time."""
    if seen is None:
        return [found("time_gaps", "pass", "no time column")]
    one = gaps(seen, zone)
    if one is None:
        return [found("time_gaps", "pass", "rows are too few or too sparse to have a rhythm")]
    if not one.gaps:
        return [found("time_gaps", "pass", f"no {one.unit} lacks rows that should be there")]
    shown = "; ".join(_told(g, one) for g in one.gaps[:3])
    many = f" and {len(one.gaps) - 3} more" if len(one.gaps) > 3 else ""
    saw = f"rows are missing: {shown}{many}"
    if one.regular is not None:
        saw = (
            f"each {one.unit} usually holds {one.regular:,} row{'s' if one.regular != 1 else ''}; {one.empty:,} of "
            f"{one.units:,} hold none: {shown}{many}"
        )
    evidence = {"gaps": [[g.since, g.until, round(g.expected, 1)] for g in one.gaps[:10]]}
    todo = "ask the owner what happened then: nothing to record, or nothing recorded?"
    return [found("time_gaps", "pass", saw, rows=[g.since for g in one.gaps], todo=todo, evidence=evidence)]


def _told(gap: Gap, of: Gaps) -> str:
    since = gap.since[: 10 if of.unit == "day" else 16].replace("T", " ")
    count = f"{gap.units:,} {of.unit}{'s' if gap.units > 1 else ''} from {since} on"
    rows = round(gap.expected)
    return f"{count} (about {rows:,} row{'s' if rows != 1 else ''})"


def _by(seen: Rhythm, width: int, zone: str) -> tuple[Ints, Ints]:
    """Return all units of the wall clock from the first to the last, with their rows; the two at the ends left out."""
    clock = wall_clock(seen.units * seen.width, zone if seen.width == HOUR else "UTC") // width
    if width == HOUR:
        clock = seen.units  # hours of the wall clock come twice or not at all: count those of UTC
    first, last = int(clock.min()), int(clock.max())
    rows = np.bincount((clock - first).astype(np.int64), weights=seen.rows, minlength=last - first + 1)
    units = np.arange(first, last + 1)
    return units[1:-1], np.round(rows[1:-1]).astype(np.int64)


def _found(units: Ints, rows: Ints, width: int, zone: str) -> Gaps:
    word = "hour" if width == HOUR else "day"
    usual = int(np.bincount(rows).argmax())
    regular = usual if usual > 0 and (rows == usual).mean() >= REGULAR else None
    expected = np.full(len(rows), float(usual)) if regular else _expected(units, rows, width, zone)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (rows == 0).astype(np.int64), [0]])))
    runs = [
        (int(a), int(b), float(expected[a:b].sum())) for a, b in zip(edges[::2], edges[1::2], strict=True)
    ]
    runs.sort(key=lambda run: -run[2])
    changed = _at_changes(units, zone) if width == HOUR else np.zeros(len(units), dtype=np.bool_)
    skipped = [run for run in runs if changed[run[0] : run[1]].all()]
    runs = [run for run in runs if run not in skipped]
    empty = int((rows == 0).sum()) - sum(b - a for a, b, _ in skipped)
    kept = runs if regular else _out_of_the_ordinary(runs, len(rows))
    shown = tuple(
        Gap(_instant(int(units[a]), width), _instant(int(units[b - 1]) + 1, width), b - a, lost)
        for a, b, lost in kept
    )
    return Gaps(word, len(rows), empty, regular, shown)


def _at_changes(units: Ints, zone: str) -> Flags:
    """Return which hours are one before or after a change of the clock, where an hour of local time comes twice or never.

    Times without their offset do not say which of the two they are: both fall into one.
    """
    clock = wall_clock(units * HOUR, zone)
    moved = np.flatnonzero(np.diff(clock - units * HOUR)) + 1
    near = np.zeros(len(units), dtype=np.bool_)
    near[moved], near[moved - 1] = True, True
    return near


def _out_of_the_ordinary(runs: list[tuple[int, int, float]], units: int) -> list[tuple[int, int, float]]:
    """Return the largest gaps as far as they should have held many times more rows than the next one."""
    sizes = np.array([lost for _, _, lost in runs])
    kept = 0
    for i in range(min(len(sizes), 10)):
        after = float(sizes[i + 1]) if i + 1 < len(sizes) else 0.0
        if sizes[i] < EXPECTED:
            break
        if sizes[i] >= TIMES * max(after, EXPECTED / TIMES):
            kept = i + 1
    return runs[:kept]


def _expected(units: Ints, rows: Ints, width: int, zone: str) -> Floats:
    """Return how many rows each unit lets expect: the median of the same hour and weekday in the weeks around it.

    Where hours hold few rows each, their day's median is shared out by the profile of the week.
    """
    week = 168 if width == HOUR else 7
    n = len(rows)
    wide = np.full((2 * WEEKS_AROUND, n), np.nan)
    daily = rows.astype(np.float64)
    if width == HOUR:
        window = np.ones(24)
        daily = np.convolve(np.pad(daily, (12, 11), mode="edge"), window, mode="valid")
    for k in range(1, WEEKS_AROUND + 1):
        shift = k * week
        if shift < n:
            wide[2 * k - 2, shift:] = daily[:-shift]
            wide[2 * k - 1, :-shift] = daily[shift:]
    there = np.isfinite(wide).any(axis=0)
    level = np.zeros(n)
    level[there] = np.nanmedian(wide[:, there], axis=0)
    if width != HOUR:
        return level
    clock = (wall_clock(units * HOUR, zone) // HOUR % week).astype(np.int64)
    total = np.bincount(clock, weights=rows, minlength=week)
    times = np.maximum(np.bincount(clock, minlength=week), 1)
    profile = total / times
    around = np.convolve(np.pad(profile, (12, 11), mode="wrap"), np.ones(24), mode="valid")
    share = np.divide(profile, around, out=np.zeros(week), where=around > 0)
    return level * share[clock]


def _instant(unit: int, width: int) -> str:
    return instant(unit * width) or ""
