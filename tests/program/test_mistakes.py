"""Each wrong filling gives one line that says what was given, what was expected and what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

import fieldguide.program as fg
from fieldguide.errors import ProgramError

DAY = timedelta(days=1)


def weekend(seen_at: Any) -> bool:
    return bool(seen_at.weekday() >= 5)


def no_columns() -> float:
    return 0.5


def any_columns(*columns: Any) -> float:
    return float(len(columns))


class Rows:
    """Something that speaks the Arrow C stream."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self


SEVEN = {
    "a misspelt blank": (
        lambda fill: fill(modle=fg.models.Linear()),
        "Program has no blank 'modle'. Did you mean 'model'?",
    ),
    "the wrong kind in a blank": (
        lambda fill: fill(model=fg.priors.Ridge()),
        "Program(model=…): you gave Ridge(strength=0.0001) (Ridge); expected fg.models.Linear().",
    ),
    "the features are missing": (
        lambda fill: fg.Program(question=fg.Question("?"), source=fg.Source("a.csv")),
        'Program lacks features=: write features=[fg.Number("age", unit="year"), fg.Category("plan")]',
    ),
    "an impossible pair": (
        lambda fill: fill(model=fg.models.Boosted(), prior=fg.priors.Ridge()),
        "prior=Ridge() speaks of a weight for each feature, and Boosted() has none: leave prior= out",
    ),
    "an unknown column": (
        lambda fill: fill(features=[fg.Boolean("weekend", of=weekend)], inputs=[fg.Timestamp("seen_on")]),
        "Boolean('weekend', of=weekend) reads 'seen_at', which is neither a feature nor an input. "
        "Did you mean 'seen_on'? Declare it",
    ),
    "a misspelt option": (
        lambda fill: fg.models.Boosted(deph=3),
        "Boosted has no blank 'deph'. Did you mean 'depth'? Its blanks: trees, depth, learning_rate, min_rows.",
    ),
    "rows where a source is wanted": (
        lambda fill: fill(source=Rows()),
        'Program(source=…): you gave rows (Rows); expected fg.Source("table.parquet", key="…")',
    ),
}


@pytest.mark.parametrize("mistake", SEVEN)
def test_each_of_the_seven_mistakes_is_one_line_that_says_what_to_do(
    mistake: str, filled: Callable[..., fg.Program]
) -> None:
    make, sentence = SEVEN[mistake]
    with pytest.raises(ProgramError) as caught:
        make(filled)
    message = str(caught.value)
    assert sentence in message
    assert "\n" not in message
    assert len(message) < 400
    assert caught.value.exit_code == 2


OTHERS: dict[str, tuple[Callable[..., object], str]] = {
    "too many unnamed values": (
        lambda fill: fg.Source("a.csv", "visit_id"),
        "Source takes 1 unnamed value(s) (data), and 2 were given: name the others, for example Source(…, key=…).",
    ),
    "an unnamed value where none goes": (lambda fill: fg.models.Linear(3), "Linear takes no unnamed value"),
    "the same blank twice": (
        lambda fill: fg.priors.Ridge(1, strength=2),
        "Ridge(strength=…): it is given twice",
    ),
    "a class in place of a value": (
        lambda fill: fill(model=fg.models.Linear),
        "you gave the class Linear itself (write Linear(…))",
    ),
    "a blank that a class without blanks lacks": (
        lambda fill: fg.models.Linear(alpha=1),
        "It has no blanks.",
    ),
    "the base of the labels": (
        lambda fill: fill(label=fg.Label("came_back", arrives_within=DAY)),
        "Label is only the base; expected fg.BinaryLabel, fg.NumericLabel or fg.CountLabel.",
    ),
    "the base of the models": (lambda fill: fill(model=fg.models.Model()), "Model is only the base"),
    "a single feature without a list": (
        lambda fill: fill(features=fg.Number("a")),
        "expected a list such as",
    ),
    "no feature at all": (lambda fill: fill(features=[]), "name at least one column"),
    "a string among the features": (
        lambda fill: fill(features=["seconds"]),
        "you gave 'seconds' (str); expected fg.Number, fg.Category, fg.Timestamp or fg.Boolean",
    ),
    "a feature named twice": (
        lambda fill: fill(features=[fg.Number("a"), fg.Category("a")]),
        "'a' is named twice",
    ),
    "one column with two kinds": (
        lambda fill: fill(features=[fg.Number("a")], inputs=[fg.Category("a")]),
        "Category('a'): there is a raw column of that name already, a number",
    ),
    "a computed feature with the name of a raw column": (
        lambda fill: fill(
            features=[fg.Boolean("seen_at", of=weekend)],
            inputs=[fg.Timestamp("seen_at")],
        ),
        "Boolean('seen_at'): there is a raw column of that name already, a timestamp",
    ),
    "the label among the features": (
        lambda fill: fill(features=[fg.Boolean("came_back")]),
        "'came_back' is the label and cannot be a feature",
    ),
    "a time without parts": (
        lambda fill: fill(features=[fg.Timestamp("seen_at")]),
        "lacks parts=: write parts=('hour', 'weekday'), or move it to inputs=.",
    ),
    "an unknown part": (lambda fill: fg.Timestamp("seen_at", parts=("minute",)), "'minute' is not a part"),
    "a computed input": (
        lambda fill: fill(inputs=[fg.Timestamp("seen_at"), fg.Boolean("weekend", of=weekend)]),
        "inputs: 'weekend' is computed",
    ),
    "a nameless column": (lambda fill: fg.Number(""), "a column's name is not empty"),
    "a column with a name of ours": (
        lambda fill: fg.Number("__key"),
        "does not start with two underscores",
    ),
    "bounds the wrong way round": (
        lambda fill: fg.Number("a", low=2, high=1),
        "low=2 lies above high=1; swap them.",
    ),
    "a bound that is no number": (
        lambda fill: fg.Number("a", low=float("nan")),
        "you gave nan (float); expected a number.",
    ),
    "text as a bound": (
        lambda fill: fg.Number("a", high="10"),
        "you gave '10' (str); expected a number.",
    ),
    "a unit that is no text": (lambda fill: fg.Number("a", unit=1), "expected text in quotes"),
    "a neutral value of another kind": (
        lambda fill: fg.Presentation(fg.Number("position"), neutral="1"),
        "you gave '1' (str) for a number; expected a value such as 1.",
    ),
    "a computed presentation": (
        lambda fill: fg.Presentation(fg.Boolean("weekend", of=weekend)),
        "takes no of=",
    ),
    "a delay that is a number": (
        lambda fill: fg.BinaryLabel("came_back", arrives_within=7),
        "expected a timedelta, such as timedelta(days=7).",
    ),
    "an outcome before the prediction": (
        lambda fill: fg.BinaryLabel("came_back", arrives_within=-DAY),
        "an outcome comes after the prediction",
    ),
    "an unknown kind of silence": (
        lambda fill: fg.BinaryLabel("came_back", arrives_within=DAY, silence="no"),
        "'no' is neither 'unknown' nor 'negative'",
    ),
    "silence that means an amount": (
        lambda fill: fg.NumericLabel("spent", arrives_within=DAY, silence="negative"),
        "only a BinaryLabel can mean no by silence",
    ),
    "an objective for another label": (
        lambda fill: fill(objective=fg.objectives.Poisson()),
        "objective=Poisson() goes with a count label; BinaryLabel('came_back') is binary: leave objective= "
        "out, or write fg.objectives.LogLoss().",
    ),
    "an optimizer without a linear score": (
        lambda fill: fill(model=fg.models.Boosted(), optimizer=fg.optimizers.Newton()),
        "optimizer=Newton() needs a weighted sum of features, and Boosted() is none",
    ),
    "a linear model that nothing searches": (
        lambda fill: fill(optimizer=fg.optimizers.Own()),
        "optimizer=Own() brings no way to search the weights of Linear()",
    ),
    "a negative prior": (lambda fill: fg.priors.Ridge(-1), "expected a number from 0 up"),
    "half a tree": (lambda fill: fg.models.Boosted(trees=0.5), "expected a whole number from 1 up"),
    "a learning rate above one": (
        lambda fill: fg.models.Boosted(learning_rate=2),
        "expected a number above 0, at most 1.",
    ),
    "no Newton step": (lambda fill: fg.optimizers.Newton(steps=0), "expected a whole number from 1 up"),
    "a tolerance of one": (lambda fill: fg.optimizers.Newton(tolerance=1), "between 0 and 1"),
    "an estimator that is none": (
        lambda fill: fg.models.Estimator("logistic"),
        "expected a scikit-learn estimator, such as LogisticRegression().",
    ),
    "a heuristic that reads nothing": (lambda fill: fg.models.Heuristic(no_columns), "it reads no column"),
    "a heuristic that reads an undeclared column": (
        lambda fill: fill(model=fg.models.Heuristic(weekend)),
        "Heuristic(weekend) reads 'seen_at', which is neither a feature nor an input.",
    ),
    "a function of any columns": (
        lambda fill: fg.Number("n", of=any_columns),
        "any_columns takes *columns; its parameter names must be the columns it reads.",
    ),
    "a date that is none": (
        lambda fill: fill(next_period="in October"),
        "'in October' is no date; write it as '2013-10-01'",
    ),
    "a date that is not text": (
        lambda fill: fill(next_period=date(2013, 10, 1)),
        "expected a date as '2013-10-01' or a timedelta",
    ),
    "a seed of true": (lambda fill: fill(seed=True), "expected a whole number"),
    "a name that is no text": (lambda fill: fill(name=7), "you gave 7 (int)"),
    "a name that no address can hold": (lambda fill: fill(name="my visits"), "is no name; use letters"),
    "a list as rows": (
        lambda fill: fg.Source([{"a": 1}]),
        "you gave a list of 1; expected a path, a function that returns rows, or a data frame",
    ),
    "an object that holds no rows": (
        lambda fill: fg.Source(object()),
        "anything with the Arrow C stream",
    ),
    "a password in an address": (
        lambda fill: fg.Source("s3://me:secret@bucket/visits.parquet"),
        "the address holds a password; write it as ${NAME}",
    ),
    "a time zone that is none": (
        lambda fill: fg.Source("a.csv", timezone="Stockholm"),
        "'Stockholm' is no time zone; write a name such as 'Europe/Stockholm'",
    ),
    "a key column that is a number": (
        lambda fill: fg.Source("a.csv", key=("day", 3)),
        "you gave 3 (int) in it",
    ),
    "a yes where the personal data are asked": (
        lambda fill: fg.Source("a.csv", personal_data=True),
        "say which, such as 'e-mail address', or 'none'.",
    ),
    "a delivery that is text": (
        lambda fill: fg.Source("a.csv", delivered_every="1h"),
        "expected a timedelta, such as timedelta(hours=1)",
    ),
    "an end that is no date": (lambda fill: fg.Source("a.csv", expires="soon"), "'soon' is no date"),
    "a source in place of a join": (
        lambda fill: fg.Source("a.csv", joins=[fg.Source("b.csv")]),
        "expected fg.Join(fg.Source(…), on=…, as_of=…)",
    ),
    "a join without as_of": (
        lambda fill: fg.Join(fg.Source("b.csv"), on="origin"),
        'Join lacks as_of=: write Join(fg.Source(weather), on="origin", as_of="observed_until").',
    ),
    "a join of a join": (
        lambda fill: fg.Join(
            fg.Source("b.csv", joins=[fg.Join(fg.Source("c.csv"), on="a", as_of="t")]), on="a", as_of="t"
        ),
        "a joined source cannot have joins of its own",
    ),
}


@pytest.mark.parametrize("mistake", OTHERS)
def test_a_wrong_filling_says_what_to_do_in_one_line(mistake: str, filled: Callable[..., fg.Program]) -> None:
    make, sentence = OTHERS[mistake]
    with pytest.raises(ProgramError) as caught:
        make(filled)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_misspelt_blank_in_replace_is_named_as_well(filled: Callable[..., fg.Program]) -> None:
    with pytest.raises(ProgramError, match="Did you mean 'prior'"):
        replace(filled(), piror=fg.priors.NoPrior())


def test_what_is_not_yet_answered_is_no_error(filled: Callable[..., fg.Program]) -> None:
    source = filled().source
    assert (source.owner, source.license, source.purpose, source.personal_data) == (None, None, None, None)


def test_a_blank_that_fieldguide_fills_itself_is_not_offered(filled: Callable[..., fg.Program]) -> None:
    with pytest.raises(ProgramError) as caught:
        filled(nonsense=1)
    assert str(caught.value).endswith("next_period, seed, name.")
