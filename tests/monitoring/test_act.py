"""What follows from findings: incidents, fallback, and the way back."""

from __future__ import annotations

from datetime import timedelta

import pytest

import fieldguide.program as fg
from fieldguide.finding import Diagnosis, Finding
from fieldguide.monitoring import Incident, columns_used, decide, fallback

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
    assert decide([], [fault()]).opened == (fault(),)
    assert fallback([fault()], USED) == fault()
    assert fallback([fault()], {"distance"}) is None  # a model that does not read the column goes on


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
    assert decide([], [finding]).opened == (finding,)
    assert fallback([finding], USED) is None


def test_an_unknown_cause_takes_it_out_only_when_most_values_were_never_seen() -> None:
    never_seen = fault(cause=None, evidence={"tests": {"novel": [0.9, 0.0, 0.02]}})
    some = fault(cause=None, evidence={"tests": {"novel": [0.2, 0.0, 0.02]}})
    assert fallback([never_seen], USED) is never_seen
    assert fallback([some], USED) is None


def test_what_passes_or_is_unknown_opens_nothing() -> None:
    assert decide([], [fault(verdict="unknown"), fault(verdict="pass")]).opened == ()


def test_two_clean_windows_close_an_incident() -> None:
    (first,) = decide([Incident(7, fault(), 0)], []).updated
    assert (first.clean_windows, first.closed) == (1, False)
    (second,) = decide([Incident(7, fault(), 1)], []).updated
    assert (second.clean_windows, second.closed) == (2, True)


def test_a_column_that_still_looks_wrong_is_not_clean_though_its_cause_is_not_named() -> None:
    unnamed = Finding("served_population", "A3", "unknown", about="wind", saw="changed, cause unknown")
    (kept,) = decide([Incident(7, fault(), 1)], [unnamed]).updated
    assert (kept.clean_windows, kept.closed, kept.finding) == (0, False, fault())
    elsewhere = Finding("served_population", "A3", "unknown", about="carrier", saw="changed, cause unknown")
    assert decide([Incident(7, fault(), 1)], [elsewhere]).updated[0].closed


def test_an_incident_that_is_found_again_starts_over_and_keeps_its_first_row() -> None:
    found = decide([Incident(7, fault(first=1_204), 1)], [fault(first=2_001)])
    assert found.opened == ()
    kept = found.updated[0]
    assert (kept.clean_windows, kept.closed) == (0, False)
    assert kept.finding.diagnosis is not None
    assert kept.finding.diagnosis.first_row == 1_204


def test_a_cause_that_becomes_known_later_is_taken_over_with_the_first_row() -> None:
    found = decide([Incident(7, fault(cause=None, first=1_204))], [fault(first=2_001)])
    kept = found.updated[0].finding.diagnosis
    assert kept is not None
    assert (kept.cause, kept.first_row, kept.since) == ("unit_factor", 1_204, "2013-12-04")


def test_another_open_incident_keeps_the_model_out() -> None:
    found = decide([Incident(7, fault(), 1), Incident(8, fault("carrier"), 0)], [fault("carrier")])
    assert [u.closed for u in found.updated] == [True, False]
    assert fallback([u.finding for u in found.updated if not u.closed], USED) == fault("carrier")


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
