"""Rows drawn for checks: the same ones wherever they lie, rare answers kept, copies together; and delays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from fieldguide.tables import engines as engine
from fieldguide.tables import query
from fieldguide.tables.query import drawn as draws
from fieldguide.tables.query.delays import delays
from fieldguide.tables.tally import Grid

N = 6_000
HOUR = 3_600_000_000


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Samples of hundreds, not of ten thousands."""
    monkeypatch.setattr(draws, "LABELED", 300)
    monkeypatch.setattr(draws, "RARER", 60)
    monkeypatch.setattr(draws, "ALIKE", 500)


def rows(seed: int = 0, share: float = 0.3) -> pa.Table:
    r = np.random.default_rng(seed)
    us = (np.arange(N) * HOUR).astype("datetime64[us]")
    y = np.where(r.random(N) < 0.1, np.nan, (r.random(N) < share).astype(float))
    return pa.table(
        {
            "x": r.normal(50, 10, N),
            "__key": pa.array([f"k{i}" for i in range(N)]),
            "__time": pa.array(us).cast(pa.timestamp("us", "UTC")),
            "__label": pa.array(y, from_pandas=True),
        }
    )


def drawn(table: pa.Table, **more: Any) -> draws.Drawn:
    lives = engine.from_arrow(engine.connect(), table)
    known = query.labels(lives)
    return draws.draw(lives, known, **{"binary": True, "keyed": True, "ordered": True, "most": 600, **more})


def test_small_tables_are_taken_whole_in_their_order() -> None:
    found = drawn(rows().slice(0, 250))
    assert found.whole
    assert found.table["__row"].to_pylist() == list(range(1, 251))
    assert found.chance.tolist() == [1.0] * 250
    assert found.labeled.tolist() == [v is not None for v in rows()["__label"].to_pylist()[:250]]


def test_samples_have_about_the_size_that_was_asked_and_the_rows_their_numbers() -> None:
    found = drawn(rows())
    assert not found.whole
    assert 500 <= found.plain.sum() <= 700
    assert 240 <= found.labeled.sum() <= 360
    keys = found.table["__key"].to_pylist()
    assert [f"k{row - 1}" for row in found.table["__row"].to_pylist()] == keys
    labeled = found.table["__label"].is_valid().to_numpy()
    assert (found.labeled <= labeled).all()


def test_the_same_rows_are_drawn_in_any_order() -> None:
    table = rows()
    mixed = table.take(pa.array(np.random.default_rng(1).permutation(N)))
    one, other = drawn(table), drawn(mixed)
    for mask in ("plain", "labeled"):
        keys = [set(d.table.filter(pa.array(getattr(d, mask)))["__key"].to_pylist()) for d in (one, other)]
        assert keys[0] == keys[1]


def test_a_rare_answer_is_not_lost_and_weights_bring_back_its_share() -> None:
    table = rows(share=0.01)
    found = drawn(table)
    y = found.table["__label"].to_numpy(zero_copy_only=False)[found.labeled]
    known = [v for v in table["__label"].to_pylist() if v is not None]
    assert y.sum() == sum(known) > 40
    weight = 1 / found.chance[found.labeled]
    assert float((weight * y).sum() / weight.sum()) == pytest.approx(np.mean(known), abs=0.003)


def test_rows_without_a_key_are_drawn_by_content_and_those_without_order_have_no_number() -> None:
    table = rows()
    bare = table.set_column(1, "__key", pa.nulls(N, pa.string()))
    found = drawn(bare, keyed=False, ordered=False)
    assert 500 <= found.plain.sum() <= 700
    assert found.table["__row"].null_count == len(found.table)
    times = found.table["__time"].to_pylist()
    assert times == sorted(times)


def test_copies_are_drawn_together() -> None:
    table = rows()
    twice = pa.concat_tables([table, table.set_column(1, "__key", pa.array([f"c{i}" for i in range(N)]))])
    found = drawn(twice, copies_by=("x", Grid(50.0, 10.0)))
    alike = found.table.filter(pa.array(found.alike))
    keys = alike["__key"].to_pylist()
    assert 400 <= len(keys) <= 600
    assert {k[1:] for k in keys if k[0] == "k"} == {k[1:] for k in keys if k[0] == "c"}
    assert found.share == pytest.approx(500 / (2 * N))


def aged(seconds: Any, at: Any, y: Any) -> Any:
    known = [None if s is None else int(t + s * 1e6) for s, t in zip(seconds, at, strict=True)]
    instant = pa.timestamp("us", "UTC")
    table = pa.table(
        {
            "__time": pa.array(at, pa.int64()).cast(instant),
            "__known_at": pa.array(known, pa.int64()).cast(instant),
            "__label": pa.array(y, pa.float64()),
        }
    )
    return engine.from_arrow(engine.connect(), table)


def test_delays_are_learned_from_rows_that_are_old_enough() -> None:
    at = [h * HOUR for h in range(100)]
    seconds = [3_600.0 * (1 + h % 4) if h < 98 else None for h in range(100)]
    y = [float(h % 2) if h < 98 else None for h in range(100)]
    found = delays(aged(seconds, at, y), 4 * 3_600.0, told=True)
    # the last instant is when the label of hour 95 was known: hour 95 + 4 = 99
    assert found.mature.rows + found.young.rows == 100
    assert found.mature.labeled == found.mature.rows == 96
    assert (found.young.rows, found.young.labeled) == (4, 2)
    assert found.quantile(0.5) == pytest.approx(2 * 3_600, rel=0.03)
    assert found.quantile(0.99) == pytest.approx(4 * 3_600, rel=0.03)
    assert found.late == 0
    assert delays(aged(seconds, at, y), 3 * 3_600.0, told=True).late == 24


def test_without_a_time_of_knowing_only_ages_are_counted() -> None:
    at = [h * HOUR for h in range(10)]
    found = delays(aged([None] * 10, at, [1.0] * 8 + [None] * 2), 3 * 3_600.0, told=False)
    assert (found.mature.rows, found.mature.labeled, found.mature.yes) == (7, 7, 7)
    assert (found.young.rows, found.young.labeled) == (3, 1)
    assert np.isnan(found.quantile(0.5))
