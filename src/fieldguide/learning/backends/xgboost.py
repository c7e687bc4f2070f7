"""Boosted: gradient-boosted trees by XGBoost (package `xgboost-cpu`).

The trees split the encoded matrix, one-hot columns written out. Answers do not come from the library but
from the leaves' values added in float64 (`trees.py`). One thread: the same trees on every run.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import xgboost

from fieldguide.errors import DataError
from fieldguide.learning.backend import (
    PROVEN_ROWS,
    Data,
    Parts,
    Refusal,
    Step,
    Training,
    presentation_refused,
)
from fieldguide.learning.layout import Floats, Layout
from fieldguide.learning.objectives import LogLoss, Objective, SquaredError, objective_of
from fieldguide.learning.plan import Plan
from fieldguide.learning.rows import Row, encoded_row
from fieldguide.learning.trees import Tree, leaf_sum, read_trees, row_scorer, summed
from fieldguide.program import Program
from fieldguide.program.blanks.models import Boosted

FILE = "model.json"
ROWS = 20_000
NATIVE: dict[type, str] = {LogLoss: "binary:logistic", SquaredError: "reg:squarederror"}
"""Objectives that XGBoost has itself with the same gradient; every other one is given as derivatives."""


@dataclass(frozen=True)
class BoostedScorer:
    """A grown model (XGBoost's JSON) on top of a constant, both on the scale of the score."""

    objective: Objective
    constant: float
    model: bytes
    exact: bool = True
    proven: int = PROVEN_ROWS

    def score(self, data: Data) -> Floats:
        """Return the constant plus the values of the leaves, for every row."""
        parts = [np.zeros(0)]
        for start in range(0, data.batch.rows, ROWS):
            matrix = data.batch.take(slice(start, start + ROWS)).matrix().astype(np.float32)
            leaves = self._booster.predict(_rows(matrix), pred_leaf=True, strict_shape=False)
            parts.append(leaf_sum(self._trees, self.constant, leaves.reshape(len(matrix), -1)))
        return np.concatenate(parts)

    def predict(self, data: Data) -> Floats:
        """Return the prediction of every row, by the inverse link that serves one row."""
        inverse = self.objective.inverse_link
        return np.array([inverse(score) for score in self.score(data).tolist()], np.float64)

    def row_predictor(self, plan: Plan, layout: Layout) -> Callable[[Row], float]:
        """Return the function from a row to its prediction."""
        encode, score = encoded_row(plan, layout), row_scorer(self._trees, self.constant, plan.width)
        inverse = self.objective.inverse_link
        return lambda row: inverse(score(encode(row)))

    def row_parts(self, plan: Plan, layout: Layout) -> Callable[[Row], Parts]:
        """Return the function that takes a score apart by path-dependent TreeSHAP (FACTS 6.8).

        The base is the mean score over the training paths; the library's float32 rounding goes to the base.
        """
        encode, score = encoded_row(plan, layout), row_scorer(self._trees, self.constant, plan.width)
        owners, names, booster = plan.owners, [item.name for item in layout.items], self._booster

        def parts(row: Row) -> Parts:
            encoded = encode(row)
            shares = booster.predict(_rows(np.array([encoded], np.float32)), pred_contribs=True)[0]
            contributions = summed(owners, shares[:-1].astype(np.float64).tolist(), names)
            total, base = score(encoded), 0.0
            for value in contributions.values():
                base += value
            return Parts(total - base, contributions, total)

        return parts

    def digest(self) -> str:
        """Return the sha256 of the constant and the trees."""
        return hashlib.sha256(repr(self.constant).encode() + self.model).hexdigest()

    def save(self, folder: Path) -> None:
        """Write `model.json`, as XGBoost writes it, and `constant.txt`."""
        (folder / FILE).write_bytes(self.model)
        (folder / "constant.txt").write_text(repr(self.constant), encoding="utf-8")

    @cached_property
    def _booster(self) -> Any:
        booster = xgboost.Booster(params={"nthread": 1})
        booster.load_model(bytearray(self.model))
        booster.set_param({"nthread": 1})
        return booster

    @cached_property
    def _trees(self) -> tuple[Tree, ...]:
        return read_trees(self.model)


def supports(program: Program) -> Refusal | None:
    """Return None unless there are presentation columns, which trees would cross with the rest."""
    return presentation_refused(program)


def fit(program: Program, training: Training, on_step: Step) -> BoostedScorer:
    """Return the grown trees.

    `min_rows` becomes XGBoost's least sum of the Hessian in a leaf: that many rows at the constant.
    """
    assert isinstance(program.model, Boosted)
    model, objective = program.model, objective_of(program)
    batch, label = training.batch, training.label
    if not batch.plan.width:
        raise DataError("Boosted(): every feature holds one value only, so there is nothing to split on.")
    weight = training.weight / float(np.mean(training.weight))
    score = np.full(len(label), training.constant)
    curvature = float(np.mean(weight * objective.hess(label, score)))
    native = NATIVE.get(type(objective))
    parameters = {
        "objective": native or "reg:squarederror",
        "max_depth": model.depth,
        "eta": model.learning_rate,
        "min_child_weight": model.min_rows * curvature,
        "tree_method": "hist",
        "base_score": objective.inverse_link(training.constant) if native else training.constant,
        "seed": program.seed,
        "nthread": 1,
    }
    matrix = batch.matrix().astype(np.float32)
    rows = xgboost.QuantileDMatrix(matrix, label, weight=weight, nthread=1)
    derivatives = None if native else _derivatives(objective, label, weight)
    booster = xgboost.train(
        parameters, rows, model.trees, obj=derivatives, callbacks=[_Progress(model.trees, on_step)]
    )
    return BoostedScorer(objective, training.constant, bytes(booster.save_raw("json")))


def load(folder: Path, program: Program) -> BoostedScorer:
    """Return the scorer that was saved in a folder. Raises DataError when it cannot be read."""
    try:
        constant = float((folder / "constant.txt").read_text(encoding="utf-8"))
        return BoostedScorer(objective_of(program), constant, (folder / FILE).read_bytes())
    except (OSError, ValueError) as error:
        raise DataError(f"{folder / FILE} cannot be read ({error}); fit the program again.") from error


def _rows(matrix: Any) -> Any:
    return xgboost.DMatrix(matrix, nthread=1)


def _derivatives(objective: Objective, label: Floats, weight: Floats) -> Callable[[Any, Any], Any]:
    """Return the custom objective; XGBoost leaves the rows' weights to it, and passes float32 scores."""

    def derivatives(score: Any, _: Any) -> tuple[Floats, Floats]:
        exact = score.astype(np.float64)
        return weight * objective.grad(label, exact), weight * objective.hess(label, exact)

    return derivatives


class _Progress(xgboost.callback.TrainingCallback):
    """Tell of every tenth part of the trees."""

    def __init__(self, trees: int, on_step: Step) -> None:
        super().__init__()
        self.trees, self.on_step = trees, on_step

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        if (epoch + 1) % math.ceil(self.trees / 10) == 0:
            self.on_step(f"Boosted: {epoch + 1} of {self.trees} trees")
        return False
