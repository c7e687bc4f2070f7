"""What values must look like for a column's *name* to be believed: weaker forms, one for each kind.

"phone" over numbers of eight digits is a phone number; "phone" over yes and no is not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from fieldguide.readiness.accessibility.privacy.checksums import digits_of
from fieldguide.readiness.accessibility.privacy.kinds import wordlist
from fieldguide.readiness.accessibility.privacy.patterns import is_email, is_network_address
from fieldguide.tables.names import fold

_POWER = re.compile(r"\d(?:[.,]\d+)?[Ee]\+\d\d")
_MONTHS = "jan|feb|mar|maer|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez|ene|abr|ago|dic|gen|mag|giu|lug|set|ott|fev|avr|aou|maj|mrt|mei|des"
_DATE = re.compile(
    r"(?:\d{1,2}([-/. ])\d{1,2}\1(?:\d{4}|\d{2})|\d{4}([-/. ])\d{1,2}\2\d{1,2}|(?:19|20)\d{6}"
    rf"|\d{{1,2}}[-/. ]+(?:{_MONTHS})[^\W\d_]*[-/. ,]+(?:\d{{4}}|\d{{2}})|(?:{_MONTHS})[^\W\d_]*[ .]+\d{{1,2}}(?:st|nd|rd|th)?,? +\d{{4}})"
    r"(?:[T ]\d{1,2}:\d{2}.*)?",
    re.IGNORECASE,
)
_PLACEHOLDERS = frozenset(
    ("", "-", "--", "?", ".", "n/a", "na", "nan", "none", "null", "nil", "unknown", "empty", "missing", "not available", "#n/a", "<na>", "nat", "undefined")
)  # fmt: skip


def is_missing(text: str) -> bool:
    """Return whether a text stands for a missing value.

    >>> is_missing("N/A"), is_missing("empty"), is_missing("Nan Goldin")
    (True, True, False)
    """
    return text.casefold() in _PLACEHOLDERS


def is_date(text: str) -> bool:
    """Return whether a text is a date, in any of the usual orders.

    >>> is_date("3/29/1982"), is_date("1982-03-29"), is_date("29. März 1982"), is_date("Jan-20"), is_date("12.5")
    (True, True, True, False, False)
    """
    return _DATE.fullmatch(fold(text)) is not None


def is_phone_like(text: str) -> bool:
    """Return whether a text can be a phone number where the column's name says so: 5 … 16 digits and their marks.

    >>> is_phone_like("84 23 30"), is_phone_like("4.67E+10"), is_phone_like("2053258100"), is_phone_like("yes")
    (True, True, True, False)
    """
    if _POWER.fullmatch(text):
        return True
    number = re.sub(r"\s*(?:x|ext\.?|#)\s*\d+$", "", text, flags=re.IGNORECASE)
    dated = re.fullmatch(r"\d{4}-\d\d-\d\d.*|\d{1,2}([/.])\d{1,2}\1\d{4}", text)
    return (
        dated is None
        and re.fullmatch(r"[\d\s()+./–-]+", number) is not None
        and 5 <= len(digits_of(number)) <= 16
    )


def is_person_name(text: str) -> bool:
    """Return whether a text can be a name of a person (or a part of one): letters, few words, no sentence.

    >>> is_person_name("Ormazd"), is_person_name("L'Heureux"), is_person_name("7 days"), is_person_name("山田 太郎")
    (True, True, False, True)
    """
    letters = sum(c.isalpha() for c in text)
    digits = sum(c.isdigit() for c in text)
    return (
        0 < len(text) <= 60
        and letters >= 0.6 * len(text)
        and digits <= (4 if letters > digits else 0)
        and not text[0].isdigit()
        and len(text.split()) <= 6
        and not set(text) & set("@/\\_:;=<>{}[]|")
    )


def _street(text: str) -> bool:
    return len(text) >= 5 and any(c.isalpha() for c in text) and " " in text and "@" not in text


def _town(text: str) -> bool:
    letters = sum(c.isalpha() for c in text)
    return 2 <= len(text) <= 60 and letters >= 0.7 * len(text) and "@" not in text and len(text.split()) <= 7


def _postal_code(text: str) -> bool:
    written = r"(?=.*\d)[A-Za-z]{0,3}[- ]?[A-Za-z0-9]{2,6}(?:[ -][A-Za-z0-9]{2,4})?|\d{3,10}"
    return len(text) >= 3 and re.fullmatch(written, text) is not None


def _national_id(text: str) -> bool:
    plain = re.sub(r"[ ./-]", "", text)
    return bool(_POWER.fullmatch(text)) or (
        7 <= len(plain) <= 20 and plain.isalnum() and len(digits_of(plain)) >= 4
    )


def _document(text: str) -> bool:
    plain = re.sub(r"[ ./-]", "", text)
    return 5 <= len(plain) <= 20 and plain.isalnum() and len(digits_of(plain)) >= 3


def _card(text: str) -> bool:
    plain = re.sub(r"[ -]", "", text)
    masked = re.fullmatch(r"[*xX•#\d]{12,19}", plain) is not None and len(digits_of(plain)) >= 4
    return bool(_POWER.fullmatch(text)) or (plain.isdigit() and 12 <= len(plain) <= 19) or masked


def _secret(text: str) -> bool:
    return len(text) >= 12 and " " not in text and not is_date(text)


def _password(text: str) -> bool:
    return (
        4 <= len(text) <= 200
        and not is_date(text)
        and len(text.split()) <= 2
        and not re.fullmatch(r"\d{1,3}", text)
    )


def _username(text: str) -> bool:
    return (
        2 <= len(text) <= 60
        and not re.search(r"\s", text)
        and any(c.isalpha() for c in text)
        and not is_date(text)
    )


def _expiry(text: str) -> bool:
    return (
        is_date(text)
        or re.fullmatch(
            rf"\d{{1,2}}[-/ ]\d{{2,4}}|\d{{4}}[-/]\d{{1,2}}|(?:{_MONTHS})[a-z]*[-/ .]+\d{{2,4}}",
            text,
            re.IGNORECASE,
        )
        is not None
    )


def _bank_account(text: str) -> bool:
    plain = re.sub(r"[ ./-]", "", text)
    return 6 <= len(plain) <= 34 and plain.isalnum() and len(digits_of(plain)) >= 6


def _health_id(text: str) -> bool:
    return (
        5 <= len(text) <= 25
        and len(digits_of(text)) >= 4
        and re.fullmatch(r"[\w ./-]+", text) is not None
        and not is_date(text)
    )


def _device(text: str) -> bool:
    return (
        re.fullmatch(
            r"(?:[0-9a-fA-F]{2}[:-]?){5}[0-9a-fA-F]{2}|\d{14,16}|[0-9a-fA-F]{16}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
            text,
        )
        is not None
    )


def _vehicle(text: str) -> bool:
    return (
        re.fullmatch(r"(?=.*\d)[^\W_]{1,4}[ -]?[^\W_]{1,5}[ -]?[^\W_]{0,5}|[A-HJ-NPR-Z0-9]{17}", text)
        is not None
        and 4 <= len(text) <= 17
    )


def _code(text: str) -> bool:
    return re.fullmatch(r"\d{1,4}", text) is not None


def _year(text: str) -> bool:
    return re.fullmatch(r"(?:18[5-9]|19\d|20[0-4])\d(?:\.0)?", text) is not None


def _age(text: str) -> bool:
    return (
        re.fullmatch(r"1?\d?\d(?:\.\d+)?|\d{1,3} ?[-–] ?\d{1,3}|[<>]=? ?\d{1,3}|\d{2,3}\+", text) is not None
    )


def _title(text: str) -> bool:
    return (
        re.fullmatch(
            r"(?:mr|mrs|ms|miss|dr|prof|mme|mlle|m|herr|frau|sr|sra|sig|hr|fru|rev|sir|lady|lord|mx|dhr|mevr|hon|capt|col|maj)\.?",
            text.casefold(),
        )
        is not None
    )


_GENDERS = wordlist(
    "m f w h x d male female man woman men women mann frau herr homme femme hombre mujer uomo donna homem mulher kvinna kille mies nainen vrouw "
    "masculine feminine masculin feminin masculino feminino maschio femmina weiblich mannlich maennlich divers other nonbinary non-binary unknown 0 1 2 9 "
    "kobieta mezczyzna muz zena hane hona boy girl transgender"
)


def _gender(text: str) -> bool:
    return fold(text).strip(". ") in _GENDERS


def _house_number(text: str) -> bool:
    return re.fullmatch(r"\d{1,5} ?[a-zA-Z]?(?:[-/]\d{1,4}[a-zA-Z]?)?", text) is not None


def _words(text: str) -> bool:
    return any(c.isalpha() for c in text)


def _anything(text: str) -> bool:
    return True


SHAPES: Mapping[str, Callable[[str], bool]] = MappingProxyType(
    {
        "email": is_email, "phone": is_phone_like, "card": _card, "card_code": _code, "card_expiry": _expiry,
        "bank_account": _bank_account, "national_id": _national_id, "document": _document, "health_id": _health_id,
        "ip": is_network_address, "device": _device, "name": is_person_name, "birth_date": is_date, "death_date": is_date,
        "password": _password, "secret": _secret, "username": _username, "vehicle": _vehicle, "street": _street, "house_number": _house_number,
        "postal_code": _postal_code, "town": _town, "birth_year": _year, "age": _age, "title": _title, "gender": _gender,
        "marital": _anything, "family": _anything, "origin": _anything, "religion": _words, "nationality": _words,
        "occupation": _words, "employer": _words, "education": _anything, "income": _anything, "region": _words, "country": _words,
    }
)  # fmt: skip
"""Kind -> whether a value can be one where the column's name says so."""

_SUFFIX = (
    r"street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|way|court|ct|place|pl|close|terrace|crescent|highway|hwy|square|sq|trail|"
    r"circle|cir|parkway|pkwy|loop|alley|row|gardens|grove|hill|walk|mews"
)
_STREET = re.compile(
    rf"\d+[a-z]?,? [\w .'’-]+ (?:{_SUFFIX})\b.*"
    r"|[\w .'’-]*(?:stra(?:ß|ss)e|str\.|weg|platz|allee|gasse|gatan|gata|vägen|väg|vei|veien|gade|vej|straat|laan|plein|katu|tie|utca|út) ?\d+.*"
    r"|\d*,? ?(?:bis |ter )?(?:rue|avenue|boulevard|place|chemin|allée|impasse|quai|route|cours) .*\w"
    r"|(?:calle|c/|avda\.?|avenida|plaza|paseo|carrera|rua|via|viale|piazza|corso|largo|strada|vicolo|ulica|ul\.) .*\d+.*"
    r"|p\.? ?o\.? box \d+.*",
    re.IGNORECASE,
)


def is_street_address(text: str) -> bool:
    """Return whether a text is written as a street with a number, in one of several languages.

    >>> is_street_address("1463 Horseshoe Lane"), is_street_address("Invalidenstrasse 19"), is_street_address("Lane 4")
    (True, True, False)
    """
    return len(text) <= 120 and any(c.isdigit() for c in text) and _STREET.fullmatch(text) is not None
