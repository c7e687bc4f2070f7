"""Parquet and Arrow: files that say themselves what their columns are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import duckdb
import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from fieldguide.errors import DataError
from fieldguide.tables import engines as engine
from fieldguide.tables.sources.archives import File
from fieldguide.tables.sources.frames import plain, plain_schema
from fieldguide.tables.sources.rows import first_line, stored


def parquet_schema(file: File) -> pa.Schema:
    """Return the columns of a Parquet file.

    Raises DataError when it cannot be read.
    """
    try:
        return pq.read_schema(file.path)
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"{file.name} could not be read as Parquet ({first_line(error, {file.path: file.name})}); it is broken or cut off: "
            "write it again."
        ) from error


def parquet(files: Sequence[File], connection: Any, given: str) -> ibis.Table:
    """Return the rows of Parquet files of equal columns, where they are.

    Raises DataError when they cannot be read.
    """
    listed = [str(file.path) for file in files]
    names = {file.path: file.name for file in files}
    try:
        table: ibis.Table = connection.read_parquet(
            listed if len(listed) > 1 else listed[0],
            table_name=engine.fresh_name("parquet"),
            **({"union_by_name": True} if len(listed) > 1 else {}),
        )
        engine.first_row_missing(table)
    except (duckdb.Error, OSError) as error:
        raise DataError(
            f"{given} could not be read as Parquet ({first_line(error, names)}); write it again."
        ) from error
    return table


def arrow(file: File, connection: Any) -> ibis.Table:
    """Return the rows of an Arrow file or stream, stored batch by batch.

    Raises DataError when it cannot be read.
    """
    try:
        with pa.memory_map(str(file.path)) as source:
            try:
                reader = pa.ipc.open_file(source)
                batches = (reader.get_batch(i) for i in range(reader.num_record_batches))
            except pa.ArrowInvalid:
                source.seek(0)
                reader = pa.ipc.open_stream(source)
                batches = iter(reader)
            schema = plain_schema(reader.schema)

            def given() -> Iterator[pa.RecordBatch]:
                for batch in batches:
                    yield from plain(pa.Table.from_batches([batch])).cast(schema).to_batches()

            return stored(connection, schema, given())
    except (pa.ArrowException, duckdb.Error, OSError) as error:
        raise DataError(
            f"{file.name} could not be read as Arrow ({first_line(error, {file.path: file.name})}); write it again."
        ) from error
