"""The tables of levels, checks and moves."""

from __future__ import annotations

from itertools import pairwise

import pytest

from fieldguide.errors import UsageError
from fieldguide.readiness.levels import (
    BANDS,
    CHECKS,
    LEVELS,
    MOVES,
    RANK,
    at_least,
    check,
    checks_of,
    found,
    level,
    levels_markdown,
)

ORDER = ["C4", "C3", "C2", "C1", "B4", "B3", "B2", "B1", "A4", "A3", "A2", "A1"]


def test_levels_count_down_from_hearsay_to_deployable() -> None:
    assert [one.name for one in LEVELS] == ORDER
    assert [RANK[name] for name in ORDER] == list(range(12))


def test_only_the_five_levels_that_the_literature_defines_are_called_its() -> None:
    assert {one.name for one in LEVELS if one.origin == "literature"} == {"C4", "C1", "B4", "B1", "A1"}
    assert {one.origin for one in LEVELS} == {"literature", "ours"}


@pytest.mark.parametrize("name", ORDER)
def test_every_level_is_guarded_by_a_check(name: str) -> None:
    assert checks_of(name)


def test_every_check_says_what_it_looks_at_and_what_to_do() -> None:
    for name, one in CHECKS.items():
        assert one.id == name
        assert one.level in RANK
        assert one.kind in ("machine", "human", "evidence")
        assert len(one.checks.split()) >= 3
        assert len(one.next.split()) >= 2


def test_checks_stand_in_the_order_of_the_levels() -> None:
    ranks = [RANK[one.level] for one in CHECKS.values()]
    assert ranks == sorted(ranks)


def test_a_grade_climbs_one_level_at_a_time_and_may_fall_to_any() -> None:
    climbs = [(m.before, m.after) for m in MOVES if m.after in RANK]
    assert climbs == list(pairwise(ORDER))
    assert {m.before for m in MOVES if m.after not in RANK} == set(ORDER[1:])


def test_the_documentation_is_drawn_from_the_tables() -> None:
    text = levels_markdown()
    for one in LEVELS:
        assert f"| {one.name} | {one.title} |" in text
    for name in CHECKS:
        assert f"`{name}`" in text
    for band in BANDS.values():
        assert band.concern in text
    assert all(line.count("|") >= 4 for line in text.splitlines() if line.startswith("|"))


def test_levels_compare() -> None:
    assert at_least("A1", "C4")
    assert at_least("B3", "B3")
    assert not at_least("C1", "B4")


def test_a_wrong_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="Levels, from the lowest: C4, C3"):
        level("B5")
    with pytest.raises(UsageError, match="Did you mean 'wild_values'"):
        check("wild_value")


def test_a_finding_takes_level_expectation_and_advice_from_the_table() -> None:
    finding = found("units", "unknown", "not answered", "age")
    assert (finding.level, finding.blocks, finding.expected) == ("B3", "B3", CHECKS["units"].checks)
    assert finding.next == CHECKS["units"].next
    assert found("units", "pass", "year", "age").next == ""
