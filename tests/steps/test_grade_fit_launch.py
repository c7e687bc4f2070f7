"""From a CSV to a launched model: the gates in their order, through the command line."""

from __future__ import annotations

from pathlib import Path

from .conftest import Run, as_json


def test_declared_answers_and_good_data_reach_a3_and_a_fit_reaches_a2(shop: Path, run: Run) -> None:
    graded = as_json(run("grade", "visits.py", "--json"))
    assert (graded["program"], graded["level"]) == ("visits", "A3")
    assert {f["check"] for f in graded["held_back_by"]} == {"beats_the_mean"}
    fitted = as_json(run("fit", "visits.py", "--json"))
    assert [rung["model"] for rung in fitted["rungs"]] == ["Mean", "Linear"]
    assert (fitted["chosen"], fitted["level"]) == ("Linear", "A2")
    assert fitted["rungs"][1]["next_period"]["loss"] < fitted["rungs"][0]["next_period"]["loss"]
    assert as_json(run("grade", "visits.py", "--json"))["level"] == "A2"


def test_a_required_level_that_is_not_reached_exits_with_1(shop: Path, run: Run) -> None:
    assert "A2 was required" in run("grade", "visits.py", "--require", "a2", code=1).stderr
    run("grade", "visits.py", "--require", "B1")
    assert "'Z9' is no level" in run("grade", "visits.py", "--require", "Z9", code=2).stderr


def test_launch_goes_step_by_step_and_rollback_needs_something_before(shop: Path, run: Run) -> None:
    assert "has not been fitted yet" in run("launch", "visits.py", code=3).stderr
    fitted = as_json(run("fit", "visits.py", "--json"))
    assert (
        "nothing neutral has run" in run("launch", "visits.py", "--fitted", fitted["fitted"], code=3).stderr
    )
    assert as_json(run("launch", "visits.py", "--json"))["model"] == "Mean"
    refused = run("launch", "visits.py", code=3)
    assert "not proven" in refused.stderr
    run("waive", "visits.py", "neutral_proven", "--by", "ann", "--because", "a trial")
    released = as_json(run("launch", "visits.py", "--by", "ann", "--json"))
    assert released["release"] == 2
    assert released["changes"][0].startswith("model: Mean() → Linear()")
    back = as_json(run("rollback", "visits.py", "--json"))
    assert (back["model"], back["changes"]) == ("Mean", ["rollback to release 1"])
    assert "none to go back to" in run("rollback", "visits.py", code=3).stderr
    assert "model: Mean() → Linear()" in run("changes", "visits.py", "1", "2").stdout


def test_two_changes_are_refused_and_one_is_launched(fitted_shop: Path, run: Run) -> None:
    run("launch", "visits.py")
    run("waive", "visits.py", "neutral_proven", "--by", "ann", "--because", "a trial")
    run("launch", "visits.py")
    text = (fitted_shop / "visits.py").read_text()
    two = text.replace('        fg.Category("plan", about="what the visitor pays for"),\n', "")
    two = two.replace(
        "arrives_within=timedelta(days=7)),",
        "arrives_within=timedelta(days=7)),\n    prior=fg.priors.Ridge(0.01),",
    )
    (fitted_shop / "visits.py").write_text(two)
    run("fit", "visits.py")
    refused = run("launch", "visits.py", code=3).stderr
    assert "2 things changed" in refused
    assert "features" in refused
    assert "prior" in refused
    one = text.replace(
        "arrives_within=timedelta(days=7)),",
        "arrives_within=timedelta(days=7)),\n    prior=fg.priors.Ridge(0.01),",
    )
    (fitted_shop / "visits.py").write_text(one)
    assert run("changes", "visits.py").stdout.startswith(
        "prior: Ridge(strength=0.0001) (the default) → Ridge(strength=0.01)"
    )
    run("fit", "visits.py")
    assert as_json(run("launch", "visits.py", "--json"))["changes"] == [
        "prior: Ridge(strength=0.0001) → Ridge(strength=0.01)"
    ]


def test_what_a_person_answers_is_on_record_and_raises_the_level(shop: Path, run: Run) -> None:
    text = (shop / "visits.py").read_text()
    (shop / "visits.py").write_text(text.replace('        license="internal",\n', ""))
    graded = as_json(run("grade", "visits.py", "--json"))
    assert graded["level"] == "C3"
    assert [f["check"] for f in graded["held_back_by"]] == ["license"]
    assert (
        "is found by the machine" in run("confirm", "visits.py", "unique_key", "--by", "ann", code=2).stderr
    )
    past = ("--because", "internal", "--until", "2020-01-01")
    assert "already past" in run("confirm", "visits.py", "license", "--by", "ann", *past, code=2).stderr
    assert as_json(run("grade", "visits.py", "--json"))["level"] == "C3"
    run("confirm", "visits.py", "license", "--by", "ann", "--because", "internal")
    assert as_json(run("grade", "visits.py", "--json"))["level"] == "A3"
    assert as_json(run("effort", "visits.py", "C2", "1h30m", "--by", "ann", "--json"))["minutes"] == 90


def test_a_failing_check_refuses_the_fit_until_it_is_waived(shop: Path, run: Run) -> None:
    lines = (shop / "visits.csv").read_text().splitlines()
    (shop / "visits.csv").write_text("\n".join([*lines, lines[1]]) + "\n")
    refused = run("fit", "visits.py", code=3)
    assert "unique_key" in refused.stderr
    assert not (shop / ".fieldguide" / "fitted").exists()
    run("waive", "visits.py", "unique_key", "--by", "ann", "--because", "one copy does no harm")
    run("fit", "visits.py")


def test_explain_adds_up_and_score_is_what_serving_would_say(shop: Path, run: Run) -> None:
    fitted = as_json(run("fit", "visits.py", "--json"))
    (shop / "row.json").write_text('{"seconds": 90.5, "age": null, "plan": "pro"}')
    found = as_json(run("explain", "visits.py", "row.json", "--json"))
    assert found["fitted"] == fitted["fitted"]
    assert abs(found["base"] + sum(found["contributions"].values()) - found["score"]) < 1e-9
    assert set(found["contributions"]) == {"seconds", "age", "plan"}
    (shop / "rows.csv").write_text("visit_id,seconds,age,plan\nx1,90.5,,pro\nx2,1,30,free\n")
    assert as_json(run("score", "visits.py", "rows.csv", "out.csv", "--json"))["rows"] == 2
    first = (shop / "out.csv").read_text().splitlines()[1].split(",")
    assert first[0].strip('"') == "x1"
    assert float(first[1]) == found["prediction"]


def test_editing_the_program_file_does_not_change_what_was_fitted(fitted_shop: Path, run: Run) -> None:
    (fitted_shop / "row.json").write_text('{"seconds": 90.5, "age": 30, "plan": "pro"}')
    before = as_json(run("explain", "visits.py", "row.json", "--json"))
    text = (fitted_shop / "visits.py").read_text()
    (fitted_shop / "visits.py").write_text(
        text.replace('        fg.Category("plan", about="what the visitor pays for"),\n', "")
    )
    assert as_json(run("explain", "visits.py", "row.json", "--json")) == before
