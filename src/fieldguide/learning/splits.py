"""Which rows a model is learned from and which it is judged on.

Rows whose label is known are split by time: the next period is everything from a boundary on. Within the
training part, a fifth of the entities is held out, whole, by a hash of their names. Rows are never split
at random: those of one user, or of one day, know too much of each other (FACTS 7.6, FLIGHTS 3).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from fieldguide.errors import DataError
from fieldguide.learning.layout import Floats, Index, Mask
from fieldguide.program import Program

HOLDOUT = 0.2
LEAST_TRAINING = 50
LEAST_JUDGED = 20
LEAST_UNITS = 10
"""Of fewer entities none are held out."""
NEVER = np.iinfo(np.int64).min
"""Stands for a missing time."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Split:
    """The rows with a known label, in the order of time and key, and who is in which part.

    `rows` are positions in the table; all other arrays belong to those rows. `time` is in microseconds
    (None without a time column), `day` the local calendar day, `unit` the entity, numbered (or the key, or
    the row itself); `grouped` tells whether units are entities. `boundary` is where the next period begins
    (None without time); `note` says what was done otherwise than asked.
    """

    rows: Index
    label: Floats
    weight: Floats
    unit: Index
    grouped: bool
    day: Index | None
    time: Any
    training: Mask
    holdout: Mask
    boundary: datetime | None
    note: str = ""

    @property
    def next_period(self) -> Mask:
        """The rows of the next period; none without a time column."""
        if self.boundary is None:
            return np.zeros(len(self.rows), bool)
        return np.asarray(~self.training & (self.time >= micros(self.boundary)))

    @property
    def pending(self) -> Mask:
        """Rows before the boundary whose label was known only after it: in no part."""
        if self.boundary is None:
            return np.zeros(len(self.rows), bool)
        return np.asarray(~self.training & (self.time < micros(self.boundary)))


def split(program: Program, table: pa.Table) -> Split:
    """Return the split of a canonical table.

    Raises DataError when no label is known, or when there are too few rows to learn from or to judge on.
    """
    label = _floats(table, "__label")
    time = _times(table, "__time")
    known = _known(program, label, time)
    keys, entities = _texts(table, "__key"), _texts(table, "__entity")
    order = _order(time, keys, known)
    rows = known[order]
    unit = _units(entities, keys, table.num_rows)[rows]
    unit = _by_appearance(unit)
    held = _held_out(entities, keys, table.num_rows)[rows]
    weight = _floats(table, "__weight")[rows] if "__weight" in table.column_names else np.ones(len(rows))
    _check_weights(weight)
    boundary, note, training = None, "", np.ones(len(rows), bool)
    if time is not None:
        boundary, note = _boundary(program, time[rows])
        training = time[rows] < micros(boundary)
        known_at = _times(table, "__known_at")
        if known_at is not None:
            training &= ~(known_at[rows] >= micros(boundary))
    holdout, without = _holdout(held & training, training, unit, label[rows])
    made = Split(
        rows=rows,
        label=label[rows],
        weight=weight,
        unit=unit,
        grouped=entities is not None,
        day=None if time is None else local_days(time[rows], program.source.timezone),
        time=None if time is None else time[rows],
        training=training,
        holdout=holdout,
        boundary=boundary,
        note="; ".join(filter(None, (note, without))),
    )
    _check_sizes(made)
    return made


def boundary(program: Program, table: pa.Table) -> datetime | None:
    """Return when the next period begins (UTC), or None without a time column.

    The rows before it, with or without a label, are those of the training window. Raises DataError when no
    label is known.
    """
    time = _times(table, "__time")
    known = _known(program, _floats(table, "__label"), time)
    return None if time is None else _boundary(program, time[known])[0]


def local_days(time: Any, timezone: str) -> Index:
    """Return the local calendar day of each instant (microseconds), as the number of days since 1970.

    Local time is looked up once for every quarter of an hour, the grain of all time zones in use.
    """
    quarters, index = np.unique(time // 900_000_000, return_inverse=True)
    zone = ZoneInfo(timezone)
    days = [
        (datetime.fromtimestamp(quarter * 900, zone).date() - EPOCH.date()).days
        for quarter in quarters.tolist()
    ]
    return np.array(days, np.intp)[index]


def label_facts(program: Program, table: pa.Table, until: datetime | None) -> dict[str, Any]:
    """Return what the training window tells of the label's arrival.

    `known_share` is the share of rows with a known label, `known_share_by_day` its 1 % and 99 % quantiles
    over local days; `delay_hours` the 99 percentiles of the hours from prediction to knowledge (None when
    no `known_at` is declared).
    """
    label, time, known_at = _floats(table, "__label"), _times(table, "__time"), _times(table, "__known_at")
    window = np.ones(len(label), bool)
    if time is not None:
        window = time > NEVER
        if until is not None:
            window &= time < micros(until)
    known = np.isfinite(label) & window
    facts: dict[str, Any] = {
        "rows": int(window.sum()),
        "known_share": float(known.sum() / max(window.sum(), 1)),
        "known_share_by_day": None,
        "delay_hours": None,
    }
    if time is None:
        return facts
    days = np.unique(local_days(time[window], program.source.timezone), return_inverse=True)[1]
    shares = np.bincount(days, weights=known[window].astype(float)) / np.maximum(np.bincount(days), 1)
    if len(shares):
        facts["known_share_by_day"] = np.quantile(shares, [0.01, 0.99]).tolist()
    if known_at is not None and program.label.known_at is not None:
        told = known & (known_at > NEVER)
        hours = (known_at[told] - time[told]) / 3.6e9
        if len(hours):
            facts["delay_hours"] = np.quantile(hours, np.arange(1, 100) / 100).tolist()
    return facts


def _known(program: Program, label: Floats, time: Any) -> Index:
    """Return the positions of the rows with a known label (and time, if there is such a column)."""
    has_label = np.isfinite(label)
    known = np.flatnonzero(has_label if time is None else has_label & (time > NEVER))
    if not len(known):
        raise DataError(
            f"No row has a known label: column {program.label.name!r} is empty in all {len(label):,} rows. Check the name and "
            f"positive= of {type(program.label).__name__}, or wait until outcomes have arrived."
        )
    return known


def _holdout(held: Mask, training: Mask, unit: Index, label: Floats) -> tuple[Mask, str]:
    """Return the holdout, or none where too little would be left to learn from, and why."""
    left = training & ~held
    units = len(np.unique(unit[training]))
    if units < LEAST_UNITS:
        return np.zeros_like(
            held
        ), f"no holdout: entities in the training part: {units}, fewer than {LEAST_UNITS}"
    if left.sum() < LEAST_TRAINING or (len(np.unique(label[left])) < 2 <= len(np.unique(label[training]))):
        return np.zeros_like(held), "no holdout: too little would be left to learn from"
    return held, ""


def _boundary(program: Program, time: Any) -> tuple[datetime, str]:
    first, last = int(time.min()), int(time.max())
    asked = program.next_period
    fifth = EPOCH + timedelta(microseconds=first + round((last - first) * (1.0 - HOLDOUT)))
    if isinstance(asked, timedelta):
        return EPOCH + timedelta(microseconds=last) - asked, ""
    if asked is None:
        return fifth, ""
    at = datetime.fromisoformat(asked)
    at = at.replace(tzinfo=ZoneInfo(program.source.timezone)) if at.tzinfo is None else at
    if micros(at) > last:
        return fifth, (
            f"no row lies on or after next_period={asked!r} yet; judged on the last fifth of the time span instead"
        )
    return at.astimezone(UTC), ""


def _check_sizes(made: Split) -> None:
    training, judged = int(made.training.sum()), int(made.next_period.sum())
    if training < LEAST_TRAINING:
        where = f"before {made.boundary:%Y-%m-%d}" if made.boundary else "with a known label"
        raise DataError(
            f"{training} rows {where} are too few to learn from; at least {LEAST_TRAINING} are needed. Take a longer time span, or "
            "another next_period=."
        )
    if made.boundary is not None and judged < LEAST_JUDGED:
        raise DataError(
            f"{judged} rows with a known label from {made.boundary:%Y-%m-%d} on are too few to judge on; at least "
            f"{LEAST_JUDGED} are needed. Set next_period= of the program to an earlier date or a longer timedelta."
        )
    if made.boundary is None and int(made.holdout.sum()) < LEAST_JUDGED:
        raise DataError(
            f"There is no time column, and only {int(made.holdout.sum())} rows fall into the holdout of whole entities; at least "
            f"{LEAST_JUDGED} are needed. Name time= of the source, or take more rows."
        )


def _check_weights(weight: Floats) -> None:
    if not np.isfinite(weight).all() or (weight < 0).any() or not (weight > 0).any():
        raise DataError(
            "The weight column holds values that are missing, not finite or negative; a weight is a number above 0."
        )


def _order(time: Any, keys: pa.Array | None, known: Index) -> Index:
    """Return the order of time, then key: the same rows give the same fit in whatever order they came."""
    ranks: list[Any] = []
    if keys is not None:
        ranks.append(_ranks(keys.take(pa.array(known))))
    if time is not None:
        ranks.append(time[known])
    return np.lexsort(ranks) if ranks else np.arange(len(known))


def _ranks(texts: pa.Array) -> Any:
    order = pa.compute.array_sort_indices(texts).to_numpy()
    ranks = np.empty(len(order), np.int64)
    ranks[order] = np.arange(len(order))
    return ranks


def _units(entities: pa.Array | None, keys: pa.Array | None, rows: int) -> Index:
    """Return a number for each row's entity; its key where it has none; itself where there is no key."""
    unit = np.arange(rows, dtype=np.intp)
    for texts in (keys, entities):
        if texts is not None:
            coded = texts.dictionary_encode()
            codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
            unit = np.where(codes >= 0, codes + unit.max(initial=0) + 1, unit)
    return unit


def _by_appearance(unit: Index) -> Index:
    """Return the units numbered as they first appear, so that their order does not depend on the table's."""
    _, firsts, inverse = np.unique(unit, return_index=True, return_inverse=True)
    ranks = np.empty(len(firsts), np.intp)
    ranks[np.argsort(firsts)] = np.arange(len(firsts))
    return ranks[inverse]


def _held_out(entities: pa.Array | None, keys: pa.Array | None, rows: int) -> Mask:
    """Tell for each row whether its entity (or key, or position) falls into the holdout, by md5."""
    held = None
    for texts in (entities, keys, pa.array([str(i) for i in range(rows)])):
        if texts is None:
            continue
        coded = texts.dictionary_encode()
        chosen = np.array([_falls(text) for text in coded.dictionary.to_pylist()] or [False])
        codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        these = np.where(codes >= 0, chosen[codes], -1)
        held = these if held is None else np.where(held == -1, these, held)
        if (held >= 0).all():
            break
    assert held is not None
    return np.asarray(held == 1)


def _falls(text: str) -> bool:
    digest = hashlib.md5(f"holdout|{text}".encode(errors="surrogatepass"), usedforsecurity=False).digest()
    return int.from_bytes(digest[:8], "big") < HOLDOUT * 2**64


def micros(at: datetime) -> int:
    """Return an aware instant as microseconds since 1970 UTC."""
    return round((at - EPOCH) / timedelta(microseconds=1))


def _column(table: pa.Table, name: str) -> pa.Array | None:
    if name not in table.column_names:
        return None
    column = table.column(name)
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def _floats(table: pa.Table, name: str) -> Floats:
    column = _column(table, name)
    if column is None:
        raise DataError(f"The table has no column {name!r}; read it by fieldguide's own reader.")
    return np.asarray(column.cast(pa.float64()).fill_null(float("nan")).to_numpy(zero_copy_only=False))


def _texts(table: pa.Table, name: str) -> pa.Array | None:
    column = _column(table, name)
    return None if column is None or column.null_count == len(column) else column.cast(pa.string())


def _times(table: pa.Table, name: str) -> Any:
    """Return microseconds since 1970, the smallest integer where null; None when the column is all null."""
    column = _column(table, name)
    if column is None or column.null_count == len(column):
        return None
    micros = column.cast(pa.timestamp("us", "UTC")).cast(pa.int64())
    return micros.fill_null(int(NEVER)).to_numpy(zero_copy_only=False)
