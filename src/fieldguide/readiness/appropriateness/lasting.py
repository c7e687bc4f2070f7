"""Does what is learned in one time hold in the next? The same rows, judged by both kinds of model."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fieldguide.finding import Finding
from fieldguide.program import Label
from fieldguide.readiness.appropriateness.light import Additive
from fieldguide.readiness.appropriateness.measure import Estimate, estimate, ranked, renumbered
from fieldguide.readiness.appropriateness.view import Rows
from fieldguide.readiness.checks import found
from fieldguide.tables.tally import Floats, Ints

SPEAKS = {True: 0.15, False: 0.3}
"""AUC above one half, or correlation, from which on (lower bound) columns say much in their own time."""
LASTS = 0.25
"""Part of it that must last: less, and a loss of more than half (lower bound), is a collapse."""
NEIGHBORS = 10
MOST_JUDGED, MOST_NEAR = 600, 6_000
"""Rows that are judged by their nearest rows, and rows among which these are looked for, at most."""
NOTABLE = 0.03
"""Loss of AUC or correlation from which on it is said."""


@dataclass(frozen=True)
class Lasting:
    """How well rows of the next period are ranked by a model that saw their time (not their unit) and one that did not.

    `lost` is the difference; `column` is the one whose effect held least, `spoke` and `speaks` how well it ranked
    those rows alone, seen in their time and from before.
    """

    within: Estimate
    across: Estimate
    lost: Estimate
    column: str = ""
    spoke: float = 0.0
    speaks: float = 0.0


def compare(rows: Rows, scores: Floats, model: Additive, before: Additive, *, binary: bool) -> Lasting | None:
    """Compare models on the rows of the next period; None where they cannot be ranked.

    Two kinds of model are asked, since a batch or a day can be known by columns together and not by any alone: the
    additive one, and the nearest rows. The one that says more in the rows' own time is told.
    """
    part = np.flatnonzero(rows.later)
    coded = rows.coded.take(part)
    known = _both(rows, part, scores[part], before.score(coded), binary=binary)
    few = part[np.linspace(0, len(part) - 1, min(len(part), MOST_JUDGED)).astype(np.int64)]
    near = _both(rows, few, *_nearest(rows, few, model), binary=binary)
    told = [one for one in (known, near) if one is not None]
    if not told:
        return None
    if known is None or (near is not None and near.within.value > known.within.value):
        return near
    y, weight, held = rows.target[part], rows.weight[part], []
    terms, past = model.terms(coded), before.terms(coded)
    for place, j in enumerate(model.used):
        if j not in before.used:
            continue
        here = ranked(y, terms[:, place], weight, binary=binary)
        there = ranked(y, past[:, before.used.index(j)], weight, binary=binary)
        if here is not None and there is not None:
            held.append((here.value - there.value, coded.bins[j].name, here.value, there.value))
    worst = max(held, default=(0.0, "", 0.0, 0.0))
    return replace(known, column=worst[1], spoke=worst[2], speaks=worst[3])


def _both(rows: Rows, part: Ints, within: Floats, across: Floats, *, binary: bool) -> Lasting | None:
    """Compare a score that knows the time of the rows with one that does not."""
    y, weight = rows.target[part], rows.weight[part]
    clusters = [renumbered(c[part]) for c in rows.clusters]
    seen, unseen = (ranked(y, x, weight, binary=binary) for x in (within, across))
    if seen is None or unseen is None:
        return None
    return Lasting(
        estimate(seen.value, seen.influence, clusters),
        estimate(unseen.value, unseen.influence, clusters),
        estimate(seen.value - unseen.value, seen.influence - unseen.influence, clusters),
    )


def _nearest(rows: Rows, part: Ints, model: Additive) -> tuple[Floats, Floats]:
    """Return the mean label of the nearest rows of other units, among all rows and among the earlier ones."""
    used = list(model.used)
    if not used:
        return np.zeros(len(part)), np.zeros(len(part))
    n = len(rows.y)
    among = np.linspace(0, n - 1, min(n, MOST_NEAR)).astype(np.int64)
    mine, others = rows.coded.codes[part][:, used], rows.coded.codes[among][:, used]
    far = np.zeros((len(part), len(among)), dtype=np.float32)
    for k, j in enumerate(used):
        off = np.abs(mine[:, k].astype(np.int16)[:, None] - others[:, k].astype(np.int16)[None, :])
        if rows.coded.bins[j].edges is None:
            far += off > 0
        else:
            far += np.minimum(off, 4).astype(np.float32) / 4
    far[rows.unit[part][:, None] == rows.unit[among][None, :]] = np.inf
    means = []
    for allowed in (np.ones(len(among), dtype=np.bool_), rows.earlier[among]):
        label, distance = rows.target[among][allowed], far[:, allowed]
        k = min(NEIGHBORS, distance.shape[1] - 1)
        at = (
            np.argpartition(distance, k, axis=1)[:, :k] if k > 0 else np.zeros((len(part), 1), dtype=np.int64)
        )
        means.append(label[at].mean(axis=1))
    return means[0], means[1]


def skill_lasts(label: Label, lasting: Lasting | None, *, timed: bool) -> list[Finding]:
    """A3: what the columns say of the label in one time, they say in the next too (FACTS 8, leakage 5).

    A model that saw rows of the same time and one that saw earlier rows only judge the same rows. Some loss is
    usual; all of it means that the columns know the time, or each other, and not the label.
    """
    check, binary = "skill_lasts", label.kind == "binary"
    if lasting is None:
        saw = (
            "too few labeled rows in the next period to compare"
            if timed
            else "no time column: there is no next period to compare with"
        )
        return [found(check, "pass", saw, label.name)]
    word = "AUC" if binary else "correlation"
    saw = (
        f"on the rows of the next period: {word} {lasting.within.value:.3f} by a model that saw rows of their time, "
        f"{lasting.across.value:.3f} by one that saw earlier rows only"
    )
    evidence = {
        "within": _told(lasting.within),
        "across": _told(lasting.across),
        "lost": _told(lasting.lost),
    }
    if collapsed(lasting, binary=binary):
        saw += f"; hardly anything of it lasts{_blamed(lasting, word)}"
        return [found(check, "fail", saw, label.name, evidence=evidence)]
    todo = None
    if lasting.lost.low > 0 and lasting.lost.value >= NOTABLE:
        saw += _blamed(lasting, word)
        todo = "judge models on later rows only, and ask whether a column that does not last knows the time or the group of a row"
    return [found(check, "pass", saw, label.name, todo=todo, evidence=evidence)]


def collapsed(lasting: Lasting, *, binary: bool) -> bool:
    """Tell whether what the columns say in their own time is gone in the next, beyond chance."""
    none = 0.5 if binary else 0.0
    speaks = lasting.within.value - none
    return (
        lasting.within.low - none >= SPEAKS[binary]
        and lasting.across.value - none <= LASTS * speaks
        and lasting.lost.low >= 0.5 * speaks
    )


def _blamed(lasting: Lasting, word: str) -> str:
    if not lasting.column:
        return ""
    return f"; {lasting.column} holds least: alone {word} {lasting.spoke:.3f} in its time, {lasting.speaks:.3f} from before"


def _told(e: Estimate) -> list[float]:
    return [round(x, 4) for x in (e.value, e.low, e.high)]
