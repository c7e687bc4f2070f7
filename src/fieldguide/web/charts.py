"""Charts as Vega-Lite specifications (plain dictionaries).

Colors are written as roles such as "@accent"; the page's script puts in what its style sheet says, so
that light and dark follow one place. Wall-clock times of the program's zone are drawn on a UTC axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from fieldguide.web.view import LiveView, Point, ReleaseView

Spec = dict[str, Any]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"


def live_loss(live: LiveView, history: Sequence[ReleaseView], timezone: str) -> Spec | None:
    """Draw the live loss of every stretch over the loss expected of it; None when no outcome is known yet.

    Stretches in which the constant answered (fallback) are shaded; a rule marks every release.
    """
    points = [p for p in live.series if p.loss is not None]
    if not points:
        return None
    zone = ZoneInfo(timezone)
    rows = [_row(p, zone) for p in live.series]
    title = f"live {live.loss_name}"
    layers: list[Spec] = []
    shaded = [row for row in rows if row["fallback"]]
    if shaded:
        layers.append(
            {
                "data": {"values": shaded},
                "mark": {"type": "rect", "color": "@warn", "opacity": 0.14},
                "encoding": {"x": _time("since"), "x2": {"field": "until"}},
            }
        )
    if any(row["low"] is not None for row in rows):
        layers.append(
            {
                "transform": [{"filter": "datum.low != null"}],
                "mark": {"type": "area", "color": "@expected", "opacity": 0.18, "interpolate": "step-after"},
                "encoding": {
                    "x": _time("since"),
                    "y": {"field": "low", "type": "quantitative", "title": title},
                    "y2": {"field": "high"},
                    "detail": {"field": "release"},
                },
            }
        )
    if any(row["expected"] is not None for row in rows):
        layers.append(
            {
                "transform": [{"filter": "datum.expected != null"}],
                "mark": {
                    "type": "line",
                    "color": "@expected",
                    "strokeDash": [5, 4],
                    "interpolate": "step-after",
                },
                "encoding": {
                    "x": _time("since"),
                    "y": {"field": "expected", "type": "quantitative"},
                    "detail": {"field": "release"},
                },
            }
        )
    layers.append(
        {
            "transform": [{"filter": "datum.loss != null"}],
            "mark": {"type": "line", "color": "@accent", "strokeWidth": 2, "point": _dots("@accent")},
            "encoding": {
                "x": _time("middle"),
                "y": {"field": "loss", "type": "quantitative", "title": title, "scale": {"zero": False}},
                "tooltip": [
                    *_span_tips(),
                    _tip("loss", title, ".4f"),
                    _tip("expected", "expected", ".4f"),
                    _tip("outcomes", "outcomes", ","),
                    {"field": "release", "title": "release", "type": "nominal"},
                ],
            },
        }
    )
    layers.extend(_release_rules(history, rows, zone))
    return _spec(layers, rows, 240, f"{title} over time against the loss expected of the release")


def predicted_observed(live: LiveView, timezone: str) -> Spec | None:
    """Draw the mean prediction beside the mean outcome; None when no outcome is known yet."""
    if not any(p.observed is not None and p.predicted is not None for p in live.series):
        return None
    zone = ZoneInfo(timezone)
    rows = [
        {**_row(p, zone), "what": what, "value": value}
        for p in live.series
        for what, value in (("predicted", p.predicted), ("observed", p.observed))
        if value is not None
    ]
    lines: Spec = {
        "mark": {"type": "line", "strokeWidth": 2, "point": {"filled": True, "size": 26}},
        "encoding": {
            "x": _time("middle"),
            "y": {"field": "value", "type": "quantitative", "title": "mean", "scale": {"zero": False}},
            "color": _series("what", ["predicted", "observed"], ["@accent", "@second"]),
            "tooltip": [
                *_span_tips(),
                {"field": "what", "title": "which", "type": "nominal"},
                _tip("value", "mean", ".4f"),
                _tip("outcomes", "outcomes", ","),
            ],
        },
    }
    return _spec([lines], rows, 180, "mean prediction and mean outcome over time")


def served(live: LiveView, timezone: str) -> Spec | None:
    """Draw the rows of every stretch: answered by the model, by the constant, refused; None when none."""
    if not any(p.answers or p.refused for p in live.series):
        return None
    zone = ZoneInfo(timezone)
    kinds = ["by the model", "by the constant (fallback)", "refused"]
    rows = [
        {**_row(p, zone), "what": what, "rows": count}
        for p in live.series
        for what, count in zip(kinds, (p.answers - p.fallback, p.fallback, p.refused), strict=True)
        if count
    ]
    bars: Spec = {
        "mark": {"type": "bar", "orient": "vertical", "binSpacing": 1},
        "encoding": {
            "x": _time("since"),
            "x2": {"field": "until"},
            "y": {"field": "rows", "type": "quantitative", "title": "rows", "stack": "zero"},
            "color": _series("what", kinds, ["@accent", "@warn", "@bad"], "square"),
            "tooltip": [
                *_span_tips(),
                {"field": "what", "title": "which", "type": "nominal"},
                _tip("rows", "rows", ","),
            ],
        },
    }
    return _spec([bars], rows, 120, "rows answered and refused over time")


def _row(point: Point, zone: ZoneInfo) -> Spec:
    middle = point.since + (point.until - point.since) / 2
    return {
        "since": _wall(point.since, zone),
        "until": _wall(point.until, zone),
        "middle": _wall(middle, zone),
        "loss": point.loss,
        "expected": point.expected,
        "low": point.low,
        "high": point.high,
        "outcomes": point.outcomes,
        "fallback": point.fallback,
        "release": point.release,
    }


def _wall(at: datetime, zone: ZoneInfo) -> str:
    """Return the wall clock of the zone, marked as UTC so that the browser's own zone does not move it."""
    return at.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%SZ")


def _release_rules(history: Sequence[ReleaseView], rows: list[Spec], zone: ZoneInfo) -> list[Spec]:
    first, last = rows[0]["since"], rows[-1]["until"]
    marks = [{"at": _wall(r.since, zone), "release": r.release, "model": r.model} for r in history]
    marks = [mark for mark in marks if first <= mark["at"] <= last]
    if not marks:
        return []
    data = {"values": marks}
    where = {"field": "at", "type": "temporal", "scale": {"type": "utc"}}
    text = {
        "type": "text",
        "align": "left",
        "baseline": "top",
        "dx": 4,
        "dy": 2,
        "color": "@quiet",
        "fontSize": 11,
    }
    return [
        {
            "data": data,
            "mark": {"type": "rule", "color": "@quiet", "strokeDash": [2, 3]},
            "encoding": {"x": where},
        },
        {"data": data, "mark": text, "encoding": {"x": where, "y": {"value": 0}, "text": {"field": "model"}}},
    ]


def _spec(layers: list[Spec], rows: list[Spec], height: int, description: str) -> Spec:
    return {
        "$schema": SCHEMA,
        "description": description,
        "width": "container",
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "data": {"values": rows},
        "layer": layers,
    }


def _time(field: str) -> Spec:
    axis = {"title": None, "grid": False, "tickCount": 6, "labelOverlap": True}
    return {"field": field, "type": "temporal", "scale": {"type": "utc"}, "axis": axis}


def _dots(color: str) -> Spec:
    return {"filled": True, "color": color, "size": 26}


def _series(field: str, names: list[str], colors: list[str], sign: str = "stroke") -> Spec:
    legend = {"title": None, "orient": "top", "direction": "horizontal", "symbolType": sign, "offset": 4}
    return {"field": field, "type": "nominal", "scale": {"domain": names, "range": colors}, "legend": legend}


def _tip(field: str, title: str, form: str) -> Spec:
    return {"field": field, "title": title, "type": "quantitative", "format": form}


def _span_tips() -> list[Spec]:
    form = "%d %b %Y %H:%M"
    return [
        {"field": name, "title": title, "type": "temporal", "format": form, "scale": {"type": "utc"}}
        for name, title in (("since", "from"), ("until", "to"))
    ]
