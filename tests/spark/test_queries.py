"""Every named query gives on Spark what it gives on DuckDB; one that is missing here fails a test."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pytest

import fieldguide.tables.query
from fieldguide.program import Category, Number
from fieldguide.tables import engines as engine
from fieldguide.tables.query.delays import delays
from fieldguide.tables.query.drawn import copies, draw
from fieldguide.tables.query.groups import group_sizes, longest_pause, time_ends
from fieldguide.tables.query.keys import all_differ, duplicate_keys
from fieldguide.tables.query.labels import by_label, labels
from fieldguide.tables.query.measured import compared, measured_again, weights
from fieldguide.tables.query.pairs import mixed_groups, rows_holding, text_counts, with_sharers
from fieldguide.tables.query.periods import edges, rows_by_period
from fieldguide.tables.query.places import (
    beyond,
    equal_to,
    joined_share,
    not_finite,
    reaching,
    size,
    times_after,
    times_not_after,
)
from fieldguide.tables.query.rhythm import rhythm
from fieldguide.tables.query.runs import runs
from fieldguide.tables.query.sampled import fitting, sampled
from fieldguide.tables.query.texts import distinct_texts
from fieldguide.tables.tally import Grid

from .same import differ, rows_of

ROWS = 3_000
DAY = 86_400_000_000
BOTH: dict[str, Callable[[ibis.Table], Any]] = {
    "delays": lambda t: delays(t, timedelta(days=3).total_seconds(), told=True),
    "delays untold": lambda t: delays(t, timedelta(days=3).total_seconds(), told=False),
    "draw all": lambda t: _drawn(t, keyed=True),
    "draw some": lambda t: _drawn(t, keyed=True, most=500),
    "draw by content": lambda t: _drawn(t, keyed=False, most=500),
    "copies": lambda t: copies(t, ("amount", Grid(20.0, 15.0)), 100_000, ordered=True),
    "group_sizes": lambda t: group_sizes(t, ["plan", "age"]),
    "time_ends": lambda t: time_ends(t, "__known_at"),
    "longest_pause": lambda t: longest_pause(t, "__time", DAY // 24),
    "duplicate_keys": duplicate_keys,
    "duplicate_keys of two": lambda t: duplicate_keys(t, ["plan", "__entity"]),
    "duplicate_keys of none": lambda t: duplicate_keys(t.filter(t["__key"] == "k1")),
    "all_differ": lambda t: all_differ(t, ["big", "__entity"], size(t)),
    "all_differ by key": lambda t: all_differ(t.distinct(), ["big", "__key"], size(t.distinct())),
    "labels": labels,
    "labels of none": lambda t: labels(t.filter(t["__label"] > 5)),
    "by_label of few": lambda t: by_label(t, "age", "number"),
    "by_label by bucket": lambda t: by_label(t, "amount", "number", Grid(20.0, 15.0), few=False),
    "by_label of a category": lambda t: by_label(t, "plan", "category"),
    "by_label unnamed": lambda t: by_label(t, "__entity", "category", few=False),
    "by_label of a truth": lambda t: by_label(t, "back", "boolean"),
    "by_label of an instant": lambda t: by_label(t, "seen", "timestamp"),
    "edges": edges,
    "rows_by_period": rows_by_period,
    "beyond": lambda t: beyond(t, "amount", below=1.0, above=200.0),
    "beyond a time": lambda t: beyond(t, "seen", above=1.70e9),
    "not_finite": lambda t: not_finite(t, "amount"),
    "equal_to": lambda t: equal_to(t, "age", 30.0),
    "equal_to about": lambda t: equal_to(t, "seen", 1.70e9, 86_400.0),
    "times_after": lambda t: times_after(t, "seen"),
    "times_not_after": times_not_after,
    "size": size,
    "reaching": lambda t: reaching(t, ["count", "big"], 10**12),
    "joined_share": lambda t: joined_share(t, "seen"),
    "runs": lambda t: runs(t, ["age", "amount"]),
    "runs by entity": lambda t: runs(t, ["age", "amount"], "__entity", {"age": 30.0}),
    "rhythm": rhythm,
    "weights": lambda t: weights(t, t["__weight"]),
    "measured_again": lambda t: measured_again(
        t, ["__entity"], [Number("amount"), Category("plan")], {"amount": 20.0}, "UTC"
    ),
    "compared": lambda t: compared(
        t, t.mutate(amount=t["amount"] + 1), ["__key"], [Number("amount"), Category("plan")], "UTC"
    ),
    "fitting": lambda t: fitting(t, 1_000),
    "sampled all": lambda t: sampled(t, 10_000),
    "sampled by key": lambda t: sampled(t, 1_000, ["__key"]),
    "sampled by content": lambda t: sampled(t, 1_000),
    "text_counts": lambda t: text_counts(t, "age", 1_000),
    "text_counts of too many": lambda t: text_counts(t, "__key", 10),
    "rows_holding": lambda t: rows_holding(
        t, ["plan", "__entity"], [("free", "u1"), (None, "u2")], ["__key"], 100
    ),
    "rows_holding a number": lambda t: rows_holding(t, ["count"], [("7",), ("8",)], ["__key"], 1_000),
    "mixed_groups": lambda t: mixed_groups(t, ["__entity"], "plan", 10_000),
    "mixed_groups of two": lambda t: mixed_groups(t, ["__entity", "plan"], "back", 10_000),
    "with_sharers": lambda t: with_sharers(t, "__entity", _first(t, 3), 1_000),
    "with_sharers of none": lambda t: with_sharers(t, "__key", _first(t, 3), 1_000),
    "distinct_texts": lambda t: distinct_texts(t, "__key", 100),
}
OF_SUMMARIES = {"rows_by_span", "by_spans", "start", "lines"}
"""What looks at no table."""
PARTS = {"place", "period", "row"}
"""Parts of expressions that the others are made of."""


def _first(table: ibis.Table, rows: int) -> pa.Table:
    numbered = engine.numbered(table)
    return engine.to_arrow(numbered.filter(numbered["__row"] <= rows)).sort_by("__row")


def _drawn(table: ibis.Table, *, keyed: bool, most: int | None = None) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        if most is not None:
            for name, rows in (("PLAIN", most), ("LABELED", most), ("RARER", most // 5), ("ALIKE", most)):
                patch.setattr(f"fieldguide.tables.query.drawn.{name}", rows)
        by = ("amount", Grid(20.0, 15.0))
        return draw(table, labels(table), binary=True, keyed=keyed, ordered=True, copies_by=by)


def visits() -> pa.Table:
    """A canonical table with nulls, NaN, ties, copies, runs and rows without key or time."""
    r = np.random.default_rng(11)
    n = ROWS
    at = np.int64(1_690_000_000_000_000) + np.sort(r.integers(0, 200 * DAY, n))
    seen = at + r.integers(-DAY, 3 * DAY, n)
    amount = np.where(r.random(n) < 0.01, r.choice([np.nan, np.inf, -np.inf, 0.0], n), r.lognormal(3, 1, n))
    key = [None if r.random() < 0.02 else f"k{i - (r.random() < 0.03)}" for i in range(n)]
    rows = pa.table(
        {
            "amount": pa.array(amount, mask=r.random(n) < 0.05),
            "age": pa.array(
                np.repeat(r.integers(20, 60, n // 5 + 1), 5)[:n].astype(float), mask=r.random(n) < 0.02
            ),
            "plan": pa.array(r.choice(["free", "basic", "pro", "", "été"], n), mask=r.random(n) < 0.1),
            "back": pa.array(r.random(n) < 0.3, mask=r.random(n) < 0.1),
            "seen": pa.array(seen, pa.timestamp("us", "UTC"), mask=r.random(n) < 0.1),
            "count": pa.array(r.integers(0, 100, n)),
            "big": pa.array(r.integers(0, 10**15, n)),
            "__key": pa.array(key, pa.string()),
            "__time": pa.array(at, pa.timestamp("us", "UTC"), mask=r.random(n) < 0.01),
            "__entity": pa.array([f"u{i}" for i in r.integers(0, 400, n)]),
            "__label": pa.array((r.random(n) < 0.15).astype(float), mask=r.random(n) < 0.1),
            "__known_at": pa.array(at + r.integers(-1000, 5 * DAY, n), pa.timestamp("us", "UTC")),
            "__weight": pa.array(np.ones(n)),
        }
    )
    return pa.concat_tables([rows, rows.slice(100, 20)])


@pytest.fixture(scope="module")
def tables(duck: Any, spark: Any) -> tuple[ibis.Table, ibis.Table]:
    """The same rows on both engines; Spark has them as a cluster has: in parts."""
    rows = visits()
    on_duck = engine.from_arrow(duck, rows)
    return on_duck, engine.materialize(engine.hand_over(spark, on_duck))


@pytest.mark.spark
@pytest.mark.parametrize("name", BOTH)
def test_a_query_says_the_same(name: str, tables: Sequence[ibis.Table]) -> None:
    on_duck, on_spark = (BOTH[name](table) for table in tables)
    if isinstance(on_duck, pa.Table):
        on_duck, on_spark = rows_of(on_duck), rows_of(on_spark)
    assert differ(on_duck, on_spark) == []


def test_every_query_on_a_table_is_compared() -> None:
    asked = {name.split(" ")[0] for name in BOTH}
    found = set()
    for module in pkgutil.iter_modules(fieldguide.tables.query.__path__, "fieldguide.tables.query."):
        loaded = importlib.import_module(module.name)
        for name, function in inspect.getmembers(loaded, inspect.isfunction):
            if function.__module__ == module.name and not name.startswith("_"):
                found.add(name)
    missing = found - asked - OF_SUMMARIES - PARTS
    assert not missing, f"add {sorted(missing)} to BOTH, so that Spark is compared with DuckDB"
    assert asked | OF_SUMMARIES | PARTS <= found, "a name that is no query any more"


def test_a_difference_is_found() -> None:
    assert differ(Number("a"), Number("b")) == [".name: 'a' and 'b'"]
    assert differ({"x": np.array([1.0, np.nan])}, {"x": np.array([1.0 + 1e-6, np.nan])}) != []
    assert differ([1.0, float("nan")], [1.0 + 1e-12, float("nan")]) == []
