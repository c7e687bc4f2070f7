"""What a cell looks like: a number, a time, nothing, text. Used to see how a file is written, never to change a value."""

from __future__ import annotations

import re
from functools import lru_cache

from fieldguide.tables.written import NOTHING

CURRENCIES = "$€£¥₹₽₩₺₪฿₫₴₦¢"
_AFFIX = rf"(?:[{CURRENCIES}]|USD|EUR|GBP|CHF|SEK|NOK|DKK|kr\.?|%)"
_MONTH = (
    r"(?:jan|feb|mar|apr|may|mai|maj|jun|jul|aug|sep|sept|oct|okt|nov|dec|dez|january|february|march|april|june|july|"
    r"august|september|october|november|december)"
)
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s?(?:[ap]\.?\s?m\.?)?"
_ZONE = r"(?:\s?(?:z|utc|gmt|[+-]\d{2}:?\d{2}|[+-]\d{2}))?"
_DAY = (
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})"
    rf"|\d{{1,2}}[ -]?{_MONTH}\.?[ ,-]*(?:\d{{4}}|\d{{2}})|{_MONTH}\.?[ -]\d{{1,2}}(?:st|nd|rd|th)?,?[ -]+\d{{4}})"
)
_NUMBER = re.compile(
    rf"\s*\(?[-+−]?\s?{_AFFIX}?\s?[-+−]?(?:\d+(?:[.,'’ \u00a0\u202f]\d+)*[.,]?|[.,]\d+)(?:e[-+]?\d+)?\s?{_AFFIX}?\)?\s*",
    re.IGNORECASE,
)
_TIME = re.compile(rf"\s*(?:{_DAY}(?:[T ,]+{_CLOCK})?|{_CLOCK}){_ZONE}\s*", re.IGNORECASE)
_WORDS = re.compile(r"[\w.\-+/@#&'’()%:]+(?: [\w.\-+/@#&'’()%:]+)*")

EMPTY, NUMBER, TIME, WORD, TEXT = "empty", "number", "time", "word", "text"


@lru_cache(maxsize=65_536)
def look(cell: str) -> str:
    """Return what a cell looks like: "empty", "number", "time", "word" (plain words) or "text" (anything else).

    >>> [look(c) for c in ("", "n/a", "-1.234,50 €", "12 %", "31/1/2013 7:10 p.m.", "New York", 'a "b";')]
    ['empty', 'empty', 'number', 'number', 'time', 'word', 'text']
    """
    if len(cell) > 200:
        return TEXT
    plain = cell.strip()
    if plain.lower() in NOTHING:
        return EMPTY
    if _TIME.fullmatch(plain):
        return TIME
    if _NUMBER.fullmatch(plain):
        return NUMBER
    return WORD if _WORDS.fullmatch(plain) else TEXT


def amount(cell: str) -> float | None:
    """Return a number as plainly written, else None.

    >>> amount(" 2010 "), amount("1,5")
    (2010.0, None)
    """
    try:
        return float(cell)
    except ValueError:
        return None
