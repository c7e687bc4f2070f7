"""The words of a column's name: how people write one, FlightNo, flight_no or "Flight no.", means the same."""

from __future__ import annotations

import re
import unicodedata

_STROKES = str.maketrans({"ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
"""Letters with a stroke, which Unicode does not take apart."""


_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_]+")


def fold(text: str) -> str:
    """Return a text in lower case and without accents.

    >>> fold("Födelse"), fold("Hasło")
    ('fodelse', 'haslo')
    """
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_STROKES))
    return "".join(c for c in plain if not unicodedata.combining(c))


def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a column's name, in lower case and without accents.

    >>> words_of("CCNumber"), words_of("MothersMaiden"), words_of("e-mail_1"), words_of("Födelsedatum")
    (('cc', 'number'), ('mothers', 'maiden'), ('e', 'mail', '1'), ('fodelsedatum',))
    """
    plain = "".join(c for c in name if c not in "'’`")
    folded = _fold_keeping_case(plain)
    return tuple(word.casefold() for word in _WORD.findall(folded))


def _fold_keeping_case(text: str) -> str:
    """Return a text without accents, its capitals kept (they part the words of camelCase)."""
    return "".join((fold(c).upper() if c.isupper() else fold(c)) if not c.isascii() else c for c in text)


def snake(name: str) -> str:
    """Return a name as its words between underscores, for patterns of words.

    >>> snake("HoursPerWeek"), snake("capital-gain"), snake("température")
    ('_hours_per_week_', '_capital_gain_', '_temperature_')
    """
    return "_" + "_".join(words_of(name)) + "_"
