"""Live losses: how good the answers were, on outcomes that have matured, beside what was expected.

The share of matured answers stands beside every figure: no outcome yet is no answer (FACTS 5.8). Intervals
are those of days or entities, whichever are wider, never of rows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fieldguide.finding import Finding
from fieldguide.learning.losses import Interval, Judged, Losses, gain, measure
from fieldguide.learning.objectives import Objective
from fieldguide.monitoring.checks import said
from fieldguide.monitoring.clusters import FEWEST, Mean, clustered_mean, clusters_of

Floats = NDArray[np.float64]

ENOUGH = 200
"""Matured outcomes before anything is said."""
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


def live(
    answers: pa.Table,
    *,
    constant: float,
    objective: Objective,
    timezone: str = "UTC",
    expected: Mapping[str, float] | None = None,
    seed: int = 0,
) -> Live:
    """Return how good the answers were.

    `answers` as `journal.joined` gives them; refused rows and those answered by a fallback are left out.
    `constant` is the mean of the training labels, on the scale of the answers; `expected` holds value, low
    and high of the loss on the next period, from the Fitted's manifest.
    """
    silent = pc.or_(
        pc.fill_null(answers.column("__refused"), False), pc.fill_null(answers.column("__fallback"), False)
    )
    given = answers.filter(pc.invert(silent))
    mature = pc.fill_null(given.column("__mature"), False)
    known = given.filter(pc.and_(mature, pc.is_valid(given.column("__label"))))
    share = float(pc.sum(mature).as_py() or 0) / given.num_rows if given.num_rows else 0.0
    wanted = None if expected is None else Interval(expected["value"], expected["low"], expected["high"])
    if known.num_rows < ENOUGH:
        return Live(given.num_rows, known.num_rows, share, expected=wanted)
    labels, predictions = _floats(known, "__label"), _floats(known, "__prediction")
    clusters = clusters_of(known, timezone)
    judged = Judged(labels, np.ones(len(labels)), clusters, seed)
    scores = np.array([objective.link(p) for p in predictions.tolist()])
    level = objective.link(constant)
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
    """Return what the live losses say: does the model beat the mean, as much as expected, without bias?

    Nothing while too few outcomes have matured, or they are of fewer than five days: one bad day of weather
    is no verdict.
    """
    if found.losses is None or found.gain is None or found.bias is None or found.losses.units < FEWEST:
        return []
    return [_skill(found, found.gain), *_loss(found, found.losses), _bias(found, found.bias)]


def live_json(found: Live) -> dict[str, Any]:
    """Return the live losses as plain values, for the ledger and the dashboard."""
    out: dict[str, Any] = {
        "answered": found.answered,
        "matured": found.matured,
        "share_mature": found.share_mature,
        "predicted": found.predicted,
        "observed": found.observed,
    }
    losses = found.losses
    if losses is not None:
        out |= {"rows": losses.rows, "units": losses.units, "by": losses.by}
        out |= {
            name: _interval(getattr(losses, name))
            for name in ("loss", "entropy", "auc", "calibration", "skill")
        }
    out |= {
        "gain": _interval(found.gain),
        "bias": _interval(found.bias),
        "expected": _interval(found.expected),
    }
    return out


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


def _bias(found: Live, bias: Mean) -> Finding:
    observed, predicted = found.observed or 0.0, found.predicted or 0.0
    saw = f"mean answer {predicted:.4g}, mean outcome {observed:.4g} (z {bias.z:+.1f} over {bias.units} {bias.by} clusters)"
    evidence = {
        "predicted": predicted, "observed": observed, "bias": _interval(bias), "z": round(bias.z, 2),
        "z_rows": round(bias.z_rows, 2),
    }  # fmt: skip
    away = not bias.low <= 0 <= bias.high and abs(bias.value) > FAR * abs(observed)
    return said("live_bias", "unknown" if away else "pass", saw, evidence=evidence)


def _interval(found: Interval | Mean | None) -> dict[str, float] | None:
    if found is None or not math.isfinite(found.low + found.high):
        return None
    return {"value": found.value, "low": found.low, "high": found.high}


def _signed(x: float) -> str:
    return f"{x:+.4f}".replace("-", "−")


def _floats(table: pa.Table, name: str) -> Floats:
    return np.asarray(table.column(name).to_numpy(zero_copy_only=False), dtype=np.float64)
