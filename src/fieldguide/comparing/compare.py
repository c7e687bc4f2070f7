"""compare: a window of served rows against what was learned from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fieldguide.comparing.categories import explain_category
from fieldguide.comparing.drift import Alarm, alarms, counted, measure, repeated, support_alarm
from fieldguide.comparing.explained import Explained
from fieldguide.comparing.history import History, Past, history
from fieldguide.comparing.numbers import explain_number
from fieldguide.comparing.picture import picture_of_labels, picture_of_numbers
from fieldguide.comparing.segment import Stretch, best_stretch, indicator_scores
from fieldguide.comparing.single import new_stand_in
from fieldguide.comparing.words import Place, say
from fieldguide.finding import Diagnosis, Finding
from fieldguide.tables.tally import Summary

LEVELS: dict[str | None, tuple[str, str]] = {
    "null_flood": ("served_missing", "B1"),
    "default_flood": ("served_stand_ins", "B1"),
    "stuck_value": ("served_stuck", "B2"),
    "unit_factor": ("served_units", "B3"),
    "unit_affine": ("served_units", "B3"),
    "category_new": ("served_categories", "B3"),
    "category_renamed": ("served_categories", "B3"),
    "population_shifted": ("served_population", "A3"),
    None: ("served_population", "A3"),
}
"""Cause -> the check that finds it, and the level that it keeps from."""

MANY = 0.4
"""When this share of the columns (and at least three) moved without a fault, other rows came."""

Floats = NDArray[np.float64]


class Column(Protocol):
    """What is read of a feature or presentation: its name and kind."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...


@dataclass(frozen=True)
class Changed:
    """A column with its alarms and the explanation of them."""

    name: str
    past: Past
    alarms: tuple[Alarm, ...]
    explained: Explained


def compare(
    window: Summary,
    rows: pa.Table,
    reference: Summary,
    features: Sequence[Any],
    *,
    before: pa.Table | None = None,
    yardstick: History | None = None,
) -> list[Finding]:
    """Return what changed in a window of served rows against the rows that were learned from.

    `window` is the window counted on the grids of `reference`, which holds many consecutive blocks of rows
    in time order. `rows` are the window's raw columns in served order, with `__n` (the number of the entry
    in the journal) and `__at` or `__time`; refused rows (`__refused`) may be among them. `before` are rows
    served just before: a change that began there is placed there. `yardstick` spares counting the history
    again when many windows of one size are compared.

    Empty when nothing changed. A change with a cause fails the check of that cause; one without a known
    cause is "unknown", and is given only when it lies far outside history. Sources: DESIGN 13, FLIGHTS 8
    and 9, FACTS F19.
    """
    size = int(window.rows.sum())
    if size == 0:
        return []
    measured = yardstick if yardstick is not None and yardstick.rows == size else history(reference, size)
    changed: list[Changed] = []
    for feature in features:
        past = measured.columns.get(feature.name)
        column = window.columns.get(feature.name)
        if past is None or column is None:
            continue
        changed += _missing(past, feature, window, rows, before)
        if feature.kind == "timestamp" or feature.name not in rows.column_names:
            continue
        names, counts = counted(column)
        statistics = measure(past, names, counts, size)
        if feature.kind == "number":
            changed += _numbers(past, feature, statistics, rows, before, size)
        else:
            changed += _labels(past, feature, statistics, rows, before, size)
    return _findings(changed, measured, rows, before, len(features))


def numbers_in(rows: pa.Table | None, name: str) -> Floats:
    """Return a column of numbers as float64, NaN where there is none (also for infinities)."""
    if rows is None or name not in rows.column_names:
        return np.empty(0)
    column = pc.cast(rows.column(name), pa.float64())
    values = np.array(column.to_numpy(zero_copy_only=False), dtype=np.float64)
    values[~np.isfinite(values)] = np.nan
    return values


def labels_in(rows: pa.Table | None, name: str) -> list[str | None]:
    """Return a column of categories or booleans as text."""
    if rows is None or name not in rows.column_names:
        return []
    found: list[str | None] = pc.cast(rows.column(name), pa.string()).to_pylist()
    return found


def _missing(
    past: Past, feature: Column, window: Summary, rows: pa.Table, before: pa.Table | None
) -> list[Changed]:
    column = window.columns[feature.name]
    size, none = int(window.rows.sum()), int(column.nulls.sum() + column.nonfinite.sum())
    answered = _not_refused(rows)
    seen = _is_missing(rows, feature.name, answered)
    if answered is not None and len(seen):
        size, none = int(answered.sum()), int((seen & answered).sum())
    found = alarms(past, {"nulls": none / max(size, 1)}, size)
    if not found:
        return []
    limit = past.limits["nulls"]
    scores = indicator_scores(seen, max(limit.usual, limit.most / 2, 1e-3))
    earlier = indicator_scores(
        _is_missing(before, feature.name, None), max(limit.usual, limit.most / 2, 1e-3)
    )
    stretch = best_stretch(scores, earlier) if len(seen) else None
    share = found[0].saw if stretch is None else stretch.share
    explained = Explained(
        "null_flood", stretch, witnesses={"usual_share": round(limit.usual, 5), "share": share}
    )
    return [Changed(feature.name, past, found, explained)]


def _not_refused(rows: pa.Table) -> NDArray[np.bool_] | None:
    if "__refused" not in rows.column_names:
        return None
    refused = np.asarray(
        pc.fill_null(rows.column("__refused"), False).to_numpy(zero_copy_only=False), dtype=np.bool_
    )
    return ~refused if refused.any() and not refused.all() else None


def _is_missing(rows: pa.Table | None, name: str, only: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    if rows is None or name not in rows.column_names:
        return np.zeros(0, dtype=np.bool_)
    column = rows.column(name)
    if pa.types.is_floating(column.type):
        missing = np.isnan(numbers_in(rows, name))
    else:
        missing = np.asarray(column.is_null().to_numpy(zero_copy_only=False), dtype=np.bool_)
    return missing if only is None else missing & only


def _numbers(
    past: Past, feature: Any, statistics: dict[str, float], rows: pa.Table, before: pa.Table | None, size: int
) -> list[Changed]:
    values, earlier = numbers_in(rows, feature.name), numbers_in(before, feature.name)
    statistics["repeat"] = repeated(past, values, size)[1]
    found = alarms(past, statistics, size)
    off = support_alarm(past.support, values)
    if off is not None:
        found = (*found, off)
    limit = past.limits["novel"]
    if (share := new_stand_in(past, values)[1]) > limit.alarm and all(a.test != "novel" for a in found):
        found = (*found, Alarm("novel", share, limit.most, limit.alarm))
    if not found:
        return []
    unit = getattr(getattr(feature, "feature", feature), "unit", None)
    return [Changed(feature.name, past, found, explain_number(past, unit, values, earlier, found))]


def _labels(
    past: Past,
    feature: Column,
    statistics: dict[str, float],
    rows: pa.Table,
    before: pa.Table | None,
    size: int,
) -> list[Changed]:
    found = alarms(past, statistics, size)
    if not found:
        return []
    explained = explain_category(past, labels_in(rows, feature.name), labels_in(before, feature.name), found)
    return [Changed(feature.name, past, found, explained)]


def _findings(
    changed: list[Changed], measured: History, rows: pa.Table, before: pa.Table | None, columns: int
) -> list[Finding]:
    named = [c for c in changed if c.explained.cause is not None]
    moved = [c for c in changed if c.explained.cause is None]
    found = [_finding(c, measured, rows, before) for c in named]
    if len(moved) >= max(3, MANY * columns):
        return [*found, _population(moved, measured)]
    loud = [c for c in moved if any(alarm.gross for alarm in c.alarms)]
    return found + [_finding(c, measured, rows, before) for c in loud]


def _finding(c: Changed, measured: History, rows: pa.Table, before: pa.Table | None) -> Finding:
    cause, stretch = c.explained.cause, c.explained.stretch
    check, level = LEVELS[cause]
    place = _place(stretch, c, measured, rows, before)
    alarm = max(c.alarms, key=lambda a: a.saw / a.limit)
    saw, expected, todo = say(c.name, c.explained, alarm, place)
    transform = c.explained.transform
    diagnosis = Diagnosis(
        cause=cause,
        factor=transform.factor if transform else None,
        offset=transform.offset if transform and transform.offset else None,
        first_row=place.first_row,
        since=place.since,
        share=round(place.share, 4) if cause else None,
    )
    evidence = {
        **_picture(c, rows),
        "tests": {a.test: [round(a.saw, 5), round(a.most, 5), round(a.limit, 5)] for a in c.alarms},
        "gross": any(a.gross for a in c.alarms),
        "history": {"windows": measured.apart, "rows": measured.rows},
        **dict(c.explained.witnesses),
    }
    if place.until_row is not None:
        evidence["until_row"] = place.until_row
    return Finding(
        check=check,
        level=level,
        verdict="fail" if cause else "unknown",
        about=c.name,
        saw=saw,
        expected=expected,
        next=todo,
        rows=_examples(stretch, rows),
        evidence=evidence,
        diagnosis=diagnosis,
    )


def _population(moved: list[Changed], measured: History) -> Finding:
    check, level = LEVELS["population_shifted"]
    names = [c.name for c in moved]
    listed = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return Finding(
        check=check,
        level=level,
        verdict="unknown",
        saw=f"other rows came: {len(names)} columns moved together without a fault in any of them ({listed})",
        expected=f"rows like those {Place(None, None, None, 1.0, measured.apart, measured.rows).history_words}",
        next="Look at who or what is asked about now; if they are to stay, gather their outcomes and fit again.",
        evidence={
            "columns": names,
            "gross": any(a.gross for c in moved for a in c.alarms),
            "tests": {
                c.name: {a.test: [round(a.saw, 5), round(a.limit, 5)] for a in c.alarms} for c in moved
            },
        },
        diagnosis=Diagnosis("population_shifted"),
    )


def _place(
    stretch: Stretch | None, c: Changed, measured: History, rows: pa.Table, before: pa.Table | None
) -> Place:
    if stretch is None:
        return Place(None, None, None, c.alarms[0].saw, measured.apart, measured.rows)
    table, at = (rows, stretch.start) if stretch.start >= 0 else (before, stretch.start)
    first, since = _number_and_time(table, at)
    until = None
    if stretch.ended:
        until = _number_and_time(rows, stretch.stop)[0]
    return Place(first, since, until, stretch.share, measured.apart, measured.rows)


def _number_and_time(table: pa.Table | None, at: int) -> tuple[int | None, str | None]:
    if table is None or not table.num_rows:
        return None, None
    at = at if at >= 0 else table.num_rows + at
    number = int(table.column("__n")[at].as_py()) if "__n" in table.column_names else at + 1
    for name in ("__time", "__at"):
        if name in table.column_names and (when := table.column(name)[at].as_py()) is not None:
            return number, when.isoformat() if isinstance(when, datetime) else str(when)
    return number, None


def _picture(c: Changed, rows: pa.Table) -> dict[str, Any]:
    stretch = c.explained.stretch
    part = (
        rows
        if stretch is None
        else rows.slice(max(stretch.start, 0), max(stretch.stop - max(stretch.start, 0), 1))
    )
    if c.past.column.grid is None:
        return dict(picture_of_labels(c.past, labels_in(part, c.name)))
    if c.past.column.kind == "timestamp":
        return {"before": [], "after": []}
    return dict(picture_of_numbers(c.past, numbers_in(part, c.name)))


def _examples(stretch: Stretch | None, rows: pa.Table) -> tuple[str, ...]:
    """Keys (or numbers) of the first affected rows."""
    if stretch is None:
        return ()
    known = [
        n for n in ("__key", "__n") if n in rows.column_names and rows.column(n).null_count < rows.num_rows
    ]
    name = known[0] if known else None
    if name is None:
        return ()
    at = np.flatnonzero(stretch.affected)[:5].tolist()
    return tuple(str(rows.column(name)[i].as_py()) for i in at)


def confirmed(previous: Sequence[Finding], current: Sequence[Finding]) -> list[Finding]:
    """Return the current findings, those without a known fault failing when they stand for the second time.

    A change without a cause, or a shift of the population, fails only when it is gross in two consecutive
    windows: weather, holidays and campaigns leave history once without being faults.
    """
    before = {(f.check, f.about) for f in previous if f.evidence.get("gross")}
    return [
        replace(f, verdict="fail")
        if f.verdict == "unknown" and f.evidence.get("gross") and (f.check, f.about) in before
        else f
        for f in current
    ]
