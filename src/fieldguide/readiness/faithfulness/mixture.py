"""B3: a number that is in one unit on some rows and in another on the rest.

Then its values fall into two heaps of one shape, apart by the factor between the two units. Two heaps alone are
ordinary (two products, two kinds of customers), and so is any factor between them; that their shapes agree
*and* the factor is one between units is not.

Heaps that reach into each other cannot be told apart so, but those of a source or of a time can: where some groups
of rows lie apart from all others, and among them once they are converted, they are said too. Only for a unit that is declared, and
only as something to look at: what differs between two groups may well differ by such a factor.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fieldguide.comparing.units import Transform, canonical, conversions, plural
from fieldguide.finding import Finding
from fieldguide.program import Feature
from fieldguide.readiness.checks import found
from fieldguide.readiness.faithfulness.points import number, unit_of
from fieldguide.tables.query.lines import NEVER, Lines
from fieldguide.tables.slicing import instant
from fieldguide.tables.tally import Flags, Floats, Ints

FEWEST_IN_HEAP = 20
SMALLEST_HEAP = 0.01
FEWEST_DISTINCT = 8
VALLEY = 0.15
"""Between two heaps the density falls at least to so much of the lower one's peak."""
BINS = 60
NEAR = 0.06
"""How far (in log) the heaps' distance may lie from a unit's factor at most, however few rows there are."""
USUAL = (1000.0, 100.0, 60.0, 3600.0, 1e6, 25.4, 28.349523125)
"""Factors between units that are looked for where no unit is declared: small ones are too common between any two heaps."""
FEWEST_IN_GROUP, FEWEST_IN_GROUPS, LEAST_SHARE = 20, 50, 0.03
"""Rows of a group, and of all groups in another unit, that are enough; share of the rows that these are."""
MOST_GROUPS = 30
MOST_COMPARED = 10_000
DISJOINT, DISJOINT_IN_TIME = 0.9, 0.8
"""Largest difference of the shares below any value of groups that lie apart: a stretch may hold a few rows from before the change."""
ALIKE, ALIKE_IN_TIME = 0.1, 0.45
"""The same of groups that are alike once converted: by name (and what chance adds); in time, where they drift."""
STRETCHES, STRETCHES_BESIDE = 20, 3
"""Into so many stretches the rows are cut; those on either side of where the unit changes that are compared with each other: what drifts and has seasons is alike nearby."""
SAME_SPREAD = 1.6
NEAR_MIDDLE, NEAR_MIDDLE_IN_TIME = 0.25, 0.75
"""How far the middle of the converted groups may lie from that of the others, in their interquartile ranges."""
SAME_MIDDLE = 0.02
"""Where it lies nearer than this part of it, the shapes need not agree: so near is no chance."""


@dataclass(frozen=True)
class Heaps:
    """Two heaps of one shape: `below` and `above` rows lie on either side of `between`, `told` how far apart.

    `other` are the two units where a declared one tells them, `apart` how far (in log) the heaps' distance is from
    the factor, `shapes` the largest difference of their shares.
    """

    between: float
    below: int
    above: int
    told: str
    other: str | None
    apart: float
    shapes: float


def two_heaps(feature: Feature, values: Floats, rows: Ints) -> Heaps | None:
    """Return the two heaps of a number that lie apart as two units do, None when there are none.

    `values` (n,) are its distinct values, sorted, `rows` (n,) how many hold each.
    """
    n = int(rows.sum())
    if n < 5 * FEWEST_IN_HEAP:
        return None
    shifted = _by_offset(feature, values, rows)
    positive = values > 0
    if rows[values < 0].sum() > 0.001 * n or positive.sum() < 2 * FEWEST_DISTINCT:
        return shifted
    x, w = np.log(values[positive]), rows[positive]
    low, high = _quantiles(x, w, np.array([0.002, 0.998]))
    cut = _valley(x, w) if high - low >= math.log(2.0) else None
    if cut is None or not _enough(x < cut, w):
        return shifted
    low, high = x < cut, x >= cut
    below, above = int(w[low].sum()), int(w[high].sum())
    shares = np.linspace(0.1, 0.9, 9)
    apart = _quantiles(x[high], w[high], shares) - _quantiles(x[low], w[low], shares)
    distance = float(np.median(apart))
    spread = float(np.std(x[low].repeat(np.minimum(w[low], 50))))
    error = max(0.01, 2.5 * spread / math.sqrt(min(below, above)))
    best: Heaps | None = None
    for factor, other in _factors(feature):
        off = abs(distance - math.log(factor))
        if off > min(NEAR, error) or (best is not None and off >= best.apart):
            continue
        shapes = _difference(x[low], w[low], x[high] - distance, w[high])
        if shapes <= 0.05 + 1.4 * math.sqrt(1 / below + 1 / above):
            best = Heaps(math.exp(cut), below, above, f"×{factor:.6g} apart", other, off, shapes)
    return best or shifted


def _by_offset(feature: Feature, values: Floats, rows: Ints) -> Heaps | None:
    """Return two heaps that are apart as Celsius and Fahrenheit are."""
    unit = canonical(getattr(feature, "unit", None))
    moves = [t for t in conversions(unit) if t.offset and t.after] if unit is not None else []
    if not moves or len(values) < 2 * FEWEST_DISTINCT:
        return None
    cut = _valley(values, rows)
    if cut is None or not _enough(values < cut, rows):
        return None
    low, high = values < cut, values >= cut
    below, above = int(rows[low].sum()), int(rows[high].sum())
    for t in moves:
        for other, own in ((high, low), (low, high)):
            back = (values[other] - t.offset) / t.factor
            shapes = _difference(values[own], rows[own], back, rows[other])
            if shapes <= 0.05 + 1.4 * math.sqrt(1 / below + 1 / above):
                told = f"{plural(str(unit))} and {plural(str(t.after))}"
                return Heaps(cut, below, above, "once converted", told, 0.0, shapes)
    return None


def _enough(low: Flags, rows: Ints) -> bool:
    """Whether the heaps on both sides have enough rows and values."""
    n, below = int(rows.sum()), int(rows[low].sum())
    least = max(FEWEST_IN_HEAP, SMALLEST_HEAP * n)
    return min(below, n - below) >= least and min(low.sum(), (~low).sum()) >= FEWEST_DISTINCT


@dataclass(frozen=True)
class Group:
    """Groups of rows in another unit: the `names` of a column's groups (or the number of the first of the stretches of rows), `rows` in all.

    `other` are the two units, `shapes` the largest difference of shares once they are converted.
    """

    by: str | None
    names: tuple[str, ...]
    rows: int
    other: str
    shapes: float


def groups_apart(
    feature: Feature, x: Floats, groups: Mapping[str | None, tuple[Ints, Sequence[str]]]
) -> Group | None:
    """Return the groups of rows that lie apart from the others and, converted from another unit, among them.

    Values (n,) with NaN where missing; `groups` are by column the number (n,) and the names of each row's group (None: stretches in the order of the rows).
    """
    unit = canonical(getattr(feature, "unit", None))
    moves = [t for t in conversions(unit) if t.after is not None] if unit is not None else []
    best: Group | None = None
    step = max(1, -(-len(x) // MOST_COMPARED))
    for by, (codes, names) in groups.items():
        there = np.isfinite(x[::step]) & (codes[::step] >= 0)
        y, at = x[::step][there], codes[::step][there]
        sizes = np.bincount(at, minlength=len(names))
        several = np.flatnonzero(sizes >= FEWEST_IN_GROUP)
        if not moves or not 1 < len(several) <= MOST_GROUPS:
            continue
        middles = np.array([np.median(y[at == g]) for g in several.tolist()])
        order = np.argsort(middles)
        for cut in np.argsort(-np.diff(middles[order]))[:2].tolist():
            parts = [np.isin(at, several[order[: cut + 1]]), np.isin(at, several[order[cut + 1 :]])]
            if min(p.sum() for p in parts) < max(FEWEST_IN_GROUPS, LEAST_SHARE * len(y)):
                continue
            disjoint = DISJOINT if by is not None else DISJOINT_IN_TIME
            if by is None:
                near = _beside(at, parts[1])
                parts = [p & near for p in parts]
            low, high = (np.sort(y[p]) for p in parts)
            if (
                min(len(low), len(high)) < FEWEST_IN_GROUPS
                or _difference(*_alone(low), *_alone(high)) < disjoint
            ):
                continue
            for t in moves:
                # which side is in the other unit: by a factor, one can be; where there is an offset, either
                above, below = (high, low, order[cut + 1 :]), (low, high, order[: cut + 1])
                sides = (above, below) if t.offset else (above,) if t.factor > 1 else (below,)
                for other, own, chosen in sides:
                    shapes = _converted((other - t.offset) / t.factor, own, by is None)
                    if shapes is None or (best is not None and shapes >= best.shapes):
                        continue
                    told = f"{plural(str(unit))} and {plural(str(t.after))}"
                    which = several[np.sort(chosen)]
                    best = Group(
                        by,
                        tuple(names[g] for g in which.tolist()),
                        step * int(sizes[which].sum()),
                        told,
                        shapes,
                    )
    return best


def groups_of(lines: Lines) -> dict[str | None, tuple[Ints, Sequence[str]]]:
    """Return what rows belong to: stretches of them in their order (None), each named by its start, and the names of each category."""
    n = len(lines)
    at = np.arange(n) * STRETCHES // max(n, 1)
    names = []
    for i in np.searchsorted(at, np.arange(STRETCHES)).tolist() if n else []:
        i = min(i, n - 1)
        when = instant(int(lines.time[i])) if lines.time[i] != NEVER else None
        names.append(when[:16].replace("T", " ") if when else f"row {lines.number[i]:,}")
    groups: dict[str | None, tuple[Ints, Sequence[str]]] = {None: (at, names)}
    for name, codes in lines.codes.items():
        groups[name] = (codes, lines.labels[name])
    return groups


def _beside(stretch: Ints, high: Flags) -> Flags:
    """Return the rows of the stretches next to where stretches of the one kind meet those of the other."""
    kind = np.zeros(int(stretch.max()) + 1, dtype=bool)
    kind[stretch[high]] = True
    turns = np.flatnonzero(kind[1:] != kind[:-1])
    near = np.zeros(len(kind), dtype=bool)
    for turn in turns.tolist():
        near[max(turn + 1 - STRETCHES_BESIDE, 0) : turn + 1 + STRETCHES_BESIDE] = True
    return np.asarray(near[stretch])


def _converted(back: Floats, own: Floats, in_time: bool) -> float | None:
    """Return the largest difference between the shares of converted values and the others'; None when they differ much."""
    a, b = (np.quantile(z, [0.25, 0.5, 0.75]) for z in (back, own))
    wide, off = float(b[2] - b[0]), abs(float(a[1] - b[1]))
    if wide <= 0 or not 1 / SAME_SPREAD <= float(a[2] - a[0]) / wide <= SAME_SPREAD:
        return None
    shapes = _difference(*_alone(np.sort(back)), *_alone(own))
    by_chance = 1.4 * math.sqrt(1 / len(back) + 1 / len(own))
    near, alike = (NEAR_MIDDLE_IN_TIME, ALIKE_IN_TIME) if in_time else (NEAR_MIDDLE, ALIKE + by_chance)
    if (off <= near * wide and shapes <= alike) or (in_time and off <= SAME_MIDDLE * abs(b[1])):
        return shapes
    return None


def _alone(x: Floats) -> tuple[Floats, Ints]:
    return x, np.ones(len(x), dtype=np.int64)


def mixed_units(
    feature: Feature,
    values: Floats,
    rows: Ints,
    x: Floats,
    groups: Mapping[str | None, tuple[Ints, Sequence[str]]],
) -> list[Finding]:
    """B3: say when a number seems to be in two units at once; fails when its declared unit names the other one.

    `values`, `rows` are its distinct values with their rows, `x` (n,) those of some rows in their order, `groups` what these rows belong to.
    """
    heaps = two_heaps(feature, values, rows)
    if heaps is None:
        apart = groups_apart(feature, x, groups)
        return [] if apart is None else [_of_groups(feature, apart)]
    n = heaps.below + heaps.above
    few, side = (heaps.above, "above") if heaps.above <= heaps.below else (heaps.below, "below")
    saw = (
        f"{few:,} of {n:,} values lie {side} {number(float(f'{heaps.between:.3g}'))}{unit_of(feature)} in a heap of the "
        f"same shape as the others, {heaps.told}: two units in one column"
        + (f" ({heaps.other})?" if heaps.other else "?")
    )
    todo = "look at which rows they are (one sender, one file, one period?) and convert them to one unit"
    evidence = {"between": heaps.between, "below": heaps.below, "above": heaps.above}
    return [
        found(
            "mixed_units",
            "fail" if heaps.other is not None else "pass",
            saw,
            feature.name,
            expected="one unit",
            todo=todo,
            evidence=evidence,
        )
    ]


def _of_groups(feature: Feature, apart: Group) -> Finding:
    """Say which groups of rows look as if they were in another unit."""
    many = f" and {len(apart.names) - 3} more" if len(apart.names) > 3 else ""
    where = (
        f"with {apart.by} = {', '.join(map(repr, apart.names[:3]))}{many}"
        if apart.by is not None
        else f"in the stretch from about {apart.names[0]} to {apart.names[-1]}"
    )
    saw = f"the rows {where} ({apart.rows:,}) lie apart from all others, and among them once they are converted: two units in one column ({apart.other})?"
    todo = "ask in which unit these rows were written, and convert them to one unit"
    evidence = {"rows": apart.rows, "by": apart.by, "groups": list(apart.names[:10])}
    return found("mixed_units", "pass", saw, feature.name, expected="one unit", todo=todo, evidence=evidence)


def _factors(feature: Feature) -> list[tuple[float, str | None]]:
    """Return the factors above 1 that the declared unit (or no unit) makes likely, with the names of the units."""
    unit = canonical(getattr(feature, "unit", None))
    if unit is None:
        return [(factor, None) for factor in USUAL]
    usual: list[Transform] = [t for t in conversions(unit) if not t.offset and t.after is not None]
    named = [(max(t.factor, 1 / t.factor), f"{plural(unit)} and {plural(t.after)}") for t in usual if t.after]
    return [(factor, told) for factor, told in named if factor > 1.5]


def _valley(x: Floats, w: Ints) -> float | None:
    """Return where the density of x falls deepest between two heaps, None when it never falls far."""
    low, high = _quantiles(x, w, np.array([0.002, 0.998]))
    if high <= low:
        return None
    counts, edges = np.histogram(x, bins=BINS, range=(low - 1e-9, high + 1e-9), weights=w.astype(np.float64))
    smooth = np.convolve(np.pad(counts, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
    before, after = np.maximum.accumulate(smooth), np.maximum.accumulate(smooth[::-1])[::-1]
    lower = np.minimum(before, after)
    depth = np.where(lower > 0, smooth / np.maximum(lower, 1e-9), 1.0)
    at = int(np.argmin(depth))
    if depth[at] > VALLEY or lower[at] < 5:
        return None
    same = np.flatnonzero(depth <= depth[at] + 1e-12)
    run = same[np.abs(same - at) < BINS]
    middle = int(np.median(run))
    return float((edges[middle] + edges[middle + 1]) / 2)


def _quantiles(x: Floats, w: Ints, shares: Floats) -> Floats:
    reached = np.cumsum(w) / w.sum()
    at = np.minimum(np.searchsorted(reached, shares), len(x) - 1)
    return np.asarray(x[at], dtype=np.float64)


def _difference(a: Floats, v: Ints, b: Floats, w: Ints) -> float:
    """Return the largest difference between the shares of two samples below any value."""
    at = np.sort(np.concatenate([a, b]))
    below_a = np.concatenate([[0], np.cumsum(v)])[np.searchsorted(a, at, side="right")] / v.sum()
    below_b = np.concatenate([[0], np.cumsum(w)])[np.searchsorted(b, at, side="right")] / w.sum()
    return float(np.abs(below_a - below_b).max())
