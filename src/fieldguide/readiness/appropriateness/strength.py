"""What one column alone says about the label: how well it ranks or explains, and how much it settles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fieldguide.finding import Verdict
from fieldguide.tables.query import ByLabel
from fieldguide.tables.tally import Floats, Ints

FEWEST_LABELED = 100
FEWEST_OF_A_CLASS = 10
DECIDES = 0.95
"""AUC (less twice its standard error) of one column from which on it decides the label (FACTS 8)."""
STRONG = 0.85
"""AUC from which on a column decides when it also settles a good part of the rarer class."""
SETTLED_AND_STRONG = 0.2
SETTLED_MUCH = 0.5
SETTLED = 0.25
"""Share of the rarer class that lies where one column alone is sure of it. Among the honest
columns of six real tables the largest is 0.18 (capital gain and income); a delay at departure has 0.42."""
SURE, SURE_ODDS = 0.95, 60.0
"""A column is sure of the rarer class where it makes up 95 % of the rows, and its odds are 60 times the usual."""
ENOUGH = 30
"""Rows from which on the share of yes among them says something."""
EXPLAINS = 0.999
"""Share of a numeric label's variance that one column explains: from here on it decides the label."""
EXPLAINS_ALONE = 0.9
"""From here on one must ask when it leaves less than a quarter of what the next column leaves: a part of the
label does, but so does today's temperature for tomorrow's."""


@dataclass(frozen=True)
class Strength:
    """What one column alone says about the label.

    `power` is the AUC (binary labels; 0.5 … 1) or the explained share of the variance (0 … 1); `lower` is
    it less twice its standard error; `settled` the share of the rarer class that lies where the column
    alone is sure; `surest` the values where most of that share lies.
    """

    column: str
    power: float
    lower: float
    settled: float
    rows: int
    surest: str = ""


def strength(column: ByLabel, kind: str) -> Strength | None:
    """Return what one column says about the label, None where there are too few labeled rows to tell."""
    if not len(column.labeled):
        return None
    return _binary(column) if kind == "binary" else _numeric(column)


def decides(s: Strength, kind: str, next_best: float) -> Verdict:
    """Return "fail" when a column says more about the label than an honest one does.

    "unknown" when one must ask, because some honest columns do as well; `next_best` is the power of the
    strongest other column.
    """
    if kind != "binary":
        alone = s.power >= EXPLAINS_ALONE and 1 - s.power <= 0.25 * (1 - next_best)
        return "fail" if s.power >= EXPLAINS else "unknown" if alone else "pass"
    strong = s.power >= STRONG and s.settled >= SETTLED_AND_STRONG
    if s.lower >= DECIDES or s.settled >= SETTLED_MUCH or strong:
        return "fail"
    return "unknown" if s.settled >= SETTLED else "pass"


def _binary(c: ByLabel) -> Strength | None:
    yes, n, times = c.total, c.labeled.astype(np.float64), c.times.astype(np.float64)
    rows, positives = float((n * times).sum()), float((yes * times).sum())
    negatives = rows - positives
    if rows < FEWEST_LABELED or min(positives, negatives) < FEWEST_OF_A_CLASS:
        return None
    group = _pooled(n) if c.kind in ("number", "timestamp") else _frequent(n)
    # lines that hold several values (times > 1) have the same share of yes, and stay one group
    pooled = np.bincount(group, weights=n * times).astype(np.float64)
    pooled_yes = np.bincount(group, weights=yes * times).astype(np.float64)
    power = _auc(pooled_yes / np.maximum(pooled, 1), pooled_yes, pooled - pooled_yes)
    if c.kind in ("number", "timestamp"):
        ordered = _auc(np.arange(len(n), dtype=np.float64), yes, n - yes)
        power = max(power, ordered, 1 - ordered)
    rarer = pooled_yes if positives <= negatives else pooled - pooled_yes
    odds = SURE_ODDS * min(positives, negatives) / max(positives, negatives)
    sure = (rarer >= max(SURE, odds / (1 + odds)) * pooled) & (pooled >= ENOUGH)
    settled = float(rarer[sure].sum()) / min(positives, negatives)
    surest = _surest(c, np.flatnonzero(sure[group])) if sure.any() else ""
    lower = power - 2 * _error(power, positives, negatives)
    return Strength(c.column, power, lower, settled, int(rows), surest)


def _numeric(c: ByLabel) -> Strength | None:
    n, times = c.labeled.astype(np.float64), c.times.astype(np.float64)
    rows = float((n * times).sum())
    if rows < FEWEST_LABELED:
        return None
    if c.kind in ("number", "timestamp"):
        group = _pooled(n)
        groups = float(group.max() + 1)
    else:
        group = _frequent(n)
        groups = float((n < ENOUGH).any() + times[n >= ENOUGH].sum())
    size, total, squares = (np.bincount(group, weights=w * times) for w in (n, c.total, c.squares))
    inside = float((squares - total**2 / np.maximum(size, 1))[size > 0].sum())
    all_ = float(squares.sum() - total.sum() ** 2 / rows)
    if all_ <= 0 or rows <= groups:
        return None
    explained = 1 - (inside / all_) * (rows - 1) / (rows - groups)
    return Strength(c.column, max(explained, 0.0), explained, 0.0, int(rows))


def _pooled(n: Floats) -> Ints:
    """Return for each line (in the order of the values) a group of at least thirty rows, at most 200 groups."""
    least = max(float(ENOUGH), float(n.sum()) / 200)
    group, at, held = np.zeros(len(n), dtype=np.int64), 0, 0.0
    for i, rows in enumerate(n.tolist()):
        if held >= least:
            at, held = at + 1, 0.0
        group[i] = at
        held += rows
    if at and held < least:
        group[group == at] = at - 1
    return group


def _frequent(n: Floats) -> Ints:
    """Return for each value its own group, for all values on fewer than thirty rows group 0.

    Else a column of ids, each on a row or two, would decide any label.
    """
    return np.where(n < ENOUGH, 0, np.arange(1, len(n) + 1)).astype(np.int64)


def _auc(order: Floats, yes: Floats, no: Floats) -> float:
    """Return the chance that a yes ranks above a no, ties counted half."""
    _, place = np.unique(order, return_inverse=True)
    y, m = np.bincount(place, weights=yes), np.bincount(place, weights=no)
    below = np.cumsum(m) - m
    return float((y * (below + 0.5 * m)).sum() / (y.sum() * m.sum()))


def _error(auc: float, positives: float, negatives: float) -> float:
    """Return the standard error of an AUC for independent rows (Hanley & McNeil 1982; FACTS F23)."""
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    var = auc * (1 - auc) + (positives - 1) * (q1 - auc**2) + (negatives - 1) * (q2 - auc**2)
    return float(np.sqrt(max(var, 0.0) / (positives * negatives)))


def _surest(c: ByLabel, at: Ints) -> str:
    """Say on which of its values the column is sure; buckets and unnamed values have none to show."""
    if c.values is None or c.kind == "timestamp":
        return ""
    if c.kind != "number":
        return f"where it is {c.values[at[np.argmax(c.labeled[at])]]!r}"
    low, high = c.values[at[0]], c.values[at[-1]]
    if not isinstance(low, float):
        return ""
    if at[-1] == len(c.values) - 1:
        return f"from {low:,.6g} on"
    return f"up to {high:,.6g}" if at[0] == 0 else f"from {low:,.6g} to {high:,.6g}"
