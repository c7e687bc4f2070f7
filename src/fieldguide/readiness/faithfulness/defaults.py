"""B2: values that stand in for missing ones."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from fieldguide.comparing.explained import DEFAULT_NUMBERS
from fieldguide.finding import Finding
from fieldguide.program import Feature
from fieldguide.readiness.checks import found
from fieldguide.readiness.faithfulness.points import blur, day, distinct, number, points, unit_of
from fieldguide.tables.query import Found
from fieldguide.tables.summary import ColumnSummary

DEFAULT_TIMES = ("0001-01-01", "1900-01-01", "1970-01-01", "2099-12-31", "2999-12-31", "9999-12-31")
FEWEST_DEFAULTS = 3
DAY = 86_400.0
WIDTH_OF_A_DEFAULT_TIME = 1.6 * DAY
"""Midnight of the day in any time zone."""


def default_suspects(column: ColumnSummary) -> list[tuple[float, float]]:
    """Return values of a column that may stand in for missing ones, each with the nearest other value.

    A suspect is one of the usual stand-ins and apart from the others: by twice the range of (99 % of) the
    others, or as the only negative among whole numbers. A price of 999 is nearer than that. Timestamps: a day
    that is more than five years from the others.
    """
    if column.kind == "timestamp":
        return _default_times(column)
    if column.kind != "number" or distinct(column) < 10:
        return []
    values, rows = points(column)
    suspects = []
    for code in DEFAULT_NUMBERS:
        same = np.abs(values - code) <= blur(column, code)
        rest, weight = values[~same], np.cumsum(rows[~same])
        if rows[same].sum() < FEWEST_DEFAULTS or len(rest) < 9:
            continue
        low, high = rest[np.searchsorted(weight, [0.005 * weight[-1], 0.995 * weight[-1]])]
        nearest = float(rest[np.argmin(np.abs(rest - code))])
        apart = abs(nearest - code) >= 2 * (high - low) > 0
        only = code <= -9 and float(rest.min()) >= 0 and bool((rest == np.round(rest)).all())
        if apart or only:
            suspects.append((code, nearest))
    return suspects


def default_values(
    feature: Feature, column: ColumnSummary, suspect: tuple[float, float], where: Found
) -> list[Finding]:
    """B2: a usual stand-in for missing values, apart from the other values, is not repeated."""
    if where.rows < FEWEST_DEFAULTS:
        return []
    code, nearest = suspect
    share = where.rows / max(int(column.counts.sum()), 1)
    timed = feature.kind == "timestamp"
    shown, near = (day(code), day(nearest)) if timed else (number(code) + unit_of(feature), number(nearest))
    saw = f"{where.rows:,} rows ({share:.2%}) hold {shown}; the nearest other value is {near}"
    evidence = {"value": code, "rows": where.rows, "nearest": nearest}
    expected = "null where the value is not known"
    keys = where.examples
    return [
        found("default_values", "fail", saw, feature.name, rows=keys, expected=expected, evidence=evidence)
    ]


def _default_times(column: ColumnSummary) -> list[tuple[float, float]]:
    values, rows = points(column)
    suspects = []
    for date in DEFAULT_TIMES:
        code = datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp()
        same = np.abs(values - code) <= WIDTH_OF_A_DEFAULT_TIME + blur(column, code)
        rest = values[~same]
        if rows[same].sum() >= FEWEST_DEFAULTS and len(rest):
            nearest = float(rest[np.argmin(np.abs(rest - code))])
            if abs(nearest - code) > 5 * 365 * DAY:
                suspects.append((code, nearest))
    return suspects
