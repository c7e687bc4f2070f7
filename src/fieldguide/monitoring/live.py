"""How good the answers were, on those whose outcome has matured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fieldguide.finding import Finding
from fieldguide.learning.objectives import Objective
from fieldguide.learning.splits import local_days

Floats = NDArray[np.float64]

FAR = 4.0
"""Standard errors beyond which a bias is no chance: one in 16,000 if nothing moved."""
MATTERS = 0.05
"""Share of the observed rate that a bias must reach to be worth a word."""
LEAST_DAYS = 5
LEAST_OUTCOMES = 200


@dataclass(frozen=True)
class Live:
    """What became of some answers: counts of rows, and means over those whose outcome is known and mature.

    `loss` is on the objective's scale, `expected` with `low` … `high` what the next period's rows promised at
    the fit. `settled` tells that no outcome can come any more within its time.
    """

    since: str | None
    until: str | None
    answers: int
    refused: int
    fallback: int
    mature: int
    outcomes: int
    settled: bool
    loss: float | None = None
    predicted: float | None = None
    observed: float | None = None
    expected: float | None = None
    low: float | None = None
    high: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the values as a dictionary."""
        return asdict(self)


def live_of(joined: pa.Table, objective: Objective, promised: Mapping[str, Any] | None) -> Live:
    """Return what became of the answers in a table of `journal.joined`; `promised` is the next period's loss."""
    answered = joined.filter(pc.invert(joined["__refused"]))
    label, prediction = outcomes_of(answered)
    loss = losses(objective, label, prediction)
    times = joined["__time"]
    first, last = pc.min(times).as_py(), pc.max(times).as_py()
    bounds = promised or {}
    return Live(
        since=first.isoformat() if first else None,
        until=last.isoformat() if last else None,
        answers=answered.num_rows,
        refused=joined.num_rows - answered.num_rows,
        fallback=int(pc.sum(answered["__fallback"]).as_py() or 0),
        mature=int(pc.sum(answered["__mature"]).as_py() or 0),
        outcomes=len(label),
        settled=bool(pc.all(answered["__closed"]).as_py()),
        loss=float(np.mean(loss)) if len(loss) else None,
        predicted=float(np.mean(prediction)) if len(label) else None,
        observed=float(np.mean(label)) if len(label) else None,
        expected=bounds.get("value"),
        low=bounds.get("low"),
        high=bounds.get("high"),
    )


def outcomes_of(answered: pa.Table) -> tuple[Floats, Floats]:
    """Return label and prediction of the answers whose outcome is known and mature."""
    known = answered.filter(pc.and_(answered["__mature"], pc.is_valid(answered["__label"])))
    return (
        known["__label"].to_numpy().astype(np.float64),
        known["__prediction"].to_numpy().astype(np.float64),
    )


def losses(objective: Objective, label: Floats, prediction: Floats) -> Floats:
    """Return the objective's value of each answer from its prediction on the response scale."""
    distinct, index = np.unique(prediction, return_inverse=True)
    scores = np.array([objective.link(p) for p in distinct.tolist()], np.float64)[index]
    return np.asarray(objective.value(label, scores), np.float64)


def bias(joined: pa.Table, timezone: str, *, neutral: bool) -> Finding:
    """Return whether predictions and outcomes agree in the mean (FACTS F12), whole days as the units.

    For a neutral release a bias means that the base rate moved: the constant stays what it was. For a
    learned one it is a bias of its predictions. Rows of one day are not independent, so the standard error
    is that of days.
    """
    check = "base_rate_moved" if neutral else "prediction_bias"
    answered = joined.filter(pc.invert(joined["__refused"]))
    known = answered.filter(pc.and_(answered["__mature"], pc.is_valid(answered["__label"])))
    label, prediction = outcomes_of(answered)
    expected = "mean outcome equal to mean prediction, but for chance"
    if len(label) < LEAST_OUTCOMES:
        return Finding(
            check, "A1", "unknown", saw=f"{len(label)} mature outcomes; {LEAST_OUTCOMES} are needed", expected=expected,
            next="Send outcomes, and wait until they have matured.",
        )  # fmt: skip
    days = local_days(known["__time"].cast(pa.int64()).to_numpy(), timezone)
    residual = label - prediction
    _, unit = np.unique(days, return_inverse=True)
    sums = np.bincount(unit, weights=residual)
    sizes = np.bincount(unit)
    total = float(residual.sum())
    centered = sums - sizes * (total / len(label))
    error = float(np.sqrt(max(np.square(centered).sum(), len(label) * residual.var())))
    observed, predicted = float(label.mean()), float(prediction.mean())
    z = total / error if error > 0 else 0.0
    evidence = {
        "z": z,
        "days": len(sums),
        "observed": observed,
        "predicted": predicted,
        "outcomes": len(label),
    }
    moved = (
        abs(z) > FAR
        and len(sums) >= LEAST_DAYS
        and abs(observed - predicted) > MATTERS * max(abs(observed), 1e-12)
    )
    saw = f"the outcomes' mean is {observed:.4g}, the predictions' {predicted:.4g} (z = {z:+.1f} over {len(sums)} days)"
    if not moved:
        return Finding(check, "A1", "pass", saw=saw, expected=expected, evidence=evidence)
    return Finding(
        check,
        "A1",
        "fail",
        saw=f"the base rate moved: {saw}" if neutral else f"predictions are biased: {saw}",
        expected=expected,
        next="The plumbing holds and the world moved; a model with features may follow it."
        if neutral
        else "Look at what moved (season, population); if it stays, fit on a newer window.",
        evidence=evidence,
    )
