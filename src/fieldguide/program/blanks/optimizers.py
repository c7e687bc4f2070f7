"""Optimizers: how the best weights are found."""

from __future__ import annotations

from typing import ClassVar

from fieldguide.errors import ProgramError
from fieldguide.program.declare import declaration, what


@declaration
class Optimizer:
    """Base of the optimizers. `needs_linear_score`: it works on a weighted sum of features."""

    needs_linear_score: ClassVar[bool] = False


@declaration
class Newton(Optimizer):
    """Newton's method on statistics added up batch by batch; exact, memory does not grow with the rows.

    It stops when the largest component of the gradient of the mean loss is below `tolerance`, or fails
    after `steps`.
    """

    needs_linear_score: ClassVar[bool] = True

    tolerance: float = 1e-10
    steps: int = 50

    def __post_init__(self) -> None:
        if not isinstance(self.tolerance, int | float) or not 0 < self.tolerance < 1:
            raise ProgramError(
                f"Newton(tolerance=…): you gave {what(self.tolerance)}; expected a number between 0 and 1."
            )
        if isinstance(self.steps, bool) or not isinstance(self.steps, int) or self.steps < 1:
            raise ProgramError(
                f"Newton(steps=…): you gave {what(self.steps)}; expected a whole number from 1 up."
            )


@declaration
class Own(Optimizer):
    """The library's own way, or none where nothing needs to be searched."""
