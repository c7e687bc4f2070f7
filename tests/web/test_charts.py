"""What the charts are drawn from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fieldguide.web import charts
from fieldguide.web.view import LiveView, ProgramView


def values(spec: dict[str, Any] | None) -> list[dict[str, Any]]:
    assert spec is not None
    rows: list[dict[str, Any]] = spec["data"]["values"]
    return rows


def test_nothing_known_is_no_chart(full: ProgramView) -> None:
    assert charts.live_loss(LiveView(), (), "UTC") is None
    assert charts.predicted_observed(LiveView(), "UTC") is None
    assert charts.served(LiveView(), "UTC") is None


def test_the_axis_shows_the_wall_clock_of_the_program(full: ProgramView) -> None:
    rows = values(charts.live_loss(full.live, full.history, full.timezone))
    assert rows[0]["since"] == "2013-10-01T00:00:00Z"
    assert rows[-1]["since"] == "2013-12-16T23:00:00Z", "an hour less after the clocks went back"


def test_fallback_is_shaded_and_releases_are_marked(full: ProgramView) -> None:
    spec = charts.live_loss(full.live, full.history, full.timezone)
    assert spec is not None
    kinds = [layer["mark"]["type"] for layer in spec["layer"]]
    assert kinds == ["rect", "area", "line", "line", "rule", "text"]
    (shaded,) = [layer["data"]["values"] for layer in spec["layer"] if layer["mark"]["type"] == "rect"]
    assert [row["fallback"] for row in shaded] == [6_000]
    (ruled,) = [layer["data"]["values"] for layer in spec["layer"] if layer["mark"]["type"] == "rule"]
    assert [mark["model"] for mark in ruled] == ["Linear", "Mean"]


def test_a_loss_without_expectation_is_drawn_alone(full: ProgramView) -> None:
    series = tuple(replace(p, expected=None, low=None, high=None, fallback=0) for p in full.live.series)
    spec = charts.live_loss(replace(full.live, series=series), (), "UTC")
    assert spec is not None
    assert [layer["mark"]["type"] for layer in spec["layer"]] == ["line"]


def test_served_rows_add_up(full: ProgramView) -> None:
    rows = values(charts.served(full.live, full.timezone))
    assert sum(row["rows"] for row in rows) == sum(p.answers + p.refused for p in full.live.series)
    assert sum(row["rows"] for row in rows if "fallback" in row["what"]) == 6_000
