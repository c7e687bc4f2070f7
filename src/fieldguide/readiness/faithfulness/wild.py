"""B3: single values far from all others, farther than the column's own tail lets expect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from fieldguide.finding import Finding
from fieldguide.program import Feature
from fieldguide.readiness.checks import found
from fieldguide.readiness.faithfulness.points import number, points, unit_of
from fieldguide.readiness.faithfulness.tails import torn_off
from fieldguide.tables.query import Found
from fieldguide.tables.summary import ColumnSummary, quantiles


@dataclass(frozen=True)
class Wild:
    """Values that are torn off the rest of their column: those above (or below) `bound`.

    `next` is the farthest of the others, `ratio` how many times as far from the middle the nearest wild
    value is, `chance` that of such a gap.
    """

    side: Literal["above", "below"]
    bound: float
    next: float
    ratio: float
    chance: float


def wild_tails(column: ColumnSummary) -> list[Wild]:
    """Return the ends of a number's values that are torn off (see `tails`)."""
    if column.kind != "number" or column.counts.sum() == 0:
        return []
    values, rows = points(column)
    middle = float(quantiles(column, [0.5])[0])
    found = []
    for side, sign in (("above", 1.0), ("below", -1.0)):
        away = sign * (values - middle)
        at = np.flatnonzero(away > 0)
        at = at[np.argsort(-away[at])]
        torn = torn_off(away[at], rows[at])
        if torn is not None:
            inner, outer = away[at[torn.values]], away[at[torn.values - 1]]
            bound = middle + sign * float(np.sqrt(inner * outer))
            next_ = float(values[at[torn.values]])
            found.append(Wild(side, bound, next_, torn.ratio, torn.chance))  # type: ignore[arg-type]
    return found


def wild_values(feature: Feature, column: ColumnSummary, wild: Wild, where: Found) -> list[Finding]:
    """B3: no value lies far from all others; `where` are the rows whose values do."""
    if not where.rows:
        return []
    told = ", ".join(dict.fromkeys(number(x) for x in where.values[:3]))
    quarter, median, three = (number(float(q)) for q in quantiles(column, [0.25, 0.5, 0.75]))
    rows = f"{where.rows:,} rows hold"
    others = f"no other lies {wild.side} {number(wild.next)}"
    saw = f"{rows} {told}{unit_of(feature)}; {others}, and half of them lie between {quarter} and {three}"
    expected = f"no such gap: it is {wild.ratio:,.0f} times as far from the middle ({median}) as the next"
    evidence = {"ratio": round(wild.ratio, 2), "chance": wild.chance, "next": wild.next, "rows": where.rows}
    keys = where.examples
    return [found("wild_values", "fail", saw, feature.name, rows=keys, expected=expected, evidence=evidence)]
