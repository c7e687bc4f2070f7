"""What findings show of personal columns: how values are written, never the values."""

from __future__ import annotations

import re

import numpy as np

from fieldguide import Number
from fieldguide.finding import Finding
from fieldguide.readiness.accessibility.privacy.hiding import Hidden, hide
from fieldguide.readiness.checks import found
from fieldguide.readiness.faithfulness.missing import _most, _Side
from fieldguide.readiness.faithfulness.mixture import Group, _of_groups

HIDDEN = Hidden(
    frozenset({"phone", "born", "full name", "town2"}), names=frozenset({"phone", "born", "line 2"})
)


def _hidden(saw: str, about: str | None, expected: str = "", **evidence: object) -> Finding:
    return hide(found("wild_values", "fail", saw, about, expected=expected, evidence=evidence), HIDDEN)


def test_numbers_of_a_personal_column_are_masked_and_counts_of_rows_stay() -> None:
    shown = _hidden(
        "1 row holds 99,155,550,000,123; no other lies above 4,155,559,994, and half of them lie between 4,155,552,505 "
        "and 4,155,557,551",
        "phone",
        "no such gap: it is 19,842 times as far from the middle (4,155,554,997) as the next",
        ratio=19842.0,
        next=4155559994.0,
        rows=1,
    )
    assert not re.search(r"\d{3}", shown.saw + shown.expected.replace("19,842", ""))
    assert shown.saw.startswith("1 row holds ##,###,###,###,###; no other")
    assert dict(shown.evidence) == {"ratio": 19842.0, "rows": 1}


def test_days_are_masked_in_a_finding_about_several_columns() -> None:
    shown = _hidden(
        "194 of 2,000 rows (9.70%) hold 1900-01-01 03:04:05, the nearest is 1931-12-23", "age, born"
    )
    assert shown.saw == "194 of 2,000 rows (9.70%) hold ####-##-## ##:##:##, the nearest is ####-##-##"


def test_a_finding_about_another_column_keeps_its_numbers() -> None:
    saw = "1 row holds 99,155; the nearest other value is 1931-12-23"
    shown = _hidden(saw, "amount", next=3.0)
    assert shown.saw == saw
    assert dict(shown.evidence) == {"next": 3.0}


def test_groups_by_a_personal_column_are_masked_each() -> None:
    apart = Group("full name", ("Ann Lee", "Cid Poe, Jr", "Bo Ek", "Ed Ash"), 1200, "meters and feet", 0.1)
    shown = hide(_of_groups(Number("amount"), apart), HIDDEN)
    assert "with full name = 'Xxx Xxx', 'Xxx Xxx, Xx', 'Xx Xx' and 1 more (1,200)" in shown.saw
    assert "groups" not in shown.evidence


def test_the_group_where_values_are_missing_is_quoted_so_that_it_is_masked() -> None:
    mask = np.repeat([True, False], [30, 70])
    side = _Side(np.repeat([0, 1], [30, 70]), ("Lee, Ann (x)", "Poe", "others"), None)
    saw = _most("full name", mask, side)
    assert "full name = 'Lee, Ann (x)'," in saw
    assert "full name = 'Xxx, Xxx (x)'," in _hidden(saw, "amount").saw


def test_the_reason_of_a_cell_shows_no_value_of_a_personal_column_that_it_names() -> None:
    hidden = Hidden(frozenset({"town", "full name"}), names=frozenset({"town", "full name", "zip"}))
    saw = "504 of 511 rows with town 'Ystad' and full name \"Ann O'Dea\" have zip '27100'"
    assert hide(found("consistent_columns", "fail", saw, "zip"), hidden).saw == (
        "504 of 511 rows with town 'Xxxxx' and full name \"Xxx X'Xxx\" have zip '27100'"
    )
