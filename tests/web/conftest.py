from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest

from fieldguide.finding import Diagnosis, Finding
from fieldguide.readiness.checks import found
from fieldguide.web.view import (
    ColumnView,
    EffortView,
    ExpiringView,
    FallbackView,
    GradingView,
    Histogram,
    LiveView,
    Point,
    ProgramView,
    RefusedView,
    ReleaseView,
    RungView,
    SaidView,
    ServedView,
    SourceView,
)

ZONE = "America/New_York"


def at(month: int, day: int, hour: int = 0) -> datetime:
    return datetime(2013, month, day, hour, tzinfo=UTC)


@pytest.fixture
def wind() -> Finding:
    """A column that changed its unit, with a picture."""

    def knots(factor: float) -> list[list[float]]:
        return [[round(k * 1.15078 * factor, 3), math.exp(-(((k - 9) / 4.5) ** 2)) / 8] for k in range(3, 32)]

    return Finding(
        check="unit_changed",
        level="B3",
        verdict="fail",
        about="wind_speed",
        saw="wind_speed is 0.447 times what it was",
        expected="mile/hour",
        rows=("57003", "57004"),
        next="ask the weather desk what the feed sends",
        evidence={"before": knots(1), "after": knots(0.44704)},
        diagnosis=Diagnosis("unit_factor", 0.44704, None, 57_003, "2013-12-07T05:00:00+00:00", 1.0),
    )


@pytest.fixture
def carrier() -> Finding:
    """A category that was renamed, with a picture of many names."""
    names = [f"A{n}" for n in range(20)]
    return Finding(
        check="category_new",
        level="B3",
        verdict="unknown",
        about="carrier",
        saw="values never seen before: 'a0', 'a1'",
        evidence={"before": [[n, 0.05] for n in names], "after": [[n.lower(), 0.05] for n in names]},
        diagnosis=Diagnosis("category_renamed", share=0.83),
    )


@pytest.fixture
def full(wind: Finding, carrier: Finding) -> ProgramView:
    """A program with everything that a page can show."""
    series = tuple(
        Point(
            since=at(10, 1, 4) + timedelta(days=7 * week),
            until=at(10, 8, 4) + timedelta(days=7 * week),
            answers=6_000,
            refused=40 if week == 9 else 0,
            outcomes=5_800,
            fallback=6_000 if week == 9 else 0,
            loss=0.44 + 0.01 * week,
            expected=0.53 if week < 5 else 0.481,
            low=0.45,
            high=0.56,
            predicted=0.24,
            observed=0.17 + 0.01 * week,
            release="1" if week < 5 else "2",
        )
        for week in range(12)
    )
    neutral = ReleaseView(
        "1", "Mean", at(10, 1, 4), "the neutral launch", "ada", "77aa01b2c3d4", "ended", at(11, 5, 4)
    )
    linear = ReleaseView("2", "Linear", at(11, 5, 4), "model: Mean() → Linear()", "ada", "a81f20c3d9e1")
    passed = Finding("rows", "C3", "pass", saw="336,776 rows")
    return ProgramView(
        name="flights",
        question="Will this flight arrive more than 15 minutes late?",
        one_row_is="a scheduled departure",
        decision="offer a rebooking two hours before departure",
        level="B4",
        held_back_by=(wind,),
        findings=(passed, wind, carrier),
        open_findings=(wind, carrier),
        graded_at=at(12, 20, 18),
        as_of=at(12, 24, 18),
        release=linear,
        history=(linear, neutral),
        fallback=FallbackView(at(12, 7, 9), "wind_speed is 0.447 times what it was", 0.2425),
        live=LiveView("log loss", 0.4893, 0.481, 0.455, 0.507, 1.043, 0.971, series),
        served=ServedView(82_411, 410, 80_122, 5_230, at(10, 1), at(12, 24)),
        refused=(RefusedView("$.wind_speed", "expected a number from 0 to 150", 398, "1048.36"),),
        rungs=(
            RungView("Mean", 0.5299, 0.505, 0.556, taken=True, reason="the neutral model"),
            RungView("Linear", 0.4809, 0.455, 0.507, 0.049, 0.036, 0.062, 0.702, True, "beats the mean"),
        ),
        effort=(EffortView("B1", 11.5, ("ada",)),),
        timezone=ZONE,
    )


@pytest.fixture
def fresh() -> ProgramView:
    """A program of which nothing is known yet."""
    return ProgramView(name="visits", question="Will the visitor come back?")


@pytest.fixture
def asked() -> ProgramView:
    """A wide table that was just graded: questions are open, some columns are wild, a source is joined."""
    names = [f"c{n}" for n in range(40)]
    wild = [
        found("wild_values", "fail", f"{n}% are wild", name, rows=[f"row {n}"], evidence={"share": n / 100})
        for n, name in enumerate(names)
        if 0 < n <= 30
    ]
    units = [found("units", "unknown", "not answered", name) for name in names]
    todo = "write Source(owner=…); or: fieldguide confirm visits.py owner --by NAME --because ANSWER"
    owner = found("owner", "unknown", "not answered", todo=todo)
    noted = found("missing_values", "pass", "a tenth is missing", "c31", todo="look at what goes with it")
    picture = Histogram((0.0, 1.0, 2.0), (0.75, 0.25), (0.5, 0.5))
    findings = (owner, *wild, *units, noted)
    return ProgramView(
        name="visits",
        question="Will the visitor come back?",
        level="C4",
        held_back_by=(owner,),
        findings=findings,
        graded_at=datetime(2026, 5, 2, 12, tzinfo=UTC),
        effort=(EffortView("C2", 1.5, ("ada",)), EffortView("B3", 2.0, ("ada", "bo"))),
        place="visits.csv",
        rows=100,
        columns=tuple(
            ColumnView(
                name,
                "number",
                low="0",
                middle="1",
                high="2",
                picture=picture,
                missing=0.1,
                missing_over_time=((datetime(2026, 5, 1, tzinfo=UTC), 0.1),),
                findings=tuple(f for f in findings if f.about == name),
            )
            for name in names
        ),
        sources=(
            SourceView("visits.csv", True, "C4", 100, 40, 0, (("owner", "unknown", "not answered"),)),
            SourceView("weather.csv", False, "C3", 20, 3, 2, (("owner", "pass", "declared"),)),
        ),
        gradings=(
            GradingView(datetime(2026, 5, 2, 12, tzinfo=UTC), "C4", 100, "1 finding gone (license)", 1),
            GradingView(datetime(2026, 5, 1, 12, tzinfo=UTC), "C4", 90, "the first"),
        ),
        gradings_total=2,
        said=(SaidView(datetime(2026, 5, 1, tzinfo=UTC), "ada", "waives", "wild_values", "c1", "a kiosk"),),
        expiring=(ExpiringView("the waiver of ada on wild_values", datetime(2026, 5, 14, tzinfo=UTC), 12),),
    )
