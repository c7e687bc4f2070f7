"""Opening the ledger: a database that is brought to the current version before it is used."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from fieldguide.errors import DataError

HEAD = "0002"


def open_ledger(place: Path | str) -> sa.Engine:
    """Return the engine of the ledger at `place`: a file, or a database URL (`postgresql://…`).

    Creates it where it is new, and brings an older one to the current version.

    Raises DataError when the file is no ledger, cannot be written, or is newer than this fieldguide.
    """
    url = str(place) if "://" in str(place) else f"sqlite:///{place}"
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    # no pool: steps are short and few, and a connection that is given back is closed
    engine = sa.create_engine(url, poolclass=NullPool)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _set_up_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    try:
        _bring_up_to_date(engine)
    except sa.exc.DatabaseError as error:
        engine.dispose()
        raise DataError(
            f"The ledger at {_shown(url)} cannot be used: {error.orig}. Expected a database of fieldguide that may be "
            "written; check the rights and that it is the right file, or choose another --home."
        ) from error
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:
    # transactions are begun by SQLAlchemy, not by the driver, so that a migration is all or nothing
    connection.isolation_level = None
    with closing(connection.cursor()) as cursor:
        cursor.execute("PRAGMA busy_timeout = 20000")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")


def _begin_sqlite(connection: sa.Connection) -> None:
    connection.exec_driver_sql(
        "BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN"
    )


def _version(engine: sa.Engine) -> str | None:
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def _bring_up_to_date(engine: sa.Engine) -> None:
    version = _version(engine)
    if version == HEAD:
        return
    # Alembic is slow to import and needed only here
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise DataError(
            f"The ledger is of version {version}, this fieldguide knows up to {HEAD}: it was written by a newer "
            "fieldguide; upgrade (pip install -U fieldguide) or choose another --home."
        )
    with engine.execution_options(writes=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _shown(url: str) -> str:
    return sa.make_url(url).render_as_string(hide_password=True).removeprefix("sqlite:///")
