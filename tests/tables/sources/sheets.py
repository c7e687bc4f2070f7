"""Workbooks as files, written by hand: so that cells hold exactly what a test says."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACK = "http://schemas.openxmlformats.org/package/2006/relationships"
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/>'
    '</borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf numFmtId="0"/>'
    '<xf numFmtId="14" applyNumberFormat="1"/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>'
)


class Error(str):
    """A cell that shows an error, such as #REF!."""


class Formula(str):
    """A formula whose value was not saved."""


def xlsx(
    path: Path,
    sheets: Mapping[str, Sequence[Sequence[Any]]],
    *,
    merged: Sequence[str] = (),
    hidden: Sequence[str] = (),
) -> Path:
    """Write sheets of rows from cell A1 on; `merged` are ranges of the first sheet, such as "A2:A3"."""
    with zipfile.ZipFile(path, "w") as out:
        book = links = types = ""
        for i, (name, rows) in enumerate(sheets.items(), 1):
            state = ' state="hidden"' if name in hidden else ""
            book += f'<sheet name="{escape(name)}" sheetId="{i}"{state} r:id="rId{i}"/>'
            links += f'<Relationship Id="rId{i}" Type="{_REL}/worksheet" Target="worksheets/sheet{i}.xml"/>'
            types += (
                f'<Override PartName="/xl/worksheets/sheet{i}.xml" '
                'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
            )
            over = "".join(f'<mergeCell ref="{each}"/>' for each in (merged if i == 1 else ()))
            over = f'<mergeCells count="{len(merged)}">{over}</mergeCells>' if over else ""
            body = "".join(_row(n, row) for n, row in enumerate(rows, 1))
            out.writestr(
                f"xl/worksheets/sheet{i}.xml",
                f'<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData>{over}</worksheet>',
            )
        links += f'<Relationship Id="rId0" Type="{_REL}/styles" Target="styles.xml"/>'
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
        out.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/>{types}</Types>',
        )
        out.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{_PACK}"><Relationship Id="rId1" Type="{_REL}/officeDocument" Target="xl/workbook.xml"/>'
            "</Relationships>",
        )
        out.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{_PACK}">{links}</Relationships>')
        out.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets>{book}</sheets></workbook>',
        )
        out.writestr("xl/styles.xml", _STYLES)
    return path


def _row(number: int, row: Sequence[Any]) -> str:
    cells = "".join(_cell(f"{_letters(i)}{number}", cell) for i, cell in enumerate(row) if cell is not None)
    return f'<row r="{number}">{cells}</row>' if cells else ""


def _letters(place: int) -> str:
    return (_letters(place // 26 - 1) if place >= 26 else "") + chr(65 + place % 26)


def _cell(place: str, cell: Any) -> str:
    if isinstance(cell, Error):
        return f'<c r="{place}" t="e"><f>1/0</f><v>{cell}</v></c>'
    if isinstance(cell, Formula):
        return f'<c r="{place}"><f>{escape(cell)}</f></c>'
    if isinstance(cell, bool):
        return f'<c r="{place}" t="b"><v>{int(cell)}</v></c>'
    if isinstance(cell, datetime):
        gap = cell - datetime(1899, 12, 30)
        return f'<c r="{place}" s="2"><v>{gap.days + gap.seconds / 86_400!r}</v></c>'
    if isinstance(cell, date):
        return f'<c r="{place}" s="1"><v>{(cell - date(1899, 12, 30)).days}</v></c>'
    if isinstance(cell, int | float):
        return f'<c r="{place}"><v>{cell!r}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(str(cell))}</t></is></c>'


def ods(path: Path, name: str, rows: Sequence[Sequence[Any]]) -> Path:
    """Write one sheet as an OpenDocument spreadsheet."""
    made = ""
    for row in rows:
        cells = ""
        for cell in row:
            if cell is None:
                cells += "<table:table-cell/>"
            elif isinstance(cell, int | float):
                cells += f'<table:table-cell office:value-type="float" office:value="{cell!r}"><text:p>{cell}</text:p></table:table-cell>'
            else:
                cells += f'<table:table-cell office:value-type="string"><text:p>{escape(str(cell))}</text:p></table:table-cell>'
        made += f"<table:table-row>{cells}</table:table-row>"
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        out.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry '
            'manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>',
        )
        out.writestr(
            "content.xml",
            '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
            'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
            'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
            f'<table:table table:name="{escape(name)}">{made}</table:table></office:spreadsheet></office:body></office:document-content>',
        )
    return path
