"""Band B on simulated tables: few alarms on clean ones, planted faults found. `bench/detectors.py` does it with 200 seeds."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fieldguide.readiness.checks import found
from fieldguide.readiness.faithfulness.table import CHECKS

BENCH = Path(__file__).parents[2] / "bench"
OFTEN_MISSED = {
    "cents among dollars, 20 % (their ranges overlap)",
    "°F among °C, 30 % of the rows",
    "°F among °C, the last 20 %",
    "pascal among hectopascal, the last 20 %",
    "a column sorted on 600 of 3,000 rows",
    "one value 15 deviations from 3,000 normal ones",
    "one 100 times the largest of 3,000 lognormal ones (σ 1)",
    "missing by its own value alone (cannot be seen)",
}
"""Faults that the study finds in fewer than nine of ten tables."""


@pytest.fixture(scope="module")
def detectors() -> Iterator[Any]:
    """The study, without running it."""
    sys.path.insert(0, str(BENCH))
    try:
        import detectors as module  # type: ignore[import-not-found]

        yield module
    finally:
        sys.path.remove(str(BENCH))


@pytest.fixture(scope="module")
def score(detectors: Any) -> Any:
    """Three seeds of clean tables (21) and two of planted ones."""
    score = detectors.Score()
    for seed in range(1_000, 1_003):
        for kind, clean in detectors.CLEAN.items():
            score.clean(kind, clean(seed))
    for seed in range(1_000, 1_002):
        for make in detectors.PLANTED:
            score.fault(make, seed)
    return score


def test_clean_tables_raise_hardly_any_alarm(detectors: Any, score: Any) -> None:
    """The study's rate is below 0.02 a table: more than two of 21 by chance in less than 1 of 100 draws."""
    assert score.tables[detectors.WHOLE] == 21
    assert score.false[detectors.WHOLE] <= 2, score.where


def test_no_clean_table_fails(detectors: Any, score: Any) -> None:
    assert not score.failed[detectors.WHOLE], score.where


def test_each_check_was_made_on_clean_and_on_planted_tables(score: Any) -> None:
    made = {c.id for c in CHECKS if c.kind == "machine"}
    assert made <= {*score.tables}
    assert made - {"profiled"} <= {check for check, _ in score.planted}


def test_faults_that_the_study_finds_are_found(score: Any) -> None:
    known = {key: of for key, of in score.planted.items() if key[1] not in OFTEN_MISSED}
    missed = {key: of - score.found[key] for key, of in known.items() if score.found[key] < of}
    assert len(known) > 45
    assert sum(missed.values()) <= 3, missed


def test_what_cannot_be_seen_is_not_claimed(score: Any) -> None:
    blind = ("missing_values", "missing by its own value alone (cannot be seen)")
    assert score.planted[blind] == 2
    assert score.found[blind] == 0


def test_intervals_are_wilsons(detectors: Any) -> None:
    """Wilson 1927; R: prop.test(3, 200, correct = FALSE)."""
    low, high = detectors.wilson(3, 200)
    assert (round(low, 5), round(high, 5)) == (0.00511, 0.04317)


def test_an_alarm_is_what_does_not_pass_or_asks_for_a_look(detectors: Any) -> None:
    said = [
        found("wild_values", "pass", "no value"),
        found("capped_values", "pass", "a heap", "x", todo="ask"),
        found("unique_key", "fail", "two rows"),
        found("missing_values", "pass", "Little's test over 3 numbers with 4 patterns of missing values: not MCAR"),
        found("missing_values", "pass", "Little's test over 3 numbers with 4 patterns of missing values: no sign against MCAR"),
    ]  # fmt: skip
    assert detectors.alarms(said) == {
        ("capped_values", "x"): False, ("unique_key", None): True, ("Little's test", None): False,
    }  # fmt: skip
