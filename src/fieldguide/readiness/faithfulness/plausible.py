"""B3: values are ones that their unit allows, and that the name of their column lets expect.

Nothing is colder than absolute zero and no place lies north of 90°: where single values go beyond such a
bound while all others keep within, they are wrong. Most other bounds (percent, counts, ages) have honest
exceptions, so going beyond them is a note to look at. The same holds for a column of which most values fit
another unit of the same dimension better than the one that is declared.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fieldguide.comparing.units import TABLE, canonical, plural
from fieldguide.finding import Finding
from fieldguide.program import Feature
from fieldguide.readiness.checks import found
from fieldguide.readiness.faithfulness.points import number, points, span, unit_of
from fieldguide.tables.names import snake
from fieldguide.tables.query import Found
from fieldguide.tables.summary import ColumnSummary, quantiles

MOST_OUTSIDE = 0.05
"""Of a column that is what its name says at most so many rows lie outside; of another one we know nothing."""
FEW_OUTSIDE = 0.01
FEWEST_ROWS = 50


@dataclass(frozen=True)
class Bound:
    """What a kind of number can be: from `low` to `high`, in words `told`.

    It holds for columns whose name has one of `words` (a pattern over _snake_case_) and whose unit is one of
    `units` (canonical names; None among them: none declared). `whole` bounds hold for whole numbers only;
    `strict` ones have no honest exception. A column whose name ends in a `short` word (how_long, p99_lat) is meant
    only where another column has the same name but for a word of `partner` at its end.
    """

    told: str
    low: float | None
    high: float | None
    words: str = ""
    units: tuple[str | None, ...] | None = None
    whole: bool = False
    strict: bool = False
    short: str = ""
    partner: str = ""


_RELATIVE = re.compile(
    "_(log|diffs?|differences?|deltas?|changes?|growth|anomaly|anomalies|deviations?|residuals?|errors?)_"
)
"""What differs from something else may be below zero, whatever its unit."""
_LAT, _LON = "(lat|latitude)_$", "(lon|lng|long|longitude)_$"
BOUNDS: tuple[Bound, ...] = (
    Bound("a temperature, never below absolute zero", 0.0, None, units=("kelvin",), strict=True),
    Bound("a temperature, never below absolute zero", -273.15, None, units=("celsius",), strict=True),
    Bound("a temperature, never below absolute zero", -459.67, None, units=("fahrenheit",), strict=True),
    Bound("a latitude", -90.0, 90.0, "_" + _LAT, (None, "degree"), strict=True, short="_lat_$", partner=_LON),
    Bound("a longitude", -180.0, 360.0, "_" + _LON, (None, "degree"), strict=True, short="_(lon|lng|long)_$", partner=_LAT),
    Bound("a probability", 0.0, 1.0, "_(probability|propensity|proba)_", (None, "1")),
    Bound("an hour of the day", 0.0, 24.0, "^_(hour|hr|hour_of_day)_$", (None, "hour", "1"), whole=True),
    Bound("a month", 0.0, 12.0, "^_(month|mon|mnth)_$", (None, "month", "1"), whole=True),
    Bound("a day of the week", 0.0, 7.0, "^_(weekday|day_of_week|dow)_$", (None, "day", "1"), whole=True),
    Bound("a day of the month", 1.0, 31.0, "^_(day_of_month|dom)_$", (None, "day", "1"), whole=True),
    Bound("an age of a person", 0.0, 120.0, "^_(age|patient_age|customer_age|age_years)_$", (None, "year")),
    Bound("hours of a week", 0.0, 168.0, "_hours?_(per|a|each)_week_|_weekly_hours_", (None, "hour", "hour/week")),
    Bound("a share in percent", 0.0, 100.0, units=("percent",)),
    Bound("a count", 0.0, None, "^_(n|num|number|count|cnt)_|_(count|cnt)_$|_number_of_", None, whole=True),
    Bound("a duration", 0.0, None, "_(duration|elapsed|runtime|age)_", None),
    Bound("a size", 0.0, None, "_(length|width|height|weight|area|volume|distance|population)_", None),
    Bound("a price", 0.0, None, "_(price|fare|salary|wage|rent)_", None),
)  # fmt: skip
"""Bounds in the order in which they are tried; the first that fits a column is the one that counts."""

WEATHER = re.compile(
    "_(humid|humidity|hum|rh|precip|precipitation|rain|snow|wind|wind_speed|windspeed|pressure|dewp|dew_point|visib)_"
)
PERSON = re.compile("_(sex|gender|bmi|weight|patient|birth_date|smoker|pregnancies|waist|hip)_")
_AIR = "_(temp|temperature|tmin|tmax|atemp|dewp|dew_point|feels_like)_"
_PRESSURE = "_(pressure|baro|slp|mslp)_"


@dataclass(frozen=True)
class Usual:
    """Between which values, in the first unit named, the middle 98 % of columns of a kind lie.

    `among` says what other columns must be called for this one to be of that kind (None: no matter).
    """

    told: str
    words: str
    unit: str
    low: float
    high: float
    among: re.Pattern[str] | None = None
    narrow: float = math.inf


USUAL: tuple[Usual, ...] = (
    Usual("the temperature of air", _AIR, "celsius", -60.0, 55.0, WEATHER, narrow=75.0),
    Usual("the pressure of air", _PRESSURE, "hectopascal", 850.0, 1090.0, WEATHER),
    Usual("the height of a person", "_(height|stature)_", "meter", 0.4, 2.3, PERSON),
)


def bound_of(feature: Feature, column: ColumnSummary, names: Sequence[str] = ()) -> Bound | None:
    """Return what values the unit and the name of a number allow, None when neither says anything.

    `names` are those of all columns. What is the difference to something else has no bounds.
    """
    unit = canonical(getattr(feature, "unit", None))
    declared: str | None = getattr(feature, "unit", None)
    name = snake(feature.name)
    if _RELATIVE.search(name):
        return None
    for bound in BOUNDS:
        if bound.words and not re.search(bound.words, name):
            continue
        if bound.short and re.search(bound.short, name) and not _has_partner(name, bound.partner, names):
            continue
        if bound.units is not None and (unit if declared else None) not in bound.units:
            continue
        if bound.whole and not _whole(column):
            continue
        return bound
    return None


def outside(bound: Bound, column: ColumnSummary) -> bool:
    """Return whether a few values lie beyond a bound that nearly all keep, so that the rows are worth looking for."""
    values, rows = points(column)
    n = int(rows.sum())
    least, most = float(np.nanmin(column.low)), float(np.nanmax(column.high))
    slack = 1e-9 * max(abs(bound.low or 0.0), abs(bound.high or 0.0), 1.0)
    below = bound.low is not None and least < bound.low - slack
    above = bound.high is not None and most > bound.high + slack
    if n < FEWEST_ROWS or not (below or above):
        return False
    off = np.zeros(len(values), dtype=bool)
    if bound.low is not None:
        off |= values < bound.low - slack
    if bound.high is not None:
        off |= values > bound.high + slack
    return int(rows[off].sum()) <= MOST_OUTSIDE * n


def plausible_values(feature: Feature, column: ColumnSummary, bound: Bound, where: Found) -> list[Finding]:
    """B3: say which values go beyond what unit and name allow; `where` are the rows that do."""
    if not where.rows:
        return []
    share = where.rows / max(int(column.counts.sum()), 1)
    told = ", ".join(dict.fromkeys(number(x) for x in where.values[:3]))
    low, high = number(bound.low), number(bound.high)
    reach = f"from {low} to {high}" if bound.high is not None else f"at least {low}"
    saw = f"{where.rows:,} rows ({share:.2%}) hold {told}{unit_of(feature)}; by unit and name this is {bound.told}: {reach}"
    expected = f"{reach}, as {bound.told}"
    evidence = {"rows": where.rows, "low": bound.low, "high": bound.high}
    keys = where.examples
    if bound.strict and share <= FEW_OUTSIDE:
        return [
            found(
                "plausible_values", "fail", saw, feature.name, rows=keys, expected=expected, evidence=evidence
            )
        ]
    todo = "look at the rows: mend the values or make them null; or declare low= and high=, if such values are right"
    return [
        found(
            "plausible_values",
            "pass",
            saw,
            feature.name,
            rows=keys,
            expected=expected,
            todo=todo,
            evidence=evidence,
        )
    ]


def contradicted(feature: Feature, column: ColumnSummary, names: Sequence[str]) -> list[Finding]:
    """B3: say when nearly all values fit another unit than the declared one; `names` are those of all columns."""
    unit = canonical(getattr(feature, "unit", None))
    few = int(column.counts.sum()) < FEWEST_ROWS
    if unit is None or few or _RELATIVE.search(snake(feature.name)):
        return []
    low, middle, high = (float(q) for q in quantiles(column, [0.01, 0.5, 0.99]))
    other = _share(feature, unit, column, high) or _instant(unit, low, high)
    other = other or _usual(feature, unit, (low, middle, high), names)
    if other is None:
        return []
    saw = (
        f"declared in {plural(unit)}; the values go from {span(column)}, half of them below {number(middle)}: "
        f"that looks like {other}"
    )
    todo = f"look at the source: declare the unit it has, or convert the values ({other})"
    expected = f"values in {plural(unit)}"
    return [
        found(
            "plausible_values",
            "pass",
            saw,
            feature.name,
            expected=expected,
            todo=todo,
            evidence={"like": other},
        )
    ]


def _has_partner(name: str, partner: str, names: Sequence[str]) -> bool:
    """Whether one of `names` is `name` with another word at its end, one of `partner`."""
    stem = re.escape(name[: name.rstrip("_").rindex("_") + 1])
    return any(re.match(stem + partner, snake(other)) for other in names)


def _whole(column: ColumnSummary) -> bool:
    values, rows = points(column)
    if column.values is None:
        return False
    whole = values == np.round(values)
    return bool(rows[whole].sum() >= 0.99 * rows.sum())


def _share(feature: Feature, unit: str, column: ColumnSummary, high: float) -> str | None:
    """Percent that never exceed one, or a share that mostly does."""
    least, most = float(np.nanmin(column.low)), float(np.nanmax(column.high))
    values, _ = points(column)
    if least < 0 or len(values) < 20:
        return None
    if unit == "percent" and high >= 0.5 and most <= 1.0:
        return "shares from 0 to 1"
    if unit == "1" and re.search("_(share|fraction|probability|propensity|proportion)_", snake(feature.name)):
        middle = float(quantiles(column, [0.5])[0])
        if most <= 100.0 and high > 20.0 and middle > 1.0:
            return "percent"
    return None


def _instant(unit: str, low: float, high: float) -> str | None:
    """Seconds since 1970 that are milliseconds, and the reverse (2001 to 2050)."""
    if unit == "second" and low >= 9.8e11 and high <= 2.6e12:
        return "milliseconds since 1970"
    if unit == "millisecond" and low >= 9.8e8 and high <= 2.6e9:
        return "seconds since 1970"
    return None


def _usual(
    feature: Feature, unit: str, quarters: tuple[float, float, float], names: Sequence[str]
) -> str | None:
    """Another unit of the dimension in which the values would be usual, when in this one they are not."""
    name = snake(feature.name)
    for usual in USUAL:
        units = next(units for units in TABLE.values() if usual.unit in units)
        if unit not in units or not re.search(usual.words, name):
            continue
        others = [snake(n) for n in names if n != feature.name]
        if usual.among is not None and sum(bool(usual.among.search(n)) for n in others) < 2:
            continue
        if _fits(usual, units, unit, quarters):
            return None
        fitting = [u for u in units if u != unit and _fits(usual, units, u, quarters)]
        same = {tuple(round(x, 9) for x in units[u]) for u in fitting}
        return plural(fitting[0]) if len(same) == 1 else None
    return None


def _fits(
    usual: Usual, units: dict[str, tuple[float, float]], unit: str, quarters: tuple[float, float, float]
) -> bool:
    (a, b), (c, d) = units[unit], units[usual.unit]
    low, _, high = ((a * x + b - d) / c for x in quarters)
    return usual.low <= low and high <= usual.high and high - low <= usual.narrow
