"""B3: columns that go together on most rows and, somewhere, do not: one was sorted or shifted apart from the others.

A spreadsheet sorts the marked column and leaves the others where they are (Lawrence's example): every column keeps
its values, so no look at single columns finds it; what is lost is that they belong together. So the dependence
of each pair is compared between blocks of the same table. A column that loses all its relations at once in one
stretch, while its own values there are the usual ones and the others still go together, was moved.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fieldguide.finding import Finding
from fieldguide.readiness.checks import found
from fieldguide.tables.names import snake
from fieldguide.tables.query.lines import NEVER, Lines
from fieldguide.tables.slicing import instant
from fieldguide.tables.tally import Flags, Floats, Ints

MOST_COLUMNS = 30
LEVELS = 16
"""Into so many levels of about equal size a number is cut; of a category the most frequent are kept."""
BLOCKS = 20
ROWS_OF_A_BLOCK = 100
FEWEST_BLOCKS = 6
RELATED, RELATED_PAIR = 0.5, 0.7
"""Correlation of the usual block from which on columns are said to go together: several, or two alone."""
LOST = 0.35
"""A relation is lost where so much of the usual correlation, or less, is left."""
DEVIATIONS, MOST_DEVIATIONS, DEVIATIONS_OF_A_PAIR = 2.5, 4.0, 6.0
"""How far below the usual one a correlation lies where it is lost, in deviations between blocks: of several each at
least, of several the most; of a column with one relation."""
ENOUGH_SPREAD = 0.3
"""A block in which a column varies less than this (against all rows) says nothing about its relations."""
COUNTER = re.compile(
    "_(cum|cumulative|total|odometer|counter|seq|sequence|index|id|no|nr|number|year|date|time|uid|udi)_"
)
FEWEST_SORTED = 500
TAIL = 0.08
"""The first and last hundredth of a sorted sample cover at least so much of its range; a counter's do not."""


@dataclass(frozen=True)
class Apart:
    """A column that lost its relations on a stretch of rows.

    `columns` are the column, or the two of a pair when there is no telling which one moved; `partners` those
    that it goes with elsewhere; `usual`, `here` the correlations elsewhere and on the stretch; `first`, `last` the positions
    of the stretch among the lines; `deviations` how far out of the ordinary the loss is.
    """

    columns: tuple[str, ...]
    partners: tuple[str, ...]
    usual: float
    here: float
    first: int
    last: int
    deviations: float


def apart(lines: Lines) -> list[Apart]:
    """Return the columns that lost all their relations on a stretch of the rows, in their order."""
    blocks = min(BLOCKS, len(lines) // ROWS_OF_A_BLOCK)
    if blocks < FEWEST_BLOCKS:
        return []
    levels = _levels(lines)
    names = list(levels)
    block = np.arange(len(lines)) * blocks // len(lines)
    pairs = [
        pair
        for i, a in enumerate(names)
        for b in names[i + 1 :]
        if (pair := _pair(a, b, levels[a], levels[b], block, blocks)) is not None
    ]
    found = []
    for name in names:
        own = [p for p in pairs if name in (p.a, p.b)]
        best = _worst_stretch(name, own, pairs, levels[name], block, blocks)
        if best is None:
            continue
        first, last, lost, far = best
        partners = tuple(p.b if p.a == name else p.a for p in lost)
        strongest = max(lost, key=lambda p: p.usual)
        at = np.flatnonzero((block >= first) & (block <= last))
        found.append(
            Apart(
                (name,) if len(partners) > 1 else tuple(sorted((name, *partners))),
                partners,
                strongest.usual,
                strongest.over(first, last)[0],
                int(at[0]),
                int(at[-1]),
                far,
            )
        )
    once = {(one.columns, one.first): one for one in reversed(found)}  # a pair is found from either side
    return list(reversed(once.values()))


def _worst_stretch(
    name: str, own: list[_Pair], pairs: list[_Pair], levels: Ints, block: Ints, blocks: int
) -> tuple[int, int, list[_Pair], float] | None:
    """Return the stretch of blocks on which a column has lost all its relations that can be judged there.

    With it come the pairs that are lost, and by how many deviations the most lost of them is. None when there is none,
    when the relations fade elsewhere too, when the column's own values are others there, or when its partners have
    lost each other as well.
    """
    best: tuple[int, int, list[_Pair], float] | None = None
    for width in range(1, blocks // 2 + 1):
        for first in range(blocks - width + 1):
            last = first + width - 1
            lost: list[_Pair] = []
            far = 0.0
            for p in own:
                rho, deviations, judged = p.over(first, last)
                if not judged:
                    continue
                least = DEVIATIONS if len(own) > 1 else DEVIATIONS_OF_A_PAIR
                if rho >= LOST * p.usual or deviations < least or p.fades(first, last):
                    lost = []
                    break
                lost.append(p)
                far = max(far, deviations)
            if not lost or (
                best is not None and far * math.sqrt(width) <= best[3] * math.sqrt(best[1] - best[0] + 1)
            ):
                continue
            enough = MOST_DEVIATIONS if len(lost) > 1 else DEVIATIONS_OF_A_PAIR
            if far < enough or (len(lost) == 1 and lost[0].usual < RELATED_PAIR):
                continue
            partners = {p.a for p in lost} | {p.b for p in lost} - {name}
            others = [p for p in pairs if name not in (p.a, p.b) and partners & {p.a, p.b}]
            alone = not any(p.over(first, last)[0] < LOST * p.usual for p in others if p.over(first, last)[2])
            here = np.zeros(blocks, dtype=bool)
            here[first : last + 1] = True
            if alone and _usual_values(levels, block, here):
                best = (first, last, lost, far)
    return best


def row_alignment(lines: Lines, ordered: Sequence[str]) -> list[Finding]:
    """B3: say which columns lost their relations, and where; and which alone are sorted.

    `ordered` are the columns (key, time) that may be in the order of the rows. Passes, saying so, when there are too
    few rows to judge.
    """
    if len(lines) < FEWEST_BLOCKS * ROWS_OF_A_BLOCK:
        saw = f"{len(lines):,} rows: too few to compare blocks of them"
        return [found("row_alignment", "pass", saw)]
    findings = [_told(one, lines) for one in apart(lines)]
    done = {f.about for f in findings}
    for name in sorted_apart(lines, ordered):
        if name not in done:
            saw = (
                f"{name!r} alone is sorted, from the first row to the last, and lies like a sorted sample rather than a "
                "counter: was it sorted apart from the other columns?"
            )
            todo = "compare a few rows with the source; a column that was sorted alone must be taken from there again"
            findings.append(found("row_alignment", "pass", saw, name, todo=todo))
    return findings or [found("row_alignment", "pass", "columns that go together do so on all rows")]


def sorted_apart(lines: Lines, ordered: Sequence[str]) -> list[str]:
    """Return the numbers that are sorted in the order in which the rows came, while the rows' own order is another.

    A table that is sorted by a column has its keys and times in no order; a counter grows about evenly. What
    is sorted beside them and has the tails of a sample is suspicious.
    """
    by_row = np.argsort(lines.number)
    if len(by_row) < FEWEST_SORTED or not lines.number.any() or not _in_order(lines, by_row):
        return []
    found = []
    for name, values in lines.numbers.items():
        x = values[by_row]
        x = x[np.isfinite(x)]
        if name in ordered or COUNTER.search(snake(name)) or len(x) < max(FEWEST_SORTED, 0.95 * len(by_row)):
            continue
        steps = np.diff(x)
        if not ((steps >= 0).all() or (steps <= 0).all()) or len(np.unique(x)) < 20:
            continue
        m = max(len(x) // 100, 1)
        tails = abs(x[m] - x[0]) + abs(x[-1] - x[-1 - m])
        if tails >= TAIL * abs(x[-1] - x[0]):
            found.append(name)
    return found


@dataclass(frozen=True, eq=False)
class _Pair:
    """Two columns that go together: by block their correlation and whether it can be judged; sums over blocks.

    `sums` (6, blocks + 1) are, up to each block, rows, p, q, p², q² and pq of the scores p and q.
    """

    a: str
    b: str
    usual: float
    spread: float
    rho: Floats
    judged: Flags
    sums: Floats

    def over(self, first: int, last: int) -> tuple[float, float, bool]:
        """The correlation over a stretch of blocks, how many deviations it lies below the usual one, and if it counts."""
        n, p, q, pp, qq, pq = (self.sums[:, last + 1] - self.sums[:, first]).tolist()
        if n < ROWS_OF_A_BLOCK / 2:
            return 0.0, 0.0, False
        var_p, var_q = pp / n - (p / n) ** 2, qq / n - (q / n) ** 2
        if min(var_p, var_q) <= ENOUGH_SPREAD:
            return 0.0, 0.0, False
        rho = min(max((pq / n - p * q / n**2) / math.sqrt(var_p * var_q), -0.999), 0.999)
        error = math.sqrt(self.spread**2 + 1 / max(n - 3, 1))
        return rho, (math.atanh(self.usual) - math.atanh(rho)) / error, True

    def fades(self, first: int, last: int) -> bool:
        """Whether the correlation is weak elsewhere too: then it fades, and no moved column took it away."""
        elsewhere = self.judged.copy()
        elsewhere[max(first - 1, 0) : last + 2] = False  # at its ends a stretch covers a part of a block
        others = self.rho[elsewhere]
        return len(others) < FEWEST_BLOCKS - 2 or float(others.min()) < 0.6 * self.usual


def _in_order(lines: Lines, by_row: Ints) -> bool:
    """Whether the keys or the times come in order in the rows as they came."""
    time = lines.time[by_row]
    if (time != NEVER).all() and len(np.unique(time)) > 20:
        return bool((np.diff(time) >= 0).mean() > 0.999)
    places = [lines.places[i] for i in by_row.tolist()]
    if any(p is None for p in places):
        return False
    keys: list[float] | list[str]
    try:
        keys = [float(str(p)) for p in places]
    except ValueError:
        keys = [str(p) for p in places]
    return all(a <= b for a, b in itertools.pairwise(keys))  # type: ignore[operator]


def _levels(lines: Lines) -> dict[str, Ints]:
    """Return each column cut into few levels, -1 where missing; columns of one level and names of rows are left out."""
    cut: dict[str, Ints] = {}
    n = len(lines)
    for name, values in lines.numbers.items():
        there = np.isfinite(values)
        if there.sum() < 0.5 * n:
            continue
        edges = np.unique(np.quantile(values[there], np.linspace(0, 1, LEVELS + 1)[1:-1]))
        level = np.searchsorted(edges, values, side="right")
        cut[name] = np.where(there, level, -1)
    for name, codes in lines.codes.items():
        there = codes >= 0
        count = np.bincount(codes[there], minlength=1)
        if there.sum() < 0.5 * n or (count > 0).sum() > 0.2 * n:
            continue
        top = np.argsort(-count, kind="stable")[: LEVELS + 8]
        place = np.full(len(count), len(top))
        place[top] = np.arange(len(top))
        cut[name] = np.where(there, place[codes], -1)
    several = {name: level for name, level in cut.items() if len(np.unique(level[level >= 0])) > 1}
    return dict(list(several.items())[:MOST_COLUMNS])


def _pair(a: str, b: str, x: Ints, y: Ints, block: Ints, blocks: int) -> _Pair | None:
    """Return how two columns go together, None when they do not in the usual block."""
    both = (x >= 0) & (y >= 0)
    if both.sum() < FEWEST_BLOCKS * ROWS_OF_A_BLOCK:
        return None
    x, y, block = x[both], y[both], block[both]
    together, u, v = _scores(x, y)
    if together < 0.5 * RELATED:
        return None
    p, q = u[x], v[y]
    added = [
        np.bincount(block, weights=z, minlength=blocks) for z in (np.ones(len(p)), p, q, p * p, q * q, p * q)
    ]
    n = added[0]
    many = np.maximum(n, 1)
    mean_p, mean_q = added[1] / many, added[2] / many
    var_p, var_q = added[3] / many - mean_p**2, added[4] / many - mean_q**2
    enough = (n >= ROWS_OF_A_BLOCK / 2) & (var_p > ENOUGH_SPREAD) & (var_q > ENOUGH_SPREAD)
    if enough.sum() < FEWEST_BLOCKS - 1:
        return None
    cov = added[5] / many - mean_p * mean_q
    rho = np.where(enough, cov / np.sqrt(np.maximum(var_p * var_q, 1e-12)), 0.0).clip(-0.999, 0.999)
    usual = float(np.median(rho[enough]))
    if usual < RELATED:
        return None
    z = np.arctanh(rho[enough])
    spread = 1.4826 * float(np.median(np.abs(z - math.atanh(usual))))
    sums = np.cumsum(np.stack([np.concatenate([[0.0], one]) for one in added]), axis=1)
    return _Pair(a, b, usual, spread, rho, enough, sums)


def _scores(x: Ints, y: Ints) -> tuple[float, Floats, Floats]:
    """Return the largest correlation that scores of two columns' levels can have, and the scores (variance 1)."""
    rows, columns = int(x.max()) + 1, int(y.max()) + 1
    table = np.bincount(x * columns + y, minlength=rows * columns).reshape(rows, columns) / len(x)
    r, c = table.sum(axis=1), table.sum(axis=0)
    weight = np.sqrt(np.outer(r, c))
    s = np.divide(table, weight, out=np.zeros_like(table), where=weight > 0) - np.sqrt(np.outer(r, c))
    left, values, right = np.linalg.svd(s, full_matrices=False)
    u = np.divide(left[:, 0], np.sqrt(r), out=np.zeros(rows), where=r > 0)
    v = np.divide(right[0], np.sqrt(c), out=np.zeros(columns), where=c > 0)
    return float(values[0]), u, v


def _usual_values(levels: Ints, block: Ints, here: Flags) -> bool:
    """Whether a column's levels on the given blocks are as those of its other blocks: its values are unchanged."""
    k = int(levels.max()) + 1
    blocks = len(here)
    there = levels >= 0
    count = (
        np.bincount(block[there] * k + levels[there], minlength=blocks * k)
        .reshape(blocks, k)
        .astype(np.float64)
    )
    inside, outside = count[here].sum(axis=0), count[~here].sum(axis=0)
    if inside.sum() < ROWS_OF_A_BLOCK / 2:
        return False
    total = outside / outside.sum()
    distance = np.abs(inside / inside.sum() - total).sum() / 2
    others = np.abs(count / np.maximum(count.sum(axis=1, keepdims=True), 1) - total).sum(axis=1)[~here] / 2
    noise = math.sqrt(k / inside.sum())
    return bool(distance <= max(1.2 * float(others.max()), noise))


def _told(one: Apart, lines: Lines) -> Finding:
    times = [lines.time[i] for i in (one.first, one.last)]
    if NEVER in times:
        where = f"from row {lines.number[one.first]:,} to {lines.number[one.last]:,}"
    else:
        began, ended = ((instant(int(t)) or "")[:16].replace("T", " ") for t in times)
        where = f"from about {began} to {ended}"
    name = " or ".join(repr(c) for c in one.columns)
    partners = ", ".join(repr(p) for p in one.partners[:3])
    with_ = f" with {partners}" if len(one.columns) == 1 else " with each other"
    saw = (
        f"{name} {'goes' if len(one.columns) == 1 else 'go'}{with_} (correlation {one.usual:.2f}), but not {where} (there "
        f"{one.here:.2f}), though its values are the usual ones: moved apart from the other columns?"
    )
    where_rows = [str(lines.places[i]) for i in (one.first, one.last) if lines.places[i] is not None]
    sure = len(one.partners) > 1
    evidence = {
        "usual": round(one.usual, 3),
        "here": round(one.here, 3),
        "deviations": round(one.deviations, 1),
    }
    return found(
        "row_alignment",
        "fail" if sure else "pass",
        saw,
        one.columns[0] if len(one.columns) == 1 else None,
        rows=where_rows,
        todo="compare these rows with their source; a column that was moved alone must be taken from there again",
        evidence=evidence,
    )
