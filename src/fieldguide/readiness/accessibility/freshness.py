"""Are the rows as young as they should be? By the times that the rows hold: that of a file says when it was copied."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from fieldguide.finding import Finding
from fieldguide.program import Source
from fieldguide.readiness.checks import found

PUNCTUAL = 2
"""Intervals of delivery that the last row may be old: one since it came, one by which the next may be late."""


def clock_of(until: str | datetime | None, timezone: str) -> datetime | None:
    """Return the instant as of which a grade is made; a naive time is in the source's time zone.

    >>> clock_of("2013-10-01", "America/New_York")
    datetime.datetime(2013, 10, 1, 0, 0, tzinfo=zoneinfo.ZoneInfo(key='America/New_York'))
    """
    if until is None:
        return None
    at = datetime.fromisoformat(until) if isinstance(until, str) else until
    return at if at.tzinfo is not None else at.replace(tzinfo=ZoneInfo(timezone))


def fresh(
    source: Source,
    since: datetime | None,
    latest: datetime | None,
    now: datetime,
    pause: Callable[[], timedelta | None] = lambda: None,
    name: str | None = None,
) -> list[Finding]:
    """C1: the last row is at most two intervals of delivery old, or as old as a pause that the rows have shown before.

    `since` and `latest` are the first and the last time of the rows, `pause` gives the longest stretch without rows
    among them (asked only when the last row is late), `now` is the clock of the grading. Rows that ended longer ago than
    the whole time they span are taken for an archive: a note, no failure. Undeclared, the age is told only.
    """
    if latest is None or since is None:
        saw = "when the last row is from is not known: there is no column of times"
        return [found("fresh", "pass", saw, name)]
    age = max(now - latest, timedelta(0))
    told = f"the last row is of {_date(latest)}, {_long(age)} before {_date(now)}"
    every = source.delivered_every
    if every is None:
        saw = f"{told}; how often rows are delivered is not declared"
        return [
            found(
                "fresh",
                "pass",
                saw,
                name,
                todo="write Source(delivered_every=…), so that a stopped delivery is seen",
            )
        ]
    evidence = {"age_seconds": age.total_seconds(), "every_seconds": every.total_seconds()}
    if age <= PUNCTUAL * every:
        saw = f"{told}; delivered every {_long(every)}"
        return [found("fresh", "pass", saw, name, evidence=evidence)]
    if age > latest - since:
        saw = (
            f"{told}, longer ago than the {_long(latest - since)} that the rows span: taken for an archive, although it is "
            f"declared to be delivered every {_long(every)}"
        )
        todo = "take out Source(delivered_every=…) if no more rows will come"
        return [found("fresh", "pass", saw, name, evidence=evidence, todo=todo)]
    longest = pause()
    if longest is not None and age <= longest:
        saw = f"{told}; delivered every {_long(every)}, but a pause of {_long(longest)} was seen before"
        return [found("fresh", "pass", saw, name, evidence=evidence)]
    missed = int(age / every)
    saw = f"{told}: {missed:,} deliveries late (every {_long(every)})"
    if longest is not None:
        saw += f"; the longest pause before was {_long(longest)}"
    expected = f"a last row at most {_long(PUNCTUAL * every)} old"
    return [found("fresh", "fail", saw, name, evidence=evidence, expected=expected)]


def _date(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


def _long(span: timedelta) -> str:
    """Return a length of time in its largest fitting unit.

    >>> _long(timedelta(hours=36)), _long(timedelta(days=800)), _long(timedelta(hours=1))
    ('36 hours', '2.2 years', '1 hour')
    """
    seconds = span.total_seconds()
    for unit, size, least in (
        ("year", 31_557_600, 2), ("day", 86_400, 2), ("hour", 3_600, 1), ("minute", 60, 1), ("second", 1, 0),
    ):  # fmt: skip
        if seconds >= size * least:
            n = round(seconds / size, 1)
            return f"{n:g} {unit}{'' if n == 1 else 's'}"
    return "no time"
