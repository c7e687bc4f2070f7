"""Spreadsheets: which sheet, which names, and cells as they are."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from fieldguide.errors import DataError
from fieldguide.program import CSV, Number, Source
from fieldguide.tables import engines as engine
from fieldguide.tables.read import Part, read, read_table

from ..visits import program
from .sheets import Error, Formula, ods, xlsx


def rows(part: Part) -> list[dict[str, Any]]:
    return engine.to_arrow(part.table).to_pylist()


def test_cells_keep_their_kind_where_a_column_has_one(tmp_path: Path) -> None:
    xlsx(
        tmp_path / "v.xlsx",
        {
            "Visits": [
                ["id", "n", "amount", "day", "at", "paid", "note", None],
                ["007", 1, 2.5, date(2024, 1, 31), datetime(2024, 1, 31, 17, 30), True, "a", None],
                ["008", 2, 3, date(2024, 2, 1), datetime(2024, 2, 1), False, None, None],
            ]
        },
    )
    part = read_table("v.xlsx", tmp_path)
    assert dict(part.columns) == {
        "id": "string", "n": "int64", "amount": "float64", "day": "date", "at": "timestamp(6)", "paid": "boolean", "note": "string",
    }  # fmt: skip
    assert rows(part)[0] == {
        "id": "007", "n": 1, "amount": 2.5, "day": date(2024, 1, 31), "at": datetime(2024, 1, 31, 17, 30), "paid": True, "note": "a",
    }  # fmt: skip
    assert rows(part)[1]["note"] is None
    assert (part.notes, part.details[0].kind, part.details[0].name) == ((), "excel", "v.xlsx, sheet 'Visits'")


def test_errors_and_numbers_kept_as_text_stay_visible(tmp_path: Path) -> None:
    xlsx(
        tmp_path / "v.xlsx",
        {
            "S": [
                ["id", "x", "y"],
                [1, 2.5, "12"],
                [2, Error("#REF!"), 13],
                [3, Error("#N/A"), 14.5],
                [4, 1, Formula("A1+1")],
            ]
        },
    )
    part = read_table("v.xlsx", tmp_path)
    assert [r["x"] for r in rows(part)] == ["2.5", "#REF!", "#N/A", "1"]
    assert [r["y"] for r in rows(part)] == ["12", "13", "14.5", None]
    told = " ".join(part.notes)
    assert "2 cells hold an error (1 x #REF!, 1 x #N/A); they are kept as text" in told
    assert "1 cells hold a formula whose value was not saved" in told
    assert "column 'y' holds" in told


def test_values_that_cannot_be_read_are_named_by_the_row_of_the_sheet(tmp_path: Path) -> None:
    xlsx(
        tmp_path / "v.xlsx",
        {
            "S": [
                ["Visits of January"],
                [],
                ["id", "x", "at", "back"],
                [1, 2.5, "2024-01-01", 1],
                [2, Error("#REF!"), "2024-01-02", 0],
            ]
        },
    )
    part = read(program("v.xlsx", features=[Number("x")]), base=tmp_path).parts[0]
    assert [(r.file, r.line, r.column, r.text) for r in part.rejects] == [
        ("v.xlsx, sheet 'S'", 5, "x", "#REF!")
    ]
    assert any("above the table" in note for note in part.notes)


def test_two_rows_of_names_merged_cells_and_totals(tmp_path: Path) -> None:
    xlsx(
        tmp_path / "v.xlsx",
        {
            "S": [
                ["city", "sales", None, "kind"],
                [None, "low", "high", None],
                ["Bonn", 1, 2, "a"],
                [None, 3, 4, "b"],
                ["Kiel", 5, 6, "a"],
                ["Total", 9, 12, None],
            ]
        },
        merged=["B1:C1", "A3:A4"],
    )
    part = read_table("v.xlsx", tmp_path)
    assert list(part.columns) == ["city", "sales: low", "sales: high", "kind"]
    assert [r["city"] for r in rows(part)] == ["Bonn", "Bonn", "Kiel"]
    assert (part.rejected, part.rejects[0].line, part.rejects[0].reason) == (
        1,
        6,
        "a total of the rows above",
    )
    assert any("1 merged cells reach over several rows" in note for note in part.notes)


def test_the_sheet_is_named_or_the_first_that_holds_something(tmp_path: Path) -> None:
    xlsx(
        tmp_path / "v.xlsx",
        {"Empty": [], "Secret": [["s"], [1]], "Jan": [["id", "x"], [1, 2]], "Feb": [["id", "y"], [1, 3]]},
        hidden=["Secret"],
    )
    part = read_table("v.xlsx", tmp_path)
    assert list(part.columns) == ["id", "x"]
    assert part.notes == ("the sheet 'Jan' was read, the first of 2 ('Jan', 'Feb'); table= names another",)
    assert list(read_table(Source("v.xlsx", table="Feb"), tmp_path).columns) == ["id", "y"]
    with pytest.raises(DataError, match=r"has no sheet 'Fbe'. Did you mean 'Feb'\?"):
        read_table(Source("v.xlsx", table="Fbe"), tmp_path)
    with pytest.raises(DataError, match="sheet 'Empty' is empty"):
        read_table(Source("v.xlsx", table="Empty"), tmp_path)
    assert list(read_table(Source("v.xlsx", table="Jan", format=CSV(header=0)), tmp_path).columns) == [
        "column1",
        "column2",
    ]


def test_a_workbook_is_known_by_its_content(tmp_path: Path) -> None:
    xlsx(tmp_path / "v.csv", {"S": [["id", "x"], [1, 2]]})
    part = read_table("v.csv", tmp_path)
    assert rows(part) == [{"id": 1, "x": 2}]
    assert part.notes == ("v.csv is called .csv, and holds a spreadsheet: read as that",)
    ods(tmp_path / "v.ods", "S", [["id", "x"], [1, "a"], [2, None]])
    assert rows(read_table("v.ods", tmp_path)) == [{"id": 1, "x": "a"}, {"id": 2, "x": None}]


def test_broken_workbooks_are_refused_with_what_to_do(tmp_path: Path) -> None:
    whole = xlsx(tmp_path / "v.xlsx", {"S": [["id", "x"], [1, 2]]}).read_bytes()
    (tmp_path / "cut.xlsx").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    (tmp_path / "text.xlsx").write_text("id,x\n1,2\n")
    for name in ("cut.xlsx", "old.xls"):
        with pytest.raises(
            DataError, match=rf"{name} could not be read as a spreadsheet .*save it again"
        ) as caught:
            read_table(name, tmp_path)
        assert str(tmp_path) not in str(caught.value)
    assert "holds text" in read_table("text.xlsx", tmp_path).notes[0]


def test_a_sheet_of_notes_before_the_table_is_passed_over(tmp_path: Path) -> None:
    sheets = {
        "Read me": [["This workbook holds what was sold."], [None], ["Ask Ann."]],
        "Sold": [["id", "n"], *([i, i * 2] for i in range(9))],
    }
    xlsx(tmp_path / "v.xlsx", sheets)
    part = read_table("v.xlsx", tmp_path)
    assert part.table.columns == ("id", "n")
    assert len(rows(part)) == 9
    assert any("'Sold' was read, the first that could be a table" in note for note in part.notes)
    assert read_table(Source("v.xlsx", table="Read me"), tmp_path).table.columns == (
        "This workbook holds what was sold.",
    )


def test_a_title_in_merged_cells_above_two_rows_of_names_is_left_out(tmp_path: Path) -> None:
    table: list[list[Any]] = [
        ["Sold in 2024", None, None, None],
        ["id", "North", None, "South"],
        [None, "jan", "feb", "jan"],
        *([i, i * 2, i * 3, i % 5] for i in range(40)),
    ]
    xlsx(tmp_path / "v.xlsx", {"S": table}, merged=["A1:D1", "B2:C2"])
    part = read_table("v.xlsx", tmp_path)
    assert part.table.columns == ("id", "North: jan", "North: feb", "South: jan")
    assert (len(rows(part)), part.rejected) == (40, 0)
    assert "row 1 is a title above the table ('Sold in 2024') and left out" in part.notes
