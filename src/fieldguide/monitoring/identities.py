"""The identities of the neutral launch: they hold at any base rate, so what breaks them is the plumbing.

One constant answers every row. Then four things are known beforehand (DESIGN 7, FACTS 6.1): every answer
is the constant, the live loss is the objective at the constant, the outcomes are the source's own labels,
and as many have arrived as the delays of the label say. If they hold and the mean of the outcomes is still
not the constant, the world moved: that is no fault.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fieldguide.finding import Finding
from fieldguide.learning.objectives import Objective
from fieldguide.monitoring.checks import said
from fieldguide.monitoring.clusters import bias_json, clustered_mean, clusters_of

Floats = NDArray[np.float64]

ENOUGH = 200
"""Answers with matured outcomes before anything is proven."""
EXACT = 1e-9
"""How far the live loss may lie from the objective at the constant (relative to losses above one)."""
MOVED = 2.0
"""Standard errors (over days or entities) from which the base rate is said to have moved."""


def identities(
    answers: pa.Table,
    *,
    constant: float,
    objective: Objective,
    facts: Mapping[str, Any] | None = None,
    now: datetime | None = None,
    source_labels: Mapping[str, float | None] | None = None,
) -> list[Finding]:
    """Return the findings of the neutral launch.

    `answers` are those of the neutral release as `journal.joined` gives them. `constant` is on the scale
    of the answers. `facts` is what the Fitted's manifest says of the label (`known_share_by_day`,
    `delay_hours`), `now` the watermark of the journal. `source_labels` are the labels that the source
    itself holds by key, where they can be read.

    With fewer than 200 matured outcomes, what needs them is "unknown". What cannot be compared at all is left
    out: outcomes when no key is also in the source, delays when the Fitted knows none or fewer than 200
    answers are old enough. Whether the base rate moved is no identity: see `base_rate`.
    """
    given = answers.filter(pc.invert(pc.fill_null(answers.column("__refused"), False)))
    known = matured(given)
    return [
        _answers(given, constant),
        _loss(known, constant, objective),
        *_outcomes(known, source_labels or {}),
        *_delays(given, facts or {}, now),
    ]


def matured(answers: pa.Table) -> pa.Table:
    """Return the answers whose outcome is known and counts."""
    mature = pc.fill_null(answers.column("__mature"), False)
    return answers.filter(pc.and_(mature, pc.is_valid(answers.column("__label"))))


def base_rate(
    answers: pa.Table, constant: float, timezone: str = "UTC", proof: Sequence[Finding] = ()
) -> Finding:
    """Return whether the outcomes still average the constant, judged by days and entities, not by rows.

    `proof` are the findings of `identities` on the same answers: only when none of them fails is it the
    base rate that moved; else the plumbing may be what broke.
    """
    few = too_few("base_rate_moved", known := matured(answers))
    if few is not None:
        return few
    labels = floats(known, "__label")
    bias = clustered_mean(labels - constant, clusters_of(known, timezone))
    observed, within = float(labels.mean()), f"{constant:.4g}, the constant of the release"
    evidence = {"observed": observed, "learned": constant, "outcomes": known.num_rows, **bias_json(bias)}
    over = f"over {bias.units} {bias.clusters}"
    if not math.isfinite(bias.low):
        saw = f"the outcomes average {observed:.4g}, over too few days to say more"
        return said("base_rate_moved", "unknown", saw, within, todo="Wait for more days.", evidence=evidence)
    saw = f"the outcomes average {observed:.4g} ({constant + bias.low:.4g} to {constant + bias.high:.4g} {over})"
    if abs(bias.z) < MOVED:
        return said("base_rate_moved", "pass", saw, within, evidence=evidence)
    if any(f.verdict == "fail" for f in proof):
        saw += "; the identities do not hold, so the plumbing may have broken, not the world moved"
        return said(
            "base_rate_moved", "unknown", saw, within, todo="Mend the plumbing first.", evidence=evidence
        )
    saw = (
        f"base rate moved from {constant:.4g} to {observed:.4g} (z {bias.z:+.1f} {over}); the plumbing holds"
    )
    return said("base_rate_moved", "fail", saw, within, evidence=evidence)


def proven(findings: Sequence[Finding]) -> bool:
    """Return whether the identities hold (a moved base rate is none of them)."""
    needed = {"neutral_answers", "neutral_loss"}
    broken = {f.check for f in findings if f.verdict == "fail" and f.check.startswith("neutral_")}
    return not broken and needed <= {f.check for f in findings if f.verdict == "pass"}


def loss_at(constant: float, labels: Floats, objective: Objective) -> float:
    """Return the objective at a constant, from counts of the labels and not row by row.

    For yes and no it is −r·ln p − (1−r)·ln(1−p), written out here: it must not be the code that it checks.
    """
    points, counts = np.unique(labels, return_counts=True)
    shares = counts / counts.sum()
    if objective.scale == "probability":
        return float(
            -sum(
                s * math.log(constant if y > 0 else 1 - constant) for y, s in zip(points, shares, strict=True)
            )
        )
    if objective.scale == "rate":
        return float(constant - math.log(constant) * float((points * shares).sum()))
    return float(((points - constant) ** 2 * shares).sum() / 2)


def _answers(given: pa.Table, constant: float) -> Finding:
    if not given.num_rows:
        return said("neutral_answers", "unknown", "nothing was answered yet")
    predictions = floats(given, "__prediction")
    other = np.flatnonzero(predictions != constant)
    if not len(other):
        return said("neutral_answers", "pass", f"all {given.num_rows:,} answers are {constant:.6g}")
    rows = tuple(str(given.column("__n")[int(i)].as_py()) for i in other[:10])
    saw = f"{len(other):,} of {given.num_rows:,} answers are not {constant:.6g}; the first is {predictions[other[0]]:.6g}"
    return said("neutral_answers", "fail", saw, rows=rows, evidence={"share": len(other) / given.num_rows})


def _loss(known: pa.Table, constant: float, objective: Objective) -> Finding:
    few = too_few("neutral_loss", known)
    if few is not None:
        return few
    labels = floats(known, "__label")
    scores = np.array([objective.link(p) for p in floats(known, "__prediction").tolist()])
    live = float(objective.value(labels, scores).mean())
    stated = loss_at(constant, labels, objective)
    area = _auc(labels, scores) if objective.scale == "probability" else None
    evidence = {"live": live, "stated": stated, "auc": area, "outcomes": known.num_rows}
    saw = f"live loss {live:.9f} on {known.num_rows:,} matured outcomes"
    saw += "" if area is None else f", AUC {area:g}"
    expected = f"{stated:.9f}, the objective at the constant" + ("" if area is None else ", AUC 0.5")
    holds = abs(live - stated) <= EXACT * max(1.0, abs(stated)) and area in (None, 0.5)
    return said("neutral_loss", "pass" if holds else "fail", saw, expected, evidence=evidence)


def _outcomes(known: pa.Table, source: Mapping[str, float | None]) -> list[Finding]:
    pairs = [
        (key, label, source[key])
        for key, label in zip(
            known.column("__key").to_pylist(), known.column("__label").to_pylist(), strict=True
        )
        if key is not None and source.get(key) is not None
    ]
    if not pairs:
        return []
    other = [key for key, label, own in pairs if label != own]
    evidence = {"compared": len(pairs), "different": len(other)}
    if not other:
        saw = f"{len(pairs):,} outcomes equal the source's labels"
        return [said("neutral_outcomes", "pass", saw, evidence=evidence)]
    saw = f"{len(other):,} of {len(pairs):,} outcomes differ from the source's label of the same key"
    return [said("neutral_outcomes", "fail", saw, rows=tuple(other[:10]), evidence=evidence)]


def _delays(given: pa.Table, facts: Mapping[str, Any], now: datetime | None) -> list[Finding]:
    """The share with an outcome by now, beside what the label's delays in training let expect."""
    by_day, hours = facts.get("known_share_by_day"), facts.get("delay_hours")
    if by_day is None:
        return []
    if hours is None or now is None:
        given = given.filter(pc.fill_null(given.column("__closed"), False))
        arrived, which = 1.0, "answers whose time for an outcome is over"
    else:
        micros = pc.cast(given.column("__time"), pa.int64()).to_numpy(zero_copy_only=False)
        age = now.timestamp() / 3600 - np.asarray(micros, dtype=np.float64) / 3.6e9
        known_by = np.interp(age, [0.0, *hours], np.arange(len(hours) + 1) / (len(hours) + 1))
        known_by[age >= hours[-1]] = 1.0
        arrived, which = float(known_by.mean()) if len(age) else 0.0, "answers"
    rows = given.num_rows
    if rows * arrived < ENOUGH:
        return []
    share = 1.0 - given.column("__label").null_count / rows
    low, high = _share_bounds(facts, given, arrived)
    saw = f"{share:.1%} of {rows:,} {which} have their outcome"
    bounds = f"{low:.1%} to {high:.1%}, as the delays of the label were when it was learned"
    evidence = {"share": share, "low": low, "high": high, "rows": rows}
    return [
        said("neutral_delays", "pass" if low <= share <= high else "fail", saw, bounds, evidence=evidence)
    ]


def _share_bounds(facts: Mapping[str, Any], given: pa.Table, arrived: float) -> tuple[float, float]:
    """Between which shares of the answers may have an outcome, when a share `arrived` of those there ever are has come.

    Days differ (in a storm half of the flights have none), so a stretch of D days strays by four standard
    deviations of a day, over √D; a day's is read off the 1 % and 99 % quantiles over days.
    """
    least, most = facts["known_share_by_day"]
    usual = facts.get("known_share", (least + most) / 2)
    micros = pc.cast(given.column("__time"), pa.int64()).to_numpy(zero_copy_only=False)
    days = len(np.unique(np.asarray(micros, dtype=np.int64) // 86_400_000_000))
    stray = max(usual - least, most - usual, 0.02) * 4 / 2.33 / math.sqrt(days)
    rough = 3 * math.sqrt(max(arrived * (1 - arrived), 0.0) / given.num_rows) + 0.02 * (arrived < 1)
    return max(0.0, (usual - stray) * arrived - rough), min(1.0, (usual + stray) * arrived + rough)


def too_few(check: str, known: pa.Table) -> Finding | None:
    """Return that a check cannot be made yet, while fewer than 200 outcomes have matured."""
    if known.num_rows >= ENOUGH:
        return None
    saw = f"{known.num_rows:,} answers with a matured outcome; {ENOUGH} prove something"
    return said(check, "unknown", saw, todo="Wait for outcomes.", evidence={"outcomes": known.num_rows})


def _auc(labels: Floats, scores: Floats) -> float | None:
    """The chance that a yes is ranked above a no, ties counted half."""
    _, tie = np.unique(scores, return_inverse=True)
    yes, no = np.bincount(tie, weights=labels), np.bincount(tie, weights=1 - labels)
    if yes.sum() == 0 or no.sum() == 0:
        return None
    below = np.cumsum(no) - no / 2
    return float((yes * below).sum() / (yes.sum() * no.sum()))


def floats(table: pa.Table, name: str) -> Floats:
    """Return a column of numbers, NaN for null."""
    return np.asarray(table.column(name).to_numpy(zero_copy_only=False), dtype=np.float64)
