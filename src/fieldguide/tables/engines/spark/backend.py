"""Ibis' backend for Spark with our dialect, and what it keeps for its life: cached tables, numbers of rows."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.schema as sch
import pyarrow as pa

from fieldguide.tables.engines.functions import INSTANT, WALL_CLOCK
from fieldguide.tables.engines.spark.dialect import Dialect
from fieldguide.tables.engines.spark.session import quiet_imports

with quiet_imports():
    import pyspark.sql.types as pt
    from ibis.backends.pyspark import Backend as IbisBackend
    from ibis.backends.pyspark.datatypes import PySparkType
    from pyspark import RDD
    from pyspark.serializers import NoOpSerializer
    from pyspark.sql.pandas.types import to_arrow_schema

_number = itertools.count(1)


class Backend(IbisBackend):  # type: ignore[misc]
    """A session of Spark.

    `numbered` maps the name of a view to what makes the same rows with their numbers. Tables that were kept
    are let go when the backend is no longer used.
    """

    compiler = Dialect()

    def do_connect(self, session: Any) -> None:
        """Take a session."""
        super().do_connect(session)
        self.kept: dict[str, Any] = {}
        self.numbered: dict[str, Callable[[str], Any]] = {}
        finalizer = weakref.finalize(self, _let_go, session, self.kept)
        finalizer.atexit = False  # Spark itself ends then

    @property
    def session(self) -> Any:
        """The SparkSession."""
        return self._session

    @property
    def master(self) -> str:
        """The address of the master."""
        return str(self._session.sparkContext.master)

    def get_schema(self, table_name: str, *, catalog: str | None = None, database: str | None = None) -> Any:
        """Return the columns of a view; instants and wall clocks are told apart."""
        return schema_of(self._session.table(table_name).schema)

    def view(self, frame: Any, prefix: str = "rows") -> ibis.Table:
        """Return a frame of Spark as a table."""
        name = f"fieldguide_{prefix}_{next(_number)}"
        frame.createTempView(name)
        return self.table(name)

    def keep(self, frame: Any, without: str | None = None) -> ibis.Table:
        """Run a frame once and return its rows, kept in the workers' memory and on their disks.

        `without` names a column with the numbers of the rows, which the table does not show.
        """
        frame = frame.persist()
        frame.count()
        table = self.view(frame if without is None else frame.drop(without), "kept")
        self.kept[table.op().name] = frame
        if without is not None:
            self.numbered[table.op().name] = lambda name: frame.withColumnRenamed(without, name)
        return table

    def batches(self, frame: Any) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a frame as the workers have them, one part after the other; the next is fetched ahead."""
        parts = RDD(frame._jdf.toArrowBatchRdd().toJavaRDD(), self._session.sparkContext, NoOpSerializer())
        schema = to_arrow_schema(frame.schema, timezone="UTC")
        for part in parts.toLocalIterator(prefetchPartitions=True):
            yield pa.ipc.read_record_batch(pa.py_buffer(part), schema)


def schema_of(struct: Any) -> sch.Schema:
    """Return Spark's columns as Ibis'.

    Raises NotImplementedError for a type that Ibis does not know.
    """
    return sch.Schema({field.name: _kind(field.dataType) for field in struct.fields})


def _kind(kind: Any) -> dt.DataType:
    if isinstance(kind, pt.TimestampType):
        return INSTANT
    if isinstance(kind, pt.TimestampNTZType):
        return WALL_CLOCK
    if isinstance(kind, pt.CharType | pt.VarcharType):
        return dt.string
    return PySparkType.to_ibis(kind)


def _let_go(session: Any, kept: dict[str, Any]) -> None:
    if session.sparkContext._jsc is None:
        return
    for frame in kept.values():
        frame.unpersist()
    kept.clear()
