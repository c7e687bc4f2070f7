"""Named queries: exact, bounded, the same as counting by hand."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldguide.program import Boolean, Category, Number, Timestamp
from fieldguide.tables import query
from fieldguide.tables.engines import duckdb as engine
from fieldguide.tables.query import periods
from fieldguide.tables.query.drawn import copies, draw
from fieldguide.tables.query.lines import NEVER, lines
from fieldguide.tables.query.measured import Again, Named, compared, measured_again, weights
from fieldguide.tables.query.rhythm import DAY, HOUR, rhythm
from fieldguide.tables.query.runs import runs
from fieldguide.tables.query.sampled import sampled
from fieldguide.tables.summary import Spans, summarize
from fieldguide.tables.tally import Grid, bucket_of

NAN, INF = float("nan"), float("inf")
START = datetime(2023, 1, 1, tzinfo=UTC)
INSTANT = pa.timestamp("us", "UTC")
CONNECTION = engine.connect()


def at(*hours: float | None) -> pa.Array:
    return pa.array([None if h is None else START + timedelta(hours=h) for h in hours], INSTANT)


def table(**columns: Any) -> ibis.Table:
    """A table; `key`, `time`, `label` … become the columns beside the raw ones."""
    beside = {"key", "time", "label", "known_at", "entity", "event_1"}
    named = {f"__{n}" if n in beside else n: v for n, v in columns.items()}
    return engine.from_arrow(CONNECTION, pa.table(named))


def numbers(*values: float | None) -> pa.Array:
    return pa.array(values, pa.float64(), from_pandas=False)


def test_the_rhythm_ends_with_its_last_hour_even_at_the_end_of_the_calendar() -> None:
    times = pa.array([0, 253_402_300_799_000_000], pa.timestamp("us", "UTC"))
    found = rhythm(engine.as_table(pa.table({"__time": times})))
    assert found.until == 253_402_300_800_000_000
    assert rhythm(engine.as_table(pa.table({"__time": times.slice(0, 0)}))).until == 0


def test_duplicate_keys_are_counted_with_their_rows_and_the_exact_copies_among_them() -> None:
    t = table(key=pa.array(["a", "a", "a", "b", "c", "c", None]), x=numbers(1, 1, 2, 1, 5, 6, 7))
    found = query.duplicate_keys(t)
    assert (found.keys, found.rows, found.copies, found.null) == (2, 5, 1, 1)
    assert found.examples == ("a", "c")


def test_keys_of_several_columns_may_repeat_one_by_one() -> None:
    t = table(place=pa.array(["a", "a", "b"]), hour=at(1, 2, 1))
    assert query.duplicate_keys(t, ["place", "hour"]).rows == 0
    again = query.duplicate_keys(t, ["place"])
    assert (again.keys, again.rows, again.examples) == (1, 2, ("a",))


@given(st.lists(st.sampled_from(["a", "b", "c", "d", None]), max_size=30))
@settings(max_examples=30, deadline=None)
def test_duplicate_keys_agree_with_counting(keys: list[str | None]) -> None:
    t = table(key=pa.array(keys, pa.string()), x=numbers(*range(len(keys))))
    often = {k: n for k, n in Counter(k for k in keys if k is not None).items() if n > 1}
    found = query.duplicate_keys(t)
    assert (found.keys, found.rows, found.null) == (len(often), sum(often.values()), keys.count(None))


def test_rows_beyond_a_bound_come_farthest_first_and_not_finite_ones_apart() -> None:
    t = table(key=pa.array(list("abcdefg")), x=numbers(5, 50, -7, None, NAN, INF, 80))
    found = query.beyond(t, "x", below=0, above=40)
    assert (found.rows, found.examples, found.values) == (3, ("g", "b", "c"), (80.0, 50.0, -7.0))
    assert query.beyond(t, "x", above=1e9).rows == 0
    odd = query.not_finite(t, "x")
    assert (odd.rows, odd.examples) == (2, ("e", "f"))


def test_rows_without_a_key_are_shown_by_their_time() -> None:
    t = table(key=pa.nulls(2, pa.string()), time=at(0, 1), x=numbers(1, 100))
    assert query.beyond(t, "x", above=50).examples[0].startswith("2023-01-01 01:00")


def test_rows_with_a_value_and_at_most_ten_of_them_shown() -> None:
    t = table(
        key=pa.array([f"{i:02d}" for i in range(30)]),
        x=numbers(*([999.0] * 25), *range(5)),
        at=at(*range(30)),
    )
    found = query.equal_to(t, "x", 999)
    assert (found.rows, len(found.examples), found.examples[0]) == (25, 10, "00")
    day = START.timestamp()
    assert query.equal_to(t, "at", day).rows == 1
    assert query.equal_to(t, "at", day, within=3600).rows == 2


def test_instants_before_and_after_the_prediction() -> None:
    t = table(
        key=pa.array(list("abcd")), time=at(1, 1, 1, 1), event_1=at(0, 1, 3, None), known_at=at(2, 1, 0, None)
    )
    late = query.times_after(t, "__event_1")
    assert (late.rows, late.examples, late.values) == (1, ("c",), (7200.0,))
    early = query.times_not_after(t)
    assert (early.rows, early.examples, early.values) == (2, ("c", "b"), (-3600.0, 0.0))


def test_rows_by_period_are_twelve_equal_stretches() -> None:
    found = query.rows_by_period(table(time=at(*range(24), None)))
    assert found.rows.sum() == 24
    assert found.untimed == 1
    assert len(found.rows) == periods.PERIODS
    assert set(found.rows.tolist()) <= {1, 2, 3}
    assert query.rows_by_period(table(time=at(5, 5, 5))).rows.tolist()[0] == 3
    assert len(query.rows_by_period(table(time=pa.nulls(2, INSTANT))).rows) == 0


def by_hand(values: list[float | None], without: float | None = None) -> Counter[int]:
    told = [(v, len(list(g))) for v, g in groupby(values)]
    return Counter(n for v, n in told if v is not None and v != without)


@given(st.lists(st.sampled_from([0.0, 1.0, 2.0, None]), max_size=40), st.sampled_from([1, 3, 7, 100]))
@settings(max_examples=60, deadline=None)
def test_runs_agree_with_counting_however_the_rows_are_cut_into_batches(
    values: list[float | None], batch: int
) -> None:
    t = table(
        key=pa.array([f"{i:03d}" for i in range(len(values))], pa.string()),
        time=at(*range(len(values))),
        x=numbers(*values),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fieldguide.tables.engines.BATCH", batch)
        found = runs(t, ["x"])["x"]
        spared = runs(t, ["x"], apart={"x": 0.0})["x"]
    assert dict(zip(found.lengths.tolist(), found.times.tolist(), strict=True)) == by_hand(values)
    assert dict(zip(spared.lengths.tolist(), spared.times.tolist(), strict=True)) == by_hand(values, 0.0)
    assert spared.usual is not None
    apart = Counter(by_hand(values)) - Counter(by_hand(values, 0.0))
    assert dict(zip(spared.usual.lengths.tolist(), spared.usual.times.tolist(), strict=True)) == apart
    if found.longest:
        top = found.longest[0]
        assert top.rows == max(by_hand(values))
        first = int(top.key or 0)
        assert values[first : first + top.rows] == [top.value] * top.rows
        assert top.since == (START + timedelta(hours=first)).isoformat()


def test_runs_are_in_the_order_of_time_or_within_an_entity() -> None:
    t = table(
        key=pa.array(list("abcdef")),
        time=at(5, 4, 3, 2, 1, 0),
        entity=pa.array(["m", "n", "m", "n", "m", "n"]),
        x=numbers(7, 1, 7, 2, 7, 3),
    )
    assert runs(t, ["x"])["x"].lengths.tolist() == [1]
    within = runs(t, ["x"], by="__entity")["x"]
    assert (within.longest[0].rows, within.longest[0].value, within.longest[0].key) == (3, 7.0, "e")
    assert runs(t, []) == {}


def test_what_is_known_of_the_label() -> None:
    found = query.labels(table(label=numbers(1, 0, 0, None)))
    assert (found.rows, found.labeled, found.low, found.high) == (4, 3, 0.0, 1.0)
    assert found.mean == pytest.approx(1 / 3)
    assert found.variance == pytest.approx(2 / 9)
    nothing = query.labels(table(label=numbers(None, None)))
    assert (nothing.labeled, np.isnan(nothing.mean)) == (0, True)


def test_a_column_against_the_label_by_value() -> None:
    t = table(x=numbers(1, 1, 2, None, NAN, 2), label=numbers(1, 0, 1, 1, 0, None))
    found = query.by_label(t, "x", "number")
    assert found.values == (1.0, 2.0)
    assert found.labeled.tolist() == [2, 1]
    assert found.total.tolist() == [1.0, 1.0]
    assert found.unlabeled.tolist() == [0, 1]
    assert found.null == (2, 1.0, 1.0, 0)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50))
@settings(max_examples=30, deadline=None)
def test_a_number_against_the_label_by_bucket_uses_the_buckets_of_a_summary(values: list[float]) -> None:
    grid = Grid(3.0, 2.5)
    t = table(x=numbers(*values), label=numbers(*[1.0] * len(values)))
    found = query.by_label(t, "x", "number", grid, few=False)
    expected = Counter(bucket_of(grid, values).tolist())
    assert {int(v): int(n) for v, n in zip(found.values or (), found.labeled, strict=True)} == expected


def test_an_instant_against_the_label_is_its_distance_from_the_prediction() -> None:
    t = table(time=at(0, 1, 2), due=at(2, 3, 9), label=numbers(0, 0, 1))
    found = query.by_label(t, "due", "timestamp")
    assert found.labeled.tolist() == [2, 1]
    assert found.total.tolist() == [0.0, 1.0]


def test_names_that_are_too_many_are_put_together_by_their_counts() -> None:
    t = table(who=pa.array(["a", "b", "c", "c", None]), label=numbers(1, 1, 0, 1, 0))
    found = query.by_label(t, "who", "category", few=False)
    lines = set(zip(found.times.tolist(), found.labeled.tolist(), found.total.tolist(), strict=True))
    assert lines == {(2, 1, 1.0), (1, 2, 1.0)}
    assert found.values is None
    assert found.null[0] == 1
    named = query.by_label(t, "who", "category")
    assert named.values == ("a", "b", "c")


def test_the_distinct_texts_are_the_same_whatever_the_order_of_the_rows() -> None:
    values = [f"v{i}" for i in range(50)] * 2 + [None]
    one = query.distinct_texts(table(x=pa.array(values)), "x", most=10)
    other = query.distinct_texts(table(x=pa.array(values[::-1])), "x", most=10)
    assert one == other
    assert len(one) == 10
    assert {n for _, n in one} == {2}


def test_columns_of_large_whole_numbers_are_found() -> None:
    t = table(a=pa.array([1, 2]), b=pa.array([10**15, None]), c=pa.nulls(2, pa.int64()))
    assert query.reaching(t, ["a", "b", "c"], 10**12) == ["b"]
    assert query.size(t) == 2


def test_the_share_of_rows_that_found_a_partner() -> None:
    assert query.joined_share(table(event_1=at(1, None, 2)), "__event_1") == (2, 3)


@pytest.mark.parametrize("key", [("id",), (), ("lumpy",), ("gone",)])
def test_the_same_rows_are_sampled_wherever_they_lie_and_about_as_many_as_asked(key: tuple[str, ...]) -> None:
    n = 20_000
    rng = np.random.default_rng(1)
    table = pa.table(
        {
            "id": [f"k{i}" for i in range(n)],
            "lumpy": ["a" if i % 3 else None for i in range(n)],  # chosen by it: all rows, or none
            "x": rng.normal(size=n),
        }
    )
    order = rng.permutation(n)
    kept = sampled(engine.as_table(table), 1_000, key)
    assert len(kept) == pytest.approx(1_000, rel=0.15)
    again = sampled(engine.as_table(table.take(pa.array(order))), 1_000, key)
    assert sorted(kept["id"].to_pylist()) == sorted(again["id"].to_pylist())
    assert kept["__row"].to_pylist() == sorted(kept["__row"].to_pylist())
    assert [order[row - 1] for row in again["__row"].to_pylist()] == [
        int(i[1:]) for i in again["id"].to_pylist()
    ]


def test_of_rows_with_long_texts_fewer_are_sampled(monkeypatch: pytest.MonkeyPatch) -> None:

    monkeypatch.setattr("fieldguide.tables.query.sampled.MOST_BYTES", 2_000_000)
    table = pa.table({"id": list(range(5_000)), "text": [f"{i} " + "word " * 200 for i in range(5_000)]})
    assert sampled(engine.as_table(table), 4_000, ("id",)).nbytes < 3_000_000
    assert len(sampled(engine.as_table(table.select(["id"])), 6_000)) == 5_000


def test_rows_by_span_of_a_summary_are_those_by_period() -> None:
    rng = np.random.default_rng(5)
    us = pa.array(np.sort(rng.integers(0, 10**12, 3_000))).cast(pa.timestamp("us", "UTC"))
    t = engine.as_table(pa.table({"x": rng.normal(size=3_000), "__time": us}))
    known = summarize(t, [Number("x")], slices=Spans(12))
    assert query.by_spans(known)
    assert query.rows_by_span(known).rows.tolist() == query.rows_by_period(t).rows.tolist()


@pytest.mark.parametrize("repeated", [0, 3, 1_500])
def test_keys_are_counted_in_turns_as_at_once(repeated: int, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [f"k{i}" for i in range(5_000)] + [f"k{i}" for i in range(repeated)] + [None] * 7
    t = engine.as_table(pa.table({"__key": keys, "x": list(range(len(keys)))}))
    at_once = query.duplicate_keys(t)
    monkeypatch.setattr("fieldguide.tables.query.keys.FEW", 1_000)
    monkeypatch.setattr("fieldguide.tables.query.keys.AT_ONCE", 1_000)
    assert query.duplicate_keys(t) == at_once
    assert (at_once.keys, at_once.rows, at_once.null) == (repeated, 2 * repeated, 7)


@pytest.mark.parametrize("by", [None, "__entity"])
def test_runs_are_the_same_when_the_rows_are_sorted_in_parts(
    by: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(11)
    n = 20_000
    x = np.round(rng.normal(size=n), 1)
    x[rng.random(n) < 0.02] = np.nan
    x[3_000:3_100], y = 7.7, rng.normal(size=n)
    y[9_990:10_050] = y[9_990]
    us = np.sort(rng.integers(0, 5_000, n)) * 10**6  # many rows share an instant
    table = pa.table(
        {
            "x": pa.array(x, from_pandas=True),
            "y": y,
            "__time": pa.array(us, mask=rng.random(n) < 0.01).cast(pa.timestamp("us", "UTC")),
            "__key": [f"{i:06d}" for i in range(n)],
            "__entity": [f"e{i}" for i in rng.integers(0, 30, n)],
        }
    )
    t = engine.as_table(table.take(pa.array(rng.permutation(n))))
    at_once = runs(t, ["x", "y"], by)
    monkeypatch.setattr("fieldguide.tables.query.runs.AT_ONCE", 3_000)
    for name, found in runs(t, ["x", "y"], by).items():
        other = at_once[name]
        assert found.lengths.tolist() == other.lengths.tolist()
        assert found.times.tolist() == other.times.tolist()
        assert {r.rows for r in found.longest} == {r.rows for r in other.longest}
        assert (found.longest[0].rows, found.longest[0].since) == (
            other.longest[0].rows,
            other.longest[0].since,
        )


def drawn_lines(t: Any, features: list[Any], *, ordered: bool = True) -> Any:
    nan = float("nan")
    n = query.size(t)
    found = draw(t, query.Labels(n, 0, nan, nan, nan, nan), binary=False, keyed=True, ordered=ordered)
    return lines(found.table, features, n)


def test_lines_come_in_the_order_of_time_with_what_is_missing() -> None:
    t = table(
        key=pa.array(["b", "a", None]),
        time=at(2, 1, 3.5),
        entity=pa.array(["u", None, "v"]),
        x=numbers(1, NAN, None),
        plan=pa.array(["pro", None, "free"]),
        seen=at(0, 1, 2),
        back=pa.array([True, None, False]),
    )
    found = drawn_lines(t, [Number("x"), Category("plan"), Timestamp("seen"), Boolean("back")])
    assert found.places == ("a", "b", "2023-01-01 03:30:00")
    assert found.number.tolist() == [2, 1, 3]
    assert (np.diff(found.time) / 3_600_000_000).tolist() == [1.0, 1.5]
    assert found.entity.tolist() == [-1, 0, 1]
    assert found.missing["x"].tolist() == [False, False, True]  # NaN is no null
    assert np.isnan(found.numbers["x"]).tolist() == [True, False, True]
    assert found.numbers["seen"][0] - found.numbers["seen"][1] == 3600
    assert (found.codes["plan"].tolist(), found.labels["plan"]) == ([-1, 1, 0], ("free", "pro"))
    assert (found.codes["back"].tolist(), found.labels["back"]) == ([-1, 1, 0], ("false", "true"))


def test_lines_without_time_come_as_they_came_and_joined_ones_by_key() -> None:
    t = table(key=pa.array(["c", "a", "b"]), time=at(None, None, None), x=numbers(1, 2, 3))
    assert drawn_lines(t, [Number("x")]).places == ("c", "a", "b")
    joined = drawn_lines(t, [Number("x")], ordered=False)
    assert (joined.places, joined.number.tolist()) == (("a", "b", "c"), [0, 0, 0])
    assert set(joined.time.tolist()) == {NEVER}


def test_copies_are_drawn_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fieldguide.tables.query.drawn.ALIKE", 1_000)
    x = np.random.default_rng(0).lognormal(3, 1, 5_000).round(3)
    t = table(key=pa.array([f"k{i}" for i in range(5_000)]), x=pa.array(x))
    alike = lines(copies(t, ("x", Grid(20.0, 10.0)), 5_000, True), [Number("x")], 5_000).numbers["x"]
    assert 800 < len(alike) < 1_200
    for value in set(alike.tolist()):
        assert (alike == value).sum() == (x == value).sum()


def test_rows_by_hour_and_by_day_where_hours_are_too_many() -> None:
    few = rhythm(table(time=at(0, 0.5, 3, None)))
    assert (few.width, few.rows.tolist(), np.diff(few.units).tolist()) == (HOUR, [2, 1], [3])
    many = rhythm(table(time=at(0, 5, 300_000)))
    assert (many.width, many.rows.tolist()) == (DAY, [2, 1])
    assert len(rhythm(table(time=pa.nulls(2, INSTANT))).rows) == 0


def test_repeats_are_added_up_within_and_between_things() -> None:
    t = table(
        thing=pa.array(["a", "a", "b", "b", "b", "c", None]),
        x=numbers(1, 3, 10, 10, 13, 99, 5),
        kind=pa.array(["u", "u", "u", "v", "v", "u", "u"]),
    )
    found = measured_again(t, ["thing"], [Number("x"), Category("kind")], {"x": 4.0}, "UTC")
    a, b = np.array([1.0, 3.0]), np.array([10.0, 10.0, 13.0])
    mean = np.concatenate([a, b]).mean()
    x = found["x"]
    assert isinstance(x, Again)
    assert (x.things, x.values, x.sizes) == (2, 5, 13)
    assert x.between == pytest.approx(2 * (a.mean() - mean) ** 2 + 3 * (b.mean() - mean) ** 2)
    assert x.within == pytest.approx(((a - a.mean()) ** 2).sum() + ((b - b.mean()) ** 2).sum())
    assert found["kind"] == Named(2, 1 + 3, 1 + 1)


def test_an_audit_is_compared_row_by_row_by_key() -> None:
    ours = table(
        id=pa.array(["1", "2", "3", "4", "4"]), x=numbers(1, 2, None, 9, 9), n=pa.array(list("abcde"))
    )
    theirs = table(id=pa.array([1, 2, 3, 7]), x=numbers(1, 1.5, 3, 4), n=pa.array(list("abXd")))
    matched, alone, found = compared(ours, theirs, ["id"], [Number("x"), Category("n")], "UTC")
    assert (matched, alone) == (3, 1)  # a key on two rows says nothing
    assert (found["x"].pairs, found["x"].equal, found["x"].one_sided) == (2, 1, 1)
    assert (found["x"].bias, found["x"].deviation) == (0.25, pytest.approx(0.5**0.5 * 0.5))
    assert found["x"].examples == ("2",)
    assert (found["n"].pairs, found["n"].equal, found["n"].examples) == (3, 2, ("3",))


def test_weights_are_counted_by_what_is_wrong_with_them() -> None:
    w = pa.array([1.0, 3.0, 0.0, -1.0, NAN, INF, None], pa.float64(), from_pandas=False)
    table = engine.from_arrow(CONNECTION, pa.table({"__weight": w}))
    seen = weights(table, table["__weight"])
    assert seen.missing == 1
    assert (seen.rows, seen.negative, seen.zero, seen.odd) == (7, 1, 1, 2)
    assert (seen.total, seen.squares, seen.largest) == (4.0, 10.0, 3.0)
