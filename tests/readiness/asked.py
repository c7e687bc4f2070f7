"""Simulated tables with a question: healthy ones of many kinds, and the same with one fault planted.

Each world is a pure function of a seed. Healthy worlds vary as products do: users with habits of their own,
days that hang together, seasons, growth, rare answers, coarse columns, labels that come late, amounts that go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from fieldguide.finding import Finding
from fieldguide.learning.layout import NumberColumn
from fieldguide.program import (
    Category,
    Feature,
    Label,
    Number,
    Program,
    Question,
    Source,
    raw_columns,
)
from fieldguide.readiness.appropriateness import light, run
from fieldguide.readiness.check import Queues
from fieldguide.tables import engines as engine
from fieldguide.tables.read import Extent, Part, Reading
from fieldguide.tables.summary import summarize

NOW = datetime(2026, 1, 1, tzinfo=UTC)
START = np.int64(datetime(2024, 1, 1, tzinfo=UTC).timestamp() * 1e6)
HOUR = 3_600_000_000
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class World:
    """Columns by name (arrays or lists), the label (NaN where unknown) and what is declared.

    `time` and `known` are microseconds since 1970; `key` and `entity` texts.
    """

    columns: dict[str, Any]
    y: Any
    label: Label
    time: Any = None
    key: Any = None
    entity: Any = None
    known: Any = None
    features: dict[str, Feature] = field(default_factory=dict)
    population: Any = None

    def take(self, rows: Any) -> World:
        """The world with some of its rows, or with rows twice."""
        rows = np.asarray(rows)

        def some(x: Any) -> Any:
            return None if x is None else np.asarray(x)[rows]

        return replace(
            self,
            columns={n: np.asarray(x)[rows] for n, x in self.columns.items()},
            y=some(self.y), time=some(self.time), key=some(self.key), entity=some(self.entity), known=some(self.known),
        )  # fmt: skip

    def with_column(self, name: str, values: Any, feature: Feature | None = None) -> World:
        """The world with one more column."""
        more = {} if feature is None else {name: feature}
        return replace(self, columns={**self.columns, name: values}, features={**self.features, **more})

    def feature(self, name: str) -> Feature:
        """The declaration of a column."""
        if name in self.features:
            return self.features[name]
        first = self.columns[name][0]
        return (
            Category(name, about="told") if isinstance(first, str) else Number(name, about="told", unit="1")
        )

    def program(self) -> Program:
        """The program that asks."""
        source = Source(
            "rows.parquet", key="id", time=None if self.time is None else "at",
            entity=None if self.entity is None else "who", owner="team", license="x", purpose="y", personal_data="none",
        )  # fmt: skip
        return Program(
            question=Question(
                ask="Will they?", one_row_is="a row", decision="act", population=self.population
            ),
            source=source,
            features=[self.feature(name) for name in self.columns],
            label=self.label,
            name="world",
        )

    def table(self) -> pa.Table:
        """The canonical table."""
        n = len(self.y)
        instant, text = pa.timestamp("us", "UTC"), pa.string()
        kinds = {"number": pa.float64(), "category": text, "timestamp": instant}
        made = {}
        for name, values in self.columns.items():
            kind = kinds[self.feature(name).kind]
            made[name] = _instants(values) if kind == instant else pa.array(values, kind, from_pandas=True)
        key = [f"k{i:06d}" for i in range(n)] if self.key is None else list(self.key)
        return pa.table(
            {
                **made,
                "__key": pa.array(key, text),
                "__time": pa.nulls(n, instant) if self.time is None else _instants(self.time),
                "__entity": pa.nulls(n, text) if self.entity is None else pa.array(list(self.entity), text),
                "__label": pa.array(np.asarray(self.y, float), pa.float64(), from_pandas=True),
                "__known_at": pa.nulls(n, instant) if self.known is None else _instants(self.known),
                "__weight": pa.array(np.ones(n)),
            }
        )

    def reading(self) -> Reading:
        """The reading of its table."""
        lives = engine.from_arrow(engine.connect(), self.table())
        source = self.program().source
        part = Part(source.place, source, lives)
        return Reading(lives, (part,), Extent(source.place, len(self.y), None, None, "a" * 16))

    def findings(
        self, checks: Sequence[str] = (), queues: Queues | None = None, earlier: Sequence[Finding] = ()
    ) -> list[Finding]:
        """What band A says; only some checks, where they are named."""
        program, reading = self.program(), self.reading()
        summary = summarize(reading.table, raw_columns(program))
        out: list[Finding] = []
        for names, make in run.steps(
            program, reading, summary, NOW, (), queues if queues is not None else {}, earlier
        ):
            if not checks or set(names) & set(checks):
                out += make()
        return out


def _instants(us: Any) -> pa.Array:
    return pa.array(np.asarray(us, dtype=np.int64).astype("datetime64[us]")).cast(pa.timestamp("us", "UTC"))


def coded(x: Any, bins: Sequence[light.Bins] | None = None) -> light.Coded:
    """Numbers (n, k) as codes, by bins of their own or by those of other rows."""
    if bins is None:
        made = [
            light.number_bins(f"x{j}", None, NumberColumn(v, np.zeros(len(x), np.bool_)))
            for j, v in enumerate(x.T)
        ]
        bins = [b for b in made if b is not None]
    codes = [
        np.searchsorted(b.edges, v, side="right")
        for b, v in zip(bins, x.T, strict=True)
        if b.edges is not None
    ]
    return light.Coded(tuple(bins), np.asfortranarray(np.column_stack(codes).astype(np.int32)))


def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(−x))."""
    return 1 / (1 + np.exp(-np.asarray(x)))


def walk(r: np.random.Generator, n: int, size: float, hold: float = 0.9) -> Any:
    """A level that wanders from day to day: an autoregression with this standard deviation."""
    x = np.zeros(n)
    for i in range(1, n):
        x[i] = hold * x[i - 1] + r.normal(0, size * np.sqrt(1 - hold**2))
    return x
