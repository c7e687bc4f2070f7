"""A grade on Spark is that on DuckDB: every finding, its verdict, what it saw, the rows it shows."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from fieldguide.program import load_one
from fieldguide.steps.grade import Graded, grade

from .conftest import EXAMPLES

pytestmark = [pytest.mark.spark, pytest.mark.timeout(900)]

NOW = datetime(2014, 1, 2, tzinfo=UTC)
PAGE = EXAMPLES.parent / "docs" / "how-to" / "run-on-spark.md"
OWN = re.compile(r"(?<=\bcontent )[0-9a-f]{12}\b|\b20(2[5-9]|[3-9]\d)-\d\d-\d\d \d\d:\d\d\b")
"""What is a grade's own: the hash of the content, which every engine makes in its way, and the minute of grading."""


def told(found: Graded) -> list[tuple[Any, ...]]:
    """What a grade's findings say."""
    return [
        (f.check, f.about, f.level, f.verdict, OWN.sub("…", f.saw), f.expected, f.rows)
        for f in found.findings
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    "days",
    [
        pytest.param(31, id="January"),
        pytest.param(
            365,
            id="the year",
            marks=pytest.mark.skipif(
                not os.environ.get("CI"), reason="the whole year on a cluster: minutes; with CI=1"
            ),
        ),
    ],
)
def test_the_flights_get_the_same_findings(days: int, nyc: Any, master: str, tmp_path: Path) -> None:
    def departures() -> pa.Table:
        rows = nyc.departures()
        end = pa.scalar(datetime(2013, 1, 1, tzinfo=UTC) + timedelta(days=days), rows["predicted_at"].type)
        return rows if days == 365 else rows.filter(pc.less(rows["predicted_at"], end))

    flights = load_one(f"{EXAMPLES / 'flights.py'}:flights")
    flights = replace(flights, source=replace(flights.source, data=departures), next_period=None)
    on_duck, on_spark = (
        grade(flights, home=tmp_path / name, engine=engine, now=NOW)
        for name, engine in (("duck", "duckdb"), ("spark", master))
    )
    different = [(a, b) for a, b in zip(told(on_duck), told(on_spark), strict=True) if a != b]
    # how a source was read says so: what was handed over is noted
    assert [pair for pair in different if pair[0][0] != "parses"] == []
    assert on_duck.level == on_spark.level
    for name in ("rows", "since", "until", "columns", "sources"):
        assert on_duck.extent[name] == on_spark.extent[name]
    assert on_spark.extent["hash"].startswith("spark4:")
    assert {name: len(table) for name, table in on_duck.queues.items()} == {
        name: len(table) for name, table in on_spark.queues.items()
    }


VISITS = '''"""Visits to a shop's site."""
from datetime import timedelta

import fieldguide as fg

visits = fg.Program(
    question=fg.Question(ask="Will they come back?", one_row_is="a visit", decision="send a mail"),
    source=fg.Source(
        "visits.parquet", key="visit_id", time="seen_at", entity="who", owner="web team",
        joins=[fg.Join(fg.Source("prices.parquet", key=("plan", "since"), owner="sales"), on="plan", as_of="since")],
    ),
    features=[fg.Number("seconds", low=0), fg.Category("plan"), fg.Number("price", low=0)],
    label=fg.BinaryLabel("came_back", arrives_within=timedelta(days=7)),
)
'''
ROWS = """
import numpy as np, pyarrow as pa, pyarrow.parquet as pq
r, n = np.random.default_rng(4), 3_000
at = np.int64(1_700_000_000_000_000) + np.sort(r.integers(0, 90 * 86_400_000_000, n))
seconds = np.where(r.random(n) < 0.01, -999.0, r.lognormal(4, 1, n).round(1))
pq.write_table(pa.table({
    "visit_id": [f"v{i - (i % 500 == 7)}" for i in range(n)],
    "seen_at": pa.array(at, pa.timestamp("us", "UTC")),
    "who": [f"u{i}" for i in r.integers(0, 700, n)],
    "seconds": pa.array(seconds, mask=r.random(n) < 0.05),
    "plan": r.choice(["free", "basic", "pro", "Pro "], n, p=[0.6, 0.3, 0.09, 0.01]),
    "came_back": (r.random(n) < 0.2).astype(int),
}), "visits.parquet")
since = pa.array([0, 0, 0, int(at[n // 2])], pa.timestamp("us", "UTC"))
prices = {"plan": ["free", "basic", "pro", "pro"], "since": since, "price": [0.0, 9.5, 30.0, 35.0]}
pq.write_table(pa.table(prices), "prices.parquet")
"""


@dataclass(frozen=True)
class Told:
    """What the commands of the page printed, in a folder where DuckDB had graded before."""

    folder: Path
    duck: dict[str, Any]
    local: dict[str, Any]
    cluster: dict[str, Any]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, master: str) -> Told:
    """A table with faults in it, graded on DuckDB, then by the commands of the page, which sample it too."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "visits.py").write_text(VISITS)
    subprocess.run([sys.executable, "-c", ROWS], cwd=folder, check=True)
    blocks = re.findall(r"^```bash run\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    commands = [line for block in blocks for line in block.splitlines()]
    sampling = [line for line in commands if " sample " in line]
    grading = [line for line in commands if " grade " in line]
    assert (len(commands), len(sampling), len(grading)) == (3, 1, 2)
    assert ["local[2]" in line for line in grading] == [True, False]
    run(sampling[0].replace("sample.parquet", "of_duck.parquet").partition(" --engine ")[0], folder)
    run(sampling[0], folder)
    on_duck = "fieldguide grade visits.py"  # twice: the first remembers rows, which all later ones read again
    given = [on_duck, on_duck, grading[0].replace("local[2]", "local[*]"), grading[1]]
    found = [
        json.loads(run(f"{line} --json", folder))
        for line in (one.replace("spark://master.example.org:7077", master) for one in given)
    ]
    _, *found = found
    return Told(folder, *found)


def run(line: str, folder: Path) -> str:
    """Run a command in a folder and return what it printed; nothing may be said beside it."""
    done = subprocess.run(
        line.replace("fieldguide", f"{sys.executable} -m fieldguide", 1), shell=True, cwd=folder,
        capture_output=True, text=True, timeout=800, check=False, env={**os.environ, "COLUMNS": "200"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, ""), f"{line}: {done.stderr}"
    return done.stdout


@pytest.mark.parametrize("where", ["local", "cluster"])
def test_the_command_finds_the_same_in_this_process_and_on_a_cluster(where: str, shop: Told) -> None:
    expected, found = shop.duck, getattr(shop, where)
    for finding in (*expected["findings"], *found["findings"]):
        finding["saw"] = OWN.sub("…", finding["saw"])
    assert found["level"] == expected["level"]
    assert found["findings"] == expected["findings"]
    failed = {f["check"] for f in found["findings"] if f["verdict"] == "fail"}
    assert failed >= {"unique_key", "possible_values"}


def test_what_another_engine_read_is_not_called_rewritten(shop: Told) -> None:
    for after in (shop.local, shop.cluster):
        (finding,) = (f for f in after["findings"] if f["check"] == "reads_alike")
        assert finding["verdict"] == "pass"
        assert "other content" not in finding["saw"]


def test_the_command_samples_the_same_rows_on_spark(shop: Told) -> None:
    on_duck, on_spark = (
        pq.read_table(shop.folder / name).sort_by([("visit_id", "ascending"), ("seen_at", "ascending")])
        for name in ("of_duck.parquet", "sample.parquet")
    )
    assert 150 < len(on_duck) < 600
    assert on_spark.to_pylist() == on_duck.to_pylist()


def test_spark_leaves_nothing_where_the_command_was_run(shop: Told) -> None:
    expected = {".fieldguide", "visits.py", "visits.parquet", "prices.parquet"}
    samples = {f"{name}.{end}" for name in ("of_duck", "sample") for end in ("parquet", "parquet.json")}
    assert {path.name for path in shop.folder.iterdir()} - {"__pycache__"} <= expected | samples


def test_the_page_names_the_classes_that_make_a_cluster() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name in ("master.Master", "worker.Worker"):
        assert f"org.apache.spark.deploy.{name}" in page
