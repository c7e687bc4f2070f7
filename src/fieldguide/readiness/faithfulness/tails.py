"""Is the end of a tail torn off? One question, asked of values and of the lengths of runs.

Heavy tails are ordinary: waiting times, revenue, rain, delays. A value is out of the ordinary when the gap
below it is larger than the column's own tail lets expect. In a tail of Pareto's kind with index 1/γ the
gaps of log x below the k-th largest value, times k, are exponential with mean γ (Rényi); lighter tails have
smaller gaps. γ is taken from the values below the gap (Hill 1975), so the tail is its own yardstick.

Measured by us on 16 kinds of columns (lognormal to σ = 3, Cauchy, Pareto to index 0.5, Zipf, counts,
zero-inflated, repeated readings, mixtures), 200 to 10,000 rows: about 1 false alarm in 3,000 columns, nearly
all where the mean is infinite. Found: an age of 999 always from 1,000 rows on; a wind 27 times the next in 1
table of 4 with 1,000 rows and in 99 of 100 with 10,000; a price in cents among dollars in 1 of 5 (it lies
among the large prices).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

SIZE = 3e-5
"""Chance of a false alarm a tail, at most, under the heaviest tails."""
FAR = 3.0
"""A torn-off value is at least so many times as far out as the next."""
FAR_MANY = 20.0
"""The same where more than one row in a thousand is torn off: two populations are common, farther apart is not."""
FEW, MANY = 0.001, 0.01
NEAREST = 5
FARTHEST = 400


@dataclass(frozen=True)
class Torn:
    """The torn-off end: `values` distinct values on `rows` rows, `ratio` times as far out as the next.

    `chance` is that of such a gap in a tail like the rest of this one.
    """

    values: int
    rows: int
    ratio: float
    chance: float


def torn_off(distances: ArrayLike, rows: ArrayLike) -> Torn | None:
    """Return the torn-off end of a tail, None when there is none.

    `distances` (n,) are the distinct distances from the middle, all above zero, the farthest first; `rows`
    (n,) count the rows at each. At least six distinct distances and a hundred rows are needed.

    >>> torn_off([1000.0, *range(40, 0, -1)], [1] + [25] * 40).rows
    1
    >>> torn_off([60.0, *range(40, 0, -1)], [1] + [25] * 40) is None
    True
    """
    x = np.asarray(distances, dtype=np.float64)
    n = np.asarray(rows, dtype=np.int64)
    total = int(n.sum())
    if len(x) < NEAREST + 2 or total < 100:
        return None
    log, upto = np.log(x), np.cumsum(n)
    best: Torn | None = None
    for at in np.flatnonzero((log[:-1] - log[1:] >= np.log(FAR)) & (upto[:-1] <= max(3, MANY * total))):
        beyond, off, ratio = int(upto[at]), int(at) + 1, float(x[at] / x[at + 1])
        if ratio < FAR_MANY and beyond > max(3, FEW * total):
            continue
        chance = _chance(log[off:], n[off:], float(log[at] - log[at + 1]), off, total)
        if chance < SIZE and (best is None or chance < best.chance):
            best = Torn(off, beyond, ratio, chance)
    return best


def _chance(
    log: np.ndarray[tuple[int], np.dtype[np.float64]],
    rows: np.ndarray[tuple[int], np.dtype[np.int64]],
    gap: float,
    off: int,
    total: int,
) -> float:
    """Return the chance of `gap` (in log) above `off` values, judged by the tail below them."""
    upto = np.cumsum(rows)
    near = int(np.searchsorted(upto, max(min(25.0, 0.1 * total), 0.001 * total))) + 1
    m = min(max(near, NEAREST), len(log) - 1, FARTHEST)
    if m < NEAREST:
        return 1.0
    gaps = log[:m] - log[1 : m + 1]
    gamma = float((upto[:m] * gaps).sum() / upto[m - 1])
    # repeated values are repeated readings, not new ones: count them twice at most
    freedom = float(min(2 * m, int(upto[m - 1])))
    times = min(off, 30) * gap / max(gamma, 1e-9)
    return float((1.0 + times / freedom) ** -freedom)
