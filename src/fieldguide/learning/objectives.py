"""The mathematics of the objectives, on the raw score. Nothing else knows the loss.

An objective gives, for labels `y` and scores `s` (float64 arrays of equal length), the loss of every row
and its first two derivatives in the score; the score of the best constant; and the way from a score to
the scale that is answered with (a probability, an amount, a rate).

`inverse_link` and `link` work on one number, in plain Python: the served answer and the bulk answer come
from the same code, because numpy's `exp` and `math.exp` differ in the last bit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from fieldguide.errors import DataError
from fieldguide.program import Program
from fieldguide.program.blanks import objectives as declared

Array: TypeAlias = npt.NDArray[np.float64]

LEAST_PROBABILITY = 1e-15
"""Probabilities given by others are kept this far from 0 and 1, so that every loss is finite."""


class Objective(Protocol):
    """What an objective must give; `scale` names what it predicts."""

    @property
    def scale(self) -> str: ...
    def value(self, y: Array, score: Array) -> Array: ...
    def grad(self, y: Array, score: Array) -> Array: ...
    def hess(self, y: Array, score: Array) -> Array: ...
    def least(self, y: Array) -> Array: ...
    def best_constant(self, y: Array, weight: Array) -> float: ...
    def inverse_link(self, score: float) -> float: ...
    def link(self, prediction: float) -> float: ...


def weighted_mean(values: Array, weight: Array) -> float:
    """Return Σ w·v / Σ w."""
    return float(np.dot(weight, values) / np.add.reduce(weight))


@dataclass(frozen=True)
class LogLoss:
    """−y·ln p − (1−y)·ln(1−p) with p = 1/(1+exp(−s)), in nats; y is 0 or 1.

    >>> LogLoss().inverse_link(0.0), LogLoss().inverse_link(-800.0)
    (0.5, 0.0)
    """

    scale: str = "probability"

    def value(self, y: Array, score: Array) -> Array:
        """Return the loss of every row, finite for every finite score."""
        return np.maximum(score, 0.0) - y * score + np.log1p(np.exp(-np.abs(score)))

    def grad(self, y: Array, score: Array) -> Array:
        """Return p − y."""
        return _sigmoid(score) - y

    def hess(self, y: Array, score: Array) -> Array:
        """Return p·(1−p)."""
        p = _sigmoid(score)
        return p * (1.0 - p)

    def least(self, y: Array) -> Array:
        """Return the smallest possible loss: zero for labels of 0 and 1."""
        return np.zeros_like(y)

    def best_constant(self, y: Array, weight: Array) -> float:
        """Return the log-odds of the mean. Raises DataError when the label has only one class."""
        mean = weighted_mean(y, weight)
        if not 0.0 < mean < 1.0:
            raise DataError(
                f"The label has only one class: every known label is {'yes' if mean > 0 else 'no'}. There is nothing "
                "to learn from; check positive= of the label, or take a longer time span."
            )
        return math.log(mean / (1.0 - mean))

    def inverse_link(self, score: float) -> float:
        """Return the probability of a score."""
        if score >= 0.0:
            return 1.0 / (1.0 + math.exp(-score))
        e = math.exp(score)
        return e / (1.0 + e)

    def link(self, prediction: float) -> float:
        """Return the log-odds of a probability, which is kept from 0 and 1 by 1e-15."""
        p = min(max(prediction, LEAST_PROBABILITY), 1.0 - LEAST_PROBABILITY)
        return math.log(p / (1.0 - p))


@dataclass(frozen=True)
class SquaredError:
    """(y − s)²/2; the score is the prediction."""

    scale: str = "amount"

    def value(self, y: Array, score: Array) -> Array:
        """Return half the squared error of every row."""
        return 0.5 * (y - score) ** 2

    def grad(self, y: Array, score: Array) -> Array:
        """Return s − y."""
        return score - y

    def hess(self, y: Array, score: Array) -> Array:
        """Return ones."""
        return np.ones_like(score)

    def least(self, y: Array) -> Array:
        """Return zeros."""
        return np.zeros_like(y)

    def best_constant(self, y: Array, weight: Array) -> float:
        """Return the mean. Raises DataError when all labels are equal."""
        if y.min() == y.max():
            raise DataError(
                f"The label never varies: every known label is {float(y[0]):g}. There is nothing to learn from."
            )
        return weighted_mean(y, weight)

    def inverse_link(self, score: float) -> float:
        """Return the score itself."""
        return score

    def link(self, prediction: float) -> float:
        """Return the prediction itself."""
        return prediction


@dataclass(frozen=True)
class Poisson:
    """rate − y·ln(rate) with rate = exp(s), in nats; y is 0, 1, 2 …

    This is the negative log-likelihood without the term ln y!, which no model can change.
    """

    scale: str = "rate"

    def value(self, y: Array, score: Array) -> Array:
        """Return the loss of every row; infinite where the rate overflows."""
        with np.errstate(over="ignore"):
            return np.exp(score) - y * score

    def grad(self, y: Array, score: Array) -> Array:
        """Return rate − y."""
        with np.errstate(over="ignore"):
            return np.exp(score) - y

    def hess(self, y: Array, score: Array) -> Array:
        """Return the rate."""
        with np.errstate(over="ignore"):
            return np.exp(score)

    def least(self, y: Array) -> Array:
        """Return y − y·ln y, the loss of a model that knows each label beforehand."""
        return y - y * np.log(np.where(y > 0.0, y, 1.0))

    def best_constant(self, y: Array, weight: Array) -> float:
        """Return the logarithm of the mean. Raises DataError when nothing was counted or a count is negative."""
        if y.min() < 0.0:
            raise DataError(
                f"A count label holds {float(y.min()):g}; counts are 0 or more. Use NumericLabel for amounts."
            )
        if y.min() == y.max():
            raise DataError(
                f"The label never varies: every known label is {float(y[0]):g}. There is nothing to learn from."
            )
        return math.log(weighted_mean(y, weight))

    def inverse_link(self, score: float) -> float:
        """Return the rate; scores above 700 count as 700, so that it is finite."""
        return math.exp(min(score, 700.0))

    def link(self, prediction: float) -> float:
        """Return the logarithm of a rate, of at least 1e-15."""
        return math.log(max(prediction, LEAST_PROBABILITY))


OBJECTIVES: dict[type[declared.Objective], Objective] = {
    declared.LogLoss: LogLoss(),
    declared.SquaredError: SquaredError(),
    declared.Poisson: Poisson(),
}
"""The mathematics behind each declaration."""


def objective_of(program: Program) -> Objective:
    """Return the mathematics of the program's objective."""
    return OBJECTIVES[type(program.blanks().objective)]


def _sigmoid(score: Array) -> Array:
    e = np.exp(-np.abs(score))
    return np.where(score >= 0.0, 1.0, e) / (1.0 + e)
