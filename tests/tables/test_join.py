"""Point-in-time joins against a plain loop."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldguide.errors import ProgramError
from fieldguide.program import BinaryLabel, Category, Join, Number, Program, Question, Source
from fieldguide.tables.engines import duckdb as engine
from fieldguide.tables.read import Reading, read

START = datetime(2024, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(minute: int | None) -> datetime | None:
    return None if minute is None else START + minute * MINUTE


def instants(minutes: list[int | None]) -> pa.Array:
    return pa.array([at(m) for m in minutes], pa.timestamp("us", "UTC"))


def joined(main: list[Any], other: list[Any], within: timedelta | None = None) -> Reading:
    """Rows (place, minute) and readings (place, minute, value) as a program's two sources."""
    visits = pa.table(
        {
            "id": pa.array(range(len(main)), pa.int64()),
            "place": pa.array([p for p, _ in main], pa.string()),
            "when": instants([m for _, m in main]),
            "back": pa.array([1] * len(main)),
        }
    )
    weather = pa.table(
        {
            "place": pa.array([p for p, _, _ in other], pa.string()),
            "seen": instants([m for _, m, _ in other]),
            "wind": pa.array([v for _, _, v in other], pa.float64()),
        }
    )
    source = Source(
        visits, key="id", time="when", joins=Join(Source(weather), on="place", as_of="seen", within=within)
    )
    return read(
        Program(
            question=Question(ask="Back?", one_row_is="a visit"),
            source=source,
            features=[Number("wind")],
            label=BinaryLabel("back", arrives_within=MINUTE),
            name="visits",
        )
    )


def found(made: Reading) -> list[tuple[float | None, datetime | None]]:
    rows = sorted(engine.to_arrow(made.table).to_pylist(), key=lambda row: int(row["__key"]))
    return [(row["wind"], row["__event_1"]) for row in rows]


PLACE = st.none() | st.sampled_from(["A", "B"])
TIME = st.none() | st.integers(0, 30)


@given(
    st.lists(st.tuples(PLACE, TIME), min_size=1, max_size=12),
    st.lists(st.tuples(PLACE, TIME, st.none() | st.integers(0, 5)), min_size=1, max_size=12),
    st.none() | st.integers(1, 10),
)
@settings(max_examples=40, deadline=None)
def test_the_latest_row_known_at_the_time_is_taken_unless_it_is_too_old(
    main: Any, other: Any, within: Any
) -> None:
    limit = None if within is None else within * MINUTE
    expected = []
    for place, minute in main:
        known = [
            (when, value)
            for there, when, value in other
            if place is not None
            and there == place
            and when is not None
            and minute is not None
            and when <= minute
            if within is None or minute - when <= within
        ]
        latest = max((when for when, _ in known), default=None)
        # of several rows of one instant the first by value is taken, nothing comes last
        values = sorted((v for when, v in known if when == latest), key=lambda v: (v is None, v))
        expected.append((None if latest is None else values[0], at(latest)))
    made = joined(main, other, limit)
    assert found(made) == expected
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fieldguide.tables.engines.joins_as_of", lambda connection: False)
        assert found(joined(main, other, limit)) == expected, "by windows"
    keyed = [(there, when) for there, when, _ in other if when is not None]
    assert made.parts[1].doubles == len(keyed) - len(set(keyed))


def test_a_row_at_the_very_time_is_known_and_one_just_too_old_is_not() -> None:
    other = [("A", 0, 1.0), ("A", 10, 2.0)]
    assert [wind for wind, _ in found(joined([("A", 9), ("A", 10), ("A", 20), ("A", 21)], other, 10 * MINUTE))] == [
        1.0, 2.0, 2.0, None,
    ]  # fmt: skip


def test_a_column_of_both_sources_is_the_main_ones_and_events_are_named() -> None:
    main = pa.table({"id": [1], "t": [at(5)], "wind": [1.0], "kind": ["main"], "y": [1]})
    one = pa.table({"seen": [at(1)], "id": [1], "wind": [2.0], "temp": [3.0]})
    two = pa.table({"since": [at(2)], "id": ["1"], "temp": [4.0], "color": ["red"]})
    source = Source(
        main, key="id", time="t",
        joins=[Join(Source(one), on="id", as_of="seen"), Join(Source(two), on="id", as_of="since")],
    )  # fmt: skip
    made = read(
        Program(
            question=Question(ask="?", one_row_is="a row"),
            source=source,
            features=[Category("color"), Number("wind"), Number("temp"), Category("kind")],
            label=BinaryLabel("y", arrives_within=MINUTE),
            name="p",
        )
    )
    (row,) = engine.to_arrow(made.table).to_pylist()
    assert list(row)[:4] == ["color", "wind", "temp", "kind"]
    assert (row["wind"], row["temp"], row["color"], row["kind"]) == (1.0, 3.0, "red", "main")
    assert (row["__event_1"], row["__event_2"]) == (at(1), at(2))
    assert dict(made.event_columns) == {"temp": "__event_1", "color": "__event_2"}
    assert [part.name for part in made.parts] == [
        "a data frame (Table)", "a data frame (Table)", "a data frame (Table)",
    ]  # fmt: skip


def test_a_joined_source_is_read_in_its_own_time_zone_and_its_faults_are_its_own() -> None:
    main = pa.table({"id": [1], "t": [at(600)], "y": [1]})  # 10:00 UTC
    other = pa.table(
        {
            "seen": ["2024-01-01 04:00", "2024-01-01 06:00", "soon"],
            "id": ["1", "1", "1"],
            "wind": ["1", "2", "x"],
        }
    )
    source = Source(
        main,
        key="id",
        time="t",
        joins=[Join(Source(other, timezone="America/New_York"), on="id", as_of="seen")],
    )
    made = read(
        Program(
            question=Question(ask="?", one_row_is="a row"), source=source, features=[Number("wind")],
            label=BinaryLabel("y", arrives_within=MINUTE), name="p",
        )
    )  # fmt: skip
    (row,) = engine.to_arrow(made.table).to_pylist()
    assert (row["wind"], row["__event_1"]) == (1.0, datetime(2024, 1, 1, 9, tzinfo=UTC))
    assert (made.parts[0].rejected, made.parts[1].rejected) == (0, 2)
    assert {(r.line, r.column, r.text) for r in made.parts[1].rejects} == {
        (3, "seen", "soon"),
        (3, "wind", "x"),
    }


def test_what_a_join_lacks_is_said() -> None:
    main = pa.table({"id": [1], "t": [at(1)], "y": [1]})
    other = pa.table({"seen": [at(1)], "id": [1], "wind": [1.0]})

    def program(**source: Any) -> Program:
        return Program(
            question=Question(ask="?", one_row_is="a row"), source=Source(main, key="id", **source),
            features=[Number("wind")], label=BinaryLabel("y", arrives_within=MINUTE), name="p",
        )  # fmt: skip

    with pytest.raises(ProgramError, match="lacks time="):
        read(program(joins=Join(Source(other), on="id", as_of="seen")))
    with pytest.raises(ProgramError, match=r"\['sen'\]. Did you mean \['seen'\]\?"):
        read(program(time="t", joins=Join(Source(other), on="id", as_of="sen")))
    with pytest.raises(ProgramError, match=r"columns were not found: \['wind'\]"):
        read(program(time="t"))
