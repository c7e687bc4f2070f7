"""Real tables with a question: what knows the label is named, honest columns raise no alarm."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from fieldguide.finding import Finding
from fieldguide.program import (
    BinaryLabel,
    Category,
    CountLabel,
    Label,
    Number,
    NumericLabel,
    Program,
    Question,
    Source,
    raw_columns,
)
from fieldguide.readiness.appropriateness import run
from fieldguide.readiness.check import Queues
from fieldguide.tables.read import read
from fieldguide.tables.summary import summarize

from .asked import NOW

DAY = timedelta(days=1)


def band_a(
    table: pa.Table, label: Label, drop: Sequence[str] = (), queues: Queues | None = None, **source: Any
) -> list[Finding]:
    """What band A says of all columns of a table but those to drop."""
    special = {label.name, source.get("key"), source.get("time"), source.get("entity"), *drop}
    features = [
        Number(f.name, about="told", unit="1")
        if pa.types.is_integer(f.type) or pa.types.is_floating(f.type)
        else Category(f.name)
        for f in table.schema
        if f.name not in special
    ]
    program = Program(
        question=Question(ask="?", one_row_is="a row", decision="act"), source=Source(table, **source), features=features, label=label,
    )  # fmt: skip
    reading = read(program)
    summary = summarize(reading.table, raw_columns(program))
    out: list[Finding] = []
    for _, make in run.steps(program, reading, summary, NOW, (), queues if queues is not None else {}):
        out += make()
    return [f for f in out if f.check not in ("question", "decision")]


def bad(findings: Sequence[Finding]) -> set[tuple[str, str | None]]:
    return {(f.check, f.about) for f in findings if f.verdict != "pass"}


def told(findings: Sequence[Finding], check: str) -> set[str | None]:
    """What a check asks about, without deciding."""
    return {f.about for f in findings if f.check == check and f.verdict == "pass" and f.next}


@pytest.fixture(scope="module")
def ai4i(shared: Path) -> pa.Table:
    return pq.read_table(shared / "ai4i2020" / "data.parquet")


MODES = ("TWF", "HDF", "PWF", "OSF", "RNF")
FAILURE = BinaryLabel("Machine failure", arrives_within=DAY)


def test_failure_modes_are_asked_about_all_five(ai4i: pa.Table) -> None:
    found = band_a(ai4i, FAILURE, key="UDI")
    assert {about for _, about in bad(found)} == {"HDF", "PWF", "OSF"}
    assert told(found, "column_knows_label") >= {"TWF", "RNF"}


def test_sensors_that_warn_of_a_failure_raise_no_alarm(ai4i: pa.Table) -> None:
    assert bad(band_a(ai4i, FAILURE, MODES, key="UDI")) == set()


def bank(shared: Path) -> pa.Table:
    table = pq.read_table(shared / "bank_marketing" / "data.parquet")
    at = pc.strptime(
        pc.binary_join_element_wise(table["period_derived"].cast(pa.string()), "-01", ""), "%Y-%m-%d", "us"
    )
    return table.append_column("at", at)


def test_the_duration_of_the_call_is_asked_about_and_the_interest_rate_is_not(shared: Path) -> None:
    label = BinaryLabel("y", positive="yes", arrives_within=DAY)
    found = band_a(bank(shared), label, ["period_derived"], time="at")
    assert bad(found) == set()
    assert told(found, "column_knows_label") == {"duration"}
    duration = next(f for f in found if f.about == "duration")
    assert "All others together reach an AUC of 0.7" in duration.saw
    honest = band_a(bank(shared), label, ["period_derived", "duration"], time="at")
    assert bad(honest) == set()
    assert told(honest, "column_knows_label") == set()


def bikes(shared: Path) -> pa.Table:
    table = pq.read_table(shared / "bike_sharing_hourly" / "data.parquet")
    day = (
        table["dteday"].cast(pa.timestamp("us"))
        if not pa.types.is_string(table["dteday"].type)
        else pc.strptime(table["dteday"], "%Y-%m-%d", "us")
    )
    at = pc.add(day, pc.multiply(table["hr"].cast(pa.int64()), 3_600_000_000).cast(pa.duration("us")))
    return table.append_column("at", at)


def test_two_columns_that_add_up_to_the_label_fail(shared: Path) -> None:
    label = CountLabel("cnt", arrives_within=DAY)
    found = band_a(bikes(shared), label, ["dteday"], key="instant", time="at")
    assert ("columns_make_label", "cnt") in bad(found)
    made = next(f for f in found if f.check == "columns_make_label")
    assert "'cnt' is registered + casual" in made.saw
    assert (
        bad(band_a(bikes(shared), label, ["dteday", "casual", "registered"], key="instant", time="at"))
        == set()
    )


def test_other_outcomes_of_a_post_are_asked_about(shared: Path) -> None:
    table = pq.read_table(shared / "tweets_trump" / "data.parquet")
    label = CountLabel("retweets", arrives_within=DAY)
    found = band_a(table, label, ["text"], time="created_at")
    assert bad(found) == set()
    assert told(found, "column_knows_label") == {"favorites", "replies"}
    honest = band_a(table, label, ["text", "favorites", "replies"], time="created_at")
    assert bad(honest) == set()
    assert told(honest, "column_knows_label") == set()


def test_todays_weather_may_know_tomorrows(shared: Path) -> None:
    table = pq.read_table(shared / "seattle_newyork_weather" / "data.parquet").sort_by("date")
    tomorrow = np.full(len(table), np.nan)
    place, warm = table["location"].to_numpy(zero_copy_only=False), table["temp_max"].to_numpy()
    for name in set(place):
        at = np.flatnonzero(place == name)
        tomorrow[at[:-1]] = warm[at[1:]]
    table = table.append_column("tomorrow", pa.array(tomorrow, from_pandas=True))
    found = band_a(table, NumericLabel("tomorrow", arrives_within=DAY), time="date")
    assert bad(found) == set()
    assert told(found, "column_knows_label") >= {"temp_max"}


def test_the_next_hours_temperature_may_be_much_like_this_ones(shared: Path) -> None:
    table = pq.read_table(shared / "nyc_hourly_weather_2013" / "data.parquet").sort_by("time_hour")
    after = np.full(len(table), np.nan)
    origin, temp = (
        table["origin"].to_numpy(zero_copy_only=False),
        table["temp"].to_numpy(zero_copy_only=False),
    )
    for name in set(origin):
        at = np.flatnonzero(origin == name)
        after[at[:-1]] = temp[at[1:]]
    table = table.append_column("after", pa.array(after, from_pandas=True))
    found = band_a(table, NumericLabel("after", arrives_within=timedelta(hours=1)), time="time_hour")
    assert bad(found) == set()
    assert "'after' is the next value of 'temp'" in next(f.saw for f in found if f.about == "temp")


def test_stand_ins_among_the_labels_head_their_queue(shared: Path) -> None:
    """Missing house values are -9,999,999 in this copy."""
    table = pq.read_table(shared / "houses_missingness" / "simple_mnar_30.parquet").drop_columns(
        ["binaryClass"]
    )
    queues: Queues = {}
    band_a(table, NumericLabel("median_house_value", arrives_within=DAY), queues=queues)
    wrong = sum(v == -9_999_999 for v in table["median_house_value"].to_pylist())
    given = queues["labels"]["given"].to_pylist()
    assert given[:wrong] == [-9_999_999.0] * wrong
