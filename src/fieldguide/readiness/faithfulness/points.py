"""The values of a number as its summary knows them, and how they are said."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np

from fieldguide.finding import Finding
from fieldguide.program import Feature
from fieldguide.readiness.checks import found
from fieldguide.tables.summary import ColumnSummary, representative
from fieldguide.tables.tally import STEEPNESS


def points(column: ColumnSummary) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct values of a number, sorted (or the middles of its buckets), and the rows at each."""
    if column.values is not None:
        found = sorted(column.values)
        return np.array(found), np.array([column.values[x] for x in found], dtype=np.int64)
    assert column.grid is not None
    rows = column.counts.sum(axis=0)
    middles = np.clip(
        representative(column.grid, column.buckets), np.nanmin(column.low), np.nanmax(column.high)
    )
    return middles[rows > 0], rows[rows > 0]


def distinct(column: ColumnSummary) -> int:
    """Return how many distinct values a number has, or how many buckets hold something."""
    if column.values is not None:
        return len(column.values)
    return int((column.counts.sum(axis=0) > 0).sum())


def blur(column: ColumnSummary, value: float) -> float:
    """Return how far the middle of the bucket of `value` may lie from it; 0 where values are counted one by one."""
    if column.values is not None or column.grid is None:
        return 0.0
    return 0.6 * math.hypot(value - column.grid.anchor, column.grid.scale) / STEEPNESS


def number(x: float | None) -> str:
    """Return a number for people.

    >>> number(1048.36058), number(24000.0), number(0.000123456), number(None)
    ('1,048.36', '24,000', '0.000123456', 'anything')
    """
    if x is None:
        return "anything"
    return f"{x:,.0f}" if abs(x) < 1e15 and x == int(x) else f"{x:,.6g}"


def span(column: ColumnSummary) -> str:
    """Return from where to where the values of a number go."""
    return f"{number(float(np.nanmin(column.low)))} to {number(float(np.nanmax(column.high)))}"


def unit_of(feature: Feature) -> str:
    """Return the declared unit as it follows a number, nothing for a pure number."""
    unit: str | None = getattr(feature, "unit", None)
    return f" {unit}" if unit and unit != "1" else ""


def day(seconds: float) -> str:
    """Return the day of an instant in seconds since 1970 (UTC).

    >>> day(86_400.0), day(1e30)
    ('1970-01-02', '1,000,000,000,000,000,019,884,624,838,656 seconds since 1970')
    """
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
    except (OverflowError, ValueError, OSError):
        return f"{seconds:,.0f} seconds since 1970"


def nothing_found(check: str, looked_at: int) -> list[Finding]:
    """Return the one finding of a check of columns that found nothing in any of them."""
    return [found(check, "pass", f"{looked_at} columns looked at, nothing found")]
