"""Two fields of a row in each other's place: each holds what belongs to the other's column.

How likely a column holds a value is counted in the column: by the value's rows, or, for a value not seen there, as one row,
by the share of rows that are made like it. Where the row with both fields exchanged is that much likelier, they were
exchanged; unless so many values of either column are at home in the other that both meet by chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from fieldguide.readiness.faithfulness.cells.columns import Column, Floats, Ints
from fieldguide.readiness.faithfulness.cells.formats import loose

LEAST_ROWS = 100
LIKELIER, EACH = 6.0, 2.0
"""How much likelier the exchanged row is (as a log), and at least each of its two fields."""
BY_CHANCE = 0.1
"""Rows in which both fields would belong to the other's column by chance, at most, as a share of those found."""
MOST_COLUMNS, MOST_TEXTS, MOST_NUMBERS = 30, 30_000, 2_000
"""Columns that are looked at, and their different values: texts, and numbers (more are measured ones)."""


@dataclass(frozen=True, eq=False)
class Swapped:
    """Rows in which columns `a` and `b` are exchanged."""

    a: int
    b: int
    rows: Ints


def swapped(columns: Sequence[Column]) -> list[Swapped]:
    """Return the rows with two columns in each other's place.

    >>> import pyarrow as pa
    >>> from fieldguide.readiness.faithfulness.cells.columns import columns_of
    >>> town, land = ["Bonn", "Lyon", "Pisa"] * 200, ["Germany", "France", "Italy"] * 200
    >>> town[4], land[4] = land[4], town[4]
    >>> [(s.a, s.b, s.rows.tolist()) for s in swapped(columns_of(pa.table({"town": town, "land": land})))]
    [(0, 1, [4])]
    """
    looked = [
        i for i, c in enumerate(columns) if c.written and c.given >= LEAST_ROWS and (c.counts > 0).sum() > 1
    ]
    text = {i: columns[i].share(columns[i].numeric) < 0.5 for i in looked}
    looked = [i for i in looked if len(columns[i].values) <= (MOST_TEXTS if text[i] else MOST_NUMBERS)][
        :MOST_COLUMNS
    ]
    made = {i: [loose(v) for v in columns[i].values] for i in looked}
    known = {i: _Known(columns[i], made[i]) for i in looked}
    own = {i: known[i].own() for i in looked}
    found = []
    for a, b in combinations(looked, 2):
        if not (text[a] or text[b]):
            continue
        here = _moved(columns[a], made[a], known[b], own[a]), _moved(columns[b], made[b], known[a], own[b])
        x, y = columns[a].known, columns[b].known
        both = (x >= 0) & (y >= 0)
        more_a, more_b = here[0][x], here[1][y]
        rows = np.flatnonzero(both & (more_a >= EACH) & (more_b >= EACH) & (more_a + more_b >= LIKELIER))
        rows = rows[[columns[a].values[x[i]] != columns[b].values[y[i]] for i in rows.tolist()]]
        foreign = [
            float(c.counts[m >= EACH].sum()) for c, m in zip((columns[a], columns[b]), here, strict=True)
        ]
        if len(rows) and foreign[0] * foreign[1] / both.sum() <= BY_CHANCE * len(rows):
            found.append(Swapped(a, b, rows))
    return found


class _Known:
    """What a column holds: rows by value and by how values are made."""

    def __init__(self, column: Column, made: Sequence[str]) -> None:
        self.column, self.made = column, made
        present = ~column.absent & (column.counts > 0)
        self.total = max(1, int(column.counts[present].sum()))
        self.rows = {column.values[i]: int(column.counts[i]) for i in np.flatnonzero(present).tolist()}
        self.ways: dict[str, int] = {}
        for i in np.flatnonzero(present).tolist():
            self.ways[made[i]] = self.ways.get(made[i], 0) + int(column.counts[i])

    def own(self) -> Floats:
        """How likely each value is in its own column, without one of its rows (log)."""
        rows = np.maximum(self.column.counts - 1, 0)
        ways = np.array([self.ways.get(way, 1) - 1 for way in self.made], dtype=float)
        return self._log(rows.astype(float), ways)

    def of(self, values: Sequence[str], made: Sequence[str]) -> Floats:
        """How likely this column holds other values (log)."""
        rows = np.array([self.rows.get(value, 0) for value in values], dtype=float)
        return self._log(rows, np.array([self.ways.get(way, 0) for way in made], dtype=float))

    def _log(self, rows: Floats, ways: Floats) -> Floats:
        return np.asarray(np.log((rows + (ways + 0.5) / self.total) / self.total))


def _moved(column: Column, made: Sequence[str], other: _Known, own: Floats) -> Floats:
    """Return how much likelier the other column holds each value (log)."""
    return np.where(column.absent, -np.inf, other.of(column.values, made) - own)
