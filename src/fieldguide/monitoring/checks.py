"""The checks of the monitor as a table: what is looked at while a program serves, and at which level it counts.

Grading has its own table (`fieldguide.readiness.levels.CHECKS`). A finding of the monitor counts beside
those of the last grading: when one fails, the level drops below the one it keeps from.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from fieldguide.finding import Diagnosis, Finding, Verdict
from fieldguide.readiness.levels import Check

_TABLE = (
    Check(
        "served_units", "B3", "evidence",
        "numbers come in the unit that they were learned in",
        "ask the owner of the column which unit the source sends now",
    ),
    Check(
        "served_categories", "B3", "evidence",
        "categories come under the names that were learned, and no new ones",
        "have the names set right at the source, or gather rows with the new ones and fit again",
    ),
    Check(
        "served_contract", "B3", "evidence",
        "rows keep the contract: names, types, required values and declared ranges",
        "mend the rows at the caller, or correct the declaration and launch it",
    ),
    Check(
        "served_stuck", "B2", "evidence",
        "no column repeats one value for much longer than it ever did",
        "ask the owner of the column whether the sensor or the feed still runs",
    ),
    Check(
        "served_missing", "B1", "evidence",
        "values are missing as often as they were when learned",
        "ask the owner of the column why values stopped coming",
    ),
    Check(
        "served_stand_ins", "B1", "evidence",
        "no value such as 0, -999 or 'unknown' takes the place of missing ones",
        "have missing values sent as null",
    ),
    Check(
        "served_population", "A3", "evidence",
        "the rows are like those that were learned from, within what earlier windows differed",
        "look at who or what is asked about now; if they are to stay, gather outcomes and fit again",
    ),
    Check(
        "live_skill", "A2", "evidence",
        "what was answered beats the mean on matured outcomes",
        "look at the open findings about the columns; fit again on the harvest; until then roll back",
    ),
    Check(
        "live_loss", "A1", "evidence",
        "the loss on matured outcomes is what the next period's data let expect",
        "look at the open findings and at how the base rate moved before blaming the model",
    ),
    Check(
        "live_bias", "A1", "evidence",
        "the mean of the answers is the mean of the outcomes",
        "fit again on the harvest if it stays",
    ),
    Check(
        "replay", "A1", "evidence",
        "journaled rows, scored again, give the journaled answers bit for bit",
        "the code or the data that serve are not those that were fitted: find out what differs",
    ),
    Check(
        "feature_skew", "A1", "evidence",
        "the values served are those that the source holds for the same key",
        "find out which of the two was changed, and when",
    ),
    Check(
        "neutral_answers", "A1", "evidence",
        "every answer of the neutral release is its constant",
        "another release or another process answers: look at the releases in the journal",
    ),
    Check(
        "neutral_loss", "A1", "evidence",
        "the live loss of the constant is the objective at the constant for the observed outcomes; AUC is one half",
        "answers and outcomes are not joined row by row: look at ids and keys of the outcomes",
    ),
    Check(
        "neutral_outcomes", "A1", "evidence",
        "joined outcomes equal the source's own labels on the same keys",
        "the outcomes go to the wrong rows, or are computed otherwise than the label was",
    ),
    Check(
        "neutral_delays", "A1", "evidence",
        "as many answers have their outcome by now as the delays of the label let expect",
        "outcomes get lost or come late: look at what posts them",
    ),
    Check(
        "base_rate_moved", "A1", "evidence",
        "outcomes are as frequent (or as large) on average as when the constant was learned",
        "the plumbing holds and the world moved: nothing to mend; a model must follow it, and be judged beside it",
    ),
)  # fmt: skip

CHECKS: Mapping[str, Check] = MappingProxyType({check.id: check for check in _TABLE})
"""Check id -> level, what is looked at, what to do."""


def said(
    check: str,
    verdict: Verdict,
    saw: str,
    expected: str = "",
    *,
    about: str | None = None,
    rows: tuple[str, ...] = (),
    todo: str | None = None,
    evidence: Mapping[str, Any] | None = None,
    diagnosis: Diagnosis | None = None,
) -> Finding:
    """Return a finding of a check in the table, at its level; what to do is left out when it passes."""
    one = CHECKS[check]
    return Finding(
        check=check,
        level=one.level,
        verdict=verdict,
        about=about,
        saw=saw,
        expected=expected or one.checks,
        rows=rows,
        next=(one.next if verdict != "pass" else "") if todo is None else todo,
        evidence=evidence or {},
        diagnosis=diagnosis,
    )
