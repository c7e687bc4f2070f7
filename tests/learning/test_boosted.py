"""Boosted: XGBoost grows the trees, and our own sums over their leaves are its answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xgboost as library

from fieldguide.learning.backend import Data, Training
from fieldguide.learning.backends import xgboost as boosted
from fieldguide.learning.encoder import encode, make_plan
from fieldguide.learning.layout import Columns, layout_of
from fieldguide.learning.objectives import objective_of
from fieldguide.learning.trees import leaf_sum, read_trees, row_scorer
from fieldguide.program import Program

from . import visits_world as world

LABELS = {"binary": world.BINARY, "amount": world.AMOUNT, "count": world.COUNT}


def prepared(
    folder: Any,
    kind: str = "binary",
    weight: Any = None,
    model: str = "models.Boosted(trees=30, depth=4, min_rows=20)",
) -> tuple[Program, Training]:
    program = world.program(folder, model=model, label=LABELS[kind])
    table = world.table(2000, kind=kind)
    table = table.filter(table["__label"].is_valid())
    label, rows = table["__label"].to_numpy(), np.arange(table.num_rows)
    weight = np.ones(len(rows)) if weight is None else weight(rows)
    columns = Columns(layout_of(program), table)
    plan = make_plan(columns, np.ones(len(rows)), rows)
    constant = objective_of(program).best_constant(label, weight)
    data = Data(columns, encode(plan, columns, as_shown=True))
    return program, Training(data, rows, label, weight, constant)


def quiet(sentence: str) -> None:
    return None


@pytest.mark.parametrize("kind", LABELS)
def test_our_sums_are_the_librarys_scores(tmp_path: Any, kind: str) -> None:
    program, training = prepared(tmp_path, kind)
    scorer = boosted.fit(program, training, quiet)
    matrix = library.DMatrix(training.batch.matrix().astype(np.float32))
    model = library.Booster()
    model.load_model(bytearray(scorer.model))
    theirs = model.predict(matrix, output_margin=True)
    np.testing.assert_allclose(scorer.score(training.data), theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", LABELS)
def test_it_beats_the_constant_on_its_own_rows(tmp_path: Any, kind: str) -> None:
    program, training = prepared(tmp_path, kind)
    scorer, objective = boosted.fit(program, training, quiet), objective_of(program)
    own = objective.value(training.label, scorer.score(training.data)).mean()
    constant = objective.value(training.label, np.full(len(training.label), training.constant)).mean()
    assert own < constant


@pytest.mark.parametrize("kind", ["binary", "amount"])
def test_given_derivatives_grow_the_trees_of_the_native_objective(
    tmp_path: Any, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, training = prepared(tmp_path, kind, weight=lambda rows: 1.0 + rows % 3)
    native = boosted.fit(program, training, quiet).score(training.data)
    monkeypatch.setattr(boosted, "NATIVE", {})
    given = boosted.fit(program, training, quiet).score(training.data)
    np.testing.assert_allclose(given, native, atol=2e-3 * np.abs(native).max())


@pytest.mark.parametrize("kind", LABELS)
def test_a_weight_counts_as_so_many_equal_rows(tmp_path: Any, kind: str) -> None:
    program, training = prepared(tmp_path, kind, weight=lambda rows: 1.0 + rows % 2)
    weighted = boosted.fit(program, training, quiet)
    index = np.repeat(training.rows, training.weight.astype(int))
    # the least Hessian of a leaf is given in rows, of which there are half as many again
    doubled = Training(training.data, index, training.label[index], np.ones(len(index)), training.constant)
    repeated = boosted.fit(
        world.program(
            tmp_path / "x", model="models.Boosted(trees=30, depth=4, min_rows=30)", label=LABELS[kind]
        ),
        doubled,
        quiet,
    )
    one, other = weighted.score(training.data), repeated.score(training.data)
    assert np.corrcoef(one, other)[0, 1] > 0.99
    assert one.mean() == pytest.approx(other.mean(), abs=0.05 * np.abs(one).max())


def test_large_models_are_walked_and_give_the_same_bits(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, training = prepared(tmp_path)
    scorer = boosted.fit(program, training, quiet)
    trees, width = read_trees(scorer.model), training.data.batch.plan.width
    written = row_scorer(trees, scorer.constant, width)
    monkeypatch.setattr("fieldguide.learning.trees.MOST_NODES", 0)
    walked = row_scorer(trees, scorer.constant, width)
    rows = training.data.batch.matrix()[:200].tolist()
    assert (
        [written(row) for row in rows]
        == [walked(row) for row in rows]
        == scorer.score(training.data)[:200].tolist()
    )


def test_leaves_are_added_in_the_order_of_the_trees(tmp_path: Any) -> None:
    program, training = prepared(tmp_path)
    scorer = boosted.fit(program, training, quiet)
    trees = read_trees(scorer.model)
    total = scorer.constant
    for tree in trees:
        total += float(tree.value[-1])
    leaves = np.array([[len(tree.left) - 1 for tree in trees]])
    assert leaf_sum(trees, scorer.constant, leaves).tolist() == [total]


def test_equal_rows_give_equal_trees(tmp_path: Any) -> None:
    program, training = prepared(tmp_path)
    assert boosted.fit(program, training, quiet).model == boosted.fit(program, training, quiet).model
