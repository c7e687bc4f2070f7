"""The checks of single cells, made: on all rows of a table of up to two million cells, of a larger one on a sample first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from fieldguide.finding import Finding
from fieldguide.readiness.check import Queues, Step
from fieldguide.readiness.faithfulness.cells import copies
from fieldguide.readiness.faithfulness.cells.columns import Column, columns_of
from fieldguide.readiness.faithfulness.cells.everywhere import Ask, everywhere
from fieldguide.readiness.faithfulness.cells.findings import (
    CELL_CHECKS,
    cell_findings,
    duplicate_rows,
    similar_rows,
)
from fieldguide.readiness.faithfulness.cells.suspects import Suspect, judged
from fieldguide.readiness.faithfulness.view import MOST_SAMPLED, Faithful
from fieldguide.tables.query import size
from fieldguide.tables.query.pairs import mixed_groups, rows_holding, text_counts, with_sharers
from fieldguide.tables.query.sampled import sampled

MOST_CELLS = 2_000_000
"""Cells of a table that is looked at whole."""
SAMPLED_CELLS = 500_000
"""Cells of the sample of a larger table, in which suspects are looked for first."""
MOST_COPIES = 25_000
"""Rows among which copies are looked for, where the table is larger."""
VALUES_SHARED = 5_000
"""Rows of a larger table that are drawn with their copies."""
MOST_DISTINCT = 200_000
"""Distinct values of a column that are judged anew over all rows."""
MOST_PAIRS = 500_000
"""Pairs of values of a dependency that are judged anew over all rows."""
MOST_LISTED = 100_000
"""Cells that are listed of a column or a dependency."""


@dataclass(frozen=True, eq=False)
class Looked:
    """The rows that are looked at: all, or a sample; `number` of each in the source (from 1 on), as text columns."""

    view: Faithful

    @cached_property
    def rows(self) -> int:
        """Rows of the source."""
        return size(self.view.raw)

    @cached_property
    def table(self) -> pa.Table:
        """The rows: all of them, where they have no more than MOST_CELLS cells, or a sample of SAMPLED_CELLS."""
        columns = max(1, len(self.view.raw.columns))
        whole = self.rows <= MOST_CELLS // columns
        if whole and self.rows > MOST_SAMPLED:
            return sampled(self.view.raw, self.rows, self.view.key)
        drawn, most = self.view.sample, SAMPLED_CELLS // columns
        if whole or len(drawn) <= most:
            return drawn
        return drawn.take(np.linspace(0, len(drawn) - 1, most).astype(np.int64))

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """Their columns as texts."""
        return columns_of(self.table)

    @cached_property
    def number(self) -> Sequence[int]:
        """The number of each row in the source."""
        numbers: Sequence[int] = self.table["__row"].to_pylist()
        return numbers

    @property
    def whole(self) -> bool:
        """Whether all rows are looked at."""
        return len(self.table) == self.rows

    @property
    def called(self) -> str:
        """What was looked at, in words."""
        return (
            f"{self.rows:,} rows" if self.whole else f"a sample of {len(self.table):,} of {self.rows:,} rows"
        )


def steps(view: Faithful, queues: Queues) -> Iterator[Step]:
    """Yield the checks of cells with what makes them; suspects for people to look at go into `queues`."""
    looked = Looked(view)
    yield CELL_CHECKS, lambda: _cells(looked, queues)
    yield ("duplicate_rows", "similar_rows"), lambda: _rows(looked, queues)


def _cells(looked: Looked, queues: Queues) -> list[Finding]:
    view, columns = looked.view, looked.columns
    found, shift = judged(columns)
    numbered = [(looked.number[s.row], key_of(view, columns, s.row), s) for s in found]
    if found and not looked.whole:
        numbered = everywhere(_ask(view), columns, numbered, shift)
    numbered.sort(key=lambda each: (-each[2].chance, each[0], each[2].column))
    names = [c.name for c in columns]
    if numbered:
        queues["cells"] = _queue(numbered, names)
    places = [place(row, key) for row, key, _ in numbered]
    declared = {
        *(f.name for f in view.features),
        *view.key,
        *(n for n in (view.entity, view.source.time) if n),
    }
    return cell_findings([s for _, _, s in numbered], names, declared, places, looked.rows, looked.called)


def _ask(view: Faithful) -> Ask:
    def rows(names: Sequence[str], values: Sequence[Sequence[str | None]]) -> Iterator[tuple[int, int, str]]:
        if values:
            for row in rows_holding(view.raw, names, values, view.key, MOST_LISTED).to_pylist():
                yield row["__at"], row["__row"], "|".join(row[f"k{i}"] or "" for i in range(len(view.key)))

    return Ask(
        lambda name: text_counts(view.raw, name, MOST_DISTINCT),
        lambda names, y: mixed_groups(view.raw, names, y, MOST_PAIRS),
        rows,
    )


def _queue(found: Sequence[tuple[int, str, Suspect]], names: Sequence[str]) -> pa.Table:
    return pa.table(
        {
            "row": pa.array([row for row, _, _ in found], pa.int64()),
            "key": pa.array([key for _, key, _ in found], pa.string()),
            "column": pa.array([names[s.column] for _, _, s in found], pa.string()),
            "value": pa.array([s.text for _, _, s in found], pa.string()),
            "suggestion": pa.array([s.instead for _, _, s in found], pa.string()),
            "check": pa.array([s.check for _, _, s in found], pa.string()),
            "probability": pa.array([round(s.chance, 3) for _, _, s in found], pa.float64()),
            "reason": pa.array([s.why for _, _, s in found], pa.string()),
        }
    )


def key_of(view: Faithful, columns: Sequence[Column], row: int) -> str:
    """Return the key of a row as text, "" where the source has none."""
    held = {c.name: c for c in columns}
    parts = [held[name] for name in view.key if name in held]
    return "|".join(c.values[c.codes[row]] if c.codes[row] >= 0 else "" for c in parts)


def place(row: int, key: str) -> str:
    """Return how a row is called: its number in the source, and its key."""
    return f"{row:,} (key {key})" if key else f"{row:,}"


def _rows(looked: Looked, queues: Queues) -> list[Finding]:
    view = looked.view
    table = looked.table if looked.whole else _with_copies(looked)
    columns = looked.columns if table is looked.table else columns_of(table)
    same = copies.repeated(columns, view.key)
    pairs = copies.similar(columns, view.key)
    number = table["__row"].to_pylist()
    listed = [
        ((number[a], key_of(view, columns, a)), (number[b], key_of(view, columns, b)), 1.0, "equal but for the key")
        for a, b in zip(same.rows.tolist(), same.first.tolist(), strict=True)
    ]  # fmt: skip
    repeated = len(listed)
    listed += [
        ((number[p.first], key_of(view, columns, p.first)),
         (number[p.second], key_of(view, columns, p.second)), p.alike, "named alike, and nearly equal")
        for p in pairs
    ]  # fmt: skip
    if listed:
        queues["rows"] = pa.table(
            {
                "row": pa.array([a[0] for a, _, _, _ in listed], pa.int64()),
                "key": pa.array([a[1] for a, _, _, _ in listed], pa.string()),
                "other_row": pa.array([b[0] for _, b, _, _ in listed], pa.int64()),
                "other_key": pa.array([b[1] for _, b, _, _ in listed], pa.string()),
                "alike": pa.array([round(x, 3) for _, _, x, _ in listed], pa.float64()),
                "reason": pa.array([why for _, _, _, why in listed], pa.string()),
            }
        )
    places = [f"{place(*a)} and {place(*b)}" for a, b, _, _ in listed]
    called = looked.called if table is looked.table else f"{len(table):,} rows drawn with their copies"
    return [
        duplicate_rows(same, places[:repeated], len(table), called),
        similar_rows(pairs, places[repeated:], copies.names_rows(columns, view.key), called),
    ]


def _with_copies(looked: Looked) -> pa.Table:
    """Return rows of a large table that were drawn together with all rows equal to them: pairs are rare in a sample.

    They share the values of the column that tells most rows apart; without such a column the sample has to do.
    """
    view = looked.view
    named = [c for c in looked.columns if c.name not in view.key and not copies.numbers_rows(c)]
    if not named:
        return looked.table
    telling = max(named, key=lambda c: int((c.counts > 0).sum())).name
    rows = looked.table.filter(looked.table[telling].is_valid()).slice(0, VALUES_SHARED)
    found = with_sharers(view.raw, telling, rows, MOST_COPIES)
    return looked.table if found is None else found
