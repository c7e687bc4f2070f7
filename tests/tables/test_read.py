"""Rows in: what is read from each kind of source, how, and what is said when it cannot be."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

import fieldguide.tables.read as reading
from fieldguide.errors import DataError, ProgramError, UsageError
from fieldguide.program import (
    BinaryLabel,
    Boolean,
    Category,
    CountLabel,
    Number,
    NumericLabel,
    Presentation,
    Program,
    Question,
    Source,
    Timestamp,
)
from fieldguide.tables.contract import to_micros
from fieldguide.tables.engines import duckdb as engine
from fieldguide.tables.read import Reading, Reject, read, read_rows, read_table

DAY = timedelta(days=1)
VISITS = pa.table(
    {
        "id": pa.array(["007", "008", "009"]),
        "seconds": pa.array([12.5, None, 3.0]),
        "plan": pa.array(["free", "pro", None]),
        "mobile": pa.array([True, False, None]),
        "at": pa.array([datetime(2024, 1, d, 12, tzinfo=UTC) for d in (1, 2, 3)], pa.timestamp("us", "UTC")),
        "back": pa.array([1, 0, 1]),
    }
)
FEATURES = (Number("seconds"), Category("plan"), Boolean("mobile"))


def program(data: Any, *, features: Any = FEATURES, label: Any = None, **source: Any) -> Program:
    source = {"key": "id", "time": "at"} | source
    return Program(
        question=Question(ask="Will the visitor come back?", one_row_is="a visit"),
        source=Source(data, **source),
        features=features,
        label=label or BinaryLabel("back", arrives_within=7 * DAY),
        name="visits",
    )


def rows(made: Reading) -> list[dict[str, Any]]:
    """The canonical rows in order of their key; instants as aware datetimes."""
    return sorted(
        engine.to_arrow(made.table).to_pylist(),
        key=lambda row: (row["__key"] is None, row["__key"], row["__time"]),
    )


def column(made: Reading, name: str) -> list[Any]:
    return [row[name] for row in rows(made)]


def write(folder: Path, name: str, table: pa.Table = VISITS) -> Path:
    path = folder / name
    if name.endswith(("csv", "tsv", "txt")):
        frame = table.to_pandas()
        frame["back"] = frame["back"].astype(int)
        separator = {"tsv": "\t", "txt": ";"}.get(name[-3:], ",")
        path.write_text(frame.to_csv(index=False, sep=separator))
    elif name.endswith("parquet"):
        pq.write_table(table, path)
    elif name.endswith("feather"):
        pyarrow.feather.write_feather(table, path)
    elif name.endswith("arrows"):
        with pa.ipc.new_stream(str(path), table.schema) as out:
            out.write_table(table)
    else:
        listed = [r | {"at": r["at"].isoformat()} for r in table.to_pylist()]
        lines = name.endswith("ndjson")
        path.write_text("\n".join(map(json.dumps, listed)) + "\n" if lines else json.dumps(listed))
    return path


KINDS = ["v.csv", "v.tsv", "v.txt", "v.json", "v.ndjson", "v.parquet", "v.feather", "v.arrows"]


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_file_gives_the_same_canonical_table(tmp_path: Path, name: str) -> None:
    write(tmp_path, name)
    made = read(program(name), base=tmp_path)
    assert made.extent.source == name
    assert engine.to_arrow(made.table).column_names[:3] == ["seconds", "plan", "mobile"]
    expected = [
        {"seconds": 12.5, "plan": "free", "mobile": True, "__key": "007", "__label": 1.0},
        {"seconds": None, "plan": "pro", "mobile": False, "__key": "008", "__label": 0.0},
        {"seconds": 3.0, "plan": None, "mobile": None, "__key": "009", "__label": 1.0},
    ]
    found = rows(made)
    assert [{k: row[k] for k in expected[0]} for row in found] == expected
    assert [row["__time"] for row in found] == VISITS["at"].to_pylist()
    assert {row["__weight"] for row in found} == {1.0}
    assert all(row["__entity"] is None and row["__known_at"] is None for row in found)
    types = {f.name: str(f.type) for f in engine.to_arrow(made.table).schema}
    assert types == {
        "seconds": "double", "plan": "string", "mobile": "bool", "__key": "string",
        "__time": "timestamp[us, tz=UTC]", "__entity": "string", "__label": "double",
        "__known_at": "timestamp[us, tz=UTC]", "__weight": "double",
    }  # fmt: skip
    assert made.parts[0].files == (str(tmp_path / name),)
    assert made.parts[0].rejected == 0


class Stream:
    """Anything that offers the Arrow C stream, and nothing else."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return VISITS.__arrow_c_stream__(requested_schema)


def frame() -> pd.DataFrame:
    return VISITS.to_pandas()


def arrow() -> pa.Table:
    return VISITS


@pytest.mark.parametrize(
    "data",
    [VISITS, Stream(), frame(), frame, arrow, Stream],
    ids=["arrow", "stream", "pandas", "f", "g", "class"][:6],
)
def test_frames_and_functions_give_the_same_table(data: Any) -> None:
    if data is Stream:
        data = Stream.__call__ if False else lambda_free_stream
    made = read(program(data))
    assert column(made, "__key") == ["007", "008", "009"]
    assert column(made, "seconds") == [12.5, None, 3.0]


def lambda_free_stream() -> Stream:
    return Stream()


def test_a_function_may_return_a_path_relative_to_the_program(tmp_path: Path) -> None:
    write(tmp_path, "v.parquet")
    assert read(program(give_path), base=tmp_path).extent.rows == 3


def give_path() -> Path:
    return Path("v.parquet")


def test_globs_read_all_files_in_order_and_need_one_kind(tmp_path: Path) -> None:
    (tmp_path / "days").mkdir()
    write(tmp_path / "days", "1.csv", VISITS.slice(0, 1))
    write(tmp_path / "days", "2.csv", VISITS.slice(1).drop_columns(["mobile"]))
    made = read(program("days/*.csv"), base=tmp_path)
    assert column(made, "__key") == ["007", "008", "009"]
    assert column(made, "mobile") == [True, None, None]
    assert [Path(f).name for f in made.parts[0].files] == ["1.csv", "2.csv"]
    write(tmp_path / "days", "3.parquet")
    assert read(program("days/*.parquet"), base=tmp_path).extent.rows == 3
    with pytest.raises(DataError, match=r"several kinds \(csv, parquet\)"):
        read(program("days/*"), base=tmp_path)


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


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"])
@pytest.mark.parametrize("kind", ["text", "naive", "date"])
def test_naive_times_are_read_in_the_zone_as_the_contract_reads_them(
    tmp_path: Path, zone: str, kind: str
) -> None:
    start = datetime(2013, 3, 1)
    clocks = [start + timedelta(minutes=17 * i) for i in range(0, 25_000, 7)]
    if kind == "date":
        given: Any = pa.array([c.date() for c in clocks])
        clocks = [datetime(c.year, c.month, c.day) for c in clocks]
    else:
        given = (
            pa.array(clocks, pa.timestamp("ms"))
            if kind == "naive"
            else pa.array([c.isoformat(" ") for c in clocks])
        )
    table = pa.table(
        {"id": pa.array(range(len(clocks))), "at": given, "back": pa.array([0] * len(clocks)), "x": given}
    )
    made = read(program(table, features=[Timestamp("x", parts=("hour",))], timezone=zone))
    found = engine.to_arrow(made.table.select("__key", "__time", "x"))
    by_key = dict(zip(found["__key"].to_pylist(), found["__time"].cast(pa.int64()).to_pylist(), strict=True))
    assert by_key == {str(i): to_micros(c, ZoneInfo(zone)) for i, c in enumerate(clocks)}
    assert found["x"].equals(found["__time"])


def test_aware_times_mean_their_instant_in_whatever_zone() -> None:
    at = ["2024-07-01T12:00:00+02:00", "2024-07-01 12:00:00-05", "2024-07-01T12:00:00.5Z"]
    table = VISITS.set_column(4, "at", pa.array(at))
    made = read(program(table, timezone="America/New_York"))
    assert [t.isoformat() for t in column(made, "__time")] == [
        "2024-07-01T10:00:00+00:00", "2024-07-01T17:00:00+00:00", "2024-07-01T12:00:00.500000+00:00",
    ]  # fmt: skip
    table = VISITS.set_column(4, "at", VISITS["at"].cast(pa.timestamp("ns", "Asia/Tokyo")))
    assert column(read(program(table)), "__time") == VISITS["at"].to_pylist()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([1, 0, None], [1.0, 0.0, None]),
        ([1.0, 0.0, float("nan")], [1.0, 0.0, None]),
        ([True, False, None], [1.0, 0.0, None]),
        (["true", "FALSE", "NA"], [1.0, 0.0, None]),
        (["1", "0", ""], [1.0, 0.0, None]),
    ],
)
def test_binary_labels_are_zero_and_one_or_true_and_false(given: list[Any], expected: list[Any]) -> None:
    values = pa.array(given) if not isinstance(given[0], float) else pa.array(given, from_pandas=True)
    assert column(read(program(VISITS.set_column(5, "back", values))), "__label") == expected


@pytest.mark.parametrize(
    ("given", "positive", "expected"),
    [
        (["yes", "no", None], "yes", [1.0, 0.0, None]),
        ([2, 1, 2], 2, [1.0, 0.0, 1.0]),
        (["won", "lost", "open"], "won", [1.0, 0.0, 0.0]),
        ([True, False, None], False, [0.0, 1.0, None]),
    ],
)
def test_positive_says_which_value_means_yes(given: list[Any], positive: Any, expected: list[Any]) -> None:
    label = BinaryLabel("back", arrives_within=DAY, positive=positive)
    assert (
        column(read(program(VISITS.set_column(5, "back", pa.array(given)), label=label)), "__label")
        == expected
    )


@pytest.mark.parametrize(
    ("given", "positive", "message"),
    [
        (["yes", "no", None], None, r"holds 'no', 'yes', neither 0 and 1.*positive='yes'"),
        ([1, 2, 2], None, r"holds '1', '2'.*positive="),
        (["a", "b", "c"], None, r"holds 'a', 'b', 'c'; a binary label has two values.*not supported"),
        (["yes", "no", None], "Yes!", r"positive='Yes!'\): that value does not occur.*'no', 'yes'"),
    ],
)
def test_other_labels_are_refused_with_the_values_that_were_seen(
    given: Any, positive: Any, message: str
) -> None:
    label = BinaryLabel("back", arrives_within=DAY, positive=positive)
    with pytest.raises(ProgramError, match=message):
        read(program(VISITS.set_column(5, "back", pa.array(given)), label=label))


def test_amounts_and_counts_are_labels_as_they_are() -> None:
    table = VISITS.set_column(5, "back", pa.array(["1.5", "NA", "3"]))
    assert column(read(program(table, label=NumericLabel("back", arrives_within=DAY))), "__label") == [
        1.5,
        None,
        3.0,
    ]
    table = VISITS.set_column(5, "back", pa.array([4, None, 0]))
    assert column(read(program(table, label=CountLabel("back", arrives_within=DAY))), "__label") == [
        4.0,
        None,
        0.0,
    ]


def test_several_key_columns_are_joined_and_written_as_the_contract_writes_them() -> None:
    table = pa.table(
        {
            "a": pa.array(["x", "y", None]),
            "b": pa.array([1.0, 2.5, 3.0]),
            "at": VISITS["at"],
            "back": VISITS["back"],
            "plan": VISITS["plan"],
        }
    )
    made = read(program(table, key=("a", "b", "at"), features=[Category("plan")]))
    assert column(made, "__key") == ["x|1|2024-01-01T12:00:00+00:00", "y|2.5|2024-01-02T12:00:00+00:00", None]


def test_presentations_weights_entities_and_times_of_knowledge_are_read() -> None:
    known = pa.array([datetime(2024, 1, 5), None, datetime(2024, 1, 9)], pa.timestamp("us"))
    table = VISITS.append_column("w", pa.array([0.5, None, 2.0])).append_column("known", known)
    made = read(
        program(
            table, features=[*FEATURES[:1], Presentation(Category("plan"), neutral="free")], weight="w", entity="plan",
            label=BinaryLabel("back", arrives_within=7 * DAY, known_at="known"),
        )
    )  # fmt: skip
    assert column(made, "__weight") == [0.5, 1.0, 2.0]
    assert column(made, "plan") == column(made, "__entity") == ["free", "pro", None]
    assert column(made, "__known_at") == [
        datetime(2024, 1, 5, tzinfo=UTC),
        None,
        datetime(2024, 1, 9, tzinfo=UTC),
    ]


def test_until_uses_only_what_was_known_then() -> None:
    known = pa.array([datetime(2024, 1, 2, 12), None, None], pa.timestamp("us", "UTC"))
    table = VISITS.append_column("known", known)
    wanted = program(table, label=BinaryLabel("back", arrives_within=DAY, known_at="known"))
    made = read(wanted, until="2024-01-03")
    assert column(made, "__key") == ["007", "008"]
    assert column(made, "__label") == [1.0, None]  # the second may come until 3 January, noon
    assert column(read(wanted, until=datetime(2024, 1, 2, 12, tzinfo=UTC)), "__label") == [None]
    assert made.extent.until == "2024-01-02T12:00:00+00:00"
    # a naive time is in the source's zone: midnight in Tokyo is 15:00 UTC of the day before
    tokyo = replace(wanted, source=replace(wanted.source, timezone="Asia/Tokyo"))
    assert column(read(tokyo, until="2024-01-02"), "__key") == ["007"]
    with pytest.raises(DataError, match="no rows before 2023-01-01"):
        read(wanted, until="2023-01-01")
    with pytest.raises(UsageError, match="is no date"):
        read(wanted, until="soon")
    with pytest.raises(UsageError, match="no time column"):
        read(program(VISITS, time=None), until="2024-01-01")


def test_silence_means_no_when_so_declared_and_its_time_is_over() -> None:
    table = VISITS.set_column(5, "back", pa.array([None, 1, None], pa.int64()))
    silent = program(table, label=BinaryLabel("back", arrives_within=DAY, silence="negative"))
    assert column(read(silent), "__label") == [0.0, 1.0, None]
    assert column(read(silent, until="2024-01-05"), "__label") == [0.0, 1.0, 0.0]
    assert column(read(program(table)), "__label") == [None, 1.0, None]


def test_the_hash_is_of_the_content_whatever_the_order_file_and_process(tmp_path: Path) -> None:
    write(tmp_path, "v.parquet")
    write(tmp_path, "w.parquet", VISITS.take(pa.array([2, 0, 1])))
    one, two = (read(program(name), base=tmp_path).extent for name in ("v.parquet", "w.parquet"))
    assert one.hash == two.hash
    changed = VISITS.set_column(1, "seconds", pa.array([12.5, None, 3.0000001]))
    assert read(program(changed)).extent.hash != one.hash
    assert read(program(pa.concat_tables([VISITS, VISITS]))).extent.hash != one.hash
    code = (
        "import pyarrow as pa; from fieldguide.tables.engines import duckdb as e; "
        "t = e.as_table(pa.table({'a': [1.5, None, float('nan')], 'b': ['x', 'y', None]})); print(e.content_hash(t)[1])"
    )
    runs = {
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
        for _ in range(2)
    }
    assert len(runs) == 1


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
        DataError, match=rf"fails\(\) raised KeyError in test_read.py, line {line_of(fails)}"
    ) as caught:
        read(program(fails))
    assert isinstance(caught.value.__cause__, KeyError)
    with pytest.raises(DataError, match=rf"JSONDecodeError in test_read.py, line {line_of(fails_deep)}"):
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
    raises("s3://bucket/visits.parquet", "write a function that fetches it")
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
    (tmp_path / "v.xlsx").write_bytes(b"PK")
    raises("v.xlsx", "save it as CSV first")
    (tmp_path / "utf16.csv").write_bytes("id,seconds\n1,2\n".encode("utf-16"))
    raises("utf16.csv", "is UTF-16; expected UTF-8")
    raises(pd.DataFrame({"id": [1, "a", b"x"]}), "no column of one type")


def test_latin_1_lines_are_rejected_by_name_and_not_garbled(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_bytes(
        b"id,seconds,plan,mobile,at,back\n1,1,caf\xe9,1,2024-01-01,1\n2,2,ok,1,2024-01-01,0\n"
    )
    made = read(program("v.csv"), base=tmp_path)
    assert column(made, "plan") == ["ok"]
    assert [(r.line, r.reason) for r in made.parts[0].rejects] == [(2, "not UTF-8")]


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


def test_rows_to_score_need_no_label_and_no_key(tmp_path: Path) -> None:
    write(tmp_path, "v.parquet", VISITS.drop_columns(["back", "id"]))
    found = read_rows(program("unused.csv"), "v.parquet", base=tmp_path)
    assert found["seconds"].to_pylist() == [12.5, None, 3.0]
    assert found["__key"].null_count == found["__label"].null_count == 3
    with pytest.raises(ProgramError, match=r"\['seconds'\]"):
        read_rows(program("unused.csv"), VISITS.drop_columns(["seconds"]))


def test_a_table_without_a_program_is_read_as_it_comes(tmp_path: Path) -> None:
    write(tmp_path, "v.csv")
    part = read_table("v.csv", tmp_path)
    assert set(part.columns.values()) == {"string"}
    assert list(part.columns) == VISITS.column_names
    assert dict(read_table(VISITS).columns)["seconds"] == "float64"


def test_a_parquet_source_without_joins_is_scanned_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "v.parquet")
    monkeypatch.setattr(engine, "materialize", None)
    assert read(program("v.parquet"), base=tmp_path).extent.rows == 3


def test_names_of_columns_need_no_care(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text('id,select,"a ""b"", c",, id ,at,back\n1,2,3,4,5,2024-01-01,1\n')
    part = read_table("v.csv", tmp_path)
    assert list(part.columns) == ["id", "select", 'a "b", c', "column4", "id_2", "at", "back"]
    made = read(program("v.csv", features=[Number("select"), Number('a "b", c')]), base=tmp_path)
    assert rows(made)[0]['a "b", c'] == 3.0


def test_the_session_is_utc_and_never_fetches_extensions() -> None:
    found = (
        engine.connect()
        .raw_sql("SELECT current_setting('TimeZone'), current_setting('autoinstall_known_extensions')")
        .fetchone()
    )
    assert found == ("UTC", False)
    assert reading.engine is engine
