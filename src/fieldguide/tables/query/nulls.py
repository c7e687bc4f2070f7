"""Which columns are missing together, and by the values of which others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import pyarrow as pa

from fieldguide.tables import engines as engine
from fieldguide.tables.counting import literal, real, whole
from fieldguide.tables.query.periods import edges, period, start
from fieldguide.tables.query.places import LARGEST
from fieldguide.tables.sets import group_each
from fieldguide.tables.tally import OVERFLOW, ColumnSummary, Flags, Floats, Ints, Summary

MOST_PATTERNS = 1_000
MOST_VALUES = 200


@dataclass(frozen=True, eq=False)
class NullPatterns:
    """Which columns are missing together.

    One line a pattern, the most frequent first: `flags` (patterns, masked) is true where the column is
    missing, `rows` (patterns,) counts them. `counts`, `sums` and `squares` (patterns, numbers) are of the
    finite values of the columns `numbers`, about the given centers. `complete` is false when there are more
    than 1,000 patterns; the rest is then left out.
    """

    masked: tuple[str, ...]
    numbers: tuple[str, ...]
    flags: Flags
    rows: Ints
    counts: Ints
    sums: Floats
    squares: Floats
    complete: bool = True


@dataclass(frozen=True, eq=False)
class NullsBy:
    """How often columns are missing by the value of another: `rows` (values,), `nulls` (values, masked)."""

    column: str
    masked: tuple[str, ...]
    values: tuple[str, ...]
    rows: Ints
    nulls: Ints


def null_patterns(
    table: ibis.Table,
    masked: Sequence[str],
    centers: Mapping[str, float],
    known: Mapping[str, ColumnSummary] | None = None,
) -> NullPatterns:
    """Return which of the columns `masked` are missing together, with moments of the columns in `centers`.

    With `known`, what was counted of all rows of all these columns (about the same centers), only rows with
    something missing are looked at: the moments of the others are what is left of those of all.
    """
    flags = {f"f{i}": table[name].isnull() for i, name in enumerate(masked)}
    finite = {
        f"x{i}": ibis.ifelse(x.abs() <= literal(LARGEST), x - literal(center), None)
        for i, (x, center) in enumerate((table[name].cast("float64"), c) for name, c in centers.items())
    }
    if known is not None:
        table = table.filter(_any(list(flags.values())))
    t = table.select(**flags, **finite)
    added: dict[str, Any] = {"n": t.count()}
    for name in finite:
        added |= {
            f"c_{name}": t[name].count(),
            f"s_{name}": t[name].sum(),
            f"q_{name}": (t[name] * t[name]).sum(),
        }
    groups = t.group_by(list(flags)).agg(**added)
    found = engine.to_arrow(groups.order_by(ibis.desc("n"), *flags).limit(MOST_PATTERNS + 1))
    complete = len(found) <= MOST_PATTERNS
    found = found.slice(0, MOST_PATTERNS)

    def stack(prefix: str, found: pa.Table) -> Floats:
        columns = [np.nan_to_num(real(found[f"{prefix}_{name}"])) for name in finite]
        return np.stack(columns, axis=1) if columns else np.zeros((len(found), 0))

    lines = [found[name].to_numpy(zero_copy_only=False).astype(bool) for name in flags]
    marks = np.stack(lines, axis=1) if lines else np.zeros((len(found), 0), dtype=bool)
    n = whole(found["n"])
    counts, sums, squares = (stack(prefix, found) for prefix in ("c", "s", "q"))
    if known is not None:
        missing = found if complete else engine.to_arrow(t.aggregate(**added))
        every = _moments_of([known[name] for name in centers])
        rest = [e - stack(p, missing).sum(axis=0) for e, p in zip(every, ("c", "s", "q"), strict=True)]
        rows = _rows_of(known[masked[0]]) - int(whole(missing["n"]).sum())
        marks = np.concatenate([marks, np.zeros((1, len(masked)), dtype=bool)])
        n = np.append(n, rows)
        counts, sums, squares = (
            np.concatenate([a, b[None, :]]) for a, b in zip((counts, sums, squares), rest, strict=True)
        )
        order = np.argsort(-n, kind="stable")
        marks, n = marks[order], n[order]
        counts, sums, squares = (x[order] for x in (counts, sums, squares))
    return NullPatterns(
        masked=tuple(masked),
        numbers=tuple(centers),
        flags=marks,
        rows=n,
        counts=counts.astype(np.int64),
        sums=sums,
        squares=squares,
        complete=complete,
    )


def _any(conditions: Sequence[Any]) -> Any:
    out = conditions[0]
    for one in conditions[1:]:
        out = out | one
    return out


def _rows_of(column: ColumnSummary) -> int:
    return int(column.counts.sum() + column.nulls.sum() + column.nonfinite.sum())


def _moments_of(columns: Sequence[ColumnSummary]) -> tuple[Floats, Floats, Floats]:
    """Return count, sum and sum of squares of the finite values of numbers, about their grids' anchors."""
    n = np.array([float(c.counts.sum()) for c in columns])
    anchors = np.array([c.grid.anchor if c.grid is not None else 0.0 for c in columns])
    total = np.array([float(c.total.sum()) for c in columns])
    return n, total - n * anchors, np.array([float(c.squares.sum()) for c in columns])


def no_nulls() -> NullPatterns:
    """Return the patterns of a table without missing values."""
    nothing = np.zeros((0, 0))
    none = nothing.astype(np.int64)
    return NullPatterns((), (), nothing.astype(bool), none[:, 0:0].sum(axis=1), none, nothing, nothing)


def no_periods(masked: Sequence[str]) -> NullsBy:
    """Return what `nulls_by_period` says of rows without a time."""
    nothing = np.zeros((0, len(masked)), dtype=np.int64)
    return NullsBy("__time", tuple(masked), (), np.zeros(0, dtype=np.int64), nothing)


def nulls_by_value(table: ibis.Table, masked: Sequence[str], column: str) -> NullsBy:
    """Return how often the columns `masked` are missing, for each of the 200 most frequent values of `column`."""
    return _nulls_by(table, masked, column, table[column].cast("string"))


def nulls_by_values(
    table: ibis.Table, masked: Sequence[str], columns: Mapping[str, ColumnSummary]
) -> list[NullsBy]:
    """Return what `nulls_by_value` says of each of the columns, whose values were counted over all rows, in one scan."""
    if not columns:
        return []
    counted = {name: c for name, c in columns.items() if OVERFLOW not in c.labels}
    flags = {f"m{i}": table[name].isnull() for i, name in enumerate(masked)}
    t = table.filter(_any(list(flags.values()))).select(
        **{f"x{i}": table[name].cast("string") for i, name in enumerate(counted)},
        **{name: flag.cast("int64") for name, flag in flags.items()},
    )
    names = [f"x{i}" for i in range(len(counted))]
    by_name = dict(zip(counted, group_each(t, names, sums=list(flags)), strict=True))
    return [
        _of_labels(name, column, masked, by_name[name])
        if name in by_name
        else nulls_by_value(table, masked, name)
        for name, column in columns.items()
    ]


def _of_labels(name: str, column: ColumnSummary, masked: Sequence[str], found: pa.Table) -> NullsBy:
    rows = column.counts.sum(axis=0)
    order = sorted(range(len(rows)), key=lambda i: (-int(rows[i]), column.labels[i]))[:MOST_VALUES]
    order = [i for i in order if rows[i]]
    place = {label: i for i, label in enumerate(found["value"].to_pylist())}
    nulls = np.stack([whole(found[f"m{i}"]) for i in range(len(masked))], axis=1)
    none = np.zeros(len(masked), dtype=np.int64)
    lines = [nulls[place[column.labels[i]]] if column.labels[i] in place else none for i in order]
    return NullsBy(
        column=name,
        masked=tuple(masked),
        values=tuple(column.labels[i] for i in order),
        rows=rows[order].astype(np.int64),
        nulls=np.array(lines, dtype=np.int64).reshape(len(order), len(masked)),
    )


def nulls_by_span(summary: Summary, masked: Sequence[str]) -> NullsBy:
    """Return how often the columns `masked` are missing in each slice of a summary that was sliced by time."""
    dated = [i for i, since in enumerate(summary.since) if since is not None]
    nulls = [summary.columns[name].nulls[dated] for name in masked]
    return NullsBy(
        column="__time",
        masked=tuple(masked),
        values=tuple(since for since in summary.since if since is not None),
        rows=summary.rows[dated],
        nulls=np.stack(nulls, axis=1) if nulls else np.zeros((len(dated), 0), dtype=np.int64),
    )


def nulls_by_period(table: ibis.Table, masked: Sequence[str]) -> NullsBy:
    """Return how often the columns `masked` are missing in each of twelve equal stretches of time."""
    span = edges(table)
    if span is None:
        return no_periods(masked)
    found = _nulls_by(table, masked, "__time", period(table, *span).cast("string"))
    starts = tuple(start(int(value), *span) for value in found.values)
    order = np.argsort([int(value) for value in found.values])
    return NullsBy(
        "__time", found.masked, tuple(starts[i] for i in order), found.rows[order], found.nulls[order]
    )


def _nulls_by(table: ibis.Table, masked: Sequence[str], column: str, value: Any) -> NullsBy:
    t = table.select(
        x=value, **{f"m{i}": table[name].isnull().cast("int64") for i, name in enumerate(masked)}
    )
    t = t.filter(t.x.notnull())
    sums = {f"m{i}": t[f"m{i}"].sum() for i in range(len(masked))}
    groups = t.group_by("x").agg(n=t.count(), **sums).order_by(ibis.desc("n"), "x").limit(MOST_VALUES)
    found = engine.to_arrow(groups)
    nulls = [whole(found[f"m{i}"]) for i in range(len(masked))]
    stacked = np.stack(nulls, axis=1) if nulls else np.zeros((len(found), 0), dtype=np.int64)
    return NullsBy(column, tuple(masked), tuple(found["x"].to_pylist()), whole(found["n"]), stacked)
