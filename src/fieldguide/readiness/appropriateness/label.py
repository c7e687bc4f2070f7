"""Band A: are the data right for this question? Here, and only here, the label is looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import numpy as np

from fieldguide.finding import Finding, Verdict
from fieldguide.program import Label, Source
from fieldguide.readiness.appropriateness.strength import (
    FEWEST_LABELED,
    FEWEST_OF_A_CLASS,
    Strength,
    decides,
    strength,
)
from fieldguide.readiness.checks import CHECKS, found
from fieldguide.tables.query import ByLabel, Found, Labels, Periods
from fieldguide.tables.summary import Summary

FEWEST_NULLS = 30
TOO_FEW = f"fewer than {FEWEST_LABELED} labeled rows (or {FEWEST_OF_A_CLASS} of a class): too few to tell"
MOST_TOO_EARLY = 0.001
MOST_UNTIMED = 0.1

WORTH_A_NOTE = 0.8
GONE = 0.1
"""Rows in the last twelfth of the time span, as a share of the usual, below which the delivery has stopped."""


def label_varies(label: Label, known: Labels) -> list[Finding]:
    """A4: there are labels, and more than one value of them."""
    share = known.labeled / max(known.rows, 1)
    saw = f"{known.labeled:,} of {known.rows:,} rows have a label ({share:.1%})"
    evidence = {"labeled": known.labeled, "rows": known.rows, "mean": _round(known.mean)}

    def says(verdict: Verdict, told: str) -> list[Finding]:
        return [found("label_varies", verdict, told, label.name, evidence=evidence)]

    if not known.labeled:
        return says("fail", f"no row has a label: {label.name!r} is null throughout")
    if known.low == known.high:
        only = {0.0: "no", 1.0: "yes"}.get(known.low) if label.kind == "binary" else None
        return says("fail", f"{saw}, and all of them are the same: {only or f'{known.low:g}'}")
    if label.kind == "binary":
        rarer = round(min(known.mean, 1 - known.mean) * known.labeled)
        saw += f", {known.mean:.1%} of them yes"
        if rarer < FEWEST_OF_A_CLASS:
            return says(
                "unknown", f"{saw}: only {rarer} of the rarer answer, too few to learn or to judge by"
            )
    else:
        saw += f", from {known.low:,.6g} to {known.high:,.6g}, {known.mean:,.6g} on average"
    if known.labeled < FEWEST_LABELED:
        return says("unknown", f"{saw}: fewer than {FEWEST_LABELED} are too few to learn or to judge by")
    return says("pass", saw)


def label_after_prediction(label: Label, source: Source, early: Found | None, labeled: int) -> list[Finding]:
    """A4: outcomes become known after the prediction; `early` are labeled rows where they do not.

    None where no column says when the outcome was known: then the declaration is taken at its word.
    """
    check = "label_after_prediction"
    if early is None:
        saw = f"declared to be known within {_span(label.arrives_within)}; no column says when it was"
        return [found(check, "pass", saw, label.name)]
    if not early.rows:
        return [
            found(
                check,
                "pass",
                f"{label.known_at!r} lies after {source.time!r} on all labeled rows",
                label.name,
            )
        ]
    share = early.rows / max(labeled, 1)
    most = _span(timedelta(seconds=-min(early.values)))
    saw = f"on {early.rows:,} rows ({share:.2%}) the label was known when the prediction is made, up to {most} before"
    verdict: Verdict = "fail" if share > MOST_TOO_EARLY else "pass"
    return [found(check, verdict, saw, label.name, rows=early.examples, todo=CHECKS[check].next)]


def next_period(source: Source, periods: Periods | None) -> list[Finding]:
    """A4: rows can be split by time. A source without a time passes with a note: it must not block for ever."""
    if source.time is None or periods is None:
        todo = CHECKS["next_period"].next
        return [found("next_period", "pass", "no time column: next period unknown", todo=todo)]
    rows = int(periods.rows.sum())
    untimed = periods.untimed / max(rows + periods.untimed, 1)
    if untimed > MOST_UNTIMED:
        saw = f"{periods.untimed:,} rows ({untimed:.1%}) have no time and belong to no period"
        return [found("next_period", "fail", saw, source.time)]
    if (periods.rows > 0).sum() < 2:
        saw = "all rows have the same time: nothing came later"
        return [found("next_period", "unknown", saw, source.time)]
    saw = f"{rows:,} rows with a time, {periods.untimed:,} without"
    return [found("next_period", "pass", saw, source.time)]


def columns_before_prediction(
    label: Label, columns: Sequence[str], joined: Mapping[str, Found]
) -> list[Finding]:
    """A3: no joined row is younger than the prediction (by joined source), and no column is the label's own time."""
    check, findings = "columns_before_prediction", []
    for name, late in joined.items():
        if late.rows:
            most = _span(timedelta(seconds=max(late.values)))
            saw = f"{late.rows:,} rows hold values from after the prediction, up to {most} after"
            findings.append(found(check, "fail", saw, name, rows=late.examples))
    if label.known_at in columns:
        saw = f"{label.known_at!r} is when the label became known, and is among the features or inputs"
        findings.append(
            found(check, "fail", saw, label.known_at, todo="take it out of features= and inputs=")
        )
    if findings:
        return findings
    saw = (
        f"{len(joined)} joined sources, all rows known at the prediction" if joined else "no source is joined"
    )
    return [found(check, "pass", saw)]


def column_knows_label(label: Label, columns: Sequence[ByLabel]) -> list[Finding]:
    """A3: no single column nearly decides the label (FACTS 8, leakage 2).

    Binary: a column fails that ranks rows nearly perfectly, or that ranks them well and settles a good part
    of the rarer class beyond doubt, as what is measured after the fact does and honest columns do not.
    Numeric: one that explains nearly all of the variance.
    """
    check = "column_knows_label"
    strengths = sorted((s for s in (strength(c, label.kind) for c in columns) if s), key=lambda s: -s.power)
    if not strengths:
        return [found(check, "unknown", TOO_FEW, todo="collect more labeled rows")]
    findings = []
    for s in strengths:
        others = [o.power for o in strengths if o is not s]
        verdict = decides(s, label.kind, max(others, default=0.0))
        if verdict == "pass" and s.power < WORTH_A_NOTE:
            continue
        todo = "make sure that it is known at prediction time" if verdict == "pass" else None
        evidence = {"power": _round(s.power), "settled": _round(s.settled), "rows": s.rows}
        findings.append(found(check, verdict, _told(s, label), s.column, todo=todo, evidence=evidence))
    if not findings:
        best = ", ".join(f"{s.column} ({_measure(label.kind)} {s.power:.2f})" for s in strengths[:3])
        saw = f"{len(strengths)} columns looked at one by one; the strongest: {best}"
        findings.append(found(check, "pass", saw))
    return findings


def missing_knows_label(label: Label, columns: Sequence[ByLabel]) -> list[Finding]:
    """A3: that a column is missing does not decide the label, nor whether there is one (FACTS 8, leakage 6)."""
    check = "missing_knows_label"
    if all((c.labeled * c.times).sum() + c.null[0] < FEWEST_LABELED for c in columns):
        return [found(check, "unknown", TOO_FEW, todo="collect more labeled rows")]
    findings = []
    for c in columns:
        verdict, saw = _absence(c, label)
        if verdict != "pass":
            findings.append(found(check, verdict, saw, c.column))
    with_nulls = sum(1 for c in columns if c.null[0] + c.null[3])
    saw = f"{with_nulls} columns with missing values looked at, nothing found"
    return findings or [found(check, "pass", saw)]


def population(source: Source, periods: Periods | None, summary: Summary) -> list[Finding]:
    """A3: rows arrive up to the end of the time span. Empty stretches and what changed most are told."""
    if source.time is None or periods is None or not len(periods.rows):
        return [found("population", "pass", "no time column: rows over time unknown")]
    rows = periods.rows
    usual = float(np.median(rows[:-1]))
    saw = f"{rows.min():,} to {rows.max():,} rows in each of {len(rows)} equal stretches of time"
    empty = [str(s)[:10] for s, n in zip(periods.since, rows, strict=True) if n == 0]
    if empty:
        saw += f"; none in those from {', '.join(empty[:3])} on"
    saw += _moved(summary)
    evidence = {"since": list(periods.since), "rows": rows.tolist()}
    if rows.sum() >= 10 * len(rows) and rows[-1] < GONE * usual:
        since = str(periods.since[-1])[:10]
        saw = f"only {rows[-1]:,} rows from {since} on, {usual:,.0f} in an equal stretch before; {saw}"
        return [found("population", "fail", saw, evidence=evidence)]
    return [found("population", "pass", saw, evidence=evidence)]


def _absence(c: ByLabel, label: Label) -> tuple[Verdict, str]:
    """Say what it tells that the column is missing."""
    k, s, q, u = c.null
    there = (int((c.labeled * c.times).sum()), int((c.unlabeled * c.times).sum()))
    if k + u < FEWEST_NULLS:
        return "pass", ""
    if k <= 0.02 * (k + u) and sum(there) > 0 and there[0] >= 0.5 * sum(there):
        saw = (
            f"where {c.column!r} is missing there is (almost) never a label: {k:,} of {k + u:,} rows, "
            f"{there[0]:,} of {sum(there):,} elsewhere; so its absence tells that there will be none"
        )
        return "fail", saw
    two = ByLabel(
        column=c.column,
        kind="category",
        values=("missing", "there"),
        times=np.ones(2, dtype=np.int64),
        labeled=np.array([k, there[0]]),
        total=np.array([s, float((c.total * c.times).sum())]),
        squares=np.array([q, float((c.squares * c.times).sum())]),
        unlabeled=np.array([u, there[1]]),
        null=(0, 0.0, 0.0, 0),
    )
    both = strength(two, label.kind) if min(k, there[0]) else None
    if both is None:
        return "pass", ""
    saw = f"that {c.column!r} is missing or not nearly decides {label.name!r}: {_told(both, label)}"
    return decides(both, label.kind, 0.0), saw


def _told(s: Strength, label: Label) -> str:
    if label.kind != "binary":
        return f"{s.column!r} alone explains {s.power:.1%} of the variance of {label.name!r}: is it known at prediction time?"
    told = f"{s.column!r} alone ranks the rows with an AUC of {s.power:.3f}"
    if s.settled >= 0.01:
        told += f" and settles {s.settled:.0%} of the rarer answer beyond doubt"
        told += f" ({s.surest})" if s.surest else ""
    return f"{told}: is it known at prediction time?"


def _moved(summary: Summary) -> str:
    """Say which column's values moved most between the first three quarters of the slices and the last."""
    slices = len(summary.rows)
    if slices < 4:
        return ""
    cut = slices - slices // 4
    moved = {}
    for name, column in summary.columns.items():
        if column.kind == "timestamp":
            continue
        before, after = column.counts[:cut].sum(axis=0), column.counts[cut:].sum(axis=0)
        if before.sum() and after.sum():
            moved[name] = 0.5 * float(np.abs(before / before.sum() - after / after.sum()).sum())
    if not moved:
        return ""
    most = max(moved, key=lambda name: moved[name])
    return f"; in the last quarter of the time {most} moved most ({moved[most]:.0%} of its rows)"


def _measure(kind: str) -> str:
    return "AUC" if kind == "binary" else "explained"


def _round(x: float) -> float | None:
    return None if np.isnan(x) else round(float(x), 6)


def _span(delta: timedelta) -> str:
    """Return a stretch of time for people.

    >>> _span(timedelta(hours=30)), _span(timedelta(days=7)), _span(timedelta(minutes=5))
    ('30 hours', '7 days', '5 minutes')
    """
    seconds = delta.total_seconds()
    for unit, size in (("day", 86_400.0), ("hour", 3_600.0), ("minute", 60.0)):
        if seconds >= size and (unit != "day" or seconds >= 3 * size):
            return f"{seconds / size:.3g} {unit}{'' if seconds == size else 's'}"
    return f"{seconds:.3g} seconds"
