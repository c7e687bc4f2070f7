"""Band C: reached, permitted, loads."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fieldguide.program import Source
from fieldguide.readiness.accessibility import source as accessibility
from fieldguide.tables.read import Extent, Reject

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)


def extent(rows: int = 10, content: str = "abc", since: str | None = "2023") -> Extent:
    return Extent("x.csv", rows, since, since, content)


def test_a_declared_source_is_hearsay_with_or_without_an_owner() -> None:
    assert accessibility.registered(Source("x.csv"))[0].saw == "x.csv, no owner claimed"
    assert accessibility.registered(Source("x.csv", owner="ops"))[0].verdict == "pass"


def test_rows_make_it_located() -> None:
    found = accessibility.reachable(Source("x*.csv"), 1_000, 4, ["x1.csv", "x2.csv"])
    assert (found[0].verdict, found[0].saw) == ("pass", "x*.csv: 1,000 rows, 4 columns in 2 files")
    assert accessibility.reachable(Source("x.csv"), 0, 4, [])[0].verdict == "fail"


def test_without_a_time_column_the_span_is_a_note_and_with_empty_times_a_failure() -> None:
    assert accessibility.time_span(Source("x.csv"), extent())[0].verdict == "pass"
    assert "no time column" in accessibility.time_span(Source("x.csv"), extent())[0].saw
    assert accessibility.time_span(Source("x.csv", time="at"), extent(since=None))[0].verdict == "fail"
    assert accessibility.time_span(Source("x.csv", time="at"), extent())[0].verdict == "pass"


@pytest.mark.parametrize(
    ("expires", "verdict"), [(None, "pass"), ("2024-06-01", "pass"), ("2024-05-31", "fail")]
)
def test_a_permission_counts_up_to_its_last_day(expires: str | None, verdict: str) -> None:
    found = accessibility.permission_current(Source("x.csv", expires=expires), NOW)[0]
    assert (found.verdict, found.level) == (verdict, "C2")


def test_unreadable_lines_are_named_by_file_and_line() -> None:
    rejects = [
        Reject("x.csv", 17, "age", "abc", "not a number"),
        Reject("x.csv", 40, None, "a;b", "2 fields instead of 4"),
    ]
    found = accessibility.parses(1_000, 2, rejects)[0]
    assert (found.verdict, found.rows) == ("fail", ("x.csv:17", "x.csv:40"))
    assert "x.csv:17 in column 'age': 'abc' (not a number)" in found.saw
    few = accessibility.parses(2_000, 2, rejects)[0]
    assert (few.verdict, few.rows) == ("pass", ("x.csv:17", "x.csv:40"))
    assert accessibility.parses(10, 0, [])[0].verdict == "pass"
    assert "100.00%" in accessibility.parses(10, 30, rejects)[0].saw


def test_a_source_that_reads_differently_twice_does_not_load() -> None:
    assert accessibility.reads_alike(extent(), extent())[0].verdict == "pass"
    assert accessibility.reads_alike(extent(), extent(content="xyz"))[0].verdict == "fail"
    assert accessibility.reads_alike(extent(), extent(rows=11))[0].verdict == "fail"
    once = accessibility.reads_alike(extent(), None)[0]
    assert (once.verdict, once.level) == ("unknown", "C1")
