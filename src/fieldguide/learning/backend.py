"""What a backend of learning must give, and which one fills which blanks.

A backend is a module with `supports`, `fit` and `load`. It is loaded by name when first used, so that
no library is imported that a program does not need.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np

from fieldguide.errors import ProgramError
from fieldguide.learning.encoder import Batch
from fieldguide.learning.layout import Columns, Floats, Index, Layout
from fieldguide.learning.plan import Plan
from fieldguide.learning.rows import Row
from fieldguide.program import Program

BACKENDS: dict[str, str] = {
    "constant": "fieldguide.learning.backends.constant",
    "heuristic": "fieldguide.learning.backends.heuristic",
    "newton": "fieldguide.learning.backends.newton",
    "xgboost": "fieldguide.learning.backends.xgboost",
    "scikit_learn": "fieldguide.learning.backends.scikit_learn",
}
"""Every backend by name, in the order in which they are asked."""

PROVEN_ROWS = 10_000
"""On so many rows it is proven at every fit that single rows and bulk are answered alike."""

Step = Callable[[str], None]
"""Called with a sentence whenever a step of a fit is done."""


@dataclass(frozen=True)
class Refusal:
    """Why a backend does not take a program, and the nearest filling that works."""

    why: str
    nearest: str


@dataclass(frozen=True)
class Data:
    """Rows of a table as raw columns and encoded; `columns` and `batch` hold the same rows."""

    columns: Columns
    batch: Batch

    def take(self, rows: Index) -> Data:
        """Return the rows at positions `rows`."""
        return Data(Columns(self.columns.layout, self.columns.table.take(rows)), self.batch.take(rows))


@dataclass(frozen=True)
class Training:
    """What a model is learned from: the rows at positions `rows` of `data`, in that order.

    `label`, `weight` and `constant` (the best constant, on the scale of the score) belong to those rows;
    `layout` is that of the program.
    """

    data: Data
    rows: Index
    label: Floats
    weight: Floats
    constant: float

    @property
    def layout(self) -> Layout:
        """The layout of the rows."""
        return self.data.columns.layout

    @property
    def batch(self) -> Batch:
        """The training rows, encoded."""
        return self.data.batch.take(self.rows)


@dataclass(frozen=True)
class Parts:
    """A score taken apart: `base` and the contribution of each feature add up to `score` (link scale)."""

    base: float
    contributions: Mapping[str, float]
    score: float


class Scorer(Protocol):
    """The numeric part of a fitted model.

    `score` (link scale) and `predict` (probability, amount, rate) answer for all rows of `data`;
    `row_predictor` gives the function for one row of canonical values, equal bit for bit to `predict`
    where `exact` is true, which is proven on up to `proven` rows at the fit; `row_parts` the function that takes a score apart, and raises UsageError where
    the model has no exact contributions. `digest` is the sha256 of what was learned.
    """

    @property
    def exact(self) -> bool: ...
    @property
    def proven(self) -> int: ...
    def score(self, data: Data) -> Floats: ...
    def predict(self, data: Data) -> Floats: ...
    def row_predictor(self, plan: Plan, layout: Layout) -> Callable[[Row], float]: ...
    def row_parts(self, plan: Plan, layout: Layout) -> Callable[[Row], Parts]: ...
    def digest(self) -> str: ...
    def save(self, folder: Path) -> None: ...


class Backend(Protocol):
    """One library, or one method of ours."""

    def supports(self, program: Program) -> Refusal | None:
        """Return None when the blanks can be filled so, else why not."""

    def fit(self, program: Program, training: Training, on_step: Step) -> Scorer:
        """Return what was learned."""

    def load(self, folder: Path, program: Program) -> Scorer:
        """Return the scorer that was saved in a folder."""


def backend(name: str) -> Backend:
    """Return a backend by name, importing its library."""
    return cast(Backend, importlib.import_module(BACKENDS[name]))


MODEL_BACKENDS: dict[str, tuple[str, ...]] = {
    "Mean": ("constant",),
    "Heuristic": ("heuristic",),
    "Linear": ("newton",),
    "Boosted": ("xgboost",),
    "Estimator": ("scikit_learn",),
}
"""The backends that can learn each model; the first that supports the filling does."""


def backend_for(program: Program) -> str:
    """Return the name of the first backend that supports the program.

    Raises ProgramError with the reason and the nearest filling that works.
    """
    refused = None
    for name in MODEL_BACKENDS.get(type(program.model).__name__, ()):
        refused = backend(name).supports(program)
        if refused is None:
            return name
    model = type(program.model).__name__
    if refused is None:
        raise ProgramError(
            f"model={model}() cannot be fitted by itself; choose from {', '.join(MODEL_BACKENDS)}."
        )
    raise ProgramError(f"model={model}(): {refused.why}; use {refused.nearest}.")


def presentation_refused(program: Program) -> Refusal | None:
    """Return the refusal of models that would cross presentation columns with the rest."""
    from fieldguide.program import presentations

    shown = [feature.name for feature in presentations(program)]
    if not shown:
        return None
    return Refusal(
        f"the presentation column {shown[0]!r} may only be added to the score, and this model would cross it with the rest",
        "fg.models.Linear(), or take the column out of features=",
    )


def predict_by_rows(predict: Callable[[Row], float], columns: Columns) -> Floats:
    """Return the prediction of every row, one by one, as serving computes it."""
    rows: list[Any] = columns.row_values(np.arange(columns.rows))
    return np.array([predict(row) for row in rows], np.float64)
