"""Does what is learned in one time hold in the next? The same rows, judged by both kinds of model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fieldguide.finding import Finding
from fieldguide.program import Label
from fieldguide.readiness.appropriateness.light import Additive
from fieldguide.readiness.appropriateness.measure import Estimate, estimate, ranked, renumbered
from fieldguide.readiness.appropriateness.view import Rows
from fieldguide.readiness.checks import found
from fieldguide.tables.tally import Floats

SPEAKS = {True: 0.7, False: 0.4}
"""AUC, or correlation, from which on (lower bound) columns say much; below `SILENT` (upper bound) nothing."""
SILENT = {True: 0.55, False: 0.1}
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
    """Compare both models on the rows of the next period; None where they cannot be ranked."""
    part = np.flatnonzero(rows.later)
    coded, y, weight = rows.coded.take(part), rows.target[part], rows.weight[part]
    clusters = [renumbered(c[part]) for c in rows.clusters]
    seen = ranked(y, scores[part], weight, binary=binary)
    unseen = ranked(y, before.score(coded), weight, binary=binary)
    if seen is None or unseen is None:
        return None
    within = estimate(seen.value, seen.influence, clusters)
    across = estimate(unseen.value, unseen.influence, clusters)
    lost = estimate(seen.value - unseen.value, seen.influence - unseen.influence, clusters)
    held = []
    terms, past = model.terms(coded), before.terms(coded)
    for place, j in enumerate(model.used):
        if j not in before.used:
            continue
        here = ranked(y, terms[:, place], weight, binary=binary)
        there = ranked(y, past[:, before.used.index(j)], weight, binary=binary)
        if here is not None and there is not None:
            held.append((here.value - there.value, coded.bins[j].name, here.value, there.value))
    worst = max(held, default=(0.0, "", 0.0, 0.0))
    return Lasting(within, across, lost, *worst[1:])


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
    if lasting.within.low >= SPEAKS[binary] and lasting.across.high <= SILENT[binary]:
        saw += f"; nothing of it lasts{_blamed(lasting, word)}"
        return [found(check, "fail", saw, label.name, evidence=evidence)]
    todo = None
    if lasting.lost.low > 0 and lasting.lost.value >= NOTABLE:
        saw += _blamed(lasting, word)
        todo = "judge models on later rows only, and ask whether a column that does not last knows the time or the group of a row"
    return [found(check, "pass", saw, label.name, todo=todo, evidence=evidence)]


def _blamed(lasting: Lasting, word: str) -> str:
    if not lasting.column:
        return ""
    return f"; {lasting.column} holds least: alone {word} {lasting.spoke:.3f} in its time, {lasting.speaks:.3f} from before"


def _told(e: Estimate) -> list[float]:
    return [round(x, 4) for x in (e.value, e.low, e.high)]
