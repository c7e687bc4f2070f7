"""Newton's method: the right optimum, from statistics that add up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import optimize
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge

from fieldguide.errors import DataError
from fieldguide.learning.backends import newton
from fieldguide.learning.encoder import Batch
from fieldguide.learning.objectives import LogLoss, Objective, Poisson, SquaredError
from fieldguide.learning.plan import LevelSlot, NumberSlot, Plan
from fieldguide.program.blanks import optimizers, priors

SIZES = (3, 5)


def plan() -> Plan:
    numbers = [NumberSlot(name, None, 0.0, 1.0, True, False, (0.0, 0.0)) for name in ("a", "b")]
    levels = [
        LevelSlot(f"c{size}", None, tuple(map(str, range(size))), False, False, (1 / size,) * size)
        for size in SIZES
    ]
    return Plan((), "UTC", (*numbers, *levels))


def world(kind: str = "probability", rows: int = 2000, seed: int = 0) -> tuple[Batch, Any, Any]:
    """Rows with two numbers and two sets of levels (some rows have none of their own), labels and weights."""
    rng = np.random.default_rng(seed)
    dense = rng.normal(size=(2, rows))
    codes = np.array([rng.integers(0, size + 1, rows) for size in SIZES], np.int32)
    score = 0.3 + dense[0] - 0.5 * dense[1] + 0.7 * (codes[0] == 1) - 0.4 * (codes[1] == 3)
    if kind == "probability":
        label = (rng.random(rows) < 1 / (1 + np.exp(-score))).astype(float)
    elif kind == "rate":
        label = rng.poisson(np.exp(0.5 * score)).astype(float)
    else:
        label = 100 * score + rng.normal(size=rows)
    return Batch(plan(), dense.T, codes.T), label, rng.choice([1.0, 2.0, 3.0], rows)


def solve(
    batch: Batch, label: Any, weight: Any, objective: Objective, prior: priors.Prior | None = None
) -> newton.Optimum:
    return newton.minimize(
        batch,
        label,
        weight,
        objective,
        prior=prior or priors.Ridge(1e-3),
        optimizer=optimizers.Newton(),
        constant=objective.best_constant(label, weight),
        on_step=lambda sentence: None,
    )


def value(batch: Batch, label: Any, weight: Any, objective: Objective, strength: float, w: Any) -> float:
    score = w[0] + batch.matrix() @ w[1:]
    return float(
        np.average(objective.value(label, score), weights=weight) + 0.5 * strength * np.dot(w[1:], w[1:])
    )


@pytest.mark.parametrize("objective", [LogLoss(), SquaredError(), Poisson()], ids=lambda o: o.scale)
def test_it_ends_where_a_general_optimizer_ends(objective: Objective) -> None:
    batch, label, weight = world(objective.scale)
    found = solve(batch, label, weight, objective)
    other = optimize.minimize(
        lambda w: value(batch, label, weight, objective, 1e-3, w),
        np.zeros(1 + batch.plan.width),
        method="BFGS",
        options={"gtol": 1e-6},
    )
    assert found.value == pytest.approx(
        value(batch, label, weight, objective, 1e-3, found.parameters), rel=1e-12
    )
    assert found.value <= other.fun + 1e-12 * abs(other.fun)
    np.testing.assert_allclose(found.parameters, other.x, atol=1e-3 * np.abs(found.parameters).max())


def test_it_equals_scikit_learn() -> None:
    strength = 1e-3
    batch, label, weight = world("probability")
    theirs = LogisticRegression(C=1 / (strength * weight.sum()), solver="newton-cholesky", tol=1e-10)
    theirs.fit(batch.matrix(), label, weight)
    np.testing.assert_allclose(
        solve(batch, label, weight, LogLoss()).parameters[1:], theirs.coef_[0], atol=1e-7
    )
    batch, label, weight = world("amount")
    ridge = Ridge(alpha=strength * weight.sum(), solver="cholesky").fit(batch.matrix(), label, weight)
    np.testing.assert_allclose(
        solve(batch, label, weight, SquaredError()).parameters[1:], ridge.coef_, rtol=1e-9
    )
    batch, label, weight = world("rate")
    poisson = PoissonRegressor(alpha=strength, solver="newton-cholesky", tol=1e-10)
    poisson.fit(batch.matrix(), label, weight)
    np.testing.assert_allclose(
        solve(batch, label, weight, Poisson()).parameters[1:], poisson.coef_, atol=1e-7
    )


@pytest.mark.parametrize("objective", [LogLoss(), SquaredError(), Poisson()], ids=lambda o: o.scale)
def test_a_weight_counts_as_so_many_equal_rows(objective: Objective) -> None:
    batch, label, weight = world(objective.scale)
    index = np.repeat(np.arange(len(label)), weight.astype(int))
    one = solve(batch, label, weight, objective)
    other = solve(batch.take(index), label[index], np.ones(len(index)), objective)
    np.testing.assert_allclose(one.parameters, other.parameters, atol=1e-9 * np.abs(one.parameters).max())


def test_statistics_are_sums_in_whatever_order_batches_come() -> None:
    batch, label, weight = world()
    at = np.linspace(-0.3, 0.3, 1 + batch.plan.width)
    at = newton.spread(batch.plan, at)
    whole = newton.statistics(newton.Labelled(batch, label, weight), at, LogLoss())
    parts = [newton.statistics(rows, at, LogLoss()) for rows in newton.batches(batch, label, weight, 137)]
    np.random.default_rng(0).shuffle(parts)  # type: ignore[arg-type]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    for name in ("weight", "value", "gradient", "hessian"):
        np.testing.assert_allclose(getattr(total, name), getattr(whole, name), rtol=1e-12, atol=1e-9)


def test_the_statistics_are_those_of_the_written_out_matrix() -> None:
    batch, label, weight = world()
    at = np.linspace(-0.3, 0.3, 1 + batch.plan.width)
    x = np.column_stack([np.ones(len(label)), batch.matrix()])
    score = x @ at
    found = newton.statistics(newton.Labelled(batch, label, weight), newton.spread(batch.plan, at), LogLoss())
    found = newton.gather(batch.plan, found)
    np.testing.assert_allclose(found.gradient, x.T @ (weight * LogLoss().grad(label, score)), atol=1e-9)
    hessian = x.T @ (x * (weight * LogLoss().hess(label, score))[:, None])
    np.testing.assert_allclose(found.hessian, hessian, atol=1e-9)


def test_without_a_prior_the_solution_of_least_norm_is_the_limit_of_ridge() -> None:
    rng = np.random.default_rng(1)
    batch, label, weight = world(rows=4000)
    batch = Batch(batch.plan, batch.dense, np.array([rng.integers(0, s, 4000) for s in SIZES], np.int32).T)
    free = solve(batch, label, weight, LogLoss(), priors.NoPrior())
    ridge = solve(batch, label, weight, LogLoss(), priors.Ridge(1e-8))
    np.testing.assert_allclose(free.parameters, ridge.parameters, atol=1e-5)
    residual = label - 1 / (1 + np.exp(-(free.parameters[0] + batch.matrix() @ free.parameters[1:])))
    # FACTS F11: without a penalty the residuals cancel overall and wherever a column of 0 and 1 is 1
    np.testing.assert_allclose(batch.matrix().T @ (weight * residual) / weight.sum(), 0.0, atol=1e-9)


def test_more_prior_means_smaller_weights_and_in_the_end_the_mean() -> None:
    batch, label, weight = world()
    norms = [
        float(np.linalg.norm(solve(batch, label, weight, LogLoss(), priors.Ridge(strength)).parameters[1:]))
        for strength in (1e-4, 1e-2, 1.0, 1e6)
    ]
    assert norms == sorted(norms, reverse=True)
    last = solve(batch, label, weight, LogLoss(), priors.Ridge(1e6)).parameters
    assert last[0] == pytest.approx(LogLoss().best_constant(label, weight), abs=1e-4)


def test_a_label_that_a_column_decides_needs_a_prior() -> None:
    batch, _, weight = world()
    label = (batch.dense[:, 0] > 0).astype(float)
    with pytest.raises(DataError, match=r"did not converge.*Ridge"):
        solve(batch, label, weight, LogLoss(), priors.NoPrior())
    assert solve(batch, label, weight, LogLoss()).gradient < 1e-9


def test_steps_that_overflow_are_halved() -> None:
    batch, _, weight = world()
    label = np.zeros(len(weight))
    label[:3] = 1e7
    found = solve(batch, label, weight, Poisson(), priors.Ridge(1e-2))
    assert np.isfinite(found.parameters).all()


def test_equal_rows_give_equal_bits() -> None:
    one, other = (solve(*world(rows=5000), LogLoss()).parameters for _ in range(2))
    np.testing.assert_array_equal(one, other)
