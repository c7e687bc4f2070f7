"""Numbers that are none of their column's: far beyond its tail, the one negative among positive ones, a known one times ten.

How far a column reaches is taken from the column itself. Where its tail is light (as light as that of a normal distribution,
as it is or in logarithms), it is drawn on from where a tenth and a hundredth of the rows end (as the tail of a Weibull distribution,
of which both give the shape) to where one table in a thousand has a row. Of heavy tails nothing follows but by a torn-off end (`tails`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from fieldguide.readiness.faithfulness.cells.columns import Column, Flags, Floats, Ints
from fieldguide.readiness.faithfulness.cells.layouts import Odd
from fieldguide.readiness.faithfulness.tails import torn_off
from fieldguide.tables.names import snake

LEAST_NUMBERS, LEAST_ROWS, LEAST_DISTINCT = 0.9, 200, 20
"""Share of a column's values that are numbers, their rows, and how many differ, for a column's reach to be told."""
TABLES = 1_000
"""One clean column in so many has a row beyond its reach."""
LIGHT, LIGHT_WITH_GAP, NOISE = 1.15, 1.4, 0.4
"""Shape of a tail that is light enough (normal: 0.86, exponential: 1.28), less what the shape errs by in few rows."""
LEAST_SHAPE = 1.0
MOST_BEYOND, MOST_BEYOND_GAP = 0.01, 0.02
"""Share of the rows that may lie beyond an end, at most: more are a second kind of things."""
EMPTY = 1.5
"""So far below the reach no row may lie, where it is drawn from nearer the middle."""
STAND_INS = frozenset((-1.0, -9.0, -99.0, -999.0, -9999.0, -99999.0, -999999.0))
MOST_STAND_INS, FROM_ZERO = 0.15, 10.0
"""Share of the rows on which a stand-in may be; how many times as far from zero the column's middle lies."""
COMMON, FEW_VALUES, RARE = 0.01, 50, 0.005
"""A value on a larger share of the rows is common; a column of few common values; a value on a smaller share is rare."""
NEARLY_ALL = 0.95
LEAST_SIGNIFICANT = 3
"""Digits of a number without the zeros around them, at least, for one with its point moved to be recognized."""
APART = 3.0
"""So many times beyond the common values a number with its point moved lies."""
LEAST_DIGITS = 5
"""Whole numbers that nearly all have as many digits, from so many on, are codes."""
ROUND = re.compile(r"(^|_)(lon|lng|long|longitude)(_|$)")
DENSE = 5.0
"""Whole numbers that all differ, and have no more gaps than that, number rows."""


def odd_numbers(column: Column) -> tuple[Odd, ...]:
    """Return the numbers that are none of their column's, and why.

    >>> import pyarrow as pa
    >>> from fieldguide.readiness.faithfulness.cells.columns import columns_of
    >>> income = [str(2_000 + 37 * (k % 97)) for k in range(400)] + ["-1"]
    >>> [(o.code, o.why) for o in odd_numbers(columns_of(pa.table({"income": income}))[0])]
    [(97, 'the one number below zero; the others lie between 2000 and 5552')]
    """
    usable = np.flatnonzero((column.counts > 0) & column.numeric & ~column.absent)
    rows = int(column.counts[usable].sum())
    if rows < LEAST_ROWS or column.share(column.numeric) < LEAST_NUMBERS:
        return ()
    x = np.array([float(column.values[code]) for code in usable.tolist()])
    usable, x = usable[np.isfinite(x)], x[np.isfinite(x)]
    found = {odd.code: odd for odd in _stand_ins(column, usable, x)}
    kept = ~np.isin(usable, list(found))
    usable, x, n = usable[kept], x[kept], column.counts[usable[kept]]
    for odd in _shifted(column, usable, x, n):
        found.setdefault(odd.code, odd)
    if _no_measure(column, x, n):
        return tuple(found.values())
    out = outliers(x, n)
    no_share = (x < 0) | (x > 1)
    if n[no_share].sum() <= MOST_BEYOND_GAP * n.sum():  # shares: none between nothing and all is impossible
        out &= no_share
    long = _code_length(column, usable)
    if long:
        out &= column.length[usable] != long
    if out.any():
        low, high = (_text(float(v)) for v in (x[~out].min(), x[~out].max()))
        for code in usable[out].tolist():
            found.setdefault(
                code, Odd(code, None, f"far from all others, which lie between {low} and {high}")
            )
    return tuple(found.values())


def outliers(x: Floats, rows: Ints) -> Flags:
    """Return which values lie beyond the reach of the others; `rows` have each.

    >>> x = np.append(np.random.default_rng(0).normal(0, 1, 3_000), [4.0, 9.0])
    >>> outliers(x, np.ones(3_002, dtype=int)).nonzero()[0].tolist()
    [3001]
    """
    out = np.zeros(len(x), dtype=bool)
    total = int(rows.sum())
    if total < LEAST_ROWS or len(x) < LEAST_DISTINCT:
        return out
    order = np.argsort(x)
    rising, n = x[order], rows[order]
    middle = int(np.searchsorted(np.cumsum(n), total / 2))
    up, down = rising - rising[middle], rising[middle] - rising
    sides = [(up[::-1], n[::-1], order[::-1], True), (down, n, order, True)]
    above = rising > 0
    if above[middle] and n[~above].sum() <= MOST_BEYOND * total:
        # in logarithms, above alone: how near to zero a small number comes says little
        logs = np.log(rising[above] / rising[middle])
        sides.append((logs[::-1], n[above][::-1], order[above][::-1], False))
    for away, held, at, torn_too in sides:
        far = _beyond(away, held, total)
        if torn_too:
            ahead = int((away > 0).sum())
            torn = torn_off(away[:ahead], held[:ahead])
            far = max(far, 0 if torn is None else torn.values)
        out[at[:far]] = True
    return out


def _beyond(away: Floats, rows: Ints, total: int) -> int:
    """Return how many values of one side (the farthest first) lie beyond its reach."""
    upto = np.cumsum(rows)
    ends = [float(away[np.searchsorted(upto, share * total)]) for share in (0.01, 0.05, 0.1, 0.2)]
    if ends[3] <= 0:
        return 0
    noise = NOISE / (0.01 * total) ** 0.5
    far = int((away > _reach(ends[2], ends[0], 0.1, 0.01, LIGHT - noise, total)).sum())
    if far and upto[far - 1] <= max(3, MOST_BEYOND * total):
        return far
    reach = _reach(ends[3], ends[1], 0.2, 0.05, LIGHT_WITH_GAP - noise / 2, total)
    far = int((away > reach).sum())
    alone = far == int((away > reach / EMPTY).sum())
    return far if far and alone and upto[far - 1] <= MOST_BEYOND_GAP * total else 0


def _reach(near: float, far: float, p: float, q: float, light: float, total: int) -> float:
    """Return where a tail ends that has the share p beyond `near` and q beyond `far`; infinite where it is not light."""
    shape = np.log(far / near) / np.log(np.log(q) / np.log(p)) if far > near else 0.0
    if shape > light:
        return float("inf")
    return float(far * (np.log(TABLES * total) / -np.log(q)) ** max(shape, LEAST_SHAPE))


def _no_measure(column: Column, x: Floats, rows: Ints) -> bool:
    """Return whether numbers have no reach: those that number rows, and longitudes, which go round."""
    if ROUND.search(snake(column.name)):
        return True
    low, high = np.quantile(x, [0.02, 0.98])
    whole = bool((x == np.round(x)).all())
    return whole and len(x) >= NEARLY_ALL * rows.sum() and high - low <= DENSE * len(x)


def _code_length(column: Column, usable: Ints) -> int:
    """Return of how many digits nearly all numbers of a column are, if these are many and the numbers whole: codes; or 0."""
    lengths = np.bincount(column.length[usable], weights=column.counts[usable])
    same = lengths.argmax() >= LEAST_DIGITS and lengths.max() >= NEARLY_ALL * lengths.sum()
    return int(lengths.argmax()) if same and column.share(column.fractional) == 0 else 0


def _stand_ins(column: Column, usable: Ints, x: Floats) -> Iterator[Odd]:
    """Yield the one negative number of a column whose others lie above zero, where it is one that stands for nothing."""
    below = np.flatnonzero(x < 0)
    if len(below) != 1 or len(x) < 2 or float(x[below[0]]) not in STAND_INS:
        return
    code, others = int(usable[below[0]]), np.delete(x, below)
    rows, n = column.counts[usable], np.delete(column.counts[usable], below)
    if rows[below[0]] > MOST_STAND_INS * rows.sum():
        return
    apart = others.min() >= 1 and (others == np.round(others)).all() and len(others) >= FROM_ZERO
    if apart or _middle(others, n) >= FROM_ZERO:
        told = f"the others lie between {_text(float(others.min()))} and {_text(float(others.max()))}"
        yield Odd(code, None, f"the one number below zero; {told}")


def _shifted(column: Column, usable: Ints, x: Floats, rows: Ints) -> Iterator[Odd]:
    """Yield rare values of a column of few that are a common one with its point moved."""
    common = rows >= COMMON * rows.sum()
    if not common.any() or common.sum() > FEW_VALUES or rows[common].sum() < NEARLY_ALL * rows.sum():
        return
    low, high = float(x[common].min()), float(x[common].max())
    known = {
        _significant(float(v)): column.values[code]
        for v, code in zip(x[common], usable[common].tolist(), strict=True)
    }
    for i in np.flatnonzero(
        (rows <= RARE * rows.sum()) & ((x < low / APART) | (x > high * APART)) & (x > 0)
    ).tolist():
        same = _significant(float(x[i]))
        if len(same) >= LEAST_SIGNIFICANT and same in known:
            yield Odd(
                int(usable[i]),
                known[same],
                f"{known[same]} with its point moved; rare, and beyond the common ones",
            )


def _significant(x: float) -> str:
    return f"{abs(x):.12e}".split("e")[0].replace(".", "").strip("0")


def _middle(x: Floats, rows: Ints) -> float:
    order = np.argsort(x, kind="stable")
    upto = np.cumsum(rows[order])
    return float(x[order[np.searchsorted(upto, upto[-1] / 2)]])


def _text(x: float) -> str:
    return f"{x:.6g}"
