"""Values, and pairs of values, of text with their rows: to list all over a large table what a sample made suspect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from fieldguide.tables import engines as engine
from fieldguide.tables.counting import whole


def text_counts(table: ibis.Table, column: str, most: int) -> tuple[tuple[str, int], ...] | None:
    """Return the distinct values of a column as text, each with its rows; None where there are more than `most`."""
    t = table.select(x=table[column].cast("string")).filter(lambda t: t["x"].notnull())
    found = engine.to_arrow(t.group_by("x").agg(n=t.count()).limit(most + 1))
    if len(found) > most:
        return None
    return tuple(sorted(zip(found["x"].to_pylist(), whole(found["n"]).tolist(), strict=True)))


def rows_holding(
    table: ibis.Table,
    columns: Sequence[str],
    values: Sequence[Sequence[str | None]],
    key: Sequence[str],
    most: int,
) -> pa.Table:
    """Return the rows that hold one of the combinations of values (as text; None: nothing) in `columns`.

    The table has `__row` (the number of the row, the first is 1), `__at` (which of `values`) and the columns of
    the key as text, k0, k1 …; at most `most` rows, the first ones.
    """
    connection = engine.connection_of(table)
    wanted = {"__at": pa.array(range(len(values)), pa.int64())}
    for i in range(len(columns)):
        wanted[f"v{i}"] = pa.array([value[i] for value in values], pa.string())
    listed = engine.from_arrow(connection, pa.table(wanted))
    texts = listed.select("__at", **{f"w{i}": _or_nothing(listed[f"v{i}"]) for i in range(len(columns))})
    rows = engine.numbered(table)
    named = {f"t{i}": _or_nothing(rows[name].cast("string")) for i, name in enumerate(columns)}
    keys = {f"k{i}": rows[name].cast("string") for i, name in enumerate(key)}
    rows = rows.select("__row", **named, **keys)
    met = rows.inner_join(texts, [rows[f"t{i}"] == texts[f"w{i}"] for i in range(len(columns))])
    found = met.select("__row", "__at", *keys).order_by("__row", "__at").limit(most)
    return engine.to_arrow(found)


def mixed_groups(table: ibis.Table, x: Sequence[str], y: str, most: int) -> pa.Table | None:
    """Return the rows by (x …, y) of those x with more than one y, as text; None where there are more than `most`.

    The table has x0, x1 …, y (null: nothing) and n. An x that is null anywhere is left out; nothing counts as a y.
    """
    names = [f"x{i}" for i in range(len(x))]
    t = table.select(
        **{n: table[c].cast("string") for n, c in zip(names, x, strict=True)}, y=table[y].cast("string")
    )
    t = t.filter(*(t[n].notnull() for n in names))
    pairs = t.group_by([*names, "y"]).agg(n=t.count())
    several = pairs.group_by(names).agg(kinds=pairs.count()).filter(lambda g: g["kinds"] > 1)
    found = engine.to_arrow(pairs.semi_join(several, names).select(*names, "y", "n").limit(most + 1))
    return None if len(found) > most else found.sort_by([(n, "ascending") for n in (*names, "y")])


def with_sharers(table: ibis.Table, column: str, rows: pa.Table, most: int) -> pa.Table | None:
    """Return `rows` of the table (all columns, and `__row`) and all others whose value in `column` is one of theirs.

    None where these are more than `most`. Rows that are copies of each other share any value; a value that no
    second row has costs no reading of the other columns.
    """
    values = engine.from_arrow(engine.connection_of(table), rows.select([column])).distinct()
    met = table.select(column).semi_join(values, column)
    several = met.group_by(column).agg(n=met.count()).filter(lambda g: g["n"] > 1).select(column)
    shared = engine.to_arrow(several)
    if not len(shared):
        return rows
    listed = engine.from_arrow(engine.connection_of(table), shared)
    found = engine.to_arrow(engine.numbered(table).semi_join(listed, column).limit(most + 1))
    if len(found) > most:
        return None
    found = found.select(rows.column_names).cast(rows.schema)
    alone = rows.filter(pc.invert(pc.is_in(rows["__row"], found["__row"].combine_chunks())))
    return pa.concat_tables([alone, found]).sort_by("__row")


def _or_nothing(text: Any) -> Any:
    """Return a text such that nothing is equal to nothing."""
    return ibis.ifelse(text.isnull(), ibis.literal("0"), ibis.literal("1").concat(text))
