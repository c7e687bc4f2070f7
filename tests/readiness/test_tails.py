"""Torn-off tails: heavy tails are ordinary, gaps are not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fieldguide.readiness.faithfulness.tails import torn_off

Draw = Callable[[np.random.Generator, int], Any]


def upper(values: Any) -> tuple[Any, Any]:
    x, rows = np.unique(np.asarray(values, dtype=float), return_counts=True)
    away = x - np.median(values)
    return away[away > 0][::-1], rows[away > 0][::-1]


def alarms(draw: Draw, n: int, times: int) -> int:
    return sum(torn_off(*upper(draw(np.random.default_rng(seed), n))) is not None for seed in range(times))


ORDINARY: dict[str, Draw] = {
    "normal": lambda r, n: r.normal(size=n),
    "waiting times, lognormal": lambda r, n: r.lognormal(0, 2, n),
    "revenue in whole units": lambda r, n: r.lognormal(3, 1.2, n).round(),
    "mostly zero rain": lambda r, n: np.where(r.random(n) < 0.93, 0.0, r.lognormal(-3, 1.5, n)).round(2),
    "counts": lambda r, n: r.negative_binomial(0.3, 0.02, n),
    "Cauchy": lambda r, n: r.standard_cauchy(n),
    "Pareto with infinite mean": lambda r, n: r.pareto(0.5, n),
    "popularity, Zipf": lambda r, n: np.minimum(r.zipf(1.8, n), 10**12),
    "a walk": lambda r, n: np.cumsum(r.standard_t(3, n)),
    "readings that repeat": lambda r, n: np.repeat(r.gamma(3, 3, n // 20), 20),
}


@pytest.mark.parametrize("name", list(ORDINARY))
@pytest.mark.parametrize("n", [300, 10_000])
def test_ordinary_columns_are_left_alone(name: str, n: int) -> None:
    assert alarms(ORDINARY[name], n, times=60) == 0


TORN: dict[str, tuple[Draw, float]] = {
    "an age of 999": (lambda r, n: r.integers(18, 91, n), 999),
    "a wind of 1048 among knots": (lambda r, n: r.gamma(3, 3, n).round() * 1.15, 1048.36),
    "one temperature times ten": (lambda r, n: r.normal(12, 9, n).round(1), 350),
    "one price in the wrong unit": (lambda r, n: r.lognormal(3, 1, n), 2e7),
}


@pytest.mark.parametrize("name", list(TORN))
def test_one_impossible_value_is_found(name: str) -> None:
    draw, wild = TORN[name]

    def planted(r: np.random.Generator, n: int) -> Any:
        values = np.asarray(draw(r, n), dtype=float)
        values[0] = wild
        return values

    assert alarms(planted, 10_000, times=20) >= 19


def test_a_few_rows_in_another_unit_are_found_together() -> None:
    values = np.random.default_rng(0).normal(60, 10, 20_000)
    values[:100] *= 1000
    torn = torn_off(*upper(values))
    assert torn is not None
    assert torn.rows == 100
    assert torn.ratio > 100


def test_two_populations_are_no_torn_tail() -> None:
    r = np.random.default_rng(0)
    assert torn_off(*upper(np.concatenate([r.normal(60, 10, 5_000), r.normal(400, 20, 500)]))) is None


def test_too_little_to_judge_by_says_nothing() -> None:
    assert torn_off([1e9, 2.0, 1.0], [1, 100, 100]) is None
    assert torn_off([1e9, *range(20, 0, -1)], [1] * 21) is None
    assert torn_off([], []) is None
