"""Models: the shape of the answer. Each says which other blanks it needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY
from typing import Any, ClassVar

from fieldguide.errors import ProgramError
from fieldguide.program.columns import check_function, reads
from fieldguide.program.declare import declaration, frozen_list, what


@declaration
class Model:
    """Base of the models.

    `needs_prior`: it has a weight for each feature, of which a prior may speak; `needs_optimizer`: its
    weights must be searched by an optimizer of ours; `rung` is its place on the ladder.
    """

    needs_objective: ClassVar[bool] = True
    needs_prior: ClassVar[bool] = False
    needs_optimizer: ClassVar[bool] = False
    rung: ClassVar[int] = 0


@declaration
class Mean(Model):
    """One constant for every row: the neutral launch."""


@declaration
class Heuristic(Model):
    """A rule of yours: a function of raw columns that returns the prediction itself.

    A probability for a BinaryLabel, an amount or a rate otherwise (Rules of ML, 1).
    """

    rung: ClassVar[int] = 1

    function: Callable[..., float]

    def __post_init__(self) -> None:
        check_function(self.function, "Heuristic(function)")
        if not reads(self.function):
            raise ProgramError(
                "Heuristic(function): it reads no column; its parameter names are the columns it reads."
            )


@declaration
class Linear(Model):
    """A weighted sum of the features: logistic, least squares or Poisson, by the objective."""

    needs_prior: ClassVar[bool] = True
    needs_optimizer: ClassVar[bool] = True
    rung: ClassVar[int] = 2


@declaration
class Boosted(Model):
    """Gradient-boosted trees (XGBoost). `min_rows` is the smallest number of rows in a leaf."""

    rung: ClassVar[int] = 3

    trees: int = 250
    depth: int = 4
    learning_rate: float = 0.06
    min_rows: int = 200

    def __post_init__(self) -> None:
        for blank in ("trees", "depth", "min_rows"):
            value = getattr(self, blank)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ProgramError(
                    f"Boosted({blank}=…): you gave {what(value)}; expected a whole number from 1 up."
                )
        if not isinstance(self.learning_rate, int | float) or not 0 < self.learning_rate <= 1:
            raise ProgramError(
                f"Boosted(learning_rate=…): you gave {what(self.learning_rate)}; expected a number above 0, at most 1."
            )


@declaration
class Estimator(Model):
    """Any scikit-learn-compatible estimator or pipeline.

    It receives the encoded matrix, or the raw frame of columns with `matrix="frame"`. It is stored by skops
    (extra `estimators`); types that skops does not know are approved by name in `trusted`.
    """

    rung: ClassVar[int] = 4

    estimator: Any
    _: KW_ONLY
    matrix: str = "encoded"
    trusted: Sequence[str] = ()

    def __post_init__(self) -> None:
        frozen_list(self, "trusted")
        if isinstance(self.estimator, type) or not (
            hasattr(self.estimator, "fit") and hasattr(self.estimator, "get_params")
        ):
            raise ProgramError(
                f"Estimator(estimator): you gave {what(self.estimator)}; expected a scikit-learn estimator, such as LogisticRegression()."
            )
        if self.matrix not in ("encoded", "frame"):
            raise ProgramError(f"Estimator(matrix=…): {self.matrix!r} is neither 'encoded' nor 'frame'.")


@declaration
class Simplest(Model):
    """The simplest model that earns its place: climbs Mean, Linear, Boosted and stops where a step does not pay."""

    needs_prior: ClassVar[bool] = True
    needs_optimizer: ClassVar[bool] = True
    rung: ClassVar[int] = 3
