"""assess: run every check that a machine can make, in the order of the levels.

Here the queries are made; the checks themselves are pure functions of their results. Band B sees the data
through `Faithful`, which has neither label nor question: its table has lost the columns of the label.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import ibis

from fieldguide.errors import FieldguideError
from fieldguide.finding import Finding
from fieldguide.program import Feature, Program, computed_features, raw_columns
from fieldguide.readiness import accessibility, answers, appropriateness, faithfulness, missing, privacy
from fieldguide.readiness.answers import Answer
from fieldguide.readiness.checks import CHECKS
from fieldguide.tables import query
from fieldguide.tables.query import ByLabel, Found
from fieldguide.tables.read import Extent, Part, Reading
from fieldguide.tables.runs import runs
from fieldguide.tables.summary import Summary, summarize

Step = tuple[tuple[str, ...], Callable[[], list[Finding]]]
"""The checks that a step makes, and how to make them."""

FEW_LABELS = 1_000
"""Categories with more distinct values are counted against the label without their names."""
LABEL_COLUMNS = ("__label", "__known_at")
MOST_SCREENED = 200
LONG_NUMBER = 10**12


@dataclass(frozen=True)
class Joined:
    """A joined source: its name, its rows as they came, its key, and the column with the time of its rows."""

    name: str
    table: ibis.Table
    key: tuple[str, ...]
    event: str | None


@dataclass(frozen=True)
class Faithful:
    """What band B may see: rows without the label, their summary, and what is declared of the columns."""

    table: ibis.Table
    rows: int
    summary: Summary
    features: tuple[Feature, ...]
    key: tuple[str, ...]
    entity: str | None
    timed: bool
    joined: tuple[Joined, ...]


def assess(
    program: Program,
    reading: Reading,
    summary: Summary,
    *,
    now: datetime,
    again: Extent | None = None,
    answers: Sequence[Answer] = (),
) -> list[Finding]:
    """Return what every check says that needs no later step, in the order of the levels.

    `summary` is of all rows of `reading.table` (any slices; made anew when it left rows out), `again` the
    extent of a second reading from cold (without it "two readings alike" is unknown), `answers` what people
    confirmed. `now` decides what has expired.

    Raises FieldguideError, with the name of the check, when a check itself breaks: a grade never silently
    lacks one.
    """
    features = raw_columns(program)
    if int(summary.rows.sum()) != reading.extent.rows:
        summary = summarize(reading.table, features, slices=None)
    findings: list[Finding] = []
    for checks, run in (
        *_accessibility(program, reading, now, again, answers),
        *_described(program, now, answers),
        *_faithfulness(faithful(program, reading, summary), now),
        *_appropriateness(program, reading, summary, now, answers),
    ):
        findings += _made(checks, run)
    place = {name: i for i, name in enumerate(CHECKS)}
    return sorted(findings, key=lambda f: place[f.check])


def faithful(program: Program, reading: Reading, summary: Summary) -> Faithful:
    """Return what band B may see of a reading: the columns of the label are gone from the table."""
    table = reading.table.drop(*(name for name in LABEL_COLUMNS if name in reading.table.columns))
    source = program.source
    joined = tuple(
        Joined(part.name, part.table, join.source.keys, _event(reading, i))
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
    )


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


def _accessibility(
    program: Program, reading: Reading, now: datetime, again: Extent | None, given: Sequence[Answer]
) -> Iterator[Step]:
    source = program.source
    yield ("registered",), lambda: accessibility.registered(source)
    for part in reading.parts:
        name = None if part is reading.parts[0] else part.name
        yield ("reachable", "parses"), _bound(_reached, part, reading.extent.rows, name)
        yield ("permission_current",), _bound(accessibility.permission_current, part.source, now, name)
        yield (
            ("owner", "license", "purpose", "personal_data"),
            _bound(answers.of_source, part.source, given, now, name),
        )
        yield ("personal_data_screen",), _bound(_screened, part, name)
    yield ("time_span",), lambda: accessibility.time_span(source, reading.extent)
    yield ("shared_purpose",), lambda: answers.of_joins(source, given, now)
    yield ("reads_alike",), lambda: accessibility.reads_alike(reading.extent, again)


def _described(program: Program, now: datetime, given: Sequence[Answer]) -> Iterator[Step]:
    columns = (*program_columns(program), *computed_features(program))
    by = answers.declared_by(program.source)
    yield ("described", "units"), lambda: answers.of_columns(columns, given, now, by)


def program_columns(program: Program) -> tuple[Feature, ...]:
    """Return the declarations of the raw columns, a column that is declared twice twice."""
    plain = [f for f in program.features if isinstance(f, Feature) and f.of is None]
    return (*plain, *program.inputs, *raw_columns(program))


def _faithfulness(view: Faithful, now: datetime) -> Iterator[Step]:
    summary, features, table = view.summary, view.features, view.table
    numbers = [f for f in features if f.kind == "number" and summary.columns[f.name].counts.sum()]
    yield ("profiled",), lambda: faithfulness.profiled(summary, features, view.rows)
    yield ("columns_filled",), lambda: faithfulness.columns_filled(summary, features)
    yield (
        ("unique_key",),
        lambda: faithfulness.unique_key(view.key, query.duplicate_keys(table) if view.key else None),
    )
    if not view.joined:
        yield ("joined_keys", "joins_resolve"), faithfulness.no_joins
    for joined in view.joined:
        yield ("joined_keys",), _bound(_joined_keys, joined)
        if joined.event is not None:
            yield ("joins_resolve",), _bound(_resolve, table, joined.name, joined.event)
    yield ("possible_values",), lambda: _or_nothing("possible_values", _possible(view, numbers), len(numbers))
    yield ("wild_values",), lambda: _or_nothing("wild_values", _wild(view, numbers), len(numbers))
    yield ("possible_times",), lambda: _future(view, now)
    yield ("stuck_values",), lambda: _or_nothing("stuck_values", _stuck(view, numbers), len(numbers))
    timed = [f for f in features if f.kind == "timestamp"]
    yield (
        ("default_values",),
        lambda: _or_nothing("default_values", _defaults(view, numbers + timed), len(numbers + timed)),
    )
    yield ("missing_values",), lambda: _missing(view)


def _appropriateness(
    program: Program, reading: Reading, summary: Summary, now: datetime, given: Sequence[Answer]
) -> Iterator[Step]:
    label, source, table = program.label, program.source, reading.table
    features, timed = raw_columns(program), program.source.time is not None
    labels = cache(lambda: query.labels(table))
    periods = cache(lambda: query.rows_by_period(table) if timed else None)
    counted = cache(lambda: [c for f in features if (c := _by_label(table, f, summary, timed)) is not None])
    by = answers.declared_by(source)
    yield ("question", "decision"), lambda: answers.of_question(program.question, given, now, by)
    yield ("label_varies",), lambda: appropriateness.label_varies(label, labels())
    yield ("label_after_prediction",), lambda: _label_later(program, table, labels().labeled)
    yield ("next_period",), lambda: appropriateness.next_period(source, periods())
    yield ("columns_before_prediction",), lambda: _columns_earlier(program, reading)
    yield ("column_knows_label",), lambda: appropriateness.column_knows_label(label, counted())
    yield ("missing_knows_label",), lambda: appropriateness.missing_knows_label(label, counted())
    yield ("population",), lambda: appropriateness.population(source, periods(), summary)


def _reached(part: Part, rows: int, name: str | None) -> list[Finding]:
    rows = rows if name is None else query.size(part.table)
    return [
        *accessibility.reachable(part.source, rows, len(part.columns), part.files, name),
        *accessibility.parses(rows, part.rejected, part.rejects, name),
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


def _label_later(program: Program, table: ibis.Table, labeled: int) -> list[Finding]:
    early: Found | None = None
    if program.label.known_at is not None and program.source.time is not None:
        early = query.times_not_after(table.filter(table["__label"].notnull()))
    return appropriateness.label_after_prediction(program.label, program.source, early, labeled)


def _columns_earlier(program: Program, reading: Reading) -> list[Finding]:
    late: dict[str, Found] = {}
    for i, part in enumerate(reading.parts[1:]):
        event = _event(reading, i)
        if event is not None and program.source.time is not None:
            late[part.name] = query.times_after(reading.table, event)
    names = [f.name for f in raw_columns(program)]
    return appropriateness.columns_before_prediction(program.label, names, late)


def _joined_keys(joined: Joined) -> list[Finding]:
    found = query.duplicate_keys(joined.table, joined.key) if joined.key else None
    return faithfulness.joined_keys(joined.name, joined.key, found)


def _resolve(table: ibis.Table, name: str, event: str) -> list[Finding]:
    return faithfulness.joins_resolve(name, *query.joined_share(table, event))


def _possible(view: Faithful, numbers: Sequence[Feature]) -> list[Finding]:
    findings: list[Finding] = []
    for f in [f for f in view.features if f.kind == "number"]:
        column = view.summary.columns[f.name]
        infinite = query.not_finite(view.table, f.name) if column.nonfinite.sum() else None
        outside = None
        if f in numbers and faithfulness.outside_bounds(f, column):
            outside = query.beyond(view.table, f.name, *faithfulness.bounds(f))
        findings += faithfulness.possible_values(f, column, outside, infinite)
    return findings


def _wild(view: Faithful, numbers: Sequence[Feature]) -> list[Finding]:
    findings: list[Finding] = []
    for f in numbers:
        column = view.summary.columns[f.name]
        for wild in faithfulness.wild_tails(column):
            found = query.beyond(
                view.table, f.name, **{"above" if wild.side == "above" else "below": wild.bound}
            )
            findings += faithfulness.wild_values(f, column, wild, found)
    return findings


def _future(view: Faithful, now: datetime) -> list[Finding]:
    if not view.timed:
        return faithfulness.possible_times(None, now)
    return faithfulness.possible_times(query.beyond(view.table, "__time", above=now.timestamp()), now)


def _stuck(view: Faithful, numbers: Sequence[Feature]) -> list[Finding]:
    if not view.timed:
        return []
    findings: list[Finding] = []
    columns = view.summary.columns
    many = [f for f in numbers if faithfulness.many_valued(columns[f.name])]
    usual = {f.name: value for f in many if (value := faithfulness.common_value(columns[f.name])) is not None}
    for by, within in ((None, None), ("__entity", view.entity)):
        if by is not None and within is None:
            continue
        found = runs(view.table, [f.name for f in many], by, usual)
        done = {f.about for f in findings}
        for f in many:
            if f.name not in done and faithfulness.may_be_stuck(columns[f.name], found[f.name]):
                findings += faithfulness.stuck_values(f, found[f.name], within)
    return findings


def _defaults(view: Faithful, features: Sequence[Feature]) -> list[Finding]:
    findings: list[Finding] = []
    for f in features:
        column = view.summary.columns[f.name]
        if not column.counts.sum():
            continue
        for suspect in faithfulness.default_suspects(column):
            width = faithfulness.WIDTH_OF_A_DEFAULT_TIME if f.kind == "timestamp" else 0.0
            found = query.equal_to(view.table, f.name, suspect[0], width)
            findings += faithfulness.default_values(f, column, suspect, found)
    return findings


def _missing(view: Faithful) -> list[Finding]:
    columns = view.summary.columns
    masked = [f.name for f in view.features if columns[f.name].nulls.sum()]
    full = [f for f in view.features if columns[f.name].counts.sum()]
    centers = {
        f.name: c.grid.anchor for f in full if (c := columns[f.name]).grid is not None and f.kind == "number"
    }
    if not masked:
        return missing.missing_values(query.no_nulls(), [], query.no_periods(()), view.rows)
    patterns = query.null_patterns(view.table, masked, centers)
    names = [f.name for f in full if f.kind in ("category", "boolean")]
    values = [query.nulls_by_value(view.table, masked, name) for name in names]
    periods = query.nulls_by_period(view.table, masked) if view.timed else query.no_periods(masked)
    return missing.missing_values(patterns, values, periods, view.rows)


def _by_label(table: ibis.Table, f: Feature, summary: Summary, timed: bool) -> ByLabel | None:
    column = summary.columns[f.name]
    if not column.counts.sum() or (f.kind == "timestamp" and not timed):
        return None
    if f.kind in ("number", "timestamp"):
        grid = column.grid if f.kind == "number" else None
        return query.by_label(table, f.name, f.kind, grid, few=column.values is not None)
    return query.by_label(table, f.name, f.kind, few=len(column.labels) <= FEW_LABELS)


def _or_nothing(check: str, findings: list[Finding], looked_at: int) -> list[Finding]:
    return findings or faithfulness.nothing_found(check, looked_at)


def _event(reading: Reading, join: int) -> str | None:
    """Return the column with the event time of join number `join`, None when the table has none."""
    names = [name for name in reading.table.columns if name.startswith("__event_")]
    names.sort(key=lambda name: int(name.rsplit("_", 1)[1]))
    return names[join] if join < len(names) else None


def _bound(function: Callable[..., list[Finding]], *args: object) -> Callable[[], list[Finding]]:
    return lambda: function(*args)
