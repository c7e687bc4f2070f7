"""Skew: replay must be exact, and served values those of the source."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from fieldguide.monitoring import feature_skew, replay_mismatch
from fieldguide.program import Category, Number

from .answers import answers, with_column

COLUMNS = [Number("x"), Number("y"), Category("c")]


def served(rows: int = 500) -> pa.Table:
    rng = np.random.default_rng(0)
    x = rng.normal(size=rows)
    return answers(
        rows=rows, x=x, y=pa.array(np.where(np.arange(rows) % 10 == 0, np.nan, x), from_pandas=True),
        c=pa.array(["a", None] * (rows // 2)), __prediction=np.tanh(x) / 3,
    )  # fmt: skip


def test_equal_scores_pass() -> None:
    table = served()
    found = replay_mismatch(table, table["__prediction"].to_numpy())
    assert (found.verdict, found.evidence["different"], found.evidence["rows"]) == ("pass", 0, 500)


def test_the_last_bit_counts() -> None:
    table = served()
    again = table["__prediction"].to_numpy().copy()
    again[41] = np.nextafter(again[41], 1)
    found = replay_mismatch(table, again)
    assert (found.verdict, found.rows, found.evidence["share"]) == ("fail", ("42",), 1 / 500)
    assert "1 of 500 answers" in found.saw


def test_the_column_is_named_when_the_difference_goes_with_its_missing_values() -> None:
    table = served()
    again = table["__prediction"].to_numpy() + np.where(table["y"].is_null(), 0.01, 0.0)
    found = replay_mismatch(table, again, ["x", "y", "c"])
    assert found.evidence["columns"] == ["y"]
    assert "they go with y" in found.saw


def test_under_a_fallback_what_the_model_would_have_said_is_replayed() -> None:
    table = served()
    model = table["__prediction"].to_numpy()
    back = np.arange(500) < 100
    table = with_column(with_column(table, "__fallback", back), "__shadow", np.where(back, model, np.nan))
    table = with_column(table, "__prediction", np.where(back, 0.25, model))
    assert replay_mismatch(table, model).verdict == "pass"
    assert replay_mismatch(table, np.where(back, 0.25, model)).evidence["different"] == 100


def test_refused_rows_are_not_replayed() -> None:
    table = served()
    refused = np.arange(500) < 10
    table = with_column(
        with_column(table, "__refused", refused), "__prediction", np.where(refused, np.nan, 0.5)
    )
    found = replay_mismatch(table, np.full(500, 0.5))
    assert (found.verdict, found.evidence["rows"]) == ("pass", 490)
    nothing = with_column(table, "__refused", np.ones(500, dtype=bool))
    assert replay_mismatch(nothing, np.full(500, 0.5)).verdict == "unknown"


def test_a_change_of_one_column_is_told_of_that_column_only() -> None:
    table = served()
    source = table.select(["__key", "x", "y", "c"])
    assert {f.verdict for f in feature_skew(table, source, COLUMNS)} == {"pass"}
    cents = with_column(source, "x", source["x"].to_numpy() * 100)
    told = {f.about: (f.verdict, f.evidence["share"]) for f in feature_skew(table, cents, COLUMNS)}
    assert told == {"x": ("fail", 1.0), "y": ("pass", 0.0), "c": ("pass", 0.0)}


def test_without_common_keys_skew_is_unknown() -> None:
    table = served()
    source = with_column(table, "__key", [f"other {i}" for i in range(500)])
    assert [f.verdict for f in feature_skew(table, source, COLUMNS)] == ["unknown"]
