"""Values and lines that cannot be read are named; sources that cannot be read are refused with a sentence."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from fieldguide.errors import DataError, ProgramError
from fieldguide.program import (
    BinaryLabel,
    Boolean,
    Category,
    Number,
    Timestamp,
)
from fieldguide.tables.engines import duckdb as engine
from fieldguide.tables.read import Reject, read, read_table

from .visits import DAY, FEATURES, VISITS, column, program, write


def test_leading_zeros_of_keys_entities_and_categories_are_kept(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text(
        "id,zip,who,at,back\n001,01234,0009,2024-01-01,1\n002,00000,0010,2024-01-02,0\n"
    )
    made = read(program("v.csv", features=[Category("zip")], entity="who"), base=tmp_path)
    assert column(made, "__key") == ["001", "002"]
    assert column(made, "zip") == ["01234", "00000"]
    assert column(made, "__entity") == ["0009", "0010"]


def test_missing_tokens_are_null_where_a_number_is_declared_and_text_elsewhere(tmp_path: Path) -> None:
    tokens = ["", "NA", "N/A", "null", "nan", " None ", "-", "?"]
    lines = [f"{i},{token},{token},2024-01-01,1" for i, token in enumerate(tokens)]
    (tmp_path / "v.csv").write_text("\n".join(["id,seconds,plan,at,back", *lines, "9,7,NA,2024-01-01,0"]))
    made = read(program("v.csv", features=FEATURES[:2]), base=tmp_path)
    assert column(made, "seconds") == [None] * len(tokens) + [7.0]
    assert column(made, "plan") == [None, "NA", "N/A", "null", "nan", " None ", "-", "?", "NA"]
    assert made.parts[0].rejected == 0


def test_values_that_cannot_be_read_become_null_and_are_named_by_line(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text(
        "id,seconds,plan,mobile,at,back\n"
        '1,12.5,"a\nb",yes,2024-01-01 10:00,1\n'
        "2,12 s,pro,no,2024-01-01T10:00:00Z,0\n"
        "3,1e3,pro,maybe,2024-01-02,0\n"
        "4,'7',pro,1,01/02/2024,1\n"
        "5,12 s,pro,0,2024-02-30,1\n"
    )
    part = (made := read(program("v.csv"), base=tmp_path)).parts[0]
    assert column(made, "seconds") == [12.5, None, 1000.0, None, None]
    assert column(made, "mobile") == [True, False, None, True, False]
    assert [t and t.isoformat() for t in column(made, "__time")] == [
        "2024-01-01T10:00:00+00:00", "2024-01-01T10:00:00+00:00", "2024-01-02T00:00:00+00:00", None, None,
    ]  # fmt: skip
    assert part.rejected == 6
    when = "no date and time such as 2013-01-31 17:00"
    assert set(part.rejects) == {
        Reject("v.csv", 4, "seconds", "12 s", "not a number"),
        Reject("v.csv", 5, "mobile", "maybe", "neither true nor false"),
        Reject("v.csv", 6, "seconds", "'7'", "not a number"),
        Reject("v.csv", 6, "at", "01/02/2024", when),
        Reject("v.csv", 7, "seconds", "12 s", "not a number"),
        Reject("v.csv", 7, "at", "2024-02-30", when),
    }


def test_all_unreadable_values_are_counted_and_twenty_are_shown(tmp_path: Path) -> None:
    lines = [f"{i},{'x' if i % 2 else i},p,true,2024-01-01,1" for i in range(100)]
    (tmp_path / "v.csv").write_text("\n".join(["id,seconds,plan,mobile,at,back", *lines]))
    part = read(program("v.csv"), base=tmp_path).parts[0]
    assert part.rejected == 50
    assert [r.line for r in part.rejects] == [3 + 2 * i for i in range(20)]


def test_broken_lines_are_named_and_all_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text(
        "\ufeffid,seconds,plan,at,back\r\n"
        '1,1,"a\r\nb",2024-01-01,1\r\n'
        "2,2,pro\r\n"
        "\r\n"
        "3,3,pro,2024-01-01,1,9,9\r\n"
        '4,4,"pro"fessional,2024-01-01,1\r\n'
        '5,5,"open,2024-01-01,1\r\n'
        "6,6,pro,2024-01-01,1\r\n"
        '7,7,"a ""quoted"" word",2024-01-01,0\r\n',
        newline="",
    )
    made = read(program("v.csv", features=FEATURES[:2]), base=tmp_path)
    assert column(made, "__key") == ["1", "6", "7"]
    assert column(made, "plan") == ["a\r\nb", "pro", 'a "quoted" word']
    assert made.parts[0].rejected == 4
    assert [(r.line, r.reason) for r in made.parts[0].rejects] == [
        (4, "too few values"),
        (6, "too many values"),
        (7, "a quote is not closed, or ends within a value"),
        (8, "a quote is not closed, or ends within a value"),
    ]
    assert made.parts[0].rejects[3].text == '5,5,"open,2024-01-01,1'


def test_a_broken_line_far_into_a_large_file_is_found(tmp_path: Path) -> None:
    good = "".join(f"{i},{i},pro,2024-01-01,1\n" for i in range(300_000))
    (tmp_path / "v.csv").write_text("id,seconds,plan,at,back\n" + good + '300000,1,"open\n' + good)
    made = read(program("v.csv", features=FEATURES[:2]), base=tmp_path)
    assert made.extent.rows == 600_000
    assert [(r.line, r.text) for r in made.parts[0].rejects] == [(300_002, '300000,1,"open')]


def test_broken_lines_of_ndjson_are_named_and_dates_stay_text(tmp_path: Path) -> None:
    (tmp_path / "v.ndjson").write_text(
        '{"id": "1", "plan": "2024-01-01", "at": "2024-01-01", "back": 1}\n\n{"id": \n[1]\n'
        '{"id": "2", "plan": "007", "at": "2024-01-02", "back": 0}\n'
    )
    made = read(program("v.ndjson", features=[Category("plan")]), base=tmp_path)
    assert column(made, "plan") == ["2024-01-01", "007"]
    assert [(r.line, r.text) for r in made.parts[0].rejects] == [(3, '{"id": '), (4, "[1]")]


def test_unreadable_text_in_a_parquet_file_is_named_by_row(tmp_path: Path) -> None:
    table = VISITS.set_column(1, "seconds", pa.array(["1", "two", "NA"]))
    pq.write_table(table, tmp_path / "v.parquet")
    part = (made := read(program("v.parquet"), base=tmp_path)).parts[0]
    assert column(made, "seconds") == [1.0, None, None]
    assert part.rejects == (Reject("v.parquet", 2, "seconds", "two", "not a number"),)


def fails() -> pa.Table:
    raise KeyError("no such month")


def fails_deep() -> pa.Table:
    return json.loads("{")  # the fault is here, not in the library


def gives_number() -> int:
    return 3


def wants_more(month: int) -> pa.Table:
    return VISITS


def empty() -> pa.Table:
    return VISITS.slice(0, 0)


def line_of(function: Callable[..., Any]) -> int:
    return function.__code__.co_firstlineno + 1


def test_a_functions_own_error_is_named_with_the_line_and_chained() -> None:
    with pytest.raises(
        DataError, match=rf"fails\(\) raised KeyError in test_rejects.py, line {line_of(fails)}"
    ) as caught:
        read(program(fails))
    assert isinstance(caught.value.__cause__, KeyError)
    with pytest.raises(DataError, match=rf"JSONDecodeError in test_rejects.py, line {line_of(fails_deep)}"):
        read(program(fails_deep))
    with pytest.raises(DataError, match=r"gives_number\(\) returned 3 \(int\); expected a path or rows"):
        read(program(gives_number))
    with pytest.raises(ProgramError, match="takes no arguments"):
        read(program(wants_more))


def test_what_is_missing_empty_or_broken_is_said(tmp_path: Path) -> None:
    def raises(data: Any, message: str) -> None:
        with pytest.raises(DataError, match=message) as caught:
            read(program(data), base=tmp_path)
        assert str(tmp_path) not in str(caught.value)

    write(tmp_path, "visits.csv")
    raises("visit.csv", r"there is no file visit.csv.*Did you mean 'visits.csv'\?")
    raises("*.parquet", r"matches no file")
    raises(".", "is a folder")
    raises("ftp://host/visits.parquet", "write a function that fetches it")
    (tmp_path / "empty.csv").write_text("")
    raises("empty.csv", "is empty; expected a first line")
    (tmp_path / "header.csv").write_text("id,seconds,plan,mobile,at,back\n")
    raises("header.csv", "has no rows; expected at least one")
    (tmp_path / "allbroken.csv").write_text("id,seconds,plan,mobile,at,back\n1,2\n")
    raises("allbroken.csv", "has no rows; line 2: too few values: '1,2'")
    raises(empty, r"empty\(\) has no rows")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and then nothing")
    raises("broken.parquet", "could not be read as Parquet")
    (tmp_path / "broken.arrow").write_bytes(b"ARROW1 and then nothing")
    raises("broken.arrow", "could not be read as Arrow")
    (tmp_path / "broken.json").write_text('[{"id": 1}, {"id"')
    raises("broken.json", "could not be read as JSON")
    (tmp_path / "v.xlsx").write_bytes(b"PK\3\4 and then nothing")
    raises("v.xlsx", "could not be read as a spreadsheet")
    raises(pd.DataFrame({"id": [1, "a", b"x"]}), "no column of one type")


def test_lines_that_are_no_utf8_in_a_file_that_is_are_rejected_with_their_bytes(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_bytes(
        "id,seconds,plan,mobile,at,back\n1,1,Füße,1,2024-01-01,1\n".encode()
        + b"2,2,caf\xe9,1,2024-01-01,0\n3,3,ok,1,2024-01-01,0\n"
    )
    made = read(program("v.csv"), base=tmp_path)
    assert column(made, "plan") == ["Füße", "ok"]
    assert [(r.line, r.reason) for r in made.parts[0].rejects] == [(3, "not UTF-8: byte E9")]


def test_unknown_columns_are_named_with_the_nearest_and_all_there_are() -> None:
    with pytest.raises(
        ProgramError,
        match=r"columns were not found: \['secnds'\]. Did you mean \['seconds'\]\?.*has: at, back, id",
    ):
        read(program(VISITS, features=[Number("secnds")]))
    with pytest.raises(ProgramError, match=r"\['ident'\]"):
        read(program(VISITS, key="ident"))
    with pytest.raises(ProgramError, match=r"\['came'\]"):
        read(program(VISITS, label=BinaryLabel("came", arrives_within=DAY)))


@pytest.mark.parametrize(
    ("feature", "message"),
    [
        (Number("at"), "'at' in .* holds timestamp.*; a number was expected by fg.Number"),
        (Boolean("at"), "true or false was expected"),
        (Timestamp("seconds", parts=("hour",)), "holds numbers; an instant was expected"),
    ],
)
def test_a_column_of_another_kind_is_refused(feature: Any, message: str) -> None:
    with pytest.raises(ProgramError, match=message):
        read(program(VISITS, features=[feature]))


def test_dates_and_numbers_are_categories_as_text() -> None:
    table = VISITS.append_column("code", pa.array([1.0, 2.5, None])).append_column(
        "day", pa.array([date(2024, 1, 1)] * 3)
    )
    made = read(program(table, features=[Category("code"), Category("day"), Category("back2")][:2]))
    assert column(made, "code") == ["1", "2.5", None]
    assert column(made, "day") == ["2024-01-01"] * 3


@pytest.mark.parametrize(
    ("name", "content", "rows_", "lines"),
    [
        (
            "v.csv.gz",
            b'id,x\n1,2\n2,"a\nb"\n3\n4,"open\n5,6\n',
            [("1", "2"), ("2", "a\nb"), ("5", "6")],
            [5, 6],
        ),
        ("v.csv", b"id,x\r\n1,2\n2,3\r\n", [("1", "2"), ("2", "3")], []),
        ("v.csv", b"id,x\r1,2\r2,3\r", [("1", "2"), ("2", "3")], []),
        ("v.csv", b'id,x\r\n1,"un\r\n2,c\r\n', [("2", "c")], [2]),
        ("v.tsv", b"id\tx, y\n1\t2,5\n", [("1", "2,5")], []),
        ("v.csv", b"\n\nid|x\n1|a,b;c\n", [("1", "a,b;c")], []),
        ("v.ndjson.gz", b'{"id": "1", "x": "2"}\n{"id":\n', [("1", "2")], [2]),
    ],
)
def test_packed_files_and_odd_line_ends(
    tmp_path: Path, name: str, content: bytes, rows_: list[tuple[str, str]], lines: list[int]
) -> None:
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    part = read_table(name, tmp_path)
    assert [tuple(row.values()) for row in engine.to_arrow(part.table).to_pylist()] == rows_
    assert [r.line for r in part.rejects] == lines
