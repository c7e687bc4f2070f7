"""Each check of what was measured: a planted fault is found and named with its rows, a clean table is told nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pytest

from fieldguide.finding import Finding
from fieldguide.program import Number
from fieldguide.readiness.faithfulness import capped, digits, gaps, repeats, resolution, sampling, units
from fieldguide.readiness.faithfulness.run import steps
from fieldguide.readiness.faithfulness.stretches import any_return, repeated_rows
from fieldguide.tables.query.measured import Again, Named, Weights
from fieldguide.tables.query.measured import weights as row_weights
from fieldguide.tables.query.rhythm import HOUR, Rhythm
from fieldguide.tables.read import read_table

from . import planted
from .planted import FAULTS, HEALTHY, NOW, START, World, alarms, findings, view

R = np.random.default_rng(5)
N = 2_000
FIRST_HOUR = START // HOUR


def told(w: World, check: str) -> list[Finding]:
    """What one check says of a world that is worth a look."""
    made = [f for checks, make in steps(view(w), NOW, {}) if check in checks for f in make()]
    return [f for f in made if f.check == check and (f.verdict != "pass" or f.next)]


def one(values: Any, name: str = "x", unit: str | None = None, **more: Any) -> World:
    """A world of one column beside an hour each."""
    n = len(values)
    return World({name: values}, START + np.arange(n) * HOUR, units={name: unit} if unit else {}, **more)


@pytest.mark.parametrize("kind", HEALTHY)
def test_a_healthy_table_gives_nothing_to_look_at(kind: str) -> None:
    assert alarms(findings(HEALTHY[kind](3))) == set()


@pytest.mark.parametrize(
    "name",
    ["Celsius declared, Fahrenheit given", "feet among meters, 30 %", "-999, 1 %", "'unknown', 3 %", "5 rows in 1970",
     "a clock set back", "six hours missing of a regular feed", "ages rounded to 5, 20 %", "whole numbers on 300 rows",
     "stuck on 100 rows", "150 rows loaded twice", "a column sorted on 600 rows", "a column sorted from end to end",
     "cut off at the 98th percentile", "one row with a tenth of all weight", "missing in one region"],
)  # fmt: skip
def test_a_planted_fault_is_found_where_it_is(name: str) -> None:
    fault = FAULTS[name]
    seen = told(fault.plant(HEALTHY[fault.base](4), 4), fault.check)
    assert fault.about in {f.about for f in seen}


def test_single_values_beyond_what_nature_allows_fail_with_their_rows() -> None:
    latitude = R.normal(48, 5, N)
    latitude[[17, 40]] = 480.0
    (found,) = told(one(latitude, "latitude", "degree"), "plausible_values")
    assert (found.verdict, found.rows) == ("fail", ("k000017", "k000040"))
    assert "2 rows (0.10%) hold 480 degree" in found.saw


def test_bounds_with_honest_exceptions_are_a_note_and_those_that_many_break_none() -> None:
    coverage = R.uniform(0, 100, N)
    coverage[:20] = 130.0
    (found,) = told(one(coverage, "coverage", "percent"), "plausible_values")
    assert found.verdict == "pass"
    coverage[:300] = 130.0
    assert told(one(coverage, "coverage", "percent"), "plausible_values") == []


@pytest.mark.parametrize(
    "unit", ["mile/hour", "kWh", "degree Celsius", "USD/month", "1", "m/s^2", "people per km²"]
)
def test_units_as_people_write_them_are_known(unit: str) -> None:
    assert units.unit_names(Number("x", unit=unit)) == []


def test_a_mistyped_unit_is_noted_with_the_nearest_one() -> None:
    (found,) = units.unit_names(Number("x", unit="kilomter"))
    assert found.verdict == "pass"
    assert "kilometer" in found.saw


def test_a_stand_in_counts_as_missing_and_is_no_wild_or_impossible_value_as_well() -> None:
    humid = R.uniform(30, 95, N).round(1)
    humid[R.random(N) < 0.05] = -999.0
    made = findings(one(humid, "humid", "percent"))
    assert {(f.check, f.verdict) for f in made if f.verdict != "pass"} == {("default_values", "fail")}
    (missing,) = [f for f in made if f.check == "missing_values" and f.about == "humid"]
    assert f"{(humid == -999).sum():,} as -999" in missing.saw


@pytest.mark.parametrize("price", [99.0, 999.0])
def test_a_price_that_ends_in_nines_stands_in_for_nothing(price: float) -> None:
    prices = R.choice(
        [9.0, 19.0, 49.0, 79.0, 89.0, 109.0, 149.0, 199.0, 299.0, 499.0, 599.0, 799.0, price], N
    )
    assert told(one(prices, "price", "USD"), "default_values") == []


def test_rows_far_from_all_others_are_noted_and_on_a_default_date_fail() -> None:
    for rows, day, verdict in ((4, "1970-01-01", "fail"), (3, "2021-10-23", "pass")):
        us = START + np.arange(N) * HOUR
        us[:rows] = int(np.datetime64(day, "us").astype(np.int64))
        (found,) = told(World({"x": R.normal(size=N)}, us), "possible_times")
        assert (found.verdict, len(found.rows)) == (verdict, rows)
        assert f"{rows} rows lie" in found.saw


def test_a_row_of_tomorrow_fails() -> None:
    us = START + np.arange(N) * HOUR
    us[7] = int(NOW.timestamp() * 1e6) + 5 * HOUR
    (found,) = told(World({"x": R.normal(size=N)}, us), "possible_times")
    assert (found.verdict, found.rows) == ("fail", ("k000007",))


def test_a_shop_that_is_closed_at_night_and_on_sundays_has_no_gaps_but_a_week_without_rows_is_one() -> None:
    hours = FIRST_HOUR + np.arange(24 * 7 * 20)
    open_ = (hours % 24 >= 8) & (hours % 24 < 20) & (hours // 24 % 7 != 3)
    rows = np.where(open_, R.poisson(9, len(hours)), 0)
    assert not gaps.time_gaps(_rhythm(hours, rows), "UTC")[0].next
    rows[24 * 70 : 24 * 77] = 0
    (found,) = gaps.time_gaps(_rhythm(hours, rows), "UTC")
    assert found.verdict == "pass"
    assert found.next
    assert found.rows[0].startswith("2024-03-09T20")


def _rhythm(hours: Any, rows: Any) -> Rhythm:
    return Rhythm(HOUR, hours[rows > 0], rows[rows > 0])


def test_a_stretch_of_rows_is_found_again_among_more_rows_than_are_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fieldguide.readiness.faithfulness.view.MOST_SAMPLED", 3_000)
    monkeypatch.setattr("fieldguide.tables.query.drawn.ALIKE", 3_000)
    n = 12_000
    r = np.random.default_rng(1)
    clean = World(
        {"x": r.lognormal(size=n), "y": r.normal(size=n), "z": r.integers(0, 9, n).astype(float)}, None
    )
    assert repeated_rows(view(clean).alike)[0].verdict == "pass"
    assert view(clean).alike is None
    (found,) = told(planted.repeated(clean, 1_500), "repeated_rows")
    assert found.verdict == "fail"
    assert found.evidence["distance"] == n // 2 - n // 8
    assert 1_200 < found.evidence["rows"] < 1_800


def test_a_look_at_two_columns_tells_whether_rows_return() -> None:
    x = R.normal(size=1_000)
    drawn = pa.table({"x": x, "y": x, "__row": np.arange(1_000)})
    assert not any_return(drawn, ["x", "y"])
    x[600:650] = x[100:150]
    assert any_return(pa.table({"x": x, "__row": np.arange(1_000)}), ["x"])


def test_round_values_are_heaps_where_people_write_them_and_right_where_they_set_them() -> None:
    minutes = np.where(R.random(N) < 0.4, np.round(R.gamma(4, 30, N) / 5) * 5, np.round(R.gamma(4, 30, N)))
    values, rows = np.unique(minutes, return_counts=True)
    (found,) = digits.last_digits(Number("minutes", unit="minute"), values, rows)
    assert "end in 0 or 5" in found.saw
    assert digits.last_digits(Number("price", unit="USD"), values, rows) == []
    values, rows = np.unique(np.round(R.gamma(4, 30, N)), return_counts=True)
    assert digits.last_digits(Number("minutes", unit="minute"), values, rows) == []


def test_first_digits_are_judged_where_the_law_applies_only() -> None:
    x = Number("amount", unit="USD")
    values, rows = np.unique(np.round(R.lognormal(8, 2.5, 5_000), 2), return_counts=True)
    assert not digits.first_digits(x, values, rows)[0].next
    fake = np.unique(
        R.integers(1, 10, 5_000) * 10.0 ** R.integers(1, 6, 5_000) + R.random(5_000), return_counts=True
    )
    assert digits.first_digits(x, *fake)[0].next
    narrow = np.unique(R.normal(100, 10, 5_000).round(2), return_counts=True)
    assert digits.first_digits(x, *narrow) == []


def test_coarser_values_for_a_while_are_told_with_their_dates() -> None:
    x, at = R.normal(50, 8, N).round(1), START + np.arange(N) * HOUR
    assert resolution.resolution(Number("x"), x, at) == []
    x[500:900] = x[500:900].round()
    (found,) = resolution.resolution(Number("x"), x, at)
    assert found.saw.startswith("from 2024-01-21")
    assert "multiples of 1" in found.saw


def test_a_heap_at_the_end_is_noted_unless_it_is_the_declared_bound_or_zero() -> None:
    values = np.arange(5.0, 105.0)
    rows = np.full(100, 10)
    rows[-1] = 90
    heap = capped.heap_at_end(values, rows, "largest")
    assert heap is not None
    assert "were larger ones cut off?" in capped.capped_values(Number("x"), heap, 1_080)[0].saw
    assert capped.capped_values(Number("x", high=104.0), heap, 1_080) == []
    assert capped.heap_at_end(values, np.full(100, 10), "largest") is None
    scale = capped.Heap("largest", 100.0, 90, 10, smallest=0.0)
    assert capped.capped_values(Number("x"), scale, 1_080) == []


def test_weights_below_zero_fail_and_few_heavy_rows_are_noted() -> None:
    fine = Weights(1_000, 0, 0, 0, 1_000.0, 1_000.0, 1.0)
    assert not sampling.weights("w", fine)[0].next
    assert sampling.weights("w", replace(fine, negative=2))[0].verdict == "fail"
    heavy = sampling.weights("w", replace(fine, total=1_200.0, squares=41_000.0, largest=200.0))[0]
    assert heavy.verdict == "pass"
    assert "one row has 16.7% of all weight" in heavy.saw


def test_missing_weights_are_counted_and_told() -> None:
    came = read_table(pa.table({"w": ["2", "", " NA", None]})).table
    seen = row_weights(came.mutate(__weight=ibis.literal(1.0)), came["w"])
    assert (seen.rows, seen.missing) == (4, 3)
    told = sampling.weights("w", seen)[0]
    assert told.verdict == "pass"
    assert "3 lack a weight and count as 1" in told.saw
    assert told.next.startswith("fill the missing weights")


def test_repeatability_is_unknown_without_repeats_until_a_person_accepts_it() -> None:
    assert repeats.repeatability({}, None, None, False)[0].verdict == "unknown"
    accepted = repeats.repeatability({}, None, "every visit, as logged", False)[0]
    assert accepted.verdict == "pass"
    assert accepted.saw.startswith("unknown: nothing was measured twice")
    assert accepted.evidence["known"] is False


def test_repeats_give_the_deviation_within_things_and_the_icc() -> None:
    error, things = 2.0, R.normal(50, 4, 4_000)
    pairs = things[:, None] + R.normal(0, error, (4_000, 2))
    mean = pairs.mean(axis=1)
    again = Again(
        4_000,
        8_000,
        16_000,
        float(2 * ((mean - mean.mean()) ** 2).sum()),
        float(((pairs - mean[:, None]) ** 2).sum()),
    )
    x = Number("x", unit="kelvin")
    (found,) = repeats.repeatability({"x": x}, {"x": again}, None, False)
    assert found.evidence["within"] == pytest.approx(error, rel=0.05)
    assert found.evidence["icc"] == pytest.approx(16 / 20, abs=0.03)
    few = repeats.repeatability({"x": x}, {"x": Again(3, 6, 12, 1.0, 1.0)}, None, False)
    assert few[0].verdict == "unknown"
    assert repeats.repeatability({"x": x}, {"x": Named(50, 50, 30)}, None, False)[0].next


def test_an_audit_tells_bias_and_rows_and_says_why_it_cannot_be_read(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    x = R.normal(50, 8, N)
    w = one(x, "heat", "kelvin")
    anew = pa.table({"id": [f"k{i:06d}" for i in range(300)], "heat": x[:300] + R.normal(0, 0.5, 300) - 3.0})
    pq.write_table(anew, tmp_path / "anew.parquet")
    seen = view(w)
    audited = replace(seen, audit=lambda: seen.raw.get_backend().read_parquet(tmp_path / "anew.parquet"))
    made = [f for checks, make in steps(audited, NOW, {}) if "audit" in checks for f in make()]
    (found,) = [f for f in made if f.about == "heat"]
    assert found.evidence["bias"] == pytest.approx(3.0, abs=0.2)
    assert "off by a constant" in found.next
    assert len(found.rows) == 10
    strange = replace(seen, audit=lambda: seen.raw.rename(name="id"))
    made = [f for checks, make in steps(strange, NOW, {}) if "audit" in checks for f in make()]
    assert (made[0].verdict, "it has no column 'id'" in made[0].saw) == ("unknown", True)
