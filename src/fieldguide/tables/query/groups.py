"""Rows by their combination of several columns, and stretches of time without any."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import numpy as np

from fieldguide.tables import engines as engine
from fieldguide.tables.query.places import row
from fieldguide.tables.slicing import instant


def group_sizes(table: ibis.Table, columns: Sequence[str], few: int = 5) -> tuple[int, int, int, int, int]:
    """Return how many rows there are, in how many combinations of `columns`, and how small these are.

    The five numbers: rows, combinations, rows of the smallest combination, rows that are alone with theirs, rows
    in combinations of fewer than `few`. A missing value is a value of its own.
    """
    sized = table.group_by(list(columns)).agg(__n=table.count())
    n = sized["__n"]
    found = row(
        sized.aggregate(
            rows=n.sum(),
            groups=sized.count(),
            smallest=n.min(),
            alone=ibis.ifelse(n == 1, n, 0).sum(),
            few=ibis.ifelse(n < few, n, 0).sum(),
        )
    )
    return (
        int(found["rows"] or 0),
        int(found["groups"]),
        int(found["smallest"] or 0),
        int(found["alone"] or 0),
        int(found["few"] or 0),
    )


def time_ends(table: ibis.Table, time: str) -> tuple[str | None, str | None]:
    """Return the first and the last instant in a column (ISO 8601, UTC)."""
    us = engine.microseconds(table[time])
    found = row(table.aggregate(low=us.min(), high=us.max()))
    return instant(found["low"]), instant(found["high"])


MOST_STRETCHES = 1_000_000
"""Stretches of time that are counted at most when pauses are looked for."""


def longest_pause(table: ibis.Table, time: str, width: int) -> int | None:
    """Return the longest stretch without a row between two rows, in microseconds, to a multiple of `width`.

    None where there are too many stretches of that width to count, or fewer than two rows with a time.
    """
    us = engine.microseconds(table[time])
    ends = row(table.aggregate(low=us.min(), high=us.max()))
    if ends["low"] is None or (ends["high"] - ends["low"]) // width > MOST_STRETCHES:
        return None
    stretch = ((us - int(ends["low"])) / width).floor().cast("int64")
    seen = engine.to_arrow(table.select(s=stretch).filter(ibis._.s.notnull()).distinct())
    times = np.sort(seen["s"].to_numpy())
    return int(np.diff(times).max()) * width if len(times) > 1 else None
