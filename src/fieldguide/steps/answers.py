"""What people say: confirmations, waivers, and the time that a level took."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fieldguide.errors import UsageError, suggest
from fieldguide.ledger import records
from fieldguide.ledger.records import stamp, write_answer, write_effort
from fieldguide.ledger.rules import GATES
from fieldguide.program import Program, computed_features, raw_columns
from fieldguide.readiness.answers import Answer, Waiver, answerable
from fieldguide.readiness.levels import CHECKS
from fieldguide.readiness.levels import level as known_level
from fieldguide.steps.home import DEFAULT, Home, at_home, name_of, system_clock


def confirm(
    program: Program,
    check: str,
    *,
    by: str,
    because: str = "",
    about: str | None = None,
    until: str | None = None,
    home: str | Path | Home = DEFAULT,
    now: datetime | None = None,
) -> Answer:
    """Record a named person's answer to a question that only a person can answer.

    `about` names one column (left out: all that the check asks about), `until` is when the answer expires.

    Raises UsageError for an unknown check, or one that the data answer themselves.
    """
    answerable(check)
    _about(at_home(home), program, about)
    place = at_home(home)
    answer = Answer(
        check=check,
        about=about,
        by=_person(by),
        because=because,
        until=_until(until),
        at=now or system_clock(),
    )
    write_answer(place.ledger(), name_of(program), answer)
    return answer


def waive(
    program: Program,
    check: str,
    *,
    by: str,
    because: str,
    about: str | None = None,
    until: str | None = None,
    home: str | Path | Home = DEFAULT,
    now: datetime | None = None,
) -> Waiver:
    """Let a check (until a date) or a gate (for the next launch only) pass, in a person's name.

    Raises UsageError for an unknown check or gate, or without a reason.
    """
    known = set(CHECKS) | set(GATES)
    if check not in known:
        raise UsageError(
            f"There is no check or gate {check!r}.{suggest(check, known)} Gates: {', '.join(GATES)}; fieldguide grade P lists the checks."
        )
    _about(at_home(home), program, about)
    if not because.strip():
        raise UsageError("A waiver needs a reason: --because 'why it may pass'.")
    place = at_home(home)
    waiver = Waiver(
        check=check,
        about=about,
        by=_person(by),
        because=because,
        until=_until(until),
        at=now or system_clock(),
    )
    write_answer(place.ledger(), name_of(program), waiver)
    return waiver


def effort(
    program: Program,
    level: str,
    spent: str | timedelta,
    *,
    by: str,
    home: str | Path | Home = DEFAULT,
    now: datetime | None = None,
) -> float:
    """Record person-time that went into reaching a level; returns its minutes.

    `spent` is a timedelta or a text such as "3h", "45m" or "1h30m".
    """
    minutes = _minutes(spent)
    write_effort(
        at_home(home).ledger(),
        stamp(now or system_clock()),
        name_of(program),
        known_level(level).name,
        minutes,
        _person(by),
    )
    return minutes


def _about(home: Home, program: Program, about: str | None) -> None:
    """Raise UsageError unless `about` is a column, a source, or what a finding was about; None is everything."""
    if about is None:
        return
    names = [column.name for column in (*raw_columns(program), *computed_features(program))]
    names += [program.source.place, *(join.source.place for join in program.source.joins)]
    for grade in records.read_grades(home.ledger(), name_of(program), last=1):
        names += [finding.about for finding in grade.findings if finding.about]
    if about not in names:
        known = ", ".join(dict.fromkeys(names))
        raise UsageError(
            f"--about {about!r} is nothing of this program.{suggest(about, names)} There are: {known}."
        )


def _person(by: str) -> str:
    if not by.strip():
        raise UsageError("--by needs the name of a person who answers for it.")
    return by.strip()


def _until(until: str | None) -> datetime | None:
    if until is None:
        return None
    try:
        value = datetime.fromisoformat(until)
    except ValueError:
        raise UsageError(f"--until {until!r} is no date; write it as 2027-01-31.") from None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _minutes(spent: str | timedelta) -> float:
    if isinstance(spent, timedelta):
        return spent.total_seconds() / 60
    match = re.fullmatch(r"\s*(?:(\d+(?:\.\d+)?)\s*h)?\s*(?:(\d+(?:\.\d+)?)\s*m(?:in)?)?\s*", spent)
    if not match or not (match[1] or match[2]):
        raise UsageError(f"{spent!r} is no length of time; write it as 3h, 45m or 1h30m.")
    return float(match[1] or 0) * 60 + float(match[2] or 0)
