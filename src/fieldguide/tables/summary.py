"""summarize: a table in, counts per (slice, column, bucket) out; the statistic behind grading and monitoring.

The algebra of summaries (merge, total, stretch, quantiles) lives in `tally`, slices in `slicing`, the queries
in `counting`, what is kept on disk in `keeping`; all are offered from here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fieldguide.errors import UsageError, suggest
from fieldguide.tables import engines as engine
from fieldguide.tables import memory
from fieldguide.tables.counting import Sliced, by_value, count_labels, count_number, real, seconds, whole
from fieldguide.tables.keeping import load, save
from fieldguide.tables.slicing import Blocks, Period, Slices, Spans, Whole, instant, keyed, sliced, whole_of
from fieldguide.tables.tally import (
    MOST_LABELS,
    MOST_VALUES,
    OVERFLOW,
    ColumnSummary,
    Floats,
    Grid,
    Ints,
    Summary,
    bucket_of,
    deviation,
    mean,
    merge,
    pick,
    quantiles,
    representative,
    stretch,
    total,
)

__all__ = [
    "MOST_LABELS", "MOST_VALUES", "OVERFLOW", "Blocks", "ColumnSummary", "Grid", "Period", "Spans", "Summary", "bucket_of",
    "deviation", "load", "mean", "merge", "pick", "place_grid", "quantiles", "representative", "save", "stretch",
    "summarize", "total",
]  # fmt: skip

SAMPLE = 20_000
"""About how many rows the sample has that places the grids; smaller tables are taken whole."""
MANY, CELLS, ONE_IN = 1_000_000, 32_768, 8
"""Of so many rows the sample is taken in one in eight of so many spans of time."""
IN_MEMORY = 200_000
"""Rows in memory up to so many are counted there, when they are one slice and the grids are known."""
NUMERIC = ("number", "timestamp")


class Column(Protocol):
    """What `summarize` asks of a feature."""

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> str: ...


def summarize(
    table: ibis.Table | pa.Table,
    features: Sequence[Column],
    *,
    slices: Slices | None = None,
    like: Summary | None = None,
    seen: pa.Table | None = None,
) -> Summary:
    """Count the columns of a canonical table, by slices of its rows.

    Each feature is a column of `table` by its name and kind ("number", "timestamp", "category", "boolean").
    `slices` are Blocks, Spans or Periods of the column `__time` (None: one slice). With `like`, the grids and
    labels of that summary are used, so that the two compare bucket for bucket: its buckets and labels come
    first, also those that nothing falls into. Counts are exact, and equal however the rows are ordered.
    `seen` are rows of the table, each drawn with the same chance, by which grids are placed (left out: about
    20,000 are drawn by the md5 of their key). Totals of columns with more than 2,000 distinct values are right to 6e-8 of a column's scale a row.

    Raises UsageError when a column is missing, or `like` lacks one or knows it as another kind.

    >>> ages = pa.table({"age": [20.0, 20.0, 30.0, None]})
    >>> from fieldguide.program import Number
    >>> summarize(ages, [Number("age")]).columns["age"].values
    {20.0: 2, 30.0: 1}
    """
    _check(table, features, like)
    if isinstance(table, pa.Table):
        if slices is None and len(table) <= (SAMPLE if like is None else IN_MEMORY):
            return _in_memory(table, features, like)
        table = engine.as_table(table)
    table = engine.named(table)
    rows = whole_of(table)
    sample = _sample(table, features, rows) if seen is None else _in_seconds(seen, features)
    parts = sliced(table, slices, [f.name for f in features], rows)
    parts = replace(parts, table=engine.named(parts.table))
    distinct = {f.name: _distinct(sample[f.name], rows.rows) for f in features}
    few = [f for f in features if _few(f.kind, sample[f.name], distinct[f.name])]
    counted = by_value(parts, [(f.name, f.kind) for f in few])
    columns: dict[str, ColumnSummary] = {}
    for f in features:
        known, found = None if like is None else like.columns[f.name], counted.pop(f.name, None)
        if f.kind in NUMERIC:
            grid = place_grid(real(sample[f.name])) if known is None or known.grid is None else known.grid
            columns[f.name] = count_number(parts, f.name, f.kind, grid, known.buckets if known else (), found)
        else:
            labels = known.labels if known else ()
            columns[f.name] = count_labels(parts, f.name, f.kind, labels, distinct[f.name], found)
    return Summary(_rows_of(parts, columns), parts.since, columns)


def _rows_of(parts: Sliced, columns: Mapping[str, ColumnSummary]) -> Ints:
    """Return the rows of each slice: every row is counted in every column."""
    if parts.rows is not None:
        return parts.rows
    for column in columns.values():
        return np.asarray(column.counts.sum(axis=1) + column.nulls + column.nonfinite, dtype=np.int64)
    assert parts.slice is not None
    found = engine.to_arrow(parts.table.group_by(slice=parts.table[parts.slice]).agg(n=ibis._.count()))
    rows = np.zeros(len(parts.ids), dtype=np.int64)
    rows[parts.place(found)] = whole(found["n"])
    return rows


def _in_memory(table: pa.Table, features: Sequence[Column], like: Summary | None) -> Summary:
    columns: dict[str, ColumnSummary] = {}
    for f in features:
        known = None if like is None else like.columns[f.name]
        if f.kind in NUMERIC:
            grid = known.grid if known is not None else None
            grid = grid or place_grid(memory.floats(table[f.name], f.kind))
            columns[f.name] = memory.count_number(
                table[f.name], f.name, f.kind, grid, known.buckets if known else ()
            )
        else:
            columns[f.name] = memory.count_labels(
                table[f.name], f.name, f.kind, known.labels if known else ()
            )
    first = pc.min(table["__time"].cast(pa.int64())).as_py() if "__time" in table.column_names else None
    return Summary(np.array([len(table)], dtype=np.int64), (instant(first),), columns)


def place_grid(values: Floats) -> Grid:
    """Return the grid for a column from a sample of it: median and interquartile range.

    When half of the values are equal (mostly zeros, a constant), the scale is the median distance of the
    other values from the median; for a constant one hundredth of its size; else 1.

    >>> place_grid(np.array([0.0] * 8 + [3.0, 5.0]))
    Grid(anchor=0.0, scale=4.0)
    """
    finite = values[np.isfinite(values)]
    if not len(finite):
        return Grid(0.0, 1.0)
    low, anchor, high = (float(q) for q in np.quantile(finite, [0.25, 0.5, 0.75]))
    scale = high - low
    tiny = abs(anchor) * 1e-12
    if not tiny < scale < np.inf:
        away = np.abs(finite - anchor)
        away = away[away > tiny]
        scale = float(np.median(away)) if len(away) else abs(anchor) / 100
    return Grid(anchor, scale if 0.0 < scale < np.inf else 1.0)


def _check(table: ibis.Table | pa.Table, features: Sequence[Column], like: Summary | None) -> None:
    there = table.column_names if isinstance(table, pa.Table) else table.columns
    for f in features:
        if f.name not in there:
            raise UsageError(
                f"summarize: the table has no column {f.name!r}.{suggest(f.name, there)} It has: {', '.join(there)}."
            )
        if like is None:
            continue
        if f.name not in like.columns:
            raise UsageError(
                f"summarize(like=…): that summary has no column {f.name!r}.{suggest(f.name, like.columns)}"
            )
        if like.columns[f.name].kind != f.kind:
            raise UsageError(
                f"summarize(like=…): {f.name!r} is a {f.kind} here and a {like.columns[f.name].kind} there."
            )


def _sample(table: ibis.Table, features: Sequence[Column], whole: Whole) -> pa.Table:
    """Return about 20,000 rows, chosen by the md5 of their key: the same rows wherever and however they come.

    Of many rows the md5 is taken in every eighth of 32,768 short spans of time only, since it costs as much
    as reading twenty columns; not where the rows lie so unevenly in time that it would give too few or too many.
    """
    chosen: dict[str, Any] = {
        f.name: seconds(table, f.name, f.kind) if f.kind in NUMERIC else table[f.name] for f in features
    }
    share = SAMPLE / max(whole.rows, 1)
    if share >= 1.0:
        return engine.to_arrow(table.select(**chosen))
    digest = _identity(table, features).hexdigest("md5")
    if whole.rows >= MANY and whole.low is not None and whole.high is not None:
        width = max((whole.high - whole.low) // CELLS, 1)
        cell = (engine.microseconds(table["__time"]) - whole.low) // width
        there = ibis.ifelse(cell % ONE_IN == 0, digest < _prefix(share * ONE_IN), False)
        found = engine.to_arrow(table.filter(there).select(**chosen))
        if SAMPLE / 2 <= len(found) <= SAMPLE * 2:
            return found
    return engine.to_arrow(table.filter(digest < _prefix(share)).select(**chosen))


def _in_seconds(seen: pa.Table, features: Sequence[Column]) -> dict[str, pa.ChunkedArray]:
    """Return the columns of rows, numbers and instants as floats without nulls."""
    return {
        f.name: pa.chunked_array([memory.floats(seen[f.name], f.kind)]) if f.kind in NUMERIC else seen[f.name]
        for f in features
    }


def _few(kind: str, seen: pa.ChunkedArray, distinct: float) -> bool:
    """Return whether a column is counted by value: numbers of few values in the sample, names of few in all rows."""
    return (pc.count_distinct(seen).as_py() if kind in NUMERIC else distinct) <= MOST_VALUES


def _prefix(share: float) -> str:
    return f"{int(share * 16**8):08x}"


def _identity(table: ibis.Table, features: Sequence[Column]) -> Any:
    """Return what identifies a row: its key; where it has none, its time and a few of its values."""
    told = [name for name in ("__time", *(f.name for f in features)) if name in table.columns][:5]
    text: Any = ibis.literal("")
    for name in told:
        text = text.concat(engine.mark(table[name]), ibis.literal("|"))
    return table["__key"] if keyed(table) else text


def _distinct(seen: pa.ChunkedArray, rows: int) -> float:
    """Return about how many distinct values all rows hold (Chao 1984), from those in the sample."""
    times = np.asarray(pc.value_counts(seen.combine_chunks()).field("counts"))
    if len(seen) == rows:
        return float(len(times))
    once, twice = int((times == 1).sum()), int((times == 2).sum())
    return min(float(rows), len(times) + once**2 / (2.0 * max(twice, 1)))
