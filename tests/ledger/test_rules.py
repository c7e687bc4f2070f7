"""The gates of a launch, each refused for its own reason, and each waived by name for one launch only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fieldguide.errors import GateError
from fieldguide.finding import Finding
from fieldguide.ledger.records import Release, stamp
from fieldguide.ledger.rules import GATES, MOVES, Candidate, check_launch, differences, state
from fieldguide.readiness.answers import Waiver

START = datetime(2013, 10, 1, tzinfo=UTC)
MEAN: dict[str, Any] = {
    "knobs": {
        "source": "flights", "features": ["a", "b"], "label": "late", "model": "Mean()", "objective": "LogLoss()",
        "prior": "NoPrior()", "optimizer": "Own()", "seed": "0",
    },
    "window": {"since": "2013-01-01", "until": "2013-10-01"},
    "environment": {"python": "3.11"},
}  # fmt: skip
LINEAR = {
    **MEAN,
    "knobs": {
        **MEAN["knobs"],
        "model": "Linear()",
        "prior": "Ridge(strength=0.0001)",
        "optimizer": "Newton()",
    },
}
PROOF = [Finding("constant_served", "A1", "pass")]


def release(number: int, model: str) -> Release:
    return Release(stamp(START + timedelta(days=number)), "flights", number, f"f{number}", model, (), "ann")


def attempt(candidate: Candidate, **changed: Any) -> tuple[str, ...]:
    situation: dict[str, Any] = {
        "releases": [release(1, "Mean")], "current_manifest": MEAN, "failing": [], "level": "A2", "reached_a2": True,
        "proof": PROOF, "proven": True, "waivers": [],
    }  # fmt: skip
    return check_launch(candidate, **{**situation, **changed})


def test_the_first_release_may_be_the_mean() -> None:
    neutral = Candidate("f0", "Mean", MEAN)
    assert attempt(neutral, releases=[], current_manifest=None, proof=[], reached_a2=False) == (
        "the first release",
    )


def test_a_learned_model_first_is_refused_and_the_missing_rung_named() -> None:
    with pytest.raises(GateError, match=r"nothing neutral has run.*Mean"):
        attempt(Candidate("f2", "Linear", LINEAR), releases=[], current_manifest=None)


def test_from_neutral_to_learned_is_one_change_though_prior_and_optimizer_come_along() -> None:
    (change,) = attempt(Candidate("f2", "Linear", LINEAR))
    assert change.startswith("model: Mean() → Linear()")


def test_two_changes_are_refused_and_both_named() -> None:
    two = {**LINEAR, "knobs": {**LINEAR["knobs"], "features": ["a", "c"]}}
    with pytest.raises(GateError, match=r"2 things changed.*features: .*b.*c.*; model: Mean") as refusal:
        attempt(Candidate("f3", "Linear", two))
    assert refusal.value.exit_code == 3


def test_a_changed_library_beside_a_changed_prior_are_two_changes() -> None:
    after = {
        **LINEAR,
        "knobs": {**LINEAR["knobs"], "prior": "Ridge(strength=1.0)"},
        "environment": {"python": "3.12"},
    }
    assert len(differences(LINEAR, after)) == 2
    assert differences(LINEAR, {**LINEAR, "environment": {"python": "3.12"}}) == (
        "infrastructure: python 3.11 → 3.12",
    )


def test_a_library_that_only_one_model_uses_comes_with_it() -> None:
    environment = {"python": "3.11", "xgboost-cpu": "3.2.0"}
    boosted = {**LINEAR, "knobs": {**LINEAR["knobs"], "model": "Boosted()"}, "environment": environment}
    assert [change.split(":")[0] for change in differences(LINEAR, boosted)] == ["model"]


def test_waiving_neutral_first_opens_no_other_gate() -> None:
    waiver = Waiver("neutral_first", by="ann", at=START, because="a trial")
    learned = Candidate("f2", "Linear", LINEAR)
    with pytest.raises(GateError, match="gate reached_A2"):
        attempt(learned, releases=[], current_manifest=None, reached_a2=False, waivers=[waiver])


def test_other_values_in_the_same_window_are_a_change() -> None:
    other = {**LINEAR, "files": {"summary.npz": "abc"}}
    (change,) = differences({**LINEAR, "files": {"summary.npz": "xyz"}}, other)
    assert change.startswith("window: the same span of time")


def test_another_window_is_a_change() -> None:
    moved = {**LINEAR, "window": {"since": "2013-01-01", "until": "2013-11-01"}}
    assert differences(LINEAR, moved) == ("window: until 2013-10-01 → 2013-11-01",)


def test_a_new_source_brings_its_own_window() -> None:
    harvested = {
        **LINEAR,
        "knobs": {**LINEAR["knobs"], "source": "harvest"},
        "window": {"since": "2013-10-01", "until": "2013-12-01"},
    }
    assert differences(LINEAR, harvested) == ("source: flights → harvest",)
    again = {**harvested, "window": {"since": "2013-10-01", "until": "2014-01-01"}}
    assert differences(harvested, again) == ("window: until 2013-12-01 → 2014-01-01",)


def test_nothing_changed_is_refused() -> None:
    with pytest.raises(GateError, match="Nothing differs"):
        attempt(
            Candidate("f1", "Linear", LINEAR),
            releases=[release(1, "Mean"), release(2, "Linear")],
            current_manifest=LINEAR,
        )


@pytest.mark.parametrize(
    ("gate", "situation"),
    [
        ("no_failing_findings", {"failing": [Finding("unique_key", "B3", "fail", saw="3 keys twice")]}),
        ("neutral_proven", {"proof": [], "proven": False}),
        (
            "neutral_proven",
            {"proof": [Finding("constant_served", "A1", "fail", saw="2 answers differ")], "proven": False},
        ),
        (
            "neutral_proven",
            {"proof": [Finding("matured", "A1", "unknown", saw="12 outcomes")], "proven": False},
        ),
        ("reached_A2", {"reached_a2": False, "level": "B3"}),
        ("neutral_first", {"releases": [], "current_manifest": None}),
    ],
)
def test_every_gate_shuts_and_is_waived_by_name_for_one_launch(gate: str, situation: dict[str, Any]) -> None:
    candidate = Candidate("f2", "Linear", LINEAR)
    with pytest.raises(GateError, match=f"gate {gate}"):
        attempt(candidate, **situation)
    waiver = Waiver(gate, by="ann", at=START + timedelta(days=5), because="seen by hand")
    assert attempt(candidate, **situation, waivers=[waiver])
    if "releases" not in situation:
        earlier = Waiver(gate, by="ann", at=START, because="for the launch before")
        with pytest.raises(GateError, match=f"gate {gate}"):
            attempt(candidate, **situation, waivers=[earlier])


def test_every_gate_is_in_the_table_and_every_state_can_be_left() -> None:
    assert set(GATES) == {
        "no_failing_findings",
        "neutral_first",
        "neutral_proven",
        "reached_A2",
        "one_change",
    }
    assert {before for before, _ in MOVES} == {"nothing", "neutral in service", "learned in service"}
    assert state([]) == "nothing"
    assert state([release(1, "Mean"), release(2, "Linear")]) == "learned in service"
