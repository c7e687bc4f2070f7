"""The linear score: one term a slot, added in the order of the slots in both forms."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fieldguide.errors import DataError
from fieldguide.learning.backend import PROVEN_ROWS, Data, Parts
from fieldguide.learning.encoder import Batch
from fieldguide.learning.layout import Floats, Layout
from fieldguide.learning.objectives import Objective
from fieldguide.learning.plan import LevelSlot, NumberSlot, Plan
from fieldguide.learning.rows import Row, linear_score, linear_terms

FILE = "weights.npz"


@dataclass(frozen=True)
class LinearScorer:
    """An intercept and a weight for each column of the matrix, in the order of `plan.names`."""

    objective: Objective
    intercept: float
    coefficients: Floats
    exact: bool = True
    proven: int = PROVEN_ROWS

    def score(self, data: Data) -> Floats:
        """Return the score of every row."""
        score = np.full(data.batch.rows, self.intercept)
        for term in terms(data.batch, self.coefficients):
            score = score + term
        return score

    def predict(self, data: Data) -> Floats:
        """Return the prediction of every row, by the inverse link that serves one row."""
        inverse = self.objective.inverse_link
        return np.array([inverse(score) for score in self.score(data).tolist()], np.float64)

    def row_predictor(self, plan: Plan, layout: Layout) -> Callable[[Row], float]:
        """Return the function from a row to its prediction."""
        score = linear_score(plan, layout, self.intercept, slot_weights(plan, self.coefficients))
        inverse = self.objective.inverse_link
        return lambda row: inverse(score(row))

    def row_parts(self, plan: Plan, layout: Layout) -> Callable[[Row], Parts]:
        """Return the function that takes a score apart (FACTS F15).

        The base is the score at the mean of the training rows; a feature contributes what its slots add
        to the score beyond what they add there, its one-hot levels and parts summed.
        """
        weights = slot_weights(plan, self.coefficients)
        terms_of = linear_terms(plan, layout, weights)
        means = [
            w[0] * slot.reference[0] + w[1] * slot.reference[1] if isinstance(slot, NumberSlot) else w[-1]
            for slot, w in zip(plan.slots, weights, strict=True)
        ]
        base, intercept = self.intercept + _added(means), self.intercept
        owners = [slot.feature for slot in plan.slots]
        nothing = dict.fromkeys((item.name for item in layout.items), 0.0)

        def parts(row: Row) -> Parts:
            score, contributions = intercept, nothing.copy()
            for owner, term, mean in zip(owners, terms_of(row), means, strict=True):
                score += term
                contributions[owner] += term - mean
            return Parts(base, contributions, score)

        return parts

    def digest(self) -> str:
        """Return the sha256 of the weights."""
        values = np.concatenate([[self.intercept], self.coefficients]).astype("<f8")
        return hashlib.sha256(values.tobytes()).hexdigest()

    def save(self, folder: Path) -> None:
        """Write `weights.npz`."""
        np.savez(
            folder / FILE,
            allow_pickle=False,
            intercept=np.array([self.intercept]),
            coefficients=self.coefficients,
        )


def load_linear(folder: Path, objective: Objective) -> LinearScorer:
    """Return the scorer that was saved in a folder. Raises DataError when it cannot be read."""
    try:
        with np.load(folder / FILE, allow_pickle=False) as stored:
            return LinearScorer(objective, float(stored["intercept"][0]), stored["coefficients"])
    except (OSError, KeyError, ValueError) as error:
        raise DataError(f"{folder / FILE} cannot be read ({error}); fit the program again.") from error


def terms(batch: Batch, coefficients: Floats) -> list[Floats]:
    """Return for each slot the array of its terms, one a row; the same numbers as the row form gives."""
    found: list[Floats] = []
    d = k = 0
    for slot, w in zip(batch.plan.slots, slot_weights(batch.plan, coefficients), strict=True):
        if isinstance(slot, LevelSlot):
            found.append(np.array(w)[batch.codes[:, k]])
            k += 1
            continue
        term = w[0] * batch.dense[:, d] if slot.value else np.zeros(batch.rows)
        d += slot.value
        if slot.missing:
            term = np.where(batch.dense[:, d] == 1.0, w[1], term)
            d += 1
        found.append(term)
    return found


def slot_weights(plan: Plan, coefficients: Floats) -> list[tuple[float, ...]]:
    """Return the weights slot by slot: (value, indicator) of a number; one a code, then their mean, of levels."""
    flat = coefficients.tolist()
    found: list[tuple[float, ...]] = []
    d, hot = 0, plan.dense
    for slot in plan.slots:
        if isinstance(slot, NumberSlot):
            value = flat[d] if slot.value else 0.0
            d += slot.value
            missing = flat[d] if slot.missing else 0.0
            d += slot.missing
            found.append((value, missing))
        else:
            own = flat[hot : hot + slot.size]
            found.append((*own, _added(a * b for a, b in zip(own, slot.reference, strict=True))))
            hot += slot.size
    return found


def _added(values: Iterable[float]) -> float:
    """Add floats from left to right; the builtin sum differs between Python versions."""
    total = 0.0
    for value in values:
        total += value
    return total
