"""The grid of values: found from the values alone, and the same in any unit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldguide.comparing.support import find_lattice, resolution_of, support_of

KNOTS = np.array([0, *range(3, 38)], dtype=float)


def counts(values: np.ndarray, each: int = 2_000) -> dict[float, int]:
    return dict.fromkeys(values.tolist(), each)


@pytest.mark.parametrize("step", [1.15078, 0.514444, 1.0, 0.01, 1000.0])
def test_the_step_of_a_grid_is_found_in_any_unit(step: float) -> None:
    found = find_lattice(KNOTS * step)
    assert found is not None
    assert found.step == pytest.approx(step, rel=1e-5)


@given(st.integers(0, 10_000), st.integers(12, 60))
def test_numbers_without_a_grid_show_none(seed: int, n: int) -> None:
    values = np.sort(np.random.default_rng(seed).lognormal(3, 1, n))
    assert find_lattice(values) is None


def test_a_grid_need_not_pass_through_zero() -> None:
    tenths_of_celsius = np.round(32 + 0.18 * np.arange(-100, 200), 2)
    found = find_lattice(tenths_of_celsius)
    assert found is not None
    assert found.step == pytest.approx(0.18)


def test_one_wild_value_does_not_hide_the_grid() -> None:
    values = np.sort(np.append(KNOTS * 1.15078, 1048.3606))
    found = find_lattice(values)
    assert found is not None
    assert found.step == pytest.approx(1.15078, rel=1e-5)


def test_rounded_to_two_decimals_the_grid_is_still_there() -> None:
    found = find_lattice(np.round(KNOTS * 0.514444, 2))
    assert found is not None
    assert found.step == pytest.approx(0.514444, rel=0.01)


def test_a_value_of_another_unit_is_not_allowed_and_undone_it_is() -> None:
    support = support_of(counts(KNOTS * 1.15078), 1_000)
    assert support is not None
    told = KNOTS[1:] * 1.15078 * 0.44704
    assert support.allowed(told).mean() < 0.1
    assert support.allowed(told / 0.44704).all()
    assert support.allowed(np.array([60 * 1.15078])).all()  # beyond history, on the grid


def test_few_values_on_a_fine_grid_are_a_set_of_their_own() -> None:
    routes = np.array([17, 80, 94, 184, 229, 266, 301, 419, 502, 733, 944, 1089, 1400, 2475, 4983.0])
    support = support_of(counts(routes), 1_000)
    assert support is not None
    assert support.sparse
    assert not support.allowed(np.round(routes * 1.609344)).any()
    assert support.allowed(np.round(routes * 1.609344) / 1.609344, slack=0.32).all()


def test_history_without_exact_counts_or_with_a_continuum_allows_everything() -> None:
    assert support_of(None, 1_000) is None
    assert support_of(counts(np.random.default_rng(1).normal(size=500), 3), 1_000) is None


def test_nearest_moves_only_what_is_allowed() -> None:
    support = support_of(counts(KNOTS), 1_000)
    assert support is not None
    assert support.nearest(np.array([3.001, 4.4]), 0.01).tolist() == [3.0, 4.4]


@pytest.mark.parametrize(("decimals", "expected"), [(0, 1.0), (1, 0.1), (3, 0.001)])
def test_the_resolution_is_the_last_decimal(decimals: int, expected: float) -> None:
    values = np.round(np.random.default_rng(0).lognormal(3, 1, 200), decimals)
    assert resolution_of(values) == pytest.approx(expected)
