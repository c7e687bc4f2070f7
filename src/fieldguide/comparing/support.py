"""Which values a column can take: the grid that its values lie on, or the set of values themselves.

A knot stays a knot in any unit: the grid of values is the strongest witness of a change of unit, because a
change of mixture, of season or of weather moves no value off its grid (FLIGHTS 9: exact from 200 rows,
where quantile ratios find the factor in a quarter of the windows).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NOISE = 1e-6
"""Relative error that floating point and decimal writing may leave on a value."""
TOLERANCE = 0.02
"""How far from a grid point, in steps, a value may lie and still be on the grid."""
MEMBER = 0.995
"""Share of rows that must lie on a grid for it to be one."""
RARE = 1000
"""Rows in which a value must have been seen to count as usual: fewer may all be of one hour or one day."""
MISS = 0.02
"""Share of rows that may miss the support of history although nothing changed."""


@dataclass(frozen=True)
class Lattice:
    """Values origin + k · step."""

    step: float
    origin: float

    def distance(self, values: Floats) -> Floats:
        """Distance of each value to the nearest grid point, in units of the values."""
        z = (values - self.origin) / self.step
        return np.asarray(np.abs(z - np.round(z)) * self.step, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Support:
    """What values history allows.

    `points` are its distinct values (sorted). With `sparse` set only the points themselves are allowed,
    else the whole `lattice`. `misses` is the share of history's rows off the lattice, or, for points, the
    share of rows whose value is so rare that a whole window of such rows may hold new values.
    """

    points: Floats
    counts: NDArray[np.int64]
    lattice: Lattice | None
    sparse: bool
    misses: float

    @property
    def least(self) -> float:
        """The smallest distance from zero of a value that is not zero."""
        return float(np.abs(self.points[self.points != 0]).min(initial=math.inf))

    def allowed(self, values: Floats, slack: float | Floats = 0.0) -> Bools:
        """Which values are allowed, up to `slack` (in units of the values) beyond rounding noise."""
        noise = NOISE * np.abs(values) + slack
        if not self.sparse and self.lattice is not None:
            return np.asarray(self.lattice.distance(values) <= noise + TOLERANCE * self.lattice.step)
        return np.asarray(self._to_point(values) <= noise + NOISE * (self.points[-1] - self.points[0]))

    def nearest(self, values: Floats, slack: float) -> Floats:
        """Return the values, those that are allowed up to `slack` moved onto the allowed value beside them."""
        if not self.sparse and self.lattice is not None:
            origin, step = self.lattice.origin, self.lattice.step
            point = origin + np.round((values - origin) / step) * step
        else:
            at = np.clip(np.searchsorted(self.points, values), 1, len(self.points) - 1)
            left, right = self.points[at - 1], self.points[at]
            point = np.where(np.abs(values - left) <= np.abs(values - right), left, right)
        return np.asarray(np.where(self.allowed(values, slack), point, values), dtype=np.float64)

    def chance(self, slack: float, resolution: float) -> float:
        """Share of arbitrary values (multiples of `resolution`, if above zero) that would be allowed."""
        low, high = _middle(self.points, self.counts)
        if high <= low:
            return 1.0
        probe = np.linspace(low, high, 4001) + (high - low) * 0.37e-4
        if resolution > (high - low) / 4001:
            probe = np.unique(np.round(probe / resolution) * resolution)
        return float(np.clip(self.allowed(probe, slack).mean(), 1e-3, 1.0))

    def _to_point(self, values: Floats) -> Floats:
        at = np.clip(np.searchsorted(self.points, values), 1, max(len(self.points) - 1, 1))
        right = self.points[np.minimum(at, len(self.points) - 1)]
        return np.asarray(np.minimum(np.abs(values - self.points[at - 1]), np.abs(values - right)))


def support_of(values: Mapping[float, int] | None, rows: int) -> Support | None:
    """Return the support that the exact counts of history show, for windows of `rows` rows.

    None when there are no exact counts or they show neither a grid nor a set: then every number between
    two values is as likely as they are.
    """
    if not values or len(values) < 2:
        return None
    points = np.array(sorted(values), dtype=np.float64)
    counts = np.array([values[x] for x in points.tolist()], dtype=np.int64)
    lattice = find_lattice(points, counts)
    total = int(counts.sum())
    rare = float(counts[counts <= max(rows, RARE)].sum()) / total
    low, high = _middle(points, counts)
    inside = int(((points >= low) & (points <= high)).sum())
    places = (high - low) / lattice.step + 1 if lattice is not None else math.inf
    if rare < 0.4 and places > 3 * inside:
        return Support(points, counts, lattice, True, min(1.0, 2 * rare))
    if lattice is None:
        return None
    off = counts[lattice.distance(points) > NOISE * np.abs(points) + TOLERANCE * lattice.step]
    return Support(points, counts, lattice, False, float(off.sum()) / max(rows, 1))


def find_lattice(points: Floats, counts: NDArray[np.int64] | None = None) -> Lattice | None:
    """Return the coarsest grid on which (nearly) all the sorted distinct `points` lie, or None.

    >>> import numpy as np
    >>> find_lattice(np.array([0.0, 3.45234, 4.60312, 5.7539, 9.20624])).step.__round__(5)
    1.15078
    """
    if len(points) < 4:
        return None
    weight = np.ones(len(points)) if counts is None else counts.astype(np.float64)
    span = float(points[-1] - points[0])
    gaps = np.diff(points)
    gaps = gaps[gaps > max(span * 1e-7, NOISE * float(np.abs(points).max()))]
    if not len(gaps):
        return None
    origins = [float(points[weight.argmax()])]
    if points[0] <= 0 <= points[-1] or float(np.abs(points).min()) < span:
        origins.insert(0, 0.0)
    for step in _candidates(gaps):
        for origin in origins:
            lattice = _polished(Lattice(step, origin), points, weight)
            close = lattice.distance(points) <= NOISE * np.abs(points) + TOLERANCE * lattice.step
            if weight[close].sum() >= MEMBER * weight.sum() and close.mean() >= 0.97:
                return lattice
    return None


def resolution_of(values: Floats) -> float:
    """Return the unit in the last decimal that the values are written with, 0.0 when more than five are used.

    >>> import numpy as np
    >>> resolution_of(np.array([1.25, 3.0, 4.5])), resolution_of(np.array([1 / 3, 2 / 3]))
    (0.01, 0.0)
    """
    for decimals in range(6):
        if (
            np.abs(values - np.round(values, decimals)) <= 1e-9 * np.maximum(np.abs(values), 1.0)
        ).mean() >= 0.99:
            return float(10.0**-decimals)
    return 0.0


def _candidates(gaps: Floats) -> list[float]:
    """Steps to try, coarsest first: the gaps that occur, and simple parts of the smallest ones."""
    rounded = np.array([float(f"{gap:.6g}") for gap in gaps.tolist()])
    found, times = np.unique(rounded, return_counts=True)
    usual = found[np.argsort(-times, kind="stable")[:12]]
    small = found[:6]
    parts = {float(g) / k for g in (*usual.tolist(), *small.tolist()) for k in (1, 2, 3, 4, 5, 6, 8, 10)}
    return sorted(parts, reverse=True)


def _polished(lattice: Lattice, points: Floats, weight: Floats) -> Lattice:
    """The step that fits the near points best, so that rounding of one gap does not add up over many steps."""
    for _ in range(3):
        k = np.round((points - lattice.origin) / lattice.step)
        near = lattice.distance(points) < 0.2 * lattice.step
        squares = float((weight * k * k)[near].sum())
        if squares <= 0:
            return lattice
        step = float((weight * k * (points - lattice.origin))[near].sum()) / squares
        if step <= 0 or abs(step - lattice.step) < 1e-12 * lattice.step:
            return lattice
        lattice = Lattice(step, lattice.origin)
    return lattice


def _middle(points: Floats, counts: NDArray[np.int64]) -> tuple[float, float]:
    """The range that holds the middle 98 % of the rows."""
    share = np.cumsum(counts) / counts.sum()
    low, high = (min(int(np.searchsorted(share, level)), len(points) - 1) for level in (0.01, 0.99))
    return float(points[low]), float(points[high])
