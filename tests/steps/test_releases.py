"""Monitor and fallback know which release answered: windows of one release, columns that its model reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import fieldguide as fg
from fieldguide.journal import Journal
from fieldguide.ledger import records
from fieldguide.program import load_one
from fieldguide.serving.metrics import Metrics
from fieldguide.serving.predicting import answers
from fieldguide.steps.home import Home, system_clock
from fieldguide.steps.monitor import monitor
from fieldguide.steps.serve import refresher
from fieldguide.tables.contract import parse

from .conftest import Run, as_json, visits_world


def ask(home: Home, rows: list[dict[str, Any]]) -> list[Any]:
    """Answer rows as the server does, with the release and the fallback of the moment, and journal them."""
    service = refresher(home, ["visits"])()["visits"]
    parsed = parse(service.contract, json.dumps({"rows": rows}).encode())
    journal = Journal(home.journal, system_clock).open()
    try:
        at, ids = journal.stamp(len(rows))
        out, entries = answers(service, parsed.rows, parsed.read, ids, at, Metrics())
        journal.append_and_wait(entries)
    finally:
        journal.close()
    return out


def visits(
    seed: int, *, factor: float = 1.0, columns: tuple[str, ...] = ("seconds", "age", "plan")
) -> list[dict[str, Any]]:
    """Return 1,000 visits as rows of a request."""
    rows = visits_world(1_000, seed).select(columns).to_pylist()
    for row in rows:
        if "seconds" in row:
            row["seconds"] *= factor
    return rows


def test_an_incident_that_began_under_the_neutral_release_takes_the_learned_one_out(
    fitted_shop: Path, run: Run
) -> None:
    program, home = load_one(fitted_shop / "visits.py"), Home(fitted_shop / ".fieldguide")
    fg.launch(program, home=home)
    ask(home, visits(3, factor=1_000))
    seen = monitor(program, home=home)
    assert [f.about for f in seen.alarms] == ["seconds"]
    assert seen.fallback is None  # the constant reads no column
    fg.waive(program, "neutral_proven", by="ann", because="a trial", home=home)
    with pytest.raises(fg.GateError, match="served_units of seconds fails"):
        fg.launch(program, home=home)
    for gate in ("no_failing_findings", "reached_A2"):
        fg.waive(program, gate, by="ann", because="a trial", home=home)
    fg.launch(program, home=home)
    answer = ask(home, visits(4)[:1])[0]
    assert answer.fallback is not None


def test_rows_of_two_releases_are_judged_apart_each_against_its_own_rows(fitted_shop: Path, run: Run) -> None:
    text = (fitted_shop / "visits.py").read_text()
    without_age = "".join(line for line in text.splitlines(keepends=True) if '"age"' not in line)
    (fitted_shop / "visits.py").write_text(without_age)
    run("fit", "visits.py")
    program, home = load_one(fitted_shop / "visits.py"), Home(fitted_shop / ".fieldguide")
    fg.launch(program, home=home)
    for gate in ("neutral_proven", "one_change"):
        fg.waive(program, gate, by="ann", because="a trial", home=home)
    fg.launch(program, home=home)
    ask(home, visits(5, columns=("seconds", "plan"))[:900])
    (fitted_shop / "visits.py").write_text(text)
    run("fit", "visits.py")
    program = load_one(fitted_shop / "visits.py")
    fg.launch(program, home=home)
    ask(home, visits(6)[:300])
    seen = monitor(program, home=home)
    assert not seen.alarms
    windows = records.read_windows(home.ledger(), "visits")
    assert [(w.release, w.first, w.last) for w in windows] == [(2, 1, 900), (3, 901, 1_200)]


def test_a_fault_in_a_column_that_another_release_does_not_read_does_not_take_that_one_out(
    fitted_shop: Path, run: Run
) -> None:
    program, home = load_one(fitted_shop / "visits.py"), Home(fitted_shop / ".fieldguide")
    fg.launch(program, home=home)
    fg.waive(program, "neutral_proven", by="ann", because="a trial", home=home)
    fg.launch(program, home=home)
    ask(home, visits(7, factor=1_000))
    assert monitor(program, home=home).fallback
    fg.rollback(program, home=home)
    assert monitor(program, home=home).fallback is None
    assert ask(home, visits(8)[:1])[0].fallback is None
    graded = as_json(run("grade", "visits.py", "--json"))
    assert graded["level"] == "B4"  # the alarm is still open, and says so wherever the level is asked


def test_boosted_is_one_change_from_linear(fitted_shop: Path, run: Run) -> None:
    program, home = load_one(fitted_shop / "visits.py"), Home(fitted_shop / ".fieldguide")
    fg.launch(program, home=home)
    fg.waive(program, "neutral_proven", by="ann", because="a trial", home=home)
    fg.launch(program, home=home)
    text = (fitted_shop / "visits.py").read_text()
    boosted = "    model=fg.models.Boosted(trees=20, min_rows=50),\n    question="
    (fitted_shop / "visits.py").write_text(text.replace("    question=", boosted, 1))
    fitted = as_json(run("fit", "visits.py", "--json"))
    fg.waive(program, "reached_A2", by="ann", because="a trial", home=home)
    (boosted_id,) = [rung["fitted"] for rung in fitted["rungs"] if rung["model"] == "Boosted"]
    released = as_json(run("launch", "visits.py", "--fitted", boosted_id, "--json"))
    assert [change.split(":")[0] for change in released["changes"]] == ["model"]


def test_an_absolute_path_in_the_programs_own_folder_is_the_same_source_in_its_copy(
    fitted_shop: Path, run: Run
) -> None:
    text = (fitted_shop / "visits.py").read_text()
    (fitted_shop / "visits.py").write_text(
        text.replace('"visits.csv"', repr(str(fitted_shop / "visits.csv")))
    )
    run("fit", "visits.py")
    assert as_json(run("launch", "visits.py", "--json"))["model"] == "Mean"


def test_new_rows_in_the_same_span_of_time_are_a_change_of_the_window(fitted_shop: Path, run: Run) -> None:
    run("launch", "visits.py")
    lines = (fitted_shop / "visits.csv").read_text().splitlines()
    (fitted_shop / "visits.csv").write_text("\n".join([lines[0], *lines[1:-1:2], lines[-1]]) + "\n")
    run("fit", "visits.py")
    released = as_json(
        run(
            "launch", "visits.py", "--json", "--fitted", as_json(run("fit", "visits.py", "--json"))["neutral"]
        )
    )
    assert [change.split(":")[0] for change in released["changes"]] == ["window"]


def test_rollback_goes_to_the_release_before_and_never_to_one_that_was_rolled_back(
    fitted_shop: Path, run: Run
) -> None:
    program, home = load_one(fitted_shop / "visits.py"), Home(fitted_shop / ".fieldguide")
    fg.launch(program, home=home)
    fg.waive(program, "neutral_proven", by="ann", because="a trial", home=home)
    linear = fg.launch(program, home=home)
    assert fg.rollback(program, home=home).changes == ("rollback to release 1",)
    assert fg.launch(program, fitted=linear.fitted, home=home).number == 4
    assert fg.rollback(program, home=home).changes == ("rollback to release 1",)


def test_a_file_that_was_edited_after_its_fit_is_not_launched_unseen(fitted_shop: Path, run: Run) -> None:
    run("launch", "visits.py")
    run("waive", "visits.py", "neutral_proven", "--by", "ann", "--because", "a trial")
    text = (fitted_shop / "visits.py").read_text()
    edited = text.replace(
        "arrives_within=timedelta(days=7)),", "arrives_within=timedelta(days=7)), prior=fg.priors.Ridge(0.7),"
    )
    (fitted_shop / "visits.py").write_text(edited)
    assert "has changed since its last fit" in run("launch", "visits.py", code=3).stderr
    (fitted_shop / "visits.py").write_text(text)
    assert as_json(run("launch", "visits.py", "--json"))["model"] == "Linear"
