"""Which columns are missing together, and by the values of which others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np

from fieldguide.tables import engines as engine
from fieldguide.tables.counting import literal, real, whole
from fieldguide.tables.query.periods import edges, period, start
from fieldguide.tables.query.places import LARGEST
from fieldguide.tables.tally import Flags, Floats, Ints

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


def null_patterns(table: ibis.Table, masked: Sequence[str], centers: Mapping[str, float]) -> NullPatterns:
    """Return which of the columns `masked` are missing together, with moments of the columns in `centers`."""
    flags = {f"f{i}": table[name].isnull() for i, name in enumerate(masked)}
    finite = {
        f"x{i}": ibis.ifelse(x.abs() <= literal(LARGEST), x - literal(center), None)
        for i, (x, center) in enumerate((table[name].cast("float64"), c) for name, c in centers.items())
    }
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

    def stack(prefix: str) -> Floats:
        columns = [np.nan_to_num(real(found[f"{prefix}_{name}"])) for name in finite]
        return np.stack(columns, axis=1) if columns else np.zeros((len(found), 0))

    lines = [found[name].to_numpy(zero_copy_only=False).astype(bool) for name in flags]
    return NullPatterns(
        masked=tuple(masked),
        numbers=tuple(centers),
        flags=np.stack(lines, axis=1) if lines else np.zeros((len(found), 0), dtype=bool),
        rows=whole(found["n"]),
        counts=stack("c").astype(np.int64),
        sums=stack("s"),
        squares=stack("q"),
        complete=complete,
    )


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
