"""Programs and readings by hand: canonical tables as `tables.read` gives them, without files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from fieldguide.finding import Finding
from fieldguide.program import (
    BinaryLabel,
    Boolean,
    Category,
    Feature,
    Number,
    NumericLabel,
    Program,
    Question,
    Source,
    raw_columns,
)
from fieldguide.readiness.answers import Answer
from fieldguide.readiness.assess import assess
from fieldguide.tables.engines import duckdb as engine
from fieldguide.tables.read import Extent, Part, Reading
from fieldguide.tables.summary import Summary, summarize

NOW = datetime(2024, 6, 1, tzinfo=UTC)
START = datetime(2023, 1, 1, tzinfo=UTC)
SHARED = Path(__file__).parents[2].parent / "shared" / "data"


def feature(name: str, values: Any) -> Feature:
    """A feature of the kind of the values, described."""
    first = next((v for v in values if v is not None), 0.0)
    if isinstance(first, str):
        return Category(name, about="told")
    if isinstance(first, bool | np.bool_):
        return Boolean(name, about="told")
    return Number(name, about="told", unit="1")


def program(features: Sequence[Feature], **more: Any) -> Program:
    """A program with every blank answered; `more` replaces blanks of the source or the program."""
    answered: dict[str, Any] = {
        "key": "id", "time": "at", "owner": "web team", "license": "internal", "purpose": "product",
        "personal_data": "none", "sampling": "every visit, as logged",
    }  # fmt: skip
    own = {name: more.pop(name) for name in list(more) if name in ("label", "inputs", "question")}
    source = Source("visits.parquet", **{**answered, **more})
    own.setdefault("label", BinaryLabel("came_back", arrives_within=timedelta(days=7)))
    own.setdefault(
        "question", Question(ask="Will they come back?", one_row_is="a visit", decision="send a mail")
    )
    return Program(source=source, features=list(features), **own)


def hours(n: int, step: float = 1.0) -> pa.Array:
    """n instants from the start of 2023 on, `step` hours apart."""
    us = np.int64(START.timestamp() * 1e6) + (np.arange(n) * step * 3.6e9).astype(np.int64)
    return pa.array(us.astype("datetime64[us]")).cast(pa.timestamp("us", "UTC"))


def canonical(columns: Mapping[str, Any], label: Any, **beside: Any) -> pa.Table:
    """A canonical table; `beside` replaces the columns beside the raw ones (`key=`, `time=`, `event_1=` …)."""
    n = len(label)
    text, instant = pa.string(), pa.timestamp("us", "UTC")
    own: dict[str, Any] = {
        "__key": pa.array([f"k{i:06d}" for i in range(n)]),
        "__time": hours(n),
        "__entity": pa.nulls(n, text),
        "__label": pa.array([None if y is None else float(y) for y in label], pa.float64()),
        "__known_at": pa.nulls(n, instant),
        "__weight": pa.array(np.ones(n)),
    }
    own |= {f"__{name}": value for name, value in beside.items()}
    raw = {}
    for name, values in columns.items():
        if isinstance(values, pa.Array):
            raw[name] = values
        else:
            values = [None if v is None else v for v in values]
            kind = feature(name, values).kind
            given = {"number": pa.float64(), "category": text, "boolean": pa.bool_()}[kind]
            raw[name] = pa.array([v if v is None or kind != "number" else float(v) for v in values], given)
    return pa.table({**raw, **own})


def reading_of(table: pa.Table, made: Program, parts: Sequence[Part] = ()) -> Reading:
    """A reading of a canonical table that lives in memory."""
    connection = engine.connect()
    lives = engine.from_arrow(connection, table)
    times = table["__time"].drop_null().to_pylist()
    since, until = (min(times).isoformat(), max(times).isoformat()) if times else (None, None)
    extent = Extent(made.source.place, len(table), since, until, "a" * 16)
    columns = {name: str(kind) for name, kind in lives.schema().items()}
    main = Part(made.source.place, made.source, lives, columns=columns, files=("visits.parquet",))
    return Reading(lives, (main, *parts), extent)


def grade_findings(
    table: pa.Table,
    made: Program,
    *,
    again: bool = True,
    answers: Sequence[Answer] = (),
    parts: Sequence[Part] = (),
    summary: Summary | None = None,
    now: datetime = NOW,
) -> list[Finding]:
    """Everything that the checks say of a canonical table."""
    reading = reading_of(table, made, parts)
    counted = summary or summarize(reading.table, raw_columns(made))
    second = reading.extent if again else None
    return assess(made, reading, counted, now=now, again=second, answers=answers)


def visits(n: int = 2_000, seed: int = 0) -> tuple[dict[str, Any], np.ndarray[Any, Any]]:
    """Columns of a healthy table of visits, and whether the visitor came back."""
    r = np.random.default_rng(seed)
    seconds = r.lognormal(4.0, 1.0, n).round(1)
    age = r.integers(18, 91, n).astype(float)
    plan = r.choice(["free", "basic", "pro"], n, p=[0.6, 0.3, 0.1])
    score = 0.6 * (np.log(seconds) - 4) + 0.5 * (plan == "pro") - 1.0
    return {"seconds": seconds, "age": age, "plan": plan.tolist()}, r.random(n) < 1 / (1 + np.exp(-score))


class Make:
    """The helpers of this file, for tests (which cannot import a conftest)."""

    NOW, START, SHARED = NOW, START, SHARED
    feature, program, canonical, reading = (
        staticmethod(f) for f in (feature, program, canonical, reading_of)
    )
    findings, visits, hours = (staticmethod(f) for f in (grade_findings, visits, hours))
    label, numeric_label = BinaryLabel, NumericLabel

    @staticmethod
    def of(findings: Sequence[Finding], check: str) -> list[Finding]:
        """The findings of one check."""
        return [f for f in findings if f.check == check]

    @staticmethod
    def bad(findings: Sequence[Finding], verdict: str = "fail") -> dict[tuple[str, str | None], Finding]:
        """The findings of one verdict, by check and what they are about."""
        return {(f.check, f.about): f for f in findings if f.verdict == verdict}


@pytest.fixture(scope="session", name="make")
def make_fixture() -> type[Make]:
    """The helpers of this file."""
    return Make


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared data sets; skips where there is none."""
    if not SHARED.is_dir():
        pytest.skip(f"no shared data sets beside the repository ({SHARED})")
    return SHARED
