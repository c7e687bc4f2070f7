"""What simulated tables taught the checks of band B: what is no fault though it looks like one, and the reverse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fieldguide.finding import Finding
from fieldguide.program import Number
from fieldguide.readiness.faithfulness import clocks, defaults, digits, mixture
from fieldguide.readiness.faithfulness.gaps import gaps
from fieldguide.readiness.faithfulness.run import steps
from fieldguide.tables.query.rhythm import HOUR, Rhythm

from .planted import NOW, START, World, view

DAY = 86_400.0
N = 3_000


def told(w: World, check: str) -> list[Finding]:
    """What one check says of a world that is worth a look."""
    made = [f for checks, make in steps(view(w), NOW, {}) if check in checks for f in make()]
    return [f for f in made if f.check == check and (f.verdict != "pass" or f.next)]


def counted(x: Any) -> tuple[Any, Any]:
    return np.unique(x, return_counts=True)


def test_na_among_codes_of_countries_is_a_country() -> None:
    r = np.random.default_rng(1)
    w = World({"country": r.choice(["DE", "FR", "NA", "PL"], N).tolist()}, START + np.arange(N) * HOUR)
    assert told(w, "default_values") == []
    answers = World({"answer": r.choice(["yes", "no", "NA"], N).tolist()}, START + np.arange(N) * HOUR)
    (found,) = told(answers, "default_values")
    assert "'NA'" in found.saw


def test_a_default_date_among_dates_of_birth_is_seen_by_its_heap() -> None:
    r = np.random.default_rng(2)
    born = -r.uniform(-30 * 365, 20 * 365, N) * DAY
    assert defaults.heaped_dates(born) == []
    born[:30] = 0.0
    (suspect,) = defaults.heaped_dates(born)
    assert (suspect.code, suspect.sure) == (0.0, False)
    assert defaults.heaped_dates(born, [suspect]) == []


def test_so_many_significant_digits_are_no_preference_for_0_and_5() -> None:
    r = np.random.default_rng(3)
    x = r.lognormal(1, 0.8, N)
    power = 10.0 ** (1 - np.floor(np.log10(x)))
    assert digits.last_digits(Number("dose"), *counted(np.round(x * power) / power)) == []


def test_pressures_rounded_to_ten_are_seen_in_pairs_of_windows() -> None:
    r = np.random.default_rng(4)
    x = r.normal(125, 15, N).round()
    assert digits.last_digits(Number("systolic"), *counted(x)) == []
    rough = np.where(r.random(N) < 0.3, np.round(x / 10) * 10, x)
    (found,) = digits.last_digits(Number("systolic"), *counted(rough))
    assert "end in 0 or 5" in found.saw


def test_what_one_entity_holds_again_and_again_is_no_heap_at_the_end() -> None:
    r = np.random.default_rng(5)
    who = np.where(r.random(N) < 0.2, 0, r.integers(1, 400, N))
    tenure = np.concatenate([[4_321.0], r.gamma(2, 300, 399).round()])[who]
    w = World({"tenure": tenure}, START + np.arange(N) * HOUR, who)
    assert told(w, "capped_values") == []
    (found,) = told(World({"tenure": tenure}, START + np.arange(N) * HOUR), "capped_values")
    assert "hold the largest value" in found.saw


def test_an_hourly_feed_that_lacks_hours_is_still_judged_by_the_hour() -> None:
    units = np.setdiff1d(np.arange(470_000, 472_000), np.arange(471_000, 471_006))
    seen = gaps(Rhythm(HOUR, units, np.ones(len(units), dtype=np.int64)), "UTC")
    assert seen is not None
    assert [(seen.unit, g.units) for g in seen.gaps] == [("hour", 6)]


def test_two_days_of_rows_have_no_rhythm() -> None:
    assert gaps(Rhythm(24 * HOUR, np.array([19_000, 19_001]), np.array([150, 150])), "UTC") is None


def test_an_hour_that_comes_twice_is_seen_where_eight_rows_are_usual() -> None:
    """Summer time ends in Berlin on 2023-10-29, 01:00 UTC."""
    hours = np.arange(470_900, 472_700)
    back = 471_817
    rows = np.full(len(hours), 8, dtype=np.int64)
    assert clocks.doubled_hours(Rhythm(HOUR, hours, rows), "Europe/Berlin") == []
    rows[hours == back], rows[hours == back - 1] = 16, 0
    seen = rows > 0
    (found,) = clocks.doubled_hours(Rhythm(HOUR, hours[seen], rows[seen]), "Europe/Berlin")
    assert (found.rows, found.since) == (16, "2023-10-29 01:00")


def group(x: Any, unit: str, codes: Any, names: list[str]) -> mixture.Group | None:
    return mixture.groups_apart(Number("x", unit=unit), x, {"source": (codes, names)})


@pytest.mark.parametrize(("unit", "convert", "told_units"), [
    ("second", lambda x: x * 1000, "seconds and milliseconds"),
    ("degree Celsius", lambda x: x * 1.8 + 32, "celsius and fahrenheit"),
])  # fmt: skip
def test_a_source_in_another_unit_is_named(unit: str, convert: Any, told_units: str) -> None:
    r = np.random.default_rng(6)
    x, codes = r.normal(12, 4, N), r.integers(0, 3, N)
    assert group(x, unit, codes, ["a", "b", "c"]) is None
    found = group(np.where(codes == 1, convert(x), x), unit, codes, ["a", "b", "c"])
    assert found is not None
    assert (found.by, found.names, found.rows, found.other) == (
        "source",
        ("b",),
        int((codes == 1).sum()),
        told_units,
    )


def test_a_source_that_merely_differs_is_in_no_other_unit() -> None:
    r = np.random.default_rng(7)
    codes = r.integers(0, 3, N)
    for factor in (3.0, 40.0, 300.0):
        x = r.normal(12, 1, N) * np.where(codes == 1, factor, 1.0)
        assert group(x, "second", codes, ["a", "b", "c"]) is None


def test_a_change_of_unit_in_time_is_seen_though_the_readings_drift() -> None:
    r = np.random.default_rng(8)
    t = np.arange(N)
    x = 12 + 6 * np.sin(t / 1_000) + r.normal(0, 2, N)
    w = World({"x": np.where(t < 2_000, x, x * 1.8 + 32)}, START + t * HOUR, units={"x": "degree Celsius"})
    (found,) = told(w, "mixed_units")
    assert "celsius and fahrenheit" in found.saw
    assert told(World({"x": x}, START + t * HOUR, units={"x": "degree Celsius"}), "mixed_units") == []


def test_two_heaps_as_far_apart_as_celsius_and_fahrenheit_are_two_units() -> None:
    r = np.random.default_rng(9)
    x = r.normal(21, 1.5, N).round(1)
    mixed = np.where(r.random(N) < 0.3, (x * 1.8 + 32).round(1), x)
    heaps = mixture.two_heaps(Number("x", unit="degree Celsius"), *counted(mixed))
    assert heaps is not None
    assert heaps.other == "celsius and fahrenheit"
    other = np.where(r.random(N) < 0.3, r.normal(55, 1.5, N).round(1), x)
    assert mixture.two_heaps(Number("x", unit="degree Celsius"), *counted(other)) is None
