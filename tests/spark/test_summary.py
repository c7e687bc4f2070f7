"""A summary on Spark is that on DuckDB: bucket by bucket, label by label, slice by slice."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fieldguide.program import Boolean, Category, Number, Program, Timestamp, load_one, raw_columns
from fieldguide.tables import counting
from fieldguide.tables import engines as engine
from fieldguide.tables.read import read
from fieldguide.tables.summary import Blocks, Period, Spans, summarize

from .conftest import EXAMPLES
from .same import summaries_differ

pytestmark = pytest.mark.spark

SLICES = {
    "one slice": None,
    "months in New York": Period("month", "America/New_York"),
    "days": Period("day"),
    "twelve spans": Spans(),
    "all blocks": Blocks(),
    "stretches of blocks": Blocks(200, 100),
}


@pytest.fixture(scope="module")
def flights(nyc: Any) -> Program:
    """The program of the flights."""
    return load_one(f"{EXAMPLES / 'flights.py'}:flights")


@pytest.fixture(scope="module")
def departures(flights: Program, duck: Any, spark: Any) -> tuple[ibis.Table, ibis.Table]:
    """The canonical table of the flights on both engines."""
    rows = engine.to_arrow(read(flights, connection=duck).table)
    return engine.from_arrow(duck, rows), engine.materialize(engine.from_arrow(spark, rows))


@pytest.mark.parametrize("name", SLICES)
def test_the_flights_are_counted_alike(name: str, flights: Program, departures: Sequence[ibis.Table]) -> None:
    features = raw_columns(flights)
    on_duck, on_spark = (summarize(t, features, slices=SLICES[name]) for t in departures)
    assert summaries_differ(on_duck, on_spark) == []
    assert len(on_duck.rows) > 5 or SLICES[name] is None


def test_a_window_is_counted_like_what_it_is_compared_with(
    flights: Program, departures: Sequence[ibis.Table]
) -> None:
    features = raw_columns(flights)
    like = summarize(departures[0], features, slices=Spans(4))
    windows = [
        summarize(t.filter(t["__time"].year() == 2013, t["carrier"] == "UA"), features, like=like)
        for t in departures
    ]
    assert summaries_differ(*windows) == []


def odd(n: int = 5_000, seed: int = 3) -> pa.Table:
    """Rows with all that is awkward: NaN, infinities, zeros of both signs, nulls, ties in time, no key."""
    r = np.random.default_rng(seed)
    at = np.int64(1_700_000_000_000_000) + r.integers(0, 50, n) * 86_400_000_000
    special = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e300, -1e300, 5e-324, 1.5, -1.5])
    wide = np.where(r.random(n) < 0.3, r.choice(special, n), r.lognormal(0, 30, n) * r.choice([-1, 1], n))
    names = np.array(
        ["", " ", "a", "A", "é", "日本", "a'b", 'a"b', "a\\b", "null", "NaN", "x" * 300], dtype=object
    )
    return pa.table(
        {
            "few": pa.array(r.choice(special, n), mask=r.random(n) < 0.1),
            "wide": pa.array(wide, mask=r.random(n) < 0.1),
            "steady": pa.array(np.full(n, 7.25)),
            "nothing": pa.nulls(n, pa.float64()),
            "yes": pa.array(r.random(n) < 0.4, mask=r.random(n) < 0.2),
            "name": pa.array(r.choice(names, n), pa.string(), mask=r.random(n) < 0.1),
            "code": pa.array([f"code {i}" for i in r.integers(0, 4_000, n)]),
            "when": pa.array(
                r.integers(-(10**16), 10**16, n), pa.timestamp("us", "UTC"), mask=r.random(n) < 0.1
            ),
            "__time": pa.array(at, pa.timestamp("us", "UTC"), mask=r.random(n) < 0.05),
            "__key": pa.nulls(n, pa.string()),
        }
    )


ODD = [
    Number("few"), Number("wide"), Number("steady"), Number("nothing"), Boolean("yes"), Category("name"),
    Category("code"), Timestamp("when"),
]  # fmt: skip


@pytest.mark.parametrize("slices", [None, Blocks(100, 20), Spans(5), Period("day")], ids=str)
def test_odd_values_and_rows_without_key_are_counted_alike(slices: Any, duck: Any, spark: Any) -> None:
    rows = odd()
    turned = rows.take(pa.array(np.random.default_rng(0).permutation(len(rows))))
    on_duck = summarize(engine.from_arrow(duck, rows), ODD, slices=slices)
    on_spark = summarize(engine.from_arrow(spark, turned), ODD, slices=slices)
    assert summaries_differ(on_duck, on_spark) == []


def test_texts_too_many_to_count_are_the_same_ones(
    duck: Any, spark: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("MANY_TEXTS", 1_000), ("MOST_LABELS", 100)):
        monkeypatch.setattr(counting, name, value)
    rows = odd(30_000)
    on_duck, on_spark = (summarize(engine.from_arrow(c, rows), [Category("code")]) for c in (duck, spark))
    assert summaries_differ(on_duck, on_spark) == []


def _many(rows: int, path: Path) -> None:
    """Write rows of mixed columns as bench/summary.py does."""
    import importlib.util

    spec = importlib.util.spec_from_file_location(
        "bench_summary", Path(__file__).parents[2] / "bench" / "summary.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.generate(rows, path)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(not os.environ.get("CI"), reason="5 million rows on a cluster: minutes; with CI=1")
def test_five_million_rows_are_counted_alike(duck: Any, spark: Any, tmp_path: Path) -> None:
    path = tmp_path / "many.parquet"
    _many(5_000_000, path)
    kinds = pq.read_schema(path)
    features: list[Any] = []
    for each in kinds:
        if each.name != "id":
            number = pa.types.is_integer(each.type) or pa.types.is_floating(each.type)
            word: Any = Number if number else Category if pa.types.is_string(each.type) else Boolean
            features.append(Timestamp(each.name) if pa.types.is_timestamp(each.type) else word(each.name))
    counted = []
    for rows in (duck.read_parquet(str(path)), engine.parquet(spark, [str(path)])):
        table = rows.mutate(__time=rows["at"], __key=rows["id"].cast("string"))
        counted.append(summarize(table, features, slices=Spans()))
    assert int(counted[0].rows.sum()) == 5_000_000
    assert summaries_differ(*counted) == []
