"""Means with intervals for rows that are not independent: those of one day, or of one entity, hang together."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
Index = NDArray[np.intp]

FEWEST = 5
"""Fewer clusters than this give no interval."""


@dataclass(frozen=True)
class Mean:
    """A mean with its 95 % interval, `by` the clusters ("day", "entity", "row") that make it widest.

    `z` is the value over its standard error, `z_rows` the same as if all rows were independent (FACTS F12).
    """

    value: float
    low: float
    high: float
    z: float
    z_rows: float
    by: str
    units: int

    @property
    def clusters(self) -> str:
        """What `units` counts: `days`, `entities` or `rows`."""
        return {"day": "days", "entity": "entities"}.get(self.by, "rows")


def bias_json(mean: Mean) -> dict[str, Any]:
    """Return a mean as plain values: `bias`, `low`, `high`, `z`, `z_rows`, `by`, `units`; bounds None when infinite."""
    bounded = math.isfinite(mean.low)
    return {
        "bias": mean.value,
        "low": mean.low if bounded else None,
        "high": mean.high if bounded else None,
        "z": round(mean.z, 2),
        "z_rows": round(mean.z_rows, 2) if math.isfinite(mean.z_rows) else None,
        "by": mean.by,
        "units": mean.units,
    }


def clustered_mean(values: Floats, clusters: Mapping[str, Index]) -> Mean:
    """Return the mean of `values` with the interval of the clusters that make it widest.

    With k clusters of sums S and sizes n the standard error is √(k/(k−1) · Σ (S − n·mean)²) / Σ n; the
    interval takes Student's t with k − 1 degrees. Clusters fewer than five tell nothing and are left out;
    when none is left, the interval is infinite.

    >>> import numpy as np
    >>> m = clustered_mean(np.array([1.0, 1.0, 0.0, 0.0] * 5), {"day": np.repeat(np.arange(10), 2)})
    >>> m.value, m.by, m.units, m.low < 0.2 < 0.8 < m.high
    (0.5, 'day', 10, True)
    """
    mean = float(values.mean())
    rows = float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else math.inf
    found: list[tuple[float, float, str, int]] = []
    for by, cluster in clusters.items():
        sizes = np.bincount(cluster)
        sums = np.bincount(cluster, weights=values)[sizes > 0]
        sizes = sizes[sizes > 0]
        k = len(sizes)
        if k < FEWEST:
            continue
        error = math.sqrt(k / (k - 1) * float(((sums - sizes * mean) ** 2).sum())) / len(values)
        found.append((error * float(special.stdtrit(k - 1, 0.975)), error, by, k))
    if not found:
        return Mean(mean, -math.inf, math.inf, 0.0, _ratio(mean, rows), "row", len(values))
    half, error, by, k = max(found)
    return Mean(mean, mean - half, mean + half, _ratio(mean, error), _ratio(mean, rows), by, k)


def clusters_of(table: pa.Table, timezone: str) -> dict[str, Index]:
    """Return the local day and, where there are entities (or keys), the entity of each row, numbered from 0."""
    found: dict[str, Index] = {"day": days_of(table, timezone)}
    for name in ("__entity", "__key"):
        if name in table.column_names and table.column(name).null_count < table.num_rows:
            column = table.column(name).to_pylist()
            texts = [f"\0{i}" if text is None else text for i, text in enumerate(column)]
            found["entity"] = np.unique(np.array(texts, dtype=object).astype(str), return_inverse=True)[
                1
            ].astype(np.intp)
            break
    return found


def days_of(table: pa.Table, timezone: str) -> Index:
    """Return the number of each row's local calendar day, counted from the first."""
    micros = pc.cast(table.column("__time"), pa.int64()).to_numpy(zero_copy_only=False)
    quarters, back = np.unique(np.asarray(micros, dtype=np.int64) // 900_000_000, return_inverse=True)
    zone = ZoneInfo(timezone)
    days: list[date] = [datetime.fromtimestamp(q * 900, zone).date() for q in quarters.tolist()]
    ordered = {day: i for i, day in enumerate(sorted(set(days)))}
    return np.array([ordered[day] for day in days], dtype=np.intp)[back]


def _ratio(value: float, error: float) -> float:
    if error > 0:
        return value / error
    return math.copysign(math.inf, value) if value else 0.0
