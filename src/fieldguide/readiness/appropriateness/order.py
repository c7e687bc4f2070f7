"""Does the name, the number or the place of a row tell its label? (FACTS 8, leakage 4)"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fieldguide.finding import Finding
from fieldguide.program import Label
from fieldguide.readiness.appropriateness.measure import ranked
from fieldguide.readiness.appropriateness.strength import Strength, decides
from fieldguide.readiness.checks import found
from fieldguide.tables.tally import Floats

PERIODS = 20
"""Stretches of time within which a place or number is compared with the label."""
TELLS = {True: 0.8, False: 0.7}
"""AUC, or correlation, within stretches of time from which on place or number tell the label."""
UNIQUE = 0.98
"""Share of the rows that have a value of their own, from which on a whole number looks like an id."""
RUNNING = 0.98
"""Rank correlation with the order of the rows from which on a number is a running one."""
FEWEST = 100


@dataclass(frozen=True)
class Ordered:
    """What names, numbers and places tell of the label.

    `place` is how well the place of a row in its source ranks rows, `number` how well the number in its key does
    (AUC or correlation, within stretches of time where there is one; NaN where it cannot be told), `running`
    whether that number only counts the rows. `form` is what the letters of the key tell; `folders` are columns of
    file names with what their folders tell; `ids` are features that look like ids.
    """

    place: float = float("nan")
    number: float = float("nan")
    running: bool = False
    form: Strength | None = None
    folders: tuple[Strength, ...] = ()
    ids: tuple[str, ...] = ()


def order_knows_label(label: Label, told: Ordered | None) -> list[Finding]:
    """A3: neither the key of a row, nor its place in the file, nor a file name tells the label.

    None of them can be learned from when it is no feature. But where they tell the label, rows of different
    labels were put together from different places, and other columns may know from which.
    """
    check, binary = "order_knows_label", label.kind == "binary"
    if told is None:
        return [
            found(
                check, "unknown", "too few labeled rows to tell", label.name, todo="collect more labeled rows"
            )
        ]
    findings, word = [], "AUC" if binary else "correlation"
    ask = "ask how the rows were put together: if those of each label came from another place, other columns may know from which"
    if told.form is not None and decides(told.form, label.kind, 0.0) == "fail":
        where = f" ({told.form.surest.removeprefix('where it is ')})" if told.form.surest else ""
        saw = f"the letters of the key tell the label{where}: {word} {told.form.power:.3f}"
        findings.append(found(check, "unknown", saw, "__key", todo=_with_waiver(ask)))
    for s in told.folders:
        if decides(s, label.kind, 0.0) == "fail":
            saw = f"the folders in {s.column!r} tell the label: {word} {s.power:.3f}"
            findings.append(found(check, "unknown", saw, s.column, todo=_with_waiver(ask)))
    if _tells(told.number, binary) and not told.running:
        nearly = abs(told.number - 0.5) >= 0.45 if binary else abs(told.number) >= 0.95
        saw = f"the number in the key ranks the rows by their label: {word} {told.number:.3f}"
        todo = _with_waiver(ask) if nearly else ask
        findings.append(found(check, "unknown" if nearly else "pass", saw, "__key", todo=todo))
    if _tells(told.place, binary):
        saw = f"rows lie in the order of their label: the place of a row ranks them with {word} {told.place:.3f}"
        findings.append(found(check, "pass", saw, label.name, todo=ask))
    for name in told.ids:
        saw = f"{name!r} has a value of its own on every row and counts them: an id, not a measurement"
        todo = "take it out of features=: on later rows it has values that no model has seen"
        findings.append(found(check, "pass", saw, name, todo=todo))
    if findings:
        return findings
    seen = [n for n, x in (("place", told.place), ("number in the key", told.number)) if not np.isnan(x)]
    seen += ["letters of the key"] if told.form is not None else []
    saw = (
        f"looked at: {', '.join(seen)}; none tells the label"
        if seen
        else "rows have neither an order nor a key to look at"
    )
    return [found(check, "pass", saw, label.name)]


def tells(y: Floats, x: Floats, weight: Floats, period: Floats | None, *, binary: bool) -> float:
    """Return how well x ranks y, within stretches of time (`period` numbers them) where there are any; NaN if undefined."""
    known = np.isfinite(x) & np.isfinite(y)
    if known.sum() < FEWEST:
        return float("nan")
    groups = [known] if period is None else [known & (period == p) for p in np.unique(period[known])]
    parts = []
    for group in groups:
        if group.sum() < 20 or len(np.unique(x[group])) < 10:
            continue
        one = ranked(y[group], x[group], weight[group], binary=binary)
        if one is not None:
            parts.append((float(weight[group].sum()), one.value))
    total = sum(w for w, _ in parts)
    return sum(w * v for w, v in parts) / total if total else float("nan")


def stretches(time: Floats) -> Floats:
    """Return in which of twenty stretches, with as many rows each, every row lies."""
    place = np.empty(len(time))
    place[np.argsort(time, kind="stable")] = np.arange(len(time))
    return np.asarray(np.floor(place * PERIODS / max(len(time), 1)))


def numbers_of(keys: Sequence[str | None]) -> Floats:
    """Return the last run of digits in each key as a number, NaN where it has none.

    >>> numbers_of(["A-17", "b", None, "2024-5"]).tolist()
    [17.0, nan, nan, 5.0]
    """
    out = np.full(len(keys), np.nan)
    for i, key in enumerate(keys):
        if key is not None and (runs := re.findall(r"\d{1,15}", key)):
            out[i] = float(runs[-1])
    return out


def form_of(key: str) -> str:
    """Return a key with each run of digits as one 9.

    >>> form_of("pos_0017"), form_of("17")
    ('pos_9', '9')
    """
    return re.sub(r"\d+", "9", key)


def folder_of(path: str) -> str:
    """Return a path without its last part.

    >>> folder_of("cats/001.jpg"), folder_of("001.jpg")
    ('cats', '')
    """
    return re.sub(r"[/\\]?[^/\\]*$", "", path)


def running(x: Floats, order: Floats) -> bool:
    """Tell whether x counts rows in an order: whole numbers, nearly all different, rising or falling with it."""
    known = np.isfinite(x) & np.isfinite(order)
    if known.sum() < FEWEST:
        return False
    x, order = x[known], order[known]
    if (x != np.floor(x)).any() or len(np.unique(x)) < UNIQUE * len(x):
        return False
    a, b = (np.argsort(np.argsort(v, kind="stable"), kind="stable").astype(np.float64) for v in (x, order))
    return bool(abs(np.corrcoef(a, b)[0, 1]) >= RUNNING)


def _tells(x: float, binary: bool) -> bool:
    if np.isnan(x):
        return False
    return max(x, 1 - x) >= TELLS[True] if binary else abs(x) >= TELLS[False]


def _with_waiver(ask: str) -> str:
    return f"{ask}; if that is right: fieldguide waive P order_knows_label --by NAME --because WHY"
