"""The label, and each column against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np

from fieldguide.tables import engines as engine
from fieldguide.tables.counting import literal, real, whole
from fieldguide.tables.query.places import LARGEST, row
from fieldguide.tables.tally import FARTHEST, STEEPNESS, Floats, Grid, Ints


@dataclass(frozen=True)
class Labels:
    """What is known of the label: rows, rows with a label, and the label's mean, variance, lowest, highest."""

    rows: int
    labeled: int
    mean: float
    variance: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class ByLabel:
    """A column against the label: one line a value (or bucket), nulls apart in the last line.

    `values` name the lines in their order (None for columns whose values were left unnamed because there
    are too many: then lines with the same counts are put together, `times` of them). `labeled` rows have a
    label, `total` and `squares` are its sums, `unlabeled` rows have none.
    """

    column: str
    kind: str
    values: tuple[Any, ...] | None
    times: Ints
    labeled: Ints
    total: Floats
    squares: Floats
    unlabeled: Ints
    null: tuple[int, float, float, int]


def labels(table: ibis.Table) -> Labels:
    """Return how many rows have a label and how it varies."""
    y = table["__label"]
    found = row(
        table.aggregate(
            n=table.count(), k=y.count(), mean=y.mean(), variance=y.var(how="pop"), low=y.min(), high=y.max()
        )
    )
    nan = float("nan")
    mean, variance, low, high = (
        nan if found[x] is None else float(found[x]) for x in ("mean", "variance", "low", "high")
    )
    return Labels(int(found["n"]), int(found["k"]), mean, variance, low, high)


def by_label(
    table: ibis.Table, column: str, kind: str, grid: Grid | None = None, few: bool = True
) -> ByLabel:
    """Count the label by the values of a column.

    Numbers are counted by value when `few`, else by bucket of `grid`; timestamps by bucket of their distance
    from the prediction (`__time`) in seconds; categories and booleans by value when `few`, else values with
    equal counts are put together.
    """
    if kind == "timestamp":
        gap = (engine.microseconds(table[column]) - engine.microseconds(table["__time"])) / literal(1e6)
        x: Any = _bucket(gap, grid or Grid(0.0, 60.0))
    elif kind == "number":
        finite = table[column].cast("float64")
        finite = ibis.ifelse(finite.abs() <= literal(LARGEST), finite, None)
        x = finite if few or grid is None else _bucket(finite, grid)
    else:
        x = table[column].cast("string")
    t = table.select(x=x, y=table["__label"])
    grouped = t.group_by("x").agg(
        k=t.y.count(), s=t.y.sum().coalesce(0.0), q=(t.y * t.y).sum().coalesce(0.0), u=t.count() - t.y.count()
    )
    if few or kind in ("number", "timestamp"):
        found = engine.to_arrow(grouped.mutate(times=ibis.literal(1)))
    else:
        grouped = grouped.mutate(x=grouped.x.isnull())
        together = grouped.group_by(["x", "k", "s", "q", "u"]).agg(times=grouped.count())
        found = engine.to_arrow(together.mutate(x=ibis.ifelse(together.x, None, 1)))
    null = np.asarray(found["x"].is_null())
    k, u, times = (whole(found[name]) for name in ("k", "u", "times"))
    s, q = real(found["s"]), real(found["q"])
    names = found["x"].to_pylist()
    kept = [i for i in range(len(names)) if not null[i]]
    named = few or kind in ("number", "timestamp")
    if named:
        kept.sort(key=lambda i: names[i])
    else:
        kept.sort(key=lambda i: (k[i], s[i], u[i]))
    lost = (int(k[null].sum()), float(s[null].sum()), float(q[null].sum()), int(u[null].sum()))
    values = tuple(names[i] for i in kept) if named else None
    return ByLabel(column, kind, values, times[kept], k[kept], s[kept], q[kept], u[kept], lost)


def _bucket(x: Any, grid: Grid) -> Any:
    """Return the bucket of a finite number on `grid`, by the formula of a summary; null for null."""
    z = (x - literal(grid.anchor)) / literal(grid.scale)
    m = ibis.ifelse(z.abs() > literal(FARTHEST), literal(FARTHEST), z.abs())  # DuckDB's least(null, x) is x
    bucket = ((m + (m * m + literal(1.0)).sqrt()).ln() * literal(STEEPNESS) + literal(0.5)).floor()
    return ibis.ifelse(z < literal(0.0), -bucket, bucket)
