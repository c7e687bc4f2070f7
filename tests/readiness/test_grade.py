"""From findings to the level: unknown ranks below fail, and nothing jumps over a gap (FACTS 14, item 1)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldguide.errors import UsageError
from fieldguide.finding import Finding, Verdict
from fieldguide.readiness.answers import Waiver
from fieldguide.readiness.grade import Evidence, current, failing, grade_json, level_of, missing, verdicts
from fieldguide.readiness.levels import CHECKS, LEVELS, RANK, checks_of, found

NOW = datetime(2024, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def passing(up_to: str) -> list[Finding]:
    return [found(c.id, "pass", "fine") for c in CHECKS.values() if RANK[c.level] <= RANK[up_to]]


def waiver(check: str, about: str | None = None, until: datetime | None = None) -> Waiver:
    return Waiver(check, "Ada", NOW - DAY, about, "looked at it", until)


@pytest.mark.parametrize("name", [one.name for one in LEVELS])
def test_the_level_is_the_highest_whose_own_and_all_lower_checks_hold(name: str) -> None:
    assert level_of(passing(name), [], NOW).level == name


def test_a_source_at_c3_with_a_passing_check_of_band_b_keeps_c3() -> None:
    assert level_of([*passing("C3"), found("unique_key", "pass", "")], [], NOW).level == "C3"


def test_without_its_evidence_for_c2_a_b1_source_drops_to_c3() -> None:
    lost = [f for f in passing("B1") if f.check != "license"]
    grade = level_of(lost, [], NOW)
    assert grade.level == "C3"
    assert [(f.check, f.verdict, f.saw) for f in grade.held_back_by] == [
        ("license", "unknown", "not checked yet")
    ]


def test_one_column_that_fails_is_enough() -> None:
    grade = level_of([*passing("A3"), found("units", "fail", "", "age")], [], NOW)
    assert (grade.level, grade.next_level) == ("B4", "B3")
    assert [f.about for f in grade.held_back_by] == ["age"]


def test_every_data_set_starts_at_c4_whatever_it_lacks() -> None:
    grade = level_of([], [], NOW)
    assert grade.level == "C4"
    assert {f.check for f in grade.findings} == set(CHECKS)
    assert all(f.verdict == "unknown" for f in grade.findings)


def test_nothing_holds_back_the_highest() -> None:
    grade = level_of(passing("A1"), [], NOW)
    assert (grade.level, grade.held_back_by, grade.next_level) == ("A1", (), None)


def test_a_finding_of_a_monitor_lowers_the_level_that_it_names() -> None:
    grade = level_of([*passing("A1"), Finding("unit_change", "B3", "fail", "wind")], [], NOW)
    assert grade.level == "B4"
    assert [f.check for f in grade.held_back_by] == ["unit_change"]


def test_a_waiver_lets_pass_what_it_names_and_is_on_record() -> None:
    findings = [
        *passing("A3"),
        found("wild_values", "fail", "", "wind"),
        found("wild_values", "fail", "", "rain"),
    ]
    assert level_of(findings, [waiver("wild_values", "wind")], NOW).level == "B4"
    both = level_of(findings, [waiver("wild_values")], NOW)
    assert both.level == "A3"
    assert {f.about for f, _ in both.waived} == {"wind", "rain"}
    assert verdicts(both)["wild_values"] == "pass"


def test_an_expired_waiver_and_one_from_the_future_do_not_count() -> None:
    findings = [*passing("A3"), found("wild_values", "fail", "", "wind")]
    assert level_of(findings, [waiver("wild_values", until=NOW)], NOW).level == "B4"
    assert level_of(findings, [waiver("wild_values", until=NOW + DAY)], NOW).level == "A3"
    assert level_of(findings, [waiver("wild_values")], NOW - 2 * DAY).level == "B4"


def test_a_check_that_was_never_made_can_be_waived() -> None:
    assert (
        level_of([f for f in passing("A3") if f.check != "reads_alike"], [waiver("reads_alike")], NOW).level
        == "A3"
    )


def test_the_gate_of_fit_sees_failures_and_not_what_is_unknown() -> None:
    findings = [
        found("column_knows_label", "fail", "", "delay"),
        found("units", "unknown", "", "age"),
        found("beats_the_mean", "fail", ""),
    ]
    grade = level_of(findings, [], NOW)
    assert [f.check for f in failing(grade)] == ["column_knows_label"]
    assert [f.check for f in failing(grade, up_to="A2")] == ["column_knows_label", "beats_the_mean"]
    assert failing(level_of(findings, [waiver("column_knows_label")], NOW)) == ()
    with pytest.raises(UsageError, match="is no level"):
        failing(grade, up_to="A9")


def test_what_is_between_the_grade_and_a_level_is_listed_from_the_bottom() -> None:
    grade = level_of([*passing("B3"), found("default_values", "fail", "", "age")], [], NOW)
    ahead = [(f.level, f.check) for f in missing(grade, "B1")]
    of_b2 = [("B2", check.id) for check in checks_of("B2")]
    assert ahead == [*of_b2, ("B1", "missing_values")]
    assert missing(grade, "B3") == ()


def test_failures_come_before_what_is_unknown_in_what_holds_back() -> None:
    grade = level_of([*passing("B4"), found("unique_key", "fail", "")], [], NOW)
    assert grade.held_back_by[0].check == "unique_key"
    assert {f.verdict for f in grade.held_back_by[1:]} == {"unknown"}


def test_unknown_ranks_below_fail() -> None:
    mixed = [
        found("units", "fail", "", "a"),
        found("units", "unknown", "", "b"),
        found("units", "pass", "", "c"),
    ]
    assert verdicts(level_of(mixed, [], NOW))["units"] == "unknown"


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(sorted(CHECKS)), st.sampled_from(["pass", "fail", "unknown"]), max_size=40
    ),
    st.data(),
)
def test_unknown_and_fail_never_raise_a_grade_and_pass_never_lowers_it(
    given_: dict[str, Verdict], data: st.DataObject
) -> None:
    findings = [found(name, verdict, "") for name, verdict in given_.items()]
    before = RANK[level_of(findings, [], NOW).level]
    name = data.draw(st.sampled_from(sorted(CHECKS)))
    for verdict in ("fail", "unknown"):
        assert RANK[level_of([*findings, found(name, verdict, "", "more")], [], NOW).level] <= before  # type: ignore[arg-type]
    better = [found(name, "pass", "")] + [f for f in findings if f.check != name]
    assert RANK[level_of(better, [], NOW).level] >= before


@settings(deadline=None)
@given(st.lists(st.sampled_from(sorted(CHECKS)), unique=True))
def test_the_order_of_the_findings_does_not_matter(names: list[str]) -> None:
    findings = passing("A1")
    broken = [found(f.check, "fail", "") if f.check in names else f for f in findings]
    one, other = level_of(broken, [], NOW), level_of(broken[::-1], [], NOW)
    assert one.level == other.level
    assert [f.check for f in one.findings] == [f.check for f in other.findings]


def test_evidence_counts_for_its_rows_its_checks_and_its_time() -> None:
    fact = found("beats_the_mean", "pass", "")
    evidence = [Evidence(fact, NOW - DAY, until=NOW + DAY, extent="rows", code="code")]
    assert current(evidence, NOW, extent="rows", code="code") == (fact,)
    assert current(evidence, NOW) == (fact,)
    assert current(evidence, NOW, extent="other rows") == ()
    assert current(evidence, NOW, code="other code") == ()
    assert current(evidence, NOW + DAY) == ()
    assert current(evidence, NOW - 2 * DAY) == ()
    assert current([Evidence(fact, NOW)], NOW, extent="any", code="any") == (fact,)


def test_expired_evidence_lowers_the_level() -> None:
    kept = [Evidence(found("beats_the_mean", "pass", ""), NOW - DAY, until=NOW + DAY)]
    made = [f for f in passing("A2") if f.check != "beats_the_mean"]
    assert level_of([*made, *current(kept, NOW)], [], NOW).level == "A2"
    assert level_of([*made, *current(kept, NOW + DAY)], [], NOW).level == "A3"


def test_the_grade_as_json_holds_what_a_reader_needs() -> None:
    findings = [*passing("A3"), found("wild_values", "fail", "1,048", "wind", rows=["k1"])]
    out = json.loads(
        json.dumps(grade_json(level_of(findings, [waiver("wild_values")], NOW), "flights", "Late?"))
    )
    assert (out["program"], out["level"], out["question"], out["next_level"]) == (
        "flights",
        "A3",
        "Late?",
        "A2",
    )
    assert {"check", "about", "level", "verdict", "blocks", "saw", "expected", "rows", "next"} <= set(
        out["findings"][0]
    )
    assert out["waived"][0]["by"] == "Ada"
    assert out["held_back_by"][0]["check"] == "beats_the_mean"
    assert out["checks"]["unique_key"] == "pass"
