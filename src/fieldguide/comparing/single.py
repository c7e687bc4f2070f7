"""Diagnosis of one value that takes the place of many: a sensor that is stuck, a stand-in for missing values."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fieldguide.comparing.drift import FEWEST_ROWS, Alarm, known, repeated
from fieldguide.comparing.explained import DEFAULT_NUMBERS, Explained
from fieldguide.comparing.history import Past
from fieldguide.comparing.segment import Stretch, best_stretch, indicator_scores
from fieldguide.tables.tally import bucket_of

Floats = NDArray[np.float64]

LONG = 1e9
"""Rows in which a lull as long as a stuck value would be seen once."""


def new_stand_in(past: Past, values: Floats) -> tuple[float, float]:
    """Return the stand-in beyond all of history's values that most rows hold, and its share; NaN for none."""
    exact = past.column.values
    if exact is None or not exact:
        return math.nan, 0.0
    low, high = min(exact), max(exact)
    points, counts = np.unique(values[np.isfinite(values)], return_counts=True)
    best = (math.nan, 0.0)
    for point, count in zip(points.tolist(), counts.tolist(), strict=True):
        beyond = point < min(low, 0.0) or (point == 0.0 < low) or point > max(1.2 * high, 0.0)
        if point in DEFAULT_NUMBERS and beyond and count >= FEWEST_ROWS and count / len(values) > best[1]:
            best = (point, count / len(values))
    return best


def explain_single_value(
    past: Past, values: Floats, before: Floats, found: Sequence[Alarm]
) -> Explained | None:
    """Return a stuck value, or a stand-in on some of the rows, when the alarms `found` come from one."""
    tests = {alarm.test for alarm in found}
    candidate = math.nan
    if "repeat" in tests or "spread" in tests:
        candidate = repeated(past, values, len(values))[0]
    if "novel" in tests and "repeat" not in tests:
        novel = _most_frequent_novel(past, values)
        candidate = novel if math.isfinite(novel) else candidate
    if "novel" in tests and math.isfinite(stand_in := new_stand_in(past, values)[0]):
        candidate = stand_in
    if not math.isfinite(candidate) or (tests == {"spread"} and (values == candidate).mean() < 0.5):
        return None
    usual = _usual_share(past, candidate)
    stretch = best_stretch(
        np.where(np.isfinite(values), indicator_scores(values == candidate, usual), 0.0),
        np.where(np.isfinite(before), indicator_scores(before == candidate, usual), 0.0),
    )
    if stretch is None:
        return None
    never_a_value = candidate in DEFAULT_NUMBERS and usual == 0
    if not never_a_value and not _longer_than_usual(candidate, values, before, stretch):
        return None
    witnesses = {"value": candidate, "usual_share": round(usual, 6), "share": round(stretch.share, 4)}
    if candidate in DEFAULT_NUMBERS and (usual < 0.5 or stretch.share > 0.98):
        return Explained("default_flood", stretch, value=candidate, witnesses=witnesses)
    if stretch.share >= 0.9 and int(stretch.affected.sum()) >= FEWEST_ROWS:
        return Explained("stuck_value", stretch, value=candidate, witnesses=witnesses)
    return None


def _longer_than_usual(value: float, values: Floats, before: Floats, stretch: Stretch) -> bool:
    """Whether so many rows with one value cannot be a lull, judged by how often the column changes elsewhere.

    A column whose next row differs with probability r shows `n` equal rows about once in 1 / (r (1 - r)ⁿ)
    rows (FACTS 8, stuck sensor, with ties as they follow each other). With fewer than a hundred rows
    elsewhere nothing is known of r, and the alarm stands.
    """
    outside = np.concatenate([before, values[: max(stretch.start, 0)], values[stretch.stop :]])
    outside = outside[np.isfinite(outside)]
    changes = outside[1:] != outside[:-1]
    if len(changes) < 100 or (outside == value).mean() > 0.9:
        return True
    rate = (float(changes.sum()) + 1) / (len(changes) + 2)
    equal = int((values[max(stretch.start, 0) : stretch.stop] == value).sum())
    return equal * -math.log1p(-min(rate, 0.999)) > math.log(LONG * max(rate, 1e-6))


def _most_frequent_novel(past: Past, values: Floats) -> float:
    finite = values[np.isfinite(values)]
    if past.column.grid is None or not len(finite):
        return math.nan
    points, counts = np.unique(finite, return_counts=True)
    novel = ~known(past, bucket_of(past.column.grid, points))
    if not novel.any():
        return math.nan
    best = int(np.where(novel, counts, 0).argmax())
    return float(points[best]) if counts[best] >= max(FEWEST_ROWS, 0.8 * counts[novel].sum()) else math.nan


def _usual_share(past: Past, value: float) -> float:
    exact = past.column.values
    total = int(past.whole.sum())
    if exact is not None:
        return exact.get(value, 0) / max(total, 1)
    if past.column.grid is None or not len(past.names):
        return 0.0
    at = int(bucket_of(past.column.grid, value)) - int(past.names[0])
    return float(past.whole[at]) / max(total, 1) if 0 <= at < len(past.whole) else 0.0
