"""From groups of rows, as an engine or numpy counted them, to the summary of a column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fieldguide.tables.tally import (
    MOST_LABELS,
    MOST_VALUES,
    OVERFLOW,
    ColumnSummary,
    Floats,
    Grid,
    Ints,
    smallest,
)

APART = -1
"""The bucket of rows without a finite value."""
MOST_CELLS = 8_000_000
"""Counts of a category that are kept at most: with many slices, fewer labels are counted one by one."""


@dataclass(frozen=True, eq=False)
class Groups:
    """Groups of rows of a number: the position of their slice, how many, sign and |bucket|.

    In the bucket APART are rows without a finite value, of which `present` are not null. `low` and `high`
    are the bounds of a group, `sums` and `squares` its moments, about zero and about the grid's anchor.
    """

    at: Ints
    n: Ints
    present: Ints
    negative: NDArray[np.bool_]
    bucket: Ints
    low: Floats
    high: Floats
    sums: Floats
    squares: Floats


@dataclass(frozen=True, eq=False)
class Texts:
    """Groups of rows of a category: the position of their slice, how many, and which text they hold.

    `code` is the place among `texts`, NULL where there is none and REST for texts that were not told apart.
    """

    at: Ints
    n: Ints
    code: Ints
    texts: Sequence[str]


NULL, REST = -1, -2


def number_summary(
    found: Groups, slices: int, name: str, kind: str, grid: Grid, known: tuple[int, ...], by_value: bool
) -> ColumnSummary:
    """Return the summary of a number or timestamp.

    `known` are buckets that get a place even when nothing falls into them; `by_value` says that each group
    is of one value.
    """
    apart = found.bucket == APART
    n_apart, present = found.n[apart], found.present[apart]
    nulls, nonfinite = np.zeros(slices, dtype=np.int64), np.zeros(slices, dtype=np.int64)
    np.add.at(nulls, found.at[apart], n_apart - present)
    np.add.at(nonfinite, found.at[apart], present)

    # the engine returns groups in any order; floats are added in one order, so that a summary repeats exactly
    order = np.lexsort((found.low, found.bucket, found.negative, found.at))
    order = order[~apart[order]]
    at, n, low, high = found.at[order], found.n[order], found.low[order], found.high[order]
    bucket = np.where(found.negative[order], -1, 1) * found.bucket[order]
    sums, squares = np.zeros(slices), np.zeros(slices)
    with np.errstate(over="ignore", invalid="ignore"):  # numbers near the largest: their sum is infinite
        np.add.at(sums, at, found.sums[order])
        np.add.at(squares, at, found.squares[order])
    lowest, highest = np.full(slices, np.nan), np.full(slices, np.nan)
    np.fmin.at(lowest, at, low)
    np.fmax.at(highest, at, high)
    buckets = np.unique(np.concatenate([bucket, np.asarray(known, dtype=np.int64)]))
    counts = np.zeros((slices, len(buckets)), dtype=np.int64)
    np.add.at(counts, (at, np.searchsorted(buckets, bucket)), n)
    return ColumnSummary(
        name=name,
        kind=kind,
        grid=grid,
        buckets=tuple(buckets.tolist()),
        labels=(),
        counts=counts,
        nulls=nulls,
        nonfinite=nonfinite,
        total=sums,
        squares=squares,
        low=lowest,
        high=highest,
        values=_values(low, n) if by_value else None,
    )


def _values(x: Floats, n: Ints) -> dict[float, int] | None:
    distinct, where = np.unique(x, return_inverse=True)
    if len(distinct) > MOST_VALUES:
        return None
    times = np.zeros(len(distinct), dtype=np.int64)
    np.add.at(times, where, n)
    return dict(zip(distinct.tolist(), times.tolist(), strict=True))


def label_summary(found: Texts, slices: int, name: str, kind: str, known: tuple[str, ...]) -> ColumnSummary:
    """Return the summary of a category or boolean.

    `known` are the labels of a reference: they come first, and when they overflowed, all others go there.
    """
    at, n, code, texts = found.at, found.n, found.code, found.texts
    null, rest = code == NULL, code == REST
    nulls = np.zeros(slices, dtype=np.int64)
    np.add.at(nulls, at[null], n[null])

    most = max(1_000, min(MOST_LABELS, MOST_CELLS // max(slices, 1)))
    if OVERFLOW in known:
        labels = [label for label in known if label != OVERFLOW]
    else:
        labels = list(known) + sorted(set(texts) - set(known))
        if len(labels) > most:
            labels = smallest(labels, most)
    place = {label: i for i, label in enumerate(labels)}
    over = bool(rest.any()) or OVERFLOW in known or any(text not in place for text in texts)
    if over:
        place[OVERFLOW] = len(labels)
        labels.append(OVERFLOW)
    target = np.array([place.get(text, len(labels) - 1) for text in texts], dtype=np.int64)
    counts = np.zeros((slices, len(labels)), dtype=np.int64)
    plain = ~null & ~rest
    np.add.at(counts, (at[plain], target[code[plain]]), n[plain])
    np.add.at(counts, (at[rest], np.full(int(rest.sum()), len(labels) - 1)), n[rest])
    return ColumnSummary(
        name=name,
        kind=kind,
        grid=None,
        buckets=(),
        labels=tuple(labels),
        counts=counts,
        nulls=nulls,
        nonfinite=np.zeros(slices, dtype=np.int64),
        total=np.zeros(slices),
        squares=np.zeros(slices),
        low=np.full(slices, np.nan),
        high=np.full(slices, np.nan),
        values=None,
    )
