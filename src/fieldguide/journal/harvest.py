"""The way back: the journal with its outcomes as the next training table.

The values are those that were served, bit for bit, under the program's own column names, so that the same
program reads them as a source.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from fieldguide.errors import UsageError
from fieldguide.journal.joined import joined
from fieldguide.program import BinaryLabel, Program, raw_columns


@dataclass(frozen=True)
class Harvest:
    """A training table made of what was served; anything that reads Arrow reads it.

    `counted` says how many answers were left out and why, and how many of those taken were given under
    fallback.
    """

    program: str
    table: pa.Table
    counted: Mapping[str, int]

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Offer the rows as an Arrow C stream."""
        return self.table.__arrow_c_stream__(requested_schema)

    def __len__(self) -> int:
        """Return the number of rows."""
        return int(self.table.num_rows)


def harvest(
    folder: Path,
    program: Program,
    now: datetime | None = None,
    *,
    unmatured: bool = False,
    unlabeled: bool = False,
    fallback: bool = True,
    faults: Sequence[tuple[int, int | None]] = (),
) -> Harvest:
    """Make a training table of the journal: one row a key, the last answer before its outcome.

    Answers without a key stand for themselves. Left out, and counted: refused rows, earlier answers of the
    same key, answers given after the outcome, unmatured ones (unless `unmatured`), those that nothing
    is known of although their time is over (unless `unlabeled`: then with a null label), and with
    `fallback=False` those that the constant answered while the model was out of service. `faults` are
    stretches of entries (numbers of the first and the last, None for one that goes on) whose values are known
    to be wrong: nothing is to be learned from them, so they are left out, too.
    The columns: raw columns, key, time and entity, the label, when it was known, and `prediction`.

    Raises UsageError when the program has no name.
    """
    if program.name is None:
        raise UsageError("harvest: the program has no name, by which the journal knows it; give it name=….")
    columns = raw_columns(program)
    raw = {column.name for column in columns}
    parts = [name for name in program.source.keys if name not in raw]
    extra = parts if len(program.source.keys) > 1 else []
    table = joined(folder, program.name, columns, program.label, now, extra=extra)
    taken, counted = _chosen(table, faults, unmatured=unmatured, unlabeled=unlabeled, fallback=fallback)
    table = table.take(pa.array(taken, type=pa.int64()))
    made: dict[str, Any] = {column.name: table[column.name] for column in columns}
    if len(program.source.keys) == 1:
        made.setdefault(program.source.keys[0], table["__key"])
    made |= {name: table[name] for name in extra}
    if program.source.time is not None:
        made.setdefault(program.source.time, table["__time"])
    if program.source.entity is not None:
        made.setdefault(program.source.entity, table["__entity"])
    made[program.label.name] = _label(table["__label"], program)
    made[_free(program.label.known_at or "known_at", made)] = table["__known_at"]
    made[_free("prediction", made)] = table["__prediction"]
    return Harvest(program.name, pa.table(made), MappingProxyType(counted))


def _chosen(
    table: pa.Table,
    faults: Sequence[tuple[int, int | None]],
    *,
    unmatured: bool,
    unlabeled: bool,
    fallback: bool,
) -> tuple[list[int], dict[str, int]]:
    counted = dict.fromkeys(
        ("refused", "earlier answers of the same key", "after the outcome", "not yet mature", "without outcome", "in a known fault", "under fallback"), 0
    )  # fmt: skip
    rows = list(
        zip(
            table["__key"].to_pylist(), table["__time"].cast(pa.int64()).to_pylist(), table["__refused"].to_pylist(),
            table["__label"].to_pylist(), table["__mature"].to_pylist(), table["__fallback"].to_pylist(),
            strict=True,
        )
    )  # fmt: skip
    labeled = {key for key, _, _, label, _, _ in rows if label is not None}
    last: dict[Any, int] = {}
    for place, (key, time, refused, label, _, _) in enumerate(rows):
        if refused:
            counted["refused"] += 1
        elif key is not None and label is None and key in labeled:
            counted["after the outcome"] += 1
        else:
            before = last.get(place if key is None else key)
            if before is not None:
                counted["earlier answers of the same key"] += 1
            if before is None or time >= rows[before][1]:
                last[place if key is None else key] = place
    numbers = table["__n"].to_pylist()
    taken = []
    for place in sorted(last.values()):
        _, _, _, label, mature, constant = rows[place]
        if not mature and not unmatured:
            counted["not yet mature"] += 1
        elif label is None and not unlabeled:
            counted["without outcome"] += 1
        elif any(first <= numbers[place] and (end is None or numbers[place] <= end) for first, end in faults):
            counted["in a known fault"] += 1
        else:
            counted["under fallback"] += constant
            if fallback or not constant:
                taken.append(place)
    return taken, counted


def _label(values: pa.ChunkedArray, program: Program) -> Any:
    """Return the label as the program reads it: `positive` where it is declared, else numbers."""
    label = program.label
    if not isinstance(label, BinaryLabel) or label.positive is None:
        return values
    yes = label.positive
    no: Any = (not yes) if isinstance(yes, bool) else f"not {yes}" if isinstance(yes, str) else int(yes == 0)
    return pa.array([None if value is None else yes if value == 1.0 else no for value in values.to_pylist()])


def _free(name: str, made: Mapping[str, Any]) -> str:
    while name in made:
        name = f"served_{name}"
    return name
