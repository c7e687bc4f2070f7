"""From what a Source names to rows: files, addresses, databases, functions, data frames."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from fieldguide.errors import DataError, FieldguideError, ProgramError, UnreachableError
from fieldguide.program import Hearsay, Source
from fieldguide.program.declare import what
from fieldguide.tables import engines as engine
from fieldguide.tables.sources import elsewhere
from fieldguide.tables.sources.addresses import fetched, scheme_of
from fieldguide.tables.sources.databases import SCHEMES, read_database
from fieldguide.tables.sources.files import from_files, read_files
from fieldguide.tables.sources.frames import from_frame, is_frame
from fieldguide.tables.sources.rows import Rows


def fetch(source: Source, base: Path, connection: Any, place: str) -> Rows:
    """Return the rows that a source stands for, on `connection`; `place` is how messages call it.

    Raises UnreachableError when the place cannot be reached or holds no rows, DataError when they cannot be read.
    """
    data = source.data
    if isinstance(data, Hearsay):
        by = f", says {data.said_by}" if data.said_by else ""
        raise UnreachableError(
            f"{data.place} is hearsay{by}: nobody has reached it yet; expected a path, an address or rows: ask where the data "
            "are kept, and name that place as Source(…)."
        )
    if callable(data) and not hasattr(data, "__arrow_c_stream__"):
        given = _call(data, place)
        if isinstance(given, str | Path):
            place = str(given)
        elif callable(given) or not (is_frame(given) or engine.is_frame_of(connection, given)):
            raise DataError(
                f"{place} returned {what(given)}; expected a path or rows: a data frame (pandas, polars, pyarrow) "
                "or anything with the Arrow C stream."
            )
        data = given
    if not engine.reads_files(connection):
        here = replace(source, data=data)
        found = elsewhere.fetched(data, connection, lambda local: fetch(here, base, local, place))
    elif isinstance(data, str | Path):
        found = _named(str(data), base, connection, source)
    else:
        found = from_frame(data, connection, place)
    if not found.table.columns:
        raise DataError(f"{place} has no columns; expected at least one.")
    if engine.first_row_missing(found.table):
        told = "".join(f"; line {r.line}: {r.reason}: {r.text[:60]!r}" for r in found.rejects[:1])
        kind = (
            DataError if found.rejected else UnreachableError
        )  # what is there and cannot be read is located
        raise kind(f"{place} has no rows{told}; expected at least one: check where it is written.")
    return found


def _named(given: str, base: Path, connection: Any, source: Source) -> Rows:
    """Return the rows of a path, an address or a database."""
    scheme = scheme_of(given)
    if scheme is None:
        return from_files(given, base, connection, source)
    seconds = source.timeout.total_seconds()
    if scheme in SCHEMES:
        return read_database(given, base, connection, table=source.table, query=source.query, seconds=seconds)
    rows = read_files(fetched(given, connection, seconds), given, connection, source)
    return replace(rows, files=(given,))


def _call(function: Callable[[], Any], place: str) -> Any:
    try:
        return function()
    except FieldguideError:
        raise
    except TypeError as error:
        if error.__traceback__ is not None and error.__traceback__.tb_next is None:
            raise ProgramError(
                f"{place} could not be called ({error}); a function that gives rows takes no arguments."
            ) from error
        raise DataError(_told(function, place, error)) from error
    except Exception as error:
        raise DataError(_told(function, place, error)) from error


def _told(function: Callable[[], Any], place: str, error: BaseException) -> str:
    """Say what a user's function raised, and at which line of the user's file."""
    code = getattr(function, "__code__", None)
    frames = traceback.extract_tb(error.__traceback__)[1:]
    own = [frame for frame in frames if code is not None and frame.filename == code.co_filename]
    where = ""
    if own or frames:
        frame = (own or frames)[-1]
        where = f" in {Path(frame.filename).name}, line {frame.lineno}"
    text = str(error).strip().split("\n", 1)[0][:200]
    return f"{place} raised {type(error).__name__}{where}: {text or 'no message'}. Mend the function; it must return rows."
