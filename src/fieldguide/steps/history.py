"""History: what every grading said, what changed between two, who answered what, and what ends soon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from fieldguide.finding import Finding
from fieldguide.ledger import records
from fieldguide.ledger.history import NOTHING, SOON, Change, Expiring, change, expiring, said_in_a_line
from fieldguide.program import Program, named
from fieldguide.readiness.answers import Answer, Waiver, end_of, valid
from fieldguide.readiness.levels import LEVELS, RANK
from fieldguide.readiness.telling import LONGEST, MARKS, counted, groups
from fieldguide.steps.home import DEFAULT, Home, at_home, data_fingerprint, name_of, system_clock

MOST_DIFFS = 8
"""Findings that came or went in a grading, of which so many are told one by one."""
LAST = 20
"""Gradings that are told where not all are asked for."""


@dataclass(frozen=True)
class Grading:
    """One grading: when, the level, the rows, how many findings failed or were unknown, and what had changed."""

    at: datetime
    level: str
    rows: int
    fails: int
    unknown: int
    change: Change | None


@dataclass(frozen=True)
class History:
    """What the ledger knows of a program's readiness, the newest first.

    `gradings` are the last ones of `total`; `answers` and `waivers` are all that people said, `effort` what they
    noted, `expiring` what the level rests on and what ends soon.
    """

    program: str
    gradings: tuple[Grading, ...]
    total: int
    answers: tuple[Answer, ...]
    waivers: tuple[Waiver, ...]
    effort: tuple[records.Effort, ...]
    expiring: tuple[Expiring, ...]
    now: datetime

    def to_json(self) -> dict[str, Any]:
        """Return the history as `history --json` prints it."""
        return {
            "program": self.program,
            "total": self.total,
            "gradings": [
                {
                    "at": one.at,
                    "level": one.level,
                    "rows": one.rows,
                    "fails": one.fails,
                    "unknown": one.unknown,
                    "change": None if one.change is None else change_json(one.change),
                }
                for one in self.gradings
            ],
            "answers": [_answer_json(each, self.now) for each in self.answers],
            "waivers": [_answer_json(each, self.now) for each in self.waivers],
            "effort": effort_json(self.effort),
            "expiring": [vars(each) for each in self.expiring],
        }

    def to_text(self) -> str:
        """Return the history as the command prints it."""
        return "\n".join(_lines(self))

    def __str__(self) -> str:
        return self.to_text()


def history(
    program: Program,
    *,
    home: str | Path | Home = DEFAULT,
    last: int | None = LAST,
    now: datetime | None = None,
) -> History:
    """Return the gradings of a program, the newest first, and what changed from one to the next.

    `last` is how many are told (None: all); answers, waivers and person-time are told whole.
    """
    ledger, program = at_home(home).ledger(), named(program)
    now, name = now or system_clock(), name_of(program)
    read = records.read_grades(ledger, name, last=None if last is None else last + 1)
    answers, waivers = records.read_answers(ledger, name)
    told = gradings(read, [*answers, *waivers])
    return History(
        program=name,
        gradings=told if last is None else told[:last],
        total=records.count_grades(ledger, name),
        answers=tuple(reversed(answers)),
        waivers=tuple(reversed(waivers)),
        effort=tuple(records.read_effort(ledger, name)),
        expiring=expiring_soon(ledger, program, now),
        now=now,
    )


def gradings(
    read: Sequence[records.GradeRecord], said: Sequence[Answer | Waiver] = ()
) -> tuple[Grading, ...]:
    """Return recorded grades (the oldest first) as gradings, the newest first, each with what changed in it.

    `said` are the answers and waivers of people.
    """
    told = []
    for i, record in enumerate(read):
        verdicts = [finding.verdict for finding in record.findings]
        told.append(
            Grading(
                at=datetime.fromisoformat(record.at),
                level=record.level,
                rows=int(record.extent.get("rows") or 0),
                fails=verdicts.count("fail"),
                unknown=verdicts.count("unknown"),
                change=change(read[i - 1], record, said) if i else None,
            )
        )
    return tuple(reversed(told))


def expiring_soon(ledger: sa.Engine, program: Program, now: datetime) -> tuple[Expiring, ...]:
    """Return what a program's level rests on and what ends within a month, the first to end first.

    Answers, waivers, evidence of later steps, and the permission to use each source.
    """
    name = name_of(program)
    answers, waivers = records.read_answers(ledger, name)
    told = [*expiring([*answers, *waivers], now)]
    for evidence in records.read_evidence(ledger, name, data_fingerprint(program)):
        if evidence.until is not None and now < evidence.until <= now + SOON:
            told.append(Expiring(f"the evidence for {evidence.finding.check}", evidence.until))
    for source in (program.source, *(join.source for join in program.source.joins)):
        if source.expires is not None and not isinstance(source.expires, str):
            end = end_of(source.expires)
            if now < end <= now + SOON:
                told.append(Expiring(f"the permission to use {source.place}", end, source.owner or ""))
    return tuple(sorted(told, key=lambda each: each.until))


def change_json(found: Change) -> dict[str, Any]:
    """Return what changed as JSON: pairs are before and after."""
    return {
        "level": list(found.level),
        "rows": list(found.rows),
        "new": [_brief(finding) for finding in found.new],
        "gone": [_brief(finding) for finding in found.gone],
        "turned": [
            {
                "check": now.check,
                "about": now.about,
                "level": now.level,
                "from": then.verdict,
                "to": now.verdict,
                "saw": now.saw,
            }
            for then, now in found.turned
        ],
        "columns_new": list(found.columns_new),
        "columns_gone": list(found.columns_gone),
        "question": found.question,
        "content": found.content,
        "checks": found.checks,
        "said": [_said_json(each) for each in found.said],
        "ended": [_said_json(each) for each in found.ended],
    }


def effort_json(effort: Sequence[records.Effort]) -> list[dict[str, Any]]:
    """Return person-time by level, in the order of the levels: minutes, and who noted them."""
    told = []
    for level in LEVELS:
        mine = [one for one in effort if one.level == level.name]
        if mine:
            people = list(dict.fromkeys(one.by for one in mine))
            told.append({"level": level.name, "minutes": sum(one.minutes for one in mine), "by": people})
    return told


def effort_text(effort: Sequence[records.Effort]) -> str:
    """Return person-time in a line: hours by level and by whom, and together."""
    told = effort_json(effort)
    parts = [f"{one['level']} {one['minutes'] / 60:g} h ({', '.join(one['by'])})" for one in told]
    total = sum(one["minutes"] for one in told) / 60
    return ", ".join(parts) + (f"; together {total:g} h" if len(parts) > 1 else "")


def _lines(found: History) -> list[str]:
    if not found.gradings:
        return [
            f"{found.program}: not graded yet (a sample is no grading of the whole). Grade it with: fieldguide grade P"
        ]
    number = len(found.gradings)
    which = (
        f"the last {number} of {found.total:,} gradings"
        if number < found.total
        else counted(number, "grading")
    )
    lines = [f"{found.program}: {which}, the newest first"]
    for one in found.gradings:
        arrow = (
            ""
            if one.change is None
            else " ↑"
            if one.change.climbed > 0
            else " ↓"
            if one.change.climbed < 0
            else ""
        )
        first = f"the first: {one.fails} fail, {one.unknown} unknown"
        said = "an earlier grading is not shown" if one.change is None and number < found.total else first
        told = said if one.change is None else _in_a_line(one.change)
        rows = counted(one.rows, "row").rjust(17)
        lines.append(f"  {one.at:%Y-%m-%d %H:%M}  {one.level}{arrow or '  '}  {rows}  {told}")
        lines += [] if one.change is None else _by_finding(one.change)
    people: list[Answer | Waiver] = [*found.answers, *found.waivers]
    if people:
        lines += ["", "Said by people, the newest first:"]
        lines += [
            f"  {_answer_text(each, found.now)}" for each in sorted(people, key=lambda e: e.at, reverse=True)
        ]
    if found.effort:
        lines += ["", f"Person-time: {effort_text(found.effort)}"]
    if found.expiring:
        lines += ["", "Ends soon:"]
        lines += [f"  {expiring_text(each, found.now)}" for each in found.expiring]
    return lines


def _in_a_line(found: Change) -> str:
    """Return what differs, without what people said: that is told one by one below."""
    told = str(replace(found, said=()))
    return "no finding came or went" if found.said and told == NOTHING else told


def _by_finding(found: Change) -> list[str]:
    """Return the findings that came, turned and went between two gradings, by level, and what people said."""
    told = [
        *((group, "✓", f"settled; it was: {group.saw}") for group in groups(found.gone)),
        *((group, MARKS[group.verdict], group.saw) for group in groups([now for _, now in found.turned])),
        *((group, MARKS[group.verdict], group.saw) for group in groups(found.new)),
    ]
    told.sort(key=lambda each: RANK.get(each[0].level, 0))
    shown = []
    for group, mark, saw in told[:MOST_DIFFS]:
        of = f" of {group.names}" if group.about else ""
        line = f"      {mark} {group.level} {group.check}{of}: {saw}"
        shown.append(line if len(line) <= LONGEST else line[: LONGEST - 1] + "…")
    if len(told) > MOST_DIFFS:
        shown.append(f"      and {len(told) - MOST_DIFFS} more; --json tells each")
    return [*shown, *(f"      {said_in_a_line(each)}" for each in found.said)]


def expiring_text(each: Expiring, now: datetime) -> str:
    """Return what ends soon in a line: what, when, in how many days."""
    days = (each.until - now).days
    left = "within a day" if days < 1 else f"in {counted(days, 'day')}"
    return f"{each.what}: until {each.until:%Y-%m-%d}, {left}"


def _answer_text(each: Answer | Waiver, now: datetime) -> str:
    over = " (expired)" if each.until and not valid(each, now) else ""
    return f"{each.at:%Y-%m-%d} {said_in_a_line(each)}{over}"


def _said_json(each: Answer | Waiver) -> dict[str, Any]:
    return {"kind": "waiver" if isinstance(each, Waiver) else "answer", **vars(each)}


def _answer_json(each: Answer | Waiver, now: datetime) -> dict[str, Any]:
    return {**vars(each), "counts": valid(each, now)}


def _brief(finding: Finding) -> dict[str, Any]:
    return {
        "check": finding.check,
        "about": finding.about,
        "level": finding.level,
        "verdict": finding.verdict,
        "saw": finding.saw,
    }
