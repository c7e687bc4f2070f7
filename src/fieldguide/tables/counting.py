"""The queries behind a summary: one a column, counts by GROUP BY over (slice, bucket)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fieldguide.tables import engines as engine
from fieldguide.tables.assemble import APART, NULL, REST, Groups, Texts, label_summary, number_summary
from fieldguide.tables.memory import buckets
from fieldguide.tables.sets import group_each
from fieldguide.tables.tally import FARTHEST, MOST_LABELS, STEEPNESS, ColumnSummary, Floats, Grid, Ints

LARGEST = float(np.finfo(np.float64).max)
MANY_TEXTS = 200_000
"""Above about so many distinct texts only those with a small md5 are grouped one by one."""
NO_SLICE = np.iinfo(np.int64).max
FARTHEST_BUCKET = int(np.arcsinh(FARTHEST) * STEEPNESS)


@dataclass(frozen=True)
class Sliced:
    """A table with the slice of each row in the column `slice` (int64, null where unknown).

    `ids` are the slices that occur, in order, NO_SLICE last; `slice` None means that there is but one. `rows` are
    those of each slice, None where any column's counts tell them.
    """

    table: ibis.Table
    slice: str | None
    ids: Ints
    since: tuple[str | None, ...]
    rows: Ints | None

    def place(self, found: pa.Table) -> Ints:
        """Return the position among `ids` of the slice of each row of a result."""
        if self.slice is None:
            return np.zeros(len(found), dtype=np.int64)
        return np.searchsorted(self.ids, whole(found["slice"], NO_SLICE)).astype(np.int64)


def literal(value: float) -> Any:
    """Return a float64 literal: whole numbers would become decimals, which are slow."""
    return ibis.literal(float(value), "float64")


def whole(column: pa.ChunkedArray, missing: int = 0) -> Ints:
    """Return an integer column of a result as int64, nulls as `missing`."""
    return np.asarray(pc.fill_null(column.cast(pa.int64()), missing).to_numpy(), dtype=np.int64)


def real(column: pa.ChunkedArray) -> Floats:
    """Return a float column of a result, nulls as NaN."""
    return np.asarray(column.cast(pa.float64()).to_numpy(), dtype=np.float64)


def seconds(table: ibis.Table, name: str, kind: str) -> Any:
    """Return the column as float64; instants as seconds since 1970, UTC."""
    if kind == "timestamp":
        return engine.microseconds(table[name]) / literal(1e6)
    return table[name].cast("float64")


def count_number(
    sliced: Sliced, name: str, kind: str, grid: Grid, known: tuple[int, ...], counted: pa.Table | None
) -> ColumnSummary:
    """Count a number or timestamp on `grid`.

    `counted` are the rows by value (`by_value`), where a sample showed at most 2,000 distinct ones. `known` are
    buckets that get a place even when nothing falls into them.
    """
    found = _by_bucket(sliced, name, kind, grid) if counted is None else _of_values(sliced, counted, grid)
    return number_summary(found, len(sliced.ids), name, kind, grid, known, counted is not None)


def count_labels(
    sliced: Sliced, name: str, kind: str, known: tuple[str, ...], distinct: float, counted: pa.Table | None
) -> ColumnSummary:
    """Count a category or boolean; `distinct` is about how many distinct values a sample lets expect.

    `counted` are the rows by value, where they are few. `known` are the labels of a reference: they come first,
    and when they overflowed, all others go there.
    """
    found = _texts(sliced, name, kind, distinct) if counted is None else counted
    column = found["value"].combine_chunks()
    if pa.types.is_boolean(column.type):
        column = pc.if_else(column, "true", "false")
    column = column.dictionary_encode()
    code = whole(column.indices, NULL)
    if "rest" in found.column_names:
        code = np.where(np.asarray(pc.fill_null(found["rest"], False)), REST, code)
    texts = Texts(sliced.place(found), whole(found["n"]), code, column.dictionary.to_pylist())
    return label_summary(texts, len(sliced.ids), name, kind, known)


def by_value(sliced: Sliced, columns: Sequence[tuple[str, str]]) -> dict[str, pa.Table]:
    """Return the rows by value of each column (name, kind): columns slice (if there are slices), value and n.

    Several columns are counted in one scan, since for columns of few values reading the time again for the slice
    would cost more than the counting.
    """
    if not columns:
        return {}
    t = _base(
        sliced,
        **{
            f"x{i}": seconds(sliced.table, name, kind)
            if kind in ("number", "timestamp")
            else sliced.table[name]
            for i, (name, kind) in enumerate(columns)
        },
    )
    found = group_each(t, [f"x{i}" for i in range(len(columns))], _keys(sliced))
    return {name: one for (name, _), one in zip(columns, found, strict=True)}


def _of_values(sliced: Sliced, counted: pa.Table, grid: Grid) -> Groups:
    """Return the groups of a number that was counted by value, with the bucket of each value."""
    x, n = real(counted["value"]), whole(counted["n"])
    given = np.asarray(counted["value"].combine_chunks().is_valid())
    finite = np.isfinite(x)
    with np.errstate(over="ignore", invalid="ignore"):
        offset = x - grid.anchor
        z = offset / grid.scale
        sums, squares = n * x, n * offset * offset
    bucket = np.full(len(x), APART, dtype=np.int64)
    bucket[finite] = buckets(np.minimum(np.abs(z[finite]), FARTHEST))
    return Groups(
        at=sliced.place(counted),
        n=n,
        present=np.where(given, n, 0),
        negative=finite & (z < 0),
        bucket=bucket,
        low=x,
        high=x,
        sums=sums,
        squares=squares,
    )


def _base(sliced: Sliced, **columns: Any) -> ibis.Table:
    index = {} if sliced.slice is None else {"slice": sliced.table[sliced.slice]}
    return sliced.table.select(**index, **columns)


def _keys(sliced: Sliced, *names: str) -> list[str]:
    return list(names) if sliced.slice is None else ["slice", *names]


def _by_bucket(sliced: Sliced, name: str, kind: str, grid: Grid) -> Groups:
    """Return the groups of a number that was counted by bucket."""
    found = engine.to_arrow(_bucketed(sliced, name, kind, grid, apart=False))
    if (np.abs(real(found["code"])) > FARTHEST_BUCKET).any():
        # infinities and NaN hide among what is very far away: count again, with them set apart
        found = engine.to_arrow(_bucketed(sliced, name, kind, grid, apart=True))
    n, low, high, code = whole(found["n"]), real(found["low"]), real(found["high"]), real(found["code"])
    # of nothing the code is nothing, while the least of nothing and a number is, for SQL, the number
    there = np.asarray(found["code"].is_valid()) & np.isfinite(code)
    negative = there & (code < 0)
    bucket = np.full(len(n), APART, dtype=np.int64)
    bucket[there] = np.maximum(np.abs(code[there]) - 1.0, 0.0)
    distance = (real(found["distance"]) - n) * np.where(negative, -grid.scale, grid.scale)
    # within a bucket the values spread evenly between the lowest and the highest, if they are more than two
    with np.errstate(over="ignore", invalid="ignore"):
        spread = (high - low) ** 2 / np.where(n > 2, 12.0, 4.0)
        squares = distance * distance / n + n * spread
    return Groups(
        at=sliced.place(found),
        n=n,
        present=whole(found["present"]) if "present" in found.column_names else np.zeros_like(n),
        negative=negative,
        bucket=bucket,
        low=low,
        high=high,
        sums=n * grid.anchor + distance,
        squares=squares,
    )


def _bucketed(sliced: Sliced, name: str, kind: str, grid: Grid, *, apart: bool) -> ibis.Table:
    """Counts and moments by (slice, code): one more than the bucket, negative below the anchor, 0 on it.

    With `apart` NaN and infinities have no code, and what lies beyond FARTHEST scales is drawn in to FARTHEST;
    otherwise their codes are beyond FARTHEST_BUCKET or not finite. The moment is the sum of 1 + |z|, rounded to
    24 bits: within a bucket the exponents are (nearly) equal, so float64 adds up 2^28 of them without rounding,
    and the result does not depend on the order of the rows. Each operation on every row counts here: there are
    no others than are needed.
    """
    t = _base(sliced, x=seconds(sliced.table, name, kind))
    z = (t.x - literal(grid.anchor)) / literal(grid.scale)
    if apart:
        z = ibis.ifelse(t.x.abs() <= literal(LARGEST), z, None)
        z = ibis.greatest(ibis.least(z, literal(FARTHEST)), literal(-FARTHEST))
        t = t.mutate(z=ibis.ifelse(t.x.abs() <= literal(LARGEST), z, None))
    else:
        t = t.mutate(z=z)
    t = t.mutate(one=t.z.abs() + literal(1))
    t = t.select(
        *_keys(sliced),
        x=t.x,
        code=t.z.sign() * (_bucket(t.z.abs(), t.z) + literal(1)),
        distance=_24_bits(t.one),
    )
    counted = {"present": t.x.count()} if apart else {}
    return t.group_by(_keys(sliced, "code")).agg(
        n=t.count(),
        distance=t.distance.sum(),
        low=t.x.min(),
        high=t.x.max(),
        **counted,
    )


def _24_bits(x: Any) -> Any:
    # Veltkamp's splitting: what is left of the product has 53 − 29 bits
    product = x * literal(2.0**29 + 1.0)
    return product - (product - x)


def _bucket(m: Any, z: Any) -> Any:
    # of z, whose size is m. Ibis has no asinh, and its floor casts to integers, which NaN and infinities would break:
    # a float that adds 2^52 and takes it away again is a whole number, on every engine.
    height = (m + (z * z + literal(1)).sqrt()).ln() * literal(STEEPNESS)
    return (height + literal(2.0**52)) - literal(2.0**52)


def _texts(sliced: Sliced, name: str, kind: str, distinct: float) -> pa.Table:
    """Counts by (slice, label); `rest` marks the labels beyond those with the smallest md5, if any."""
    t = _base(sliced, value=sliced.table[name])
    if kind == "category" and distinct > MANY_TEXTS:
        share = min(1.0, 4 * MOST_LABELS / distinct)
        while share < 1.0:
            prefix = f"{min(int(share * 16**8), 16**8 - 1):08x}"
            spared = t.value.hexdigest("md5") < prefix
            thin = t.mutate(value=ibis.ifelse(spared, t.value, None), rest=~spared)
            found = engine.to_arrow(thin.group_by(_keys(sliced, "value", "rest")).agg(n=thin.count()))
            if pc.count_distinct(found["value"]).as_py() >= MOST_LABELS:
                return found
            share *= 4
    return engine.to_arrow(t.group_by(_keys(sliced, "value")).agg(n=t.count()))
