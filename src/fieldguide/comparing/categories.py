"""Diagnosis of a column of categories: new names, other names for the same, a stand-in, one name for all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from fieldguide.comparing.drift import Alarm
from fieldguide.comparing.explained import DEFAULT_TEXTS, Explained
from fieldguide.comparing.history import Past
from fieldguide.comparing.segment import best_stretch, indicator_scores
from fieldguide.tables.tally import OVERFLOW

Labels = Sequence[str | None]

WITNESS = 8
"""A label is counted as come or gone from this many rows on."""


def explain_category(past: Past, labels: Labels, before: Labels, found: Sequence[Alarm]) -> Explained:
    """Return the cause of the alarms `found` on a column of categories.

    `labels` are the window's in served order (None: no value), `before` those of the rows just before it.
    """
    tests = {alarm.test for alarm in found}
    if "novel" in tests:
        return _unseen(past, labels, before)
    if "repeat" in tests:
        single = _single(past, labels, before)
        if single is not None:
            return single
    return Explained(None)


def normalized(label: str) -> str:
    """Return a label without the differences that renaming usually makes: case, spaces, marks.

    >>> normalized(" Free_Plan ") == normalized("free-plan")
    True
    """
    return "".join(c for c in label.casefold() if c.isalnum()) or label.strip()


def _unseen(past: Past, labels: Labels, before: Labels) -> Explained:
    seen = set(past.column.labels)
    usual = max(past.limits["novel"].usual, 1e-4)

    def scores(of: Labels) -> NDArray[np.float64]:
        signs = indicator_scores(np.array([label not in seen for label in of], dtype=np.bool_), usual)
        return np.where(np.array([label is None for label in of], dtype=np.bool_), 0.0, signs)

    stretch = best_stretch(scores(labels), scores(before) if len(before) else None)
    if stretch is None:
        return Explained(None)
    inside = [label for label in labels[max(stretch.start, 0) : stretch.stop] if label is not None]
    counts = Counter(inside)
    new = {label: n for label, n in counts.most_common() if label not in seen}
    rows = sum(new.values())
    witnesses = {"new_values": [[label, n] for label, n in list(new.items())[:10]], "rows": rows}
    default = [label for label in new if label.strip().lower() in DEFAULT_TEXTS]
    if default and new[default[0]] >= 0.9 * rows:
        return Explained("default_flood", stretch, value=default[0], witnesses=witnesses)
    mapping = _by_name(past, new) or _by_share(past, counts, new)
    if sum(new[label] for label in mapping) >= 0.9 * rows:
        witnesses["mapping"] = [[old, label] for label, old in list(mapping.items())[:10]]
        return Explained("category_renamed", stretch, mapping=mapping, witnesses=witnesses)
    return Explained("category_new", stretch, witnesses=witnesses)


def _by_name(past: Past, new: Mapping[str, int]) -> dict[str, str]:
    """New label -> known label that differs only in case, spaces or marks; where that is unique."""
    known: dict[str, list[str]] = {}
    for label in past.column.labels:
        known.setdefault(normalized(label), []).append(label)
    return {label: known[key][0] for label in new if len(known.get(key := normalized(label), ())) == 1}


def _by_share(past: Past, counts: Mapping[str, int], new: Mapping[str, int]) -> dict[str, str]:
    """New label -> known label that vanished and had its share of the rows; empty unless all pair up."""
    rows = sum(counts.values())
    total = max(int(past.whole.sum()), 1)
    size = np.maximum(past.windows.sum(axis=1, keepdims=True), 1)
    low, high = (past.windows / size).min(axis=0, initial=1.0), (past.windows / size).max(axis=0, initial=0.0)
    gone = [
        i
        for i, name in enumerate(past.names)
        if name != OVERFLOW
        and counts.get(str(name), 0) == 0
        and low[i] > 0
        and past.whole[i] / total * rows >= WITNESS
    ]
    large = [label for label, n in new.items() if n >= WITNESS]
    if not large or len(gone) != len(large):
        return {}
    gone.sort(key=lambda i: -int(past.whole[i]))
    large.sort(key=lambda label: -new[label])
    fits = all(
        low[i] * 0.8 <= new[label] / rows <= high[i] * 1.2 for i, label in zip(gone, large, strict=True)
    )
    return {label: str(past.names[i]) for i, label in zip(gone, large, strict=True)} if fits else {}


def _single(past: Past, labels: Labels, before: Labels) -> Explained | None:
    """One known label on (nearly) all rows, or a stand-in on more rows than ever."""
    counts = Counter(label for label in labels if label is not None)
    place = {str(name): i for i, name in enumerate(past.names)}
    excess = {x: n / len(labels) - float(past.peaks[place[x]]) for x, n in counts.items() if x in place}
    if not excess:
        return None
    label = max(excess, key=lambda x: excess[x])
    usual = float(past.whole[place[label]]) / max(int(past.whole.sum()), 1)

    def scores(of: Labels) -> NDArray[np.float64]:
        signs = indicator_scores(np.array([x == label for x in of], dtype=np.bool_), usual)
        return np.where(np.array([x is None for x in of], dtype=np.bool_), 0.0, signs)

    stretch = best_stretch(scores(labels), scores(before) if len(before) else None)
    if stretch is None:
        return None
    witnesses = {"value": label, "usual_share": round(usual, 4), "share": round(stretch.share, 4)}
    if label.strip().lower() in DEFAULT_TEXTS:
        return Explained("default_flood", stretch, value=label, witnesses=witnesses)
    if stretch.share >= 0.98 and int(stretch.affected.sum()) >= WITNESS:
        return Explained("stuck_value", stretch, value=label, witnesses=witnesses)
    return None
