"""The checks of band A, made: which queries they take, in the order of the levels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache

import ibis

from fieldguide.finding import Finding
from fieldguide.program import Feature, Program, raw_columns
from fieldguide.readiness import answers
from fieldguide.readiness.answers import Answer
from fieldguide.readiness.appropriateness import label as checks
from fieldguide.readiness.check import Queues, Step
from fieldguide.tables import query
from fieldguide.tables.query import ByLabel, Found
from fieldguide.tables.read import Reading
from fieldguide.tables.summary import Summary

FEW_LABELS = 1_000
"""Categories with more distinct values are counted against the label without their names."""


def steps(
    program: Program,
    reading: Reading,
    summary: Summary,
    now: datetime,
    given: Sequence[Answer],
    queues: Queues,
) -> Iterator[Step]:
    """Yield the checks of the band with what makes them, in the order of the levels."""
    label, source, table = program.label, program.source, reading.table
    features, timed = raw_columns(program), program.source.time is not None
    labels = cache(lambda: query.labels(table))
    periods = cache(lambda: query.rows_by_period(table) if timed else None)
    counted = cache(lambda: [c for f in features if (c := _by_label(table, f, summary, timed)) is not None])
    by = answers.declared_by(source)
    yield ("question", "decision"), lambda: answers.of_question(program.question, given, now, by)
    yield ("label_varies",), lambda: checks.label_varies(label, labels())
    yield ("label_after_prediction",), lambda: _label_later(program, table, labels().labeled)
    yield ("next_period",), lambda: checks.next_period(source, periods())
    yield ("columns_before_prediction",), lambda: _columns_earlier(program, reading)
    yield ("column_knows_label",), lambda: checks.column_knows_label(label, counted())
    yield ("missing_knows_label",), lambda: checks.missing_knows_label(label, counted())
    yield ("population",), lambda: checks.population(source, periods(), summary)


def _label_later(program: Program, table: ibis.Table, labeled: int) -> list[Finding]:
    early: Found | None = None
    if program.label.known_at is not None and program.source.time is not None:
        early = query.times_not_after(table.filter(table["__label"].notnull()))
    return checks.label_after_prediction(program.label, program.source, early, labeled)


def _columns_earlier(program: Program, reading: Reading) -> list[Finding]:
    late: dict[str, Found] = {}
    for i, part in enumerate(reading.parts[1:]):
        at = event(reading, i)
        if at is not None and program.source.time is not None:
            late[part.name] = query.times_after(reading.table, at)
    names = [f.name for f in raw_columns(program)]
    return checks.columns_before_prediction(program.label, names, late)


def _by_label(table: ibis.Table, f: Feature, summary: Summary, timed: bool) -> ByLabel | None:
    column = summary.columns[f.name]
    if not column.counts.sum() or (f.kind == "timestamp" and not timed):
        return None
    if f.kind in ("number", "timestamp"):
        grid = column.grid if f.kind == "number" else None
        return query.by_label(table, f.name, f.kind, grid, few=column.values is not None)
    return query.by_label(table, f.name, f.kind, few=len(column.labels) <= FEW_LABELS)


def event(reading: Reading, join: int) -> str | None:
    """Return the column with the event time of join number `join`, None when the table has none."""
    names = [name for name in reading.table.columns if name.startswith("__event_")]
    names.sort(key=lambda name: int(name.rsplit("_", 1)[1]))
    return names[join] if join < len(names) else None
