"""A light model for grading: each column in a few bins, their effects added up, fitted by Newton's method.

It answers in a second what a check must know (how far the columns reach together, what they say of a row they
did not see), not what to serve. Numbers are cut at their quantiles and categories kept to the frequent ones,
so that wild values and many names do no harm and no column needs to be straight.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fieldguide.errors import DataError
from fieldguide.learning.backends.newton import minimize
from fieldguide.learning.encoder import Batch
from fieldguide.learning.layout import Columns, LevelColumn, NumberColumn
from fieldguide.learning.objectives import LogLoss, SquaredError
from fieldguide.learning.plan import LevelSlot, Plan
from fieldguide.program.blanks.optimizers import Newton
from fieldguide.program.blanks.priors import Ridge
from fieldguide.tables.tally import Floats, Ints

Codes = NDArray[np.int32]

BINS = 16
LEVELS = 40
"""Values of a category that have an effect of their own: the most frequent ones."""
FEWEST = 20
"""Rows from which on a value has an effect of its own."""
WIDEST = 30
"""Columns that are fitted together at most: those that say most on their own, chosen among the rows learned from."""
SHRINKAGE = 3.0
"""Strength of the ridge on each effect, as rows."""
FOLDS = 5
SOLVER = Newton(steps=25, tolerance=1e-3)


@dataclass(frozen=True, eq=False)
class Bins:
    """How one column becomes codes: a number by `edges` (the code of x is how many edges are at most x), others by `levels`.

    The code after the last value is for what is rare or unseen, the one after that for what is missing.
    """

    feature: str
    part: str | None
    edges: Floats | None
    levels: tuple[object, ...]
    words: tuple[str, ...]

    @property
    def size(self) -> int:
        """How many codes there are."""
        return len(self.words)

    @property
    def name(self) -> str:
        """The feature, with its part."""
        return f"{self.feature}.{self.part}" if self.part else self.feature


@dataclass(frozen=True, eq=False)
class Coded:
    """Rows as codes: `codes` (n, k) int32, column by column in memory, one column for each of `bins`."""

    bins: tuple[Bins, ...]
    codes: Codes

    def take(self, rows: Ints | NDArray[np.bool_]) -> Coded:
        """Return the rows at positions, or of a mask."""
        return Coded(self.bins, np.asfortranarray(self.codes[rows]))


@dataclass(frozen=True, eq=False)
class Additive:
    """A constant and an effect for every code of the columns at positions `used`; scores are log-odds or amounts."""

    constant: float
    used: tuple[int, ...]
    effects: tuple[Floats, ...]

    def terms(self, coded: Coded) -> Floats:
        """Return the effect of each used column on each row: (n, used)."""
        if not self.used:
            return np.zeros((len(coded.codes), 0))
        parts = [e[coded.codes[:, j]] for j, e in zip(self.used, self.effects, strict=True)]
        return np.column_stack(parts)

    def score(self, coded: Coded) -> Floats:
        """Return the score of each row."""
        return np.asarray(self.constant + self.terms(coded).sum(axis=1))


def bins_of(columns: Columns, rows: NDArray[np.bool_] | None = None) -> tuple[Bins, ...]:
    """Return how the features of a program become codes; a feature that never varies is left out.

    `rows` is a mask of those that are looked at; left out: all.

    Raises ProgramError when a computed feature cannot be computed.
    """
    found = []
    seen: NDArray[np.bool_] | slice = slice(None) if rows is None else rows
    for item in columns.layout.items:
        for part in item.parts:
            if item.kind == "number" or part == "hour":
                number = columns.number(item, part)
                made = number_bins(item.name, part, NumberColumn(number.values[seen], number.missing[seen]))
            else:
                levels = columns.levels(item, part)
                made = _of_levels(item.name, part, LevelColumn(levels.distinct, levels.index[seen]))
            if made is not None:
                found.append(made)
    return tuple(found)


def number_bins(feature: str, part: str | None, column: NumberColumn) -> Bins | None:
    """Return how a number becomes codes: by its values where they are few, else by its quantiles; None when it never varies."""
    known = column.values[~column.missing]
    if not len(known):
        return None
    distinct = np.unique(known)
    if len(distinct) <= BINS:
        edges = distinct[1:]
    else:
        cuts = np.unique(np.quantile(known, np.arange(1, BINS) / BINS, method="higher"))
        edges = cuts[cuts > distinct[0]]
    missing = bool(column.missing.any())
    if not len(edges) and not missing:
        return None
    names = [f"{e:,.6g}" for e in edges.tolist()]
    if len(distinct) <= BINS:
        words = [f"{v:,.6g}" for v in distinct.tolist()]
    elif names:
        between = [f"from {a} to {b}" for a, b in itertools.pairwise(names)]
        words = [f"below {names[0]}", *between, f"from {names[-1]} on"]
    else:
        words = ["any"]
    return Bins(feature, part, np.asarray(edges, dtype=np.float64), (), (*words, "missing"))


def code(bins: Sequence[Bins], columns: Columns) -> Coded:
    """Return rows as codes."""
    items = {item.name: item for item in columns.layout.items}
    out = np.empty((columns.rows, len(bins)), dtype=np.int32, order="F")
    for j, b in enumerate(bins):
        if b.edges is not None:
            number = columns.number(items[b.feature], b.part)
            at = np.searchsorted(b.edges, number.values, side="right")
            out[:, j] = np.where(number.missing, b.size - 1, at)
        else:
            levels = columns.levels(items[b.feature], b.part)
            place = {level: i for i, level in enumerate(b.levels)}
            rest, missing = b.size - 2, b.size - 1
            codes = [missing if v is None else place.get(v, rest) for v in levels.distinct] or [rest]
            out[:, j] = np.asarray(codes, dtype=np.int32)[levels.index]
    return Coded(tuple(bins), out)


def fit(coded: Coded, y: Floats, weight: Floats, *, binary: bool, without: Sequence[str] = ()) -> Additive:
    """Return the additive model of least penalized mean loss: log loss, or squared error.

    `without` names features that must not be used.
    """
    total = float(weight.sum())
    middle = float(np.dot(weight, y)) / total
    spread = 1.0 if binary else float(np.sqrt(np.dot(weight, (y - middle) ** 2) / total))
    used = [j for j, b in enumerate(coded.bins) if b.feature not in without]
    if spread <= 0.0 or not used or (binary and not 0.0 < middle < 1.0):
        constant = middle if not binary else float(np.clip(_logit(middle), -20, 20))
        return Additive(constant, (), ())
    target = y if binary else (y - middle) / spread
    if len(used) > WIDEST:
        told = [_explained(coded.codes[:, j], coded.bins[j].size, target, weight) for j in used]
        strongest = np.argsort(-np.asarray(told), kind="stable")[:WIDEST]
        used = sorted(used[i] for i in strongest.tolist())
    slots = []
    for j in used:
        held = np.bincount(coded.codes[:, j], weights=weight, minlength=coded.bins[j].size)
        slots.append(
            LevelSlot(
                coded.bins[j].name,
                None,
                tuple(range(coded.bins[j].size)),
                False,
                False,
                tuple((held / total).tolist()),
            )
        )
    plan = Plan((), "UTC", tuple(slots))
    batch = Batch(plan, np.empty((0, len(y))).T, np.asfortranarray(coded.codes[:, used]))
    objective = LogLoss() if binary else SquaredError()
    constant = _logit(middle) if binary else 0.0
    found = None
    for strength in (SHRINKAGE, 30.0 * SHRINKAGE):
        try:
            found = minimize(
                batch,
                target,
                weight * (len(y) / total),
                objective,
                prior=Ridge(strength / len(y)),
                optimizer=SOLVER,
                constant=constant,
                on_step=_quiet,
            ).parameters
            break
        except DataError:
            continue
    if found is None:
        return Additive(constant if binary else middle, (), ())
    scale = 1.0 if binary else spread
    effects, start = [], 1
    for j in used:
        effects.append(scale * found[start : start + coded.bins[j].size])
        start += coded.bins[j].size
    return Additive(
        float(found[0]) if binary else middle + scale * float(found[0]), tuple(used), tuple(effects)
    )


def cross_fitted(
    coded: Coded, y: Floats, weight: Floats, fold: Ints, *, binary: bool, without: Sequence[str] = ()
) -> Floats:
    """Return the score of each row from a model that was fitted without its fold."""
    scores = np.zeros(len(y))
    for k in np.unique(fold).tolist():
        out = fold == k
        model = fit(coded.take(~out), y[~out], weight[~out], binary=binary, without=without)
        scores[out] = model.score(coded.take(out))
    return scores


def folds(units: Sequence[str | None], salt: str, k: int = FOLDS) -> Ints:
    """Return the fold of each row: that of its unit's md5, so that a unit is never in two."""
    place: dict[str | None, int] = {}
    for unit in units:
        if unit is None or unit in place:
            continue
        digest = hashlib.md5(f"{salt}|{unit}".encode(errors="surrogatepass"), usedforsecurity=False).digest()
        place[unit] = int.from_bytes(digest[:8], "big") % k
    return np.asarray([place[u] if u is not None else i % k for i, u in enumerate(units)], dtype=np.int64)


def probability(score: Floats) -> Floats:
    """Return the probability of each log-odds."""
    e = np.exp(-np.abs(score))
    return np.asarray(np.where(score >= 0.0, 1.0, e) / (1.0 + e))


def _of_levels(feature: str, part: str | None, column: LevelColumn) -> Bins | None:
    counts: dict[object, int] = {}
    held = np.bincount(column.index, minlength=len(column.distinct)).tolist()
    for value, n in zip(column.distinct, held, strict=True):
        counts[value] = counts.get(value, 0) + n
    missing = counts.pop(None, 0)
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], str(pair[0])))
    kept = [value for value, n in ranked[:LEVELS] if n >= FEWEST]
    rest = sum(n for _, n in ranked) - sum(counts[value] for value in kept)
    if len(kept) + bool(rest) + bool(missing) < 2:
        return None
    return Bins(feature, part, None, tuple(kept), (*(str(v) for v in kept), "a rare value", "missing"))


def _explained(codes: Codes, size: int, y: Floats, weight: Floats) -> float:
    """Return how much of the variance the means of the codes explain, less what chance would."""
    n = np.bincount(codes, weights=weight, minlength=size)
    total = np.bincount(codes, weights=weight * y, minlength=size)
    mean = total.sum() / n.sum()
    between = float((total**2 / np.maximum(n, 1e-12)).sum() - n.sum() * mean**2)
    within = float(np.dot(weight, (y - mean) ** 2))
    return between / max(within, 1e-12) - (np.count_nonzero(n) - 1) / len(y)


def _logit(p: float) -> float:
    p = min(max(p, 1e-9), 1 - 1e-9)
    return float(np.log(p / (1 - p)))


def _quiet(sentence: str) -> None:
    return None
