"""Columns that know the label: one alone, joined from the future, filled in afterwards (FACTS 8, leakage)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from fieldguide.finding import Finding, Verdict
from fieldguide.program import Label
from fieldguide.readiness.appropriateness.strength import (
    FEWEST_LABELED,
    FEWEST_OF_A_CLASS,
    Strength,
    decides,
    strength,
)
from fieldguide.readiness.appropriateness.words import listed, span
from fieldguide.readiness.checks import found
from fieldguide.tables.query import ByLabel, Found

FEWEST_NULLS = 30
TOO_FEW = f"fewer than {FEWEST_LABELED} labeled rows (or {FEWEST_OF_A_CLASS} of a class): too few to tell"
WORTH_A_NOTE = {True: 0.8, False: 0.5}
"""AUC, or explained share of the variance, of one column from which on one should ask."""
SETTLES_SOME = 0.05
"""Share of the rarer answer that a column settles, from which on one should ask."""
RARE_FLAG = 0.1
"""The rarer value of a flag is on at most this share of the rows."""
THE_OUTCOMES_OWN = 0.5
"""Share of the labeled rows on which an instant is that at which the label was known: then it is the outcome's own."""


@dataclass(frozen=True)
class Instants:
    """An instant of the rows against the prediction: of `rows` that have it, `after` lie after the prediction.

    `most` is by how many seconds at most; `outcomes_own` is the share of the labeled rows on which it is the
    very instant at which the label became known.
    """

    column: str
    rows: int
    after: int
    most: float
    outcomes_own: float = 0.0


def columns_before_prediction(
    label: Label, columns: Sequence[str], joined: Mapping[str, Found], instants: Sequence[Instants] = ()
) -> list[Finding]:
    """A3: no joined row is younger than the prediction (by joined source), and no column is the label's own time.

    Other instants may lie after the prediction when they are plans; that is asked, not judged (FACTS 8, leakage 1).
    """
    check = "columns_before_prediction"
    findings: list[Finding] = []
    for name, late in joined.items():
        if late.rows:
            most = span(timedelta(seconds=max(late.values)))
            saw = f"{late.rows:,} rows hold values from after the prediction, up to {most} after"
            findings.append(found(check, "fail", saw, name, rows=late.examples))
    out = "take it out of features= and inputs="
    if label.known_at in columns:
        saw = f"{label.known_at!r} is when the label became known, and is among the features or inputs"
        findings.append(found(check, "fail", saw, label.known_at, todo=out))
    for i in instants:
        if i.outcomes_own >= THE_OUTCOMES_OWN and i.column != label.known_at:
            saw = f"on {i.outcomes_own:.0%} of the labeled rows {i.column!r} is the instant at which the label became known"
            findings.append(found(check, "fail", saw, i.column, todo=out))
    plans = [i for i in instants if i.after and i.outcomes_own < THE_OUTCOMES_OWN]
    for i in plans:
        saw = (
            f"{i.column!r} lies after the prediction on {i.after / i.rows:.1%} of the rows, up to "
            f"{span(timedelta(seconds=i.most))} after"
        )
        todo = "a plan that is known beforehand (a schedule, a due date) may; what is written down afterwards must not be read"
        findings.append(found(check, "pass", saw, i.column, todo=todo))
    if findings:
        return findings
    saw = (
        f"{len(joined)} joined sources, all rows known at the prediction" if joined else "no source is joined"
    )
    return [found(check, "pass", saw)]


def column_knows_label(
    label: Label,
    columns: Sequence[ByLabel],
    together: Mapping[str, str] | None = None,
    *,
    logged: bool = False,
    next_values: Collection[str] = (),
) -> list[Finding]:
    """A3: no single column nearly decides the label (FACTS 8, leakage 2).

    Binary: a column fails that ranks rows nearly perfectly, or that ranks them well and settles a good part
    of the rarer class beyond doubt, as what is measured after the fact does and honest columns do not.
    Numeric: one that explains nearly all of the variance (of log(1 + label) when `logged`). `together` says of a
    column what all others reach without it; `next_values` are columns whose own next value the label is.
    """
    check = "column_knows_label"
    strengths = sorted((s for s in (strength(c, label.kind) for c in columns) if s), key=lambda s: -s.power)
    if not strengths:
        return [found(check, "unknown", TOO_FEW, todo="collect more labeled rows")]
    findings = []
    for s in strengths:
        others = [o.power for o in strengths if o is not s]
        verdict = decides(s, label.kind, max(others, default=0.0))
        if verdict == "unknown" and s.column in next_values:
            verdict = "pass"
        if verdict == "pass" and s.power < WORTH_A_NOTE[label.kind == "binary"] and s.settled < SETTLES_SOME:
            continue
        todo = "make sure that it is known at prediction time" if verdict == "pass" else None
        evidence = {"power": _round(s.power), "settled": _round(s.settled), "rows": s.rows}
        saw = _told(s, label, logged)
        if s.column in next_values:
            saw += f" {label.name!r} is the next value of {s.column!r}."
        if together and s.column in together:
            saw = f"{saw} {together[s.column]}"
        findings.append(found(check, verdict, saw, s.column, todo=todo, evidence=evidence))
    findings += _alike(label, columns, findings)
    if not findings:
        best = ", ".join(f"{s.column} ({_measure(label.kind)} {s.power:.2f})" for s in strengths[:3])
        saw = f"{len(strengths)} columns looked at one by one; the strongest: {best}"
        findings.append(found(check, "pass", saw))
    return findings


def _alike(label: Label, columns: Sequence[ByLabel], findings: Sequence[Finding]) -> list[Finding]:
    """Ask about the other flags where several flags know the label: they were likely written down together."""
    if label.kind != "binary":
        return []
    flags = [c.column for c in columns if is_flag(c)]
    knowing = [f.about for f in findings if f.verdict != "pass" and f.about in flags]
    told = {f.about for f in findings}
    rest = [name for name in flags if name not in told]
    if len(knowing) < 2 or not rest:
        return []
    saw = f"a flag like {listed([str(k) for k in knowing])}, which know the label"
    todo = "ask whether it is written down together with them, after the outcome"
    return [found("column_knows_label", "pass", saw, name, todo=todo) for name in rest]


def is_flag(c: ByLabel) -> bool:
    """Tell whether a column holds two values, the one much rarer than the other."""
    if c.values is None or len(c.values) != 2:
        return False
    n = (c.labeled + c.unlabeled) * c.times
    return bool(n.min() < RARE_FLAG * n.sum())


def suspect(c: ByLabel, label: Label) -> bool:
    """Tell whether what a sample says of a column is worth counting all rows."""
    s = strength(c, label.kind)
    if s is None:
        return False
    if label.kind != "binary":
        return s.power >= WORTH_A_NOTE[False] - 0.05
    return s.power >= WORTH_A_NOTE[True] - 0.05 or s.settled >= SETTLES_SOME / 2


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


def _told(s: Strength, label: Label, logged: bool = False) -> str:
    if label.kind != "binary":
        what = f"log(1 + {label.name!r})" if logged else repr(label.name)
        return f"{s.column!r} alone explains {s.power:.1%} of the variance of {what}: is it known at prediction time?"
    told = f"{s.column!r} alone ranks the rows with an AUC of {s.power:.3f}"
    if s.settled >= 0.01:
        told += f" and settles {s.settled:.0%} of the rarer answer beyond doubt"
        told += f" ({s.surest})" if s.surest else ""
    return f"{told}: is it known at prediction time?"


def _measure(kind: str) -> str:
    return "AUC" if kind == "binary" else "explained"


def _round(x: float) -> float | None:
    return None if np.isnan(x) else round(float(x), 6)
