"""Answers as the journal gives them, joined with their outcomes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

START = datetime(2026, 3, 1, tzinfo=UTC)


def answers(
    rows: int = 3_000,
    days: int = 30,
    rate: float = 0.25,
    wander: float = 0.0,
    prediction: float | None = 0.25,
    seed: int = 0,
    unlabeled: float = 0.0,
    **columns: Any,
) -> pa.Table:
    """Yes/no outcomes over some days, whose rate wanders from day to day; `columns` replace or add some."""
    rng = np.random.default_rng(seed)
    day = np.arange(rows) * days // rows
    rates = np.clip(rate + wander * rng.normal(size=days), 0.02, 0.98)[day]
    labels = (rng.random(rows) < rates).astype(float)
    given = {
        "__n": np.arange(1, rows + 1),
        "__time": pa.array(
            [START + timedelta(days=days * i / rows) for i in range(rows)], pa.timestamp("us", "UTC")
        ),
        "__key": [f"k{i}" for i in range(rows)],
        "__entity": [f"e{i % 400}" for i in range(rows)],
        "__refused": np.zeros(rows, dtype=bool),
        "__prediction": rates if prediction is None else np.full(rows, prediction),
        "__shadow": pa.nulls(rows, pa.float64()),
        "__fallback": np.zeros(rows, dtype=bool),
        "__fitted": ["f1"] * rows,
        "__label": pa.array(np.where(rng.random(rows) < unlabeled, np.nan, labels), from_pandas=True),
        "__mature": np.ones(rows, dtype=bool),
        "__closed": np.ones(rows, dtype=bool),
    }
    return pa.table(given | columns)


def with_column(table: pa.Table, name: str, values: Any) -> pa.Table:
    """The table with a column replaced."""
    return table.set_column(table.column_names.index(name), name, pa.array(values, from_pandas=True))
