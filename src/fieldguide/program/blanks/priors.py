"""Priors: what is believed of the weights before any row was seen."""

from __future__ import annotations

from typing import ClassVar

from fieldguide.errors import ProgramError
from fieldguide.program.declare import declaration, what


@declaration
class Prior:
    """Base of the priors. `needs_weights`: it speaks of a weight for each feature."""

    needs_weights: ClassVar[bool] = True


@declaration
class Ridge(Prior):
    """λ/2·|w|² beside the *mean* loss, on standardized columns; the constant is not penalized.

    `strength` is λ; a Gaussian prior of variance 1/(λ·rows) on each weight (FACTS 6.5).
    """

    strength: float = 1e-4

    def __post_init__(self) -> None:
        if (
            isinstance(self.strength, bool)
            or not isinstance(self.strength, int | float)
            or not 0 <= self.strength < 1e300
        ):
            raise ProgramError(
                f"Ridge(strength=…): you gave {what(self.strength)}; expected a number from 0 up, such as 1e-4."
            )


@declaration
class NoPrior(Prior):
    """Nothing is believed beforehand."""

    needs_weights: ClassVar[bool] = False
