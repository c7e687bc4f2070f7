"""Rows in equal stretches of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import ibis
import numpy as np

from fieldguide.tables import engines as engine
from fieldguide.tables.counting import literal, whole
from fieldguide.tables.query.places import row
from fieldguide.tables.slicing import instant
from fieldguide.tables.tally import Ints, Summary

PERIODS = 12
"""Equal stretches of time into which a table is cut when it is looked at over time."""


@dataclass(frozen=True, eq=False)
class Periods:
    """Rows in equal stretches of time: `since` each stretch starts (ISO 8601), `rows` in it."""

    since: tuple[str | None, ...]
    rows: Ints
    untimed: int


def rows_by_period(table: ibis.Table) -> Periods:
    """Return the rows in each of twelve equal stretches of time, from the first row to the last."""
    untimed = int(row(table.aggregate(n=table["__time"].isnull().sum().coalesce(0)))["n"])
    span = edges(table)
    if span is None:
        return Periods((), np.zeros(0, dtype=np.int64), untimed)
    t = table.select(p=period(table, *span))
    t = t.filter(t.p.notnull())
    found = engine.to_arrow(t.group_by("p").agg(n=t.count()))
    rows = np.zeros(PERIODS, dtype=np.int64)
    rows[whole(found["p"])] = whole(found["n"])
    return Periods(tuple(start(p, *span) for p in range(PERIODS)), rows, untimed)


def by_spans(summary: Summary) -> bool:
    """Return whether a summary was sliced by time into equal spans (`Spans`), so that it tells of rows over time."""
    starts = [datetime.fromisoformat(since) for since in summary.since if since is not None]
    steps = [b - a for a, b in pairwise(starts)]
    return len(starts) > 1 and max(steps) - min(steps) <= timedelta(microseconds=1)


def rows_by_span(summary: Summary) -> Periods:
    """Return the rows in each slice of a summary that was sliced by time into equal spans."""
    dated = [i for i, since in enumerate(summary.since) if since is not None]
    return Periods(
        tuple(summary.since[i] for i in dated),
        summary.rows[dated],
        int(summary.rows.sum() - summary.rows[dated].sum()),
    )


def edges(table: ibis.Table) -> tuple[int, int] | None:
    """Return the first time of the rows and the end of the last, in microseconds since 1970; None without any."""
    us = engine.microseconds(table["__time"])
    found = row(table.aggregate(low=us.min(), high=us.max()))
    return None if found["low"] is None else (int(found["low"]), int(found["high"]) + 1)


def period(table: ibis.Table, low: int, high: int) -> Any:
    """Return in which of the equal stretches between two instants each row lies, 0 the first."""
    width = (high - low) / PERIODS
    offset = (engine.microseconds(table["__time"]) - low) / literal(width)
    return offset.floor().clip(lower=0, upper=PERIODS - 1).cast("int64")


def start(period: int, low: int, high: int) -> str:
    """Return when a stretch begins (ISO 8601, UTC)."""
    return str(instant(low + round(period * (high - low) / PERIODS)))
