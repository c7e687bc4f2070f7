"""Rows of the canonical table for checks that need rows: drawn by the md5 of their key, the rarer answers more often.

Three samples lie in one, so that the table is read once: the plain one holds every row with the same chance, the
labeled one every class of the label with a chance of its own (a rare answer is not lost), the third rows with
certain values of one number, so that copies of a row are drawn with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import ibis
import numpy as np
import pyarrow as pa

from fieldguide.tables import engines as engine
from fieldguide.tables.counting import literal
from fieldguide.tables.query.labels import Labels
from fieldguide.tables.sample import below, digest, prefix
from fieldguide.tables.tally import Flags, Floats, Grid

SALT = "graded"
"""Another one than that of `sample`, whose rows may be what is graded."""
PLAIN = 50_000
"""Rows of the plain sample, about; tables with fewer are taken whole."""
LABELED = 20_000
"""Rows of the labeled sample, about."""
RARER = 4_000
"""Rows of the rarer answer that the labeled sample takes, where it would be rarer than one in five."""
ALIKE = 30_000
"""Rows of the sample in which copies lie together."""
TURNS = 12_345.678
"""Turns of the wheel in a scale of a number: rows are drawn by the part of a turn that is left over."""
ROW, DIGEST, TURN = "__row", "__digest", "__turn"


@dataclass(frozen=True, eq=False)
class Drawn:
    """Rows drawn from a canonical table, in the order of the table, all its columns.

    `table` has the column `__row` beside them: the number of the row from 1 on, null where rows have no order
    (after a join). `plain` marks the rows of the plain sample, `labeled` those of the labeled one, `chance` is
    with what probability a row came into that. `alike` marks rows that were drawn with all their copies, `share`
    which part of the table they are (about). `rows` is how many the table has.
    """

    table: pa.Table
    rows: int
    plain: Flags
    labeled: Flags
    chance: Floats
    alike: Flags
    share: float

    def only(self, columns: Sequence[str]) -> Drawn:
        """Return the same rows with these columns and the number of each row."""
        return replace(self, table=self.table.select([*columns, ROW]))

    @property
    def whole(self) -> bool:
        """Whether the plain sample is the whole table."""
        return bool(self.plain.all()) and len(self.table) == self.rows


def draw(
    table: ibis.Table,
    known: Labels,
    *,
    binary: bool,
    keyed: bool,
    ordered: bool,
    most: int = PLAIN,
    copies_by: tuple[str, Grid] | None = None,
) -> Drawn:
    """Draw rows from a canonical table; `known` counts its labels.

    The same rows are drawn wherever they lie: by their key, or by their content where the table is not `keyed`.
    `ordered` says that the rows have an order, `most` about how many rows the plain sample may have. `copies_by`
    is a number with many values, by which copies are drawn together; without it they are looked for in the plain
    sample. A column `__row` that the table has already is the number of each row.
    """
    chances = _Chances.of(known, binary, most)
    t = table
    if ROW not in table.columns:
        t = engine.numbered(table, ROW) if ordered else table.mutate(__row=ibis.null("int64"))
    order = [ROW] if ordered else ["__time", "__key", *_plain(table)]
    share = min(1.0, ALIKE / max(known.rows, 1))
    if chances.all:
        found = engine.to_arrow(t.order_by(order))
        every = np.ones(len(found), dtype=np.bool_)
        return Drawn(found, known.rows, every, np.isfinite(_label(found)), np.ones(len(found)), every, 1.0)
    t = t.mutate(__digest=digest(_name(t, keyed), SALT))
    # as few conditions as say the same: the engine takes the md5 anew for each of them on every row
    keep: Any = below(t[DIGEST], chances.plain)
    if known.labeled and chances.usual > chances.plain:
        keep = keep | (t["__label"].notnull() & below(t[DIGEST], chances.usual))
    if known.labeled and chances.rare > max(chances.plain, chances.usual):
        rarer = (t["__label"] == literal(chances.answer)).fill_null(False)
        keep = keep | (rarer & below(t[DIGEST], chances.rare))
    if copies_by is not None:
        t = t.mutate(__turn=_turn(t, *copies_by))
        keep = keep | (t[TURN] < literal(share)).fill_null(False)
    t = t.filter(keep)
    found = engine.to_arrow(t.order_by(order))
    y = _label(found)
    digests = np.asarray(found[DIGEST].to_pylist(), dtype=np.str_)
    plain, rare = _below(digests, chances.plain), _below(digests, chances.rare)
    labeled = np.isfinite(y) & np.where(y == chances.answer, rare, _below(digests, chances.usual))
    chance = np.where(y == chances.answer, chances.rare, chances.usual)
    alike, part = plain, chances.plain
    if copies_by is not None:
        turn = np.asarray(found[TURN].fill_null(2.0).to_numpy(zero_copy_only=False), dtype=np.float64)
        alike, part = np.asarray(turn < share), share
    kept = found.drop_columns([name for name in (DIGEST, TURN) if name in found.column_names])
    return Drawn(kept, known.rows, plain, labeled, chance, alike, part)


def copies(
    table: ibis.Table, by: tuple[str, Grid], rows: int, ordered: bool, columns: Sequence[str] | None = None
) -> pa.Table:
    """Return about 30,000 of the `rows` rows of a canonical table, each with all its copies, and `__row`.

    Rows are drawn by the value of a number with many values (`by`), so that equal rows are drawn together. With
    `columns` only these are read.
    """
    t = engine.numbered(table, ROW) if ordered else table.mutate(__row=ibis.null("int64"))
    if columns is not None:
        t = t.select(*dict.fromkeys([*columns, by[0]]), ROW)
    chosen = t.filter((_turn(t, *by) < literal(min(1.0, ALIKE / max(rows, 1)))).fill_null(False))
    return engine.to_arrow(chosen.limit(4 * ALIKE)).sort_by(ROW)


@dataclass(frozen=True)
class _Chances:
    """With what chance a row is drawn: plainly, with the usual answer, with the rarer one (`answer`)."""

    plain: float
    usual: float
    rare: float
    answer: float

    @property
    def all(self) -> bool:
        return min(self.plain, self.usual, self.rare) >= 1.0

    @staticmethod
    def of(known: Labels, binary: bool, most: int) -> _Chances:
        plain, labeled = min(1.0, most / max(known.rows, 1)), max(known.labeled, 1)
        usual = rare = min(1.0, LABELED / labeled)
        answer = 1.0
        if binary and known.labeled:
            yes = round(known.mean * known.labeled)
            answer = 1.0 if 2 * yes <= known.labeled else 0.0
            few = yes if answer else known.labeled - yes
            if usual < 1.0 and 0 < few * usual < RARER:
                rare = min(1.0, RARER / few)
                usual = min(1.0, (LABELED - few * rare) / (labeled - few))
        return _Chances(plain, usual, rare, answer)


def _label(found: pa.Table) -> Floats:
    if "__label" not in found.column_names:
        return np.full(len(found), np.nan)
    y = found["__label"].cast(pa.float64()).fill_null(np.nan)
    return np.asarray(y.to_numpy(zero_copy_only=False), dtype=np.float64)


def _turn(t: ibis.Table, column: str, grid: Grid) -> Any:
    """Return a number between 0 and 1 that equal values share: plain arithmetic, the same on every engine."""
    x = t[column].cast("float64")
    turns = (x - literal(grid.anchor)) / literal(grid.scale) * literal(TURNS)
    return ibis.ifelse(turns.abs() < literal(1e12), turns - turns.floor(), None)


def _name(t: ibis.Table, keyed: bool) -> Any:
    """Return what a row is drawn by: its key, or the text of its time and its first columns."""
    time: Any = engine.mark(t["__time"])
    if keyed:
        return t["__key"].fill_null(time)
    for name in _plain(t)[:8]:
        time = time.concat(ibis.literal("|"), engine.mark(t[name]))
    return time


def _plain(t: ibis.Table) -> list[str]:
    kinds = t.schema()
    return [n for n in t.columns if not (n.startswith("__") or kinds[n].is_nested() or kinds[n].is_binary())]


def _below(digests: Any, chance: float) -> Flags:
    if chance >= 1.0:
        return np.ones(len(digests), dtype=np.bool_)
    return np.asarray(digests < prefix(chance))
