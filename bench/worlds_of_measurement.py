"""Clean tables for bench/detectors.py: nothing is wrong with them, whatever they look like.

Each is a pure function of a seed; its rows, its columns and their names are drawn: skewed, heavy tailed, discrete, rounded, coarse, seasonal,
autocorrelated, wandering, mostly zero, constant within an entity, related to each other, with values missing at random or by the value of another column.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from scipy.signal import lfilter

Random = np.random.Generator
Values = Any
START = int(datetime(2023, 3, 6, tzinfo=UTC).timestamp() * 1e6)
HOUR, DAY = 3_600_000_000, 86_400_000_000
SIZES = (300, 800, 2_000, 5_000)
ZONE = "Europe/Berlin"


@dataclass(frozen=True)
class World:
    """A table and what is declared of it.

    `columns` (name -> n values: arrays of numbers, lists of texts or booleans, int64 arrays of microseconds for the names in `instants`), `time` (n,)
    microseconds since 1970, `entity` (n,) numbers. `weight`, `repeats` (n,) are columns that are declared so, `audit` the columns of rows that were measured anew
    (with their ids), `joined` a source by entity: its columns. `mar` are columns whose values are missing by the value of another one.
    """

    name: str
    columns: Mapping[str, Values]
    time: Values = None
    entity: Values = None
    ids: Values = None
    units: Mapping[str, str] = field(default_factory=dict)
    high: Mapping[str, float] = field(default_factory=dict)
    zone: str = "UTC"
    weight: Values = None
    repeats: Values = None
    audit: Mapping[str, Values] | None = None
    joined: Mapping[str, Values] | None = None
    mar: frozenset[str] = frozenset()
    instants: frozenset[str] = frozenset()
    truth: Mapping[str, float] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def put(self, **columns: Values) -> World:
        """The world with columns replaced or added."""
        return replace(self, columns={**self.columns, **columns})


def ar(r: Random, n: int, keep: float) -> Values:
    """A series in which each value keeps a part of the last, with deviation 1."""
    noise = r.normal(0, np.sqrt(1 - keep**2), n)
    noise[0] = r.normal()
    return lfilter([1.0], [1.0, -keep], noise)


def names(r: Random, n: int, kinds: int, skew: float = 1.0) -> list[str]:
    """Texts of some kinds, the first ones more frequent."""
    share = np.arange(1, kinds + 1) ** -skew
    return [f"{'abcdefgh'[k % 8]}{k:02d}" for k in r.choice(kinds, n, p=share / share.sum()).tolist()]


def significant(x: Values, digits: int) -> Values:
    """Numbers rounded to so many significant digits."""
    power = 10.0 ** (digits - 1 - np.floor(np.log10(np.maximum(np.abs(x), 1e-12))))
    return np.round(x * power) / power


Make = Callable[[Random, int], Values]
COLUMNS: dict[str, tuple[str | None, Make]] = {
    "score": (None, lambda r, n: r.normal(0, 1, n)),
    "length_mm": ("millimeter", lambda r, n: r.normal(350, 12, n).round(1)),
    "mass": ("kilogram", lambda r, n: (70 * np.exp(r.normal(0, 0.2, n))).round(1)),
    "age": ("year", lambda r, n: np.floor(r.triangular(18, 35, 95, n))),
    "age_years": ("year", lambda r, n: np.floor(104 * r.beta(1.6, 2.5, n))),
    "income": ("USD", lambda r, n: np.round(r.lognormal(10.4, 0.7, n))),
    "revenue": ("EUR", lambda r, n: np.round(r.lognormal(5, 2.3, n), 2)),
    "amount": ("USD", lambda r, n: np.round(r.pareto(1.3, n) * 20 + 1, 2)),
    "claims": ("USD", lambda r, n: np.where(r.random(n) < 0.85, 0.0, np.round(r.lognormal(7, 1.4, n), 2))),
    "duration": ("second", lambda r, n: r.exponential(240, n).round(1)),
    "waiting": ("minute", lambda r, n: r.weibull(0.6, n) * 30),
    "delay": ("minute", lambda r, n: np.round(r.standard_t(2.2, n) * 12 + 4)),
    "clicks": (None, lambda r, n: r.poisson(3, n).astype(float)),
    "visits": ("1", lambda r, n: r.negative_binomial(0.7, 0.05, n).astype(float)),
    "followers": ("1", lambda r, n: r.zipf(1.8, n).astype(float)),
    "rating": (None, lambda r, n: r.choice([1.0, 2, 3, 4, 5], n, p=[0.05, 0.08, 0.17, 0.3, 0.4])),
    "agreement": (None, lambda r, n: r.integers(0, 11, n).astype(float)),
    "children": ("1", lambda r, n: r.poisson(1.3, n).astype(float)),
    "rooms": ("1", lambda r, n: 1.0 + r.binomial(7, 0.35, n)),
    "share": ("1", lambda r, n: r.beta(2, 6, n).round(3)),
    "humidity": ("percent", lambda r, n: (100 * r.beta(5, 3, n)).round(1)),
    "probability": ("1", lambda r, n: r.beta(0.7, 0.9, n)),
    "latitude": ("degree", lambda r, n: (48 + r.normal(0, 1.2, n)).round(5)),
    "longitude": ("degree", lambda r, n: (11 + r.normal(0, 2.5, n)).round(5)),
    "price": ("EUR", lambda r, n: np.maximum(np.round(r.lognormal(3.4, 0.9, n)) - 0.01, 0.49)),
    "tick": (None, lambda r, n: np.round(r.normal(100, 6, n) / 0.05) * 0.05),
    "quarter_inch": ("inch", lambda r, n: np.round(r.gamma(9, 2, n) * 4) / 4),
    "knots": ("mile/hour", lambda r, n: np.round(r.gamma(3, 3, n)) * 1.15078),
    "concentration": (None, lambda r, n: significant(r.lognormal(0, 1.6, n), 3)),
    "temperature": ("degree Celsius", lambda r, n: r.normal(12, 8, n).round(1)),
    "hundreds": ("USD", lambda r, n: np.round(r.lognormal(7, 0.5, n) / 100) * 100),
    "two_kinds": (None, lambda r, n: np.where(r.random(n) < 0.4, r.normal(20, 2, n), r.normal(75, 9, n)).round(2)),
    "small_and_large": (None, lambda r, n: np.where(r.random(n) < 0.3, r.lognormal(2, 0.3, n), r.lognormal(6.5, 0.6, n)).round(2)),
    "balance": ("USD", lambda r, n: np.round(r.laplace(0, 900, n), 2)),
    "change": ("percent", lambda r, n: r.standard_t(3, n).round(2)),
    "hours_per_week": ("hour/week", lambda r, n: np.where(r.random(n) < 0.5, 40.0, np.clip(np.round(r.normal(35, 11, n)), 1, 95))),
    "year_built": (None, lambda r, n: np.round(2023 - 170 * r.beta(1.2, 4, n))),
    "floor": (None, lambda r, n: r.integers(-1, 9, n).astype(float)),
    "pressure": ("hectopascal", lambda r, n: r.normal(1013, 8, n).round(1)),
    "energy": ("kWh", lambda r, n: r.gamma(2, 1.7, n).round(3)),
}  # fmt: skip
"""Kinds of numbers by name: unit, and values drawn independently."""
TEXTS: dict[str, Callable[[Random, int], Values]] = {
    "plan": lambda r, n: names(r, n, 3),
    "region": lambda r, n: names(r, n, 12, 0.3),
    "product": lambda r, n: names(r, n, 60, 1.3),
    "member": lambda r, n: (r.random(n) < 0.3).tolist(),
    "country": lambda r, n: np.array(["DE", "FR", "NL", "NA", "PL", "IT"])[r.choice(6, n, p=[0.4, 0.2, 0.15, 0.1, 0.1, 0.05])].tolist(),
}  # fmt: skip


def missing(w: World, r: Random) -> World:
    """The world with values missing in a third of its numbers: at random, or by the value of another number, or (a third of the worlds) none."""
    numbers = [name for name, v in w.columns.items() if isinstance(v, np.ndarray) and name not in w.instants]
    way = int(r.integers(3))
    gone = r.choice(numbers, max(len(numbers) // 3, 1), replace=False).tolist()
    out: dict[str, Values] = {}
    seen = [name for name in numbers if name not in gone and len(np.unique(w.columns[name])) > 20]
    if way == 0 or (way == 2 and not seen):
        return w
    for name in gone:
        share: Values = r.uniform(0.03, 0.2)
        if way == 2:
            other = np.asarray(w.columns[seen[int(r.integers(len(seen)))]], dtype=float)
            rank = np.argsort(np.argsort(other)) / len(other)
            share = 0.02 + 0.4 * (rank > 0.7)
        out[name] = np.where(r.random(len(w)) < share, np.nan, w.columns[name])
    return replace(w.put(**out), mar=frozenset(gone) if way == 2 else frozenset())


def loose(seed: int) -> World:
    """Rows that are independent, with columns drawn from forty kinds; declared weights."""
    r = np.random.default_rng([1, seed])
    n = SIZES[seed % 4]
    kinds = r.choice(list(COLUMNS), 9, replace=False).tolist()
    texts = r.choice(list(TEXTS), 2, replace=False).tolist()
    columns = {k: COLUMNS[k][1](r, n) for k in kinds} | {k: TEXTS[k](r, n) for k in texts}
    units = {k: str(COLUMNS[k][0]) for k in kinds if COLUMNS[k][0]}
    return missing(World("loose", columns, units=units, weight=r.lognormal(0, 0.5, n)), r)


def related(seed: int) -> World:
    """Independent rows with factors behind the columns: sums, products, parts, things that follow from others."""
    r = np.random.default_rng([2, seed])
    n = SIZES[(seed + 1) % 4]
    f = r.normal(0, 1, (n, 2))
    load = r.uniform(0.5, 1.5, (2, 5))
    x = f @ load + r.normal(0, 0.6, (n, 5))
    size = np.exp(0.4 * f[:, 0] + r.normal(4, 0.2, n))
    columns = {
        "height": (1.7 + 0.08 * x[:, 0] / 2).round(2),
        "weight": (22 * (1.7 + 0.08 * x[:, 0] / 2) ** 2 * np.exp(r.normal(0.1, 0.15, n))).round(1),
        "intensity": x[:, 1].round(3),
        "response": np.exp(x[:, 2] / 2),
        "area": size.round(1),
        "rent": np.round(size * np.exp(r.normal(2.5, 0.2, n))),
        "rooms": np.maximum(1, np.round(size / 28 + r.normal(0, 0.5, n))),
        "total": np.round(size * 1.19, 2),
        "level": np.digitize(x[:, 3], [-2, -1, 0, 1, 2]).astype(float),
        "grade": np.array(["low", "middle", "high"])[np.digitize(x[:, 4], [-1, 1])].tolist(),
    }
    units = {"height": "meter", "weight": "kilogram", "area": "square meter", "rent": "EUR"}
    return missing(World("related", columns, units=units), r)


def station(seed: int) -> World:
    """One station that reports at fixed times: seasons, spells, wandering, counts, what is zero mostly, coarse steps."""
    r = np.random.default_rng([3, seed])
    n = SIZES[(seed + 2) % 4]
    step = int(r.choice([HOUR // 6, HOUR, DAY]))
    t = np.arange(n)
    day = 2 * np.pi * (t * step / DAY)
    slow, wet = ar(r, n, 0.98), ar(r, n, 0.9) > 1.2
    temp = 11 + 9 * np.sin(day / 365 - 1.7) + 4 * np.sin(day - 2) * (step < DAY) + 3.5 * slow
    columns = {
        "temp": temp.round(1),
        "dew_point": (temp - np.abs(4 + 2 * ar(r, n, 0.95))).round(1),
        "pressure": (1013 + 8 * ar(r, n, 0.99)).round(1),
        "rain": np.where(wet, r.exponential(1.2, n).round(1), 0.0),
        "wind": np.round(np.abs(8 + 5 * ar(r, n, 0.9))) * 1.15078,
        "level": np.cumsum(r.normal(0, 0.02, n)).round(2) + 4,
        "flow": np.exp(3 + 0.6 * ar(r, n, 0.97)).round(int(r.integers(0, 3))),
        "count": r.poisson(np.exp(1.5 + 0.8 * np.sin(day) + 0.4 * slow)).astype(float),
        "voltage": np.round((12.6 + 0.2 * ar(r, n, 0.97)) * 20) / 20,
        "state": np.array(["idle", "on", "full"])[np.digitize(ar(r, n, 0.95), [0, 1.2])].tolist(),
    }
    if seed % 3 == 0:  # set to another value at some time
        columns["oven"] = (
            np.where(t < n * r.uniform(0.2, 0.8), r.uniform(15, 60), r.uniform(15, 220))
            + r.uniform(1, 5) * ar(r, n, 0.8)
        ).round(1)
    units = {
        "oven": "degree Celsius",
        "temp": "degree Celsius",
        "dew_point": "degree Celsius",
        "pressure": "hectopascal",
        "rain": "millimeter",
        "wind": "mile/hour",
        "voltage": "volt",
    }
    return missing(World("station", columns, START + t * step, units=units), r)


def arrivals(r: Random, n: int, days: int, zone: str = "UTC", begin: int = START) -> Values:
    """Times of n visits over some days from `begin` on, microseconds since 1970: by the hour of the local day, fewer at weekends, busier and slower days, growth."""
    hours = begin + np.arange(days * 24) * HOUR
    if zone != "UTC":
        at = ZoneInfo(zone)
        offset = [
            int(datetime.fromtimestamp(us / 1e6, at).utcoffset().total_seconds()) for us in hours.tolist()
        ]  # type: ignore[union-attr]
    else:
        offset = [0] * len(hours)
    clock = hours + np.array(offset) * 1_000_000
    rate = np.exp(1.5 * np.cos((clock // HOUR % 24 - 14) / 24 * 2 * np.pi)) * np.where(
        clock // DAY % 7 < 2, 0.5, 1.0
    )
    rate = (
        rate * np.repeat(np.exp(0.25 * ar(r, days, 0.6)), 24) * np.linspace(1, r.uniform(0.7, 2), days * 24)
    )
    hour = r.choice(hours, n, p=rate / rate.sum())
    return np.sort(hour + r.integers(0, 3600, n) * 1_000_000)


def events(seed: int) -> World:
    """Events of users, some of whom come far more often: habits, attributes that stay, amounts, codes; a joined source of the users."""
    r = np.random.default_rng([4, seed])
    n = SIZES[(seed + 3) % 4]
    users = max(n // 8, 20)
    who = (r.zipf(1.6, n) * 7919 % users).astype(np.int64)
    habit, age = r.normal(4, 0.6, users), np.floor(r.triangular(18, 30, 90, users))
    seconds = np.exp(habit[who] + r.normal(0, 0.8, n)).round(1)
    at = arrivals(r, n, 120, ZONE, START + seed % 2 * 170 * DAY)
    columns = {
        "seconds": seconds,
        "pages": r.poisson(1 + seconds / 60).astype(float),
        "age": age[who],
        "spent": np.where(r.random(n) < 0.8, 0.0, np.round(r.lognormal(3, 1.2, n), 2)),
        "load": r.gamma(2, 0.4, n),
        "lat": (r.normal(50, 2, users)[who]).round(2),
        "code": (100 + who * 13 % 900).astype(float),
        "battery": r.integers(1, 101, n).astype(float),
        "device": [("ios", "android", "web")[k] for k in (who % 3).tolist()],
        "page": names(r, n, 40, 1.2),
        "signed_up": at
        - r.integers(1, 900, users)[who] * DAY
        - r.integers(0, 86_400, users)[who] * 1_000_000,
    }
    joined = {
        "known": START - 10 * DAY + r.integers(0, 5 * 86_400, users) * 1_000_000,
        "tenure": r.gamma(2, 300, users).round(),
        "segment": names(r, users, 5),
    }
    units = {
        "seconds": "second",
        "age": "year",
        "spent": "EUR",
        "lat": "degree",
        "battery": "percent",
        "tenure": "day",
    }
    w = World(
        "events", columns, at, who, units=units, zone=ZONE, joined=joined, instants=frozenset(["signed_up"])
    )
    return missing(w, r)


def fleet(seed: int) -> World:
    """Machines (or shops) that report in turn: their own level, drift, wear that is set back, counts, growth; some rows come more often."""
    r = np.random.default_rng([5, seed])
    m = int(r.choice([5, 12, 30]))
    steps = max(SIZES[seed // 4 % 4] // m, 12)
    n = m * steps
    who, t = np.tile(np.arange(m), steps), np.repeat(np.arange(steps), m)
    load = np.stack([ar(r, steps, 0.95) for _ in range(m)], axis=1).ravel()
    own = r.normal(0, 1, m)[who]
    size = r.lognormal(3, 0.5, m)[who]
    columns = {
        "speed": np.round(1500 + 90 * load + 150 * own + r.normal(0, 20, n)),
        "torque": (40 - 6 * load + 5 * own + r.normal(0, 1.5, n)).round(1),
        "heat": (310 + 4 * load + r.normal(0, 0.4, n)).round(1),
        "wear": (t * 3.0 + r.integers(0, 200, m)[who]) % r.integers(190, 240, m)[who],
        "sold": r.negative_binomial(4, 4 / (4 + size * np.exp(0.2 * load))).astype(float),
        "index": (100 * 1.0005**t * np.exp(r.normal(0, 0.002, n))).round(3),
        "stock": np.maximum(0, 400 - (t * 9 + r.integers(0, 300, m)[who]) % 400 + r.integers(0, 9, n)).astype(
            float
        ),
        "vibration": np.exp(r.normal(-1, 0.4, n) + 0.2 * load),
        "line": [f"L{k % 4}" for k in who.tolist()],
    }
    if seed % 3 == 0:  # each line handles things of its own size
        columns["parcel"] = (np.exp(r.uniform(0, 7, 4))[who % 4] * r.lognormal(0, 0.3, n)).round(2)
    units = {"heat": "kelvin", "torque": "Nm", "speed": "1/min", "parcel": "kilogram"}
    return missing(World("fleet", columns, START + t * int(r.choice([HOUR // 6, DAY])), who, units=units), r)


def market(seed: int) -> World:
    """Prices on working days: random walks, returns with heavy tails, volumes, ticks."""
    r = np.random.default_rng([6, seed])
    n = (300, 700, 1_200, 2_000)[seed % 4]
    days = np.arange(n * 2)
    days = days[days % 7 < 5][:n]
    change = r.standard_t(4, n) * 0.012 * np.exp(0.3 * ar(r, n, 0.97))
    close = 50 * np.exp(np.cumsum(change))
    columns = {
        "close": close.round(2),
        "open": (close * np.exp(r.normal(0, 0.004, n))).round(2),
        "change": (100 * change).round(3),
        "volume": np.round(r.lognormal(13, 0.5, n)),
        "trades": np.round(r.lognormal(8, 0.6, n)),
        "spread": np.round(r.gamma(2, 1, n) + 1) * 0.05,
        "rate": (2 + np.cumsum(np.where(r.random(n) < 0.03, r.choice([-0.25, 0.25], n), 0.0))),
        "open_interest": np.round(1e5 * np.exp(0.1 * ar(r, n, 0.99))),
        "mood": np.array(["up", "down"])[(change < 0).astype(int)].tolist(),
    }
    return missing(
        World("market", columns, START + days * DAY + 17 * HOUR, units={"close": "USD", "change": "percent"}),
        r,
    )


def laboratory(seed: int) -> World:
    """Samples, each measured two or three times, some rows measured anew: errors of known size, declared as repeats and audit."""
    r = np.random.default_rng([7, seed])
    things = (40, 100, 300, 700)[seed % 4]
    thing = np.repeat(np.arange(things), r.integers(2, 4, things))
    n = len(thing)
    icc = {"protein": 0.95, "iron": 0.8, "mood": 0.5, "noise": 0.1}
    columns: dict[str, Values] = {}
    audit: dict[str, Values] = {}
    again = np.sort(r.choice(n, min(60, n // 2), replace=False))
    for name, share in icc.items():
        true = r.normal(0, np.sqrt(share), things)[thing]
        columns[name] = (50 + 10 * (true + r.normal(0, np.sqrt(1 - share), n))).round(2)
        audit[name] = (50 + 10 * (true + r.normal(0, np.sqrt(1 - share), n))).round(2)[again]
    columns["lab"] = [f"lab {k % 4}" for k in thing.tolist()]
    columns["dose"] = significant(r.lognormal(1, 0.8, things), 2)[thing]
    return World("laboratory", columns, repeats=thing, audit={"at": again, **audit}, truth=icc)


CLEAN: dict[str, Callable[[int], World]] = {
    "independent rows": loose, "related columns": related, "a station": station, "events of users": events,
    "a fleet": fleet, "a market": market, "a laboratory": laboratory,
}  # fmt: skip
"""Clean worlds by name."""
