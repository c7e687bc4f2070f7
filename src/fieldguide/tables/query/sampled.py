"""Rows for checks that need them: all of a small table, of a large one those whose content has a small md5."""

from __future__ import annotations

from typing import Any

import ibis
import pyarrow as pa

from fieldguide.tables import engines as engine
from fieldguide.tables.query.places import size


def sampled(table: ibis.Table, most: int) -> pa.Table:
    """Return about `most` rows of a table at most, chosen by the md5 of their first columns, and `__row`.

    `__row` is the number of the row in the order in which the source gives them, the first is 1. The same
    rows are chosen wherever they lie; the rows come in their order.
    """
    rows = size(table)
    numbered = engine.numbered(table)
    if rows > most:
        prefix = f"{int(most / rows * 16**8):08x}"
        numbered = numbered.filter(_content(table, numbered).hexdigest("md5") < prefix)
    return engine.to_arrow(numbered.order_by("__row"))


def _content(table: ibis.Table, numbered: ibis.Table) -> Any:
    text: Any = ibis.literal("")
    plain = [n for n, kind in table.schema().items() if not (kind.is_nested() or kind.is_binary())]
    for name in plain[:8]:
        text = text.concat(engine.mark(numbered[name]), ibis.literal("|"))
    return text
