"""Simulated worlds in which nothing breaks, though every day differs from the day before.

Windows drawn at random from one table are no test of a monitor: rows of real products come in days, hours,
campaigns and users, levels wander, traffic grows. A world here has all of that and no fault.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fieldguide.program import Boolean, Category, Feature, Number

Floats = NDArray[np.float64]

FEATURES: tuple[Feature, ...] = (
    *(Number(f"normal{i}") for i in range(3)),
    *(Number(f"amount{i}", low=0) for i in range(3)),
    *(Number(f"count{i}", low=0) for i in range(3)),
    Number("speed", unit="mile/hour", low=0),
    Number("rain", unit="inch/hour", low=0),
    Number("seconds", unit="second", low=0),
    Number("price", low=0),
    Number("gappy"),
    *(Category(f"kind{i}") for i in range(3)),
    Category("page"),
    Boolean("mobile"),
    Boolean("member"),
)


@dataclass(frozen=True)
class World:
    """Rows in time order: `table`, and how many of them are history."""

    table: pa.Table
    history: int


def world(seed: int, *, rows: int = 60_000, days: int = 150, share: float = 0.6) -> World:
    """Return a world of about `rows` rows in `days` days, the first `share` of them history."""
    rng = np.random.default_rng(seed)
    growth = np.exp(np.linspace(0, rng.uniform(0, 0.5), days))
    weekday = np.exp(rng.normal(0, 0.25, 7))[np.arange(days) % 7]
    noise = np.exp(0.15 * _wander(rng, days, 0.6))
    per_day = growth * weekday * noise
    n = rng.poisson(per_day / per_day.sum() * rows)
    day = np.repeat(np.arange(days), n)
    total = len(day)
    hour = _hours(rng, n)
    user = rng.integers(0, total // 8 + 1, total)
    user[1:] = np.where(rng.random(total - 1) < 0.4, user[:-1], user[1:])  # sessions
    columns: dict[str, pa.Array] = {}

    def level(strength: float) -> Floats:
        slow = rng.normal(0, 0.4) * np.sin(
            2 * np.pi * (np.arange(days) / rng.uniform(60, 200) + rng.random())
        )
        daily = (
            slow + _wander(rng, days, rng.uniform(0.3, 0.95)) + rng.normal(0, 0.15, 7)[np.arange(days) % 7]
        )
        within = rng.normal(0, 0.3) * np.cos(2 * np.pi * (hour - rng.uniform(0, 24)) / 24)
        person = rng.normal(0, 0.5, total // 8 + 1)[user]
        out: Floats = strength * (daily[day] + within + person)
        return out

    for i in range(3):
        strength = rng.uniform(0.05, 1.0)
        columns[f"normal{i}"] = pa.array(rng.normal(0, 1, total) + level(strength))
        columns[f"amount{i}"] = pa.array(
            np.exp(rng.uniform(0.5, 1.2) * rng.normal(0, 1, total) + level(strength) / 2 + 3)
        )
        columns[f"count{i}"] = pa.array(
            rng.poisson(np.exp(rng.uniform(0, 2.5) + level(strength) / 3)).astype(float)
        )
    columns["speed"] = pa.array(_weather(rng, day, hour) * 1.15078)
    columns["rain"] = pa.array(np.round(np.maximum(_weather(rng, day, hour) - 14, 0) / 40, 2))
    columns["seconds"] = pa.array(np.round(np.exp(4 + rng.normal(0, 1, total) + level(0.3) / 2), 1))
    columns["price"] = pa.array(
        rng.choice(np.array([4.99, 9.99, 14.99, 19.99, 49.0]), total, p=[0.3, 0.3, 0.2, 0.15, 0.05])
    )
    gappy = rng.normal(10, 3, total) + level(0.3)
    gone = rng.random(total) < 1 / (1 + np.exp(3 - 1.0 * level(0.8)))
    columns["gappy"] = pa.array(np.where(gone, np.nan, gappy), from_pandas=True)
    for i in range(3):
        columns[f"kind{i}"] = _categories(rng, day, days, int(rng.integers(3, 9)), "abcdefgh")
    columns["page"] = _categories(rng, day, days, 60, None)
    columns["mobile"] = pa.array(rng.random(total) < 1 / (1 + np.exp(-level(0.5))))
    columns["member"] = pa.array(rng.random(total) < 0.02)
    columns["__n"] = pa.array(np.arange(1, total + 1))
    return World(pa.table(columns), int(share * total))


def _wander(rng: np.random.Generator, days: int, memory: float) -> Floats:
    """A level with memory from day to day, of unit deviation."""
    steps = rng.normal(0, np.sqrt(1 - memory**2), days)
    out = np.zeros(days)
    out[0] = rng.normal()
    for i in range(1, days):
        out[i] = memory * out[i - 1] + steps[i]
    return out


def _hours(rng: np.random.Generator, n: NDArray[np.int64]) -> Floats:
    return np.concatenate([np.sort(np.clip(rng.normal(14, 4, k), 0, 23.99)) for k in n])


def _weather(rng: np.random.Generator, day: NDArray[np.int64], hour: Floats) -> Floats:
    """One reading an hour, the same for all rows of the hour, in whole knots."""
    at = day * 24 + hour.astype(int)
    hours = int(at.max()) + 1
    out = np.zeros(hours)
    state = 0.0
    for i in range(hours):
        state = 0.97 * state + rng.normal(0, np.sqrt(1 - 0.97**2))
        out[i] = state
    knots: Floats = np.round(np.maximum(10 + 5 * out, 0))
    return knots[at]


def _categories(
    rng: np.random.Generator, day: NDArray[np.int64], days: int, k: int, names: str | None
) -> pa.Array:
    """Shares that wander, and campaigns of a few days that favor one."""
    base = rng.normal(0, 1, k)
    strength = rng.uniform(0.05, 0.4)
    logits = base + strength * np.stack([_wander(rng, days, 0.8) for _ in range(k)], axis=1)
    for _ in range(int(days / 25)):
        start, length = int(rng.integers(0, days)), int(rng.integers(1, 6))
        logits[start : start + length, int(rng.integers(0, k))] += rng.uniform(0.3, 1.2)
    share = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    drawn = (rng.random(len(day))[:, None] > np.cumsum(share, axis=1)[day]).sum(axis=1).clip(max=k - 1)
    labels = np.array([names[i] if names else f"page{i}" for i in range(k)])
    return pa.array(labels[drawn])
