"""Rows by their combination of columns, and pauses between them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import ibis
import pyarrow as pa

from fieldguide.tables import engines as engine
from fieldguide.tables.query.groups import group_sizes, longest_pause, time_ends

START = datetime(2024, 1, 1, tzinfo=UTC)
HOUR = 3_600_000_000


def table(**columns: pa.Array) -> ibis.Table:
    return engine.from_arrow(engine.connect(), pa.table(columns))


def times(*hours: float | None) -> pa.Array:
    at = [None if h is None else START + timedelta(hours=h) for h in hours]
    return pa.array(at, pa.timestamp("us", "UTC"))


def test_rows_are_counted_by_combination_and_a_missing_value_is_one_of_its_own() -> None:
    t = table(sex=pa.array(["f", "f", "m", "m", None, "f"]), age=pa.array([30, 30, 30, 40, 30, 30]))
    assert group_sizes(t, ["sex", "age"]) == (6, 4, 1, 3, 6)
    assert group_sizes(t, ["sex", "age"], few=3) == (6, 4, 1, 3, 3)
    assert group_sizes(t, ["age"]) == (6, 2, 1, 1, 1)
    assert group_sizes(t.filter(t["age"] > 99), ["age"]) == (0, 0, 0, 0, 0)


def test_the_longest_pause_is_found_to_the_width_of_a_stretch() -> None:
    assert longest_pause(table(at=times(0, 1, 2, 50, 51)), "at", HOUR) == 48 * HOUR
    assert longest_pause(table(at=times(51, None, 2, 0, 50, 1)), "at", HOUR) == 48 * HOUR
    assert longest_pause(table(at=times(0)), "at", HOUR) is None
    assert longest_pause(table(at=times(None)), "at", HOUR) is None
    assert longest_pause(table(at=times(0, 10_000)), "at", 1) is None


def test_the_ends_of_time_are_instants() -> None:
    since, latest = time_ends(table(at=times(3, 0, None)), "at")
    assert (since, latest) == ("2024-01-01T00:00:00+00:00", "2024-01-01T03:00:00+00:00")
    assert time_ends(table(at=times(None)), "at") == (None, None)
