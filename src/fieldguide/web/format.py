"""How numbers, times and names are written on a page."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo


def number(value: float | None) -> str:
    """Four significant digits, thousands apart.

    >>> number(0.44704), number(1609.344), number(None), number(1e-9)
    ('0.447', '1,609', '–', '1e-09')
    """
    if value is None:
        return "–"
    if value and not 1e-4 <= abs(value) < 1e9:
        return f"{value:.4g}"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def fixed(value: float | None) -> str:
    """A loss or a mean: four decimals.

    >>> fixed(0.48091), fixed(None)
    ('0.4809', '–')
    """
    return "–" if value is None else f"{value:,.4f}"


def ratio(value: float | None) -> str:
    """Three decimals.

    >>> ratio(1.0449)
    '1.045'
    """
    return "–" if value is None else f"{value:,.3f}"


def percent(value: float | None) -> str:
    """A share; never rounded to a false 0 % or 100 %.

    >>> percent(0.9996), percent(1.0), percent(0.0004), percent(0.25)
    ('99.96 %', '100 %', '0.04 %', '25 %')
    """
    if value is None:
        return "–"
    for digits in (0, 1, 2, 3):
        text = f"{100 * value:.{digits}f}"
        if (float(text) not in (0.0, 100.0)) or value in (0.0, 1.0):
            return f"{text} %"
    return "almost none" if value < 0.5 else "almost all"


def count(value: int | None) -> str:
    """A whole number, thousands apart.

    >>> count(336776)
    '336,776'
    """
    return "–" if value is None else f"{value:,}"


def when(value: datetime | str | None, zone: str = "UTC", unit: str = "minute") -> str:
    """An instant on the wall clock of the zone; text that is no ISO time is left as it is.

    >>> when("2013-12-01T05:00:00+00:00", "America/New_York")
    '1 Dec 2013, 00:00'
    """
    if value is None:
        return "–"
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return str(value)
    if value.tzinfo is not None:
        value = value.astimezone(ZoneInfo(zone))
    day = f"{value.day} {value:%b %Y}"
    return day if unit == "day" else f"{day}, {value:%H:%M}"


def words(value: str) -> str:
    """An identifier as words.

    >>> words("unit_factor")
    'unit factor'
    """
    return value.replace("_", " ")


def slug(value: str) -> str:
    """Text as a class name of the style sheet.

    >>> slug("rolled back")
    'rolled-back'
    """
    return re.sub(r"[^a-z0-9]+", "-", value.lower())


def band(level: str | None) -> str:
    """The band of a level: C, B, A or nothing.

    >>> band("B1"), band(None)
    ('B', '')
    """
    return level[0] if level and level[0] in "ABC" else ""


def shortened(value: str, most: int = 140) -> str:
    """Text of at most so many signs.

    >>> shortened("a long story", 8)
    'a long …'
    """
    return value if len(value) <= most else value[: most - 1] + "…"


FILTERS: Mapping[str, Callable[..., Any]] = {
    "number": number,
    "fixed": fixed,
    "ratio": ratio,
    "percent": percent,
    "count": count,
    "when": when,
    "words": words,
    "slug": slug,
    "band": band,
    "shortened": shortened,
}
