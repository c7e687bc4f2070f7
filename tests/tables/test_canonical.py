"""What the canonical columns hold: instants, labels, keys, and what was known when."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.feather
import pytest

from fieldguide.errors import DataError, ProgramError, UsageError
from fieldguide.program import (
    BinaryLabel,
    Boolean,
    Category,
    CountLabel,
    Number,
    NumericLabel,
    Presentation,
    Text,
    Timestamp,
)
from fieldguide.tables.contract import to_micros
from fieldguide.tables.engines import duckdb as engine
from fieldguide.tables.read import read

from .visits import DAY, FEATURES, VISITS, column, program, write


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


INSTANT = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "feature", "expected"),
    [
        (pa.array(["a", None, "c"]).cast(pa.string_view()), Category, ["a", None, "c"]),
        (pa.array(["1", "2", None], pa.large_string()), Number, [1.0, 2.0, None]),
        (pa.array(["p", "q", None]).dictionary_encode(), Category, ["p", "q", None]),
        (pa.array([Decimal("1.50"), None, Decimal("2.00")]), Category, ["1.5", None, "2"]),
        (pa.array([1.5, None, 2.0], pa.float16()), Number, [1.5, None, 2.0]),
        (pa.array([2**63, 1, None], pa.uint64()), Number, [2.0**63, 1.0, None]),
        (pa.array([2**63, 1, None], pa.uint64()), Category, ["9223372036854775808", "1", None]),
        (pa.array([0.5, float("nan"), 3.0]), Category, ["0.5", None, "3"]),
        (pa.array([1e300, float("-inf"), -7.0]), Category, ["1e+300", "-inf", "-7"]),
        (pa.nulls(3), Category, [None, None, None]),
        (pa.nulls(3), Number, [None, None, None]),
        (pa.array([0, 1, None], pa.timestamp("ns")), Timestamp, [INSTANT, INSTANT, None]),
        (pa.array([0, 0, None], pa.date64()), Timestamp, [INSTANT, INSTANT, None]),
        (pa.array([1, 0, 2], pa.int8()), Boolean, [True, False, None]),
    ],
)
def test_whatever_type_a_column_has_it_is_read_as_what_it_is(
    given: Any, feature: Any, expected: list[Any]
) -> None:
    declared = feature("x", parts=("hour",)) if feature is Timestamp else feature("x")
    assert column(read(program(VISITS.append_column("x", given), features=[declared])), "x") == expected


@pytest.mark.parametrize(
    "given", [pa.array([[1], [2], [3]]), pa.array([b"a", b"b", b"c"]), pa.array([{"a": 1}] * 3)]
)
def test_nested_and_binary_columns_are_refused(given: Any) -> None:
    with pytest.raises(ProgramError, match=r"text was expected by fg\.Category"):
        read(program(VISITS.append_column("x", given), features=[Category("x")]))


def test_free_text_is_read_as_it_is() -> None:
    table = VISITS.append_column("note", pa.array([" Hello, \n", "", None]))
    made = read(program(table, inputs=[Text("note")]))
    assert column(made, "note") == [" Hello, \n", "", None]
