"""SQLite: a file read through Ibis' connection, each column of the type that all its values have.

A value of SQLite has a type of its own, whatever its column is declared as. A column whose values are all whole
numbers, or all numbers, is one of numbers; any other is text.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa

from fieldguide.errors import DataError, UnreachableError
from fieldguide.tables.sources.databases import CHUNK, Address, chosen, file_of, unanswered
from fieldguide.tables.sources.rows import stored

_TYPES = {
    frozenset({"integer"}): pa.int64(),
    frozenset({"real"}): pa.float64(),
    frozenset({"integer", "real"}): pa.float64(),
}


def fetch(
    address: Address, base: Path, connection: Any, table: str | None, query: str | None, seconds: float
) -> ibis.Table:
    """Return the rows of a table or a query.

    Raises UnreachableError when there is no such file or table or it is locked, DataError when it is no database or
    cannot answer the query.
    """
    path = file_of(address, base)
    try:
        driver = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=seconds, check_same_thread=False
        )
    except sqlite3.Error as error:
        raise UnreachableError(
            f"{address.given} cannot be opened ({address.told(error)}); check its permissions."
        ) from None
    with closing(driver):
        try:
            backend = ibis.sqlite.from_connection(driver)
            if query is not None:
                asked = query.strip().rstrip(";")
            else:
                asked = f"SELECT * FROM {_name(chosen(address, table, backend.list_tables()))}"
            names, types = _described(driver, asked)
            schema = pa.schema(list(zip(names, types, strict=True)))
            return stored(connection, schema, _batches(driver, asked, schema))
        except sqlite3.DatabaseError as error:
            if "locked" in str(error) or "busy" in str(error):
                raise UnreachableError(
                    f"{address.given} is locked by another program ({address.told(error)}); try again, or give Source(timeout=…) more time."
                ) from None
            raise unanswered(address, error) from None


def _name(table: str) -> str:
    return '"' + table.replace('"', '""') + '"'


def _described(driver: sqlite3.Connection, asked: str) -> tuple[list[str], list[Any]]:
    """Return the columns of a query, and the types that all their values have."""
    with closing(driver.execute(asked)) as cursor:
        columns = cursor.description or ()
    names: list[str] = []
    for column in columns:
        name, again = column[0], 2
        while name.lower() in {other.lower() for other in names}:
            name, again = f"{column[0]}_{again}", again + 1
        names.append(name)
    if not names:
        raise DataError("the query gives no columns; expected a SELECT.")
    given = ", ".join(f"c{i}" for i in range(len(names)))
    kinds = ", ".join(f"group_concat(DISTINCT typeof(c{i}))" for i in range(len(names)))
    found = driver.execute(
        f"WITH fieldguide({given}) AS (SELECT * FROM ({asked})) SELECT {kinds} FROM fieldguide"
    ).fetchone()
    types = [_TYPES.get(frozenset((seen or "").split(",")) - {"null"}, pa.string()) for seen in found]
    return names, types


def _batches(driver: sqlite3.Connection, asked: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    cursor = driver.execute(asked)
    while rows := cursor.fetchmany(CHUNK):
        columns = [
            pa.array([_written(v) for v in column] if each.type == pa.string() else column, each.type)
            for column, each in zip(zip(*rows, strict=True), schema, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _written(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.hex()
    return (
        str(int(value))
        if isinstance(value, float) and value.is_integer() and abs(value) < 1e15
        else str(value)
    )
