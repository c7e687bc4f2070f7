"""DuckDB in process, through Ibis: connections, and the few of its functions that Ibis has no name for."""

from __future__ import annotations

import itertools
from typing import Any

import duckdb
import ibis
import ibis.expr.datatypes as dt
import pyarrow as pa

INSTANT = dt.Timestamp(timezone="UTC", scale=6)
WALL_CLOCK = dt.Timestamp(scale=6)

_number = itertools.count(1)


def connect() -> Any:
    """Return a fresh Ibis connection to an in-memory DuckDB.

    The session's time zone is UTC (else `hour`, `date_trunc` and comparisons follow the machine's), and no
    extension is ever fetched from the network.
    """
    connection = ibis.duckdb.connect()
    for setting in (
        "SET autoinstall_known_extensions = false",
        "SET TimeZone = 'UTC'",
        "SET enable_progress_bar = false",
        "SET preserve_insertion_order = false",
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


def to_arrow(expression: ibis.Table) -> pa.Table:
    """Run `expression` and return its rows; types stay as the engine gives them."""
    connection = connection_of(expression)
    return connection.raw_sql(connection.compile(expression)).fetch_arrow_table()


def materialize(table: ibis.Table) -> ibis.Table:
    """Run `table` once and return its rows as a temporary table, so that queries on it are cheap."""
    connection = connection_of(table)
    name = fresh_name()
    connection.raw_sql(f'CREATE TEMP TABLE "{name}" AS {connection.compile(table)}')
    return connection.table(name, database=("temp", "main"))


@ibis.udf.scalar.builtin(name="epoch_us", signature=((INSTANT,), dt.int64))
def microseconds(instant):  # type: ignore[no-untyped-def]
    """Microseconds since 1970, UTC."""


@ibis.udf.scalar.builtin(name="epoch_us", signature=((WALL_CLOCK,), dt.int64))
def clock_microseconds(clock):  # type: ignore[no-untyped-def]
    """Microseconds on the wall clock since it showed 1970."""


@ibis.udf.scalar.builtin(name="make_timestamp", signature=((dt.int64,), WALL_CLOCK))
def wall_clock_utc(microseconds):  # type: ignore[no-untyped-def]
    """The wall clock in UTC at so many microseconds since 1970."""


@ibis.udf.scalar.builtin(name="timezone", signature=((dt.string, INSTANT), WALL_CLOCK))
def wall_clock(zone, instant):  # type: ignore[no-untyped-def]
    """The wall clock in `zone` at an instant."""


@ibis.udf.scalar.builtin(name="timezone", signature=((dt.string, WALL_CLOCK), INSTANT))
def instant(zone, clock):  # type: ignore[no-untyped-def]
    """The instant at which the wall clock in `zone` shows `clock`."""


def version() -> str:
    """Return the version of the engine."""
    return f"duckdb {duckdb.__version__}"
