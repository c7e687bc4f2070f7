"""A table as distinct texts and codes: what the detectors of cells work on."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

ABSENT = frozenset(
    ("", "na", "n/a", "#n/a", "nan", "null", "(null)", "none", "nil", "-", "--", "---", "?", "??", ".", "..",
     "n.a.", "n.a", "unknown", "(unknown)", "unk", "missing", "(missing)", "empty", "(empty)", "(blank)", "blank",
     "not available", "not applicable", "not known", "no data", "nodata", "undefined", "tbd", "\\n", "#null!", "#value!",
     "#ref!", "#name?", "#div/0!", "#num!")
)  # fmt: skip
"""Texts, whatever their case, that say that a value is missing."""
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


@dataclass(frozen=True, eq=False)
class Column:
    """A column as it came: its distinct texts, and for each row which of them it holds.

    `codes` has one number a row, an index of `values`, or -1 where the cell is null, empty or blank; `counts`
    are the rows of each value. `written` says that somebody wrote the texts; those of a typed column (decimals,
    truths, times) have their form from the type, and nothing is misspelled in them.
    """

    name: str
    values: tuple[str, ...]
    codes: Ints
    counts: Ints
    written: bool = True

    @cached_property
    def given(self) -> int:
        """Rows that hold something."""
        return int(self.counts.sum())

    @cached_property
    def absent(self) -> Flags:
        """Which values are words for a missing value."""
        return np.array([value.strip().lower() in ABSENT for value in self.values], dtype=bool)

    @cached_property
    def known(self) -> Ints:
        """The codes with those of words for a missing value as -1, too."""
        if not self.absent.any():
            return self.codes
        return np.where((self.codes >= 0) & self.absent[self.codes], -1, self.codes)

    @cached_property
    def numeric(self) -> Flags:
        """Which values are plain numbers."""
        return np.array([_NUMBER.fullmatch(value.strip()) is not None for value in self.values], dtype=bool)

    @cached_property
    def fractional(self) -> Flags:
        """Which values are numbers with a decimal point or an exponent."""
        broken = np.array([not _whole(value) for value in self.values], dtype=bool)
        return np.asarray(self.numeric & broken)

    @cached_property
    def length(self) -> Ints:
        """Characters of each value."""
        return np.array([len(value) for value in self.values], dtype=np.int64)

    def share(self, which: Flags) -> float:
        """Return the share of the given, not absent cells that hold one of the values `which`."""
        present = ~self.absent
        total = int(self.counts[present].sum())
        return float(self.counts[which & present].sum() / total) if total else 0.0


def columns_of(table: pa.Table, without: Sequence[str] = ("__row",)) -> tuple[Column, ...]:
    """Return the columns of a table as text, those of nested and binary types left out.

    >>> one, = columns_of(pa.table({"a": ["x", None, "y", "x", " "]}))
    >>> one.values, one.codes.tolist()
    (('x', 'y', ' '), [0, -1, 1, 0, -1])
    """
    return tuple(
        _column(name, table[name])
        for name in table.column_names
        if name not in without and not pa.types.is_nested(table[name].type) and not _binary(table[name].type)
    )


def fold(text: str) -> str:
    """Return a text without what people write now so, now so: case, accents, spaces, punctuation.

    >>> fold(" Café  del-Mar. ") == fold("CAFE DEL MAR")
    True
    """
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in plain if c.isalnum())


def _column(name: str, values: pa.ChunkedArray) -> Column:
    kind = values.type
    if pa.types.is_dictionary(kind):
        values = values.cast(kind.value_type)
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        if pa.types.is_floating(values.type):
            values = values.cast(pa.float32()) if pa.types.is_float16(values.type) else values
            values = pc.add(values, pa.scalar(0.0, values.type))  # minus zero is zero
        values = pc.cast(values, pa.string())
    coded = values.combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    texts = tuple(coded.dictionary.to_pylist())
    codes = np.asarray(coded.indices.fill_null(-1), dtype=np.int64)
    blank = np.array([not text.strip() for text in texts] or [False], dtype=bool)
    if blank.any():
        codes = np.where((codes >= 0) & blank[codes], -1, codes)
    counts = np.bincount(codes[codes >= 0], minlength=len(texts)).astype(np.int64)
    return Column(name, texts, codes, counts, not _typed(kind))


def _binary(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)
    )


def _typed(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_temporal(kind)
    )


def _whole(text: str) -> bool:
    return text.strip().lstrip("+-").isdigit()
