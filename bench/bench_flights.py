"""The flights of New York: what each model loses from October to December, learned from January to September.

    python bench/bench_flights.py

Prints one table: the mean, Linear and Boosted of fieldguide, and beside them scikit-learn's logistic
regression and HistGradientBoosting, all on the same point-in-time table in the same run. Log loss and AUC of
the flights that got a label, for the three months together and each. Then what the ladder says of each rung.
Needs the extra `examples`.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import itertools
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from fieldguide import learning, models
from fieldguide.program import Program, load_one, raw_columns
from fieldguide.program.blanks.priors import Ridge
from fieldguide.tables.read import read
from fieldguide.tables.summary import Blocks, summarize

PROGRAM = Path(__file__).parents[1] / "examples" / "flights.py"
ZONE = ZoneInfo("America/New_York")
CATEGORIES = ["origin", "carrier", "weekday"]
MONTHS = {"Oct to Dec": (10, 11, 12), "Oct": (10,), "Nov": (11,), "Dec": (12,)}

Predictions = np.ndarray[Any, Any]


def frame(table: pa.Table) -> pd.DataFrame:
    """The 15 features as a data frame, the local hour as a decimal."""
    columns = [name for name in table.column_names if not name.startswith("__")]
    rows = table.select(columns).to_pandas()
    local = rows.pop("scheduled_at").dt.tz_convert(ZONE)
    rows["hour"] = local.dt.hour + local.dt.minute / 60
    rows["weekday"] = local.dt.day_name()
    return rows


def logistic_regression(train: pd.DataFrame, late: Predictions) -> Callable[[pd.DataFrame], Predictions]:
    """scikit-learn's: medians and flags for what is missing, standardized, one-hot, the prior of Linear."""
    numbers = [name for name in train if name not in CATEGORIES]
    fill = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    hot = OneHotEncoder(min_frequency=50, handle_unknown="infrequent_if_exist")
    model = make_pipeline(
        make_column_transformer((fill, numbers), (hot, CATEGORIES)),
        LogisticRegression(C=1 / (Ridge().strength * len(train)), max_iter=2_000),
    )
    model.fit(train, late)
    return lambda rows: model.predict_proba(rows)[:, 1]


def boosted_trees(train: pd.DataFrame, late: Predictions) -> Callable[[pd.DataFrame], Predictions]:
    """scikit-learn's: missing values and categories as they are; the settings of the fact sheet."""
    kinds = {name: pd.CategoricalDtype(sorted(train[name].unique())) for name in CATEGORIES}
    model = HistGradientBoostingClassifier(
        learning_rate=0.06, max_iter=250, max_leaf_nodes=15, min_samples_leaf=200, l2_regularization=5,
        categorical_features="from_dtype", early_stopping=False, random_state=0,
    )  # fmt: skip
    model.fit(train.astype(kinds), late)
    return lambda rows: model.predict_proba(rows.astype(kinds))[:, 1]


def score(late: Predictions, predicted: Predictions) -> tuple[float, float]:
    """Log loss and AUC."""
    return log_loss(late, predicted), roc_auc_score(late, predicted)


def row(name: str, late: Predictions, months: Predictions, predicted: Predictions, seconds: float) -> str:
    """One line of the table."""
    cells = []
    for wanted in MONTHS.values():
        at = np.isin(months, wanted)
        loss, auc = score(late[at], predicted[at])
        cells.append(f"{loss:.4f} / {auc:.3f}")
    return f"| {name} | {' | '.join(cells)} | {seconds:.1f} |"


def ladder(program: Program, table: pa.Table, rows: Any) -> tuple[learning.Climb, list[float]]:
    """Climb mean, Linear, Boosted; beside it the CPU seconds of each rung (fit, losses and their intervals)."""
    begins = learning.boundary(program, table)
    summary = summarize(rows.filter(rows["__time"] < begins), raw_columns(program), slices=Blocks())
    started, said = time.process_time(), {}
    result = learning.climb(
        program, table, summary, on_step=lambda sentence: said.setdefault(sentence, time.process_time())
    )
    ends = [said[f"{rung.model}: {rung.reason}"] for rung in result.rungs]
    return result, [end - begin for begin, end in itertools.pairwise([started, *ends])]


def main() -> None:
    program = replace(load_one(PROGRAM), model=models.Boosted())
    rows = read(program).table
    table = rows.order_by(["__time", "__key"]).to_pyarrow()
    begins = pa.scalar(learning.boundary(program, table))
    known = table.filter(pc.is_valid(table["__label"]))
    earlier = known.filter(pc.less(known["__time"], begins))
    later = known.filter(pc.greater_equal(known["__time"], begins))
    late, answers = later["__label"].to_numpy(), earlier["__label"].to_numpy()
    months = later["__time"].to_pandas().dt.tz_convert(ZONE).dt.month.to_numpy()

    climbed, seconds = ladder(program, table, rows)
    lines, scores = [], {}
    for rung, spent in zip(climbed.rungs, seconds, strict=True):
        predicted = learning.predict_table(climbed.fitteds[rung.fitted], later)
        lines.append(row(f"fieldguide {rung.model}", late, months, predicted, spent))
        scores[rung.model] = score(late, predicted)
    train, asked = frame(earlier), frame(later)
    for name, fit in (("LogisticRegression", logistic_regression), ("HistGradientBoosting", boosted_trees)):
        started = time.process_time()
        predict = fit(train, answers)
        spent = time.process_time() - started
        lines.append(row(f"scikit-learn {name}", late, months, predict(asked), spent))
        scores[name] = score(late, predict(asked))

    print(
        f"log loss / AUC on {len(late):,} flights with a label; learned from {len(answers):,} before {begins}"
    )
    print(f"| model | {' | '.join(MONTHS)} | CPU s |")
    print("|---|" + "---|" * (len(MONTHS) + 1))
    print("\n".join(lines))
    print(
        "(CPU s of fieldguide holds the losses with their intervals and the proof that rows and tables agree)"
    )
    for ours, theirs in (("Linear", "LogisticRegression"), ("Boosted", "HistGradientBoosting")):
        loss, auc = (a - b for a, b in zip(scores[ours], scores[theirs], strict=True))
        print(f"{ours} less scikit-learn's {theirs}: log loss {loss:+.5f}, AUC {auc:+.5f}")
    print("\nthe ladder:")
    for rung in climbed.rungs:
        print(f"- {rung.model}: {rung.reason}")


if __name__ == "__main__":
    sys.exit(main())
