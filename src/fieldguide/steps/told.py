"""Findings as text: what holds back, what is worth a look, what is not known, and the one thing to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from fieldguide.errors import for_program
from fieldguide.finding import Finding
from fieldguide.program import Program
from fieldguide.readiness.grade import Grade
from fieldguide.readiness.levels import CHECKS, LEVELS
from fieldguide.readiness.telling import Group, commands, groups, lines, listed, who_can

MANY = 4
"""Checks that lack the same thing, from which on they are told as one."""
MOST_CHECKS = 16
"""Checks that are named where not all is asked for."""
MOST_NOTES = 5
"""Findings that hold nothing back and are still worth a look, of which so many are told."""


class Findings(tuple[Finding, ...]):
    """Findings in their order: a tuple that prints as the command does and that a notebook shows as cards."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "\n".join(lines(self, "P", everything=True)) or "no findings"

    __str__ = __repr__

    def _repr_html_(self) -> str:
        from fieldguide.web import findings_html

        return findings_html(self)


def file_of(program: Program) -> str:
    """Return how a program's file is called in commands; P where it was written in none."""
    return Path(program.file).name if program.file else "P"


def grade_lines(grade: Grade, file: str, *, everything: bool = False) -> list[str]:
    """Return the lines of a grade's findings: what holds it back, what fails further up, what is waived, noted, not known."""
    told: list[str] = []
    if grade.next_level:
        told += ["", f"Held back from {grade.next_level} by:"]
        told += lines(grade.held_back_by, file, everything=everything)
    rest = _further(grade)
    failing = [f for f in rest if f.verdict == "fail"]
    if failing:
        told += ["", "Failing further up:", *lines(failing, file, everything=everything)]
    for finding, waiver in grade.waived:
        of = f" of {finding.about}" if finding.about else ""
        until = f" until {waiver.until:%Y-%m-%d}" if waiver.until else ""
        told += ["", f"Waived by {waiver.by}{until}: {finding.check}{of} ({waiver.because})"]
    unknown = [f for f in rest if f.verdict == "unknown"]
    passed = [f for f in grade.findings if f.verdict == "pass"]
    if everything:
        told += ["", "Not known yet:", *lines(unknown, file, everything=True)] if unknown else []
        told += ["", "Passed:", *lines(passed, file, everything=True)]
    else:
        told += _notes(passed, rest, file)
        told += _unknown(unknown, file)
    return told


def open_questions(grade: Grade) -> tuple[Group, ...]:
    """Return what only people can answer and nobody has, in the order of the levels."""
    waived = {id(f) for f, _ in grade.waived}
    return groups(
        f
        for f in grade.findings
        if f.verdict != "pass" and who_can(f.check) == "person" and id(f) not in waived
    )


def _further(grade: Grade) -> list[Finding]:
    """Return the findings that do not hold back now: above the next level, and waived by nobody."""
    told = {id(f) for f in grade.held_back_by} | {id(f) for f, _ in grade.waived}
    return [f for f in grade.findings if id(f) not in told]


def _notes(passed: Sequence[Finding], rest: Sequence[Finding], file: str) -> list[str]:
    """Return what is worth a look; before it personal data that were found and that nobody has said anything of."""
    persons = [f for f in rest if f.verdict == "unknown" and f.evidence.get("found")]
    told = (
        ["", "Found, and nothing is declared:", *lines(persons, file, brief=True, longest=None)]
        if persons
        else []
    )
    brief = lines([f for f in passed if f.next], file, everything=True, brief=True)
    more = [f"    and {len(brief) - MOST_NOTES} more"] if len(brief) > MOST_NOTES else []
    head = "Worth a look (holds nothing back; --all says what to do):"
    return [*told, "", head, *brief[:MOST_NOTES], *more] if brief else told


def _unknown(unknown: Sequence[Finding], file: str) -> list[str]:
    """Return what is not known, each check by its name: what people can say, what rows can, what comes later."""
    told = {"person": "For people to say", "data": "Not known yet", "later": "Comes with later steps"}
    found = []
    for who, head in told.items():
        mine = [f for f in unknown if who_can(f.check) == who]
        if who == "data":  # many checks that lack the same thing are one line
            lacks = Counter(f.saw for f in mine)
            for saw in (saw for saw, n in lacks.items() if n >= MANY):
                checks = [f for f in mine if f.saw == saw]
                found.append(f"{_number(checks)}: {saw}.")
                if len({f.next for f in checks}) == 1 and checks[0].next:
                    found.append(f"      next: {for_program(checks[0].next, file)}")
                mine = [f for f in mine if f.saw != saw]
        if mine:
            ends = for_program(". Ready commands: fieldguide confirm P", file) if who == "person" else "."
            found.append(f"{head}: {listed(_counted(mine), MOST_CHECKS)}{ends}")
    return ["", *found, "With --all: each of them, and what passed."] if found else []


def _number(checks: Sequence[Finding]) -> str:
    levels = [one.name for one in LEVELS if one.name in {f.level for f in checks}]
    span = levels[0] if len(levels) == 1 else f"{levels[0]} to {levels[-1]}"
    return f"Not known yet, {len(checks)} checks ({span})"


def _counted(findings: Sequence[Finding]) -> list[str]:
    """Return each check with its level, and of how many columns where it is of several."""
    number = Counter((f.check, f.level) for f in findings)
    return [f"{check} ({level}{f', {n} columns' if n > 1 else ''})" for (check, level), n in number.items()]


def in_short(grade: Grade, name: str, file: str) -> list[str]:
    """Return the last lines: the level, what holds it back, and the one thing to do next, by a command where there is one."""
    if not grade.next_level or not grade.held_back_by:
        return []
    held = groups(grade.held_back_by)
    first = held[0]
    checks = listed(list(dict.fromkeys(group.check for group in held)), 4)
    of = f" of {listed(first.about, 3)}" if first.about else ""
    told = for_program(first.next, file)
    ready = [line for line in commands(told) if line.split()[1] == "confirm"]
    short = ["", f"In short: {name} is at {grade.level}; {grade.next_level} lacks {checks}."]
    if ready:
        what = CHECKS[first.check].checks if first.check in CHECKS else first.saw
        return [*short, f"Next: answer {first.check}{of} in your name ({what}):", f"  {ready[0]}"]
    plain = told.split("; or: fieldguide ")[0] or "look at it"
    return [*short, f"Next: {first.check}{of}: {plain}; then:", for_program("  fieldguide grade P", file)]
