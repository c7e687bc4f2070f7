"""Explaining one prediction: what each feature contributes, so that everything adds up (FACTS F15)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fieldguide.learning.fitted import Fitted, row_predictor
from fieldguide.learning.rows import Row


@dataclass(frozen=True)
class Explanation:
    """One prediction taken apart on the scale of the score (log-odds, amount, log-rate).

    `base` plus all `contributions` is `score`, to 1e-9 for Mean and Linear. For Linear the base is the score
    at the mean of the training rows, and a feature contributes weight × (value − mean), its one-hot levels
    and parts summed; for Boosted it is path-dependent TreeSHAP. `prediction` is what is answered.
    """

    base: float
    contributions: Mapping[str, float]
    score: float
    prediction: float


def explainer(fitted: Fitted) -> Callable[[Row], Explanation]:
    """Return the function that explains rows of canonical values.

    Raises UsageError for models without exact contributions (Heuristic, Estimator).
    """
    parts_of, predict = fitted.parts, row_predictor(fitted)

    def explain_row(values: Row) -> Explanation:
        parts = parts_of(values)
        return Explanation(parts.base, parts.contributions, parts.score, predict(values))

    return explain_row


def explain(fitted: Fitted, values: Row) -> Explanation:
    """Return what each feature contributes to the prediction for one row of canonical values.

    Raises UsageError for models without exact contributions (Heuristic, Estimator).
    """
    return explainer(fitted)(values)
