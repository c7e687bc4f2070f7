"""Band B: it cannot see a label or a question, and finds what is wrong with columns."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
import typing
from datetime import UTC, datetime
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pytest

from fieldguide.program import (
    BinaryLabel,
    CountLabel,
    Label,
    Number,
    NumericLabel,
    Program,
    Question,
    Timestamp,
)
from fieldguide.readiness import faithfulness as band
from fieldguide.readiness.assess import faithful
from fieldguide.readiness.faithfulness import defaults, keys, possible, profile, stuck
from fieldguide.readiness.shared import Shared
from fieldguide.tables.query import ByLabel, Duplicates, Found, Labels
from fieldguide.tables.query.runs import Run, Runs
from fieldguide.tables.read import Reading
from fieldguide.tables.summary import ColumnSummary, summarize

FORBIDDEN = {
    Label,
    BinaryLabel,
    NumericLabel,
    CountLabel,
    Question,
    Program,
    Reading,
    Labels,
    ByLabel,
    ibis.Table,
}


def mentioned(hint: Any, seen: set[Any]) -> set[Any]:
    """Every class that a type hint names, also through the fields of dataclasses."""
    if isinstance(hint, list):  # what a function takes that is handed over
        return set().union(*(mentioned(inner, seen) for inner in hint), seen)
    if isinstance(hint, type) and hint in seen:
        return seen
    if isinstance(hint, type):
        seen.add(hint)
        if dataclasses.is_dataclass(hint):
            for inner in typing.get_type_hints(hint).values():
                mentioned(inner, seen)
    for argument in typing.get_args(hint):
        for one in argument if isinstance(argument, list) else [argument]:  # the arguments of a Callable
            if not isinstance(one, str):
                mentioned(one, seen)
    return seen


def functions(module: Any) -> list[Any]:
    return [f for _, f in inspect.getmembers(module, inspect.isfunction) if f.__module__ == module.__name__]


def band_b() -> list[Any]:
    return [
        importlib.import_module(m.name) for m in pkgutil.walk_packages(band.__path__, f"{band.__name__}.")
    ]


def test_no_check_of_band_b_can_be_given_a_label_or_a_question() -> None:
    made = [function for module in band_b() for function in functions(module)]
    assert len(made) >= 20
    for function in made:
        # `run` makes the queries: it may hold tables, which `Faithful` has taken the label out of
        tables = {ibis.Table} if function.__module__.endswith(".run") else set()
        hints = typing.get_type_hints(function)
        hints.pop("return", None)
        reach = set().union(*(mentioned(hint, set()) for hint in hints.values())) - tables
        assert not reach & FORBIDDEN, f"{function.__name__} can reach {reach & FORBIDDEN}"
        assert Any not in hints.values()
        assert object not in hints.values()


def test_this_test_would_notice_a_label() -> None:
    def check(program: Program) -> None: ...

    assert mentioned(typing.get_type_hints(check, {"Program": Program})["program"], set()) & FORBIDDEN


def test_the_view_of_band_b_has_lost_the_columns_of_the_label(make: Any) -> None:
    columns, y = make.visits(200)
    made = make.program([make.feature(n, v) for n, v in columns.items()])
    reading = make.reading(make.canonical(columns, y), made)
    seen = faithful(made, reading, summarize(reading.table, list(made.features)), Shared(made, reading))
    assert "__label" in reading.table.columns
    assert not set(seen.table.columns) & {"__label", "__known_at"}
    assert not mentioned(type(seen), set()) & (FORBIDDEN - {ibis.Table})


def column(values: Any, kind: str = "number") -> ColumnSummary:
    feature = Number("x") if kind == "number" else Timestamp("x", parts=("hour",))
    array = pa.array(values, pa.float64()) if kind == "number" else values
    return summarize(pa.table({"x": array}), [feature]).columns["x"]


def test_keys_that_repeat_or_lack() -> None:
    fine = keys.unique_key(("id",), Duplicates(0, 0, 0, 0, ()))[0]
    assert fine.verdict == "pass"
    bad = keys.unique_key(("place", "hour"), Duplicates(2, 5, 1, 3, ("a|1",)))[0]
    assert (bad.verdict, bad.rows) == ("fail", ("a|1",))
    assert "2 values of (place, hour) are on 5 rows, 1 of them exact copies" in bad.saw
    assert "3 rows have no (place, hour)" in bad.saw
    assert keys.unique_key((), None)[0].verdict == "unknown"


@pytest.mark.parametrize(("found", "verdict"), [(1_000, "pass"), (500, "pass"), (499, "fail"), (0, "fail")])
def test_joins_resolve_for_at_least_half_of_the_rows(found: int, verdict: str) -> None:
    assert keys.joins_resolve("weather", found, 1_000)[0].verdict == verdict


def runs_of(*lengths: int, value: float = 7.0) -> Runs:
    counted: dict[int, int] = {}
    for n in lengths:
        counted[n] = counted.get(n, 0) + 1
    top = sorted(lengths, reverse=True)[:10]
    return Runs(
        "x",
        np.array(sorted(counted)),
        np.array([counted[n] for n in sorted(counted)]),
        tuple(Run(n, value, "2023-01-01", f"k{n}") for n in top),
    )


def test_a_run_that_is_torn_off_the_others_is_stuck() -> None:
    usual = [1] * 500 + [2] * 200 + [3] * 80 + [4] * 30 + [5] * 12 + [6] * 5 + [7] * 2 + [8]
    found = stuck.stuck_values(Number("x", unit="mph"), runs_of(*usual, 200))
    assert (found[0].verdict, found[0].about, found[0].rows) == ("fail", "x", ("k200",))
    assert found[0].saw == "stays at 7 mph for 200 rows in a row, from 2023-01-01 on"
    assert "at most 8 rows" in found[0].expected
    assert stuck.stuck_values(Number("x"), runs_of(*usual, 20)) == []


def test_where_runs_have_few_lengths_a_run_ten_times_the_next_is_stuck() -> None:
    assert stuck.stuck_values(Number("x"), runs_of(*[1] * 500, 40))
    assert not stuck.stuck_values(Number("x"), runs_of(*[1] * 500, 25))
    assert not stuck.stuck_values(Number("x"), runs_of(*[1] * 50, 40))


def test_weather_that_stays_for_long_spells_is_not_stuck() -> None:
    spells = np.random.default_rng(0).lognormal(2, 1.2, 3_000).astype(int) + 1
    assert stuck.stuck_values(Number("x"), runs_of(*spells.tolist())) == []


def test_an_attribute_of_an_entity_is_not_stuck_within_it() -> None:
    lengths = [*range(1, 60), *[20] * 100, 900]
    assert stuck.stuck_values(Number("x"), runs_of(*lengths), within="user") == []


def test_a_run_is_worth_a_look_only_where_chance_does_not_make_it() -> None:
    values = np.random.default_rng(0).integers(0, 30, 10_000)
    assert not stuck.may_be_stuck(column(values), runs_of(1, 5))
    assert stuck.may_be_stuck(column(values), runs_of(1, 40))
    mostly = np.where(np.random.default_rng(1).random(10_000) < 0.9, 0, values)
    assert stuck.common_value(column(mostly)) == 0.0
    assert stuck.common_value(column(values)) is None


DEFAULTS: dict[str, tuple[Any, float | None]] = {
    "temperatures with -999": ([*np.linspace(-20, 40, 500), *[-999] * 5], -999),
    "capital gains topped at 99999": ([*np.linspace(0, 15_000, 500), *[99_999] * 5], 99_999),
    "latitudes at Null Island": ([*np.linspace(40.1, 40.9, 500), *[0] * 5], 0),
    "counts with -99 for unknown": ([*range(200), *[-99] * 5], -99),
    "ages up to 99": ([*np.linspace(18, 98, 500), *[99] * 5], None),
    "prices of 999 among prices": ([*np.linspace(10, 800, 500), *[999] * 20], None),
    "free plans at 0": ([*np.linspace(10, 100, 500), *[0] * 200], None),
    "delays below zero": ([*np.linspace(-43, 300, 500), *[-9] * 9], None),
    "two of them are too few": ([*np.linspace(-20, 40, 500), *[-999] * 2], None),
    "yes or no": ([0] * 50 + [1] * 50, None),
}


@pytest.mark.parametrize("name", list(DEFAULTS))
def test_stand_ins_for_missing_values(name: str) -> None:
    values, expected = DEFAULTS[name]
    found = [s.code for s in defaults.default_suspects(column([float(v) for v in values]))]
    assert found == ([] if expected is None else [expected])


def test_stand_ins_are_seen_also_in_columns_of_many_values() -> None:
    values = [*np.random.default_rng(0).normal(15, 8, 5_000), *[-9999.0] * 30]
    assert column(values).values is None
    assert [s.code for s in defaults.default_suspects(column(values))] == [-9999.0]


def test_instants_that_stand_in_for_missing_ones() -> None:
    hour = 3_600_000_000
    start = int(datetime(2023, 1, 1, tzinfo=UTC).timestamp() * 1e6)
    real = start + np.arange(500) * hour
    offset = np.zeros(5, dtype=np.int64) - 5 * hour  # midnight somewhere else
    us = np.concatenate([real, offset]).astype("datetime64[us]")
    found = defaults.default_suspects(column(pa.array(us).cast(pa.timestamp("us", "UTC")), "timestamp"))
    assert [s.code for s in found] == [0.0]
    only = pa.array(real.astype("datetime64[us]")).cast(pa.timestamp("us", "UTC"))
    assert defaults.default_suspects(column(only, "timestamp")) == []


def test_values_beyond_what_is_declared_possible() -> None:
    ages = column([*range(100), 150.0, -3.0])
    assert possible.outside_bounds(Number("x", low=0), ages)
    assert possible.outside_bounds(Number("x", high=120), ages)
    assert not possible.outside_bounds(Number("x", low=-3, high=150), ages)
    assert not possible.outside_bounds(Number("x"), ages)
    found = possible.possible_values(
        Number("x", low=0, high=120, unit="year"), ages, Found(2, ("a", "b"), (150.0, -3.0)), Found(1, ("c",))
    )
    assert [(f.verdict, f.rows) for f in found] == [("fail", ("c",)), ("fail", ("a", "b"))]
    assert found[1].saw == "2 values are outside, such as 150, -3 year; the column goes from -3 to 150"
    assert found[1].expected == "from 0 to 120 year, as declared"


def test_a_profile_must_be_of_all_columns_and_rows() -> None:
    summary = summarize(pa.table({"x": [1.0, 1.0], "y": [1.0, 2.0]}), [Number("x"), Number("y")])
    assert profile.profiled(summary, [Number("x"), Number("y")], 2)[0].saw.endswith(
        "always the same value: x"
    )
    assert profile.profiled(summary, [Number("z")], 2)[0].verdict == "fail"
    assert profile.profiled(summary, [Number("x")], 3)[0].verdict == "fail"
