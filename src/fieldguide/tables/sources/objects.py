"""JSON: an object a line, an array of objects, or an object that holds the array; nested objects become columns a.b.

Lists stay as JSON text. Texts stay texts, also those that look like dates.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import ibis

from fieldguide.errors import DataError, suggest
from fieldguide.tables import engines as engine
from fieldguide.tables.sources import encodings, scratch
from fieldguide.tables.sources.archives import File
from fieldguide.tables.sources.heading import distinct
from fieldguide.tables.sources.rows import MOST_SHOWN, FileRead, Reject, Rows, first_line, listed
from fieldguide.tables.sources.survey import survey

LONGEST = 128 << 20
"""Bytes of one object."""
_TEXTS = (
    "date",
    "time",
    "timestamp",
    "timestamp with time zone",
    "timestamp_s",
    "timestamp_ms",
    "timestamp_ns",
    "uuid",
    "json",
)
_OPTIONS = f"union_by_name = true, sample_size = -1, maximum_object_size = {LONGEST}, map_inference_threshold = -1, compression = 'uncompressed'"
_WHOLE = "an object a line, or an array of objects"


def read_objects(file: File, connection: Any, wanted: str | None) -> Rows:
    """Return the records of a JSON file; `wanted` names the list of records where an object holds several.

    Raises DataError when it holds none, or they cannot be read.
    """
    path, notes = _decoded(file, connection)
    broken: list[Reject] = []
    count = 0
    try:
        table = _scan(path, connection)
    except duckdb.Error as error:
        mended = scratch.fresh_file(connection, "mended.ndjson")
        count, broken = _mended(path, file.name, mended)
        if not count:
            inner = _streamed(path, connection, wanted)
            if inner is None:
                raise _unreadable(file, error) from error
            path = inner
        elif not mended.stat().st_size:
            told = broken[0]
            raise DataError(
                f"{file.name} could not be read as JSON; line {told.line}: {told.reason}: {told.text[:60]!r}; expected {_WHOLE}."
            ) from error
        else:
            path = mended
        try:
            table = _scan(path, connection)
        except duckdb.Error as again:
            raise _unreadable(file, again) from again
    if table.columns == ("json",) and not table.schema()["json"].is_struct():
        table = _no_records(file, table)
    table, more = _unwrapped(file, table, connection, wanted)
    table, names, shape = _flat(table, connection)
    notes = (*notes, *more, *shape)
    detail = FileRead(file.name, "json", names, rejected=count, notes=notes)
    return Rows(table, rejects=tuple(broken), rejected=count, details=(detail,), notes=notes)


def _unreadable(file: File, error: BaseException) -> DataError:
    told = first_line(error, {file.path: file.name})
    told = re.sub(r" in file \S+", "", re.sub(r'in file "[^"]*",? ?', "", told)).strip()
    return DataError(
        f"{file.name} could not be read as JSON ({told}); expected {_WHOLE}: check its end, or write it again."
    )


def _no_records(file: File, table: ibis.Table) -> ibis.Table:
    """Raise DataError for a file that holds values or lists; one that holds nothing has no rows."""
    found = engine.to_arrow(table.limit(1))
    if not len(found):
        return table
    shown = json.dumps(found["json"][0].as_py(), default=str)[:60]
    raise DataError(
        f"{file.name} holds values and no records (the first: {shown}); expected {_WHOLE}, each with the names of its values."
    )


def _decoded(file: File, connection: Any) -> tuple[Path, tuple[str, ...]]:
    """Return the file as UTF-8 without a mark: itself, or a copy."""
    found = encodings.marked(file.path)
    if found is None:
        seen = survey(file.path, file.name, longest=None)
        if seen.utf8:
            return file.path, ()
        found = encodings.decided(seen, file.name)
    copy = scratch.fresh_file(connection, f"{file.path.name}.utf8")
    return scratch.pour(encodings.to_utf8(file.path, found), copy, file.name), found.notes


def _scan(path: Path, connection: Any) -> ibis.Table:
    """Return what the engine reads of a file; dates and other texts are texts."""
    file = engine.quoted(str(path))
    described = connection.con.sql(f"SELECT * FROM read_json({file}, {_OPTIONS})")
    names, types = described.columns, described.types
    lower = [name.lower() for name in names]
    if any(re.sub(r"_\d+$", "", name) in lower for name in lower if re.search(r"_\d+$", name)):
        # names that differ by case only: the engine tells them apart by itself, but not when it is told the columns
        return engine.create(connection, f"SELECT * FROM read_json({file}, {_OPTIONS})")
    columns = ", ".join(
        f"{engine.quoted(name)}: {engine.quoted(_type(kind))}"
        for name, kind in zip(names, types, strict=True)
    )
    return engine.create(connection, f"SELECT * FROM read_json({file}, {_OPTIONS}, columns = {{{columns}}})")


def _type(kind: Any) -> str:
    """Return a type with text in place of dates, times and ids."""
    if kind.id == "struct":
        return (
            "STRUCT("
            + ", ".join(f"{engine.identifier(name)} {_type(inner)}" for name, inner in kind.children)
            + ")"
        )
    if kind.id == "list":
        return f"{_type(kind.children[0][1])}[]"
    if kind.id == "map":
        return f"MAP(VARCHAR, {_type(kind.children[1][1])})"
    return "VARCHAR" if str(kind).lower() in _TEXTS else str(kind)


def _mended(path: Path, name: str, copy: Path) -> tuple[int, list[Reject]]:
    """Write the lines that are objects to a copy; return how many others there are, and the first of them.

    None where no line is an object, since then the file is not written so.
    """
    count = good = 0
    broken: list[Reject] = []
    with path.open(encoding="utf-8", errors="replace") as lines, copy.open("wb") as out:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                fits = isinstance(json.loads(line), dict)
                reason = "no JSON object"
            except (ValueError, RecursionError) as error:
                fits, reason = False, str(error).split(":", 1)[0]
            if fits:
                good += 1
                scratch.pour_into([line.rstrip("\n").encode() + b"\n"], out, name)
            else:
                count += 1
                if len(broken) < MOST_SHOWN:
                    broken.append(Reject(name, number, None, line.rstrip("\n")[:200], reason))
                if count > 1_000 and count > good:
                    break
    written_so = good > 0 or (count > 0 and path.stat().st_size < 1 << 20 and not _begins_whole(path))
    return (count, broken) if written_so and not (count > 1_000 and count > good) else (0, [])


def _begins_whole(path: Path) -> bool:
    """Whether a file begins an array, or an object that goes on in the next line."""
    with path.open(encoding="utf-8", errors="replace") as lines:
        first = next((line for line in lines if line.strip()), "")
    return first.lstrip().startswith("[") or first.rstrip().endswith(("{", "[", ","))


def _unwrapped(
    file: File, table: ibis.Table, connection: Any, wanted: str | None
) -> tuple[ibis.Table, tuple[str, ...]]:
    """Return the records that a single object holds; the table itself where its rows are the records."""
    first = engine.to_arrow(table.limit(2))
    if len(first) != 1:
        if wanted is not None and len(first):
            raise DataError(
                f"{file.name} is a list of records itself, and holds none called {wanted!r}; leave out table=."
            )
        return table, ()
    lists = list(_lists(table.schema().items()))
    if wanted is not None:
        lists = [each for each in lists if wanted in (each.name, each.path[-1])]
        if not lists:
            known = [each.name for each in _lists(table.schema().items())]
            raise DataError(
                f"{file.name} holds no list of records {wanted!r}.{suggest(wanted, known)} It holds {listed(known)}."
            )
    if len(lists) > 1:
        longest = _lengths(table, lists, connection)
        if sum(1 for n in longest if n) == 1:
            lists = [lists[next(i for i, n in enumerate(longest) if n)]]
    if len(lists) > 1:
        raise DataError(
            f"{file.name} holds several lists of records ({listed([each.name for each in lists])}); name one of them: "
            f"Source(…, table={lists[0].name!r})."
        )
    if not lists:
        return _by_columns(table, connection)
    sql = f"SELECT unnest({lists[0].sql}) AS r FROM {_from(table)}"
    records = engine.create(connection, f"SELECT r.* FROM ({sql})")
    engine.drop(table)
    beside = [name for name in first.column_names if name != lists[0].path[0]]
    told = f"; beside it: {listed(beside)}" if beside else ""
    return records, (f"the records are the list {lists[0].name!r} of the one object in the file{told}",)


@dataclass(frozen=True)
class _List:
    """A list of records within an object: the names on the way to it."""

    path: tuple[str, ...]

    @property
    def name(self) -> str:
        return ".".join(self.path)

    @property
    def sql(self) -> str:
        return _reach(self.path)


def _reach(path: Sequence[str]) -> str:
    return engine.identifier(path[0]) + "".join(f"[{engine.quoted(name)}]" for name in path[1:])


def _lists(fields: Any, above: tuple[str, ...] = ()) -> Iterator[_List]:
    for name, kind in fields:
        if kind.is_array() and kind.value_type.is_struct():
            yield _List((*above, name))
        elif kind.is_struct() and len(above) < 4:
            yield from _lists(kind.fields.items(), (*above, name))


def _lengths(table: ibis.Table, lists: Sequence[_List], connection: Any) -> list[int]:
    sizes = ", ".join(f"coalesce(len({each.sql}), 0)" for each in lists)
    found = connection.raw_sql(f"SELECT {sizes} FROM {_from(table)}").fetchone()
    return [1 if n > 0 else 0 for n in found]


def _by_columns(table: ibis.Table, connection: Any) -> tuple[ibis.Table, tuple[str, ...]]:
    """Return the rows of an object that holds a list for each column; other objects are one row."""
    kinds = table.schema()
    if {"columns", "data"} <= {*kinds} <= {"columns", "data", "index"}:
        return _split(table, connection)
    if len(kinds) < 2 or not all(k.is_array() and not k.value_type.is_nested() for k in kinds.values()):
        return table, ()
    sizes = connection.raw_sql(
        f"SELECT {', '.join(f'len({engine.identifier(name)})' for name in kinds)} FROM {_from(table)}"
    ).fetchone()
    if len(set(sizes)) > 1 or sizes[0] is None or sizes[0] < 2:
        return table, ()
    columns = ", ".join(f"unnest({engine.identifier(name)}) AS {engine.identifier(name)}" for name in kinds)
    return engine.create(connection, f"SELECT {columns} FROM {_from(table)}"), (
        "the one object in the file holds a list for each column",
    )


def _split(table: ibis.Table, connection: Any) -> tuple[ibis.Table, tuple[str, ...]]:
    """Return the rows of an object that holds the names once and a list for each row, as pandas writes by orient="split"."""
    kinds = table.schema()
    if not (kinds["columns"].is_array() and kinds["data"].is_array() and kinds["data"].value_type.is_array()):
        return table, ()
    names, width = connection.raw_sql(
        f'SELECT "columns", list_max(list_transform("data", lambda r: len(r))) FROM {_from(table)}'
    ).fetchone()
    if not names or width != len(names) or any(not isinstance(name, str) for name in names):
        return table, ()
    plain, _ = distinct(names)
    made = ", ".join(f"r[{i}] AS {engine.identifier(name)}" for i, name in enumerate(plain, 1))
    return engine.create(
        connection, f'SELECT {made} FROM (SELECT unnest("data") AS r FROM {_from(table)})'
    ), ("the one object in the file holds the names as 'columns' and a list for each row as 'data'",)


def _from(table: ibis.Table) -> str:
    return engine.identifier(table.op().name)


def _flat(table: ibis.Table, connection: Any) -> tuple[ibis.Table, tuple[str, ...], tuple[str, ...]]:
    """Return the table with a column for each value: those of objects as a.b, lists as JSON text."""
    found = list(_values(table.schema().items()))
    names, _ = distinct([".".join(path) for path, _ in found])
    if not any(kind.is_nested() for kind in table.schema().values()) and names == tuple(table.columns):
        return table, names, ()
    made = ", ".join(
        f"{_as_text(path) if kind.is_nested() else _reach(path)} AS {engine.identifier(name)}"
        for (path, kind), name in zip(found, names, strict=True)
    )
    flat = engine.create(connection, f"SELECT {made} FROM {_from(table)}")
    lists = [name for (_, kind), name in zip(found, names, strict=True) if kind.is_nested()]
    engine.drop(table)
    deep = [name for (path, _), name in zip(found, names, strict=True) if len(path) > 1]
    notes = []
    if deep:
        notes.append(f"values of nested objects are columns of their own ({listed(deep, 3)})")
    if lists:
        notes.append(f"lists are kept as JSON text: {listed(lists)}")
    return flat, names, tuple(notes)


def _as_text(path: Sequence[str]) -> str:
    reached = _reach(path)
    return f"CASE WHEN {reached} IS NOT NULL THEN to_json({reached})::VARCHAR END"


def _values(fields: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, kind in fields:
        if kind.is_struct() and kind.fields:
            yield from _values(kind.fields.items(), (*above, name))
        else:
            yield (*above, name), kind


def _streamed(path: Path, connection: Any, wanted: str | None) -> Path | None:
    """Write the records of a list within one object too large to be read at once, an object a line.

    None where the file does not begin so, or its records cannot be read.
    """
    copy = scratch.fresh_file(connection, "records.ndjson")
    decoder = json.JSONDecoder()
    with path.open(encoding="utf-8", errors="replace") as stream, copy.open("wb") as out:
        text = stream.read(1 << 20)
        key = rf'"{re.escape(wanted)}"' if wanted else r'"[^"]*"'
        start = re.match(rf"\s*\[\s*(?=\{{)|\s*\{{(?:[^\[]*?){key}\s*:\s*\[\s*(?=\{{)", text)
        if start is None:
            return None
        at = start.end()
        while True:
            try:
                record, end = decoder.raw_decode(text, at)
            except ValueError:
                more = stream.read(4 << 20)
                if not more or len(text) - at > LONGEST:
                    return None
                text, at = text[at:] + more, 0
                continue
            if not isinstance(record, dict):
                return None
            scratch.pour_into(
                [json.dumps(record, ensure_ascii=False).encode("utf-8", "replace") + b"\n"], out, path.name
            )
            if len(text) - end < 1_000:
                text, end = text[end:] + stream.read(4 << 20), 0
            following = re.compile(r"\s*(,\s*|\])").match(text, end)
            if following is None:
                return None
            if following[1] == "]":
                return copy
            at = following.end()
