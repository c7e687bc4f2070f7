"""The ladder: Mean, a rule if there is one, Linear, Boosted or an estimator, each only if it pays.

A rung is taken only if it loses less than the last taken one on the next period's rows, and the lower bound
of that gain, by a paired bootstrap over clusters, lies above zero (FACTS 6.2, F14).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from fieldguide.errors import DataError, ProgramError
from fieldguide.finding import Finding
from fieldguide.learning.backend import Step
from fieldguide.learning.fit import Fit, as_rung, fit_rung, prepare
from fieldguide.learning.fitted import Fitted
from fieldguide.learning.losses import Interval, Losses, gain
from fieldguide.program import Program
from fieldguide.program.blanks import models
from fieldguide.tables.tally import Summary


@dataclass(frozen=True)
class Rung:
    """One rung as it was tried.

    `train` and `holdout` are losses of a fit without the holdout, `next_period` those of the final one.
    `gain` is by how much it loses less than the last rung taken before it (None for the first).
    """

    model: str
    fitted: str
    train: Losses | None
    holdout: Losses | None
    next_period: Losses | None
    gain: Interval | None
    taken: bool
    reason: str


@dataclass(frozen=True)
class Climb:
    """All rungs tried, their Fitteds by id, and the id of the last one taken."""

    rungs: tuple[Rung, ...]
    fitteds: Mapping[str, Fitted]
    chosen: str
    notes: tuple[str, ...] = ()


def rungs_of(program: Program) -> tuple[str, ...]:
    """Return the rungs that a program's model asks to climb, the model itself last."""
    model = program.model
    if isinstance(model, models.Simplest):
        return ("Mean", "Linear", "Boosted")
    name = type(model).__name__
    between = ("Linear",) if model.rung > models.Linear.rung else ()
    return tuple(dict.fromkeys(("Mean", *between, name)))


def climb(
    program: Program, table: pa.Table, summary: Summary, *, share: float = 1.0, on_step: Step | None = None
) -> Climb:
    """Climb the ladder of a program on its canonical table, or on a sample of it with a `share` of the rows.

    `summary` is that of the training rows: those before `learning.boundary(program, table)`. The result is
    the same for the same rows in any order. `on_step` is told of progress in sentences.

    Raises DataError when no label is known, when it never varies, or when rows are too few; ProgramError
    when the blanks cannot be fitted.
    """
    step = on_step or _quiet
    prepared = prepare(program, table, summary, share)
    judged = prepared.judged(
        prepared.split.holdout if prepared.split.boundary is None else prepared.split.next_period
    )
    rungs: list[Rung] = []
    fitteds: dict[str, Fitted] = {}
    notes = [prepared.split.note] if prepared.split.note else []
    best: Fit | None = None
    for name in rungs_of(prepared.program):
        try:
            made = fit_rung(prepared, as_rung(prepared.program, name), on_step=step)
        except (ProgramError, DataError) as error:
            if not isinstance(prepared.program.model, models.Simplest) or name != "Boosted":
                raise
            notes.append(f"not tried: {error}")
            continue
        gained = None
        if best is not None:
            gained = gain(judged, best.judged_scores, made.judged_scores, prepared.objective)
        taken = gained is None or gained.low > 0.0
        rung = Rung(
            model=name,
            fitted=made.fitted.id,
            train=made.train,
            holdout=made.holdout,
            next_period=made.next_period,
            gain=gained,
            taken=taken,
            reason=_reason(made, best, gained),
        )
        step(f"{name}: {rung.reason}")
        rungs.append(rung)
        fitteds[made.fitted.id] = made.fitted
        best = made if taken or best is None else best
    assert best is not None
    return Climb(tuple(rungs), fitteds, best.fitted.id, tuple(notes))


def beats_the_mean(climb: Climb) -> Finding:
    """Return the finding of level A2: does any learned rung beat the mean on the next period?"""
    where = "the next period" if climb.rungs[0].next_period else "whole entities held out (no time column)"
    tried = [rung for rung in climb.rungs if rung.gain is not None]
    found = {
        rung.model: {"gain": [rung.gain.value, rung.gain.low, rung.gain.high], "taken": rung.taken}
        for rung in tried
        if rung.gain is not None
    }
    taken = [rung for rung in tried if rung.taken]
    expected = f"a rung whose loss on {where} lies below that of the one before, by more than chance"
    if not tried:
        return Finding(
            check="beats_the_mean",
            level="A2",
            verdict="unknown",
            saw="only the mean was fitted",
            expected=expected,
            next="Set model= of the program to fg.models.Linear() and fit again.",
        )
    if taken:
        best = taken[-1]
        return Finding(
            check="beats_the_mean",
            level="A2",
            verdict="pass",
            saw=f"{best.model} {best.reason}",
            expected=expected,
            evidence={"rungs": found, "chosen": best.model},
        )
    last = tried[-1]
    return Finding(
        check="beats_the_mean",
        level="A2",
        verdict="fail",
        saw=f"{last.model} {last.reason}",
        expected=expected,
        next="The features say nothing reliable about the label yet: add some that are known before the prediction, or take a "
        "longer time span; launch the mean meanwhile.",
        evidence={"rungs": found, "chosen": "Mean"},
    )


def _reason(made: Fit, below: Fit | None, gained: Interval | None) -> str:
    if below is None or gained is None:
        return f"predicts {made.fitted.constant:.6g} for every row: the neutral start"
    losses = made.next_period or made.holdout
    where = "the next period" if made.next_period else "the held-out entities"
    by = f"resampled by {losses.by}" if losses else "resampled"
    other = type(below.fitted.program.model).__name__
    bounds = f"{gained.value:+.5f} (95 %: {gained.low:+.5f} to {gained.high:+.5f}, {by})"
    if gained.low > 0.0:
        return f"gains {bounds} over {other} on {where}: taken"
    return f"gains {bounds} over {other} on {where}: not above zero beyond chance, so not taken"


def _quiet(sentence: str) -> None:
    return None
