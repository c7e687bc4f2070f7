"""Declared point-in-time joins: to each row the latest row of another source that was known at its time.

Of the joined source, the row with the greatest `as_of` at or before the program's time among those with equal
`on` is taken; when it is older than `within`, or there is none, the joined columns are null. Rows without
an `as_of` are never taken. Where several rows have the same `on` and `as_of`, the one whose values sort first
is taken, and they are counted. A column that both sources have is the main source's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import ibis

from fieldguide.tables import engines as engine


def without_doubles(joined: ibis.Table, on: Sequence[str], as_of: str) -> tuple[ibis.Table, int]:
    """Return the joined rows with one row for each (on, as_of), and how many were left out."""
    joined = joined.filter(joined[as_of].notnull())
    groups = joined.group_by([*on, as_of]).agg(n=joined.count())
    counted = engine.to_arrow(groups.aggregate(rows=groups.n.sum(), groups=groups.count()))
    doubles = (counted["rows"][0].as_py() or 0) - counted["groups"][0].as_py()
    if doubles:
        rest = [joined[name] for name in joined.columns if name not in (*on, as_of)]
        place = ibis.row_number().over(group_by=[*on, as_of], order_by=rest or [joined[as_of]])
        joined = joined.mutate(__place=place).filter(ibis._["__place"] == 0).drop("__place")
    return joined, doubles


def latest_known(
    main: ibis.Table,
    joined: ibis.Table,
    *,
    on: Mapping[str, str],
    as_of: str,
    within: timedelta | None,
) -> ibis.Table:
    """Return `main` with the columns of `joined` (`as_of` among them) as they were known at `__time`.

    `on` maps columns of `main` to those of `joined`. Their names differ, and so do all others'.
    """
    wide = main.asof_join(
        joined,
        on=main["__time"] >= joined[as_of],
        predicates=[main[mine] == joined[theirs] for mine, theirs in on.items()],
    )
    kept = [name for name in joined.columns if name not in on.values()]
    # a row without a time knows nothing; the engine sorts nothing last, and would give it the latest row
    age = engine.microseconds(wide["__time"]) - engine.microseconds(wide[as_of])
    known = age.notnull() if within is None else age <= within // timedelta(microseconds=1)
    values: dict[str, Any] = {name: ibis.ifelse(known, wide[name], None) for name in kept}
    return wide.select(*main.columns, **values)
