"""Fitted: what learning gave, content-addressed, and how it answers."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import metadata
from typing import Any

import numpy as np
import pyarrow as pa

from fieldguide.errors import FieldguideError, ProgramError
from fieldguide.learning.backend import Data, Parts, Scorer, predict_by_rows
from fieldguide.learning.encoder import encode
from fieldguide.learning.layout import Columns, Floats, Layout, layout_of
from fieldguide.learning.plan import Plan
from fieldguide.learning.rows import Row, encoded_row
from fieldguide.program import Program
from fieldguide.tables.tally import Summary

LIBRARIES = ("numpy", "scipy", "pyarrow")
BACKEND_LIBRARIES: Mapping[str, tuple[str, ...]] = {
    "xgboost": ("xgboost-cpu",),
    "scikit_learn": ("scikit-learn", "skops"),
}


@dataclass(frozen=True)
class Fitted:
    """What learning gave.

    `id` is the hash of its content: manifest, weights, plan and code. `program` has the blanks of this rung
    of the ladder; `constant` is its own best constant (probability, amount or rate); `summary` is that of
    the training rows. `manifest` is JSON-able: program, knobs, window, rows, losses, label, environment.
    `code` holds the program's files as text, by path relative to its folder.
    """

    id: str
    program: Program
    plan: Plan
    scorer: Scorer
    constant: float
    summary: Summary = field(repr=False)
    manifest: Mapping[str, Any] = field(repr=False)
    code: Mapping[str, str] = field(repr=False)

    @cached_property
    def layout(self) -> Layout:
        """What the rows of the program hold."""
        return layout_of(self.program)

    @cached_property
    def parts(self) -> Callable[[Row], Parts]:
        """The function that takes a prediction apart."""
        return self.scorer.row_parts(self.plan, self.layout)


def row_predictor(fitted: Fitted) -> Callable[[Row], float]:
    """Return the function from a row of canonical values to its prediction: probability, amount or rate.

    The values come in the order of `program.raw_columns`. Presentation columns are held at neutral.
    Raises ProgramError when a function of the user fails on a row.
    """
    return fitted.scorer.row_predictor(fitted.plan, fitted.layout)


def predict_table(fitted: Fitted, table: pa.Table) -> Floats:
    """Return the prediction of every row of a canonical table, equal bit for bit to those of `row_predictor`.

    An estimator whose bulk predictions differ from single ones in the last bit is asked row by row.
    """
    columns = Columns(fitted.layout, table)
    if not fitted.scorer.exact:
        return predict_by_rows(row_predictor(fitted), columns)
    return fitted.scorer.predict(Data(columns, encode(fitted.plan, columns)))


def prove_parity(plan: Plan, scorer: Scorer, columns: Columns) -> dict[str, Any]:
    """Prove on up to 10,000 rows (fewer for an estimator of the user) that bulk and single rows are encoded and predicted alike.

    Returns how many rows were compared and the largest difference of predictions (0.0 unless an estimator
    of the user differs by rounding). Raises ProgramError when a computed feature is to blame.
    """
    few = min(scorer.proven, columns.rows)
    chosen = np.unique(np.linspace(0, columns.rows - 1, few).astype(np.intp))
    part = Columns(columns.layout, columns.table.take(pa.array(chosen)))
    batch = encode(plan, part)
    rows = part.row_values(np.arange(part.rows))
    one = encoded_row(plan, columns.layout)
    singly = np.array([one(row) for row in rows], np.float64).reshape(len(rows), plan.width)
    differs = singly.view(np.int64) != batch.matrix().view(np.int64)
    if differs.any():
        raise _unequal(plan, columns.layout, np.flatnonzero(differs.any(axis=0)))
    bulk = scorer.predict(Data(part, batch))
    answer = scorer.row_predictor(plan, columns.layout)
    answers = np.array([answer(row) for row in rows], np.float64)
    apart = float(np.abs(bulk - answers).max()) if len(rows) else 0.0
    if scorer.exact and not np.array_equal(bulk.view(np.int64), answers.view(np.int64)):
        raise _unequal(plan, columns.layout, np.zeros(0, np.intp))
    if not apart <= 1e-9 * max(1.0, float(np.abs(bulk).max(initial=0.0))):
        raise ProgramError(
            f"Estimator(): its predictions for single rows differ from those in bulk by up to {apart:.3g}; it must answer "
            "for a row alone as it does among others."
        )
    return {"rows": len(rows), "largest_difference": apart}


def _unequal(plan: Plan, layout: Layout, columns: Any) -> FieldguideError:
    for column in columns.tolist():
        item = next(item for item in layout.items if item.name == plan.owners[column])
        if item.function is not None:
            return ProgramError(
                f"{item.name!r}: {item.function.__name__}() gave different answers for the same values; it must depend on "
                "its arguments only (no clock, no random numbers, no counters)."
            )
    blamed = sorted({plan.names[column] for column in columns.tolist()})
    return FieldguideError(
        f"Rows encoded one by one differ from the same rows in bulk ({blamed or 'predictions'}); please report this with the "
        "program file."
    )


def environment(backend: str) -> dict[str, str]:
    """Return the ambient knob of a fit: versions, machine and threads."""
    found = {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "blas_threads": "1",
        "fieldguide": _version("fieldguide"),
    }
    for library in (*LIBRARIES, *BACKEND_LIBRARIES.get(backend, ())):
        found[library] = _version(library)
    return found


def content_id(content: Mapping[str, Any]) -> str:
    """Return the 12 hex digits that name a content: equal content, equal id."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()[:12]


def canonical(content: Mapping[str, Any]) -> str:
    """Return JSON with sorted keys; numbers that are not finite are refused."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, allow_nan=False)


def _version(library: str) -> str:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return "not installed"
