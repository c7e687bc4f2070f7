"""Sources on Spark: the same rows, in the same order, with the same rejects; joins row by row; samples key by key."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fieldguide.program import (
    BinaryLabel,
    Category,
    Join,
    Number,
    Program,
    Question,
    Source,
    Timestamp,
    load_one,
)
from fieldguide.steps.sample import sample
from fieldguide.tables import engines as engine
from fieldguide.tables.read import Reading, read, read_table

from .conftest import EXAMPLES
from .same import differ, rows_of

pytestmark = pytest.mark.spark

CSV = '''id,when,amount,plan,back
007,2024-01-01 10:00,1.5,free,1
008,2024-01-01T11:00:00Z,2e1,"pro, or ""max""",0
009,2024-01-02,-3,,1
010,2024-01-02 24:00,abc,free,0
too few
011,yesterday,4,basic,
012,2024-01-03 10:00:00.25+02:00, 5 ,free,0
'''
JSON = """{"id": "a", "when": "2024-01-01T10:00:00Z", "amount": 1, "plan": "free", "back": true, "who": {"age": 3}}
{"id": "b", "when": "2024-01-02T10:00:00Z", "amount": 2.5, "plan": null, "back": false, "who": {"age": 4}}
not json
{"id": "c", "when": "2024-01-03T10:00:00Z", "amount": null, "plan": "pro", "back": true}
"""


def program(data: Any, **more: Any) -> Program:
    """Visits that may come back."""
    source = Source(data, **{"key": "id", "time": "when", "timezone": "America/New_York", **more})
    return Program(
        question=Question(ask="Back?", one_row_is="a visit"),
        source=source,
        features=[Number("amount"), Category("plan")],
        label=BinaryLabel("back", arrives_within=timedelta(days=1)),
        name="visits",
    )


def as_told(reading: Reading) -> dict[str, Any]:
    """All that a reading says but the hash of its content, which each engine makes in its own way."""
    extent = reading.extent
    parts = [
        {
            "rows": rows_of(engine.to_arrow(engine.numbered(part.table)), "__row"),
            "rejects": part.rejects,
            "rejected": part.rejected,
            "doubles": part.doubles,
        }
        for part in reading.parts
    ]
    table = engine.to_arrow(reading.table)
    rows = sorted(rows_of(table), key=lambda row: [str(value) for value in row.values()])
    told = (extent.source, extent.rows, extent.since, extent.until)
    return {
        "extent": told,
        "parts": parts,
        "columns": table.column_names,
        "rows": rows,
        "events": dict(reading.event_columns),
    }


def files(folder: Path) -> dict[str, str]:
    """A file of each kind; the Parquet ones lie in two, whose columns differ."""
    (folder / "visits.csv").write_text(CSV)
    (folder / "visits.json").write_text(JSON)
    n, r = 2_000, np.random.default_rng(1)
    at = np.int64(1_700_000_000_000_000) + r.integers(0, 10**13, n)
    whole = pa.table(
        {
            "id": pa.array([f"{i:05d}" for i in range(n)]),
            "when": pa.array(at, pa.timestamp("us")),
            "amount": pa.array(r.lognormal(2, 1, n), mask=r.random(n) < 0.1),
            "plan": pa.array(r.choice(["free", "pro"], n), mask=r.random(n) < 0.1),
            "back": pa.array(r.random(n) < 0.3),
            "small": pa.array(r.integers(0, 100, n), pa.int8()),
            "price": pa.array(r.integers(0, 10**6, n)).cast(pa.decimal128(21, 2)),
            "day": pa.array(r.integers(0, 20_000, n), pa.int32()).cast(pa.date32()),
        }
    )
    pq.write_table(whole.slice(0, 1_200), folder / "part[b] 1.parquet")
    pq.write_table(whole.slice(1_200).drop_columns(["small"]), folder / "part[a] 2.parquet")
    return {
        "csv": "visits.csv",
        "json": "visits.json",
        "parquet": "part* ?.parquet",
        "one file": "part[[]b] 1.parquet",
    }


@pytest.mark.parametrize("kind", ["csv", "json", "parquet", "one file"])
def test_a_file_is_read_alike(kind: str, duck: Any, spark: Any, tmp_path: Path) -> None:
    visits = program(files(tmp_path)[kind])
    on_duck, on_spark = (as_told(read(visits, base=tmp_path, connection=c)) for c in (duck, spark))
    assert differ(on_duck, on_spark) == []
    assert on_duck["rows"]


def test_only_parquet_and_its_own_frames_are_read_by_the_workers(spark: Any, tmp_path: Path) -> None:
    given = files(tmp_path)
    notes = {kind: read_table(name, tmp_path, connection=spark).notes for kind, name in given.items()}
    assert all("handed over to Spark" in " ".join(notes[kind]) for kind in ("csv", "json"))
    assert not any("handed over" in note for note in notes["one file"])


def _frames(rows: pa.Table, spark: Any) -> dict[str, Callable[[], Any]]:
    def arrow() -> Any:
        return rows

    def of_spark() -> Any:
        return spark.session.createDataFrame(rows)

    return {"arrow": arrow, "spark": of_spark}


@pytest.mark.parametrize("kind", ["arrow", "spark"])
def test_a_function_may_give_rows_in_memory_or_a_frame_of_spark(kind: str, duck: Any, spark: Any) -> None:
    rows = pa.table(
        {
            "id": ["a", "b", "c"],
            "when": pa.array(
                [datetime(2024, 1, day, tzinfo=UTC) for day in (1, 2, 3)], pa.timestamp("us", "UTC")
            ),
            "amount": [1.0, None, float("nan")],
            "plan": ["free", None, "pro"],
            "back": [1, 0, 1],
        }
    )
    visits = program(_frames(rows, spark)[kind])
    expected = as_told(read(program(rows), connection=duck))
    found = as_told(read(visits, connection=spark))
    assert differ(expected["rows"], found["rows"]) == []
    assert found["extent"][1:] == expected["extent"][1:]


def test_the_flights_are_joined_to_the_weather_row_by_row(nyc: Any, duck: Any, spark: Any) -> None:
    flights = load_one(f"{EXAMPLES / 'flights.py'}:flights")
    readings = [read(flights, connection=c) for c in (duck, spark)]
    rows = [engine.to_arrow(r.table).sort_by("__key") for r in readings]
    assert len(rows[0]) == 336_776
    assert rows[0].column_names == rows[1].column_names
    for name in rows[0].column_names:
        assert rows[0][name].combine_chunks().equals(rows[1][name].combine_chunks()), name
    assert rows[0]["__event_1"].null_count < len(rows[0]) / 10
    same = [
        (r.extent.rows, r.extent.since, r.extent.until, r.parts[1].doubles, dict(r.event_columns))
        for r in readings
    ]
    assert same[0] == same[1]


def test_a_join_takes_what_was_known_then_also_without_a_time_or_a_partner(duck: Any, spark: Any) -> None:
    r = np.random.default_rng(5)
    n, m = 500, 300

    def instants(count: int) -> pa.Array:
        at = np.int64(1_700_000_000_000_000) + r.integers(0, 200, count) * 60_000_000
        return pa.array(at, pa.timestamp("us", "UTC"), mask=r.random(count) < 0.05)

    places = np.array(["A", "B", "C", None], dtype=object)
    main = pa.table(
        {
            "id": [f"{i:04d}" for i in range(n)],
            "when": instants(n),
            "place": pa.array(r.choice(places, n), pa.string()),
            "amount": r.normal(size=n),
            "back": (r.random(n) < 0.5).astype(int),
        }
    )
    other = pa.table(
        {
            "place": pa.array(r.choice(places[1:], m), pa.string()),
            "seen": instants(m),
            "plan": pa.array([f"p{i}" for i in r.integers(0, 9, m)], mask=r.random(m) < 0.1),
        }
    )
    joins = Join(Source(other), on="place", as_of="seen", within=timedelta(minutes=30))
    on_duck, on_spark = (as_told(read(program(main, joins=joins), connection=c)) for c in (duck, spark))
    assert differ(on_duck["rows"], on_spark["rows"]) == []
    assert on_duck["parts"][1]["doubles"] == on_spark["parts"][1]["doubles"] > 0


def test_rows_until_a_time_are_those_with_labels_as_known_then(duck: Any, spark: Any, tmp_path: Path) -> None:
    visits = program(files(tmp_path)["one file"])
    on_duck, on_spark = (
        as_told(read(visits, base=tmp_path, until="2023-12-01", connection=c)) for c in (duck, spark)
    )
    assert differ(on_duck["rows"], on_spark["rows"]) == []
    assert on_duck["extent"] == on_spark["extent"]


def test_texts_with_instants_are_read_in_the_zone_alike(duck: Any, spark: Any) -> None:
    times = [
        "2013-03-10 01:59", "2013-03-10 02:30", "2013-03-10 03:00", "2013-11-03 01:30", "2013-11-03T01:30:00-04:00",
        "2013-11-03T01:30:00Z", "1890-01-01", "2100-07-01 12:00:00.5", "x", "", None,
    ]  # fmt: skip
    rows = pa.table(
        {
            "id": [str(i) for i in range(len(times))],
            "when": ["2024-01-01"] * len(times),
            "at": times,
            "back": [1] * len(times),
        }
    )
    base = program(rows)
    visits = Program(
        question=base.question,
        source=base.source,
        features=[Timestamp("at", parts=("hour",))],
        label=base.label,
        name="visits",
    )
    on_duck, on_spark = (as_told(read(visits, connection=c)) for c in (duck, spark))
    assert differ(on_duck, on_spark) == []


@pytest.mark.parametrize(
    "wanted",
    [{"share": 0.1}, {"share": 0.1, "negatives": 0.5}, {"entities": 30}],
    ids=["share", "negatives", "entities"],
)
def test_the_same_entities_are_sampled(
    wanted: dict[str, Any], spark: Any, master: str, tmp_path: Path
) -> None:
    r = np.random.default_rng(2)
    n = 5_000
    rows = pa.table(
        {
            "id": [f"{i:05d}" for i in range(n)],
            "who": [f"u{i}" for i in r.integers(0, 600, n)],
            "when": pa.array(
                np.int64(1_700_000_000_000_000) + np.arange(n) * 1_000_000, pa.timestamp("us", "UTC")
            ),
            "amount": r.lognormal(2, 1, n),
            "plan": r.choice(["free", "pro"], n),
            "back": (r.random(n) < 0.05).astype(int),
        }
    )
    pq.write_table(rows, tmp_path / "rows.parquet", row_group_size=700)
    visits = program(str(tmp_path / "rows.parquet"), entity="who")
    told = [
        sample(visits, tmp_path / f"{name}.parquet", engine=name_or, **wanted)
        for name, name_or in (("duckdb", "duckdb"), ("spark", master))
    ]
    drawn = [pq.read_table(tmp_path / f"{name}.parquet").sort_by("id") for name in ("duckdb", "spark")]
    assert 0 < len(drawn[0]) < n
    assert differ(drawn[0], drawn[1]) == []
    assert (
        differ([told[0].strata, told[0].estimate, told[0].of], [told[1].strata, told[1].estimate, told[1].of])
        == []
    )
