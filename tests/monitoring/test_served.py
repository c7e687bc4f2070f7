"""What must be seen in the served log, and how it is cut into windows."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldguide.comparing.compare import LEVELS
from fieldguide.comparing.explained import CAUSES
from fieldguide.errors import UsageError
from fieldguide.monitoring import CHECKS, cut, monitors_armed, refused_values, served_features
from fieldguide.monitoring.act import FAULTS
from fieldguide.program import Category, Number
from fieldguide.readiness.levels import CHECKS as GRADED
from fieldguide.readiness.levels import RANK


def test_every_row_is_judged_in_whole_windows_and_one_rest() -> None:
    assert [(s.start, s.stop) for s in cut(2_300, once=False)] == [(0, 1_000), (1_000, 2_000)]
    assert [(s.start, s.stop) for s in cut(250, once=True)] == [(0, 250)]
    with pytest.raises(UsageError, match="smaller than the least"):
        cut(5_000, once=True, size=100)


@given(st.integers(0, 20_000), st.booleans(), st.sampled_from([200, 500, 1_000]))
def test_windows_follow_each_other_without_gap(waiting: int, once: bool, size: int) -> None:
    spans = cut(waiting, once=once, size=size)
    assert [s.start for s in spans] == [0, *(s.stop for s in spans[:-1])][: len(spans)]
    assert all(s.rows >= 200 for s in spans)
    end = spans[-1].stop if spans else 0
    assert waiting - end < (200 if once and (spans or waiting < 200) else size)


def test_a_feature_never_seen_keeps_from_a1() -> None:
    rows = pa.table(
        {
            "__refused": [False] * 3 + [True],
            "x": [1.0, None, 2.0, 1.0],
            "c": pa.array([None, None, None, "a"]),
        }
    )
    found = served_features(rows, [Number("x"), Category("c")])
    assert [(f.check, f.verdict, f.level) for f in found] == [("served_features", "fail", "A1")]
    assert "c" in found[0].saw
    assert served_features(rows, [Number("x")])[0].verdict == "pass"
    assert served_features(rows.slice(3), [Number("x")])[0].verdict == "unknown"


def test_the_monitor_is_armed_once_it_has_judged() -> None:
    assert monitors_armed(0).verdict == "unknown"
    assert monitors_armed(3, "2013-10-02").verdict == "pass"


def test_refusals_are_told_by_column_and_reason() -> None:
    told = [("distance", "range", "Expected at most 12500")] * 40 + [
        ("plan", "type", "Expected text, got 3")
    ] * 12
    told += [("age", "null", "age is required")] * 4
    found = refused_values(
        1_000, told, numbers=list(range(501, 557)), times={501: "2026-01-01T00:00:00+00:00"}
    )
    assert [(f.about, f.diagnosis.cause if f.diagnosis else "", f.verdict) for f in found] == [
        ("distance", None, "fail"), ("plan", "type_changed", "fail"),
    ]  # fmt: skip
    first = found[0].diagnosis
    assert first is not None
    assert (first.first_row, first.since, first.share) == (501, "2026-01-01T00:00:00+00:00", 0.04)
    assert "4 % of the rows were refused: distance (range) since row 501" in found[0].saw


def test_a_required_value_that_is_missing_is_a_null_flood() -> None:
    found = refused_values(300, [("age", "null", "age is required")] * 300)
    assert found[0].diagnosis is not None
    assert found[0].diagnosis.cause == "null_flood"


def test_every_check_that_is_said_stands_in_a_table_once() -> None:
    said = {check for check, _ in LEVELS.values()}
    assert said <= set(CHECKS)
    assert not set(CHECKS) & set(GRADED)
    assert all(check.level in RANK for check in CHECKS.values())
    assert {level for check, level in LEVELS.values() if CHECKS[check].level != level} == set()


def test_causes_come_from_the_closed_list() -> None:
    assert {cause for cause in LEVELS if cause is not None} <= set(CAUSES)
    assert set(CAUSES) >= FAULTS
