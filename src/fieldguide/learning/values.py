"""One value at a time: the code that turns raw values into what a slot encodes.

Everything here is plain Python on one value. Training and serving, bulk and single rows all call these
same functions (in bulk on the distinct values), so that their answers are equal bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from numbers import Integral, Real
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from fieldguide.errors import ProgramError
from fieldguide.program.declare import what

MICROSECONDS = 1_000_000


def local_clock(timezone: str) -> Callable[[int | None], datetime | None]:
    """Return the function from microseconds since 1970 UTC to the aware local time in `timezone`.

    Instants outside the years 1 to 9999 become None.

    >>> local_clock("America/New_York")(1_372_680_000_000_000).isoformat()
    '2013-07-01T08:00:00-04:00'
    """
    zone = ZoneInfo(timezone)
    fromtimestamp = datetime.fromtimestamp

    def local(us: int | None) -> datetime | None:
        if us is None:
            return None
        seconds, rest = divmod(us, MICROSECONDS)
        try:
            at = fromtimestamp(seconds, zone)
        except (OverflowError, ValueError, OSError):
            return None
        return at.replace(microsecond=rest) if rest else at

    return local


def hour_of(at: datetime | None) -> float | None:
    """Return the decimal hour of the day, in local time.

    >>> hour_of(datetime(2013, 7, 1, 8, 30))
    8.5
    """
    if at is None:
        return None
    return at.hour + at.minute / 60.0 + (at.second + at.microsecond / 1e6) / 3600.0


def weekday_of(at: datetime | None) -> int | None:
    """Return the day of the week in local time: 0 is Monday, 6 is Sunday."""
    return None if at is None else at.weekday()


def month_of(at: datetime | None) -> int | None:
    """Return the month in local time, 1 to 12."""
    return None if at is None else at.month


def day_of(at: datetime | None) -> int | None:
    """Return the day of the month in local time, 1 to 31."""
    return None if at is None else at.day


LEVEL_PARTS: dict[str, Callable[[datetime | None], int | None]] = {
    "weekday": weekday_of,
    "month": month_of,
    "day": day_of,
}


def as_number(name: str, value: Any) -> float | None:
    """Return what a computed Number gave as a finite float, or None where it is missing or not finite.

    Raises ProgramError when it is no number.
    """
    if value is None:
        return None
    if isinstance(value, Real | np.bool_):
        try:
            number = float(value)
        except OverflowError:
            return None
        return number if math.isfinite(number) else None
    raise ProgramError(
        f"Number({name!r}, of=…): the function gave {what(value)}; expected a number, or None where it is missing."
    )


def as_category(name: str, value: Any) -> str | None:
    """Return what a computed Category gave as text, or None. Whole numbers are written out.

    Raises ProgramError for anything else.
    """
    if value is None or value.__class__ is str:
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, Integral):
        return str(int(value))
    raise ProgramError(
        f"Category({name!r}, of=…): the function gave {what(value)}; expected text, or None where it is missing."
    )


def as_boolean(name: str, value: Any) -> bool | None:
    """Return what a computed Boolean gave as True, False or None; 0 and 1 count as such.

    Raises ProgramError for anything else.
    """
    if value is None or value is True or value is False:
        return value
    if isinstance(value, np.bool_) or (isinstance(value, Integral) and int(value) in (0, 1)):
        return bool(value)
    raise ProgramError(
        f"Boolean({name!r}, of=…): the function gave {what(value)}; expected True or False, or None where it is missing."
    )


AS_KIND: dict[str, Callable[[str, Any], Any]] = {
    "number": as_number,
    "category": as_category,
    "boolean": as_boolean,
}


def computing_failed(name: str, function: Callable[..., Any], error: Exception) -> ProgramError:
    """Return the error for a function of the user that raised one."""
    text = " ".join(str(error).split())
    return ProgramError(
        f"{name!r}: {function.__name__}() raised {type(error).__name__}: {text[:200]}. It must answer for every row; "
        "a missing value reaches it as None."
    )


def finite(value: float | None) -> float | None:
    """Return a number as functions of the user see it: None where it is missing or not finite."""
    return value if value is not None and value - value == 0.0 else None
