"""Numbers and times that are written otherwise: proved for a whole column, told, or left alone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from fieldguide.program import CSV, Number, NumericLabel, Timestamp
from fieldguide.tables import engines as engine
from fieldguide.tables.read import read
from fieldguide.tables.written import Numbers, Times, as_clock, as_number, proved

from .visits import DAY, column, program

CONNECTION = engine.connect()

NUMBERS: dict[str, tuple[list[str | None], str | None, list[float | None] | None]] = {
    "a decimal comma": (["1,5", "2,25", "-3"], None, [1.5, 2.25, -3.0]),
    "a decimal comma with points": (["1.234,5", "12", "0,5"], None, [1234.5, 12.0, 0.5]),
    "a decimal comma first": ([",5", "1,25"], None, [0.5, 1.25]),
    "below one with three digits": (["0,123", "0,456"], None, [0.123, 0.456]),
    "commas in groups": (["1,234,567", "5"], None, [1234567.0, 5.0]),
    "commas from one thousand on": (["1,234", "56", "2,345"], None, [1234.0, 56.0, 2345.0]),
    "commas and a point": (["1,234.5", "12"], None, [1234.5, 12.0]),
    "points in groups": (["1.234.567", "5"], None, [1234567.0, 5.0]),
    "spaces in groups": (["1 234 567", "89", "1\u00a0000"], None, [1234567.0, 89.0, 1000.0]),
    "spaces and a comma": (["1 234,5", "12"], None, [1234.5, 12.0]),
    "apostrophes": (["1'234.50", "12"], None, [1234.5, 12.0]),
    "dollars": (["$1,200.50", "$3.00", "-$5.00", "($7.00)"], None, [1200.5, 3.0, -5.0, -7.0]),
    "euros behind": (["3,50 €", "4,00 €"], None, [3.5, 4.0]),
    "percent": (["12 %", "3.5 %", "n/a", None], None, [12.0, 3.5, None, None]),
    "a minus of its own": (["−1,5", "2,5"], None, [-1.5, 2.5]),
    "a few that are none": (["3,5", "4,5", "5,5", "12 s"], None, [3.5, 4.5, 5.5, None]),
    "a comma before three digits": (["1,234", "2,345"], None, None),
    "the same, where the file has points": (["1,234", "2,345"], ".", [1234.0, 2345.0]),
    "the same, where the file has commas": (["1,234", "2,345"], ",", [1.234, 2.345]),
    "points, where the file has commas": (["1.234", "2.500"], ",", [1234.0, 2500.0]),
    "both signs": (["1.5", "2,5"], None, None),
    "two currencies": (["$1", "€2"], None, None),
    "some with a sign": (["12%", "3"], None, None),
    "plain numbers": (["1.5", "-2e3", "7"], None, None),
    "words": (["a", "b,c"], None, None),
    "mostly words": (["a", "b", "c", "1,5"], None, None),
}


@pytest.mark.parametrize("case", NUMBERS)
def test_a_way_of_writing_numbers_is_proved_or_left_alone(case: str) -> None:
    texts, decimal, expected = NUMBERS[case]
    table = engine.from_arrow(CONNECTION, pa.table({"x": pa.array(texts, pa.string())}))
    found = proved(table, [("x", "number")], decimal)
    way = found.ways.get(("x", "number"))
    if expected is None:
        assert way is None
    else:
        assert isinstance(way, Numbers)
        assert engine.to_arrow(table.select(v=as_number(table.x, way)))["v"].to_pylist() == pytest.approx(
            expected, nan_ok=True
        )
        assert len(found.notes) == 1


TIMES: dict[str, tuple[list[str], str | None, list[str | None]]] = {
    "days first": (["31/1/2013", "1/2/2013"], "dmy", ["2013-01-31", "2013-02-01"]),
    "months first": (["1/31/2013 7:10 PM", "2/1/2013 12:05 AM"], "mdy", ["2013-01-31 19:10", "2013-02-01 00:05"]),
    "noon": (["1/31/2013 12:00 p.m.", "2/1/2013 12:00 a.m."], "mdy", ["2013-01-31 12:00", "2013-02-01"]),
    "points": (["01.02.2013", "03.04.2013 10:30"], "dmy", ["2013-02-01", "2013-04-03 10:30"]),
    "short years": (["1/1/11 0:00", "12/31/12 23:00", "1/1/70"], "mdy", ["2011-01-01", "2012-12-31 23:00", "1970-01-01"]),
    "names of months": (["31-Jan-13", "01-Feb-14"], "dby", ["2013-01-31", "2014-02-01"]),
    "names of months first": (["Jan 31, 2013", "February 1st, 2013 5:06:07.5 p.m."], "bdy", ["2013-01-31", "2013-02-01 17:06:07.5"]),
    "years first": (["2013/1/31", "2013/12/01 7:10"], "ymd", ["2013-01-31", "2013-12-01 07:10"]),
    "without signs": (["20130131", "20130229"], "ymd", ["2013-01-31", None]),
    "as in mails": (
        ["Thu, 31 Jan 2013 10:00:00 GMT", "Fri, 1 Feb 2013 10:00:00 +0200"], "dby", ["2013-01-31 10:00", "2013-02-01 08:00"],
    ),
    "a leap day that is none": (["29/2/2013", "29/2/2012", "31/12/2012"], "dmy", [None, "2012-02-29", "2012-12-31"]),
    "an hour that is none": (["31/12/2012 25:00", "31/12/2012 13:00 pm", "31/12/2012 3:00 pm"], "dmy", [None, None, "2012-12-31 15:00"]),
    "days and months alike": (["1/2/2013", "3/4/2013"], None, []),
    "years at either end": (["13/01/31", "12/02/28"], None, []),
    "both orders": (["31/1/2013", "1/31/2013"], None, []),
    "two ways": (["2013-01-31", "1/2/2013"], None, []),
    "clocks without days": (["7:10 a.m.", "8:15 p.m."], None, []),
    "numbers": (["12", "13"], None, []),
}  # fmt: skip


@pytest.mark.parametrize("case", TIMES)
def test_a_way_of_writing_times_is_proved_or_left_alone(case: str) -> None:
    texts, order, expected = TIMES[case]
    table = engine.from_arrow(CONNECTION, pa.table({"x": pa.array(texts, pa.string())}))
    found = proved(table, [("x", "timestamp")])
    way = found.ways.get(("x", "timestamp"))
    if order is None:
        assert way is None
        return
    assert isinstance(way, Times)
    assert way.order == order
    clock, aware, offset = as_clock(table.x, way)
    got = engine.to_arrow(table.select(us=clock - offset, aware=aware))
    wanted = [
        None if e is None else int(datetime.fromisoformat(e).replace(tzinfo=UTC).timestamp() * 1e6)
        for e in expected
    ]
    assert got["us"].to_pylist() == wanted
    assert got["aware"].to_pylist() == [case == "as in mails"] * len(texts)


def test_every_day_of_four_centuries_is_the_calendars() -> None:
    table = CONNECTION.sql(
        "SELECT strftime(d, '%-d/%-m/%Y') AS x, epoch_us(d) AS us FROM (SELECT unnest(generate_series(TIMESTAMP '1700-01-01', "
        "TIMESTAMP '2100-12-31', INTERVAL 1 DAY)) AS d)"
    )
    way = proved(table, [("x", "timestamp")]).ways["x", "timestamp"]
    assert isinstance(way, Times)
    clock, _, _ = as_clock(table.x, way)
    same = engine.to_arrow(
        table.aggregate(n=table.count(), same=(clock == table.us).cast("int64").sum())
    ).to_pylist()[0]
    assert same["n"] == same["same"] == 146_462


def test_a_european_file_is_read_and_what_was_proved_is_told(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text(
        "id;seconds;n;at;back\n1;1.234,5;1.234;31.1.2024 17:00;3,5\n2;0,5;2.500;1.2.2024 8:00;4\n3;x;12;;\n"
    )
    label = NumericLabel("back", arrives_within=DAY)
    made = read(
        program("v.csv", features=[Number("seconds"), Number("n")], label=label, timezone="Europe/Berlin"),
        base=tmp_path,
    )
    assert column(made, "seconds") == [1234.5, 0.5, None]
    assert column(made, "n") == [1234.0, 2500.0, 12.0]
    assert column(made, "__label") == [3.5, 4.0, None]
    assert column(made, "__time") == [
        datetime(2024, 1, 31, 16, tzinfo=UTC),
        datetime(2024, 2, 1, 7, tzinfo=UTC),
        None,
    ]
    part = made.parts[0]
    assert [(r.line, r.column, r.text, r.reason) for r in part.rejects] == [
        (4, "seconds", "x", "not a number")
    ]
    told = "\n".join(part.notes)
    assert (
        "column 'seconds': its numbers are written with a decimal comma and in groups of three digits" in told
    )
    assert "column 'at': its times are written day, month, year, such as '31.1.2024 17:00'" in told


def test_what_is_in_doubt_is_told_and_not_read(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text(
        'id,seconds,seen,at,back\n1,"1,234",1/2/2024,2024-01-01,1\n2,"2,345",3/4/2024,2024-01-02,0\n'
    )
    features: list[Any] = [Number("seconds"), Timestamp("seen", parts=("hour",))]
    part = (made := read(program("v.csv", features=features), base=tmp_path)).parts[0]
    assert column(made, "seconds") == column(made, "seen") == [None, None]
    assert part.rejected == 4
    assert part.notes == (
        "column 'seconds': a comma before three digits may be a decimal comma or not; CSV(decimal=…) says which",
        "column 'seen': days and months cannot be told apart in any of its dates, so they are not read; write them as 2013-01-31",
    )
    made = read(program("v.csv", features=features, format=CSV(decimal=".")), base=tmp_path)
    assert column(made, "seconds") == [1234.0, 2345.0]


def test_a_column_of_plain_numbers_costs_no_second_look(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "v.csv").write_text("id,seconds,at,back\n1,1.5,2024-01-01,1\n2,NA,2024-01-02 10:00,0\n")
    monkeypatch.setattr("fieldguide.tables.read.proved", None)
    assert column(read(program("v.csv", features=[Number("seconds")]), base=tmp_path), "seconds") == [
        1.5,
        None,
    ]
