"""Heuristic: a rule of the user that answers with the prediction itself."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fieldguide.errors import ProgramError, UsageError
from fieldguide.learning.backend import PROVEN_ROWS, Data, Parts, Refusal, Step, Training
from fieldguide.learning.layout import Floats, Layout
from fieldguide.learning.objectives import Objective, objective_of
from fieldguide.learning.plan import Plan
from fieldguide.learning.rows import Row, calling_row
from fieldguide.learning.values import as_number, computing_failed
from fieldguide.program import Program, arguments
from fieldguide.program.blanks.models import Heuristic

EXPECTED = {"probability": "a number from 0 to 1", "amount": "a finite number", "rate": "a number from 0 up"}


@dataclass(frozen=True)
class HeuristicScorer:
    """The user's function, its answers checked; `reads` are the positions of its raw columns."""

    objective: Objective
    function: Callable[..., Any]
    reads: tuple[int, ...]
    exact: bool = True
    proven: int = PROVEN_ROWS

    def score(self, data: Data) -> Floats:
        """Return the link of every prediction."""
        link = self.objective.link
        return np.array([link(value) for value in self.predict(data).tolist()], np.float64)

    def predict(self, data: Data) -> Floats:
        """Return the rule's answer for every row, asked once for each distinct combination."""
        answers = data.columns.evaluate(self.reads, self._call)
        return np.array(answers.distinct or (0.0,), np.float64)[answers.index]

    def row_predictor(self, plan: Plan, layout: Layout) -> Callable[[Row], float]:
        """Return the function from a row to the rule's answer."""
        return calling_row(layout, self.reads, self._call)

    def row_parts(self, plan: Plan, layout: Layout) -> Callable[[Row], Parts]:
        """Raise UsageError: a rule has no contributions."""
        raise UsageError(
            f"Heuristic({self.function.__name__}) is a rule of its own and has no contributions of features; read the "
            "function, or explain a fit of Linear()."
        )

    def digest(self) -> str:
        """Return the sha256 of nothing: nothing was learned, the rule is part of the code."""
        return hashlib.sha256(b"heuristic").hexdigest()

    def save(self, folder: Path) -> None:
        """Write nothing: the rule is part of the code that the folder carries."""

    def _call(self, *values: Any) -> float:
        name = f"Heuristic({self.function.__name__})"
        try:
            answer = self.function(*values)
        except Exception as error:
            raise computing_failed(name, self.function, error) from error
        number = None if isinstance(answer, str) else as_number(self.function.__name__, answer)
        scale = self.objective.scale
        if (
            number is None
            or (scale == "probability" and not 0.0 <= number <= 1.0)
            or (scale == "rate" and number < 0.0)
        ):
            raise ProgramError(
                f"{name} answered {answer!r} for {values!r}; expected {EXPECTED[scale]}, for every row."
            )
        return number


def supports(program: Program) -> Refusal | None:
    """Return None: a rule goes with every objective."""
    return None


def fit(program: Program, training: Training, on_step: Step) -> HeuristicScorer:
    """Return the rule; nothing is learned."""
    assert isinstance(program.model, Heuristic)
    function = program.model.function
    return HeuristicScorer(objective_of(program), function, arguments(program, function))


def load(folder: Path, program: Program) -> HeuristicScorer:
    """Return the rule of the program that the folder carries."""
    assert isinstance(program.model, Heuristic)
    function = program.model.function
    return HeuristicScorer(objective_of(program), function, arguments(program, function))
