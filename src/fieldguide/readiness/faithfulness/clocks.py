"""B3: times keep to one clock.

What is wrong with a clock is seen in how many rows lie in each hour: an hour that comes twice when the clocks are
set back, hours of the day that move when they are set forward, midnights that were dates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from scipy.special import pdtrc

from fieldguide.finding import Finding
from fieldguide.readiness.checks import found
from fieldguide.tables.clocks import changes
from fieldguide.tables.query.lines import NEVER, Lines
from fieldguide.tables.query.rhythm import DAY, HOUR, Rhythm
from fieldguide.tables.slicing import instant
from fieldguide.tables.tally import Floats, Ints

DOUBLED = 1.5
"""So many times the usual number of rows are in the hour that comes twice, and none in the one before."""
ENOUGH_IN_AN_HOUR = 5.0
SIZE, SIZE_FORWARD = 1e-4, 1e-3
"""Chance of a doubled hour, a change of the clocks, where rows come by chance (Poisson): back, forward."""
WEEKS = 6
"""Weeks before and after a change of the clocks that are compared."""
FEWEST_WEEKS, AGREEING = 8, 0.8
MIDNIGHTS = 0.01
FEWEST_MIDNIGHTS = 20
LATE = 0.01
"""Share of rows behind an earlier one's time up to which a table is in order but for late ones."""
FEWEST_ROWS = 500
ZONES = ("America/New_York", "Europe/Berlin")
"""Zones whose changes of the clocks are tried where the declared one has none."""


@dataclass(frozen=True)
class Doubled:
    """An hour that comes twice on the wall clock: `rows` in its second turn, `before` in its first, `usual` rows."""

    since: str
    rows: int
    before: int
    usual: float


def doubled_hours(seen: Rhythm, zone: str) -> list[Doubled]:
    """Return the changes of the clocks at which naive times put two hours of rows into one.

    When clocks are set back an hour comes twice, and naive times of both are read as the later one; when they are set
    forward, times within the hour that was skipped are moved into the next. Compared with the same hours a
    week before and after.
    """
    if seen.width != HOUR or len(seen.units) < 2:
        return []
    rows = dict(zip(seen.units.tolist(), seen.rows.tolist(), strict=True))
    found_ = []
    for at, _ in _changes(zone, seen)[1:]:
        hour = at // HOUR
        usual = np.mean([rows.get(hour + week, 0) for week in (-336, -168, 168, 336)])
        first = np.mean([rows.get(hour - 1 + week, 0) for week in (-336, -168, 168, 336)])
        if min(usual, first) < ENOUGH_IN_AN_HOUR:
            continue
        here, before = rows.get(hour, 0), rows.get(hour - 1, 0)
        back = _offset_before(zone, seen, at) > _offset_after(zone, seen, at)
        if here < DOUBLED * max(usual, 1.0) or (back and before):
            continue
        # set back: so many rows in one hour *and* none in the other; set forward: so many rows
        chance = pdtrc(here - 1, float(usual)) * (np.exp(-float(first)) if back else 1.0)
        if chance < (SIZE if back else SIZE_FORWARD):
            found_.append(Doubled((instant(at) or "")[:16].replace("T", " "), here, before, float(usual)))
    return found_


def moved_hours(seen: Rhythm, zone: str) -> tuple[int, int, str] | None:
    """Return by how many hours the day's profile moves on the declared wall clock when clocks change.

    (-1 or 1, the weeks that say so, the zone whose changes were looked at); None when it does not, or nothing can be said. Each
    week after a change is compared with the mean of up to six weeks before it: on the same hours, and on
    hours one earlier or later. All changes must agree, on the mean of their weeks, and four of five weeks.
    """
    if seen.width != HOUR or seen.rows.sum() < 5_000 or len(seen.units) < 1_000:
        return None
    own = _changes(zone, seen)
    zones = (zone,) if len(own) > 1 else ZONES
    hours = np.arange(int(seen.units[0]), int(seen.units[-1]) + 1)
    rows = np.zeros(len(hours))
    rows[seen.units - seen.units[0]] = seen.rows
    for candidate in zones:
        moves: set[int] = set()
        votes: list[int] = []
        for at, _ in _changes(candidate, seen)[1:]:
            change = at // HOUR
            forward = _offset_after(candidate, seen, at) > _offset_before(candidate, seen, at)
            before = _weeks(hours, rows, change, -1, zone, seen)
            after = _weeks(hours, rows, change, 1, zone, seen)
            if len(before) < 3 or not len(after):
                continue
            model = before.mean(axis=0)
            if model.max() < 2 * max(model.mean(), 1e-12):
                continue
            sign = 1 if forward else -1
            by, clear = _shift(model, after.mean(axis=0))
            moves.add(sign * by if clear else 0)
            votes += [sign * _shift(model, week)[0] for week in after]
        if len(votes) >= FEWEST_WEEKS and len(moves) == 1 and (by := moves.pop()):
            agreeing = votes.count(by)
            if agreeing >= AGREEING * len(votes):
                return by, agreeing, candidate
    return None


def _shift(model: Floats, week: Floats) -> tuple[int, bool]:
    """Return by how many hours (-1, 0, 1) a day's profile fits best, and whether it fits clearly better than unmoved."""
    fit = {s: float(np.corrcoef(np.roll(model, s), week)[0, 1]) for s in (-1, 0, 1)}
    best = max(fit, key=lambda s: fit[s])
    return best, fit[best] - fit[0] > 0.02


def clocks(lines: Lines, seen: Rhythm, zone: str, instants: Sequence[str], in_order: bool) -> list[Finding]:
    """B3: say what speaks against the clock: hours that come twice, a day that moves, dates among times, late rows.

    `instants` are the columns of instants; `in_order` says whether the lines' numbers tell how the rows came.
    """
    findings = []
    doubled = doubled_hours(seen, zone)
    if doubled:
        told = ", ".join(f"{d.since} UTC ({d.rows:,} rows, usually {d.usual:,.0f})" for d in doubled[:3])
        saw = f"where the clocks change in {zone}, two hours of rows lie in one: {told}"
        todo = (
            "naive times cannot say which of two equal hours is meant: write times with their offset from UTC"
        )
        findings.append(found("clocks", "pass", saw, todo=todo))
    moved = moved_hours(seen, zone)
    if moved is not None:
        by, weeks, of = moved
        if of == zone:
            saw = f"the hours of the day move by one when the clocks change in {zone}, in all {weeks} weeks compared: the times (or what makes the rows) do not follow this clock"
            todo = "check Source(timezone=…): were the times written in UTC or in a zone without summer time?"
        else:
            saw = f"the hours of the day move by one when the clocks change in places like {of}, in {weeks} weeks compared: rows follow a wall clock there"
            todo = f"declare Source(timezone=…) with the zone in which people live, so that parts of the day mean the same all year (now {zone})"
        findings.append(found("clocks", "pass", saw, todo=todo, evidence={"hours": by}))
    night = _at_night(seen, zone)
    if night is not None:
        saw = f"{night:.0%} of the rows lie between 23:00 and 7:00 in {zone}, hardly any during the day"
        todo = "check Source(timezone=…): were the times written in another zone?"
        findings.append(found("clocks", "pass", saw, todo=todo))
    for name, at in (("", lines.time), *((name, _microseconds(lines.numbers[name])) for name in instants)):
        share = dates_among_times(at, zone)
        if share is not None:
            saw = f"{share:.1%} of the times are midnight exactly, as dates without a time are; no other full hour has nearly as many"
            todo = "find out which rows had a date only, and make their time null or give them a column of their own"
            findings.append(found("clocks", "pass", saw, name or None, todo=todo))
    if in_order:
        findings += _late_rows(lines)
    return findings or [found("clocks", "pass", "nothing speaks against the times")]


def dates_among_times(at: Ints, zone: str) -> float | None:
    """Return the share of times that are midnight (in the zone or in UTC) where that is a heap of its own, else None.

    `at` (n,) are microseconds since 1970, NEVER where there is none.
    """
    at = at[at != NEVER]
    n = len(at)
    if n < 100:
        return None
    for clock in (at, wall_clock(at, zone)):
        full = clock % HOUR == 0
        if full.mean() > 0.5:
            continue
        hours = np.bincount((clock[full] // HOUR % 24).astype(np.int64), minlength=24)
        midnight = int(hours[0])
        if midnight >= max(FEWEST_MIDNIGHTS, MIDNIGHTS * n, 10 * int(hours[1:].max())):
            return midnight / n
    return None


def wall_clock(at: Ints, zone: str) -> Ints:
    """Return instants (microseconds since 1970, UTC) as microseconds on the zone's wall clock."""
    if zone == "UTC" or not len(at):
        return at
    years = [
        datetime.fromtimestamp(min(max(int(t) / 1e6, -2e9), 4e9), UTC).year for t in (at.min(), at.max())
    ]
    steps = changes(zone, years[0], years[1])
    begins = np.array([begin for begin, _ in steps], dtype=np.int64)
    offsets = np.array([offset for _, offset in steps], dtype=np.int64)
    return np.asarray(
        at + offsets[np.maximum(np.searchsorted(begins, at, side="right") - 1, 0)], dtype=np.int64
    )


def _changes(zone: str, seen: Rhythm) -> tuple[tuple[int, int], ...]:
    first, last = (int(seen.units[i]) * seen.width for i in (0, -1))
    years = [datetime.fromtimestamp(min(max(t / 1e6, -2e9), 4e9), UTC).year for t in (first, last)]
    steps = changes(zone, years[0], years[1])
    return (steps[0], *((at, offset) for at, offset in steps[1:] if first < at <= last))


def _offset_before(zone: str, seen: Rhythm, at: int) -> int:
    return int(wall_clock(np.array([at - 1]), zone)[0] - (at - 1))


def _offset_after(zone: str, seen: Rhythm, at: int) -> int:
    return int(wall_clock(np.array([at]), zone)[0] - at)


def _weeks(hours: Ints, rows: Floats, change: int, side: int, zone: str, seen: Rhythm) -> Floats:
    """Return the profiles of the day (weeks, 24) on the declared wall clock, for full weeks on one side of a change."""
    profiles = []
    for week in range(WEEKS):
        start = change + (week * 168 if side > 0 else -(week + 1) * 168)
        # the day of the change itself is left out
        start += 24 if side > 0 else -24
        at = start - int(hours[0])
        if at < 0 or at + 168 > len(rows):
            break
        part = rows[at : at + 168]
        clock = wall_clock((hours[at : at + 168] * HOUR).astype(np.int64), zone) // HOUR % 24
        total = part.sum()
        if total < 200:
            continue
        profiles.append(np.bincount(clock.astype(np.int64), weights=part, minlength=24) / total)
    return np.array(profiles) if profiles else np.zeros((0, 24))


def _at_night(seen: Rhythm, zone: str) -> float | None:
    if seen.width != HOUR or seen.rows.sum() < 2_000 or seen.units[-1] - seen.units[0] < 14 * 24:
        return None
    clock = wall_clock(seen.units * HOUR, zone) // HOUR % 24
    share = np.bincount(clock.astype(np.int64), weights=seen.rows, minlength=24) / seen.rows.sum()
    night, by_day = float(share[[23, 0, 1, 2, 3, 4, 5, 6]].sum()), float(share[9:18].sum())
    return night if night >= 0.6 and by_day <= 0.1 and (share >= 0.05).sum() >= 6 else None


def _late_rows(lines: Lines) -> list[Finding]:
    """Say how many rows come behind the time of an earlier row, in a table that else comes in order."""
    order = np.argsort(lines.number)
    time = lines.time[order]
    order = order[time != NEVER]
    time = time[time != NEVER]
    if len(time) < FEWEST_ROWS:
        return []
    back = np.flatnonzero(np.diff(time) < 0)
    if not len(back) or len(back) > LATE * len(time) or _sorted_by_parts(lines, order, back):
        return []
    ahead = np.maximum.accumulate(time)
    behind = time < ahead
    lag = ahead - time
    longest = _longest_run(behind)
    if behind.mean() > LATE and longest < 0.5 * behind.sum():
        return []
    at = int(np.argmax(lag))
    worst, unit = (lag[at] / DAY, "days") if lag[at] >= 2 * DAY else (lag[at] / HOUR, "hours")
    place = lines.places[int(order[at])]
    if longest >= 20 and longest >= 0.5 * behind.sum():
        saw = f"the clock goes back by {worst:,.1f} {unit} within the rows as they came, and goes on from there for {longest:,} rows: was it reset?"
        todo = "ask whether the clock was set back or a second delivery was appended; correct the times if it was"
    else:
        saw = f"{int(behind.sum()):,} of {len(time):,} rows come behind the time of an earlier row, by up to {worst:,.1f} {unit}, while all others come in order: late rows"
        todo = "expect rows to come late: what was known at a time is less than what the table holds for it"
    rows = (place,) if place is not None else ()
    return [found("clocks", "pass", saw, rows=rows, todo=todo, evidence={"late": int(behind.sum())})]


def _sorted_by_parts(lines: Lines, order: Ints, back: Ints) -> bool:
    """Whether the rows come in parts (an entity or a place each), each of them in the order of time."""
    columns = [lines.entity, *lines.codes.values()]
    for codes in columns:
        here = codes[order]
        turns = np.flatnonzero(here[1:] != here[:-1])
        if len(turns) and np.isin(back, turns).mean() > 0.9 and len(turns) <= 3 * len(back) + 3:
            return True
    return False


def _longest_run(flags: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int64), [0]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _microseconds(seconds: Floats) -> Ints:
    there = np.isfinite(seconds)
    return np.where(there, np.round(np.where(there, seconds, 0.0) * 1e6), NEVER).astype(np.int64)
