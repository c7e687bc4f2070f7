"""What band B may see: the types have neither label nor question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import ibis
import pyarrow as pa

from fieldguide.program import Feature, Source
from fieldguide.readiness.faithfulness.stretches import any_return
from fieldguide.tables.query import Labels
from fieldguide.tables.query.drawn import ALIKE, ROW, copies, draw
from fieldguide.tables.query.lines import Lines, lines
from fieldguide.tables.query.pairs import with_sharers
from fieldguide.tables.query.sampled import sampled
from fieldguide.tables.summary import ColumnSummary, Summary

MOST_SAMPLED = 50_000
HEAVY = 0.1
"""Share of the rows in one bucket up to which rows are drawn by the values of a number."""


@dataclass(frozen=True)
class Joined:
    """A joined source: its name, its rows as they came, its key, and the column with the time of its rows."""

    name: str
    table: ibis.Table
    key: tuple[str, ...]
    event: str | None


@dataclass(frozen=True)
class Faithful:
    """What band B may see: rows without the label, their summary, and what is declared of the columns.

    `raw` is the main source as it came, all its columns (text throughout for CSV), none of them known to be a
    label; `sample` are up to 50,000 rows of it, the same ones wherever they lie, `lines` such rows of `table`
    (`draw` and `draw_lines` make them where others look at them, too). `audit` reads the rows that were measured
    anew, if any are declared; `accepted` says who accepted what is not known of the measurements.
    """

    table: ibis.Table
    rows: int
    summary: Summary
    features: tuple[Feature, ...]
    key: tuple[str, ...]
    entity: str | None
    timed: bool
    joined: tuple[Joined, ...]
    raw: ibis.Table
    source: Source
    draw: Callable[[], pa.Table] | None = None
    draw_lines: Callable[[], pa.Table] | None = None
    audit: Callable[[], ibis.Table] | None = None
    accepted: str | None = None

    @cached_property
    def sample(self) -> pa.Table:
        """Up to 50,000 rows of `raw`, chosen by the md5 of their key, with `__row`: their number from 1 on."""
        return sampled(self.raw, MOST_SAMPLED, self.key) if self.draw is None else self.draw()

    @cached_property
    def lines(self) -> Lines:
        """Up to 50,000 rows of `table` in the order of time and key, chosen by the md5 of their key."""
        return lines(self._drawn, self.features, self.rows)

    @cached_property
    def _drawn(self) -> pa.Table:
        if self.draw_lines is not None:
            return self.draw_lines()
        nan = float("nan")
        unlabeled = Labels(self.rows, 0, nan, nan, nan, nan)
        return draw(
            self.table,
            unlabeled,
            binary=False,
            keyed=bool(self.key),
            ordered=not self.joined,
            most=MOST_SAMPLED,
        ).table

    @cached_property
    def alike(self) -> Lines | None:
        """Rows with all their copies: the lines themselves where they are all, else drawn by the value of a number.

        None where two of the columns are enough to say that no rows return at one distance.
        """
        if len(self.lines) >= self.rows or self.joined:
            return self.lines
        columns = [self.summary.columns[f.name] for f in self.features if f.kind == "number"]
        even = [c for c in columns if c.values is None and c.grid is not None and _heaviest(c) <= HEAVY]
        even.sort(key=lambda c: -int((c.counts.sum(axis=0) > 0).sum()))
        if not even:
            return self.lines
        grid = even[0].grid
        assert grid is not None
        by, two = (even[0].name, grid), [c.name for c in even[:2]]
        seen = self._drawn.select([*two, ROW])
        met = with_sharers(self.table.select(two), even[0].name, seen, 4 * ALIKE)
        if met is not None and not any_return(met, two):
            return None
        return lines(copies(self.table, by, self.rows, True), self.features, self.rows)


def _heaviest(column: ColumnSummary) -> float:
    """Return the largest share of the rows that a bucket of a number holds."""
    rows = column.counts.sum(axis=0)
    return float(rows.max(initial=0) / max(rows.sum(), 1))
