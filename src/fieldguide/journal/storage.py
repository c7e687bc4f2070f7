"""The journal's file: its tables, its settings, its version.

One SQLite file a server process (`worker-0.db`) in write-ahead mode with synchronous FULL: a commit is on
the disk before it returns. Readers are other processes; they see committed entries only and hold no lock
that a writer waits for. An entry is a few columns that are looked for and a MessagePack body.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Column, Float, Index, Integer, LargeBinary, MetaData, Table, Text, create_engine
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool

from fieldguide.errors import JournalError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
VERSION = 1
"""The version of the tables, kept in the file as `PRAGMA user_version`."""
ANSWERED, REFUSED = 0, 1
NEVER = -(2**62)
"""The watermark of a program of which nothing has a time yet."""

metadata = MetaData()
entries = Table(
    "entries",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("id", Text, nullable=False),
    Column("program", Text, nullable=False),
    Column("n", Integer, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("at", Integer, nullable=False),
    Column("time", Integer, nullable=False),
    Column("key", Text),
    Column("entity", Text),
    Column("release", Text),
    Column("body", LargeBinary, nullable=False),
    Index("entries_by_id", "id", unique=True),
    Index("entries_by_number", "program", "n", unique=True),
)
outcomes = Table(
    "outcomes",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("program", Text, nullable=False),
    Column("id", Text),
    Column("key", Text),
    Column("value", Float, nullable=False),
    Column("at", Integer, nullable=False),
    Column("received", Integer, nullable=False),
    Index("outcomes_by_id", "program", "id"),
    Index("outcomes_by_key", "program", "key"),
)
# what has come so far, kept beside the entries in the same transaction so that nobody must scan for it
progress = Table(
    "progress",
    metadata,
    Column("program", Text, primary_key=True),
    Column("n", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("dropped", Integer, nullable=False),
    Column("watermark", Integer, nullable=False),
)


def path_of(folder: Path) -> Path:
    """Return the file of the server process in the journal's folder."""
    return Path(folder) / "worker-0.db"


def engine_of(path: Path) -> Engine:
    """Return an engine for a journal file; it keeps no connections of its own."""
    return create_engine(f"sqlite:///{path}", poolclass=NullPool, connect_args={"timeout": 5.0})


def open_writing(path: Path) -> Connection:
    """Open the file for the one writer, making or checking its tables.

    Raises JournalError when the file is of another version.
    """
    engine = engine_of(path)
    connection = engine.connect()
    try:
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        connection.exec_driver_sql("PRAGMA synchronous = FULL")
        connection.exec_driver_sql("PRAGMA wal_autocheckpoint = 2000")
        connection.exec_driver_sql(f"PRAGMA journal_size_limit = {64 << 20}")
        connection.rollback()
        version = check_version(connection, path)
        if version == 0:
            metadata.create_all(connection)
            connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")
        connection.commit()
    except BaseException:
        connection.close()
        raise
    return connection


def check_version(connection: Connection, path: Path) -> int:
    """Return the version of the tables, 0 for an empty file.

    Raises JournalError when this fieldguide does not know the version.
    """
    version = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
    if version not in (0, VERSION):
        raise JournalError(
            f"{path} is a journal of version {version}; this fieldguide reads version {VERSION}. "
            "Use the fieldguide that wrote it, or another home.",
        )
    if version == 0 and connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one():
        raise JournalError(f"{path} is a database, but not a journal; use another home.")
    return version


@contextmanager
def reading(folder: Path) -> Iterator[Connection | None]:
    """Give a connection for short reads, or None where nothing was ever journaled.

    Every statement is its own short transaction as long as its rows are fetched at once: an open one
    would keep the write-ahead file from being folded back.
    """
    path = path_of(folder)
    if not path.exists():
        yield None
        return
    # not opened read-only: after a crash the first one to open the file has to mend it
    try:
        with engine_of(path).connect() as connection:
            connection.exec_driver_sql("PRAGMA query_only = ON")
            yield connection if check_version(connection, path) else None
    except DatabaseError as error:
        raise JournalError(f"the journal {path} cannot be read ({error.orig}).") from error


def micros(instant: datetime) -> int:
    """Return an aware instant as microseconds since 1970 in UTC.

    >>> micros(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
    1000000
    """
    gap = instant - EPOCH
    return (gap.days * 86_400 + gap.seconds) * 1_000_000 + gap.microseconds
