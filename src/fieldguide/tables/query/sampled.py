"""Rows for checks that need them: all of a small table, of a large one those whose key or content has a small md5."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
import pyarrow as pa

from fieldguide.tables import engines as engine
from fieldguide.tables.query.places import size

MOST_BYTES = 200_000_000
"""What a sample may take up: of rows with long texts there are fewer."""
LOOKED_AT = 500
"""Rows by whose size that of the others is guessed."""


def sampled(table: ibis.Table, most: int, key: Sequence[str] = ()) -> pa.Table:
    """Return about `most` rows of a table at most (fewer where rows are long), and `__row`.

    `__row` is the number of the row in the order in which the source gives them, the first is 1. Rows are chosen
    by the md5 of their `key`; where there is none, or it tells too few rows apart to choose by, by that of their
    first columns. The same rows are chosen wherever they lie; the rows come in their order.
    """
    rows, most = size(table), fitting(table, most)
    numbered = engine.numbered(table)
    if rows <= most:
        return engine.to_arrow(numbered.order_by("__row"))
    if key and all(name in table.columns for name in key):
        found = engine.to_arrow(_below(numbered, _text(numbered, key), most / rows).limit(2 * most))
        if most / 2 <= len(found) < 2 * most:
            return found.sort_by("__row")
    plain = [n for n, kind in table.schema().items() if not (kind.is_nested() or kind.is_binary())]
    return engine.to_arrow(_below(numbered, _text(numbered, plain[:8]), most / rows).order_by("__row"))


def fitting(table: ibis.Table, most: int) -> int:
    """Return how many rows of a table may be held in memory, `most` at most: fewer where they are long."""
    seen = engine.to_arrow(table.limit(LOOKED_AT))
    return min(most, max(LOOKED_AT, MOST_BYTES * len(seen) // max(int(seen.nbytes), 1)))


def _below(numbered: ibis.Table, text: Any, share: float) -> ibis.Table:
    return numbered.filter(text.hexdigest("md5") < f"{int(share * 16**8):08x}")


def _text(numbered: ibis.Table, names: Sequence[str]) -> Any:
    text: Any = ibis.literal("")
    for name in names:
        text = text.concat(engine.mark(numbered[name]), ibis.literal("|"))
    return text
