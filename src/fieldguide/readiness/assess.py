"""assess: run every check that a machine can make, in the order of the levels.

Here the queries are made; the checks themselves are pure functions of their results. Band B sees the data
through `Faithful`, which has neither label nor question: its table has lost the columns of the label.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import ibis
import pyarrow as pa

from fieldguide.errors import FieldguideError
from fieldguide.finding import Finding
from fieldguide.program import Feature, Program, computed_features, directory, raw_columns
from fieldguide.readiness import answers as answered
from fieldguide.readiness.accessibility import run as accessibility
from fieldguide.readiness.accessibility.looks import looks_at, to_hide
from fieldguide.readiness.accessibility.privacy.hiding import hide
from fieldguide.readiness.answers import Answer
from fieldguide.readiness.appropriateness import run as appropriateness
from fieldguide.readiness.appropriateness.run import event
from fieldguide.readiness.check import Queues, Step
from fieldguide.readiness.checks import CHECKS
from fieldguide.readiness.faithfulness import run as faithfulness
from fieldguide.readiness.faithfulness.view import Faithful, Joined
from fieldguide.readiness.shared import Shared
from fieldguide.tables import engines as engine
from fieldguide.tables.read import Extent, Reading, read_table
from fieldguide.tables.summary import Summary, summarize

LABEL_COLUMNS = ("__label", "__known_at")


def assess(
    program: Program,
    reading: Reading,
    summary: Summary,
    *,
    now: datetime,
    again: Extent | None = None,
    answers: Sequence[Answer] = (),
    queues: Queues | None = None,
    clock: datetime | None = None,
    earlier: Sequence[Finding] = (),
    shared: Shared | None = None,
) -> list[Finding]:
    """Return what every check says that needs no later step, in the order of the levels.

    What people should work through (suspect cells, doubtful labels) is put into `queues`, by name; a finding names
    the one that its check filled as `evidence["queue"]`, and one about a personal column has `evidence["personal"]`.
    `summary` is of all rows of `reading.table` (any slices; made anew when it left rows out), `again` the
    extent of a second reading from cold (without it "two readings alike" is unknown), `answers` what people
    confirmed. `now` decides what has expired, `clock` (left out: `now`) how fresh the rows are. `earlier` are the
    findings of the last grading of these rows: what it remembered of a few of them is compared.

    Raises FieldguideError, with the name of the check, when a check itself breaks: a grade never silently
    lacks one. Values of columns that hold personal data are shown in no finding.
    """
    features = raw_columns(program)
    if int(summary.rows.sum()) != reading.extent.rows:
        summary = summarize(reading.table, features, slices=None)
    queues = {} if queues is None else queues
    findings: list[Finding] = []
    shared = shared or Shared(program, reading)
    limits = answered.of_measurement(program.source, answers, now)
    view = faithful(program, reading, summary, shared, limits)
    looks = looks_at(reading, lambda: view.sample)
    for checks, run in (
        *accessibility.steps(program, reading, now, again, answers, looks, clock),
        *_described(program, now, answers),
        *faithfulness.steps(view, now, queues),
        (("measurement_limits",), lambda: limits),
        *appropriateness.steps(program, reading, summary, now, answers, queues, earlier, shared),
    ):
        before = {*queues}
        made = _made(checks, run)
        filled = next((name for name in queues if name not in before), None)
        findings += made if filled is None else [_queued(f, filled) for f in made]
    place, hidden = {name: i for i, name in enumerate(CHECKS)}, to_hide(looks)
    told = [hide(f, hidden) for f in sorted(findings, key=lambda f: place[f.check])]
    return [_marked(f, "personal", True) if f.about in hidden.columns else f for f in told]


def faithful(
    program: Program, reading: Reading, summary: Summary, shared: Shared, limits: Sequence[Finding] = ()
) -> Faithful:
    """Return what band B may see of a reading: the columns of the label are gone from the table.

    `limits` are the findings on who answered for what is not known of the measurements.
    """
    table = reading.table.drop(*(name for name in LABEL_COLUMNS if name in reading.table.columns))
    source = program.source
    joined = tuple(
        Joined(part.name, part.table, join.source.keys, event(reading, i))
        for i, (part, join) in enumerate(zip(reading.parts[1:], source.joins, strict=True))
    )
    return Faithful(
        table=table,
        rows=reading.extent.rows,
        summary=summary,
        features=raw_columns(program),
        key=source.keys,
        entity=source.entity,
        timed=source.time is not None,
        joined=joined,
        raw=reading.parts[0].table,
        source=source,
        draw=lambda: shared.sample,
        draw_lines=lambda: _without_label(shared.plain),
        audit=_audit(program, reading) if source.audit is not None else None,
        accepted=next((f.saw for f in limits if f.verdict == "pass"), None),
    )


def _without_label(rows: pa.Table) -> pa.Table:
    return rows.drop_columns([name for name in LABEL_COLUMNS if name in rows.column_names])


def _audit(program: Program, reading: Reading) -> Callable[[], ibis.Table]:
    """Return what reads the rows that were measured anew, where the main source was read."""
    audit, connection = program.source.audit, engine.connection_of(reading.parts[0].table)
    assert audit is not None
    return lambda: read_table(audit, directory(program), connection=connection).table


def _queued(finding: Finding, queue: str) -> Finding:
    """Return a finding that has something to do with the name of the queue that its check filled."""
    told = finding.verdict != "pass" or bool(finding.next)
    return _marked(finding, "queue", queue) if told and "queue" not in finding.evidence else finding


def _marked(finding: Finding, mark: str, value: Any) -> Finding:
    return replace(finding, evidence={**finding.evidence, mark: value})


def _made(checks: tuple[str, ...], run: Callable[[], list[Finding]]) -> list[Finding]:
    called = " and ".join(checks)
    try:
        found = run()
    except FieldguideError as error:
        raise type(error)(f"while checking {called}: {error}") from error
    except Exception as error:
        raise FieldguideError(
            f"the check {called} broke on these data: {type(error).__name__}: {error}. The grade would lack it, "
            "so there is none. Please report this with the declaration of the columns."
        ) from error
    silent = set(checks) - {f.check for f in found}
    if silent:
        raise FieldguideError(
            f"the check {called} said nothing about {', '.join(sorted(silent))}; please report this."
        )
    return found


def _described(program: Program, now: datetime, given: Sequence[Answer]) -> Iterator[Step]:
    columns = (*program_columns(program), *computed_features(program))
    by = answered.declared_by(program.source)
    yield ("described", "units"), lambda: answered.of_columns(columns, given, now, by)


def program_columns(program: Program) -> tuple[Feature, ...]:
    """Return the declarations of the raw columns, a column that is declared twice twice."""
    plain = [f for f in program.features if isinstance(f, Feature) and f.of is None]
    return (*plain, *program.inputs, *raw_columns(program))
