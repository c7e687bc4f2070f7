"""B3: a number that is in one unit on some rows and in another on the rest.

Then its values fall into two heaps of one shape, apart by the factor between the two units. Two heaps alone are
ordinary (two products, two kinds of customers), and so is any factor between them; that their shapes agree
*and* the factor is one between units is not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fieldguide.comparing.units import Transform, canonical, conversions, plural
from fieldguide.finding import Finding
from fieldguide.program import Feature
from fieldguide.readiness.checks import found
from fieldguide.readiness.faithfulness.points import number, points, unit_of
from fieldguide.tables.summary import ColumnSummary
from fieldguide.tables.tally import Floats, Ints

FEWEST_IN_HEAP = 20
SMALLEST_HEAP = 0.01
FEWEST_DISTINCT = 8
VALLEY = 0.15
"""Between two heaps the density falls at least to so much of the lower one's peak."""
BINS = 60
NEAR = 0.04
"""How far (in log) the heaps' distance may lie from a unit's factor at most, however few rows there are."""
USUAL = (1000.0, 100.0, 60.0, 3600.0, 1e6, 2.2046226218, 2.54, 1.609344, 3.280839895, 25.4, 28.349523125)
"""Factors between units that are looked for where no unit is declared."""


@dataclass(frozen=True)
class Heaps:
    """Two heaps of one shape: `below` and `above` rows lie on either side of `between`, apart by `factor`.

    `other` is the unit of the larger values relative to the smaller ones' where the factor tells it, `apart`
    how far (in log) the heaps' distance is from the factor, `shapes` the largest difference of their shares.
    """

    between: float
    below: int
    above: int
    factor: float
    other: str | None
    apart: float
    shapes: float


def two_heaps(feature: Feature, column: ColumnSummary) -> Heaps | None:
    """Return the two heaps of a number that lie apart by a factor between units, None when there are none."""
    values, rows = points(column)
    positive = values > 0
    n = int(rows.sum())
    if n < 5 * FEWEST_IN_HEAP or rows[values < 0].sum() > 0.001 * n or positive.sum() < 2 * FEWEST_DISTINCT:
        return None
    x, w = np.log(values[positive]), rows[positive]
    cut = _valley(x, w)
    if cut is None:
        return None
    low, high = x < cut, x >= cut
    below, above = int(w[low].sum()), int(w[high].sum())
    if min(below, above) < max(FEWEST_IN_HEAP, SMALLEST_HEAP * n):
        return None
    if min(low.sum(), high.sum()) < FEWEST_DISTINCT:
        return None
    shares = np.linspace(0.1, 0.9, 9)
    apart = _quantiles(x[high], w[high], shares) - _quantiles(x[low], w[low], shares)
    distance = float(np.median(apart))
    spread = float(np.std(x[low].repeat(np.minimum(w[low], 50))))
    error = max(0.01, 2.5 * spread / math.sqrt(min(below, above)))
    best: Heaps | None = None
    for factor, other in _factors(feature):
        off = abs(distance - math.log(factor))
        if off > min(NEAR, error) or (best is not None and off >= best.apart):
            continue
        shapes = _difference(x[low], w[low], x[high] - distance, w[high])
        if shapes <= 0.05 + 1.4 * math.sqrt(1 / below + 1 / above):
            best = Heaps(math.exp(cut), below, above, factor, other, off, shapes)
    return best


def mixed_units(feature: Feature, column: ColumnSummary) -> list[Finding]:
    """B3: say when a number seems to be in two units at once; fails when its declared unit names the other one."""
    heaps = two_heaps(feature, column)
    if heaps is None:
        return []
    n = heaps.below + heaps.above
    few, side = (heaps.above, "above") if heaps.above <= heaps.below else (heaps.below, "below")
    saw = (
        f"{few:,} of {n:,} values lie {side} {number(float(f'{heaps.between:.3g}'))}{unit_of(feature)} in a heap of the "
        f"same shape as the others, ×{heaps.factor:.6g} apart: two units in one column"
        + (f" ({heaps.other})?" if heaps.other else "?")
    )
    todo = "look at which rows they are (one sender, one file, one period?) and convert them to one unit"
    evidence = {"factor": heaps.factor, "between": heaps.between, "below": heaps.below, "above": heaps.above}
    verdict = "fail" if heaps.other is not None else "pass"
    return [
        found(
            "mixed_units",
            "fail" if verdict == "fail" else "pass",
            saw,
            feature.name,
            expected="one unit",
            todo=todo,
            evidence=evidence,
        )
    ]


def _factors(feature: Feature) -> list[tuple[float, str | None]]:
    """Return the factors above 1 that the declared unit (or no unit) makes likely, with the names of the units."""
    unit = canonical(getattr(feature, "unit", None))
    if unit is None:
        return [(factor, None) for factor in USUAL]
    usual: list[Transform] = [t for t in conversions(unit) if not t.offset and t.after is not None]
    named = [(max(t.factor, 1 / t.factor), f"{plural(unit)} and {plural(t.after)}") for t in usual if t.after]
    return [(factor, told) for factor, told in named if factor > 1.5]


def _valley(x: Floats, w: Ints) -> float | None:
    """Return where the density of x falls deepest between two heaps, None when it never falls far."""
    low, high = _quantiles(x, w, np.array([0.002, 0.998]))
    if high - low < math.log(2.0):
        return None
    counts, edges = np.histogram(x, bins=BINS, range=(low - 1e-9, high + 1e-9), weights=w.astype(np.float64))
    smooth = np.convolve(np.pad(counts, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
    before, after = np.maximum.accumulate(smooth), np.maximum.accumulate(smooth[::-1])[::-1]
    lower = np.minimum(before, after)
    depth = np.where(lower > 0, smooth / np.maximum(lower, 1e-9), 1.0)
    at = int(np.argmin(depth))
    if depth[at] > VALLEY or lower[at] < 5:
        return None
    same = np.flatnonzero(depth <= depth[at] + 1e-12)
    run = same[np.abs(same - at) < BINS]
    middle = int(np.median(run))
    return float((edges[middle] + edges[middle + 1]) / 2)


def _quantiles(x: Floats, w: Ints, shares: Floats) -> Floats:
    reached = np.cumsum(w) / w.sum()
    at = np.minimum(np.searchsorted(reached, shares), len(x) - 1)
    return np.asarray(x[at], dtype=np.float64)


def _difference(a: Floats, v: Ints, b: Floats, w: Ints) -> float:
    """Return the largest difference between the shares of two samples below any value."""
    at = np.sort(np.concatenate([a, b]))
    below_a = np.concatenate([[0], np.cumsum(v)])[np.searchsorted(a, at, side="right")] / v.sum()
    below_b = np.concatenate([[0], np.cumsum(w)])[np.searchsorted(b, at, side="right")] / w.sum()
    return float(np.abs(below_a - below_b).max())
