"""Simulated tables with a question: healthy ones of many kinds, and the same with one fault planted.

Each world is a pure function of a seed. Healthy worlds vary as products do: users with habits of their own,
days that hang together, seasons, growth, rare answers, coarse columns, labels that come late, amounts that go on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from fieldguide.finding import Finding
from fieldguide.learning.layout import NumberColumn
from fieldguide.program import (
    BinaryLabel,
    Category,
    CountLabel,
    Feature,
    Label,
    Number,
    NumericLabel,
    Program,
    Question,
    Source,
    Timestamp,
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


def visits(seed: int, n: int = 3_000) -> World:
    """Independent visits over months: three numbers, two categories, a quarter yes."""
    r = np.random.default_rng([1, seed])
    seconds, age = r.lognormal(4, 1, n).round(1), r.integers(18, 91, n).astype(float)
    pages = r.poisson(4, n).astype(float)
    plan = r.choice(["free", "basic", "pro"], n, p=[0.6, 0.3, 0.1])
    city = np.array([f"city{int(c)}" for c in r.zipf(1.6, n).clip(max=60)])
    score = 0.7 * (np.log(seconds) - 4) + 0.5 * (plan == "pro") + 0.1 * (pages - 4) - 1.3
    y = (r.random(n) < sigmoid(score)).astype(float)
    time = START + np.sort(r.integers(0, 200 * 24 * HOUR, n))
    columns = {"seconds": seconds, "age": age, "pages": pages, "plan": plan, "city": city}
    return World(columns, y, BinaryLabel("back", arrives_within=WEEK), time)


def users(seed: int, n: int = 4_000) -> World:
    """Users with attributes and habits of their own that come again and again; days that wander."""
    r = np.random.default_rng([2, seed])
    people = n // 12
    who = r.integers(0, people, n)
    age, plan = r.integers(18, 80, people).astype(float), r.choice(["free", "pro"], people)
    habit = r.normal(0, 1.0, people)
    day = np.sort(r.integers(0, 180, n))
    level, warm = walk(r, 180, 0.4), walk(r, 180, 5.0, 0.97) + 8 * np.sin(np.arange(180) / 30)
    seconds = np.exp(r.normal(4, 0.8, n) + 0.3 * habit[who])
    score = habit[who] + 0.4 * (plan[who] == "pro") + 0.3 * (np.log(seconds) - 4) + level[day] - 1
    y = (r.random(n) < sigmoid(score)).astype(float)
    time = START + day * 24 * HOUR + r.integers(0, 24 * HOUR, n)
    columns = {
        "seconds": seconds.round(2), "age": age[who], "plan": plan[who], "warm": (warm[day] + r.normal(0, 0.5, n)).round(1),
    }  # fmt: skip
    entity = np.array([f"u{i}" for i in who])
    return World(columns, y, BinaryLabel("bought", arrives_within=WEEK), time, entity=entity)


def growing(seed: int, n: int = 4_000) -> World:
    """A product that grows and drifts: mixes, levels and the base rate move with the weeks."""
    r = np.random.default_rng([3, seed])
    share = np.sort(r.random(n) ** 0.6)
    day = (share * 240).astype(int)
    price = np.exp(r.normal(3, 0.5, n) + 0.4 * share).round(2)
    channel = np.where(r.random(n) < 0.2 + 0.5 * share, "app", np.where(r.random(n) < 0.5, "web", "shop"))
    load = 50 + 20 * np.sin(2 * np.pi * day / 7) + walk(r, 241, 8)[day] + r.normal(0, 5, n)
    score = (
        -0.8 * (np.log(price) - 3) + 0.6 * (channel == "app") + 1.5 * (share - 0.5) + 0.01 * (load - 50) - 0.5
    )
    y = (r.random(n) < sigmoid(score)).astype(float)
    time = START + day * 24 * HOUR + r.integers(0, 24 * HOUR, n)
    return World(
        {"price": price, "channel": channel, "load": load.round(1)},
        y,
        BinaryLabel("paid", arrives_within=WEEK),
        time,
    )


def rare(seed: int, n: int = 8_000) -> World:
    """Clicks: one in a hundred."""
    r = np.random.default_rng([4, seed])
    item = np.array([f"item{int(i)}" for i in r.integers(0, 40, n)])
    score, hour = r.normal(0, 1, n).round(3), r.integers(0, 24, n).astype(float)
    y = (r.random(n) < sigmoid(0.8 * score - 4.9)).astype(float)
    y[:12] = 1.0
    time = START + np.sort(r.integers(0, 30 * 24 * HOUR, n))
    return World(
        {"item": item, "score": score, "hour": hour},
        y,
        BinaryLabel("click", arrives_within=timedelta(hours=1)),
        time,
    )


def coarse(seed: int, n: int = 3_000) -> World:
    """A survey: few values in each column, so that many rows are alike by nature; no times; an interaction."""
    r = np.random.default_rng([5, seed])
    a, b, c, d = (r.integers(0, k, n) for k in (3, 4, 2, 5))
    score = 0.5 * (a - 1) + 0.9 * ((b + c) % 2) - 0.7 + 0.2 * (d == 4)
    y = (r.random(n) < sigmoid(score)).astype(float)
    columns = {m: np.array([f"{m}{v}" for v in x]) for m, x in zip("abcd", (a, b, c, d), strict=True)}
    return World(columns, y, BinaryLabel("agrees", arrives_within=WEEK))


def sensors(seed: int, n: int = 3_000) -> World:
    """Ten machines hour by hour: what is asked is the temperature of the next hour."""
    r = np.random.default_rng([6, seed])
    hours, machines = n // 10 + 1, 10
    heat = np.stack([60 + 5 * m + walk(r, hours, 8, 0.95) for m in range(machines)], axis=1).round(1)
    load = r.gamma(4, 10, (hours, machines)).round(1)
    columns = {
        "heat": heat[:-1].ravel(), "load": load[:-1].ravel(),
        "machine": np.tile(np.array([f"m{i}" for i in range(machines)]), hours - 1),
    }  # fmt: skip
    time = START + np.repeat(np.arange(hours - 1), machines) * HOUR
    return World(
        columns, heat[1:].ravel(), NumericLabel("next_heat", arrives_within=timedelta(hours=1)), time,
        entity=columns["machine"],
    )  # fmt: skip


def amounts(seed: int, n: int = 3_000) -> World:
    """What customers spend: amounts with a long tail, last month's among the columns; no times."""
    r = np.random.default_rng([7, seed])
    wealth = r.normal(0, 1, n)
    last = np.exp(3 + wealth + r.normal(0, 0.4, n)).round(2)
    spent = np.exp(3 + wealth + r.normal(0, 0.4, n)).round(2)
    columns = {
        "last": last,
        "age": r.integers(18, 80, n).astype(float),
        "visits": r.poisson(3 + 2 * (wealth > 0), n).astype(float),
    }
    return World(columns, spent, NumericLabel("spent", arrives_within=WEEK))


def counts(seed: int, n: int = 3_000) -> World:
    """Shares of posts: counts with a long tail over a year."""
    r = np.random.default_rng([8, seed])
    followers = np.exp(r.normal(6, 1.2, n)).round()
    length = r.integers(10, 280, n).astype(float)
    kind = r.choice(["text", "photo", "video"], n)
    y = r.poisson(np.exp(0.6 * np.log(followers) - 3 + 0.5 * (kind == "video") + r.normal(0, 0.6, n))).astype(
        float
    )
    time = START + np.sort(r.integers(0, 360 * 24 * HOUR, n))
    return World(
        {"followers": followers, "length": length, "kind": kind},
        y,
        CountLabel("shares", arrives_within=WEEK),
        time,
    )


def late_labels(seed: int, n: int = 4_000) -> World:
    """Labels that come after hours or days, both answers alike; the youngest rows have none yet, some never get one."""
    world = visits(seed, n)
    r = np.random.default_rng([9, seed])
    delay = np.minimum(r.exponential(20, n), 160) * HOUR
    known = world.time + delay.astype(np.int64) + 60_000_000
    end = world.time.max()
    y = np.where((known > end) | (r.random(n) < 0.03), np.nan, world.y)
    return replace(world, y=y, known=known, label=BinaryLabel("back", arrives_within=WEEK, known_at="known"))


def strong(seed: int, n: int = 3_000) -> World:
    """One honest column that says a great deal (an AUC of 0.9), others that say little."""
    r = np.random.default_rng([10, seed])
    y = (r.random(n) < 0.3).astype(float)
    time = START + np.sort(r.integers(0, 100 * 24 * HOUR, n))
    columns = {
        "risk": (r.normal(0, 1, n) + 1.8 * y).round(3),
        "age": r.integers(18, 80, n).astype(float),
        "noise": r.normal(0, 1, n),
    }
    return World(columns, y, BinaryLabel("fails", arrives_within=WEEK), time)


def missing(seed: int, n: int = 3_000) -> World:
    """Columns with values missing for reasons of their own, some of them related to the answer; few labels lack."""
    world = visits(seed, n)
    r = np.random.default_rng([11, seed])
    age = np.where(r.random(n) < 0.2 + 0.1 * world.y, np.nan, world.columns["age"])
    seconds = np.where(r.random(n) < 0.05, np.nan, world.columns["seconds"])
    y = np.where(r.random(n) < 0.1, np.nan, world.y)
    return replace(world, columns={**world.columns, "age": age, "seconds": seconds}, y=y)


def planned(seed: int, n: int = 3_000) -> World:
    """Rows that know when something is due: instants ahead of the prediction, by plan."""
    world = visits(seed, n)
    r = np.random.default_rng([12, seed])
    due = world.time + (r.normal(20, 30, n) * 24 * HOUR).astype(np.int64)
    return world.with_column("due", due, Timestamp("due", parts=("hour",), about="when it is due"))


HEALTHY: dict[str, Callable[[int], World]] = {
    f.__name__: f
    for f in (
        visits,
        users,
        growing,
        rare,
        coarse,
        sensors,
        amounts,
        counts,
        late_labels,
        strong,
        missing,
        planned,
    )
}


# ---- faults


def too_soon_declared(seed: int) -> World:
    """Labels take up to a week, and two days are declared."""
    world = late_labels(seed)
    r = np.random.default_rng([21, seed])
    known = world.time + (r.gamma(2, 15, len(world.y)) * HOUR).astype(np.int64) + 60_000_000
    y = np.where(known > world.time.max(), np.nan, visits(seed, len(world.y)).y)
    return replace(
        world, y=y, known=known, label=BinaryLabel("back", arrives_within=timedelta(days=1), known_at="known")
    )


def early_yes(seed: int) -> World:
    """A yes is known within hours, a no only when the month is over; the youngest rows hold the early answers."""
    world = visits(seed, 4_000)
    month = 30 * 24 * HOUR
    r = np.random.default_rng([22, seed])
    delay = np.where(world.y > 0, (r.exponential(10, len(world.y)) * HOUR).astype(np.int64), month - HOUR)
    known = world.time + np.minimum(delay, month - HOUR) + 60_000_000
    y = np.where(known > world.time.max(), np.nan, world.y)
    label = BinaryLabel("back", arrives_within=timedelta(days=30), known_at="known")
    return replace(world, y=y, known=known, label=label)


def outcomes_own_time(seed: int) -> World:
    """An instant among the columns is when the label became known, under another name."""
    world = late_labels(seed)
    touched = np.where(np.isnan(world.y), world.time, world.known)
    return world.with_column("touched", touched, Timestamp("touched", parts=("hour",), about="last touched"))


def measured_after(seed: int) -> World:
    """A number that is mostly the label: a delay at departure for a late arrival."""
    world = visits(seed)
    r = np.random.default_rng([23, seed])
    return world.with_column(
        "minutes", np.where(world.y > 0, r.gamma(9, 4, len(world.y)), r.gamma(2, 4, len(world.y))).round()
    )


def a_sum(seed: int) -> World:
    """The label is the sum of two columns, less a third."""
    world = amounts(seed)
    r = np.random.default_rng([24, seed])
    a, b, c = (r.gamma(2, 20, len(world.y)).round(2) for _ in range(3))
    return replace(world, columns={**world.columns, "shop": a, "web": b, "returned": c}, y=a + b - c)


def a_product(seed: int) -> World:
    """The label is a price times a quantity."""
    world = amounts(seed)
    r = np.random.default_rng([25, seed])
    price, pieces = np.exp(r.normal(2, 0.7, len(world.y))).round(2), 1.0 + r.poisson(3, len(world.y))
    return replace(
        world, columns={**world.columns, "price": price, "pieces": pieces}, y=(price * pieces).round(2)
    )


def told_by_many(seed: int) -> World:
    """Six columns, none of which decides the label alone, do so together: a threshold of their sum."""
    world = visits(seed, 6_000)
    r = np.random.default_rng([26, seed])
    parts = [r.normal(0, 1, len(world.y)) for _ in range(6)]
    made = {f"part{i}": p.round(3) for i, p in enumerate(parts)}
    return replace(world, columns={**world.columns, **made}, y=(sum(parts) > 1.2).astype(float))


def named_by_answer(seed: int) -> World:
    """The keys of yes rows begin otherwise than those of no rows."""
    world = visits(seed)
    key = [f"{'pos' if v else 'neg'}-{i}" for i, v in enumerate(world.y.tolist())]
    return replace(world, key=np.array(key))


def numbered_by_answer(seed: int) -> World:
    """The numbers of yes rows were given out before those of no rows; rows come in the order of time."""
    world = visits(seed)
    r = np.random.default_rng([27, seed])
    number = np.where(world.y > 0, 0, 10_000) + r.permutation(len(world.y))
    return replace(world, key=np.array([f"{i:05d}" for i in number]))


def in_folders(seed: int) -> World:
    """A column of file names in folders by answer."""
    world = visits(seed)
    return world.with_column(
        "file", np.array([f"{'b' if v else 'a'}/{i}.jpg" for i, v in enumerate(world.y.tolist())])
    )


def filled_in_later(seed: int) -> World:
    """A reason is written down for yes rows only."""
    world = visits(seed)
    r = np.random.default_rng([28, seed])
    reason = np.where(world.y > 0, r.choice(["price", "taste"], len(world.y)), None)
    return world.with_column("reason", reason.tolist(), Category("reason", about="why"))


def copied(seed: int, share: float = 0.05) -> World:
    """Rows of the past come again later under new keys."""
    world = users(seed)
    world = replace(world, entity=None)
    n = len(world.y)
    r = np.random.default_rng([29, seed])
    again = r.choice(int(0.7 * n), int(share * n), replace=False)
    both = world.take(np.concatenate([np.arange(n), again]))
    time = both.time.copy()
    time[n:] = r.choice(world.time[int(0.8 * n) :], len(again))
    return replace(both, time=time)


def nearly_copied(seed: int) -> World:
    """As `copied`, with one column read anew."""
    world = copied(seed)
    r = np.random.default_rng([30, seed])
    n = len(users(seed).y)
    warm = np.asarray(world.columns["warm"]).copy()
    warm[n:] = (warm[n:] + r.normal(0, 1, len(warm) - n)).round(1)
    more = {f"x{i}": np.concatenate([x := r.normal(0, 1, n).round(3), x[:0]]) for i in range(2)}
    again = np.random.default_rng([29, seed]).choice(int(0.7 * n), int(0.05 * n), replace=False)
    more = {name: np.concatenate([x, x[again]]) for name, x in more.items()}
    return replace(world, columns={**world.columns, **more, "warm": warm})


def copies_without_time(seed: int) -> World:
    """One row in ten comes twice; there are no times."""
    world = amounts(seed)
    n = len(world.y)
    r = np.random.default_rng([31, seed])
    return world.take(np.concatenate([np.arange(n), r.choice(n, n // 10, replace=False)]))


def batches(seed: int, n: int = 6_000) -> World:
    """Columns know the batch (a day) of a row, and batches differ in their answers: nothing of it lasts."""
    r = np.random.default_rng([32, seed])
    days = 200
    day = np.sort(r.integers(0, days, n))
    chance, code = sigmoid(r.normal(-0.5, 2.5, days)), r.normal(0, 10, (8, days))
    y = (r.random(n) < chance[day]).astype(float)
    time = START + day * 24 * HOUR + r.integers(0, 24 * HOUR, n)
    columns = {f"reading{i}": (code[i][day] + r.normal(0, 0.05, n)).round(3) for i in range(4)}
    return World(
        {**columns, "noise": r.normal(0, 1, n).round(3)}, y, BinaryLabel("broken", arrives_within=WEEK), time
    )


FAULTS: dict[str, tuple[Callable[[int], World], str]] = {
    "arrives_within too short": (too_soon_declared, "label_matures"),
    "a yes is known sooner": (early_yes, "label_matures"),
    "the outcome's own time": (outcomes_own_time, "columns_before_prediction"),
    "measured after the fact": (measured_after, "column_knows_label"),
    "a sum is the label": (a_sum, "columns_make_label"),
    "a product is the label": (a_product, "columns_make_label"),
    "many together decide": (told_by_many, "columns_make_label"),
    "keys named by the answer": (named_by_answer, "order_knows_label"),
    "keys numbered by the answer": (numbered_by_answer, "order_knows_label"),
    "folders by the answer": (in_folders, "order_knows_label"),
    "filled in for yes only": (filled_in_later, "missing_knows_label"),
    "rows copied into the next period": (copied, "rows_in_both_parts"),
    "near copies": (nearly_copied, "rows_in_both_parts"),
    "copies, no times": (copies_without_time, "rows_in_both_parts"),
    "batches": (batches, "skill_lasts"),
}
"""A fault, and the check that must say so."""
