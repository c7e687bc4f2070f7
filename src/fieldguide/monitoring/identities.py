"""The identities of a neutral launch: what must hold at any base rate when nothing but a constant is served.

If one of them is broken, the plumbing is: answers, journal, join of outcomes, delay. None of them depends
on how good a model is (FACTS 3, 6.1).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fieldguide.finding import Finding
from fieldguide.learning.objectives import Objective
from fieldguide.monitoring.live import LEAST_OUTCOMES, Floats, losses, outcomes_of

EXACT = 1e-9
SLACK = 0.02
"""By how much the share of answers with an outcome may lie beyond that of 98 % of the days learned from."""


def identities(
    joined: pa.Table,
    *,
    constant: float,
    objective: Objective,
    facts: Mapping[str, Any],
    source_labels: Mapping[str, float] | None = None,
) -> list[Finding]:
    """Return one finding for each identity of a neutral release.

    `joined` are its answers beside their outcomes (`journal.joined`), `constant` that of the Fitted, `facts`
    what the training window told of the label's arrival, `source_labels` the source's own labels by key,
    where it can be read.
    """
    answered = joined.filter(pc.and_(pc.invert(joined["__refused"]), pc.invert(joined["__fallback"])))
    label, prediction = outcomes_of(answered)
    return [
        _constant(answered, constant),
        _matured(label),
        _loss(label, prediction, constant, objective),
        _order(label, prediction),
        _outcomes(answered, source_labels),
        _share(answered, facts),
    ]


def _constant(answered: pa.Table, constant: float) -> Finding:
    served = answered["__prediction"].to_numpy()
    other = np.flatnonzero(served != constant)
    keys = answered["__id"].take(pa.array(other[:10])).to_pylist()
    return _finding(
        "neutral_constant",
        "unknown" if not len(served) else "pass" if not len(other) else "fail",
        f"{len(other):,} of {len(served):,} answers differ from the constant",
        f"every answer is {constant!r}",
        "Something between the release and the answer changes predictions; look at these answers.",
        rows=tuple(keys),
    )


def _matured(label: Floats) -> Finding:
    enough = len(label) >= LEAST_OUTCOMES
    return _finding(
        "neutral_matured",
        "pass" if enough else "unknown",
        f"{len(label):,} answers have a mature outcome",
        f"at least {LEAST_OUTCOMES}",
        "Serve on, and send the outcomes: POST /{program}/outcomes.",
    )


def _loss(label: Floats, prediction: Floats, constant: float, objective: Objective) -> Finding:
    if not len(label):
        return _finding(
            "neutral_loss",
            "unknown",
            "no mature outcomes yet",
            "the objective at the constant",
            "Send outcomes.",
        )
    live = float(np.mean(losses(objective, label, prediction)))
    expected = loss_of_constant(objective.scale, label, constant)
    apart = abs(live - expected)
    return _finding(
        "neutral_loss",
        "pass" if apart <= EXACT * max(1.0, abs(expected)) else "fail",
        f"the live loss is {live:.9f}",
        f"{expected:.9f}, the objective at the constant for the observed outcomes",
        "Answers and outcomes are joined wrongly, or other predictions were journaled than answered.",
    )


def loss_of_constant(scale: str, label: Floats, constant: float) -> float:
    """Return the mean loss of a constant from counts and moments alone, apart from the code of the objectives.

    Binary: −r·ln p − (1−r)·ln(1−p) with r the observed rate.
    """
    n = len(label)
    mean = math.fsum(label.tolist()) / n
    if scale == "probability":
        return -mean * math.log(constant) - (1.0 - mean) * math.log1p(-constant)
    if scale == "rate":
        return constant - mean * math.log(constant)
    square = math.fsum((label * label).tolist()) / n
    return (square - 2.0 * constant * mean + constant * constant) / 2.0


def _order(label: Floats, prediction: Floats) -> Finding:
    different = len(np.unique(prediction))
    return _finding(
        "neutral_order",
        "unknown" if not len(label) else "pass" if different == 1 else "fail",
        "all answers are equal, so no row is ranked above another (AUC 0.5)"
        if different == 1
        else f"{different} different answers",
        "AUC exactly 0.5",
        "A constant ranks nothing; look at why answers differ.",
    )


def _outcomes(answered: pa.Table, source_labels: Mapping[str, float] | None) -> Finding:
    known = answered.filter(pc.is_valid(answered["__label"]))
    pairs = zip(known["__key"].to_pylist(), known["__label"].to_pylist(), strict=True)
    own = source_labels or {}
    both = [(key, label, own[key]) for key, label in pairs if key in own]
    unequal = [key for key, label, there in both if label != there]
    expected = "outcomes equal to the source's own labels on the same keys"
    if not both:
        saw = "the source does not hold the served keys (yet), so there is nothing to compare with"
        return _finding("neutral_outcomes", "pass", saw, expected, "")
    return _finding(
        "neutral_outcomes",
        "fail" if unequal else "pass",
        f"{len(unequal):,} of {len(both):,} outcomes differ from the source's label",
        expected,
        "The outcomes are joined to the wrong rows, or mean something else than the label; look at these keys.",
        rows=tuple(str(key) for key in unequal[:10]),
    )


def _share(answered: pa.Table, facts: Mapping[str, Any]) -> Finding:
    closed = answered.filter(answered["__closed"])
    expected = "the share of answers with an outcome as in the rows learned from"
    if closed.num_rows < LEAST_OUTCOMES:
        saw = f"the time of {closed.num_rows} answers is over; {LEAST_OUTCOMES} are needed"
        return _finding("neutral_share", "unknown", saw, expected, "Wait until the outcomes' time is over.")
    share = pc.sum(pc.cast(pc.is_valid(closed["__label"]), pa.int64())).as_py() / closed.num_rows
    low, high = facts.get("known_share_by_day") or (facts.get("known_share", 1.0),) * 2
    low, high = max(low - SLACK, 0.0), min(high + SLACK, 1.0)
    return _finding(
        "neutral_share",
        "pass" if low <= share <= high else "fail",
        f"{share:.1%} of the answers whose time is over have an outcome",
        f"{low:.1%} to {high:.1%}",
        "Outcomes are lost or come too late; compare what was sent with what the journal counts.",
    )


def _finding(
    check: str, verdict: Any, saw: str, expected: str, todo: str, rows: tuple[str, ...] = ()
) -> Finding:
    return Finding(
        check, "A1", verdict, saw=saw, expected=expected, rows=rows, next="" if verdict == "pass" else todo
    )
