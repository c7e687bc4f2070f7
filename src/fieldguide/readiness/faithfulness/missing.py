"""B1: missing values are characterized: how many, when, and together with what.

Band B characterizes and never fills (FACTS 1.1, 8). The only verdicts are "not MCAR" (missing completely at
random) and "no sign against MCAR": a value that is missing because of what it would have been cannot be
told apart from chance when it goes with nothing that is seen (FACTS 8: power 0.06).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from fieldguide.finding import Finding
from fieldguide.readiness.checks import CHECKS, found
from fieldguide.tables.query import NullPatterns, NullsBy

SIZE = 0.01
"""Chance, a column, of "not MCAR" where values are missing completely at random (divided over the tests)."""
SMALL_SHIFT = 0.1
"""Difference of means, in standard deviations, below which a relation is too small to speak of."""
SMALL_ASSOCIATION = 0.05
"""The same for categories, other missing columns and time, on the scale of Cramér's V."""
FEWEST_ROWS = 50
FEWEST_MISSING = 10


@dataclass(frozen=True)
class Relation:
    """What the absence of a value goes together with.

    `effect` is in standard deviations or Cramér's V, and worth speaking of from `small` on; `chance` is
    that of such an effect where values are missing completely at random.
    """

    column: str
    effect: float
    chance: float
    told: str
    small: float


def missing_values(
    patterns: NullPatterns, values: Sequence[NullsBy], periods: NullsBy, rows: int
) -> list[Finding]:
    """Return one finding for each column with missing values.

    `patterns` tell which are missing together, `values` how often by the values of each category, `periods`
    how often in each stretch of time. Passes when characterized; unknown with fewer than fifty rows.
    """
    if not patterns.masked:
        return [found("missing_values", "pass", "no missing values")]
    return [_of_column(m, patterns, values, periods, rows) for m in range(len(patterns.masked))]


def relations(m: int, patterns: NullPatterns, values: Sequence[NullsBy], periods: NullsBy) -> list[Relation]:
    """Return what the absence of column number `m` goes together with, the strongest first.

    Each test is one of a family: its chance is compared with SIZE divided by their number.
    """
    name, absent = patterns.masked[m], patterns.flags[:, m]
    tests: list[Relation] = []
    for i, other in enumerate(patterns.numbers):
        if other != name:
            tests += _shift(other, *_moments(patterns, i, absent), *_moments(patterns, i, ~absent))
    for j, other in enumerate(patterns.masked):
        if j != m:
            gone = patterns.flags[:, j]
            cells = [[patterns.rows[a & b].sum() for b in (gone, ~gone)] for a in (absent, ~absent)]
            tests += _association(other, np.array(cells, dtype=np.float64), _both(other, np.array(cells)))
    for by in (*values, periods):
        if by.column != name and len(by.values) > 1:
            counts = np.stack([by.nulls[:, m], by.rows - by.nulls[:, m]]).astype(np.float64)
            tests += _association(by.column, counts, _most(by, m))
    limit = SIZE / max(len(tests), 1)
    beyond_chance = [r for r in tests if r.chance < limit and abs(r.effect) > 0]
    return sorted(beyond_chance, key=lambda r: -abs(r.effect))


def _of_column(
    m: int, patterns: NullPatterns, values: Sequence[NullsBy], periods: NullsBy, rows: int
) -> Finding:
    name = patterns.masked[m]
    lost = int(patterns.rows[patterns.flags[:, m]].sum())
    share = lost / max(rows, 1)
    saw = f"{lost:,} of {rows:,} values missing ({share:.2%})"
    if rows < FEWEST_ROWS:
        saw += ": too few rows to say where"
        return found("missing_values", "unknown", saw, name, todo="collect at least fifty rows")
    if lost == rows:
        return found("missing_values", "pass", f"{saw}: always missing", name)
    if lost < FEWEST_MISSING:
        return found("missing_values", "pass", f"{saw}: too few to look for a pattern", name)
    related = [r for r in relations(m, patterns, values, periods) if abs(r.effect) >= r.small]
    if related:
        saw += f"; not by chance alone (not MCAR): {'; '.join(r.told for r in related[:3])}"
    else:
        saw += (
            "; no sign against MCAR, that is chance (a dependence on the missing value itself cannot be seen)"
        )
    saw += _over_time(periods, m)
    if not patterns.complete:
        saw += "; only the 1,000 most frequent patterns were looked at"
    evidence = {
        "share": round(share, 6),
        "mechanism": "not MCAR" if related else "no sign against MCAR",
        "related": {r.column: round(r.effect, 4) for r in related[:5]},
    }
    todo = CHECKS["missing_values"].next if related else ""
    return found("missing_values", "pass", saw, name, todo=todo, evidence=evidence)


def _moments(p: NullPatterns, i: int, where: np.ndarray) -> tuple[float, float, float]:
    n = float(p.counts[where, i].sum())
    if n == 0:
        return 0.0, 0.0, 0.0
    mean = float(p.sums[where, i].sum()) / n
    return n, mean, max(float(p.squares[where, i].sum()) / n - mean * mean, 0.0)


def _shift(
    column: str, n1: float, mean1: float, var1: float, n0: float, mean0: float, var0: float
) -> list[Relation]:
    if n1 < FEWEST_MISSING or n0 < FEWEST_MISSING:
        return []
    spread = (n1 * var1 + n0 * var0) / (n1 + n0)
    if spread <= 0:
        return []
    effect = (mean1 - mean0) / math.sqrt(spread)
    # where nothing goes with absence both have one spread; a few rows' own spread is not to be trusted
    error = math.sqrt(max(var1 / n1 + var0 / n0, spread * (1 / n1 + 1 / n0)))
    z = abs(mean1 - mean0) / error
    more = "higher" if effect > 0 else "lower"
    told = f"{column!r} is {abs(effect):.1f} standard deviations {more} where it is missing"
    return [Relation(column, effect, math.erfc(z / math.sqrt(2)), told, SMALL_SHIFT)]


def _association(column: str, cells: np.ndarray, told: str) -> list[Relation]:
    """Return Cramér's V of a table of two rows (missing, there), bias-corrected, with the chance of its χ²."""
    cells = cells[:, cells.sum(axis=0) > 0]
    n, columns = cells.sum(), cells.shape[1]
    if columns < 2 or cells.sum(axis=1).min() < FEWEST_MISSING:
        return []
    expected = cells.sum(axis=1, keepdims=True) * cells.sum(axis=0, keepdims=True) / n
    rare = expected.min(axis=0) < 5  # the χ² approximation needs five; rare values are put together
    if rare.sum() > 1:
        cells = np.concatenate([cells[:, ~rare], cells[:, rare].sum(axis=1, keepdims=True)], axis=1)
        columns = cells.shape[1]
        expected = cells.sum(axis=1, keepdims=True) * cells.sum(axis=0, keepdims=True) / n
    if columns < 2:
        return []
    chi2 = float(((cells - expected) ** 2 / expected).sum())
    effect = math.sqrt(max(chi2 / n - (columns - 1) / (n - 1), 0.0))
    return [Relation(column, effect, float(chdtrc(columns - 1, chi2)), told, SMALL_ASSOCIATION)]


def _both(other: str, cells: np.ndarray) -> str:
    (both, only), (alone, neither) = cells.tolist()
    here, there = both / max(both + only, 1), alone / max(alone + neither, 1)
    return f"{other} is missing in {here:.0%} of these rows and in {there:.0%} of the others"


def _most(by: NullsBy, m: int) -> str:
    share = by.nulls[:, m] / np.maximum(by.rows, 1)
    enough = by.rows >= max(20, 0.01 * by.rows.sum())
    if not enough.any():
        enough = np.ones(len(share), dtype=bool)
    at = int(np.flatnonzero(enough)[np.argmax(share[enough])])
    rest = (by.nulls[:, m].sum() - by.nulls[at, m]) / max(by.rows.sum() - by.rows[at], 1)
    if by.column == "__time":
        return f"over time it goes up to {share[at]:.0%} (from {by.values[at][:10]} on)"
    return f"missing in {share[at]:.0%} of the rows with {by.column} = {by.values[at]}, in {rest:.0%} of the others"


def _over_time(periods: NullsBy, m: int) -> str:
    share = periods.nulls[:, m] / np.maximum(periods.rows, 1)
    share = share[periods.rows > 0]
    return f"; between {share.min():.1%} and {share.max():.1%} over time" if len(share) > 1 else ""
