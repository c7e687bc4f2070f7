"""Rows of the canonical table in their order, as arrays: for checks of how columns and neighbors hang together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fieldguide.tables.counting import real, whole
from fieldguide.tables.query.drawn import ROW
from fieldguide.tables.tally import Flags, Floats, Ints

NEVER = np.iinfo(np.int64).min
"""The time of a row that has none."""
INSTANT = pa.timestamp("us", "UTC")


class Column(Protocol):
    """What `lines` asks of a feature."""

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> str: ...


@dataclass(frozen=True, eq=False)
class Lines:
    """Rows in the order of time and key; where they have no time, in the order in which they came.

    `rows` is how many the table has, of which these (n) were drawn; `number` (n,) is the number of each in the
    table as it came, from 1 on (0 where rows have no order, as after a join), `places` its key (or time), `time`
    (n,) microseconds since 1970, UTC (NEVER where it has none), `entity` (n,) the number of its entity, -1
    without one. `numbers` hold the columns of numbers and of instants (in seconds since 1970), NaN where
    nothing finite is; `codes` those of categories and booleans, -1 where nothing is, as numbers of `labels`;
    `missing` says where any column, text among them, has no value.
    """

    rows: int
    number: Ints
    places: tuple[str | None, ...]
    time: Ints
    entity: Ints
    numbers: Mapping[str, Floats]
    codes: Mapping[str, Ints]
    labels: Mapping[str, tuple[str, ...]]
    missing: Mapping[str, Flags]

    def __len__(self) -> int:
        return len(self.number)

    def every(self, step: int) -> Lines:
        """Return every `step`-th of the rows."""
        return replace(
            self,
            number=self.number[::step],
            places=self.places[::step],
            time=self.time[::step],
            entity=self.entity[::step],
            numbers={name: x[::step] for name, x in self.numbers.items()},
            codes={name: x[::step] for name, x in self.codes.items()},
            missing={name: x[::step] for name, x in self.missing.items()},
        )


def lines(drawn: pa.Table, features: Sequence[Column], rows: int) -> Lines:
    """Return rows that were drawn from a canonical table of `rows` rows as arrays.

    `drawn` has the column `__row`, the number of each row from 1 on, null where rows have no order.
    """
    there = [f for f in features if f.name in drawn.column_names]
    time = _instants(drawn, "__time")
    shown = pa.table(
        {
            "time": time,
            "place": _places(drawn, time),
            "row": pc.fill_null(drawn[ROW].cast(pa.int64()), 0),
            "entity": _texts(drawn, "__entity"),
            **{f"x{i}": drawn[f.name] for i, f in enumerate(there)},
        }
    )
    timed = time.null_count < len(time)
    order = ["time", "place", "row"] if timed else ["row", "place"]
    found = shown.sort_by([(name, "ascending") for name in order])
    numbers: dict[str, Floats] = {}
    codes: dict[str, Ints] = {}
    labels: dict[str, tuple[str, ...]] = {}
    missing: dict[str, Flags] = {}
    for i, f in enumerate(there):
        x = found[f"x{i}"]
        missing[f.name] = np.asarray(x.is_null())
        if f.kind in ("number", "timestamp"):
            values = real(x) if f.kind == "number" else real(x.cast(INSTANT).cast(pa.int64())) / 1e6
            numbers[f.name] = np.where(np.isfinite(values), values, np.nan)
        elif f.kind != "text":
            codes[f.name], labels[f.name] = _coded(x.cast(pa.string()))
    return Lines(
        rows=rows,
        number=whole(found["row"]),
        places=tuple(found["place"].to_pylist()),
        time=whole(found["time"].cast(pa.int64()), NEVER),
        entity=_coded(found["entity"])[0],
        numbers=numbers,
        codes=codes,
        labels=labels,
        missing=missing,
    )


def _instants(drawn: pa.Table, name: str) -> pa.ChunkedArray:
    if name not in drawn.column_names:
        return pa.chunked_array([pa.nulls(len(drawn), INSTANT)])
    return drawn[name].cast(INSTANT)


def _texts(drawn: pa.Table, name: str) -> pa.ChunkedArray:
    if name not in drawn.column_names:
        return pa.chunked_array([pa.nulls(len(drawn), pa.string())])
    return drawn[name].cast(pa.string())


def _places(drawn: pa.Table, time: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return what each row is shown by: its key, or its time where it has none."""
    keys = _texts(drawn, "__key")
    if not keys.null_count:
        return keys
    told = pc.replace_substring_regex(time.cast(pa.timestamp("us")).cast(pa.string()), r"\.?0*$", "")
    return pc.coalesce(keys, told)


def _coded(column: pa.ChunkedArray) -> tuple[Ints, tuple[str, ...]]:
    """Return a column of texts as numbers of its distinct texts in their order, -1 for nothing."""
    encoded = column.combine_chunks().dictionary_encode()
    texts = encoded.dictionary
    order = np.asarray(pc.sort_indices(texts)) if len(texts) else np.zeros(0, dtype=np.int64)
    rank = np.empty(len(order) + 1, dtype=np.int64)
    rank[order], rank[-1] = np.arange(len(order)), -1
    codes = rank[whole(pa.chunked_array([encoded.indices]), -1)]
    return codes, tuple(texts.take(pa.array(order)).to_pylist())
