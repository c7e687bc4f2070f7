"""Slices of the rows by time: periods of the calendar, equal spans, or blocks of consecutive rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import ibis
import numpy as np
import pyarrow as pa

from fieldguide.errors import DataError, UsageError
from fieldguide.tables import engines as engine
from fieldguide.tables.clocks import EPOCH, search, to_clock, years_of
from fieldguide.tables.counting import NO_SLICE, Sliced, literal, whole
from fieldguide.tables.tally import Ints

BINS = 65_536
DAY, HOUR = 86_400_000_000, 3_600_000_000
"""In microseconds."""
FEW_PERIODS = 64
STRETCH = 20
"""Consecutive blocks that are kept together when there are too many."""


@dataclass(frozen=True)
class Blocks:
    """Consecutive blocks of `rows` rows in the order of (time, key).

    When there are more than `most`, evenly spaced stretches of 20 consecutive blocks are kept and the other
    rows are left out: 5 million rows give 2,000 blocks of 200. The last block may hold fewer rows.
    """

    rows: int = 200
    most: int = 2000

    def __post_init__(self) -> None:
        if self.rows < 1 or self.most < STRETCH:
            raise UsageError(
                f"Blocks(rows={self.rows}, most={self.most}): rows must be 1 or more, most {STRETCH} or more."
            )


@dataclass(frozen=True)
class Period:
    """Months, days or hours of the calendar in `timezone`; only those in which there are rows.

    Rows without a time come in a last slice whose start is None.
    """

    every: Literal["month", "day", "hour"] = "month"
    timezone: str = "UTC"

    def __post_init__(self) -> None:
        if self.every not in ("month", "day", "hour"):
            raise UsageError(f"Period({self.every!r}): choose from month, day, hour.")


@dataclass(frozen=True)
class Spans:
    """Equal spans of time, from the first row to the last.

    Rows without a time come in a last slice whose start is None.
    """

    number: int = 12

    def __post_init__(self) -> None:
        if self.number < 1:
            raise UsageError(f"Spans({self.number}): give a number of spans, 1 or more.")


Slices = Blocks | Period | Spans


@dataclass(frozen=True)
class Whole:
    """How many rows a table has, the first and last time in it (microseconds since 1970), and how many have one."""

    rows: int
    low: int | None = None
    high: int | None = None
    timed: int = 0


def whole_of(table: ibis.Table) -> Whole:
    """Return how many rows a table has and between which times they lie."""
    ends: dict[str, Any] = {}
    if "__time" in table.columns:
        time = table["__time"]
        low, high = engine.microseconds(time.min()), engine.microseconds(time.max())
        ends = {"low": low, "high": high, "timed": time.count()}
    found = engine.to_arrow(table.aggregate(rows=table.count(), **ends)).to_pylist()[0]
    return Whole(**found)


def sliced(table: ibis.Table, slices: Slices | None, names: list[str], rows: Whole) -> Sliced:
    """Return the columns `names` of `table` with the slice of each row, and what slices there are.

    They are made of the columns `__time` and, for the order within an instant, `__key`.
    """
    if slices is None or rows.rows == 0 or (isinstance(slices, Spans) and rows.low is None):
        return Sliced(table, None, np.zeros(1, dtype=np.int64), (instant(rows.low),), np.array([rows.rows]))
    if "__time" not in table.columns:
        raise UsageError(
            f"summarize(slices={slices}): the table has no column __time to slice by; pass slices=None."
        )
    if isinstance(slices, Period):
        return _periods(table, slices, names)
    if isinstance(slices, Spans):
        return _spans(table, slices, names, rows)
    return _blocks(table, slices, names, rows.rows)


def instant(microseconds: int | None) -> str | None:
    """Return microseconds since 1970 as ISO 8601 text in UTC.

    >>> instant(0)
    '1970-01-01T00:00:00+00:00'
    """
    return None if microseconds is None else instant_of(microseconds).isoformat()


def instant_of(microseconds: int) -> datetime:
    """Return microseconds since 1970 as an aware datetime in UTC.

    Raises DataError beyond the years 1 to 9999.
    """
    try:
        return EPOCH + timedelta(microseconds=microseconds)
    except OverflowError as error:
        raise DataError(
            f"a time lies {microseconds:,} microseconds from 1970, outside of the years 1 to 9999; were seconds taken for "
            "milliseconds, or these for microseconds? Mend the column, or give it as text."
        ) from error


def _periods(table: ibis.Table, period: Period, names: list[str]) -> Sliced:
    t = table.select(*names, __us=engine.microseconds(table["__time"]))
    clock = t["__us"]
    if period.timezone != "UTC":
        clock = to_clock(clock, period.timezone, years_of(t, clock))
    ids, n = _counted(t.select(slice=clock // (HOUR if period.every == "hour" else DAY)))
    if period.every == "month":
        months = np.where(ids == NO_SLICE, NO_SLICE, _month_of(np.where(ids == NO_SLICE, 0, ids)))
        ids, place = np.unique(months, return_inverse=True)
        n = np.bincount(place, weights=n, minlength=len(ids)).astype(np.int64)
    starts = [None if i == NO_SLICE else _start(i, period) for i in ids.tolist()]
    if len(ids) <= FEW_PERIODS and starts[0] is not None:
        # every column's query reads the slice: comparing instants is 3 x cheaper than taking the calendar apart
        steps = [
            ((start - EPOCH) // timedelta(microseconds=1), i)
            for start, i in zip(starts, ids.tolist(), strict=True)
            if start is not None
        ]
        index: Any = search(t["__us"], steps)
    elif period.every == "month":
        wall = engine.wall_clock_utc(clock)
        index = wall.year().cast("int64") * 12 + wall.month().cast("int64") - 1
    else:
        index = clock // (DAY if period.every == "day" else HOUR)
    since = tuple(None if start is None else start.astimezone(UTC).isoformat() for start in starts)
    return Sliced(t.select(*names, __slice=index), "__slice", ids, since, n)


def _spans(table: ibis.Table, spans: Spans, names: list[str], rows: Whole) -> Sliced:
    assert rows.low is not None
    assert rows.high is not None
    t = table.select(*names, __us=engine.microseconds(table["__time"]))
    low, high = rows.low, rows.high
    starts = [low + (high + 1 - low) * i // spans.number for i in range(spans.number)]
    untimed = rows.timed < rows.rows
    steps = [(start, i) for i, start in enumerate(starts)]
    index = search(t["__us"], steps, null=untimed)
    ids = np.arange(spans.number, dtype=np.int64)
    if untimed:
        ids = np.append(ids, NO_SLICE)
    since = tuple(instant(start) for start in starts) + (None,) * (len(ids) - spans.number)
    return Sliced(t.select(*names, __slice=index), "__slice", ids, since, None)


def _counted(t: ibis.Table) -> tuple[Ints, Ints]:
    """Return the slices that occur, in order, NO_SLICE last, and the rows of each."""
    found = engine.to_arrow(t.group_by("slice").agg(n=t.count()))
    ids, n = whole(found["slice"], NO_SLICE), whole(found["n"])
    order = np.argsort(ids)
    return ids[order], n[order]


def _month_of(days: Ints) -> Ints:
    """Return the months (year · 12 + month − 1) of days since 1970."""
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return np.asarray(months + 1970 * 12, dtype=np.int64)


def _start(index: int, period: Period) -> datetime:
    zone = ZoneInfo(period.timezone)
    if period.every == "month":
        return datetime(index // 12, index % 12 + 1, 1, tzinfo=zone)
    step = timedelta(days=1) if period.every == "day" else timedelta(hours=1)
    return (datetime(1970, 1, 1) + index * step).replace(tzinfo=zone)


def _blocks(table: ibis.Table, blocks: Blocks, names: list[str], rows: int) -> Sliced:
    order = _order(table, names)
    wide = table.select(*dict.fromkeys((*names, *order)))
    number = -(-rows // blocks.rows)
    if number <= blocks.most:
        row = ibis.row_number().over(order_by=[wide[name] for name in order])
        t = wide.mutate(__slice=row // blocks.rows)
    else:
        t = _thinned(wide, order, blocks, number)
    t = engine.materialize(t.select(*dict.fromkeys((*names, "__time", "__slice"))))
    t_ = t.group_by("__slice").agg(n=t.count(), first=engine.microseconds(t["__time"].min()))
    found = engine.to_arrow(t_.order_by("__slice"))
    since = tuple(instant(us) for us in found["first"].to_pylist())
    return Sliced(t, "__slice", whole(found["__slice"]), since, whole(found["n"]))


def keyed(table: ibis.Table) -> bool:
    """Return whether the rows have a key."""
    if "__key" not in table.columns:
        return False
    return len(engine.to_arrow(table.filter(table["__key"].notnull()).select("__key").limit(1))) > 0


def _order(table: ibis.Table, names: list[str]) -> list[str]:
    """Return the columns by which rows are sorted; without a key rows of one instant are, too, by their values."""
    return ["__time", "__key"] if keyed(table) else list(dict.fromkeys(("__time", *names)))


def _thinned(wide: ibis.Table, order: list[str], blocks: Blocks, number: int) -> ibis.Table:
    """Return the rows of evenly spaced stretches of blocks, with the number of each row's block.

    Sorting all rows would need memory for all of them. Instead the rows are counted in fine bins of time;
    only those whose bin touches a kept stretch are sorted, and the counts before the bin tell their number.
    """
    starts = np.linspace(0, number - STRETCH, blocks.most // STRETCH).round().astype(np.int64)
    kept = np.unique(starts[:, None] + np.arange(STRETCH))
    us = engine.microseconds(wide["__time"])
    edge = engine.to_arrow(wide.aggregate(low=us.approx_quantile(0.001), high=us.approx_quantile(0.999)))
    low, high = (edge[name][0].as_py() or 0 for name in ("low", "high"))
    width = max((high - low) / BINS, 1.0)
    place = ((us - int(low)) / literal(width)).floor().clip(lower=-1, upper=BINS).fill_null(BINS + 1)
    wide = wide.mutate(__bin=place.cast("int64"))
    found = engine.to_arrow(wide.group_by("__bin").agg(n=wide.count()).order_by("__bin"))
    bins, upto = whole(found["__bin"]), np.cumsum(whole(found["n"]))
    first = np.searchsorted(upto, starts * blocks.rows, side="right")
    last = np.searchsorted(upto, np.minimum((starts + STRETCH) * blocks.rows, upto[-1]) - 1, side="right")
    touched = np.unique(np.concatenate([np.arange(a, b + 1) for a, b in zip(first, last, strict=True)]))
    run = np.cumsum(np.concatenate([[True], np.diff(touched) > 1]))
    begin = touched[np.searchsorted(run, run)]
    before = np.where(begin > 0, upto[begin - 1], 0)
    home = engine.connection_of(wide)
    wanted = engine.from_arrow(home, pa.table({"__bin": bins[touched], "__run": run, "__before": before}))
    wide = wide.inner_join(wanted, "__bin")
    row = ibis.row_number().over(group_by=wide["__run"], order_by=[wide[name] for name in order])
    wide = wide.mutate(__slice=(row + wide["__before"]) // blocks.rows)
    return wide.inner_join(engine.from_arrow(home, pa.table({"__slice": kept})), "__slice")
