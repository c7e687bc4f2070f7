"""Values that look odd and are ordinary: nothing is said of them, and a fault of the same kind is still found."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from fieldguide.program import Number, Timestamp
from fieldguide.readiness.faithfulness import (
    capped,
    defaults,
    digits,
    gaps,
    mcar,
    mixture,
    plausible,
    resolution,
    stretches,
)
from fieldguide.tables.query import Found
from fieldguide.tables.query.rhythm import HOUR, Rhythm
from fieldguide.tables.summary import ColumnSummary, summarize

from .planted import World, view

R = np.random.default_rng(11)
FOUND = Found(3, ("a",), (1.0,))


def column(values: Any, feature: Number | Timestamp | None = None) -> ColumnSummary:
    given = values if isinstance(values, pa.Array) else pa.array(values, pa.float64())
    return summarize(pa.table({"x": given}), [feature or Number("x")]).columns["x"]


def verdicts(values: Any, name: str) -> dict[float, str]:
    seen, feature = column(values), Number(name)
    return {
        s.code: defaults.default_values(feature, seen, s, FOUND)[0].verdict
        for s in defaults.default_suspects(seen, feature)
    }


@pytest.mark.parametrize("share", [0.41, 0.7])
def test_zero_is_a_value_where_many_rows_hold_it(share: float) -> None:
    n = 5_000
    rpm = np.where(R.random(n) < share, 0.0, np.round(R.normal(3_000, 20, n)))
    assert verdicts(rpm, "rpm") == {}


def test_a_few_zeros_and_minus_ones_are_a_look_and_fail_where_nothing_can_be_zero() -> None:
    far = [*np.linspace(2_000, 2_100, 500)]
    assert verdicts([*far, *[0.0] * 5], "rpm") == {0.0: "pass"}
    assert verdicts([*far, *[-1.0] * 5], "rpm") == {-1.0: "pass"}
    assert verdicts([*np.linspace(40.1, 40.9, 500), *[0.0] * 5], "latitude") == {0.0: "fail"}
    assert verdicts([*far, *[-999.0] * 5], "rpm") == {-999.0: "fail"}


def test_a_date_far_ahead_may_be_an_open_end_and_one_far_back_is_none() -> None:
    def told(date: datetime) -> tuple[str, str]:
        real = int(datetime(2023, 1, 1, tzinfo=UTC).timestamp()) + np.arange(500) * 86_400
        us = np.concatenate([real, np.full(500, int(date.timestamp()))]) * 1_000_000
        given = pa.array(us.astype("datetime64[us]")).cast(pa.timestamp("us", "UTC"))
        feature = Timestamp("x", parts=("hour",))
        seen = column(given, feature)
        (suspect,) = defaults.default_suspects(seen, feature)
        (found,) = defaults.default_values(feature, seen, suspect, Found(500, ("a",), (0.0,)))
        return found.verdict, found.next

    verdict, todo = told(datetime(2099, 12, 31, tzinfo=UTC))
    assert verdict == "pass"
    assert "open end" in todo
    assert told(datetime(1900, 1, 1, tzinfo=UTC))[0] == "fail"


def test_short_words_are_places_only_beside_their_partner() -> None:
    minutes = column([*R.uniform(0, 300, 2_000), 900.0])
    beyond = column([*R.normal(8, 2, 2_000), 999.5])
    for name in ("how_long", "p99_lat"):
        assert plausible.bound_of(Number(name), minutes, [name, "weight", "user"]) is None
    bound = plausible.bound_of(Number("pickup_long"), beyond, ["pickup_lat", "pickup_long"])
    assert bound is not None
    assert bound.strict
    assert (
        plausible.plausible_values(Number("pickup_long"), beyond, bound, Found(1, ("a",), (999.5,)))[
            0
        ].verdict
        == "fail"
    )
    assert plausible.bound_of(Number("longitude"), beyond, ["longitude"]) == bound


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("temp_diff", "kelvin"),
        ("sales_growth", "percent"),
        ("temp_anomaly", "kelvin"),
        ("price_error", "USD"),
    ],
)
def test_differences_are_bounded_by_nothing(name: str, unit: str) -> None:
    values = column(R.normal(2.0, 1.0, 3_000))
    assert plausible.bound_of(Number(name, unit=unit), values) is None
    assert plausible.contradicted(Number(name, unit=unit), values, [name, "humidity", "rain"]) == []
    assert plausible.bound_of(Number("temp", unit="kelvin"), values) is not None


def test_counts_start_at_one_and_discounts_end_at_zero() -> None:
    zipf = R.zipf(1.6, 20_000)
    counts = np.minimum(zipf, 500).astype(float)
    values, rows = np.unique(counts[counts < 500], return_counts=True)
    rows[0] = 10 * rows[1]
    heap = capped.heap_at_end(values, rows, "smallest")
    assert heap is not None
    assert capped.capped_values(Number("visits"), heap, int(rows.sum())) == []
    off = -np.round(R.exponential(20, 5_000))
    values, rows = np.unique(np.where(R.random(5_000) < 0.6, 0.0, off), return_counts=True)
    heap = capped.heap_at_end(values, rows, "largest")
    assert heap is not None
    assert capped.capped_values(Number("discount"), heap, 5_000) == []
    cut = capped.heap_at_end(
        *np.unique(np.maximum(R.normal(20, 8, 5_000).round(1), 7.3), return_counts=True), "smallest"
    )
    assert cut is not None
    assert capped.capped_values(Number("x"), cut, 5_000)


def test_the_largest_numbers_are_looked_at_without_a_warning() -> None:
    values = np.array([1e307, 5e306, 1.5, 2.25])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert resolution.on_steps(values, -3).tolist() == [False, False, True, True]
        amounts = np.append(np.arange(500) / 10, 1e307)
        assert digits.heaped(amounts, np.full(501, 10)) is not None


def prices(key: bool, entity: bool) -> World:
    """A price list of 300 products in 10 weeks; in the sixth nothing has changed since the fifth."""
    product, week = np.tile(np.arange(300), 10), np.repeat(np.arange(10), 300)
    price, stock = R.lognormal(3, 1, 3_000).round(2), R.integers(0, 900, 3_000).astype(float)
    size = R.normal(5, 1, 3_000).round(3)
    for x in (price, stock, size):
        x[1_500:1_800] = x[1_200:1_500]
    days = np.datetime64("2023-01-02", "us").astype(np.int64) + week * 7 * 86_400_000_000
    return World(
        {"price": price, "stock": stock, "size": size},
        days,
        entity=product if entity else None,
        key=[f"p{p:03d}|{w}" for p, w in zip(product, week, strict=True)] if key else None,
    )


def test_a_price_list_that_did_not_change_is_a_note_and_rows_loaded_twice_fail() -> None:
    listed = view(prices(key=True, entity=False)).alike
    for found in (
        stretches.repeated_rows(listed, composite=True),
        stretches.repeated_rows(view(prices(key=False, entity=True)).alike),
    ):
        assert [f.verdict for f in found] == ["pass"]
        assert "nothing changed" in found[0].next
    assert stretches.repeated_rows(listed)[0].verdict == "fail"
    often = prices(key=False, entity=True)
    assert often.entity is not None
    often.entity[:] %= 40  # of visitors, many come more than once in the stretch
    assert stretches.repeated_rows(view(often).alike)[0].verdict == "fail"


@pytest.mark.parametrize("lost", ["2024-10-27T00", "2024-10-27T01"])
def test_the_hour_that_a_change_of_the_clock_takes_is_no_gap_and_another_one_is(lost: str) -> None:
    def without(*names: str) -> Rhythm:
        hours = np.datetime64("2024-09-01T00").astype(np.int64) + np.arange(24 * 90)
        gone = [int(np.datetime64(name).astype(np.int64)) for name in names]
        kept = hours[~np.isin(hours, gone)]
        return Rhythm(HOUR, kept, np.ones(len(kept), dtype=np.int64))

    assert not gaps.time_gaps(without(lost), "Europe/Berlin")[0].next
    assert gaps.time_gaps(without(lost), "UTC")[0].next
    (found,) = gaps.time_gaps(without(lost, "2024-10-20T00"), "Europe/Berlin")
    assert found.rows == ("2024-10-20T00:00:00+00:00",)
    assert "1 of 2,158 hold none" in found.saw
    assert found.saw.endswith("(about 1 row)")


def test_prices_end_as_shops_like_and_minutes_do_not() -> None:
    x = np.round(R.gamma(4, 30, 4_000))
    ends = np.where(R.random(4_000) < 0.5, np.round(x / 5) * 5, x)
    values, rows = np.unique(ends, return_counts=True)
    for name, unit in (
        ("paid", "USD"),
        ("paid", "thousand dollars"),
        ("order_total", None),
        ("amount", None),
    ):
        assert digits.last_digits(Number(name, unit=unit), values, rows) == []
    for name, unit in (("minutes", None), ("total", "minute")):
        assert digits.last_digits(Number(name, unit=unit), values, rows)[0].next


@pytest.mark.parametrize(
    ("own", "other"),
    [("celsius", "kelvin"), ("kelvin", "fahrenheit"), ("kelvin", "celsius"), ("celsius", "fahrenheit")],
)
def test_a_region_in_another_unit_of_temperature_is_told_whichever_side_it_lies_on(
    own: str, other: str
) -> None:
    celsius = R.normal(12, 8, 4_000)
    into = {"celsius": celsius, "kelvin": celsius + 273.15, "fahrenheit": 1.8 * celsius + 32}
    region = R.integers(0, 5, 4_000)
    groups = {"region": (region, tuple("abcde"))}
    apart = mixture.groups_apart(Number("t", unit=own), np.where(region == 3, into[other], into[own]), groups)
    assert apart is not None
    assert (apart.names, apart.other) == (("d",), f"{own} and {other}")
    assert mixture.groups_apart(Number("t", unit=own), into[own], groups) is None


def test_masks_of_very_few_rows_are_left_out_and_those_of_one_stretch_are_judged() -> None:
    n = 2_000
    levels = {"a": R.integers(0, 4, n), "b": R.integers(0, 4, n)}
    few, late = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    few[:9], late[1_700:] = True, True
    assert set(mcar.predicted(levels, {"few": few, "late": late})) == {"late"}
