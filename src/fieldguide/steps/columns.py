"""Columns as they are shown: from what was counted of them to a picture, the spread, and what is missing when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from fieldguide.finding import Finding
from fieldguide.program import Feature, Program, raw_columns
from fieldguide.steps.profile import thinned
from fieldguide.tables.summary import OVERFLOW, ColumnSummary, Summary, quantiles, representative
from fieldguide.web.format import number, percent, when
from fieldguide.web.view import Bars, ColumnView, Histogram

Floats = NDArray[np.float64]

BINS = 36
LATER = 0.2
"""Share of the rows at the end of the time that is drawn apart."""
EDGES = (0.005, 0.995)
"""Shares of the values that the picture of a number leaves out at each end."""
NEAR = 1.6
"""A picture goes from the least to the most where that is at most so many times as wide."""
FEWEST = 5
"""A name that fewer rows have is not shown: it could be a person's."""
NAMES = 6


Pairs = Sequence[tuple[float, float]]


def column_views(program: Program, summary: Summary, findings: Sequence[Finding]) -> tuple[ColumnView, ...]:
    """Return the raw columns of a program with their pictures, in their order; `findings` are of all columns."""
    timed = program.source.time is not None
    about: dict[str, list[Finding]] = {}
    for finding in findings:
        about.setdefault(finding.about or "", []).append(finding)
    whole = thinned(summary)
    return tuple(
        _view(feature, whole, timed, program.source.timezone, tuple(about.get(feature.name, ())))
        for feature in raw_columns(program)
        if feature.name in whole.columns
    )


def _view(
    feature: Feature, summary: Summary, timed: bool, zone: str, findings: tuple[Finding, ...]
) -> ColumnView:
    column = summary.columns[feature.name]
    rows = max(int(summary.rows.sum()), 1)
    # what a person's own value could be is not shown
    personal = any(finding.evidence.get("personal") for finding in findings)
    low, middle, high = ("", "", "") if personal else _spread(column, zone)
    picture = None if personal else _picture(column, timed, _stand_ins(findings))
    return ColumnView(
        name=feature.name,
        kind=feature.kind,
        about=feature.about,
        unit=getattr(feature, "unit", None) or "",
        missing=int(column.nulls.sum()) / rows,
        distinct=_distinct(column),
        low=low,
        middle=middle,
        high=high,
        not_drawn=_not_drawn(picture),
        picture=picture,
        missing_over_time=_over_time(summary, column) if timed else (),
        findings=findings,
    )


def _spread(column: ColumnSummary, zone: str) -> tuple[str, str, str]:
    if column.grid is None or not column.counts.sum():
        return "", "", ""
    values = [float(np.nanmin(column.low)), float(quantiles(column, [0.5])[0]), float(np.nanmax(column.high))]
    if column.kind == "timestamp":
        told = [when(datetime.fromtimestamp(value, UTC), zone, "day") for value in values]
    else:
        told = [number(value) for value in values]
    return told[0], told[1], told[2]


def _distinct(column: ColumnSummary) -> str:
    if column.grid is not None:
        return f"{len(column.values):,}" if column.values is not None else "more than 2,000"
    names = [name for name in column.labels if name != OVERFLOW]
    return f"more than {len(names):,}" if OVERFLOW in column.labels else f"{len(names):,}"


def _picture(column: ColumnSummary, timed: bool, stand_ins: Pairs) -> Histogram | Bars | None:
    if not column.counts.sum() or column.kind == "text":
        return None
    return _bars(column, timed) if column.grid is None else _histogram(column, timed, stand_ins)


def _not_drawn(picture: Histogram | Bars | None) -> str:
    if not isinstance(picture, Histogram):
        return ""
    sides = ((picture.below, "below", picture.edges[0]), (picture.above, "above", picture.edges[-1]))
    told = [f"{percent(share)} {where} {number(edge)}" for share, where, edge in sides if share > 0]
    return f"not drawn: {' and '.join(told)}" if told else ""


def _later(column: ColumnSummary) -> NDArray[np.int64] | None:
    """Return the counts of the last slices, which hold about a fifth of the values; None for fewer than three slices."""
    if len(column.counts) < 3:
        return None
    behind = np.cumsum(column.counts.sum(axis=1)[::-1])
    last = int(np.searchsorted(behind, LATER * behind[-1])) + 1
    return np.asarray(column.counts[-last:].sum(axis=0), dtype=np.int64)


def _stand_ins(findings: Sequence[Finding]) -> Pairs:
    """Return the codes that stand for a missing number, each with the nearest value that is one."""
    told = [f.evidence for f in findings if f.check == "default_values"]
    pairs = [(each.get("value"), each.get("nearest")) for each in told]
    return [(a, b) for a, b in pairs if isinstance(a, int | float) and isinstance(b, int | float)]


def _histogram(column: ColumnSummary, timed: bool, stand_ins: Pairs = ()) -> Histogram:
    assert column.grid is not None
    least, most = float(np.nanmin(column.low)), float(np.nanmax(column.high))
    low, high = (float(x) for x in quantiles(column, list(EDGES)))
    if high <= low or most - least <= NEAR * (high - low):
        low, high = least, most
    inner = (
        max([low, *(near for code, near in stand_ins if code < near)]),
        min([high, *(near for code, near in stand_ins if code > near)]),
    )
    if inner[0] < inner[1]:  # codes would leave the measured values a corner of the picture
        low, high = inner
    if high <= low:
        low, high = low - 0.5, high + 0.5
    whole = column.values is not None and all(float(v).is_integer() for v in column.values)
    bins = BINS
    if whole and high - low < BINS:
        low, high, bins = low - 0.5, high + 0.5, int(high - low) + 1
    edges = np.linspace(low, high, bins + 1)
    counts = column.counts.sum(axis=0)
    rows = max(int(counts.sum()), 1)
    codes = stand_ins if (low, high) != (least, most) else ()
    shares, below, above = _binned(column, counts, edges, (least, most), codes)
    later = _later(column) if timed else None
    if later is None or not later.sum():
        line: tuple[float, ...] = ()
    else:
        line = tuple((_binned(column, later, edges, (least, most), codes)[0] / later.sum()).tolist())
    return Histogram(
        tuple(edges.tolist()), tuple((shares / rows).tolist()), line, float(below / rows), float(above / rows)
    )


def _binned(
    column: ColumnSummary,
    counts: NDArray[np.int64],
    edges: Floats,
    ends: tuple[float, float],
    codes: Pairs = (),
) -> tuple[Floats, float, float]:
    """Return the counts of buckets as counts between edges, each spread evenly over its width; and what lies beyond."""
    assert column.grid is not None
    ids = np.asarray(column.buckets, dtype=np.float64)
    starts = np.clip(representative(column.grid, ids - 0.5), *ends)
    stops = np.clip(representative(column.grid, ids + 0.5), *ends)
    middles = np.clip(representative(column.grid, ids), *ends)
    for code, near in codes:  # a bucket reaches beyond its values: what was measured ends at the nearest
        measured = (middles < (code + near) / 2) == (near < code)
        cut = np.minimum if near < code else np.maximum
        starts, stops, middles = (np.where(measured, cut(x, near), x) for x in (starts, stops, middles))
    wide = stops > starts
    n = counts.astype(np.float64)

    def up_to(edge: float) -> float:
        part = np.where(
            wide, np.clip((edge - starts) / np.where(wide, stops - starts, 1.0), 0.0, 1.0), middles < edge
        )
        return float((n * part).sum())

    reached = np.array([up_to(edge) for edge in edges])
    reached[-1] = max(reached[-1], up_to(np.nextafter(edges[-1], np.inf)))
    return np.diff(reached), float(reached[0]), float(n.sum() - reached[-1])


def _bars(column: ColumnSummary, timed: bool) -> Bars | None:
    counts = column.counts.sum(axis=0)
    rows = max(int(counts.sum()), 1)
    order = sorted(range(len(counts)), key=lambda i: (-int(counts[i]), column.labels[i]))
    shown = [i for i in order if column.labels[i] != OVERFLOW and counts[i] >= FEWEST][:NAMES]
    if not shown:
        return None
    rest = [i for i in order if i not in set(shown) and counts[i]]
    later = _later(column) if timed else None
    last: tuple[float, ...] = ()
    if later is not None and later.sum():
        last = tuple(float(later[i] / later.sum()) for i in shown)
    return Bars(
        names=tuple(column.labels[i] for i in shown),
        shares=tuple(float(counts[i] / rows) for i in shown),
        later=last,
        others=len(rest),
        others_share=float(sum(int(counts[i]) for i in rest) / rows),
    )


def _over_time(summary: Summary, column: ColumnSummary) -> tuple[tuple[datetime, float], ...]:
    told = []
    for i, since in enumerate(summary.since):
        if since is not None and summary.rows[i]:
            told.append((datetime.fromisoformat(since), float(column.nulls[i] / summary.rows[i])))
    return tuple(told)
