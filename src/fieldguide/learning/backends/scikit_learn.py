"""Estimator: any estimator or pipeline that speaks scikit-learn's interface, stored by skops.

A classifier needs `predict_proba`. Its class must come from an installed package: skops imports it by name
when the model is loaded. What is left without a seed gets that of the program.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import has_fit_parameter

from fieldguide.errors import DataError, ProgramError, UsageError
from fieldguide.learning.backend import (
    Data,
    Parts,
    Refusal,
    Step,
    Training,
    presentation_refused,
)
from fieldguide.learning.encoder import Batch
from fieldguide.learning.layout import Columns, Floats, Item, Layout, calling
from fieldguide.learning.objectives import Objective, objective_of
from fieldguide.learning.plan import Plan
from fieldguide.learning.rows import Row, calling_row, encoded_row
from fieldguide.program import Program
from fieldguide.program.blanks.models import Estimator

FILE = "estimator.skops"
ABOUT = "estimator.json"
DENSE_VALUES = 64_000_000
"""A matrix of more values than these is given as CSR; what the fit saw is kept for serving."""
PROVEN = {"dense": 200, "sparse": 200, "frame": 40}
"""So many rows are scored one by one at the fit, to see whether that equals scoring them in bulk; a single row
takes a millisecond and more."""


@dataclass(frozen=True)
class EstimatorScorer:
    """A fitted estimator, as it comes out of its stored form.

    `form` is what it receives: "dense" or "sparse" (the encoded matrix) or "frame". `exact` tells whether
    single rows gave the same predictions as bulk, bit for bit.
    """

    objective: Objective
    estimator: Any
    stored: bytes
    form: str
    learned: str
    exact: bool

    @property
    def proven(self) -> int:
        """On how many rows equality is proven at the fit."""
        return PROVEN[self.form]

    def score(self, data: Data) -> Floats:
        """Return the link of every prediction."""
        link = self.objective.link
        return np.array([link(value) for value in self.predict(data).tolist()], np.float64)

    def predict(self, data: Data) -> Floats:
        """Return the estimator's prediction for every row."""
        if not data.batch.rows:
            return np.zeros(0)
        return _predict(self.estimator, _matrix(self.form, data.columns, data.batch), self.objective)

    def row_predictor(self, plan: Plan, layout: Layout) -> Callable[[Row], float]:
        """Return the function from a row to its prediction."""
        estimator, objective = self.estimator, self.objective
        if self.form == "frame":
            frame = _row_frame(layout)
            return lambda row: float(_predict(estimator, frame(row), objective)[0])
        encode, sparse = encoded_row(plan, layout), self.form == "sparse"

        def predict(row: Row) -> float:
            matrix: Any = np.array([encode(row)])
            return float(_predict(estimator, _sparse(matrix) if sparse else matrix, objective)[0])

        return predict

    def row_parts(self, plan: Plan, layout: Layout) -> Callable[[Row], Parts]:
        """Raise UsageError: nothing is known of how an estimator adds things up."""
        raise UsageError(
            f"Estimator({type(self.estimator).__name__}) has no exact contributions of features; explain a fit of Linear() or "
            "Boosted() instead."
        )

    def digest(self) -> str:
        """Return the sha256 of the predictions on the training rows; stored bytes differ each time."""
        return self.learned

    def save(self, folder: Path) -> None:
        """Write `estimator.skops` and what belongs to it."""
        (folder / FILE).write_bytes(self.stored)
        about = {"form": self.form, "learned": self.learned, "exact": self.exact}
        (folder / ABOUT).write_text(json.dumps(about), encoding="utf-8")


def supports(program: Program) -> Refusal | None:
    """Return None when the estimator predicts what the objective needs."""
    assert isinstance(program.model, Estimator)
    estimator, scale = program.model.estimator, objective_of(program).scale
    name = type(estimator).__name__
    if scale == "probability" and not hasattr(estimator, "predict_proba"):
        return Refusal(
            f"{name} has no predict_proba, and LogLoss() needs a probability",
            "a classifier that has it, such as sklearn.linear_model.LogisticRegression()",
        )
    if scale != "probability" and hasattr(estimator, "predict_proba"):
        return Refusal(
            f"{name} is a classifier, and the label is {program.label.kind}",
            "a regressor, such as sklearn.linear_model.Ridge()",
        )
    return presentation_refused(program)


def fit(program: Program, training: Training, on_step: Step) -> EstimatorScorer:
    """Return the fitted estimator, read back from its stored form.

    Raises UsageError without skops, ProgramError when types are not trusted or weights not taken.
    """
    assert isinstance(program.model, Estimator)
    model, objective = program.model, objective_of(program)
    estimator = clone(model.estimator)
    seeds = [name for name, value in estimator.get_params().items() if name.split("__")[-1] == "random_state"]
    estimator.set_params(**{name: program.seed for name in seeds if estimator.get_params()[name] is None})
    columns, batch = training.data.columns, training.batch
    taken = Columns(columns.layout, columns.table.take(training.rows)) if model.matrix == "frame" else columns
    form = model.matrix
    if form == "encoded":
        form = "dense" if batch.rows * batch.plan.width <= DENSE_VALUES else "sparse"
    matrix = _matrix(form, taken, batch)
    label = training.label.astype(np.int64) if objective.scale == "probability" else training.label
    on_step(f"{type(estimator).__name__}: fitting on {batch.rows:,} rows")
    estimator.fit(matrix, label, **_weights(estimator, training.weight))
    stored, estimator = _through_storage(estimator, model.trusted)
    first = _first(matrix, form)
    bulk = _predict(estimator, matrix, objective)
    few = bulk[: PROVEN[form]]
    singly = [float(_predict(estimator, row, objective)[0]) for row in _rows_of(first, form)]
    halves = [_predict(estimator, half, objective) for half in _halves(first, form)]
    exact = np.array_equal(few, np.array(singly)) and np.array_equal(few, np.concatenate(halves))
    learned = hashlib.sha256(bulk.astype("<f8").tobytes() + type(estimator).__name__.encode()).hexdigest()
    return EstimatorScorer(objective, estimator, stored, form, learned, exact)


def load(folder: Path, program: Program) -> EstimatorScorer:
    """Return the scorer that was saved in a folder. Raises DataError when it cannot be read."""
    assert isinstance(program.model, Estimator)
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        stored = (folder / FILE).read_bytes()
        form, learned, exact = about["form"], about["learned"], about["exact"]
    except (OSError, KeyError, ValueError) as error:
        raise DataError(f"{folder / FILE} cannot be read ({error}); fit the program again.") from error
    estimator = _skops().loads(stored, trusted=list(program.model.trusted))
    return EstimatorScorer(objective_of(program), estimator, stored, form, learned, exact)


def _skops() -> Any:
    try:
        import skops.io
    except ImportError as error:
        raise UsageError(
            "Estimator(): a fitted estimator is stored by skops, which is not installed; run: pip install 'fieldguide[estimators]'"
        ) from error
    return skops.io


def _through_storage(estimator: Any, trusted: Sequence[str]) -> tuple[bytes, Any]:
    skops = _skops()
    stored = skops.dumps(estimator)
    unknown = [name for name in skops.get_untrusted_types(data=stored) if name not in trusted]
    if unknown:
        raise ProgramError(
            f"Estimator(): the fitted {type(estimator).__name__} holds types that skops does not know: {', '.join(unknown)}. "
            f"If you trust them, write Estimator(…, trusted={(*trusted, *unknown)!r})."
        )
    return stored, skops.loads(stored, trusted=list(trusted))


def _weights(estimator: Any, weight: Floats) -> dict[str, Floats]:
    if weight.min() == weight.max():
        return {}
    steps = getattr(estimator, "steps", None)
    last, name = (
        (estimator, "sample_weight") if not steps else (steps[-1][1], f"{steps[-1][0]}__sample_weight")
    )
    if not has_fit_parameter(last, "sample_weight"):
        raise ProgramError(
            f"Estimator(): the rows have weights, and {type(last).__name__} takes none (no sample_weight in fit); use another "
            "estimator, or leave weight= out of the source."
        )
    return {name: weight}


def _predict(estimator: Any, matrix: Any, objective: Objective) -> Floats:
    if objective.scale == "probability":
        answers = np.asarray(estimator.predict_proba(matrix), np.float64)[:, 1]
    else:
        answers = np.asarray(estimator.predict(matrix), np.float64).reshape(-1)
    if not np.isfinite(answers).all():
        raise ProgramError(f"Estimator(): {type(estimator).__name__} predicted a value that is not finite.")
    return np.maximum(answers, 0.0) if objective.scale == "rate" else answers


def _matrix(form: str, columns: Columns, batch: Batch) -> Any:
    if form == "frame":
        return _frame(columns.layout, [_values(columns, item) for item in columns.layout.items])
    return batch.sparse() if form == "sparse" else batch.matrix()


def _sparse(matrix: Any) -> Any:
    from scipy import sparse

    return sparse.csr_array(matrix)


def _values(columns: Columns, item: Item) -> Any:
    """Return one feature of every row: float64 for numbers and booleans (NaN missing), else objects."""
    if item.kind == "number":
        column = columns.number(item, None)
        return np.where(column.missing, math.nan, column.values)
    found = columns.raw_levels(item.position) if item.position is not None else columns.levels(item, None)
    distinct = np.empty(max(len(found.distinct), 1), object)
    distinct[: len(found.distinct)] = found.distinct
    return distinct[found.index]


def _row_frame(layout: Layout) -> Callable[[Row], Any]:
    """Return the function from a row of values to its frame of one row."""
    readers = []
    for item in layout.items:
        reads = item.reads if item.position is None else (item.position,)
        readers.append(calling_row(layout, reads, calling(item) if item.function else _itself))

    def frame(row: Row) -> Any:
        values: list[Any] = []
        for item, read in zip(layout.items, readers, strict=True):
            value = read(row)
            if item.kind == "number":
                values.append(np.array([math.nan if value is None else value], np.float64))
            else:
                one = np.empty(1, object)
                one[0] = value
                values.append(one)
        return _frame(layout, values)

    return frame


def _itself(value: Any) -> Any:
    return value


def _frame(layout: Layout, values: Sequence[Any]) -> Any:
    """Return the pandas frame of the features: categories as text, booleans as 0.0 and 1.0, local times."""
    import pandas

    made = {}
    for item, column in zip(layout.items, values, strict=True):
        if item.kind == "boolean":
            made[item.name] = pandas.Series(column, dtype="float64")
        elif item.kind == "timestamp":
            utc = pandas.to_datetime(pandas.Series(column, dtype="object"), utc=True)
            made[item.name] = utc.dt.as_unit("us").dt.tz_convert(layout.timezone)
        else:
            made[item.name] = pandas.Series(column, dtype="float64" if item.kind == "number" else "object")
    return pandas.DataFrame(made)


def _first(matrix: Any, form: str) -> Any:
    rows = PROVEN[form]
    return matrix.iloc[:rows] if form == "frame" else matrix[:rows]


def _rows_of(matrix: Any, form: str) -> list[Any]:
    rows = range(matrix.shape[0])
    return [matrix.iloc[i : i + 1] if form == "frame" else matrix[i : i + 1] for i in rows]


def _halves(matrix: Any, form: str) -> list[Any]:
    middle = max(matrix.shape[0] // 3, 1)
    if form == "frame":
        return [matrix.iloc[:middle], matrix.iloc[middle:]][: matrix.shape[0]]
    return [matrix[:middle], matrix[middle:]]
