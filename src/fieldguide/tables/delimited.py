"""CSV and its kin: every value as text, every line that cannot be read named by its number.

The first line holds the names. The separator is the one of ``, ; | tab`` that it has most of (in a .tsv, the tab). Values may be
quoted with ", a quote within is doubled. Text is UTF-8. Nothing is guessed from the values.
"""

from __future__ import annotations

import csv
import gzip
import io
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import duckdb
import ibis

from fieldguide.errors import DataError
from fieldguide.tables import engines as engine

SEPARATORS = ",;\t|"
MOST_SHOWN = 20
"""Broken lines and unreadable values that are shown; all are counted."""
MOST_REPAIRS = 50
"""Quotes left open that are mended one by one; each costs one more reading of the file."""


@dataclass(frozen=True)
class Broken:
    """A line of a file that could not be read: its number (the first is 1), its text, and why."""

    line: int
    text: str
    reason: str


@dataclass(frozen=True)
class Header:
    """The names in the first line of a file that is not blank, its separator, and the blank lines before it."""

    names: tuple[str, ...]
    separator: str
    skip: int


@dataclass(frozen=True)
class Lines:
    """What was read of a file: a table of text, how many lines were not, the first of them, and those left out.

    `left_out` are the numbers of lines in which a quote is left open.
    """

    table: ibis.Table
    count: int
    broken: tuple[Broken, ...]
    left_out: frozenset[int]


_REASONS = {
    "MISSING COLUMNS": "too few values",
    "TOO MANY COLUMNS": "too many values",
    "UNQUOTED VALUE": "a quote is not closed, or ends within a value",
    "LINE SIZE OVER MAXIMUM": "the line is too long",
    "INVALID ENCODING": "not UTF-8",
    "INVALID STATE": "cannot be split into values",
}


def header(path: Path, name: str) -> Header:
    """Return the names, the separator and where the rows begin; `name` is how messages call the file.

    A column without a name is called column1, column2 … by its place, a name that comes again gets _2, _3 ….

    Raises DataError for a file without a first line, or one that is UTF-16.
    """
    with _open(path) as stream:
        if stream.read(2) in (b"\xff\xfe", b"\xfe\xff"):
            raise DataError(f"{name} is UTF-16; expected UTF-8: save it as UTF-8 (in Excel: CSV UTF-8).")
    skip, first = 0, ""
    with text_lines(path) as lines:
        for line in lines:
            if line.strip("\r\n\t ,;|"):
                first = line
                break
            skip += 1
    if not first:
        raise DataError(f"{name} is empty; expected a first line with the names of the columns, then rows.")
    counts = {s: _outside_quotes(first).count(s) for s in SEPARATORS}
    separator = max(SEPARATORS, key=lambda s: counts[s]) if any(counts.values()) else ","
    if counts["\t"] and {".tsv", ".tab"} & {suffix.lower() for suffix in path.suffixes}:
        separator = "\t"
    with text_lines(path) as lines:
        for _ in range(skip):
            next(lines)
        names = next(csv.reader(lines, delimiter=separator))
    return Header(_distinct(names), separator, skip)


def read_lines(connection: Any, path: Path, head: Header, name: str) -> Lines:
    """Return the rows of a file, all values as text (empty ones null), and the lines that could not be read.

    Everything behind a quote that is left open would count as one value; such a line is left out and the
    others are read.

    Raises DataError when the file cannot be read at all, or has too many open quotes.
    """
    left_out: dict[int, Broken] = {}
    copy: Path | None = None
    try:
        while len(left_out) <= MOST_REPAIRS:
            try:
                table, count, errors, open_quote = _scan(connection, copy or path, head)
            except duckdb.Error:
                if copy is not None:
                    raise
                # lines that end in different ways stop the engine's reader
                copy = _copy(_content(path).replace(b"\r\n", b"\n").replace(b"\r", b"\n"), copy)
                continue
            content = _content(copy or path) if errors else b""
            if open_quote is None:
                broken = [*left_out.values(), *_located(content, errors)]
                shown = tuple(sorted(broken, key=lambda b: b.line)[:MOST_SHOWN])
                return Lines(table, count + len(left_out), shown, frozenset(left_out))
            (worst,) = _located(content, [(open_quote, "UNQUOTED VALUE")])
            left_out[worst.line] = worst
            engine.drop(table)
            copy = _without(content, worst.line, copy)
    except duckdb.Error as error:
        raise DataError(
            f"{name} could not be read as CSV ({first_line(error, {path: name})}); export it again as UTF-8 CSV."
        ) from error
    finally:
        if copy is not None:
            copy.unlink(missing_ok=True)
    raise DataError(
        f"{name} has more than {MOST_REPAIRS} lines in which a quote is left open, the first is line "
        f"{min(left_out)}: double the quotes within values, or export the file again."
    )


def find_values(
    path: Path, head: Header, left_out: Collection[int], wanted: Mapping[str, Collection[str]]
) -> Iterator[tuple[int, str, str]]:
    """Yield (line, column, text) of the cells that hold one of the `wanted` texts of their column."""
    places = [(head.names.index(column), column, set(texts)) for column, texts in wanted.items()]
    with text_lines(path) as lines:
        kept = ("\n" if number in left_out else line for number, line in enumerate(lines, 1))
        for _ in range(head.skip):
            next(kept)
        rows = csv.reader(kept, delimiter=head.separator)
        next(rows)
        line = head.skip + rows.line_num + 1
        try:
            for row in rows:
                if len(row) == len(head.names):
                    for place, column, texts in places:
                        if row[place] in texts:
                            yield line, column, row[place]
                line = head.skip + rows.line_num + 1
        except csv.Error:  # a value beyond the module's limit: what follows is counted, not shown
            return


def first_line(error: BaseException, names: Mapping[Path, str] | None = None) -> str:
    """Return the first line of a library's message, files by their `names`, without the kind of error in front."""
    text = str(error).strip().split("\n", 1)[0].split("Error: ", 1)[-1]
    for path, name in (names or {}).items():
        text = text.replace(str(path), name)
    return text[:200]


def _scan(
    connection: Any, path: Path, head: Header
) -> tuple[ibis.Table, int, list[tuple[int, str]], int | None]:
    """Read once; return the rows, how many lines broke, where the first of them begin, and the first open quote."""
    errors, scans = engine.fresh_name("errors"), engine.fresh_name("scans")
    columns = ", ".join(f"{engine.quoted(column)}: 'VARCHAR'" for column in head.names)
    table = engine.create(
        connection,
        f"SELECT * FROM read_csv({engine.quoted(str(path))}, auto_detect = false, header = true, skip = {head.skip}, "
        f"delim = {engine.quoted(head.separator)}, quote = '\"', escape = '\"', columns = {{{columns}}}, "
        f"store_rejects = true, rejects_limit = 0, rejects_table = '{errors}', rejects_scan = '{scans}')",
    )
    where = "CASE WHEN error_type = 'UNQUOTED VALUE' AND contains(trim(csv_line, chr(10) || chr(13)), chr(10)) THEN line_byte_position END"
    count, open_quote = connection.raw_sql(
        f"SELECT count(DISTINCT line_byte_position), min({where}) FROM {errors}"
    ).fetchone()
    shown = connection.raw_sql(
        f"SELECT line_byte_position, min(error_type::VARCHAR) FROM {errors} GROUP BY 1 ORDER BY 1 LIMIT {MOST_SHOWN}"
    ).fetchall()
    for used in (errors, scans):
        connection.raw_sql(f"DROP TABLE IF EXISTS {used}")
    return table, count, shown, open_quote


def _located(content: bytes, errors: Sequence[tuple[int, str]]) -> list[Broken]:
    """Return the physical lines at the given positions (the first byte is 1)."""
    found, line, upto = [], 1, 0
    for position, kind in errors:
        at = position - 1
        while content[at : at + 1] in (b"\n", b"\r"):  # blank lines count with the line that follows
            at += 1
        line, upto = line + content.count(b"\n", upto, at), at
        end = content.find(b"\n", at)
        text = content[at : end if end >= 0 else len(content)].decode("utf-8", "replace").rstrip("\r")
        found.append(Broken(line, text[:200], _REASONS.get(kind, kind.lower())))
    return found


def _without(content: bytes, line: int, copy: Path | None) -> Path:
    """Write the content with one line made blank, so that the others keep their numbers."""
    at = 0
    for _ in range(line - 1):
        at = content.index(b"\n", at) + 1
    end = content.find(b"\n", at)
    end = len(content) if end < 0 else end - (content[end - 1 : end] == b"\r")
    return _copy(content[:at] + content[end:], copy)


def _copy(content: bytes, copy: Path | None) -> Path:
    if copy is None:
        with tempfile.NamedTemporaryFile(prefix="fieldguide-", suffix=".csv", delete=False) as made:
            copy = Path(made.name)
    copy.write_bytes(content)
    return copy


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    found: list[str] = []
    for place, given in enumerate(names, 1):
        plain = given.strip() or f"column{place}"
        name, again = plain, 2
        while name.lower() in (other.lower() for other in found):
            name, again = f"{plain}_{again}", again + 1
        found.append(name)
    return tuple(found)


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])


def _open(path: Path) -> IO[bytes]:
    return gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb")  # type: ignore[return-value]


def _content(path: Path) -> bytes:
    with _open(path) as stream:
        return stream.read()


def text_lines(path: Path) -> io.TextIOWrapper:
    """Open a file, unpacked if it is .gz, as lines of text; what is no UTF-8 is marked."""
    return io.TextIOWrapper(_open(path), "utf-8-sig", errors="replace", newline="")
