"""Maturity by the rule of silence, and the journal as the next training table."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pytest

import fieldguide.program as fg
from fieldguide.errors import UsageError
from fieldguide.journal import harvest, joined
from fieldguide.program import raw_columns

HOUR = timedelta(hours=1)
WITHIN = timedelta(hours=30)


def label(silence):
    return fg.BinaryLabel("late", arrives_within=WITHIN, silence=silence)


def read(desk, now=None):
    table = joined(desk.folder, "flights", (), desk.program.label, now)
    return [(r["__key"], r["__label"], r["__mature"], r["__closed"]) for r in table.to_pylist()]


def test_unknown_silence_means_nothing_before_and_after_its_time(desk, start):
    desk.serve(desk.row("a", start), desk.row("b", start), desk.row("c", start + 29 * HOUR))
    desk.outcome(1.0, start + HOUR, key="a")
    assert read(desk) == [("a", 1.0, True, False), ("b", None, False, False), ("c", None, False, False)]
    desk.serve(desk.row("d", start + WITHIN))
    assert read(desk)[:3] == [("a", 1.0, True, True), ("b", None, True, True), ("c", None, False, False)]


def test_negative_silence_means_no_when_its_time_is_over_and_an_early_yes_waits(make_desk, start):
    desk = make_desk(label=label("negative"))
    desk.serve(desk.row("a", start), desk.row("b", start))
    desk.outcome(1.0, start + HOUR, key="a")
    assert read(desk) == [("a", 1.0, False, False), ("b", None, False, False)]
    desk.serve(desk.row("c", start + WITHIN - timedelta(microseconds=1)))
    assert read(desk)[1] == ("b", None, False, False)
    desk.serve(desk.row("d", start + WITHIN))
    assert read(desk)[:2] == [("a", 1.0, True, True), ("b", 0.0, True, True)]
    desk.outcome(1.0, start + 40 * HOUR, key="b")  # late, but said
    assert read(desk)[1] == ("b", 1.0, True, True)
    table = joined(desk.folder, "flights", (), desk.program.label).to_pylist()
    assert table[0]["__known_at"] == start + HOUR


def test_a_silent_no_is_known_when_its_time_is_over(make_desk, start):
    desk = make_desk(label=label("negative"))
    desk.serve(desk.row("a", start), desk.row("b", start + 50 * HOUR))
    assert (
        joined(desk.folder, "flights", (), desk.program.label).to_pylist()[0]["__known_at"] == start + WITHIN
    )


def test_with_now_given_only_what_was_known_then_counts(make_desk, start):
    desk = make_desk(label=label("negative"))
    desk.serve(desk.row("a", start), desk.row("b", start), desk.row("c", start + 50 * HOUR))
    desk.outcome(1.0, start + 20 * HOUR, key="a")
    assert read(desk, start + 10 * HOUR) == [("a", None, False, False), ("b", None, False, False)]
    assert read(desk, start + 20 * HOUR) == [("a", 1.0, False, False), ("b", None, False, False)]
    assert read(desk, start + 30 * HOUR) == [("a", 1.0, True, True), ("b", 0.0, True, True)]


def test_refused_rows_never_have_a_label(make_desk, start):
    desk = make_desk(label=label("negative"))
    desk.refuse(b'{"distance": -1}')
    desk.serve(desk.row("a", desk.now))
    desk.now += timedelta(days=9)
    desk.serve(desk.row("b", desk.now))
    assert read(desk)[0] == (None, None, False, False)


def test_the_outcomes_of_a_window_are_those_of_the_whole(desk, start):
    desk.serve(*[desk.row(f"k{n}", start + n * HOUR) for n in range(40)])
    for n in range(0, 40, 3):
        desk.outcome(float(n % 2), start + (n + 1) * HOUR, key=f"k{n}")
    whole = joined(desk.folder, "flights", desk.kept.columns, desk.program.label)
    window = joined(desk.folder, "flights", desk.kept.columns, desk.program.label, after_n=10, limit=15)
    assert window.equals(whole.slice(10, 15).combine_chunks())


def test_one_row_a_key_the_last_answer_before_the_outcome(desk, start):
    desk.serve(
        desk.row("a", start, distance=1.0),
        desk.row("a", start + 2 * HOUR, distance=2.0),
        desk.row("a", start + 4 * HOUR, distance=3.0),
        desk.row("b", start, distance=4.0),
        desk.row("c", start, distance=5.0),
        desk.row(None, start, distance=6.0),
        desk.row(None, start, distance=7.0),
    )
    desk.outcome(1.0, start + 3 * HOUR, key="a")
    desk.outcome(0.0, start + 3 * HOUR, key="b")
    ids = joined(desk.folder, "flights", (), desk.program.label)["__id"].to_pylist()
    desk.outcome(1.0, start + 3 * HOUR, id=ids[5])
    desk.refuse(b"{}")
    made = harvest(desk.folder, desk.program)
    assert made.table["distance"].to_pylist() == [2.0, 4.0, 6.0]
    assert made.table["late"].to_pylist() == [1.0, 0.0, 1.0]
    assert dict(made.counted) == {
        "refused": 1,
        "earlier answers of the same key": 1,
        "after the outcome": 1,
        "not yet mature": 2,
        "without outcome": 0,
        "in a known fault": 0,
        "under fallback": 0,
    }
    taken = len(made) + sum(made.counted.values())
    assert taken == 8  # every entry is in the table or counted


def test_columns_stand_under_the_programs_own_names_and_the_rows_are_those_served(desk, start):
    desk.serve(desk.row("UA 1", start, tail="N1", distance=0.1 + 0.2), prediction=0.3)
    desk.outcome(1.0, start + 5 * HOUR, key="UA 1")
    made = harvest(desk.folder, desk.program)
    names = [c.name for c in raw_columns(desk.program)]
    assert made.table.column_names == [
        *names,
        "flight",
        "predicted_at",
        "tail",
        "late",
        "known_at",
        "prediction",
    ]
    (row,) = made.table.to_pylist()
    assert row["distance"].hex() == (0.1 + 0.2).hex()
    assert (row["flight"], row["tail"], row["predicted_at"]) == ("UA 1", "N1", start)
    assert (row["late"], row["known_at"], row["prediction"]) == (1.0, start + 5 * HOUR, 0.3)


def test_anything_that_reads_arrow_reads_a_harvest(desk, start):
    desk.serve(desk.row("a", start))
    desk.outcome(1.0, start + HOUR, key="a")
    made = harvest(desk.folder, desk.program)
    assert pa.table(made).equals(made.table)
    assert fg.Source(made, key="flight").data is made


def test_key_columns_that_are_several_or_features_come_back_as_they_were(make_desk, start):
    desk = make_desk(
        source=fg.Source("x.csv", key=("carrier", "number", "day"), time="scheduled_at"), name="flights"
    )
    desk.serve(desk.row(number=12, day="01", scheduled_at=start.isoformat()))
    desk.outcome(1.0, start + HOUR, key="UA|12|01")
    made = harvest(desk.folder, desk.program)
    (row,) = made.table.to_pylist()
    assert (row["carrier"], row["number"], row["day"]) == ("UA", "12", "01")
    assert row["scheduled_at"] == start
    assert len(made.table.column_names) == len(set(made.table.column_names))


def test_what_is_left_out_may_be_asked_for(make_desk, start):
    desk = make_desk(label=label("unknown"))
    desk.serve(desk.row("a", start), desk.row("b", start, distance=2.0))
    desk.serve(desk.row("c", start), fallback="null_flood")
    desk.serve(desk.row("d", start + WITHIN))
    desk.outcome(1.0, start + HOUR, key="a")
    desk.outcome(0.0, start + HOUR, key="c")
    assert harvest(desk.folder, desk.program).table["flight"].to_pylist() == ["a", "c"]
    assert harvest(desk.folder, desk.program).counted["under fallback"] == 1
    assert harvest(desk.folder, desk.program, fallback=False).table["flight"].to_pylist() == ["a"]
    more = harvest(desk.folder, desk.program, unlabeled=True)
    assert more.table["late"].to_pylist() == [1.0, None, 0.0]
    assert harvest(desk.folder, desk.program, unlabeled=True, unmatured=True).table.num_rows == 4


@pytest.mark.parametrize(
    ("positive", "yes", "no"), [("yes", "yes", "not yes"), (True, True, False), (2, 2, 0)]
)
def test_the_label_is_written_as_the_program_reads_it(make_desk, start, positive, yes, no):
    desk = make_desk(
        label=fg.BinaryLabel("late", arrives_within=WITHIN, positive=positive, known_at="landed_at")
    )
    desk.serve(desk.row("a", start), desk.row("b", start))
    desk.outcome(1.0, start + HOUR, key="a")
    desk.outcome(0.0, start + HOUR, key="b")
    table = harvest(desk.folder, desk.program).table
    assert table["late"].to_pylist() == [yes, no]
    assert table["landed_at"].to_pylist() == [start + HOUR] * 2


def test_a_column_called_prediction_keeps_its_name(make_desk, start):
    desk = make_desk(features=[fg.Number("prediction")])
    desk.serve({"prediction": 7.0, "flight": "a", "predicted_at": start.isoformat()})
    desk.outcome(1.0, start + HOUR, key="a")
    (row,) = harvest(desk.folder, desk.program).table.to_pylist()
    assert (row["prediction"], row["served_prediction"]) == (7.0, 0.25)


def test_a_program_without_a_name_has_no_journal(make_desk):
    desk = make_desk()
    with pytest.raises(UsageError, match="no name"):
        harvest(desk.folder, fg.Program(question=desk.program.question, source=desk.program.source,
                                        features=desk.program.features, label=desk.program.label))  # fmt: skip
