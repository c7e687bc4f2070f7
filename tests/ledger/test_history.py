"""What is said to have changed between two gradings, and what is said to expire."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from fieldguide.finding import Finding
from fieldguide.ledger.history import change, expiring
from fieldguide.ledger.records import GradeRecord, stamp
from fieldguide.readiness.answers import Answer, Waiver

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
OWNER = Finding("owner", "C3", "unknown", None, "not answered")
WILD = Finding("wild_values", "B3", "fail", "seconds", "32 rows hold 999")
EXTENT = {
    "source": "visits.csv",
    "rows": 100,
    "since": None,
    "until": None,
    "hash": "a",
    "columns": ["seconds"],
}
FIRST = GradeRecord(stamp(NOW), "visits", "f1", "C4", EXTENT, "c1", (OWNER, WILD))


def test_two_equal_gradings_differ_in_nothing() -> None:
    same = change(FIRST, FIRST)
    assert (same.new, same.gone, same.turned, same.climbed) == ((), (), (), 0)
    assert str(same) == "nothing changed"


def test_findings_come_go_and_turn() -> None:
    passes = replace(OWNER, verdict="pass", blocks=None, saw="declared")
    missing = Finding("missing_values", "B1", "unknown", "age", "too few rows")
    after = replace(
        FIRST,
        level="C3",
        findings=(passes, replace(WILD, verdict="unknown"), missing),
        fingerprint="f2",
        code="c2",
    )
    found = change(FIRST, after)
    assert [f.check for f in found.gone] == ["owner"]
    assert [f.check for f in found.new] == ["missing_values"]
    assert [(then.verdict, now.verdict) for then, now in found.turned] == [("fail", "unknown")]
    assert found.climbed == 1
    assert str(found) == (
        "1 finding gone (owner); 1 finding new (missing_values of age); wild_values of seconds fail → unknown; "
        "declared otherwise; another version of the checks"
    )


def test_rows_columns_and_rewritten_content_are_told() -> None:
    more = replace(FIRST, extent={**EXTENT, "rows": 12_000, "hash": "b", "columns": ["age"]})
    assert str(change(FIRST, more)) == "rows 100 → 12,000; columns new: age; columns gone: seconds"
    rewritten = replace(FIRST, extent={**EXTENT, "hash": "b"})
    assert str(change(FIRST, rewritten)) == "the same rows with other content"
    older = replace(FIRST, extent={k: v for k, v in EXTENT.items() if k != "columns"})
    assert change(older, FIRST).columns_new == (), (
        "a grading that did not write its columns down had no fewer"
    )


def test_what_ends_soon_is_told_unless_a_later_answer_outlives_it() -> None:
    soon, later = NOW + timedelta(days=10), NOW + timedelta(days=300)
    ended = Waiver("wild_values", "ann", NOW - timedelta(days=9), until=NOW - timedelta(days=1))
    waiver = Waiver("wild_values", "ann", NOW, about="seconds", until=soon)
    answer = Answer("license", "bo", NOW - timedelta(days=1), until=NOW + timedelta(days=2))
    told = expiring([ended, waiver, answer], NOW)
    assert [each.what for each in told] == [
        "the answer of bo on license",
        "the waiver of ann on wild_values of seconds",
    ]
    assert [each.until for each in told] == [answer.until, soon]
    assert expiring([answer, Answer("license", "bo", NOW, until=later)], NOW) == ()
    assert expiring([Answer("license", "bo", NOW)], NOW) == ()
