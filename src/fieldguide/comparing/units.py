"""Units: what a number may be turned into when a source changes its unit.

A table of units by dimension gives, for a declared unit, every conversion to another unit of the same
dimension; without a declared unit, the factors that such changes usually have are tried.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

TABLE: dict[str, dict[str, tuple[float, float]]] = {
    "time": {
        "nanosecond": (1e-9, 0), "microsecond": (1e-6, 0), "millisecond": (1e-3, 0), "second": (1, 0),
        "minute": (60, 0), "hour": (3600, 0), "day": (86400, 0), "week": (604800, 0), "year": (31557600, 0),
    },
    "length": {
        "millimeter": (1e-3, 0), "centimeter": (1e-2, 0), "meter": (1, 0), "kilometer": (1e3, 0),
        "inch": (0.0254, 0), "foot": (0.3048, 0), "yard": (0.9144, 0), "mile": (1609.344, 0),
        "nautical mile": (1852, 0),
    },
    "speed": {
        "meter/second": (1, 0), "kilometer/hour": (1 / 3.6, 0), "mile/hour": (0.44704, 0),
        "knot": (1852 / 3600, 0), "foot/second": (0.3048, 0),
    },
    "mass": {
        "milligram": (1e-6, 0), "gram": (1e-3, 0), "kilogram": (1, 0), "tonne": (1e3, 0),
        "ounce": (0.028349523125, 0), "pound": (0.45359237, 0),
    },
    "temperature": {"kelvin": (1, 0), "celsius": (1, 273.15), "fahrenheit": (5 / 9, 273.15 - 160 / 9)},
    "pressure": {
        "pascal": (1, 0), "hectopascal": (100, 0), "millibar": (100, 0), "kilopascal": (1e3, 0), "bar": (1e5, 0),
        "psi": (6894.757293, 0), "millimeter of mercury": (133.322387, 0), "inch of mercury": (3386.389, 0),
        "atmosphere": (101325, 0),
    },
    "volume": {
        "milliliter": (1e-3, 0), "liter": (1, 0), "cubic meter": (1e3, 0), "gallon": (3.785411784, 0),
        "imperial gallon": (4.54609, 0),
    },
    "energy": {
        "joule": (1, 0), "kilojoule": (1e3, 0), "calorie": (4.184, 0), "kilocalorie": (4184, 0),
        "watt hour": (3600, 0), "kilowatt hour": (3.6e6, 0),
    },
    "share": {"1": (1, 0), "percent": (0.01, 0), "permille": (1e-3, 0), "basis point": (1e-4, 0)},
    "angle": {"degree": (math.pi / 180, 0), "radian": (1, 0)},
    "data": {"byte": (1, 0), "kilobyte": (1e3, 0), "kibibyte": (1024, 0), "megabyte": (1e6, 0), "gigabyte": (1e9, 0)},
    "dollar": {"cent": (0.01, 0), "dollar": (1, 0), "thousand dollars": (1e3, 0)},
    "euro": {"euro cent": (0.01, 0), "euro": (1, 0), "thousand euros": (1e3, 0)},
    "pound": {"penny": (0.01, 0), "pound sterling": (1, 0)},
}  # fmt: skip
"""Dimension -> unit -> (a, b): a value x in the unit is a · x + b in the dimension's base unit."""

ALIASES: dict[str, str] = {
    "ns": "nanosecond", "us": "microsecond", "µs": "microsecond", "ms": "millisecond", "msec": "millisecond",
    "s": "second", "sec": "second", "min": "minute", "h": "hour", "hr": "hour", "d": "day",
    "mm": "millimeter", "cm": "centimeter", "m": "meter", "km": "kilometer", "in": "inch", "ft": "foot",
    "feet": "foot", "inches": "inch", "yd": "yard", "mi": "mile", "nmi": "nautical mile",
    "mph": "mile/hour", "mi/h": "mile/hour", "m/s": "meter/second", "km/h": "kilometer/hour",
    "kph": "kilometer/hour", "kt": "knot", "kn": "knot", "ft/s": "foot/second",
    "mg": "milligram", "g": "gram", "kg": "kilogram", "t": "tonne", "oz": "ounce", "lb": "pound", "lbs": "pound",
    "k": "kelvin", "°c": "celsius", "degc": "celsius", "degree celsius": "celsius", "°f": "fahrenheit",
    "degf": "fahrenheit", "degree fahrenheit": "fahrenheit",
    "pa": "pascal", "hpa": "hectopascal", "mbar": "millibar", "kpa": "kilopascal", "mmhg": "millimeter of mercury",
    "inhg": "inch of mercury", "atm": "atmosphere",
    "ml": "milliliter", "l": "liter", "gal": "gallon", "j": "joule", "kj": "kilojoule", "cal": "calorie",
    "kcal": "kilocalorie", "wh": "watt hour", "kwh": "kilowatt hour",
    "%": "percent", "share": "1", "ratio": "1", "fraction": "1", "deg": "degree", "°": "degree", "rad": "radian",
    "b": "byte", "kb": "kilobyte", "kib": "kibibyte", "mb": "megabyte", "gb": "gigabyte",
    "usd": "dollar", "$": "dollar", "us dollar": "dollar", "eur": "euro", "€": "euro", "gbp": "pound sterling",
    "£": "pound sterling", "pence": "penny",
}  # fmt: skip

USUAL_FACTORS = (1000, 100, 60, 3600, 1e6, 1.609344, 0.3048, 2.2046226218, 0.44704, 2.54, 3.6, 10)
"""Factors that changes of unit usually have, tried with their inverses when no unit is declared."""
RARE_FACTORS = (
    86400, 24, 7, 12, 1440, 604800, 1e9, 1.8, 28.349523125, 0.9144, 1.852, 0.5144444444, 1.150779448, 3.785411784,
    4.184, 6.894757293, 33.86389, 1.33322387, 57.29577951, 1024, 1048576, 16, 25.4,
)  # fmt: skip
"""Factors that are seldom met; they must explain the rows better to be named."""


@dataclass(frozen=True)
class Transform:
    """new = factor · old + offset, from the unit `before` to the unit `after` where they are known.

    `rare` says that such a change is seldom met: it must explain the rows better to be named.
    """

    factor: float
    offset: float = 0.0
    before: str | None = None
    after: str | None = None
    rare: bool = False

    @property
    def cause(self) -> str:
        """The cause this is evidence for: "unit_factor" or "unit_affine"."""
        return "unit_affine" if self.offset else "unit_factor"

    def far_from(self, other: Transform) -> bool:
        """Whether the two differ by more than five percent, or in their offset."""
        return abs(math.log(abs(self.factor / other.factor))) > 0.05 or abs(self.offset - other.offset) > 1e-9


def canonical(unit: str | None) -> str | None:
    """Return the name that the table uses for a unit, or None when it is not in the table.

    >>> canonical("mph"), canonical("seconds"), canonical("metre/second"), canonical("furlong")
    ('mile/hour', 'second', 'meter/second', None)
    """
    if unit is None:
        return None
    parts = [_one(part) for part in unit.strip().replace(" per ", "/").split("/")]
    whole = "/".join(part or "?" for part in parts)
    whole = _one(unit) or _one(whole) or whole
    return whole if "?" not in whole and _size(whole) is not None else None


@functools.lru_cache(maxsize=512)
def conversions(unit: str | None) -> tuple[Transform, ...]:
    """Return what a column in `unit` may have been turned into.

    With a known unit: every other unit of its dimension, and shifts of the decimal point. Without: the
    usual factors and their inverses, and Celsius against Fahrenheit and kelvin.

    >>> [round(t.factor, 5) for t in conversions("mile/hour") if t.after == "meter/second"]
    [0.44704]
    """
    name = canonical(unit)
    if name is None:
        plain = [Transform(f) for factor in USUAL_FACTORS for f in (factor, 1 / factor)]
        plain += [Transform(f, rare=True) for factor in RARE_FACTORS for f in (factor, 1 / factor)]
        temperature = TABLE["temperature"]
        return tuple(plain + [t for a in temperature for t in _within(temperature, a) if t.offset])
    found = list(_to_others(name))
    shifts = [
        Transform(f, before=name, rare=True) for factor in (10, 100, 1000, 1e6) for f in (factor, 1 / factor)
    ]
    return tuple(found + [s for s in shifts if all(s.far_from(t) for t in found)])


def plural(unit: str) -> str:
    """Return the unit as several of them are called.

    >>> plural("mile/hour"), plural("foot"), plural("celsius"), plural("inch of mercury")
    ('miles/hour', 'feet', 'celsius', 'inches of mercury')
    """
    head, slash, rest = unit.partition("/")
    first, of, last = head.partition(" of ")
    if unit in ("1", "percent", "permille", "celsius", "fahrenheit", "kelvin") or first.endswith("s"):
        return "shares" if unit == "1" else unit
    irregular = {"foot": "feet", "inch": "inches", "penny": "pence", "psi": "psi"}
    return irregular.get(first, first + "s") + of + last + slash + rest


def _one(unit: str) -> str | None:
    """The table's name of a unit without a slash, or of a known compound."""
    text = " ".join(unit.strip().lower().replace("_", " ").split())
    exact = ALIASES.get(unit.strip()) or ALIASES.get(text)
    if exact:
        return exact
    text = text.replace("metre", "meter").replace("litre", "liter")
    for name in (text, text.removesuffix("s"), text.replace("feet", "foot").replace("inches", "inch")):
        if any(name in units for units in TABLE.values()):
            return name
        if name in ALIASES and len(name) > 2:
            return ALIASES[name]
    return None


def _dimension(unit: str) -> dict[str, tuple[float, float]] | None:
    return next((units for units in TABLE.values() if unit in units), None)


def _size(unit: str) -> tuple[float, float] | None:
    found = _dimension(unit)
    if found is not None:
        return found[unit]
    head, slash, rest = unit.partition("/")
    if not slash:
        return None
    above, below = _size(head), _size(rest)
    return (above[0] / below[0], 0.0) if above and below and not (above[1] or below[1]) else None


def _within(units: dict[str, tuple[float, float]], unit: str) -> list[Transform]:
    a, b = units[unit]
    found = []
    for other, (c, d) in units.items():
        factor, offset = a / c, (b - d) / c
        if other != unit and (abs(factor - 1) > 1e-9 or abs(offset) > 1e-9):
            found.append(Transform(factor, 0.0 if abs(offset) < 1e-12 else offset, unit, other))
    return found


def _to_others(unit: str) -> list[Transform]:
    known = _dimension(unit)
    if known is not None:
        return _within(known, unit)
    head, _, rest = unit.partition("/")
    above, below = _dimension(head) or {}, _dimension(rest) or {}
    found = (
        [Transform(t.factor, 0.0, unit, f"{t.after}/{rest}") for t in _within(above, head)] if above else []
    )
    if below:
        found += [Transform(1 / t.factor, 0.0, unit, f"{head}/{t.after}") for t in _within(below, rest)]
    return found
