"""How much would more rows help? Loss against rows learned from, continued as far as it can honestly be.

The curve is a + b·(n − p)^(−c) with 0.3 ≤ c ≤ 1 for p weights, fitted by inverse-variance weights to losses at
several sizes on the same held-out rows; it is refused with fewer than four sizes, from fewer than ten rows a weight
(five of the rarer answer), and beyond ten times the largest size (FACTS 8, F24 and 14, item 16: a free fit from too
few rows was wrong by half). Counting the rows that are left beside the weights is ours: for least squares the
excess is exactly in 1/(n − p − 1), and without it small sizes bend the curve and promise too much (measured: by a
fifth to a half). The interval comes from curves refitted to resampled units: those learned from (disjoint parts)
and those judged on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from fieldguide.finding import Finding
from fieldguide.program import Label
from fieldguide.readiness.checks import found
from fieldguide.tables.tally import Floats, Ints

SIZES = 4
"""Sizes at least."""
ROWS_A_WEIGHT, ANSWERS_A_WEIGHT = 10, 5
FARTHEST = 10.0
"""How many times the largest size the curve is continued at most."""
POWERS = np.linspace(0.3, 1.0, 15)
PARTS = 16
"""Disjoint parts that the rows learned from are cut into."""
SHARES = ((1, 2, 4, 8, 16), (2, 4, 8, 16), (3, 5, 9, 16), (4, 6, 10, 16), (6, 8, 11, 16))
"""How many of the parts are learned from at each size; the widest range that has rows enough is taken."""
MOST_FITS = 4
"""Disjoint sets of rows that are learned from at each size, at most."""
HELPS = 0.05
"""Part of the skill that twice the rows must add for more of them to be asked for."""
DRAWS = 200

Learn = Callable[[Ints], Floats]
"""Learns from the rows at these positions, and returns the loss of each row."""


@dataclass(frozen=True, eq=False)
class Curve:
    """Losses by rows learned from, and the curve through them.

    `sizes`, `losses` and `errors` (of the losses, from disjoint sets of rows) belong together; the curve is
    `floor` + `factor` · (n − `weights`)^(−`power`). `draws` are curves refitted to resampled units, one a line.
    """

    sizes: Floats
    losses: Floats
    errors: Floats
    floor: float
    factor: float
    power: float
    draws: Floats
    neutral: float
    weights: int = 0

    def at(self, rows: float) -> tuple[float, float, float]:
        """Return the loss expected from so many rows, with its 95 % interval.

        Raises ValueError beyond ten times the largest size.
        """
        self._allowed(rows)
        left = rows - self.weights
        drawn = self.draws[:, 0] + self.draws[:, 1] * left ** -self.draws[:, 2]
        low, high = np.quantile(drawn, [0.025, 0.975])
        return self.floor + self.factor * left**-self.power, float(low), float(high)

    def gain(self, rows: float) -> tuple[float, float, float]:
        """Return by how much that loss is below the one at the largest size, with its 95 % interval.

        Raises ValueError beyond ten times the largest size.
        """
        self._allowed(rows)
        now, left = float(self.sizes[-1]) - self.weights, rows - self.weights
        drawn = self.draws[:, 1] * (now ** -self.draws[:, 2] - left ** -self.draws[:, 2])
        low, high = np.quantile(drawn, [0.025, 0.975])
        return self.factor * (now**-self.power - left**-self.power), float(low), float(high)

    def _allowed(self, rows: float) -> None:
        if rows > FARTHEST * self.sizes[-1] * (1 + 1e-9):
            raise ValueError(
                f"{rows:,.0f} rows are more than {FARTHEST:g} times the largest size ({self.sizes[-1]:,.0f})"
            )


@dataclass(frozen=True)
class Refused:
    """Why no curve is drawn, and what would let it."""

    why: str
    todo: str = ""


def sizes_for(rows: int, weights: int, rarer: float = 0.5) -> Sequence[int] | Refused:
    """Return how many of the parts are learned from at each size, the largest last.

    `rarer` is the share of the rarer answer.

    >>> sizes_for(16_000, 50), sizes_for(16_000, 50, rarer=0.1)
    ((1, 2, 4, 8, 16), (3, 5, 9, 16))
    """
    least = math.ceil(max(weights, 1) * max(ROWS_A_WEIGHT, ANSWERS_A_WEIGHT / max(rarer, 1e-9)))
    for shares in SHARES:
        allowed = [k for k in shares if k * rows / PARTS >= least]
        if len(allowed) >= SIZES:
            return tuple(allowed)
    wanted = least * PARTS / SHARES[-1][-SIZES]
    return Refused(
        f"about {weights:,} weights need {SIZES} sizes of {least:,} rows or more, and there are {rows:,} rows to learn from",
        f"with {wanted:,.0f} rows to learn from, or fewer and coarser columns, a curve can be drawn",
    )


def learning_curve(
    learn: Learn,
    part: Ints,
    judged: Ints,
    unit: Ints,
    weight: Floats,
    neutral: float,
    shares: Sequence[int],
    weights: int,
    seed: int,
) -> Curve:
    """Return the curve: `learn` is called with the rows of one or more of sixteen parts.

    `part` numbers the part of each row, −1 for those judged on, which `judged` are the positions of; `unit` and
    `weight` are those of the judged rows, by whose weight losses come multiplied. `neutral` is the loss of the mean.
    """
    rng = np.random.default_rng(seed)
    losses: list[list[Floats]] = []
    sizes: list[float] = []
    units = int(unit.max()) + 1
    held = _by_unit(weight, unit, units)
    for k in shares:
        sets = [np.arange(i * k, (i + 1) * k) for i in range(min(PARTS // k, MOST_FITS))]
        learned = [np.flatnonzero(np.isin(part, parts)) for parts in sets]
        sizes.append(float(np.mean([len(rows) for rows in learned])))
        losses.append([_by_unit(learn(rows)[judged], unit, units) for rows in learned])
    n = np.asarray(sizes)
    sums = [np.stack(each) for each in losses]
    means = np.asarray([s.sum() / len(s) / held.sum() for s in sums])
    errors = _errors(n, [s.sum(axis=1) / held.sum() for s in sums])
    floor, factor, power = _fitted(n - weights, means[None, :], errors)[0]
    draws = np.empty((DRAWS, len(n)))
    for d in range(DRAWS):
        count = np.bincount(rng.integers(0, units, units), minlength=units).astype(np.float64)
        # rows judged on hang together over the sizes: one resampling for all of them
        base = np.asarray([(s @ count).mean() / (held @ count) for s in sums])
        draws[d] = base + rng.normal(size=len(n)) * errors
    return Curve(
        n, means, errors, floor, factor, power, _fitted(n - weights, draws, errors), neutral, weights
    )


def curve_found(
    label: Label, curve: Curve | Refused, total: int, unlabeled: int, queued: int
) -> list[Finding]:
    """A2: how much more rows would help; told, it blocks nothing. `total` rows have a label in all.

    Said as skill, 1 − loss / loss of the mean (F14). Where the curve was drawn on a sample, it is continued up to
    ten times that, and no farther.
    """
    check = "learning_curve"
    if isinstance(curve, Refused):
        return [found(check, "pass", f"no curve: {curve.why}", label.name, todo=curve.todo or None)]
    largest, neutral = float(curve.sizes[-1]), curve.neutral
    evidence: dict[str, object] = {
        "sizes": [round(n) for n in curve.sizes.tolist()],
        "losses": [float(f"{x:.6g}") for x in curve.losses.tolist()],
        "errors": [float(f"{x:.3g}") for x in curve.errors.tolist()],
        "floor": float(f"{curve.floor:.6g}"),
        "factor": float(f"{curve.factor:.6g}"),
        "power": round(curve.power, 3),
        "neutral": float(f"{neutral:.6g}"),
    }
    skills = [1 - float(x) / neutral for x in curve.losses]
    saw = (
        f"skill over the mean on held-out rows from {curve.sizes[0]:,.0f} to {largest:,.0f} rows learned from: "
        f"{skills[0]:.1%} to {skills[-1]:.1%}"
    )
    targets = [t for t in (2.0 * total, 5.0 * total) if t <= FARTHEST * largest * (1 + 1e-9)]
    told = []
    for rows in targets or [FARTHEST * largest]:
        gain = [g / neutral for g in curve.gain(rows)]
        evidence[f"gain_at_{round(rows)}"] = [round(g, 6) for g in gain]
        told.append(
            f"{rows:,.0f} rows would add {_points(gain[0])} points ({_points(gain[1])} to {_points(gain[2])})"
        )
    saw += "; " + ", ".join(told)
    if not targets:
        saw += f"; that is as far as a curve of {largest:,.0f} rows can be continued, and there are {total:,} already"
    helpful = curve.gain(targets[0] if targets else FARTHEST * largest)[0] / max(
        neutral - float(curve.losses[-1]), 1e-12
    )
    evidence["helpful"] = round(helpful, 4)
    if skills[-1] <= 0.0:
        todo = "the model does not beat the mean yet: other columns, or a stronger prior, before more rows"
    elif helpful < HELPS:
        todo = "more rows of this kind help little: look for other columns, or a better label"
    elif unlabeled and queued:
        todo = f"more labels help: {unlabeled:,} rows have none; the queue to annotate begins with those that would help most"
    else:
        todo = "more rows help: collect them, or take a longer time span"
    return [found(check, "pass", saw, label.name, todo=todo, evidence=evidence)]


def _points(x: float) -> str:
    return f"{100 * x:.2g}"


def _by_unit(losses: Floats, unit: Ints, units: int) -> Floats:
    return np.asarray(np.bincount(unit, weights=losses, minlength=units), dtype=np.float64)


def _errors(n: Floats, losses: Sequence[Floats]) -> Floats:
    """Return the error of each mean loss by the choice of rows learned from: it falls as 1/n for one set.

    One set of the largest size says nothing of its own error, so the errors of all sizes are put together.
    """
    scaled, freedom = 0.0, 0
    for size, each in zip(n.tolist(), losses, strict=True):
        if len(each) > 1:
            scaled += float(((each - each.mean()) ** 2).sum()) * size**2
            freedom += len(each) - 1
    one = np.sqrt(scaled / max(freedom, 1)) / n
    return np.asarray(np.maximum(one / np.sqrt([len(each) for each in losses]), 1e-9))


def _fitted(n: Floats, losses: Floats, errors: Floats) -> Floats:
    """Return floor, factor and power of the best curve through each line of losses, the factor not below 0."""
    w = 1.0 / errors**2
    best = np.full(len(losses), np.inf)
    out = np.zeros((len(losses), 3))
    for c in POWERS.tolist():
        x = n**-c
        mx = np.dot(w, x) / w.sum()
        my = losses @ w / w.sum()
        slope = np.maximum((losses - my[:, None]) @ (w * (x - mx)) / np.dot(w, (x - mx) ** 2), 0.0)
        floor = my - slope * mx
        off = ((losses - floor[:, None] - slope[:, None] * x) ** 2) @ w
        better = off < best
        best[better] = off[better]
        out[better] = np.column_stack([floor, slope, np.full(len(losses), c)])[better]
    return out
