"""Opening the ledger: new, current, old, foreign, newer."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from fieldguide.errors import DataError
from fieldguide.ledger.book import HEAD, open_ledger
from fieldguide.ledger.schema import metadata


def test_a_new_ledger_is_at_the_head_and_equals_the_declared_tables(tmp_path: Path) -> None:
    engine = open_ledger(tmp_path / "deep" / "ledger.db")
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() == HEAD
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_opening_twice_changes_nothing(tmp_path: Path) -> None:
    open_ledger(tmp_path / "ledger.db").dispose()
    engine = open_ledger(tmp_path / "ledger.db")
    assert set(metadata.tables) < set(sa.inspect(engine).get_table_names())
    engine.dispose()


def test_a_file_that_is_no_database_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    file.write_text("these are my notes, not a database " * 100)
    before = file.read_bytes()
    with pytest.raises(DataError, match="cannot be used"):
        open_ledger(file)
    assert file.read_bytes() == before


def test_a_ledger_of_a_newer_fieldguide_is_refused(tmp_path: Path) -> None:
    open_ledger(tmp_path / "ledger.db").dispose()
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(DataError, match="newer fieldguide"):
        open_ledger(tmp_path / "ledger.db")


def test_processes_that_open_a_new_ledger_at_once_all_succeed(tmp_path: Path) -> None:
    code = f"from fieldguide.ledger.book import open_ledger; open_ledger({str(tmp_path / 'ledger.db')!r}).dispose()"
    processes = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE) for _ in range(4)]
    errors = [process.communicate()[1].decode() for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, "\n".join(errors)
