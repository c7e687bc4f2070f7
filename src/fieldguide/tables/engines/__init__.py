"""The engines that run the table layer's expressions: DuckDB in process, Spark on a cluster.

Everything above imports this module, never an engine by name. An expression means the same on both; which
of them runs it follows from the connection that its table lives on.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from typing import Any

import ibis
import pyarrow as pa

from fieldguide.errors import UsageError
from fieldguide.tables.engines.duckdb import create, fresh_name, identifier, quoted
from fieldguide.tables.engines.functions import (
    INSTANT,
    WALL_CLOCK,
    clock_microseconds,
    hashed,
    instant_at,
    mark,
    microseconds,
    wall_clock_utc,
)

__all__ = [
    "ENGINES", "INSTANT", "WALL_CLOCK", "as_table", "clock_microseconds", "connect",
    "connection_of", "content_hash", "create", "drop", "first_row_missing", "fresh_name",
    "from_arrow", "from_frame", "hand_over", "hashed", "identifier", "instant_at", "is_frame_of",
    "joins_as_of", "mark", "materialize", "microseconds", "name_of", "numbered", "parquet",
    "quoted", "reads_files", "repeated", "stream", "to_arrow", "version", "wall_clock_utc",
]  # fmt: skip

ENGINES = {
    "duckdb": "fieldguide.tables.engines.duckdb",
    "pyspark": "fieldguide.tables.engines.spark",
}
"""Name of an Ibis backend -> the module that runs expressions on it."""

BATCH = 65_536
"""Rows that a stream yields at once, about."""


def connect(where: Any = "duckdb") -> Any:
    """Return a fresh connection to an engine.

    `where` is "duckdb" (in this process), "local[2]" or "local[*]" (Spark in this process, on so many cores),
    "spark://host:port" (a Spark cluster), or a SparkSession that you have.

    Raises UsageError when there is no such engine, or what it needs is not installed; EngineError when
    the cluster does not answer.
    """
    if where is None or where == "duckdb":
        return _module("duckdb").connect()
    if isinstance(where, str) and not where.startswith(("local", "spark://")):
        raise UsageError(
            f"engine {where!r}: there is none of that name; choose duckdb, local[2], local[*] or spark://host:port."
        )
    return _module("pyspark").connect(where)


def _module(backend: str) -> Any:
    return importlib.import_module(ENGINES[backend])


def _engine(table: ibis.Table) -> Any:
    return _module(connection_of(table).name)


def connection_of(table: ibis.Table) -> Any:
    """Return the connection that `table` lives on."""
    return table._find_backend(use_default=True)


def name_of(connection: Any) -> str:
    """Return how messages call the engine of a connection: DuckDB, Spark."""
    return str(_module(connection.name).NAME)


def version(connection: Any = None) -> str:
    """Return the name and version of an engine."""
    return str(_module("duckdb" if connection is None else connection.name).version())


def from_arrow(connection: Any, table: Any) -> ibis.Table:
    """Return rows in memory (a pyarrow.Table) as a table of `connection`."""
    return _module(connection.name).from_arrow(connection, table)


def reads_files(connection: Any) -> bool:
    """Return whether the engine reads files of every kind itself, as DuckDB does; others are handed their rows."""
    return bool(_module(connection.name).READS_FILES)


def is_frame_of(connection: Any, data: Any) -> bool:
    """Return whether `data` is a frame of the engine itself."""
    return bool(_module(connection.name).is_frame(data))


def from_frame(connection: Any, data: Any) -> ibis.Table:
    """Return a frame of the engine itself as a table of `connection`."""
    return _module(connection.name).from_frame(connection, data)


def parquet(connection: Any, paths: Sequence[str]) -> ibis.Table:
    """Return the rows of Parquet files; columns that a file lacks are null.

    Raises DataError when a file is broken, EngineError when the engine cannot get at it.
    """
    return _module(connection.name).parquet(connection, paths)


def hand_over(connection: Any, table: ibis.Table) -> ibis.Table:
    """Return the rows of a table of another engine as a table of `connection`, in pieces of bounded size."""
    schema = to_arrow(table.limit(0)).schema
    return _module(connection.name).hand_over(connection, stream(table), schema)


def as_table(table: ibis.Table | pa.Table) -> ibis.Table:
    """Return `table` itself, or rows in memory as a table of a DuckDB of their own."""
    return from_arrow(connect(), table) if isinstance(table, pa.Table) else table


def to_arrow(expression: ibis.Table) -> pa.Table:
    """Run `expression` and return its rows; integers and floats may be wider or narrower by engine."""
    found: pa.Table = _engine(expression).to_arrow(expression)
    return found


def stream(expression: ibis.Table) -> Iterator[pa.RecordBatch]:
    """Run `expression` and yield its rows batch by batch, in its order; memory does not grow with the rows."""
    yield from _engine(expression).stream(expression, BATCH)


def materialize(table: ibis.Table) -> ibis.Table:
    """Run `table` once and keep its rows for the life of its connection, so that queries on it are cheap."""
    return _engine(table).materialize(table)


def named(table: ibis.Table) -> ibis.Table:
    """Return `table` under a name of its own, where that helps: many queries on a wide one are then planned at once."""
    return _engine(table).named(table)


def drop(table: ibis.Table) -> None:
    """Drop what `create` or `materialize` made."""
    _engine(table).drop(table)


def first_row_missing(table: ibis.Table) -> bool:
    """Return whether `table` has no rows, without reading it whole."""
    return len(to_arrow(table.limit(1))) == 0


def numbered(table: ibis.Table, name: str = "__row") -> ibis.Table:
    """Return a table with the number of each row in the order in which its source gives them, from 1 on."""
    return _engine(table).numbered(table, name)


def joins_as_of(connection: Any) -> bool:
    """Return whether the engine itself joins to the latest row as of a time."""
    return bool(_module(connection.name).JOINS_AS_OF)


def repeated(numbers: ibis.Table, most: int) -> list[int]:
    """Return which whole numbers of a table of one column come more than once, `most` of them at most.

    Where the rows are in this process, they are sorted here, in some 16 bytes each; elsewhere they are counted there.
    """
    found: list[int] = _engine(numbers).repeated(numbers, most)
    return found


def content_hash(table: ibis.Table) -> tuple[int, str]:
    """Return the number of rows and a hash of the content that does not depend on the order of rows.

    64-bit hashes of the rows are added up and combined by exclusive or, so rows that come twice count. The
    engine's own hash is 10 x faster than md5 of text; the hash says by which engine it was made ("duckdb1.4:",
    "spark4:"), since another one hashes otherwise.
    """
    rows, digest = _engine(table).content_hash(table)
    return int(rows), str(digest)
