"""B1: missing values are characterized: how many, when, and together with what.

Band B characterizes and never fills (FACTS 1.1, 8). The only verdicts are "not MCAR" (missing completely at
random) and "no sign against MCAR": a value that is missing because of what it would have been cannot be
told apart from chance when it goes with nothing that is seen (FACTS 8: power 0.06). What stands in for a missing
value (-999, "unknown") counts as missing before anything is asked.

Rows are not independent: an outage takes a stretch of them, and what else was usual in that stretch then seems to go
with it. So each test is made twice, as if rows were independent and with stretches of fifty rows' blocks (and
with entities) as the units, and the weaker evidence counts.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from fieldguide.finding import Finding
from fieldguide.readiness.checks import CHECKS, found
from fieldguide.readiness.faithfulness.association import (
    UNITS,
    association,
    crossed,
    independent,
    put_together,
    together,
)
from fieldguide.readiness.faithfulness.mcar import MOST_ROWS, Little, little, predicted
from fieldguide.readiness.faithfulness.points import number
from fieldguide.tables.query.lines import NEVER, Lines
from fieldguide.tables.slicing import instant
from fieldguide.tables.tally import Flags, Floats, Ints

SIZE = 0.05
"""Chance, a table, of "not MCAR" where values are missing completely at random (divided over all tests: Bonferroni)."""
SMALL_SHIFT = 0.1
"""Difference of means, in standard deviations, below which a relation is too small to speak of."""
SMALL_ASSOCIATION = 0.05
"""The same on the scale of Cramér's V."""
FEWEST_ROWS = 50
FEWEST_MISSING = 10
TELLING = 0.6
"""AUC of telling which values are missing from which on it is spoken of."""
BINS = 8
MOST_LEVELS = 30
PERIODS = 12
MOST_TESTED = 50_000_000
"""Values that are tested, all tests together: of tables with many columns fewer rows are."""
THINNEST = 5_000
"""Rows that are tested at least."""


@dataclass(frozen=True)
class Missing:
    """How many values of a column are missing in the whole table: `nulls`, and `hidden` ones by what stands in for them.

    `partner` names the joined source that the column comes from, `alone` counts the rows without a partner there.
    """

    nulls: int
    hidden: Mapping[str, int] = field(default_factory=dict, hash=False)
    partner: str | None = None
    alone: int = 0

    @property
    def all(self) -> int:
        """Values that are missing in one way or another."""
        return self.nulls + sum(self.hidden.values())


@dataclass(frozen=True)
class Relation:
    """What the absence of a value goes together with.

    `effect` is in standard deviations or Cramér's V, and worth speaking of from `small` on; `chance` is
    that of such an effect where values are missing completely at random.
    """

    column: str
    effect: float
    chance: float
    told: str
    small: float


def missing_values(lines: Lines, counts: Mapping[str, Missing], masks: Mapping[str, Flags]) -> list[Finding]:
    """Return one finding for each column with missing values, and one of Little's test over all numbers.

    `counts` are exact, by column; `masks` (n,) tell which of the lines lack a value, hidden ones among them.
    Unknown with fewer than fifty rows.
    """
    lacking = [name for name, one in counts.items() if one.all]
    if not lacking:
        return [found("missing_values", "pass", "no missing values")]
    if lines.rows < FEWEST_ROWS:
        return [
            found(
                "missing_values", "unknown", f"{_counted(counts[name], lines.rows)}: too few rows to say where", name,
                todo="collect at least fifty rows",
            )
            for name in lacking
        ]  # fmt: skip
    step = _step(len(lines), len(lacking) * len(masks))
    lines, masks = lines.every(step), {name: mask[::step] for name, mask in masks.items()}
    tested = [name for name in lacking if _enough(masks[name])]
    sides = {name: _side(lines, name, masks[name]) for name in (*lines.numbers, *lines.codes)}
    units = _units(lines)
    asked = {name: _tests(lines, name, masks, sides, units) for name in tested}
    limit = SIZE / max(sum(len(tests) for tests in asked.values()), 1)
    skill = predicted(_design(sides, masks, lines), {name: masks[name] for name in tested})
    findings = []
    for name in lacking:
        told = [test.relation() for test in asked.get(name, ()) if test.chance < limit]
        related = [r for r in told if r.chance < limit]
        strong = [r for r in related if abs(r.effect) >= r.small]
        if not strong and skill.get(name, (0.0, ()))[0] >= TELLING:
            strong = related
        strong.sort(key=lambda r: -abs(r.effect))
        findings.append(_of_column(name, counts[name], lines, masks[name], strong, skill.get(name)))
    overall = _overall(lines, masks, units)
    return findings + ([] if overall is None else [overall])


def _step(rows: int, tests: int) -> int:
    """Return of how many rows one is tested, for so many tests."""
    most = max(MOST_TESTED // max(tests, 1), THINNEST)
    return max(1, -(-rows // most))


def _of_column(
    name: str,
    count: Missing,
    lines: Lines,
    mask: Flags,
    related: list[Relation],
    skill: tuple[float, tuple[str, ...]] | None,
) -> Finding:
    saw = _counted(count, lines.rows)
    if count.all == lines.rows:
        return found("missing_values", "pass", f"{saw}: always missing", name)
    if not _enough(mask):
        return found("missing_values", "pass", f"{saw}: too few to look for a pattern", name)
    if related:
        saw += f"; not by chance alone (not MCAR): {'; '.join(r.told for r in related[:3])}"
    else:
        saw += (
            "; no sign against MCAR, that is chance (a dependence on the missing value itself cannot be seen)"
        )
    evidence: dict[str, object] = {
        "share": round(count.all / max(lines.rows, 1), 6),
        "hidden": dict(count.hidden),
        "mechanism": "not MCAR" if related else "no sign against MCAR",
        "related": {r.column: round(r.effect, 4) for r in related[:5]},
    }
    if skill is not None and related:
        auc, best = skill
        evidence |= {"auc": round(auc, 4)}
        if best and auc >= TELLING:
            saw += f"; the other columns tell which are missing with an AUC of {auc:.2f}, most of all {', '.join(best)}"
    saw += _over_time(lines, mask)
    if len(lines) < lines.rows:
        saw += f" (looked at {len(lines):,} rows)"
    todo = CHECKS["missing_values"].next if related else ""
    return found("missing_values", "pass", saw, name, todo=todo, evidence=evidence)


def _counted(count: Missing, rows: int) -> str:
    saw = f"{count.all:,} of {rows:,} values missing ({count.all / max(rows, 1):.2%})"
    hidden = [f"{n:,} as {told}" for told, n in count.hidden.items()]
    if hidden:
        saw += f", {' and '.join(hidden)}"
    if count.partner is not None and count.alone:
        saw += f", {min(count.alone, count.nulls):,} of them without a row in {count.partner}"
    return saw


def _enough(mask: Flags) -> bool:
    return bool(FEWEST_MISSING <= mask.sum() <= len(mask) - FEWEST_MISSING)


@dataclass(frozen=True, eq=False)
class _Side:
    """A column as something that missing values may go with: its levels, -1 where it has no value itself."""

    levels: Ints
    names: tuple[str, ...]
    values: Floats | None


def _side(lines: Lines, name: str, mask: Flags) -> _Side:
    """Cut a column into up to eight bins of about equal size, or its thirty most frequent names and the rest."""
    if name in lines.numbers:
        x = np.where(mask, np.nan, lines.numbers[name])
        there = np.isfinite(x)
        if not there.any():
            return _Side(np.full(len(x), -1), (), x)
        edges = np.unique(np.quantile(x[there], np.linspace(0, 1, BINS + 1)[1:-1]))
        level = np.where(there, np.searchsorted(edges, x, side="right"), -1)
        marks = [float(x[there].min()), *edges.tolist(), float(x[there].max())]
        names = tuple(f"{number(_short(a))} to {number(_short(b))}" for a, b in itertools.pairwise(marks))
        return _Side(level, names, x)
    codes = np.where(mask, -1, lines.codes[name])
    count = np.bincount(codes[codes >= 0], minlength=max(len(lines.labels[name]), 1))
    top = np.argsort(-count, kind="stable")[:MOST_LEVELS]
    place = np.full(len(count) + 1, len(top))
    place[top], place[-1] = np.arange(len(top)), -1
    return _Side(
        place[codes], (*(lines.labels[name][i] for i in top if i < len(lines.labels[name])), "others"), None
    )


def _units(lines: Lines) -> list[Ints]:
    """Return which rows belong together, once by their stretch and once by their entity, if there are enough."""
    n = len(lines)
    units = [np.arange(n) * UNITS // max(n, 1)] if n >= 4 * UNITS else []
    entities = int(lines.entity.max(initial=-1)) + 1
    if entities >= 4 * UNITS and n >= 4 * UNITS:
        # a fixed shuffle, so that neighbors by name do not share a group
        units.append(np.where(lines.entity >= 0, (lines.entity * 2_654_435_761) % 2**32 % UNITS, 0))
    return units


@dataclass(frozen=True)
class _Test:
    """A test with its chance as if rows were independent, and what makes the relation with the larger chance of both ways."""

    chance: float
    relation: Callable[[], Relation]


def _tests(
    lines: Lines, name: str, masks: Mapping[str, Flags], sides: Mapping[str, _Side], units: list[Ints]
) -> list[_Test]:
    mask = masks[name]
    tests: list[_Test] = []
    for other, side in sides.items():
        if other == name or len(side.names) < 2:
            continue
        count = crossed(mask, side.levels, len(side.names))
        absent, rows = count[0].sum(), count.sum()
        if not FEWEST_MISSING <= absent <= rows - FEWEST_MISSING:
            continue
        place = together(count) if side.values is not None else np.arange(len(side.names))
        test = independent(put_together(count, place))
        tests.append(_Test(test.chance, partial(_with_column, other, mask, side, place, units)))
    for other, gone in masks.items():
        if other == name or not _enough(gone):
            continue
        if _same(gone, mask):
            told = f"{other} is missing in the same rows"
            tests.append(_Test(0.0, partial(Relation, other, 1.0, 0.0, told, SMALL_ASSOCIATION)))
        else:
            levels = gone.astype(np.int64)
            chance = independent(crossed(mask, levels, 2)).chance
            tests.append(_Test(chance, partial(_with_absence, other, mask, levels, units)))
    timed = lines.time != NEVER
    if timed.sum() > FEWEST_ROWS and _enough(mask[timed]):
        stretch = _stretches(lines.time[timed])
        chance, effect = association(mask[timed], stretch, [])
        share = _shares(mask[timed], stretch)
        at = int(np.nanargmax(share))
        since = instant(_start(lines.time[timed], at)) or ""
        told = f"over time it goes up to {share[at]:.0%} (from {since[:10]} on)"
        tests.append(_Test(chance, partial(Relation, "__time", effect, chance, told, SMALL_ASSOCIATION)))
    return tests


def _with_column(other: str, mask: Flags, side: _Side, place: Ints, units: list[Ints]) -> Relation:
    there = side.levels >= 0
    absent = mask[there]
    chance, effect = association(absent, place[side.levels[there]], [u[there] for u in units])
    told, small = _most(other, mask, side), SMALL_ASSOCIATION
    if side.values is not None:
        shift = _shift(absent, side.values[there])
        if abs(shift) >= SMALL_SHIFT:
            more = "higher" if shift > 0 else "lower"
            told = f"{other!r} is {abs(shift):.1f} standard deviations {more} where it is missing"
            effect, small = shift, SMALL_SHIFT
    return Relation(other, effect, chance, told, small)


def _with_absence(other: str, mask: Flags, gone: Ints, units: list[Ints]) -> Relation:
    chance, effect = association(mask, gone, units)
    here, there = float(gone[mask].mean()), float(gone[~mask].mean())
    told = f"{other} is missing in {here:.0%} of these rows and in {there:.0%} of the others"
    return Relation(other, effect, chance, told, SMALL_ASSOCIATION)


def _same(a: Flags, b: Flags) -> bool:
    return bool((a == b).all())


def _shift(mask: Flags, values: Floats) -> float:
    """Return by how many standard deviations the mean is higher where the value is absent."""
    a, b = values[mask], values[~mask]
    spread = math.sqrt((len(a) * float(a.var()) + len(b) * float(b.var())) / len(values))
    return (float(a.mean()) - float(b.mean())) / spread if spread > 0 else 0.0


def _most(other: str, mask: Flags, side: _Side) -> str:
    there = side.levels >= 0
    share = _shares(mask[there], side.levels[there])
    rows = np.bincount(side.levels[there], minlength=len(share))
    enough = rows >= max(20, 0.01 * rows.sum())
    if not enough.any():
        enough = rows > 0
    at = int(np.flatnonzero(enough)[np.argmax(share[enough])])
    total = rows.sum() - rows[at]
    rest = float((np.nansum(share * rows) - share[at] * rows[at]) / total) if total else 0.0
    if side.values is not None:
        where = f"{other} from {side.names[at]}"
    else:
        where = f"{other} = {side.names[at]!r}" if at < len(side.names) - 1 else f"a rarer {other}"
    return f"missing in {share[at]:.0%} of the rows with {where}, in {rest:.0%} of the others"


def _shares(mask: Flags, levels: Ints) -> Floats:
    rows = np.bincount(levels)
    return np.asarray(np.bincount(levels, weights=mask) / np.where(rows > 0, rows, np.nan), dtype=np.float64)


def _stretches(time: Ints) -> Ints:
    width = max((int(time.max()) - int(time.min()) + 1) / PERIODS, 1.0)
    return np.asarray(np.minimum((time - time.min()) / width, PERIODS - 1), dtype=np.int64)


def _start(time: Ints, stretch: int) -> int:
    return int(time.min()) + round(stretch * (int(time.max()) - int(time.min()) + 1) / PERIODS)


def _over_time(lines: Lines, mask: Flags) -> str:
    timed = lines.time != NEVER
    if timed.sum() < FEWEST_ROWS or lines.time[timed].min() == lines.time[timed].max():
        return ""
    stretch = _stretches(lines.time[timed])
    share = _shares(mask[timed], stretch)[np.bincount(stretch) >= 20]
    return f"; between {share.min():.1%} and {share.max():.1%} over time" if len(share) > 1 else ""


def _design(sides: Mapping[str, _Side], masks: Mapping[str, Flags], lines: Lines) -> Mapping[str, Ints]:
    """Return for each column its levels, a missing value being one of them."""
    columns = {name: side.levels + 1 for name, side in sides.items()}
    return columns | {name: m.astype(np.int64) for name, m in masks.items() if name not in columns}


def _overall(lines: Lines, masks: Mapping[str, Flags], units: list[Ints]) -> Finding | None:
    step = max(1, -(-len(lines) // MOST_ROWS))
    columns = {name: np.where(masks[name], np.nan, x)[::step] for name, x in lines.numbers.items()}
    test = little(columns, [unit[::step] for unit in units])
    if test is None:
        return None
    return found("missing_values", "pass", _said(test), evidence={"p": test.chance, "df": test.freedom})


def _said(test: Little) -> str:
    verdict = "not MCAR" if test.against else "no sign against MCAR"
    least = "below 0.0001" if test.chance < 1e-4 else f"{test.chance:.4f}"
    return (
        f"Little's test over {test.columns} numbers with {test.patterns} patterns of missing values: {verdict} "
        f"(d² {test.distance:.1f} on {test.freedom} degrees of freedom, p {least})"
    )


def _short(x: float) -> float:
    return float(f"{x:.4g}")
