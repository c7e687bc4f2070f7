"""B3: numbers are finite and within what is declared possible."""

from __future__ import annotations

import numpy as np

from fieldguide.finding import Finding
from fieldguide.program import Feature
from fieldguide.readiness.checks import found
from fieldguide.readiness.faithfulness.points import number, span, unit_of
from fieldguide.tables.query import Found
from fieldguide.tables.summary import ColumnSummary


def possible_values(
    feature: Feature, column: ColumnSummary, outside: Found | None, infinite: Found | None
) -> list[Finding]:
    """B3: a number is finite and within its declared low and high; `outside`, `infinite` are the rows that are not."""
    low, high = bounds(feature)
    findings = []
    if infinite is not None and infinite.rows:
        saw, where = f"{infinite.rows:,} values are NaN or infinite", infinite.examples
        findings.append(
            found("possible_values", "fail", saw, feature.name, rows=where, expected="finite numbers")
        )
    if outside is not None and outside.rows:
        told = ", ".join(dict.fromkeys(number(x) for x in outside.values[:3]))
        saw = f"{outside.rows:,} values are outside, such as {told}{unit_of(feature)}; the column goes from {span(column)}"
        expected = f"from {number(low)} to {number(high)}{unit_of(feature)}, as declared"
        where = outside.examples
        findings.append(found("possible_values", "fail", saw, feature.name, rows=where, expected=expected))
    return findings


def outside_bounds(feature: Feature, column: ColumnSummary) -> bool:
    """Return whether a column goes beyond its declared low or high, so that the rows are worth looking for."""
    low, high = bounds(feature)
    if (low is None and high is None) or column.counts.sum() == 0:
        return False
    least, most = float(np.nanmin(column.low)), float(np.nanmax(column.high))
    return (low is not None and least < low) or (high is not None and most > high)


def bounds(feature: Feature) -> tuple[float | None, float | None]:
    """Return the declared low and high of a number, None where there are none."""
    return getattr(feature, "low", None), getattr(feature, "high", None)
