"""How the absence of values goes together with levels of something else: tests of tables of counts.

The counts are made once; levels are put together on them, so that a test of one pair costs one pass over its rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, fdtrc

from fieldguide.tables.tally import Flags, Ints

FEWEST_EXPECTED = 5.0
"""Missing values that are expected in each level, at least, for the χ² approximation."""
UNITS = 50
"""Stretches of rows, or groups of entities, that are taken for independent."""


def crossed(mask: Flags, levels: Ints, size: int) -> Ints:
    """Return how many rows of each level lack the value, and how many do not: (2, size); rows of level -1 are not counted."""
    count = np.bincount(2 * levels + 3 - mask, minlength=2 * size + 2)
    return np.asarray(count.reshape(size + 1, 2)[1:].T)


def put_together(count: Ints, place: Ints) -> Ints:
    """Return the counts of levels that were put together, each at its `place`."""
    return np.stack([np.bincount(place, weights=row) for row in count]).astype(np.int64)


def together(count: Ints) -> Ints:
    """Return the place of each level of a number, neighbors put together until five missing values are expected in each."""
    absent, rows = int(count[0].sum()), int(count.sum())
    expected = count.sum(axis=0) * min(absent / rows, 1 - absent / rows)
    place, inside = [0] * len(expected), 0.0
    for i, more in enumerate(expected.tolist()):
        place[i] = place[i - 1] + (inside >= FEWEST_EXPECTED) if i else 0
        inside = more if inside >= FEWEST_EXPECTED else inside + more
    last = place[-1] if inside < FEWEST_EXPECTED else -1
    return np.asarray([max(p - 1, 0) if p == last else p for p in place], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Association:
    """How absence and levels go together as if rows were independent; the levels that are tested are numbered by `position`."""

    chance: float
    effect: float
    position: Ints
    levels: int


def independent(count: Ints) -> Association:
    """Return the χ² test of a table (2, levels), and Cramér's V (bias-corrected); rare levels are put together."""
    total = count.sum(axis=0)
    share = count[0].sum() / max(count.sum(), 1)
    # the χ² approximation needs about five expected
    rare = total * min(share, 1 - share) < FEWEST_EXPECTED
    merged = np.cumsum(~rare) - 1
    merged[rare] = int((~rare).sum())
    count = put_together(count, merged)
    kept = count.sum(axis=0) > 0
    position = (np.cumsum(kept) - 1)[merged]
    x = count[:, kept].astype(np.float64)
    k, n = x.shape[1], x.sum()
    if k < 2:
        return Association(1.0, 0.0, position, k)
    expected = x.sum(axis=1, keepdims=True) * x.sum(axis=0, keepdims=True) / n
    chi2 = float(((x - expected) ** 2 / expected).sum())
    effect = math.sqrt(max(chi2 / n - (k - 1) / (n - 1), 0.0))
    return Association(float(chdtrc(k - 1, chi2)), effect, position, k)


def association(mask: Flags, levels: Ints, units: list[Ints]) -> tuple[float, float]:
    """Return the chance that absence and levels go together so much, and Cramér's V (bias-corrected).

    The chance is the largest of the χ² test's and, for each way to group rows into `units`, of an F test on the
    units' sums.
    """
    told = independent(crossed(mask, levels, int(levels.max()) + 1))
    if told.levels < 2:
        return 1.0, 0.0
    at = told.position[levels]
    return max([told.chance, *(_by_units(mask, at, told.levels, unit) for unit in units)]), told.effect


def _by_units(mask: Flags, levels: Ints, k: int, unit: Ints) -> float:
    """Return the chance by Hotelling's T² of the units' sums of (absent − share) × (level − its share)."""
    filled = np.bincount(unit, minlength=UNITS) > 0
    g, d = int(filled.sum()), k - 1
    if g < d + 5:
        return 1.0
    absent = mask - mask.mean()
    inside = np.bincount(unit * k + levels, weights=absent, minlength=UNITS * k).reshape(UNITS, k)[filled]
    share = np.bincount(levels, minlength=k) / len(levels)
    score = (inside - inside.sum(axis=1, keepdims=True) * share)[:, :d]
    mean = score.mean(axis=0)
    spread = np.atleast_2d(np.cov(score, rowvar=False)) + 1e-9 * np.eye(d)
    t2 = float(g * mean @ np.linalg.solve(spread, mean))
    return float(fdtrc(d, g - d, max(t2, 0.0) * (g - d) / (d * (g - 1))))
