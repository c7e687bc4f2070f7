"""Estimator: anything that speaks scikit-learn's interface is as welcome as ours."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC

from fieldguide.errors import ProgramError, UsageError
from fieldguide.learning import climb, explain, load, predict_table, row_predictor, save
from fieldguide.learning.backends import scikit_learn
from fieldguide.learning.layout import Columns
from fieldguide.program import Program, models

from . import visits_world as world

TABLE = world.table(1500)
LOGISTIC = "models.Estimator(LogisticRegression(C=10.0, max_iter=500))"
HEADER = "from sklearn.linear_model import LogisticRegression\n"


def fitted(program: Program, model: models.Estimator, table: Any = TABLE) -> Any:
    found = climb(replace(program, model=model), table, world.summary())
    assert [rung.model for rung in found.rungs] == ["Mean", "Linear", "Estimator"]
    return found.fitteds[found.rungs[-1].fitted]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    return world.program(tmp_path_factory.mktemp("estimator"))


@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(max_iter=500),
        HistGradientBoostingClassifier(max_iter=10),
        make_pipeline(StandardScaler(), LogisticRegression()),
        KNeighborsClassifier(20),
    ],
    ids=lambda e: type(e).__name__,
)
def test_estimators_answer_for_single_rows_as_in_bulk(program: Program, estimator: Any) -> None:
    made = fitted(program, models.Estimator(estimator, trusted=scikit_learn_types(estimator)))
    table = world.table(120, seed=4)
    one = row_predictor(made)
    rows = Columns(made.layout, table).row_values(np.arange(120))
    assert [one(row) for row in rows] == predict_table(made, table).tolist()


def scikit_learn_types(estimator: Any) -> tuple[str, ...]:
    """Types that skops of some versions asks to be trusted, for the estimators of these tests."""
    if isinstance(estimator, HistGradientBoostingClassifier):
        return (
            "sklearn._loss.link.Interval",
            "sklearn._loss.link.LogitLink",
            "sklearn._loss.loss.HalfBinomialLoss",
            "sklearn._loss._loss.CyHalfBinomialLoss",
            "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
            "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        )
    if isinstance(estimator, KNeighborsClassifier):
        return (
            "sklearn.metrics._dist_metrics.EuclideanDistance64",
            "sklearn.neighbors._kd_tree.KDTree",
            "numpy.dtype",
        )
    return ()


def test_it_learns_what_the_same_estimator_learns_on_the_same_matrix(program: Program) -> None:
    made = fitted(program, models.Estimator(LogisticRegression(C=10.0, max_iter=2000)))
    linear = climb(program, TABLE, world.summary()).fitteds
    own = next(f for f in linear.values() if f.manifest["model"] == "Linear")
    difference = np.abs(predict_table(made, TABLE) - predict_table(own, TABLE))
    assert difference.max() < 0.02  # nearly the same prior, the same columns


def test_the_raw_frame_is_given_where_it_is_asked_for(program: Program) -> None:
    pipeline = make_pipeline(
        make_column_transformer(
            (
                make_pipeline(SimpleImputer(), StandardScaler()),
                ["age", "seconds", "member", "weekend", "root"],
            ),
            (OneHotEncoder(handle_unknown="ignore"), ["plan", "band"]),
        ),
        LogisticRegression(max_iter=500),
    )
    made = fitted(program, models.Estimator(pipeline, matrix="frame", trusted=("numpy.dtype",)))
    table = world.table(60, seed=4)
    one = row_predictor(made)
    rows = Columns(made.layout, table).row_values(np.arange(60))
    assert [one(row) for row in rows] == predict_table(made, table).tolist()
    assert np.isfinite(one((None,) * 5))


def test_the_frame_holds_features_by_name_and_local_times(program: Program) -> None:
    columns = Columns(scikit_learn_layout(program), world.table(50))
    frame = scikit_learn._matrix("frame", columns, None)  # type: ignore[arg-type]
    assert list(frame.columns) == [feature.name for feature in program.features]
    assert str(frame["seen"].dtype) == "datetime64[us, America/New_York]"
    assert str(frame["age"].dtype) == str(frame["member"].dtype) == "float64"
    row = scikit_learn._row_frame(columns.layout)
    for i, values in enumerate(columns.row_values(np.arange(50))):
        single = row(values)
        assert list(single.dtypes) == list(frame.dtypes)
        assert single.iloc[0].astype(str).tolist() == frame.iloc[i].astype(str).tolist()


def scikit_learn_layout(program: Program) -> Any:
    from fieldguide.learning.layout import layout_of

    return layout_of(program)


def test_wide_matrices_are_sparse_in_training_and_serving(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scikit_learn, "DENSE_VALUES", 1000)
    made = fitted(program, models.Estimator(LogisticRegression(max_iter=500)))
    assert made.scorer.form == "sparse"
    table = world.table(40, seed=4)
    rows = Columns(made.layout, table).row_values(np.arange(40))
    assert [row_predictor(made)(row) for row in rows] == predict_table(made, table).tolist()


def test_what_was_left_without_a_seed_gets_that_of_the_program(program: Program) -> None:
    one, other = (
        fitted(program, models.Estimator(RandomForestClassifier(5), trusted=("sklearn.tree._tree.Tree",)))
        for _ in range(2)
    )
    assert one.id == other.id
    third = fitted(
        replace(program, seed=1),
        models.Estimator(RandomForestClassifier(5), trusted=("sklearn.tree._tree.Tree",)),
    )
    assert third.id != one.id


def test_it_is_stored_without_pickle_and_loads_again(tmp_path: Path) -> None:
    program = world.program(tmp_path / "code", model=LOGISTIC, text=HEADER + world.PROGRAM)
    found = climb(program, TABLE, world.summary())
    made = found.fitteds[found.rungs[-1].fitted]
    path = save(made, tmp_path / "fitted")
    again = load(path)
    np.testing.assert_array_equal(predict_table(again, TABLE), predict_table(made, TABLE))
    assert again.id == made.id
    with pytest.raises(UsageError, match="has no exact contributions"):
        explain(again, (None,) * 5)


class Ours(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier that skops has never heard of."""

    def fit(self, x: Any, y: Any) -> Ours:
        self.classes_ = np.unique(y)
        self.rate_ = float(np.mean(y))
        return self

    def predict_proba(self, x: Any) -> Any:
        rate = np.full(x.shape[0], self.rate_)
        return np.column_stack([1 - rate, rate])


class Batchy(Ours):
    """A classifier whose answer for a row depends on the rows beside it."""

    def predict_proba(self, x: Any) -> Any:
        rate = np.full(x.shape[0], 1.0 / (1.0 + x.shape[0]))
        return np.column_stack([1 - rate, rate])


class Lost(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """A regressor that answers with what is no number."""

    def fit(self, x: Any, y: Any) -> Lost:
        self.n_ = 1
        return self

    def predict(self, x: Any) -> Any:
        return np.full(x.shape[0], np.nan)


@pytest.fixture
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let skops find this test module by the name that its classes carry."""
    monkeypatch.setitem(sys.modules, __name__, sys.modules[__name__])


def test_types_that_skops_does_not_know_are_approved_by_name(program: Program, importable: None) -> None:
    name = f"{Ours.__module__}.Ours"
    with pytest.raises(ProgramError, match=r"types that skops does not know: .*Ours.*trusted="):
        fitted(program, models.Estimator(Ours()))
    made = fitted(program, models.Estimator(Ours(), trusted=(name,)))
    assert predict_table(made, TABLE)[0] == pytest.approx(made.constant)


def test_answers_that_depend_on_other_rows_are_refused(program: Program, importable: None) -> None:
    trusted = (f"{Batchy.__module__}.Batchy",)
    with pytest.raises(ProgramError, match="single rows differ from those in bulk"):
        fitted(program, models.Estimator(Batchy(), trusted=trusted))


def test_answers_that_are_no_numbers_are_refused(tmp_path: Path, importable: None) -> None:
    program = world.program(tmp_path, label=world.AMOUNT)
    with pytest.raises(ProgramError, match="Lost predicted a value that is not finite"):
        fitted(
            program,
            models.Estimator(Lost(), trusted=(f"{Lost.__module__}.Lost",)),
            world.table(500, kind="amount"),
        )


@pytest.mark.parametrize(
    ("estimator", "says"),
    [
        (LinearRegression(), "LinearRegression has no predict_proba.*use a classifier that has it"),
        (SVC(), "SVC has no predict_proba"),
    ],
)
def test_a_probability_needs_a_classifier(program: Program, estimator: Any, says: str) -> None:
    with pytest.raises(ProgramError, match=says):
        fitted(program, models.Estimator(estimator))


def test_an_amount_needs_a_regressor(tmp_path: Path) -> None:
    program, table = world.program(tmp_path, label=world.AMOUNT), world.table(600, kind="amount")
    with pytest.raises(ProgramError, match="DummyClassifier is a classifier, and the label is numeric"):
        fitted(program, models.Estimator(DummyClassifier()), table)
    made = fitted(program, models.Estimator(LinearRegression()), table)
    own = next(
        f for f in climb(program, table, world.summary()).fitteds.values() if f.manifest["model"] == "Linear"
    )
    assert np.corrcoef(predict_table(made, table), predict_table(own, table))[0, 1] > 0.99


def test_weights_of_rows_reach_the_estimator_or_are_refused(program: Program, importable: None) -> None:
    weight = np.where(np.arange(1500) % 2 == 0, 5.0, 0.1)
    place = TABLE.column_names.index("__weight")
    table = TABLE.set_column(place, "__weight", [weight])
    for estimator in (
        LogisticRegression(max_iter=500),
        make_pipeline(StandardScaler(), LogisticRegression()),
    ):
        weighted = fitted(program, models.Estimator(estimator), table)
        plain = fitted(program, models.Estimator(estimator))
        assert np.abs(predict_table(weighted, TABLE) - predict_table(plain, TABLE)).max() > 0.02
    with pytest.raises(ProgramError, match="Ours takes none"):
        fitted(program, models.Estimator(Ours(), trusted=(f"{Ours.__module__}.Ours",)), table)


def test_without_skops_it_says_what_to_install(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skops.io", None)
    monkeypatch.setitem(sys.modules, "skops", None)
    with pytest.raises(UsageError, match=r"pip install 'fieldguide\[estimators\]'"):
        fitted(program, models.Estimator(LogisticRegression()))
