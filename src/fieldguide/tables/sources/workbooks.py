"""Spreadsheets: a sheet of an .xlsx, .xls or .ods file as a table.

A column whose cells are all numbers, dates or truths has that type; where kinds are mixed (numbers kept as text,
#REF! among amounts) all its cells are text, so that nothing is lost to sight.
"""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyarrow as pa
import python_calamine as calamine

from fieldguide.errors import DataError, UnreachableError, suggest
from fieldguide.program import CSV
from fieldguide.tables.sources.archives import File
from fieldguide.tables.sources.heading import Heading, heading, is_total
from fieldguide.tables.sources.rows import FileRead, Reject, Rows, listed, stored
from fieldguide.tables.sources.split import Cells

MOST_LOOKED_AT = 1_000
BATCH = 8_192
_ERROR = re.compile(
    rb"<(?:\w+:)?c\b([^>]*\bt=\"e\"[^>]*)>(?:<(?:\w+:)?f\b[^>]*/>|<(?:\w+:)?f\b.*?</(?:\w+:)?f>)?<(?:\w+:)?v>([^<]*)</",
    re.DOTALL,
)
_BARE = re.compile(
    rb"<(?:\w+:)?c\b[^>]*>(?:<(?:\w+:)?f\b[^>]*/>|<(?:\w+:)?f\b[^>]*>[^<]*</(?:\w+:)?f>)(?:<(?:\w+:)?v ?/>)?</(?:\w+:)?c>"
)
_PLACE = re.compile(rb"\br=\"([A-Z]+)(\d+)\"")
_REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


@dataclass(frozen=True)
class _Sheet:
    """A sheet: its rows, from which column on, cells with an error by (row, column), and merged cells by their first."""

    name: str
    sheet: Any
    errors: Mapping[tuple[int, int], str]
    filled: Mapping[tuple[int, int], tuple[int, int]]

    def rows(self) -> Iterator[tuple[int, list[Any]]]:
        """Yield the rows with their numbers; what is empty is None."""
        if self.sheet.start is None:
            return
        left = self.sheet.start[1]
        above: dict[tuple[int, int], Any] = {}
        firsts = set(self.filled.values())
        for i, row in enumerate(self.sheet.iter_rows()):
            cells = [None if cell == "" else cell for cell in row]
            if self.errors or self.filled:
                for j in range(len(cells)):
                    place = (i, j + left)
                    if place in self.errors:
                        cells[j] = self.errors[place]
                    elif place in self.filled and cells[j] is None:
                        cells[j] = above.get(self.filled[place])
                    if place in firsts:
                        above[place] = cells[j]
            if any(cell is not None for cell in cells):
                yield i + 1, cells


def read_sheet(file: File, connection: Any, wanted: str | None, given: CSV | None) -> Rows:
    """Return a sheet of a spreadsheet: the one called `wanted`, else the first that holds something.

    Raises DataError when the file cannot be read, or has no such sheet.
    """
    given = given or CSV()
    try:
        book = calamine.CalamineWorkbook.from_path(str(file.path))
    except calamine.PasswordError:
        raise DataError(f"{file.name} is locked by a password; save it without, or as CSV.") from None
    except (calamine.CalamineError, OSError, ValueError) as error:
        told = str(error).strip().split("\n", 1)[0].replace(str(file.path), file.name)[:120]
        raise DataError(
            f"{file.name} could not be read as a spreadsheet ({told}); open it and save it again, as .xlsx or as CSV."
        ) from error
    with book:
        name, notes = _chosen(book, file, wanted)
        sheet, more = _sheet(book, file, name)
        notes += more
        first = [(n, [_written(c) for c in row]) for n, row in _head(sheet)]
        place = f"{file.name}, sheet {name!r}"
        if not first:
            raise UnreachableError(f"{place} is empty; expected the names of the columns, then rows.")
        width = max(len(row) for _, row in first)
        block = [(n, row) for n, row in first if n > (given.skip or 0)]
        if given.skip is None:
            titles = _titles(sheet, block, width)
            block = block[len(titles) :]
            notes += [
                f"row {n} is a title above the table ({text[:60]!r}) and left out" for n, text in titles
            ]
        try:
            top = heading(block, width, given.header, given.skip)
        except DataError as error:
            raise DataError(f"{place}: {error}") from None
        start = block[top.at[-1]][0] + 1 if top.at else block[top.first][0]
        kinds, last = _kinds(sheet, width, start)
        rejects: list[Reject] = []
        end = None
        if last is not None and is_total(last[1]) and _adds_up(sheet, last, start):
            end = last[0]
            shown = ", ".join(c for c in last[1] if c)[:200]
            rejects = [Reject(place, end, None, shown, "a total of the rows above")]
            notes.append(f"row {end} is a total of the rows above ({shown[:60]!r}); it is left out")
        names, keep = _kept(top, kinds)
        types = [_type(kinds[i]) for i in keep]
        notes += [*top.notes, *_mixed(names, [kinds[i] for i in keep])]
        schema = pa.schema(list(zip(names, types, strict=True)))
        table = stored(connection, schema, _batches(sheet, schema, keep, start, end))
    detail = FileRead(
        place,
        "excel",
        names,
        header=tuple(block[i][0] for i in top.at),
        rejected=len(rejects),
        notes=tuple(notes),
    )

    def find(
        texts: Mapping[str, Collection[str]],
        alive: Any = connection,  # a fetched file lives as long as it
    ) -> Iterator[tuple[str, int, str, str]]:
        with calamine.CalamineWorkbook.from_path(str(file.path)) as again:
            rows, _ = _sheet(again, file, name)
            places = [(keep[names.index(c)], c, set(t)) for c, t in texts.items() if c in names]
            for number, row in rows.rows():
                for at, column, these in places if number >= start else ():
                    text = _written(row[at])
                    if text is not None and text in these:
                        yield place, number, column, text

    return Rows(
        table, rejects=tuple(rejects), rejected=len(rejects), find=find, details=(detail,), notes=tuple(notes)
    )


def _chosen(book: Any, file: File, wanted: str | None) -> tuple[str, list[str]]:
    """Return the name of the sheet that is meant, and what to tell of the others."""
    names = list(book.sheet_names)
    if wanted is not None:
        if wanted not in names:
            raise DataError(
                f"{file.name} has no sheet {wanted!r}.{suggest(wanted, names)} Its sheets: {listed(names, 20)}."
            )
        return wanted, []
    worksheet, visible = calamine.SheetTypeEnum.WorkSheet, calamine.SheetVisibleEnum.Visible
    shown = [s.name for s in book.sheets_metadata if s.typ == worksheet and s.visible == visible] or names
    filled = [name for name in shown if book.get_sheet_by_name(name).start is not None]
    if not filled:
        raise DataError(
            f"{file.name} has no sheet with anything in it; expected the names of the columns, then rows."
        )
    if len(filled) == 1:
        return filled[0], []
    tables = [name for name in filled if _could_be(book.get_sheet_by_name(name))] or filled
    which = "the first" if tables[0] == filled[0] else "the first that could be a table"
    return tables[0], [
        f"the sheet {tables[0]!r} was read, {which} of {len(filled)} ({listed(filled)}); table= names another"
    ]


def _could_be(sheet: Any) -> bool:
    """Whether a sheet could be a table: several rows of several cells, or a single column of many; else notes."""
    filled = [
        sum(cell not in ("", None) for cell in row)
        for _, row in zip(range(50), sheet.iter_rows(), strict=False)
    ]
    wide = sum(n > 1 for n in filled)
    return wide > 1 and wide >= sum(n == 1 for n in filled)


def _sheet(book: Any, file: File, name: str) -> tuple[_Sheet, list[str]]:
    sheet = book.get_sheet_by_name(name)
    notes = []
    errors, bare = _errors(file.path, name)
    if errors:
        times = Counter(errors.values())
        told = ", ".join(f"{n} x {text}" for text, n in times.most_common(4))
        notes.append(f"{len(errors):,} cells hold an error ({told}); they are kept as text")
    if bare:
        notes.append(
            f"{bare:,} cells hold a formula whose value was not saved; they are empty here: open and save the file in a "
            "spreadsheet program"
        )
    if file.path.suffix.lower() == ".xls" or _is_old(file.path):
        notes.append("in an .xls file cells with an error (#REF!, #N/A) are read as empty; .xlsx keeps them")
    filled: dict[tuple[int, int], tuple[int, int]] = {}
    merged = [r for r in (_ranges(sheet) or []) if r[1][0] > r[0][0] and r[1][1] == r[0][1]]
    for (top, left), (bottom, _) in merged:
        filled |= {(row, left): (top, left) for row in range(top + 1, bottom + 1)}
    if merged:
        notes.append(
            f"{len(merged):,} merged cells reach over several rows; their value holds in each of them"
        )
    return _Sheet(name, sheet, errors, filled), notes


def _ranges(sheet: Any) -> list[tuple[tuple[int, int], tuple[int, int]]] | None:
    found: list[tuple[tuple[int, int], tuple[int, int]]] | None = sheet.merged_cell_ranges
    return found


def _is_old(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(4) == b"\xd0\xcf\x11\xe0"


def _errors(path: Path, name: str) -> tuple[dict[tuple[int, int], str], int]:
    """Return the cells of an .xlsx sheet that hold an error, which the reader gives as empty, and how many have no value."""
    found: dict[tuple[int, int], str] = {}
    bare = 0
    try:
        with zipfile.ZipFile(path) as packed:
            part = _part_of(packed, name)
            if part is None:
                return {}, 0
            with packed.open(part) as stream:
                rest = b""
                while block := stream.read(4 << 20):
                    text = rest + block
                    end = max(text.rfind(b"<c "), text.rfind(b":c ")) if len(block) == 4 << 20 else len(text)
                    text, rest = text[:end], text[end:]
                    if b't="e"' in text:
                        for cell in _ERROR.finditer(text):
                            if place := _PLACE.search(cell[1]):
                                found[int(place[2]) - 1, _column(place[1])] = cell[2].decode(
                                    "ascii", "replace"
                                )
                    if b"<f" in text or b":f" in text:
                        bare += len(_BARE.findall(text))
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError, OSError):
        return {}, 0
    return found, bare


def _part_of(packed: zipfile.ZipFile, name: str) -> str | None:
    """Return which part of an .xlsx file holds a sheet."""
    if "xl/workbook.xml" not in packed.namelist():
        return None
    book = ElementTree.fromstring(packed.read("xl/workbook.xml"))
    ids = {e.get("name"): e.get(_REL) for e in book.iter() if e.tag.endswith("}sheet")}
    links = ElementTree.fromstring(packed.read("xl/_rels/workbook.xml.rels"))
    target = next((e.get("Target") for e in links if e.get("Id") == ids.get(name)), None)
    if target is None:
        return None
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _column(letters: bytes) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + letter - 64
    return place - 1


def _head(sheet: _Sheet) -> list[tuple[int, list[Any]]]:
    return [row for row, _ in zip(sheet.rows(), range(MOST_LOOKED_AT), strict=False)]


def _titles(sheet: _Sheet, block: Sequence[tuple[int, Cells]], width: int) -> list[tuple[int, str]]:
    """Return the first rows that hold one text each, in a cell merged over half of the columns and more."""
    spans = {
        top: right - left + 1 for (top, left), (bottom, right) in _ranges(sheet.sheet) or () if top == bottom
    }
    found: list[tuple[int, str]] = []
    for number, row in block[: len(block) - 2]:
        given = [cell for cell in row if cell]
        if len(given) != 1 or spans.get(number - 1, 1) < max(2, width / 2):
            break
        found.append((number, given[0]))
    return found


def _kinds(sheet: _Sheet, width: int, start: int) -> tuple[list[Counter[str]], tuple[int, Cells] | None]:
    """Count the kinds of the cells of each column; return them with the last row."""
    kinds: list[Counter[str]] = [Counter() for _ in range(width)]
    last = None
    for number, row in sheet.rows():
        if number >= start:
            last = (number, row)
            for i, cell in enumerate(row[:width]):
                if cell is not None:
                    kinds[i][_kind(cell)] += 1
    return kinds, None if last is None else (last[0], [_written(c) for c in last[1]])


def _kind(cell: Any) -> str:
    if isinstance(cell, bool):
        return "truths"
    if isinstance(cell, int | float):
        return "whole numbers" if float(cell).is_integer() and abs(cell) < 2**53 else "numbers"
    if isinstance(cell, datetime):
        return "times"
    if isinstance(cell, date):
        return "dates"
    return "text" if isinstance(cell, str) else "hours"


def _type(kinds: Counter[str]) -> Any:
    given = set(kinds)
    if given == {"truths"}:
        return pa.bool_()
    if given == {"whole numbers"}:
        return pa.int64()
    if given and given <= {"whole numbers", "numbers"}:
        return pa.float64()
    if given == {"dates"}:
        return pa.date32()
    if given and given <= {"dates", "times"}:
        return pa.timestamp("us")
    return pa.string()


def _kept(top: Heading, kinds: Sequence[Counter[str]]) -> tuple[tuple[str, ...], list[int]]:
    """Return the columns that are kept, with their places: all that have a name or a value."""
    keep = [i for i, text in enumerate(top.given) if text.strip() or kinds[i] or not top.at]
    return tuple(top.names[i] for i in keep), keep


def _mixed(names: Sequence[str], kinds: Sequence[Counter[str]]) -> list[str]:
    notes = []
    for name, found in zip(names, kinds, strict=True):
        if len(found) > 1 and _type(found) == pa.string():
            told = " and ".join(f"{n:,} {kind}" for kind, n in found.most_common())
            notes.append(f"column {name!r} holds {told}: all are read as text")
    return notes


def _batches(
    sheet: _Sheet, schema: pa.Schema, keep: Sequence[int], start: int, end: int | None
) -> Iterator[pa.RecordBatch]:
    held: list[list[Any]] = []
    makers = [_maker(each.type) for each in schema]

    def batch() -> pa.RecordBatch:
        columns = [
            pa.array(
                [make(row[i]) if i < len(row) and row[i] is not None else None for row in held], each.type
            )
            for i, make, each in zip(keep, makers, schema, strict=True)
        ]
        return pa.RecordBatch.from_arrays(columns, schema=schema)

    for number, row in sheet.rows():
        if number >= start and number != end:
            held.append(row)
            if len(held) >= BATCH:
                yield batch()
                held = []
    if held:
        yield batch()


def _maker(kind: Any) -> Any:
    if kind == pa.string():
        return _written
    if kind == pa.int64():
        return int
    if kind == pa.float64():
        return float
    if kind == pa.timestamp("us"):
        return lambda cell: cell if isinstance(cell, datetime) else datetime(cell.year, cell.month, cell.day)
    return lambda cell: cell


def _written(cell: Any) -> str | None:
    """Return a cell as text: whole numbers without a decimal point, dates as 2013-01-31."""
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return str(cell)


def _adds_up(sheet: _Sheet, last: tuple[int, Cells], start: int) -> bool:
    """Whether a number of the last row is the sum, or the mean, of those above it."""
    totals = [0.0] * len(last[1])
    counts = [0] * len(last[1])
    for number, row in sheet.rows():
        if start <= number < last[0]:
            for i, cell in enumerate(row[: len(totals)]):
                if isinstance(cell, int | float) and not isinstance(cell, bool):
                    totals[i] += cell
                    counts[i] += 1
    for i, text in enumerate(last[1]):
        try:
            amount = float(text) if text else None
        except ValueError:
            continue
        if amount is not None and counts[i] > 1:
            near = 1e-6 * max(abs(amount), 1e-12)
            if abs(totals[i] - amount) <= near or abs(totals[i] / counts[i] - amount) <= near:
                return True
    return False
