"""Tables and queries of databases, by their address, through Ibis' backends: rows are streamed, never held whole.

    postgresql://${USER}:${PASSWORD}@host:5432/database    mysql://…    sqlite:///file.db    duckdb:///file.duckdb

Passwords stand in the environment; the address names the variables, and only the address is ever told.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import duckdb
import ibis
import pyarrow as pa

from fieldguide.errors import DataError, ProgramError, UnreachableError, UsageError, suggest
from fieldguide.tables.sources.frames import plain, plain_schema
from fieldguide.tables.sources.rows import FileRead, Rows, listed, stored
from fieldguide.tables.sources.secrets import filled, hidden

SCHEMES = {
    "postgresql": "fieldguide.tables.sources.postgres",
    "postgres": "fieldguide.tables.sources.postgres",
    "sqlite": "fieldguide.tables.sources.sqlite",
    "duckdb": "fieldguide.tables.sources.databases",
    "mysql": "fieldguide.tables.sources.databases",
}
"""How an address begins -> the module that reads such databases."""
_ADDRESS = re.compile(
    r"(?P<scheme>\w+)://(?:(?P<user>[^:@/]*)(?::(?P<password>[^@/]*))?@)?(?P<host>\[[^\]]*\]|(?:\$\{\w+\}|[^:/?@])*)"
    r"(?::(?P<port>\d+|\$\{\w+\}))?(?:/(?P<path>[^?]*))?(?:\?(?P<more>.*))?"
)
CHUNK = 50_000


@dataclass(frozen=True)
class Address:
    """Where a database is: `given` is what the program says, the rest with the environment's values in it."""

    given: str
    scheme: str
    user: str | None = field(repr=False)
    password: str | None = field(repr=False)
    host: str
    port: int | None
    path: str
    more: Mapping[str, str] = field(repr=False)

    def told(self, error: BaseException | str) -> str:
        """Return the first line of a message, without what the environment says."""
        text = str(error).strip().split("\n", 1)[0]
        if self.password:
            text = text.replace(self.password, "…")
        return hidden(text, self.given)[:300]


def address_of(given: str) -> Address:
    """Return the parts of an address.

    Raises UnreachableError when it is no address of a database, UsageError when a variable that it names is not set.
    """
    found = _ADDRESS.fullmatch(given)
    if found is None:
        raise UnreachableError(
            f"{hidden(given, given)} is no address of a database; expected postgresql://${{USER}}:${{PASSWORD}}@host:5432/database."
        )
    parts = {
        name: None if text is None else filled(unquote(text), given)
        for name, text in found.groupdict().items()
    }
    port = parts["port"]
    if port is not None and not port.isdigit():
        raise UnreachableError(f"{given}: the port is no number; expected one such as 5432.")
    return Address(
        given=given,
        scheme=str(parts["scheme"]).lower(),
        user=parts["user"],
        password=parts["password"],
        host=str(parts["host"] or "").strip("[]"),
        port=None if port is None else int(port),
        path=str(parts["path"] or ""),
        more=dict(parse_qsl(parts["more"] or "")),
    )


def read_database(
    given: str, base: Path, connection: Any, *, table: str | None, query: str | None, seconds: float
) -> Rows:
    """Return the rows of a table or a query; `seconds` is how long to wait for an answer.

    Raises UnreachableError when the database cannot be reached or has no such table, DataError when it cannot
    answer the query, ProgramError when it has several tables and none is named, UsageError when its library is not
    installed or a variable of the address is not set.
    """
    address = address_of(given)
    module = importlib.import_module(SCHEMES[address.scheme])
    found: ibis.Table = module.fetch(address, base, connection, table, query, seconds)
    what = table or ("the query" if query else "its one table")
    detail = FileRead(f"{given}, {what}", "table", tuple(found.columns))
    return Rows(found, files=(given,), details=(detail,))


def fetch(
    address: Address, base: Path, connection: Any, table: str | None, query: str | None, seconds: float
) -> ibis.Table:
    """Return the rows of a DuckDB file or of a MySQL database.

    Raises as `read_database` does.
    """
    backend = _duckdb(address, base) if address.scheme == "duckdb" else _mysql(address, seconds)
    try:
        name = None if query else chosen(address, table, backend.list_tables())
        rows = backend.sql(query) if query else backend.table(name)
        reader = rows.to_pyarrow_batches(chunk_size=CHUNK)
        schema = plain_schema(reader.schema)

        def batches() -> Iterator[pa.RecordBatch]:
            for batch in reader:
                yield from plain(pa.Table.from_batches([batch])).cast(schema).to_batches()

        return stored(connection, schema, batches())
    except (DataError, UsageError):
        raise
    except Exception as error:  # each driver has errors of its own
        raise unanswered(address, error) from None
    finally:
        backend.disconnect()


def _duckdb(address: Address, base: Path) -> Any:
    path = file_of(address, base)
    try:
        return ibis.duckdb.connect(path, read_only=True)
    except (duckdb.Error, OSError) as error:
        raise UnreachableError(
            f"{address.given} could not be opened as DuckDB ({address.told(error).replace(str(path), path.name)}); check that it is "
            "one, and that no other program writes to it."
        ) from None


def _mysql(address: Address, seconds: float) -> Any:
    try:
        module = importlib.import_module("ibis.backends.mysql")
        backend = module.Backend()
        backend.do_connect(
            host=address.host or "localhost",
            user=address.user,
            password=address.password,
            port=address.port or 3306,
            database=address.path,
            connect_timeout=max(1, round(seconds)),
            read_timeout=max(1, round(seconds)),
        )
    except ImportError:
        raise not_installed(address, "ibis-framework[mysql]") from None
    except Exception as error:  # the driver's own
        raise UnreachableError(
            f"{address.given} cannot be reached ({address.told(error)}); check host, port, database and password."
        ) from None
    return backend


def file_of(address: Address, base: Path) -> Path:
    """Return the file of a database that is one.

    Raises UnreachableError when it is not there.
    """
    if address.host:
        raise UnreachableError(
            f"{address.given}: expected three slashes before the file, such as {address.scheme}:///{address.host}."
        )
    path = base / Path(address.path).expanduser()
    if not path.is_file():
        near = suggest(path.name, [p.name for p in path.parent.iterdir()]) if path.parent.is_dir() else ""
        raise UnreachableError(
            f"{address.given}: there is no file {address.path!r}.{near} Paths are relative to the program's file."
        )
    return path


def chosen(address: Address, table: str | None, tables: list[str]) -> str:
    """Return the name of the table that is meant: the one that is named, or the only one.

    Raises UnreachableError when there is no such table, ProgramError when it is not said which of several.
    """
    if table is not None:
        if table in tables:
            return table
        raise no_such_table(address, table, tables)
    if len(tables) == 1:
        return tables[0]
    if not tables:
        raise UnreachableError(
            f"{address.given} has no tables; expected one: check the database, or its schema."
        )
    raise ProgramError(
        f"{address.given}: which table? It has {listed(sorted(tables), 20)}; name one: Source(…, table=…) in the program, "
        "fieldguide new … --table NAME; or ask by query=, --query."
    )


def no_such_table(address: Address, table: str, tables: list[str]) -> UnreachableError:
    """Return the error for a table that is not there, with the nearest that is."""
    known = f" Its tables: {listed(sorted(tables), 20)}." if tables else " It has no tables."
    return UnreachableError(f"{address.given} has no table {table!r}.{suggest(table, tables)}{known}")


def unanswered(address: Address, error: BaseException) -> DataError:
    """Return the error for a query that the database did not answer."""
    return DataError(f"{address.given} did not answer ({address.told(error)}); check table= or query=.")


def not_installed(address: Address, package: str) -> UsageError:
    """Return the error for a database whose library is not there: it says nothing of the data."""
    extra = f"fieldguide[{package.split('[')[1]}" if "postgres" in package else package
    return UsageError(f"{address.given} is read by {package}, which is not installed: pip install '{extra}'.")
