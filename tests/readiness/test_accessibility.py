"""Band C: reached, permitted, loads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fieldguide.errors import DataError, UnreachableError
from fieldguide.program import Hearsay, Source
from fieldguide.readiness.accessibility import source as accessibility
from fieldguide.readiness.accessibility.freshness import fresh
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


def test_how_it_was_read_is_told_and_personal_text_is_not_shown() -> None:
    notes = ("cp1252: byte 0x92 in lines 3, 7", "two lines of names")
    clean = accessibility.parses(1_000, 0, [], notes=notes)[0]
    assert clean.saw.endswith("read as: cp1252: byte 0x92 in lines 3, 7; two lines of names")
    rejects = [Reject("x.csv", 17, "born", "29. Feb. 1981", "no date")]
    found = accessibility.parses(1_000, 2, rejects, notes=notes, hidden=["born"])[0]
    assert "1981" not in found.saw
    assert "99. Xxx. 9999" in found.saw
    line = accessibility.parses(1_000, 2, [Reject("x.csv", 3, None, "Ada;1815", "short")], hidden=["born"])[0]
    assert "1815" not in line.saw


def test_hearsay_is_unknown_and_says_who_said_it_and_what_is_next() -> None:
    told = Source(Hearsay("the log book", said_by="Ann", since="2019"), owner="call center")
    found = accessibility.unreached(told, UnreachableError("hearsay"))
    assert [(f.check, f.verdict, f.level) for f in found] == [("reachable", "unknown", "C3")]
    assert "said by Ann, since 2019: nobody has reached the log book yet" in found[0].saw
    assert found[0].next
    said = accessibility.registered(told)[0].saw
    assert said == "the log book, said to be call center's, heard from Ann, recorded since 2019"


def test_what_cannot_be_reached_is_not_located_and_what_cannot_be_read_does_not_load() -> None:
    lost = accessibility.unreached(Source("x.csv"), UnreachableError("x.csv is not there"))
    assert [(f.check, f.verdict) for f in lost] == [("reachable", "fail")]
    broken = accessibility.unreached(Source("x.csv"), DataError("x.csv is no CSV"))
    assert {f.check: f.verdict for f in broken} == {
        "reachable": "pass",
        "time_span": "pass",
        "parses": "fail",
    }


HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def freshness(
    age: timedelta, every: timedelta | None, pause: timedelta | None = None, name: str | None = None
) -> str:
    source = Source("x.csv", delivered_every=every)
    return fresh(source, NOW - age - 100 * DAY, NOW - age, NOW, lambda: pause, name)[0].verdict


@pytest.mark.parametrize(
    ("age", "every", "pause", "verdict"),
    [
        (HOUR, HOUR, None, "pass"), (2 * HOUR, HOUR, None, "pass"), (3 * HOUR, HOUR, None, "fail"), (3 * HOUR, HOUR, 2 * HOUR, "fail"),
        (60 * HOUR, HOUR, 62 * HOUR, "pass"), (3 * HOUR, None, None, "pass"), (50 * DAY, None, None, "pass"), (-HOUR, HOUR, None, "pass"),
        (60 * DAY, 7 * DAY, 8 * DAY, "fail"), (101 * DAY, DAY, DAY, "pass"),
    ],
)  # fmt: skip
def test_the_last_row_is_as_young_as_declared_or_as_a_pause_seen_before(
    age: timedelta, every: timedelta | None, pause: timedelta | None, verdict: str
) -> None:
    assert freshness(age, every, pause) == verdict


def test_freshness_says_how_late_and_takes_what_ended_long_ago_for_an_archive() -> None:
    source = Source("x.csv", delivered_every=HOUR)
    late = fresh(source, NOW - 9 * DAY, NOW - DAY, NOW, name="w.csv")[0]
    assert (late.about, late.level, late.verdict) == ("w.csv", "C1", "fail")
    assert "24 deliveries late (every 1 hour)" in late.saw
    old = fresh(source, NOW - 4_000 * DAY, NOW - 3_700 * DAY, NOW)[0]
    assert "archive" in old.saw
    assert old.next
    untimed = fresh(source, None, None, NOW)[0]
    assert (untimed.verdict, "no column of times" in untimed.saw) == ("pass", True)
    undeclared = fresh(Source("x.csv"), NOW - 9 * DAY, NOW - DAY, NOW)[0]
    assert "2024-05-31 12:00, 24 hours before" in undeclared.saw
