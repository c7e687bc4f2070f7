"""Losses with intervals: how good a model is on given rows, and by how much one beats another.

Every figure is a function of sums over rows, so a bootstrap over clusters needs the sums of each cluster
only. Rows of one entity hang together, and so do those of one day (FLIGHTS 3: the real spread is six times
that of independent rows); both ways are tried and the wider interval is kept.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from fieldguide.learning.layout import Floats, Index
from fieldguide.learning.objectives import Objective

REPLICATES = 1000
BLOCK = 100
"""Replicates that are drawn at once."""
LEVEL = 0.95
MOST_CLUSTERS = 2000
"""More clusters are drawn together at random into so many groups, which vary as the clusters do."""


@dataclass(frozen=True)
class Interval:
    """A value and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Losses:
    """How good a model is on some rows.

    `loss` is the mean of the objective, in its unit; `entropy` the loss by that of the rows' own best
    constant (normalized entropy for LogLoss, FACTS F16; below 1 beats it); `auc` the chance that a yes is
    ranked above a no (None unless binary); `calibration` mean predicted by mean observed; `skill`
    1 − loss/loss of the training mean (F14). What these rows leave undefined, as when all labels are
    equal, is None. The intervals come from a bootstrap
    over clusters: `by` tells which ("entity", "day", "key"), `units` how many.
    """

    rows: int
    units: int
    by: str
    loss: Interval
    entropy: Interval | None
    auc: Interval | None
    calibration: Interval | None
    skill: Interval | None


@dataclass(frozen=True)
class Judged:
    """Some rows: labels, weights, and the clusters they fall into by name ("entity" or "key", "day")."""

    label: Floats
    weight: Floats
    clusters: dict[str, Index]
    seed: int


def measure(judged: Judged, score: Floats, constant: float, objective: Objective) -> Losses:
    """Return the losses of a model on rows from its scores; `constant` is the score of the training mean."""
    y, w = judged.label, judged.weight
    prediction = np.array([objective.inverse_link(s) for s in score.tolist()], np.float64)
    least = objective.least(y)
    loss = objective.value(y, score)
    sums = [w, w * loss, w * objective.value(y, np.full(len(y), constant)), w * prediction, w * y, w * least]
    area, influence = area_of(y, score, w) if objective.scale == "probability" else (None, None)
    if influence is not None:
        sums.append(influence)
    columns = np.column_stack(sums)

    def figures(s: Floats) -> Floats:
        n, total, mean, predicted, observed, floor = s[:6]
        own = _own_constant(objective, n, observed, w, y)
        with np.errstate(all="ignore"):
            return np.array(
                [
                    total / n,
                    (total - floor) / (own - floor),
                    predicted / observed,
                    1.0 - (total - floor) / (mean - floor),
                    area + s[6] if area is not None else np.zeros_like(n),
                ]
            )

    by, units, bounds = _widest(judged, columns, figures, of=0)
    point = figures(np.add.reduce(columns, axis=0))
    found = [
        Interval(float(v), float(lo), float(hi)) if math.isfinite(v) else None
        for v, lo, hi in zip(point, *bounds, strict=True)
    ]
    assert found[0] is not None
    return Losses(
        rows=len(y),
        units=units,
        by=by,
        loss=found[0],
        entropy=found[1],
        auc=found[4] if area is not None else None,
        calibration=found[2],
        skill=found[3],
    )


def gain(judged: Judged, below: Floats, own: Floats, objective: Objective) -> Interval:
    """Return by how much `own` scores lose less than those of the rung `below`, by a paired bootstrap."""
    y, w = judged.label, judged.weight
    columns = np.column_stack([w, w * (objective.value(y, below) - objective.value(y, own))])

    def figures(s: Floats) -> Floats:
        return np.array([s[1] / s[0]])

    _, _, bounds = _widest(judged, columns, figures, of=0)
    point = float(figures(np.add.reduce(columns, axis=0))[0])
    return Interval(point, float(bounds[0][0]), float(bounds[1][0]))


def _widest(
    judged: Judged, columns: Floats, figures: Callable[[Floats], Floats], *, of: int
) -> tuple[str, int, tuple[Floats, Floats]]:
    """Return the clusters whose interval of figure `of` is widest, how many, and all bounds (low, high)."""
    found = []
    for place, (name, cluster) in enumerate(judged.clusters.items()):
        units = int(cluster.max()) + 1
        if units < 2:
            continue
        bounds = _bootstrap(columns, cluster, units, figures, np.random.default_rng([judged.seed, place]))
        found.append((bounds[1][of] - bounds[0][of], name, units, bounds))
    if not found:
        alone = np.arange(len(judged.label), dtype=np.intp)
        bounds = _bootstrap(columns, alone, len(alone), figures, np.random.default_rng([judged.seed, 9]))
        return "row", len(alone), bounds
    _, name, units, bounds = max(found, key=lambda entry: entry[0])
    return name, units, bounds


def _bootstrap(
    columns: Floats, cluster: Index, units: int, figures: Callable[[Floats], Floats], rng: Any
) -> tuple[Floats, Floats]:
    """Return low and high of each figure: percentiles over resampled clusters, wider where these are few.

    With k clusters the distance from the value is stretched by √(k/(k−1)) and by Student's t over the
    normal quantile, as the spread of few clusters is itself uncertain.
    """
    groups = units
    if units > MOST_CLUSTERS:
        groups = MOST_CLUSTERS
        cluster = (rng.permutation(units) % groups)[cluster]
    sums = np.stack([np.bincount(cluster, weights=c, minlength=groups) for c in columns.T], axis=1)
    point = figures(np.add.reduce(sums, axis=0))
    draws = []
    lines = BLOCK * groups
    for _ in range(REPLICATES // BLOCK):
        drawn = rng.integers(0, groups, (BLOCK, groups)) + np.arange(0, lines, groups)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=lines).reshape(BLOCK, groups).astype(np.float64)
        draws.append(figures((counts @ sums).T))
    replicates = np.concatenate(draws, axis=1)
    tail = (1.0 - LEVEL) / 2.0
    stretch = math.sqrt(groups / (groups - 1)) * float(
        special.stdtrit(groups - 1, 1.0 - tail) / special.ndtri(1.0 - tail)
    )
    low, high = np.empty(len(point)), np.empty(len(point))
    for i, values in enumerate(replicates):
        finite = values[np.isfinite(values)]
        if not len(finite) or not math.isfinite(point[i]):
            low[i] = high[i] = point[i]
            continue
        bounds = np.quantile(finite, [tail, 1.0 - tail])
        low[i] = point[i] - stretch * (point[i] - bounds[0])
        high[i] = point[i] + stretch * (bounds[1] - point[i])
    return low, high


def _own_constant(objective: Objective, n: Floats, observed: Floats, w: Floats, y: Floats) -> Floats:
    """Return the summed loss of the best constant of the (resampled) rows themselves."""
    with np.errstate(all="ignore"):
        mean = observed / n
        if objective.scale == "probability":
            entropy = special.xlogy(mean, mean) + special.xlogy(1.0 - mean, 1.0 - mean)
            return np.asarray(-n * entropy)
        if objective.scale == "rate":
            return np.asarray(n * (mean - special.xlogy(mean, mean)))
    centered = float(np.dot(w, (y - np.dot(w, y) / np.add.reduce(w)) ** 2))
    return np.asarray(0.5 * centered * n / np.add.reduce(w))


def area_of(y: Floats, score: Floats, w: Floats) -> tuple[float | None, Floats | None]:
    """Return the weighted area under the ROC curve, ties counted half, and each row's influence on it.

    The influence of a row (DeLong's placement less the area, by the weight of its class) sums to zero; the
    bootstrap adds it up over clusters, which is exact to first order.
    """
    _, tie = np.unique(score, return_inverse=True)
    yes, no = np.bincount(tie, weights=w * y), np.bincount(tie, weights=w * (1.0 - y))
    ones, zeros = float(np.add.reduce(yes)), float(np.add.reduce(no))
    if ones <= 0.0 or zeros <= 0.0:
        return None, None
    yes_at, no_at = yes / ones, no / zeros  # one score for all rows gives exactly one half
    no_below = np.cumsum(no_at) - 0.5 * no_at
    yes_above = 1.0 - np.cumsum(yes_at) + 0.5 * yes_at
    area = float(np.dot(yes_at, no_below))
    above = w * y * (no_below[tie] - area) / ones
    below = w * (1.0 - y) * (yes_above[tie] - area) / zeros
    return area, above + below
