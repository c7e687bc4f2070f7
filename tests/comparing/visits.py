"""24,000 independent visits to a site, and what a window of them says against the first 19,200."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fieldguide.comparing import History, compare, history
from fieldguide.finding import Finding
from fieldguide.program import Boolean, Category, Number, Timestamp
from fieldguide.tables.tally import Summary

from .counting import counted

LEARNED, ROWS = 19_200, 24_000
START = datetime(2026, 1, 1, tzinfo=UTC)
COLUMNS = (
    Number("seconds", unit="second", low=0),
    Number("age", unit="year"),
    Number("pages"),
    Number("heat", unit="fahrenheit"),
    Category("plan"),
    Boolean("mobile"),
    Timestamp("seen_at"),
)
Column = NDArray[Any]
Columns = dict[str, Column]


@lru_cache(maxsize=16)
def visits(seed: int, decimals: int | None = None) -> Columns:
    """The columns of a table; `decimals` rounds the seconds."""
    rng = np.random.default_rng(seed)
    seconds = rng.lognormal(4, 1, ROWS)
    return {
        "seconds": seconds if decimals is None else np.round(seconds, decimals),
        "age": np.clip(np.round(rng.normal(38, 12, ROWS)), 18, 90),
        "pages": rng.poisson(4, ROWS).astype(float),
        "heat": np.round(32 + 1.8 * np.round(rng.normal(12, 6, ROWS), 1), 2),
        "plan": rng.choice(np.array(["free", "basic", "pro"], dtype=object), ROWS, p=[0.6, 0.3, 0.1]),
        "mobile": rng.random(ROWS) < 0.4,
        "seen_at": np.array([START + timedelta(minutes=i) for i in range(ROWS)], dtype=object),
    }


def table(
    columns: Columns, start: int = 0, stop: int = ROWS, refused: NDArray[np.bool_] | None = None
) -> pa.Table:
    """Rows `start` to `stop` as they were served, numbered from 1."""
    made = {name: pa.array(column[start:stop], from_pandas=True) for name, column in columns.items()}
    made["__n"] = pa.array(np.arange(start + 1, stop + 1))
    made["__time"] = made["seen_at"]
    made["__key"] = pa.array([f"visit {i + 1}" for i in range(start, stop)])
    if refused is not None:
        made["__refused"] = pa.array(refused[start:stop])
    return pa.table(made)


@lru_cache(maxsize=16)
def learned(seed: int, decimals: int | None = None) -> Summary:
    """What was learned from."""
    return counted(table(visits(seed, decimals), 0, LEARNED), COLUMNS, 200)


@lru_cache(maxsize=64)
def yardstick(seed: int, decimals: int | None, rows: int) -> History:
    """The yardstick for windows of so many rows."""
    return history(learned(seed, decimals), rows)


def look(
    edit: Callable[[Columns], None] | None = None,
    *,
    at: int = LEARNED,
    rows: int = 1_000,
    seed: int = 1,
    decimals: int | None = 1,
    refused: NDArray[np.bool_] | None = None,
    columns: tuple[Any, ...] = COLUMNS,
) -> list[Finding]:
    """What a window of served rows says, after `edit` changed the columns in place."""
    changed = {name: column.copy() for name, column in visits(seed, decimals).items()}
    if edit is not None:
        edit(changed)
    window = table(changed, at, at + rows, refused)
    reference = learned(seed, decimals)
    return compare(
        counted(window, columns, None, reference),
        window,
        reference,
        columns,
        before=table(changed, at - 1_000, at, refused),
        yardstick=yardstick(seed, decimals, rows),
    )


def times(
    name: str, factor: float, first: int, stop: int = ROWS, share: float = 1.0, offset: float = 0.0
) -> Callable[[Columns], None]:
    """Multiply a column from row number `first` on (and add `offset`), on a share of the rows."""

    def edit(columns: Columns) -> None:
        rows = np.arange(1, ROWS + 1)
        hit = (rows >= first) & (rows < stop) & (np.random.default_rng(7).random(ROWS) < share)
        columns[name][hit] = columns[name][hit] * factor + offset

    return edit


def put(name: str, value: object, first: int, share: float = 1.0) -> Callable[[Columns], None]:
    """Put a value into a column from row number `first` on, on a share of the rows."""

    def edit(columns: Columns) -> None:
        hit = (np.arange(1, ROWS + 1) >= first) & (np.random.default_rng(7).random(ROWS) < share)
        columns[name] = columns[name].astype(object) if value is None else columns[name]
        columns[name][hit] = value

    return edit
