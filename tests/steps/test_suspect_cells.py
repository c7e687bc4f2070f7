"""From a table with errors to the queue of suspect cells in two commands, and what the grade says of them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from fieldguide.readiness.faithfulness.cells import run as cells_run
from fieldguide.readiness.faithfulness.cells.findings import CELL_CHECKS

from .conftest import Run, as_json


@pytest.fixture
def run(run_here: Run) -> Run:
    """Run the command line within this process."""
    return run_here


def stops(path: Path, wrong: int, rows: int = 600) -> None:
    """Write stops with a line that determines the depot; in the first `wrong` rows of the depot a letter is another one."""
    r = np.random.default_rng(1)
    depots = ["Nordhof", "Westend", "Hafenplatz", "Altstadt", "Messegarten"]
    line = r.integers(1, 40, rows)
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["stop", "line", "depot", "riders"])
        for i in range(rows):
            depot = depots[line[i] % 5]
            depot = depot[:2] + "x" + depot[3:] if i < wrong else depot
            writer.writerow([f"s{i:04d}", f"L{line[i]}", depot, int(r.integers(0, 90))])


def test_from_a_table_to_the_cells_to_look_at_in_two_commands(tmp_path: Path, run: Run) -> None:
    stops(tmp_path / "stops.csv", wrong=8)
    run("new", "stops", "stops.csv")
    told = run("grade", "stops.py", "--queues", "queues").stdout
    assert "of depot: 8 cells are likely wrong" in told
    with (tmp_path / "queues" / "cells.csv").open(newline="") as lines:
        queue = list(csv.DictReader(lines))
    assert {(int(q["row"]), q["column"]) for q in queue} == {(i + 1, "depot") for i in range(8)}
    assert {q["key"] for q in queue} == {f"s{i:04d}" for i in range(8)}
    assert all(
        q["suggestion"] in {"Nordhof", "Westend", "Hafenplatz", "Altstadt", "Messegarten"} for q in queue
    )
    assert all(float(q["probability"]) >= 0.7 and q["reason"] for q in queue)


def findings(run: Run) -> dict[str, list[dict[str, object]]]:
    """Return the findings of the checks of cells by verdict."""
    found = as_json(run("grade", "stops.py", "--json"))["findings"]
    mine = [f for f in found if f["check"] in CELL_CHECKS]
    return {v: [f for f in mine if f["verdict"] == v] for v in ("pass", "fail")}


def test_many_cells_hold_the_level_back_and_few_do_not(tmp_path: Path, run: Run) -> None:
    stops(tmp_path / "stops.csv", wrong=8)
    run("new", "stops", "stops.csv")
    assert [f["about"] for f in findings(run)["fail"]] == ["depot"]
    stops(tmp_path / "stops.csv", wrong=2)
    told = findings(run)
    assert told["fail"] == []
    assert [f["next"] for f in told["pass"] if f["about"] == "depot"] == [
        "look at the cells; few are no reason to wait"
    ]
    stops(tmp_path / "stops.csv", wrong=0)
    assert [f["about"] for f in findings(run)["pass"]] == [None] * len(CELL_CHECKS)


def test_of_a_table_larger_than_what_is_looked_at_all_rows_are_listed(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells_run, "MOST_CELLS", 4 * 2_000)
    monkeypatch.setattr(cells_run, "SAMPLED_CELLS", 4 * 2_000)
    stops(tmp_path / "stops.csv", wrong=0, rows=5_000)
    text = (tmp_path / "stops.csv").read_text().splitlines()
    wrong = list(range(1, 5_001, 100))
    for i in wrong:
        text[i] = (
            text[i]
            .replace("hof", "hoff")
            .replace("end", "ent")
            .replace("tz", "zt")
            .replace("adt", "at")
            .replace("ten", "tem")
        )
    (tmp_path / "stops.csv").write_text("\n".join(text) + "\n")
    run("new", "stops", "stops.csv")
    told = run("grade", "stops.py", "--queues", "queues").stdout
    assert "a sample of 2,000 of 5,000 rows" in told
    with (tmp_path / "queues" / "cells.csv").open(newline="") as lines:
        rows = {int(q["row"]) for q in csv.DictReader(lines)}
    assert len(rows & set(wrong)) >= 45
    assert rows <= set(wrong)
