"""What is written in the ledger is what is read back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from fieldguide.finding import Diagnosis, Finding
from fieldguide.ledger import records
from fieldguide.ledger.book import open_ledger
from fieldguide.readiness.answers import Answer, Waiver
from fieldguide.readiness.grade import Evidence

NOW = datetime(2013, 10, 1, 12, tzinfo=UTC)
FINDING = Finding(
    "unit_change", "B3", "fail", about="wind_speed", saw="metres per second", expected="miles per hour",
    rows=("a", "b"), next="ask the weather desk", evidence={"before": [[1.0, 0.5]]},
    diagnosis=Diagnosis("unit_factor", factor=0.44704, first_row=1204, since="2013-12-01T00:00:00+00:00", share=1.0),
)  # fmt: skip


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_ledger(tmp_path / "ledger.db")
    yield engine
    engine.dispose()


def test_a_grade_comes_back_whole(ledger: sa.Engine) -> None:
    grade = records.GradeRecord(records.stamp(NOW), "flights", "f1", "B1", {"rows": 3}, "c1", (FINDING,))
    records.write_grade(ledger, grade)
    assert records.read_grades(ledger, "flights") == [grade]
    assert records.read_grades(ledger, "visits") == []


def test_only_the_latest_evidence_of_a_check_counts(ledger: sa.Engine) -> None:
    older = Evidence(Finding("beats_the_mean", "A2", "fail"), NOW, None, "e1", "c1")
    newer = Evidence(Finding("beats_the_mean", "A2", "pass"), NOW, NOW + timedelta(days=9), "e2", "c1")
    records.write_evidence(ledger, "flights", "f1", "fit", [older])
    records.write_evidence(ledger, "flights", "f1", "fit", [newer])
    assert records.read_evidence(ledger, "flights", "f1") == [newer]
    assert records.read_evidence(ledger, "flights", "another") == []


def test_answers_and_waivers_come_back_apart(ledger: sa.Engine) -> None:
    answer = Answer("license", by="ann", at=NOW, because="CC0")
    waiver = Waiver(
        "one_change", by="bo", at=NOW, because="both were tried apart", until=NOW + timedelta(days=1)
    )
    records.write_answers(ledger, "flights", [answer, waiver])
    assert records.read_answers(ledger, "flights") == ([answer], [waiver])


def test_the_last_gradings_are_read_without_the_others(ledger: sa.Engine) -> None:
    for n in range(5):
        at = records.stamp(NOW + timedelta(days=n))
        records.write_grade(ledger, records.GradeRecord(at, "flights", f"f{n % 2}", "B1", {"rows": n}, "c1"))
    assert [g.extent["rows"] for g in records.read_grades(ledger, "flights", last=2)] == [3, 4]
    assert [g.extent["rows"] for g in records.read_grades(ledger, "flights", fingerprint="f1")] == [1, 3]
    assert [g.extent["rows"] for g in records.read_grades(ledger, "flights", fingerprint="f0", last=1)] == [4]
    assert (records.count_grades(ledger, "flights"), records.count_grades(ledger, "visits")) == (5, 0)


def test_effort_is_read_as_it_was_noted(ledger: sa.Engine) -> None:
    records.write_effort(ledger, records.stamp(NOW), "flights", "B1", 90, "ann")
    records.write_effort(ledger, records.stamp(NOW), "flights", "B1", 30, "bo")
    assert [(e.level, e.minutes, e.by) for e in records.read_effort(ledger, "flights")] == [
        ("B1", 90, "ann"),
        ("B1", 30, "bo"),
    ]


def test_a_new_release_ends_the_one_before(ledger: sa.Engine) -> None:
    first = records.Release(records.stamp(NOW), "flights", 1, "aaa", "Mean", ("the first release",), "ann")
    second = records.Release(
        records.stamp(NOW + timedelta(days=1)), "flights", 2, "bbb", "Linear", ("model",), "ann"
    )
    records.write_release(ledger, first, ending="replaced")
    records.write_release(ledger, second, ending="replaced")
    one, two = records.read_releases(ledger, "flights")
    assert (one.ended, one.ending) == (second.at, "replaced")
    assert records.current_release(ledger, "flights") == two == second


def test_an_incident_is_open_until_it_is_closed(ledger: sa.Engine) -> None:
    records.open_incident(ledger, records.stamp(NOW), "flights", 2, FINDING)
    (incident,) = records.read_incidents(ledger, "flights", only_open=True)
    assert incident.finding == FINDING
    records.update_incident(ledger, incident.id, clean_windows=2, closed=records.stamp(NOW))
    assert records.read_incidents(ledger, "flights", only_open=True) == []
    assert records.read_incidents(ledger, "flights")[0].clean_windows == 2


def test_windows_and_fits_come_back_whole(ledger: sa.Engine) -> None:
    window = records.Window(records.stamp(NOW), "flights", 1, 1, 1000, "A2", {"loss": 0.5})
    fit = records.FitRecord(records.stamp(NOW), "flights", "f1", "aaa", "Linear", True, {"rungs": []})
    records.write_window(ledger, window)
    records.write_fits(ledger, [fit])
    assert records.read_windows(ledger, "flights") == [window]
    assert records.read_fits(ledger, "flights") == [fit]
