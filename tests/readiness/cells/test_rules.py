"""Cells that are wrong by their form, size or place alone, in simulated tables; and what only looks so."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from fieldguide.readiness.faithfulness.cells.again import misspelled_again
from fieldguide.readiness.faithfulness.cells.columns import columns_of
from fieldguide.readiness.faithfulness.cells.masks import odd_masks
from fieldguide.readiness.faithfulness.cells.numbers import odd_numbers, outliers

from .worlds import Cells, Rows, accused, addresses, measured, names, some, spoil

SEEDS = 6
N = 2_000


def numbers(values: np.ndarray, digits: int = 2) -> list[str | None]:
    """Return numbers as texts."""
    return [f"{x:.{digits}f}" for x in values]


def out_of_reach(values: np.ndarray, digits: int = 3) -> int:
    """Return how many values of a column are called out of reach."""
    return len(odd_numbers(columns_of(pa.table({"x": numbers(values, digits)}))[0]))


HEAVY: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "lognormal": lambda r, n: r.lognormal(3, 2, n),
    "Pareto": lambda r, n: r.pareto(1.2, n) + 1,
    "Student with two degrees": lambda r, n: r.standard_t(2, n),
    "Cauchy": lambda r, n: r.standard_cauchy(n),
    "exponential": lambda r, n: r.exponential(5, n),
    "gamma": lambda r, n: r.gamma(0.7, 3, n),
    "counts": lambda r, n: r.negative_binomial(1, 0.05, n).astype(float),
    "mostly zero": lambda r, n: np.where(r.random(n) < 0.9, 0, r.lognormal(4, 1, n)),
    "two kinds": lambda r, n: np.where(r.random(n) < 0.05, 30, 1) * r.lognormal(2, 0.5, n),
    "normal": lambda r, n: r.normal(50, 5, n),
    "uniform": lambda r, n: r.uniform(-3, 3, n),
}


@pytest.mark.parametrize("kind", HEAVY)
def test_no_number_of_a_clean_column_is_out_of_reach_however_heavy_its_tail(kind: str) -> None:
    told = [
        out_of_reach(HEAVY[kind](np.random.default_rng([1, s]), n)) > 0
        for s in range(40)
        for n in (300, 5_000)
    ]
    assert sum(told) <= 1, f"{sum(told)} of {len(told)} columns"


@pytest.mark.parametrize(("share", "factor"), [(0.001, 100.0), (0.01, 100.0), (0.015, 10.0)])
def test_numbers_with_their_point_moved_lie_out_of_reach(share: float, factor: float) -> None:
    for seed in range(SEEDS):
        r = np.random.default_rng([2, seed])
        x = r.normal(130, 6, N)
        at = some(r, N, share)
        x[at] *= factor
        assert set(np.flatnonzero(outliers(x, np.ones(N, dtype=np.int64)))) == set(at)


def test_one_number_below_zero_stands_for_nothing_and_a_count_from_zero_on_does_not() -> None:
    r = np.random.default_rng(3)
    income = [str(int(x)) for x in r.lognormal(10, 0.5, N)]
    goals = [str(x) for x in r.poisson(1.5, N)]
    income[7], goals[7] = "-1", "-1"
    assert list(accused({"income": [*income], "goals": [*goals]})) == [(7, "income")]


def test_shares_coordinates_and_running_numbers_have_no_reach() -> None:
    r = np.random.default_rng(4)
    share = np.append(r.beta(40, 60, N - 2), [0.0, 1.0])
    longitude = np.append(r.normal(-100, 5, N - 2), [144.8, 151.2])
    number = [*range(1, N - 1), 40_000, 41_000]
    rows: Rows = {
        "share": numbers(share, 4),
        "longitude": numbers(longitude, 4),
        "number": [str(x) for x in number],
    }
    assert accused(rows) == {}


def test_values_made_otherwise_than_their_column() -> None:
    r = np.random.default_rng(5)
    rows: Rows = {
        "lasts": [f"{int(x)} min" for x in r.normal(104, 15, N)],
        "phone": [f"{a}/{b}-{c}" for a, b, c in zip(*(r.integers(200, 999, (3, N))), strict=True)],
        "mail": [f"{a}.{b}@example.com" for a, b in zip(r.choice(names(r, 200), N), r.integers(1, 99, N), strict=True)],
        "votes": [f"{int(x):,}" for x in r.lognormal(8, 2, N) + 5],
    }  # fmt: skip
    truth = Cells()
    spoil(rows, "lasts", some(r, N, 0.05), lambda v: f"{int(v.split()[0]) // 60} hr. {int(v.split()[0]) % 60} min.", truth)  # fmt: skip
    spoil(rows, "phone", some(r, N, 0.08), lambda v: v.replace("/", "-"), truth)
    spoil(rows, "mail", some(r, N, 0.01), lambda v: v.replace("@", " at "), truth)
    spoil(rows, "votes", some(r, N, 0.05), lambda v: v.replace(",", ""), truth)
    precision, recall = measured(accused(rows), truth)
    assert precision == 1.0
    assert recall >= 0.99


def test_ways_that_say_less_or_more_are_let_be() -> None:
    r = np.random.default_rng(6)
    first = r.integers(1, 900, N)
    pages: list[str | None] = [f"{p}-{p + int(k)}" for p, k in zip(first, r.integers(1, 30, N), strict=True)]
    for i in some(r, N, 0.05).tolist():
        pages[i] = str(first[i])
    for i in some(r, N, 0.03).tolist():
        pages[i] = f"{pages[i]}, {first[i] + 100}-{first[i] + 110}"
    people: list[str | None] = [
        f"{a}, {b}" for a, b in zip(r.choice(names(r, 300), N), r.choice(names(r, 90), N), strict=True)
    ]
    people[3], people[4] = "Morville, Ba-Ro", "Denham, R. L."
    told = [odd_masks(c) for c in columns_of(pa.table({"pages": pages, "people": people}))]
    assert told == [(), ()]


def test_codes_that_lost_their_zeros_and_numbers_that_never_had_any() -> None:
    r, truth = np.random.default_rng(7), Cells()
    code = r.choice(np.arange(1_001, 99_000), 300)[r.integers(0, 300, N)]
    rows: Rows = {"zip": [f"{k:05d}" for k in code], "count": [str(k) for k in code]}
    few = [i for i in some(r, N, 0.5).tolist() if str(rows["zip"][i]).startswith("0")]
    spoil(rows, "zip", np.array(few), lambda v: v.lstrip("0"), truth)
    found = accused(rows)
    assert found.keys() == truth.keys()
    assert all(found[cell].instead == was for cell, was in truth.items())


def test_one_refund_does_not_hide_amounts_that_are_a_hundred_times_too_large() -> None:
    r = np.random.default_rng(10)
    amounts = r.lognormal(3.5, 0.5, N)
    wrong = r.choice(N, 3, replace=False)
    amounts[wrong] *= 100
    amounts[int(np.setdiff1d(np.arange(N), wrong)[0])] = -33.57
    found = accused({"amount": numbers(amounts)})
    assert {row for row, _ in found} == set(wrong.tolist())


def test_numbers_among_which_a_few_are_padded_lost_nothing() -> None:
    r = np.random.default_rng(9)
    counts, years = r.integers(200, 9_999, N), r.integers(800, 2_024, N)
    rows: Rows = {"count": [f"{k}" for k in counts], "year": [f"{k}" for k in years]}
    for i in range(5):
        rows["count"][i], rows["year"][i] = "0000", f"0{700 + i}"
    assert [cell for cell in accused(rows) if cell[0] >= 5] == []


def test_the_same_slip_on_several_rows_of_a_column_of_few_names_and_names_that_are_near() -> None:
    r = np.random.default_rng(8)
    city = [str(x) for x in r.choice(["Köln", "Berlin", "Hamburg", "Bonn"], N, p=[0.4, 0.3, 0.2, 0.1])]
    plan = [str(x) for x in r.choice(["single", "week", "class A"], N, p=[0.5, 0.3, 0.2])]
    wrong = some(r, N, 0.003).tolist()
    for i in wrong:
        city[i] = "Kölln"
    for i, name in enumerate(["singles", "weeks", "class B"]):
        plan[i] = plan[i + 10] = name
    assert accused({"city": [*city]}).keys() == {(i, "city") for i in wrong}
    assert misspelled_again(columns_of(pa.table({"plan": plan}))[0]) == ()


@pytest.mark.parametrize(("a", "b"), [("first", "city"), ("city", "zip"), ("city", "state")])
def test_fields_in_each_others_place(a: str, b: str) -> None:
    told = []
    for seed in range(SEEDS):
        r, truth = np.random.default_rng([9, seed]), Cells()
        rows = addresses(r)
        for i in some(r, 1_000, 0.012).tolist():
            x, y = rows[a][i], rows[b][i]
            rows[a][i], rows[b][i] = y, x
            truth |= {(i, a): x, (i, b): y}
        told.append(measured(accused(rows), truth))
    precision, recall = np.mean(told, axis=0)
    assert precision >= 0.95
    assert recall >= 0.85


def test_answers_that_two_columns_share_are_not_exchanged() -> None:
    for seed in range(SEEDS):
        r = np.random.default_rng([10, seed])
        rows: Rows = {
            "school": [str(x) for x in r.choice(["yes", "no"], N, p=[0.98, 0.02])],
            "denied": [str(x) for x in r.choice(["yes", "no"], N, p=[0.05, 0.95])],
            "home": [str(x) for x in r.choice(names(np.random.default_rng(0), 30), N)],
            "away": [str(x) for x in r.choice(names(np.random.default_rng(0), 30), N)],
        }
        assert accused(rows) == {}


def test_a_word_among_numbers_unless_it_is_how_the_table_says_that_a_value_is_missing() -> None:
    r = np.random.default_rng(11)
    rows: Rows = {name: [str(x) for x in r.integers(0, 60, N)] for name in ("hours", "days", "weeks", "age")}
    at = some(r, N, 0.03).tolist()
    for i in at:
        rows["hours"][i] = "?"
    assert accused(rows).keys() == {(i, "hours") for i in at}
    for name in rows:
        for i in some(r, N, 0.03).tolist():
            rows[name][i] = "n/a"
    assert {s.text for s in accused(rows).values()} <= {"?"}


def test_a_known_number_with_its_point_moved_and_the_rare_end_of_steps() -> None:
    r = np.random.default_rng(12)
    speed = [str(x) for x in r.choice(["31.7", "39.6", "55.5", "71.3"], N)]
    knots = [f"{x * 1.15078:.5f}" for x in r.poisson(4, N)]
    speed[3], speed[9], knots[5] = "317", "555", f"{20 * 1.15078:.5f}"
    found = accused({"speed": [*speed], "knots": [*knots]})
    assert {cell: s.instead for cell, s in found.items()} == {(3, "speed"): "31.7", (9, "speed"): "55.5"}
