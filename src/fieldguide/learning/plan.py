"""Plan: how each feature of a row becomes numbers, frozen at the fit.

A plan is a list of slots. A `NumberSlot` gives a standardized value and, where values were missing in
training, an indicator; a `LevelSlot` gives one code of a few. Each slot has one definition, which the row
form (`rows.py`) and the columnar form (`encoder.py`) both follow bit for bit.

Defined encodings: a missing or non-finite number counts as the training mean, with its indicator set if
there is one; a standardized value is kept within ±`LIMIT`; a level not in the vocabulary falls into the slot
`rare` if training had enough rows of rare levels, a missing level has a code of its own if training had
enough such rows, and every other level counts as the mean of the training rows too: in each one-hot column
the share of that level. (Zeros would not be neutral: the few training rows with no level of their own would
then decide the intercept, and one day speak for many.)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

LIMIT = 1e6
"""Standardized values beyond ± this many standard deviations count as this many."""

Level = str | int | bool


@dataclass(frozen=True)
class NumberSlot:
    """A number, or the decimal hour of a timestamp.

    `value` tells whether the standardized value (x − mean)/scale is used (not for a constant column),
    `missing` whether there is an indicator. `reference` holds the means of the two encoded columns over the
    training rows. `neutral` is the encoded (value, indicator) at which a presentation column is held.
    """

    feature: str
    part: str | None
    mean: float
    scale: float
    value: bool
    missing: bool
    reference: tuple[float, float]
    neutral: tuple[float, float] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the dense columns."""
        name = f"{self.feature}.{self.part}" if self.part else self.feature
        return ((name,) if self.value else ()) + ((f"{name} is missing",) if self.missing else ())


@dataclass(frozen=True)
class LevelSlot:
    """One of a few levels: a category, a boolean, a part of a timestamp.

    Codes count the `levels` in order, then `rare` if there is one, then `missing` if there is one; the code
    `size` stands for the mean. `reference` holds the share of each code below `size` among the training rows
    that have one; the shares add up to one.
    """

    feature: str
    part: str | None
    levels: tuple[Level, ...]
    rare: bool
    missing: bool
    reference: tuple[float, ...]
    neutral: int | None = None

    @property
    def size(self) -> int:
        """How many columns the slot has, written out one-hot."""
        return len(self.levels) + self.rare + self.missing

    @property
    def other(self) -> int:
        """The code of a level that is not in the vocabulary."""
        return len(self.levels) if self.rare else self.size

    @property
    def null(self) -> int:
        """The code of a missing value."""
        return len(self.levels) + self.rare if self.missing else self.size

    def codes(self) -> dict[Level | None, int]:
        """Return the code of each level and of None; any other level has the code `other`."""
        table: dict[Level | None, int] = {level: code for code, level in enumerate(self.levels)}
        table[None] = self.null
        return table

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the one-hot columns."""
        name = f"{self.feature}.{self.part}" if self.part else self.feature
        texts = [str(level).lower() if isinstance(level, bool) else str(level) for level in self.levels]
        return (
            *(f"{name}={text}" for text in texts),
            *((f"{name} is rare",) if self.rare else ()),
            *((f"{name} is missing",) if self.missing else ()),
        )


Slot = NumberSlot | LevelSlot


@dataclass(frozen=True)
class Plan:
    """How the rows of one program become numbers.

    `columns` are the raw columns (name, kind) in the order of every row of values; `timezone` is the one in
    which parts of the day are taken; `empty` are features that held one value only in training, or nothing,
    and are encoded to nothing.
    """

    columns: tuple[tuple[str, str], ...]
    timezone: str
    slots: tuple[Slot, ...]
    empty: tuple[str, ...] = ()

    @property
    def numbers(self) -> tuple[NumberSlot, ...]:
        """The slots of the dense columns."""
        return tuple(slot for slot in self.slots if isinstance(slot, NumberSlot))

    @property
    def levels(self) -> tuple[LevelSlot, ...]:
        """The slots of the codes."""
        return tuple(slot for slot in self.slots if isinstance(slot, LevelSlot))

    @property
    def dense(self) -> int:
        """How many dense columns there are."""
        return len([name for slot in self.numbers for name in slot.names])

    @property
    def width(self) -> int:
        """How many columns there are, written out one-hot."""
        return self.dense + len([name for slot in self.levels for name in slot.names])

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns of the matrix: dense ones, then one-hot ones."""
        return tuple(name for slot in self._by_form for name in slot.names)

    @property
    def features(self) -> tuple[str, ...]:
        """The features that are encoded to something, in the program's order."""
        return tuple(dict.fromkeys(slot.feature for slot in self.slots))

    @property
    def owners(self) -> tuple[str, ...]:
        """The feature behind each column of the matrix."""
        return tuple(slot.feature for slot in self._by_form for _ in slot.names)

    @property
    def _by_form(self) -> tuple[Slot, ...]:
        return (*self.numbers, *self.levels)


def to_json(plan: Plan) -> dict[str, Any]:
    """Return a plan as plain values; floats survive the way through JSON exactly."""
    return {
        "columns": [list(column) for column in plan.columns],
        "timezone": plan.timezone,
        "empty": list(plan.empty),
        "slots": [
            {"form": "number" if isinstance(slot, NumberSlot) else "levels", **asdict(slot)}
            for slot in plan.slots
        ],
    }


def from_json(flat: Mapping[str, Any]) -> Plan:
    """Return the plan that `to_json` gave."""
    return Plan(
        columns=tuple((name, kind) for name, kind in flat["columns"]),
        timezone=flat["timezone"],
        slots=tuple(_slot(dict(slot)) for slot in flat["slots"]),
        empty=tuple(flat["empty"]),
    )


def _slot(flat: dict[str, Any]) -> Slot:
    form = flat.pop("form")
    flat["reference"] = tuple(flat["reference"])
    if form == "number":
        neutral = flat.pop("neutral")
        return NumberSlot(**flat, neutral=None if neutral is None else (neutral[0], neutral[1]))
    flat["levels"] = tuple(flat["levels"])
    return LevelSlot(**flat)


def digest(plan: Plan) -> str:
    """Return the sha256 of a plan."""
    return hashlib.sha256(json.dumps(to_json(plan), sort_keys=True).encode()).hexdigest()
