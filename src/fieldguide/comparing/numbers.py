"""Diagnosis of a column of numbers: which change of its values, undone, makes the window look like history?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fieldguide.comparing.drift import Alarm, alarms, known, measure, repeated
from fieldguide.comparing.explained import Explained
from fieldguide.comparing.history import LEVELS, Past, quantiles_of, sizes
from fieldguide.comparing.segment import Stretch, best_stretch
from fieldguide.comparing.single import explain_single_value
from fieldguide.comparing.support import MISS, NOISE, Support, find_lattice, resolution_of
from fieldguide.comparing.units import TABLE, Transform, canonical, conversions
from fieldguide.tables.tally import STEEPNESS, bucket_of, representative

Floats = NDArray[np.float64]

LOUDEST = 20.0
"""No row speaks louder than this for or against a change by its density alone (natural logarithm)."""
ENOUGH = 12.0
"""How much better (natural logarithm) a change must explain the rows than no change."""
AHEAD = 6.0
"""How much better (natural logarithm) it must explain them than any other change."""
RARE = 10.0
"""What it costs in the ranking to be a rare change, or to hold for a share of the rows by size alone."""
AGAIN = 3
"""Rows with the same value that count as witnesses: more of them are one reading, repeated."""
SMALL = 5.0
"""Without a declared unit and without a grid no factor below this is named: too many lie close together."""
SAMPLE = 20_000
"""Rows on which the candidates are ranked; the best is then placed on all rows."""
WITNESSES = 5
"""A change of numbers is named from this many affected rows on."""
MARGIN = 1.75
"""How many times as far as the farthest of history's own windows a window may lie from it, undone. Of windows of
independent rows one in a thousand lies farther, and one in fifteen beyond twice the root mean square."""
NEW = 0.8
"""That far only when at least this share of the affected values are ones that history never had."""
LEAST = 0.03
"""Quantiles are never taken to be more exact than this (natural logarithm)."""


MOVED = frozenset({"novel", "support", "shape", "scale", "spread"})
"""Only after one of these alarms is a change of unit looked for."""


@dataclass(frozen=True)
class Ranked:
    """A candidate with how well it explains the rows, by the support of the values alone and in all (`weight`).

    `slack` is how far rounding may have moved an undone value.
    """

    transform: Transform
    stretch: Stretch
    by_support: float
    weight: float
    slack: float


def explain_number(
    past: Past, unit: str | None, values: Floats, before: Floats, found: Sequence[Alarm]
) -> Explained:
    """Return the cause of the alarms `found` on a column of numbers.

    `values` are the window's in served order (NaN: none), `before` those of the rows just before it.
    """
    single = explain_single_value(past, values, before, found)
    changed = None
    if {alarm.test for alarm in found} & MOVED:
        changed = _transformed(past, None if _is_count(past, unit) else unit, values, before)
    told = [each for each in (single, changed) if each is not None]
    return max(told, key=_rows, default=Explained(None))


def _rows(explained: Explained) -> int:
    """How many rows an explanation explains."""
    return int(explained.stretch.affected.sum()) if explained.stretch is not None else 0


def _is_count(past: Past, unit: str | None) -> bool:
    """Whether a column in the unit "1" holds counts, not shares: then it has no unit to change."""
    return canonical(unit) == "1" and bool((past.column.high > 1).any())


def _transformed(past: Past, unit: str | None, values: Floats, before: Floats) -> Explained | None:
    """A change of unit: the candidate that explains the rows far better than no change and than any other."""
    every = max(1, -(-len(values) // SAMPLE))
    sample = values[::every]
    ranked = []
    fewer = _once(sample)
    for transform in _candidates(past.support, unit, sample):
        for slack in _slacks(transform, sample):
            scores = _scores(past, transform, sample, slack)
            stretch = best_stretch(scores.total)
            if stretch is not None:
                support = float((scores.support * stretch.affected * fewer).sum())
                loud = float(((scores.density + scores.seen * fewer) * stretch.affected).sum()) + support
                prior = RARE * (transform.rare + (stretch.share < 0.9 and support < ENOUGH))
                ranked.append((Ranked(transform, stretch, support, loud - prior, slack[0]), slack))
    if not ranked:
        return None
    best, slack = min(
        ranked, key=lambda pair: (-pair[0].weight, abs(math.log(abs(pair[0].transform.factor))))
    )
    rivals = [r for r, _ in ranked if r.transform.far_from(best.transform)]
    lead = best.weight - max((r.weight for r in rivals), default=0.0)
    if best.weight < ENOUGH or lead < AHEAD or best.stretch.affected.sum() < WITNESSES:
        return None
    total = _scores(past, best.transform, values, slack).total
    stretch = best_stretch(total, _scores(past, best.transform, before, slack).total)
    if stretch is None:
        return None
    return _confirmed(past, unit, best, stretch, values, [r.transform for r in rivals])


def _once(values: Floats) -> Floats:
    """The weight of each row as a witness: rows with one value weigh as much as `AGAIN` rows together."""
    _, back, counts = np.unique(values, return_inverse=True, return_counts=True, equal_nan=True)
    return np.asarray(np.minimum(1.0, AGAIN / counts[back]), dtype=np.float64)


def _candidates(support: Support | None, unit: str | None, values: Floats) -> list[Transform]:
    listed = list(conversions(unit))
    if support is not None and support.lattice is not None:
        late = values[len(values) // 2 :]
        late = np.unique(late[np.isfinite(late)])
        own = find_lattice(late) if len(late) >= 8 else None
        if own is not None:
            factor = own.step / support.lattice.step
            free = Transform(factor, rare=True)
            if abs(math.log(factor)) > 0.05 and all(t.offset or t.far_from(free) for t in listed):
                listed.append(free)
    return listed


def _slacks(transform: Transform, values: Floats) -> tuple[tuple[float, float], ...]:
    """How far rounding may have moved a value back in the old unit, and the step between such values."""
    finite = values[np.isfinite(values)]
    late = finite[len(finite) // 2 :]
    found = {resolution_of(x) for x in (finite, late) if len(x)}
    return tuple(
        (0.505 * r / abs(transform.factor), r / abs(transform.factor)) for r in sorted(found | {0.0})
    )


@dataclass(frozen=True)
class Scale:
    """Logarithm of the factor by quantiles, and how far it strayed from 0 in history's own windows.

    `usual` is the root mean square of that, `most` the farthest.
    """

    log: float
    usual: float
    most: float

    def may_be(self, log: float) -> bool:
        """Whether a factor with this logarithm lies not much farther than history's own windows strayed."""
        return abs(self.log - log) <= max(MARGIN * self.most, LEAST)


@dataclass(frozen=True, eq=False)
class Scores:
    """How much louder each row speaks for a change than against it, by three witnesses (0: tells nothing).

    `density`: how common the value is in history, undone, beside as it is; it counts less where rows come in
    clumps. `seen`: whether it lies where history has values at all. `support`: whether it lies on the grid,
    or in the set, of history's values.
    """

    density: Floats
    seen: Floats
    support: Floats

    @property
    def total(self) -> Floats:
        """All three together."""
        return self.density + self.seen + self.support


def _scores(past: Past, transform: Transform, values: Floats, slack: tuple[float, float]) -> Scores:
    telling, support = np.isfinite(values) & ((values != 0) | bool(transform.offset)), past.support
    v = values[telling]
    u = (v - transform.offset) / transform.factor
    density = _log_density(past, u) - _log_density(past, v)
    if support is None:
        density = density - math.log(abs(transform.factor))
    out = Scores(np.zeros(len(values)), np.zeros(len(values)), np.zeros(len(values)))
    out.density[telling] = np.clip(density, -LOUDEST, LOUDEST) / past.clumping
    seen = math.log(MISS) * (_novel(past, u).astype(np.float64) - _novel(past, v))
    out.seen[telling] = seen * (1 - 1 / past.clumping)
    if support is not None and len(v):
        pure = not transform.offset
        own = (0.0, slack[1] * abs(transform.factor))
        out.support[telling] = _log_support(support, u, slack, pure) - _log_support(support, v, own, pure)
    return out


def _novel(past: Past, values: Floats) -> NDArray[np.bool_]:
    return (
        ~known(past, bucket_of(past.column.grid, values))
        if past.column.grid
        else np.zeros(len(values), np.bool_)
    )


def _log_density(past: Past, values: Floats) -> Floats:
    """Logarithm of history's density at each value, smoothed over neighboring buckets, never zero."""
    grid = past.column.grid
    if grid is None or not len(past.names):
        return np.zeros(len(values))
    smooth = np.convolve(past.whole.astype(np.float64), [0.25, 0.5, 0.25], mode="same") + 0.05
    logs = np.log(smooth / smooth.sum())
    ids = bucket_of(grid, values)
    at = ids - int(past.names[0])
    inside = (at >= 0) & (at < len(logs))
    out = np.full(len(values), float(np.log(0.05 / smooth.sum())))
    out[inside] = logs[at[inside]]
    width = grid.scale * np.cosh(np.clip(ids / STEEPNESS, -700, 700)) / STEEPNESS
    return np.asarray(out - np.log(width), dtype=np.float64)


def _log_support(support: Support, values: Floats, slack: tuple[float, float], pure: bool) -> Floats:
    """Logarithm of how likely it is that a value is, or is not, allowed, over what chance would give.

    A `pure` factor never brings a value to zero, and values so large that rounding hides the grid tell nothing.
    """
    miss = max(MISS, support.misses) if support.sparse else MISS
    chance = min(support.chance(*slack), 0.98)
    hit = max(0.0, math.log((1 - miss) / chance))
    failure = min(0.0, math.log(miss / (1 - chance)))
    fits = support.allowed(values, slack[0])
    if pure:
        fits &= np.abs(values) >= 0.5 * support.least
    out = np.where(fits, hit, failure)
    if support.lattice is not None:
        out[NOISE * np.abs(values) > 0.2 * support.lattice.step] = 0.0
    return np.asarray(out, dtype=np.float64)


def _confirmed(
    past: Past,
    unit: str | None,
    best: Ranked,
    stretch: Stretch,
    values: Floats,
    rivals: list[Transform],
) -> Explained | None:
    """The explanation, if undoing the change leaves a window that history could have shown."""
    transform, support = best.transform, past.support
    affected = np.isfinite(values) & ((values != 0) | bool(transform.offset))
    inside = np.zeros(len(values), dtype=np.bool_)
    inside[max(stretch.start, 0) : stretch.stop] = True
    affected &= inside if stretch.share == 1.0 else stretch.affected
    undone = values.copy()
    undone[affected] = (values[affected] - transform.offset) / transform.factor
    if support is not None:
        undone[affected] = support.nearest(undone[affected], best.slack)
    if _left(past, undone):
        return None
    own = find_lattice(np.unique(values[affected]))
    witnesses: dict[str, Any] = {"gain": round(stretch.gain, 1), "affected_rows": int(affected.sum())}
    strong = best.by_support >= ENOUGH
    if own is not None and support is not None and support.lattice is not None:
        witnesses["grid_step"] = [_short(support.lattice.step), _short(own.step)]
    if strong:
        witnesses["values_of_history"] = "undone, the values lie on the grid of history"
    scales = _scales(past, values[affected], len(values))
    if scales:
        scale = scales[0]
        witnesses["quantile_ratio"] = [round(math.exp(scale.log), 5), round(scale.usual, 4)]
    if not strong:
        unseen = float(_novel(past, values[affected]).mean())
        if stretch.share < 0.9 and unseen < 0.5:
            return None  # rows picked out by their size alone: their quantiles say nothing
        if transform.after is None and abs(math.log(abs(transform.factor))) < math.log(SMALL):
            return None
        if not (
            _only_shift(unit, unseen) if transform.offset else _only_scale(transform, scales, rivals, unseen)
        ):
            return None
    return Explained(transform.cause, stretch, transform, witnesses=witnesses)


def _left(past: Past, values: Floats) -> bool:
    """Whether a window of these values would still raise an alarm."""
    finite = values[np.isfinite(values)]
    if past.column.grid is None or not len(finite):
        return True
    ids, counts = np.unique(bucket_of(past.column.grid, finite), return_counts=True)
    statistics = measure(past, ids.tolist(), counts.astype(np.int64), len(values))
    statistics["repeat"] = repeated(past, values, len(values))[1]
    return bool(alarms(past, statistics, len(values)))


def _scales(past: Past, values: Floats, rows: int) -> list[Scale]:
    """The factor by the median ratio of the quantiles and by the ratio of the spreads, what strays less first."""
    grid = past.column.grid
    if grid is None or len(values) < WITNESSES:
        return []
    middle = representative(grid, past.names)
    natural = sizes(quantiles_of(past.windows, middle), past.quantiles, grid.scale)
    own = sizes(np.quantile(values, LEVELS)[None, :], past.quantiles, grid.scale)
    fewer = math.sqrt(max(1.0, rows / len(values)))
    found = []
    for measured, strayed in zip(own, natural, strict=True):
        away = np.abs(strayed[np.isfinite(strayed)]) * fewer
        if np.isfinite(measured[0]) and len(away) > 1:
            usual = max(float(np.sqrt(np.mean(away**2))), 0.01)
            found.append(Scale(float(measured[0]), usual, max(float(away.max()), usual)))
    return sorted(found, key=lambda scale: scale.usual)


def _only_scale(transform: Transform, scales: list[Scale], rivals: list[Transform], unseen: float) -> bool:
    """Whether quantiles alone name this change: near it, far from no change and from every rival.

    Near: within twice the root mean square; for a conversion that is not rare and leaves hardly a value that
    history had, also where size and spread both lie not much farther than history's own windows did. Far from
    no change also means that a tenth of the affected values are ones that history never had. A shift of the
    decimal point is no rival of a conversion of the declared unit.
    """
    if not scales:
        return False
    log, factor = scales[0].log, math.log(transform.factor)
    near = max(2 * scales[0].usual, LEAST)
    away = abs(log - factor)
    if away > near and (transform.rare or unseen < NEW or not all(s.may_be(factor) for s in scales)):
        return False
    if abs(log) < 3 * near and unseen < 0.1:
        return False
    serious = [r for r in rivals if not r.offset and (transform.rare or not r.rare)]
    return all(abs(log - math.log(r.factor)) > max(near, away) for r in serious)


def _only_shift(unit: str | None, unseen: float) -> bool:
    """Whether a change of scale and offset may be named without a grid: temperatures that history never had."""
    return unseen > 0.1 and canonical(unit) in (*TABLE["temperature"], None)


def _short(x: float) -> float:
    return float(f"{x:.6g}")
