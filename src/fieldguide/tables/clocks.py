"""Wall clocks of a time zone and instants, as expressions: comparisons with the zone's few changes.

The changes come from Python's `zoneinfo`, so a naive time means the same instant here, in a computed feature
and in the contract that serves; and comparing is fifty times cheaper than the engine's own calendar.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import ibis

from fieldguide.tables import engines as engine

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST, _LAST = 1900, 2100
DAY = 86_400_000_000


def to_instant(clock: Any, zone: str, years: tuple[int, int]) -> Any:
    """Return microseconds since 1970 in UTC of microseconds on the wall clock in `zone`.

    A time that occurs twice is the later one, one that is skipped is moved on by the gap, as `contract`
    reads them. `years` are the first and last year that occur; the zone's changes are taken from between.
    """
    return clock - search(clock, [(at + offset, offset) for at, offset in changes(zone, *years)])


def to_clock(instant: Any, zone: str, years: tuple[int, int]) -> Any:
    """Return microseconds on the wall clock in `zone` of microseconds since 1970 in UTC."""
    return instant + search(instant, changes(zone, *years))


def search(value: Any, steps: Sequence[tuple[int, int]], *, null: bool = True) -> Any:
    """Return the result of the last of `steps` (from, result) that begins at or below `value`, by halving.

    Below the first step, the first result; nothing for nothing (`null` False: there is none).
    """
    if not null:
        return _search(value, steps)
    return ibis.ifelse(value.isnull(), None, _search(value, steps))


def _search(value: Any, steps: Sequence[tuple[int, int]]) -> Any:
    if len(steps) == 1:
        return ibis.literal(steps[0][1], "int64")
    half = len(steps) // 2
    return ibis.ifelse(value < steps[half][0], _search(value, steps[:half]), _search(value, steps[half:]))


def years_of(table: ibis.Table, microseconds: Any) -> tuple[int, int]:
    """Return the first and last year that occur in a column of microseconds since 1970."""
    t = table.select(us=microseconds)
    ends = engine.to_arrow(t.aggregate(low=t.us.min(), high=t.us.max()))
    low, high = ends["low"][0].as_py(), ends["high"][0].as_py()
    return (1970, 1970) if low is None else (_year(low), _year(high))


def _year(us: int) -> int:
    try:
        return (EPOCH + us * _MICROSECOND).year
    except OverflowError:
        return _FIRST if us < 0 else _LAST


@cache
def changes(zone: str, first: int, last: int) -> tuple[tuple[int, int], ...]:
    """Return when the zone's offset from UTC changes, and to what, in microseconds.

    The first entry is the offset at the start of year `first` (years are kept within 1900 and 2100).

    >>> [(EPOCH + timedelta(microseconds=at)).isoformat() for at, _ in changes("America/New_York", 2013, 2013)[1:]]
    ['2013-03-10T07:00:00+00:00', '2013-11-03T06:00:00+00:00']
    """
    clock = ZoneInfo(zone)
    at = (datetime(min(max(first, _FIRST), _LAST), 1, 1, tzinfo=UTC) - EPOCH) // _MICROSECOND - DAY
    end = (datetime(min(max(last, _FIRST), _LAST) + 1, 1, 1, tzinfo=UTC) - EPOCH) // _MICROSECOND + DAY
    offset = _offset(clock, at)
    found = [(at, offset)]
    while at < end:
        after = at + DAY
        if _offset(clock, after) != offset:
            low, high = at, after
            while high - low > 1_000_000:
                middle = (low + high) // 2 // 1_000_000 * 1_000_000
                low, high = (middle, high) if _offset(clock, middle) == offset else (low, middle)
            offset = _offset(clock, after)
            found.append((high, offset))
        at = after
    return tuple(found)


def _offset(clock: ZoneInfo, at: int) -> int:
    offset = (EPOCH + at * _MICROSECOND).astimezone(clock).utcoffset()
    return 0 if offset is None else offset // _MICROSECOND
