"""The ladder: rungs that pay are taken, rungs that do not are not, and equal fits are equal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from fieldguide.errors import DataError, ProgramError
from fieldguide.learning import Climb, beats_the_mean, climb, predict_table, row_predictor
from fieldguide.learning.backend import BACKENDS, MODEL_BACKENDS, backend
from fieldguide.learning.ladder import rungs_of
from fieldguide.program import Program, fingerprint, models, priors

from . import visits_world as world

SUMMARY = world.summary()
SMALL = "models.Boosted(trees=20, depth=3, min_rows=20)"
RULE = """
def rule(member, seconds):
    \"\"\"Those who left soon come back.\"\"\"
    return 0.5 if seconds is not None and seconds < 40 else 0.3

"""


def climbed(folder: Path, table: pa.Table, **blanks: Any) -> Climb:
    return climb(world.program(folder, **blanks), table, SUMMARY)


@pytest.fixture(scope="module")
def boosted(tmp_path_factory: pytest.TempPathFactory) -> Climb:
    return climbed(tmp_path_factory.mktemp("boosted"), world.table(4000), model=SMALL)


def test_every_rung_is_kept_with_the_blanks_that_come_with_it(boosted: Climb) -> None:
    assert [rung.model for rung in boosted.rungs] == ["Mean", "Linear", "Boosted"]
    for rung in boosted.rungs:
        fitted = boosted.fitteds[rung.fitted]
        assert fitted.id == rung.fitted == fitted.manifest["id"]
        assert type(fitted.program.model).__name__ == rung.model == fitted.manifest["model"]
        assert fitted.manifest["fingerprint"] == fingerprint(fitted.program)
    assert len({rung.fitted for rung in boosted.rungs}) == 3


def test_the_first_rung_is_neutral_and_answers_its_constant(boosted: Climb) -> None:
    mean = boosted.fitteds[boosted.rungs[0].fitted]
    table = world.table(100, seed=9)
    assert set(predict_table(mean, table).tolist()) == {mean.constant}
    assert row_predictor(mean)((None, None, None, None, None)) == mean.constant
    losses = boosted.rungs[0].next_period
    assert losses is not None
    assert losses.auc is not None
    assert losses.auc.value == 0.5
    assert losses.skill is not None
    assert losses.skill.value == 0.0


def test_a_rung_that_pays_is_taken(boosted: Climb) -> None:
    linear = boosted.rungs[1]
    assert linear.taken
    assert linear.gain is not None
    assert linear.gain.low > 0
    assert linear.next_period is not None
    assert boosted.rungs[0].next_period is not None
    difference = boosted.rungs[0].next_period.loss.value - linear.next_period.loss.value
    assert linear.gain.value == pytest.approx(difference, rel=1e-9)
    assert "over Mean on the next period: taken" in linear.reason


def test_the_gain_is_over_the_last_rung_taken(tmp_path: Path) -> None:
    text = world.PROGRAM.replace(
        "visits = Program(", RULE.replace("0.5", "0.01").replace("0.3", "0.99") + "visits = Program("
    )
    found = climbed(tmp_path, world.table(3000), text=text, model="models.Heuristic(rule)")
    assert [rung.model for rung in found.rungs] == ["Mean", "Heuristic"]
    assert not found.rungs[1].taken
    assert found.chosen == found.rungs[0].fitted
    assert beats_the_mean(found).verdict == "fail"


def test_a_good_rule_is_a_legal_first_model(tmp_path: Path) -> None:
    text = world.PROGRAM.replace("visits = Program(", RULE + "visits = Program(")
    found = climbed(tmp_path, world.table(6000, signal=2.0), text=text, model="models.Heuristic(rule)")
    assert found.rungs[1].taken
    rule = found.fitteds[found.chosen]
    assert row_predictor(rule)((None, 20.0, None, True, None)) == 0.5
    assert set(predict_table(rule, world.table(50)).tolist()) == {0.5, 0.3}


@pytest.mark.parametrize("answer", ["None", "1.5", "float('nan')", "'yes'", "1 / 0"])
def test_a_rule_that_answers_nonsense_is_named(tmp_path: Path, answer: str) -> None:
    rule = RULE.replace("0.5", answer)
    text = world.PROGRAM.replace("visits = Program(", rule + "visits = Program(")
    with pytest.raises(ProgramError, match=r"Heuristic\(rule\)"):
        climbed(tmp_path, world.table(500), text=text, model="models.Heuristic(rule)")


def test_a_useless_rung_is_not_taken(tmp_path: Path) -> None:
    program = world.program(tmp_path)
    taken = 0
    for seed in range(40):
        table = world.table(600, seed=seed, signal=0.0)
        found = climb(program, table, SUMMARY)
        taken += found.rungs[1].taken
        assert found.chosen == found.rungs[found.rungs[1].taken].fitted
    assert taken <= 2


def test_the_finding_of_a_climb(boosted: Climb, tmp_path: Path) -> None:
    good = beats_the_mean(boosted)
    assert (good.check, good.level, good.verdict, good.blocks) == ("beats_the_mean", "A2", "pass", None)
    bad = beats_the_mean(climbed(tmp_path, world.table(800, signal=0.0)))
    assert (bad.verdict, bad.blocks) == ("fail", "A2")
    assert bad.next
    mean = beats_the_mean(climbed(tmp_path / "mean", world.table(800), model="models.Mean()"))
    assert (mean.verdict, mean.blocks) == ("unknown", "A2")


def test_equal_rows_in_any_order_give_equal_ids(boosted: Climb, tmp_path: Path) -> None:
    shuffled = world.table(4000).take(pa.array(np.random.default_rng(0).permutation(4000)))
    again = climbed(tmp_path, shuffled, model=SMALL)
    assert [rung.fitted for rung in again.rungs] == [rung.fitted for rung in boosted.rungs]
    assert again.rungs == boosted.rungs


def test_another_row_or_blank_gives_another_id(boosted: Climb, tmp_path: Path) -> None:
    program = world.program(tmp_path, model="models.Linear()")
    fewer = climb(program, world.table(4000).slice(1), SUMMARY)
    other = climb(replace(program, prior=priors.Ridge(1e-2)), world.table(4000), SUMMARY)
    ids = {boosted.rungs[1].fitted, fewer.rungs[1].fitted, other.rungs[1].fitted}
    assert len(ids) == 3


def test_without_time_rungs_are_judged_on_held_out_entities(tmp_path: Path) -> None:
    table = world.table(4000, signal=2.0)
    timeless = table.set_column(
        table.column_names.index("__time"), "__time", pa.nulls(4000, pa.timestamp("us", "UTC"))
    )
    found = climbed(tmp_path, timeless)
    assert found.rungs[1].next_period is None
    assert found.rungs[1].taken
    assert "on the held-out entities" in found.rungs[1].reason
    finding = beats_the_mean(found)
    assert finding.verdict == "pass"
    assert "no time column" in finding.expected
    assert found.fitteds[found.chosen].manifest["window"] == {"since": None, "until": None}


@pytest.mark.parametrize(
    ("label", "kind", "scale"), [(world.COUNT, "count", "rate"), (world.AMOUNT, "amount", "amount")]
)
def test_counts_and_amounts_climb_too(tmp_path: Path, label: str, kind: str, scale: str) -> None:
    table = world.table(4000, kind=kind)
    found = climbed(tmp_path, table, label=label, model=SMALL)
    assert found.rungs[1].taken
    for fitted in found.fitteds.values():
        assert fitted.manifest["scale"] == scale
        assert np.isfinite(predict_table(fitted, table)).all()
    calibration = found.rungs[1].next_period
    assert calibration is not None
    assert calibration.calibration is not None
    assert calibration.calibration.value == pytest.approx(1.0, abs=0.15)


def test_simplest_climbs_all_rungs_with_the_blanks_of_each(tmp_path: Path) -> None:
    program = replace(world.program(tmp_path, model="models.Simplest()"), prior=priors.Ridge(1e-3))
    assert rungs_of(program) == ("Mean", "Linear", "Boosted")
    shown = world.program(tmp_path / "shown", model="models.Simplest()", shown=True)
    found = climb(replace(shown, prior=priors.Ridge(1e-3)), world.table(1500), SUMMARY)
    assert [rung.model for rung in found.rungs] == ["Mean", "Linear"]
    assert "presentation column 'position'" in found.notes[0]
    assert found.fitteds[found.rungs[1].fitted].program.prior == priors.Ridge(1e-3)


def test_trees_refuse_presentation_columns(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match=r"presentation column 'position' may only be added.*Linear"):
        climbed(tmp_path, world.table(500), model=SMALL, shown=True)


def test_one_class_is_refused(tmp_path: Path) -> None:
    table = world.table(500)
    ones = table.set_column(table.column_names.index("__label"), "__label", pa.array(np.ones(500)))
    with pytest.raises(DataError, match="only one class"):
        climbed(tmp_path, ones)


def test_a_function_that_is_not_pure_is_found_out(tmp_path: Path) -> None:
    text = world.PROGRAM.replace(
        "return None if age is None or age < 0 else age ** 0.5", "import random; return random.random()"
    )
    with pytest.raises(ProgramError, match=r"'root': root\(\) gave different answers for the same values"):
        climbed(tmp_path, world.table(500), text=text)


def test_a_column_of_only_nulls_is_no_obstacle(tmp_path: Path) -> None:
    table = world.table(1000).set_column(0, "age", pa.nulls(1000, pa.float64()))
    found = climbed(tmp_path, table)
    assert "age" in found.fitteds[found.chosen].plan.empty


def test_features_that_never_vary_leave_the_mean(tmp_path: Path) -> None:
    table = world.table(600)
    flat = {
        "age": pa.nulls(600, pa.float64()),
        "seconds": pa.array(np.ones(600)),
        "plan": pa.array(["free"] * 600),
    }
    flat |= {"member": pa.nulls(600, pa.bool_()), "seen": pa.nulls(600, pa.timestamp("us", "UTC"))}
    for name, column in flat.items():
        table = table.set_column(table.column_names.index(name), name, column)
    found = climbed(tmp_path, table, model="models.Simplest()")
    assert [rung.model for rung in found.rungs] == ["Mean", "Linear"]
    assert found.chosen == found.rungs[0].fitted
    assert "holds one value only" in found.notes[0]
    linear = found.fitteds[found.rungs[1].fitted]
    assert predict_table(linear, table) == pytest.approx(np.full(600, linear.constant), abs=1e-12)


def test_few_entities_are_judged_on_the_next_period_alone(tmp_path: Path) -> None:
    table = world.table(2000, signal=2.0)
    table = table.set_column(table.column_names.index("__entity"), "__entity", pa.array(["one"] * 2000))
    found = climbed(tmp_path, table)
    assert found.rungs[1].holdout is None
    assert found.rungs[1].next_period is not None
    assert found.rungs[1].next_period.by == "day"
    assert "entities in the training part: 1," in found.notes[0]


def test_presentation_is_held_at_neutral_by_every_answer(tmp_path: Path) -> None:
    table = world.table(3000)
    found = climbed(tmp_path, table, shown=True)
    fitted = found.fitteds[found.rungs[1].fitted]
    moved = table.set_column(table.column_names.index("position"), "position", pa.array(["3"] * 3000))
    np.testing.assert_array_equal(predict_table(fitted, table), predict_table(fitted, moved))
    names = fitted.plan.names
    weights: Any = fitted.scorer
    assert weights.coefficients[names.index("position=3")] < weights.coefficients[names.index("position=1")]


def test_every_model_has_a_backend_that_loads() -> None:
    declared = {
        name
        for name, kind in vars(models).items()
        if isinstance(kind, type) and issubclass(kind, models.Model)
    }
    assert set(MODEL_BACKENDS) == declared - {"Model", "Simplest"}
    for name in BACKENDS:
        assert {"supports", "fit", "load"} <= set(dir(backend(name)))


def test_progress_is_told_in_sentences(tmp_path: Path) -> None:
    heard: list[str] = []
    climb(world.program(tmp_path), world.table(500), SUMMARY, on_step=heard.append)
    assert any(sentence.startswith("Linear: fitting on the whole training part") for sentence in heard)


def test_programs_need_a_name(tmp_path: Path) -> None:
    program: Program = world.program(tmp_path)
    assert climb(program, world.table(300), SUMMARY).fitteds.popitem()[1].manifest["program"] == "visits"  # type: ignore[attr-defined]
