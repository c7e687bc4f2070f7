"""PostgreSQL: connected to through Ibis, asked only to read, and copied out as text that keeps null and empty apart.

Numbers without a precision become float64; numeric(p, s) stays decimal. Instants are in UTC; json, uuid, enums,
intervals and whatever else has no counterpart is its text, arrays are JSON text. Times that are infinite or lie
beyond the years 1 to 9999 are null.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import ibis

from fieldguide.errors import DataError, UnreachableError
from fieldguide.tables import engines as engine
from fieldguide.tables.sources import scratch
from fieldguide.tables.sources.databases import Address, chosen, no_such_table, not_installed, unanswered

_PLAIN = {
    16: "BOOLEAN", 20: "BIGINT", 21: "SMALLINT", 23: "INTEGER", 26: "BIGINT", 700: "FLOAT", 701: "DOUBLE",
    18: "VARCHAR", 19: "VARCHAR", 25: "VARCHAR", 1042: "VARCHAR", 1043: "VARCHAR",
}  # fmt: skip
_TIMES = {1082: "DATE", 1114: "TIMESTAMP", 1184: "TIMESTAMP WITH TIME ZONE"}
_NUMERIC, _BYTES = 1700, 17


def fetch(
    address: Address, base: Path, connection: Any, table: str | None, query: str | None, seconds: float
) -> ibis.Table:
    """Return the rows of a table or a query.

    Raises UnreachableError when the server does not answer, has no such table or does not let one read it, DataError
    when it cannot answer the query, UsageError when the driver is not installed.
    """
    import_error = not_installed(address, "ibis-framework[postgres]")
    try:
        psycopg = importlib.import_module("psycopg")
        backend = importlib.import_module("ibis.backends.postgres").Backend()
    except ImportError:
        raise import_error from None
    try:
        backend.do_connect(
            host=address.host or None,
            user=address.user,
            password=address.password,
            port=address.port or 5432,
            database=address.path.split("/", 1)[0] or None,
            connect_timeout=max(2, round(seconds)),
            application_name="fieldguide",
            # a database of encoding SQL_ASCII gives bytes else
            **{"client_encoding": "UTF8", **address.more},
        )
    except psycopg.Error as error:
        raise _unreachable(address, error, seconds) from None
    driver = backend.con
    try:
        # one transaction for all: what is described is what is copied
        driver.autocommit = False
        driver.read_only = True
        driver.execute("SET LOCAL DateStyle = 'ISO'")
        driver.execute("SET LOCAL TimeZone = 'UTC'")
        driver.execute(f"SET LOCAL statement_timeout = {max(1, round(seconds * 1000))}")
        asked = _asked(driver, address, table, query, psycopg)
        selected, columns = _described(driver, asked, psycopg)
        driver.execute("SET LOCAL statement_timeout = 0")
        copy = scratch.fresh_file(connection, "table.csv")
        asked = f"COPY ({selected}) TO STDOUT (FORMAT csv, FORCE_QUOTE *)"
        with _Watch(driver, seconds) as watch, driver.cursor() as cursor, cursor.copy(asked) as out:
            scratch.pour(watch.over(out), copy, address.given)
    except psycopg.errors.QueryCanceled:
        raise UnreachableError(
            f"{address.given} did not answer within {seconds:g} seconds; ask for less, or give Source(timeout=…) more time."
        ) from None
    except psycopg.errors.InsufficientPrivilege as error:
        raise UnreachableError(
            f"{address.given} may not be read ({address.told(error)}); ask who keeps it for the right to."
        ) from None
    except psycopg.OperationalError as error:
        raise _unreachable(address, error, seconds) from None
    except psycopg.Error as error:
        raise unanswered(address, error) from None
    finally:
        driver.close()
    try:
        return _table(connection, copy, columns)
    except duckdb.Error as error:
        raise unanswered(address, error) from None
    finally:
        copy.unlink(missing_ok=True)


def _table(connection: Any, copy: Path, columns: str) -> ibis.Table:
    """Return what was copied out as a table; rows of more than 2 MB take larger buffers, and are rare."""
    asked = (
        f"SELECT * FROM read_csv({engine.quoted(str(copy))}, auto_detect = false, header = false, delim = ',', quote = '\"', "
        f"escape = '\"', allow_quoted_nulls = false, columns = {{{columns}}}"
    )
    try:
        return engine.create(connection, f"{asked})")
    except duckdb.InvalidInputException:
        return engine.create(connection, f"{asked}, max_line_size = {64 << 20})")


def _unreachable(address: Address, error: BaseException, seconds: float) -> UnreachableError:
    told = address.told(error)
    if "timeout" in told.lower():
        told = f"no answer within {seconds:g} seconds"
    told = told.split("FATAL:")[-1].strip()
    return UnreachableError(
        f"{address.given} cannot be reached ({told}); check host, port, database, user and password."
    )


def _asked(driver: Any, address: Address, table: str | None, query: str | None, psycopg: Any) -> str:
    """Return the query that gives the rows, without a semicolon at its end."""
    if query is not None:
        return query.strip().rstrip(";")
    schema = address.path.split("/", 1)[1] if "/" in address.path else None
    found = driver.execute(
        "SELECT n.nspname, c.relname, pg_table_is_visible(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema') "
        "AND n.nspname !~ '^pg_(toast|temp)' ORDER BY 1, 2"
    ).fetchall()
    known: dict[str, tuple[str, str]] = {f"{n}.{c}": (n, c) for n, c, _ in found}
    known |= {c: (n, c) for n, c, visible in found if (n == schema if schema else visible)}
    short = [c for n, c, visible in found if (n == schema if schema else visible)]
    if table is not None and table not in known:
        raise no_such_table(address, table, short or list(known))
    name = table if table is not None else chosen(address, None, short)
    return f"SELECT * FROM {psycopg.sql.Identifier(*known[name]).as_string(driver)}"


def _described(driver: Any, asked: str, psycopg: Any) -> tuple[str, str]:
    """Return a query whose columns DuckDB can read, and their types there."""
    with driver.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({asked}) fieldguide LIMIT 0")
        described = cursor.description
    if not described:
        raise DataError("the query gives no columns; expected a SELECT.")
    taken: set[str] = set()
    values, columns = [], []
    for i, column in enumerate(described):
        name, again = column.name, 2
        while name.lower() in taken:
            name, again = f"{column.name}_{again}", again + 1
        taken.add(name.lower())
        value, kind = _as(f"c{i + 1}", column)
        values.append(value)
        columns.append(f"{engine.quoted(name)}: '{kind}'")
    names = ", ".join(f"c{i + 1}" for i in range(len(described)))
    return f"SELECT {', '.join(values)} FROM ({asked}) fieldguide({names})", ", ".join(columns)


def _as(x: str, column: Any) -> tuple[str, str]:
    """Return how a column is copied out, and which type it has in DuckDB."""
    code = column.type_code
    if code in _PLAIN:
        return x, _PLAIN[code]
    if code in _TIMES:
        return f"CASE WHEN {x} BETWEEN '0001-01-01' AND '9999-12-31' THEN {x} END", _TIMES[code]
    if code == _NUMERIC:
        if (
            column.precision is not None
            and 0 < column.precision <= 38
            and 0 <= (column.scale or 0) <= column.precision
        ):
            return f"nullif({x}, 'NaN')", f"DECIMAL({column.precision}, {column.scale or 0})"
        return x, "DOUBLE"
    if code == _BYTES:
        return f"encode({x}, 'hex')", "VARCHAR"
    is_array = f"(SELECT typcategory = 'A' FROM pg_type WHERE oid = {code})"
    return (
        f"CASE WHEN {x} IS NULL THEN NULL WHEN {is_array} THEN to_jsonb({x})::text ELSE concat({x}) END",
        "VARCHAR",
    )


class _Watch:
    """Cancels what a connection does when nothing has come of it for too long."""

    def __init__(self, driver: Any, seconds: float) -> None:
        self.driver, self.seconds = driver, seconds
        self.came, self.done = threading.Event(), False
        self.thread = threading.Thread(target=self._wait, daemon=True)

    def __enter__(self) -> _Watch:
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.done = True
        self.came.set()
        self.thread.join()

    def _wait(self) -> None:
        while not self.done:
            if not self.came.wait(self.seconds):
                self.driver.cancel()
                return
            self.came.clear()

    def over(self, blocks: Iterable[Any]) -> Iterator[bytes]:
        """Yield the blocks of a copy, gathered to a megabyte each."""
        held: list[bytes] = []
        size = 0
        for block in blocks:
            self.came.set()
            held.append(bytes(block))
            size += len(held[-1])
            if size >= scratch.BLOCK:
                yield b"".join(held)
                held, size = [], 0
        yield b"".join(held)
