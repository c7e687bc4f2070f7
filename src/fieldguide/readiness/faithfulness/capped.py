"""B2: a heap of rows on the largest (or smallest) value, as where all that lay beyond was set to it."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from fieldguide.finding import Finding
from fieldguide.program import Feature
from fieldguide.readiness.checks import found
from fieldguide.readiness.faithfulness.points import number, unit_of
from fieldguide.tables.query.lines import Lines
from fieldguide.tables.tally import Floats, Ints

FEWEST_ROWS = 10
FEWEST_ENTITIES = 5
"""Entities, at least, whose rows hold the value: what stays the same within an entity makes no heap."""
FEWEST_DISTINCT = 20
HEAP = 5.0
"""So many times as many rows as any of the five values beside it has a value at which others were cut off."""
OFTEN = 0.02
"""Share of the values within the column that may be such heaps: where they are usual, one at the end is nothing special."""
AS_ROUND = 2.0
"""The same against the two nearest values that are as round."""


@dataclass(frozen=True)
class Heap:
    """Rows on the last value at one end (`side`) of a number.

    `most_beside` is the most rows of a value beside it, `smallest` the smallest value of all, `whole` says that all are
    whole numbers.
    """

    side: str
    value: float
    rows: int
    most_beside: int
    smallest: float = -math.inf
    whole: bool = False


def heap_at_end(values: Floats, rows: Ints, side: str) -> Heap | None:
    """Return the heap at an end ("largest" or "smallest") of the sorted distinct `values`, None when there is none.

    Round values are heaped anyway, so a round one is also compared with the next ones as round.
    """
    if len(values) < FEWEST_DISTINCT:
        return None
    smallest, whole = float(values[0]), bool((values == np.round(values)).all())
    if side == "smallest":
        values, rows = values[::-1], rows[::-1]
    last, n = float(values[-1]), int(rows[-1])
    beside = rows[-6:-1]
    if n < max(FEWEST_ROWS, HEAP * beside.max()):
        return None
    if _heaps_within(rows) > OFTEN:
        return None
    size = _roundness(last)
    others = zip(values[-2::-1].tolist(), rows[-2::-1].tolist(), strict=True)
    alike = list(itertools.islice((r for v, r in others if size > 0 and _roundness(v) >= size), 2))
    if alike and n < AS_ROUND * max(alike):
        return None
    return Heap(side, last, n, int(beside.max()), smallest, whole)


def _heaps_within(rows: Ints) -> float:
    """Return the share of the values that hold so many more rows than the five before them, but for the last."""
    before = np.lib.stride_tricks.sliding_window_view(rows[:-2], 5)
    here = rows[5:-1]
    return float((here >= np.maximum(FEWEST_ROWS, HEAP * before.max(axis=1))).mean())


def of_few(lines: Lines, name: str, value: float) -> bool:
    """Whether only a few entities have a value, where rows belong to entities: those alone make no heap."""
    if lines.entity.max(initial=-1) < 0:
        return False
    here = np.isclose(lines.numbers[name], value, rtol=1e-9, atol=0.0)
    return len(np.unique(lines.entity[here])) < FEWEST_ENTITIES


def capped_values(feature: Feature, heap: Heap, total: int) -> list[Finding]:
    """B2: say how many rows lie on the last value; nothing where the scale itself ends there.

    It does at zero, at the declared bound, at 1 or 100 where no value is negative (shares, percent), and at 1 where
    whole numbers start (counts).
    """
    low, high = getattr(feature, "low", None), getattr(feature, "high", None)
    if heap.value in (low, high, 0.0) or (heap.side == "smallest" and heap.whole and heap.value == 1.0):
        return []
    if heap.side == "largest" and heap.value in (1.0, 100.0) and heap.smallest >= 0:
        return []
    beyond = "larger" if heap.side == "largest" else "smaller"
    saw = (
        f"{heap.rows:,} rows ({heap.rows / max(total, 1):.2%}) hold the {heap.side} value, {number(heap.value)}{unit_of(feature)}; "
        f"no value beside it has more than {heap.most_beside:,}: were {beyond} ones cut off?"
    )
    todo = (
        f"ask whether {beyond} values were set to this one; if so say it in about=…, and declare the bound as "
        f"{'high' if heap.side == 'largest' else 'low'}="
    )
    evidence = {"value": heap.value, "rows": heap.rows}
    return [
        found(
            "capped_values", "pass", saw, feature.name, expected="no heap at the end of the values", todo=todo,
            evidence=evidence,
        )
    ]  # fmt: skip


def _roundness(x: float) -> float:
    """Return how round a number is: the power of ten that divides it, and a third more where five of them do.

    >>> [_roundness(x) for x in (200_000.0, 99.0, 50.0, 12.5)]
    [5.0, 0.0, 1.3, 0.0]
    """
    if x == 0 or not math.isfinite(x):
        return 0.0
    power = 0
    while power < 15 and math.isclose(x / 10.0 ** (power + 1), round(x / 10.0 ** (power + 1)), rel_tol=1e-12):
        power += 1
    return power + (0.3 if power and np.isclose(x / 10.0**power % 5, 0) else 0.0)
