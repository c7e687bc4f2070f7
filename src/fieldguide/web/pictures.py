"""Small pictures as SVG, drawn where the page is made: they need no script, and a table of 200 columns stays light.

Colors and strokes are classes of the style sheet, so that light, dark and print follow one place; every picture
says in words what it shows. Lengths are in the units of its own view box.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

from fieldguide.finding import Finding
from fieldguide.readiness.levels import LEVELS, RANK
from fieldguide.web.format import number, percent
from fieldguide.web.view import Bars, GradingView, Histogram

Pairs = list[tuple[Any, float]]

WIDTH, HEIGHT = 260.0, 64.0
STRETCHED = ("histogram", "strip")
"""Pictures without words in them, which fill the width that there is."""
ROW = 17.0
"""Height of a bar of names."""
CATEGORIES = 8
"""Names of a picture before and after; the rest is summed up."""
APART = 20.0
"""A ratio of typical values from which on an axis is logarithmic far from zero."""
STEPS = 40
"""Stretches of the axis into which the values of a picture before and after are put."""


def column(picture: Histogram | Bars, name: str) -> Markup:
    """Draw how the values of a column are spread; a line shows the last rows, where rows have a time."""
    return _histogram(picture, name) if isinstance(picture, Histogram) else _bars(picture, name)


def over_time(shares: Sequence[float], label: str) -> Markup:
    """Draw shares from 0 to 1 as a strip over time."""
    height = 22.0
    step = WIDTH / max(len(shares), 1)
    points = [(i * step, height * (1 - min(max(share, 0.0), 1.0))) for i, share in enumerate(shares)]
    path = "".join(f"V{y:.1f}H{x + step:.1f}" for x, y in points)
    drawn = f'<path class="gone" d="M0,{height:g}{path}V{height:g}Z"/><path class="axis" d="M0,{height:g}H{WIDTH:g}"/>'
    return _svg(drawn, WIDTH, height, label, "strip")


def levels_over_time(gradings: Sequence[GradingView]) -> Markup:
    """Draw the level of each grading, the oldest first; nothing for fewer than two."""
    told = list(reversed(gradings))
    if len(told) < 2:
        return Markup()
    height, top = 66.0, len(LEVELS) - 1
    step = WIDTH / (len(told) - 1)
    points = [(i * step, 4 + (height - 8) * (1 - RANK.get(g.level, 0) / top)) for i, g in enumerate(told)]
    line = f"M{points[0][0]:.1f},{points[0][1]:.1f}" + "".join(f"H{x:.1f}V{y:.1f}" for x, y in points[1:])
    dots = "".join(f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3"><title>{g.at:%Y-%m-%d}: {escape(g.level)}</title></circle>' for (x, y), g in zip(points, told, strict=True))  # fmt: skip
    bands = "".join(
        f'<path class="band-line" d="M0,{4 + (height - 8) * (1 - RANK[name] / top):.1f}H{WIDTH:g}"/>'
        for name in ("C1", "B1", "A1")
    )
    said = ", ".join(f"{g.level} on {g.at:%Y-%m-%d}" for g in told[-6:])
    return _svg(
        f'{bands}<path class="line" d="{line}"/>{dots}', WIDTH, height, f"Levels over time: {said}", "history"
    )


def before_after(finding: Finding) -> Markup:
    """Draw a column before and after, from the finding's evidence; nothing when it holds no picture.

    The evidence holds `before` and `after`: lists of (value, share), values numbers or names.
    """
    before, after = pairs(finding.evidence.get("before")), pairs(finding.evidence.get("after"))
    if not before and not after:
        return Markup()
    about = finding.about or "the rows"
    numeric = all(isinstance(v, int | float) and not isinstance(v, bool) for v, _ in (*before, *after))
    return (_numbers if numeric else _names)(about, before, after)


def pairs(picture: Any) -> Pairs:
    """Return the usable (value, share) pairs of a picture; what is not finite or no pair is left out.

    >>> pairs([[1.0, 0.5], ["a", float("nan")], None])
    [(1.0, 0.5)]
    """
    if not isinstance(picture, Sequence) or isinstance(picture, str):
        return []
    told: Pairs = []
    for item in picture:
        if isinstance(item, Mapping):
            item = (item.get("value"), item.get("share"))
        if not isinstance(item, Sequence) or isinstance(item, str) or len(item) != 2:
            continue
        value, share = item
        if isinstance(share, int | float) and math.isfinite(share):
            if isinstance(value, float) and not math.isfinite(value):
                value = str(value)
            told.append((value, float(share)))
    return told


def _histogram(picture: Histogram, name: str) -> Markup:
    top = max([*picture.shares, *picture.later, 1e-9])
    low, span = picture.edges[0], (picture.edges[-1] - picture.edges[0]) or 1.0
    at = [WIDTH * (edge - low) / span for edge in picture.edges]
    drawn = f'<path class="bars" d="{_steps(at, picture.shares, top)}"/>'
    if picture.later:
        drawn += f'<path class="later" d="{_outline(at, picture.later, top)}"/>'
    drawn += f'<path class="axis" d="M0,{HEIGHT:g}H{WIDTH:g}"/>'
    most = max(range(len(picture.shares)), key=picture.shares.__getitem__)
    said = f"{name}: from {number(low)} to {number(picture.edges[-1])}, most rows between {number(picture.edges[most])} and {number(picture.edges[most + 1])}"
    return _svg(drawn, WIDTH, HEIGHT, said, "histogram")


def _steps(at: Sequence[float], shares: Sequence[float], top: float) -> str:
    parts = []
    for i, share in enumerate(shares):
        if share > 0:
            height = max(HEIGHT * share / top, 0.8)
            wide = max(at[i + 1] - at[i] - 0.6, 0.6)
            parts.append(f"M{at[i]:.1f},{HEIGHT:g}v{-height:.1f}h{wide:.1f}v{height:.1f}z")
    return "".join(parts)


def _outline(at: Sequence[float], shares: Sequence[float], top: float) -> str:
    heights = [HEIGHT * (1 - share / top) for share in shares]
    return (
        f"M{at[0]:.1f},{HEIGHT:g}"
        + "".join(f"V{y:.1f}H{x:.1f}" for x, y in zip(at[1:], heights, strict=True))
        + f"V{HEIGHT:g}"
    )


def _bars(picture: Bars, name: str) -> Markup:
    rows = list(zip(picture.names, picture.shares, picture.later or [None] * len(picture.names), strict=True))
    said = f"{name}: " + ", ".join(f"{label} {percent(share)}" for label, share, _ in rows[:4])
    if picture.others:
        rows.append((f"{picture.others:,} others", picture.others_share, None))
    top = max([share for _, share, _ in rows] + [1e-9])
    drawn = ""
    for i, (label, share, later) in enumerate(rows):
        y = i * ROW
        drawn += _bar("bars", y + 2, ROW - 5, share, top)
        if later is not None:
            x = 120 + 100 * min(later / top, 1.0)
            drawn += f'<path class="later" d="M{x:.1f},{y + 1:g}v{ROW - 3:g}"/>'
        drawn += _label(label, y, percent(share))
    return _svg(drawn, WIDTH, ROW * len(rows), said, "names")


def _numbers(about: str, before: Pairs, after: Pairs) -> Markup:
    scale = _scale(before, after)
    values = [scale(float(v)) for v, _ in (*before, *after)]
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    drawn, told = "", {}
    binned = {}
    for when, given in (("before", before), ("after", after)):
        heights = [0.0] * STEPS
        for value, share in given:
            heights[min(int((scale(float(value)) - low) / span * STEPS), STEPS - 1)] += share
        binned[when] = heights
        told[when] = number(_median([(float(v), s) for v, s in given])) if given else "nothing"
    top = max([*binned["before"], *binned["after"], 1e-9])
    at = [WIDTH * i / STEPS for i in range(STEPS + 1)]
    drawn += f'<path class="before" d="{_steps(at, binned["before"], top)}"/>'
    drawn += f'<path class="after" d="{_outline(at, binned["after"], top)}"/>'
    drawn += f'<path class="axis" d="M0,{HEIGHT:g}H{WIDTH:g}"/>'
    ends = [float(v) for v, _ in (*before, *after)]
    drawn += f'<text class="tick" x="0" y="{HEIGHT + 12:g}">{number(min(ends))}</text>'
    drawn += f'<text class="tick end" x="{WIDTH:g}" y="{HEIGHT + 12:g}">{number(max(ends))}</text>'
    said = f"{about} before and after: half of the values lay below {told['before']} before, {told['after']} after"
    return _svg(drawn, WIDTH, HEIGHT + 16, said, "compare")


def _names(about: str, before: Pairs, after: Pairs) -> Markup:
    shares: dict[str, list[float]] = {}
    for i, given in enumerate((before, after)):
        for value, share in given:
            shares.setdefault(_name(value), [0.0, 0.0])[i] += share
    order = sorted(shares, key=lambda name: (-max(shares[name]), name))
    rows = [(name, shares[name][0], shares[name][1]) for name in order[:CATEGORIES]]
    rest = order[CATEGORIES:]
    if rest:
        summed = [sum(shares[name][i] for name in rest) for i in (0, 1)]
        rows.append((f"{len(rest):,} others", summed[0], summed[1]))
    top = max([max(a, b) for _, a, b in rows] + [1e-9])
    drawn = ""
    for i, (label, then, now) in enumerate(rows):
        y = i * ROW * 1.4
        drawn += _bar("before", y + 1, 8, then, top) + _bar("after-bar", y + 10, 8, now, top)
        drawn += _label(label, y + 3, f"{percent(then)} → {percent(now)}", 236)
    said = f"{about} before and after: " + ", ".join(
        f"{n} {percent(a)}, then {percent(b)}" for n, a, b in rows[:4]
    )
    return _svg(drawn, WIDTH, ROW * 1.4 * len(rows), said, "names compare")


def _bar(kind: str, y: float, height: float, share: float, top: float) -> str:
    wide = max(100 * share / top, 0.0)
    return f'<rect class="{kind}" x="120" y="{y:g}" width="{wide:.1f}" height="{height:g}"/>' if wide else ""


def _label(text: str, y: float, value: str, at: float = 224) -> str:
    shown = text if len(text) <= 18 else text[:17] + "…"
    return (
        f'<text class="name end" x="114" y="{y + 10.5:g}">{escape(shown)}<title>{escape(text)}</title></text>'
        f'<text class="value" x="{at:g}" y="{y + 10.5:g}">{escape(value)}</text>'
    )


def _svg(drawn: str, width: float, height: float, said: str, kind: str) -> Markup:
    fit = ' preserveAspectRatio="none"' if kind in STRETCHED else ""
    return Markup(
        f'<svg class="picture {kind}"{fit} viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(said)}">'
        f"<title>{escape(said)}</title>{drawn}</svg>"
    )


def _scale(before: Pairs, after: Pairs) -> Any:
    typical = [_median([(abs(float(v)), s) for v, s in given]) for given in (before, after) if given]
    typical = [value for value in typical if value > 0]
    if len(typical) == 2 and max(typical) / min(typical) >= APART:
        unit = min(typical) / 4
        return lambda x: math.asinh(x / unit)
    return lambda x: x


def _median(given: Iterable[tuple[float, float]]) -> float:
    told = sorted(given)
    half, seen = sum(share for _, share in told) / 2, 0.0
    for value, share in told:
        seen += share
        if seen >= half:
            return value
    return 0.0


def _name(value: Any) -> str:
    if value is None:
        return "(missing)"
    text = str(value)
    return text if text.strip() else "(empty)"
