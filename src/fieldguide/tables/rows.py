"""From what a Source names to rows: files of several kinds, functions, data frames."""

from __future__ import annotations

import glob
import json
import os
import re
import tempfile
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa

from fieldguide.errors import DataError, FieldguideError, ProgramError
from fieldguide.program.declare import what
from fieldguide.tables import delimited
from fieldguide.tables import engines as engine
from fieldguide.tables.delimited import MOST_SHOWN, first_line

Find = Callable[[Mapping[str, Collection[str]]], Iterator[tuple[str, int, str, str]]]
"""Given texts by column, yields (file, line, column, text) of the cells that hold them."""


@dataclass(frozen=True)
class Reject:
    """A line or a value that could not be read: where (the first line is 1), its text, and why.

    `column` is None for a whole line. In files without lines (Parquet, Arrow) and in data frames `line` is
    the number of the row.
    """

    file: str
    line: int
    column: str | None
    text: str
    reason: str


@dataclass(frozen=True)
class Rows:
    """Rows as they came. `steady` says that scanning them again is cheap (Parquet, memory, a stored copy)."""

    table: ibis.Table
    files: tuple[str, ...] = ()
    rejects: tuple[Reject, ...] = ()
    rejected: int = 0
    find: Find | None = field(default=None, compare=False)


_ENDINGS = {
    "csv": "csv", "tsv": "csv", "txt": "csv", "tab": "csv",
    "json": "json", "ndjson": "json", "jsonl": "json",
    "parquet": "parquet", "pq": "parquet",
    "arrow": "arrow", "feather": "arrow", "ipc": "arrow", "arrows": "arrow",
}  # fmt: skip
_PACKED = {
    "zip": "unzip it",
    "7z": "unpack it",
    "tar": "unpack it",
    "xlsx": "save it as CSV",
    "xls": "save it as CSV",
}


def fetch(data: Any, base: Path, connection: Any, place: str) -> Rows:
    """Return the rows that `data` stands for, on `connection`; `place` is how messages call it.

    Raises DataError when there is nothing there, it holds no rows, or it cannot be read.
    """
    if callable(data) and not hasattr(data, "__arrow_c_stream__"):
        given = _call(data, place)
        if isinstance(given, str | Path):
            place = str(given)
        elif callable(given) or not _is_frame(given):
            raise DataError(
                f"{place} returned {what(given)}; expected a path or rows: a data frame (pandas, polars, pyarrow) "
                "or anything with the Arrow C stream."
            )
        data = given
    found = (
        _from_files(str(data), base, connection)
        if isinstance(data, str | Path)
        else _from_frame(data, connection, place)
    )
    if not found.table.columns:
        raise DataError(f"{place} has no columns; expected at least one.")
    if engine.first_row_missing(found.table):
        told = "".join(f"; line {r.line}: {r.reason}: {r.text[:60]!r}" for r in found.rejects[:1])
        raise DataError(f"{place} has no rows{told}; expected at least one: check where it is written.")
    return found


def _is_frame(data: Any) -> bool:
    return any(
        hasattr(data, name) for name in ("__arrow_c_stream__", "to_arrow", "__dataframe__")
    ) or isinstance(data, pa.Table | pa.RecordBatchReader)


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


def _from_frame(data: Any, connection: Any, place: str) -> Rows:
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
        return Rows(engine.from_arrow(connection, _plain(table)))
    except (duckdb.Error, pa.ArrowException) as error:
        raise DataError(
            f"{place} has a column of a type that cannot be read ({first_line(error)}); make it numbers, text or timestamps."
        ) from error


def _plain(table: pa.Table) -> pa.Table:
    """Return the table with dictionaries, extensions and half floats as what they stand for."""
    for i, each in enumerate(table.schema):
        kind = each.type
        if isinstance(kind, pa.BaseExtensionType):
            kind = kind.storage_type
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        if pa.types.is_null(kind):
            kind = pa.string()
        if pa.types.is_float16(kind):
            kind = pa.float32()
        if kind != each.type:
            table = table.set_column(i, each.name, table.column(i).cast(kind))
    return table


def _from_files(given: str, base: Path, connection: Any) -> Rows:
    paths = _paths(given, base)
    kinds = sorted({_kind(path, name) for path, name in paths})
    if len(kinds) > 1:
        raise DataError(
            f"{given} matches files of several kinds ({', '.join(kinds)}); name those of one kind."
        )
    reader = {"csv": _csv, "json": _json, "parquet": _parquet, "arrow": _arrow}[kinds[0]]
    found = reader(paths, connection, given)
    return Rows(found.table, tuple(str(path) for path, _ in paths), found.rejects, found.rejected, found.find)


def _paths(given: str, base: Path) -> list[tuple[Path, str]]:
    """Return the files that a path or glob stands for, each with its name for messages."""
    if re.match(r"^[A-Za-z][A-Za-z0-9+.-]+://", given):
        raise DataError(
            f"{given}: only files are read by their name; for an address write a function that fetches it and returns rows."
        )
    text = re.sub(r"\$\{(\w+)\}", lambda m: os.environ.get(m[1], m[0]), given)
    path = base / Path(text).expanduser()
    if path.is_dir():
        raise DataError(
            f"{given} is a folder; expected a file or a pattern: write {given.rstrip('/')}/*.parquet, say."
        )
    if path.exists():
        return [(path, given)]
    if glob.has_magic(text):
        listed = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207 (Path.glob takes no absolute pattern)
        found = [Path(p) for p in listed if Path(p).is_file()]
        if found:
            return [(p, os.path.relpath(p, base)) for p in found]
        raise DataError(
            f"{given} matches no file in {_shown(base)}; check the pattern, it is relative to the program's file."
        )
    near = ""
    if path.parent.is_dir():
        import difflib

        close = difflib.get_close_matches(path.name, [p.name for p in path.parent.iterdir()], n=1)
        near = f" Did you mean {close[0]!r}?" if close else ""
    raise DataError(
        f"there is no file {given} in {_shown(base)}.{near} Paths are relative to the program's file."
    )


def _shown(base: Path) -> str:
    return f"the folder {base.name!r}" if base.name else str(base)


def _kind(path: Path, name: str) -> str:
    ending = [part.lower() for part in path.name.split(".")[1:]]
    if ending[-1:] == ["gz"]:
        ending.pop()
    last = ending[-1] if ending else ""
    if last in _PACKED:
        raise DataError(
            f"{name} is a .{last} file; expected CSV, JSON, Parquet or Arrow: {_PACKED[last]} first."
        )
    if last in _ENDINGS:
        return _ENDINGS[last]
    try:
        with path.open("rb") as stream:
            start = stream.read(64)
    except OSError as error:
        raise DataError(f"{name} cannot be opened ({error.strerror}); check its permissions.") from error
    if start[:4] == b"PAR1":
        return "parquet"
    if start[:6] == b"ARROW1":
        return "arrow"
    return "json" if start.lstrip()[:1] in (b"{", b"[") else "csv"


def _csv(paths: list[tuple[Path, str]], connection: Any, given: str) -> Rows:
    tables: list[ibis.Table] = []
    rejects: list[Reject] = []
    rejected = 0
    read: list[tuple[Path, str, delimited.Header, frozenset[int]]] = []
    for path, name in paths:
        try:
            head = delimited.header(path, name)
            lines = delimited.read_lines(connection, path, head, name)
        except OSError as error:
            raise DataError(
                f"{name} cannot be read ({error.strerror or error}); check the file and its permissions."
            ) from error
        tables.append(lines.table)
        rejected += lines.count
        rejects += [Reject(name, b.line, None, b.text, b.reason) for b in lines.broken]
        read.append((path, name, head, lines.left_out))

    def find(wanted: Mapping[str, Collection[str]]) -> Iterator[tuple[str, int, str, str]]:
        for path, name, head, left_out in read:
            here = {column: texts for column, texts in wanted.items() if column in head.names}
            for line, column, text in delimited.find_values(path, head, left_out, here):
                yield name, line, column, text

    return Rows(_stacked(tables, given), (), tuple(rejects[:MOST_SHOWN]), rejected, find)


def _stacked(tables: list[ibis.Table], given: str) -> ibis.Table:
    """Put tables below one another by the names of their columns; what one lacks is null."""
    if len(tables) == 1:
        return tables[0]
    kinds: dict[str, Any] = {}
    for table in tables:
        for name, kind in table.schema().items():
            if kinds.setdefault(name, kind) != kind:
                raise DataError(
                    f"{given}: the column {name!r} is {kinds[name]} in one file and {kind} in another; make them equal."
                )
    wide = [
        t.select(
            **{
                name: t[name] if name in t.columns else ibis.literal(None, kind)
                for name, kind in kinds.items()
            }
        )
        for t in tables
    ]
    return engine.materialize(ibis.union(*wide, distinct=False))


def _parquet(paths: list[tuple[Path, str]], connection: Any, given: str) -> Rows:
    listed = [str(path) for path, _ in paths]
    try:
        table = connection.read_parquet(
            listed if len(listed) > 1 else listed[0],
            table_name=engine.fresh_name("parquet"),
            **({"union_by_name": True} if len(listed) > 1 else {}),
        )
        engine.first_row_missing(table)
    except (duckdb.Error, OSError) as error:
        raise DataError(
            f"{given} could not be read as Parquet ({first_line(error, dict(paths))}); write it again."
        ) from error
    return Rows(table)


def _arrow(paths: list[tuple[Path, str]], connection: Any, given: str) -> Rows:
    tables = []
    for path, name in paths:
        try:
            source = pa.memory_map(str(path))
            try:
                tables.append(pa.ipc.open_file(source).read_all())
            except pa.ArrowInvalid:
                source.seek(0)
                tables.append(pa.ipc.open_stream(source).read_all())
        except (pa.ArrowException, OSError) as error:
            raise DataError(
                f"{name} could not be read as Arrow ({first_line(error, dict(paths))}); write it again."
            ) from error
    try:
        table = pa.concat_tables(tables, promote_options="default")
    except pa.ArrowException as error:
        raise DataError(
            f"{given}: the files do not fit each other ({first_line(error)}); give them equal columns."
        ) from error
    return _from_frame(table, connection, given)


def _json(paths: list[tuple[Path, str]], connection: Any, given: str) -> Rows:
    """Read JSON (an array of objects, or an object a line); texts stay texts, also those that look like dates."""
    rejects: list[Reject] = []
    rejected = 0
    listed = [str(path) for path, _ in paths]
    copies: list[Path] = []
    try:
        try:
            return Rows(_json_table(connection, listed))
        except duckdb.Error as error:
            for i, (path, name) in enumerate(paths):
                broken, copy = _mended(path)
                if copy is not None:
                    copies.append(copy)
                    listed[i] = str(copy)
                rejected += len(broken)
                rejects += [Reject(name, line, None, text[:200], reason) for line, text, reason in broken]
            if not rejects:
                raise DataError(
                    f"{given} could not be read as JSON ({first_line(error, dict(paths))}); expected an object a line, or an array of objects."
                ) from error
        try:
            table = _json_table(connection, listed)
        except duckdb.Error as error:
            told = rejects[0]
            raise DataError(
                f"{given} could not be read as JSON; line {told.line}: {told.reason}: {told.text[:60]!r}; expected an object a line."
            ) from error
        return Rows(table, (), tuple(rejects[:MOST_SHOWN]), rejected)
    finally:
        for copy in copies:
            copy.unlink(missing_ok=True)


def _json_table(connection: Any, listed: list[str]) -> ibis.Table:
    files = "[" + ", ".join(engine.quoted(path) for path in listed) + "]"
    options = "union_by_name = true, sample_size = -1, maximum_object_size = 134217728"
    described = connection.raw_sql(f"DESCRIBE SELECT * FROM read_json({files}, {options})").fetchall()
    texts = ("DATE", "TIME", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "UUID", "JSON")
    columns = ", ".join(
        f"{engine.quoted(name)}: {engine.quoted('VARCHAR' if kind in texts else kind)}"
        for name, kind, *_ in described
    )
    return engine.create(connection, f"SELECT * FROM read_json({files}, {options}, columns = {{{columns}}})")


def _mended(path: Path) -> tuple[list[tuple[int, str, str]], Path | None]:
    """Return the lines that are no JSON object, and a copy of the file without them."""
    broken, kept = [], []
    with delimited.text_lines(path) as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                good = isinstance(json.loads(line), dict)
                reason = "no JSON object"
            except ValueError as error:
                good, reason = False, str(error).split(":", 1)[0]
            if good:
                kept.append(line if line.endswith("\n") else line + "\n")
            else:
                broken.append((number, line.rstrip("\n"), reason))
    if not broken or not kept:
        return broken, None
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", prefix="fieldguide-", suffix=".ndjson", delete=False
    ) as out:
        out.writelines(kept)
    return broken, Path(out.name)


def find_rows(
    table: ibis.Table, wanted: Mapping[str, Collection[str]], file: str
) -> Iterator[tuple[str, int, str, str]]:
    """Yield (file, row number, column, text) of the cells of a table that hold one of the wanted texts."""
    for column, texts in wanted.items():
        numbered = table.select(row=ibis.row_number() + 1, text=table[column].cast("string"))
        hits = numbered.filter(numbered["text"].isin(list(texts))).limit(MOST_SHOWN)
        found = engine.to_arrow(hits)
        for row, text in islice(
            zip(found["row"].to_pylist(), found["text"].to_pylist(), strict=True), MOST_SHOWN
        ):
            yield file, row, column, text
