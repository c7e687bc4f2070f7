"""What band A may see: rows with their label, and what is made of them once for several checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fieldguide.errors import FieldguideError
from fieldguide.learning.layout import Columns, layout_of
from fieldguide.learning.splits import NEVER, boundary, local_days, micros
from fieldguide.program import Feature, Label, Program, Source, raw_columns
from fieldguide.readiness.appropriateness import light
from fieldguide.readiness.appropriateness.light import Additive, Bins, Coded
from fieldguide.readiness.appropriateness.strength import FEWEST_LABELED, FEWEST_OF_A_CLASS
from fieldguide.readiness.shared import Shared
from fieldguide.tables.query.drawn import ROW, Drawn
from fieldguide.tables.query.labels import Labels
from fieldguide.tables.read import Reading
from fieldguide.tables.summary import Summary
from fieldguide.tables.tally import Flags, Floats, Ints

CLIPPED = 0.005
"""Amounts are clipped at this share of both ends before the light model learns them."""
LONG_TAIL = 20.0
"""An amount has a long tail when its largest value is so many times the middle one."""
FEWEST_UNITS = 25
"""Fewer entities than these are not cut into folds: stretches of rows are."""
FEWEST_LATER = 50
"""Rows of the next period from which on something is said about it."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Labeled rows for models, as codes, in the order of the source.

    `y` is the label, `target` what the light model learns of it (0 and 1; amounts clipped at their ends, counts
    as log(1 + y)), `weight` one over the chance with which a row was drawn. `unit` numbers the entities (keys
    where there are none), `day` the local days; `fold` is the same for all rows of a unit. `later` marks the
    rows of the next period, `earlier` those that it is predicted from; both are empty without times.
    """

    table: pa.Table
    y: Floats
    target: Floats
    weight: Floats
    coded: Coded
    unit: Ints
    fold: Ints
    time: Ints | None
    day: Ints | None
    earlier: Flags
    later: Flags

    @property
    def clusters(self) -> tuple[Ints, ...]:
        """The ways in which rows hang together."""
        return (self.unit,) if self.day is None else (self.unit, self.day)


@dataclass(frozen=True, eq=False)
class Questioned:
    """A program with its rows, their summary and the time of the grading; what costs something is made once."""

    program: Program
    reading: Reading
    summary: Summary
    now: datetime
    shared: Shared | None = None

    @property
    def label(self) -> Label:
        """The label."""
        return self.program.label

    @property
    def source(self) -> Source:
        """The main source."""
        return self.program.source

    @property
    def table(self) -> ibis.Table:
        """The canonical table."""
        return self.reading.table

    @property
    def timed(self) -> bool:
        """Whether rows have a time."""
        return self.source.time is not None

    @property
    def binary(self) -> bool:
        """Whether the label is yes or no."""
        return self.label.kind == "binary"

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """The raw columns."""
        return raw_columns(self.program)

    @cached_property
    def known(self) -> Labels:
        """How many labels there are, and how they vary."""
        return self._shared.labels

    @cached_property
    def logged(self) -> bool:
        """Whether columns are compared with log(1 + label): counts, and amounts with a long tail."""
        if self.label.kind == "count":
            return True
        if self.binary or not self.known.labeled or self.known.low < 0:
            return False
        y = floats(self.drawn.table["__label"].drop_null())
        return bool(len(y)) and float(y.max()) > LONG_TAIL * max(float(np.median(y)), 1e-300)

    @property
    def enough(self) -> bool:
        """Whether there are labels enough to say anything."""
        known = self.known
        if known.labeled < FEWEST_LABELED or known.low == known.high:
            return False
        return not self.binary or min(known.mean, 1 - known.mean) * known.labeled >= FEWEST_OF_A_CLASS - 0.5

    @cached_property
    def drawn(self) -> Drawn:
        """Up to 50,000 rows of the canonical table, and up to 20,000 labeled ones among them or beside them."""
        return self._shared.drawn

    @cached_property
    def _shared(self) -> Shared:
        return self.shared or Shared(self.program, self.reading)

    @cached_property
    def readable(self) -> tuple[Program, str]:
        """The program with the features that can be computed on the drawn rows, and why the others cannot."""
        kept, broken = [], []
        for f in self.program.features:
            if f.of is not None:
                one = Columns(
                    layout_of(replace(self.program, features=[f], inputs=self.features)), self.drawn.table
                )
                try:
                    light.bins_of(one)
                except FieldguideError as error:
                    broken.append(str(error))
                    continue
            kept.append(f)
        program = replace(self.program, features=kept) if broken and kept else self.program
        return program, "; ".join(broken)

    @cached_property
    def bins(self) -> tuple[Bins, ...]:
        """How the features become codes, from the labeled rows."""
        return light.bins_of(self._columns, self.drawn.labeled)

    @cached_property
    def bins_of_all(self) -> tuple[Bins, ...]:
        """How the features become codes, from the plain sample, labeled or not."""
        return light.bins_of(self._columns, self.drawn.plain)

    @cached_property
    def coded(self) -> Coded:
        """The drawn rows as codes of `bins`."""
        return light.code(self.bins, self._columns)

    @cached_property
    def coded_of_all(self) -> Coded:
        """The drawn rows as codes of `bins_of_all`."""
        if (self.drawn.labeled == self.drawn.plain).all():
            return self.coded
        return light.code(self.bins_of_all, self._columns)

    @cached_property
    def _columns(self) -> Columns:
        return self.columns(self.drawn.table)

    def columns(self, table: pa.Table) -> Columns:
        """Return the columns of canonical rows as the encoder sees them."""
        return Columns(layout_of(self.readable[0]), table)

    @cached_property
    def rows(self) -> Rows | None:
        """The labeled rows for models; None where there are too few."""
        if not self.enough:
            return None
        drawn = self.drawn
        at = np.flatnonzero(drawn.labeled)
        table = drawn.table.filter(pa.array(drawn.labeled))
        y = floats(table["__label"])
        time = instants(table["__time"]) if self.timed else None
        if time is not None and (time == NEVER).any():
            keep = time > NEVER
            table, y, time, at = table.filter(pa.array(keep)), y[keep], time[keep], at[keep]
        if len(y) < FEWEST_LABELED or len(np.unique(y)) < 2:
            return None
        units = self.units(table)
        _, unit = np.unique(np.asarray(units, dtype=np.str_), return_inverse=True)
        later, earlier = (
            self.sides(table) if self.begins is not None else (np.zeros(len(y), dtype=np.bool_),) * 2
        )
        return Rows(
            table=table,
            y=y,
            target=target_of(y, self.label.kind),
            weight=1.0 / drawn.chance[at],
            coded=self.coded.take(at),
            unit=np.asarray(unit, dtype=np.int64),
            fold=_folds(units),
            time=time,
            day=None if time is None else np.asarray(local_days(time, self.source.timezone), dtype=np.int64),
            earlier=earlier,
            later=later,
        )

    @cached_property
    def scores(self) -> Floats:
        """The score of each of `rows` from a light model that saw no row of its unit."""
        rows = self.rows
        assert rows is not None
        return light.cross_fitted(rows.coded, rows.target, rows.weight, rows.fold, binary=self.binary)

    @cached_property
    def model(self) -> Additive:
        """The light model of all of `rows`."""
        rows = self.rows
        assert rows is not None
        return light.fit(rows.coded, rows.target, rows.weight, binary=self.binary)

    @cached_property
    def before(self) -> Additive | None:
        """The light model of the rows before the next period; None where that cannot be judged."""
        rows = self.rows
        if rows is None or rows.later.sum() < FEWEST_LATER or rows.earlier.sum() < FEWEST_LABELED:
            return None
        if any(len(np.unique(rows.target[part])) < 2 for part in (rows.earlier, rows.later)):
            return None
        return light.fit(
            rows.coded.take(rows.earlier),
            rows.target[rows.earlier],
            rows.weight[rows.earlier],
            binary=self.binary,
        )

    def units(self, table: pa.Table) -> list[str]:
        """Return what names the unit of each row: its entity, else its key, else its place."""
        entity, key = (table[name].to_pylist() for name in ("__entity", "__key"))
        return [
            f"e|{e}" if e is not None else f"k|{k}" if k is not None else f"r|{i}"
            for i, (e, k) in enumerate(zip(entity, key, strict=True))
        ]

    def sides(self, table: pa.Table) -> tuple[Flags, Flags]:
        """Return which canonical rows a model is judged on, and which it is learned from.

        By time where there is one; else a fifth of the units is held out.
        """
        if self.begins is None:
            held = light.folds(self.units(table), "held out") == 0
            return np.asarray(held), np.asarray(~held)
        time, known = instants(table["__time"]), instants(table["__known_at"])
        later = time >= self.begins
        return np.asarray(later), np.asarray(~later & ~(known >= self.begins) & (time > NEVER))

    @cached_property
    def begins(self) -> int | None:
        """When the next period begins, in microseconds since 1970; None without times."""
        if not self.timed or not self.enough:
            return None
        table = self.drawn.table.filter(pa.array(self.drawn.labeled))
        if not (instants(table["__time"]) > NEVER).any():
            return None
        begins = boundary(self.program, table)
        return None if begins is None else micros(begins)


def _folds(units: Sequence[str]) -> Ints:
    """Return the fold of each row, whole units together; with very few units stretches of rows."""
    if len(set(units)) >= FEWEST_UNITS:
        return light.folds(units, "graded")
    return np.asarray(np.arange(len(units)) * light.FOLDS // len(units), dtype=np.int64)


def target_of(y: Floats, kind: str) -> Floats:
    """Return what the light model learns: amounts clipped at their ends, counts as log(1 + y)."""
    if kind == "binary":
        return y
    y = scaled(y, kind)
    low, high = np.quantile(y, [CLIPPED, 1 - CLIPPED])
    clipped = np.clip(y, low, high)
    return np.asarray(clipped if clipped.min() < clipped.max() else y)


def scaled(y: Floats, kind: str) -> Floats:
    """Return the label on the scale on which it is learned: counts as log(1 + y)."""
    return np.asarray(np.log1p(np.maximum(y, 0.0))) if kind == "count" else y


def floats(column: Any) -> Floats:
    """Return a column as float64, NaN where null."""
    return np.asarray(
        column.cast(pa.float64()).fill_null(np.nan).to_numpy(zero_copy_only=False), dtype=np.float64
    )


def instants(column: Any) -> NDArray[np.int64]:
    """Return instants as microseconds since 1970, the smallest integer where null."""
    us = column.cast(pa.timestamp("us", "UTC")).cast(pa.int64()).fill_null(int(NEVER))
    return np.asarray(us.to_numpy(zero_copy_only=False), dtype=np.int64)


def places(table: pa.Table, at: Sequence[int]) -> tuple[str, ...]:
    """Return what rows are shown by: their key, else the number of the row, else its time."""
    shown = []
    for i in at:
        key, row = table["__key"][i].as_py(), table[ROW][i].as_py()
        shown.append(
            str(key if key is not None else f"row {row}" if row is not None else table["__time"][i].as_py())
        )
    return tuple(shown)
