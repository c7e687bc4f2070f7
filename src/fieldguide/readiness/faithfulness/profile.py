"""B4: the profile of every column, and whether it holds anything."""

from __future__ import annotations

from collections.abc import Sequence

from fieldguide.finding import Finding
from fieldguide.program import Feature
from fieldguide.readiness.checks import found
from fieldguide.readiness.faithfulness.points import distinct
from fieldguide.tables.summary import Summary


def profiled(summary: Summary, features: Sequence[Feature], rows: int) -> list[Finding]:
    """B4: the summary has every column, and counted every row."""
    lacking = [f.name for f in features if f.name not in summary.columns]
    counted = int(summary.rows.sum())
    if lacking:
        return [found("profiled", "fail", f"no profile of {', '.join(lacking)}")]
    if counted != rows:
        return [found("profiled", "fail", f"the profile has {counted:,} of {rows:,} rows")]
    constant = [f.name for f in features if distinct(summary.columns[f.name]) == 1]
    note = f"; always the same value: {', '.join(constant)}" if constant else ""
    return [found("profiled", "pass", f"{len(features)} columns, {rows:,} rows{note}")]


def columns_filled(summary: Summary, features: Sequence[Feature]) -> list[Finding]:
    """B4: no column is without any value."""
    findings = []
    for f in features:
        column = summary.columns[f.name]
        if column.counts.sum() + column.nonfinite.sum() == 0:
            saw = f"all {int(summary.rows.sum()):,} rows are null in {f.name!r}"
            findings.append(found("columns_filled", "fail", saw, f.name))
    return findings or [found("columns_filled", "pass", f"{len(features)} columns hold values")]
