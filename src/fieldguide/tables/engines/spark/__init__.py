"""Spark, through Ibis: in this process or on a cluster.

Nothing of pyspark is imported before a connection is asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import ibis
import ibis.expr.operations as ops
import pyarrow as pa

from fieldguide.tables.engines.spark.session import session_on
from fieldguide.tables.engines.spark.troubles import told

NAME = "Spark"
ROW = "__fieldguide_row"
JOINS_AS_OF = False
READS_FILES = False


def connect(where: Any) -> Any:
    """Return a fresh Ibis connection to Spark at "local[…]", "spark://host:port", or of a SparkSession.

    Raises UsageError and EngineError as `session_on` does.
    """
    session = session_on(where)
    from fieldguide.tables.engines.spark.backend import Backend

    backend = Backend()
    backend.do_connect(session)
    return backend


def version() -> str:
    """Return the version of the engine."""
    import pyspark

    return f"spark {pyspark.__version__}"


def from_arrow(connection: Any, table: Any) -> ibis.Table:
    """Return rows in memory as a table of `connection`; they are sent from here to the workers."""
    rows = table if isinstance(table, pa.Table) else table.read_all()
    with told(connection):
        return connection.view(frame_of(connection, rows))


def frame_of(connection: Any, rows: pa.Table) -> Any:
    """Return rows in memory as a frame of Spark; wall clocks stay wall clocks."""
    from pyspark.sql.pandas.types import from_arrow_schema

    return connection.session.createDataFrame(rows, from_arrow_schema(rows.schema, prefer_timestamp_ntz=True))


def is_frame(data: Any) -> bool:
    """Return whether `data` is a DataFrame of Spark."""
    return type(data).__module__.startswith("pyspark.sql.") and type(data).__name__ == "DataFrame"


def from_frame(connection: Any, data: Any) -> ibis.Table:
    """Return a DataFrame of Spark as a table of `connection`."""
    from fieldguide.tables.engines.spark.reading import frame

    return frame(connection, data)


def parquet(connection: Any, paths: Sequence[str]) -> ibis.Table:
    """Return the rows of Parquet files, which the workers read."""
    from fieldguide.tables.engines.spark import reading

    return reading.parquet(connection, paths)


def hand_over(connection: Any, batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> ibis.Table:
    """Return rows from here as a table that the workers keep."""
    from fieldguide.tables.engines.spark import reading

    return reading.hand_over(connection, batches, schema)


def to_arrow(expression: ibis.Table) -> pa.Table:
    """Run `expression` and return its rows."""
    connection = expression._find_backend(use_default=True)
    with told(connection):
        found: pa.Table = connection.session.sql(connection.compile(expression)).toArrow()
        return found


def stream(expression: ibis.Table, rows: int) -> Iterator[pa.RecordBatch]:
    """Run `expression` and yield its rows in its order, one part of the result after the other."""
    connection = expression._find_backend(use_default=True)
    with told(connection):
        yield from connection.batches(connection.session.sql(connection.compile(expression)))


def materialize(table: ibis.Table) -> ibis.Table:
    """Run `table` once and keep its rows, with their numbers, in the workers' memory, beyond it on their disks."""
    connection = table._find_backend(use_default=True)
    with told(connection):
        rows = _of_source(table, ROW)
        if rows is None:
            return connection.keep(connection.session.sql(connection.compile(table)))
        frame = connection.session.sql(connection.compile(rows))
        return connection.keep(frame, without=ROW)


def named(table: ibis.Table) -> ibis.Table:
    """Return `table` itself: planning costs little beside what a cluster does."""
    return table


def drop(table: ibis.Table) -> None:
    """Let go what `materialize` kept."""
    connection = table._find_backend(use_default=True)
    name = table.op().name
    with told(connection):
        connection.session.catalog.dropTempView(name)
        kept = connection.kept.pop(name, None)
        if kept is not None:
            kept.unpersist()


def numbered(table: ibis.Table, name: str) -> ibis.Table:
    """Return `table` with the number of each row in the order of its source, from 1 on.

    What was selected from the rows of a source keeps their numbers; other rows are numbered as Spark gives them.
    """
    from fieldguide.tables.engines.spark.reading import as_spark_gives_them

    connection = table._find_backend(use_default=True)
    with told(connection):
        rows = _of_source(table, name)
        if rows is not None:
            return rows
        frame = connection.session.sql(connection.compile(table))
        return connection.view(as_spark_gives_them(frame, name), "numbered")


def _of_source(table: ibis.Table, name: str) -> ibis.Table | None:
    """Return rows that were selected from those of a source with the numbers they have there, None for others."""
    connection, op = table._find_backend(use_default=True), table.op()
    made = connection.numbered.get(getattr(op, "name", None))
    if made is not None:
        return connection.view(made(name), "numbered")
    if not isinstance(op, ops.Project):
        return None
    rows = _of_source(op.parent.to_expr(), name)
    if rows is None:
        return None
    chosen = {column: value.replace({op.parent: rows.op()}) for column, value in op.values.items()}
    return ops.Project(rows.op(), {**chosen, name: rows[name].op()}).to_expr()


def repeated(numbers: ibis.Table, most: int) -> list[int]:
    """Return which whole numbers come more than once, counted by the workers."""
    (name,) = numbers.columns
    groups = numbers.group_by(name).agg(n=numbers.count())
    twice: list[int] = to_arrow(groups.filter(groups.n > 1).select(name).limit(most))[name].to_pylist()
    return twice


def content_hash(table: ibis.Table) -> tuple[int, str]:
    """Return the number of rows and a hash of the content, whatever the order of rows."""
    connection = table._find_backend(use_default=True)
    columns = ", ".join("r.`" + name.replace("`", "``") + "`" for name in table.columns)
    query = (
        "SELECT count(*) AS n, coalesce(sum(CAST(h AS DECIMAL(38, 0))), 0) AS added, coalesce(bit_xor(h), 0) AS mixed "
        f"FROM (SELECT xxhash64({columns}) AS h FROM ({connection.compile(table)}) r)"
    )
    with told(connection):
        (line,) = connection.session.sql(query).toArrow().to_pylist()
    names = [(name, str(kind)) for name, kind in table.schema().items()]
    told_of = f"{names} {line['n']} {line['added']} {line['mixed']}"
    digest = hashlib.sha256(told_of.encode()).hexdigest()[:32]
    return int(line["n"]), f"{version().replace(' ', '').split('.')[0]}:{digest}"
