"""Databases that are files: their tables and queries, and what is not there."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from fieldguide.errors import DataError, FieldguideError, ProgramError, UnreachableError, UsageError
from fieldguide.program import Number, Source
from fieldguide.tables import engines as engine
from fieldguide.tables.read import Part, read, read_table
from fieldguide.tables.sources.databases import address_of

from ..visits import program


def rows(part: Part) -> list[dict[str, Any]]:
    return engine.to_arrow(part.table).to_pylist()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Path]:
    with sqlite3.connect(tmp_path / "shop.db") as made:
        made.execute(
            "CREATE TABLE visits (id TEXT, n INTEGER, x REAL, mixed, note TEXT, at TEXT, back INTEGER)"
        )
        made.executemany(
            "INSERT INTO visits VALUES (?, ?, ?, ?, ?, ?, ?)",
            [("007", 1, 2.5, 1, "a", "2024-01-01", 1), ("008", 2, 3, "two", None, "2024-01-02", 0), ("009", None, None, 2.0, "", "2024-01-03", 1)],
        )  # fmt: skip
        made.execute('CREATE TABLE "odd name" (a INTEGER)')
        made.execute('INSERT INTO "odd name" VALUES (1)')
        made.execute("CREATE VIEW only_back AS SELECT id FROM visits WHERE back")
    made.close()
    yield tmp_path
    assert (tmp_path / "shop.db").exists()


def test_a_table_of_sqlite_has_the_types_that_all_its_values_have(shop: Path) -> None:
    part = read_table(Source("sqlite:///shop.db", table="visits"), shop)
    assert dict(part.columns) == {
        "id": "string", "n": "int64", "x": "float64", "mixed": "string", "note": "string", "at": "string", "back": "int64",
    }  # fmt: skip
    assert [r["mixed"] for r in rows(part)] == ["1", "two", "2"]
    assert [r["note"] for r in rows(part)] == ["a", None, ""]
    assert (part.files, part.details[0].kind) == (("sqlite:///shop.db",), "table")
    assert rows(read_table(Source("sqlite:///shop.db", table="odd name"), shop)) == [{"a": 1}]
    assert rows(read_table(Source("sqlite:///shop.db", table="only_back"), shop)) == [
        {"id": "007"},
        {"id": "009"},
    ]
    assert rows(
        read_table(Source(f"sqlite:////{str(shop / 'shop.db').lstrip('/')}", table="odd name"), shop)
    ) == [{"a": 1}]


def test_a_query_is_read_as_a_table(shop: Path) -> None:
    asked = Source("sqlite:///shop.db", query="SELECT id, n * 2 AS n, n FROM visits WHERE n > 0 ORDER BY id;")
    assert rows(read_table(asked, shop)) == [{"id": "007", "n": 2, "n_2": 1}, {"id": "008", "n": 4, "n_2": 2}]
    made = read(program("sqlite:///shop.db", features=[Number("x")], table="visits"), base=shop)
    assert engine.to_arrow(made.table)["x"].to_pylist() == [2.5, 3.0, None]


def test_what_is_not_there_is_told_with_the_nearest(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def raises(data: Source, message: str, kind: type[FieldguideError] = DataError) -> None:
        with pytest.raises(kind, match=message) as caught:
            read_table(data, shop)
        assert isinstance(caught.value, UnreachableError) == (kind is UnreachableError)
        assert str(shop) not in str(caught.value)

    raises(
        Source("sqlite:///shop.db", table="visit"),
        r"has no table 'visit'. Did you mean 'visits'\? Its tables: 'odd name', 'only_back', 'visits'",
        UnreachableError,
    )
    raises(
        Source("sqlite:///shop.db"),
        r"which table\? It has 'odd name', 'only_back', 'visits'; name one.*--table NAME",
        ProgramError,
    )
    raises(
        Source("sqlite:///shop.db", query="SELECT odd FROM visits"),
        "did not answer .*no such column: odd",
    )
    raises(Source("sqlite:///shop.db", query="DELETE FROM visits"), "did not answer")
    raises(
        Source("sqlite:///shap.db", table="visits"),
        r"there is no file 'shap.db'. Did you mean 'shop.db'\?",
        UnreachableError,
    )
    raises(Source("sqlite://shop.db", table="visits"), "expected three slashes", UnreachableError)
    (shop / "text.db").write_text("this is no database at all, but a text\n" * 100)
    raises(Source("sqlite:///text.db", table="visits"), "did not answer .*not a database")
    raises(Source("duckdb:///text.db", table="visits"), "could not be opened as DuckDB", UnreachableError)
    monkeypatch.delenv("NOWHERE", raising=False)
    raises(
        Source("sqlite:///${NOWHERE}/shop.db"),
        "no NOWHERE; set it before you start: export NOWHERE=…",
        UsageError,
    )


def test_a_locked_database_is_waited_for_and_then_told(shop: Path) -> None:
    holder = sqlite3.connect(shop / "shop.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(UnreachableError, match="is locked by another program"):
            read_table(Source("sqlite:///shop.db", table="visits", timeout=timedelta(seconds=0.2)), shop)
    finally:
        holder.close()


def test_a_duckdb_file_is_read(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as made:
        made.execute(
            "CREATE TABLE visits AS SELECT 7 AS id, DATE '2024-01-31' AS day, TIMESTAMP '2024-01-31 17:00' AS at, 1.50::DECIMAL(5, 2) AS x"
        )
    part = read_table(Source("duckdb:///shop.duckdb"), tmp_path)
    assert rows(part)[0] | {"x": float(rows(part)[0]["x"])} == {
        "id": 7, "day": date(2024, 1, 31), "at": datetime(2024, 1, 31, 17), "x": 1.5,
    }  # fmt: skip
    assert rows(
        read_table(Source("duckdb:///shop.duckdb", query="SELECT id + 1 AS next FROM visits"), tmp_path)
    ) == [{"next": 8}]
    with pytest.raises(UnreachableError, match=r"has no table 'visit'. Did you mean 'visits'\?"):
        read_table(Source("duckdb:///shop.duckdb", table="visit"), tmp_path)


def test_an_address_is_taken_apart_before_the_environment_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DB_USER", "ann@home")
    monkeypatch.setenv("DB_WORD", "p@ss:w/rd?#")
    monkeypatch.setenv("DB_PORT", "6543")
    found = address_of(
        "postgresql://${DB_USER}:${DB_WORD}@db.example.org:${DB_PORT}/shop/public?sslmode=require"
    )
    assert (found.user, found.password, found.host, found.port) == (
        "ann@home",
        "p@ss:w/rd?#",
        "db.example.org",
        6543,
    )
    assert (found.path, dict(found.more)) == ("shop/public", {"sslmode": "require"})
    assert "p@ss" not in repr(found)
    assert found.told("no entry for ann@home with p@ss:w/rd?#\nmore") == "no entry for ${DB_USER} with …"


def test_a_library_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    real = importlib.import_module

    def without(name: str, *args: Any) -> Any:
        if name in ("psycopg", "ibis.backends.mysql"):
            raise ModuleNotFoundError(name)
        return real(name, *args)

    monkeypatch.setattr(importlib, "import_module", without)
    with pytest.raises(UsageError, match=r"which is not installed: pip install 'fieldguide\[postgres\]'"):
        read_table(Source("postgresql://127.0.0.1/shop", table="visits"))
    with pytest.raises(UsageError, match=r"which is not installed: pip install 'ibis-framework\[mysql\]'"):
        read_table(Source("mysql://127.0.0.1/shop", table="visits"))
