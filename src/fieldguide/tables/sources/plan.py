"""How a delimited file will be read, decided from all its bytes and from its first lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fieldguide.errors import DataError, UnreachableError
from fieldguide.program import CSV
from fieldguide.tables.sources import encodings, fixed, scratch
from fieldguide.tables.sources.dialect import Fit, fitting, head, separator_name
from fieldguide.tables.sources.heading import Block, heading, is_rule
from fieldguide.tables.sources.lines import first_lines, last_lines
from fieldguide.tables.sources.split import OPEN, Dialect, Row, rows
from fieldguide.tables.sources.survey import Survey, survey

MOST_COLUMNS = 10_000
LEAST_SHARE = 0.3
"""Share of the first lines that must have the usual number of values; with fewer there is no table."""
_DOT = re.compile(r"[-+]?(?:\d+\.(?:\d{1,2}|\d{4,})|\d{1,3}(?:,\d{3})+\.\d+)")
_COMMA = re.compile(r"[-+]?(?:\d+,(?:\d{1,2}|\d{4,})|\d{1,3}(?:\.\d{3})+,\d+)")

_SET = ("its columns are of fixed width, told apart where every line has a space",)


@dataclass(frozen=True)
class Plan:
    """How a file is read.

    `path` is its text in UTF-8, `names` are those of its columns and `given` what the file has in their place
    ("" where there is none), `header` the lines that hold them, `above` the lines before the first row, whose
    line is `start`. `last` is its last row, `decimal` the decimal sign that its first rows prove.
    """

    path: Path
    name: str
    seen: Survey
    dialect: Dialect
    names: tuple[str, ...]
    given: tuple[str, ...]
    header: tuple[int, ...]
    above: tuple[str, ...]
    start: int
    encoding: str
    decimal: str | None
    last: Row | None
    notes: tuple[str, ...]

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.names)


def planned(connection: Any, path: Path, name: str, declared: CSV) -> Plan:
    """Decide how a file is read; what is declared is taken as it is.

    Raises UnreachableError when it is empty, DataError when it is no text or no table; ProgramError when there is no
    encoding of the declared name.
    """
    path, seen, encoding = _decoded(connection, path, name, declared)
    lines = head(first_lines(path, seen))
    if not any(line.strip("\r\n\t ,;|") for line in lines):
        raise UnreachableError(
            f"{name} is empty; expected a first line with the names of the columns, then rows."
        )
    said = re.fullmatch(r"sep=(.)\s*", lines[0], re.IGNORECASE)
    skipped = (declared.skip or 0) + (1 if said and not declared.skip else 0)
    separator = declared.separator or (said[1] if said else None)
    fit = fitting(lines[skipped:] or lines, path, separator)
    spaced = separator is None and (fit.width < 2 or fit.dialect.separator == " ")
    columns = fixed.places(lines[skipped:]) if spaced else None
    if columns is not None:
        copy = scratch.fresh_file(connection, f"{name}.fixed")
        path = scratch.pour(fixed.separated(path, columns), copy, name)
        seen = survey(path, name)
        lines = head(first_lines(path, seen))
        fit = fitting(lines[skipped:], path, fixed.MARK)
    sample, fit = _sample(lines, skipped, fit)
    above = [[], *(row.cells for row in sample)]
    rules = [
        row.line
        for row, names in zip(sample[:20], above, strict=False)
        if not declared.header and is_rule(row.cells, names)
    ]
    sample = [row for row in sample if row.line not in rules] or sample
    if declared.header:  # the names that are declared say how many columns there are
        named = [_given(row) for row in sample[: declared.header]] if declared.skip is not None else [0]
        fit = replace(fit, width=max(fit.width, *named))
    if fit.share < LEAST_SHARE and len(sample) >= 20 and fit.width > 1:
        raise _no_table(name, sample, fit)
    if fit.width > MOST_COLUMNS:
        raise DataError(
            f"{name} has {fit.width:,} columns; expected at most {MOST_COLUMNS:,}: check what separates its values."
        )
    block: Block = [(row.line, row.cells) for row in sample]
    try:
        top = heading(block, fit.width, declared.header, declared.skip)
    except DataError as error:
        raise DataError(f"{name}: {error}") from None
    if top.at:
        names = sample[top.at[-1]]
        start = names.line + names.lines
        start += start in rules
    else:
        start = sample[top.first].line if top.first else skipped + 1
    return Plan(
        path=path,
        name=name,
        seen=seen,
        dialect=fit.dialect,
        names=top.names,
        given=top.given,
        header=tuple(block[i][0] for i in top.at),
        above=tuple(lines[: start - 1]),
        start=start,
        encoding=encoding.name,
        decimal=declared.decimal or decimal_of(block[top.first :]),
        last=_last(path, seen, fit, start),
        notes=(*encoding.notes, *top.notes, *_odd(fit), *(_SET if columns is not None else ())),
    )


def _decoded(
    connection: Any, path: Path, name: str, declared: CSV
) -> tuple[Path, Survey, encodings.Encoding]:
    """Return a file as UTF-8 (itself, or a copy), what is in it, and the encoding it was in."""
    found = encodings.marked(path)
    if declared.encoding is not None:
        mark = found.mark if found else 0
        found = encodings.Encoding(encodings.declared(declared.encoding), mark)
    if found is None or found.name == "utf-8":
        seen = survey(path, name, found.mark if found else 0)
        found = found or encodings.decided(seen, name)
        if found.name == "utf-8":
            return path, seen, found
    copy = scratch.fresh_file(connection, f"{name}.utf8")
    scratch.pour(encodings.to_utf8(path, found), copy, name)
    return copy, survey(copy, name), found


def _sample(lines: Sequence[str], skipped: int, fit: Fit) -> tuple[list[Row], Fit]:
    """Return the first rows, and the fit without an empty value at the end of all of them (a separator ends the lines)."""
    sample = [row for row in rows(enumerate(lines[skipped:], 1 + skipped), fit.dialect) if row.reason != OPEN]
    wide = [row for row in sample if len(row.cells) == fit.width]
    if (
        fit.width > 2
        and len(wide) > 1
        and all(row.cells[-1] is None for row in wide[1:])
        and (wide[0].cells[-1] is None or len(sample[0].cells) == fit.width - 1)
    ):
        fit = replace(fit, width=fit.width - 1)
        sample = [
            r._replace(cells=r.cells[:-1]) if len(r.cells) == fit.width + 1 and r.cells[-1] is None else r
            for r in sample
        ]
    return sample, fit


def _given(row: Row) -> int:
    """Count the cells of a row up to the last that is given."""
    return max((i for i, cell in enumerate(row.cells, 1) if cell and cell.strip()), default=0)


def _no_table(name: str, sample: Sequence[Row], fit: Fit) -> DataError:
    counts = Counter(len(row.cells) for row in sample)
    return DataError(
        f"{name} is no table: split at {separator_name(fit.dialect.separator)}, its first lines have {min(counts)} to "
        f"{max(counts)} values, and {1 - fit.share:.0%} of them not {fit.width}; expected rows of equal length: say how it "
        "is written, CSV(separator=…, skip=…), or export it again."
    )


def _last(path: Path, seen: Survey, fit: Fit, start: int) -> Row | None:
    """Return the last row of a file, with its line number; None where it is not a line by itself."""
    lines = last_lines(path)
    if not lines or fit.width < 2:
        return None
    found = list(rows([(0, lines[-1])], fit.dialect, fit.width))
    if not found:
        return None
    total = seen.lf + seen.cr + seen.crlf
    line = total + (0 if lines[-1].endswith(("\n", "\r")) else 1)
    return found[0]._replace(line=line) if line >= start else None


def decimal_of(block: Block) -> str | None:
    """Return the decimal sign that some cells prove: . or , before one, two or more than three digits; None in doubt.

    >>> decimal_of([(1, ["1,5", "a"]), (2, ["1.000,25", None])]), decimal_of([(1, ["1,500"])])
    (',', None)
    """
    found = set()
    for _, row in block:
        for cell in row:
            if cell and len(cell) < 30:
                plain = cell.strip()
                if _DOT.fullmatch(plain):
                    found.add(".")
                elif _COMMA.fullmatch(plain):
                    found.add(",")
    return found.pop() if len(found) == 1 else None


def _odd(fit: Fit) -> list[str]:
    """Say what is unusual in how values are told apart."""
    notes = []
    if fit.dialect.separator and fit.dialect.separator not in (",", ";", "\t", "|"):
        notes.append(f"values are separated by {separator_name(fit.dialect.separator)}")
    if fit.dialect.quote == "'":
        notes.append("values are quoted by ' (single quotes)")
    if fit.dialect.backslash:
        notes.append("quotes within values have a backslash before them")
    return notes
