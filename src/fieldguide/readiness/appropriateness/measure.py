"""How well a score ranks rows, with an interval that knows that rows of a unit and of a day hang together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from fieldguide.learning.losses import area_of
from fieldguide.tables.tally import Floats, Ints

LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A value, its standard error and 95 % interval, and how many units it rests on."""

    value: float
    error: float
    low: float
    high: float
    units: int


@dataclass(frozen=True, eq=False)
class Ranked:
    """How well a score ranks: the AUC, or the correlation with an amount; and each row's influence on it."""

    value: float
    influence: Floats


def ranked(y: Floats, score: Floats, weight: Floats, *, binary: bool) -> Ranked | None:
    """Return how well a score ranks rows, None where that is not defined (one class only, nothing varies)."""
    if binary:
        area, influence = area_of(y, score, weight)
        return None if area is None or influence is None else Ranked(area, influence)
    w = weight / weight.sum()
    a, b = _standard(y, w), _standard(score, w)
    if a is None or b is None:
        return None
    r = float(np.dot(w, a * b))
    return Ranked(r, np.asarray(w * (a * b - r * (a**2 + b**2) / 2)))


def estimate(value: float, influence: Floats, clusters: Sequence[Ints]) -> Estimate:
    """Return a value with its interval: rows of one cluster are one observation, the widest clustering counts.

    With k clusters Student's t with k − 1 degrees of freedom takes the place of the normal distribution.
    """
    errors = [error_of(influence, each) for each in clusters if len(each) and int(each.max()) > 0]
    if not errors:
        return Estimate(value, math.inf, -math.inf, math.inf, len(influence))
    error, units = max(errors)
    away = float(special.stdtrit(units - 1, (1 + LEVEL) / 2)) * error
    return Estimate(value, error, value - away, value + away, units)


def error_of(influence: Floats, cluster: Ints) -> tuple[float, int]:
    """Return the standard error of a sum of influences by cluster, and the number of clusters."""
    sums = np.bincount(cluster, weights=influence)
    held = np.bincount(cluster) > 0
    k = int(held.sum())
    if k < 2:
        return math.inf, max(k, 2)
    return math.sqrt(k / (k - 1) * float((sums[held] ** 2).sum())), k


def renumbered(values: Ints) -> Ints:
    """Return clusters numbered from 0 on without gaps."""
    return np.asarray(np.unique(values, return_inverse=True)[1], dtype=np.int64)


def _standard(x: Floats, w: Floats) -> Floats | None:
    mean = float(np.dot(w, x))
    spread = math.sqrt(max(float(np.dot(w, (x - mean) ** 2)), 0.0))
    return None if spread <= 1e-12 * max(abs(mean), 1e-300) else np.asarray((x - mean) / spread)
