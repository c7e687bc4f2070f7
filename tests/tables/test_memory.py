"""Windows in memory are counted as the engine counts them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldguide.program import Boolean, Category, Number, Timestamp
from fieldguide.tables import summary
from fieldguide.tables.engines import duckdb as engine
from fieldguide.tables.memory import buckets
from fieldguide.tables.summary import Grid, Summary, summarize
from fieldguide.tables.tally import STEEPNESS

FEATURES = [Number("x"), Category("c"), Boolean("b"), Timestamp("t", parts=("hour",))]
ROW = st.tuples(
    st.none() | st.floats(width=64),
    st.none() | st.sampled_from(["a", "b", "é", "", "A"]),
    st.none() | st.booleans(),
    st.none() | st.integers(-(10**15), 10**15),
)


def table(rows: list[Any]) -> pa.Table:
    x, c, b, t = ([row[i] for row in rows] for i in range(4))
    time = pa.array(t, pa.int64()).cast(pa.timestamp("us")).cast(pa.timestamp("us", "UTC"))
    return pa.table(
        {
            "x": pa.array(x, pa.float64(), from_pandas=False),
            "c": pa.array(c, pa.string()),
            "b": pa.array(b, pa.bool_()),
            "t": time,
            "__time": time,
        }
    )


MOMENTS = ("total", "squares")
"""Sums of floats, added up in another order: equal but for rounding, which is as large as what cancels out."""


def plain(s: Summary) -> dict[str, Any]:
    """Return a summary as plain values, without its moments."""
    out: dict[str, Any] = {"rows": s.rows.tolist(), "since": s.since}
    for name, c in s.columns.items():
        out[name] = {
            k: str(v.tolist()) if isinstance(v, np.ndarray) else v
            for k, v in vars(c).items()
            if k not in MOMENTS
        }
    return out


@given(st.lists(ROW, max_size=30), st.none() | st.lists(ROW, min_size=1, max_size=30))
@settings(max_examples=40, deadline=None)
def test_memory_and_engine_count_alike(rows: list[Any], reference: list[Any] | None) -> None:
    like = None if reference is None else summarize(table(reference), FEATURES)
    here = summarize(table(rows), FEATURES, like=like)
    there = summarize(engine.as_table(table(rows)), FEATURES, like=like)
    assert plain(here) == plain(there)


def test_a_large_window_falls_into_the_same_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    n = 50_000
    rows = pa.table(
        {"x": np.concatenate([rng.normal(1013, 8, n), rng.lognormal(0, 9, n), -rng.lognormal(0, 9, n)])}
    )
    like = summarize(engine.as_table(rows), [Number("x")])
    here, there = (summarize(t, [Number("x")], like=like).columns["x"] for t in (rows, engine.as_table(rows)))
    assert here.buckets == there.buckets
    assert np.array_equal(here.counts, there.counts)
    assert (here.low[0], here.high[0]) == (there.low[0], there.high[0])
    assert summary.mean(here) == pytest.approx(summary.mean(there), rel=1e-6)
    assert here.squares == pytest.approx(there.squares, rel=1e-6)  # values are added at 24 bits


def test_edges_between_buckets_are_decided_by_the_systems_logarithm() -> None:
    """Distances next to an edge, one float apart: the engine's decision is the test."""
    edges = np.sinh((np.arange(0, 400) + 0.5) / STEEPNESS)
    near = np.concatenate([np.nextafter(edges, 0), edges, np.nextafter(edges, np.inf)])
    rows = pa.table({"x": near})
    base = summarize(rows, [Number("x")])
    grid = Grid(0.0, 1.0)
    c = base.columns["x"]
    like = Summary(base.rows, base.since, {"x": type(c)(**{**vars(c), "grid": grid, "buckets": ()})})
    there = summarize(engine.as_table(rows), [Number("x")], like=like).columns["x"]
    ids, times = np.unique(buckets(near), return_counts=True)
    assert (there.buckets, there.counts[0].tolist()) == (tuple(ids.tolist()), times.tolist())
