"""Dependencies between columns that single cells break: whoever has the same X has the same Y.

How much rows with an equal X agree on Y is counted in pairs of rows: the share of pairs with equal Y among the
rows of a group, less what two rows drawn at random would agree. Under independence that is zero on average,
however small the groups are, so that a column that is nearly a key "determines" nothing by chance (the
correction of μ in Parciak et al., Measuring Approximate Functional Dependencies, ICDE 2024; pdep of
Piatetsky-Shapiro and Matheus 1993).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

from fieldguide.readiness.faithfulness.cells.columns import Column, Floats, Ints

LEAST_ROWS = 20
"""Rows in groups of two and more, at least: fewer say nothing."""
MOST_DISTINCT = 0.95
"""A column in which a larger share of the rows differ is a key, and determines nothing that could be checked."""
LEAST_GAIN = 0.3
"""Agreement beyond chance, at least, to be looked at."""
LARGE, MOST_MIXED = 0.25, 2.5
"""Share of the rows in one group, and deviations by which more groups are mixed than if odd rows lay anywhere: then that group makes
the columns look alike, and nothing follows for the others."""
FEW_GROUPS, MOST_ODD = 10, 0.2
"""Of fewer groups than that, at most such a share of the rows may be odd."""
SCREENED = 4_000_000
"""Pairs of columns times rows that the first look takes; what it finds is counted on all rows."""
FIRST_LOOK = 2_000
"""Rows of the first look, at least."""
WELL_DETERMINED = 0.9
"""A column that one other determines so far needs no two."""
PARENTS, LEAST_PART, PAIR_GAIN, MOST_PAIRS = 5, 0.1, 0.6, 100
"""Two columns together: how many parents are tried, what each must tell alone, what both must, how many pairs are tried."""


@dataclass(frozen=True, eq=False)
class Groups:
    """Rows of a table by (x, y): the code of a determinant and of a dependent, and how many rows have both.

    Sorted by x, then y. `size` is for each x the rows with a known y, `absent` those without, `width` the number of codes of y.
    """

    x: Ints
    y: Ints
    count: Ints
    size: Ints
    absent: Ints
    width: int

    @cached_property
    def _order(self) -> Ints:
        return np.lexsort((-self.count, self.x))

    @cached_property
    def _first(self) -> Ints:
        return np.minimum(np.searchsorted(self.x, np.arange(len(self.size))), max(len(self.x) - 1, 0))

    @cached_property
    def most(self) -> Ints:
        """Rows of the commonest y of each x, 0 where x has none."""
        return np.where(self.size > 0, self.count[self._order[self._first]], 0) if len(self.x) else self.size

    @cached_property
    def usual(self) -> Ints:
        """The commonest y of each x, -1 where it has none."""
        if not len(self.x):
            return np.full(len(self.size), -1, dtype=np.int64)
        return np.where(self.size > 0, self.y[self._order[self._first]], -1)

    @cached_property
    def distinct(self) -> Ints:
        """Different y of each x."""
        return np.bincount(self.x, minlength=len(self.size))

    @cached_property
    def second(self) -> Ints:
        """Rows of the second commonest y of each x, 0 where there is none."""
        after = np.minimum(self._first + 1, max(len(self.x) - 1, 0))
        return np.where(self.distinct > 1, self.count[self._order[after]], 0) if len(self.x) else self.size

    def counted(self, x: Ints, y: Ints) -> Ints:
        """Return how many rows have each (x, y); 0 where y is -1."""
        if not len(self.x):
            return np.zeros(len(x), dtype=np.int64)
        key, wanted = self.x * self.width + self.y, x * self.width + np.maximum(y, 0)
        at = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
        return np.where((y >= 0) & (key[at] == wanted), self.count[at], 0)


@dataclass(frozen=True)
class Agreement:
    """How far y is the same where x is: `pairs` of rows agree, `chance` is what any two rows do.

    `rows` lie in `groups` of two and more, `mixed` groups hold more than one y, on `odd` rows it is not the
    commonest. `expected` is how many groups would be mixed if the odd rows lay anywhere at random. `spread` is the
    standard deviation of that, `largest` the rows of the largest group.
    """

    rows: int
    groups: int
    mixed: int
    odd: int
    expected: float
    pairs: float
    chance: float
    spread: float
    largest: int

    @property
    def gain(self) -> float:
        """Agreement beyond chance: 1 where x determines y, 0 on average where it says nothing."""
        return (self.pairs - self.chance) / (1 - self.chance) if self.chance < 1 else 0.0

    @property
    def carried(self) -> bool:
        """Whether one large group makes x and y look alike.

        Then the others are mixed more often than errors anywhere would mix them, or there are too few to tell.
        """
        too_mixed = self.mixed > self.expected + MOST_MIXED * self.spread
        too_few = self.groups < FEW_GROUPS and self.odd > MOST_ODD * self.rows
        return self.largest >= LARGE * self.rows and (too_mixed or too_few)


@dataclass(frozen=True, eq=False)
class Dependency:
    """A column, or two together (`parents`), mostly determine column number `y`; `x` are the determinant's codes."""

    parents: tuple[int, ...]
    y: int
    x: Ints
    agreement: Agreement
    groups: Groups


@dataclass(frozen=True, eq=False)
class Found:
    """The dependencies of a table, and how far each value of each column keeps company with the same others.

    `company[y][code]` is the highest share, over the columns that tell something of y, of pairs of rows with equal
    x and this y that agree: 1 for a rare name that always goes with the same code, 0 for a typing error.
    """

    dependencies: tuple[Dependency, ...]
    company: tuple[Floats, ...]


def grouped(x: Ints, y: Ints, sizes: tuple[int, int]) -> Groups:
    """Count rows by (x, y), those with -1 on either side left out; `sizes` are the numbers of codes."""
    known = (x >= 0) & (y >= 0)
    width = max(sizes[1], 1)
    key = x[known] * width + y[known]
    if sizes[0] * width <= 4 * len(key) + 1_000:
        dense = np.bincount(key)
        at = np.flatnonzero(dense)
        count = dense[at]
    else:
        at, count = np.unique(key, return_counts=True)
    size = np.bincount(at // width, weights=count, minlength=sizes[0]).astype(np.int64)
    absent = np.bincount(x[(x >= 0) & (y < 0)], minlength=sizes[0]).astype(np.int64)
    return Groups(at // width, at % width, count.astype(np.int64), size, absent, width)


def grouped_counts(x: Ints, y: Ints, rows: Ints, sizes: tuple[int, int]) -> Groups:
    """Return the groups of pairs (x, y) that were counted elsewhere, each pair once; y is -1 where it is absent."""
    width = max(sizes[1], 1)
    known = y >= 0
    order = np.argsort(x[known] * width + y[known])
    gx, gy, count = (v[known][order] for v in (x, y, rows))
    size = np.bincount(gx, weights=count, minlength=sizes[0]).astype(np.int64)
    absent = np.bincount(x[~known], weights=rows[~known], minlength=sizes[0]).astype(np.int64)
    return Groups(gx, gy, count, size, absent, width)


def agreement(groups: Groups) -> Agreement | None:
    """Return how far rows with the same x agree on y, None where too few share an x, or y has one value.

    >>> x, y = np.repeat(np.arange(20), 3), np.repeat(np.arange(20) % 4, 3)
    >>> agreement(grouped(x, y, (20, 4))).gain
    1.0
    """
    several = groups.size >= 2
    rows = int(groups.size[several].sum())
    if rows < LEAST_ROWS:
        return None
    by_y = np.bincount(groups.y, weights=groups.count)
    total = float(by_y.sum())
    chance = float((by_y * (by_y - 1)).sum() / (total * (total - 1)))
    if chance >= 1:
        return None
    pairs = float(_agreeing(groups).sum() / rows)
    others = groups.size - groups.most
    odd = int(others[several].sum())
    mixed = int((several & (others > 0)).sum())
    each = 1 - (1 - odd / rows) ** groups.size[several]
    spread = float((each * (1 - each)).sum()) ** 0.5
    return Agreement(
        rows, int(several.sum()), mixed, odd, float(each.sum()), pairs, chance, spread, int(groups.size.max())
    )


def may_determine(column: Column) -> bool:
    """Return whether a column may be a determinant: not constant, not a key, not a measured number."""
    distinct = int((column.counts > 0).sum())
    if distinct < 2 or distinct > MOST_DISTINCT * column.given:
        return False
    return column.share(column.fractional) < 0.5


def dependencies(columns: Sequence[Column]) -> Found:
    """Return which columns, alone or two together, mostly determine which others, with the counts of their groups.

    Pairs of columns are first looked at on fewer rows.
    """
    rows = len(columns[0].codes) if columns else 0
    left = [i for i, c in enumerate(columns) if may_determine(c)]
    right = [i for i, c in enumerate(columns) if (c.counts > 0).sum() > 1]
    pairs = [(i, j) for i in left for j in right if i != j]
    few = max(FIRST_LOOK, SCREENED // max(1, len(pairs)))
    if few < rows:
        some = np.linspace(0, rows - 1, few).astype(np.int64)
        coded = [c.known[some] for c in columns]
        pairs = [(i, j) for i, j in pairs if _promising(columns, coded, i, j)]
    company = [np.zeros(len(c.values)) for c in columns]
    gains: dict[tuple[int, int], float] = {}
    found = []
    for i, j in pairs:
        x, y = columns[i], columns[j]
        groups = grouped(x.known, y.known, (len(x.values), len(y.values)))
        how = agreement(groups)
        if how is None:
            continue
        gains[i, j] = how.gain
        if how.gain >= LEAST_GAIN:
            found.append(Dependency((i,), j, x.known, how, groups))
            together = np.bincount(groups.y, weights=_agreeing(groups), minlength=len(y.values))
            company[j] = np.maximum(company[j], together / np.maximum(y.counts, 1))
    return Found((*found, *_by_two(columns, gains, right)), tuple(company))


def _agreeing(groups: Groups) -> Floats:
    """Return for each (x, y) how many of its rows agree with another row of their group, drawn at random."""
    size, c = groups.size[groups.x], groups.count.astype(float)
    return np.where(size >= 2, c * (c - 1) / np.maximum(size - 1, 1), 0.0)


def _promising(columns: Sequence[Column], coded: Sequence[Ints], i: int, j: int) -> bool:
    groups = grouped(coded[i], coded[j], (len(columns[i].values), len(columns[j].values)))
    how = agreement(groups)
    return how is None or how.gain >= 0.5 * min(LEAST_GAIN, LEAST_PART)


def _by_two(
    columns: Sequence[Column], gains: Mapping[tuple[int, int], float], right: Iterable[int]
) -> Iterable[Dependency]:
    """Yield dependencies on two columns where one does not do, and both do much better."""
    tried = 0
    for j in right:
        told = sorted(((gain, i) for (i, k), gain in gains.items() if k == j), reverse=True)
        if not told or told[0][0] >= WELL_DETERMINED:
            continue
        parents = [i for gain, i in told[:PARENTS] if gain >= LEAST_PART]
        for a, b in combinations(parents, 2):
            x, y = columns[a], columns[b]
            if gains.get((a, b), 0) > WELL_DETERMINED or gains.get((b, a), 0) > WELL_DETERMINED:
                continue  # the two say the same
            tried += 1
            if tried > MOST_PAIRS:
                return
            both = np.where((x.known >= 0) & (y.known >= 0), x.known * len(y.values) + y.known, -1)
            seen, codes = np.unique(both[both >= 0], return_inverse=True)
            known = np.full(len(both), -1, dtype=np.int64)
            known[both >= 0] = codes
            groups = grouped(known, columns[j].known, (len(seen), len(columns[j].values)))
            how = agreement(groups)
            enough = max(PAIR_GAIN, told[0][0] + 0.4 * (1 - told[0][0]))
            if how is not None and how.gain >= enough and how.rows >= 0.5 * columns[j].given:
                yield Dependency((a, b), j, known, how, groups)
