"""From a path or a pattern to rows: which files it stands for, what they are, and who reads them."""

from __future__ import annotations

import difflib
import glob
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from fieldguide.errors import DataError, ProgramError, UnreachableError
from fieldguide.program import Source
from fieldguide.tables.sources.archives import File, unpacked
from fieldguide.tables.sources.columnar import arrow, parquet, parquet_schema
from fieldguide.tables.sources.delimited import read_lines
from fieldguide.tables.sources.extras import find_values
from fieldguide.tables.sources.kinds import TABLES, WORDS, called_like
from fieldguide.tables.sources.objects import read_objects
from fieldguide.tables.sources.rows import FileRead, Rows, listed
from fieldguide.tables.sources.secrets import filled
from fieldguide.tables.sources.stacked import stacked


def from_files(given: str, base: Path, connection: Any, source: Source) -> Rows:
    """Return the rows of the files that a path or pattern stands for; `source` says how they are written.

    Raises UnreachableError when there is nothing that can be opened, DataError when it cannot be read.
    """
    return read_files(paths(given, base), given, connection, source)


def read_files(found: Sequence[tuple[Path, str]], given: str, connection: Any, source: Source) -> Rows:
    """Return the rows of some files, each with its name for messages.

    Raises as `from_files` does.
    """
    files = [file for path, name in found for file in unpacked(path, name, connection, source.table)]
    kinds = sorted({file.kind for file in files})
    if len(kinds) > 1:
        raise DataError(
            f"{given} matches files of several kinds ({', '.join(kinds)}); name those of one kind."
        )
    packed = any(file.inside for file in files)
    if source.query is not None or (
        source.table is not None and not packed and kinds[0] not in ("excel", "json")
    ):
        blank = "query" if source.query is not None else "table"
        raise ProgramError(
            f"Source({given!r}, {blank}={getattr(source, blank)!r}): a file of {WORDS[kinds[0]]} has no tables of its own; leave it out."
        )
    rows = _parquet(files, connection, given) if kinds[0] == "parquet" else None
    if rows is None:
        try:
            pieces = [_read(file, connection, source) for file in files]
        except UnreachableError as error:
            if len(files) == 1:
                raise
            raise DataError(str(error)) from None  # others of them were reached
        _alike(files, pieces)
        rows = stacked(pieces, given)
    return replace(rows, files=tuple(str(path) for path, _ in found))


def _read(file: File, connection: Any, source: Source) -> Rows:
    """Return the rows of one file."""
    notes = _misnamed(file)
    try:
        if file.kind == "csv":
            rows = _csv(file, connection, source)
        elif file.kind == "json":
            rows = read_objects(file, connection, None if file.inside else source.table)
        elif file.kind == "excel":
            from fieldguide.tables.sources.workbooks import read_sheet

            rows = read_sheet(file, connection, None if file.inside else source.table, source.format)
        elif file.kind == "arrow":
            table = arrow(file, connection)
            rows = Rows(table, details=(FileRead(file.name, "arrow", tuple(table.columns)),))
        else:
            table = parquet([file], connection, file.name)
            rows = Rows(table, details=(FileRead(file.name, "parquet", tuple(table.columns)),))
    except OSError as error:
        raise DataError(
            f"{file.name} cannot be read ({error.strerror or type(error).__name__}); check the file and its permissions."
        ) from error
    if not rows.table.columns:
        raise DataError(f"{file.name} has no columns; expected at least one.")
    return replace(rows, notes=(*notes, *rows.notes)) if notes else rows


def _csv(file: File, connection: Any, source: Source) -> Rows:
    lines = read_lines(connection, file.path, file.name, source.format)

    def find(wanted: Mapping[str, Collection[str]]) -> Iterator[tuple[str, int, str, str]]:
        for line, column, text in find_values(lines.plan, wanted):
            yield file.name, line, column, text

    return Rows(
        lines.table,
        rejects=lines.rejects,
        rejected=lines.rejected,
        find=find,
        details=(lines.detail,),
        notes=lines.detail.notes,
        written=True,
        decimal=lines.plan.decimal,
    )


def _parquet(files: Sequence[File], connection: Any, given: str) -> Rows | None:
    """Return the rows of Parquet files of equal columns; None where they differ."""
    schemas = [parquet_schema(file) for file in files]
    columns = {each.name: each.type for each in schemas[0]}
    if any({each.name: each.type for each in schema} != columns for schema in schemas[1:]):
        return None
    table = parquet(files, connection, given)
    details = tuple(FileRead(file.name, "parquet", tuple(columns)) for file in files)
    notes = [note for file in files for note in _misnamed(file)]
    return Rows(table, details=details, notes=tuple(notes))


def _misnamed(file: File) -> tuple[str, ...]:
    """Say that a file is something else than its name says."""
    called = called_like(file.path)
    if called not in TABLES or called == file.kind:
        return ()
    return (f"{file.name} is called {file.path.suffix}, and holds {WORDS[file.kind]}: read as that",)


def _alike(files: Sequence[File], pieces: Sequence[Rows]) -> None:
    """Raise DataError when the files of one archive have nothing to do with one another."""
    by: dict[str, list[int]] = {}
    for i, file in enumerate(files):
        if file.inside is not None:
            by.setdefault(file.inside, []).append(i)
    for archive, places in by.items():
        columns = [{c.casefold() for c in pieces[i].table.columns} for i in places]
        if any(len(c & columns[0]) * 2 < len(c | columns[0]) for c in columns[1:]):
            members = [files[i].name.removeprefix(f"{archive}:") for i in places]
            raise DataError(
                f"{archive} holds several files with different columns ({listed(members)}); name one of them: "
                f"Source(…, table={members[0]!r})."
            )


def paths(given: str, base: Path) -> list[tuple[Path, str]]:
    """Return the files that a path or pattern stands for, each with its name for messages.

    Raises UnreachableError when there are none, UsageError when the path names a variable that is not set.
    """
    text = filled(given, given)
    try:
        path = base / Path(text).expanduser()
        if path.is_dir():
            raise UnreachableError(
                f"{given} is a folder; expected a file or a pattern: write {given.rstrip('/')}/*.{_likely(path)}, say."
            )
        if path.exists():
            if not path.is_file():
                raise UnreachableError(
                    f"{given} is no file that can be read from its start to its end; expected a file."
                )
            return [(path, given)]
        if path.is_symlink():
            raise UnreachableError(
                f"{given} is a link to {str(path.readlink())!r}, and there is nothing; mend the link, or name the file itself."
            )
        if glob.has_magic(text):
            return _matching(text, path, base, given)
        near = ""
        if path.parent.is_dir():
            close = difflib.get_close_matches(path.name, [p.name for p in path.parent.iterdir()], n=1)
            near = f" Did you mean {close[0]!r}?" if close else ""
    except (OSError, ValueError, RuntimeError) as error:
        told = error.strerror if isinstance(error, OSError) else str(error)
        raise UnreachableError(
            f"{given[:200]} cannot be reached ({told or type(error).__name__}); check the path and the permissions of its folders."
        ) from error
    raise UnreachableError(
        f"there is no file {given} in {_shown(base)}.{near} Paths are relative to the program's file."
    )


def _matching(text: str, path: Path, base: Path, given: str) -> list[tuple[Path, str]]:
    listed_ = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207 (Path.glob takes no absolute pattern)
    found = [Path(p) for p in listed_ if Path(p).is_file()]
    if found:
        return [(p, os.path.relpath(p, base)) for p in found]
    raise UnreachableError(
        f"{given} matches no file in {_shown(base)}; check the pattern, it is relative to the program's file."
    )


def _likely(folder: Path) -> str:
    """Return the ending of most files in a folder that could be tables."""
    endings = [p.suffix.lower().lstrip(".") for p in folder.iterdir() if called_like(p)]
    return max(sorted(set(endings)), key=endings.count, default="parquet")


def _shown(base: Path) -> str:
    return f"the folder {base.name!r}" if base.name else str(base)
