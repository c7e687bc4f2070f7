"""B2: last digits that people prefer, and first digits that amounts should have.

Whoever estimates or reads a dial writes 0 and 5 more often than other last digits (heaping). Where the values
span many tens and their density is smooth, the last digits are as good as uniform whatever the density is, so
the excess of 0 and 5 measures it (FACTS 8). Amounts over many orders of magnitude have first digits by Benford's
law, when nobody assigned or capped them. Both are prompts to look, never verdicts.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
from scipy.special import bdtrc, stdtr

from fieldguide.comparing.units import canonical
from fieldguide.finding import Finding
from fieldguide.program import Feature
from fieldguide.readiness.checks import found
from fieldguide.readiness.faithfulness.resolution import step_of
from fieldguide.readiness.faithfulness.units import CURRENCIES
from fieldguide.tables.names import snake
from fieldguide.tables.tally import Floats, Ints

FEWEST_ROWS = 200
FEWEST_TENS = 5
"""Tens that the middle 99 % of the values span, at least."""
WINDOWS = 40
FEWEST_WINDOWS, FEWEST_PAIRS = 10, 6
IN_A_WINDOW = 25
SIZE = 1e-3
"""Chance, a column, of a note on last digits where there is no preference."""
EXCESS, EXCESS_OF_AGES = 0.1, 0.05
"""Share of rows with 0 or 5 beyond a fifth that is worth speaking of."""
STEPS = 0.95
"""Where nearly all values are multiples of five, five is their step: nobody preferred it."""
SET_BY_PEOPLE = "_(price|prices|fee|fees|fare|fares|cost|costs|charge|discount|budget|limit)_"
"""Amounts that somebody chose: round ones are right."""
MONEY = "_(amount|amounts|amt|total|totals|subtotal|revenue|payment|payments|bill|invoice)_"
"""Sums of money, unless their unit says otherwise: made of prices, which end as somebody chose (.00, .50, .95)."""
AGE = "^_(age|patient_age|customer_age|age_years|age_at)_"
BENFORD = np.log10(1 + 1 / np.arange(1, 10))
BANDS = ((0.006, "close"), (0.012, "fair"), (0.015, "marginal"))
"""Mean absolute deviation up to which the first digits follow Benford's law, and what that is called (FACTS 8)."""
FEWEST_AMOUNTS = 3_000
ORDERS = 3.0
MIDDLE = 10.0
"""The upper quarter of the amounts starts at so many times the end of the lower one, at least."""


@dataclass(frozen=True)
class Heaped:
    """How often values end in 0 or 5.

    `share` of the rows do (a fifth is expected), in `above` of `windows` windows of the values more than a
    fifth; `chance` is that of what the windows show; `step` is the unit of the last digit.
    """

    share: float
    above: int
    windows: int
    chance: float
    step: float


def heaped(values: Floats, rows: Ints) -> Heaped | None:
    """Return how often the distinct `values` (n,), `rows` (n,) at each, end in 0 or 5; None where that says nothing.

    Each multiple m of five is compared with m − 2 … m + 2, so that a slope of the density does not count. The
    values are cut into windows (each m one, or up to forty with about equally many rows), and the windows'
    shares are judged, by a t-test or a sign test: a few popular values, or the same value of one entity again
    and again, count in a few windows only. Windows in which nearly all values end so have coarser steps (values
    of so many significant digits do): they are left out. Whoever rounds to ten leaves every second window as it
    was, so pairs of windows are judged as well.

    >>> ages = np.arange(18.0, 91.0)
    >>> round(heaped(ages, np.where(ages % 5 == 0, 300, 100)).share, 2), heaped(ages, np.full(73, 100)).above
    (0.43, 0)
    """
    step = step_of(values, rows)
    if step is not None:
        exact = np.abs(values) < 2**50 * step  # larger ones have no last digit
        values, rows = values[exact], rows[exact]
    n = int(rows.sum())
    if n < FEWEST_ROWS or step is None or len(values) < 5 * FEWEST_TENS:
        return None
    low, high = np.searchsorted(np.cumsum(rows), [0.005 * n, 0.995 * n])
    if values[min(high, len(values) - 1)] - values[low] < 10 * FEWEST_TENS * step:
        return None
    k = np.round(values / step).astype(np.int64)
    fives = _windows(k, rows, (k + 2) // 5, FEWEST_WINDOWS)
    tens = _windows(k, rows, (k + 2) // 10, FEWEST_PAIRS)
    seen = [s for s in (fives, tens) if s is not None]
    if not seen:
        return None
    best = min(seen, key=lambda s: s.chance)
    return Heaped(best.share, best.above, best.windows, min(1.0, len(seen) * best.chance), step)


def _windows(k: Ints, rows: Ints, by: Ints, fewest: int) -> Heaped | None:
    """Return how often whole numbers `k` end in 0 or 5 within windows `by`; None with fewer windows than that."""
    n = int(rows.sum())
    names, window = np.unique(by, return_inverse=True)
    inside = np.bincount(window, weights=rows)
    most = min(WINDOWS, n // IN_A_WINDOW)
    if len(names) > most:  # put together, with about equally many rows
        group = np.minimum((np.cumsum(inside) - inside / 2) * most / n, most - 1).astype(np.int64)
        window = np.unique(group, return_inverse=True)[1][window]
    total = np.bincount(window, weights=rows)
    ending = np.bincount(window, weights=rows * (k % 5 == 0))
    good = (total >= IN_A_WINDOW) & (np.bincount(window) >= 4) & (ending < STEPS * total)
    count = int(good.sum())
    if count < fewest:
        return None
    share = ending[good] / total[good]
    above = int((share > 0.2 + 1e-9).sum())
    by_sign = float(bdtrc(above - 1, count, 0.5)) if above else 1.0
    deviation = float(share.std(ddof=1))
    t = (float(share.mean()) - 0.2) / max(deviation / math.sqrt(count), 1e-9)
    chance = min(1.0, 2 * min(by_sign, float(stdtr(count - 1, -t))))
    return Heaped(float(ending[good].sum() / total[good].sum()), above, count, chance, 1.0)


def last_digits(feature: Feature, values: Floats, rows: Ints, sampled: bool = False) -> list[Finding]:
    """B2: say when a number ends in 0 or 5 more often than a smooth density lets expect."""
    name = snake(feature.name)
    if re.search(SET_BY_PEOPLE, name) or _is_money(feature, name):
        return []
    seen = heaped(values, rows)
    index = whipple(values, rows) if _is_age(feature, name, values, rows) else None
    if seen is None:
        return []
    least = EXCESS_OF_AGES if index is not None else EXCESS
    if seen.chance >= SIZE or not least <= seen.share - 0.2 <= STEPS - 0.2:
        return []
    saw = (
        f"{seen.share:.0%} of the values end in 0 or 5 (steps of {seen.step:g}) where a fifth would by chance; more than a fifth do "
        f"in {seen.above} of {seen.windows} windows of the values"
    )
    evidence: dict[str, float] = {"excess": round(seen.share - 0.2, 4), "step": seen.step}
    if index is not None:
        blend = myers(values, rows)
        word = "very rough" if index > 175 else "rough" if index > 125 else "approximate"
        saw += f"; Whipple's index of ages is {index:.0f} ({word}; 100: none, 500: all), Myers' {blend:.0f} of 90"
        evidence |= {"whipple": round(index, 1), "myers": round(blend, 1)}
    if sampled:
        saw += "; of up to 50,000 rows"
    todo = (
        "ask how the values came about: read off, estimated or rounded by people, they are only good to about "
        f"{5 * seen.step:g}"
    )
    return [
        found(
            "last_digits",
            "pass",
            saw,
            feature.name,
            expected="last digits by chance",
            todo=todo,
            evidence=evidence,
        )
    ]


def whipple(ages: Floats, rows: Ints) -> float | None:
    """Return Whipple's index of ages 23 to 62: 100 times five times the share that ends in 0 or 5.

    None when fewer than a hundred rows have such an age. 100 is no preference, 500 all (FACTS 8).

    >>> whipple(np.arange(20.0, 70.0), np.full(50, 10))
    100.0
    """
    inside = (ages >= 23) & (ages <= 62)
    n = int(rows[inside].sum())
    if n < 100:
        return None
    return float(500 * rows[inside & (ages % 5 == 0)].sum() / n)


def myers(ages: Floats, rows: Ints) -> float:
    """Return Myers' blended index of ages from 10 to 99: 0 is no preference, 90 all on one digit.

    The rows of each last digit are added up over eighty years from each of 10, 11 … 19 on, so that a sloping age
    structure makes no difference (Myers 1940).

    >>> myers(np.arange(10.0, 100.0), np.full(90, 10)), myers(np.arange(10.0, 100.0, 10.0), np.full(9, 10))
    (0.0, 90.0)
    """
    count = np.zeros(100)
    whole = (ages >= 0) & (ages < 100) & (ages == np.floor(ages))
    np.add.at(count, ages[whole].astype(np.int64), rows[whole])
    digits = np.arange(10)
    from_10 = np.array([count[d + 10 : 90 : 10].sum() for d in digits])
    from_20 = np.array([count[d + 20 : 100 : 10].sum() for d in digits])
    blended = (digits + 1) * from_10 + (9 - digits) * from_20
    total = blended.sum()
    return float(np.abs(100 * blended / total - 10).sum() / 2) if total else 0.0


def benford(values: Floats, rows: Ints) -> float | None:
    """Return how far the first digits of amounts are from Benford's law, on average; None where it does not apply.

    It applies to positive amounts that span three orders of magnitude and more, evenly enough (a factor of
    ten between the quarters), that nobody assigned (no value repeats much) or capped. What chance alone
    gives is taken off.
    """
    keep = values > 0
    step = step_of(values, rows) or 0.0
    # the first digits of small whole numbers are their values
    keep &= values >= 100 * step
    x, w = values[keep], rows[keep]
    n = int(w.sum())
    if n < FEWEST_AMOUNTS or n < 0.5 * rows.sum() or w.max() > 0.02 * n or len(x) < 500:
        return None
    upto = np.cumsum(w) / n
    ends = x[np.minimum(np.searchsorted(upto, [0.005, 0.25, 0.75, 0.995]), len(x) - 1)]
    if ends[3] < 10**ORDERS * ends[0] or ends[2] < MIDDLE * ends[1]:
        return None
    first = np.floor(x / 10.0 ** np.floor(np.log10(x) + 1e-12)).clip(1, 9).astype(np.int64)
    share = np.bincount(first, weights=w, minlength=10)[1:10] / n
    by_chance = np.sqrt(2 / math.pi * BENFORD * (1 - BENFORD) / n).mean()
    return float(max(np.abs(share - BENFORD).mean() - by_chance, 0.0))


def first_digits(feature: Feature, values: Floats, rows: Ints) -> list[Finding]:
    """B2: say how amounts follow Benford's law, where it applies; far from it is worth a look."""
    apart = benford(values, rows)
    if apart is None:
        return []
    word = next((word for most, word in BANDS if apart <= most), "not like it")
    saw = f"first digits against Benford's law: {word} (mean deviation {apart:.4f})"
    far = apart > BANDS[-1][0]
    todo = (
        "look at which first digits are frequent: thresholds, fees or invented amounts show there"
        if far
        else ""
    )
    return [
        found(
            "first_digits", "pass", saw, feature.name, expected="first digits by Benford's law", todo=todo,
            evidence={"deviation": round(apart, 5)},
        )
    ]  # fmt: skip


def _is_money(feature: Feature, name: str) -> bool:
    unit: str = getattr(feature, "unit", None) or ""
    words = re.findall(r"[^\W\d_]+|[$€£¥]", unit.lower())
    paid = any(word in CURRENCIES or word.removesuffix("s") in CURRENCIES for word in words)
    return paid or (canonical(unit) is None and bool(re.search(MONEY, name)))


def _is_age(feature: Feature, name: str, values: Floats, rows: Ints) -> bool:
    whole = values == np.floor(values)
    unit = canonical(getattr(feature, "unit", None))
    named = bool(re.search(AGE, name)) and unit in (None, "year")
    return named and bool(rows[whole].sum() >= 0.99 * rows.sum())
