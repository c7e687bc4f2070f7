"""The yardstick: how much earlier windows of the same size differed from the rest of their history.

A window is never judged by an independence formula: real rows come in blocks (on the flights, 5,000 rows
are 291 weather readings), and seasons, weekdays and campaigns are no faults. Every statistic of a window is
compared with the same statistic of many earlier windows of its size, each measured against all the others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fieldguide.comparing.support import Support, support_of
from fieldguide.tables.tally import OVERFLOW, ColumnSummary, Summary, representative

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BUDGET = 1e-3
"""Share of quiet windows that may raise an alarm, over all columns and tests of the window."""
NEAR = 8
"""A value counts as seen when one was seen within this many buckets: 0.35 scales, far away a factor of 1.4."""
FEWEST = 8
"""Fewer earlier windows than this are no yardstick; smaller windows are taken then."""
MOST_NAMES = 400
"""Categories beyond the most frequent ones are compared as one."""
LEVELS = np.linspace(0.05, 0.95, 19)
"""The quantiles at which two distributions are compared (FACTS F19)."""
FLOORS: Mapping[str, float] = {
    "nulls": 0.02,
    "novel": 0.02,
    "shape": 0.08,
    "repeat": 0.10,
    "scale": 0.15,
    "spread": 0.30,
}
"""The least value of a statistic that matters, whatever its significance."""
NEW_LABELS = 0.01
"""The least share of rows with labels never seen that matters."""


@dataclass(frozen=True)
class Limit:
    """What a statistic reached in history (`usual`: its median, `most`: its maximum) and where alarm begins."""

    usual: float
    most: float
    alarm: float


@dataclass(frozen=True, eq=False)
class Past:
    """The history of one column, counted in windows of one size.

    `names` are the positions of `whole` (the counts of all history) and of `windows` (shape: windows,
    names): every bucket id from the lowest to the highest seen, or the labels. `limits` hold a `Limit` for
    each statistic. `peaks` is the largest share that each position ever had in a window. `clumping` says
    how many rows weigh as much as one independent row (1 when rows are independent). Numbers have the
    `quantiles` of all history (at `LEVELS`) and, where their values show one, a `support`.
    """

    column: ColumnSummary
    names: tuple[int, ...] | tuple[str, ...]
    whole: Ints
    windows: Ints
    peaks: Floats
    limits: Mapping[str, Limit]
    clumping: float
    quantiles: Floats
    support: Support | None


@dataclass(frozen=True, eq=False)
class History:
    """The yardsticks of all columns for windows of `rows` rows; `apart` of them do not overlap."""

    rows: int
    apart: int
    columns: Mapping[str, Past]


def history(reference: Summary, rows: int) -> History:
    """Return the yardsticks for windows of `rows` rows, from a reference of many consecutive blocks.

    As many consecutive blocks are added up as fit into the window (so that the yardstick is rather too
    wide than too narrow), at every possible start.
    """
    blocks = len(reference.rows)
    block = max(float(np.median(reference.rows)), 1.0) if blocks else 1.0
    k = max(1, min(int(rows / block + 1e-9), blocks // FEWEST))
    budget = BUDGET / max(1, 4 * len(reference.columns))
    columns = {name: _past(c, reference.rows, k, rows, budget) for name, c in reference.columns.items()}
    return History(rows, blocks // k if blocks else 0, columns)


def shape_distance(counts: Ints, rest: Ints, ordered: bool) -> Floats:
    """Distance of the shares in `counts` from those in `rest`, along the last axis (0 … 1).

    Kolmogorov-Smirnov where the positions have an order, total variation where they have none; 0 where
    one of the two is empty.
    """
    n, m = counts.sum(axis=-1, keepdims=True), rest.sum(axis=-1, keepdims=True)
    p, q = counts / np.maximum(n, 1), rest / np.maximum(m, 1)
    if ordered:
        distance = np.abs(np.cumsum(p - q, axis=-1)).max(axis=-1, initial=0.0)
    else:
        distance = np.abs(p - q).sum(axis=-1) / 2
    return np.asarray(np.where((n * m)[..., 0] > 0, distance, 0.0), dtype=np.float64)


def sizes(quantiles: Floats, whole: Floats, scale: float) -> tuple[Floats, Floats]:
    """Return by what factors distributions are larger and wider than the whole, as logarithms.

    `quantiles` has one distribution a row. Larger: the median ratio of the quantiles (NaN where fewer than
    ten can be compared). Wider: the ratio of the distances from the 5 % to the 95 % quantile.
    """
    logs = log_ratio(quantiles, whole[None, :], scale)
    enough = np.isfinite(logs).sum(axis=1) >= 10
    larger = np.full(len(quantiles), np.nan)
    larger[enough] = np.nanmedian(logs[enough], axis=1)
    least = scale / 1000
    wider = np.log(
        np.maximum(quantiles[:, -1] - quantiles[:, 0], least) / max(float(whole[-1] - whole[0]), least)
    )
    return larger, np.asarray(wider, dtype=np.float64)


def quantiles_of(counts: Ints, middle: Floats) -> Floats:
    """The 19 quantiles of each row of `counts` over buckets whose middles are `middle`; NaN for empty rows.

    Half of a bucket's rows are taken to lie below its middle, and quantiles are interpolated between the
    middles: so those of small whole numbers move smoothly.
    """
    out = np.full((len(counts), len(LEVELS)), np.nan)
    some = counts.sum(axis=1) > 0
    if not some.any():
        return out
    full = counts[some]
    reached = (np.cumsum(full, axis=1) - full / 2) / full.sum(axis=1, keepdims=True)
    place = np.where(full > 0, np.arange(full.shape[1]), -1)
    last = np.maximum.accumulate(place, axis=1)
    row = np.arange(len(full))
    for i, level in enumerate(LEVELS):
        above = ((reached >= level) & (full > 0)).argmax(axis=1)
        over = reached[row, above] >= level
        above = np.where(over, above, last[:, -1])
        below = np.where(above > 0, last[row, np.maximum(above - 1, 0)], -1)
        alone = (below < 0) | ~over
        low, high = np.where(alone, above, below), above
        step = np.where(alone, 1.0, reached[row, high] - reached[row, low])
        part = np.where(alone, 1.0, (level - reached[row, low]) / np.where(step > 0, step, 1.0))
        out[some, i] = middle[low] + part * (middle[high] - middle[low])
    return out


def log_ratio(new: Floats, old: Floats, scale: float) -> Floats:
    """Logarithm of new over old, NaN where they differ in sign or `old` is nearly zero beside `scale`."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(np.abs(old) > scale / 20, new / old, np.nan)
        return np.asarray(np.where(ratio > 0, np.log(ratio), np.nan), dtype=np.float64)


def _past(column: ColumnSummary, block_rows: Ints, k: int, rows: int, budget: float) -> Past:
    ordered = column.grid is not None
    counts, names = _dense(column) if ordered else _frequent(column)
    windows, size = _rolling(counts, k), np.maximum(_rolling(block_rows, k), 1)
    whole = counts.sum(axis=0)
    share = windows / size[:, None]
    series = {
        "nulls": _rolling(column.nulls + column.nonfinite, k) / size,
        "novel": _novel(column.counts if not ordered else counts, k, NEAR if ordered else 0, len(size))
        / size,
        "shape": shape_distance(windows, whole - windows, ordered),
        "repeat": _repeat(share, k),
    }
    if ordered and column.kind == "number":
        series |= dict(zip(("scale", "spread"), _sizes(column, names, windows, whole), strict=True))
    small = math.sqrt(max(1.0, float(np.median(size)) / max(rows, 1))) if len(size) else 1.0
    apart = len(block_rows) // k
    floors = FLOORS if ordered else {**FLOORS, "novel": NEW_LABELS}
    limits = {test: _limit(values, floors[test], budget, apart, small) for test, values in series.items()}
    limits["nulls"] = _reachable(limits["nulls"], 4)
    per_window = float(np.median(size)) if len(size) else 1.0
    clumping = max(1.0, (limits["shape"].usual * math.sqrt(per_window) / 0.83) ** 2) if ordered else 1.0
    peaks = share.max(axis=0, initial=0.0)
    quantiles, support = np.full(len(LEVELS), np.nan), None
    if column.grid is not None and len(names):
        quantiles = quantiles_of(whole[None, :], representative(column.grid, names))[0]
    if column.kind == "number":
        support = support_of(column.values, rows)
    return Past(column, names, whole, windows, peaks, limits, clumping, quantiles, support)


def _sizes(
    column: ColumnSummary, names: tuple[int, ...] | tuple[str, ...], windows: Ints, whole: Ints
) -> tuple[Floats, Floats]:
    """How much larger and wider each earlier window was than all history, as logarithms without sign."""
    if column.grid is None or not len(names) or not len(windows):
        return np.zeros(len(windows)), np.zeros(len(windows))
    middle = representative(column.grid, names)
    larger, wider = sizes(
        quantiles_of(windows, middle), quantiles_of(whole[None, :], middle)[0], column.grid.scale
    )
    return np.abs(np.nan_to_num(larger)), np.abs(np.nan_to_num(wider))


def _dense(column: ColumnSummary) -> tuple[Ints, tuple[int, ...]]:
    """Counts with a position for every bucket from the lowest to the highest."""
    if not column.buckets:
        return column.counts.astype(np.int64), ()
    low, high = column.buckets[0], column.buckets[-1]
    dense = np.zeros((len(column.counts), high - low + 1), dtype=np.int64)
    dense[:, np.asarray(column.buckets) - low] = column.counts
    return dense, tuple(range(low, high + 1))


def _frequent(column: ColumnSummary) -> tuple[Ints, tuple[str, ...]]:
    """Counts of the most frequent labels, the others added up under the overflow label."""
    if len(column.labels) <= MOST_NAMES:
        return column.counts.astype(np.int64), column.labels
    total = column.counts.sum(axis=0)
    over = [i for i, name in enumerate(column.labels) if name == OVERFLOW]
    order = [i for i in np.argsort(-total, kind="stable").tolist() if i not in over]
    kept = sorted(order[:MOST_NAMES])
    rest = column.counts.sum(axis=1) - column.counts[:, kept].sum(axis=1)
    counts = np.concatenate([column.counts[:, kept], rest[:, None]], axis=1).astype(np.int64)
    return counts, (*(column.labels[i] for i in kept), OVERFLOW)


def _rolling(x: Ints, k: int) -> Ints:
    """Sums over every k consecutive entries of the first axis."""
    sums = np.concatenate([np.zeros((1, *x.shape[1:]), dtype=np.int64), np.cumsum(x, axis=0, dtype=np.int64)])
    return np.asarray(sums[k:] - sums[:-k], dtype=np.int64)


def _novel(counts: Ints, k: int, near: int, windows: int) -> Ints:
    """Rows of each window at positions near which no row outside the window lies.

    A position belongs to exactly the windows that reach from its neighborhood's first to its last block.
    """
    change = np.zeros(windows + 1, dtype=np.int64)
    blocks, positions = counts.shape
    if windows == 0 or positions == 0:
        return change[:windows]
    present = counts > 0
    ever = present.any(axis=0)
    first = np.where(ever, present.argmax(axis=0), blocks)
    last = np.where(ever, blocks - 1 - present[::-1].argmax(axis=0), -1)
    for shift in range(1, near + 1):
        for to, of in ((slice(shift, None), slice(None, -shift)), (slice(None, -shift), slice(shift, None))):
            first[to] = np.minimum(first[to], np.where(ever, present.argmax(axis=0), blocks)[of])
            last[to] = np.maximum(last[to], np.where(ever, blocks - 1 - present[::-1].argmax(axis=0), -1)[of])
    start, stop = np.maximum(last - k + 1, 0), np.minimum(first, windows - 1) + 1
    alone = ever & (start < stop)
    total = counts.sum(axis=0)
    np.add.at(change, start[alone], total[alone])
    np.add.at(change, stop[alone], -total[alone])
    return np.cumsum(change)[:windows]


def _repeat(share: Floats, k: int) -> Floats:
    """How far any one position's share rises, in each window, above its share in all windows apart from it."""
    n = len(share)
    if share.size == 0:
        return np.zeros(n)
    before = np.zeros_like(share)
    after = np.zeros_like(share)
    if n > k:
        before[k:] = np.maximum.accumulate(share, axis=0)[:-k]
        after[:-k] = np.maximum.accumulate(share[::-1], axis=0)[::-1][k:]
    return np.asarray((share - np.maximum(before, after)).max(axis=1), dtype=np.float64)


def _limit(values: Floats, floor: float, budget: float, apart: int, small: float) -> Limit:
    """Where alarm begins: beyond the maximum of history, by a margin that its tail asks for.

    The upper tenth is continued exponentially down to `budget`; `apart` windows do not overlap, and the
    fewer they are, the wider the margin. `small` widens it for windows smaller than a block.
    """
    if apart < FEWEST or len(values) == 0:
        most = float(values.max(initial=0.0))
        return Limit(float(np.median(values)) if len(values) else 0.0, most, max(0.5, 2 * most))
    usual, start, most = float(np.median(values)), float(np.quantile(values, 0.9)), float(values.max())
    tail = values[values >= start] - start
    excess = float(tail.mean()) * (1 + 1 / math.sqrt(max(1.0, 0.1 * apart)))
    beyond = 2.0 if usual < most / 4 else 1.1  # what is mostly nothing comes in bursts
    alarm = max(floor, beyond * most, start + excess * max(0.0, math.log(0.1 / budget)))
    return Limit(usual, most, max(floor, alarm * small))


def _reachable(limit: Limit, part: int) -> Limit:
    """A limit on a share that all rows together can still pass: what is left shrinks to one `part` at most."""
    if limit.most >= 0.95:
        return limit
    return Limit(limit.usual, limit.most, min(limit.alarm, 1 - (1 - limit.most) / part))
