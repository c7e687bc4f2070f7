"""Counting rows in memory: the same counts as the engine's, for windows too small to be worth twenty queries."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fieldguide.tables.assemble import APART, NULL, Groups, Texts, label_summary, number_summary
from fieldguide.tables.tally import FARTHEST, STEEPNESS, ColumnSummary, Floats, Grid, Ints


def floats(column: pa.ChunkedArray, kind: str) -> Floats:
    """Return a column as float64, instants in seconds since 1970; nulls are dropped."""
    present = column.drop_null()
    if kind == "timestamp":
        us = present.cast(pa.timestamp("us", "UTC")).cast(pa.int64())
        return np.asarray(us.to_numpy(), dtype=np.float64) / 1e6
    return np.asarray(present.cast(pa.float64()).to_numpy(), dtype=np.float64)


def count_number(
    column: pa.ChunkedArray, name: str, kind: str, grid: Grid, known: tuple[int, ...]
) -> ColumnSummary:
    """Count a number or timestamp on `grid`; `known` are buckets that get a place in any case."""
    x = floats(column, kind)
    values, n = np.unique(x[np.isfinite(x)], return_counts=True)
    with np.errstate(over="ignore", invalid="ignore"):
        z = (values - grid.anchor) / grid.scale
        sums, squares = n * values, n * (values - grid.anchor) ** 2
    apart = np.array([len(column) - int(n.sum())])
    nothing = np.full(1, np.nan)
    found = Groups(
        at=np.zeros(len(n) + 1, dtype=np.int64),
        n=np.concatenate([n, apart]),
        present=np.concatenate([n, apart - column.null_count]),
        negative=np.concatenate([z < 0, [False]]),
        bucket=np.concatenate([buckets(np.minimum(np.abs(z), FARTHEST)), [APART]]),
        low=np.concatenate([values, nothing]),
        high=np.concatenate([values, nothing]),
        sums=np.concatenate([sums, nothing]),
        squares=np.concatenate([squares, nothing]),
    )
    return number_summary(found, 1, name, kind, grid, known, by_value=True)


def buckets(m: Floats) -> Ints:
    """Return the buckets of distances from the anchor in scales, as the engine computes them.

    numpy's logarithm may differ from the system's, which the engine uses, in the last bit; where that could
    decide (once in some 10^9 values) the system's is taken.
    """
    height = np.log(m + np.sqrt(m * m + 1.0)) * STEEPNESS + 0.5
    close = np.flatnonzero(np.abs(height - np.round(height)) < 1e-9)
    for i in close.tolist():
        height[i] = math.log(m[i] + math.sqrt(m[i] * m[i] + 1.0)) * STEEPNESS + 0.5
    return np.asarray(np.floor(height), dtype=np.int64)


def count_labels(column: pa.ChunkedArray, name: str, kind: str, known: tuple[str, ...]) -> ColumnSummary:
    """Count a category or boolean; `known` are the labels of a reference."""
    counted = pc.value_counts(column.combine_chunks())
    texts = [
        v if v is None or isinstance(v, str) else str(v).lower() for v in counted.field("values").to_pylist()
    ]
    told = [text for text in texts if text is not None]
    place = {text: i for i, text in enumerate(told)}
    found = Texts(
        at=np.zeros(len(texts), dtype=np.int64),
        n=np.asarray(counted.field("counts"), dtype=np.int64),
        code=np.array([NULL if text is None else place[text] for text in texts], dtype=np.int64),
        texts=told,
    )
    return label_summary(found, 1, name, kind, known)
