"""The checks of band B, made: which queries they take, in the order of the levels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, partial

import numpy as np

from fieldguide.errors import FieldguideError, suggest
from fieldguide.finding import Finding
from fieldguide.program import Feature
from fieldguide.readiness.check import Queues, Step
from fieldguide.readiness.checks import found
from fieldguide.readiness.faithfulness import (
    alignment,
    audit,
    capped,
    clocks,
    defaults,
    digits,
    gaps,
    keys,
    missing,
    mixture,
    plausible,
    possible,
    profile,
    repeats,
    resolution,
    sampling,
    stretches,
    stuck,
    times,
    units,
    wild,
)
from fieldguide.readiness.faithfulness.cells import run as cells
from fieldguide.readiness.faithfulness.points import day, nothing_found, number, points
from fieldguide.readiness.faithfulness.view import Faithful, Joined
from fieldguide.tables import query
from fieldguide.tables.query import Found
from fieldguide.tables.query.measured import compared, measured_again
from fieldguide.tables.query.measured import weights as row_weights
from fieldguide.tables.query.rhythm import Rhythm, rhythm
from fieldguide.tables.query.runs import runs
from fieldguide.tables.summary import ColumnSummary
from fieldguide.tables.tally import Flags, Floats, Ints


def steps(view: Faithful, now: datetime, queues: Queues) -> Iterator[Step]:
    """Yield the checks of the band with what makes them, in the order of the levels."""
    one = _Columns(view)
    yield ("profiled",), lambda: profile.profiled(view.summary, view.features, view.rows)
    yield ("columns_filled",), lambda: profile.columns_filled(view.summary, view.features)
    yield (
        ("unique_key",),
        lambda: keys.unique_key(view.key, query.duplicate_keys(view.table) if view.key else None),
    )
    if not view.joined:
        yield ("joined_keys", "joins_resolve"), keys.no_joins
    for joined in view.joined:
        yield ("joined_keys",), partial(_joined_keys, joined)
        if joined.event is not None:
            yield ("joins_resolve",), partial(_resolve, one, joined)
    numbers = one.numbers
    yield _each("unit_names", [f for f in view.features if f.kind == "number"], units.unit_names)
    yield ("possible_values",), lambda: _or_nothing("possible_values", _possible(one), len(numbers))
    yield _each("plausible_values", numbers, partial(_plausible, one))
    yield _each("mixed_units", numbers, partial(_mixed, one))
    yield _each("wild_values", numbers, partial(_wild, one))
    yield ("possible_times",), lambda: _future(one, now)
    yield ("clocks",), lambda: _clocks(one)
    yield ("row_alignment",), lambda: alignment.row_alignment(view.lines, _ordering(view))
    yield ("stuck_values",), lambda: _or_nothing("stuck_values", _stuck(one), len(numbers))
    yield ("default_values",), lambda: _or_nothing("default_values", one.stand_ins, len(view.features))
    yield _each("capped_values", numbers, partial(_capped, one))
    yield ("repeated_rows",), lambda: stretches.repeated_rows(view.alike, len(view.key) > 1)
    yield ("time_gaps",), lambda: gaps.time_gaps(one.rhythm, view.source.timezone)
    yield _each("last_digits", numbers, lambda f: digits.last_digits(f, *one.digits(f), one.thin(f)))
    yield _each("first_digits", numbers, lambda f: digits.first_digits(f, *one.digits(f)))
    yield _each("resolution", numbers, partial(_resolution, one))
    yield ("weights",), lambda: _weights(view)
    yield ("repeatability",), lambda: _repeatability(view)
    yield ("audit",), lambda: _audit(view)
    yield ("missing_values",), lambda: _missing(one)
    yield from cells.steps(view, queues)


@dataclass(frozen=True)
class _Columns:
    """The columns of a view with what several checks ask of them, found out once."""

    view: Faithful

    def of(self, feature: Feature) -> ColumnSummary:
        """The summary of a column."""
        return self.view.summary.columns[feature.name]

    @cached_property
    def filled(self) -> tuple[Feature, ...]:
        """The columns that hold something."""
        return tuple(f for f in self.view.features if self.of(f).counts.sum())

    @cached_property
    def numbers(self) -> tuple[Feature, ...]:
        """The numbers that hold something."""
        return tuple(f for f in self.filled if f.kind == "number")

    @cached_property
    def rhythm(self) -> Rhythm | None:
        """The rows by hour, None where rows have no time."""
        return rhythm(self.view.table) if self.view.timed else None

    @cached_property
    def resolved(self) -> Mapping[str, tuple[int, int]]:
        """By joined source: how many rows found a partner, and how many there are."""
        told = [j for j in self.view.joined if j.event is not None]
        return {j.name: query.joined_share(self.view.table, str(j.event)) for j in told}

    @cached_property
    def suspects(self) -> Mapping[str, list[tuple[defaults.Suspect, Found]]]:
        """By column: the values that stand in for missing ones, with their rows."""
        columns = self.view.summary.columns
        seen = defaults.found_in(columns, [f.name for f in self.numbers])
        found_: dict[str, list[tuple[defaults.Suspect, Found]]] = {}
        for f in self.filled:
            if f.kind not in ("number", "timestamp"):
                continue
            more = {code: sum(n for c, n in rows.items() if c != f.name) for code, rows in seen.items()}
            told = defaults.default_suspects(columns[f.name], f, more)
            if f.kind == "timestamp":
                told += defaults.heaped_dates(self.view.lines.numbers[f.name], told)
            for suspect in told:
                width = defaults.WIDTH_OF_A_DEFAULT_TIME if f.kind == "timestamp" else 0.0
                where = query.equal_to(self.view.table, f.name, suspect.code, width)
                fewest = 1 if more.get(suspect.code) else defaults.FEWEST_DEFAULTS
                if where.rows >= fewest:
                    found_.setdefault(f.name, []).append((suspect, where))
        return found_

    @cached_property
    def stand_ins(self) -> list[Finding]:
        """What is found of values that stand in for missing ones."""
        findings: list[Finding] = []
        for f in self.filled:
            for suspect, where in self.suspects.get(f.name, []):
                findings += defaults.default_values(f, self.of(f), suspect, where, 1)
            findings += defaults.default_names(f, self.of(f)) if f.kind == "category" else []
        return findings

    def sure(self, feature: Feature) -> list[tuple[defaults.Suspect, Found]]:
        """The values of a column that are no values."""
        return [pair for pair in self.suspects.get(feature.name, []) if pair[0].sure]

    def digits(self, feature: Feature) -> tuple[Floats, Ints]:
        """The distinct values of a number, sorted, with their rows: of all rows, or of the lines when there are many."""
        if feature.name not in self._digits:
            if self.of(feature).values is not None:
                values, rows = points(self.of(feature))
            else:
                x = self.view.lines.numbers[feature.name]
                values, rows = np.unique(x[np.isfinite(x)], return_counts=True)
            keep = ~np.isin(values, [suspect.code for suspect, _ in self.sure(feature)])
            self._digits[feature.name] = values[keep], rows[keep]
        return self._digits[feature.name]

    @cached_property
    def _digits(self) -> dict[str, tuple[Floats, Ints]]:
        return {}

    def thin(self, feature: Feature) -> bool:
        """Whether the values are of some rows only."""
        return self.of(feature).values is None and len(self.view.lines) < self.view.rows

    @cached_property
    def groups(self) -> Mapping[str | None, tuple[Ints, Sequence[str]]]:
        """What the lines belong to: stretches of them in their order (None), and the names of each category."""
        return mixture.groups_of(self.view.lines)

    @cached_property
    def masks(self) -> Mapping[str, Flags]:
        """Which of the lines lack a value, the hidden ones among them."""
        lines = self.view.lines
        masks: dict[str, Flags] = {}
        for f in self.view.features:
            gone = lines.missing[f.name].copy()
            if f.name in lines.numbers:
                x = lines.numbers[f.name]
                gone |= ~np.isfinite(x)
                width = defaults.WIDTH_OF_A_DEFAULT_TIME if f.kind == "timestamp" else 0.0
                for suspect, _ in self.sure(f):
                    gone |= np.abs(x - suspect.code) <= width
            elif f.kind == "category":
                hidden = defaults.hidden_texts(self.of(f))
                codes = [i for i, label in enumerate(lines.labels[f.name]) if label in hidden]
                gone |= np.isin(lines.codes[f.name], codes)
            masks[f.name] = gone
        return masks


def _each(check: str, features: Sequence[Feature], look: Callable[[Feature], list[Finding]]) -> Step:
    return (check,), lambda: _or_nothing(check, [x for f in features for x in look(f)], len(features))


def _or_nothing(check: str, findings: list[Finding], looked_at: int) -> list[Finding]:
    return findings or nothing_found(check, looked_at)


def _joined_keys(joined: Joined) -> list[Finding]:
    found_ = query.duplicate_keys(joined.table, joined.key) if joined.key else None
    return keys.joined_keys(joined.name, joined.key, found_)


def _resolve(one: _Columns, joined: Joined) -> list[Finding]:
    return keys.joins_resolve(joined.name, *one.resolved[joined.name])


def _possible(one: _Columns) -> list[Finding]:
    findings: list[Finding] = []
    for f in [f for f in one.view.features if f.kind == "number"]:
        column = one.of(f)
        infinite = query.not_finite(one.view.table, f.name) if column.nonfinite.sum() else None
        outside = None
        if f in one.numbers and possible.outside_bounds(f, column):
            outside = query.beyond(one.view.table, f.name, *possible.bounds(f))
        findings += possible.possible_values(f, column, outside, infinite)
    return findings


def _plausible(one: _Columns, f: Feature) -> list[Finding]:
    column, names, findings = one.of(f), [g.name for g in one.view.features], []
    bound = plausible.bound_of(f, column, names)
    if bound is not None and plausible.outside(bound, column) and not one.sure(f):
        where = query.beyond(one.view.table, f.name, bound.low, bound.high)
        findings += plausible.plausible_values(f, column, bound, where)
    return findings + plausible.contradicted(f, column, names)


def _mixed(one: _Columns, f: Feature) -> list[Finding]:
    x = np.where(one.masks[f.name], np.nan, one.view.lines.numbers[f.name])
    return mixture.mixed_units(f, *one.digits(f), x, one.groups)


def _wild(one: _Columns, f: Feature) -> list[Finding]:
    findings: list[Finding] = []
    for torn in wild.wild_tails(one.of(f)):
        side = {"above" if torn.side == "above" else "below": torn.bound}
        where = query.beyond(one.view.table, f.name, **side)
        # what stands in for missing values is told by default_values
        stand_ins = {suspect.code: rows.rows for suspect, rows in one.suspects.get(f.name, [])}
        if set(where.values) <= set(stand_ins) and where.rows <= sum(stand_ins.values()):
            continue
        findings += wild.wild_values(f, one.of(f), torn, where)
    return findings


def _future(one: _Columns, now: datetime) -> list[Finding]:
    if not one.view.timed:
        return times.possible_times(None, now)
    table, rhythm_ = one.view.table, one.rhythm
    past = rhythm_ is not None and rhythm_.until <= now.timestamp() * 1e6
    later = query.Found(0) if past else query.beyond(table, "__time", above=now.timestamp())
    findings = times.possible_times(later, now, one.rhythm)
    return [
        replace(f, rows=query.beyond(table, "__time", **f.evidence["beyond"]).examples)
        if "beyond" in f.evidence
        else f
        for f in findings
    ]


def _clocks(one: _Columns) -> list[Finding]:
    view = one.view
    if one.rhythm is None:
        return [found("clocks", "pass", "no time column")]
    instants = [f.name for f in one.filled if f.kind == "timestamp"]
    return clocks.clocks(view.lines, one.rhythm, view.source.timezone, instants, not view.joined)


def _ordering(view: Faithful) -> list[str]:
    """Return the columns that may come in the order of the rows: keys, time, entity."""
    source = view.source
    return [name for name in (*view.key, source.time, source.entity, source.weight) if name is not None]


def _stuck(one: _Columns) -> list[Finding]:
    view = one.view
    if not view.timed:
        return []
    findings: list[Finding] = []
    many = [f for f in one.numbers if stuck.many_valued(one.of(f))]
    apart = {f.name: value for f in many if (value := stuck.common_value(one.of(f))) is not None}
    for by, within in ((None, None), ("__entity", view.entity)):
        if by is not None and within is None:
            continue
        seen = runs(view.table, [f.name for f in many], by, apart)
        done = {f.about for f in findings}
        for f in many:
            if f.name in done:
                continue
            mine = seen[f.name]
            if stuck.may_be_stuck(one.of(f), mine):
                findings += stuck.stuck_values(f, mine, within)
            if mine.usual is not None and f.name not in {x.about for x in findings}:
                findings += stuck.stuck_values(f, mine.usual, within)
    return findings


def _capped(one: _Columns, f: Feature) -> list[Finding]:
    column, findings = one.of(f), []
    values, rows = one.digits(f)
    codes = {suspect.code for suspect, _ in one.suspects.get(f.name, [])}
    total = int(column.counts.sum())
    for side in ("largest", "smallest"):
        heap = capped.heap_at_end(values, rows, side)
        if heap is None or heap.value in codes or capped.of_few(one.view.lines, f.name, heap.value):
            continue
        if one.thin(f):  # a heap of the drawn rows is counted among all, if it lies at the end of all
            end = float(np.nanmax(column.high) if side == "largest" else np.nanmin(column.low))
            if heap.value != end:
                continue
            heap = replace(heap, rows=query.equal_to(one.view.table, f.name, end).rows)
        findings += capped.capped_values(f, heap, total)
    return findings


def _resolution(one: _Columns, f: Feature) -> list[Finding]:
    lines = one.view.lines
    values = np.where(one.masks[f.name], np.nan, lines.numbers[f.name])
    return resolution.resolution(f, values, lines.time, len(lines) < lines.rows)


def _weights(view: Faithful) -> list[Finding]:
    name = view.source.weight
    return sampling.weights(name, row_weights(view.table, view.raw[name]) if name is not None else None)


def _repeatability(view: Faithful) -> list[Finding]:
    given = view.source.repeats
    audited = view.audit is not None
    columns = (given,) if isinstance(given, str) else tuple(given or ())
    features = {f.name: f for f in view.features if f.name in view.raw.columns and f.name not in columns}
    if not columns:
        return repeats.repeatability(features, None, view.accepted, audited)
    unknown = [name for name in columns if name not in view.raw.columns]
    if unknown:
        saw = f"Source(repeats=…): there is no column {unknown[0]!r}.{suggest(unknown[0], view.raw.columns)}"
        return [found("repeatability", "unknown", saw, todo="name columns of the main source")]
    centers = {f: c.grid.anchor for f in features if (c := view.summary.columns[f]).grid is not None}
    again = measured_again(view.raw, columns, list(features.values()), centers, view.source.timezone)
    return repeats.repeatability(features, again, view.accepted, audited)


def _audit(view: Faithful) -> list[Finding]:
    if view.audit is None:
        return audit.no_audit()
    if not view.key:
        return audit.not_read("rows are matched by their key, and Source(key=…) is not declared")
    try:
        anew = view.audit()
    except FieldguideError as error:
        return audit.not_read(str(error))
    lacking = [name for name in view.key if name not in anew.columns]
    if lacking:
        return audit.not_read(f"it has no column {lacking[0]!r}.{suggest(lacking[0], anew.columns)}")
    features = {
        f.name: f
        for f in view.features
        if f.name in view.raw.columns
        and f.name in anew.columns
        and f.name not in view.key
        and f.kind != "timestamp"
    }
    matched, alone, columns = compared(
        view.raw, anew, view.key, list(features.values()), view.source.timezone
    )
    return audit.audit(features, matched, alone, columns)


def _missing(one: _Columns) -> list[Finding]:
    view = one.view
    counts: dict[str, missing.Missing] = {}
    for f in view.features:
        column = one.of(f)
        hidden = {
            (day(suspect.code) if f.kind == "timestamp" else number(suspect.code)): where.rows
            for suspect, where in one.sure(f)
        }
        hidden |= {repr(label): n for label, n in defaults.hidden_texts(column).items()}
        partner = next(
            (j.name for j in view.joined if f.name in j.table.columns and f.name not in view.raw.columns),
            None,
        )
        resolved, rows = one.resolved.get(partner or "", (0, 0))
        nulls = int(column.nulls.sum() + column.nonfinite.sum())
        counts[f.name] = missing.Missing(nulls, hidden, partner, rows - resolved)
    return missing.missing_values(view.lines, counts, one.masks)
