"""The yardstick: earlier windows against all others."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldguide.comparing.drift import known, measure
from fieldguide.comparing.history import NEAR, history, quantiles_of, shape_distance
from fieldguide.comparing.history import _novel as novel_rows
from fieldguide.program import Category, Number

from .counting import counted

COLUMNS = (Number("x"), Category("c"))


def table(seed: int, rows: int = 8_000) -> pa.Table:
    rng = np.random.default_rng(seed)
    return pa.table({"x": rng.normal(0, 1, rows), "c": rng.choice(["a", "b", "d"], rows)})


def test_a_window_of_history_is_within_its_limits() -> None:
    rows = table(1)
    past = history(counted(rows, COLUMNS, 200), 1_000)
    assert past.apart == 8
    for start in range(0, 8_000, 1_000):
        window = counted(rows.slice(start, 1_000), COLUMNS, None, counted(rows, COLUMNS, 200))
        for name, column in window.columns.items():
            seen = measure(past.columns[name], column.names, column.counts.sum(axis=0), 1_000)
            limits = past.columns[name].limits
            assert all(seen[test] <= limits[test].alarm for test in seen)


def test_as_many_blocks_are_added_up_as_fit_into_the_window() -> None:
    reference = counted(table(2), COLUMNS, 200)
    assert history(reference, 1_100).columns["x"].windows.sum(axis=1).tolist() == [1_000] * 36
    assert history(reference, 150).columns["x"].windows.sum(axis=1).tolist() == [200] * 40


def test_of_a_short_history_smaller_windows_are_taken() -> None:
    past = history(counted(table(3, 2_000), COLUMNS, 200), 1_000)
    assert past.columns["x"].windows.shape[0] == 10
    assert past.columns["x"].limits["shape"].alarm < 1


def test_without_enough_history_only_gross_changes_can_alarm() -> None:
    past = history(counted(table(4, 600), COLUMNS, 200), 200)
    assert past.columns["x"].limits["shape"].alarm >= 0.5


def test_the_more_windows_vary_the_wider_the_limit() -> None:
    rng = np.random.default_rng(5)
    level = np.repeat(rng.normal(0, 1, 40), 200)
    calm, wild = (history(counted(pa.table({"x": x}), COLUMNS[:1], 200), 200) for x in
                  (rng.normal(0, 1, 8_000), level + rng.normal(0, 1, 8_000)))  # fmt: skip
    assert wild.columns["x"].limits["shape"].alarm > 2 * calm.columns["x"].limits["shape"].alarm
    assert wild.columns["x"].clumping > 5 * calm.columns["x"].clumping


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 4), st.sampled_from([0, 1, NEAR]))
def test_rows_where_nothing_else_lies_are_counted_as_by_hand(seed: int, k: int, near: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.poisson(0.15, (10, 30))
    windows = 10 - k + 1
    by_hand = []
    for i in range(windows):
        inside = counts[i : i + k].sum(axis=0)
        rest = counts.sum(axis=0) - inside
        alone = [rest[max(b - near, 0) : b + near + 1].sum() == 0 for b in range(30)]
        by_hand.append(int(inside[alone].sum()))
    assert novel_rows(counts, k, near, windows).tolist() == by_hand


@given(st.integers(0, 10_000))
def test_the_shape_distance_is_a_distance(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.poisson(3, 12), rng.poisson(3, 12)
    for ordered in (True, False):
        assert 0 <= shape_distance(a, b, ordered) <= 1
        assert shape_distance(a, 7 * a, ordered) == pytest.approx(0)
        assert shape_distance(a, b, ordered) == pytest.approx(float(shape_distance(b, a, ordered)))
    assert shape_distance(a, np.zeros(12, dtype=int), True) == 0


def test_quantiles_of_small_whole_numbers_move_smoothly() -> None:
    middle = np.array([0.0, 1.0, 2.0, 3.0])
    median = [quantiles_of(np.array([[50 - d, 30 + d, 15, 5]]), middle)[0, 9] for d in (0, 1, 2)]
    assert 0 < median[0] < median[1] < median[2] < 1


def test_a_sign_that_history_never_had_is_unknown_however_near() -> None:
    rows = pa.table({"x": np.random.default_rng(6).lognormal(3, 1, 4_000)})
    reference = counted(rows, COLUMNS[:1], 200)
    past = history(reference, 200).columns["x"]
    grid = reference.columns["x"].grid
    assert grid is not None
    from fieldguide.tables.tally import bucket_of

    assert known(past, bucket_of(grid, [20.0, 0.5])).all()
    assert not known(past, bucket_of(grid, [-1.0])).any()
