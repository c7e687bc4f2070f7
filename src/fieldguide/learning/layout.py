"""Layout: what the rows of a program hold, and what is computed from them.

`Columns` are the values behind every slot for a whole table, each computed once: numbers as arrays,
everything else as its distinct values and an index into them. What is not + − × ÷ is evaluated on the
distinct values by the same Python code that serves one row (`values.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from fieldguide.errors import DataError
from fieldguide.learning.values import AS_KIND, LEVEL_PARTS, computing_failed, finite, hour_of, local_clock
from fieldguide.program import Presentation, Program, Timestamp, arguments, raw_columns

Floats: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]
Index: TypeAlias = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Item:
    """One feature as the encoder sees it.

    `parts` is (None,) unless it is a timestamp; `function` with `reads` (positions of raw columns) is there
    when it is computed, else `position` is that of its raw column; `shown` tells a presentation column,
    held at `neutral` when serving.
    """

    name: str
    kind: str
    parts: tuple[str | None, ...]
    position: int | None
    function: Callable[..., Any] | None = None
    reads: tuple[int, ...] = ()
    shown: bool = False
    neutral: Any = None


@dataclass(frozen=True)
class Layout:
    """The raw columns (name, kind) of a program in the order of every row of values, and its features."""

    columns: tuple[tuple[str, str], ...]
    timezone: str
    items: tuple[Item, ...]


def layout_of(program: Program) -> Layout:
    """Return the layout of a program."""
    columns = tuple((column.name, column.kind) for column in raw_columns(program))
    names = [name for name, _ in columns]
    items = []
    for feature in program.features:
        parts: tuple[str | None, ...] = feature.parts if isinstance(feature, Timestamp) else (None,)
        shown = isinstance(feature, Presentation)
        items.append(
            Item(
                name=feature.name,
                kind=feature.kind,
                parts=parts,
                position=None if feature.of else names.index(feature.name),
                function=feature.of,
                reads=arguments(program, feature.of) if feature.of else (),
                shown=shown,
                neutral=feature.neutral if isinstance(feature, Presentation) else None,
            )
        )
    return Layout(columns, program.source.timezone, tuple(items))


@dataclass(frozen=True)
class NumberColumn:
    """Numbers of every row; `missing` where null or not finite (the value is then 0.0)."""

    values: Floats
    missing: Mask


@dataclass(frozen=True)
class LevelColumn:
    """The distinct values of a column (None among them where missing) and which one each row holds."""

    distinct: tuple[Any, ...]
    index: Index


Column = NumberColumn | LevelColumn


@dataclass(frozen=True)
class Columns:
    """The columns of a canonical table as a layout sees them; every one is computed once, when asked for."""

    layout: Layout
    table: pa.Table
    _made: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        lacking = [name for name, _ in self.layout.columns if name not in self.table.column_names]
        if lacking:
            raise DataError(
                f"The table lacks the columns {lacking}; it holds {self.table.column_names[:20]}. Read it by fieldguide's own "
                "reader, which names the columns as the program does."
            )

    @property
    def rows(self) -> int:
        """The number of rows."""
        return int(self.table.num_rows)

    def raw_number(self, position: int) -> NumberColumn:
        """Return the raw number at a position of the layout."""
        return self._once(("number", position), lambda: _numbers(self._array(position)))  # type: ignore[no-any-return]

    def raw_levels(self, position: int) -> LevelColumn:
        """Return any raw column as functions of the user see it: distinct values and their index.

        Numbers that are not finite are None; timestamps are aware local times.
        """
        return self._once(("levels", position), lambda: self._raw_levels(position))  # type: ignore[no-any-return]

    def number(self, item: Item, part: str | None) -> NumberColumn:
        """Return a feature whose slot is a number."""
        if item.kind == "timestamp":
            return self._once((item.name, part), lambda: _as_numbers(self._part(item, hour_of)))  # type: ignore[no-any-return]
        if item.function is None:
            return self.raw_number(_position(item))
        return self._once((item.name, part), lambda: _as_numbers(self._computed(item)))  # type: ignore[no-any-return]

    def levels(self, item: Item, part: str | None) -> LevelColumn:
        """Return a feature whose slot is one of levels."""
        if part is not None:
            return self._once((item.name, part), lambda: self._part(item, LEVEL_PARTS[part]))  # type: ignore[no-any-return]
        if item.function is None:
            return self.raw_levels(_position(item))
        return self._once((item.name, part), lambda: self._computed(item))  # type: ignore[no-any-return]

    def evaluate(self, reads: Sequence[int], call: Callable[..., Any]) -> LevelColumn:
        """Return `call` of the raw columns at `reads`, evaluated once for each distinct combination."""
        inputs = [self.raw_levels(position) for position in reads]
        index, firsts = _combine(
            [column.index for column in inputs], [len(c.distinct) for c in inputs], self.rows
        )
        results = [
            call(*(column.distinct[column.index[row]] for column in inputs)) for row in firsts.tolist()
        ]
        return LevelColumn(tuple(results), index)

    def row_values(self, index: Index) -> list[tuple[Any, ...]]:
        """Return the rows at `index` as the tuples of canonical values that serving sees."""
        taken = self.table.select([name for name, _ in self.layout.columns]).take(pa.array(index))
        lists = []
        for (_, kind), column in zip(self.layout.columns, taken.columns, strict=True):
            lists.append((_micros(column) if kind == "timestamp" else column).to_pylist())
        return list(zip(*lists, strict=True)) if lists else [() for _ in range(len(index))]

    def _once(self, key: Any, make: Callable[[], Any]) -> Any:
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def _array(self, position: int) -> pa.Array:
        column = self.table.column(self.layout.columns[position][0])
        return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)

    def _raw_levels(self, position: int) -> LevelColumn:
        kind = self.layout.columns[position][1]
        if kind == "number":
            column = self.raw_number(position)
            bits, index = np.unique(column.values.view(np.int64), return_inverse=True)
            values = [finite(value) for value in bits.view(np.float64).tolist()]
            return _with_missing(values, index, column.missing)
        array = self._array(position)
        if kind == "timestamp":
            array = _micros(array)
        missing = np.asarray(array.is_null(nan_is_null=False).to_numpy(zero_copy_only=False), bool)
        coded = array.dictionary_encode()
        codes = coded.indices.fill_null(0).to_numpy(zero_copy_only=False).astype(np.intp)
        values = coded.dictionary.to_pylist()
        if kind == "timestamp":
            local = self._once("clock", lambda: local_clock(self.layout.timezone))
            values = [local(us) for us in values]
        return _with_missing(values, codes, missing)

    def _part(self, item: Item, part: Callable[..., Any]) -> LevelColumn:
        times = self.raw_levels(_position(item))
        return LevelColumn(tuple(part(at) for at in times.distinct), times.index)

    def _computed(self, item: Item) -> LevelColumn:
        return self.evaluate(item.reads, calling(item))


def calling(item: Item) -> Callable[..., Any]:
    """Return the function of a computed feature, its answer checked and brought to its kind."""
    function, convert, name = item.function, AS_KIND[item.kind], item.name
    assert function is not None

    def call(*values: Any) -> Any:
        try:
            answer = function(*values)
        except Exception as error:
            raise computing_failed(name, function, error) from error
        return convert(name, answer)

    return call


def _position(item: Item) -> int:
    assert item.position is not None
    return item.position


def _micros(array: Any) -> Any:
    return array.cast(pa.timestamp("us", "UTC")).cast(pa.int64())


def _numbers(array: pa.Array) -> NumberColumn:
    array = array.cast(pa.float64())
    missing = np.array(array.is_null(nan_is_null=False).to_numpy(zero_copy_only=False), bool)
    values = array.fill_null(0.0).to_numpy(zero_copy_only=False)
    missing |= ~np.isfinite(values)
    return NumberColumn(np.where(missing, 0.0, values), missing)


def _as_numbers(column: LevelColumn) -> NumberColumn:
    missing = np.array([value is None for value in column.distinct], bool)
    values = np.array([0.0 if value is None else value for value in column.distinct], np.float64)
    if not len(values):
        return NumberColumn(np.zeros(len(column.index)), np.zeros(len(column.index), bool))
    return NumberColumn(values[column.index], missing[column.index])


def _with_missing(values: list[Any], index: Any, missing: Mask) -> LevelColumn:
    index = np.asarray(index, np.intp)
    if missing.any():
        return LevelColumn((*values, None), np.where(missing, len(values), index))
    return LevelColumn(tuple(values), index)


def _combine(indexes: list[Index], sizes: list[int], rows: int) -> tuple[Index, Index]:
    """Return which distinct combination each row holds, and the first row of each combination."""
    codes = np.zeros(rows, np.int64)
    span = 1
    for index, size in zip(indexes, sizes, strict=True):
        if span * max(size, 1) >= 2**62:
            codes = np.unique(codes, return_inverse=True)[1].astype(np.int64)
            span = rows
        codes = codes * max(size, 1) + index
        span *= max(size, 1)
    _, firsts, inverse = np.unique(codes, return_index=True, return_inverse=True)
    return inverse.astype(np.intp), firsts.astype(np.intp)
