"""Several groupings of a table in one scan of it."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from fieldguide.tables import engines as engine

TOGETHER = 8
"""Groupings that are made in one scan."""


def group_each(
    table: ibis.Table, each: Sequence[str], common: Sequence[str] = (), sums: Sequence[str] = ()
) -> list[pa.Table]:
    """Return for each column of `each` the rows by its values (within those of the columns `common`).

    Every result has the columns of `common`, `value`, `n` and, under their own names, the sums of `sums`. Where
    few columns are read beside the ones that they are grouped by, one scan for all costs half of one for each.
    """
    found: list[pa.Table] = []
    for first in range(0, len(each), TOGETHER):
        found += _at_once(table, each[first : first + TOGETHER], common, sums)
    return found


def _at_once(
    table: ibis.Table, each: Sequence[str], common: Sequence[str], sums: Sequence[str]
) -> list[pa.Table]:
    order = [*common, "value", "n", *sums]
    if len(each) == 1:
        added = {name: table[name].sum() for name in sums}
        grouped = table.group_by([*common, each[0]]).agg(n=table.count(), **added)
        return [engine.to_arrow(grouped).rename_columns(order)]
    # Ibis has no word for grouping sets; the engines have the same one
    keys = ", ".join(f'"{name}"' for name in (*common, *each))
    marks = ", ".join(f'GROUPING("{name}") AS "__of_{i}"' for i, name in enumerate(each))
    sets = ", ".join("(" + ", ".join(f'"{name}"' for name in (*common, one)) + ")" for one in each)
    added_up = "".join(f', SUM("{name}") AS "{name}"' for name in sums)
    query = f'SELECT {keys}, {marks}, COUNT(*) AS "n"{added_up} FROM rows GROUP BY GROUPING SETS ({sets})'
    whole = engine.to_arrow(table.alias("rows").sql(query, dialect="duckdb"))
    parts = (whole.filter(pc.equal(whole[f"__of_{i}"], 0)) for i in range(len(each)))
    return [
        part.select([*common, one, "n", *sums]).rename_columns(order)
        for part, one in zip(parts, each, strict=True)
    ]
