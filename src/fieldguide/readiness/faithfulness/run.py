"""The checks of band B, made: which queries they take, in the order of the levels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial

import ibis

from fieldguide.finding import Finding
from fieldguide.program import Feature
from fieldguide.readiness.check import Queues, Step
from fieldguide.readiness.faithfulness import defaults, keys, missing, possible, profile, stuck, times, wild
from fieldguide.readiness.faithfulness.cells import run as cells
from fieldguide.readiness.faithfulness.points import nothing_found
from fieldguide.readiness.faithfulness.view import Faithful, Joined
from fieldguide.tables import query
from fieldguide.tables.query.runs import runs


def steps(view: Faithful, now: datetime, queues: Queues) -> Iterator[Step]:
    """Yield the checks of the band with what makes them, in the order of the levels."""
    summary, features, table = view.summary, view.features, view.table
    numbers = [f for f in features if f.kind == "number" and summary.columns[f.name].counts.sum()]
    yield ("profiled",), lambda: profile.profiled(summary, features, view.rows)
    yield ("columns_filled",), lambda: profile.columns_filled(summary, features)
    yield (
        ("unique_key",),
        lambda: keys.unique_key(view.key, query.duplicate_keys(table) if view.key else None),
    )
    if not view.joined:
        yield ("joined_keys", "joins_resolve"), keys.no_joins
    for joined in view.joined:
        yield ("joined_keys",), partial(_joined_keys, joined)
        if joined.event is not None:
            yield ("joins_resolve",), partial(_resolve, table, joined.name, joined.event)
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
    yield from cells.steps(view, queues)


def _joined_keys(joined: Joined) -> list[Finding]:
    found = query.duplicate_keys(joined.table, joined.key) if joined.key else None
    return keys.joined_keys(joined.name, joined.key, found)


def _resolve(table: ibis.Table, name: str, event: str) -> list[Finding]:
    return keys.joins_resolve(name, *query.joined_share(table, event))


def _possible(view: Faithful, numbers: Sequence[Feature]) -> list[Finding]:
    findings: list[Finding] = []
    for f in [f for f in view.features if f.kind == "number"]:
        column = view.summary.columns[f.name]
        infinite = query.not_finite(view.table, f.name) if column.nonfinite.sum() else None
        outside = None
        if f in numbers and possible.outside_bounds(f, column):
            outside = query.beyond(view.table, f.name, *possible.bounds(f))
        findings += possible.possible_values(f, column, outside, infinite)
    return findings


def _wild(view: Faithful, numbers: Sequence[Feature]) -> list[Finding]:
    findings: list[Finding] = []
    for f in numbers:
        column = view.summary.columns[f.name]
        for torn in wild.wild_tails(column):
            found = query.beyond(
                view.table, f.name, **{"above" if torn.side == "above" else "below": torn.bound}
            )
            findings += wild.wild_values(f, column, torn, found)
    return findings


def _future(view: Faithful, now: datetime) -> list[Finding]:
    if not view.timed:
        return times.possible_times(None, now)
    told = view.summary.columns.get(view.source.time or "")
    if told is not None and told.kind == "timestamp" and not (told.high > now.timestamp()).any():
        return times.possible_times(query.Found(0), now)
    return times.possible_times(query.beyond(view.table, "__time", above=now.timestamp()), now)


def _stuck(view: Faithful, numbers: Sequence[Feature]) -> list[Finding]:
    if not view.timed:
        return []
    findings: list[Finding] = []
    columns = view.summary.columns
    many = [f for f in numbers if stuck.many_valued(columns[f.name])]
    usual = {f.name: value for f in many if (value := stuck.common_value(columns[f.name])) is not None}
    for by, within in ((None, None), ("__entity", view.entity)):
        if by is not None and within is None:
            continue
        found = runs(view.table, [f.name for f in many], by, usual)
        done = {f.about for f in findings}
        for f in many:
            if f.name not in done and stuck.may_be_stuck(columns[f.name], found[f.name]):
                findings += stuck.stuck_values(f, found[f.name], within)
    return findings


def _defaults(view: Faithful, features: Sequence[Feature]) -> list[Finding]:
    findings: list[Finding] = []
    for f in features:
        column = view.summary.columns[f.name]
        if not column.counts.sum():
            continue
        for suspect in defaults.default_suspects(column):
            width = defaults.WIDTH_OF_A_DEFAULT_TIME if f.kind == "timestamp" else 0.0
            found = query.equal_to(view.table, f.name, suspect[0], width)
            findings += defaults.default_values(f, column, suspect, found)
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
    patterns = query.null_patterns(view.table, masked, centers, columns)
    named = {f.name: columns[f.name] for f in full if f.kind in ("category", "boolean")}
    by_value = query.nulls_by_values(view.table, masked, named)
    if query.by_spans(view.summary):
        periods = query.nulls_by_span(view.summary, masked)
    else:
        periods = query.nulls_by_period(view.table, masked) if view.timed else query.no_periods(masked)
    return missing.missing_values(patterns, by_value, periods, view.rows)


def _or_nothing(check: str, findings: list[Finding], looked_at: int) -> list[Finding]:
    return findings or nothing_found(check, looked_at)
