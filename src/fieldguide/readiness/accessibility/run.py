"""The checks of band C, made: which queries they take, in the order of the levels."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from fieldguide.finding import Finding
from fieldguide.program import Program
from fieldguide.readiness import answers
from fieldguide.readiness.accessibility import freshness, source
from fieldguide.readiness.accessibility.looks import Look
from fieldguide.readiness.accessibility.privacy import anonymity, screen
from fieldguide.readiness.accessibility.privacy.anonymity import Groups
from fieldguide.readiness.accessibility.privacy.cells import Cells, cells
from fieldguide.readiness.accessibility.privacy.kinds import KINDS
from fieldguide.readiness.accessibility.privacy.table import Looked
from fieldguide.readiness.accessibility.spreadsheet.damage import spreadsheet_damage
from fieldguide.readiness.accessibility.spreadsheet.traces import (
    Trace,
    cut_rows,
    error_cells,
    total_row,
    traces,
)
from fieldguide.readiness.answers import Answer, Personal
from fieldguide.readiness.check import Step
from fieldguide.tables import query
from fieldguide.tables.query.groups import group_sizes, longest_pause, time_ends
from fieldguide.tables.read import Extent, Part, Reading
from fieldguide.tables.typed import Column, prepared, timestamp

MOST_GROUPED = 8
"""Columns by whose combination rows are counted."""


def steps(
    program: Program,
    reading: Reading,
    now: datetime,
    again: Extent | None,
    given: Sequence[Answer],
    looks: Sequence[Look],
    clock: datetime | None = None,
) -> Iterator[Step]:
    """Yield the checks of the band with what makes them, in the order of the levels.

    `looks` are the sources of the reading (`looks_at`); `clock` is when the rows should be fresh (left out: `now`),
    and so `until` where a grade is made as of then.
    """
    declared = program.source
    yield ("registered",), lambda: source.registered(declared)
    for i, looked in enumerate(looks):
        part, name = looked.part, looked.name
        said = answers.said_of_persons(part.source, given, now, name)
        yield ("reachable", "parses"), partial(_reached, looked, reading.extent.rows)
        yield ("permission_current",), partial(source.permission_current, part.source, now, name)
        yield (
            ("owner", "license", "purpose", "personal_data", "legal_basis", "ethics"),
            partial(_answered, looked, given, now, said),
        )
        yield (
            ("personal_data_screen", "personal_data_hints"),
            partial(_screened, looked, said),
        )
        yield ("spreadsheet_damage",), partial(_damaged, looked, _used(program, reading, i))
        yield ("fresh",), partial(_fresh, part, reading, i, clock or now, name)
    yield ("time_span",), lambda: source.time_span(declared, reading.extent)
    yield ("shared_purpose",), lambda: answers.of_joins(declared, given, now)
    yield ("reidentification",), lambda: _reidentified(reading, looks)
    yield ("reads_alike",), lambda: source.reads_alike(reading.extent, again)


def _reached(looked: Look, rows: int) -> list[Finding]:
    part, name = looked.part, looked.name
    rows = rows if name is None else query.size(part.table)
    hidden = looked.personal.found if part.rejects else ()
    return [
        *source.reachable(part.source, rows, len(part.columns), part.files, name),
        *source.parses(rows, part.rejected, part.rejects, name, notes=part.notes, hidden=hidden),
    ]


def _answered(looked: Look, given: Sequence[Answer], now: datetime, said: str | None) -> list[Finding]:
    found = looked.personal
    kinds = tuple(KINDS[kind].words for kind in found.kinds)
    personal = Personal(said, kinds, found.persons, told=found.told, columns=len(found.found))
    return answers.of_source(looked.part.source, given, now, looked.name, personal)


def _screened(looked: Look, said: str | None) -> list[Finding]:
    found, name = looked.personal, looked.name
    return [*screen.personal_data_screen(found, said, name), *screen.personal_data_hints(found, name)]


def _used(program: Program, reading: Reading, number: int) -> set[str]:
    """Return the columns of a part that the program reads, under the names that the part gives them."""
    if number:
        join = program.source.joins[number - 1]
        brought = {name for name, event in reading.event_columns.items() if event == f"__event_{number}"}
        return {*join.keys, *join.source.keys, join.as_of, *brought}
    own, label = program.source, program.label
    named = {*own.keys, own.time, own.entity, own.weight, label.name, label.known_at}
    raw = {name for name in reading.table.columns if not name.startswith("__")} - {*reading.event_columns}
    return {name for name in (*named, *raw) if name}


def _damaged(looked: Look, used: Collection[str]) -> list[Finding]:
    rows, columns = looked.sample, looked.columns
    size = query.size(looked.part.table)
    seen = [*traces(columns), *_errors(rows)]
    if len(rows) == size:
        total = _totals(rows, columns)
        seen += [total] if total is not None else []
    cut = cut_rows(size, looked.part.files)
    seen += [cut] if cut is not None else []
    places = {t.column: _places(rows, t) for t in seen if t.column is not None}
    personal = {*looked.personal.found} if seen else ()
    return spreadsheet_damage(seen, places, used, personal, looked.name)


def _errors(rows: pa.Table) -> Iterator[Trace]:
    """Yield the errors of formulas among all rows of the sample: few of them hide among many values."""
    for name in rows.column_names:
        column = rows[name]
        if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
            continue
        marked = pc.or_(pc.starts_with(column, "#"), pc.starts_with(column, "Err:"))
        suspect = column.filter(pc.fill_null(marked, False))
        if len(suspect):
            held = cells(name, suspect)
            trace = error_cells(Cells(name, held.texts, held.counts, held.distinct, held.rows, len(column)))
            if trace is not None:
                yield trace


def _places(rows: pa.Table, trace: Trace) -> list[int]:
    """Return numbers of rows that hold the values of a trace: ten at most."""
    if trace.column is None or not trace.values or "__row" not in rows.column_names:
        return []
    column = rows[trace.column]
    text = column if pa.types.is_string(column.type) else column.cast(pa.string())
    held = pc.is_in(pc.utf8_trim_whitespace(text), value_set=pa.array(trace.values[:200], pa.string()))
    return [int(n) for n in rows["__row"].filter(pc.fill_null(held, False))[:10].to_pylist()]


def _totals(rows: pa.Table, columns: Mapping[str, Cells]) -> Trace | None:
    if len(rows) < 5:
        return None
    last = rows.slice(len(rows) - 1).drop_columns(["__row"]).to_pylist()[0]
    sums: dict[str, float] = {}
    for name, column in columns.items():
        if not column.numeric or last.get(name) in (None, ""):
            continue
        above = rows[name].slice(0, len(rows) - 1)
        try:
            numbers = above.cast(pa.float64())
        except pa.ArrowInvalid:
            continue
        sums[name] = float(pc.sum(numbers).as_py() or 0.0)
    return total_row(last, sums)


def _fresh(part: Part, reading: Reading, number: int, clock: datetime, name: str | None) -> list[Finding]:
    if number == 0:
        table, time = reading.table, "__time"
        since, latest = _instant(reading.extent.since), _instant(reading.extent.until)
    else:
        column = part.source.time or _event_of(reading, number)
        if column is None or column not in part.table.columns:
            return freshness.fresh(part.source, None, None, clock, name=name)
        ready = prepared(part.table, [(column, "timestamp")])
        value = timestamp(Column(ready, column, part.name), part.source.timezone).value
        table, time = ready.select(__time=value), "__time"
        low, high = time_ends(table, time)
        since, latest = _instant(low), _instant(high)
    every = part.source.delivered_every

    def pause() -> timedelta | None:
        width = max(int(every.total_seconds() * 1e6), 1) if every is not None else 1
        found = longest_pause(table, time, width)
        return None if found is None else timedelta(microseconds=found)

    return freshness.fresh(part.source, since, latest, clock, pause, name)


def _event_of(reading: Reading, number: int) -> str | None:
    joins = reading.parts[0].source.joins
    return joins[number - 1].as_of if number <= len(joins) else None


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _reidentified(reading: Reading, looks: Sequence[Look]) -> list[Finding]:
    """Count the rows by what describes persons: in the main source, or in the joined table when joins bring some."""
    found = [looked.personal for looked in looks]
    persons = any(one.persons for one in found)
    if not persons:
        return anonymity.reidentification(None, persons=False)
    own = _describing(found[0])
    brought = [name for one in found[1:] for name in _describing(one) if name in reading.event_columns]
    if brought:
        mine = [name for name in own if name in reading.table.columns][:MOST_GROUPED]
        both = [*mine, *brought][: 2 * MOST_GROUPED]
        before = _groups(reading.table, mine) if mine else None
        whole = Groups((), reading.extent.rows, 1, reading.extent.rows, 0, 0)
        after = _groups(reading.table, both) if len(both) > 1 else None
        return anonymity.reidentification(after, before or whole, brought, persons=True)
    own = own[:MOST_GROUPED]
    return anonymity.reidentification(_groups(reading.parts[0].table, own) if len(own) > 1 else None)


def _describing(looked: Looked) -> list[str]:
    places = [name for name, match in looked.found.items() if KINDS[match.kind].group == "of_persons"]
    births = [name for name, match in looked.found.items() if match.kind == "birth_date"]
    described = [name for name, match in looked.quasi.items() if match.kind != "title"]
    return [*described, *births, *places]


def _groups(table: ibis.Table, columns: Sequence[str]) -> Groups:
    return Groups(tuple(columns), *group_sizes(table, columns))
