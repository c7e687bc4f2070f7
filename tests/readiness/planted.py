"""Simulated tables without a question: healthy ones of many kinds, and the same with one fault planted.

Each world is a pure function of a seed. Healthy worlds vary as products do: users with habits of their own, days
and sensors that hang together, nights and weekends, growth, heavy tails, zeros, counts, coarse columns.
`bench/detectors.py` runs them over 200 seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from fieldguide.finding import Finding
from fieldguide.program import Boolean, Category, Feature, Number, Source, Timestamp
from fieldguide.readiness.faithfulness import run
from fieldguide.readiness.faithfulness.view import Faithful
from fieldguide.tables import engines as engine
from fieldguide.tables.clocks import changes
from fieldguide.tables.summary import Blocks, summarize

NOW = datetime(2026, 1, 1, tzinfo=UTC)
START = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp() * 1e6)
HOUR, DAY = 3_600_000_000, 86_400_000_000
ZONE = "America/New_York"
Numbers = np.ndarray[Any, Any]


@dataclass(frozen=True)
class World:
    """Columns by name (arrays, lists), microseconds of each row since 1970, and what is declared."""

    columns: dict[str, Any]
    time: Numbers | None
    entity: Numbers | None = None
    units: Mapping[str, str] = field(default_factory=dict)
    zone: str = "UTC"
    key: list[str] | None = None
    weight: Numbers | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    high: Mapping[str, float] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def put(self, name: str, values: Any) -> World:
        """The world with a column replaced or added."""
        return replace(self, columns={**self.columns, name: values})


def features(w: World) -> list[Feature]:
    """The declarations of the columns."""
    made: list[Feature] = []
    for name, values in w.columns.items():
        first = next((v for v in values if v is not None), 0.0)
        if isinstance(values, pa.Array):
            made.append(Timestamp(name))
        elif isinstance(first, str):
            made.append(Category(name))
        elif isinstance(first, bool | np.bool_):
            made.append(Boolean(name))
        else:
            made.append(Number(name, unit=w.units.get(name), high=w.high.get(name)))
    return made


def instants(us: Any) -> pa.Array:
    """Instants from microseconds since 1970; masked where negative."""
    return pa.array(np.asarray(us, dtype=np.int64).astype("datetime64[us]")).cast(pa.timestamp("us", "UTC"))


def view(w: World) -> Faithful:
    """What band B sees of a world."""
    n, made = len(w), features(w)
    raw: dict[str, Any] = {}
    for f in made:
        values = w.columns[f.name]
        if f.kind == "number":
            raw[f.name] = pa.array(np.asarray(values, dtype=np.float64), from_pandas=True)
        else:
            raw[f.name] = values if isinstance(values, pa.Array) else pa.array(list(values))
    key = w.key or [f"k{i:06d}" for i in range(n)]
    entity = pa.nulls(n, pa.string()) if w.entity is None else pa.array([f"e{e}" for e in w.entity.tolist()])
    beside = {
        "__key": pa.array(key),
        "__time": pa.nulls(n, pa.timestamp("us", "UTC")) if w.time is None else instants(w.time),
        "__entity": entity,
        "__weight": pa.array(np.ones(n) if w.weight is None else w.weight),
    }
    connection = engine.connect()
    table = engine.from_arrow(connection, pa.table({**raw, **beside}))
    came = {"id": pa.array(key), **({} if w.time is None else {"at": beside["__time"]})}
    plain = engine.from_arrow(connection, pa.table({**raw, **came}))
    timed = w.time is not None
    return Faithful(
        table=table,
        rows=n,
        summary=summarize(table, made, slices=Blocks() if timed else None),
        features=tuple(made),
        key=("id",),
        entity="user" if w.entity is not None else None,
        timed=timed,
        joined=(),
        raw=plain,
        source=Source(
            "rows.parquet", key="id", time="at" if timed else None, timezone=w.zone,
            weight="weight" if w.weight is not None else None, **w.more,
        ),
        accepted="a test",
    )  # fmt: skip


def findings(w: World) -> list[Finding]:
    """Everything that band B says of a world."""
    return [f for _, make in run.steps(view(w), NOW, {}) for f in make()]


def alarms(found: list[Finding]) -> set[tuple[str, str | None]]:
    """What fails or is worth a look: (check, column)."""
    return {(f.check, f.about) for f in found if f.verdict != "pass" or f.next}


def ar(r: np.random.Generator, n: int, keep: float, spread: float = 1.0) -> Numbers:
    """A series in which each value keeps a part of the last: deviation `spread`."""
    out = np.zeros(n)
    noise = r.normal(0, spread * np.sqrt(1 - keep**2), n)
    for i in range(1, n):
        out[i] = keep * out[i - 1] + noise[i]
    return out


def arrivals(r: np.random.Generator, n: int, days: int, zone: str = "UTC", weekend: float = 0.6) -> Numbers:
    """Instants of n visits over some days: by the hour of the local day, fewer at weekends, some days better than others."""
    hours = np.arange(days * 24)
    us = START + hours * HOUR
    clock = us + offset(us, zone)
    of_day = clock // HOUR % 24
    rate = np.exp(1.6 * np.cos((of_day - 15) / 24 * 2 * np.pi)) * np.where(clock // DAY % 7 < 2, weekend, 1.0)
    rate = rate * np.repeat(np.exp(0.25 * ar(r, days, 0.7)), 24) * np.linspace(1, 1.5, len(hours))
    hour = r.choice(hours, n, p=rate / rate.sum())
    return np.sort(START + hour * HOUR + r.integers(0, 3600, n) * 1_000_000)


def offset(us: Numbers, zone: str) -> Numbers:
    """By how much the wall clock of a zone is ahead of UTC."""
    steps = changes(zone, 2023, 2026)
    begins = np.array([at for at, _ in steps])
    return np.array([by for _, by in steps])[np.searchsorted(begins, us, side="right") - 1]


def visits(seed: int, n: int = 3_000) -> World:
    """Users with habits of their own, some of whom come far more often than others."""
    r = np.random.default_rng([1, seed])
    users = 400
    who = (r.zipf(1.5, n) % users).astype(np.int64)
    age, habit = r.integers(18, 91, users), r.normal(4, 0.6, users)
    plan = np.array(["free", "basic", "pro"])[r.choice(3, users, p=[0.6, 0.3, 0.1])]
    seconds = np.exp(habit[who] + r.normal(0, 0.8, n)).round(1)
    return World(
        {
            "seconds": seconds,
            "pages": r.poisson(1 + seconds / 60).astype(float),
            "age": age[who].astype(float),
            "plan": plan[who].tolist(),
            "spent": np.where(r.random(n) < 0.8, 0.0, np.round(r.lognormal(3, 1.2, n), 2)),
            "rating": r.integers(1, 6, n).astype(float),
            "returning": (r.random(n) < 0.3).tolist(),
        },
        arrivals(r, n, 120, ZONE),
        who,
        {"seconds": "second", "age": "year", "spent": "USD"},
        ZONE,
    )


def weather(seed: int, n: int = 4_000) -> World:
    """Hourly readings: seasons, days, spells; a knot is a step of the wind; no rain mostly; visibility ends at 10."""
    r = np.random.default_rng([2, seed])
    t = np.arange(n)
    slow = ar(r, n, 0.97, 4.0)
    temp = 12 + 9 * np.sin(2 * np.pi * (t / 24 - 100) / 365) + 5 * np.sin(2 * np.pi * (t - 9) / 24) + slow
    dry = ar(r, n, 0.95)
    humid = np.clip(70 - 1.2 * (temp - 12) + 12 * dry, 8, 100)
    wet = (humid > 88) & (r.random(n) < 0.6)
    return World(
        {
            "temp": temp.round(1),
            "dewp": (temp - (100 - humid) / 5).round(1),
            "humid": humid.round(2),
            "wind_speed": np.round(np.maximum(0, 8 + 4 * ar(r, n, 0.9))) * 1.15078,
            "precip": np.where(wet, r.exponential(0.05, n).round(2), 0.0),
            "pressure": (1015 + ar(r, n, 0.995, 7.0)).round(1),
            "visib": np.where(wet, np.clip(np.round(r.gamma(4, 1, n), 1), 0, 10), 10.0),
            "cloud": np.array(["clear", "few", "broken", "overcast"])[np.clip((humid / 25).astype(int), 0, 3)].tolist(),
        },
        START + t * HOUR,
        None,
        {"temp": "degree Celsius", "dewp": "degree Celsius", "humid": "percent", "wind_speed": "mile/hour",
         "precip": "inch", "pressure": "millibar", "visib": "mile"},
        high={"visib": 10.0},
    )  # fmt: skip


def sales(seed: int, n: int = 3_000) -> World:
    """Orders of a shop that is closed on Sundays: heavy tails, prices that end in 99, customers that return."""
    r = np.random.default_rng([3, seed])
    customers = (r.zipf(1.7, n) % 900).astype(np.int64)
    prices = np.round(r.lognormal(3, 1, 150)) - 0.01
    product = (r.zipf(1.4, n) % 150).astype(np.int64)
    quantity = 1 + r.geometric(0.6, n) - 1
    day = np.sort(r.choice(np.arange(300), n, p=_shares(r, 300, closed=6)))
    return World(
        {
            "price": np.maximum(prices[product], 0.49),
            "quantity": quantity.astype(float),
            "amount": np.round(np.maximum(prices[product], 0.49) * quantity, 2),
            "revenue": np.round(r.lognormal(6, 2.2, n), 2),
            "discount": np.where(r.random(n) < 0.9, 0.0, r.choice([5.0, 10.0, 20.0], n)),
            "product": [f"p{p:03d}" for p in product],
            "country": np.array(["SE", "NO", "DK", "FI", "DE"])[r.choice(5, n, p=[0.5, 0.2, 0.15, 0.1, 0.05])].tolist(),
            "stock": np.maximum(0, 500 - (np.arange(n) % 250) * 2 + r.integers(0, 9, n)).astype(float),
        },
        START + day * DAY + r.integers(8 * 3600, 19 * 3600, n) * 1_000_000,
        customers,
        {"price": "EUR", "amount": "EUR", "revenue": "EUR"},
    )  # fmt: skip


def people(seed: int, n: int = 2_500) -> World:
    """A survey of persons: no time; most work 40 hours; sizes that go together; pressure of the blood."""
    r = np.random.default_rng([4, seed])
    sex = r.random(n) < 0.5
    height = r.normal(np.where(sex, 1.78, 1.65), 0.07)
    weight = 22 * height**2 * np.exp(r.normal(0.1, 0.18, n))
    age = r.integers(18, 95, n).astype(float)
    return World(
        {
            "age": age,
            "sex": np.where(sex, "m", "f").tolist(),
            "height": height.round(2),
            "weight": weight.round(1),
            "systolic_pressure": np.round(100 + 0.5 * age + r.normal(0, 12, n)),
            "income": np.round(r.lognormal(10.3, 0.6, n)),
            "hours_per_week": np.where(r.random(n) < 0.5, 40.0, np.clip(np.round(r.normal(36, 11, n)), 1, 90)),
            "children": r.poisson(1.2, n).astype(float),
            "satisfaction": r.integers(0, 11, n).astype(float),
            "region": np.array([f"r{i}" for i in range(12)])[r.integers(0, 12, n)].tolist(),
        },
        None,
        None,
        {"age": "year", "height": "meter", "weight": "kilogram", "systolic_pressure": "millimeter of mercury",
         "income": "USD", "hours_per_week": "hour/week"},
    )  # fmt: skip


def machines(seed: int, n: int = 3_600) -> World:
    """Twelve machines read every ten minutes: wear that is set back, loads that follow each other, faults that are rare."""
    r = np.random.default_rng([5, seed])
    m, steps = 12, n // 12
    load = np.stack([ar(r, steps, 0.97) for _ in range(m)], axis=1)
    heat = np.stack([ar(r, steps, 0.99) for _ in range(m)], axis=1)
    rpm = 1500 + 120 * load + r.normal(0, 25, (steps, m))
    torque = 40 - 8 * load + r.normal(0, 2, (steps, m))
    wear = (np.arange(steps)[:, None] * 3 + r.integers(0, 200, m)) % r.integers(190, 240, m)
    who = np.tile(np.arange(m), steps)
    return World(
        {
            "rpm": rpm.ravel().round(),
            "torque": torque.ravel().round(1),
            "heat": (310 + 4 * load + 3 * heat + r.normal(0, 0.3, (steps, m))).ravel().round(1),
            "wear": wear.ravel().astype(float),
            "vibration": np.exp(r.normal(-1, 0.4, n) + 0.3 * load.ravel()),
            "kind": np.array(["L", "M", "H"])[np.arange(m) % 3][who].tolist(),
            "errors": r.poisson(0.05, n).astype(float),
        },
        START + np.repeat(np.arange(steps), m) * HOUR // 6,
        who,
        {"torque": "Nm", "heat": "kelvin", "rpm": "1/min"},
    )


def panel(seed: int, n: int = 3_000) -> World:
    """Thirty shops a day each: counts that vary more than by chance, shares, a price level that grows."""
    r = np.random.default_rng([6, seed])
    shops, days = 30, n // 30
    size, t = r.lognormal(3, 0.6, shops), np.repeat(np.arange(days), shops)
    level = np.exp(0.2 * ar(r, days, 0.8))[t] * np.where(t % 7 < 5, 1.0, 1.4)
    who = np.tile(np.arange(shops), days)
    sold = r.negative_binomial(4, 4 / (4 + size[who] * level)).astype(float)
    return World(
        {
            "sold": sold,
            "visitors": sold * 3 + r.poisson(20, n),
            "returned": r.binomial(sold.astype(int), 0.04).astype(float),
            "share_online": r.beta(2, 5, n).round(3),
            "staff": r.integers(1, 9, n).astype(float),
            "promotion": (r.random(n) < 0.1).tolist(),
            "index": (100 * 1.0004**t * np.exp(r.normal(0, 0.002, n))).round(3),
        },
        START + t * DAY + 18 * HOUR,
        who,
        {"share_online": "1"},
    )


HEALTHY: dict[str, Callable[[int], World]] = {
    "visits": visits, "weather": weather, "sales": sales, "people": people, "machines": machines, "panel": panel,
}  # fmt: skip


def _shares(r: np.random.Generator, days: int, closed: int) -> Numbers:
    rate = np.exp(0.3 * ar(r, days, 0.6)) * np.where(np.arange(days) % 7 == closed, 0.0, 1.0)
    return np.asarray(rate / rate.sum())


def some(w: World, seed: int, share: float) -> Numbers:
    """Rows at random."""
    return np.random.default_rng([7, seed]).random(len(w)) < share


def stretch(w: World, seed: int, rows: int) -> slice:
    """A stretch of rows in the order of time."""
    at = int(np.random.default_rng([8, seed]).integers(len(w) // 10, len(w) - rows - len(w) // 10))
    return slice(at, at + rows)


def changed(values: Any, where: Any, to: Any) -> Any:
    """Values of which some are set or replaced."""
    out = np.array(values, dtype=object if isinstance(values, list) else np.float64)
    out[where] = to(out[where]) if callable(to) else to
    return out.tolist() if isinstance(values, list) else out


def sorted_apart(w: World, name: str, where: slice) -> World:
    """The world with one column sorted on a stretch, the others left as they are."""
    return w.put(name, changed(w.columns[name], where, np.sort))


def shifted(w: World, name: str, where: slice) -> World:
    """The world with one column shifted by rows on a stretch."""
    by = (where.stop - where.start) // 3
    return w.put(name, changed(w.columns[name], where, lambda x: np.roll(x, by)))


def repeated(w: World, rows: int) -> World:
    """The world with a stretch of rows copied onto a later one, under the keys and times of that."""
    a, b = len(w) // 8, len(w) // 2
    columns = {}
    for name, values in w.columns.items():
        out = np.array(values, dtype=object if isinstance(values, list) else np.float64)
        out[b : b + rows] = out[a : a + rows]
        columns[name] = out.tolist() if isinstance(values, list) else out
    return replace(w, columns=columns)


def without(w: World, keep: Numbers) -> World:
    """The world with some rows only."""
    columns = {
        name: [v for v, k in zip(values, keep.tolist(), strict=True) if k]
        if isinstance(values, list)
        else values[keep]
        for name, values in w.columns.items()
    }
    return replace(
        w,
        columns=columns,
        time=None if w.time is None else w.time[keep],
        entity=None if w.entity is None else w.entity[keep],
    )


@dataclass(frozen=True)
class Fault:
    """A fault in a healthy world: what plants it, and where it must be found."""

    base: str
    plant: Callable[[World, int], World]
    check: str
    about: str | None


def _times(w: World, us: Numbers) -> World:
    return replace(w, time=us)


def _moved(w: World, seed: int) -> World:
    """Times on a clock without summer time, read as those of a zone that has it."""
    assert w.time is not None
    long = visits_of_a_year(seed)
    assert long.time is not None
    clock = long.time + offset(
        long.time, ZONE
    )  # what the wall clock shows, read as if it were fixed to UTC − 5
    return _times(long, clock + 5 * HOUR)


def visits_of_a_year(seed: int, n: int = 40_000) -> World:
    """Many visits over a year, of few columns."""
    r = np.random.default_rng([9, seed])
    return World({"seconds": r.lognormal(4, 0.8, n).round(1)}, arrivals(r, n, 366, ZONE), None, {}, ZONE)


def _doubled(w: World, seed: int) -> World:
    """Hourly times written without an offset where clocks change, read back as the contract reads them."""
    r = np.random.default_rng([10, seed])
    n = 8 * 24 * 45
    us = START + 270 * DAY + np.arange(n) * HOUR // 8
    clock = us + offset(us, ZONE)
    steps = changes(ZONE, 2024, 2024)
    begins = np.array([at + by for at, by in steps])
    offsets = np.array([by for _, by in steps])
    again = clock - offsets[np.searchsorted(begins, clock, side="right") - 1]
    return World({"x": ar(r, n, 0.9).round(2)}, np.sort(again), None, {}, ZONE)


def _invented(w: World, seed: int) -> World:
    r = np.random.default_rng([11, seed])
    fake = np.floor(r.uniform(1, 10, len(w)) * 10.0 ** r.integers(2, 6, len(w)))
    return w.put("revenue", np.where(r.random(len(w)) < 0.5, fake, w.columns["revenue"]))


def _late(w: World, seed: int) -> World:
    assert w.time is not None
    gone = some(w, seed, 0.003)
    return _times(w, np.where(gone, w.time - 20 * HOUR, w.time))


def _reset(w: World, seed: int) -> World:
    assert w.time is not None
    back = stretch(w, seed, 200)
    us = w.time.copy()
    us[back] -= 400 * DAY
    return _times(w, us)


FAULTS: dict[str, Fault] = {
    "Celsius declared, Fahrenheit given": Fault(
        "weather", lambda w, s: w.put("temp", w.columns["temp"] * 1.8 + 32), "plausible_values", "temp"),
    "colder than absolute zero, 5 rows": Fault(
        "machines", lambda w, s: w.put("heat", changed(w.columns["heat"], slice(90, 95), -40.0)), "plausible_values", "heat"),
    "milliseconds among seconds, 20 %": Fault(
        "visits", lambda w, s: w.put("seconds", changed(w.columns["seconds"], some(w, s, 0.2), lambda x: x * 1000)),
        "mixed_units", "seconds"),
    "feet among meters, 30 %": Fault(
        "people", lambda w, s: w.put("height", changed(w.columns["height"], some(w, s, 0.3), lambda x: x * 3.28084)),
        "mixed_units", "height"),
    "-999, 1 %": Fault("weather", lambda w, s: w.put("temp", changed(w.columns["temp"], some(w, s, 0.01), -999.0)),
                       "default_values", "temp"),
    "99 on a scale to 10, 2 %": Fault(
        "people", lambda w, s: w.put("satisfaction", changed(w.columns["satisfaction"], some(w, s, 0.02), 99.0)),
        "default_values", "satisfaction"),
    "blood pressure 0, 1 %": Fault(
        "people", lambda w, s: w.put("systolic_pressure", changed(w.columns["systolic_pressure"], some(w, s, 0.01), 0.0)),
        "default_values", "systolic_pressure"),
    "'unknown', 3 %": Fault("people", lambda w, s: w.put("region", changed(w.columns["region"], some(w, s, 0.03), "unknown")),
                            "default_values", "region"),
    "cut off at the 98th percentile": Fault(
        "people", lambda w, s: w.put("income", np.minimum(w.columns["income"], np.quantile(w.columns["income"], 0.98))),
        "capped_values", "income"),
    "5 rows in 1970": Fault("visits", lambda w, s: _times(w, changed(w.time, slice(0, 5), 0.0).astype(np.int64)),
                            "possible_times", None),
    "3 rows two years early": Fault(
        "visits", lambda w, s: _times(w, changed(w.time, slice(0, 3), lambda t: t - 800 * DAY).astype(np.int64)),
        "possible_times", None),
    "no summer time in a zone that has it": Fault("visits", _moved, "clocks", None),
    "naive times where the clocks go back": Fault("weather", _doubled, "clocks", None),
    "dates among times, 5 %": Fault(
        "visits", lambda w, s: _times(w, np.where(some(w, s, 0.05), w.time // DAY * DAY + 5 * HOUR, w.time)), "clocks", None),
    "late rows, 0.3 %": Fault("machines", _late, "clocks", None),
    "a clock set back": Fault("machines", _reset, "clocks", None),
    "two days missing": Fault(
        "visits", lambda w, s: without(w, (w.time < START + 60 * DAY) | (w.time > START + 62 * DAY)), "time_gaps", None),
    "six hours missing of a regular feed": Fault(
        "weather", lambda w, s: without(w, ~np.isin(np.arange(len(w)), np.arange(1000, 1006))), "time_gaps", None),
    "rounded to 5, 20 %": Fault(
        "visits", lambda w, s: w.put("seconds", changed(w.columns["seconds"], some(w, s, 0.2), lambda x: np.round(x / 5) * 5)),
        "last_digits", "seconds"),
    "ages rounded to 5, 20 %": Fault(
        "people", lambda w, s: w.put("age", changed(w.columns["age"], some(w, s, 0.2), lambda x: np.round(x / 5) * 5)),
        "last_digits", "age"),
    "half of the amounts invented": Fault("sales", _invented, "first_digits", "revenue"),
    "whole numbers on 300 rows": Fault(
        "machines", lambda w, s: w.put("torque", changed(w.columns["torque"], stretch(w, s, 300), np.round)),
        "resolution", "torque"),
    "stuck on 100 rows": Fault(
        "weather", lambda w, s: w.put("temp", changed(w.columns["temp"], stretch(w, s, 100), lambda x: x[0])),
        "stuck_values", "temp"),
    "wind stuck on 150 rows": Fault(
        "weather", lambda w, s: w.put("wind_speed", changed(w.columns["wind_speed"], stretch(w, s, 150), lambda x: x[0])),
        "stuck_values", "wind_speed"),
    "150 rows loaded twice": Fault("visits", lambda w, s: repeated(w, 150), "repeated_rows", None),
    "a column sorted on 600 rows": Fault("machines", lambda w, s: sorted_apart(w, "rpm", stretch(w, s, 600)), "row_alignment", "rpm"),
    "a column shifted on 600 rows": Fault("machines", lambda w, s: shifted(w, "rpm", stretch(w, s, 600)), "row_alignment", "rpm"),
    "a column sorted from end to end": Fault(
        "visits", lambda w, s: w.put("seconds", np.sort(w.columns["seconds"])), "row_alignment", "seconds"),
    "one row with a tenth of all weight": Fault(
        "people", lambda w, s: replace(w, weight=changed(np.ones(len(w)), 3, 0.12 * len(w))), "weights", "weight"),
    "missing more often with high readings": Fault(
        "weather", lambda w, s: w.put("humid", np.where((w.columns["pressure"] > 1020) & some(w, s, 0.3) | some(w, s + 1, 0.02),
                                                        np.nan, w.columns["humid"])), "missing_values", "humid"),
    "missing in one region": Fault(
        "people", lambda w, s: w.put("income", np.where((np.array(w.columns["region"]) == "r3") & some(w, s, 0.3) | some(w, s + 1, 0.05),
                                                        np.nan, w.columns["income"])), "missing_values", "income"),
    "missing in the middle of another column": Fault(
        "people", lambda w, s: w.put("income", np.where((abs(w.columns["age"] - 55) < 8) & some(w, s, 0.3) | some(w, s + 1, 0.05),
                                                        np.nan, w.columns["income"])), "missing_values", "income"),
}  # fmt: skip
"""Faults by name."""


def at_random(w: World, seed: int, share: float = 0.1) -> World:
    """The world with values missing completely at random in each number."""
    r = np.random.default_rng([12, seed])
    columns = {
        name: values
        if isinstance(values, list | pa.Array)
        else np.where(r.random(len(w)) < share, np.nan, values)
        for name, values in w.columns.items()
    }
    return replace(w, columns=columns)


def by_itself(w: World, name: str, seed: int) -> World:
    """The world with high values of one column missing more often: nothing that is seen tells it."""
    x = np.asarray(w.columns[name], dtype=np.float64)
    gone = (x > np.median(x)) & some(w, seed, 0.3)
    return w.put(name, np.where(gone, np.nan, x))
