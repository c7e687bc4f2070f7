"""Days, times and amounts that are written in several ways in one column: the ways that are not the column's."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np

from fieldguide.readiness.faithfulness.cells.columns import Column

NEARLY_ALL = 0.95
"""Share of a column's rows that must be days or times, or amounts, for its ways of writing to be compared."""
LEAST_ROWS = 20
MOST_UNITS = 8
"""Ways to write a unit; a column with more holds something else."""
LEAST_BARE = 0.02
"""Share of the rows without a unit, at least, for those with several writings of one to be the odd ones."""

_PIECES = re.compile(r"\d+|[^\W\d_]+|[^\w\s]|\s+|_")
_CLOCK = re.compile(r"(?<![\d:])(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-5]\d(?:[.,]\d+)?|:60)?(?![\d:])")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_AMOUNT = re.compile(r"\s*([-+]?\d[\d,]*(?:\.\d+)?)\s*([^\W\d_]{2,}\.?|%|[$€£¥])?\s*")


@dataclass(frozen=True)
class Odd:
    """A value (its code) that is written in another way than its column, what would be the column's way (None: not known), why."""

    code: int
    instead: str | None
    why: str


@dataclass(frozen=True)
class Layouts:
    """The values of a column that are written in another way than most, and the codes of those that are not."""

    odd: tuple[Odd, ...] = ()
    usual: frozenset[int] = frozenset()


def layout(text: str) -> tuple[str, int] | None:
    """Return how a day or time is written and of how many parts it consists, None where a text is neither.

    >>> layout("2001-05-07"), layout("5/7/01"), layout("7 May 2001"), layout("6:55 p.m."), layout("12 Main St")
    (('9999-9-9', 3), ('9/9/9', 3), ('9 mon 9999', 3), ('9:9 a.m.', 2), None)
    """
    pieces: list[str] = _PIECES.findall(text.strip())
    shape, parts, separators = [], 0, 0
    for i, piece in enumerate(pieces):
        low = piece.lower()
        if piece.isdigit():
            if len(piece) > 4 or (len(piece) == 3):
                return None
            shape.append("9999" if len(piece) == 4 else "9")
            parts += 1
        elif low[:3] in _MONTHS and low in _MONTH_NAMES:
            shape.append("mon")
            parts += 1
        elif low[:3] in _DAYS and low.endswith(("day", low[:3])):
            shape.append("day")
        elif low in ("am", "pm"):
            shape.append("am")
        elif (
            low in ("a", "p")
            and pieces[i + 1 : i + 3 : 2] == ["."]
            and pieces[i + 2 : i + 3] in (["m"], ["M"])
        ):
            shape.append("a")
        elif low in ("m", "t", "z"):
            shape.append(low)
        elif piece in "-/:.," or piece.isspace():
            separators += piece in "-/:" or ("mon" in shape) or (piece == "." and parts < 3)
            shape.append(piece if not piece.isspace() else " ")
        else:
            return None
    if parts < 2 or not separators or parts > 7 or not _in_the_calendar(text, "mon" in shape):
        return None
    return "".join(shape), parts


def _in_the_calendar(text: str, named: bool) -> bool:
    """Return whether the numbers of a text can be days and times; `named`: it has the name of a month.

    Versions, sections and scores are not: each date has a year, or separators that are no points, or all in two digits.

    >>> [_in_the_calendar(t, False) for t in ("2001-05-07", "5/7/01", "07.05.01", "5/7 16:55", "16:55")]
    [True, True, True, True, True]
    >>> [_in_the_calendar(t, False) for t in ("1.4.2", "2021.13.32", "1-4-2", "2:1", "12-34")]
    [False, False, False, False, False]
    """
    days = _CLOCK.sub(" ", text)
    clock = days != text
    numbers = re.findall(r"\d+", days)
    if ":" in re.sub(r":\s", " ", days):
        return False
    if named:
        return bool(numbers) and all(_is_year(n) or 1 <= int(n) <= 31 or len(n) == 2 for n in numbers)
    if len(numbers) == 2:
        years = [n for n in numbers if _is_year(n)]
        months = [n for n in numbers if not _is_year(n)]
        return (len(years) == 1 and 1 <= int(months[0]) <= 12) or (clock and _are_days(numbers))
    if not numbers or len(numbers) % 3:
        return clock and not numbers
    points = "." in days and not clock
    return all(_is_date(numbers[i : i + 3], points) for i in range(0, len(numbers), 3))


def _is_date(numbers: list[str], points: bool) -> bool:
    long = [n for n in numbers if len(n) == 4]
    if long:
        rest = [n for n in numbers if len(n) < 4]
        return len(long) == 1 and _is_year(long[0]) and _are_days(rest)
    if points and any(len(n) < 2 for n in numbers):
        return False
    return any(len(numbers[i]) == 2 and _are_days(numbers[:i] + numbers[i + 1 :]) for i in (0, 2))


def _is_year(number: str) -> bool:
    return len(number) == 4 and 1000 <= int(number) < 2300


def _are_days(numbers: list[str]) -> bool:
    low, high = sorted(map(int, numbers))
    return 1 <= low <= 12 and high <= 31


_MONTH_NAMES = frozenset(
    (*_MONTHS, "sept", "january", "february", "march", "april", "june", "july", "august", "september", "october",
     "november", "december")
)  # fmt: skip


def odd_layouts(column: Column) -> Layouts:
    """Return the values of a column of days or times, or of amounts, that are written in another way than most.

    Ways with more or fewer parts (a day without its year, a day with a time) are let be: they may say what is known.

    >>> import pyarrow as pa
    >>> from fieldguide.readiness.faithfulness.cells.columns import columns_of
    >>> days = [f"2001-05-{d:02d}" for d in range(1, 29)] + ["5/29/01"]
    >>> [(o.code, o.why) for o in odd_layouts(columns_of(pa.table({"day": days}))[0]).odd]
    [(28, "97% of the values are written like '2001-05-01'")]
    """
    if column.given < LEAST_ROWS:
        return Layouts()
    usable = np.flatnonzero((column.counts > 0) & ~column.absent).tolist()
    rows = int(column.counts[usable].sum())
    if not rows or column.share(column.numeric) >= NEARLY_ALL:
        return Layouts()
    return _days(column, usable, rows) or _amounts(column, usable, rows) or Layouts()


def _days(column: Column, usable: list[int], rows: int) -> Layouts | None:
    ways: dict[int, tuple[str, int]] = {}
    seen = missed = 0
    for code in usable:
        found = layout(column.values[code])
        seen += int(column.counts[code])
        if found is None:
            missed += int(column.counts[code])
            if missed > (1 - NEARLY_ALL) * rows:
                return None
        else:
            ways[code] = found
    written: Counter[tuple[str, int]] = Counter()
    for code, way in ways.items():
        written[way] += int(column.counts[code])
    (usual, parts), most = written.most_common(1)[0]
    same = sum(n for (_, p), n in written.items() if p == parts)
    if same < NEARLY_ALL * rows or most <= same / 2:
        return None
    example = column.values[next(code for code, way in ways.items() if way == (usual, parts))]
    why = f"{most / rows:.0%} of the values are written like {example!r}"
    odd = [Odd(code, None, why) for code, way in ways.items() if way[1] == parts and way[0] != usual]
    return (
        Layouts(tuple(odd), frozenset(code for code, way in ways.items() if way[0] == usual)) if odd else None
    )


def _amounts(column: Column, usable: list[int], rows: int) -> Layouts | None:
    """Return amounts with a unit beside bare ones, where the unit is written in several ways."""
    units: dict[int, tuple[str, str]] = {}
    written: Counter[str] = Counter()
    missed = 0
    for code in usable:
        found = _AMOUNT.fullmatch(column.values[code])
        if found is None:
            missed += int(column.counts[code])
            if missed > (1 - NEARLY_ALL) * rows:
                return None
            continue
        units[code] = found[1], found[2] or ""
        written[found[2] or ""] += int(column.counts[code])
    bare = written.pop("", 0)
    if (
        bare < LEAST_BARE * rows
        or not 2 <= len(written) <= MOST_UNITS
        or len({u[0].lower() for u in written}) > 1
    ):
        return None
    why = f"the unit is written in {len(written)} ways ({', '.join(repr(u) for u in sorted(written))}), and left out on {bare:,} rows"
    odd = tuple(Odd(code, number, why) for code, (number, unit) in units.items() if unit)
    return Layouts(odd, frozenset(code for code, (_, unit) in units.items() if not unit))
