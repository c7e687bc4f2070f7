"""Detection: does a window differ from its history by more than earlier windows differed from theirs?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fieldguide.comparing.history import NEAR, Past, quantiles_of, shape_distance, sizes
from fieldguide.comparing.support import Support
from fieldguide.tables.tally import OVERFLOW, ColumnSummary, bucket_of, representative

Floats = NDArray[np.float64]

FEWEST_ROWS = 5
"""A share of rows raises no alarm when it is made of fewer rows than this."""
SHARES = frozenset({"nulls", "novel", "repeat", "support"})
"""The statistics that are shares of the rows."""


@dataclass(frozen=True)
class Alarm:
    """A statistic beyond its limit: what was seen, the most that history showed, and where alarm begins."""

    test: str
    saw: float
    most: float
    limit: float

    @property
    def gross(self) -> bool:
        """Whether it is worth a word without a cause: half as much again as the limit, or half of all rows.

        One value more frequent than ever, or a few rows beyond the extremes of history, are not.
        """
        if self.test in ("novel", "support"):
            return self.saw >= 0.5
        return self.test != "repeat" and self.saw >= 1.5 * self.limit


def counted(column: ColumnSummary) -> tuple[Sequence[int] | Sequence[str], NDArray[np.int64]]:
    """Names and counts of a column over all slices."""
    return column.names, np.asarray(column.counts.sum(axis=0), dtype=np.int64)


def measure(
    past: Past, names: Sequence[int] | Sequence[str], counts: NDArray[np.int64], rows: int
) -> dict[str, float]:
    """Return the statistics "novel", "shape" and "repeat" of a window counted under `names`, of `rows` rows.

    `names` are bucket ids on the grid of the past, or labels.
    """
    size = max(rows, 1)
    if past.column.grid is not None:
        return _measure_number(past, np.asarray(names, dtype=np.int64), counts, size)
    return _measure_category(past, [str(name) for name in names], counts, size)


def alarms(past: Past, statistics: Mapping[str, float], rows: int) -> tuple[Alarm, ...]:
    """Return the statistics that lie beyond their limits and are made of enough rows."""
    found = []
    for test, saw in statistics.items():
        limit = past.limits.get(test)
        if limit is None or saw < limit.alarm or (test in SHARES and saw * rows < FEWEST_ROWS):
            continue
        found.append(Alarm(test, saw, limit.most, limit.alarm))
    return tuple(found)


def support_alarm(support: Support | None, values: Floats) -> Alarm | None:
    """Return an alarm when more rows leave the support of history than history lets expect."""
    if support is None:
        return None
    telling = values[np.isfinite(values) & (values != 0)]
    if not len(telling):
        return None
    found = None
    if support.lattice is not None:
        grid = Support(support.points, support.counts, support.lattice, False, support.misses)
        off = int((~grid.allowed(telling)).sum())
        usual = 0.01 if support.sparse else max(0.01, support.misses)
        found = _beyond(off, len(telling), min(0.5, usual))
    if found is None and support.sparse:
        found = _beyond(int((~support.allowed(telling)).sum()), len(telling), max(0.5, 1.5 * support.misses))
    return found


def repeated(past: Past, values: Floats, rows: int) -> tuple[float, float]:
    """Return the value whose share of `rows` rows rises farthest above what its bucket ever had, and by how much."""
    finite = values[np.isfinite(values)]
    if not len(finite) or past.column.grid is None:
        return float("nan"), 0.0
    points, counts = np.unique(finite, return_counts=True)
    excess = counts / max(rows, 1) - peak_of(past, bucket_of(past.column.grid, points))
    best = int(excess.argmax())
    return float(points[best]), float(max(excess[best], 0.0))


def known(past: Past, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which buckets lie near one that history has seen, and on a side of zero that it has seen."""
    out = np.zeros(len(ids), dtype=np.bool_)
    if past.column.grid is None or not len(past.names):
        return out
    low, high = int(past.names[0]), int(past.names[-1])
    seen = np.zeros(high - low + 1 + 2 * NEAR, dtype=np.bool_)
    for shift in range(2 * NEAR + 1):
        seen[shift : shift + len(past.whole)] |= past.whole > 0
    place = ids - (low - NEAR)
    inside = (place >= 0) & (place < len(seen))
    out[inside] = seen[place[inside]]
    zero = int(bucket_of(past.column.grid, 0.0))
    if low >= zero:
        out &= ids >= zero
    if high <= zero:
        out &= ids <= zero
    return out


def peak_of(past: Past, ids: NDArray[np.int64]) -> Floats:
    """The largest share that each bucket ever had in an earlier window, 0 for buckets never seen."""
    peak = np.zeros(len(ids))
    if len(past.names):
        low, high = int(past.names[0]), int(past.names[-1])
        on_axis = (ids >= low) & (ids <= high)
        peak[on_axis] = past.peaks[ids[on_axis] - low]
    return peak


def _beyond(misses: int, rows: int, limit: float) -> Alarm | None:
    share = misses / rows
    return Alarm("support", share, limit, limit) if share > limit and misses >= FEWEST_ROWS else None


def _measure_number(
    past: Past, ids: NDArray[np.int64], counts: NDArray[np.int64], size: int
) -> dict[str, float]:
    if not len(past.names) or not len(ids):
        novel = float(counts.sum()) / size if len(ids) else 0.0
        return {"novel": novel, "shape": 0.0, "repeat": novel}
    low, high = int(past.names[0]), int(past.names[-1])
    every = np.union1d(ids, np.arange(low, high + 1))
    new = np.zeros(len(every), dtype=np.int64)
    old = np.zeros(len(every), dtype=np.int64)
    np.add.at(new, np.searchsorted(every, ids), counts)
    old[np.searchsorted(every, np.arange(low, high + 1))] = past.whole
    larger, wider = _size(past, ids, counts)
    return {
        "novel": float(counts[~known(past, ids)].sum()) / size,
        "shape": float(shape_distance(new, old, True)),
        "scale": abs(larger),
        "spread": abs(wider),
        "repeat": float((counts / size - peak_of(past, ids)).max(initial=0.0)),
    }


def _size(past: Past, ids: NDArray[np.int64], counts: NDArray[np.int64]) -> tuple[float, float]:
    grid = past.column.grid
    if grid is None or counts.sum() < 20:
        return 0.0, 0.0
    larger, wider = sizes(
        quantiles_of(counts[None, :], representative(grid, ids)), past.quantiles, grid.scale
    )
    return float(np.nan_to_num(larger[0])), float(np.nan_to_num(wider[0]))


def _measure_category(past: Past, names: list[str], counts: NDArray[np.int64], size: int) -> dict[str, float]:
    known = set(past.column.labels)
    place = {str(name): i for i, name in enumerate(past.names)}
    other = place.get(OVERFLOW)
    new = np.zeros(len(past.names) + 1, dtype=np.int64)
    novel, repeat = 0, 0.0
    for name, count in zip(names, counts.tolist(), strict=True):
        at = place.get(name, other)
        unseen = name not in known and OVERFLOW not in known
        novel += count if unseen else 0
        new[-1 if unseen or at is None else at] += count
        if name in place:
            repeat = max(repeat, count / size - float(past.peaks[place[name]]))
        elif unseen:
            repeat = max(repeat, count / size)
    old = np.append(past.whole, 0)
    return {"novel": novel / size, "shape": float(shape_distance(new, old, False)), "repeat": repeat}
