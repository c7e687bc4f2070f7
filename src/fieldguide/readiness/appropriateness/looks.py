"""What the checks of leakage take, made from rows: each look is a small value."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from fieldguide.learning.splits import NEVER
from fieldguide.program import computed_features
from fieldguide.program.columns import reads
from fieldguide.readiness.appropriateness import lasting, later, order, repeats
from fieldguide.readiness.appropriateness.available import Computed, Joined
from fieldguide.readiness.appropriateness.identities import Identity, identity, separated
from fieldguide.readiness.appropriateness.leakage import Instants
from fieldguide.readiness.appropriateness.light import cross_fitted, probability
from fieldguide.readiness.appropriateness.measure import Estimate, estimate, ranked
from fieldguide.readiness.appropriateness.strength import Strength, strength
from fieldguide.readiness.appropriateness.view import Questioned, Rows, floats, instants, places, target_of
from fieldguide.tables import engines as engine
from fieldguide.tables import query
from fieldguide.tables.query.drawn import ROW, SALT
from fieldguide.tables.tally import Floats

MOST_SUMMED = 200
"""Numbers among which a sum is looked for."""
MOST_ALIKE = 100
"""Columns by which rows are called copies of each other, at most."""
FOLLOWED = 20_000
MOSTLY = 0.9
"""Share of the labels that must be a next value of a column, for the label to be just that."""
SECOND = 1_000_000


def instants_of(view: Questioned) -> list[Instants]:
    """Return where the instants among the columns lie, against the prediction and against the outcome."""
    if not view.timed:
        return []
    table = view.drawn.table.filter(pa.array(view.drawn.plain))
    time, known = instants(table["__time"]), instants(table["__known_at"])
    out = []
    for f in view.features:
        if f.kind != "timestamp":
            continue
        at = instants(table[f.name])
        there = (at > NEVER) & (time > NEVER)
        after = there & (at > time)
        told = there & (known > NEVER)
        own = float((np.abs(at - known)[told] <= SECOND).mean()) if told.sum() >= 100 else 0.0
        most = float((at - time)[after].max() / SECOND) if after.any() else 0.0
        out.append(Instants(f.name, int(there.sum()), int(after.sum()), most, own))
    return out


def joined_of(view: Questioned, events: Sequence[str | None]) -> list[Joined]:
    """Return how old the rows of each joined source are at the prediction; `events` are the columns of their times."""
    out = []
    table = view.drawn.table.filter(pa.array(view.drawn.plain))
    time = instants(table["__time"])
    own = view.reading.event_columns
    for join, part, event in zip(view.source.joins, view.reading.parts[1:], events, strict=True):
        if event is None or not view.timed:
            continue
        at = instants(table[event])
        there = (at > NEVER) & (time > NEVER)
        age = (time - at)[there] / SECOND
        half, most, oldest = np.quantile(age, [0.5, 0.95, 0.99]).tolist() if len(age) else (0.0, 0.0, 0.0)
        columns = tuple(name for name, column in own.items() if column == event)
        out.append(Joined(part.name, columns, half, most, oldest, join.within, float(1 - there.mean())))
    return out


def computed_of(view: Questioned) -> list[Computed]:
    """Return the computed features with what they read."""
    return [Computed(f.name, reads(f.of)) for f in computed_features(view.program) if f.of is not None]


def identity_of(view: Questioned) -> tuple[Identity | None, int]:
    """Return the sum or product that the label is, if there is one, and among how many numbers it was looked for."""
    rows = view.rows
    if rows is None or view.binary:
        return None, 0
    numbers = _numbers(view, rows)
    return (identity(rows.y, numbers), len(numbers)) if numbers else (None, 0)


def together_of(view: Questioned) -> Estimate | None:
    """Return how well all columns together rank rows that the model did not see (binary labels).

    The better of two models: columns in bins, and a straight line through the numbers.
    """
    rows = view.rows
    if rows is None or not view.binary:
        return None
    found = []
    for score in (view.scores, separated(rows.y, _numbers(view, rows))):
        told = None if score is None else ranked(rows.target, score, rows.weight, binary=True)
        if told is not None:
            found.append(estimate(told.value, told.influence, rows.clusters))
    return max(found, key=lambda e: e.low, default=None)


def _numbers(view: Questioned, rows: Rows) -> dict[str, Floats]:
    """Return numbers and flags of the labeled rows, NaN where missing or not finite."""
    numbers: dict[str, Floats] = {}
    for f in view.features:
        if f.kind in ("number", "boolean") and len(numbers) < MOST_SUMMED:
            column = rows.table[f.name]
            x = floats(column.cast(pa.int8()) if pa.types.is_boolean(column.type) else column)
            numbers[f.name] = np.where(np.isfinite(x), x, np.nan)
    return {name: x for name, x in numbers.items() if np.isfinite(x).any()}


def without(view: Questioned, columns: Sequence[str]) -> dict[str, str]:
    """Say of each column how well all others rank without it, and with it."""
    rows, out = view.rows, {}
    if rows is None:
        return {}
    for name in columns:
        if all(b.feature != name for b in rows.coded.bins) or len({b.feature for b in rows.coded.bins}) < 2:
            continue
        score = cross_fitted(
            rows.coded, rows.target, rows.weight, rows.fold, binary=view.binary, without=[name]
        )
        told = [ranked(rows.target, x, rows.weight, binary=view.binary) for x in (score, view.scores)]
        if told[0] is not None and told[1] is not None:
            word = "an AUC" if view.binary else "a correlation"
            rest, whole = told[0].value, told[1].value
            out[name] = f"All others together reach {word} of {rest:.2f} without it, {whole:.2f} with it."
    return out


def next_values(view: Questioned, columns: Sequence[str]) -> list[str]:
    """Return the columns whose next value, of a later row, the label is: what is asked is how they go on.

    Looked for in the earliest 20,000 rows: the label of a row must be a value of the column on one of the next
    three instants.
    """
    if not view.timed or not columns:
        return []
    t = view.table.select("__time", "__label", *columns).order_by("__time").limit(FOLLOWED)
    table = engine.to_arrow(t)
    time, y = instants(table["__time"]), floats(table["__label"])
    out = []
    for name in columns:
        x = floats(table[name])
        starts = np.unique(time, return_index=True)[1]
        ends = np.append(starts[1:], len(time))
        hits = seen = 0
        for i in range(len(starts) - 3):
            later = set(x[ends[i] : ends[i + 3]].tolist())
            mine = y[starts[i] : ends[i]]
            mine = mine[np.isfinite(mine)]
            seen += len(mine)
            hits += sum(v in later for v in mine.tolist())
        if seen >= 100 and hits >= MOSTLY * seen:
            out.append(name)
    return out


def ordered_of(view: Questioned) -> order.Ordered | None:
    """Return what names, numbers and places of the rows tell of the label."""
    rows = view.rows
    if rows is None:
        return None
    keys = rows.table["__key"].to_pylist()
    period = None if rows.time is None else order.stretches(rows.time.astype(np.float64))
    place, number = floats(rows.table[ROW]), order.numbers_of(keys)

    def tell(x: Floats) -> float:
        return order.tells(rows.target, x, rows.weight, period, binary=view.binary)

    line = rows.time.astype(np.float64) if rows.time is not None else place
    ids = [
        f.name
        for f in view.program.features
        if f.kind == "number" and f.of is None and order.running(floats(rows.table[f.name]), line)
    ]
    forms = [None if k is None else order.form_of(k) for k in keys]
    folders = []
    for f in view.features:
        if f.kind in ("category", "text"):
            texts = rows.table[f.name].to_pylist()
            if np.mean([t is not None and ("/" in t or "\\" in t) for t in texts]) >= 0.9:
                told = _strength(
                    view, rows, f.name, [None if t is None else order.folder_of(t) for t in texts]
                )
                folders += [] if told is None else [told]
    return order.Ordered(
        place=tell(place),
        number=tell(number),
        running=order.running(number, place) or order.running(number, line),
        form=_strength(view, rows, "__key", forms) if len(set(forms)) > 1 else None,
        folders=tuple(folders),
        ids=tuple(ids),
    )


def _strength(view: Questioned, rows: Rows, name: str, texts: Sequence[str | None]) -> Strength | None:
    label = pa.array(rows.y, pa.float64())
    lives = engine.from_arrow(
        engine.connect(), pa.table({name: pa.array(texts, pa.string()), "__label": label})
    )
    return strength(query.by_label(lives, name, "category"), view.label.kind)


def copies_of(view: Questioned) -> repeats.Copies | None:
    """Return the rows that are judged on and have a copy among those learned from."""
    rows = view.rows
    if rows is None:
        return None
    table = view.drawn.table.filter(pa.array(view.drawn.alike))
    y = floats(table["__label"])
    judged, learned = view.sides(table)
    judged, learned = judged & np.isfinite(y), learned & np.isfinite(y)
    if judged.sum() < repeats.FEWEST or learned.sum() < repeats.FEWEST:
        return None
    plain = [f.name for f in view.features if f.kind not in ("timestamp", "text")]
    columns = [table[name] for name in plain[:MOST_ALIKE]]
    units = view.units(table)
    entity = np.unique(np.asarray(units, dtype=np.str_), return_inverse=True)[1]
    names = places(table, range(len(table)))
    return repeats.copies(
        columns, judged, learned, np.asarray(entity, dtype=np.int64), _left(view, y), names,
        entities=view.source.entity is not None,
    )  # fmt: skip


def hanging_of(view: Questioned) -> list[repeats.Together]:
    """Return the columns whose rows hang together, where no entity is declared."""
    rows = view.rows
    if rows is None or view.source.entity is not None:
        return []
    off = rows.target - (probability(view.scores) if view.binary else view.scores)
    columns: list[tuple[str, Sequence[str | None]]] = []
    for f in view.features:
        if f.kind == "category":
            columns.append((f.name, rows.table[f.name].to_pylist()))
    if len(view.source.keys) > 1:
        keys = [(k or "").split("|") for k in rows.table["__key"].to_pylist()]
        for i, name in enumerate(view.source.keys):
            columns.append((name, [k[i] if len(k) == len(view.source.keys) else None for k in keys]))
    return repeats.hanging(columns, off)


def lasting_of(view: Questioned) -> lasting.Lasting | None:
    """Return how well what was learned before the next period holds in it."""
    before, rows = view.before, view.rows
    if before is None or rows is None:
        return None
    return lasting.compare(rows, view.scores, view.model, before, binary=view.binary)


def memory_of(
    view: Questioned, before: Mapping[str, Any] | None
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Return what this grading remembers of a few rows, and the rows of the keys that the earlier one remembered."""
    if not view.source.keys:
        return {}, {}
    table = view.drawn.table.filter(pa.array(view.drawn.plain))
    keys = table["__key"].to_pylist()
    labeled = np.isfinite(floats(table["__label"]))
    digests = [
        hashlib.md5(f"{SALT}|{k}".encode(errors="surrogatepass"), usedforsecurity=False).hexdigest()
        for k in keys
    ]
    young = np.zeros(len(table), dtype=np.bool_)
    if view.timed:
        time = instants(table["__time"])
        young = time > time.max(initial=0) - view.label.arrives_within.total_seconds() * SECOND
    # of rows without a label the young ones will get one; the others may never do
    ranks = sorted(range(len(keys)), key=lambda i: (not labeled[i] and not young[i], digests[i]))
    names = [f.name for f in view.features]
    few = [i for i in ranks if labeled[i]][: later.KEPT] + [i for i in ranks if not labeled[i]][: later.KEPT]
    wanted = set((before or {}).get("rows", {}))
    again = [i for i, k in enumerate(keys) if k in wanted]
    return (
        later.remembered(_lines(table, few, names, labeled), names),
        {str(line["key"]): line for line in _lines(table, again, names, labeled)},
    )


def _lines(table: pa.Table, at: Sequence[int], names: Sequence[str], labeled: Any) -> list[dict[str, Any]]:
    taken = table.select([*names, "__key"]).take(pa.array(list(at), pa.int64()))
    columns = {name: taken[name].to_pylist() for name in names}
    keys = taken["__key"].to_pylist()
    return [
        {**{name: columns[name][i] for name in names}, "key": keys[i], "labeled": bool(labeled[row])}
        for i, row in enumerate(at)
    ]


def _left(view: Questioned, y: Floats) -> Floats:
    """Return what the light model leaves of the label of each row that is drawn with its copies, NaN without one."""
    score = view.model.score(view.coded.take(view.drawn.alike))
    known = np.isfinite(y)
    target = np.full(len(y), np.nan)
    target[known] = target_of(y[known], view.label.kind) if known.any() else 0.0
    return np.asarray(target - (probability(score) if view.binary else score))
