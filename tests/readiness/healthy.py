"""Healthy tables of twelve kinds, each a pure function of a seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import numpy as np

from fieldguide.program import BinaryLabel, CountLabel, NumericLabel, Timestamp

from .asked import HOUR, START, WEEK, World, sigmoid, walk


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
