"""DuckDB in process, through Ibis."""

from __future__ import annotations

import hashlib
import itertools
import os
import secrets
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.operations as ops
import numpy as np
import pyarrow as pa

NAME = "DuckDB"
JOINS_AS_OF = True
READS_FILES = True

_number = itertools.count(1)


def connect() -> Any:
    """Return a fresh Ibis connection to an in-memory DuckDB.

    The session's time zone is UTC (else `hour`, `date_trunc` and comparisons follow the machine's), and no
    extension is ever fetched from the network.
    """
    connection = ibis.duckdb.connect()
    # a folder of its own: two that spill into one folder break each other's files
    spill = Path(tempfile.gettempdir()) / f"fieldguide-{os.getpid()}-{secrets.token_hex(6)}"
    weakref.finalize(connection, shutil.rmtree, spill, ignore_errors=True)
    for setting in (
        "SET autoinstall_known_extensions = false",
        "SET TimeZone = 'UTC'",
        "SET enable_progress_bar = false",
        "SET enable_external_file_cache = false",  # each column is read once; keeping files in memory gains nothing
        # a source of unknown size looks small to the planner, which then joins as of a time row by row
        "SET asof_loop_join_threshold = 0",
        f"SET temp_directory = {quoted(str(spill))}",
    ):
        connection.raw_sql(setting)
    return connection


def fresh_name(prefix: str = "fieldguide") -> str:
    """Return a table name that this process has not used yet."""
    return f"{prefix}_{next(_number)}"


def from_arrow(connection: Any, table: Any) -> ibis.Table:
    """Return rows in memory (pyarrow.Table, RecordBatchReader) as a table of `connection`, without copying a Table."""
    name = fresh_name("rows")
    connection.con.register(name, table)
    return connection.table(name)


def as_table(table: ibis.Table | pa.Table) -> ibis.Table:
    """Return `table` itself, or rows in memory as a table of a connection of their own."""
    return from_arrow(connect(), table) if isinstance(table, pa.Table) else table


def connection_of(table: ibis.Table) -> Any:
    """Return the connection that `table` lives on."""
    return table._find_backend(use_default=True)


def stream(expression: ibis.Table, rows: int) -> Iterator[pa.RecordBatch]:
    """Run `expression` and yield its rows in batches of at most `rows`, in its order."""
    connection = connection_of(expression)
    yield from connection.raw_sql(connection.compile(expression)).fetch_record_batch(rows)


def to_arrow(expression: ibis.Table) -> pa.Table:
    """Run `expression` and return its rows; types stay as the engine gives them."""
    connection = connection_of(expression)
    return connection.raw_sql(connection.compile(expression)).fetch_arrow_table()


def materialize(table: ibis.Table) -> ibis.Table:
    """Run `table` once and return its rows as a temporary table, so that queries on it are cheap."""
    connection = connection_of(table)
    return create(connection, connection.compile(table))


def named(table: ibis.Table) -> ibis.Table:
    """Return `table` as a temporary view: Ibis rewrites all columns of an expression again for each query on it."""
    if isinstance(table.op(), ops.PhysicalTable):
        return table
    connection, name = connection_of(table), fresh_name("view")
    connection.raw_sql(f'CREATE TEMP VIEW "{name}" AS {connection.compile(table)}')
    return connection.table(name, database=("temp", "main"))


def create(connection: Any, query: str) -> ibis.Table:
    """Run a query once and return its rows as a temporary table."""
    name = fresh_name()
    connection.raw_sql(f'CREATE TEMP TABLE "{name}" AS {query}')
    return connection.table(name, database=("temp", "main"))


def drop(table: ibis.Table) -> None:
    """Drop a temporary table that `create` or `materialize` made."""
    connection_of(table).raw_sql(f'DROP TABLE "{table.op().name}"')


def is_frame(data: Any) -> bool:
    """Return whether `data` is a relation of DuckDB; it goes the way of all that speaks Arrow."""
    return False


def numbered(table: ibis.Table, name: str) -> ibis.Table:
    """Return `table` with the number of each row in its order, from 1 on."""
    return table.mutate(**{name: ibis.row_number() + 1})


def quoted(text: str) -> str:
    """Return text as a literal of the engine's SQL.

    >>> quoted("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return the name of a column as the engine's SQL writes it, in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def repeated(numbers: ibis.Table, most: int) -> list[int]:
    """Return which whole numbers come more than once: sorting them takes half of what grouping by them does."""
    (name,) = numbers.columns
    parts = [np.asarray(batch[name]) for batch in stream(numbers, 2**20)]
    every = np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
    parts.clear()
    every.sort()
    twice: list[int] = np.unique(every[1:][every[1:] == every[:-1]])[:most].tolist()
    return twice


def content_hash(table: ibis.Table) -> tuple[int, str]:
    """Return the number of rows and a hash of the content, whatever the order of rows."""
    connection = connection_of(table)
    columns = ", ".join(f"r.{identifier(name)}" for name in table.columns)
    rows, added, mixed = connection.raw_sql(
        f"SELECT count(*), coalesce(sum(h::HUGEINT), 0), coalesce(bit_xor(h), 0) "
        f"FROM (SELECT hash({columns}) AS h FROM ({connection.compile(table)}) r)"
    ).fetchone()
    told = f"{[(name, str(kind)) for name, kind in table.schema().items()]} {rows} {added} {mixed}"
    digest = hashlib.sha256(told.encode()).hexdigest()[:32]
    return int(rows), f"duckdb{'.'.join(duckdb.__version__.split('.')[:2])}:{digest}"


def version() -> str:
    """Return the version of the engine."""
    return f"duckdb {duckdb.__version__}"
