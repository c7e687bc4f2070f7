"""Objectives: derivatives, best constants and links."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize
from scipy.special import expit

from fieldguide.errors import DataError
from fieldguide.learning.objectives import OBJECTIVES, LogLoss, Objective, Poisson, SquaredError

ALL: list[Objective] = [LogLoss(), SquaredError(), Poisson()]
LABELS = {"probability": [0.0, 1.0], "amount": [-3.0, 0.0, 12.5], "rate": [0.0, 1.0, 7.0]}


def case(objective: Objective) -> tuple[np.ndarray, np.ndarray]:
    scores = np.linspace(-4.0, 4.0, 41)
    pairs = [(y, s) for y in LABELS[objective.scale] for s in scores]
    return np.array([y for y, _ in pairs]), np.array([s for _, s in pairs])


@pytest.mark.parametrize("objective", ALL, ids=lambda o: o.scale)
def test_gradient_and_hessian_are_the_derivatives_of_the_value(objective: Objective) -> None:
    y, s = case(objective)
    step = 1e-5
    slope = (objective.value(y, s + step) - objective.value(y, s - step)) / (2 * step)
    bend = (objective.grad(y, s + step) - objective.grad(y, s - step)) / (2 * step)
    np.testing.assert_allclose(objective.grad(y, s), slope, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(objective.hess(y, s), bend, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("objective", ALL, ids=lambda o: o.scale)
def test_no_other_constant_loses_less_than_the_best(objective: Objective) -> None:
    rng = np.random.default_rng(3)
    y = rng.choice(LABELS[objective.scale], 200)
    w = rng.uniform(0.1, 3.0, 200)

    def mean_loss(s: float) -> float:
        return float(np.dot(w, objective.value(y, np.full(200, s))))

    found = optimize.minimize_scalar(mean_loss, bracket=(-1.0, 1.0), options={"xtol": 1e-12})
    best = objective.best_constant(y, w)
    assert best == pytest.approx(found.x, abs=1e-6)
    assert objective.inverse_link(best) == pytest.approx(float(np.average(y, weights=w)), rel=1e-12)


@pytest.mark.parametrize("objective", ALL, ids=lambda o: o.scale)
def test_the_least_loss_is_that_of_knowing_the_label(objective: Objective) -> None:
    y = np.array(LABELS[objective.scale])
    nearest = np.array([objective.link(value) for value in y])
    np.testing.assert_allclose(objective.value(y, nearest), objective.least(y), atol=1e-12)


@given(st.floats(-1e300, 1e300))
def test_predictions_are_finite_and_in_their_range_for_every_finite_score(score: float) -> None:
    assert 0.0 <= LogLoss().inverse_link(score) <= 1.0
    assert 0.0 <= Poisson().inverse_link(score) < math.inf
    assert SquaredError().inverse_link(score) == score


@given(st.floats(-700, 700))
def test_probabilities_agree_with_scipy(score: float) -> None:
    assert LogLoss().inverse_link(score) == pytest.approx(float(expit(score)), rel=1e-14)
    value = float(LogLoss().value(np.array([1.0]), np.array([score]))[0])
    assert value == pytest.approx(float(np.logaddexp(0.0, -score)), rel=1e-12, abs=1e-300)


@given(st.floats(0.0, 1.0))
def test_the_link_of_a_probability_is_finite_and_inverts(p: float) -> None:
    score = LogLoss().link(p)
    assert math.isfinite(score)
    assert LogLoss().inverse_link(score) == pytest.approx(p, abs=1e-12)


@pytest.mark.parametrize(
    ("objective", "labels", "says"),
    [
        (LogLoss(), [1.0, 1.0], "one class: every known label is yes"),
        (LogLoss(), [0.0, 0.0], "one class: every known label is no"),
        (SquaredError(), [2.5, 2.5], "never varies"),
        (Poisson(), [0.0, 0.0], "never varies"),
        (Poisson(), [1.0, -2.0], "counts are 0 or more"),
    ],
)
def test_labels_that_teach_nothing_are_refused(objective: Objective, labels: list[float], says: str) -> None:
    with pytest.raises(DataError, match=says):
        objective.best_constant(np.array(labels), np.ones(2))


def test_every_declared_objective_has_its_mathematics_and_scale() -> None:
    from fieldguide.program.blanks import objectives as declared

    kinds = {
        kind
        for kind in vars(declared).values()
        if isinstance(kind, type) and issubclass(kind, declared.Objective)
    }
    assert kinds - {declared.Objective} == set(OBJECTIVES)
    assert all(kind.scale == mathematics.scale for kind, mathematics in OBJECTIVES.items())
