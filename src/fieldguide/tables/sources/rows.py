"""What reading a source gives: rows, the lines that could not be read, and what was seen of each file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from fieldguide.tables import engines as engine
from fieldguide.tables.sources import scratch

MOST_SHOWN = 20
"""Broken lines and unreadable values that are shown; all are counted."""

MOST_HELD = 256 << 20
"""Bytes of rows up to which a table that is made here is held in memory."""
GROUP = 32 << 20
"""Bytes of rows that are written at once."""

Find = Callable[[Mapping[str, Collection[str]]], Iterator[tuple[str, int, str, str]]]
"""Given texts by column, yields (file, line, column, text) of the cells that hold them."""


@dataclass(frozen=True)
class Reject:
    """A line or a value that could not be read: where (the first line is 1), its text, and why.

    `column` is None for a whole line. In files without lines (Parquet, Arrow) and in data frames `line` is
    the number of the row.
    """

    file: str
    line: int
    column: str | None
    text: str
    reason: str


@dataclass(frozen=True)
class FileRead:
    """One file (table, sheet) of a source and how it was read.

    `kind` is "csv", "json", "parquet", "arrow", "excel" or "table" (of a database). Of a delimited file,
    `encoding`, `separator` and `quote` ("" where values are not quoted) are those it was read with, `header`
    the lines that hold the names. `rejected` lines were not read. `columns` are its own columns, under the
    names that the table has; `notes` say in a sentence each what was decided or mended, with its evidence.
    """

    name: str
    kind: str
    columns: tuple[str, ...] = ()
    encoding: str | None = None
    separator: str | None = None
    quote: str | None = None
    header: tuple[int, ...] = ()
    rejected: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rows:
    """Rows as they came, on the engine that reads files.

    `files` are the paths or addresses that were read, `details` say how. `rejected` lines are missing from
    the table, the first of them are `rejects`. `find` looks up the places of values (None: they are looked
    up in the table itself). `notes` are what was decided or mended, of all files. `written` says that all
    values are text as it was written, and `decimal` which decimal sign ("." or ",") the file proves, or its
    owner declares.
    """

    table: ibis.Table
    files: tuple[str, ...] = ()
    rejects: tuple[Reject, ...] = ()
    rejected: int = 0
    find: Find | None = field(default=None, compare=False)
    details: tuple[FileRead, ...] = ()
    notes: tuple[str, ...] = ()
    written: bool = False
    decimal: str | None = None


def find_rows(
    table: ibis.Table, wanted: Mapping[str, Collection[str]], file: str
) -> Iterator[tuple[str, int, str, str]]:
    """Yield (file, row number, column, text) of the cells of a table that hold one of the wanted texts."""
    rows = engine.numbered(table.mutate(**{c: table[c].cast("string") for c in wanted}), "__row")
    for column, texts in wanted.items():
        hits = rows.filter(rows[column].isin(list(texts))).select("__row", column).limit(MOST_SHOWN)
        found = engine.to_arrow(hits)
        for row, text in islice(
            zip(found["__row"].to_pylist(), found[column].to_pylist(), strict=True), MOST_SHOWN
        ):
            yield file, row, column, text


def stored(connection: Any, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> ibis.Table:
    """Return batches of rows as a stored table of a connection: in memory, or in a temporary file where they are many."""
    held: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        held.append(batch)
        size += batch.nbytes
        if size > MOST_HELD:
            return _in_a_file(connection, schema, held, batches)
    given = engine.from_arrow(connection, pa.RecordBatchReader.from_batches(schema, held))
    table = engine.materialize(given)
    connection.con.unregister(given.op().name)
    return table


def _in_a_file(
    connection: Any, schema: pa.Schema, held: list[pa.RecordBatch], batches: Iterator[pa.RecordBatch]
) -> ibis.Table:
    """Write rows to a temporary file, some megabytes at a time, and return them as a table; `held` is emptied."""
    path = scratch.fresh_file(connection, "rows.parquet")
    size = MOST_HELD
    with pq.ParquetWriter(path, schema, use_dictionary=False, write_statistics=False) as out:
        for batch in chain([None], batches):
            if batch is not None:
                held.append(batch)
                size += batch.nbytes
            if size >= GROUP:
                scratch.check_room("the table")
                out.write_table(pa.Table.from_batches(held, schema))
                held.clear()
                size = 0
        if held:
            out.write_table(pa.Table.from_batches(held, schema))
    table: ibis.Table = connection.read_parquet(str(path))
    return table


def first_line(error: BaseException, names: Mapping[Path, str] | None = None) -> str:
    """Return the first line of a library's message, files by their `names`, without the kind of error in front."""
    text = str(error).strip().split("\n", 1)[0].split("Error: ", 1)[-1]
    for path, name in (names or {}).items():
        text = text.replace(str(path), name)
    return text[:200]


def listed(items: Collection[str], most: int = 5) -> str:
    """Return some names as a list in words.

    >>> listed(["a", "b", "c"], most=2)
    "'a', 'b' and 1 more"
    """
    names = [repr(item) for item in items]
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
