"""Monitors that run at the same time take turns: each window is judged once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
from pyarrow.parquet import write_table

import fieldguide as fg
from fieldguide.ledger import records
from fieldguide.program import load_one
from fieldguide.steps.home import Home
from fieldguide.steps.monitor import monitor

START = datetime(2024, 3, 1, tzinfo=UTC)
PROGRAM = """
from datetime import timedelta
import fieldguide as fg

visits = fg.Program(
    question=fg.Question("Will the visitor come back?", one_row_is="a visit", decision="whom to help"),
    source=fg.Source("visits.parquet", key="visit_id", time="seen_at", owner="us", license="own", purpose="test",
                     personal_data="none"),
    features=[fg.Number("seconds", unit="second", low=0, about="on the site")],
    label=fg.BinaryLabel("came_back", arrives_within=timedelta(days=1)),
)
"""


def released(folder: Path) -> tuple[fg.Program, Home]:
    numbers = range(1_000)
    rows = {
        "visit_id": [f"k{n}" for n in numbers],
        "seen_at": [START + timedelta(hours=n) for n in numbers],
        "seconds": [float(n * 37 % 400) for n in numbers],
        "came_back": [int(n * 7919 % 100 < 30) for n in numbers],
    }
    write_table(pa.table(rows), folder / "visits.parquet")
    (folder / "visits.py").write_text(PROGRAM)
    program, home = load_one(folder / "visits.py"), Home(folder / "home")
    fg.fit(program, home=home)
    fg.launch(program, home=home)
    return program, home


def test_a_monitor_waits_for_one_that_is_at_work(tmp_path: Path) -> None:
    program, home = released(tmp_path)
    done = threading.Event()
    other = threading.Thread(target=lambda: (monitor(program, home=home), done.set()))
    with home.turn("monitor"):
        other.start()
        assert not done.wait(0.5)
    assert done.wait(30)
    other.join()
    assert records.read_windows(home.ledger(), "visits") == []
