"""What follows from findings: incidents, fallback, and the way back."""

from __future__ import annotations

from datetime import timedelta

import pytest

import fieldguide.program as fg
from fieldguide.finding import Diagnosis, Finding
from fieldguide.monitoring import Incident, Policy, columns_used, decide

USED = {"wind", "carrier"}


def fault(
    about: str = "wind", cause: str | None = "unit_factor", first: int = 1_204, verdict: str = "fail", **more
) -> Finding:
    return Finding(
        "served_units",
        "B3",
        verdict,
        about,
        saw=f"{about} broke",
        diagnosis=Diagnosis(cause, 0.447, None, first, "2013-12-04", 1.0),
        **more,
    )  # type: ignore[arg-type]


def test_a_fault_in_a_used_column_takes_the_model_out_of_service() -> None:
    found = decide([], [fault()], USED)
    assert found.fallback
    assert found.reason == "wind broke"
    assert found.opened == ((fault(), True),)


@pytest.mark.parametrize(
    "finding",
    [
        fault("position"),
        fault(cause="population_shifted"),
        fault(cause=None),
        Finding("live_skill", "A2", "fail", saw="worse than the mean"),
    ],
)
def test_what_the_constant_would_not_mend_opens_an_incident_only(finding: Finding) -> None:
    found = decide([], [finding], USED)
    assert not found.fallback
    assert found.reason is None
    assert [f for f, _ in found.opened] == [finding]


def test_an_unknown_cause_takes_it_out_only_when_most_values_were_never_seen() -> None:
    never_seen = fault(cause=None, evidence={"tests": {"novel": [0.9, 0.0, 0.02]}})
    some = fault(cause=None, evidence={"tests": {"novel": [0.2, 0.0, 0.02]}})
    assert decide([], [never_seen], USED).fallback
    assert not decide([], [some], USED).fallback


def test_what_passes_or_is_unknown_opens_nothing() -> None:
    found = decide([], [fault(verdict="unknown"), fault(verdict="pass")], USED)
    assert (found.opened, found.fallback) == ((), False)


def test_two_clean_windows_bring_the_model_back() -> None:
    first = decide([Incident(7, fault(), 0, True)], [], USED)
    assert first.fallback
    assert first.cleaner == ((7, 1),)
    second = decide([Incident(7, fault(), 1, True)], [], USED)
    assert not second.fallback
    assert second.closed == (7,)
    assert second.findings == ()


def test_an_incident_that_is_found_again_starts_over_and_keeps_its_first_row() -> None:
    found = decide([Incident(7, fault(first=1_204), 1, True)], [fault(first=2_001)], USED)
    assert found.goes_on == (7,)
    assert found.opened == ()
    assert found.fallback
    kept = found.updated[0]
    assert (kept.clean_windows, kept.closed) == (0, False)
    assert kept.finding.diagnosis is not None
    assert kept.finding.diagnosis.first_row == 1_204


def test_a_cause_that_becomes_known_later_is_taken_over_with_the_first_row() -> None:
    found = decide([Incident(7, fault(cause=None, first=1_204))], [fault(first=2_001)], USED)
    kept = found.updated[0].finding.diagnosis
    assert kept is not None
    assert (kept.cause, kept.first_row, kept.since) == ("unit_factor", 1_204, "2013-12-04")
    assert found.fallback


def test_by_hand_only_a_person_brings_the_model_back() -> None:
    policy = Policy(by_hand=True)
    found = decide(
        [Incident(7, fault(), 5, True), Incident(8, fault("position"), 1, False)], [], USED, policy
    )
    assert found.fallback
    assert found.closed == (8,)


def test_without_fallback_incidents_still_open() -> None:
    found = decide([], [fault()], USED, Policy(fallback=False))
    assert found.opened == ((fault(), False),)
    assert not found.fallback


def test_another_open_incident_keeps_the_model_out() -> None:
    found = decide(
        [Incident(7, fault(), 1, True), Incident(8, fault("carrier"), 0, True)], [fault("carrier")], USED
    )
    assert found.closed == (7,)
    assert found.fallback
    assert found.reason == "carrier broke"


def is_fast(speed: float) -> bool:
    """Faster than most."""
    return speed > 100


def score(distance: float) -> float:
    """A rule."""
    return distance / 1_000


@pytest.mark.parametrize(
    ("model", "used"),
    [
        (fg.models.Linear(), {"distance", "speed"}),
        (fg.models.Mean(), set()),
        (fg.models.Heuristic(score), {"distance"}),
    ],
)
def test_the_columns_a_model_uses(model, used: set[str]) -> None:
    program = fg.Program(
        question=fg.Question(ask="Late?", one_row_is="a flight"),
        source=fg.Source("x.csv", key="flight", time="at"),
        features=[
            fg.Number("distance"),
            fg.Boolean("fast", of=is_fast),
            fg.Presentation(fg.Number("position"), neutral=1.0),
        ],
        inputs=[fg.Number("speed"), fg.Category("note")],
        label=fg.BinaryLabel("late", arrives_within=timedelta(hours=1)),
        model=model,
    )
    assert columns_used(program) == used
