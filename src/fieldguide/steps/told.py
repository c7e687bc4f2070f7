"""A grade as text and as JSON: what the command prints, what `repr` shows, what a script reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fieldguide.errors import for_program
from fieldguide.finding import Finding
from fieldguide.program import Program
from fieldguide.readiness.grade import Grade, grade_json
from fieldguide.readiness.levels import CHECKS, LEVELS, at_least, level
from fieldguide.readiness.telling import Group, commands, groups, lines, listed, who_can
from fieldguide.steps.history import change_json, effort_json, expiring_text

if TYPE_CHECKING:
    from fieldguide.steps.grade import Graded
    from fieldguide.tables.read import Reading

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


def grade_text(graded: Graded, program: str | None = None, *, everything: bool = False) -> str:
    """Return a grade as the command prints it: the level, what holds it back, what to do next.

    Of many findings of a check the worst few are told in full and the others counted, unless `everything`.
    """
    file = file_of(graded.program) if program is None else program
    grade = graded.grade
    told = _head(graded)
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
    told += _afterwards(graded, file)
    told += _in_short(grade, graded.name, file)
    return "\n".join(told)


def open_questions(grade: Grade) -> tuple[Group, ...]:
    """Return what only people can answer and nobody has, in the order of the levels."""
    waived = {id(f) for f, _ in grade.waived}
    return groups(
        f
        for f in grade.findings
        if f.verdict != "pass" and who_can(f.check) == "person" and id(f) not in waived
    )


def graded_json(graded: Graded) -> dict[str, Any]:
    """Return a grade as `grade --json` prints it."""
    extent, before = graded.extent, graded.before
    return {
        **grade_json(graded.grade, graded.name, graded.program.question.ask),
        "at": graded.at,
        "extent": {key: extent.get(key) for key in ("source", "rows", "since", "until", "hash")},
        "sources": list(extent.get("sources") or ()),
        "columns": list(extent.get("columns") or ()),
        "engine": str(extent.get("hash") or "").rpartition(":")[0] or None,  # hashes name it
        "share": graded.share,
        "of": extent.get("of", extent.get("rows")),
        "exploratory": graded.share < 1.0,
        "effort": effort_json(graded.effort),
        "expiring": [vars(each) for each in graded.expiring],
        "history": {
            "gradings": graded.gradings,
            "before": None if before is None else {"at": before.at, "level": before.level},
            "change": None if graded.change is None else change_json(graded.change),
        },
        "queues": [
            {"name": name, "rows": table.num_rows, "file": _text(graded.files.get(name))}
            for name, table in graded.queues.items()
        ],
        "error": None if graded.error is None else str(graded.error),
    }


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _head(graded: Graded) -> list[str]:
    grade = graded.grade
    reached = [each.name for each in LEVELS if at_least(grade.level, each.name)]
    ahead = [each.name for each in LEVELS if each.name not in reached]
    ladder = " ".join([*reached[:-1], f"[{grade.level}]", *(f"·{name}" for name in ahead)])
    one = level(grade.level)
    head = [
        f"{graded.name}: level {grade.level}, {one.title}: {one.meaning}",
        f"  {ladder}   ({_rows(graded)})",
    ]
    if graded.share < 1.0:
        head[0] = f"{graded.name}: level {grade.level} on a sample (exploratory), {one.title}: {one.meaning}"
        head.append(
            "  Whole entities were drawn with equal probability: shares read as those of all rows, counts are of the sample. "
            "What is rare may be missing; recorded as exploratory, it opens no gate. Grade all rows: fieldguide grade "
            f"{file_of(graded.program)}"
        )
    return head


def _rows(graded: Graded) -> str:
    if graded.reading is None:
        return "no rows read"
    told = f"{graded.reading.extent.rows:,} rows"
    if graded.share < 1.0:
        told += f" of {graded.extent['of']:,}, a share of {graded.share:g}"
    lost = sum(part.rejected for part in graded.reading.parts)
    return told + (
        f", {lost:,} lines or values that could not be read{_why_lost(graded.reading)}" if lost else ""
    )


def _why_lost(reading: Reading) -> str:
    """Return in which columns and why, of the first that are kept with their place."""
    why: dict[str, list[str]] = {}
    for reject in (reject for part in reading.parts for reject in part.rejects):
        why.setdefault(reject.reason, []).append(reject.column or "whole lines")
    told = [f"{reason}: {listed(list(dict.fromkeys(names)), 3)}" for reason, names in why.items()]
    return f" ({'; '.join(told[:3])})" if told else ""


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


def _in_short(grade: Grade, name: str, file: str) -> list[str]:
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


def _afterwards(graded: Graded, file: str) -> list[str]:
    """Return what is left to say: what to work through, what changed, what ends soon."""
    told: list[str] = []
    if graded.queues and not graded.files:
        sizes = ", ".join(f"{name} ({table.num_rows:,} rows)" for name, table in graded.queues.items())
        told.append(for_program(f"To work through: {sizes}. As files: fieldguide grade P --queues DIR", file))
    if any(f.verdict == "fail" and f.check in CHECKS for f in graded.grade.held_back_by):
        told.append(
            for_program(
                "To let one pass in your name: fieldguide waive P CHECK --about COLUMN --by NAME --because WHY",
                file,
            )
        )
    if graded.change is not None and str(graded.change) != "nothing changed":
        assert graded.before is not None
        since = f"Since {graded.before.at[:16].replace('T', ' ')} ({graded.before.level})"
        told.append(for_program(f"{since}: {graded.change}. All gradings: fieldguide history P", file))
    if graded.change is not None and graded.change.climbed > 0:
        hint = f"To credit the work: fieldguide effort P {graded.level} 3h --by NAME"
        told.append(for_program(hint, file))
    told += [f"Ends soon: {expiring_text(each, graded.at)}" for each in graded.expiring[:3]]
    return ["", *told] if told else []
