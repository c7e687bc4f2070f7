"""What the charts are drawn from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fieldguide.finding import Finding
from fieldguide.web import charts
from fieldguide.web.view import LiveView, ProgramView


def values(spec: dict[str, Any] | None) -> list[dict[str, Any]]:
    assert spec is not None
    rows: list[dict[str, Any]] = spec["data"]["values"]
    return rows


def changed(before: Any, after: Any) -> Finding:
    return Finding("changed", "B3", "fail", "x", evidence={"before": before, "after": after})


def test_nothing_known_is_no_chart(full: ProgramView) -> None:
    assert charts.live_loss(LiveView(), (), "UTC") is None
    assert charts.predicted_observed(LiveView(), "UTC") is None
    assert charts.served(LiveView(), "UTC") is None
    assert charts.before_after(Finding("changed", "B3", "fail")) is None


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


def test_close_values_are_drawn_on_a_plain_axis_and_far_ones_on_a_logarithmic(wind: Finding) -> None:
    def scale(finding: Finding) -> dict[str, Any]:
        spec = charts.before_after(finding)
        assert spec is not None
        found: dict[str, Any] = spec["layer"][0]["encoding"]["x"]["scale"]
        return found

    assert "type" not in scale(wind)
    shares = [[1.0, 0.3], [2.0, 0.4], [3.0, 0.3]]
    assert scale(changed(shares, [[x * 1000, s] for x, s in shares]))["type"] == "symlog"
    assert "type" not in scale(changed([[0.0, 1.0]], shares)), "zero has no logarithm"


def test_many_names_are_summed_up_and_keep_their_shares(carrier: Finding) -> None:
    rows = values(charts.before_after(carrier))
    assert len({row["name"] for row in rows}) == charts.CATEGORIES + 1
    for when in ("before", "after"):
        assert abs(sum(row["share"] for row in rows if row["when"] == when) - 1) < 1e-12


def test_missing_and_empty_names_can_be_read(wind: Finding) -> None:
    rows = values(charts.before_after(changed([[None, 0.5], ["", 0.25], ["a", 0.25]], [["a", 1.0]])))
    assert {row["name"] for row in rows} == {"(missing)", "(empty)", "a"}


def test_pictures_that_are_none_are_left_out() -> None:
    nan = float("nan")
    for picture in ("text", 3, [1, 2], [[1]], [[1.0, nan]], [["a", "b"]], [[1.0, None]], {"a": 1}):
        assert charts.before_after(changed(picture, picture)) is None
    assert charts.before_after(changed([{"value": 1.0, "share": 1.0}], [])) is not None
