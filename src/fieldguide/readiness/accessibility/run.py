"""The checks of band C, made: which queries they take, in the order of the levels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial

from fieldguide.finding import Finding
from fieldguide.program import Program
from fieldguide.readiness import answers
from fieldguide.readiness.accessibility import privacy, source
from fieldguide.readiness.answers import Answer
from fieldguide.readiness.check import Step
from fieldguide.tables import query
from fieldguide.tables.read import Extent, Part, Reading

MOST_SCREENED = 200
LONG_NUMBER = 10**12


def steps(
    program: Program, reading: Reading, now: datetime, again: Extent | None, given: Sequence[Answer]
) -> Iterator[Step]:
    """Yield the checks of the band with what makes them, in the order of the levels."""
    declared = program.source
    yield ("registered",), lambda: source.registered(declared)
    for part in reading.parts:
        name = None if part is reading.parts[0] else part.name
        yield ("reachable", "parses"), partial(_reached, part, reading.extent.rows, name)
        yield ("permission_current",), partial(source.permission_current, part.source, now, name)
        yield (
            ("owner", "license", "purpose", "personal_data"),
            partial(answers.of_source, part.source, given, now, name),
        )
        yield ("personal_data_screen",), partial(_screened, part, name)
    yield ("time_span",), lambda: source.time_span(declared, reading.extent)
    yield ("shared_purpose",), lambda: answers.of_joins(declared, given, now)
    yield ("reads_alike",), lambda: source.reads_alike(reading.extent, again)


def _reached(part: Part, rows: int, name: str | None) -> list[Finding]:
    rows = rows if name is None else query.size(part.table)
    return [
        *source.reachable(part.source, rows, len(part.columns), part.files, name),
        *source.parses(rows, part.rejected, part.rejects, name),
    ]


def _screened(part: Part, name: str | None) -> list[Finding]:
    schema = part.table.schema()
    texts = [column for column, kind in schema.items() if kind.is_string()]
    whole = [column for column, kind in schema.items() if kind.is_integer()]
    texts += query.reaching(part.table, whole, LONG_NUMBER)
    matches = {
        column: privacy.looks_like([text for text, _ in query.distinct_texts(part.table, column)])
        for column in texts[:MOST_SCREENED]
    }
    return privacy.personal_data_screen(matches, part.source.personal_data, name)
