"""Where a change began."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldguide.comparing.segment import best_stretch, indicator_scores, share_of


@given(st.integers(5, 200), st.integers(1, 200), st.integers(0, 10_000))
def test_a_clear_change_is_placed_exactly(before: int, after: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = np.concatenate([-rng.uniform(2, 9, before), rng.uniform(2, 9, after)])
    found = best_stretch(scores)
    assert found is not None
    assert (found.start, found.stop, found.share) == (before, before + after, 1.0)


@given(st.integers(0, 10_000))
def test_rows_that_tell_nothing_do_not_move_the_beginning(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = np.concatenate([np.full(100, -5.0), np.full(100, 5.0)])
    scores[rng.choice(200, 60, replace=False)] = 0.0
    telling = np.flatnonzero(scores > 0)
    found = best_stretch(scores)
    assert found is not None
    assert found.start == telling[0]


@pytest.mark.parametrize("share", [0.1, 0.3, 0.6])
def test_a_partial_roll_out_is_told_by_its_share(share: float) -> None:
    rng = np.random.default_rng(3)
    scores = np.where(rng.random(1_000) < share, 6.0, -6.0)
    scores[:400] = -6.0
    found = best_stretch(scores)
    assert found is not None
    assert found.share == pytest.approx(share, abs=0.05)
    assert abs(found.start - 400) < 5 / share
    assert found.affected.sum() == (scores > 0).sum()
    assert not found.ended


def test_a_stretch_that_is_over_says_so() -> None:
    scores = np.full(300, -5.0)
    scores[100:200] = 5.0
    found = best_stretch(scores)
    assert found is not None
    assert (found.start, found.stop, found.ended) == (100, 200, True)


def test_the_beginning_is_looked_for_in_the_rows_before() -> None:
    before = np.concatenate([np.full(80, -5.0), np.full(20, 5.0)])
    found = best_stretch(np.full(50, 5.0), before)
    assert found is not None
    assert found.start == -20


def test_nothing_is_found_where_nothing_speaks_for_a_change() -> None:
    assert best_stretch(np.full(50, -1.0)) is None
    assert best_stretch(np.empty(0)) is None


@given(st.floats(0.05, 0.95))
def test_the_share_of_clear_rows_is_counted(share: float) -> None:
    n = round(1_000 * share)
    assert share_of(np.concatenate([np.full(n, 12.0), np.full(1_000 - n, -12.0)])) == pytest.approx(
        n / 1_000, abs=0.01
    )


def test_indicator_scores_speak_for_the_sign_and_against_its_absence() -> None:
    scores = indicator_scores(np.array([True, False]), 0.01)
    assert scores[0] > 3
    assert scores[1] < -3
