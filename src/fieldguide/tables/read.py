"""read: from a program to its canonical table, with what could not be read and what there was.

The canonical table has one column for each raw column, under its own name and of its kind's type (number
float64, category string, timestamp in UTC with microseconds, boolean), and beside them `__key` (several key
columns joined by |), `__time`, `__entity`, `__label` (float64: 0 and 1, or the amount; null while unknown),
`__known_at`, `__weight` (1.0 where none is declared) and, for the joined source number i = 1, 2 …, `__event_i`:
the time of the joined row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

import ibis
import pyarrow as pa

from fieldguide.errors import DataError
from fieldguide.program import Feature, Join, Program, Source, directory
from fieldguide.tables import engines as engine
from fieldguide.tables.draw import BESIDE, Drawn, Wanted, draw
from fieldguide.tables.join import latest_known, without_doubles
from fieldguide.tables.known import as_known, limit_of, real
from fieldguide.tables.labels import label_cell
from fieldguide.tables.needed import Needed, check_columns
from fieldguide.tables.slicing import instant
from fieldguide.tables.sources.fetch import fetch
from fieldguide.tables.sources.rows import MOST_SHOWN, FileRead, Reject, Rows, find_rows
from fieldguide.tables.typed import Cell, Column, cell, key, number, prepared, text, timestamp
from fieldguide.tables.written import Written, proved

__all__ = ["Extent", "Part", "Reading", "Reject", "main_rows", "read", "read_rows", "read_table"]

AS_CAME = "as it came: "
"""Before the name of a column as it came, where it stands beside the canonical ones."""
MOST_TEXTS = 1_000
"""Different unreadable texts of a column whose places are looked for."""


@dataclass(frozen=True)
class Extent:
    """What a reading is about: where, how many rows, from when to when (ISO 8601, UTC), and a hash of the content.

    The hash does not depend on the order of the rows; it names the engine by which it was made.
    """

    source: str
    rows: int
    since: str | None
    until: str | None
    hash: str


@dataclass(frozen=True)
class Part:
    """One source as it came: its own column names and types, all its columns (`table`; text throughout for CSV).

    `rejected` lines and values could not be read, `rejects` are the first 20 of them; a value that could
    not be read is null in the canonical table, a line is missing from it. `doubles` rows of a joined source
    were left out because another has the same `on` and `as_of`. `notes` say in a sentence each what was decided
    or mended in reading, with its evidence; `details` how each file was read, `decimal` is the decimal sign that
    the file proves.
    """

    name: str
    source: Source
    table: ibis.Table
    rejects: tuple[Reject, ...] = ()
    rejected: int = 0
    columns: Mapping[str, str] = field(default_factory=dict, hash=False)
    files: tuple[str, ...] = ()
    doubles: int = 0
    notes: tuple[str, ...] = ()
    details: tuple[FileRead, ...] = ()
    decimal: str | None = None


@dataclass(frozen=True)
class Reading:
    """The canonical table, the sources it was made of (the main one first), and its extent.

    `event_columns` names, for each raw column that a join brought, the column that holds its time. `drawn` is the
    sample of the main source that was read, None when all of it was. `both` holds the canonical columns and, under
    names that begin with AS_CAME, those of the main source: where that can be scanned again cheaply.
    """

    table: ibis.Table
    parts: tuple[Part, ...]
    extent: Extent
    event_columns: Mapping[str, str] = field(default_factory=dict, hash=False)
    drawn: Drawn | None = None
    both: ibis.Table | None = None


def read(
    program: Program,
    *,
    base: Path | None = None,
    until: str | datetime | None = None,
    wanted: Wanted | None = None,
    connection: Any = None,
) -> Reading:
    """Read the program's sources and return its canonical table.

    Paths are relative to `base` (default: the folder of the program's file). With `until` (naive: in the
    source's time zone), only what was known before then is used: rows with an earlier time, and labels that
    were known by then (`known_at`, else the time plus `arrives_within`); later ones are null. With
    `silence="negative"` a missing label means no once `arrives_within` has passed, counted up to `until` or
    the latest time in the source. With `wanted` only a sample of the main source is read; then `__weight` is
    one over each row's probability of inclusion (times the declared weight).

    Raises DataError when a source is missing, empty or unreadable; ProgramError when the program names
    columns that it does not have, or of another kind.
    """
    connection = connection or engine.connect()
    base = directory(program) if base is None else Path(base)
    needed = Needed.of(program, labeled=True)
    made = _make(program, needed, program.source.data, base, connection, joins=True, wanted=wanted)
    limit = limit_of(until, program)
    table = as_known(made.table, program, limit)
    count, digest = engine.content_hash(table.drop(*_told_otherwise(needed, made)))
    if not count:
        raise DataError(
            f"{program.source.place} has no rows before {until}; expected at least one: choose a later until."
        )
    time = table["__time"]
    ends = engine.to_arrow(
        table.aggregate(low=engine.microseconds(time.min()), high=engine.microseconds(time.max()))
    )
    since, latest = (instant(ends[name][0].as_py()) for name in ("low", "high"))
    extent = Extent(program.source.place, count, since, latest, digest)
    both = None if made.both is None else as_known(made.both, program, limit)
    return Reading(table, made.parts, extent, MappingProxyType(made.events), made.drawn, both)


def _numbered(ready: ibis.Table, columns: Mapping[str, Any]) -> ibis.Table | None:
    """Return columns made of rows with the numbers of the rows, `__row`; None where an engine has to read them anew for that."""
    numbered = engine.numbered(ready)
    if getattr(numbered.op(), "parent", None) != ready.op():
        return None
    return numbered.select(**columns, __row=numbered["__row"])


def _told_otherwise(needed: Needed, made: _Made) -> list[str]:
    """Return the columns that add nothing to the content: those that nothing is declared for, and the time's double."""
    declared = {
        "__key": needed.key,
        "__entity": needed.entity,
        "__label": needed.label.name,
        "__known_at": needed.label.known_at,
        "__weight": needed.weight or made.drawn,
        "__time": needed.time and needed.time not in {f.name for f in needed.raw if f.kind == "timestamp"},
    }
    return [name for name, something in declared.items() if not something]


def read_rows(program: Program, data: Any, *, base: Path | None = None, connection: Any = None) -> pa.Table:
    """Return rows to predict as a canonical table: raw columns, and key, time and entity where they are given.

    `data` is what a Source's is. Raw columns of joined sources are expected in the rows themselves.

    Raises DataError and ProgramError as `read` does.
    """
    connection = connection or engine.connect()
    base = Path.cwd() if base is None else Path(base)
    made = _make(program, Needed.of(program, labeled=False), data, base, connection, joins=False)
    return engine.to_arrow(made.table)


def main_rows(program: Program, *, base: Path | None = None, connection: Any = None) -> Rows:
    """Return the rows of a program's main source as they came.

    Raises DataError as `read` does.
    """
    base = directory(program) if base is None else Path(base)
    return fetch(program.source, base, connection or engine.connect(), program.source.place)


def read_table(data: Any, base: Path | None = None, *, connection: Any = None) -> Part:
    """Return a source as it came, where there is no program yet: a Source, or what a Source is made of.

    Raises DataError as `read` does.
    """
    connection = connection or engine.connect()
    source = data if isinstance(data, Source) else Source(data)
    found = fetch(source, Path.cwd() if base is None else Path(base), connection, source.place)
    return _part(source, found)


@dataclass(frozen=True)
class _Made:
    table: ibis.Table
    parts: tuple[Part, ...]
    events: dict[str, str]
    drawn: Drawn | None = None
    both: ibis.Table | None = None


@dataclass(frozen=True)
class _Typed:
    """A source with canonical columns: `flags` names, by column as it came, the column that says where it is wrong."""

    table: ibis.Table
    ready: ibis.Table
    cells: Mapping[str, Cell]
    found: Rows
    flags: Mapping[str, str]
    scanned: bool = False


def _make(
    program: Program,
    needed: Needed,
    data: Any,
    base: Path,
    connection: Any,
    *,
    joins: bool,
    wanted: Wanted | None = None,
) -> _Made:
    source = program.source
    place = source.place if data is source.data else str(data) if isinstance(data, str | Path) else "the rows"
    asked = source if data is source.data else Source(data, format=source.format, timeout=source.timeout)
    main = fetch(asked, base, connection, place)
    declared = source.joins if joins else ()
    joined = [fetch(j.source, base, connection, j.source.place) for j in declared]
    check_columns(program, needed, place, main, joined, joins)
    drawn = None if wanted is None else draw(program, main.table, wanted)
    given = main.table if drawn is None else drawn.table
    main = main if drawn is None else replace(main, table=given.drop(*BESIDE))

    raw = [(f.name, f.kind) for f in needed.raw if f.name in main.table.columns]
    label = needed.label
    times = [(name, "timestamp") for name in (needed.time, label.known_at) if name is not None]
    amounts = [(name, "number") for name in (needed.weight, label.name) if name]

    def canonical(ready: ibis.Table) -> tuple[dict[str, Cell], dict[str, Any]]:
        here = {name: Column(ready, name, place) for name in main.table.columns}
        cells = {name: cell(here[name], kind, source.timezone) for name, kind in raw}
        cells |= _beside(needed, here, source.timezone, part=drawn is not None)
        if drawn is not None:
            cells["__weight"] = Cell(ready["__weight"])
        links: dict[str, Any] = {}
        for i, join in enumerate(declared, 1):
            links |= {f"__on_{i}_{k}": text(here[name], "a join") for k, name in enumerate(join.keys)}
        return cells, links

    costly = bool(declared) or main.find is not None
    typed, notes = _as_written(main, given, [*raw, *times, *amounts], canonical, stored=costly)
    ready, cells = typed.ready, typed.cells
    parts = [_counted(_part(source, main, place, notes=notes), typed)]
    table = typed.table.drop(*typed.flags.values())
    links = {name for name in table.columns if name.startswith("__on_")}
    events: dict[str, str] = {}
    for i, (join, found) in enumerate(zip(declared, joined, strict=True), 1):
        taken = [f for f in needed.raw if f.name in found.table.columns and f.name not in {*cells, *events}]
        right, on, told = _joined(i, join, found, taken)
        rows, doubles = without_doubles(right.table.drop(*right.flags.values()), list(on), f"__event_{i}")
        own = dict(zip([f"__on_{i}_{k}" for k in range(len(on))], on, strict=True))
        table = latest_known(table, rows, on=own, as_of=f"__event_{i}", within=join.within)
        events |= dict.fromkeys((f.name for f in taken), f"__event_{i}")
        parts.append(_counted(_part(join.source, found, doubles=doubles, notes=told), right))
    beside = [name for name in table.columns if name.startswith("__") and name not in links]
    table = table.select(*(f.name for f in needed.raw), *beside)
    both = None
    if typed.scanned:
        came: dict[str, Any] = {AS_CAME + name: ready[name] for name in main.table.columns}
        both = _numbered(ready, {**{name: cells[name].value for name in table.columns}, **came})
    return _Made(engine.materialize(table) if declared else table, tuple(parts), events, drawn, both)


def _joined(
    i: int, join: Join, found: Rows, taken: Sequence[Feature]
) -> tuple[_Typed, dict[str, Any], tuple[str, ...]]:
    """Return the columns of a joined source that are taken, with the time and the columns it is joined on, and notes."""

    def canonical(ready: ibis.Table) -> tuple[dict[str, Cell], dict[str, Any]]:
        there = {name: Column(ready, name, join.source.place) for name in found.table.columns}
        cells = {f.name: cell(there[f.name], f.kind, join.source.timezone) for f in taken}
        cells[f"__event_{i}"] = timestamp(there[join.as_of], join.source.timezone)
        return cells, {f"__there_{i}_{k}": text(there[name], "a join") for k, name in enumerate(join.keys)}

    wanted = [(f.name, f.kind) for f in taken] + [(join.as_of, "timestamp")]
    typed, notes = _as_written(found, found.table, wanted, canonical, stored=True)
    return typed, canonical(typed.ready)[1], notes


Canonical = Callable[[ibis.Table], tuple[dict[str, Cell], dict[str, Any]]]
"""From a prepared table to its canonical columns, and the columns that stand beside them."""


def _as_written(
    found: Rows, given: ibis.Table, wanted: Sequence[tuple[str, str]], canonical: Canonical, *, stored: bool
) -> tuple[_Typed, tuple[str, ...]]:
    """Return the canonical columns, read as they are proved to be written where they cannot be read as they are."""
    if found.written:  # "" in a file of text is nothing, as is what stands between two separators
        texts = [name for name in given.columns if given[name].type().is_string()]
        given = given.mutate(**{name: given[name].nullif("") for name in texts})
    ways: dict[tuple[str, str], Written] = {}
    notes: tuple[str, ...] = ()
    if found.decimal == ",":  # there 1.234 is no number between one and two
        known = proved(given, [(name, kind) for name, kind in wanted if kind == "number"], ",")
        ways, notes = dict(known.ways), known.notes
    typed = _typed(found, prepared(given, wanted, ways), canonical, stored=stored)
    wrong = {column for column, n in _times_wrong(typed).items() if n}
    doubtful = [(name, kind) for name, kind in wanted if name in wrong and (name, kind) not in ways]
    if doubtful:
        seen = proved(given, doubtful, found.decimal)
        notes += tuple(note for note in seen.notes if note not in notes)
        if seen.ways:
            engine.drop(typed.table)
            typed = _typed(found, prepared(given, wanted, {**ways, **seen.ways}), canonical, stored=stored)
    return typed, notes


def _typed(found: Rows, ready: ibis.Table, canonical: Canonical, *, stored: bool) -> _Typed:
    """Return the canonical columns; stored when they are costly to make, since many queries will read them."""
    cells, more = canonical(ready)
    fallible = {c.column: c for c in cells.values() if c.wrong is not None}
    flags = {column: f"__wrong_{i}" for i, column in enumerate(fallible)}
    told = {flags[column]: c.wrong for column, c in fallible.items()}
    table = ready.select(**{name: c.value for name, c in cells.items()}, **more, **told)
    stored = stored or bool(fallible)
    return _Typed(
        engine.materialize(table) if stored else table, ready, cells, found, flags, scanned=not stored
    )


def _times_wrong(typed: _Typed) -> dict[str, int]:
    """Count the values of each column that could not be read."""
    if not typed.flags:
        return {}
    sums = {flag: typed.table[flag].cast("int64").sum() for flag in typed.flags.values()}
    counts = engine.to_arrow(typed.table.aggregate(**sums))
    return {column: int(counts[flag][0].as_py() or 0) for column, flag in typed.flags.items()}


def _beside(needed: Needed, here: Mapping[str, Column], zone: str, *, part: bool) -> dict[str, Cell]:
    """Return the columns beside the raw ones; what is not declared, or not there, is null. `part`: the rows are a sample."""

    def given(name: str | None, make: Callable[[Column], Cell], kind: Any) -> Cell:
        if name is None or name not in here:
            return Cell(ibis.literal(None, kind))
        return make(here[name])

    def at(column: Column) -> Cell:
        return timestamp(column, zone)

    def weight(column: Column) -> Cell:
        found = number(column)
        return replace(found, value=found.value.fill_null(real(1)))

    label = needed.label
    keys = [here[name] for name in needed.key if name in here]
    whole_key = bool(keys) and len(keys) == len(needed.key)
    weighted = needed.weight is not None and needed.weight in here
    return {
        "__key": Cell(key(keys) if whole_key else ibis.literal(None, "string")),
        "__time": given(needed.time, at, engine.INSTANT),
        "__entity": given(needed.entity, lambda column: Cell(text(column)), "string"),
        "__label": given(label.name or None, lambda column: label_cell(column, label, part=part), "float64"),
        "__known_at": given(label.known_at, at, engine.INSTANT),
        "__weight": given(needed.weight, weight, "float64") if weighted else Cell(real(1)),
    }


def _part(
    source: Source, found: Rows, place: str | None = None, *, doubles: int = 0, notes: tuple[str, ...] = ()
) -> Part:
    return Part(
        name=place or source.place,
        source=source,
        table=found.table,
        rejects=found.rejects,
        rejected=found.rejected,
        columns=MappingProxyType({name: str(kind) for name, kind in found.table.schema().items()}),
        files=found.files,
        doubles=doubles,
        notes=(*found.notes, *notes),
        details=found.details,
        decimal=found.decimal,
    )


def _counted(part: Part, typed: _Typed) -> Part:
    """Return the part with the values counted that could not be read, and the first of them named."""
    times = _times_wrong(typed)
    if not any(times.values()):
        return part
    wrong = {c.column: c for c in typed.cells.values() if c.wrong is not None}
    wanted: dict[str, set[str]] = {}
    for column in (column for column, n in times.items() if n):
        bad = typed.ready.filter(wrong[column].wrong)
        texts = bad.select(v=bad[column].cast("string")).distinct().order_by("v").limit(MOST_TEXTS)
        wanted[column] = set(engine.to_arrow(texts)["v"].to_pylist())
    hits = typed.found.find(wanted) if typed.found.find else find_rows(part.table, wanted, part.name)
    new = [
        Reject(file, line, column, given[:200], wrong[column].reason)
        for file, line, column, given in islice(hits, 2 * MOST_SHOWN)
    ]
    shown = sorted([*part.rejects, *new], key=lambda r: (r.file, r.line))[:MOST_SHOWN]
    return replace(part, rejects=tuple(shown), rejected=part.rejected + sum(times.values()))
