"""Fitting one rung: from a program and its split rows to a Fitted with its losses."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from fieldguide.learning.backend import Data, Scorer, Step, Training, backend, backend_for
from fieldguide.learning.encoder import encode, make_plan
from fieldguide.learning.fitted import Fitted, content_id, environment, prove_parity
from fieldguide.learning.layout import Columns, Floats, Mask, layout_of
from fieldguide.learning.losses import Judged, Losses, measure
from fieldguide.learning.objectives import Objective, objective_of
from fieldguide.learning.plan import Plan, to_json
from fieldguide.learning.splits import EPOCH, Split, label_facts, split
from fieldguide.program import Program, fingerprint, knobs, named
from fieldguide.program.blanks import models
from fieldguide.program.load import code_files
from fieldguide.tables.tally import Summary

RUNGS: Mapping[str, type[models.Model]] = {
    "Mean": models.Mean,
    "Linear": models.Linear,
    "Boosted": models.Boosted,
}
"""The rungs that need no filling of their own."""


def as_rung(program: Program, rung: str) -> Program:
    """Return the program with the model of a rung and the blanks that come with it.

    The program's own model keeps all its blanks; Linear under Simplest keeps prior and optimizer, which were
    given for it.
    """
    if type(program.model).__name__ == rung:
        return program
    if rung == "Linear" and isinstance(program.model, models.Simplest):
        return replace(program, model=models.Linear())
    return replace(program, model=RUNGS[rung](), prior=None, optimizer=None)


@dataclass(frozen=True)
class Stage:
    """Encoded rows of one plan, made for the rows that `learned` marks."""

    plan: Plan
    data: Data
    learned: Mask
    constant: float


@dataclass(frozen=True)
class Prepared:
    """A program's rows with a known label, split, in the order of time; all rungs have them in common.

    `share` is that of all rows which were drawn as a sample, 1 for all.
    """

    program: Program
    table: pa.Table
    split: Split
    summary: Summary
    code: Mapping[str, str]
    label: Mapping[str, Any]
    share: float = 1.0

    @cached_property
    def columns(self) -> Columns:
        """The columns of the labelled rows."""
        return Columns(layout_of(self.program), self.table)

    @cached_property
    def objective(self) -> Objective:
        """The mathematics of the objective."""
        return objective_of(self.program)

    @cached_property
    def trial(self) -> Stage:
        """The stage without the holdout."""
        return self._stage(self.split.training & ~self.split.holdout)

    @cached_property
    def final(self) -> Stage:
        """The stage of the whole training part."""
        return self._stage(self.split.training)

    def judged(self, mask: Mask) -> Judged:
        """Return the rows of a mask to be judged, with their clusters."""
        return judged(self.split, mask, self.program.seed)

    def _stage(self, learned: Mask) -> Stage:
        rows = np.flatnonzero(learned)
        plan = make_plan(self.columns, self.split.weight, rows)
        constant = self.objective.best_constant(self.split.label[rows], self.split.weight[rows])
        return Stage(plan, Data(self.columns, encode(plan, self.columns, as_shown=True)), learned, constant)


@dataclass(frozen=True)
class Fit:
    """One rung fitted: its Fitted, its losses, and the scores of the rows that it is judged on."""

    fitted: Fitted
    train: Losses | None
    holdout: Losses | None
    next_period: Losses | None
    judged_scores: Floats


def prepare(program: Program, table: pa.Table, summary: Summary, share: float = 1.0) -> Prepared:
    """Return a program's rows ready for fitting; `share` says of which share of all rows they are a sample.

    Raises DataError when there is no label, or too few rows.
    """
    program = named(program)
    made = split(program, table)
    return Prepared(
        program=program,
        table=table.take(pa.array(made.rows)),
        split=made,
        summary=summary,
        code=dict(code_files(program)),
        label=label_facts(program, table, made.boundary),
        share=share,
    )


def judged(split: Split, mask: Mask, seed: int) -> Judged:
    """Return the rows of a mask with the clusters that they fall into."""
    clusters = {"entity" if split.grouped else "key": _renumbered(split.unit[mask])}
    if split.day is not None:
        clusters["day"] = _renumbered(split.day[mask])
    return Judged(split.label[mask], split.weight[mask], clusters, seed)


def fit_rung(prepared: Prepared, program: Program, *, on_step: Step) -> Fit:
    """Fit one rung: without the holdout for losses on both sides of it, then on the whole training part.

    `program` has the rung's blanks. Raises ProgramError when no backend takes them, DataError when learning
    fails.
    """
    name = backend_for(program)
    model, parts, objective = type(program.model).__name__, prepared.split, prepared.objective
    on_step(f"{model}: fitting without the holdout")
    trial, final = prepared.trial, prepared.final
    scorer = _learn(program, name, trial, parts, on_step)

    def losses_on(mask: Mask, stage: Stage) -> tuple[Losses | None, Floats]:
        if not mask.any():
            return None, np.zeros(0)
        scores = scorer.score(stage.data.take(np.flatnonzero(mask)))
        return measure(prepared.judged(mask), scores, stage.constant, objective), scores

    train, _ = losses_on(trial.learned, trial)
    holdout, scores = losses_on(parts.holdout, trial)
    on_step(f"{model}: fitting on the whole training part, {int(parts.training.sum()):,} rows")
    scorer = _learn(program, name, final, parts, on_step)
    next_period = None
    if parts.boundary is not None:
        next_period, scores = losses_on(parts.next_period, final)
    on_step(f"{model}: proving that single rows are answered as in bulk")
    proof = prove_parity(final.plan, scorer, prepared.columns)
    losses = {"train": train, "holdout": holdout, "next_period": next_period}
    fitted = _fitted(prepared, program, scorer, name, losses, proof)
    return Fit(fitted, train, holdout, next_period, scores)


def _learn(program: Program, name: str, stage: Stage, parts: Split, on_step: Step) -> Scorer:
    rows = np.flatnonzero(stage.learned)
    training = Training(stage.data, rows, parts.label[rows], parts.weight[rows], stage.constant)
    return backend(name).fit(program, training, on_step)


def _fitted(
    prepared: Prepared,
    program: Program,
    scorer: Scorer,
    name: str,
    losses: Mapping[str, Losses | None],
    proof: Mapping[str, Any],
) -> Fitted:
    parts, stage, objective = prepared.split, prepared.final, prepared.objective
    constant = objective.inverse_link(stage.constant)
    content = {
        "format": 1,
        "program": program.name,
        "file": next(iter(prepared.code)),
        "model": type(program.model).__name__,
        "backend": name,
        "fingerprint": fingerprint(program),
        "knobs": knobs(program),
        "window": _window(parts, parts.training, until=parts.boundary),
        "next_period": _window(parts, parts.next_period, since=parts.boundary) if parts.boundary else None,
        "note": parts.note,
        **({"share": prepared.share} if prepared.share < 1.0 else {}),
        "rows": {
            "training": int(parts.training.sum()),
            "holdout": int(parts.holdout.sum()),
            "next_period": int(parts.next_period.sum()),
            "label_known_too_late": int(parts.pending.sum()),
        },
        "losses": {part: None if found is None else asdict(found) for part, found in losses.items()},
        "constant": constant,
        "scale": objective.scale,
        "label": dict(prepared.label),
        "parity": dict(proof),
        "environment": environment(name),
        "plan": to_json(stage.plan),
        "weights": scorer.digest(),
        "code": {path: hashlib.sha256(text.encode()).hexdigest() for path, text in prepared.code.items()},
    }
    content = json.loads(json.dumps(content))
    manifest = {"id": content_id(content), **content}
    return Fitted(
        id=manifest["id"],
        program=program,
        plan=stage.plan,
        scorer=scorer,
        constant=constant,
        summary=prepared.summary,
        manifest=manifest,
        code=prepared.code,
    )


def _window(
    parts: Split, mask: Mask, *, since: datetime | None = None, until: datetime | None = None
) -> dict[str, str | None]:
    """Return a window of time as ISO instants; a bound that is not given is that of its rows."""
    if parts.time is None or not mask.any():
        return {"since": None, "until": None}
    times = parts.time[mask]
    first = since or EPOCH + timedelta(microseconds=int(times.min()))
    last = until or EPOCH + timedelta(microseconds=int(times.max()))
    return {"since": first.isoformat(), "until": last.isoformat()}


def _renumbered(cluster: Any) -> Any:
    return np.unique(cluster, return_inverse=True)[1].astype(np.intp)
