"""Quiet: windows in which nothing broke raise no alarm, however much days differ."""

from __future__ import annotations

from collections import Counter

import pytest

from fieldguide.comparing import compare, confirmed, history
from fieldguide.finding import Finding

from .counting import counted
from .visits import COLUMNS, LEARNED, ROWS, learned, table, visits, yardstick
from .worlds import FEATURES, world


@pytest.mark.parametrize("rows", [200, 1_000])
def test_independent_rows_raise_no_alarm(rows: int) -> None:
    """10 tables with 24 or 4 windows each."""
    for seed in range(10):
        reference = learned(seed, seed % 3)
        for at in range(LEARNED, ROWS - rows + 1, rows):
            window = table(visits(seed, seed % 3), at, at + rows)
            summary = counted(window, COLUMNS, None, reference)
            found = compare(summary, window, reference, COLUMNS, yardstick=yardstick(seed, seed % 3, rows))
            assert found == [], (seed, at, [f.saw for f in found])


@pytest.mark.parametrize(("rows", "worlds", "most"), [(200, 3, 1), (1_000, 6, 0)])
def test_worlds_whose_days_hang_together_are_quiet(rows: int, worlds: int, most: int) -> None:
    """Worlds of 20 columns, about 355 windows of 200 rows and 140 of 1,000: at most so many speak.

    `bench/monitoring.py worlds` counts more of them.
    """
    seen: Counter[str] = Counter()
    for seed in range(worlds):
        made = world(seed)
        reference = counted(made.table.slice(0, made.history), FEATURES, 200)
        past = history(reference, rows)
        previous: list[Finding] = []
        for at in range(made.history, made.table.num_rows - rows + 1, rows):
            window = made.table.slice(at, rows)
            found = compare(
                counted(window, FEATURES, None, reference), window, reference, FEATURES,
                before=made.table.slice(at - 1_000, 1_000), yardstick=past,
            )  # fmt: skip
            seen["windows"] += 1
            seen["speak"] += bool(found)
            seen["fail"] += any(f.verdict == "fail" for f in confirmed(previous, found))
            previous = found
    assert seen["windows"] > 100
    assert seen["speak"] <= most
    assert seen["fail"] <= most
