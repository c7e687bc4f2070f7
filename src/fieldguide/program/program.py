"""Program: one filled-in problem. Every problem is the same few blanks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from fieldguide.errors import ProgramError, suggest
from fieldguide.program.blanks import models, objectives, optimizers, priors
from fieldguide.program.columns import (
    Boolean,
    Category,
    Feature,
    Number,
    Presentation,
    Text,
    Timestamp,
    reads,
)
from fieldguide.program.declare import declaration, expect, expect_text, frozen_list, hidden, note, what
from fieldguide.program.label import Label, NoLabel
from fieldguide.program.question import Question
from fieldguide.program.source import Source

_DEFAULT_OBJECTIVE = {
    "binary": objectives.LogLoss(),
    "numeric": objectives.SquaredError(),
    "count": objectives.Poisson(),
    "none": objectives.SquaredError(),  # what would be learned from, were there something to learn
}


@dataclass(frozen=True)
class Blanks:
    """The four blanks of learning with the defaults filled in."""

    model: models.Model
    objective: objectives.Objective
    prior: priors.Prior
    optimizer: optimizers.Optimizer


@declaration
class Program:
    """One filled-in problem.

    `question` and `label` may be left out while it is only about the data: they can be graded up to band B
    then, and nothing can be learned.
    `inputs` are raw columns that only computed features or a heuristic read; without a label they suffice. `objective`, `prior` and
    `optimizer` may be left out: the model and the label bring their own. `next_period` is when the rows
    begin that the model is judged on: an ISO date in the source's time zone, or a timedelta before the
    end; left out, the last fifth of the time span. `name` is the program's identity in the ledger, the
    journal and the URL: by default the variable's name. `file` is where the program is written and
    `code` the text of its modules as they were when it was loaded; both are filled in by fieldguide.

    Raises ProgramError for a wrong filling: what was filled, what it lacks, what to do.
    """

    HINTS: ClassVar[dict[str, str]] = {
        "source": 'source=fg.Source("visits.parquet", key="visit_id")',
        "features": 'features=[fg.Number("age", unit="year"), fg.Category("plan")]',
    }

    _: KW_ONLY
    source: Source
    features: Sequence[Feature | Presentation]
    question: Question = Question("")
    label: Label = NoLabel()
    inputs: Sequence[Feature] = ()
    model: models.Model = models.Linear()
    objective: objectives.Objective | None = None
    prior: priors.Prior | None = None
    optimizer: optimizers.Optimizer | None = None
    next_period: str | timedelta | None = None
    seed: int = 0
    name: str | None = note(default=None)
    file: str | None = hidden(default=None)
    code: Mapping[str, str] | None = hidden(default=None)

    def __post_init__(self) -> None:
        for blank in ("features", "inputs"):
            frozen_list(self, blank)
        if self.file is None:
            object.__setattr__(self, "file", _written_in())
        _check_kinds(self)
        _check_columns(self)
        _check_blanks(self)

    def blanks(self) -> Blanks:
        """Return model, objective, prior and optimizer with the defaults filled in."""
        linear = self.model.needs_optimizer
        return Blanks(
            model=self.model,
            objective=self.objective or _DEFAULT_OBJECTIVE[self.label.kind],
            prior=self.prior or (priors.Ridge() if self.model.needs_prior else priors.NoPrior()),
            optimizer=self.optimizer or (optimizers.Newton() if linear else optimizers.Own()),
        )


def raw_columns(program: Program) -> tuple[Feature, ...]:
    """Return the raw columns that a row holds, in the order of every row of values.

    Features that are not computed, then inputs, then presentation columns; each name once.
    """
    plain = [f for f in program.features if isinstance(f, Feature) and f.of is None]
    shown = [f.feature for f in program.features if isinstance(f, Presentation)]
    columns: dict[str, Feature] = {}
    for feature in (*plain, *program.inputs, *shown):
        columns.setdefault(feature.name, feature)
    return tuple(columns.values())


def computed_features(program: Program) -> tuple[Feature, ...]:
    """Return the features that are computed by a function, in their order."""
    return tuple(f for f in program.features if isinstance(f, Feature) and f.of is not None)


def presentations(program: Program) -> tuple[Presentation, ...]:
    """Return the features of how something was shown."""
    return tuple(f for f in program.features if isinstance(f, Presentation))


def arguments(program: Program, function: Callable[..., Any]) -> tuple[int, ...]:
    """Return the positions among `raw_columns` of the columns that `function` reads."""
    names = [column.name for column in raw_columns(program)]
    return tuple(names.index(name) for name in reads(function))


def _written_in() -> str | None:
    """Return the file of the innermost caller that is not fieldguide nor the standard library."""
    frame = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if not module.startswith(("fieldguide.", "dataclasses")) and module != "functools":
            return frame.f_globals.get("__file__")
        frame = frame.f_back  # type: ignore[assignment]
    return None


def _check_kinds(program: Program) -> None:
    expect(program, "question", Question, 'fg.Question(ask="…", one_row_is="…")')
    expect(program, "source", Source, 'fg.Source("table.parquet", key="…"): say where the rows are')
    expect(program, "label", Label, 'fg.BinaryLabel("came_back", arrives_within=timedelta(days=7))')
    for blank in ("features", "inputs"):
        expect(program, blank, tuple, 'a list such as [fg.Number("age"), fg.Category("plan")]')
        allowed = (Number, Category, Boolean, Timestamp) + (
            (Presentation,) if blank == "features" else (Text,)
        )
        for item in getattr(program, blank):
            if isinstance(item, Text) and blank == "features":
                raise ProgramError(
                    f"Program(features=…): no model reads Text({item.name!r}) as it is; move it to inputs= and compute a "
                    "Number, Category or Boolean from it with of=."
                )
            if not isinstance(item, allowed):
                raise ProgramError(
                    f"Program({blank}=…): you gave {what(item)}; expected fg.Number, fg.Category, fg.Timestamp or "
                    f'fg.Boolean with the name of a column, such as fg.Category("plan").'
                )
    rooms: dict[str, tuple[type, str]] = {
        "model": (models.Model, "fg.models.Linear()"),
        "objective": (objectives.Objective, "fg.objectives.LogLoss()"),
        "prior": (priors.Prior, "fg.priors.Ridge(1e-4)"),
        "optimizer": (optimizers.Optimizer, "fg.optimizers.Newton()"),
    }
    for blank, (kind, example) in rooms.items():
        value = getattr(program, blank)
        if value is not None or blank == "model":
            expect(program, blank, kind, example)
        if type(value) is kind:
            raise ProgramError(f"Program({blank}=…): {kind.__name__} is only the base; expected {example}.")
    if type(program.label) is Label:
        raise ProgramError(
            "Program(label=…): Label is only the base; expected fg.BinaryLabel, fg.NumericLabel or fg.CountLabel."
        )
    expect_text(program, "name")
    if not program.features and (program.label.kind != "none" or not program.inputs):
        raise ProgramError('Program(features=[]): name at least one column, such as fg.Number("age").')
    if isinstance(program.seed, bool) or not isinstance(program.seed, int):
        raise ProgramError(f"Program(seed=…): you gave {what(program.seed)}; expected a whole number.")
    if isinstance(program.next_period, str):
        try:
            datetime.fromisoformat(program.next_period)
        except ValueError:
            raise ProgramError(
                f"Program(next_period=…): {program.next_period!r} is no date; write it as '2013-10-01', or a timedelta before the end."
            ) from None
    elif program.next_period is not None and not isinstance(program.next_period, timedelta):
        raise ProgramError(
            f"Program(next_period=…): you gave {what(program.next_period)}; expected a date as '2013-10-01' or a timedelta."
        )
    if program.name is not None and not (isinstance(program.name, str) and program.name.isidentifier()):
        raise ProgramError(
            f"Program(name=…): {program.name!r} is no name; use letters, digits and _, such as 'flights'."
        )


def _check_columns(program: Program) -> None:
    seen: set[str] = set()
    for feature in program.features:
        if feature.name in seen:
            raise ProgramError(
                f"Program(features=…): {feature.name!r} is named twice; each feature has its own name."
            )
        seen.add(feature.name)
        if isinstance(feature, Timestamp) and not feature.parts and feature.of is None:
            raise ProgramError(
                f"Timestamp({feature.name!r}) as a feature lacks parts=: write parts=('hour', 'weekday'), or move it to inputs=."
            )
        if isinstance(feature, Timestamp) and feature.of is not None:
            raise ProgramError(
                f"Timestamp({feature.name!r}, of=…): compute a Number, Category or Boolean instead."
            )
    for item in program.inputs:
        if item.of is not None:
            raise ProgramError(
                f"inputs: {item.name!r} is computed; inputs are raw columns, put it among the features."
            )
    kinds = {column.name: column.kind for column in raw_columns(program)}
    for column in (*program.inputs, *computed_features(program)):
        if kinds.get(column.name, column.kind) != column.kind or (column.of and column.name in kinds):
            raise ProgramError(
                f"{type(column).__name__}({column.name!r}): there is a raw column of that name already, a "
                f"{kinds[column.name]}; give one of the two another name."
            )
    if program.label.name and program.label.name in {f.name for f in (*program.features, *program.inputs)}:
        raise ProgramError(
            f"{program.label.name!r} is the label and cannot be a feature; take it out of features= and inputs=."
        )
    functions = [
        (f"{type(f).__name__}({f.name!r}, of={f.of.__name__})", f.of)
        for f in computed_features(program)
        if f.of
    ]
    if isinstance(program.model, models.Heuristic):
        functions.append((f"Heuristic({program.model.function.__name__})", program.model.function))
    names = [column.name for column in raw_columns(program)]
    for place, function in functions:
        for name in reads(function):
            if name not in names:
                raise ProgramError(
                    f"{place} reads {name!r}, which is neither a feature nor an input.{suggest(name, names)} "
                    f"Declare it, for example inputs=[fg.Number({name!r})]."
                )


def _check_blanks(program: Program) -> None:
    blanks = program.blanks()
    model, label = type(blanks.model).__name__, program.label
    objective, prior, optimizer = (
        type(b).__name__ for b in (blanks.objective, blanks.prior, blanks.optimizer)
    )
    if label.kind not in (*blanks.objective.labels, "none"):
        nearest = type(_DEFAULT_OBJECTIVE[label.kind]).__name__
        raise ProgramError(
            f"objective={objective}() goes with a {' or '.join(blanks.objective.labels)} label; {type(label).__name__}"
            f"({label.name!r}) is {label.kind}: leave objective= out, or write fg.objectives.{nearest}()."
        )
    if blanks.prior.needs_weights and not blanks.model.needs_prior:
        raise ProgramError(
            f"prior={prior}() speaks of a weight for each feature, and {model}() has none: leave prior= out, or use fg.models.Linear()."
        )
    if blanks.optimizer.needs_linear_score and not blanks.model.needs_optimizer:
        raise ProgramError(
            f"optimizer={optimizer}() needs a weighted sum of features, and {model}() is none: leave optimizer= out, or use fg.models.Linear()."
        )
    if blanks.model.needs_optimizer and not blanks.optimizer.needs_linear_score:
        raise ProgramError(
            f"optimizer={optimizer}() brings no way to search the weights of {model}(): leave optimizer= out, or write fg.optimizers.Newton()."
        )


def directory(program: Program) -> Path:
    """Return the folder that relative paths of the program start from."""
    return Path(program.file).resolve().parent if program.file else Path.cwd()
