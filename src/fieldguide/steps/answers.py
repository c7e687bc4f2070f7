"""What people say: confirmations, waivers, and the time that a level took; and what is still open to them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from fieldguide.errors import UsageError, suggest
from fieldguide.ledger import records
from fieldguide.ledger.rules import GATES
from fieldguide.program import Program, computed_features, named, raw_columns
from fieldguide.readiness.answers import Answer, Waiver, answerable, covers, end_of, valid
from fieldguide.readiness.grade import level_of
from fieldguide.readiness.levels import CHECKS
from fieldguide.readiness.levels import level as known_level
from fieldguide.readiness.telling import Group, commands
from fieldguide.readiness.unread import unread
from fieldguide.steps.home import DEFAULT, Home, at_home, data_fingerprint, name_of, system_clock
from fieldguide.steps.level import standing
from fieldguide.steps.told import open_questions

Said = TypeVar("Said", Answer, Waiver)


@dataclass(frozen=True)
class Open:
    """A question that only people can answer and that nobody has: for which level, about what, and how to answer."""

    check: str
    level: str
    about: tuple[str, ...]
    question: str
    saw: str
    command: str


def confirm(
    program: Program,
    check: str,
    *,
    by: str,
    because: str,
    about: str | Sequence[str] | None = None,
    until: str | None = None,
    home: str | Path | Home = DEFAULT,
    now: datetime | None = None,
) -> tuple[Answer, ...]:
    """Record a named person's answer to a question that only a person can answer; returns what was recorded.

    `because` is the answer itself. `about` names one column or several (left out: all that the check asks about),
    `until` is the last day on which the answer counts (in UTC), or a time at which it ends.

    Raises UsageError for an unknown check, one that the data answer themselves, or without an answer.
    """
    answerable(check)
    if not because.strip():
        raise UsageError(f"confirm {check} needs the answer: --because '{CHECKS[check].checks}'.")
    return _record(Answer, program, check, about, by, because, until, home, now)


def waive(
    program: Program,
    check: str,
    *,
    by: str,
    because: str,
    about: str | Sequence[str] | None = None,
    until: str | None = None,
    home: str | Path | Home = DEFAULT,
    now: datetime | None = None,
) -> tuple[Waiver, ...]:
    """Let a check (until a day, which counts) or a gate (for the next launch only) pass, in a person's name.

    `about` names one column or several (left out: all of the check), `until` the last day on which the waiver counts (in
    UTC), or a time at which it ends. Returns what was recorded.

    Raises UsageError for an unknown check or gate, or without a reason.
    """
    known = set(CHECKS) | set(GATES)
    if check not in known:
        raise UsageError(
            f"There is no check or gate {check!r}.{suggest(check, known)} Gates: {', '.join(GATES)}; fieldguide grade P lists the checks."
        )
    if not because.strip():
        raise UsageError("A waiver needs a reason: --because 'why it may pass'.")
    return _record(Waiver, program, check, about, by, because, until, home, now)


def questions(
    program: Program, *, home: str | Path | Home = DEFAULT, now: datetime | None = None
) -> tuple[Open, ...]:
    """Return what only people can answer and nobody has, in the order of the levels, with the commands to answer.

    From the last grading and the answers since; of a program that was not graded yet from what it declares.
    """
    place, program = at_home(home), named(program)
    ledger, now = place.ledger(), now or system_clock()
    answers, waivers = records.read_answers(ledger, name_of(program))
    grade = standing(ledger, name_of(program), data_fingerprint(program), now=now)
    if grade is None:
        grade = level_of(unread(program, {}, now, answers), waivers, now)
    counts = [answer for answer in answers if valid(answer, now)]
    left = [f for f in grade.findings if not any(covers(answer, f.check, f.about) for answer in counts)]
    return tuple(_open(group) for group in open_questions(replace(grade, findings=tuple(left))))


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
    write = records.write_effort
    at, name = records.stamp(now or system_clock()), name_of(program)
    write(at_home(home).ledger(), at, name, known_level(level.upper()).name, minutes, _person(by))
    return minutes


def _record(
    kind: type[Said],
    program: Program,
    check: str,
    about: str | Sequence[str] | None,
    by: str,
    because: str,
    until: str | None,
    home: str | Path | Home,
    now: datetime | None,
) -> tuple[Said, ...]:
    place = at_home(home)
    names: Sequence[str | None] = (
        (about,) if about is None or isinstance(about, str) else tuple(about) or (None,)
    )
    for name in names:
        _known(place, program, name)
    at = now or system_clock()
    said: dict[str, Any] = {"by": _person(by), "because": _reason(because), "until": _until(until, at)}
    told = tuple(kind(check=check, about=name, at=at, **said) for name in names)
    records.write_answers(place.ledger(), name_of(program), told)
    return told


def _open(group: Group) -> Open:
    check = CHECKS[group.check]
    ready = [line for line in commands(group.next) if line.split()[1] == "confirm"]
    about = f" --about {shlex.quote(group.about[0])}" if len(group.about) == 1 else ""
    return Open(
        check=group.check,
        level=group.level,
        about=group.about,
        question=check.checks,
        saw=group.saw,
        command=ready[0]
        if ready
        else f"fieldguide confirm P {group.check}{about} --by NAME --because ANSWER",
    )


def _known(home: Home, program: Program, about: str | None) -> None:
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
    if by.strip() == "NAME":
        raise UsageError(
            "--by NAME is as the command was printed: write the name of the person who answers for it."
        )
    return by.strip()


def _reason(because: str) -> str:
    told = because.strip()
    if told in ("ANSWER", "WHY"):
        raise UsageError(
            f"--because {told} is as the command was printed: write the answer itself, in quotes."
        )
    return told


def _until(until: str | None, now: datetime) -> datetime | None:
    if until is None:
        return None
    try:
        value = datetime.fromisoformat(until)
    except ValueError:
        raise UsageError(f"--until {until!r} is no date; write it as 2027-01-31.") from None
    value = value if value.tzinfo else value.replace(tzinfo=UTC)
    if re.fullmatch(r"[\d-]+|\d{4}-?W[\d-]+", until.strip()):  # a day, of which all counts
        value = end_of(value.date())
    if value <= now:
        raise UsageError(
            f"--until {until} is already past at {now:%Y-%m-%d %H:%M}, so it would count for nothing; give a later day."
        )
    return value


def _minutes(spent: str | timedelta) -> float:
    if isinstance(spent, timedelta) and spent > timedelta(0):
        return spent.total_seconds() / 60
    if isinstance(spent, timedelta):
        raise UsageError(f"{spent} is no length of time that went into something; it is above zero.")
    match = re.fullmatch(r"\s*(?:(\d+(?:\.\d+)?)\s*h)?\s*(?:(\d+(?:\.\d+)?)\s*m(?:in)?)?\s*", spent)
    if not match or not (match[1] or match[2]):
        raise UsageError(f"{spent!r} is no length of time; write it as 3h, 45m or 1h30m.")
    minutes = float(match[1] or 0) * 60 + float(match[2] or 0)
    if not minutes:
        raise UsageError(f"{spent!r} is no time at all; write what went into it, as 3h, 45m or 1h30m.")
    return minutes
