"""Rows in memory: data frames, and whatever speaks the Arrow C stream."""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa

from fieldguide.errors import DataError
from fieldguide.tables import engines as engine
from fieldguide.tables.sources.rows import Rows, first_line


def is_frame(data: Any) -> bool:
    """Return whether `data` holds rows."""
    return any(
        hasattr(data, name) for name in ("__arrow_c_stream__", "to_arrow", "__dataframe__")
    ) or isinstance(data, pa.Table | pa.RecordBatchReader)


def from_frame(data: Any, connection: Any, place: str) -> Rows:
    """Return the rows of a data frame.

    Raises DataError when a column is not of one type, or of one that cannot be read.
    """
    try:
        if isinstance(data, pa.Table):
            table = data
        elif type(data).__module__.startswith("pandas"):
            table = pa.Table.from_pandas(data, preserve_index=False)
        elif hasattr(data, "__arrow_c_stream__"):
            table = pa.table(data)
        else:
            table = pa.table(data.to_arrow())
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise DataError(
            f"{place} holds values that are no column of one type ({first_line(error)}); give each column one type, "
            "for example text."
        ) from error
    names = [str(name) for name in table.column_names]
    if len({name.lower() for name in names}) < len(names):
        twice = sorted({n for n in names if [m.lower() for m in names].count(n.lower()) > 1})
        raise DataError(f"{place} has columns with the same name: {twice}; rename one of them.")
    try:
        return Rows(engine.from_arrow(connection, plain(table)))
    except (duckdb.Error, pa.ArrowException) as error:
        raise DataError(
            f"{place} has a column of a type that cannot be read ({first_line(error)}); make it numbers, text or timestamps."
        ) from error


def plain(table: pa.Table) -> pa.Table:
    """Return the table with dictionaries, extensions and half floats as what they stand for."""
    for i, each in enumerate(table.schema):
        kind = _plain_type(each.type)
        if kind != each.type:
            table = table.set_column(i, each.name, table.column(i).cast(kind))
    return table


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """Return the columns that `plain` makes of a table with such columns."""
    return pa.schema([(each.name, _plain_type(each.type)) for each in schema])


def _plain_type(kind: Any) -> Any:
    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_null(kind):
        kind = pa.string()
    if pa.types.is_float16(kind):
        kind = pa.float32()
    return kind
