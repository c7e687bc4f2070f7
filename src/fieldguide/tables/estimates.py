"""From a sample back to all rows: weighted means with intervals by entity, and the corrections of thinned negatives.

Rows of one entity are not independent, so the entity is the unit of every interval (FACTS 7: a formula by
rows would cover 56 % where 95 % are promised). None by rows is offered.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from fieldguide.errors import UsageError
from fieldguide.tables import engines as engine
from fieldguide.tables.counting import literal
from fieldguide.tables.tally import Floats

OUTSIDE = 0.025
"""What a 95 % interval leaves out on each side."""


@dataclass(frozen=True)
class Estimate:
    """A weighted mean, its standard error and its 95 % interval, entities as units.

    `freedom` is how many entities the error really rests on, less than `entities` where few of them weigh most.
    NaN where one entity, or none, has a value.
    """

    value: float
    error: float
    low: float
    high: float
    rows: int
    entities: int
    freedom: float

    @property
    def margin(self) -> float:
        """How far the farther end of the interval lies from the value."""
        return max(self.value - self.low, self.high - self.value)


def weighted_mean(
    y: ArrayLike,
    weight: ArrayLike,
    entity: ArrayLike,
    entity_share: ArrayLike = 0.0,
    row_share: ArrayLike = 1.0,
) -> Estimate:
    """Return the weighted mean of sampled rows with its interval, entities as units (F25).

    All have one entry a row (shares may be single numbers): `weight` is one over the probability of inclusion,
    `entity_share` the probability with which the row's entity was kept, `row_share` that of the row within it.
    With w (y − mean) / Σw as the score of a row, the variance is Σ over entities of (1 − entity_share) times
    their squared sum of scores, plus what thinning within kept entities adds: Σ entity_share (1 − row_share)
    times the squared score. An `entity_share` of 0 leaves the finite population out: then the interval is of
    what such rows tend to, not of these very rows.

    The interval is Student's, its degrees of freedom the entities that the variance rests on, (Σv)² / Σv²;
    that of a rate (all values from 0 to 1) is taken on the scale of log-odds, since few entities make it skew.

    >>> round(weighted_mean([1, 0, 0, 1], [2, 2, 2, 2], ["a", "a", "b", "c"], 0.5).error, 4)
    0.1531
    """
    y, w = np.asarray(y, dtype=np.float64), np.asarray(weight, dtype=np.float64)
    names, unit = np.unique(np.asarray(entity), return_inverse=True)
    of_entity = np.broadcast_to(np.asarray(entity_share, dtype=np.float64), y.shape)
    of_row = np.broadcast_to(np.asarray(row_share, dtype=np.float64), y.shape)
    whole = w.sum()
    if not whole > 0:
        return _nothing(len(y), len(names))
    mean = float((w * y).sum() / whole)
    score = w * (y - mean) / whole
    sums, share, within = (np.zeros(len(names)) for _ in range(3))
    np.add.at(sums, unit, score)
    np.add.at(within, unit, of_entity * (1.0 - of_row) * score**2)
    share[unit] = of_entity
    v: Floats = (1.0 - share) * sums**2 + within
    rate = bool(y.min() >= 0.0 and y.max() <= 1.0)
    return _estimate(mean, float(v.sum()), float((v**2).sum()), len(y), len(names), rate)


def sampled_mean(table: ibis.Table, value: str = "__label", entity: str | None = "__entity") -> Estimate:
    """Return the weighted mean of a column of a sampled table (`sample`), nulls left out, by queries (F25).

    Rows without an entity, or a table without that column, count by their `__key`, else as one each.
    """
    names = [table[name].cast("string") for name in (entity, "__key") if name in table.columns]
    t = table.select(
        unit=ibis.coalesce(*names, ibis.row_number().cast("string")),
        y=table[value].cast("float64"),
        w=table["__weight"],
        e=table["__entity_share"],
        r=table["__inclusion"] / table["__entity_share"],
    )
    t = t.filter(t.y.notnull())
    first = _row(t.aggregate(w=t.w.sum(), wy=(t.w * t.y).sum(), n=t.count(), low=t.y.min(), high=t.y.max()))
    if not first["w"]:
        return _nothing(int(first["n"]), 0)
    mean = float(first["wy"] / first["w"])
    t = t.mutate(s=t.w * (t.y - literal(mean)))
    units = t.group_by("unit").agg(
        s=t.s.sum(), e=t.e.max(), within=(t.e * (literal(1) - t.r) * t.s * t.s).sum()
    )
    units = units.mutate(v=(literal(1) - units.e) * units.s * units.s + units.within)
    found = _row(units.aggregate(entities=units.count(), v=units.v.sum(), vv=(units.v * units.v).sum()))
    whole = float(first["w"])
    rate = first["low"] >= 0 and first["high"] <= 1
    return _estimate(
        mean, float(found["v"]) / whole**2, float(found["vv"]) / whole**4, int(first["n"]), int(found["entities"]), rate
    )  # fmt: skip


def recalibrated(p: ArrayLike, negatives: float) -> Floats:
    """Return probabilities as they are where all negatives are, from those of a model that saw a share of them.

    q = p / (p + (1 − p) / `negatives`) (F26; He et al. 2014): exact for any calibrated model; ranks stay.

    Raises UsageError when the share is not above 0 and up to 1.

    >>> recalibrated([0.5], 0.1).round(4).tolist()
    [0.0909]
    """
    intercept_shift(negatives)
    p = np.asarray(p, dtype=np.float64)
    return np.asarray(p / (p + (1.0 - p) / negatives), dtype=np.float64)


def intercept_shift(negatives: float) -> float:
    """Return what to add to the intercept of a logistic model that saw a share of the negatives: ln(share) (F26).

    Raises UsageError when the share is not above 0 and up to 1.

    >>> round(intercept_shift(0.1), 4)
    -2.3026
    """
    if not 0.0 < negatives <= 1.0:
        raise UsageError(f"{negatives:g} is no share of the negatives; it lies above 0 and up to 1.")
    return math.log(negatives)


def _estimate(mean: float, v: float, vv: float, rows: int, entities: int, rate: bool) -> Estimate:
    """Return the estimate: `v` and `vv` are the sums of the entities' parts of the variance and of their squares."""
    if entities < 2:
        return Estimate(mean, math.nan, math.nan, math.nan, rows, entities, 0.0)
    if rate and (mean <= 0.0 or mean >= 1.0):
        # none, or all, of the entities: what share of others is still likely (Clopper and Pearson 1934)
        beyond = 1.0 - OUTSIDE ** (1.0 / entities)
        low, high = (0.0, beyond) if mean <= 0.0 else (1.0 - beyond, 1.0)
        return Estimate(mean, 0.0, low, high, rows, entities, float(entities))
    if not v > 0.0:
        return Estimate(mean, 0.0, mean, mean, rows, entities, float(entities))
    # of few entities the squares about their own mean are too small by one
    error, freedom = math.sqrt(v * entities / (entities - 1)), max(1.0, v * v / vv)
    reach = float(stdtrit(freedom, 1.0 - OUTSIDE)) * error
    if not rate:
        return Estimate(mean, error, mean - reach, mean + reach, rows, entities, freedom)
    odds, spread = math.log(mean / (1.0 - mean)), reach / (mean * (1.0 - mean))
    low, high = (0.5 + 0.5 * math.tanh((odds + side * spread) / 2.0) for side in (-1.0, 1.0))
    return Estimate(mean, error, low, high, rows, entities, freedom)


def _nothing(rows: int, entities: int) -> Estimate:
    return Estimate(math.nan, math.nan, math.nan, math.nan, rows, entities, 0.0)


def _row(expression: ibis.Table) -> dict[str, Any]:
    found: dict[str, Any] = engine.to_arrow(expression).to_pylist()[0]
    return found
