"""Faults of the time column for bench/detectors.py, each in a table of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from faults_of_measurement import Fault, Planted, Random, Values, some, stretch
from worlds_of_measurement import DAY, HOUR, START, ZONE, World, ar, arrivals


def _visits(r: Random, n: int = 3_000, days: int = 120) -> World:
    at = arrivals(r, n, days, ZONE)
    return World("times", {"x": r.normal(0, 1, n).round(1)}, at, zone=ZONE)


def _feed(r: Random, n: int = 2_000) -> World:
    return World("times", {"x": ar(r, n, 0.9).round(1)}, START + np.arange(n) * HOUR)


def _kept(w: World, keep: Values) -> World:
    columns = {
        k: [v for v, here in zip(x, keep, strict=True) if here] if isinstance(x, list) else x[keep]
        for k, x in w.columns.items()
    }
    return replace(w, columns=columns, time=w.time[keep])


def _offset(us: Values, zone: str) -> Values:
    """By how much the wall clock is ahead of UTC, in microseconds."""
    hours, at = np.unique(us // HOUR, return_inverse=True)
    place = ZoneInfo(zone)
    ahead = [datetime.fromtimestamp(h * 3600, UTC).astimezone(place).utcoffset() for h in hours.tolist()]
    return np.array([int(a.total_seconds()) * 1_000_000 for a in ahead if a is not None])[at]


def _early(r: Random, by: int | None) -> World:
    w = _visits(r)
    us = w.time.copy()
    where = r.choice(len(us), 3, replace=False)
    us[where] = 0 if by is None else us[where] + by
    return replace(w, time=us)


def _gap(r: Random) -> World:
    w = _visits(r)
    since = START + int(r.integers(20, 100)) * DAY
    return _kept(w, (w.time < since) | (w.time >= since + 3 * DAY))


def _gap_of_feed(r: Random) -> World:
    w = _feed(r)
    since = int(r.integers(200, 1_800))
    return _kept(w, ~np.isin(np.arange(len(w)), np.arange(since, since + 6)))


def _dates(r: Random) -> World:
    w = _visits(r)
    ahead = _offset(w.time, ZONE)
    return replace(w, time=np.where(some(r, len(w), 0.05), (w.time + ahead) // DAY * DAY - ahead, w.time))


def _late(r: Random) -> World:
    w = _feed(r)
    return replace(w, time=np.where(some(r, len(w), 0.003), w.time - 20 * HOUR, w.time))


def _reset(r: Random) -> World:
    w = _feed(r)
    us = w.time.copy()
    us[stretch(r, len(us), 150)] -= 400 * DAY
    return replace(w, time=us)


def _doubled(r: Random) -> World:
    """Eight rows an hour over 45 days around the end of summer time, written without an offset: what cannot be told apart is read as the later hour."""
    n = 8 * 24 * 45
    us = START + 210 * DAY + np.arange(n) * HOUR // 8
    clock = us + _offset(us, ZONE)
    back = clock - HOUR  # the offset of winter
    again = np.where(_offset(back, ZONE) == HOUR, back, clock - 2 * HOUR)
    return World("times", {"x": ar(r, n, 0.9).round(1)}, np.sort(again), zone=ZONE)


def _wrong_zone(r: Random) -> World:
    """Visits by the hours of a wall clock with summer time, over a year, declared to be UTC."""
    n = 20_000
    return World(
        "times",
        {"x": r.normal(0, 1, n).round(1)},
        arrivals(r, n, 400, "America/New_York", START - 60 * DAY),
        zone="UTC",
    )


TIMES: tuple[tuple[Fault, Callable[[Random], World]], ...] = (
    (Fault("3 rows in the future", "possible_times"), lambda r: _early(r, 9_000 * DAY)),
    (Fault("3 rows in 1970", "possible_times"), lambda r: _early(r, None)),
    (Fault("3 rows two years before all others", "possible_times"), lambda r: _early(r, -800 * DAY)),
    (Fault("three days of visits missing (about 75 rows)", "time_gaps"), _gap),
    (Fault("six hours of an hourly feed missing", "time_gaps"), _gap_of_feed),
    (Fault("dates among times, 5 %", "clocks"), _dates),
    (Fault("0.3 % of the rows late by 20 hours", "clocks"), _late),
    (Fault("a clock set back on 150 rows", "clocks"), _reset),
    (Fault("naive times where the clocks go back, 8 rows an hour", "clocks"), _doubled),
    (Fault("wall clock of New York declared as UTC, 20,000 rows", "clocks"), _wrong_zone),
)
"""Faults of the time column."""


def of_times(seed: int, which: int) -> Planted:
    """One of the faults of the time column."""
    fault, make = TIMES[which]
    return Planted(make(np.random.default_rng([28, which, seed])), (fault,), (fault.check,))


PLANTED: tuple[Callable[[int], Planted], ...] = tuple(
    lambda seed, which=i: of_times(seed, which) for i in range(len(TIMES))
)
"""Tables with planted faults of the time column."""
