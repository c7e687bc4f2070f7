"""Splits: by time, by whole entities, never by row."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from fieldguide.errors import DataError
from fieldguide.learning import boundary, split
from fieldguide.learning.splits import label_facts, local_days
from fieldguide.program import Program

from . import visits_world as world


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    return world.program(tmp_path_factory.mktemp("splits"))


def put(table: pa.Table, name: str, values: Any) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, values)


def micros(at: datetime) -> int:
    return int(at.timestamp()) * 1_000_000


def test_the_next_period_begins_at_local_midnight(program: Program) -> None:
    made = split(program, world.table(2000))
    assert made.boundary == datetime(2013, 10, 1, 4, tzinfo=UTC)
    assert made.time[made.training].max() < micros(made.boundary) <= made.time[made.next_period].min()
    assert boundary(program, world.table(2000)) == made.boundary


def test_a_timedelta_counts_from_the_end_and_the_default_is_the_last_fifth(program: Program) -> None:
    table = world.table(2000)
    last = split(program, table).time.max()
    week = split(replace(program, next_period=timedelta(days=7)), table)
    assert week.boundary is not None
    assert micros(week.boundary + timedelta(days=7)) == pytest.approx(last, abs=1e6)
    fifth = split(replace(program, next_period=None), table)
    assert fifth.boundary is not None
    span = last - fifth.time.min()
    assert (last - micros(fifth.boundary)) / span == pytest.approx(0.2, abs=1e-6)


def test_a_next_period_that_has_not_begun_is_replaced_and_said(program: Program) -> None:
    early = world.table(2000, days=200)
    made = split(program, early)
    assert "no row lies on or after next_period='2013-10-01' yet" in made.note
    assert made.next_period.sum() > 100


def test_labels_known_only_in_the_next_period_teach_nothing(program: Program) -> None:
    table = world.table(2000)
    made = split(program, table)
    assert made.boundary is not None
    known = table["__known_at"].cast(pa.int64()).to_numpy()[made.rows]
    assert made.pending.sum() > 5
    assert (known[made.training] < micros(made.boundary)).all()
    assert not (made.training | made.next_period)[made.pending].any()
    blind = split(program, put(table, "__known_at", pa.nulls(2000, pa.timestamp("us", "UTC"))))
    assert blind.training.sum() == made.training.sum() + made.pending.sum()


def test_whole_entities_are_held_out_about_a_fifth_of_them(program: Program) -> None:
    table = world.table(5000)
    made = split(program, table)
    entity = np.array(table["__entity"].to_pylist())[made.rows]
    held, kept = set(entity[made.holdout]), set(entity[made.training & ~made.holdout])
    assert not held & kept
    assert 0.16 <= len(held) / len(held | kept) <= 0.24
    assert not (made.holdout & made.next_period).any()


def test_who_is_held_out_depends_on_the_name_alone(program: Program) -> None:
    table = world.table(3000)
    whole, half = split(program, table), split(program, table.slice(0, 2500))
    by_key = dict(zip(np.array(table["__key"].to_pylist())[whole.rows], whole.holdout, strict=True))
    keys = np.array(table["__key"].to_pylist())[half.rows]
    both = half.training & np.array([by_key[key] is not None for key in keys])
    assert all(by_key[key] == held for key, held in zip(keys[both], half.holdout[both], strict=True))


def test_rows_without_an_entity_stand_for_themselves(program: Program) -> None:
    table = world.table(2000)
    entity = pa.array([None if i % 4 == 0 else f"v{i % 50}" for i in range(2000)])
    made = split(program, put(table, "__entity", entity))
    alone = np.array([i % 4 == 0 for i in made.rows])
    units = made.unit
    assert len(set(units[alone])) == alone.sum()
    assert not set(units[alone]) & set(units[~alone])
    assert 0.1 < made.holdout[alone & made.training].mean() < 0.3


def test_a_handful_of_entities_is_not_split(program: Program) -> None:
    table = put(world.table(2000), "__entity", pa.array([f"v{i % 4}" for i in range(2000)]))
    made = split(program, table)
    assert not made.holdout.any()
    assert made.note == "no holdout: entities in the training part: 4, fewer than 10"


def test_a_holdout_that_would_leave_one_class_is_not_made(program: Program) -> None:
    table = world.table(2000)
    held = split(program, table)
    label = np.zeros(2000)
    label[held.rows[held.holdout]] = 1.0
    made = split(program, put(table, "__label", pa.array(label)))
    assert not made.holdout.any()
    assert "too little would be left" in made.note


def test_without_time_there_is_no_next_period(program: Program) -> None:
    table = put(world.table(2000), "__time", pa.nulls(2000, pa.timestamp("us", "UTC")))
    made = split(program, table)
    assert made.boundary is None
    assert made.day is None
    assert not made.next_period.any()
    assert not made.pending.any()
    assert made.training.all()
    assert made.holdout.sum() > 200
    assert boundary(program, table) is None


def test_the_order_of_the_rows_does_not_matter(program: Program) -> None:
    table = world.table(1000)
    shuffled = table.take(pa.array(np.random.default_rng(0).permutation(1000)))
    one, other = split(program, table), split(program, shuffled)
    assert table.take(pa.array(one.rows))["__key"] == shuffled.take(pa.array(other.rows))["__key"]
    np.testing.assert_array_equal(one.training, other.training)
    np.testing.assert_array_equal(one.holdout, other.holdout)


def test_days_are_local_also_where_the_clock_changes() -> None:
    instants = [
        datetime(2013, 3, 10, 4, 59, tzinfo=UTC),  # 23:59 on the 9th
        datetime(2013, 3, 10, 5, 0, tzinfo=UTC),
        datetime(2013, 3, 11, 3, 59, tzinfo=UTC),  # 23:59 on the 10th, summer time by now
        datetime(2013, 3, 11, 4, 0, tzinfo=UTC),
    ]
    days = local_days(np.array([micros(at) for at in instants]), "America/New_York")
    assert (days - days[0]).tolist() == [0, 1, 1, 2]


def test_what_is_learned_of_the_labels_arrival(program: Program) -> None:
    table = world.table(4000)
    declared = replace(program, label=replace(program.label, known_at="known"))
    made = split(declared, table)
    facts = label_facts(declared, table, made.boundary)
    assert facts["rows"] < 4000
    assert facts["known_share"] == pytest.approx(0.98, abs=0.01)
    assert facts["known_share_by_day"][0] <= facts["known_share"] <= facts["known_share_by_day"][1]
    delays = facts["delay_hours"]
    assert len(delays) == 99
    assert delays == sorted(delays)
    assert delays[49] == pytest.approx(84.0, abs=6.0)  # half of a week
    assert label_facts(program, table, made.boundary)["delay_hours"] is None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda t: put(t, "__label", pa.nulls(len(t), pa.float64())),
            "No row has a known label: column 'back'",
        ),
        (lambda t: t.slice(0, 40), "are too few to learn from; at least 50"),
        (lambda t: put(t, "__weight", pa.array(np.full(len(t), -1.0))), "weight column"),
        (lambda t: t.drop_columns(["__label"]), "no column '__label'"),
    ],
)
def test_tables_that_cannot_be_split_say_what_to_do(program: Program, change: Any, says: str) -> None:
    with pytest.raises(DataError, match=says):
        split(replace(program, next_period=None), change(world.table(2000)))


def test_too_few_rows_to_judge_on_are_refused(program: Program) -> None:
    table = world.table(2000)
    with pytest.raises(DataError, match="too few to judge on"):
        split(replace(program, next_period=timedelta(hours=20)), table)
    timeless = put(world.table(60), "__time", pa.nulls(60, pa.timestamp("us", "UTC")))
    with pytest.raises(DataError, match="no time column, and only"):
        split(program, timeless)


def test_a_file_on_disk_is_not_needed(tmp_path: Path) -> None:
    made = world.program(tmp_path)
    (tmp_path / "visits.py").unlink()
    assert split(made, world.table(500)).training.any()
