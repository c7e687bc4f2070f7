"""What looks like rows and columns of a delimited file and is none: the names again, a total, separators at the end."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import ibis

from fieldguide.tables import engines as engine
from fieldguide.tables.sources.heading import is_total
from fieldguide.tables.sources.lines import text_blocks
from fieldguide.tables.sources.plan import Plan
from fieldguide.tables.sources.rows import MOST_SHOWN, Reject
from fieldguide.tables.sources.split import shown
from fieldguide.tables.sources.splitting import Broken, rows_of


def find_values(plan: Plan, wanted: Mapping[str, Collection[str]]) -> Iterator[tuple[int, str, str]]:
    """Yield (line, column, text) of the cells that hold one of the `wanted` texts of their column."""
    places = [(plan.names.index(c), c, set(texts)) for c, texts in wanted.items() if c in plan.names]
    for row in rows_of(plan, text_blocks(plan.path)):
        if not row.reason:
            for place, column, texts in places:
                text = row.cells[place]
                if text in texts and text is not None:
                    yield row.line, column, text


def without_names_again(
    table: ibis.Table, plan: Plan, broken: Broken, notes: list[str]
) -> tuple[ibis.Table, list[str]]:
    """Leave out lines that hold the names again, as files put one behind the other have."""
    if len(plan.header) != 1 or plan.width < 2 or not all(plan.given):
        return table, notes
    same = _all([table[c] == text for c, text in zip(plan.names, plan.given, strict=True)])
    count = int(engine.to_arrow(table.aggregate(n=same.fill_null(False).sum()))["n"][0].as_py() or 0)
    if not count:
        return table, notes
    column, text = plan.names[0], plan.given[0]
    for line, _, _ in find_values(plan, {column: [text]}):
        if len(broken.first) >= MOST_SHOWN:
            break
        broken.first.append(
            Reject(plan.name, line, None, plan.dialect.separator.join(plan.given)[:200], "the names again")
        )
    broken.count += count
    return table.filter(~same.fill_null(False)), [
        *notes,
        f"the names come again in {count:,} line{'s' * (count > 1)}, left out",
    ]


def without_total(
    table: ibis.Table, plan: Plan, broken: Broken, notes: list[str]
) -> tuple[ibis.Table, list[str]]:
    """Leave out a last row that is called a total and is the sum (or the mean) of a column above."""
    last = plan.last
    if last is None or last.reason or not is_total(last.cells):
        return table, notes
    here = [(c, text) for c, text in zip(plan.names, last.cells, strict=True) if text is not None]
    same = _all([table[c] == text for c, text in here]).fill_null(False)
    amounts = {c: float(text) for c, text in here[1:] if _plain(text)}
    rest = table.filter(~same)
    values = {f"s{i}": rest[c].try_cast("float64").sum() for i, c in enumerate(amounts)}
    counts = {f"n{i}": rest[c].try_cast("float64").count() for i, c in enumerate(amounts)}
    if not amounts:
        return table, notes
    found = engine.to_arrow(rest.aggregate(**values, **counts)).to_pylist()[0]
    for i, amount in enumerate(amounts.values()):
        total, n = found[f"s{i}"] or 0.0, found[f"n{i}"] or 0
        near = 1e-6 * max(abs(amount), 1e-12)
        if n > 1 and (abs(total - amount) <= near or abs(total / n - amount) <= near):
            text = shown(last.text)
            broken.add(Reject(plan.name, last.line, None, text, "a total of the rows above"))
            return rest, [
                *notes,
                f"line {last.line:,} is a total of the rows above ({text[:60]!r}); it is left out",
            ]
    return table, [
        *notes,
        f"line {last.line:,} is called a total ({shown(last.text)[:60]!r}) but is none; it is kept",
    ]


def _all(conditions: Sequence[Any]) -> Any:
    """Return whether all conditions hold: halved again and again, since one by one thousands nest too deep."""
    if len(conditions) == 1:
        return conditions[0]
    half = len(conditions) // 2
    return _all(conditions[:half]) & _all(conditions[half:])


def _plain(text: str) -> bool:
    try:
        return abs(float(text)) < 1e300
    except ValueError:
        return False


def without_empty(
    table: ibis.Table, plan: Plan, notes: list[str]
) -> tuple[ibis.Table, tuple[str, ...], list[str]]:
    """Leave out columns that have neither a name nor a value: separators at the end of the lines."""
    bare = [c for c, text in zip(plan.names, plan.given, strict=True) if not text] if plan.header else []
    if not bare:
        return table, plan.names, notes
    counts = engine.to_arrow(table.aggregate(**{f"n{i}": table[c].count() for i, c in enumerate(bare)}))
    empty = [c for i, c in enumerate(bare) if not counts[f"n{i}"][0].as_py()]
    names = tuple(c for c in plan.names if c not in empty)
    if not empty or not names:
        return table, plan.names, notes
    told = f"{', '.join(empty[:3])}{' …' if len(empty) > 3 else ''} ha{'ve' if len(empty) > 1 else 's'} neither a name nor a value: left out"
    return table.select(*names), names, [*notes, told]
