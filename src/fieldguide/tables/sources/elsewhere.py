"""Sources on an engine that reads no files of this machine as we do: what it reads itself, what is handed over.

Parquet and its own frames a cluster reads itself. All else (text with its dialects, JSON, spreadsheets, databases,
frames in memory) is read here, by the one reader there is, and handed over: the same rows, the same rejects.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from fieldguide.tables import engines as engine
from fieldguide.tables.sources.rows import Rows

_STORES = r"^(hdfs|viewfs|s3a|gs|abfs|abfss|wasb|wasbs|dbfs)://"
"""Addresses that Spark knows how to read, if its installation does."""


def fetched(data: Any, connection: Any, read: Callable[[Any], Rows]) -> Rows:
    """Return the rows of `data` (a path, an address, a frame) on an engine; `read` reads them on a DuckDB.

    Raises DataError as `read` does, EngineError when the workers cannot read the files.
    """
    if engine.is_frame_of(connection, data):
        return Rows(engine.from_frame(connection, data))
    if isinstance(data, str) and re.match(_STORES, data):
        return Rows(engine.parquet(connection, [data]), files=(data,))
    found = read(engine.connect())
    if found.files and all(_is_parquet(path) for path in found.files):
        table = engine.parquet(connection, found.files)
        if table.columns == found.table.columns:
            return replace(found, table=table)
    note = f"read on this machine and handed over to {engine.name_of(connection)}, which keeps a copy"
    return replace(found, table=engine.hand_over(connection, found.table), notes=(*found.notes, note))


def _is_parquet(path: str) -> bool:
    """Whether the path is that of a Parquet file, and not of something packed with one in it."""
    try:
        with Path(path).open("rb") as stream:
            return stream.read(4) == b"PAR1"
    except OSError:
        return False
