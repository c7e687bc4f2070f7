"""Traces that a spreadsheet leaves in the cells of one column.

Each detector takes the distinct values of a column and says what it saw, or nothing. `certain` damages cannot be
anything else; the others are told, and a person looks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import mode

from fieldguide.readiness.accessibility.privacy.cells import Cells
from fieldguide.readiness.accessibility.privacy.kinds import wordlist
from fieldguide.readiness.accessibility.privacy.shapes import is_date
from fieldguide.readiness.accessibility.privacy.words import kinds_named
from fieldguide.tables.names import words_of

LEAST = 5
"""Distinct values below which a column shows nothing."""
KEPT_DIGITS = 15
"""Digits of a number that a spreadsheet keeps."""
CUTS = (255, 256, 32_767)
"""Lengths at which spreadsheets cut a cell."""


@dataclass(frozen=True)
class Trace:
    """What a spreadsheet left: in which column, in which values, in words, and whether it can be anything else."""

    column: str | None
    saw: str
    values: tuple[str, ...] = ()
    certain: bool = True
    todo: str = ""


ERRORS = wordlist(
    "#REF! #DIV/0! #VALUE! #NAME? #NUM! #NULL! #SPILL! #CALC! #FIELD! #BLOCKED! #CONNECT! #GETTING_DATA #BEZUG! #WERT! #ZAHL! #BUSY! "
    "#VALEUR! #NOM? #NOMBRE! #NUL! #¡REF! #¡VALOR! #¿NOMBRE? #¡DIV/0! #¡NUM! #RIF! #VALORE! #NOME? #VERW! #WAARDE! #NAAM? "
    "#REFERENS! #VÄRDEFEL! #NAMN? #OGILTIGT! #DIVISION/0!"
)
"""What a spreadsheet writes into a cell whose formula broke, in several languages."""
_LIBRE = re.compile(r"Err:5\d\d|#{5,}")


def is_error(text: str) -> bool:
    """Return whether a cell holds the error of a spreadsheet's formula.

    >>> is_error("#REF!"), is_error("#N/A"), is_error("########"), is_error("#1")
    (True, False, True, False)
    """
    return text.startswith(("#", "Err")) and (text in ERRORS or _LIBRE.fullmatch(text) is not None)


_POWER = re.compile(r"-?\d(?:[.,]\d{1,5})?E\+(\d\d)")
_ANY_POWER = re.compile(r"[+-]?\d+(?:[.,]\d*)?[eE]([+-]?)(\d+)")
_NUMBERED = wordlist(
    "id ids no nr num number code key card account acct phone tel mobile fax ean upc gtin isbn imei barcode sku ssn nummer numero serial ref "
    "reference order invoice customer passport licence license iban vat tax"
)


def cut_numbers(column: Cells) -> Trace | None:
    """Long numbers that became powers of ten: 123456789012 is shown, and saved, as 1.23457E+11."""
    if column.type != "text":
        return None
    powers = [text for text in column.texts if _POWER.fullmatch(text)]
    if not powers:
        return None
    exponents = [int(match[1]) for text in powers if (match := _POWER.fullmatch(text))]
    other = [text for text in column.texts if _ANY_POWER.fullmatch(text) and text not in set(powers)]
    decimals = sum(re.fullmatch(r"-?\d+[.,]\d+", text) is not None for text in column.texts)
    if other or decimals or min(exponents) < 11 or max(exponents) > 20:
        return None  # a measurement in scientific notation has small powers too
    named = bool(_NUMBERED & {*words_of(column.name)} or kinds_named(column.name))
    beside = [text for text in column.texts if re.fullmatch(r"\d{8,20}", text)]
    narrow = len(set(exponents)) <= 2 and len(powers) >= LEAST
    if not named and not beside and not narrow:
        return None
    rows = sum(n for text, n in zip(column.texts, column.counts, strict=True) if text in set(powers))
    lost = rows - len(powers)
    more = "at least " if column.distinct > len(column.texts) else ""
    saw = f"{more}{len(powers):,} distinct values are numbers cut to six digits, such as 1.23457E+11"
    if lost > 0:
        saw += f"; {more}{lost:,} rows share theirs with another row, and cannot be told apart any more"
    return Trace(column.name, saw, tuple(powers), certain=named or bool(beside))


def rounded_numbers(column: Cells) -> Trace | None:
    """Numbers of more than 15 digits whose digits from the sixteenth on are all zero."""
    long = [text for text in column.texts if re.fullmatch(r"\d{16,19}", text)]
    if len(long) < 2 * LEAST or len(long) < 0.5 * len(column.texts):
        return None
    if (
        not all(set(text[KEPT_DIGITS:]) == {"0"} for text in long)
        or len({text[:KEPT_DIGITS][-3:] for text in long}) < LEAST
    ):
        return None
    if all(text[KEPT_DIGITS - 3 : KEPT_DIGITS] == "000" for text in long):
        return None  # amounts in round thousands
    saw = f"{len(long):,} distinct numbers have {len(long[0])} digits, and only zeros after the fifteenth"
    return Trace(column.name, saw, tuple(long), certain=True)


_DAY_OF_MONTH = re.compile(
    r"(\d{1,2})-(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mrz|Mai|Okt|Dez|janv|févr|mars|avr|mai|juin|juil|août|sept|oct|nov|déc)\.?"
    r"|(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mrz|Mai|Okt|Dez)-(\d{2})"
)
_GENE = re.compile(r"[A-Z][A-Z0-9]{1,8}(?:orf\d+)?(?:-[A-Z0-9]{1,5})?")
_RANGE = re.compile(r"\d{1,3} ?(?:-|–|/|to) ?\d{1,3}\+?")


def dates_from_names(column: Cells) -> Trace | None:
    """Names that became dates: the gene MARCH1 is 1-Mar, the ages 10-14 are 14-Oct, one half is 2-Jan."""
    if column.type != "text" or len(column.texts) < LEAST:
        return None
    dates = [text for text in column.texts if _DAY_OF_MONTH.fullmatch(text)]
    others = [text for text in column.texts if not _DAY_OF_MONTH.fullmatch(text)]
    if not dates or len(dates) > 0.4 * len(column.texts) or any(map(is_date, others)):
        return None
    genes = sum(_GENE.fullmatch(text) is not None for text in others)
    with_digits = sum(any(c.isdigit() for c in text) for text in others)
    ranges = sum(_RANGE.fullmatch(text) is not None for text in others)
    likely = (genes >= 0.7 * len(others) and with_digits >= 0.1 * len(others)) or ranges >= 0.5 * len(others)
    saw = f"{len(dates)} of {len(column.texts)} distinct values are days of a month among values that are none, such as"
    saw += f" {dates[0]!r} among {others[0]!r}"
    return Trace(column.name, saw, tuple(dates), certain=likely)


_PADDED = {"postal_code": (5, 9), "national_id": (9, 10, 11, 12, 13), "phone": (10, 11)}


def lost_zeros(column: Cells, alone: bool) -> Trace | None:
    """Zeros that were taken for those of a number: 02139 is 2139. `alone` says that no column names a country.

    Seen where most codes have the same number of digits, some have one or two less, and none begins with 0.
    """
    kinds = [kind for kind in kinds_named(column.name) if kind in _PADDED]
    if not kinds or not column.texts:
        return None
    digits = [text for text in column.texts if text.isdigit()]
    if (
        len(digits) < 0.98 * len(column.texts)
        or len(digits) < 4 * LEAST
        or any(text[0] == "0" for text in digits)
    ):
        return None
    usual = mode(len(text) for text in digits)
    short = [text for text in digits if len(text) < usual]
    if usual not in _PADDED[kinds[0]] or any(len(text) > usual or len(text) < usual - 2 for text in digits):
        return None
    if not 0.005 * len(digits) <= len(short) <= 0.35 * len(digits):
        return None
    saw = (
        f"{len(short)} of {len(digits)} distinct codes have {len(short[0])} digits where the others have {usual}, and none "
        "begins with 0: leading zeros were lost"
    )
    return Trace(column.name, saw, tuple(short), certain=kinds[0] == "postal_code" and alone)


FIRST_DAY = date(1899, 12, 30)


def day_numbers(column: Cells) -> Trace | None:
    """Dates that became the number of their day since 1900: 41275 is 2013-01-01."""
    if len(column.texts) < LEAST or column.type not in ("text", "integer"):
        return None
    numbers = [text for text in column.texts if re.fullmatch(r"[2-5]\d{4}(?:\.0)?", text)]
    dates = sum(map(is_date, column.texts))
    if not numbers:
        return None
    shown = FIRST_DAY + timedelta(days=int(numbers[0][:5]))
    if dates >= 0.5 * len(column.texts):
        saw = f"{len(numbers)} of {len(column.texts)} distinct values are numbers among dates, such as {numbers[0]} ({shown})"
        return Trace(column.name, saw, tuple(numbers), certain=True)
    dated = {"date", "datum", "fecha", "data", "day", "dt"} & {*words_of(column.name)}
    inside = [text for text in numbers if 30_000 <= int(text[:5]) <= 55_000]
    if dated and len(inside) == len(column.texts) and len(inside) >= 2 * LEAST:
        saw = f"the dates look like numbers of days since 1900, such as {numbers[0]} ({shown})"
        return Trace(
            column.name,
            saw,
            tuple(numbers[:10]),
            certain=False,
            todo="save the column as dates written 2013-01-31",
        )
    return None


_SLASHED = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?:[ T].*)?")
_ISO = re.compile(r"\d{4}-(\d\d)-(\d\d)(?:[ T].*)?")


def mixed_orders(column: Cells) -> Trace | None:
    """Dates in two orders: 31/12/2013 and 12/31/2013 in one column; or those with a day up to 12 turned round."""
    if column.type != "text" or len(column.texts) < LEAST:
        return None
    parts = [(text, m) for text in column.texts if (m := _SLASHED.fullmatch(text))]
    first = [text for text, m in parts if int(m[1]) > 12 and 1 <= int(m[3]) <= 12 and int(m[1]) <= 31]
    second = [text for text, m in parts if int(m[3]) > 12 and 1 <= int(m[1]) <= 12 and int(m[3]) <= 31]
    few = min(first, second, key=len)
    if len(parts) >= 0.5 * len(column.texts) and len(few) >= 2 and len(few) >= 0.001 * len(parts):
        saw = f"{len(first)} dates have the day first and {len(second)} the month first, such as {first[0]} and {second[0]}"
        return Trace(column.name, saw, tuple(few), certain=True)
    iso = [m for text in column.texts if (m := _ISO.fullmatch(text))]
    rest = [text for text, m in parts if int(m[1]) <= 12 and int(m[3]) <= 12]
    enough = min(len(iso), len(parts)) >= 2 * LEAST
    if enough and not rest and not second and all(int(m[2]) <= 12 for m in iso):
        saw = (
            f"{len(parts)} dates are written like {parts[0][0]}, all with a day after the 12th, and {len(iso)} like {iso[0][0]}, "
            "all with a day up to the 12th: those were read with day and month turned round"
        )
        return Trace(column.name, saw, tuple(m[0] for m in iso), certain=True)
    return None


def cut_texts(column: Cells) -> Trace | None:
    """Texts that end where a spreadsheet cuts: several of exactly the greatest length, and no longer one."""
    if column.type != "text" or not column.texts:
        return None
    lengths = [len(text) for text in column.texts]
    longest = max(lengths)
    at, near = lengths.count(longest), sum(longest - 10 <= n < longest for n in lengths)
    if longest not in CUTS or at < 3 or at <= near:
        return None
    saw = f"{at} distinct texts have exactly {longest:,} characters and none has more: they were cut"
    return Trace(
        column.name,
        saw,
        tuple(t for t in column.texts if len(t) == longest),
        certain=at >= 0.01 * len(lengths),
    )


_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:([,.'  ])\d{3})(?:\1\d{3})*(?:[.,]\d+)?")
_PLAIN = re.compile(r"[-+]?\d+(?:[.,]\d+)?")


def thousands_as_text(column: Cells) -> Trace | None:
    """Numbers with a separator of thousands, which are read as text: 1,234."""
    if column.type != "text" or len(column.texts) < LEAST or kinds_named(column.name):
        return None
    marked = [text for text in column.texts if (m := _THOUSANDS.fullmatch(text)) and m[1] != "."]
    numbers = sum(_PLAIN.fullmatch(text) is not None for text in column.texts if text not in set(marked))
    twice = any(len(re.findall(r"[,'  ]\d{3}", text)) > 1 or re.search(r",\d{3}\.", text) for text in marked)
    small = all(
        float(text.replace(",", ".")) < 1000
        for text in column.texts
        if _PLAIN.fullmatch(text) and text not in set(marked)
    )
    if len(marked) < LEAST or len(marked) + numbers < 0.95 * len(column.texts) or not (small or twice):
        return None
    saw = f"{len(marked)} of {len(column.texts)} distinct numbers have a mark between thousands, such as {marked[0]!r}, and are read as text"
    return Trace(column.name, saw, tuple(marked), certain=False, todo="save the numbers without marks")


def error_cells(column: Cells) -> Trace | None:
    """Errors of formulas: #REF!, #DIV/0!; #N/A is told, since it often stands for a missing value."""
    wrong = [text for text in column.texts if is_error(text)]
    if not wrong:
        return None
    rows = sum(n for text, n in zip(column.texts, column.counts, strict=True) if text in set(wrong))
    certain = rows > 0.001 * column.of
    return Trace(
        column.name,
        f"{rows:,} cells hold the error of a formula: {', '.join(wrong[:5])}",
        tuple(wrong),
        certain,
    )


DETECTORS: tuple[Callable[[Cells], Trace | None], ...] = (
    cut_numbers, rounded_numbers, dates_from_names, day_numbers, mixed_orders, cut_texts, thousands_as_text,
)  # fmt: skip


def traces(columns: Mapping[str, Cells]) -> list[Trace]:
    """Return the traces in all columns of a table; errors of formulas, which are few among many values, apart."""
    lands = [
        c for c in columns.values() if {"country", "nationality"} & {*kinds_named(c.name)} and c.distinct > 1
    ]
    found: list[Trace] = []
    for column in columns.values():
        seen = [detect(column) for detect in DETECTORS]
        seen.append(lost_zeros(column, alone=not lands))
        found += [trace for trace in seen if trace is not None]
    return found


TOTALS = frozenset(
    ("total", "totals", "grand total", "sum", "summe", "gesamt", "total general", "somme", "suma", "totale", "totalt", "average", "mean", "subtotal")
)  # fmt: skip


def total_row(last: Mapping[str, object], sums: Mapping[str, float]) -> Trace | None:
    """Return whether the last row adds up the others. `sums` are those of the number columns without the last row.

    A row is one of totals when a cell says so, or when at least two numbers in it are the sums of their columns and none
    is another.
    """
    said = [
        name
        for name, value in last.items()
        if isinstance(value, str) and value.strip().casefold().rstrip(":") in TOTALS
    ]
    equal = [name for name, total in sums.items() if total and _close(last.get(name), total)]
    empty = sum(value is None or str(value).strip() == "" for value in last.values())
    if equal and (said or (len(equal) >= 2 and len(equal) >= 0.5 * len(sums))):
        saw = f"the last row holds the sum of the rows above it in {', '.join(repr(name) for name in equal[:3])}"
        return Trace(None, saw, certain=True, todo="take out the row of totals")
    if said:
        saw = f"the last row says {str(last[said[0]])!r} in {said[0]!r}"
        return Trace(None, saw, certain=empty >= 0.3 * len(last), todo="take out the row of totals")
    return None


def _close(value: object, total: float) -> bool:
    try:
        return abs(float(str(value)) - total) <= 1e-6 * abs(total)
    except ValueError:
        return False


LIMITS = {65_535: True, 65_536: False, 1_048_575: True, 1_048_576: False}
"""Rows of a sheet, with a line of names and without; powers of two are round numbers elsewhere too."""


def cut_rows(rows: int, files: Sequence[str] | Collection[str]) -> Trace | None:
    """Return whether a table ends where a sheet does: after 65,536 or 1,048,576 rows."""
    if rows not in LIMITS or len(files) > 1:
        return None
    saw = f"{rows:,} rows are as many as a sheet holds ({rows + 1 if LIMITS[rows] else rows:,} with the line of names): the rest was cut off"
    if not LIMITS[rows]:
        saw = f"{rows:,} rows are as many as a sheet holds: was the rest cut off?"
    return Trace(
        None, saw, certain=LIMITS[rows], todo="ask for a file that did not pass through a spreadsheet"
    )
