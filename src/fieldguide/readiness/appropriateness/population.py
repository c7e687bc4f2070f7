"""Do the rows stand for those that the question is asked about? They still arrive, and they are like them.

Two sets of rows are compared by a classifier that tells them apart (Lopez-Paz & Oquab 2017; FACTS 8, F28) and
column by column, since a classifier is weak against a shift in one column. Rows of an entity or of a day hang
together: a unit is never on both sides of a fold, and each counts once (influences are added up by unit).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from fieldguide.finding import Finding
from fieldguide.program import Source
from fieldguide.readiness.appropriateness import light
from fieldguide.readiness.appropriateness.light import Coded
from fieldguide.readiness.appropriateness.measure import Estimate, Ranked, ranked
from fieldguide.readiness.checks import found
from fieldguide.tables.query import Periods
from fieldguide.tables.summary import Summary
from fieldguide.tables.tally import Floats, Ints

GONE = 0.1
"""Rows in the last twelfth of the time span, as a share of the usual, below which the delivery has stopped."""
ALPHA = 0.05
APART = 0.75
"""AUC (lower bound) of the classifier from which on the rows are others than those asked about."""
UNSEEN = 0.1
"""Share of the rows asked about with a value that was never learned from, from which on they are others."""
FEWEST_UNITS = 8
"""Days or entities that either side must have."""
MANY_UNITS = 80
"""Days or entities of either side from which on columns are also compared by their width: with fewer, chance is often
taken for a difference (measured: at 10 units 2.7 % where 0.45 % is meant, at 100 units 0.27 %)."""
FEWEST = 100


@dataclass(frozen=True)
class Shift:
    """How far one column tells two sets of rows apart: an AUC of 0.5 is not at all; `p` is its chance level."""

    column: str
    auc: float
    p: float
    unseen: float = 0.0
    saw: str = ""


@dataclass(frozen=True)
class Difference:
    """How far two sets of rows can be told apart: `together` by all columns, `shifts` by each, the farthest first.

    `effective` is the share of the learned rows that is left, in effect, when they are weighted to be like the
    others (Kish); `rows` are how many of either were compared, `units` how many units on the side that has fewer.
    """

    together: Estimate
    p: float
    shifts: tuple[Shift, ...]
    effective: float
    rows: tuple[int, int]
    units: int

    @property
    def tests(self) -> int:
        """How many tests were made: one for all columns together, and for each by its level and its width."""
        return 1 + (2 if self.units >= MANY_UNITS else 1) * len(self.shifts)

    def notable(self) -> tuple[Shift, ...]:
        """Return the columns that differ beyond chance, all tests counted (Bonferroni)."""
        return tuple(s for s in self.shifts if s.p * self.tests <= ALPHA)

    @property
    def differs(self) -> bool:
        """Whether anything differs beyond chance, all tests counted."""
        return self.p * self.tests <= ALPHA or bool(self.notable())


def difference(
    learned: Coded, asked: Coded, units: tuple[Sequence[Ints], Sequence[Ints]], fold: tuple[Ints, Ints]
) -> Difference | None:
    """Return how far `asked` rows can be told from `learned` ones, both as codes of the same bins.

    `units` are, for either side, the numbers of the units in each way in which rows hang together; a unit that
    is on both sides has the same number. `fold` is the same for all rows of a unit. None where a side has too
    few rows or units.
    """
    n, m = len(learned.codes), len(asked.codes)
    if min(n, m) < FEWEST:
        return None
    y = np.concatenate([np.zeros(n), np.ones(m)])
    weight = np.concatenate([np.full(n, (n + m) / (2 * n)), np.full(m, (n + m) / (2 * m))])
    both = Coded(learned.bins, np.asfortranarray(np.concatenate([learned.codes, asked.codes])))
    where = np.concatenate(fold)
    clusters = [np.concatenate(pair) for pair in zip(*units, strict=True)]
    fewest = min(min(len(np.unique(c[y == side])) for side in (0, 1)) for c in clusters)
    if fewest < FEWEST_UNITS:
        return None
    score = light.cross_fitted(both, y, weight, where, binary=True)
    told = ranked(y, score, weight, binary=True)
    if told is None:
        return None
    together, p = _tested(told.value, told.influence, y, clusters, one_sided=True)
    shifts = []
    for j, b in enumerate(both.bins):
        codes = both.codes[:, j]
        if b.edges is None:
            one = ranked(y, _ratio(codes, b.size, y, weight, where), weight, binary=True)
            ways = [one] if one is not None else []
        else:
            order = np.arange(b.size, dtype=np.float64)
            present = codes < b.size - 1
            middle = float(np.median(codes[present])) if present.any() else 0.0
            order[-1] = middle
            values = [order, np.abs(order - middle)] if fewest >= MANY_UNITS else [order]
            ways = [one for v in values if (one := _ranked_codes(codes, v, y, weight)) is not None]
        one_sided = b.edges is None
        tried = [
            (_tested(one.value, one.influence, y, clusters, one_sided=one_sided)[1], k, one.value)
            for k, one in enumerate(ways)
        ]
        if tried:
            level, k, area = min(tried)
            unseen = _unseen(both.codes[:, j], b.size, y)
            level = min(1.0, level * (1 if b.edges is not None else 2))
            shifts.append(
                Shift(b.name, max(area, 1 - area), level, unseen, _words(b.edges is not None, k, area))
            )
    shifts.sort(key=lambda s: (s.p, -s.auc))
    odds = np.exp(np.clip(score[y == 0], -20, 20))
    effective = float(odds.sum() ** 2 / (odds**2).sum() / n)
    return Difference(together, p, tuple(shifts), effective, (n, m), fewest)


def population(source: Source, periods: Periods | None, summary: Summary) -> list[Finding]:
    """A3: rows arrive up to the end of the time span. Empty stretches and what changed most are told."""
    if source.time is None or periods is None or not len(periods.rows):
        return [found("population", "pass", "no time column: rows over time unknown")]
    rows = periods.rows
    usual = float(np.median(rows[:-1]))
    saw = f"{rows.min():,} to {rows.max():,} rows in each of {len(rows)} equal stretches of time"
    empty = [str(s)[:10] for s, n in zip(periods.since, rows, strict=True) if n == 0]
    if empty:
        saw += f"; none in those from {', '.join(empty[:3])} on"
    saw += _moved(summary)
    evidence = {"since": list(periods.since), "rows": rows.tolist()}
    if rows.sum() >= 10 * len(rows) and rows[-1] < GONE * usual:
        since = str(periods.since[-1])[:10]
        saw = f"only {rows[-1]:,} rows from {since} on, {usual:,.0f} in an equal stretch before; {saw}"
        return [found("population", "fail", saw, evidence=evidence)]
    return [found("population", "pass", saw, evidence=evidence)]


def population_match(
    d: Difference | None, *, declared: str | None, failed: str = "", timed: bool = True
) -> list[Finding]:
    """A3: the rows to learn from are like those that the question is asked about.

    `declared` is the place of Question(population=…), `failed` why it could not be read. Without it the rows of
    the next period stand for them, and that they differ is told, not judged: the world moves.
    """
    check = "population_match"
    if failed:
        return [
            found(
                check,
                "unknown",
                f"the population {declared} could not be read: {failed}",
                todo="mend Question(population=…)",
            )
        ]
    who = f"the rows of {declared}" if declared else "the rows of the next period"
    if d is None:
        if declared:
            saw = f"too few rows, or too few units of them, to compare with {who}"
            return [
                found(
                    check,
                    "unknown",
                    saw,
                    todo="give more rows of the population, of several days and entities",
                )
            ]
        saw = "no population is declared"
        saw += (
            ", and too few rows in the next period to compare with"
            if timed
            else ", and no time column: nothing to compare with"
        )
        return [found(check, "pass", saw, todo=_declare())]
    evidence = {
        "auc": round(d.together.value, 4),
        "low": _finite(d.together.low),
        "high": _finite(d.together.high),
        "effective_share": round(d.effective, 4),
        "columns": {s.column: [round(s.auc, 4), float(f"{s.p:.3g}")] for s in d.shifts[:10]},
        "rows": list(d.rows),
        "units": d.units,
    }
    saw = (
        f"{d.rows[0]:,} rows to learn from against {d.rows[1]:,} of {who.removeprefix('the rows of ')}: a classifier tells them "
        f"apart with an AUC of {d.together.value:.3f} (0.5 is not at all; 95 %: {d.together.low:.3f} to {d.together.high:.3f})"
    )
    notable = d.notable()
    if notable:
        saw += "; most: " + ", ".join(f"{s.column} ({s.saw}, AUC {s.auc:.2f})" for s in notable[:3])
    if d.differs:
        saw += f"; weighted to be like them, the rows would be worth {d.effective:.0%} of their number"
    if declared and (d.together.low >= APART or any(s.unseen >= UNSEEN for s in notable)):
        unseen = [
            f"{s.unseen:.0%} of them have values of {s.column} that are not among the rows"
            for s in notable
            if s.unseen >= UNSEEN
        ]
        saw = "; ".join([saw, *unseen[:2]])
        return [found(check, "fail", saw, evidence=evidence)]
    if not declared:
        return [found(check, "pass", f"no population is declared; {saw}", todo=_declare(), evidence=evidence)]
    todo = "look at those columns: weight the rows, or collect such as are lacking" if d.differs else None
    return [found(check, "pass", saw, todo=todo, evidence=evidence)]


def _declare() -> str:
    return "declare Question(population=fg.Source(…)): rows like those that the question will be asked about"


def _tested(
    area: float, influence: Floats, y: Floats, clusters: Sequence[Ints], *, one_sided: bool
) -> tuple[Estimate, float]:
    """Return an AUC with its interval, and its chance level if there is no difference.

    The error is that of a jackknife over units (a unit that holds much of its side counts for more when it is
    left out), with Satterthwaite's degrees of freedom, since the error of few units is itself uncertain.
    """
    widest, p = None, 0.0
    for cluster in clusters:
        sums = np.zeros(int(cluster.max()) + 1)
        parts, units = [], []
        for side in (0.0, 1.0):
            mine = y == side
            held = np.bincount(cluster[mine], minlength=len(sums))
            own = np.bincount(cluster[mine], weights=influence[mine], minlength=len(sums))
            own = own / (1.0 - np.minimum(held / held.sum(), 0.5))
            sums += own
            parts.append(float((own**2).sum()))
            units.append(int((held > 0).sum()))
        error = float(np.sqrt((sums**2).sum()))
        below = sum(part**2 / max(k - 1, 1) for part, k in zip(parts, units, strict=True))
        df = sum(parts) ** 2 / below if below > 0 else float(min(units) - 1)
        t = (area - 0.5) / error if error > 0 else (0.0 if area == 0.5 else np.inf)
        level = float(special.stdtr(df, -t)) if one_sided else 2 * float(special.stdtr(df, -abs(t)))
        away = float(special.stdtrit(df, 0.975)) * error
        e = Estimate(area, error, area - away, area + away, min(units))
        if widest is None or e.error > widest.error:
            widest = e
        p = max(p, level)
    assert widest is not None
    return widest, p


def _ranked_codes(codes: light.Codes, values: Floats, y: Floats, weight: Floats) -> Ranked | None:
    """Return how well the value of a row's code ranks rows, as `ranked` does, from counts."""
    place = np.unique(values, return_inverse=True)[1]
    group = place[codes]
    k = int(place.max()) + 1
    yes, no = (np.bincount(group, weights=weight * (y == s), minlength=k) for s in (1.0, 0.0))
    if not yes.sum() or not no.sum() or k < 2:
        return None
    yes_at, no_at = yes / yes.sum(), no / no.sum()
    no_below, yes_above = np.cumsum(no_at) - 0.5 * no_at, 1.0 - np.cumsum(yes_at) + 0.5 * yes_at
    area = float(np.dot(yes_at, no_below))
    of = np.where(y == 1.0, (no_below[group] - area) / yes.sum(), (yes_above[group] - area) / no.sum())
    return Ranked(area, np.asarray(weight * of))


def _ratio(codes: light.Codes, size: int, y: Floats, weight: Floats, fold: Ints) -> Floats:
    """Return for each row the log ratio of its value's frequency on both sides, learned without its fold."""
    out = np.zeros(len(codes))
    for k in np.unique(fold).tolist():
        rest = fold != k
        a, b = (
            np.bincount(codes[rest], weights=(weight * (y == s))[rest], minlength=size) + 1.0 for s in (0, 1)
        )
        out[~rest] = np.log((b / b.sum()) / (a / a.sum()))[codes[~rest]]
    return out


def _unseen(codes: light.Codes, size: int, y: Floats) -> float:
    """Return the share of the rows asked about with a value, or in a bin, that none of the learned has."""
    have = np.bincount(codes[y == 0], minlength=size)
    return float((have[codes[y == 1]] == 0).mean())


def _words(number: bool, way: int, area: float) -> str:
    if not number:
        return "other shares"
    if way == 0:
        return "higher" if area > 0.5 else "lower"
    return "wider" if area > 0.5 else "narrower"


def _finite(x: float) -> float | None:
    return round(x, 4) if np.isfinite(x) else None


def _moved(summary: Summary) -> str:
    """Say which column's values moved most between the first three quarters of the slices and the last."""
    slices = len(summary.rows)
    if slices < 4:
        return ""
    cut = slices - slices // 4
    moved = {}
    for name, column in summary.columns.items():
        if column.kind == "timestamp":
            continue
        before, after = column.counts[:cut].sum(axis=0), column.counts[cut:].sum(axis=0)
        if before.sum() and after.sum():
            moved[name] = 0.5 * float(np.abs(before / before.sum() - after / after.sum()).sum())
    if not moved:
        return ""
    most = max(moved, key=lambda name: moved[name])
    return f"; in the last quarter of the time {most} moved most ({moved[most]:.0%} of its rows)"
