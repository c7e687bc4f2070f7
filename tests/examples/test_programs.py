"""The example programs: what they declare, and that the careless one differs in what its story needs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from fieldguide.program import (
    Category,
    Number,
    Program,
    Timestamp,
    changes,
    code_files,
    load_one,
    raw_columns,
)

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def flights(nyc: object) -> Program:
    return load_one(EXAMPLES / "flights.py")


@pytest.fixture(scope="module")
def careless(nyc: object) -> Program:
    return load_one(EXAMPLES / "flights_careless.py")


def test_the_program_reads_what_is_known_two_hours_ahead(flights: Program) -> None:
    assert flights.name == "flights"
    assert [column.name for column in raw_columns(flights)] == [
        "scheduled_at", "origin", "carrier", "distance", "n_sched", "n_dep3", "recent_delay", "carrier_late24",
        "temp", "humid", "wind_speed", "precip", "pressure", "visib",
    ]  # fmt: skip
    parts = sum(len(f.parts) if isinstance(f, Timestamp) else 1 for f in flights.features)
    assert parts == 15


def test_the_label_is_known_after_arrival_and_silence_means_nothing(flights: Program) -> None:
    label = flights.label
    assert (label.name, label.known_at, label.silence) == ("late", "arrived_at", "unknown")
    assert label.arrives_within == timedelta(hours=36)
    assert flights.next_period == "2013-10-01"


def test_every_column_is_described_and_every_number_has_a_unit_and_a_possible_range(flights: Program) -> None:
    for feature in flights.features:
        assert feature.kind in ("number", "category", "timestamp")
        assert isinstance(feature, Number | Category | Timestamp)
        assert feature.about
        if isinstance(feature, Number):
            assert feature.unit
            assert feature.low is not None


def test_both_sources_answer_for_themselves(flights: Program) -> None:
    for source in (flights.source, *(join.source for join in flights.source.joins)):
        for answer in (
            source.owner,
            source.owner_contact,
            source.license,
            source.purpose,
            source.personal_data,
        ):
            assert answer


def test_the_columns_are_in_the_tables(nyc: object, flights: Program, careless: Program) -> None:
    for program in (flights, careless):
        (join,) = program.source.joins
        main, joined = program.source.data().column_names, join.source.data().column_names
        assert not (set(main) & set(joined)) - set(join.keys)
        for column in raw_columns(program):
            assert column.name in (*main, *joined)
        assert {*program.source.keys, program.source.time, program.source.entity} <= set(main)
        assert {program.label.name, program.label.known_at} <= set(main)
        assert {*join.source.keys, join.as_of} <= set(joined)


def test_values_lie_in_the_declared_range_but_for_the_wild_wind(flights: Program, careless: Program) -> None:
    wild = []
    for program in (flights, careless):
        (join,) = program.source.joins
        for table in (program.source.data(), join.source.data()):
            for feature in program.features:
                if isinstance(feature, Number) and feature.name in table.column_names:
                    low, high = feature.low or 0.0, feature.high or float("inf")
                    values = [v for v in table[feature.name].to_pylist() if v is not None]
                    wild += [(program is careless, feature.name) for v in values if not low <= v <= high]
    assert wild == [(True, "wind_speed")]


def test_the_careless_program_has_a_delay_known_too_late_and_the_weather_as_it_comes(
    flights: Program, careless: Program
) -> None:
    assert careless.name == flights.name, "the same program, not yet mended"
    assert {change.knob for change in changes(flights, careless)} == {"source", "features"}
    assert {f.name for f in careless.features} - {f.name for f in flights.features} == {"dep_delay"}
    (join,) = careless.source.joins
    assert max(v for v in join.source.data()["wind_speed"].to_pylist() if v is not None) > 1_000


def test_the_code_that_travels_is_complete(flights: Program, careless: Program) -> None:
    assert list(code_files(flights)) == ["flights.py", "nyc.py"]
    assert set(code_files(careless)) == {"flights_careless.py", "flights.py", "nyc.py"}
