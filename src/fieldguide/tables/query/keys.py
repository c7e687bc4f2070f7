"""Keys that more than one row has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ibis

from fieldguide.tables import engines as engine
from fieldguide.tables.query.places import EXAMPLES, row

AT_ONCE = 6_000_000
"""Keys whose hashes are looked at together."""
FEW = 1_000_000
"""Rows that are told apart by their values at once."""
MOST_SUSPECTS = 1_000


@dataclass(frozen=True)
class Duplicates:
    """Keys that more than one row has.

    `keys` such keys on `rows` rows, of which `copies` repeat another row in every column; `null` rows have
    no key; `examples` are the keys with the most rows.
    """

    keys: int
    rows: int
    copies: int
    null: int
    examples: tuple[str, ...]


def duplicate_keys(table: ibis.Table, columns: Sequence[str] = ("__key",)) -> Duplicates:
    """Return which values of `columns` together occur on more than one row; nulls are counted apart.

    Of very many rows the engine's 64-bit hashes of the keys are counted first, in as many turns as memory asks for:
    only keys whose hash comes twice can be on two rows, and mostly there are none.
    """
    whole_key = [table[name].notnull() for name in columns]
    counted = row(table.aggregate(rows=table.count(), keyed=_all(whole_key).sum()))
    null = int(counted["rows"] - (counted["keyed"] or 0))
    keyed = table.filter(*whole_key) if null else table
    suspects = _seen_twice(keyed, columns, int(counted["keyed"] or 0))
    if suspects is not None and not suspects:
        return Duplicates(0, 0, 0, null, ())
    if suspects is not None:
        keyed = keyed.filter(_hash(keyed, columns).isin(suspects))
    groups = keyed.group_by(list(columns)).agg(__n=keyed.count())
    twice = groups.filter(groups["__n"] > 1)
    found = row(twice.aggregate(keys=twice.count(), rows=twice["__n"].sum()))
    if not found["keys"]:
        return Duplicates(0, 0, 0, null, ())
    name = _joined(twice, columns)
    shown = twice.select(__n=twice["__n"], __name=name).order_by(ibis.desc("__n"), "__name").limit(EXAMPLES)
    rows = keyed.semi_join(twice, list(columns))
    same = rows.group_by(list(rows.columns)).agg(__n=rows.count())
    copies = row(same.aggregate(copies=(same["__n"] - 1).sum()))["copies"]
    examples = engine.to_arrow(shown)["__name"].to_pylist()
    return Duplicates(int(found["keys"]), int(found["rows"]), int(copies), null, tuple(examples))


def _seen_twice(keyed: ibis.Table, columns: Sequence[str], rows: int) -> list[int] | None:
    """Return the hashes that more than one row has; None where they are too many to list, or rows are few."""
    return None if rows <= FEW else _hashes_twice(keyed, columns, -(-rows // AT_ONCE))


def all_differ(table: ibis.Table, columns: Sequence[str], rows: int) -> bool:
    """Return whether no two of the `rows` rows have the same values in `columns` (nulls count as values).

    Of many rows the engine's hashes are counted, as in `duplicate_keys`, after a look at the first of them.
    """
    t = table.select(*columns)
    if rows > FEW:
        first = t.limit(FEW // 20)
        if _distinct(first) < FEW // 20:
            return False
        suspects = _hashes_twice(t, columns, -(-rows // AT_ONCE))
        if not suspects:
            return suspects is not None
        t = t.filter(_hash(t, columns).isin(suspects))
        rows = int(row(t.aggregate(n=t.count()))["n"])
    return _distinct(t) == rows


def _distinct(t: ibis.Table) -> int:
    once = t.distinct()
    return int(row(once.aggregate(n=once.count()))["n"])


def _hashes_twice(keyed: ibis.Table, columns: Sequence[str], turns: int) -> list[int] | None:
    hashed = keyed.select(h=_hash(keyed, columns))
    suspects: list[int] = []
    for turn in range(turns):
        part = hashed if turns == 1 else hashed.filter(hashed.h % turns == turn)
        suspects += engine.repeated(part, MOST_SUSPECTS + 1)
        if len(suspects) > MOST_SUSPECTS:
            return None
    return suspects


def _hash(table: ibis.Table, columns: Sequence[str]) -> Any:
    return engine.hashed(_joined(table, columns))


def _all(conditions: Sequence[Any]) -> Any:
    out = conditions[0]
    for one in conditions[1:]:
        out = out & one
    return out.cast("int64")


def _joined(table: ibis.Table, columns: Sequence[str]) -> Any:
    text = table[columns[0]].cast("string")
    for name in columns[1:]:
        text = text.concat(ibis.literal("|"), table[name].cast("string"))
    return text
