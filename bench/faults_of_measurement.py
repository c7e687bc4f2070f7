"""Tables with planted faults for bench/detectors.py: what is planted, how strongly, and which check must say it of which column.

Several faults that do not touch each other share a table, each in a column of its own. Each table is a pure function of a seed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from worlds_of_measurement import DAY, HOUR, START, World, ar, arrivals, names

Values = Any
Random = np.random.Generator


@dataclass(frozen=True)
class Fault:
    """What is planted (`told`, with its strength), the check that must say it, and of which column (None: of the table).

    `also` are checks that may say it as well.
    """

    told: str
    check: str
    about: str | None = None
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Planted:
    """A table with its faults; `checks` are those that are made (none: all of the band)."""

    world: World
    faults: Sequence[Fault]
    checks: Sequence[str] = ()


def some(r: Random, n: int, share: float) -> Values:
    """Rows at random."""
    return r.random(n) < share


def stretch(r: Random, n: int, rows: int) -> slice:
    """A stretch of rows."""
    at = int(r.integers(n // 10, n - rows - n // 10))
    return slice(at, at + rows)


def changed(x: Values, where: Any, to: Any) -> Values:
    """Values of which some are set or replaced."""
    out = np.array(x, dtype=float)
    out[where] = to(out[where]) if callable(to) else to
    return out


def sensor(seed: int) -> Planted:
    """A station, hourly, 3,000 rows: units, stand-ins, stuck and coarse readings, capped ones, single wild ones."""
    r = np.random.default_rng([21, seed])
    n = 3_000
    t = np.arange(n)
    day = 2 * np.pi * t / 24

    def air() -> Values:
        return (12 + 6 * np.sin(day / 365 * 2) + 4 * np.sin(day - 2) + 4 * ar(r, n, 0.98)).round(1)

    def flow() -> Values:
        return np.exp(3 + 0.6 * ar(r, n, 0.9)).round(2)

    late = t > 0.8 * n
    calm = np.abs(8 + 5 * ar(r, n, 0.9))
    cut = (50 + 10 * ar(r, n, 0.8)).round(2)
    one = int(r.integers(n))
    w = World(
        "sensor",
        {
            "humidity": changed((100 * r.beta(8, 5, n)).round(1).clip(8), some(r, n, 0.05), 0.0),
            "pressure": changed((1013 + 8 * ar(r, n, 0.99)).round(1), late, lambda x: x * 100),
            "flow": changed(flow(), some(r, n, 0.2), lambda x: x * 1000),
            "intake": changed(air(), late, lambda x: x * 1.8 + 32),
            "outlet": changed(air(), some(r, n, 0.3), lambda x: x * 1.8 + 32),
            "temp": air() * 1.8 + 32,
            "soil": changed(air(), some(r, n, 0.01), -999.0),
            "lux": changed(flow(), r.choice(n, 3, replace=False), 9999.0),
            "strain": changed((50 + 3 * ar(r, n, 0.9)).round(2), some(r, n, 0.05), 0.0),
            "power": np.minimum(cut, np.quantile(cut, 0.98)),
            "feed": changed(air(), stretch(r, n, 60), lambda x: x[0]),
            "wind": changed(np.round(calm) * 1.15078, stretch(r, n, 150), lambda x: x[0]),
            "cold": changed(air(), stretch(r, n, 300), np.round),
            "noise": changed(r.normal(40, 5, n).round(1), one, 40 + 15 * 5),
            "gas": changed(r.normal(40, 5, n).round(1), one, 40 + 60 * 5),
            "particles": changed(r.lognormal(3, 1, n).round(1), one, 60_000.0),
            "freezer": changed(air() - 30, r.choice(n, 3, replace=False), -310.0),
        },
        START + t * HOUR,
        units={"humidity": "percent", "pressure": "hectopascal", "intake": "degree Celsius", "outlet": "degree Celsius", "temp": "degree Celsius",
               "soil": "degree Celsius", "feed": "degree Celsius", "wind": "mile/hour", "cold": "degree Celsius", "freezer": "degree Celsius"},
    )  # fmt: skip
    return Planted(
        w,
        (
            Fault("zeros in 5 % of a humidity", "default_values", "humidity"),
            Fault("pascal among hectopascal, the last 20 %", "mixed_units", "pressure"),
            Fault("× 1,000 in 20 % of the rows, no unit declared", "mixed_units", "flow"),
            Fault("°F among °C, the last 20 %", "mixed_units", "intake"),
            Fault("°F among °C, 30 % of the rows", "mixed_units", "outlet"),
            Fault("°C declared, °F in all rows", "plausible_values", "temp"),
            Fault("-310 °C, 3 rows", "plausible_values", "freezer"),
            Fault("-999 in 1 % of the rows", "default_values", "soil"),
            Fault("9999, 3 rows, twice the range away", "default_values", "lux"),
            Fault("zeros in 5 % of a number with any name", "default_values", "strain"),
            Fault("cut off at the 98th percentile", "capped_values", "power"),
            Fault("stuck on 60 rows, steps of 0.1", "stuck_values", "feed"),
            Fault("stuck on 150 rows, steps of a knot", "stuck_values", "wind"),
            Fault("whole numbers on 300 rows, else tenths", "resolution", "cold"),
            Fault("one value 15 deviations from 3,000 normal ones", "wild_values", "noise"),
            Fault("one value 60 deviations from 3,000 normal ones", "wild_values", "gas"),
            Fault("one 100 times the largest of 3,000 lognormal ones (σ 1)", "wild_values", "particles"),
        ),
        (
            "plausible_values",
            "mixed_units",
            "wild_values",
            "stuck_values",
            "default_values",
            "capped_values",
            "resolution",
        ),
    )


def people(seed: int) -> Planted:
    """Independent rows, 4,000: heaping, invented amounts, units by source, stand-ins in names and scales, weights, sorted from end to end."""
    r = np.random.default_rng([22, seed])
    n = 4_000
    source = np.array(["shop", "web", "app"])[r.integers(0, 3, n)]
    age = np.floor(r.triangular(18, 35, 95, n))
    seconds = r.lognormal(4.5, 0.8, n).round(1)
    height = r.normal(1.7, 0.09, n)
    revenue = r.lognormal(6, 2.3, n).round(2)
    invented = np.floor(r.uniform(1, 10, n) * 10.0 ** r.integers(2, 6, n))
    born = START - r.integers(20 * 365, 60 * 365, n) * DAY
    since = START - r.integers(1, 8 * 365 * 86_400, n) * 1_000_000
    w = World(
        "people",
        {
            "age": changed(age, some(r, n, 0.2), lambda x: np.round(x / 5) * 5),
            "minutes": changed(seconds.round(), some(r, n, 0.2), lambda x: np.round(x / 5) * 5),
            "systolic": changed(r.normal(125, 15, n).round(), some(r, n, 0.3), lambda x: np.round(x / 10) * 10),
            "revenue": np.where(some(r, n, 0.5), invented, revenue),
            "seconds": changed(seconds, source == "app", lambda x: x * 1000),
            "price": changed(r.lognormal(3, 1.2, n).round(2), some(r, n, 0.2), lambda x: x * 100),
            "height": changed(height.round(3), some(r, n, 0.3), lambda x: (x * 3.28084).round(3)),
            "agreement": changed(r.integers(0, 11, n).astype(float), some(r, n, 0.02), 99.0),
            "region": np.where(some(r, n, 0.03), "unknown", names(r, n, 12, 0.3)).tolist(),
            "score": np.sort(r.normal(0, 1, n)),
            "visits": changed(r.poisson(4, n).astype(float), r.choice(n, 1), -4.0),
            "born": np.where(some(r, n, 0.01), 0, born),
            "since": np.where(some(r, n, 0.002), 0, since),
            "source": source.tolist(),
        },
        units={"age": "year", "seconds": "second", "price": "USD", "height": "meter"},
        weight=changed(np.ones(n), int(r.integers(n)), 0.12 * n),
        instants=frozenset(["born", "since"]),
    )  # fmt: skip
    return Planted(
        w,
        (
            Fault("ages rounded to 5, 20 % of the rows", "last_digits", "age"),
            Fault("whole numbers rounded to 5, 20 % of the rows", "last_digits", "minutes"),
            Fault("blood pressures rounded to 10, 30 % of the rows", "last_digits", "systolic"),
            Fault("half of 4,000 amounts invented", "first_digits", "revenue"),
            Fault("milliseconds among seconds, one source of three", "mixed_units", "seconds"),
            Fault("cents among dollars, 20 % (their ranges overlap)", "mixed_units", "price"),
            Fault("feet among meters, 30 % of the rows", "mixed_units", "height"),
            Fault("99 on a scale to 10, 2 % of the rows", "default_values", "agreement"),
            Fault("'unknown' in 3 % of the rows", "default_values", "region"),
            Fault("1970-01-01 in 1 % of dates of birth", "default_values", "born"),
            Fault("1970-01-01 in 0.2 % of times since 2015", "default_values", "since"),
            Fault("sorted alone, from end to end", "row_alignment", "score"),
            Fault("one row with a tenth of all weight", "weights", "weight"),
        ),
        ("mixed_units", "row_alignment", "default_values", "last_digits", "first_digits", "weights"),
    )


def gone(seed: int) -> Planted:
    """Values that are missing by the value of another column, by a name, over time, together, and by their own value."""
    r = np.random.default_rng([23, seed])
    n = 2_000
    t = np.arange(n)
    x = r.normal(0, 1, (n, 5))
    z = r.lognormal(0, 1, n)
    plan = np.array(["free", "pro"])[r.integers(0, 2, n)]
    part = some(r, n, 0.1)
    nan = np.nan
    w = World(
        "gone",
        {
            "by_number": np.where(some(r, n, 0.05) | (some(r, n, 0.3) & (z > 1.5)), nan, x[:, 0]),
            "by_name": np.where(some(r, n, 0.1) | (some(r, n, 0.2) & (plan == "pro")), nan, x[:, 1]),
            "by_time": np.where(some(r, n, 0.05) | (some(r, n, 0.4) & (t > 0.8 * n)), nan, x[:, 2]),
            "with_another": np.where(part & some(r, n, 0.7) | some(r, n, 0.05), nan, x[:, 3]),
            "another": np.where(part, nan, r.normal(0, 1, n)),
            "by_itself": np.where(some(r, n, 0.05) | (some(r, n, 0.3) & (x[:, 4] > 0)), nan, x[:, 4]),
            "z": z,
            "plan": plan.tolist(),
        },
        START + t * HOUR,
    )
    return Planted(
        w,
        (
            Fault("missing by the value of another number, 5 or 34 %", "missing_values", "by_number"),
            Fault("missing by a name, 10 or 28 %", "missing_values", "by_name"),
            Fault("missing by time, 5 or 43 %", "missing_values", "by_time"),
            Fault("missing together with another column", "missing_values", "with_another"),
            Fault("missing by its own value alone (cannot be seen)", "missing_values", "by_itself"),
            Fault("any of these", "Little's test", None),
        ),
        ("missing_values",),
    )


def moved(seed: int) -> Planted:
    """Two sets of related columns: one column of the first was sorted, one of the second shifted, on 600 of 3,000 rows."""
    r = np.random.default_rng([24, seed])
    n = 3_000
    columns = {}
    for k, by in enumerate((np.sort, lambda x: np.roll(x, 200))):
        load, own = ar(r, n, 0.9), r.normal(0, 1, n)
        columns[f"speed_{k}"] = changed(
            np.round(1500 + 120 * load + r.normal(0, 30, n)), stretch(r, n, 600), by
        )
        columns[f"torque_{k}"] = (40 - 8 * load + r.normal(0, 2.5, n)).round(1)
        columns[f"heat_{k}"] = (60 + 5 * load + 1.5 * own).round(1)
        columns[f"other_{k}"] = own.round(3)
    faults = (
        Fault("a column sorted on 600 of 3,000 rows", "row_alignment", "speed_0"),
        Fault("a column shifted on 600 of 3,000 rows", "row_alignment", "speed_1"),
    )
    return Planted(World("moved", columns, START + np.arange(n) * HOUR), faults, ("row_alignment",))


def twice(seed: int) -> Planted:
    """A stretch of 100 of 3,000 rows that comes again under other keys and times."""
    r = np.random.default_rng([25, seed])
    n, a, b = 3_000, 300, 1_800
    columns = {
        "x": r.lognormal(3, 1, n).round(2),
        "y": r.poisson(4, n).astype(float),
        "z": r.normal(0, 1, n).round(3),
    }
    for x in columns.values():
        x[b : b + 100] = x[a : a + 100]
    texts = names(r, n, 9)
    texts[b : b + 100] = texts[a : a + 100]
    w = World("twice", {**columns, "kind": texts}, START + np.arange(n) * HOUR // 3)
    return Planted(w, (Fault("100 of 3,000 rows loaded twice", "repeated_rows", None),), ("repeated_rows",))


def broken(seed: int) -> Planted:
    """Keys that come twice, here and in a joined source; rows without a partner; bounds, units and weights that cannot be; nothing in a column."""
    r = np.random.default_rng([26, seed])
    n, users = 600, 100
    who = r.integers(0, users, n)
    ids = np.array([f"k{i:05d}" for i in range(n)])
    ids[r.integers(1, n)] = ids[0]
    known = START - 5 * DAY + np.zeros(users, dtype=np.int64)
    partner = np.arange(users)
    partner[r.choice(users, 70, replace=False)] += 1_000  # these users are written otherwise there
    partner[1] = partner[0]
    x = r.normal(0, 1, n).round(3)
    w = World(
        "broken",
        {
            "x": changed(x, int(r.integers(n)), 11.0),
            "y": changed(x, int(r.integers(n)), np.inf),
            "nothing": np.full(n, np.nan),
            "speed": r.gamma(3, 9, n),
        },
        arrivals(r, n, 30),
        who,
        ids,
        units={"speed": "mile/our"},
        high={"x": 10.0},
        weight=changed(np.ones(n), int(r.integers(n)), -1.0),
        joined={"known": known, "tenure": r.gamma(2, 300, users).round(), "__entity": partner},
    )
    return Planted(
        w,
        (
            Fault("one key on two rows", "unique_key", None),
            Fault("one key on two rows of a joined source", "joined_keys", "joined.parquet"),
            Fault("70 % of the users are not in the joined source", "joins_resolve", "joined.parquet"),
            Fault("one value beyond its declared bound", "possible_values", "x"),
            Fault("one value infinite", "possible_values", "y"),
            Fault("a column without a value", "columns_filled", "nothing"),
            Fault("a unit that is none", "unit_names", "speed"),
            Fault("one weight below zero", "weights", "weight"),
        ),
        (
            "unique_key",
            "joined_keys",
            "joins_resolve",
            "possible_values",
            "columns_filled",
            "unit_names",
            "weights",
        ),
    )


def audited(seed: int) -> Planted:
    """Sixty of 400 rows measured anew: one column is off by half a deviation, one hardly agrees."""
    r = np.random.default_rng([27, seed])
    n = 400
    at = np.sort(r.choice(n, 60, replace=False))
    true = r.normal(50, 10, (n, 2))
    ours = true + r.normal(0, [1.0, 7.0], (n, 2)) + [5.0, 0.0]
    theirs = (true + r.normal(0, [1.0, 3.0], (n, 2)))[at]
    names_ = names(r, n, 5)
    w = World(
        "audited",
        {"iron": ours[:, 0].round(1), "zinc": ours[:, 1].round(1), "lab": names_},
        audit={"at": at, "iron": theirs[:, 0].round(1), "zinc": theirs[:, 1].round(1),
               "lab": [names_[i] if k else "z99" for i, k in zip(at.tolist(), (r.random(60) > 0.25).tolist(), strict=True)]},
    )  # fmt: skip
    return Planted(
        w,
        (
            Fault("off by half a deviation, 60 rows measured anew", "audit", "iron"),
            Fault("scatter of 0.75 deviations", "audit", "zinc"),
            Fault("another name in a quarter of the rows", "audit", "lab"),
        ),
        ("audit",),
    )


PLANTED: tuple[Callable[[int], Planted], ...] = (sensor, people, gone, moved, twice, broken, audited)
"""Tables with planted faults."""
