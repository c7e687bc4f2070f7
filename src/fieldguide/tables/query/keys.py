"""Keys that more than one row has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ibis

from fieldguide.tables import engines as engine
from fieldguide.tables.query.places import EXAMPLES, row


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
    """Return which values of `columns` together occur on more than one row; nulls are counted apart."""
    whole_key = [table[name].notnull() for name in columns]
    keyed = table.filter(*whole_key)
    groups = keyed.group_by(list(columns)).agg(__n=keyed.count())
    twice = groups.filter(groups["__n"] > 1)
    lacking = table.aggregate(null=(1 - _all(whole_key)).sum())
    found = row(twice.aggregate(keys=twice.count(), rows=twice["__n"].sum()))
    null = int(row(lacking)["null"] or 0)
    if not found["keys"]:
        return Duplicates(0, 0, 0, null, ())
    name = _joined(twice, columns)
    shown = twice.select(__n=twice["__n"], __name=name).order_by(ibis.desc("__n"), "__name").limit(EXAMPLES)
    rows = keyed.semi_join(twice, list(columns))
    same = rows.group_by(list(rows.columns)).agg(__n=rows.count())
    copies = row(same.aggregate(copies=(same["__n"] - 1).sum()))["copies"]
    examples = engine.to_arrow(shown)["__name"].to_pylist()
    return Duplicates(int(found["keys"]), int(found["rows"]), int(copies), null, tuple(examples))


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
