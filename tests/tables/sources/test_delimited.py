"""Delimited files as found in the wild: separators, quotes, line ends, names, and what does not fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fieldguide.errors import DataError, ProgramError
from fieldguide.program import CSV, Number, Source
from fieldguide.tables import engines as engine
from fieldguide.tables.read import Part, read, read_table

from ..visits import program

SPECTRUM = Path(__file__).resolve().parents[4] / "shared" / "data" / "csv_spectrum"

Table = list[tuple[str | None, ...]]


def table_of(part: Part) -> Table:
    return [tuple(row.values()) for row in engine.to_arrow(part.table).to_pylist()]


def given(folder: Path, content: str | bytes, name: str = "v.csv", **blanks: Any) -> Part:
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return read_table(Source(name, **blanks), folder)


TWINS: dict[str, tuple[str | bytes, list[str], Table]] = {
    "a comma in quotes": ('a,b\n1,"x, y"\n', ["a", "b"], [("1", "x, y")]),
    "empty in quotes is empty, nothing is nothing": ('a,b,c\n1,"",\n', ["a", "b", "c"], [("1", "", None)]),
    "doubled quotes": ('a,b\n1,"he said ""no"""\n', ["a", "b"], [("1", 'he said "no"')]),
    "quotes before a backslash": ('a,b\n1,"he said \\"no\\""\n2,x\n', ["a", "b"], [("1", 'he said "no"'), ("2", "x")]),
    "single quotes": ("a,b\n'1','x, y'\n'2','it''s'\n", ["a", "b"], [("1", "x, y"), ("2", "it's")]),
    "apostrophes are none": ("a,b\n1,O'Brien\n2,'tis\n", ["a", "b"], [("1", "O'Brien"), ("2", "'tis")]),
    "inches are none": ('a,b\n1,5" pipe\n2,7" pipe\n', ["a", "b"], [("1", '5" pipe'), ("2", '7" pipe')]),
    "line ends in quotes": ('a,b\r\n1,"x\r\ny"\r\n2,"p\nq"\r\n', ["a", "b"], [("1", "x\r\ny"), ("2", "p\nq")]),
    "spaces around quotes": ('a, b\n1, "x, y" \n2, z\n', ["a", "b"], [("1", "x, y"), ("2", " z")]),
    "JSON in a cell": ('k,v\n1,"{""a"": [1, 2]}"\n', ["k", "v"], [("1", '{"a": [1, 2]}')]),
    "semicolons and decimal commas": ("a;b\n1,5;2,5\n3,5;4,5\n", ["a", "b"], [("1,5", "2,5"), ("3,5", "4,5")]),
    "tabs": ("a\tb\n1\tx, y; z\n", ["a", "b"], [("1", "x, y; z")]),
    "bars": ("a|b\n1|x,y\n2|z,w\n", ["a", "b"], [("1", "x,y"), ("2", "z,w")]),
    "carets": ("a^b^c\n1^x,y^2\n2^z^3\n", ["a", "b", "c"], [("1", "x,y", "2"), ("2", "z", "3")]),
    "two colons": (
        "1::Heat (1995)::Action|Crime\n2::Jumanji (1995)::Adventure\n1::Up (2009)::Drama\n",
        ["column1", "column2", "column3"],
        [("1", "Heat (1995)", "Action|Crime"), ("2", "Jumanji (1995)", "Adventure"), ("1", "Up (2009)", "Drama")],
    ),
    "spaces": ('id name x\n1 "a b" 2.5\n2 c 3.5\n', ["id", "name", "x"], [("1", "a b", "2.5"), ("2", "c", "3.5")]),
    "Excel's hint": ("sep=;\na;b\n1;2\n", ["a", "b"], [("1", "2")]),
    "no line end at the end": ("a,b\n1,2", ["a", "b"], [("1", "2")]),
    "CR": (b"a,b\r1,2\r3,4\r", ["a", "b"], [("1", "2"), ("3", "4")]),
    "LF, CRLF and CR": (
        b'a,b\r\n1,2\n3,4\r5,6\r\n"x\r\ny",7\n', ["a", "b"], [("1", "2"), ("3", "4"), ("5", "6"), ("x\r\ny", "7")],
    ),
    "a lone CR within a value": (
        b"a,b\n1,x\ry\n" + b"2,z\n" * 30, ["a", "b"], [("1", "x\ry")] + [("2", "z")] * 30,
    ),
    "one column": ("x\n1\n\n3\n", ["x"], [("1",), (None,), ("3",)]),
    "one column of prose": ("said\nHello, world.\nNo; never, ever\nWell\n", ["said"], [("Hello, world.",), ("No; never, ever",), ("Well",)]),
    "one column of times": ("t\n12:30\n12:45\n", ["t"], [("12:30",), ("12:45",)]),
    "a title above": ("Sales\nof 2024\n\nid,x\n1,2\n2,3\n", ["id", "x"], [("1", "2"), ("2", "3")]),
    "a title padded by separators": ("Sales,,\n,,\nid,x,y\n1,2,p\n2,3,q\n", ["id", "x", "y"], [("1", "2", "p"), ("2", "3", "q")]),
    "separators at the ends of lines": ("a,b,\n1,2,\n3,4,\n", ["a", "b"], [("1", "2"), ("3", "4")]),
    "separators at the ends of rows only": ("a,b\n1,2,\n3,4,\n", ["a", "b"], [("1", "2"), ("3", "4")]),
    "names of rows": ('"x","y"\n"r1",1,2\n"r2",3,4\n', ["row", "x", "y"], [("r1", "1", "2"), ("r2", "3", "4")]),
    "names that come twice": ("id,ID,,x\n1,2,3,4\n", ["id", "ID_2", "column3", "x"], [("1", "2", "3", "4")]),
    "the names again": ("id,x\n1,2\nid,x\n3,4\n", ["id", "x"], [("1", "2"), ("3", "4")]),
    "a total": ("city,n,m\nBonn,1,2.5\nKiel,2,3.5\nTotal,3,6\n", ["city", "n", "m"], [("Bonn", "1", "2.5"), ("Kiel", "2", "3.5")]),
    "a total that is none": ("city,n\nBonn,1\nKiel,2\nTotal,7\n", ["city", "n"], [("Bonn", "1"), ("Kiel", "2"), ("Total", "7")]),
    "a mark of UTF-8": (b"\xef\xbb\xbfa,b\n1,\xc3\xa9\n", ["a", "b"], [("1", "é")]),
}  # fmt: skip


@pytest.mark.parametrize("case", TWINS)
def test_a_file_reads_as_its_twin(tmp_path: Path, case: str) -> None:
    content, names, rows = TWINS[case]
    part = given(tmp_path, content)
    assert list(part.columns) == names
    assert table_of(part) == rows


NAMES = sorted(p.stem for p in (SPECTRUM / "csvs").glob("*.csv")) or ["absent"]


@pytest.mark.parametrize("name", NAMES)
def test_every_published_example_reads_as_its_twin(name: str) -> None:
    if name == "absent":
        pytest.skip("the shared example data are not beside the repository")
    path = SPECTRUM / "csvs" / f"{name}.csv"
    part = read_table(path)
    twin = json.loads((SPECTRUM / "json" / f"{name}.json").read_text("utf-8"))
    expected = twin if isinstance(twin, list) else [twin]
    if b"\r" not in path.read_bytes():  # the copy's line ends are LF throughout, those of its twin are not
        expected = [{k: v.replace("\r\n", "\n") for k, v in row.items()} for row in expected]
    found = engine.to_arrow(part.table).to_pylist()
    if name == "location_coordinates":  # the twin was made of another phone number
        expected[0]["Contact Phone Number"] = found[0]["Contact Phone Number"]
    assert found == expected
    assert part.rejected == 0


HEADERS: dict[str, tuple[str, bool]] = {
    "names above numbers": ("a,b\n1,2\n3,4\n", True),
    "numbers throughout": ("1,2\n3,4\n5,6\n", False),
    "numbers and names that come again": ("39,Private,13\n50,State,12\n38,Private,9\n53,State,13\n", False),
    "numbers and names that differ": ("Ann,31,1.5\nBob,44,3.2\nCid,28,7.7\n", False),
    "years above small numbers": ("country,2010,2011,2012\nSweden,9.3,9.4,9.5\nNorway,4.8,4.9,5.0\n", True),
    "years above large numbers": (
        "country,2010,2011\nSweden,9300000,9400000\nNorway,4800000,4900000\n",
        True,
    ),
    "letters that come again": ("p,x,s,n\ne,x,s,y\ne,b,s,w\np,x,y,w\np,x,s,g\n", False),
    "text above text": ("name,city\nAnn,Bonn\nBob,Kiel\nCid,Bonn\n", True),
    "names that are the answers": ("id,Red,Blue\n1,Red,\n2,,Blue\n3,Red,Blue\n", True),
    "a value that is missing at first": ("id,age\na,n/a\nb,33\nc,34\n", True),
    "dates throughout": ("2024-01-01,5\n2024-01-02,6\n2024-01-03,7\n", False),
    "a name above dates": ("day,n\n2024-01-01,5\n2024-01-02,6\n", True),
}


@pytest.mark.parametrize("case", HEADERS)
def test_names_are_told_from_rows(tmp_path: Path, case: str) -> None:
    content, has_names = HEADERS[case]
    part = given(tmp_path, content)
    lines = content.splitlines()
    width = lines[0].count(",") + 1
    expected = lines[0].split(",") if has_names else [f"column{i}" for i in range(1, width + 1)]
    assert list(part.columns) == expected
    assert len(table_of(part)) == len(lines) - has_names
    assert any("there are no names" in note for note in part.notes) != has_names
    assert part.details[0].header == ((1,) if has_names else ())


TWO_ROWS: dict[str, tuple[str, list[str] | None]] = {
    "groups": ("id,price,,size,\n,low,high,w,h\n1,2,3,4,5\n2,3,4,5,6\n", ["id", "price: low", "price: high", "size: w", "size: h"]),
    "units": ("day,temp,wind\n,(C),(m/s)\n2024-01-01,1.5,3\n2024-01-02,2.5,4\n", ["day", "temp: (C)", "wind: (m/s)"]),
    "a survey": (
        "id,Seen?,Which?,,Fan?\n,Response,One,Two,Response\n1,Yes,One,,No\n2,No,,Two,Yes\n3,Yes,One,Two,Yes\n",
        ["id", "Seen?", "Which?: One", "Which?: Two", "Fan?"],
    ),
    "one odd value": ("id,age,size\na,unknown,1\nb,33,2\nc,34,3\n", None),
    "a first row of texts": ("id,a,b\n1,x,y\n2,z,w\n", None),
}  # fmt: skip


@pytest.mark.parametrize("case", TWO_ROWS)
def test_two_rows_of_names_are_put_together(tmp_path: Path, case: str) -> None:
    content, names = TWO_ROWS[case]
    part = given(tmp_path, content)
    if names is None:
        assert list(part.columns) == content.splitlines()[0].split(",")
        assert part.details[0].header == (1,)
    else:
        assert list(part.columns) == names
        assert part.details[0].header == (1, 2)
        assert "lines 1 to 2 hold the names (2 rows of them, put together)" in part.notes


def test_what_is_declared_is_taken_as_it_is(tmp_path: Path) -> None:
    assert list(given(tmp_path, "a,b\n1,2\n", format=CSV(header=0)).columns) == ["column1", "column2"]
    assert list(given(tmp_path, "1,2\n3,4\n", format=CSV(header=1)).columns) == ["1", "2"]
    assert list(given(tmp_path, "x,y\na,b\n1,2\n", format=CSV(skip=1, header=1)).columns) == ["a", "b"]
    assert list(given(tmp_path, "a,b\nc,d\n1,2\n", format=CSV(header=2)).columns) == ["a: c", "b: d"]
    assert table_of(given(tmp_path, "a;b,c\n1;2,3\n", format=CSV(separator=","))) == [("1;2", "3")]
    assert table_of(given(tmp_path, "é,b\n1,ü\n".encode("cp850"), format=CSV(encoding="cp850"))) == [
        ("1", "ü")
    ]
    with pytest.raises(ProgramError, match=r"CSV\(encoding='utf9'\): there is no encoding of that name"):
        given(tmp_path, "a,b\n1,2\n", format=CSV(encoding="utf9"))
    with pytest.raises(ProgramError, match="has no tables of its own"):
        given(tmp_path, "a,b\n1,2\n", table="x")


def test_lines_that_do_not_fit_keep_their_numbers_whatever_reads_them(tmp_path: Path) -> None:
    lines = ["id,x,note", '1,2,"a', 'b"', "2,3", "", "3,4,c,5", '4,5,"open', "5,6,d", "6,7,e"]
    part = given(tmp_path, "\n".join(lines) + "\n")
    assert table_of(part) == [("1", "2", "a\nb"), ("5", "6", "d"), ("6", "7", "e")]
    assert [(r.line, r.reason) for r in part.rejects] == [
        (4, "too few values"), (6, "too many values"), (7, "a quote is not closed, or ends within a value"),
    ]  # fmt: skip
    assert (part.rejected, part.details[0].rejected) == (3, 3)
    assert part.rejects[0].text == "2,3"


def test_values_are_found_by_line_through_titles_and_line_ends(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_bytes(
        b'A title\r\n\r\nid,seconds,at,back\r\n1,"x\r\ny",2024-01-01,1\r\n2,2.5,2024-01-02,0\r\n3,bad,2024-01-03,0\r\n'
    )
    part = read(program("v.csv", features=[Number("seconds")]), base=tmp_path).parts[0]
    assert [(r.line, r.text) for r in part.rejects] == [(4, "x\r\ny"), (7, "bad")]


def test_empty_text_in_quotes_is_nothing_to_a_feature(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text(
        'id,seconds,plan,at,back\n"1","","",2024-01-01,1\n"2","3","pro",2024-01-02,0\n'
    )
    made = read(program("v.csv", features=[Number("seconds")]), base=tmp_path)
    assert engine.to_arrow(made.parts[0].table)["plan"].to_pylist() == ["", "pro"]
    assert engine.to_arrow(made.table)["seconds"].to_pylist() == [None, 3.0]
    assert made.parts[0].rejected == 0


def test_lines_without_a_pattern_are_no_table(tmp_path: Path) -> None:
    ragged = "\n".join(",".join("x" * (1 + i * 7 % 9)) for i in range(60))
    with pytest.raises(
        DataError, match=r"v.csv is no table: split at ',', its first lines have 1 to 9 values"
    ):
        given(tmp_path, ragged)
    with pytest.raises(DataError, match="line 1 holds 3 names, and the lines below 5 values"):
        given(tmp_path, "a,b,c\n1,2,3,4,5\n1,2,3,4,5\n1,2,3,4,6\n")
    with pytest.raises(DataError, match=r"has 10,001 columns; expected at most 10,000"):
        given(tmp_path, ",".join(f"c{i}" for i in range(10_001)) + "\n" + ",".join("1" * 10_001) + "\n")
