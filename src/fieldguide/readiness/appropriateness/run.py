"""The checks of band A, made: which queries they take, in the order of the levels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from fieldguide.finding import Finding
from fieldguide.program import Feature, Program, raw_columns
from fieldguide.readiness import answers
from fieldguide.readiness.answers import Answer
from fieldguide.readiness.appropriateness import (
    available,
    identities,
    label_errors,
    lasting,
    later,
    leakage,
    learning_curve,
    looks,
    maturity,
    modeled,
    order,
    population,
    repeats,
    support,
)
from fieldguide.readiness.appropriateness import label as labels
from fieldguide.readiness.appropriateness.strength import FEWEST_OF_A_CLASS
from fieldguide.readiness.appropriateness.table import CHECKS
from fieldguide.readiness.appropriateness.view import Questioned, floats
from fieldguide.readiness.check import Queues, Step
from fieldguide.readiness.checks import found
from fieldguide.readiness.shared import Shared
from fieldguide.tables import engines as engine
from fieldguide.tables import query
from fieldguide.tables.query import ByLabel, Found
from fieldguide.tables.query.delays import Delays, delays
from fieldguide.tables.read import Reading
from fieldguide.tables.summary import Summary, bucket_of

FEW_LABELS = 1_000
"""Categories with more distinct values are counted against the label without their names."""
ENOUGH_OF_A_CLASS = 200
"""Rows of the rarer answer in a sample, from which on it tells which columns are worth counting over all rows."""
NO_LABEL = (
    'declare what is observed later, for example label=fg.BinaryLabel("came_back", arrives_within=timedelta(days=7)), '
    "and the question that it answers"
)


def steps(
    program: Program,
    reading: Reading,
    summary: Summary,
    now: datetime,
    given: Sequence[Answer],
    queues: Queues,
    earlier: Sequence[Finding] = (),
    shared: Shared | None = None,
) -> Iterator[Step]:
    """Yield the checks of the band with what makes them, in the order of the levels.

    `earlier` are the findings of the last grading of the same program: what it remembered is compared.
    """
    by = answers.declared_by(program.source)
    yield ("question", "decision"), lambda: answers.of_question(program.question, given, now, by)
    if program.label.kind == "none":
        names = tuple(c.id for c in CHECKS if c.kind == "machine")
        yield names, lambda: [found(n, "unknown", "no label is declared yet", todo=NO_LABEL) for n in names]
        return
    view = Questioned(program, reading, summary, now, shared)
    label, source = program.label, program.source
    periods = cache(lambda: _periods(view))
    counted = cache(lambda: _counted(view))
    instants = cache(lambda: looks.instants_of(view))
    doubtful = cache(lambda: modeled.doubtful_of(view))
    planned = cache(lambda: modeled.planned_of(view))
    yield ("label_varies",), lambda: labels.label_varies(label, view.known)
    yield ("label_after_prediction",), lambda: _label_later(view)
    yield ("label_matures",), lambda: maturity.label_matures(label, source, _delays(view))
    yield ("next_period",), lambda: labels.next_period(source, periods())
    yield ("columns_before_prediction",), lambda: _columns_earlier(view, instants())
    yield ("column_knows_label",), lambda: _column_knows(view, counted())
    yield ("columns_make_label",), lambda: _columns_make(view, counted())
    yield ("missing_knows_label",), lambda: _missing_knows(view, counted())
    yield ("order_knows_label",), lambda: order.order_knows_label(label, looks.ordered_of(view))
    yield ("rows_in_both_parts",), lambda: _copies(view)
    yield ("skill_lasts",), lambda: lasting.skill_lasts(label, looks.lasting_of(view), timed=view.timed)
    yield ("values_change_later",), lambda: _changed(view, earlier)
    yield ("label_errors",), lambda: _doubtful(view, doubtful(), queues)
    yield ("population",), lambda: population.population(source, periods(), summary)
    yield ("population_match",), lambda: _population(view)
    yield ("support",), lambda: _support(view, planned(), counted())
    yield ("learning_curve",), lambda: _curve(view, planned(), doubtful(), queues)
    yield ("features_available",), lambda: _available(view, instants())


def _periods(view: Questioned) -> query.Periods | None:
    if not view.timed:
        return None
    return (
        query.rows_by_span(view.summary) if query.by_spans(view.summary) else query.rows_by_period(view.table)
    )


def _label_later(view: Questioned) -> list[Finding]:
    early: Found | None = None
    if view.label.known_at is not None and view.timed:
        early = query.times_not_after(view.table.filter(view.table["__label"].notnull()))
    return labels.label_after_prediction(view.label, view.source, early, view.known.labeled)


def _delays(view: Questioned) -> Delays | None:
    if not view.timed:
        return None
    within = view.label.arrives_within.total_seconds()
    return delays(view.table, within, told=view.label.known_at is not None)


def _columns_earlier(view: Questioned, instants: Sequence[leakage.Instants]) -> list[Finding]:
    late: dict[str, Found] = {}
    for i, part in enumerate(view.reading.parts[1:]):
        at = event(view.reading, i)
        if at is not None and view.timed:
            late[part.name] = query.times_after(view.table, at)
    names = [f.name for f in raw_columns(view.program)]
    return leakage.columns_before_prediction(view.label, names, late, instants)


def _column_knows(view: Questioned, counted: Sequence[ByLabel]) -> list[Finding]:
    told = leakage.column_knows_label(view.label, counted, logged=view.logged)
    notable = [
        f.about
        for f in told
        if f.about is not None and f.evidence.get("power", 0.0) >= leakage.WORTH_A_NOTE[view.binary]
    ]
    if not notable:
        return told
    asked = [f.about for f in told if f.verdict == "unknown" and f.about is not None]
    return leakage.column_knows_label(
        view.label,
        counted,
        looks.without(view, notable[:2]),
        logged=view.logged,
        next_values=[] if view.binary else looks.next_values(view, asked),
    )


def _columns_make(view: Questioned, counted: Sequence[ByLabel]) -> list[Finding]:
    label = view.label
    if view.rows is None:
        return [found("columns_make_label", "unknown", leakage.TOO_FEW, todo="collect more labeled rows")]
    made, looked_at = looks.identity_of(view)
    together = looks.together_of(view)
    known = leakage.column_knows_label(label, counted, logged=view.logged)
    known += leakage.missing_knows_label(label, counted)
    alone = [f.about or "" for f in known if f.verdict != "pass"]
    return identities.columns_make_label(label, made, together, alone, looked_at)


def _missing_knows(view: Questioned, counted: Sequence[ByLabel]) -> list[Finding]:
    return leakage.missing_knows_label(view.label, counted)


def _copies(view: Questioned) -> list[Finding]:
    return repeats.rows_in_both_parts(
        view.label,
        looks.copies_of(view),
        looks.hanging_of(view),
        timed=view.begins is not None,
        entity=view.source.entity,
        share=view.drawn.share,
    )


def _changed(view: Questioned, earlier: Sequence[Finding]) -> list[Finding]:
    kept = [
        f.evidence["remembered"]
        for f in earlier
        if f.check == "values_change_later" and "remembered" in f.evidence
    ]
    before: Mapping[str, Any] | None = kept[-1] if kept else None
    memory, rows = looks.memory_of(view, before)
    return later.values_change_later(view.label, before, rows, memory)


def _doubtful(view: Questioned, looked: label_errors.Looked | None, queues: Queues) -> list[Finding]:
    if looked is not None and len(looked.queue):
        queues["labels"] = looked.queue
    return label_errors.label_errors(view.label, looked, view.known.labeled)


def _population(view: Questioned) -> list[Finding]:
    declared = view.program.question.population
    if declared is None:
        return population.population_match(modeled.drift_of(view), declared=None, timed=view.timed)
    difference, failed = modeled.population_of(view)
    return population.population_match(difference, declared=declared.place, failed=failed)


def _support(view: Questioned, planned: support.Planned, counted: Sequence[ByLabel]) -> list[Finding]:
    if view.rows is None:
        return [found("support", "unknown", leakage.TOO_FEW, todo="collect more labeled rows")]
    known, rarer = view.known, None
    if view.binary:
        rarer = round(min(known.mean, 1 - known.mean) * known.labeled)
    groups = support.groups_of(counted, view.label, known.mean <= 0.5)
    of = sum(int((c.labeled * c.times).sum()) + c.null[0] for c in counted[:1])
    share = min(1.0, of / max(known.labeled, 1))
    return support.support(view.label, known.labeled, rarer, planned, groups, share)


def _curve(
    view: Questioned, planned: support.Planned, looked: label_errors.Looked | None, queues: Queues
) -> list[Finding]:
    if view.rows is None:
        return [found("learning_curve", "unknown", leakage.TOO_FEW, todo="collect more labeled rows")]
    queue: pa.Table = modeled.annotated_of(view, looked)
    if len(queue):
        queues["annotate"] = queue
    unlabeled = view.known.rows - view.known.labeled
    queued = queue["of"].to_pylist().count("unlabeled")
    curve = modeled.curve_of(view, planned)
    return learning_curve.curve_found(view.label, curve, view.known.labeled, unlabeled, queued)


def _available(view: Questioned, instants: Sequence[leakage.Instants]) -> list[Finding]:
    joined = looks.joined_of(view, [event(view.reading, i) for i in range(len(view.source.joins))])
    brought = {name for j in joined for name in j.columns}
    own = [f.name for f in view.features if f.name not in brought]
    return available.features_available(own, joined, looks.computed_of(view), instants, view.readable[1])


def _counted(view: Questioned) -> list[ByLabel]:
    """Count every column against the label: on a sample, and those that may know it on all rows."""
    drawn, every = view.drawn, [f for f in view.features if f.kind != "text"]
    if drawn.whole or not _tells(view):
        return [c for f in every if (c := _by_label(view, f, view.table)) is not None]
    plain, connection = drawn.table.filter(pa.array(drawn.plain)), engine.connect()
    out = []
    for f in every:
        c = _by_label(view, f, plain, connection)
        if c is None:
            continue
        absent = leakage.missing_knows_label(view.label, [c])
        if leakage.suspect(c, view.label) or absent[0].verdict == "fail":
            c = _by_label(view, f, view.table) or c
        out.append(c)
    return out


def _tells(view: Questioned) -> bool:
    """Tell whether the plain sample has labels enough to say which columns may know the label."""
    plain = view.drawn.table.filter(pa.array(view.drawn.plain))
    y = plain["__label"].drop_null()
    if not view.binary:
        return len(y) >= ENOUGH_OF_A_CLASS
    yes = sum(1 for v in y.to_pylist() if v > 0)
    return min(yes, len(y) - yes) >= max(ENOUGH_OF_A_CLASS, FEWEST_OF_A_CLASS)


def _by_label(view: Questioned, f: Feature, rows: Any, connection: Any = None) -> ByLabel | None:
    """Count a column against the label; `rows` are the canonical table, or some of them in memory."""
    column = view.summary.columns[f.name]
    if not column.counts.sum() or (f.kind == "timestamp" and not view.timed):
        return None
    few, grid = column.values is not None, column.grid if f.kind == "number" else None
    bucketed = False
    if isinstance(rows, pa.Table):
        # a query on few columns is made in a fraction of the time of one on many, and of one with a formula
        rows = rows.select([f.name, *(name for name in ("__label", "__time") if name != f.name)])
        if grid is not None and not few:
            x = floats(rows[f.name])
            bucket = np.where(
                np.isfinite(x), bucket_of(grid, np.nan_to_num(x, posinf=0.0, neginf=0.0)), np.nan
            )
            rows = rows.set_column(0, f.name, pa.array(bucket, pa.float64(), from_pandas=True))
            bucketed = few = True
        rows = engine.from_arrow(connection, rows)
    if view.logged:
        rows = rows.mutate(__label=(rows["__label"] + 1).ln())
    if f.kind in ("number", "timestamp"):
        found = query.by_label(rows, f.name, f.kind, grid, few=few)
        return replace(found, values=tuple(int(v) for v in found.values or ())) if bucketed else found
    return query.by_label(rows, f.name, f.kind, few=len(column.labels) <= FEW_LABELS)


def event(reading: Reading, join: int) -> str | None:
    """Return the column with the event time of join number `join`, None when the table has none."""
    names = [name for name in reading.table.columns if name.startswith("__event_")]
    names.sort(key=lambda name: int(name.rsplit("_", 1)[1]))
    return names[join] if join < len(names) else None
