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
    if engine.joins_as_of(engine.connection_of(main)):
        wide = main.asof_join(
            joined,
            on=main["__time"] >= joined[as_of],
            predicates=[main[mine] == joined[theirs] for mine, theirs in on.items()],
        )
    else:
        wide = by_windows(main, joined, on, as_of)
    kept = [name for name in joined.columns if name not in on.values()]
    # a row without a time knows nothing; the engine sorts nothing last, and would give it the latest row
    age = engine.microseconds(wide["__time"]) - engine.microseconds(wide[as_of])
    known = age.notnull() if within is None else age <= within // timedelta(microseconds=1)
    values: dict[str, Any] = {name: ibis.ifelse(known, wide[name], None) for name in kept}
    return wide.select(*main.columns, **values)


def by_windows(main: ibis.Table, joined: ibis.Table, on: Mapping[str, str], as_of: str) -> ibis.Table:
    """Return `main` left-joined to the latest of `joined` as of `__time`, for engines that have no such join.

    The rows of both are sorted together by time within each `on`; the latest `as_of` so far is the one that a row
    of `main` knows, and by it the rows are joined. Of `joined` no two rows may have the same `on` and `as_of`.
    """
    kinds = main.schema()
    asked = main.mutate(
        __at=main["__time"], __seen=ibis.literal(None, engine.INSTANT), __asks=ibis.literal(True)
    )
    given: dict[str, Any] = {
        name: joined[on[name]] if name in on else ibis.literal(None, kind) for name, kind in kinds.items()
    }
    told = joined.select(**given, __at=joined[as_of], __seen=joined[as_of], __asks=ibis.literal(False))
    told = told.filter(*(told[name].notnull() for name in on))  # nothing equals nothing
    both = ibis.union(told, asked, distinct=False)
    so_far = ibis.window(
        group_by=[both[name] for name in on], order_by=[both["__at"], both["__asks"]], preceding=(None, 0)
    )
    seen = both.mutate(__latest=both["__seen"].max().over(so_far)).filter(lambda t: t["__asks"])
    right = joined.mutate(__as_of=joined[as_of])
    same = [seen[mine] == right[theirs] for mine, theirs in on.items()]
    return seen.left_join(right, [*same, seen["__latest"] == right["__as_of"]])
