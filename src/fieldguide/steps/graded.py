"""A grading: its level, findings and rows, and how it is shown as text, as JSON and as a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from fieldguide.errors import DataError, for_program
from fieldguide.finding import agreed
from fieldguide.ledger import records
from fieldguide.ledger.history import NOTHING, Change, Expiring
from fieldguide.program import Hearsay, Program
from fieldguide.readiness.grade import Grade, grade_json
from fieldguide.readiness.levels import CHECKS, LEVELS, at_least, level
from fieldguide.readiness.telling import listed
from fieldguide.steps.history import change_json, effort_json, expiring_text
from fieldguide.steps.home import name_of
from fieldguide.steps.parts import effort_views, expiring_views, grade_parts
from fieldguide.steps.queues import personal_columns, personal_in
from fieldguide.steps.told import Findings, file_of, grade_lines, in_short
from fieldguide.tables.read import Reading
from fieldguide.tables.summary import Summary
from fieldguide.web.view import ProgramView


@dataclass(frozen=True, repr=False)
class Graded:
    """The grade of a program's data for its question, the findings of this grading, and the rows that it read.

    `queues` are tables for people to work through, by name, and `files` those that were written; `change` is what differs from the grading before
    (None: there is none), one of `gradings` so far; `effort` is the person-time that was noted, `expiring`
    what the level rests on and what ends soon. `reading` and `summary` are None where the rows could not be
    read: `error` then says why. Printed, it is what the command prints; a notebook shows it as a page.
    """

    program: Program
    grade: Grade
    findings: Findings
    reading: Reading | None
    summary: Summary | None
    at: datetime
    extent: Mapping[str, Any]
    queues: Mapping[str, pa.Table] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)
    change: Change | None = None
    before: records.GradeRecord | None = None
    gradings: int = 1
    effort: tuple[records.Effort, ...] = ()
    expiring: tuple[Expiring, ...] = ()
    error: DataError | None = None

    def to_work_through(self) -> list[str]:
        """Return a line for each file that was written, which says what of persons it shows."""
        keys, findings = self.program.source.keys, list(self.findings)
        shown = {name: personal_in(self.queues[name], findings, keys) for name in self.files}
        return [
            f"To work through: {path}{f' ({shown[name]})' if shown[name] else ''}"
            for name, path in self.files.items()
        ]

    @property
    def name(self) -> str:
        """The program's name."""
        return name_of(self.program)

    @property
    def level(self) -> str:
        """The level that was reached."""
        return self.grade.level

    @property
    def share(self) -> float:
        """Which share of the rows was graded; below 1 the grade is exploratory, and opens no gate."""
        return float(self.extent.get("share") or 1.0)

    @property
    def held_back_by(self) -> Findings:
        """What keeps from the next level."""
        return Findings(self.grade.held_back_by)

    @property
    def unreadable(self) -> bool:
        """Whether rows that were said to be somewhere could not be read (hearsay is not: nobody has looked)."""
        return self.error is not None and not isinstance(self.program.source.data, Hearsay)

    def rows(self) -> tuple[Reading, Summary]:
        """Return what was read and its summary.

        Raises DataError when the rows could not be read.
        """
        if self.reading is None or self.summary is None:
            raise self.error or DataError(f"{self.program.source.place} was not read.")
        return self.reading, self.summary

    def to_json(self) -> dict[str, Any]:
        """Return the grade as `grade --json` prints it."""
        return _json(self)

    def to_text(self, program: str | None = None, *, everything: bool = False) -> str:
        """Return the grade as the command prints it; `program` is how its file is called in commands."""
        return _text(self, program, everything)

    def __repr__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        from fieldguide.web import graded_html

        return graded_html(_view(self))


def _text(graded: Graded, program: str | None, everything: bool) -> str:
    """Return the level, what holds it back and what to do next; of many findings of a check the worst few, unless `everything`."""
    file = file_of(graded.program) if program is None else program
    told = _head(graded)
    told += grade_lines(graded.grade, file, everything=everything)
    told += _afterwards(graded, file)
    told += in_short(graded.grade, graded.name, file)
    return agreed("\n".join(told))


def _json(graded: Graded) -> dict[str, Any]:
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
            {
                "name": name,
                "rows": table.num_rows,
                "file": str(graded.files[name]) if name in graded.files else None,
                "personal": personal_columns(table, list(graded.findings), graded.program.source.keys),
            }
            for name, table in graded.queues.items()
        ],
        "error": None if graded.error is None else str(graded.error),
    }


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
    if graded.unreadable:
        head.append(f"  The rows could not be read: {graded.error}")
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
    if graded.change is not None and str(graded.change) != NOTHING:
        assert graded.before is not None
        since = f"Since {graded.before.at[:16].replace('T', ' ')} ({graded.before.level})"
        told.append(for_program(f"{since}: {graded.change}. All gradings: fieldguide history P", file))
    if graded.change is not None and graded.change.climbed > 0:
        hint = f"To credit the work: fieldguide effort P {graded.level} 3h --by NAME"
        told.append(for_program(hint, file))
    told += [f"Ends soon: {expiring_text(each, graded.at)}" for each in graded.expiring[:3]]
    return ["", *told] if told else []


def _view(graded: Graded) -> ProgramView:
    """Return what is known of a grading alone, without a home: what a notebook shows."""
    program = graded.program
    return ProgramView(
        name=graded.name,
        question=program.question.ask,
        one_row_is=program.question.one_row_is,
        decision=program.question.decision,
        timezone=program.source.timezone,
        effort=effort_views(graded.effort),
        expiring=expiring_views(graded.expiring, graded.at),
        **graded_parts(graded),
    )


def graded_parts(graded: Graded) -> dict[str, Any]:
    """Return what a page shows of a grading that was just made."""
    parts = grade_parts(graded.program, graded.grade, graded.extent, graded.summary)
    return {**parts, "graded_at": graded.at}
