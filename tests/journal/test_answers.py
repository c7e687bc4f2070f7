"""Reading back: what was served comes out as it was, in order, by columns, in any portions."""

from __future__ import annotations

import math
import sqlite3
from datetime import UTC, datetime, timedelta

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fieldguide.program as fg
from fieldguide.journal import Answer, counts, last_number, read_answers, refusals, watermark
from fieldguide.journal.answers import RANGE, schema_of
from fieldguide.journal.storage import path_of

HOUR = timedelta(hours=1)


def test_columns_have_the_canonical_types_and_hold_what_was_served(desk, start):
    (named,) = desk.serve(
        desk.row("UA 1", start, tail="N1"), prediction=0.1, shadow=0.3, fallback="unit_factor"
    )
    table = read_answers(desk.folder, "flights", columns=desk.kept.columns)
    assert table.schema == schema_of(desk.kept.columns)
    (row,) = table.to_pylist()
    assert row == {
        "__n": 1, "__id": named, "__at": desk.now, "__time": start, "__key": "UA 1", "__entity": "N1",
        "__refused": False, "__prediction": 0.1, "__shadow": 0.3, "__fallback": True, "__release": "1",
        "__fitted": "f1", "carrier": "UA", "distance": 1400.0, "weekend": True,
        "scheduled_at": datetime(2013, 10, 1, 9, 15, tzinfo=UTC),
    }  # fmt: skip


def test_a_row_without_time_stands_at_the_moment_it_was_served(desk):
    desk.serve(desk.row())
    (row,) = read_answers(desk.folder, "flights").to_pylist()
    assert row["__time"] == row["__at"] == desk.now
    assert (row["__key"], row["__entity"]) == (None, None)


def test_naive_times_are_read_in_the_zone_of_the_source(desk):
    desk.serve(desk.row(scheduled_at="2013-10-01T05:15:00"), desk.row(scheduled_at=None))
    table = read_answers(desk.folder, "flights", columns=desk.kept.columns)
    assert table["scheduled_at"].to_pylist() == [datetime(2013, 10, 1, 9, 15, tzinfo=UTC), None]


NUMBERS = st.floats(allow_nan=False, allow_infinity=False, min_value=0)
TEXTS = st.none() | st.text(max_size=8)


@settings(max_examples=15, deadline=None)
@given(
    rows=st.lists(st.tuples(st.none() | NUMBERS, TEXTS, st.none() | st.booleans()), min_size=1, max_size=30)
)
def test_every_value_comes_back_bit_for_bit(new_desk, rows):
    desk = new_desk()
    try:
        desk.serve(*[desk.row(distance=d, carrier=c, weekend=w) for d, c, w in rows])
        table = read_answers(desk.folder, "flights", columns=desk.kept.columns)
        for (distance, carrier, weekend), read in zip(rows, table.to_pylist(), strict=True):
            assert (read["carrier"], read["weekend"]) == (carrier, weekend)
            assert bits(read["distance"]) == bits(distance)
    finally:
        desk.journal.close()


def bits(number):
    return None if number is None else number.hex()


def test_portions_by_number_together_are_the_whole(desk):
    desk.serve(*[desk.row(distance=float(n)) for n in range(25)])
    whole = read_answers(desk.folder, "flights", columns=desk.kept.columns)
    parts, after = [], 0
    while True:
        part = read_answers(desk.folder, "flights", after, 7, desk.kept.columns)
        if not part.num_rows:
            break
        parts.append(part)
        after = part["__n"].to_pylist()[-1]
    assert pa.concat_tables(parts).equals(whole)
    assert (
        whole["__n"].to_pylist()
        == list(range(1, 26))
        == list(range(1, last_number(desk.folder, "flights") + 1))
    )


def test_more_rows_than_one_statement_fetches(desk):
    for start in range(0, RANGE + 10, 5_000):
        entry = desk.entry(desk.row())
        count = min(5_000, RANGE + 10 - start)
        desk.journal.append_and_wait([(f"{start + n:08d}", *entry[1:]) for n in range(count)])
    table = read_answers(desk.folder, "flights", columns=desk.kept.columns)
    assert table["__n"].to_pylist() == list(range(1, RANGE + 11))
    assert read_answers(desk.folder, "flights", limit=RANGE + 3).num_rows == RANGE + 3


def test_refused_rows_stand_between_the_answers_with_what_could_be_read(desk):
    desk.serve(desk.row(distance=1.0))
    desk.refuse(
        b'{"carrier": "AA", "distance": -3, "weekend": "no", "scheduled_at": "2013-10-01T05:15:00"}',
        dropped=4,
    )
    desk.refuse(b'{"carrier": "AA", "dist')
    desk.serve(desk.row(distance=2.0))
    table = read_answers(desk.folder, "flights", columns=desk.kept.columns).to_pylist()
    assert [row["__refused"] for row in table] == [False, True, True, False]
    assert [row["__n"] for row in table] == [1, 2, 3, 4]
    assert [row["distance"] for row in table] == [1.0, -3.0, None, 2.0]
    assert [row["carrier"] for row in table] == ["UA", "AA", None, "UA"]
    assert table[1]["weekend"] is None
    assert table[1]["scheduled_at"] == datetime(2013, 10, 1, 9, 15, tzinfo=UTC)
    assert [row["__prediction"] for row in table] == [0.25, None, None, 0.25]
    told = dict(refusals(desk.folder, "flights"))
    assert list(told) == [2, 3]
    assert (told[2].path, told[2].reason, told[2].dropped) == ("$.distance", "range", 4)
    assert counts(desk.folder, "flights").refused == 2


def test_only_the_first_4_kb_of_a_refused_row_are_kept(desk):
    desk.refuse(b"x" * 10_000)
    ((_, told),) = refusals(desk.folder, "flights")
    assert told.row == b"x" * 4096


def test_a_column_of_another_kind_in_an_earlier_release_reads_as_null_there(desk):
    desk.serve(desk.row(carrier="UA"))
    columns = [fg.Number("carrier"), fg.Category("distance"), fg.Category("new")]
    (row,) = read_answers(desk.folder, "flights", columns=columns).to_pylist()
    assert (row["carrier"], row["distance"], row["new"]) == (None, None, None)


def test_every_field_that_cannot_be_recovered_later_is_in_the_body(desk):
    desk.serve(desk.row("a"))
    other = sqlite3.connect(path_of(desk.folder))
    packed = other.execute("SELECT body FROM entries").fetchone()[0]
    other.close()
    body = msgspec.msgpack.decode(packed)
    assert body["row"] == desk.row("a") | {"scheduled_at": datetime(2013, 10, 1, 9, 15, tzinfo=UTC)}
    assert {
        "prediction": 0.25, "scale": "probability", "fitted": "f1", "release": "1", "shadow": None,
        "probability": 1.0, "noise": 0.0,
    }.items() <= body.items()  # fmt: skip
    read = msgspec.structs.asdict(msgspec.msgpack.decode(packed, type=Answer))
    assert {
        "fallback": None, "policy": None, "presentation": {}, "consumer": None, "event_times": None,
    }.items() <= read.items()  # fmt: skip


def test_where_nothing_was_journaled_there_is_an_empty_table(tmp_path, desk):
    for folder in (tmp_path / "nowhere", desk.folder):
        assert read_answers(folder, "flights", columns=desk.kept.columns).schema == schema_of(
            desk.kept.columns
        )
        assert watermark(folder, "flights") is None
        assert counts(folder, "flights").answered == 0
        assert last_number(folder, "flights") == 0
    assert not (tmp_path / "nowhere").exists()


def test_the_watermark_is_the_latest_of_rows_times_and_outcomes_and_never_goes_back(desk, start):
    desk.serve(desk.row("a", start + HOUR))
    assert watermark(desk.folder, "flights") == start + HOUR
    desk.serve(desk.row("b", start))
    assert watermark(desk.folder, "flights") == start + HOUR
    desk.outcome(1.0, start + 3 * HOUR, key="a")
    assert watermark(desk.folder, "flights") == start + 3 * HOUR
    assert watermark(desk.folder, "boats") is None


def test_a_time_from_the_future_counts_as_the_moment_it_was_received(desk, start):
    desk.serve(desk.row("a", desk.now + timedelta(days=36_500)))
    desk.outcome(1.0, desk.now + timedelta(days=36_500), key="a")
    assert watermark(desk.folder, "flights") == desk.now


def test_refused_rows_do_not_move_the_watermark(desk, start):
    desk.refuse(b"{}")
    assert watermark(desk.folder, "flights") is None
    desk.serve(desk.row("a", start))
    desk.refuse(b"{}")
    assert watermark(desk.folder, "flights") == start


def test_a_crashed_writer_leaves_a_file_that_readers_can_open(desk, tmp_path):
    """A copy of the file as a power cut would leave it: the write-ahead part not folded back."""
    desk.serve(desk.row(), desk.row())
    left = tmp_path / "left"
    left.mkdir()
    for path in desk.folder.glob("worker-0.db*"):
        if not path.name.endswith("-shm"):
            (left / path.name).write_bytes(path.read_bytes())
    assert read_answers(left, "flights").num_rows == 2


@pytest.mark.parametrize("prediction", [0.1 + 0.2, 1e-300, 1.0, math.nextafter(1.0, 0.0)])
def test_predictions_come_back_bit_for_bit(desk, prediction):
    desk.serve(desk.row(), prediction=prediction, shadow=prediction)
    (row,) = read_answers(desk.folder, "flights").to_pylist()
    assert row["__prediction"].hex() == row["__shadow"].hex() == prediction.hex()
