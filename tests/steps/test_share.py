"""--share on grade and fit: exploratory, said so wherever it is told, recorded so, and no gate rests on it."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.csv
import pytest
import sqlalchemy as sa
from tests.steps.conftest import Run, as_json, visits_world

import fieldguide as fg
from fieldguide.errors import GateError, UsageError
from fieldguide.ledger import records
from fieldguide.program import load_one
from fieldguide.steps.home import at_home


def ledger(folder: Path) -> sa.Engine:
    return at_home(folder / ".fieldguide").ledger()


def test_a_grade_of_a_sample_says_so_and_is_recorded_apart(shop: Path, run: Run) -> None:
    said = run("grade", "visits.py", "--share", "0.3").stdout
    assert "on a sample (exploratory)" in said
    assert "of 6,000, a share of 0.3" in said
    assert "opens no gate" in said
    told = as_json(run("grade", "visits.py", "--share", "0.3", "--json"))
    assert told["exploratory"] is True
    assert told["share"] == 0.3
    assert told["of"] == 6_000
    assert told["extent"]["rows"] == pytest.approx(1_800, rel=0.15)
    assert records.read_grades(ledger(shop), "visits") == []
    samples = records.read_grades(ledger(shop), "visits", samples=True)
    assert [each.share for each in samples] == [0.3, 0.3]
    whole = as_json(run("grade", "visits.py", "--json"))
    assert (whole["exploratory"], whole["share"], whole["history"]["change"]) == (False, 1.0, None)
    assert len(records.read_grades(ledger(shop), "visits")) == 1


def test_the_same_rows_are_graded_again_and_read_alike(shop: Path, run: Run) -> None:
    grades = [as_json(run("grade", "visits.py", "--share", "0.3", "--json")) for _ in range(2)]
    assert grades[0]["extent"] == grades[1]["extent"]
    assert grades[0]["checks"]["reads_alike"] == "pass"


def test_no_gate_and_no_report_rests_on_a_sample(shop: Path, run: Run) -> None:
    assert "exploratory" in run("grade", "visits.py", "--share", "0.3", "--require", "B4", code=2).stderr
    assert "exploratory" in run("grade", "visits.py", "--share", "0.3", "--html", "a.html", code=2).stderr
    assert "above 0 and up to 1" in run("grade", "visits.py", "--share", "3", code=2).stderr


def test_a_fit_on_a_share_is_exploratory_and_cannot_be_launched(shop: Path, run: Run) -> None:
    told = as_json(run("fit", "visits.py", "--share", "0.5", "--json"))
    assert told["exploratory"] is True
    manifest = json.loads((shop / ".fieldguide" / "fitted" / told["neutral"] / "manifest.json").read_text())
    assert manifest["share"] == 0.5
    truth = pyarrow.csv.read_csv(shop / "visits.csv")["came_back"].to_numpy().mean()
    assert manifest["constant"] == pytest.approx(truth, abs=0.05)
    fits = records.read_fits(ledger(shop), "visits")
    assert all(each.exploratory for each in fits)
    assert records.read_evidence(ledger(shop), "visits", fits[0].fingerprint) == []
    refused = run("launch", "visits.py", code=3).stderr
    assert "share of 0.5" in refused
    assert "fieldguide fit visits.py" in refused
    assert run("launch", "visits.py", "--fitted", told["neutral"], code=3).stderr == refused
    said = run("fit", "visits.py", "--share", "0.5").stdout
    assert "Exploratory" in said
    assert "another question" in said


def test_a_fit_of_all_rows_can_be_launched_after_one_on_a_share_and_by_name_before(
    shop: Path, run: Run
) -> None:
    whole = as_json(run("fit", "visits.py", "--json"))
    assert whole["exploratory"] is False
    run("fit", "visits.py", "--share", "0.5")
    run("launch", "visits.py", code=3)
    run("launch", "visits.py", "--fitted", whole["neutral"])


def test_a_share_that_leaves_too_little_is_refused_in_words(tmp_path: Path, shop: Path) -> None:
    visits = load_one(str(shop / "visits.py"))
    with pytest.raises(UsageError, match="above 0"):
        fg.fit(visits, share=0.0, home=tmp_path / "home")
    pyarrow.csv.write_csv(visits_world(6_000, 1), shop / "visits.csv")
    with pytest.raises((GateError, fg.DataError)):
        fg.fit(visits, share=0.001, home=tmp_path / "home")


def test_weights_reach_the_learner(shop: Path) -> None:
    """Half the negatives are thinned away by drawing positives first; the weights put the constant right."""
    visits = load_one(str(shop / "visits.py"))
    text = (shop / "visits.py").read_text().replace('entity="visitor",', "")
    (shop / "alone.py").write_text(text)
    alone = load_one(str(shop / "alone.py"))
    truth = pyarrow.csv.read_csv(shop / "visits.csv")["came_back"].to_numpy().mean()
    assert visits.source.entity == "visitor"
    drawn = fg.sample(alone, shop / "drawn.csv", share=0.4)
    positive, other = drawn.strata
    assert positive.probability > 1.3 * other.probability
    fitted = fg.fit(alone, share=0.4, home=shop / "home")
    manifest = json.loads((shop / "home" / "fitted" / fitted.neutral / "manifest.json").read_text())
    assert manifest["constant"] == pytest.approx(truth, abs=0.04)


def test_an_outcome_that_a_sample_lacks_is_not_said_to_be_unknown(tmp_path: Path, run: Run) -> None:
    rows = [f"{n},{'bad' if n % 500 == 7 else 'good'},{n % 90}" for n in range(3_000)]
    (tmp_path / "loans.csv").write_text("\n".join(["loan,outcome,age", *rows]) + "\n")
    (tmp_path / "loans.py").write_text(
        "from datetime import timedelta\nimport fieldguide as fg\n"
        "loans = fg.Program(question=fg.Question(ask='?'), source=fg.Source('loans.csv', key='loan'),\n"
        "    features=[fg.Number('age')],\n"
        "    label=fg.BinaryLabel('outcome', positive='bad', arrives_within=timedelta(days=1)))\n"
    )
    told = as_json(run("grade", "loans.py", "--share", "0.02", "--json"))
    assert told["extent"]["rows"] < 120
    assert (
        "does not occur" in run("grade", _renamed(tmp_path / "loans.py", "'bad'", "'worse'"), code=2).stderr
    )


def _renamed(file: Path, old: str, new: str) -> str:
    file.write_text(file.read_text().replace(old, new))
    return file.name
