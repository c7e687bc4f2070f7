"""Rows that Spark reads itself: Parquet, text in lines, frames of Spark; and rows that come from elsewhere.

Each table knows, beside its rows, how to number them in the order of their source, which a cluster does not keep.
"""

from __future__ import annotations

import os
import re
import urllib.parse
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import ibis
import pyarrow as pa

from fieldguide.tables.engines.spark.backend import schema_of
from fieldguide.tables.engines.spark.troubles import told

AT_ONCE = 500_000
"""Rows that are handed over at once."""


def parquet(connection: Any, paths: Sequence[str]) -> ibis.Table:
    """Return the rows of Parquet files; columns that a file lacks are null.

    Raises DataError when the workers cannot read them, FieldguideError when Spark cannot.
    """
    with told(connection):
        reader = connection.session.read.option("mergeSchema", str(len(paths) > 1).lower())
        frame = reader.parquet(*(address(path) for path in paths))
        return registered(
            connection, frame, partial(_numbered_files, connection, frame, [address(p) for p in paths])
        )


def frame(connection: Any, frame: Any) -> ibis.Table:
    """Return a frame of Spark as a table; its rows have the order in which Spark gives them."""
    with told(connection):
        name = f"fieldguide_given_{id(frame)}"
        frame.createOrReplaceGlobalTempView(name)  # frames belong to a session; this is how another sees them
        taken = connection.session.table(f"global_temp.{name}")
        connection.session.catalog.dropGlobalTempView(name)
        return registered(connection, taken, None)


def hand_over(connection: Any, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> ibis.Table:
    """Return rows from here as a table that the workers keep; not more than some 500,000 are here at once."""
    from fieldguide.tables.engines.spark import ROW, frame_of

    parts, waiting, rows, first = [], [], 0, 1
    with told(connection):
        for batch in _and_last(batches):
            if batch is not None:
                waiting.append(batch)
                rows += len(batch)
            if waiting and (batch is None or rows >= AT_ONCE):
                part = pa.Table.from_batches(waiting, schema)
                number = pa.array(range(first, first + rows), pa.int64())
                kept = frame_of(connection, part.append_column(ROW, number)).persist()
                kept.count()
                parts.append(kept)
                waiting, rows, first = [], 0, first + rows
        if not parts:
            parts = [frame_of(connection, schema.empty_table().append_column(ROW, pa.array([], pa.int64())))]
        whole = parts[0]
        for part in parts[1:]:
            whole = whole.unionAll(part)
        table = registered(connection, whole.drop(ROW), lambda name: whole.withColumnRenamed(ROW, name))
        connection.kept |= {f"{table.op().name}_{i}": part for i, part in enumerate(parts)}
        return table


def _and_last(batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch | None]:
    yield from batches
    yield None


def registered(connection: Any, frame: Any, numbered: Any) -> ibis.Table:
    """Return a frame as a table; `numbered` makes it anew with the number of each row in a column of a given name."""
    schema_of(frame.schema)  # raises where a type is unknown
    table = connection.view(frame)
    if numbered is not None:
        connection.numbered[table.op().name] = numbered
    return table


def address(path: str) -> str:
    """Return a path as Spark is given it: a file of this machine with its scheme, an address as it is.

    Letters that mean a pattern to Spark are escaped.

    >>> address("/data/a b[1].parquet"), address("hdfs://name/data/*.parquet")
    ('file:///data/a b\\\\[1\\\\].parquet', 'hdfs://name/data/*.parquet')
    """
    if "://" in path:
        return path
    return "file://" + re.sub(r"([\[\]{}*?\\])", r"\\\1", os.path.abspath(path))  # noqa: PTH100 (links are kept)


def as_spark_gives_them(frame: Any, name: str) -> Any:
    """Return the rows of a frame with their number in the order of its parts."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F  # noqa: N812

    from fieldguide.tables.engines.spark import ROW

    placed = frame.withColumn(ROW, F.monotonically_increasing_id())
    order = Window.orderBy(ROW)
    return placed.withColumn(name, F.row_number().over(order).cast("bigint")).drop(ROW)


def _numbered_files(connection: Any, frame: Any, paths: Sequence[str], name: str) -> Any:
    """Return the rows of files with their number: files in their order, rows as they lie in them."""
    from pyspark.sql import functions as F  # noqa: N812

    placed = frame.select(
        "*", F.col("_metadata.file_path").alias("__file"), F.col("_metadata.row_index").alias("__at")
    )
    ends = placed.groupBy("__file").agg(F.count("*").alias("n")).collect()
    order = {_plain(path): i for i, path in enumerate(paths)}
    before, offsets = 0, []
    for line in sorted(
        ends,
        key=lambda line: (
            order.get(_plain(urllib.parse.unquote(line["__file"])), len(order)),
            line["__file"],
        ),
    ):
        offsets.append((line["__file"], before))
        before += line["n"]
    starts = connection.session.createDataFrame(offsets, "__file string, __before bigint")
    joined = placed.join(F.broadcast(starts), "__file")
    row = (F.col("__at") + F.col("__before") + 1).alias(name)
    return joined.select(*(F.col("`" + column.replace("`", "``") + "`") for column in frame.columns), row)


def _plain(path: str) -> str:
    return re.sub(r"^file:/+", "/", re.sub(r"\\(.)", r"\1", path))
