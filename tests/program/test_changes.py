"""What differs between two programs is named knob by knob."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fieldguide.program as fg

VARIANTS: dict[str, dict[str, Any]] = {
    "source": {"source": fg.Source("other.csv", key="visit_id")},
    "features": {"features": [fg.Number("seconds", unit="second", low=0)]},
    "label": {"label": fg.BinaryLabel("came_back", arrives_within=timedelta(days=8))},
    "model": {"model": fg.models.Simplest()},
    "objective": {},
    "prior": {"prior": fg.priors.Ridge(0.01)},
    "optimizer": {"optimizer": fg.optimizers.Newton(steps=9)},
    "next_period": {"next_period": "2013-10-01"},
    "seed": {"seed": 1},
}


@pytest.mark.parametrize("knob", [knob for knob, variant in VARIANTS.items() if variant])
def test_one_blank_filled_otherwise_is_one_change(knob: str, filled: Callable[..., fg.Program]) -> None:
    program = filled()
    found = fg.changes(program, replace(program, **VARIANTS[knob]))
    assert [change.knob for change in found] == [knob]
    assert found[0].before != found[0].after
    assert fg.fingerprint(program) != fg.fingerprint(replace(program, **VARIANTS[knob]))


def test_an_objective_is_a_change_of_its_own(filled: Callable[..., fg.Program]) -> None:
    counted = filled(label=fg.CountLabel("clicks", arrives_within=timedelta(days=1)))
    (change,) = fg.changes(counted, replace(counted, objective=fg.objectives.SquaredError()))
    assert str(change) == "objective: Poisson() (the default) → SquaredError()"


def test_every_knob_of_the_list_is_tried_above() -> None:
    from fieldguide.program.changes import KNOBS

    assert set(VARIANTS) == set(KNOBS)


def test_defaults_are_shown_and_marked(filled: Callable[..., fg.Program]) -> None:
    (change,) = fg.changes(filled(), filled(prior=fg.priors.Ridge(0.01)))
    assert str(change) == "prior: Ridge(strength=0.0001) (the default) → Ridge(strength=0.01)"
    (change,) = fg.changes(filled(next_period="2013-10-01"), filled())
    assert change.after == "the last fifth of the time span (the default)"


def test_writing_a_default_out_changes_nothing(filled: Callable[..., fg.Program]) -> None:
    written = filled(
        objective=fg.objectives.LogLoss(), prior=fg.priors.Ridge(1e-4), optimizer=fg.optimizers.Newton()
    )
    assert fg.changes(filled(), written) == ()
    assert fg.fingerprint(filled()) == fg.fingerprint(written)


def test_descriptions_owners_and_names_are_no_knobs(filled: Callable[..., fg.Program]) -> None:
    described = filled(
        name="visits",
        source=fg.Source("visits.csv", key="visit_id", owner="web team", license="own", about="visits"),
        features=[
            fg.Number("seconds", unit="second", low=0, about="on the site", owner="web team"),
            fg.Category("plan"),
        ],
    )
    assert fg.changes(filled(), described) == ()
    assert fg.fingerprint(filled()) == fg.fingerprint(described)


def test_features_differ_one_by_one(filled: Callable[..., fg.Program]) -> None:
    seconds, plan, age = fg.Number("seconds"), fg.Category("plan"), fg.Number("age", low=0)

    def difference(before: list[Any], after: list[Any]) -> str:
        (change,) = fg.changes(filled(features=before), filled(features=after))
        return str(change)

    assert difference([seconds, plan], [seconds, plan, age]) == (
        "features: 2 features → 2 features and Number(name='age', low=0)"
    )
    assert (
        difference([seconds, plan], [plan]) == "features: 1 features and Number(name='seconds') → 1 features"
    )
    assert difference([age], [fg.Number("age", low=18)]) == (
        "features: 0 features and Number(name='age', low=0) → 0 features and Number(name='age', low=18)"
    )
    assert difference([seconds, plan], [plan, seconds]) == "features: one order → another order"


def test_a_part_of_a_time_that_is_also_an_input_is_seen(filled: Callable[..., fg.Program]) -> None:
    def with_parts(*parts: str) -> fg.Program:
        return filled(features=[fg.Timestamp("seen_at", parts=parts)], inputs=[fg.Timestamp("seen_at")])

    (change,) = fg.changes(with_parts("hour"), with_parts("hour", "day"))
    assert "parts=['hour', 'day']" in change.after


def test_paths_are_the_same_in_every_folder(filled: Callable[..., fg.Program], tmp_path: Path) -> None:
    def at(folder: str, data: str | Path) -> str:
        return fg.fingerprint(filled(source=fg.Source(data), file=str(tmp_path / folder / "visits.py")))

    assert at("a", tmp_path / "a" / "data" / "x.csv") == at("b", tmp_path / "b" / "data" / "x.csv")
    assert at("a", "data/x.csv") == at("b", Path("data/x.csv")) == at("b", "./data/x.csv")
    assert at("a", tmp_path / "2012" / "x.csv") == at("b", tmp_path / "2012" / "x.csv")
    assert at("a", tmp_path / "2012" / "x.csv") != at("a", tmp_path / "2013" / "x.csv")
    assert at("a", "s3://bucket/x.csv") != at("a", "s3://other/x.csv")


def test_equal_numbers_are_one_value_and_close_ones_are_two() -> None:
    assert fg.render(fg.Number("a", low=0)) == fg.render(fg.Number("a", low=0.0))
    assert fg.render(fg.priors.Ridge(1)) == fg.render(fg.priors.Ridge(1.0))
    assert fg.render(timedelta(days=14)) != fg.render(timedelta(days=14, seconds=1))


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_two_bounds_have_the_same_text_if_and_only_if_they_are_equal(a: float, b: float) -> None:
    assert (fg.render(a) == fg.render(b)) == (a == b)


@given(st.timedeltas(), st.timedeltas())
def test_two_delays_have_the_same_text_if_and_only_if_they_are_equal(a: timedelta, b: timedelta) -> None:
    assert (fg.render(a) == fg.render(b)) == (a == b)


def rows_of(year: int) -> str:
    return f"{year}.csv"


def test_a_partial_function_counts_with_its_arguments() -> None:
    assert fg.render(partial(rows_of, 2012)) != fg.render(partial(rows_of, 2013))
    assert fg.render(partial(rows_of, 2012)) == fg.render(partial(rows_of, 2012))


def test_a_data_frame_counts_by_its_columns(filled: Callable[..., fg.Program]) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed here")
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed here")
    frame = pandas.DataFrame({"a": [1.0], "b": ["x"]})
    assert fg.knobs(filled(source=fg.Source(frame)))["source"] == "Source(data=rows(a, b), timezone='UTC')"
    assert fg.render(pyarrow.table({"a": [1.0], "b": ["x"]})) == "rows(a, b)"


def test_an_estimator_counts_with_all_that_is_not_its_librarys_default() -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed here")
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    def pipeline(last: float, names: tuple[str, ...] = ("a",)) -> fg.models.Estimator:
        steps: list[Any] = [(f"scale_{n}", StandardScaler(with_std=False)) for n in range(40)]
        steps.append(("odd", FunctionTransformer(rows_of, kw_args={"names": list(names)})))
        return fg.models.Estimator(Pipeline([*steps, ("end", LogisticRegression(C=last))]))

    assert fg.render(fg.models.Estimator(LogisticRegression(C=1.0))) == fg.render(
        fg.models.Estimator(LogisticRegression())
    )
    assert fg.render(pipeline(2.0)) == fg.render(pipeline(2.0))
    assert fg.render(pipeline(2.0)) != fg.render(pipeline(3.0))
    assert fg.render(pipeline(2.0)) != fg.render(pipeline(2.0, names=("b",)))
    assert " at 0x" not in fg.render(pipeline(2.0))
