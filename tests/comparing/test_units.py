"""Units: what a declared unit may be turned into."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldguide.comparing.units import ALIASES, TABLE, Transform, canonical, conversions, plural

UNITS = sorted({unit for units in TABLE.values() for unit in units})


def factor(before: str, after: str) -> float:
    return next(t.factor for t in conversions(before) if t.after == canonical(after))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("second", "millisecond", 1000),
        ("second", "minute", 1 / 60),
        ("mile/hour", "meter/second", 0.44704),
        ("mile", "kilometer", 1.609344),
        ("knot", "mile/hour", 1.150779),
        ("kilogram", "pound", 2.204623),
        ("foot", "meter", 0.3048),
        ("millibar", "inch of mercury", 1 / 33.8639),
        ("percent", "1", 0.01),
        ("dollar", "cent", 100),
        ("inch/hour", "millimeter/hour", 25.4),
    ],
)
def test_a_conversion_has_the_factor_of_the_table(before: str, after: str, expected: float) -> None:
    assert factor(before, after) == pytest.approx(expected, rel=1e-5)


def test_fahrenheit_to_celsius_is_affine() -> None:
    to_celsius = next(t for t in conversions("degree Fahrenheit") if t.after == "celsius")
    assert (to_celsius.cause, to_celsius.factor * 212 + to_celsius.offset) == (
        "unit_affine",
        pytest.approx(100),
    )
    assert to_celsius.factor * 32 + to_celsius.offset == pytest.approx(0)


@given(st.sampled_from(UNITS), st.floats(-1e6, 1e6))
def test_there_and_back_is_the_same_value(unit: str, x: float) -> None:
    for there in conversions(unit):
        if there.after is None:
            continue
        back = next(t for t in conversions(there.after) if t.after == unit)
        y = back.factor * (there.factor * x + there.offset) + back.offset
        assert math.isclose(y, x, rel_tol=1e-9, abs_tol=1e-6 * max(1.0, abs(back.offset), abs(there.offset)))


def test_every_alias_names_a_unit_of_the_table() -> None:
    assert {alias for alias, unit in ALIASES.items() if unit not in UNITS} == set()
    assert {canonical(alias) for alias in ALIASES} <= set(UNITS)


def test_an_unknown_unit_falls_back_on_usual_factors_of_both_directions() -> None:
    factors = {t.factor for t in conversions("furlong") if not t.offset}
    assert {1000, 1 / 1000, 60, 1 / 60} <= factors
    assert conversions("furlong") == conversions(None)
    assert all(t.after is None for t in conversions(None) if not t.offset)


def test_a_declared_unit_never_turns_into_one_of_another_dimension() -> None:
    lengths = set(TABLE["length"])
    assert {t.after for t in conversions("mile")} - {None} <= lengths
    assert not any(t.offset for t in conversions("second"))


def test_decimal_shifts_are_rare_and_no_copies_of_conversions() -> None:
    shifts = [t for t in conversions("second") if t.after is None]
    named = [t for t in conversions("second") if t.after]
    assert all(t.rare for t in shifts)
    assert not any(abs(s.factor / n.factor - 1) < 0.01 for s in shifts for n in named)


def test_far_from_compares_factors_and_offsets() -> None:
    assert Transform(1000).far_from(Transform(1100))
    assert not Transform(1000).far_from(Transform(1024))
    assert Transform(1.0).far_from(Transform(1.0, 273.15))


@pytest.mark.parametrize(
    ("unit", "many"), [("second", "seconds"), ("meter/second", "meters/second"), ("1", "shares")]
)
def test_units_are_spoken_of_in_the_plural(unit: str, many: str) -> None:
    assert plural(unit) == many
