"""The columnar form of the encoder: plans made from training rows, tables turned into batches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from fieldguide.learning.layout import Columns, Floats, Index, Item, LevelColumn, NumberColumn
from fieldguide.learning.plan import LIMIT, LevelSlot, NumberSlot, Plan, Slot
from fieldguide.learning.values import AS_KIND

Codes: TypeAlias = npt.NDArray[np.int32]

LEAST_ROWS = 20
"""A level, the rare ones together, or missing ones have a weight of their own from so many training rows on …"""
LEAST_SHARE = 2e-4
"""… and from this share of them. What has fewer counts as the mean: its weight would be luck, and might one day
speak for many rows (a month of which training held one day, a column that was null twice and then is a flood)."""
MOST_LEVELS = 1000
"""At most so many levels of one category have a weight of their own: the most frequent ones."""


@dataclass(frozen=True)
class Batch:
    """Encoded rows: `dense` (n, d) float64 and `codes` (n, k) int32, both column by column in memory.

    A code equal to the size of its slot stands for the mean of the training rows.
    """

    plan: Plan
    dense: Floats
    codes: Codes

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.dense)

    def take(self, index: Any) -> Batch:
        """Return the rows at `index` (positions, a mask or a slice)."""
        return Batch(self.plan, _by_column(self.dense, index), _by_column(self.codes, index))

    def matrix(self) -> Floats:
        """Return the (n, width) float64 matrix, one-hot codes written out; `plan.names` names its columns."""
        out = np.zeros((self.rows, self.plan.width))
        out[:, : self.dense.shape[1]] = self.dense
        start = self.dense.shape[1]
        for slot, codes in zip(self.plan.levels, self.codes.T, strict=True):
            own = np.flatnonzero(codes < slot.size)
            out[own, start + codes[own]] = 1.0
            out[codes == slot.size, start : start + slot.size] = slot.reference
            start += slot.size
        return out

    def sparse(self) -> Any:
        """Return the same matrix as a scipy CSR array, zeros left out."""
        from scipy import sparse

        blocks = [sparse.csr_array(self.dense)]
        for slot, codes in zip(self.plan.levels, self.codes.T, strict=True):
            table = sparse.csr_array(np.vstack([np.eye(slot.size), slot.reference]))
            blocks.append(table[codes])
        return sparse.csr_array(sparse.hstack(blocks, format="csr"))


def make_plan(columns: Columns, weight: Floats, rows: Index) -> Plan:
    """Return the plan for the training rows at positions `rows`; `weight` belongs to all rows of the table."""
    slots: list[Slot] = []
    empty: list[str] = []
    for item in columns.layout.items:
        made = [_slot(columns, item, part, weight, rows) for part in item.parts]
        slots.extend(slot for slot in made if slot is not None)
        if not any(made):
            empty.append(item.name)
    return Plan(columns.layout.columns, columns.layout.timezone, tuple(slots), tuple(empty))


def encode(plan: Plan, columns: Columns, *, as_shown: bool = False) -> Batch:
    """Return every row of the table encoded.

    Presentation columns are held at their neutral value unless `as_shown`, which is for training.
    """
    items = {item.name: item for item in columns.layout.items}
    dense = np.empty((plan.dense, columns.rows))
    codes = np.empty((len(plan.levels), columns.rows), np.int32)
    d = k = 0
    for slot in plan.slots:
        if isinstance(slot, NumberSlot):
            z, missing = _number(slot, columns, items[slot.feature], None if as_shown else slot.neutral)
            if slot.value:
                dense[d] = z
                d += 1
            if slot.missing:
                dense[d] = missing
                d += 1
        else:
            if slot.neutral is None or as_shown:
                codes[k] = level_codes(slot, columns.levels(items[slot.feature], slot.part))
            else:
                codes[k] = slot.neutral
            k += 1
    return Batch(plan, dense.T, codes.T)


def level_codes(slot: LevelSlot, column: LevelColumn) -> Codes:
    """Return the code of every row."""
    table, other = slot.codes(), slot.other
    return np.array([table.get(level, other) for level in column.distinct] or [0], np.int32)[column.index]


def _number(
    slot: NumberSlot, columns: Columns, item: Item, held: tuple[float, float] | None
) -> tuple[Any, Any]:
    if held is not None:
        return held
    column = columns.number(item, slot.part)
    return _standard(slot, column), column.missing


def _standard(slot: NumberSlot, column: NumberColumn) -> Floats:
    with np.errstate(over="ignore"):
        z = (column.values - slot.mean) / slot.scale
    z = np.where(z >= -LIMIT, np.where(z <= LIMIT, z, LIMIT), -LIMIT)
    return np.where(column.missing, 0.0, z)


def _by_column(array: Any, index: Any) -> Any:
    return np.ascontiguousarray(array.T[:, index]).T


def _slot(columns: Columns, item: Item, part: str | None, weight: Floats, rows: Index) -> Slot | None:
    if item.kind == "number" or part == "hour":
        return _number_slot(columns, item, part, weight, rows)
    return _level_slot(columns.levels(item, part), item, part, weight, rows)


def _number_slot(
    columns: Columns, item: Item, part: str | None, weight: Floats, rows: Index
) -> NumberSlot | None:
    column = columns.number(item, part)
    missing, w = column.missing[rows], weight[rows]
    known = ~missing
    mean, scale = _moments(column.values[rows][known], w[known])
    value, indicator = scale > 0.0, bool(missing.sum() >= _least(rows) and known.any())
    if not value and not indicator:
        return None
    slot = NumberSlot(item.name, part, mean, scale if value else 1.0, value, indicator, (0.0, 0.0))
    taken = NumberColumn(column.values[rows], missing)
    reference = (_mean(_standard(slot, taken), w) if value else 0.0, _mean(missing.astype(float), w))
    neutral = None
    if item.shown:
        at = AS_KIND["number"](item.name, item.neutral)
        one = NumberColumn(np.array([0.0 if at is None else at]), np.array([at is None]))
        neutral = (float(_standard(slot, one)[0]), float(at is None))
    return NumberSlot(item.name, part, mean, slot.scale, value, indicator, reference, neutral)


def _level_slot(
    column: LevelColumn, item: Item, part: str | None, weight: Floats, rows: Index
) -> LevelSlot | None:
    index = column.index[rows]
    counts = _counts(column, index)
    least = _least(rows)
    missing = counts.pop(None, 0) >= least
    kept = sorted((-count, level) for level, count in counts.items() if count >= least)[:MOST_LEVELS]
    levels, own = tuple(sorted(level for _, level in kept)), set(kept)
    others = np.add.reduce([count for level, count in counts.items() if (-count, level) not in own] or [0])
    rare = item.kind == "category" and bool(others >= least)
    slot = LevelSlot(item.name, part, levels, rare, missing, ())
    if slot.size < 2:
        return None
    w = weight[rows]
    shares = np.bincount(level_codes(slot, column)[rows], weights=w, minlength=slot.size + 1)[: slot.size]
    neutral = None
    if item.shown:
        neutral = slot.codes().get(AS_KIND[item.kind](item.name, item.neutral), slot.other)
    reference = tuple((shares / np.add.reduce(shares)).tolist())
    return LevelSlot(item.name, part, levels, rare, missing, reference, neutral)


def _least(rows: Index) -> float:
    return max(LEAST_ROWS, LEAST_SHARE * len(rows))


def _counts(column: LevelColumn, index: Index) -> dict[Any, int]:
    """Return how many rows hold each value; several combinations of arguments may give the same one."""
    counts: dict[Any, int] = {}
    for value, count in zip(
        column.distinct, np.bincount(index, minlength=len(column.distinct)).tolist(), strict=True
    ):
        counts[value] = counts.get(value, 0) + count
    return counts


def _moments(values: Floats, weight: Floats) -> tuple[float, float]:
    """Return weighted mean and standard deviation; (0, 0) for a column that holds one value or none."""
    if not len(values) or values.min() == values.max():
        return 0.0, 0.0
    peak = float(np.abs(values).max())
    small = values / peak
    mean = _mean(small, weight)
    spread = float(np.sqrt(_mean((small - mean) ** 2, weight)))
    if spread <= 1e-12:
        return 0.0, 0.0
    return mean * peak, spread * peak


def _mean(values: Floats, weight: Floats) -> float:
    return float(np.add.reduce(values * weight) / np.add.reduce(weight))
