"""Grade: read the rows, run every check, add what people and earlier steps have said, and record the level."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

import fieldguide
from fieldguide.errors import DataError, UnreachableError
from fieldguide.finding import Finding
from fieldguide.ledger import records
from fieldguide.ledger.history import change
from fieldguide.program import Hearsay, Program, directory, named, raw_columns
from fieldguide.readiness.accessibility.freshness import clock_of
from fieldguide.readiness.answers import Answer
from fieldguide.readiness.assess import assess
from fieldguide.readiness.grade import Grade
from fieldguide.readiness.shared import Shared
from fieldguide.readiness.unread import unread
from fieldguide.steps.graded import Graded
from fieldguide.steps.history import expiring_soon
from fieldguide.steps.home import DEFAULT, Home, at_home, data_fingerprint, name_of, system_clock
from fieldguide.steps.level import standing
from fieldguide.steps.profile import keep_profile
from fieldguide.steps.queues import check_folder, with_files, write_queues
from fieldguide.steps.told import Findings
from fieldguide.tables import engines, query
from fieldguide.tables.draw import Wanted
from fieldguide.tables.read import Extent, Reading, read, read_table
from fieldguide.tables.summary import Spans, summarize

Progress = Callable[[str], None]
SEEN = 20
"""How many gradings back the same rows are looked for."""


def grade(
    program: Program,
    *,
    home: str | Path | Home = DEFAULT,
    until: str | datetime | None = None,
    share: float | None = None,
    queues: str | Path | None = None,
    engine: Any = "duckdb",
    now: datetime | None = None,
    on_step: Progress | None = None,
) -> Graded:
    """Return the readiness of the program's data for its question, and record it in the ledger.

    With `until`, only what was known before that time is used. With `share`, only about that share of the rows is
    graded, whole entities with equal probability: an exploratory grade, recorded as such, which opens no gate. `queues` is a folder into which the tables that
    people should work through are written, one CSV file each; findings then name the file. `engine` is what runs the
    queries: "duckdb", "local[2]", "spark://host:port", or a SparkSession. Rows that cannot be reached or read are graded
    as far as that goes: hearsay and an unreachable place C4, a place that was reached C3 at most.

    Raises ProgramError when the program does not fit the rows, UsageError when `queues` cannot be a folder or the
    engine is none, EngineError when Spark does not answer.
    """
    say = on_step or (lambda message: None)
    place, program = at_home(home), named(program)
    now, wanted = now or system_clock(), None if share is None else Wanted(share, even=True)
    ledger, name = place.ledger(), name_of(program)
    answers, _ = records.read_answers(ledger, name)
    if queues is not None:
        check_folder(Path(queues))
    connection = engines.connect(engine)
    say(f"reading {program.source.place}")
    try:
        if isinstance(program.source.data, Hearsay):
            raise UnreachableError(f"{program.source.place} is hearsay: nobody has reached it yet.")
        reading = read(program, until=until, wanted=wanted, connection=connection)
    except DataError as error:
        return _unread(place, program, error, now, answers)
    say(f"summarizing {reading.extent.rows:,} rows")
    shared = Shared(program, reading)
    summary = summarize(reading.table, raw_columns(program), slices=Spans(), seen=shared.plain)
    say("checking")
    before = _seen_before(ledger, program, reading.extent)
    if before is None or before.hash != reading.extent.hash:
        say("reading a second time")
        again = read(program, until=until, wanted=wanted, connection=engines.connect(engine)).extent
    else:
        again = before
    tables: dict[str, pa.Table] = {}
    last = records.read_grades(ledger, name, fingerprint=data_fingerprint(program), last=1)
    findings = assess(
        program, reading, summary, now=now, again=again, answers=answers, queues=tables,
        earlier=[f for record in last for f in record.findings],
        clock=clock_of(until, program.source.timezone), shared=shared,
    )  # fmt: skip
    written = {} if queues is None else write_queues(tables, Path(queues))
    findings = with_files(findings, written, tables, program.source.keys)
    if before is not None and before.hash != reading.extent.hash:
        findings = [_changed_since(f) if f.check == "reads_alike" else f for f in findings]
    extent = {**asdict(reading.extent), **_told_of(program, reading)}
    if share is None:
        keep_profile(place, program, summary, findings)
    else:
        assert reading.drawn is not None
        extent |= {"share": share, "of": reading.drawn.whole.rows}
    found = Graded(
        program, _standing(place, program, findings, extent, now), Findings(findings), reading, summary, now, extent,
        queues=MappingProxyType(tables), files=MappingProxyType(written),
    )  # fmt: skip
    return _recorded(place, found)


def _unread(place: Home, program: Program, error: DataError, now: datetime, answers: list[Answer]) -> Graded:
    """Return the grade of rows that could not be read, as far as it goes without them."""
    lost = _lost(program, error)
    findings = unread(program, lost, now, answers)
    extent = {
        **asdict(Extent(program.source.place, 0, None, None, "")),
        "columns": [],
        "sources": [],
        "error": str(error),
    }
    grade = _standing(place, program, findings, extent, now)
    found = Graded(program, grade, Findings(findings), None, None, now, extent, error=error)
    return _recorded(place, found)


def _lost(program: Program, error: DataError) -> dict[str | None, DataError]:
    """Return which sources could not be read, and why: None is the main one."""
    joined: dict[str | None, DataError] = {}
    base = directory(program)
    for join in program.source.joins:
        try:
            read_table(join.source, base)
        except DataError as other:
            joined[join.source.place] = other
    return joined if str(error) in {str(each) for each in joined.values()} else {None: error, **joined}


def _standing(
    place: Home, program: Program, findings: list[Finding], extent: Mapping[str, Any], now: datetime
) -> Grade:
    found = standing(
        place.ledger(), name_of(program), data_fingerprint(program), now=now, findings=findings, extent=extent["hash"]
    )  # fmt: skip
    assert found is not None
    return found


def _recorded(place: Home, found: Graded) -> Graded:
    """Record a grading, and return it with what the ledger knows of those before."""
    ledger, name = place.ledger(), found.name
    earlier = records.read_grades(ledger, name, last=1) if found.share == 1.0 else []
    record = records.GradeRecord(
        at=records.stamp(found.at),
        program=name,
        fingerprint=data_fingerprint(found.program),
        level=found.level,
        extent=found.extent,
        code=code_hash(),
        findings=tuple(found.findings),
        share=found.share,
    )
    records.write_grade(ledger, record)
    before = earlier[0] if earlier else None
    answers, waivers = records.read_answers(ledger, name)
    return replace(
        found,
        before=before,
        change=None if before is None else change(before, record, [*answers, *waivers]),
        gradings=records.count_grades(ledger, name),
        effort=tuple(records.read_effort(ledger, name)),
        expiring=expiring_soon(ledger, found.program, found.at),
    )


def _told_of(program: Program, reading: Reading) -> dict[str, Any]:
    """Return what is recorded of a reading beside its extent: its columns, and each of its sources."""
    events = reading.event_columns
    sources = [
        {
            "name": part.name,
            "rows": reading.extent.rows if part is reading.parts[0] else query.size(part.table),
            "columns": len(part.columns),
            "files": len(part.files),
            "rejected": part.rejected,
            "brings": [name for name, event in events.items() if event == f"__event_{i}"],
        }
        for i, part in enumerate(reading.parts)
    ]
    return {"columns": [f.name for f in raw_columns(program)], "sources": sources}


def _seen_before(ledger: sa.Engine, program: Program, extent: Extent) -> Extent | None:
    """Return the recorded extent of the same rows: same columns, number and span of time, whatever their content."""
    same = records.read_grades(ledger, name_of(program), fingerprint=data_fingerprint(program), last=SEEN)
    for record in reversed(same):
        seen = Extent(**{one.name: record.extent.get(one.name) for one in fields(Extent)})  # type: ignore[arg-type]
        same_engine = (
            seen.hash.rpartition(":")[0] == extent.hash.rpartition(":")[0]
        )  # each hashes in its own way
        if same_engine and record.code == code_hash() and replace(seen, hash=extent.hash) == extent:
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
    """Return a hash of fieldguide's own code, with its learned weights: evidence is worth what gave it was worth."""
    root = Path(fieldguide.__file__).parent
    digest = hashlib.sha256()
    for path in sorted([*root.rglob("*.py"), *root.rglob("weights.json")]):
        digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]
