"""Rows by hour or by day: the rhythm in which a table is filled."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import numpy as np

from fieldguide.tables import engines as engine
from fieldguide.tables.counting import whole
from fieldguide.tables.query.periods import edges
from fieldguide.tables.tally import Ints

HOUR = 3_600_000_000
DAY = 24 * HOUR
MOST_HOURS = 200_000
"""Above so many hours (23 years) from the first row to the last, rows are counted by day (UTC)."""


@dataclass(frozen=True, eq=False)
class Rhythm:
    """Rows by hour or day: in the `units` (n,), numbers of `width` microseconds since 1970 (UTC), lie `rows` (n,).

    Units without rows are left out; the units are sorted.
    """

    width: int
    units: Ints
    rows: Ints

    @property
    def until(self) -> int:
        """The end of the last unit that has rows, in microseconds since 1970; 0 without any."""
        return int(self.units[-1] + 1) * self.width if len(self.units) else 0


def rhythm(table: ibis.Table) -> Rhythm:
    """Return the rows of each hour; of each day, when there are more than 200,000 hours between first and last."""
    nothing = np.zeros(0, dtype=np.int64)
    span = edges(table)
    if span is None:
        return Rhythm(HOUR, nothing, nothing)
    width = HOUR if (span[1] - span[0]) // HOUR <= MOST_HOURS else DAY
    t = table.select(u=engine.microseconds(table["__time"]) // width).filter(lambda t: t.u.notnull())
    found = engine.to_arrow(t.group_by("u").agg(n=t.count()).order_by("u"))
    return Rhythm(width, whole(found["u"]), whole(found["n"]))
