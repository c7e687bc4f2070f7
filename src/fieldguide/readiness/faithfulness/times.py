"""B3: no row lies in the future, on a default date, or far from all others."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from fieldguide.finding import Finding, Verdict
from fieldguide.readiness.checks import found
from fieldguide.readiness.faithfulness.defaults import DEFAULT_TIMES
from fieldguide.readiness.faithfulness.points import day
from fieldguide.tables.query import Found
from fieldguide.tables.query.rhythm import DAY, Rhythm
from fieldguide.tables.tally import Floats, Ints

FEW = 0.001
"""Share of rows, at most, that lie far from the others."""
FEW_DEFAULTS = 0.1
"""The same where they lie on a date that clocks and programs begin with."""
FAR = 30
"""Days from the others, at least; and half of the time that these cover."""


def possible_times(later: Found | None, now: datetime, seen: Rhythm | None = None) -> list[Finding]:
    """B3: no row lies in the future, on a default date, or far from all others."""
    if later is None:
        return [found("possible_times", "pass", "no time column")]
    findings = []
    if later.rows:
        latest = day(max(later.values))
        saw = (
            f"{later.rows:,} rows lie in the future, the last on {latest}; now it is {now:%Y-%m-%d %H:%M} UTC"
        )
        findings.append(found("possible_times", "fail", saw, rows=later.examples))
    if seen is not None:
        findings += _far_from_all(seen, now)
    return findings or [found("possible_times", "pass", f"all times lie before {now:%Y-%m-%d %H:%M} UTC")]


def _far_from_all(seen: Rhythm, now: datetime) -> list[Finding]:
    n = int(seen.rows.sum())
    if len(seen.units) < 2 or n < 100:
        return []
    at = seen.units.astype(np.float64) * seen.width / DAY
    upto = np.cumsum(seen.rows)
    findings = []
    for word in ("before", "after"):
        apart = _apart(at, upto, n, word)
        if apart is None or (word == "after" and at[apart + 1] * 86_400 >= now.timestamp()):
            continue
        rows = int(upto[apart]) if word == "before" else n - int(upto[apart])
        edge = at[apart] if word == "before" else at[apart + 1]
        first = at[0] if word == "before" else edge
        default = _on_a_default_date(first) or _on_a_default_date(edge)
        if rows > max(3, (FEW_DEFAULTS if default else FEW) * n):
            continue
        saw = (
            f"{rows:,} rows lie {at[apart + 1] - at[apart]:,.0f} days {word} all others, "
            f"{'from' if word == 'before' else 'the first on'} {day(first * 86_400)}{', a default date' if default else ''}"
        )
        todo = "look at these rows: was the clock not set, or are they of another delivery?"
        side, middle = "below" if word == "before" else "above", 43_200 * float(at[apart] + at[apart + 1])
        verdict: Verdict = "fail" if default else "pass"
        findings.append(found("possible_times", verdict, saw, todo=todo, evidence={"beyond": {side: middle}}))
    return findings


def _apart(at: Floats, upto: Ints, n: int, word: str) -> int | None:
    """Return before (or from) which of the days `at` few rows lie far from all others; None where none do."""
    most = FEW_DEFAULTS * n
    few = np.flatnonzero(upto <= most) if word == "before" else np.flatnonzero(n - upto <= most)
    few = few[few < len(at) - 1]
    if not len(few):
        return None
    i = int(few[np.argmax(np.diff(at)[few])])
    others = at[i + 1 :] if word == "before" else at[: i + 1]
    gap = float(at[i + 1] - at[i])
    return i if gap >= max(FAR, 0.5 * float(others[-1] - others[0])) else None


def _on_a_default_date(at: float) -> bool:
    dates = [datetime.fromisoformat(d).replace(tzinfo=UTC).timestamp() / 86_400 for d in DEFAULT_TIMES]
    return any(abs(at - d) < 2 for d in dates)
