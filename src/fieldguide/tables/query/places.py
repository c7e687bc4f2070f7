"""Rows that are looked for: beyond a bound, equal to a value, at a wrong time; each with rows to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np

from fieldguide.tables import engines as engine
from fieldguide.tables.counting import literal, real, seconds

EXAMPLES = 10
"""Rows that are shown at most."""
LARGEST = float(np.finfo(np.float64).max)


@dataclass(frozen=True)
class Found:
    """Rows that were looked for: how many, and up to ten of them by key (or time) with their values."""

    rows: int
    examples: tuple[str, ...] = ()
    values: tuple[float, ...] = ()


def beyond(table: ibis.Table, column: str, below: float | None = None, above: float | None = None) -> Found:
    """Return the rows whose finite value in `column` lies below or above a bound, the farthest first."""
    x = seconds(table, column, "timestamp" if table[column].type().is_timestamp() else "number")
    t = table.select(__x=x, __place=place(table)).filter(lambda t: t["__x"].abs() <= literal(LARGEST))
    over = ibis.literal(0.0)
    if below is not None:
        over = ibis.greatest(over, literal(below) - t["__x"])
    if above is not None:
        over = ibis.greatest(over, t["__x"] - literal(above))
    t = t.mutate(__over=over).filter(lambda t: t["__over"] > literal(0.0))
    return _found(t, ibis.desc("__over"))


def not_finite(table: ibis.Table, column: str) -> Found:
    """Return the rows whose value in `column` is NaN or infinite."""
    x = table[column].cast("float64")
    t = table.select(__x=x, __place=place(table)).filter(lambda t: t["__x"].notnull())
    return _found(t.filter(~(t["__x"].abs() <= literal(LARGEST))), "__place")


def equal_to(table: ibis.Table, column: str, value: float, within: float = 0.0) -> Found:
    """Return the rows with this value in `column` (seconds since 1970 for timestamps), or `within` so much of it."""
    x = seconds(table, column, "timestamp" if table[column].type().is_timestamp() else "number")
    t = table.select(__x=x, __place=place(table))
    close = t["__x"].between(literal(value - within), literal(value + within))
    return _found(t.filter(close), "__place")


def times_after(table: ibis.Table, later: str, earlier: str = "__time") -> Found:
    """Return the rows on which the instant `later` lies after the instant `earlier`, the farthest first."""
    gap = engine.microseconds(table[later]) - engine.microseconds(table[earlier])
    t = table.select(__x=gap / literal(1e6), __place=place(table))
    return _found(t.filter(t["__x"] > literal(0.0)), ibis.desc("__x"))


def times_not_after(table: ibis.Table, later: str = "__known_at", earlier: str = "__time") -> Found:
    """Return the rows on which `later` does not lie after `earlier`; `values` are seconds, negative or zero."""
    gap = engine.microseconds(table[later]) - engine.microseconds(table[earlier])
    t = table.select(__x=gap / literal(1e6), __place=place(table))
    return _found(t.filter(t["__x"] <= literal(0.0)), "__x")


def size(table: ibis.Table) -> int:
    """Return the number of rows."""
    return int(row(table.aggregate(n=table.count()))["n"])


def reaching(table: ibis.Table, columns: Sequence[str], least: int) -> list[str]:
    """Return the columns, all of whole numbers, whose largest value is at least so large."""
    if not columns:
        return []
    found = row(table.aggregate(**{f"m{i}": table[name].max() for i, name in enumerate(columns)}))
    return [name for i, name in enumerate(columns) if (found[f"m{i}"] or 0) >= least]


def joined_share(table: ibis.Table, event: str) -> tuple[int, int]:
    """Return how many rows found a partner in a joined source (its event time is there), and how many there are."""
    found = row(table.aggregate(found=table[event].count(), rows=table.count()))
    return int(found["found"]), int(found["rows"])


def place(table: ibis.Table) -> Any:
    """Return what a row is shown by: its key, or its time where it has none."""
    nothing = ibis.null("string")
    key = table["__key"].cast("string") if "__key" in table.columns else nothing
    time = table["__time"].cast("string") if "__time" in table.columns else nothing
    return key.coalesce(time)


def _found(matching: ibis.Table, order: Any) -> Found:
    n = int(row(matching.aggregate(n=matching.count()))["n"])
    if not n:
        return Found(0)
    top = matching.select("__x", "__place", *(["__over"] if "__over" in matching.columns else []))
    by = ["__place"] if isinstance(order, str) and order == "__place" else [order, "__place"]
    shown = engine.to_arrow(top.order_by(by).limit(EXAMPLES))
    places = tuple(place for place in shown["__place"].to_pylist() if place is not None)
    return Found(n, places, tuple(real(shown["__x"]).tolist()))


def row(expression: ibis.Table) -> dict[str, Any]:
    """Run an expression of one row and return it by the names of its columns."""
    line: dict[str, Any] = engine.to_arrow(expression).to_pylist()[0]
    return line
