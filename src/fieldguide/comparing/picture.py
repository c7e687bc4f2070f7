"""The picture of a column before and after a change: small enough for a finding, made for the dashboard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fieldguide.comparing.history import Past
from fieldguide.tables.tally import bucket_of, representative

POINTS = 60
"""Points of a picture at most."""

Point = list[Any]


def picture_of_numbers(past: Past, values: NDArray[np.float64]) -> dict[str, list[Point]]:
    """Return {"before": [[x, share], …], "after": …}: shares of the finite values around x, empty places left out.

    `values` are those after the change; before is all of history. x has the unit of the column.
    """
    finite = values[np.isfinite(values)]
    grid = past.column.grid
    if grid is None:
        return {"before": [], "after": []}
    ids, counts = np.unique(bucket_of(grid, finite), return_counts=True)
    old_ids = np.asarray(past.names, dtype=np.int64)
    every = np.concatenate([ids, old_ids[past.whole > 0]])
    if not len(every):
        return {"before": [], "after": []}
    low, width = int(every.min()), -(-(int(every.max() - every.min()) + 1) // POINTS)

    def points(at: NDArray[np.int64], n: NDArray[np.int64]) -> list[Point]:
        bins = np.zeros(POINTS + 1, dtype=np.int64)
        np.add.at(bins, (at - low) // width, n)
        middle = representative(grid, low + width * np.arange(POINTS + 1) + (width - 1) / 2)
        total = max(int(bins.sum()), 1)
        return [[float(f"{middle[i]:.5g}"), round(int(bins[i]) / total, 5)] for i in np.flatnonzero(bins)]

    return {"before": points(old_ids, past.whole), "after": points(ids, counts.astype(np.int64))}


def picture_of_labels(past: Past, labels: Sequence[str | None]) -> dict[str, list[Point]]:
    """Return {"before": [[label, share], …], "after": …}, the most frequent labels first."""
    new = Counter(label for label in labels if label is not None)
    old = Counter({str(name): int(n) for name, n in zip(past.names, past.whole.tolist(), strict=True) if n})
    return {"before": _most_common(old), "after": _most_common(new)}


def _most_common(counts: Counter[str]) -> list[Point]:
    total = max(sum(counts.values()), 1)
    top = [[label, round(n / total, 5)] for label, n in counts.most_common(POINTS - 1)]
    rest = sum(counts.values()) - sum(n for _, n in counts.most_common(POINTS - 1))
    return [*top, ["others", round(rest / total, 5)]] if rest else top
