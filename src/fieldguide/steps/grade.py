"""Grade: read the rows, run every check, add what people and earlier steps have said, and record the level."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import fieldguide
from fieldguide.finding import Finding
from fieldguide.ledger import records
from fieldguide.program import Program, named, raw_columns
from fieldguide.readiness.assess import assess
from fieldguide.readiness.grade import Grade, grade_json
from fieldguide.steps.home import DEFAULT, Home, at_home, data_fingerprint, name_of, system_clock
from fieldguide.steps.level import standing
from fieldguide.tables.read import Extent, Reading, read
from fieldguide.tables.summary import Blocks, Summary, summarize

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Graded:
    """The grade of a program's data for its question, the findings of this grading, and the rows that it read."""

    program: Program
    grade: Grade
    findings: tuple[Finding, ...]
    reading: Reading
    summary: Summary

    @property
    def name(self) -> str:
        """The program's name."""
        return name_of(self.program)

    @property
    def level(self) -> str:
        """The level that was reached."""
        return self.grade.level

    def to_json(self) -> dict[str, Any]:
        """Return the grade as `grade --json` prints it."""
        return grade_json(self.grade, self.name, self.program.question.ask)


def grade(
    program: Program,
    *,
    home: str | Path | Home = DEFAULT,
    until: str | datetime | None = None,
    now: datetime | None = None,
    on_step: Progress | None = None,
) -> Graded:
    """Return the readiness of the program's data for its question, and record it in the ledger.

    With `until`, only what was known before that time is used.

    Raises DataError when the data cannot be read, ProgramError when the program does not fit them.
    """
    say = on_step or (lambda message: None)
    place, program = at_home(home), named(program)
    now = now or system_clock()
    say(f"reading {program.source.place}")
    reading = read(program, until=until)
    say(f"summarizing {reading.extent.rows:,} rows")
    summary = summarize(reading.table, raw_columns(program), slices=Blocks())
    say("checking")
    ledger, name = place.ledger(), name_of(program)
    answers, _ = records.read_answers(ledger, name)
    before = _seen_before(ledger, program, reading.extent)
    if before is None or before.hash != reading.extent.hash:
        say("reading a second time")
        again = read(program, until=until).extent
    else:
        again = before
    findings = assess(program, reading, summary, now=now, again=again, answers=answers)
    if before is not None and before.hash != reading.extent.hash:
        findings = [_changed_since(f) if f.check == "reads_alike" else f for f in findings]
    result = standing(
        ledger, name, data_fingerprint(program), now=now, findings=findings, extent=reading.extent.hash
    )
    assert result is not None
    records.write_grade(
        ledger,
        records.GradeRecord(
            at=records.stamp(now),
            program=name,
            fingerprint=data_fingerprint(program),
            level=result.level,
            extent=asdict(reading.extent),
            code=code_hash(),
            findings=tuple(findings),
        ),
    )
    return Graded(program, result, tuple(findings), reading, summary)


def _seen_before(ledger: sa.Engine, program: Program, extent: Extent) -> Extent | None:
    """Return the recorded extent of the same rows: same columns, number and span of time, whatever their content."""
    for record in reversed(records.read_grades(ledger, name_of(program))):
        seen = Extent(**record.extent)
        same_code = record.code == code_hash() and record.fingerprint == data_fingerprint(program)
        if same_code and replace(seen, hash=extent.hash) == extent:
            return seen
    return None


def _changed_since(finding: Finding) -> Finding:
    """Return the finding on repeated readings with what it says of the same rows at an earlier grading."""
    return replace(
        finding,
        saw=f"{finding.saw}; at the last grading the same rows had other content: mended, or rewritten?",
    )


@cache
def code_hash() -> str:
    """Return a hash of fieldguide's own code: evidence is worth what the code was worth that gave it."""
    root = Path(fieldguide.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]
