"""All checks together: a healthy table passes, and each planted fault is found where it is and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from fieldguide.errors import FieldguideError
from fieldguide.finding import Finding, to_json
from fieldguide.program import BinaryLabel, Category, Join, Number, Source, Timestamp
from fieldguide.readiness.answers import Answer, Waiver
from fieldguide.readiness.faithfulness import profile, wild
from fieldguide.readiness.grade import failing, level_of
from fieldguide.readiness.levels import CHECKS
from fieldguide.tables.engines import duckdb as engine
from fieldguide.tables.read import Part
from fieldguide.tables.summary import Blocks, summarize

MACHINE = {name for name, check in CHECKS.items() if check.kind != "evidence"}
N = 3_000


class World:
    """A healthy table of visits and its program; faults are planted in it."""

    def __init__(self, make: Any, seed: int = 0) -> None:
        self.make = make
        self.columns, self.y = make.visits(N, seed)
        self.y = self.y.astype(float).tolist()
        self.features = [make.feature(n, v) for n, v in self.columns.items()]
        self.blanks: dict[str, Any] = {}
        self.beside: dict[str, Any] = {}
        self.parts: list[Part] = []
        self.random = np.random.default_rng(seed + 1)

    def add(self, name: str, values: Any, feature: Any = None) -> None:
        self.columns[name] = values
        self.features.append(feature or self.make.feature(name, values))

    def findings(self, **more: Any) -> list[Finding]:
        made = self.make.program(self.features, **self.blanks)
        table = self.make.canonical(self.columns, self.y, **self.beside)
        return self.make.findings(table, made, parts=self.parts, **more)  # type: ignore[no-any-return]


@pytest.mark.parametrize("seed", range(5))
def test_a_healthy_table_passes_every_check_up_to_a3(make: Any, seed: int) -> None:
    findings = World(make, seed).findings()
    assert [(f.check, f.about, f.verdict) for f in findings if f.verdict != "pass"] == []
    assert {f.check for f in findings} == MACHINE
    assert level_of(findings, [], make.NOW).level == "A3"


def test_findings_come_in_the_order_of_the_levels_and_are_plain_json(make: Any) -> None:
    import json

    findings = World(make).findings()
    order = [list(CHECKS).index(f.check) for f in findings]
    assert order == sorted(order)
    for f in findings:
        assert f.level == CHECKS[f.check].level
        assert f.saw
        json.dumps(to_json(f), allow_nan=False)


Fault = Callable[[World], None]


def same_key_twice(w: World) -> None:
    w.beside["key"] = pa.array([f"k{min(i, N - 3)}" for i in range(N)])


def key_missing(w: World) -> None:
    w.beside["key"] = pa.array([None, *[f"k{i}" for i in range(N - 1)]])


def column_empty(w: World) -> None:
    w.add("height", pa.nulls(N, pa.float64()), Number("height", about="told", unit="m"))


def seconds_wild(w: World) -> None:
    w.columns["seconds"][17] = 3e9


def age_wild(w: World) -> None:
    w.columns["age"][17] = 999.0


def beyond_declared(w: World) -> None:
    w.features[1] = Number("age", about="told", unit="year", low=18, high=89)


def not_finite(w: World) -> None:
    w.columns["seconds"][3:5] = [float("nan"), float("inf")]


def stuck(w: World) -> None:
    w.columns["seconds"][1_000:1_200] = w.columns["seconds"][1_000]


def stand_in(w: World) -> None:
    w.columns["age"][w.random.random(N) < 0.02] = -999.0


def epoch(w: World) -> None:
    start = np.int64(w.make.START.timestamp() * 1e6)
    us = start + (np.arange(N) * 3_600_000_000) - 30 * 86_400_000_000
    us[w.random.random(N) < 0.01] = 0
    since = pa.array(us.astype("datetime64[us]")).cast(pa.timestamp("us", "UTC"))
    w.add("since", since, Timestamp("since", about="told", parts=("hour",)))


def in_the_future(w: World) -> None:
    us = w.make.hours(N).cast(pa.int64()).to_numpy().copy()
    us[-5:] += 10 * 365 * 86_400_000_000
    w.beside["time"] = pa.array(us.astype("datetime64[us]")).cast(pa.timestamp("us", "UTC"))


def one_answer(w: World) -> None:
    w.y = [0.0] * N


def known_too_early(w: World) -> None:
    w.blanks["label"] = BinaryLabel("came_back", arrives_within=timedelta(days=7), known_at="known")
    hours = w.make.hours(N).cast(pa.int64()).to_numpy().copy()
    late = hours + np.where(np.arange(N) % 10 == 0, -1, 1) * 3_600_000_000
    w.beside["known_at"] = pa.array(late.astype("datetime64[us]")).cast(pa.timestamp("us", "UTC"))


def a_leak(w: World) -> None:
    w.add("mails_after", (np.array(w.y) * 3 + w.random.random(N)).round(1))


def a_leak_by_name(w: World) -> None:
    w.add("status", ["returned" if v else "gone" for v in w.y])


def a_leak_in_time(w: World) -> None:
    hours = w.make.hours(N).cast(pa.int64()).to_numpy()
    seen = hours + np.where(np.array(w.y) > 0, 2, 400) * 3_600_000_000
    at = pa.array(seen.astype("datetime64[us]")).cast(pa.timestamp("us", "UTC"))
    w.add("last_seen", at, Timestamp("last_seen", about="told", parts=("hour",)))


def missing_without_label(w: World) -> None:
    w.y[:200] = [None] * 200
    plane: list[str | None] = [None] * 60 + ["a", "b"] * ((N - 60) // 2)
    w.add("plane", plane)


def filled_in_afterwards(w: World) -> None:
    w.add("reason", ["why" if v else None for v in w.y])


def delivery_stopped(w: World) -> None:
    us = w.make.hours(N).cast(pa.int64()).to_numpy().copy()
    us[-3:] += 60 * 86_400_000_000
    w.beside["time"] = pa.array(us.astype("datetime64[us]")).cast(pa.timestamp("us", "UTC"))


def mails(w: World) -> None:
    w.add("contact", [f"user{i}@example.org" for i in range(N)])


def permission_over(w: World) -> None:
    w.blanks["expires"] = "2024-01-01"


def no_times(w: World) -> None:
    w.beside["time"] = pa.nulls(N, pa.timestamp("us", "UTC"))


FAULTS: dict[str, tuple[Fault, set[tuple[str, str | None]]]] = {
    "a key on three rows": (same_key_twice, {("unique_key", None)}),
    "a row without a key": (key_missing, {("unique_key", None)}),
    "a column without values": (column_empty, {("columns_filled", "height")}),
    "seconds in nanoseconds": (seconds_wild, {("wild_values", "seconds")}),
    "an age of 999": (age_wild, {("wild_values", "age")}),
    "an age beyond its bounds": (beyond_declared, {("possible_values", "age")}),
    "NaN and infinity": (not_finite, {("possible_values", "seconds")}),
    "a stuck value": (stuck, {("stuck_values", "seconds")}),
    "-999 for missing": (stand_in, {("default_values", "age")}),
    "1970 for missing": (epoch, {("default_values", "since")}),
    "times in the future": (in_the_future, {("possible_times", None)}),
    "one answer only": (one_answer, {("label_varies", "came_back")}),
    "outcomes before predictions": (known_too_early, {("label_after_prediction", "came_back")}),
    "a number that knows the label": (a_leak, {("column_knows_label", "mails_after")}),
    "a name that knows the label": (a_leak_by_name, {("column_knows_label", "status")}),
    "an instant that knows the label": (a_leak_in_time, {("column_knows_label", "last_seen")}),
    "missing where there is no label": (missing_without_label, {("missing_knows_label", "plane")}),
    "filled in afterwards": (filled_in_afterwards, {("missing_knows_label", "reason")}),
    "a delivery that stopped": (delivery_stopped, {("population", None)}),
    "mail addresses where there are none": (mails, {("personal_data_screen", "contact")}),
    "a permission that has ended": (permission_over, {("permission_current", None)}),
    "no row has a time": (no_times, {("time_span", "at"), ("next_period", "at")}),
}


@pytest.mark.parametrize("name", list(FAULTS))
def test_a_planted_fault_is_found_where_it_is_and_nowhere_else(make: Any, name: str) -> None:
    plant, expected = FAULTS[name]
    world = World(make)
    plant(world)
    findings = world.findings()
    assert set(make.bad(findings)) == expected
    for (check, _), finding in make.bad(findings).items():
        assert finding.next
        assert finding.expected
        assert finding.blocks == CHECKS[check].level
    lowest = min(
        (CHECKS[check].level for check, _ in expected),
        key=lambda x: [c.level for c in CHECKS.values()].index(x),
    )
    grade = level_of(findings, [], make.NOW)
    assert lowest == grade.next_level
    assert {f.check for f in failing(grade)} == {check for check, _ in expected}


def test_the_rows_to_look_at_are_named(make: Any) -> None:
    world = World(make)
    age_wild(world)
    found = make.bad(world.findings())["wild_values", "age"]
    assert found.rows == ("k000017",)
    assert "1 row holds 999; no other lies above 90" in found.saw


def weather(w: World, *, key_twice: bool = False, late: bool = False, unmatched: float = 0.0) -> None:
    connection = engine.connect()
    hours = [f"h{i}" for i in range(100)]
    rows = engine.from_arrow(connection, pa.table({"hour": [*hours, "h0"] if key_twice else hours}))
    declared = Source(
        "weather.csv", key="hour", owner="desk", license="CC0", purpose="product", personal_data="none"
    )
    w.blanks["joins"] = [Join(declared, on="place", as_of="hour")]
    w.parts.append(Part("weather.csv", declared, rows, columns={"hour": "string"}, files=("weather.csv",)))
    at = w.make.hours(N).cast(pa.int64()).to_numpy() + (1 if late else -1) * 1_800_000_000
    event = pa.array(at.astype("datetime64[us]")).cast(pa.timestamp("us", "UTC")).to_pylist()
    w.beside["event_1"] = pa.array(
        [None if i < unmatched * N else t for i, t in enumerate(event)], pa.timestamp("us", "UTC")
    )


JOINS: dict[str, tuple[dict[str, Any], set[tuple[str, str | None]]]] = {
    "healthy": ({}, set()),
    "a key twice": ({"key_twice": True}, {("joined_keys", "weather.csv")}),
    "from after the prediction": ({"late": True}, {("columns_before_prediction", "weather.csv")}),
    "few partners": ({"unmatched": 0.7}, {("joins_resolve", "weather.csv")}),
}


@pytest.mark.parametrize("name", list(JOINS))
def test_joined_sources_are_graded_too(make: Any, name: str) -> None:
    how, expected = JOINS[name]
    world = World(make)
    weather(world, **how)
    assert set(make.bad(world.findings())) == expected


def test_a_joined_source_lowers_the_level_to_its_own(make: Any) -> None:
    """The level of joined data is at most the lowest of its parts, and a second purpose brings it back to band C."""
    world = World(make)
    weather(world)
    assert level_of(world.findings(), [], make.NOW).level == "A3"
    join = world.blanks["joins"][0]
    for change, check in ({"license": None}, "license"), ({"purpose": "insurance"}, "shared_purpose"):
        other = replace(join.source, **change)
        world.blanks["joins"] = [replace(join, source=other)]
        world.parts = [replace(world.parts[0], source=other)]
        grade = level_of(world.findings(), [], make.NOW)
        assert grade.level == "C3"
        assert [f.check for f in grade.held_back_by] == [check]


def test_two_sound_sources_whose_join_repeats_keys_are_graded_in_band_b(make: Any) -> None:
    world = World(make)
    weather(world, key_twice=True)
    assert level_of(world.findings(), [], make.NOW).level == "B4"


def test_what_the_file_leaves_open_is_unknown_and_climbs_by_confirmation(make: Any) -> None:
    world = World(make)
    world.blanks = {"owner": None, "license": None, "purpose": None, "personal_data": None}
    world.features = [Number("seconds"), Number("age"), Category("plan")]
    open_ = world.findings()
    grade = level_of(open_, [], make.NOW)
    assert (grade.level, grade.next_level) == ("C4", "C3")
    assert {f.check for f in open_ if f.verdict == "unknown"} == {
        "owner",
        "license",
        "purpose",
        "personal_data",
        "described",
        "units",
    }
    assert not failing(grade)
    given = [
        Answer(c, "Ada", make.NOW - timedelta(days=1))
        for c in ("owner", "license", "purpose", "personal_data")
    ]
    assert level_of(world.findings(answers=given), [], make.NOW).level == "B4"
    given += [Answer(c, "Ada", make.NOW - timedelta(days=1)) for c in ("described", "units")]
    assert level_of(world.findings(answers=given), [], make.NOW).level == "A3"


def test_a_waived_leak_lets_pass(make: Any) -> None:
    world = World(make)
    a_leak(world)
    waiver = Waiver(
        "column_knows_label", "Ada", make.NOW - timedelta(days=1), "mails_after", "sent before the visit"
    )
    assert level_of(world.findings(), [waiver], make.NOW).level == "A3"


def test_read_once_is_unknown(make: Any) -> None:
    grade = level_of(World(make).findings(again=False), [], make.NOW)
    assert (grade.level, [f.check for f in grade.held_back_by]) == ("C2", ["reads_alike"])


def test_a_source_without_time_can_reach_as_far(make: Any) -> None:
    world = World(make)
    world.blanks["time"] = None
    world.beside["time"] = pa.nulls(N, pa.timestamp("us", "UTC"))
    findings = world.findings()
    assert level_of(findings, [], make.NOW).level == "A3"
    assert make.of(findings, "next_period")[0].saw == "no time column: next period unknown"


def test_the_slices_of_the_summary_do_not_change_what_is_found(make: Any) -> None:
    world = World(make)
    age_wild(world)
    made = make.program(world.features)
    table = make.canonical(world.columns, world.y)
    by_blocks = summarize(table, world.features, slices=Blocks())
    one, other = make.findings(table, made), make.findings(table, made, summary=by_blocks)
    assert [(f.check, f.about, f.verdict) for f in one] == [(f.check, f.about, f.verdict) for f in other]
    assert make.bad(one)["wild_values", "age"].saw == make.bad(other)["wild_values", "age"].saw


def test_a_summary_that_left_rows_out_is_made_anew(make: Any) -> None:
    world = World(make)
    age_wild(world)
    table = make.canonical(world.columns, world.y)
    part = summarize(table.slice(100, 500), world.features)
    assert ("wild_values", "age") in make.bad(
        make.findings(table, make.program(world.features), summary=part)
    )


def test_a_check_that_breaks_is_an_error_that_names_it(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> list[Finding]:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(wild, "wild_tails", broken)
    with pytest.raises(
        FieldguideError, match="the check wild_values broke on these data: ZeroDivisionError"
    ) as caught:
        World(make).findings()
    assert caught.value.exit_code == 70


def test_a_check_that_says_nothing_is_an_error(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profile, "profiled", lambda *_: [])
    with pytest.raises(FieldguideError, match="the check profiled said nothing"):
        World(make).findings()


def test_now_decides_what_has_expired(make: Any) -> None:
    world = World(make)
    permission_over(world)
    before = datetime(2023, 12, 1, tzinfo=make.NOW.tzinfo)
    assert ("permission_current", None) not in make.bad(world.findings(now=before))


@pytest.mark.parametrize("rows", [1, 2, 30])
def test_tiny_tables_are_graded_without_breaking(make: Any, rows: int) -> None:
    columns = {
        "x y": [1.0] * rows,
        'say "hi"': ["a"] * rows,
        "flag": [True] * rows,
        "none": pa.nulls(rows, pa.float64()),
    }
    features = [make.feature(n, v) for n, v in columns.items() if n != "none"] + [
        Number("none", about="told", unit="1")
    ]
    findings = make.findings(make.canonical(columns, [1.0] * rows), make.program(features))
    assert {f.check for f in findings} == MACHINE
    assert level_of(findings, [], make.NOW).level == "C1"


def test_a_sensor_that_is_stuck_at_one_machine_is_found_among_the_others(make: Any) -> None:
    r = np.random.default_rng(0)
    machine = np.arange(N) % 10
    heat = np.zeros((N // 10, 10))
    for t in range(1, N // 10):
        heat[t] = 0.95 * heat[t - 1] + r.normal(size=10)
    values = np.round(60 + heat[np.arange(N) // 10, machine], 1)
    table = {"heat": values}
    entity = pa.array([f"m{i}" for i in machine])
    y = (r.random(N) < 0.3).astype(float)
    made = make.program([Number("heat", about="told", unit="degree Celsius")], entity="machine")
    assert make.bad(make.findings(make.canonical(table, y, entity=entity), made)) == {}
    stuck_rows = np.flatnonzero((machine == 3) & (np.arange(N) >= 1_000))[:60]
    table["heat"][stuck_rows] = table["heat"][stuck_rows[0]]
    found = make.bad(make.findings(make.canonical(table, y, entity=entity), made))
    assert list(found) == [("stuck_values", "heat")]
    assert "rows in a row (one machine)" in found["stuck_values", "heat"].saw
    assert 60 <= found["stuck_values", "heat"].evidence["rows"] <= 63
    near = {
        f"k{row:06d}" for row in (stuck_rows[0] - 10, stuck_rows[0])
    }  # the reading before may be the same
    assert found["stuck_values", "heat"].rows[0] in near
