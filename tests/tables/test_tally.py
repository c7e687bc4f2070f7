"""The laws of adding summaries up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldguide.errors import UsageError
from fieldguide.program import Category, Number
from fieldguide.tables import tally
from fieldguide.tables.summary import OVERFLOW, Blocks, Grid, Summary, merge, pick, stretch, summarize, total
from fieldguide.tables.tally import ColumnSummary, bucket_of, smallest

GRID = Grid(10.0, 3.0)
LIMIT = 6


def of(rows: list[list[tuple[float | None, str | None]]]) -> Summary:
    """A summary by hand: slices of rows of (x, c)."""
    slices = len(rows)
    x = [[v for v, _ in part] for part in rows]
    c = [[v for _, v in part] for part in rows]
    buckets = sorted({int(bucket_of(GRID, v)) for part in x for v in part if v is not None})
    labels = sorted({v for part in c for v in part if v is not None})
    kept = smallest(labels, LIMIT) if len(labels) > LIMIT else labels
    names = [*kept, OVERFLOW] if len(labels) > LIMIT else kept
    xc, cc = np.zeros((slices, len(buckets)), np.int64), np.zeros((slices, len(names)), np.int64)
    for i in range(slices):
        for v in x[i]:
            if v is not None:
                xc[i, buckets.index(int(bucket_of(GRID, v)))] += 1
        for t in c[i]:
            if t is not None:
                cc[i, names.index(t if t in kept else OVERFLOW)] += 1
    finite = [[v for v in part if v is not None] for part in x]
    blank: dict[str, Any] = {
        "nonfinite": np.zeros(slices, np.int64),
        "total": np.zeros(slices),
        "squares": np.zeros(slices),
    }
    blank |= {"low": np.full(slices, np.nan), "high": np.full(slices, np.nan)}
    numeric = blank | {
        "total": np.array([float(sum(part)) for part in finite]),
        "squares": np.array([float(sum((v - 10.0) ** 2 for v in part)) for part in finite]),
        "low": np.array([min(part, default=np.nan) for part in finite]),
        "high": np.array([max(part, default=np.nan) for part in finite]),
    }
    flat = [v for part in finite for v in part]
    values = {v: flat.count(v) for v in sorted(set(flat))}
    columns = {
        "x": ColumnSummary(
            "x",
            "number",
            GRID,
            tuple(buckets),
            (),
            xc,
            np.array([p.count(None) for p in x]),
            values=values,
            **numeric,
        ),
        "c": ColumnSummary(
            "c",
            "category",
            None,
            (),
            tuple(names),
            cc,
            np.array([p.count(None) for p in c]),
            values=None,
            **blank,
        ),
    }
    since = tuple(f"2020-01-{i + 1:02d}" for i in range(slices))
    return Summary(np.array([len(part) for part in rows]), since, columns)


# whole numbers and halves, so that floats add up exactly and the laws can be asked for to the last bit
ROW = st.tuples(
    st.none() | st.integers(-60, 60).map(lambda i: i / 2), st.none() | st.sampled_from("abcdefghijkl")
)
ROWS = st.lists(st.lists(ROW, max_size=12), min_size=1, max_size=3)


def plain(s: Summary) -> dict[str, Any]:
    out: dict[str, Any] = {"rows": s.rows.tolist(), "since": s.since}
    for name, c in s.columns.items():
        out[name] = {k: str(v.tolist()) if isinstance(v, np.ndarray) else v for k, v in vars(c).items()}
    return out


@pytest.fixture(autouse=True)
def few_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "MOST_LABELS", LIMIT)


@given(ROWS, ROWS, ROWS)
@settings(max_examples=150, deadline=None)
def test_merging_is_associative_and_commutative(a: Any, b: Any, c: Any) -> None:
    x, y, z = of(a), of(b), of(c)
    assert plain(merge(merge(x, y), z)) == plain(merge(x, merge(y, z)))
    assert plain(merge(x, y)) == plain(merge(y, x))


@given(ROWS, ROWS)
@settings(max_examples=150, deadline=None)
def test_merging_is_counting_all_rows_at_once(a: Any, b: Any) -> None:
    slices = max(len(a), len(b))
    together = [(a[i] if i < len(a) else []) + (b[i] if i < len(b) else []) for i in range(slices)]
    assert plain(merge(of(a), of(b))) == plain(of(together))


@given(ROWS)
@settings(max_examples=100, deadline=None)
def test_the_total_is_one_slice_of_all_rows(a: Any) -> None:
    assert plain(total(of(a))) == plain(of([[row for part in a for row in part]]))


@given(ROWS, st.integers(1, 4))
@settings(max_examples=100, deadline=None)
def test_stretching_keeps_the_total(a: Any, k: int) -> None:
    longer = stretch(of(a), k)
    assert len(longer.rows) == -(-len(a) // k)
    assert plain(total(longer)) == plain(total(of(a)))


def test_stretched_blocks_are_the_longer_blocks() -> None:
    n = 100
    table = pa.table(
        {
            "x": np.arange(n, dtype=float),
            "c": [str(i % 5) for i in range(n)],
            "__time": pa.array(np.arange(n).astype("datetime64[us]")).cast(pa.timestamp("us", "UTC")),
        }
    )
    features = [Number("x"), Category("c")]
    short, long = (summarize(table, features, slices=Blocks(rows=r)) for r in (5, 20))
    assert plain(stretch(short, 4)) == plain(long)


def test_picked_slices_are_those_slices() -> None:
    s = of([[(1.0, "a")], [(2.0, "b"), (None, None)], [(3.0, "a")]])
    two = pick(s, [1, 2])
    assert two.rows.tolist() == [2, 1]
    assert two.since == s.since[1:]
    assert two.columns["x"].total.tolist() == [2.0, 3.0]
    assert two.columns["x"].values is None


def test_summaries_that_do_not_fit_are_refused() -> None:
    a, b = of([[(1.0, "a")]]), of([[(1.0, "a")]])
    other = Summary(b.rows, b.since, {**b.columns, "x": replace(b.columns["x"], grid=Grid(0.0, 1.0))})
    with pytest.raises(UsageError, match="different grids"):
        merge(a, other)
    with pytest.raises(UsageError, match=r"\['c'\] are in one only"):
        merge(a, Summary(b.rows, b.since, {"x": b.columns["x"]}))
    with pytest.raises(UsageError, match="1 or more"):
        stretch(a, 0)


def test_distinct_values_are_given_up_beyond_two_thousand() -> None:
    a = of([[(float(i), None) for i in range(1500)]])
    b = of([[(float(i), None) for i in range(1000, 2500)]])
    assert a.columns["x"].values is not None
    assert merge(a, b).columns["x"].values is None
