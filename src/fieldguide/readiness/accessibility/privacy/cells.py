"""The distinct values of a column, as the recognizers see them: text, without what stands for a missing value."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from fieldguide.readiness.accessibility.privacy.shapes import is_missing

MOST_DISTINCT = 2_000
"""Distinct values of a column that are looked at; of more, those with the smallest CRC."""

MOST_NESTED = 500
"""Rows of a column of records or lists that are looked at, written out as text."""

Type = Literal["text", "integer", "float", "time", "boolean", "other"]


@dataclass(frozen=True)
class Cells:
    """What a sample of a column holds.

    `texts` are distinct values (at most 2,000, in an order of their own that has nothing to do with their content),
    `counts` their rows; `distinct` is the number of distinct values and `rows` that of rows with a value, of the
    `of` rows that were looked at. `type` is the type as the source gives it (a CSV file gives text throughout).
    """

    name: str
    texts: tuple[str, ...]
    counts: tuple[int, ...]
    distinct: int
    rows: int
    of: int
    type: Type = "text"

    @property
    def numeric(self) -> bool:
        """Whether nearly all values are plain numbers, whatever the type."""
        if self.type in ("integer", "float"):
            return True
        looked = self.texts[:200]
        return bool(looked) and sum(map(_is_number, looked)) >= 0.95 * len(looked)


def cells(name: str, column: pa.ChunkedArray | Sequence[object]) -> Cells:
    """Return the distinct values of a column.

    >>> cells("plan", ["free", " pro ", "free", None, "n/a"]).texts
    ('free', 'pro')
    """
    array = column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([pa.array(column)])
    kind = array.type
    if pa.types.is_dictionary(kind):
        array = array.cast(kind.value_type)
        kind = kind.value_type
    told = _type(kind)
    if told == "other":
        if not pa.types.is_nested(kind):
            return Cells(name, (), (), 0, 0, len(array), told)
        written = [None if value is None else str(value) for value in array.slice(0, MOST_NESTED).to_pylist()]
        array, told = pa.chunked_array([pa.array(written, pa.string())]), "text"
    counted = pc.value_counts(array.combine_chunks() if array.num_chunks != 1 else array.chunk(0))
    merged: dict[str, int] = {}
    values, times = counted.field("values").to_pylist(), counted.field("counts").to_pylist()
    for value, n in zip(values, times, strict=True):
        text = _text(value)
        if text is not None and not is_missing(text):
            merged[text] = merged.get(text, 0) + n
    chosen = sorted(merged, key=lambda text: (zlib.crc32(text.encode()), text))[:MOST_DISTINCT]
    return Cells(
        name=name,
        texts=tuple(chosen),
        counts=tuple(merged[text] for text in chosen),
        distinct=len(merged),
        rows=sum(merged.values()),
        of=len(array),
        type=told,
    )


def masked(text: str, most: int = 24) -> str:
    """Return what a text looks like, without what it says: letters and digits of one kind become one sign.

    >>> masked("3/29/1982"), masked("MarieH@armyspy.com")
    ('9/99/9999', 'XxxxxX@xxxxxxx.xxx')
    """
    shown = "".join(
        "9" if c.isdigit() else "X" if c.isupper() else "x" if c.isalpha() else c for c in text[:most]
    )
    return shown + ("…" if len(text) > most else "")


_NUMBER = re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?")


def _is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, float):
        if value != value:
            return None
        return str(int(value)) if value.is_integer() and abs(value) < 1e18 else repr(value)
    return str(value).strip()


def _type(kind: pa.DataType) -> Type:
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return "text"
    if pa.types.is_integer(kind):
        return "integer"
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "float"
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return "time"
    return "boolean" if pa.types.is_boolean(kind) else "other"
