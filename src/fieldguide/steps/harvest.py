"""Harvest: the journal with its matured outcomes, written as the next training table."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from fieldguide.errors import DataError, UsageError
from fieldguide.journal import harvest as gather
from fieldguide.program import Program, named
from fieldguide.steps.faults import faults
from fieldguide.steps.home import DEFAULT, Home, at_home

WRITERS: dict[str, Callable[[pa.Table, str], None]] = {
    ".parquet": lambda table, path: pyarrow.parquet.write_table(table, path),
    ".csv": lambda table, path: pyarrow.csv.write_csv(table, path),
}


def harvest(
    program: Program, out: str | Path, *, home: str | Path | Home = DEFAULT, now: datetime | None = None
) -> dict[str, Any]:
    """Write one row a key (the last answer before its outcome) to `out` and return what was counted.

    Rows in which a column was broken, from the first to the last that the monitor named, are left out. `now` leaves out what matured later; left out, the watermark of the journal.

    Raises UsageError for another ending than .parquet or .csv, DataError when nothing has matured.
    """
    program = named(program)
    path = writable(out)
    place = at_home(home)
    found = gather(place.journal, program, now, faults=faults(place, program))
    if not len(found):
        counted = (
            ", ".join(f"{count:,} {why}" for why, count in found.counted.items() if count)
            or "nothing was served"
        )
        raise DataError(
            f"The journal of {program.name} gives no row to learn from yet ({counted}). Serve rows, send their outcomes, "
            "and wait until they have matured."
        )
    write_table(found.table, path)
    return {
        "rows": len(found),
        "out": str(path),
        "counted": {why: n for why, n in found.counted.items() if n},
    }


def writable(out: str | Path) -> Path:
    """Return the path if its ending is one that tables are written with.

    Raises UsageError otherwise, or when its folder does not exist.
    """
    path = Path(out)
    if path.suffix not in WRITERS:
        raise UsageError(f"{path}: write to a file that ends with {' or '.join(WRITERS)}.")
    if not path.parent.is_dir():
        raise UsageError(f"{path}: the folder {path.parent} does not exist; make it first.")
    return path


def write_table(table: pa.Table, path: Path) -> None:
    """Write a table so that the file appears whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        WRITERS[path.suffix](table, str(draft))
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
