"""Little's test of missing completely at random, and how well other columns tell which values are missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, ndtri
from scipy.stats import rankdata

from fieldguide.tables.tally import Flags, Floats, Ints

Matrix = NDArray[np.float64]

MOST_COLUMNS = 20
MOST_PATTERNS = 300
FEWEST_ROWS = 50
LITTLE_SIZE = 0.01
SMALL = 0.1
"""Root mean square shift of a pattern's means, in standard deviations, below which Little's test is not spoken of."""
STEPS = 60
CLOSE = 1e-4
FOLDS = 5
MOST_ROWS = 20_000
RIDGE = 1.0
WIDEST = 1_000
"""Levels of all columns together up to which they are asked together; the work grows with the third power."""


@dataclass(frozen=True)
class Little:
    """Little's test: `distance` d² with `freedom` degrees, divided by `inflation` where rows are not independent.

    `against` says whether it speaks against MCAR: its chance is small and the shifts are not too small to matter.
    """

    columns: int
    patterns: int
    distance: float
    freedom: int
    inflation: float
    chance: float
    shift: float

    @property
    def against(self) -> bool:
        """Whether the test speaks against MCAR."""
        return self.chance < LITTLE_SIZE and self.shift >= SMALL


def little(columns: Mapping[str, Floats], units: list[Ints]) -> Little | None:
    """Return Little's (1988) test of the columns' missing values (NaN); None when there is nothing to test.

    The columns are taken as normal scores, since the test is of means; mean and covariance are estimated by EM
    over all patterns (FACTS F22): d² = Σ n_j (ȳ_j − μ_Oj)' S_Oj⁻¹ (ȳ_j − μ_Oj) on Σ |O_j| − p degrees of freedom.
    `units` group rows that are not independent: d² is divided by how much more the patterns' means vary
    because of it.
    """
    usable = [
        name
        for name, x in columns.items()
        if np.isfinite(x).sum() >= FEWEST_ROWS and np.ptp(x[np.isfinite(x)]) > 0
    ]
    lacking = sorted(usable, key=lambda name: -int(np.isnan(columns[name]).sum()))[:MOST_COLUMNS]
    names = [name for name in usable if name in lacking]
    if len(names) < 2:
        return None
    y = np.stack([_normal_scores(columns[name]) for name in names], axis=1)
    y = y[:, _independent(y)]
    p = y.shape[1]
    absent = np.isnan(y)
    if p < 2 or not absent.any():
        return None
    patterns, at, sizes = np.unique(absent, axis=0, return_inverse=True, return_counts=True)
    kept = np.argsort(-sizes, kind="stable")[:MOST_PATTERNS]
    kept = kept[(~patterns[kept]).any(axis=1)]
    groups = [(~patterns[i], y[at == i][:, ~patterns[i]]) for i in kept.tolist()]
    n = sum(len(rows) for _, rows in groups)
    freedom = sum(int(seen.sum()) for seen, _ in groups) - p
    if n < max(FEWEST_ROWS, 3 * p) or freedom < 1 or len(groups) < 2:
        return None
    mu, sigma = _em(groups, p, n)
    sigma = sigma * n / (n - 1)
    distance = squares = 0.0
    for seen, rows in groups:
        off = rows.mean(axis=0) - mu[seen]
        distance += len(rows) * float(off @ np.linalg.solve(sigma[np.ix_(seen, seen)], off))
        if not seen.all():
            squares += len(rows) * float((off**2 / np.diag(sigma)[seen]).mean())
    partial = sum(len(rows) for seen, rows in groups if not seen.all())
    by_chance = sum(1 for seen, _ in groups if not seen.all())
    shift = float(np.sqrt(max(squares - by_chance, 0.0) / max(partial, 1)))
    inflation = max([1.0, *(_inflation(y, absent, unit) for unit in units)])
    chance = float(chdtrc(freedom, distance / inflation))
    return Little(p, len(groups), distance / inflation, freedom, inflation, chance, shift)


def predicted(
    levels: Mapping[str, Ints], masks: Mapping[str, Flags]
) -> dict[str, tuple[float, tuple[str, ...]]]:
    """Return, for each mask, the AUC with which the other columns tell it, and up to three that tell most.

    `levels` are the columns cut into levels (n,). A ridge regression on the levels, judged on stretches of rows that
    it has not seen (five folds in the order of the rows); tables of more than WIDEST levels are not asked. Masks with fewer than ten rows of a kind are left out.
    """
    if not masks:
        return {}
    n = len(next(iter(masks.values())))
    step = max(1, -(-n // MOST_ROWS))
    rows = np.arange(0, n, step)
    names, owner, parts = list(levels), [], []
    for i, name in enumerate(names):
        x = levels[name][rows]
        kinds = np.unique(x)[1:41]
        parts.append((x[:, None] == kinds[None, :]).astype(np.float64))
        owner += [i] * len(kinds)
    if len(owner) > WIDEST:
        return {}
    x = np.concatenate([np.ones((len(rows), 1)), *parts], axis=1)
    whose = np.array([-1, *owner])
    fold = np.arange(len(rows)) * FOLDS // len(rows)
    wanted = [name for name, mask in masks.items() if 10 <= mask[rows].sum() <= len(rows) - 10]
    if not wanted:
        return {}
    y = np.stack([masks[name][rows] for name in wanted], axis=1).astype(np.float64)
    parts_of = [(x[fold == f], y[fold == f]) for f in range(FOLDS)]
    grams = [(a.T @ a, a.T @ b) for a, b in parts_of]
    gram, cross = np.sum([g for g, _ in grams], axis=0), np.sum([c for _, c in grams], axis=0)
    found = {}
    for k, name in enumerate(wanted):
        use = whose != (names.index(name) if name in names else -2)
        score = np.concatenate(
            [
                part @ _weights(gram - g, cross[:, k] - c[:, k], use)
                for (part, _), (g, c) in zip(parts_of, grams, strict=True)
            ]
        )
        weight = _weights(gram, cross[:, k], use)
        told = {
            other: float((x[:, whose == i] @ weight[whose == i]).std())
            for i, other in enumerate(names)
            if other != name and (whose == i).any()
        }
        best = sorted(told, key=lambda other: -told[other])
        most = told[best[0]] if best else 0.0
        found[name] = (auc(score, y[:, k] > 0), tuple(b for b in best[:3] if told[b] > 0.3 * most > 0))
    return found


def _weights(gram: Matrix, cross: Floats, use: Flags) -> Floats:
    """Return the ridge weights of the columns in `use`, 0 elsewhere."""
    weight = np.zeros(len(cross))
    weight[use] = np.linalg.solve(gram[np.ix_(use, use)] + RIDGE * np.eye(int(use.sum())), cross[use])
    return weight


def auc(score: Floats, positive: Flags) -> float:
    """Return the chance that a positive row has the higher score than a negative one, ties counting half.

    >>> auc(np.array([1.0, 2.0, 3.0]), np.array([False, True, True]))
    1.0
    """
    ranks = rankdata(score)
    n1 = int(positive.sum())
    n0 = len(positive) - n1
    return float((ranks[positive].sum() - n1 * (n1 + 1) / 2) / (n1 * n0)) if n1 and n0 else 0.5


def _normal_scores(x: Floats) -> Floats:
    there = np.isfinite(x)
    out = np.full(len(x), np.nan)
    out[there] = ndtri((rankdata(x[there]) - 0.5) / there.sum())
    spread = out[there].std()
    return np.asarray(out / spread if spread > 0 else out, dtype=np.float64)


def _independent(y: Matrix) -> list[int]:
    """Return the columns that are not (nearly) a linear function of those before them, by pairs."""
    kept: list[int] = []
    for j in range(y.shape[1]):
        alike = False
        for i in kept:
            both = np.isfinite(y[:, i]) & np.isfinite(y[:, j])
            if both.sum() > 10 and abs(_correlation(y[both, i], y[both, j])) > 0.995:
                alike = True
        if not alike:
            kept.append(j)
    return kept


def _correlation(a: Floats, b: Floats) -> float:
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size > 0 else 0.0


def _em(groups: list[tuple[Flags, Matrix]], p: int, n: int) -> tuple[Floats, Matrix]:
    """Return mean and covariance of a normal distribution from rows of which parts are seen (Dempster et al. 1977)."""
    sums = [(seen, len(rows), rows.sum(axis=0), rows.T @ rows) for seen, rows in groups]
    mu, sigma = np.zeros(p), np.eye(p)
    for _ in range(STEPS):
        total, cross = np.zeros(p), np.zeros((p, p))
        for seen, k, added, squared in sums:
            lost = ~seen
            full_sum, full = np.zeros(p), np.zeros((p, p))
            full_sum[seen], full[np.ix_(seen, seen)] = added, squared
            if lost.any():
                s_oo = sigma[np.ix_(seen, seen)]
                b = np.linalg.solve(s_oo, sigma[np.ix_(seen, lost)])  # regression of the lost on the seen
                shift = mu[lost] - mu[seen] @ b
                full_sum[lost] = k * shift + added @ b
                mixed = np.outer(added, shift) + squared @ b
                full[np.ix_(seen, lost)], full[np.ix_(lost, seen)] = mixed, mixed.T
                rest = sigma[np.ix_(lost, lost)] - sigma[np.ix_(lost, seen)] @ b
                both = k * np.outer(shift, shift) + np.outer(shift, added @ b) + np.outer(added @ b, shift)
                full[np.ix_(lost, lost)] = k * rest + both + b.T @ squared @ b
            total += full_sum
            cross += full
        new = total / n
        cov = cross / n - np.outer(new, new) + 1e-8 * np.eye(p)
        moved = max(float(np.abs(new - mu).max()), float(np.abs(cov - sigma).max()))
        mu, sigma = new, cov
        if moved < CLOSE:
            break
    return mu, sigma


def _inflation(y: Matrix, absent: NDArray[np.bool_], unit: Ints) -> float:
    """Return how much more sums of (absent − share) × value vary over units than over independent rows, on average."""
    units = int(unit.max()) + 1
    ratios = []
    for j in range(y.shape[1]):
        m = absent[:, j] - absent[:, j].mean()
        if not absent[:, j].any():
            continue
        for i in range(y.shape[1]):
            if i == j:
                continue
            there = np.isfinite(y[:, i])
            score = np.where(there, m * np.where(there, y[:, i], 0.0), 0.0)
            sums = np.bincount(unit, weights=score, minlength=units)
            alone = float((score**2).sum())
            if alone > 0:
                ratios.append(float(((sums - sums.mean()) ** 2).sum()) / alone)
    return float(np.mean(ratios)) if ratios else 1.0
