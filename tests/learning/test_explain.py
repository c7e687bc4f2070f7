"""Explanations add up, and say plainly where there are none."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldguide.errors import UsageError
from fieldguide.learning import Climb, climb, explain, explainer, predict_table
from fieldguide.learning.backend import Data
from fieldguide.learning.encoder import encode
from fieldguide.learning.layout import Columns

from . import visits_world as world

FEATURES = ["age", "seconds", "plan", "member", "seen", "weekend", "root", "band"]


@pytest.fixture(scope="module")
def climbed(tmp_path_factory: pytest.TempPathFactory) -> Climb:
    program = world.program(
        tmp_path_factory.mktemp("explain"), model="models.Boosted(trees=20, depth=3, min_rows=20)"
    )
    return climb(program, world.table(3000), world.summary())


rows = st.tuples(
    st.none() | st.floats(-1e3, 1e3) | st.just(math.nan),
    st.none() | st.floats(0, 1e5),
    st.none() | st.sampled_from(["free", "pro", "unseen"]),
    st.none() | st.booleans(),
    st.none() | st.integers(1_356_998_400_000_000, 1_388_534_400_000_000),
)


@settings(max_examples=60, deadline=None)
@given(row=rows)
@pytest.mark.parametrize(("rung", "within"), [(0, 1e-12), (1, 1e-9), (2, 1e-6)])
def test_contributions_add_up_to_the_score(
    climbed: Climb, rung: int, within: float, row: tuple[Any, ...]
) -> None:
    fitted = climbed.fitteds[climbed.rungs[rung].fitted]
    found = explain(fitted, row)
    total = found.base + math.fsum(found.contributions.values())
    assert abs(total - found.score) <= within
    assert found.prediction == pytest.approx(1 / (1 + math.exp(-found.score)), rel=1e-12)
    assert list(found.contributions) == FEATURES


def test_the_base_of_linear_is_the_score_at_the_mean_of_the_training_rows(climbed: Climb) -> None:
    fitted = climbed.fitteds[climbed.rungs[1].fitted]
    program, table = fitted.program, world.table(3000)
    from fieldguide.learning import split

    made = split(program, table)
    columns = Columns(fitted.layout, table.take(made.rows[made.training]))
    scores = fitted.scorer.score(Data(columns, encode(fitted.plan, columns)))
    rows = columns.row_values(np.arange(columns.rows))
    assert explain(fitted, rows[0]).base == pytest.approx(float(scores.mean()), abs=1e-9)
    one = explainer(fitted)
    by_feature = [one(row).contributions for row in rows]
    for name in FEATURES:
        assert np.mean([contributions[name] for contributions in by_feature]) == pytest.approx(0.0, abs=1e-9)


def test_a_value_that_training_never_saw_contributes_nothing(climbed: Climb) -> None:
    fitted = climbed.fitteds[climbed.rungs[1].fitted]
    slot = next(s for s in fitted.plan.levels if s.feature == "plan")
    found = explain(fitted, (40.0, 60.0, "never seen", True, None))
    assert slot.rare or found.contributions["plan"] == 0.0


def test_trees_contribute_by_feature_and_near_their_own_mean(climbed: Climb) -> None:
    fitted = climbed.fitteds[climbed.rungs[2].fitted]
    columns = Columns(fitted.layout, world.table(500))
    found = [explain(fitted, row) for row in columns.row_values(np.arange(50))]
    assert np.ptp([explanation.base for explanation in found]) < 1e-5
    assert max(abs(explanation.contributions["seconds"]) for explanation in found) > 0.05


def test_the_mean_says_that_nothing_contributes(climbed: Climb) -> None:
    fitted = climbed.fitteds[climbed.rungs[0].fitted]
    found = explain(fitted, (None,) * 5)
    assert set(found.contributions.values()) == {0.0}
    assert found.prediction == fitted.constant


def test_a_rule_has_no_contributions_and_says_so(tmp_path: Path) -> None:
    text = world.PROGRAM.replace("return None if age is None or", "return 6.3 if age is None or")
    program = world.program(tmp_path, model="models.Heuristic(root)", label=world.AMOUNT, text=text)
    found = climb(program, world.table(500, kind="amount"), world.summary())
    with pytest.raises(UsageError, match=r"Heuristic\(root\) is a rule of its own and has no contributions"):
        explain(found.fitteds[found.rungs[1].fitted], (None,) * 5)


def test_bulk_predictions_are_those_of_the_explained_rows(climbed: Climb) -> None:
    table = world.table(40, seed=3)
    for rung in climbed.rungs:
        fitted = climbed.fitteds[rung.fitted]
        rows = Columns(fitted.layout, table).row_values(np.arange(40))
        assert [explain(fitted, row).prediction for row in rows] == predict_table(fitted, table).tolist()
