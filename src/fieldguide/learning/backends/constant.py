"""Mean: one constant for every row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fieldguide.errors import DataError
from fieldguide.learning.backend import PROVEN_ROWS, Data, Parts, Refusal, Step, Training
from fieldguide.learning.layout import Floats, Layout
from fieldguide.learning.objectives import Objective, objective_of
from fieldguide.learning.plan import Plan
from fieldguide.learning.rows import Row
from fieldguide.program import Program

FILE = "model.json"


@dataclass(frozen=True)
class ConstantScorer:
    """The same score for every row."""

    objective: Objective
    constant: float
    exact: bool = True
    proven: int = PROVEN_ROWS

    def score(self, data: Data) -> Floats:
        """Return the constant for every row, on the scale of the score."""
        return np.full(data.batch.rows, self.constant)

    def predict(self, data: Data) -> Floats:
        """Return the constant prediction for every row."""
        return np.full(data.batch.rows, self.objective.inverse_link(self.constant))

    def row_predictor(self, plan: Plan, layout: Layout) -> Callable[[Row], float]:
        """Return the function that answers the constant."""
        prediction = self.objective.inverse_link(self.constant)
        return lambda row: prediction

    def row_parts(self, plan: Plan, layout: Layout) -> Callable[[Row], Parts]:
        """Return the function that says: the base, and nothing from any feature."""
        parts = Parts(self.constant, dict.fromkeys((item.name for item in layout.items), 0.0), self.constant)
        return lambda row: parts

    def digest(self) -> str:
        """Return the sha256 of the constant."""
        return hashlib.sha256(repr(self.constant).encode()).hexdigest()

    def save(self, folder: Path) -> None:
        """Write `model.json`."""
        (folder / FILE).write_text(json.dumps({"constant": self.constant}), encoding="utf-8")


def supports(program: Program) -> Refusal | None:
    """Return None: every objective has a best constant."""
    return None


def fit(program: Program, training: Training, on_step: Step) -> ConstantScorer:
    """Return the best constant of the training labels."""
    return ConstantScorer(objective_of(program), training.constant)


def load(folder: Path, program: Program) -> ConstantScorer:
    """Return the scorer that was saved in a folder. Raises DataError when it cannot be read."""
    try:
        constant = float(json.loads((folder / FILE).read_text(encoding="utf-8"))["constant"])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{folder / FILE} cannot be read ({error}); fit the program again.") from error
    return ConstantScorer(objective_of(program), constant)
