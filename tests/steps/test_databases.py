"""From a database to a program and a level, and what a missing table, a missing variable and two tables mean."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from fieldguide.errors import ProgramError, UsageError
from fieldguide.steps.new import new

from .conftest import Run, as_json


def rewrite(shop: Path, old: str, new: str) -> None:
    text = (shop / "visits.py").read_text()
    assert old in text
    (shop / "visits.py").write_text(text.replace(old, new))


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    """A folder with a database of two tables: visits, and who works there."""
    with sqlite3.connect(tmp_path / "clinic.db") as made:
        made.execute(
            "CREATE TABLE visits (visit_id INTEGER PRIMARY KEY, at TEXT, plan TEXT, came_back INTEGER)"
        )
        start = datetime(2025, 1, 1)
        made.executemany(
            "INSERT INTO visits VALUES (?, ?, ?, ?)",
            [(i, str(start + timedelta(hours=i)), ("free", "pro")[i % 3 == 0], i % 2) for i in range(300)],
        )
        made.execute("CREATE TABLE staff (name TEXT, since TEXT)")
        made.execute("INSERT INTO staff VALUES ('Bo', '2020-01-01')")
    made.close()
    return tmp_path


@pytest.mark.parametrize(
    ("option", "told", "rows"),
    [
        (("--table", "visits"), 'table="visits",', 300),
        (("--query", "SELECT * FROM visits\nWHERE visit_id < 200"), "WHERE visit_id < 200", 200),
    ],
)
def test_two_commands_lead_from_a_database_to_a_level(
    option: tuple[str, str], told: str, rows: int, clinic: Path, run: Run
) -> None:
    run("new", "visits", "sqlite:///clinic.db", *option)
    text = (clinic / "visits.py").read_text()
    assert '"sqlite:///clinic.db",' in text
    assert told in text
    assert 'key="visit_id"' in text
    graded = as_json(run("grade", "visits.py", "--json"))
    assert (graded["level"], graded["extent"]["rows"]) == ("C4", rows)
    assert [f["check"] for f in graded["held_back_by"]] == ["owner"]


def test_a_database_is_not_drafted_from_before_it_is_said_which_table(clinic: Path) -> None:
    with pytest.raises(ProgramError, match=r"which table\? It has 'staff', 'visits'; name one.*--table NAME"):
        new("visits", "sqlite:///clinic.db", folder=clinic)
    with pytest.raises(UsageError, match="--table lacks the place of the data"):
        new("visits", table="visits", folder=clinic)
    with pytest.raises(ProgramError, match="leave one of them out"):
        new("visits", "sqlite:///clinic.db", table="visits", query="SELECT 1", folder=clinic)
    with pytest.raises(ProgramError, match=r"holds a password.*single quotes"):
        new("visits", "postgresql://ann:secret@127.0.0.1/shop", table="visits", folder=clinic)
    assert not (clinic / "visits.py").exists()


def test_a_table_that_its_database_lost_falls_to_c4_and_what_lacks_here_is_no_grade(
    shop: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with duckdb.connect(str(shop / "shop.duckdb")) as made:
        made.execute(f"CREATE TABLE visits AS SELECT * FROM read_csv('{shop}/visits.csv')")
        made.execute("CREATE TABLE other AS SELECT 1 AS n")
    rewrite(shop, '"visits.csv"', '"duckdb:///${SHOP}.duckdb", table="visits"')
    monkeypatch.setenv("SHOP", "shop")
    level = as_json(run("grade", "visits.py", "--json"))["level"]
    assert level not in ("C4", "C3")
    monkeypatch.delenv("SHOP")
    lacks = run("grade", "visits.py", code=2)
    assert "the environment has no SHOP; set it before you start: export SHOP=…" in lacks.stderr
    assert "level" not in lacks.stdout
    assert as_json(run("history", "visits.py", "--json"))["total"] == 1
    monkeypatch.setenv("SHOP", "shop")
    with duckdb.connect(str(shop / "shop.duckdb")) as made:
        made.execute("DROP TABLE visits")
    lost = run("grade", "visits.py", code=4)
    assert "level C4" in lost.stdout
    assert "has no table 'visits'. Its tables: 'other'" in lost.stdout


def test_two_tables_of_a_database_are_two_places(shop: Path, run: Run) -> None:
    with duckdb.connect(str(shop / "shop.duckdb")) as made:
        for name in ("rain", "wind"):
            made.execute(
                f"CREATE TABLE {name} AS SELECT 'free' AS plan, TIMESTAMP '2024-01-01' AS at, 1 AS {name}"
            )
    joins = ", ".join(
        f'fg.Join(fg.Source("duckdb:///shop.duckdb", table="{name}"), on="plan", as_of="at")'
        for name in ("rain", "wind")
    )
    rewrite(shop, 'personal_data="none",', f'personal_data="none", joins=[{joins}],')
    graded = as_json(run("grade", "visits.py", "--json"))
    about = [f["about"] for f in graded["findings"] if f["check"] == "owner"]
    assert about == [None, "duckdb:///shop.duckdb:rain", "duckdb:///shop.duckdb:wind"]
    with duckdb.connect(str(shop / "shop.duckdb")) as made:
        made.execute("DROP TABLE wind")
    graded = as_json(run("grade", "visits.py", "--json", code=4))
    failed = [f["about"] for f in graded["findings"] if f["check"] == "reachable" and f["verdict"] == "fail"]
    assert failed == ["duckdb:///shop.duckdb:wind"]
