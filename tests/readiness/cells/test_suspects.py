"""Cells that are likely wrong: planted errors of each kind over several seeds, and clean tables that stay silent."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from .worlds import KINDS, Cells, Rows, accused, addresses, drinks, measured, papers, some, spoil, typo

SEEDS = 6


@pytest.mark.parametrize("kind", KINDS)
def test_clean_tables_are_silent(kind: str) -> None:
    accusations = [len(accused(KINDS[kind](np.random.default_rng([1, seed])))) for seed in range(SEEDS)]
    assert sum(accusations) <= 2, f"cells accused by table of {kind}: {accusations}"


def over_seeds(
    make: Callable[[np.random.Generator], Rows], plant: Callable[[Rows, np.random.Generator, Cells], None]
) -> tuple[float, float]:
    """Return the mean precision and recall over tables with planted errors."""
    told = []
    for seed in range(SEEDS):
        r, truth = np.random.default_rng([2, seed]), Cells()
        rows = make(r)
        plant(rows, r, truth)
        assert len(truth) >= 5
        told.append(measured(accused(rows), truth))
    precision, recall = np.mean(told, axis=0)
    return float(precision), float(recall)


def test_typing_errors_in_names_and_in_columns_that_others_determine() -> None:
    def plant(rows: Rows, r: np.random.Generator, truth: Cells) -> None:
        for column in ("city", "state", "first"):
            spoil(rows, column, some(r, 1_000, 0.02), typo(r), truth)

    precision, recall = over_seeds(addresses, plant)
    assert precision >= 0.9
    assert recall >= 0.85


def test_a_value_of_another_group_breaks_a_dependency() -> None:
    def plant(rows: Rows, r: np.random.Generator, truth: Cells) -> None:
        cities = sorted({v for v in rows["city"] if v is not None})
        spoil(rows, "city", some(r, 1_000, 0.03), lambda v: str(r.choice(cities)), truth)

    precision, recall = over_seeds(addresses, plant)
    assert precision >= 0.9
    assert recall >= 0.7


def test_rows_of_another_place_that_deviate_throughout_are_no_errors() -> None:
    r = np.random.default_rng(3)
    state, measure = (
        ["al"] * 800 + ["ak"] * 20,
        [f"m-{k}" for k in (*r.integers(0, 20, 800).tolist(), *range(20))],
    )
    rows: Rows = {
        "state": [*state],
        "measure": [*measure],
        "average": [f"{a}_{m}" for a, m in zip(state, measure, strict=True)],
    }
    assert accused(rows) == {}
    rows["average"][7] = "al_m-99"
    assert list(accused(rows)) == [(7, "average")]


def test_days_that_are_written_in_another_way() -> None:
    def plant(rows: Rows, r: np.random.Generator, truth: Cells) -> None:
        spoil(rows, "day", some(r, 1_000, 0.2), lambda v: f"{v[5:7]}/{v[8:]}/{v[2:4]}", truth)

    precision, recall = over_seeds(papers, plant)
    assert precision >= 0.95
    assert recall >= 0.95


def test_days_with_and_without_what_is_not_known_are_let_be() -> None:
    days = [f"19{k:02d}-0{k % 9 + 1}-11" for k in range(60)] + [f"19{k:02d}" for k in range(30)]
    assert accused({"died": [*days]}) == {}


def test_a_unit_that_is_written_in_several_ways_beside_bare_numbers() -> None:
    r = np.random.default_rng(1)
    ways = ["", " oz", " ounce", " OZ."]
    size, way = r.choice(["12.0", "16.0", "24.0"], 300), r.choice(4, 300, p=[0.1, 0.5, 0.2, 0.2])
    rows: Rows = {"size": [s + ways[w] for s, w in zip(size, way, strict=True)]}
    found = accused(rows)
    wrong = {(i, "size") for i in np.flatnonzero(way).tolist()}
    assert found.keys() == wrong


def test_a_unit_written_behind_some_of_the_numbers() -> None:
    def plant(rows: Rows, r: np.random.Generator, truth: Cells) -> None:
        spoil(rows, "ounces", some(r, 1_000, 0.3), lambda v: v + " oz", truth)
        spoil(rows, "abv", some(r, 1_000, 0.05), lambda v: v + "%", truth)

    precision, recall = over_seeds(drinks, plant)
    assert precision >= 0.85
    assert recall >= 0.9


def test_other_writings_of_a_name() -> None:
    def plant(rows: Rows, r: np.random.Generator, truth: Cells) -> None:
        ways: list[Callable[[str], str]] = [
            str.upper,
            str.lower,
            lambda v: f" {v}",
            lambda v: f"{v} ",
            lambda v: f"{v}.",
        ]
        spoil(rows, "town", some(r, 1_000, 0.05), lambda v: ways[int(r.integers(5))](v), truth)

    precision, recall = over_seeds(drinks, plant)
    assert precision >= 0.95
    assert recall >= 0.9


def test_a_value_that_is_missing_but_known_from_other_rows() -> None:
    def plant(rows: Rows, r: np.random.Generator, truth: Cells) -> None:
        for column in ("journal", "issn"):
            spoil(rows, column, some(r, 1_000, 0.05), lambda v: None, truth)

    precision, recall = over_seeds(papers, plant)
    assert precision >= 0.95
    assert recall >= 0.85


def test_words_for_nothing_where_the_table_is_full() -> None:
    def plant(rows: Rows, r: np.random.Generator, truth: Cells) -> None:
        spoil(rows, "town", some(r, 1_000, 0.03), lambda v: "N/A", truth)
        spoil(rows, "abv", some(r, 1_000, 0.03), lambda v: "?", truth)

    precision, recall = over_seeds(drinks, plant)
    assert precision >= 0.95
    assert recall >= 0.9


def test_letters_in_the_place_of_digits() -> None:
    def plant(rows: Rows, r: np.random.Generator, truth: Cells) -> None:
        spoil(rows, "salary", some(r, 1_000, 0.03), lambda v: v[0] + "O" + v[2:], truth)

    precision, recall = over_seeds(addresses, plant)
    assert precision >= 0.95
    assert recall >= 0.9


def test_a_suggestion_is_what_stood_there_and_the_reason_names_rows() -> None:
    r, truth = np.random.default_rng(5), Cells()
    rows = addresses(r)
    spoil(rows, "city", some(r, 1_000, 0.02), typo(r), truth)
    found = accused(rows)
    right = [found[cell].instead == was for cell, was in truth.items() if cell in found]
    assert np.mean(right) >= 0.9
    assert any("rows with zip" in s.why for s in found.values())


def test_the_same_table_is_judged_the_same_twice() -> None:
    r, truth = np.random.default_rng(6), Cells()
    rows = addresses(r)
    spoil(rows, "city", some(r, 1_000, 0.05), typo(r), truth)
    assert {c: s.chance for c, s in accused(rows).items()} == {c: s.chance for c, s in accused(rows).items()}
