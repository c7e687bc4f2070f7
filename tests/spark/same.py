"""What two engines gave, compared: counts exactly, sums of floats to 1e-9."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from fieldguide.tables.summary import Summary

CLOSE = 1e-9


def summaries_differ(a: Summary, b: Summary) -> list[str]:
    """Where two summaries differ: slice by slice, bucket by bucket, label by label."""
    found: list[str] = []
    if a.since != b.since or not np.array_equal(a.rows, b.rows):
        found.append(f"slices: {a.since[:5]} {a.rows[:5]} and {b.since[:5]} {b.rows[:5]}")
    if set(a.columns) != set(b.columns):
        return [*found, f"columns: {set(a.columns) ^ set(b.columns)}"]
    for name, one in a.columns.items():
        other = b.columns[name]
        for part in ("kind", "grid", "buckets", "labels", "values"):
            if getattr(one, part) != getattr(other, part):
                found.append(f"{name}: {part} {getattr(one, part)!s:.200} and {getattr(other, part)!s:.200}")
        for part in ("counts", "nulls", "nonfinite"):
            if not np.array_equal(getattr(one, part), getattr(other, part)):
                found.append(f"{name}: {part} differ")
        for part in ("low", "high"):
            if not np.array_equal(getattr(one, part), getattr(other, part), equal_nan=True):
                found.append(f"{name}: {part} differ")
        for part in ("total", "squares"):
            x, y = getattr(one, part), getattr(other, part)
            both = np.abs(np.concatenate([x, y, [0.0]]))
            size = both[np.isfinite(both)].max()
            if not np.allclose(x, y, rtol=CLOSE, atol=CLOSE * size, equal_nan=True):
                found.append(f"{name}: {part} {x[:5]} and {y[:5]}")
    return found


def differ(a: Any, b: Any, at: str = "") -> list[str]:
    """Where two results differ, by the path to the place; floats are equal to 1e-9."""
    if isinstance(a, pa.Table):
        return differ(rows_of(a), rows_of(b), at)
    if dataclasses.is_dataclass(a) and not isinstance(a, type):
        parts = [f.name for f in dataclasses.fields(a)]
        return [x for name in parts for x in differ(getattr(a, name), getattr(b, name), f"{at}.{name}")]
    if isinstance(a, np.ndarray):
        return differ(a.tolist(), b.tolist(), at)
    if isinstance(a, Mapping):
        if set(a) != set(b):
            return [f"{at}: {set(a) ^ set(b)} on one side only"]
        return [x for name in a for x in differ(a[name], b[name], f"{at}[{name!r}]")]
    if isinstance(a, Sequence) and not isinstance(a, str):
        if len(a) != len(b):
            return [f"{at}: {len(a)} and {len(b)} of them"]
        return [x for i, (p, q) in enumerate(zip(a, b, strict=True)) for x in differ(p, q, f"{at}[{i}]")]
    if isinstance(a, float) and isinstance(b, float | int):
        same = (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=CLOSE, abs_tol=1e-12)
        return [] if same else [f"{at}: {a!r} and {b!r}"]
    return [] if a == b else [f"{at}: {a!r} and {b!r}"]


def rows_of(table: pa.Table, by: str | None = None) -> list[dict[str, Any]]:
    """The rows of a table, in the order of a column."""
    rows = [{k: _value(v) for k, v in row.items()} for row in table.to_pylist()]
    return rows if by is None else sorted(rows, key=lambda row: (row[by] is None, row[by]))


def _value(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
