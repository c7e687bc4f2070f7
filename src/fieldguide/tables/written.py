"""Numbers and times that are not written as the engine reads them: found out for a whole column, never for a cell.

A column is read in another way (decimal comma, thousands in groups, a currency or %, 31/1/2013, "7:10 p.m.") when
all its values that look like numbers, or times, are written in that way, and something in it proves it: 3,5 proves a
decimal comma, 31/1/2013 proves that days come first, 1,234 alone proves nothing. What is proved is told; what
cannot be told apart is told as well, and not read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis

from fieldguide.tables import engines as engine

NOTHING = ("", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "-", "?", ".", "\\n")
"""Texts, whatever their case, that mean a missing value where a number, an instant or a truth is declared."""
LOOKS = 0.5
"""Share of the given values that must look like a number, or a time, for a way of writing to be looked for."""

_SIGNS = r"[$€£¥₹₽₩₺₪฿₫₴₦%]|USD|EUR|GBP|CHF|JPY|CNY|SEK|NOK|DKK|PLN|kr\.?"
_LOOKS_LIKE_NUMBER = rf"^\s*\(?\s*[-+−]?\s*(?:{_SIGNS})?\s*[-+−]?\s*(?:\d[\d.,' \x{{a0}}\x{{202f}}’]*|[.,]\d+)\s*(?:{_SIGNS})?\s*\)?\s*$"
_DAY = 86_400_000_000
_MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec"


@dataclass(frozen=True)
class Numbers:
    """How the numbers of a column are written: the decimal sign, the sign between groups of three digits, what stands beside."""

    decimal: str = "."
    group: str = ""
    sign: str = ""

    def told(self, example: str) -> str:
        """Say in words how the numbers are written."""
        parts = []
        if self.decimal == ",":
            parts.append("with a decimal comma")
        if self.group:
            names = {",": "commas", ".": "points", " ": "spaces", "'": "apostrophes"}
            parts.append(f"in groups of three digits with {names[self.group]} between")
        if self.sign:
            parts.append(f"with {self.sign}")
        more = f"; {example!r} is read as {self.plain(example)}"
        return f"its numbers are written {' and '.join(parts)}{more}"

    def plain(self, text: str) -> str:
        """Return a number of the column as it is read."""
        digits = "".join(c for c in text if c.isdigit() or c == self.decimal).replace(self.decimal, ".")
        minus = "-" if text.strip().lstrip("($€£ ")[:1] in "-−" or text.strip().startswith("(") else ""
        return f"{minus}{digits}"


@dataclass(frozen=True)
class Times:
    """How the times of a column are written: the order of day (d), month (m) and year (y), b where months have names."""

    order: str
    pattern: str

    def told(self, example: str) -> str:
        """Say in words how the times are written."""
        names = {"d": "day", "m": "month", "b": "month (by name)", "y": "year"}
        return f"its times are written {', '.join(names[c] for c in self.order)}, such as {example!r}"


Written = Numbers | Times


@dataclass(frozen=True)
class Proved:
    """The ways of writing that were proved, by column and kind, and what to tell: of them, and of those in doubt."""

    ways: Mapping[tuple[str, str], Written]
    notes: tuple[str, ...]


def proved(table: ibis.Table, wanted: Sequence[tuple[str, str]], decimal: str | None = None) -> Proved:
    """Look how the texts of some columns are written, each wanted as "number" or "timestamp".

    `decimal` is the decimal sign that something else proves: the rest of the file, or its owner.
    """
    ways: dict[tuple[str, str], Written] = {}
    notes = []
    for name, kind in dict.fromkeys(wanted):
        if name in table.columns and table[name].type().is_string():
            found, note = (
                _numbers(table, name, decimal)
                if kind == "number"
                else _times(table, name)
                if kind == "timestamp"
                else (None, "")
            )
            if found is not None:
                ways[name, kind] = found
            if note:
                notes.append(f"column {name!r}: {note}")
    return Proved(ways, tuple(dict.fromkeys(notes)))


def _numbers(table: ibis.Table, name: str, decimal: str | None) -> tuple[Numbers | None, str]:
    x = table[name].strip()
    given = x.notnull() & x.lower().notin(NOTHING)
    looks = given & x.re_search(_LOOKS_LIKE_NUMBER)
    sign = x.re_extract(f"({_SIGNS})", 1).nullif("")
    patterns = {
        "comma_decimal": r",(?:\d{1,2}|\d{4,})\D*$|\.\d{3},\d|^\D*0,\d|^\D*,\d",
        "dot_decimal": r"\.(?:\d{1,2}|\d{4,})\D*$|,\d{3}\.\d|^\D*0\.\d|^\D*\.\d",
        "comma_groups": r"\d,\d{3},\d{3}",
        "dot_groups": r"\d\.\d{3}\.\d{3}",
        "commas": ",",
        "dots": r"\d\.\d|^\D*\.\d",
        "large": r"^\D*\d{4,}(?:[.,]\d+)?\D*$",
        "small": r"^\D*\d{1,3}\D*$",
    }
    counts: dict[str, Any] = {key: _sum(looks & x.re_search(pattern)) for key, pattern in patterns.items()}
    ways = [
        Numbers(d, g)
        for d, g in ((".", ""), (",", ""), (".", ","), (",", "."), (".", " "), (",", " "), (".", "'"))
    ]
    fits = {f"fits{i}": _sum(looks & x.re_search(_pattern(way))) for i, way in enumerate(ways)}
    found = engine.to_arrow(
        table.aggregate(
            n=_sum(given),
            looks=_sum(looks),
            signs=_sum(looks & sign.notnull()),
            kinds=sign.nunique(where=looks),
            sign=sign.max(where=looks),
            **counts,
            **fits,
        )
    ).to_pylist()[0]
    number = {key: int(found[key] or 0) for key in ("n", "looks", "signs", "kinds", *counts, *fits)}
    if not number["looks"] or number["looks"] < LOOKS * number["n"]:
        return None, ""
    if number["kinds"] > 1 or (number["signs"] and number["signs"] < number["looks"]):
        return None, "" if not number[
            "signs"
        ] else "not all its numbers have the same sign beside them, so they are not read"
    point, doubt = _decimal(number, decimal)
    if point is None:
        return None, doubt
    for i, way in enumerate(ways):
        if way.decimal == point and number[f"fits{i}"] == number["looks"]:
            made = Numbers(way.decimal, way.group, found["sign"] or "")
            if made == Numbers():
                return None, ""
            return made, made.told(_example(table, x, looks & x.re_search(_pattern(way, needed=True))))
    return None, ""


def _decimal(number: Mapping[str, int], known: str | None) -> tuple[str | None, str]:
    """Return the decimal sign that a column proves, else the one that is known; None with the doubt."""
    if number["comma_decimal"] and number["dot_decimal"]:
        return (
            None,
            "some numbers are written with a decimal comma, some with a point; they are read only with a point",
        )
    if number["comma_decimal"] or number["dot_groups"]:
        return ",", ""
    if number["dot_decimal"] or number["comma_groups"]:
        return ".", ""
    if known is not None or not (number["commas"] or number["dots"]):
        return known or ".", ""
    if number["commas"] and not number["dots"]:
        if number["commas"] > 1 and number["small"] and not number["large"]:
            return ".", ""  # below 1,000 there is no comma, from there on always one
        return None, "a comma before three digits may be a decimal comma or not; CSV(decimal=…) says which"
    return ".", ""


def _pattern(way: Numbers, *, needed: bool = False) -> str:
    """Return the pattern of a number that is written in a way; `needed`: that is not written otherwise as well."""
    d = r"\." if way.decimal == "." else ","
    g = {"": "", ",": ",", ".": r"\.", " ": r"[ \x{a0}\x{202f}]", "'": "['’]"}[way.group]
    groups = rf"\d{{1,3}}(?:{g}\d{{3}})+" if g else r"\d+"
    whole = groups if needed or not g else rf"(?:{groups}|\d+)"
    tail = rf"(?:{d}\d+)" if needed and not g and way.decimal == "," else rf"(?:{d}\d+)?"
    return rf"^\s*\(?\s*[-+−]?\s*(?:{_SIGNS})?\s*[-+−]?\s*(?:{whole}{tail}|{d}\d+)\s*(?:{_SIGNS})?\s*\)?\s*$"


def as_number(x: Any, way: Numbers) -> Any:
    """Return texts as numbers, as they are written; nothing where one is not written so."""
    other = r"[^0-9.]" if way.decimal == "." else r"[^0-9,]"
    digits = x.re_replace(other, "").replace(way.decimal, ".")
    value = digits.try_cast("float64")
    minus = x.re_search(rf"^\s*(?:\(|(?:{_SIGNS})?\s*[-−])")
    return ibis.ifelse(x.re_search(_pattern(way)), ibis.ifelse(minus, -value, value), None)


_ZONE = r"\s*(?:(Z|UTC|GMT)|([+-])(\d{2}):?(\d{2}))\s*$"
_CLOCK = r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6}))?)?\s*([AaPp])?"
_AFTER = r"(?:[T ,]+(?:at )?\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[AaPp]\.?\s?[Mm]\.?)?)?(?:\s*(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))?\s*$"
_WEEKDAY = r"^\s*(?:(?:[Mm]on|[Tt]ue|[Ww]ed|[Tt]hu|[Ff]ri|[Ss]at|[Ss]un)[a-z]*\.?,?\s+)?"
_NAME = r"([A-Za-z]{3})[a-z]*\.?"
_FAMILIES = {
    "last": (r"(\d{1,2})([./-])(\d{1,2})[./-](\d{4}|\d{2})", (1, 3, 4)),
    "first": (r"(\d{4})([./-])(\d{1,2})[./-](\d{1,2})", (1, 3, 4)),
    "dby": (rf"(\d{{1,2}})(?:st|nd|rd|th)?[ -]?{_NAME}[ ,-]*(\d{{4}}|\d{{2}})", (1, 2, 3)),
    "bdy": (rf"{_NAME}[ -]+(\d{{1,2}})(?:st|nd|rd|th)?,?[ -]+(\d{{4}})", (1, 2, 3)),
    "compact": (r"(\d{4})(\d{2})(\d{2})", (1, 2, 3)),
}
"""How a date begins a text: a pattern, and which of its groups are the three parts."""


def _times(table: ibis.Table, name: str) -> tuple[Times | None, str]:
    x = table[name]
    given = x.notnull() & x.strip().lower().notin(NOTHING)
    patterns = {key: f"{_WEEKDAY}{head}{_AFTER}" for key, (head, _) in _FAMILIES.items()}
    hits = {key: given & x.re_search(pattern) for key, pattern in patterns.items()}
    counts: dict[str, Any] = {key: _sum(hit) for key, hit in hits.items()}
    for key in ("last", "first"):
        for k, group in enumerate(_FAMILIES[key][1]):
            part = x.re_extract(patterns[key], group).try_cast("int64")
            counts[f"{key}{k}"] = ibis.ifelse(hits[key], part, None).max()
    counts["long"] = _sum(hits["last"] & (x.re_extract(patterns["last"], 4).length() == 4))
    counts["points"] = _sum(hits["last"] & (x.re_extract(patterns["last"], 2) == "."))
    found = engine.to_arrow(table.aggregate(n=_sum(given), **counts)).to_pylist()[0]
    n = int(found["n"] or 0)
    times = {key: int(found[key] or 0) for key in patterns}
    family = max(times, key=lambda key: times[key])
    if not n or times[family] < LOOKS * n or sum(times.values()) > times[family]:
        return None, ""
    order, doubt = _order(family, found, times[family])
    if order is None:
        return None, doubt
    made = Times(order, patterns[family])
    return made, made.told(_example(table, x, hits[family]))


def _order(family: str, found: Mapping[str, Any], n: int) -> tuple[str | None, str]:
    """Return the order of day, month and year that all dates allow, None with the doubt where there are several."""
    if family in ("dby", "bdy"):
        return family, ""
    if family in ("first", "compact"):
        return "ymd", ""
    most = [int(found[f"last{k}"] or 0) for k in range(3)]
    orders = ["dmy", "mdy"] if found["long"] == n else ["dmy", "mdy", "ymd"] if not found["long"] else []
    fitting = [order for order in orders if most[order.index("m")] <= 12 and most[order.index("d")] <= 31]
    if len(fitting) > 1 and found["points"] == n and "dmy" in fitting:
        return "dmy", ""  # with points between, days come first wherever dates are written so
    if len(fitting) == 1:
        return fitting[0], ""
    if not fitting:
        return (
            None,
            "its dates are not all written in one order, so they are not read; write them as 2013-01-31",
        )
    return (
        None,
        "days and months cannot be told apart in any of its dates, so they are not read; write them as 2013-01-31",
    )


def as_clock(x: Any, way: Times) -> tuple[Any, Any, Any]:
    """Return texts as microseconds on the wall clock, whether each says its offset, and its offset in microseconds."""
    family = next(key for key, (head, _) in _FAMILIES.items() if f"{_WEEKDAY}{head}{_AFTER}" == way.pattern)
    parts = {c: x.re_extract(way.pattern, g) for c, g in zip(way.order, _FAMILIES[family][1], strict=True)}
    if "b" in parts:
        place = ibis.literal(_MONTHS).find(parts["b"].substr(0, 3).lower())
        month = ibis.ifelse((place >= 0) & (place % 3 == 0), place.cast("int64") // 3 + 1, None)
    else:
        month = parts["m"].try_cast("int64")
    year, day = parts["y"].try_cast("int64"), parts["d"].try_cast("int64")
    short = parts["y"].length() == 2
    year = ibis.ifelse(short, ibis.ifelse(year < 69, year + 2000, year + 1900), year)
    hour, minute, second = (x.re_extract(_CLOCK, g).try_cast("int64") for g in (1, 2, 3))
    half = x.re_extract(_CLOCK, 5).lower()
    hour = ibis.cases(
        ((half == "p") & hour.between(1, 11), hour + 12), ((half == "a") & (hour == 12), 0), ((half != "") & ~hour.between(1, 12), None),
        else_=hour,
    ).fill_null(ibis.ifelse(x.re_search(_CLOCK), -1, 0))  # fmt: skip
    fraction = x.re_extract(_CLOCK, 4)
    micros = (fraction + "000000").substr(0, 6).try_cast("int64").fill_null(0)
    seconds = hour * 3600 + minute.fill_null(0) * 60 + second.fill_null(0)
    fits = (
        x.re_search(way.pattern) & month.between(1, 12) & (day >= 1) & (day <= _days_in(year, month))
        & hour.between(0, 23) & minute.fill_null(0).between(0, 59) & second.fill_null(0).between(0, 59)
    )  # fmt: skip
    clock = _days(year, month, day) * _DAY + seconds * 1_000_000 + micros
    named, sign = x.re_extract(_ZONE, 1), x.re_extract(_ZONE, 2)
    late = x.re_extract(_ZONE, 3).try_cast("int64").fill_null(0) * 60 + x.re_extract(_ZONE, 4).try_cast(
        "int64"
    ).fill_null(0)
    offset = ibis.ifelse(sign == "-", -late, late) * 60_000_000
    aware = x.re_search(_CLOCK) & ((named != "") | (sign != ""))
    return ibis.ifelse(fits, clock, None), aware, offset


def _days_in(year: Any, month: Any) -> Any:
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    return ibis.cases((month == 2, ibis.ifelse(leap, 29, 28)), (month.isin([4, 6, 9, 11]), 30), else_=31)


def _days(year: Any, month: Any, day: Any) -> Any:
    """Return days since 1970 (Howard Hinnant, *chrono-compatible low-level date algorithms*), for years after 0."""
    y = ibis.ifelse(month <= 2, year - 1, year)
    era = y // 400
    of_era = y - era * 400
    of_year = (153 * ibis.ifelse(month > 2, month - 3, month + 9) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


def _example(table: ibis.Table, x: Any, where: Any) -> str:
    found = engine.to_arrow(
        table.filter(where).select(v=x).order_by(ibis.desc(ibis._["v"].length()), "v").limit(1)
    )
    return str(found["v"][0].as_py()) if len(found) else ""


def _sum(condition: Any) -> Any:
    return condition.fill_null(False).cast("int64").sum()
