"""The values of a summary and their algebra: counts per (slice, column, bucket), with moments.

A number x falls into the bucket ``round(16/ln 2 · asinh((x − anchor) / scale))``: linear near the anchor,
logarithmic (sixteen buckets to a doubling) far from it, so that air pressure is resolved and a factor of
1,000 stays on the scale. Counts are integers: they merge by addition, exactly, in any order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fieldguide.errors import UsageError

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

PER_DOUBLING = 16
"""Buckets to a doubling, far from the anchor."""
STEEPNESS = PER_DOUBLING / float(np.log(2.0))
FARTHEST = 1e18
"""Values beyond this many scales from the anchor share one bucket and count as this far in the moments."""
MOST_LABELS = 10_000
"""Distinct values of a category that are counted one by one; of more, those with the smallest md5."""
MOST_VALUES = 2_000
"""Distinct values of a number that are counted one by one."""
OVERFLOW = "\x00other"
"""The label under which the remaining values of a category are counted."""


@dataclass(frozen=True)
class Grid:
    """Where the buckets of a column lie; `anchor` and `scale` have the unit of the column.

    >>> representative(Grid(1013.0, 10.0), [0, 16]).round(1).tolist()
    [1013.0, 1020.5]
    """

    anchor: float
    scale: float


@dataclass(frozen=True, eq=False)
class ColumnSummary:
    """What was counted of one column.

    `kind` is "number", "timestamp" (in seconds since 1970, UTC), "category" or "boolean". Numbers and
    timestamps have a `grid` and `buckets` (sorted ids), categories and booleans `labels` ("true", "false");
    `counts` has the shape (slices, buckets or labels). All arrays have one row a slice. `nonfinite` counts
    NaN and infinities, which are not nulls. `total` and `squares` are of the finite values, `squares`
    about the grid's anchor. `values` are exact counts of the distinct finite values over all slices, None
    when there are more than 2,000.
    """

    name: str
    kind: str
    grid: Grid | None
    buckets: tuple[int, ...]
    labels: tuple[str, ...]
    counts: Ints
    nulls: Ints
    nonfinite: Ints
    total: Floats
    squares: Floats
    low: Floats
    high: Floats
    values: Mapping[float, int] | None

    @property
    def names(self) -> tuple[int, ...] | tuple[str, ...]:
        """What the columns of `counts` stand for: bucket ids, or labels."""
        return self.labels if self.grid is None else self.buckets


@dataclass(frozen=True, eq=False)
class Summary:
    """Counts of all columns, by slices of the rows; `since` is the start of each slice (ISO 8601, UTC)."""

    rows: Ints
    since: tuple[str | None, ...]
    columns: Mapping[str, ColumnSummary]


def representative(grid: Grid, buckets: ArrayLike) -> Floats:
    """Return the value in the middle of each bucket: anchor + scale · sinh(bucket · ln 2 / 16)."""
    middle = np.sinh(np.asarray(buckets, dtype=np.float64) / STEEPNESS)
    return np.asarray(grid.anchor + grid.scale * middle, dtype=np.float64)


def bucket_of(grid: Grid, x: ArrayLike) -> Ints:
    """Return the bucket of each finite value, for pictures and simulations.

    The counting itself is done by the engine; on the very edge between two buckets the last bit of its
    logarithm may decide differently.
    """
    z = (np.asarray(x, dtype=np.float64) - grid.anchor) / grid.scale
    m = np.minimum(np.abs(z), FARTHEST)
    bucket = np.floor(np.log(m + np.sqrt(m * m + 1.0)) * STEEPNESS + 0.5)
    return np.asarray(np.where(z < 0, -bucket, bucket), dtype=np.int64)


def mean(column: ColumnSummary) -> float:
    """Return the mean of a column's finite values over all slices, NaN when there are none."""
    n = int(column.counts.sum())
    return float(column.total.sum()) / n if n else float("nan")


def deviation(column: ColumnSummary) -> float:
    """Return the standard deviation of a column's finite values over all slices (divided by n)."""
    n = int(column.counts.sum())
    if not n or column.grid is None:
        return float("nan")
    offset = mean(column) - column.grid.anchor
    return float(np.sqrt(max(float(column.squares.sum()) / n - offset * offset, 0.0)))


def quantiles(column: ColumnSummary, shares: Sequence[float]) -> Floats:
    """Return the values below which the given shares of a column's finite values lie, over all slices.

    Exact (the lower of two neighbors) when the distinct values were counted, else the middle of the bucket,
    kept within the column's lowest and highest value: within half a bucket, about 2 % of the distance from
    the anchor or of the scale. NaN when the column holds no finite value.

    Raises UsageError for a column without a grid (categories, booleans).
    """
    if column.grid is None:
        raise UsageError(f"quantiles of {column.name!r}: it is a {column.kind}; only numbers have quantiles.")
    if column.values is not None:
        points = np.array(sorted(column.values), dtype=np.float64)
        counts = np.array([column.values[x] for x in points.tolist()], dtype=np.int64)
    else:
        points = np.clip(
            representative(column.grid, column.buckets), np.nanmin(column.low), np.nanmax(column.high)
        )
        counts = column.counts.sum(axis=0)
    if counts.sum() == 0:
        return np.full(len(shares), np.nan)
    reached = np.cumsum(counts)
    wanted = np.asarray(shares, dtype=np.float64) * reached[-1]
    at = np.searchsorted(reached, np.maximum(wanted, 0.5), side="left")
    return np.asarray(points[np.minimum(at, len(points) - 1)], dtype=np.float64)


def merge(a: Summary, b: Summary) -> Summary:
    """Return the counts of both, slice by slice: slices of equal position are added.

    Associative and commutative: exactly for counts, lows and highs, to rounding for totals.

    Raises UsageError when the columns, their kinds or their grids differ.
    """
    if set(a.columns) != set(b.columns):
        odd = sorted(set(a.columns) ^ set(b.columns))
        raise UsageError(
            f"these summaries have different columns: {odd} are in one only; summarize the same features."
        )
    slices = max(len(a.rows), len(b.rows))
    since = tuple(
        _earlier(a.since[i] if i < len(a.since) else None, b.since[i] if i < len(b.since) else None)
        for i in range(slices)
    )
    columns = {name: _merge_column(a.columns[name], b.columns[name], slices) for name in a.columns}
    return Summary(_pad(a.rows, slices, 0) + _pad(b.rows, slices, 0), since, columns)


def total(summary: Summary) -> Summary:
    """Return the summary with all slices added up to one."""
    return _regroup(summary, np.zeros(len(summary.rows), dtype=np.int64), 1)


def stretch(summary: Summary, k: int) -> Summary:
    """Return the summary with every `k` consecutive slices added up; the last may hold fewer.

    With blocks that were thinned out to stretches of 20, a `k` that divides 20 keeps within a stretch.

    Raises UsageError when `k` is below 1.
    """
    if k < 1:
        raise UsageError(f"stretch(k={k}): k is how many slices to add up, 1 or more.")
    n = len(summary.rows)
    return _regroup(summary, np.arange(n, dtype=np.int64) // k, -(-n // k))


def pick(summary: Summary, slices: Sequence[int]) -> Summary:
    """Return the summary of the given slices only; exact counts of values, which are over all slices, are left out."""
    at = np.asarray(slices, dtype=np.int64)
    columns = {
        name: replace(
            c,
            counts=c.counts[at],
            nulls=c.nulls[at],
            nonfinite=c.nonfinite[at],
            total=c.total[at],
            squares=c.squares[at],
            low=c.low[at],
            high=c.high[at],
            values=None,
        )
        for name, c in summary.columns.items()
    }
    return Summary(summary.rows[at], tuple(summary.since[i] for i in at.tolist()), columns)


def smallest(labels: Sequence[str], most: int) -> list[str]:
    """Return the `most` labels with the smallest md5, sorted by text."""
    ranked = sorted(labels, key=lambda text: hashlib.md5(text.encode(), usedforsecurity=False).digest())
    return sorted(ranked[:most])


def _regroup(summary: Summary, group: Ints, groups: int) -> Summary:
    def added(x: NDArray[Any]) -> NDArray[Any]:
        out = np.zeros((groups, *x.shape[1:]), dtype=x.dtype)
        np.add.at(out, group, x)
        return out

    def extreme(x: Floats, ufunc: np.ufunc) -> Floats:
        out = np.full(groups, np.nan)
        ufunc.at(out, group, x)
        return out

    since: list[str | None] = [None] * groups
    for g, start in zip(group.tolist(), summary.since, strict=True):
        since[g] = _earlier(since[g], start)
    columns = {
        name: replace(
            c,
            counts=added(c.counts),
            nulls=added(c.nulls),
            nonfinite=added(c.nonfinite),
            total=added(c.total),
            squares=added(c.squares),
            low=extreme(c.low, np.fmin),
            high=extreme(c.high, np.fmax),
        )
        for name, c in summary.columns.items()
    }
    return Summary(added(summary.rows), tuple(since), columns)


def _merge_column(a: ColumnSummary, b: ColumnSummary, slices: int) -> ColumnSummary:
    if (a.kind, a.grid) != (b.kind, b.grid):
        raise UsageError(
            f"column {a.name!r} was counted on different grids ({a.grid}, {b.grid}); "
            "summarize the second with like=the first."
        )
    common: dict[str, Any] = {
        "nulls": _pad(a.nulls, slices, 0) + _pad(b.nulls, slices, 0),
        "nonfinite": _pad(a.nonfinite, slices, 0) + _pad(b.nonfinite, slices, 0),
        "total": _pad(a.total, slices, 0.0) + _pad(b.total, slices, 0.0),
        "squares": _pad(a.squares, slices, 0.0) + _pad(b.squares, slices, 0.0),
        "low": np.fmin(_pad(a.low, slices, np.nan), _pad(b.low, slices, np.nan)),
        "high": np.fmax(_pad(a.high, slices, np.nan), _pad(b.high, slices, np.nan)),
    }
    if a.grid is not None:
        buckets = tuple(sorted({*a.buckets, *b.buckets}))
        counts = _spread(a, buckets, slices) + _spread(b, buckets, slices)
        return replace(a, buckets=buckets, counts=counts, values=_merge_values(a.values, b.values), **common)
    labels = _merge_labels(a, b)
    counts = _spread(a, labels, slices) + _spread(b, labels, slices)
    return replace(a, labels=labels, counts=counts, **common)


def _merge_labels(a: ColumnSummary, b: ColumnSummary) -> tuple[str, ...]:
    if a.labels == b.labels:
        return a.labels
    union = {*a.labels, *b.labels} - {OVERFLOW}
    # a side that overflowed holds the smallest of its own values: only that many are exact in the union
    most = min([MOST_LABELS, *(len(c.labels) - 1 for c in (a, b) if OVERFLOW in c.labels)])
    kept = smallest(sorted(union), most) if len(union) > most else sorted(union)
    over = len(kept) < len(union) or OVERFLOW in a.labels or OVERFLOW in b.labels
    return (*kept, OVERFLOW) if over else tuple(kept)


def _merge_values(a: Mapping[float, int] | None, b: Mapping[float, int] | None) -> Mapping[float, int] | None:
    if a is None or b is None:
        return None
    values = {x: a.get(x, 0) + b.get(x, 0) for x in sorted({*a, *b})}
    return values if len(values) <= MOST_VALUES else None


def _spread(column: ColumnSummary, names: Sequence[Any], slices: int) -> Ints:
    """Counts of `column` (padded to `slices`) under `names`; labels that are not among them go to the overflow."""
    place = {name: i for i, name in enumerate(names)}
    out = np.zeros((slices, len(names)), dtype=np.int64)
    if column.names:
        for i, name in enumerate(column.names):
            out[: len(column.counts), place[name] if name in place else place[OVERFLOW]] += column.counts[
                :, i
            ]
    return out


def _pad(x: NDArray[Any], slices: int, fill: float) -> NDArray[Any]:
    return x if len(x) == slices else np.concatenate([x, np.full(slices - len(x), fill, dtype=x.dtype)])


def _earlier(a: str | None, b: str | None) -> str | None:
    return min((s for s in (a, b) if s is not None), default=None)
