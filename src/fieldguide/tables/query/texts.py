"""Distinct values of a column as text."""

from __future__ import annotations

import ibis

from fieldguide.tables import engines as engine
from fieldguide.tables.counting import whole


def distinct_texts(table: ibis.Table, column: str, most: int = 2_000) -> tuple[tuple[str, int], ...]:
    """Return up to `most` distinct values of a column as text, each with its rows.

    Of more, those with the smallest md5: the same ones on every engine, in whatever order the rows come.
    """
    t = table.select(x=table[column].cast("string")).filter(lambda t: t.x.notnull())
    grouped = t.group_by("x").agg(n=t.count())
    chosen = grouped.mutate(h=grouped.x.hexdigest("md5")).order_by("h").limit(most)
    found = engine.to_arrow(chosen.select("x", "n"))
    return tuple(sorted(zip(found["x"].to_pylist(), whole(found["n"]).tolist(), strict=True)))
