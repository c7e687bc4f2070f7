"""Learning against scikit-learn: the linear fit, the encoder, one row. Prints ratios measured in one run.

    python bench/learning.py [--rows 200000]

CPU seconds of one thread (BLAS held to one), the best of a few runs; memory is what Python and numpy
allocate above the data (tracemalloc). DESIGN's figures: fit at most 0.15 of scikit-learn's
newton-cholesky and 50 MB above the data, encoding at least 2.5 times as fast as a ColumnTransformer, one
row at most 6 µs with Linear (20 µs with contributions), 60 µs with Boosted.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

import fieldguide as fg
from fieldguide.learning import climb, explainer, row_predictor
from fieldguide.learning.backends import newton
from fieldguide.learning.encoder import Batch, encode, make_plan
from fieldguide.learning.layout import Columns, layout_of
from fieldguide.learning.objectives import LogLoss
from fieldguide.learning.plan import LevelSlot, NumberSlot, Plan
from fieldguide.program.blanks import optimizers, priors
from fieldguide.tables.tally import Summary

NUMBERS, LEVELS, FLAGS = 12, 6, 2
SIZES = (2, 3, 5, 7, 8, 12, 16, 24, 31, 50, 90, 132)
DENSE = 8
STRENGTH = 1e-4

program = fg.Program(
    question=fg.Question(ask="Does it happen?", one_row_is="a case"),
    source=fg.Source("cases.parquet", key="id", time="at", entity="who"),
    features=[
        *(fg.Number(f"n{i}") for i in range(NUMBERS)),
        *(fg.Category(f"c{i}") for i in range(LEVELS)),
        *(fg.Boolean(f"b{i}") for i in range(FLAGS)),
    ],
    label=fg.BinaryLabel("y", arrives_within=timedelta(days=1)),
    model=fg.models.Boosted(),
    name="cases",
)


def cpu(run: Callable[[], Any], times: int = 3) -> tuple[float, Any]:
    """Return the least CPU seconds of a few runs, and what the last one gave."""
    best, result = float("inf"), None
    for _ in range(times):
        start = time.process_time()
        result = run()
        best = min(best, time.process_time() - start)
    return best, result


def peak(run: Callable[[], Any]) -> float:
    """Return the most megabytes that were allocated at once."""
    tracemalloc.start()
    run()
    most = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return most


def linear_fit(rows: int) -> None:
    """Compare the linear fit on eight dense columns and twelve sets of levels, 388 columns in all."""
    rng = np.random.default_rng(0)
    numbers = [NumberSlot(f"n{i}", None, 0.0, 1.0, True, False, (0.0, 0.0)) for i in range(DENSE)]
    levels = [
        LevelSlot(f"c{i}", None, tuple(map(str, range(s))), False, False, (1 / s,) * s)
        for i, s in enumerate(SIZES)
    ]
    plan = Plan((), "UTC", (*numbers, *levels))
    dense = rng.normal(size=(DENSE, rows))
    codes = np.array([rng.choice(s, rows, p=rng.dirichlet(np.full(s, 2.0))) for s in SIZES], np.int32)
    batch = Batch(plan, dense.T, codes.T)
    score = -1.0 + batch.matrix() @ rng.normal(0, 0.3, plan.width)
    label = (rng.random(rows) < 1 / (1 + np.exp(-score))).astype(float)
    weight = np.ones(rows)

    def ours() -> newton.Optimum:
        return newton.minimize(
            batch, label, weight, LogLoss(), prior=priors.Ridge(STRENGTH), optimizer=optimizers.Newton(),
            constant=LogLoss().best_constant(label, weight), on_step=lambda sentence: None,
        )  # fmt: skip

    def value(intercept: float, w: Any) -> float:
        s = intercept + matrix @ w
        return float(LogLoss().value(label, s).mean() + 0.5 * STRENGTH * np.dot(w, w))

    own, found = cpu(ours)
    memory = peak(ours)
    matrix = batch.matrix()
    theirs = LogisticRegression(C=1 / (STRENGTH * rows), solver="newton-cholesky", tol=1e-8, max_iter=50)
    with threadpool_limits(1):
        other, fitted = cpu(lambda: theirs.fit(matrix, label), times=1)
        more = peak(lambda: theirs.fit(matrix, label))
    a, b = value(found.parameters[0], found.parameters[1:]), value(fitted.intercept_[0], fitted.coef_[0])
    print(f"linear fit, {rows:,} x {plan.width}: {own:.2f} CPU s, scikit-learn newton-cholesky {other:.2f}")
    print(f"  ratio {own / other:.3f} (to reach: 0.15); objective ours - theirs {a - b:+.1e}")
    print(f"  above the data: {memory:.0f} MB (to reach: 50), scikit-learn {more:.0f} MB")


def table(rows: int) -> pa.Table:
    """Return a canonical table of 20 feature columns."""
    rng = np.random.default_rng(1)
    columns: dict[str, Any] = {}
    for i in range(NUMBERS):
        columns[f"n{i}"] = pa.array(
            rng.normal(10 * i, 5, rows), mask=rng.random(rows) < (0.05 if i % 3 == 0 else 0.0)
        )
    for i, size in enumerate((3, 5, 8, 16, 40, 100)):
        names = np.array([f"level {j}" for j in range(size)])
        columns[f"c{i}"] = pa.array(names[rng.integers(0, size, rows)].tolist())
    for i in range(FLAGS):
        columns[f"b{i}"] = pa.array(rng.random(rows) < 0.3)
    start = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp())
    at = (start + np.sort(rng.integers(0, 300 * 86_400, rows))) * 1_000_000
    score = 0.05 * np.nan_to_num(columns["n3"].to_numpy(zero_copy_only=False)) - 2.0
    return pa.table(
        {
            **columns,
            "__key": pa.array([f"k{i}" for i in range(rows)]),
            "__entity": pa.array([f"e{i}" for i in rng.integers(0, rows // 10, rows)]),
            "__time": pa.array(at, pa.timestamp("us", "UTC")),
            "__label": (rng.random(rows) < 1 / (1 + np.exp(-score))).astype(float),
        }
    )


def pipeline() -> Any:
    """Return what a careful team would write with scikit-learn."""
    numbers = [f"n{i}" for i in range(NUMBERS)]
    levels = [*(f"c{i}" for i in range(LEVELS)), *(f"b{i}" for i in range(FLAGS))]
    return make_column_transformer(
        (make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), numbers),
        (OneHotEncoder(min_frequency=20, handle_unknown="infrequent_if_exist"), levels),
        sparse_threshold=1.0,
    )


def encoder(rows: int) -> None:
    """Compare the encoder with a ColumnTransformer: 20 columns into one sparse matrix, already fitted."""
    cases = table(rows)
    plan = make_plan(Columns(layout_of(program), cases), np.ones(rows), np.arange(rows))
    own, matrix = cpu(lambda: encode(plan, Columns(layout_of(program), cases)).sparse())
    frame = cases.to_pandas()
    theirs = pipeline().fit(frame)
    other, their_matrix = cpu(lambda: theirs.transform(frame))
    print(
        f"encoding {rows:,} rows of 20 columns to {matrix.shape[1]} sparse ones (scikit-learn: {their_matrix.shape[1]}):"
    )
    print(
        f"  {own:.3f} CPU s, ColumnTransformer {other:.3f}: {other / own:.1f} times as fast (to reach: 2.5)"
    )


def one_row(rows: int) -> None:
    """Print microseconds for one row: encoding and prediction, with and without contributions."""
    cases = table(rows)
    found = climb(program, cases, Summary(rows=np.array([rows]), since=(None,), columns={}))
    frame = cases.slice(0, 50).to_pandas()
    peer = make_pipeline(pipeline(), LogisticRegression(max_iter=200)).fit(
        cases.slice(0, 20_000).to_pandas(), cases["__label"].to_numpy()[:20_000]
    )
    singles = [frame.iloc[i : i + 1] for i in range(50)]
    other = cpu(lambda: [peer.predict_proba(single) for single in singles])[0] / 50 * 1e6
    print(f"one row of 20 columns, scikit-learn pipeline: {other:,.0f} µs")
    for fitted in found.fitteds.values():
        few = Columns(fitted.layout, cases).row_values(np.arange(2000))
        predict, explain = row_predictor(fitted), explainer(fitted)
        own = cpu(lambda p=predict, r=few: [p(row) for row in r], times=7)[0] / len(few) * 1e6
        some = few[:200]
        told = cpu(lambda e=explain, r=some: [e(row) for row in r])[0] / len(some) * 1e6
        name = fitted.manifest["model"]
        print(
            f"  {name:<8} {own:6.2f} µs, with contributions {told:6.1f} µs ({other / own:,.0f} times as fast)"
        )


def main() -> None:
    """Run the three comparisons."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    rows = parser.parse_args().rows
    warnings.filterwarnings("ignore", category=pd.errors.PerformanceWarning)
    linear_fit(rows)
    encoder(rows)
    one_row(min(rows, 50_000))


if __name__ == "__main__":
    main()
