"""Live losses: how good the answers were, on outcomes that have matured, beside what was expected.

The share of matured answers stands beside every figure: no outcome yet is no answer (FACTS 5.8). Intervals
are those of days or entities, whichever are wider, never of rows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fieldguide.finding import Finding
from fieldguide.learning.losses import Interval, Judged, Losses, gain, measure
from fieldguide.learning.objectives import Objective
from fieldguide.monitoring.checks import said
from fieldguide.monitoring.clusters import FEWEST, Mean, bias_json, clustered_mean, clusters_of
from fieldguide.monitoring.identities import ENOUGH, base_rate, floats, matured, too_few

FAR = 0.1
"""Relative bias below which a significant one is still not worth a word."""


@dataclass(frozen=True)
class Live:
    """How good the answers of the model were.

    `answered` rows were answered by the model (not by a fallback), `matured` of them have an outcome,
    `share_mature` is the share whose outcome counts by now. `losses` are those on matured outcomes, `gain`
    what they lose less than the constant of the training labels would have, `bias` mean answer less mean
    outcome. None of these is given while fewer than 200 outcomes have matured. `expected` is the loss on
    the next period when the model was fitted.
    """

    answered: int
    matured: int
    share_mature: float
    losses: Losses | None = None
    gain: Interval | None = None
    bias: Mean | None = None
    predicted: float | None = None
    observed: float | None = None
    expected: Interval | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values, for the ledger and the dashboard; what is not known yet is None."""
        out: dict[str, Any] = {
            "answered": self.answered,
            "matured": self.matured,
            "share_mature": self.share_mature,
            "predicted": self.predicted,
            "observed": self.observed,
        }
        named = ("loss", "entropy", "auc", "calibration", "skill")
        out |= {name: _interval(getattr(self.losses, name, None)) for name in named}
        out |= {"gain": _interval(self.gain), "bias": _interval(self.bias)}
        return out | {"expected": _interval(self.expected)}


def live_of(
    answers: pa.Table,
    objective: Objective,
    promised: Mapping[str, float] | None = None,
    *,
    constant: float | None = None,
    timezone: str = "UTC",
    seed: int = 0,
) -> Live:
    """Return how good the answers were.

    `answers` as `journal.joined` gives them; refused rows and those answered by a fallback are left out.
    `promised` holds value, low and high of the loss on the next period, from the Fitted's manifest;
    `constant` is the mean of the training labels, on the scale of the answers (left out, that of the
    outcomes themselves, which is harder to beat).
    """
    silent = pc.or_(
        pc.fill_null(answers.column("__refused"), False), pc.fill_null(answers.column("__fallback"), False)
    )
    given = answers.filter(pc.invert(silent))
    known = matured(given)
    mature = int(pc.sum(pc.fill_null(given.column("__mature"), False)).as_py() or 0)
    share = mature / given.num_rows if given.num_rows else 0.0
    wanted = None if promised is None else Interval(promised["value"], promised["low"], promised["high"])
    if known.num_rows < ENOUGH:
        return Live(given.num_rows, known.num_rows, share, expected=wanted)
    labels, predictions = floats(known, "__label"), floats(known, "__prediction")
    clusters = clusters_of(known, timezone)
    judged = Judged(labels, np.ones(len(labels)), clusters, seed)
    scores = np.array([objective.link(p) for p in predictions.tolist()])
    level = objective.link(float(labels.mean()) if constant is None else constant)
    return Live(
        answered=given.num_rows,
        matured=known.num_rows,
        share_mature=share,
        losses=measure(judged, scores, level, objective),
        gain=gain(judged, np.full(len(labels), level), scores, objective),
        bias=clustered_mean(predictions - labels, clusters),
        predicted=float(predictions.mean()),
        observed=float(labels.mean()),
        expected=wanted,
    )


def live_findings(found: Live) -> list[Finding]:
    """Return what the live losses say: does the model beat the mean, and lose no more than promised?

    Nothing while too few outcomes have matured, or they are of fewer than five days: one bad day of weather
    is no verdict.
    """
    if found.losses is None or found.gain is None or found.losses.units < FEWEST:
        return []
    return [_skill(found, found.gain), *_loss(found, found.losses)]


def _skill(found: Live, won: Interval) -> Finding:
    words = f"{_signed(won.value)} ({_signed(won.low)} to {_signed(won.high)}) against the mean on {found.matured:,} matured outcomes"
    evidence = {"gain": _interval(won), "share_mature": found.share_mature}
    if won.low > 0 or (won.low == won.high == 0):
        saw = f"the answers lose less than the mean: {words}" if won.low > 0 else "the answers are the mean"
        return said("live_skill", "pass", saw, evidence=evidence)
    if won.high < 0:
        return said("live_skill", "fail", f"the answers lose more than the mean: {words}", evidence=evidence)
    todo = "Wait for more outcomes."
    saw = f"not told apart from the mean: {words}"
    return said("live_skill", "unknown", saw, todo=todo, evidence=evidence)


def _loss(found: Live, losses: Losses) -> list[Finding]:
    wanted = found.expected
    if wanted is None:
        return []
    own = losses.loss
    saw = f"live loss {own.value:.4f} ({own.low:.4f} to {own.high:.4f} over {losses.units} {losses.by} clusters)"
    expected = (
        f"{wanted.value:.4f} ({wanted.low:.4f} to {wanted.high:.4f}), as on the next period when fitted"
    )
    evidence = {"live": _interval(own), "expected": _interval(wanted), "share_mature": found.share_mature}
    return [
        said("live_loss", "unknown" if own.low > wanted.high else "pass", saw, expected, evidence=evidence)
    ]


def bias(
    answers: pa.Table, timezone: str = "UTC", *, neutral: bool = False, proof: Sequence[Finding] = ()
) -> Finding:
    """Return whether the mean answer is the mean outcome, on matured outcomes, by days and entities (F12).

    For a `neutral` release that is the question whether the base rate moved, see `identities.base_rate`;
    `proof` are then the findings of its identities. Answers of a fallback are left out.
    """
    given = answers.filter(
        pc.invert(
            pc.or_(
                pc.fill_null(answers.column("__refused"), False),
                pc.fill_null(answers.column("__fallback"), False) if not neutral else pa.scalar(False),
            )
        )
    )
    known = matured(given)
    if neutral:
        constant = float(floats(given, "__prediction")[0]) if given.num_rows else 0.0
        return base_rate(given, constant, timezone, proof)
    few = too_few("live_bias", known)
    if few is not None:
        return few
    predictions, labels = floats(known, "__prediction"), floats(known, "__label")
    found = clustered_mean(predictions - labels, clusters_of(known, timezone))
    predicted, observed = float(predictions.mean()), float(labels.mean())
    saw = (
        f"mean answer {predicted:.4g}, mean outcome {observed:.4g} "
        f"(z {found.z:+.1f} over {found.units} {found.clusters})"
    )
    evidence = {"predicted": predicted, "observed": observed, "outcomes": len(labels), **bias_json(found)}
    if not math.isfinite(found.low):
        todo = "Wait for more days."
        return said("live_bias", "unknown", f"{saw}: too few days to say more", todo=todo, evidence=evidence)
    away = not found.low <= 0 <= found.high and abs(found.value) > FAR * abs(observed)
    return said("live_bias", "unknown" if away else "pass", saw, evidence=evidence)


def _interval(found: Interval | Mean | None) -> dict[str, float] | None:
    if found is None or not math.isfinite(found.low + found.high):
        return None
    return {"value": found.value, "low": found.low, "high": found.high}


def _signed(x: float) -> str:
    return f"{x:+.4f}".replace("-", "−")
