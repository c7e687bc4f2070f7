"""fieldguide sample: a file of whole entities with weights, what it says, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from tests.steps.conftest import Run, as_json, visits_world

import fieldguide as fg
from fieldguide.errors import DataError, ProgramError, UsageError
from fieldguide.program import Program, load_one


@pytest.fixture
def visits(shop: Path) -> Program:
    return load_one(str(shop / "visits.py"))


def rows(path: Path) -> Any:
    table = pyarrow.parquet.read_table(path) if path.suffix == ".parquet" else pyarrow.csv.read_csv(path)
    return table.to_pandas()


def test_a_sample_has_the_columns_of_the_source_as_they_came_and_a_weight(
    visits: Program, shop: Path
) -> None:
    made = fg.sample(visits, shop / "some.csv", share=0.2)
    some, every = rows(shop / "some.csv"), rows(shop / "visits.csv")
    assert list(some.columns) == [*every.columns, "weight", "inclusion"]
    assert len(some) == made.rows
    assert made.share == pytest.approx(0.2, abs=0.03)
    chosen = every[every.visitor.isin(set(some.visitor))]
    assert sorted(some.visit_id) == sorted(chosen.visit_id)
    assert some.weight.to_numpy() == pytest.approx(1 / some.inclusion.to_numpy())
    assert some.weight.sum() == pytest.approx(len(every), rel=0.1)
    truth = every.came_back.mean()
    assert made.estimate is not None
    assert made.estimate.low <= truth <= made.estimate.high
    assert np.average(some.came_back, weights=some.weight) == pytest.approx(made.estimate.value)


def test_a_sample_is_a_source_whose_weights_reach_the_learner(visits: Program, shop: Path) -> None:
    fg.sample(visits, shop / "some.csv", share=0.8, negatives=0.3)
    written = (shop / "visits.py").read_text().replace('"visits.csv",', '"some.csv", weight="weight",')
    (shop / "small.py").write_text(written)
    fitted = fg.fit(load_one(str(shop / "small.py")), home=shop / "home")
    manifest = json.loads((shop / "home" / "fitted" / fitted.neutral / "manifest.json").read_text())
    some, every = rows(shop / "some.csv"), rows(shop / "visits.csv")
    assert some.came_back.mean() > 1.5 * every.came_back.mean()  # positives were preferred
    assert manifest["constant"] == pytest.approx(every.came_back.mean(), abs=0.03)


def test_one_percent_lies_within_ten_percent(visits: Program, shop: Path) -> None:
    fg.sample(visits, shop / "a.parquet", share=0.01)
    fg.sample(visits, shop / "b.parquet", share=0.1)
    assert set(rows(shop / "a.parquet").visit_id) < set(rows(shop / "b.parquet").visit_id)


def test_the_order_of_the_rows_in_the_file_means_nothing(visits: Program, shop: Path) -> None:
    fg.sample(visits, shop / "a.csv", share=0.1)
    table = pyarrow.csv.read_csv(shop / "visits.csv")
    mixed = table.take(pa.array(np.random.default_rng(1).permutation(len(table))))
    pyarrow.csv.write_csv(mixed, shop / "visits.csv")
    fg.sample(visits, shop / "b.csv", share=0.1)
    a, b = (rows(shop / name).sort_values("visit_id", ignore_index=True) for name in ("a.csv", "b.csv"))
    assert a.equals(b)


def test_exactly_so_many_entities(visits: Program, shop: Path) -> None:
    made = fg.sample(visits, shop / "some.parquet", entities=40)
    assert rows(shop / "some.parquet").visitor.nunique() == 80
    assert [each.kept.entities for each in made.strata] == [40, 40]
    assert [each.probability for each in made.strata] == [40 / each.whole.entities for each in made.strata]


def test_thinned_negatives_come_with_the_correction_of_a_model_without_weights(
    visits: Program, shop: Path
) -> None:
    by_key = replace(visits, source=replace(visits.source, entity=None))
    made = fg.sample(by_key, shop / "some.csv", share=0.8, negatives=0.5)
    assert made.correction is not None
    some, every = rows(shop / "some.csv"), rows(shop / "visits.csv")
    w, seen = made.correction["negatives"], some.came_back.mean()
    assert seen / (seen + (1 - seen) / w) == pytest.approx(every.came_back.mean(), abs=0.03)
    assert made.correction["intercept"] == pytest.approx(np.log(w))
    assert fg.sample(visits, shop / "whole.parquet", share=0.1).correction is None  # only weights can


def test_what_is_lost_without_entity_key_or_label_is_said(visits: Program, shop: Path) -> None:
    def notes(**changed: Any) -> str:
        label = {"label": fg.NoLabel()} if changed.pop("unlabeled", False) else {}
        other = replace(visits, source=replace(visits.source, **changed), **label)
        return " ".join(fg.sample(other, shop / "some.csv", share=0.2).notes)

    assert "Standard errors are by visitor" in notes()
    assert "torn apart" in notes(entity=None)
    assert "a changed value may change what is kept" in notes(entity=None, key=None)
    assert "no classes" in notes(unlabeled=True)
    numeric = replace(
        visits,
        label=fg.NumericLabel("seconds", arrives_within=visits.label.arrives_within),
        features=visits.features[1:],
    )
    assert "is an amount" in " ".join(fg.sample(numeric, shop / "some.csv", share=0.2).notes)


def test_a_source_with_a_weight_of_its_own_keeps_it_and_has_it_multiplied(
    visits: Program, shop: Path
) -> None:
    table = visits_world(3_000, 2)
    table = table.append_column("weight", pa.array(np.full(len(table), 4.0)))
    pyarrow.csv.write_csv(table, shop / "visits.csv")
    weighed = replace(visits, source=replace(visits.source, weight="weight"))
    made = fg.sample(weighed, shop / "some.csv", share=0.25)
    some = rows(shop / "some.csv")
    assert made.weight == "sample_weight"
    assert set(some.weight) == {4.0}
    assert some.sample_weight.to_numpy() == pytest.approx(4 / some.inclusion.to_numpy())


def test_the_command_says_what_was_kept_and_of_which_unit_errors_are(shop: Path, run: Run) -> None:
    said = run("sample", "visits.py", "--share", "0.1", "--out", "some.parquet").stdout
    assert "entities with a positive label" in said
    assert "Standard errors are by visitor" in said
    assert "with 95 % confidence" in said
    assert "another question" in said
    told = as_json(run("sample", "visits.py", "--share", "0.1", "--out", "some.csv", "--json"))
    assert told == json.loads((shop / "some.csv.json").read_text())
    assert told["rows"] == len(rows(shop / "some.csv"))
    assert {each["stratum"] for each in told["strata"]} == {
        "entities with a positive label",
        "other entities",
    }


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--share", "0"], "above 0 and up to 1"),
        (["--share", "1.5"], "above 0 and up to 1"),
        (["--share", "0.1", "--negatives", "2"], "above 0 and up to 1"),
        ([], "one of two"),
        (["--share", "0.1", "--entities", "5"], "one of two"),
        (["--entities", "0"], "1 or more"),
    ],
)
def test_wrong_shares_are_refused_with_what_to_write(
    given: list[str], told: str, shop: Path, run: Run
) -> None:
    assert told in run("sample", "visits.py", *given, "--out", "some.csv", code=2).stderr
    assert not (shop / "some.csv").exists()


def test_wrong_places_and_columns_are_refused(visits: Program, shop: Path) -> None:
    with pytest.raises(UsageError, match=r"\.parquet or \.csv"):
        fg.sample(visits, shop / "some.txt", share=0.1)
    with pytest.raises(UsageError, match="does not exist"):
        fg.sample(visits, shop / "nowhere" / "some.csv", share=0.1)
    with pytest.raises(ProgramError, match="Did you mean 'visitor'"):
        fg.sample(
            replace(visits, source=replace(visits.source, entity="visitr")), shop / "some.csv", share=0.1
        )
    with pytest.raises(DataError, match="keeps none"):
        fg.sample(visits, shop / "some.csv", share=1e-9)
    assert not list(shop.glob("*some*"))


def test_columns_that_csv_cannot_hold_leave_nothing_half_written(visits: Program, shop: Path) -> None:
    table = visits_world(500, 3)
    nested = table.append_column("seen", pa.array([[1, 2]] * len(table)))
    pyarrow.parquet.write_table(nested, shop / "visits.parquet")
    listed = replace(visits, source=replace(visits.source, data=str(shop / "visits.parquet")))
    with pytest.raises(DataError, match=r"ends with \.parquet"):
        fg.sample(listed, shop / "some.csv", share=0.5)
    assert not list(shop.glob("*some*"))
    fg.sample(listed, shop / "some.parquet", share=0.5)
    assert pyarrow.parquet.read_table(shop / "some.parquet")["seen"][0].as_py() == [1, 2]
