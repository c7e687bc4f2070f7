"""What the checks of learning take, made from rows: doubtful labels, populations, support, the learning curve."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from fieldguide.errors import FieldguideError
from fieldguide.learning.backends.newton import minimize
from fieldguide.learning.encoder import encode, make_plan
from fieldguide.learning.objectives import SquaredError, objective_of
from fieldguide.learning.splits import NEVER, local_days
from fieldguide.program import Source
from fieldguide.program.blanks import models, optimizers, priors
from fieldguide.program.label import NoLabel
from fieldguide.program.question import Question
from fieldguide.readiness.appropriateness import annotate, label_errors, light
from fieldguide.readiness.appropriateness import learning_curve as curves
from fieldguide.readiness.appropriateness import population as populations
from fieldguide.readiness.appropriateness.learning_curve import Curve, Refused
from fieldguide.readiness.appropriateness.light import Coded, probability
from fieldguide.readiness.appropriateness.population import Difference
from fieldguide.readiness.appropriateness.support import Planned, cox_snell
from fieldguide.readiness.appropriateness.view import Questioned, floats, instants
from fieldguide.tables import query
from fieldguide.tables.query.drawn import draw
from fieldguide.tables.query.labels import Labels
from fieldguide.tables.read import read
from fieldguide.tables.tally import Floats, Ints

COMPARED = 10_000
"""Rows of each of two populations that are compared at most."""
FEWEST_UNITS = 200
"""Entities (or rows) from which on the rows can be cut into parts of like size."""
WIDEST = 300
"""Weights of the planned model up to which a learning curve is drawn while grading."""
LENIENT = optimizers.Newton(steps=40, tolerance=1e-5)


def doubtful_of(view: Questioned) -> label_errors.Looked | None:
    """Return the labels that the other columns contradict."""
    rows = view.rows
    return None if rows is None else label_errors.look(rows, view.scores, view.model, view.label.kind)


def population_of(view: Questioned) -> tuple[Difference | None, str]:
    """Return how far the declared population differs from the rows, and why it could not be read."""
    source = view.program.question.population
    assert source is not None
    try:
        table = _read(view, source)
        asked = light.code(view.bins_of_all, view.columns(table))
    except FieldguideError as error:
        return None, str(error)
    mine = view.drawn.plain
    if view.known.labeled:
        mine = mine & np.asarray(view.drawn.table["__label"].is_valid())
    return _compared(view, _spread(np.flatnonzero(mine)), table, asked), ""


def drift_of(view: Questioned) -> Difference | None:
    """Return how far the rows of the next period differ from those before, labeled or not."""
    if not view.timed or view.begins is None:
        return None
    table, time = view.drawn.table, instants(view.drawn.table["__time"])
    before, after = (
        np.flatnonzero(view.drawn.plain & side) for side in (time < view.begins, time >= view.begins)
    )
    if min(len(before), len(after)) < populations.FEWEST:
        return None
    after = _spread(after)
    return _compared(view, _spread(before), table.take(pa.array(after)), view.coded_of_all.take(after))


def planned_of(view: Questioned) -> Planned:
    """Return the planned model: its weights, and how much the columns explain on rows not seen."""
    rows = view.rows
    name = type(view.program.model).__name__
    name = name if name in ("Linear", "Simplest") else f"Linear (in place of {name})"
    if rows is None:
        return Planned(name, 0, None)
    columns = view.columns(rows.table)
    width = make_plan(columns, rows.weight, np.arange(len(rows.y))).width
    if view.binary:
        return Planned(name, width, cox_snell(rows.y, probability(view.scores), rows.weight))
    w = rows.weight / rows.weight.sum()
    spread = float(np.dot(w, (rows.target - np.dot(w, rows.target)) ** 2))
    left = float(np.dot(w, (rows.target - view.scores) ** 2))
    return Planned(name, width, max(0.0, 1.0 - left / spread) if spread > 0 else None)


def curve_of(view: Questioned, planned: Planned) -> Curve | Refused:
    """Return the learning curve of the planned model, learned on up to 15,000 rows and judged on a quarter of the units."""
    rows = view.rows
    if rows is None:
        return Refused("too few labeled rows")
    if planned.weights > WIDEST:
        return Refused(
            f"the planned model has about {planned.weights:,} weights, more than the {WIDEST} that are fitted again and again while grading",
            "fewer or coarser columns, or fit with --until at several dates",
        )
    if not planned.weights:
        return Refused("no feature varies")
    if len(np.unique(rows.unit)) < FEWEST_UNITS:
        return Refused(
            f"rows belong to {len(np.unique(rows.unit))} units only, too few to cut into parts that are independent of each other",
            "collect rows of more of them",
        )
    fold = light.folds(view.units(rows.table), "curve", curves.PARTS * 4)
    part = np.where(fold < 3 * curves.PARTS, fold % curves.PARTS, -1)
    yes = float(rows.y.mean()) if view.binary else 0.5
    rarer = min(yes, 1 - yes)
    judged, learned = np.flatnonzero(part < 0), np.flatnonzero(part >= 0)
    shares = curves.sizes_for(len(learned), planned.weights, rarer)
    if isinstance(shares, Refused):
        return shares
    columns = view.columns(rows.table)
    plan = make_plan(columns, rows.weight, learned)
    batch = encode(plan, columns, as_shown=True)
    objective = objective_of(view.program) if view.label.kind != "numeric" else SquaredError()
    prior = view.program.blanks().prior
    prior = prior if isinstance(prior, priors.Ridge) else priors.Ridge()
    weight = rows.weight / rows.weight.mean()
    try:
        least, matrix = objective.least(rows.y[judged]), batch.take(judged).matrix()
        constant = objective.best_constant(rows.y[learned], weight[learned])

        def learn(at: Ints) -> Floats:
            found = minimize(
                batch.take(at),
                rows.y[at],
                weight[at],
                objective,
                prior=prior,
                optimizer=LENIENT,
                constant=constant,
                on_step=_quiet,
            ).parameters
            score = found[0] + matrix @ found[1:]
            out = np.zeros(len(rows.y))
            out[judged] = weight[judged] * (objective.value(rows.y[judged], score) - least)
            return out

        unit = np.unique(rows.unit[judged], return_inverse=True)[1]
        neutral = objective.value(rows.y[judged], np.full(len(judged), constant)) - least
        mean = float(np.dot(weight[judged], neutral) / weight[judged].sum())
        return curves.learning_curve(
            learn,
            part,
            judged,
            np.asarray(unit, dtype=np.int64),
            weight[judged],
            mean,
            shares,
            plan.width,
            view.program.seed,
        )
    except FieldguideError as error:
        return Refused(f"the planned model could not be fitted: {error}")


def annotated_of(view: Questioned, looked: label_errors.Looked | None) -> pa.Table:
    """Return the queue of rows to label next: unlabeled ones that are old enough for a label, then doubtful ones."""
    rows = view.rows
    if rows is None:
        return annotate.QUEUE.empty_table()
    table, plain = view.drawn.table, view.drawn.plain
    lacking = plain & ~np.isfinite(floats(table["__label"]))
    if view.timed:
        time = instants(table["__time"])
        limit = time[plain].max(initial=0) - view.label.arrives_within.total_seconds() * 1e6
        lacking &= time <= limit
    unlabeled = None
    if lacking.any():
        candidates = table.filter(pa.array(lacking))
        coded = view.coded.take(lacking)
        score = view.model.score(coded)
        prediction = probability(score) if view.binary else score
        unlabeled = (candidates, coded, prediction, _uncertainty(view, coded, prediction))
    return annotate.queue(unlabeled, rows.coded, None if looked is None else looked.queue)


def _uncertainty(view: Questioned, coded: Coded, prediction: Floats) -> Floats:
    """Return how little is known of each row: 4·p·(1 − p), or for amounts how far three models are apart, up to 1."""
    if view.binary:
        return np.asarray(4 * prediction * (1 - prediction))
    rows = view.rows
    assert rows is not None
    scores = []
    for k in range(3):
        part = np.flatnonzero(rows.fold % 3 == k)
        if len(part) < 50:
            return np.ones(len(prediction))
        one = light.fit(rows.coded.take(part), rows.target[part], rows.weight[part], binary=False)
        scores.append(one.score(coded))
    apart = np.std(scores, axis=0)
    return np.asarray(apart / max(float(apart.max()), 1e-300))


def _read(view: Questioned, source: Source) -> pa.Table:
    program = replace(
        view.program,
        source=source,
        label=NoLabel(),
        question=Question(""),
        model=models.Linear(),
        objective=None,
        prior=None,
        optimizer=None,
    )
    table = read(program).table
    nothing = Labels(query.size(table), 0, *(float("nan"),) * 4)
    drawn = draw(table, nothing, binary=False, keyed=bool(source.keys), ordered=False)
    return drawn.table.take(pa.array(_spread(np.arange(len(drawn.table)))))


def _spread(at: Ints) -> Ints:
    """Return at most 10,000 of the rows, spread evenly over them."""
    if len(at) <= COMPARED:
        return at
    return np.asarray(at[np.linspace(0, len(at) - 1, COMPARED).astype(np.int64)])


def _compared(view: Questioned, at: Ints, other: pa.Table, asked: Coded) -> Difference | None:
    """Compare the drawn rows `at` with other rows, and their codes."""
    learned, mine = view.coded_of_all.take(at), view.drawn.table.take(pa.array(at))
    names = [view.units(mine), view.units(other)]
    ways: list[list[list[str]]] = [names]
    days = [_days(view, t) for t in (mine, other)]
    if all(days):
        ways.append(days)
    units: tuple[list[Ints], list[Ints]] = ([], [])
    for pair in ways:
        _, number = np.unique(np.asarray([*pair[0], *pair[1]], dtype=np.str_), return_inverse=True)
        units[0].append(np.asarray(number[: len(mine)], dtype=np.int64))
        units[1].append(np.asarray(number[len(mine) :], dtype=np.int64))
    fold = (light.folds(names[0], "population"), light.folds(names[1], "population"))
    return populations.difference(learned, asked, units, fold)


def _days(view: Questioned, table: pa.Table) -> list[str]:
    """Return the local day of each row; nothing when rows have no time."""
    time = instants(table["__time"])
    if not (time > NEVER).all():
        return []
    return [f"d{day}" for day in local_days(time, view.source.timezone).tolist()]


def _quiet(sentence: str) -> None:
    return None
