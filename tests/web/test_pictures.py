"""Pictures: what they show of a column, what they say in words, and that they need no script and hold no hostile text."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fieldguide.finding import Finding
from fieldguide.web import pictures
from fieldguide.web.view import Bars, GradingView, Histogram

NAN = float("nan")
NS = "{http://www.w3.org/2000/svg}"


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(str(svg).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def texts(svg: str) -> list[str]:
    return ["".join(e.itertext()) for e in parsed(svg).iter(f"{NS}text")]


def changed(before: Any, after: Any) -> Finding:
    return Finding("changed", "B3", "fail", "x", evidence={"before": before, "after": after})


def test_a_histogram_has_a_bar_for_each_share_and_a_line_for_the_last_rows() -> None:
    picture = Histogram((0.0, 1.0, 2.0, 3.0), (0.5, 0.0, 0.5), (0.1, 0.8, 0.1))
    svg = pictures.column(picture, "age")
    (bars,) = [e for e in parsed(svg) if e.get("class") == "bars"]
    assert (bars.get("d") or "").count("M") == 2, "an empty bin has no bar"
    assert [e.get("class") for e in parsed(svg) if e.tag == f"{NS}path"] == ["bars", "later", "axis"]
    assert "age: from 0 to 3, most rows between 0 and 1" in svg
    alone = pictures.column(Histogram((0.0, 1.0), (1.0,)), "age")
    assert 'class="later"' not in alone


def test_bars_are_named_with_their_shares_and_the_rest_is_summed_up() -> None:
    svg = pictures.column(Bars(("basic", "pro"), (0.7, 0.2), (), 3, 0.1), "plan")
    assert texts(svg)[::2] == ["basicbasic", "propro", "3 others3 others"]
    assert texts(svg)[1::2] == ["70 %", "20 %", "10 %"]


def test_hostile_names_stay_text_in_a_picture() -> None:
    bad = "</svg><script>alert(1)</script>\"'&"
    for svg in (
        pictures.column(Bars((bad,), (1.0,)), bad),
        pictures.before_after(
            Finding(bad, "B3", "fail", bad, evidence={"before": [[bad, 1.0]], "after": []})
        ),
    ):
        assert not list(parsed(svg).iter(f"{NS}script"))
        assert "<script" not in svg


def test_levels_over_time_go_up_with_the_levels() -> None:
    at = datetime(2026, 5, 1, tzinfo=UTC)
    told = [GradingView(at + timedelta(days=n), level, 1, "") for n, level in enumerate(("C4", "A3", "B1"))]
    svg = pictures.levels_over_time(tuple(reversed(told)))
    heights = [float(e.get("cy") or "nan") for e in parsed(svg).iter(f"{NS}circle")]
    assert heights[1] < heights[2] < heights[0], "a higher level is drawn higher"
    assert pictures.levels_over_time(told[:1]) == ""


def test_close_values_are_drawn_on_a_plain_axis_and_far_ones_on_a_logarithmic(wind: Finding) -> None:
    shares = [[1.0, 0.3], [2.0, 0.4], [3.0, 0.3]]

    def first_bar_ends(finding: Finding) -> float:
        path = re.search(r'class="before" d="M[\d.]+,[\d.]+v-[\d.]+h([\d.]+)', pictures.before_after(finding))
        assert path is not None
        return float(path[1])

    def bars(finding: Finding) -> int:
        (path,) = re.findall(r'class="before" d="([^"]*)"', pictures.before_after(finding))
        return path.count("M")

    assert first_bar_ends(wind) > 0
    assert bars(changed(shares, shares)) == 3
    assert bars(changed(shares, [[x * 1000, s] for x, s in shares])) == 3, "three values are still apart"


def test_many_names_are_summed_up_and_keep_their_shares(carrier: Finding) -> None:
    svg = pictures.before_after(carrier)
    assert len(texts(svg)) == 2 * (pictures.CATEGORIES + 1)
    assert any("others" in text for text in texts(svg))


def test_missing_and_empty_names_can_be_read() -> None:
    svg = pictures.before_after(changed([[None, 0.5], ["", 0.25], ["a", 0.25]], [["a", 1.0]]))
    assert {text[: len(text) // 2] for text in texts(svg)[::2]} == {"(missing)", "(empty)", "a"}


@pytest.mark.parametrize(
    "picture", ["text", 3, [1, 2], [[1]], [[1.0, NAN]], [["a", "b"]], [[1.0, None]], {"a": 1}]
)
def test_pictures_that_are_none_are_left_out(picture: Any) -> None:
    assert pictures.before_after(changed(picture, picture)) == ""
    assert pictures.before_after(changed([{"value": 1.0, "share": 1.0}], [])) != ""


def test_no_number_of_a_picture_is_none_that_can_be_drawn(wind: Finding) -> None:
    constant = Histogram((4.5, 5.5), (1.0,), (1.0,))
    empty = Histogram((0.0, 1.0), (0.0,))
    for svg in (pictures.column(constant, "c"), pictures.column(empty, "e"), pictures.before_after(wind), pictures.over_time([0.0, 1.0, 2.0, -1.0], "m")):  # fmt: skip
        assert "nan" not in svg
        assert "inf" not in svg
        for number in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", svg):
            assert math.isfinite(float(number))
