"""Linear, by Newton's method on statistics that are added up batch by batch.

For weights w, a batch of rows gives the sums of the loss, of its gradient X'g and of its Hessian X'WX.
One-hot columns stay codes: their sums are bincounts, those of two of them a bincount of pairs, so that
the matrix is never written out. Statistics of several batches, machines or workers are added.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import linalg
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from fieldguide.errors import DataError
from fieldguide.learning.backend import Refusal, Step, Training
from fieldguide.learning.encoder import Batch
from fieldguide.learning.layout import Floats
from fieldguide.learning.linear import LinearScorer, load_linear
from fieldguide.learning.objectives import Objective, objective_of
from fieldguide.learning.plan import Plan
from fieldguide.program import Program
from fieldguide.program.blanks import optimizers, priors

ROWS = 32_768
"""Rows of one batch: small enough for the processor's cache, large enough for numpy."""
MOST_COLUMNS = 4_000
"""The Hessian of more columns than these does not fit comfortably; a refusal says so."""


@dataclass(frozen=True)
class Statistics:
    """Sums over rows at one point: of the weights, of weight × loss, its gradient and its Hessian.

    The first of the parameters is the intercept; then come the dense columns and those of the levels. Only
    the upper triangle of the Hessian counts until `gather` mirrors it.
    """

    weight: float
    value: float
    gradient: Floats
    hessian: Floats

    def __add__(self, other: Statistics) -> Statistics:
        return Statistics(
            self.weight + other.weight,
            self.value + other.value,
            self.gradient + other.gradient,
            self.hessian + other.hessian,
        )


@dataclass(frozen=True)
class Labelled:
    """A batch of encoded rows with label and weight of each."""

    batch: Batch
    label: Floats
    weight: Floats


@dataclass(frozen=True)
class Optimum:
    """Where Newton's method ended: parameters (intercept first), mean loss plus penalty, largest gradient."""

    parameters: Floats
    value: float
    gradient: float
    steps: int


def statistics(rows: Labelled, parameters: Floats, objective: Objective) -> Statistics:
    """Return the statistics of a batch at `parameters`, with one more column for each set of levels.

    That last column is the code that stands for the mean of the levels; `spread` and `gather` bring
    parameters there and statistics back. Overflow gives an infinite value, on which the caller takes a
    smaller step.
    """
    with np.errstate(all="ignore"):
        return _statistics(rows, parameters, objective)


def _statistics(rows: Labelled, parameters: Floats, objective: Objective) -> Statistics:
    dense = rows.batch.dense.T
    codes = [np.ascontiguousarray(column, np.intp) for column in rows.batch.codes.T]
    sizes = [slot.size + 1 for slot in rows.batch.plan.levels]
    d = len(dense)
    starts = np.concatenate([[1 + d], 1 + d + np.cumsum(sizes)]).astype(int).tolist()
    score = parameters[0] + parameters[1 : 1 + d] @ dense
    for code, start, size in zip(codes, starts, sizes, strict=False):
        score += parameters[start : start + size][code]
    value = float(np.dot(rows.weight, objective.value(rows.label, score)))
    g = rows.weight * objective.grad(rows.label, score)
    h = rows.weight * objective.hess(rows.label, score)
    gradient = np.empty(len(parameters))
    hessian = np.zeros((len(parameters), len(parameters)))
    gradient[0] = np.add.reduce(g)
    gradient[1 : 1 + d] = dense @ g
    weighted = dense * h
    hessian[0, 0] = np.add.reduce(h)
    hessian[0, 1 : 1 + d] = np.add.reduce(weighted, axis=1)
    hessian[1 : 1 + d, 1 : 1 + d] = weighted @ dense.T
    for a, (code, start, size) in enumerate(zip(codes, starts, sizes, strict=False)):
        here = slice(start, start + size)
        gradient[here] = np.bincount(code, weights=g, minlength=size)
        own = np.bincount(code, weights=h, minlength=size)
        hessian[0, here] = own
        hessian[range(start, start + size), range(start, start + size)] = own
        for i in range(d):
            hessian[1 + i, here] = np.bincount(code, weights=weighted[i], minlength=size)
        for b in range(a + 1, len(codes)):
            pairs = np.bincount(code * sizes[b] + codes[b], weights=h, minlength=size * sizes[b])
            hessian[here, starts[b] : starts[b] + sizes[b]] = pairs.reshape(size, sizes[b])
    return Statistics(float(np.add.reduce(rows.weight)), value, gradient, hessian)


def spread(plan: Plan, parameters: Floats) -> Floats:
    """Return 1 + width parameters with the mean of each set of levels put behind it."""
    parts, start = [parameters[: 1 + plan.dense]], 1 + plan.dense
    for slot in plan.levels:
        own = parameters[start : start + slot.size]
        parts += [own, np.array([np.dot(own, slot.reference)])]
        start += slot.size
    return np.concatenate(parts)


def gather(plan: Plan, found: Statistics) -> Statistics:
    """Return the statistics in terms of the 1 + width parameters: the rows of a mean speak for its levels."""
    gradient, start = found.gradient.copy(), 1 + plan.dense
    hessian = np.triu(found.hessian)
    hessian += np.triu(hessian, 1).T
    keep = list(range(start))
    for slot in plan.levels:
        here, mean, shares = slice(start, start + slot.size), start + slot.size, np.array(slot.reference)
        if gradient[mean] != 0.0 or hessian[mean, mean] != 0.0:
            gradient[here] += gradient[mean] * shares
            hessian[:, here] += np.outer(hessian[:, mean], shares)
            hessian[here] += np.outer(shares, hessian[mean])
        keep += range(start, start + slot.size)
        start += slot.size + 1
    return Statistics(found.weight, found.value, gradient[keep], hessian[np.ix_(keep, keep)])


def batches(batch: Batch, label: Floats, weight: Floats, size: int = ROWS) -> Iterator[Labelled]:
    """Give the rows in batches of at most `size`, as views."""
    for start in range(0, batch.rows, size):
        part = slice(start, start + size)
        yield Labelled(Batch(batch.plan, batch.dense[part], batch.codes[part]), label[part], weight[part])


def minimize(
    batch: Batch,
    label: Floats,
    weight: Floats,
    objective: Objective,
    *,
    prior: priors.Prior,
    optimizer: optimizers.Newton,
    constant: float,
    on_step: Step,
) -> Optimum:
    """Minimize the mean loss plus λ/2·|w|², the intercept not penalized.

    It has converged when the largest component of the gradient is at most `tolerance` times that at the
    start (at least 1), or when no smaller step lowers the value any more and the gradient is nearly so
    small; and the next step would be small too, which it never is when weights grow without end. Without a prior, directions that no row speaks of are left at zero (the solution of least norm).

    Raises DataError when it does not converge, as when the label is separable and there is no prior.
    """
    penalty = np.full(1 + batch.plan.width, prior.strength if isinstance(prior, priors.Ridge) else 0.0)
    penalty[0] = 0.0

    def at(parameters: Floats) -> tuple[float, Floats, Floats]:
        total, spreaded = None, spread(batch.plan, parameters)
        for rows in batches(batch, label, weight):
            part = statistics(rows, spreaded, objective)
            total = part if total is None else total + part
        assert total is not None
        found = gather(batch.plan, total)
        value = found.value / found.weight + 0.5 * float(np.dot(penalty, parameters**2))
        gradient = found.gradient / found.weight + penalty * parameters
        return value, gradient, found.hessian / found.weight + np.diag(penalty)

    with threadpool_limits(limits=1, user_api="blas"):
        parameters = np.zeros(1 + batch.plan.width)
        parameters[0] = constant
        value, gradient, hessian = at(parameters)
        goal = optimizer.tolerance * max(1.0, float(np.abs(gradient).max()))
        for step in range(optimizer.steps):
            size = float(np.abs(gradient).max())
            on_step(f"Newton step {step}: loss {value:.6f}, gradient {size:.1e}")
            direction = _solve(hessian, gradient)
            settled = float(np.abs(direction).max()) <= 1e-3 * max(1.0, float(np.abs(parameters).max()))
            if size <= goal and settled:
                break
            slope = float(np.dot(gradient, direction))
            share, tried = 1.0, at(parameters - direction)
            while not _better(tried, value - 1e-4 * share * slope, value, size) and share > 1e-6:
                share *= 0.5
                tried = at(parameters - share * direction)
            if share <= 1e-6:
                break
            parameters = parameters - share * direction
            value, gradient, hessian = tried
        size = float(np.abs(gradient).max())
        if size > 1e4 * goal or not settled:
            raise _not_converged(optimizer.steps, size, prior)
        if not penalty[1:].any():
            parameters = _least_norm(hessian, parameters)
    return Optimum(parameters, value, size, step)


def supports(program: Program) -> Refusal | None:
    """Return None for every objective with two derivatives, and Ridge or no prior."""
    blanks = program.blanks()
    if not isinstance(blanks.prior, priors.Ridge | priors.NoPrior):
        return Refusal(f"Newton() has no step for prior={type(blanks.prior).__name__}()", "fg.priors.Ridge()")
    if not isinstance(blanks.optimizer, optimizers.Newton):
        return Refusal(
            f"optimizer={type(blanks.optimizer).__name__}() does not search linear weights",
            "fg.optimizers.Newton()",
        )
    return None


def fit(program: Program, training: Training, on_step: Step) -> LinearScorer:
    """Return the linear scorer of least penalized mean loss.

    Raises DataError when it does not converge or when there are more columns than Newton's method takes.
    """
    blanks, batch, objective = program.blanks(), training.batch, objective_of(program)
    if batch.plan.width > MOST_COLUMNS:
        widest = max(batch.plan.levels, key=lambda slot: slot.size)
        raise DataError(
            f"The features become {batch.plan.width} columns, and Newton() takes at most {MOST_COLUMNS}: {widest.feature!r} alone "
            f"has {widest.size} levels. Leave it out, or compute a coarser one with of=."
        )
    assert isinstance(blanks.optimizer, optimizers.Newton)
    found = minimize(
        batch,
        training.label,
        training.weight,
        objective,
        prior=blanks.prior,
        optimizer=blanks.optimizer,
        constant=training.constant,
        on_step=on_step,
    )
    return LinearScorer(objective, float(found.parameters[0]), found.parameters[1:].copy())


def load(folder: Path, program: Program) -> LinearScorer:
    """Return the scorer that was saved in a folder."""
    return load_linear(folder, objective_of(program))


def _solve(hessian: Floats, gradient: Floats) -> Floats:
    """Return H⁻¹·g, by least squares of least norm where H is singular."""
    factor, failed = linalg.lapack.dpotrf(hessian, lower=True)
    pivots = np.abs(np.diag(factor))
    if not failed and pivots.min() > 1e-7 * pivots.max():
        return np.asarray(linalg.cho_solve((factor, True), gradient))
    values, vectors = linalg.eigh(hessian)
    keep = values > values.max() * 1e-12
    least: Floats = np.asarray((vectors[:, keep] / values[keep]) @ (vectors[:, keep].T @ gradient))
    return least


def _better(tried: tuple[float, Floats, Floats], wanted: float, value: float, size: float) -> bool:
    """Tell whether a step lowers the value enough; near the end, where rounding hides that, the gradient."""
    if tried[0] <= wanted:
        return True
    return tried[0] <= value + 1e-12 * abs(value) and float(np.abs(tried[1]).max()) < size


def _least_norm(hessian: Floats, parameters: Floats) -> Floats:
    """Return the equally good parameters whose weights, the intercept apart, have the least norm."""
    values, vectors = linalg.eigh(hessian)
    free = vectors[:, values <= values.max() * 1e-12]
    share = linalg.lstsq(free[1:], -parameters[1:])[0]
    moved: Floats = parameters + np.asarray(free @ share)
    return moved


def _not_converged(steps: int, gradient: float, prior: priors.Prior) -> DataError:
    hint = (
        "some columns decide the label of some rows completely: give the weights a prior, such as fg.priors.Ridge(1e-4)"
        if isinstance(prior, priors.NoPrior) or (isinstance(prior, priors.Ridge) and prior.strength < 1e-8)
        else "raise steps= of fg.optimizers.Newton(), or look for columns with wild values"
    )
    return DataError(f"Newton() did not converge in {steps} steps (gradient {gradient:.1e}): {hint}.")
