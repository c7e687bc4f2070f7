"""What a summary counts, exactly, and the traps of the table layer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fieldguide.errors import DataError, UsageError
from fieldguide.program import Boolean, Category, Number, Presentation, Timestamp
from fieldguide.tables import assemble, counting, slicing, summary
from fieldguide.tables.engines import duckdb as engine
from fieldguide.tables.summary import OVERFLOW, Blocks, ColumnSummary, Grid, Period, Spans, Summary

NAN, INF = float("nan"), float("inf")


def numbers(values: Any, **more: Any) -> pa.Table:
    return pa.table({"x": pa.array(values, pa.float64(), from_pandas=False), **more})


def summarize(table: Any, features: Any, **more: Any) -> Summary:
    """Counted by the engine; that memory counts alike is tested in test_memory."""
    return summary.summarize(engine.as_table(table), features, **more)


def column(values: Any, like: Summary | None = None) -> ColumnSummary:
    return summarize(numbers(values), [Number("x")], like=like).columns["x"]


def instants(seconds: Any) -> pa.Array:
    us = (np.asarray(seconds, dtype=np.float64) * 1e6).astype(np.int64)
    return pa.array(us.astype("datetime64[us]")).cast(pa.timestamp("us", "UTC"))


def counted(c: ColumnSummary) -> dict[Any, int]:
    return {name: int(n) for name, n in zip(c.names, c.counts.sum(axis=0), strict=True) if n}


def equal(a: Summary, b: Summary) -> bool:
    """Everything is equal to the last bit, NaN equal to NaN."""
    same = np.array_equal(a.rows, b.rows) and a.since == b.since and list(a.columns) == list(b.columns)
    for name, x in a.columns.items():
        y = b.columns[name]
        same &= (x.kind, x.grid, x.names, x.values) == (y.kind, y.grid, y.names, y.values)
        for array in ("counts", "nulls", "nonfinite", "total", "squares", "low", "high"):
            same &= np.array_equal(getattr(x, array), getattr(y, array), equal_nan=array in ("low", "high"))
    return bool(same)


def test_missing_and_not_finite_are_told_apart_from_numbers_and_from_each_other() -> None:
    c = column([1.0, None, NAN, INF, -INF, 2.0, None])
    assert (int(c.nulls[0]), int(c.nonfinite[0]), int(c.counts.sum())) == (2, 3, 2)
    assert c.values == {1.0: 1, 2.0: 1}
    assert (c.low[0], c.high[0], c.total[0]) == (1.0, 2.0, 3.0)


def test_not_finite_is_set_apart_also_where_values_are_too_many_to_count_one_by_one() -> None:
    values = [*np.random.default_rng(1).normal(size=5000).tolist(), None, NAN, INF, -INF, 1e300, -1e300]
    c = column(values)
    assert c.values is None
    assert (int(c.nulls[0]), int(c.nonfinite[0]), int(c.counts.sum())) == (1, 3, 5002)
    assert (c.low[0], c.high[0]) == (-1e300, 1e300)


def test_nan_in_parquet_written_by_pyarrow_is_counted(tmp_path: Path) -> None:
    """DuckDB 2.0.0 trusts the file's statistics here and loses NaN; 1.4 does not (docs/decisions)."""
    pq.write_table(numbers([1.0, NAN, 3.0, None, NAN]), tmp_path / "nan.parquet")
    table = engine.connect().read_parquet(tmp_path / "nan.parquet")
    c = summarize(table, [Number("x")]).columns["x"]
    assert (int(c.nonfinite[0]), int(c.nulls[0]), c.high[0]) == (2, 1, 3.0)


@pytest.mark.parametrize(
    ("values", "step"),
    [
        (np.random.default_rng(2).normal(1013, 8, 4000), 1.0),  # air pressure in hectopascal
        (np.random.default_rng(2).normal(288, 9, 4000), 1.0),  # kelvin
        (np.random.default_rng(2).uniform(1956, 2013, 4000), 4.0),  # years
    ],
    ids=["pressure", "kelvin", "years"],
)
def test_columns_far_from_zero_are_resolved_and_a_factor_of_a_thousand_stays_on_the_scale(
    values: Any, step: float
) -> None:
    table = numbers(values)
    reference = summarize(table, [Number("x")])
    c = reference.columns["x"]
    assert len(c.buckets) > 30
    assert c.grid is not None
    middle = summary.bucket_of(c.grid, [np.median(values), np.median(values) + step])
    assert middle[1] > middle[0]
    thousandfold = column(values * 1000, like=reference)
    ours = set(counted(c))
    theirs = set(counted(thousandfold))
    assert not ours & theirs
    assert max(theirs) < 1000
    assert summary.representative(c.grid, max(theirs)) == pytest.approx(values.max() * 1000, rel=0.03)


def test_counts_are_exact_and_equal_in_whatever_order_and_pieces_the_rows_come() -> None:
    rng = np.random.default_rng(3)
    n = 30_000
    table = pa.table(
        {
            "x": rng.lognormal(0, 3, n),
            "few": np.round(rng.normal(size=n), 1),
            "c": np.array([f"v{i}" for i in rng.integers(0, 300, n)]),
            "__key": np.arange(n).astype(str),
        }
    )
    features = [Number("x"), Number("few"), Category("c")]
    once = summarize(table, features)
    for seed in range(3):
        shuffled = table.take(np.random.default_rng(seed).permutation(n))
        assert equal(summarize(shuffled, features), once)
    assert once.columns["x"].counts.sum() == n
    values, times = np.unique(table["few"].to_numpy(), return_counts=True)
    assert once.columns["few"].values == dict(zip(values.tolist(), times.tolist(), strict=True))


def test_windows_are_counted_on_the_grid_and_labels_of_the_reference() -> None:
    reference = summarize(
        pa.table({"x": [1.0, 2.0, 3.0, 4.0], "c": ["b", "a", "b", "a"]}), [Number("x"), Category("c")]
    )
    window = summarize(
        pa.table({"x": [2000.0, None, 2.0], "c": ["z", "b", None]}),
        [Number("x"), Category("c")],
        like=reference,
    )
    a, b = reference.columns["x"], window.columns["x"]
    assert a.grid == b.grid
    assert set(a.buckets) <= set(b.buckets)
    assert counted(window.columns["c"]) == {"b": 1, "z": 1}
    assert window.columns["c"].labels == ("a", "b", "z")
    assert int(window.columns["c"].nulls[0]) == 1


def test_the_same_value_falls_into_the_same_bucket_by_value_and_by_bucket() -> None:
    values = np.concatenate([np.arange(-60, 60) / 7.0, [0.0, -0.0, 1e-9, 1e9]])
    table = numbers(values, __key=pa.array([str(i) for i in range(len(values))]))
    sliced = counting.Sliced(
        engine.as_table(table), None, np.zeros(1, np.int64), (None,), np.array([len(values)])
    )
    grid = Grid(0.5, 2.0)
    by_value = counting.by_value(sliced, [("x", "number")])["x"]
    a, b = (counting.count_number(sliced, "x", "number", grid, (), found) for found in (by_value, None))
    assert counted(a) == counted(b)
    assert counted(a) == counted_by_hand(values, grid)
    assert a.total[0] == pytest.approx(b.total[0], rel=1e-6)
    assert a.squares[0] == pytest.approx(b.squares[0], rel=1e-3)


def counted_by_hand(values: Any, grid: Grid) -> dict[int, int]:
    ids, times = np.unique(summary.bucket_of(grid, values), return_counts=True)
    return dict(zip(ids.tolist(), times.tolist(), strict=True))


def test_halves_are_rounded_up_whatever_the_engine_does_with_casts() -> None:
    """The bucket is floor(… + ½) of a positive number: CAST(2.5 AS INT) is 3 on DuckDB and 2 elsewhere."""
    edges = np.sinh(np.array([0.5, 1.5, 2.5, 3.5]) * np.log(2) / 16)
    just_below, just_above = edges * (1 - 1e-9), edges * (1 + 1e-9)
    grid = Grid(0.0, 1.0)
    assert summary.bucket_of(grid, just_below).tolist() == [0, 1, 2, 3]
    assert summary.bucket_of(grid, just_above).tolist() == [1, 2, 3, 4]
    like = Summary(np.zeros(1, np.int64), (None,), {"x": replace(column([0.0]), grid=grid)})
    both = np.concatenate([just_below, just_above, -just_above])
    assert counted(column(both, like=like)) == {-4: 1, -3: 1, -2: 1, -1: 1, 0: 1, 1: 2, 2: 2, 3: 2, 4: 1}


def test_ibis_has_no_asinh_so_the_formula_is_written_out() -> None:
    """When Ibis gains one, the formula in `counting` can be shortened."""
    assert not hasattr(engine.as_table(numbers([1.0])).x, "asinh")


@pytest.mark.parametrize(
    ("values", "grid"),
    [
        ([], Grid(0.0, 1.0)),
        ([NAN, INF], Grid(0.0, 1.0)),
        ([0.0] * 9, Grid(0.0, 1.0)),
        ([500.0] * 9, Grid(500.0, 5.0)),
        ([0.0] * 9 + [0.02, 0.04], Grid(0.0, 0.03)),
    ],
    ids=["nothing", "nothing finite", "all zero", "constant", "mostly zero"],
)
def test_the_grid_is_sane_where_the_middle_half_is_one_value(values: list[float], grid: Grid) -> None:
    found = summary.place_grid(np.array(values))
    assert (found.anchor, found.scale) == (grid.anchor, pytest.approx(grid.scale))


def test_timestamps_are_counted_in_seconds_and_booleans_by_name() -> None:
    table = pa.table(
        {
            "t": instants([0, 60, 60, 3600]),
            "b": pa.array([True, None, False, True]),
            "p": pa.array(["1", "2", "1", "1"]),
        }
    )
    s = summarize(
        table, [Timestamp("t", parts=("hour",)), Boolean("b"), Presentation(Category("p"), neutral="1")]
    )
    assert s.columns["t"].values == {0.0: 1, 60.0: 2, 3600.0: 1}
    assert counted(s.columns["b"]) == {"true": 2, "false": 1}
    assert counted(s.columns["p"]) == {"1": 3, "2": 1}
    assert int(s.columns["b"].nulls[0]) == 1


def test_a_long_tail_of_categories_is_bounded_and_the_kept_ones_are_exact(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(assemble, "MOST_LABELS", 1000)
    texts = [f"page {i % 1500}" for i in range(4000)] + [None]
    c = summarize(pa.table({"c": texts}), [Category("c")]).columns["c"]
    assert len(c.labels) == 1001
    assert c.labels[-1] == OVERFLOW
    assert all(
        n == (3 if int(label[5:]) < 1000 else 2) for label, n in counted(c).items() if label != OVERFLOW
    )
    assert int(c.counts.sum()) == 4000


def test_the_same_categories_are_kept_when_there_are_too_many_to_group(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for room in (assemble, counting):
        monkeypatch.setattr(room, "MOST_LABELS", 1000)
    table = pa.table({"c": [f"page {i}" for i in range(20_000)]})
    grouped = summarize(table, [Category("c")])
    monkeypatch.setattr(counting, "MANY_TEXTS", 10_000)
    assert equal(summarize(table, [Category("c")]), grouped)


def test_months_are_those_of_the_time_zone() -> None:
    seconds = [datetime(2013, 3, 1, 3, tzinfo=UTC).timestamp(), datetime(2013, 3, 9, tzinfo=UTC).timestamp()]
    table = numbers([1.0, 2.0], __time=instants(seconds))
    utc = summarize(table, [Number("x")], slices=Period("month"))
    assert (utc.since, utc.rows.tolist()) == (("2013-03-01T00:00:00+00:00",), [2])
    local = summarize(table, [Number("x")], slices=Period("month", "America/New_York"))
    assert local.since == ("2013-02-01T05:00:00+00:00", "2013-03-01T05:00:00+00:00")
    assert local.columns["x"].total.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("every", ["month", "day", "hour"])
@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
@pytest.mark.parametrize("few", [0, 64], ids=["by calendar", "by comparison"])
def test_periods_agree_with_the_calendar(
    every: Any, zone: str, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slicing, "FEW_PERIODS", few)
    rng = np.random.default_rng(4)
    times = [
        datetime(2013, 3, 9, tzinfo=UTC) + timedelta(minutes=int(m)) for m in rng.integers(0, 60 * 48, 300)
    ]
    table = numbers(np.arange(300.0), __time=instants([t.timestamp() for t in times]))
    s = summarize(table, [Number("x")], slices=Period(every, zone))
    cut = {"month": "%Y-%m", "day": "%Y-%m-%d", "hour": "%Y-%m-%d %H"}[every]
    by_hand: dict[str, int] = {}
    for t in times:
        name = t.astimezone(ZoneInfo(zone)).strftime(cut)
        by_hand[name] = by_hand.get(name, 0) + 1
    found = {
        datetime.fromisoformat(since or "").astimezone(ZoneInfo(zone)).strftime(cut): int(n)
        for since, n in zip(s.since, s.rows, strict=True)
    }
    assert found == by_hand


@pytest.mark.parametrize("kinds", [2, 9])
def test_columns_counted_in_one_scan_are_counted_as_each_alone(kinds: int) -> None:
    rng = np.random.default_rng(kinds)
    n = 30_000
    at = pa.array(rng.integers(0, 10**12, n), mask=rng.random(n) < 0.1).cast(pa.timestamp("us", "UTC"))
    columns: dict[str, Any] = {}
    features: list[Any] = []
    for i in range(kinds):
        drawn = rng.integers(0, 3 + i, n)
        holes = rng.random(n) < 0.2
        if i % 3 == 0:
            columns[f"c{i}"] = pa.array(np.where(drawn == 1, np.nan, drawn / 7.0), mask=holes)
            features.append(Number(f"c{i}"))
        elif i % 3 == 1:
            columns[f"c{i}"] = pa.array([f"v{x}" for x in drawn.tolist()], mask=holes)
            features.append(Category(f"c{i}"))
        else:
            columns[f"c{i}"] = pa.array(drawn > 1, mask=holes)
            features.append(Boolean(f"c{i}"))
    table = pa.table({**columns, "__time": at, "__key": [str(i) for i in range(n)]})
    together = summarize(table, features, slices=Spans(5))
    assert together.since[-1] is None
    assert together.rows.sum() == n
    for feature in features:
        alone = summarize(table.select([feature.name, "__time", "__key"]), [feature], slices=Spans(5))
        a, b = together.columns[feature.name], alone.columns[feature.name]
        assert a.names == b.names
        for field in ("counts", "nulls", "nonfinite", "low", "high"):
            np.testing.assert_array_equal(getattr(a, field), getattr(b, field))
        np.testing.assert_array_equal(alone.rows, together.rows)


def test_spans_are_equal_stretches_of_time() -> None:
    at = pa.array([0, 9, 10, 99, 100 - 1]).cast(pa.timestamp("us", "UTC"))
    table = pa.table({"x": [1.0, 2.0, 3.0, 4.0, 5.0], "__time": at})
    s = summarize(table, [Number("x")], slices=Spans(10))
    assert s.rows.tolist() == [2, 1, 0, 0, 0, 0, 0, 0, 0, 2]
    assert s.since[0] == "1970-01-01T00:00:00+00:00"
    untimed = table.set_column(1, "__time", pa.nulls(5, pa.timestamp("us", "UTC")))
    assert summarize(untimed, [Number("x")], slices=Spans(10)).rows.tolist() == [5]
    with pytest.raises(UsageError, match="1 or more"):
        Spans(0)


@pytest.mark.parametrize("times", ["even", "one instant", "nearly all at the end", "none"])
def test_the_grid_of_many_rows_does_not_depend_on_their_order_or_how_they_lie_in_time(
    times: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summary, "SAMPLE", 500)
    monkeypatch.setattr(summary, "MANY", 5_000)
    rng = np.random.default_rng(3)
    n = 40_000
    x = rng.normal(1013, 8, n)
    us = {
        "even": rng.integers(0, 10**13, n),
        "one instant": np.full(n, 7),
        "nearly all at the end": np.where(rng.random(n) < 0.99, 10**13, rng.integers(0, 10**13, n)),
        "none": rng.integers(0, 10**13, n),
    }[times]
    at = pa.array(us, mask=np.full(n, times == "none")).cast(pa.timestamp("us", "UTC"))
    table = pa.table({"x": x, "__time": at, "__key": [f"k{i}" for i in range(n)]})
    mixed = table.take(pa.array(rng.permutation(n)))
    one, other = (summarize(t, [Number("x")]).columns["x"].grid for t in (table, mixed))
    assert one == other
    assert one is not None
    assert one.anchor == pytest.approx(1013, abs=2)
    assert one.scale == pytest.approx(8 * 1.349, rel=0.2)


def test_rows_without_a_time_come_in_a_last_slice() -> None:
    table = numbers(
        [1.0, 2.0, 3.0],
        __time=pa.array([None, datetime(2020, 1, 1, tzinfo=UTC), None], pa.timestamp("us", "UTC")),
    )
    s = summarize(table, [Number("x")], slices=Period("day"))
    assert s.since == ("2020-01-01T00:00:00+00:00", None)
    assert s.rows.tolist() == [1, 2]
    assert s.columns["x"].total.tolist() == [2.0, 4.0]


def test_blocks_are_consecutive_in_time_then_key() -> None:
    order = np.random.default_rng(5).permutation(1050)
    table = numbers(
        order.astype(float), __time=instants(order // 3), __key=pa.array([f"{i:04d}" for i in order])
    )
    s = summarize(table, [Number("x")], slices=Blocks(rows=100))
    assert s.rows.tolist() == [100] * 10 + [50]
    assert s.columns["x"].low.tolist() == [100.0 * i for i in range(11)]
    assert s.columns["x"].high.tolist() == [100.0 * i + 99 for i in range(10)] + [1049.0]
    assert s.since[1] == "1970-01-01T00:00:33+00:00"


@pytest.mark.parametrize("ties", [1, 7, 10_000], ids=["no ties", "some ties", "one instant"])
def test_too_many_blocks_are_thinned_to_evenly_spaced_stretches_of_twenty(ties: int) -> None:
    n = 4000
    order = np.random.default_rng(6).permutation(n)
    table = numbers(
        order.astype(float), __time=instants(order // ties), __key=pa.array([f"{i:05d}" for i in order])
    )
    whole = summarize(table, [Number("x")], slices=Blocks(rows=10))
    thin = summarize(table, [Number("x")], slices=Blocks(rows=10, most=60))
    assert len(thin.rows) == 60
    kept = (thin.columns["x"].low / 10).astype(int).tolist()
    assert kept == [*range(20), *range(190, 210), *range(380, 400)]
    assert thin.rows.tolist() == [10] * 60
    assert thin.columns["x"].total.tolist() == whole.columns["x"].total[kept].tolist()


def test_a_summary_of_nothing_is_a_summary() -> None:
    s = summarize(numbers([], c=pa.array([], pa.string())), [Number("x"), Category("c")], slices=Blocks())
    assert s.rows.tolist() == [0]
    assert counted(s.columns["x"]) == counted(s.columns["c"]) == {}
    assert np.isnan(s.columns["x"].low[0])


def test_totals_of_many_values_are_right_and_repeat_to_the_last_bit() -> None:
    values = np.random.default_rng(7).lognormal(2, 2, 50_000) - 3
    a, b = column(values), column(values)
    assert a.total[0] == b.total[0]
    assert summary.mean(a) == pytest.approx(values.mean(), rel=1e-6)
    assert summary.deviation(a) == pytest.approx(values.std(), rel=1e-3)


@pytest.mark.parametrize("few", [True, False], ids=["counted by value", "counted by bucket"])
def test_quantiles_come_back_from_the_buckets(few: bool) -> None:
    values = np.random.default_rng(8).normal(300, 10, 20_000)
    values = np.round(values) if few else values
    found = summary.quantiles(column(values), [0.0, 0.01, 0.5, 0.99, 1.0])
    assert found == pytest.approx(np.quantile(values, [0.0, 0.01, 0.5, 0.99, 1.0]), abs=1.0)
    assert np.isnan(summary.quantiles(column([None, NAN]), [0.5])).all()


def test_wrong_calls_say_what_to_do() -> None:
    table = numbers([1.0], c=pa.array(["a"]))
    with pytest.raises(UsageError, match=r"no column 'y'"):
        summarize(table, [Number("y")])
    with pytest.raises(UsageError, match="no column __time"):
        summarize(table, [Number("x")], slices=Period("day"))
    with pytest.raises(UsageError, match=r"'x' is a category here and a number there"):
        summarize(table, [Category("x")], like=summarize(table, [Number("x")]))
    with pytest.raises(UsageError, match="rows must be 1 or more"):
        Blocks(rows=0)
    with pytest.raises(UsageError, match="month, day, hour"):
        Period("week")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="only numbers have quantiles"):
        summary.quantiles(summarize(table, [Category("c")]).columns["c"], [0.5])


def test_a_summary_is_kept_on_disk_without_pickle_and_byte_for_byte_the_same(tmp_path: Path) -> None:
    table = numbers(
        [1.0, None, NAN],
        c=pa.array(["é", None, "\x00"]),
        __time=instants([1, 2, 3]),
        __key=pa.array(["a", "b", "c"]),
    )
    s = summarize(table, [Number("x"), Category("c")], slices=Blocks(rows=2))
    path = summary.save(s, tmp_path / "summary.npz")
    assert equal(summary.load(path), s)
    assert summary.save(s, tmp_path / "again.npz").read_bytes() == path.read_bytes()
    with pytest.raises(DataError, match="fit again"):
        summary.load(tmp_path / "missing.npz")
    (tmp_path / "broken.npz").write_bytes(b"PK")
    with pytest.raises(DataError, match="fit again"):
        summary.load(tmp_path / "broken.npz")
