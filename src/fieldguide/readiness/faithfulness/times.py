"""B3: no row lies in the future."""

from __future__ import annotations

from datetime import datetime

from fieldguide.finding import Finding
from fieldguide.readiness.checks import found
from fieldguide.readiness.faithfulness.points import day
from fieldguide.tables.query import Found


def possible_times(later: Found | None, now: datetime) -> list[Finding]:
    """B3: no row's time lies after `now`; `later` are those that do, None when rows have no time."""
    if later is None:
        return [found("possible_times", "pass", "no time column")]
    if not later.rows:
        return [found("possible_times", "pass", f"all times lie before {now:%Y-%m-%d %H:%M} UTC")]
    latest = day(max(later.values))
    saw = f"{later.rows:,} rows lie in the future, the last on {latest}; now it is {now:%Y-%m-%d %H:%M} UTC"
    return [found("possible_times", "fail", saw, rows=later.examples)]
