"""Summaries counted by numpy, for tests that compare thousands of windows (the engine counts the same)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fieldguide.tables.summary import place_grid
from fieldguide.tables.tally import MOST_VALUES, ColumnSummary, Summary, bucket_of


def counted(
    table: pa.Table, features: Sequence[Any], block: int | None = None, like: Summary | None = None
) -> Summary:
    """Count columns in blocks of `block` consecutive rows (None: one), on the grids of `like` if given."""
    n = table.num_rows
    slices = np.zeros(n, dtype=np.int64) if block is None else np.arange(n) // block
    blocks = int(slices[-1]) + 1 if n else 1
    columns = {}
    for f in features:
        column = table.column(f.name).combine_chunks()
        null = np.asarray(column.is_null().to_numpy(zero_copy_only=False), dtype=bool)
        nulls = np.bincount(slices[null], minlength=blocks)
        zero = np.zeros(blocks)
        if f.kind in ("number", "timestamp"):
            if f.kind == "timestamp":
                column = pc.divide(pc.cast(pc.cast(column, pa.int64()), pa.float64()), 1e6)
            x = np.array(pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
            finite = np.isfinite(x)
            grid = place_grid(x[finite]) if like is None else like.columns[f.name].grid
            assert grid is not None
            ids = bucket_of(grid, x[finite])
            names, back = np.unique(ids, return_inverse=True)
            counts = np.zeros((blocks, len(names)), dtype=np.int64)
            np.add.at(counts, (slices[finite], back), 1)
            points, times = np.unique(x[finite], return_counts=True)
            values = (
                dict(zip(points.tolist(), times.tolist(), strict=True))
                if len(points) <= MOST_VALUES
                else None
            )
            low, high = np.full(blocks, np.nan), np.full(blocks, np.nan)
            np.fmin.at(low, slices[finite], x[finite])
            np.fmax.at(high, slices[finite], x[finite])
            odd = np.bincount(slices[~finite & ~null], minlength=blocks)
            made = ColumnSummary(
                f.name,
                f.kind,
                grid,
                tuple(names.tolist()),
                (),
                counts,
                nulls,
                odd,
                zero,
                zero,
                low,
                high,
                values,
            )
        else:
            text = np.array(pc.cast(column, pa.string()).to_pylist(), dtype=object)[~null].astype(str)
            labels, back = np.unique(text, return_inverse=True)
            counts = np.zeros((blocks, len(labels)), dtype=np.int64)
            np.add.at(counts, (slices[~null], back), 1)
            none, no = np.zeros(blocks, dtype=np.int64), np.full(blocks, np.nan)
            made = ColumnSummary(
                f.name,
                f.kind,
                None,
                (),
                tuple(labels.tolist()),
                counts,
                nulls,
                none,
                zero,
                zero,
                no,
                no,
                None,
            )
        columns[f.name] = made
    return Summary(np.bincount(slices, minlength=blocks), (None,) * blocks, columns)
