"""Personal data that are recognized by their form alone, whatever the column is called."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from fieldguide.readiness.accessibility.privacy.checksums import digits_of, luhn, mod_97
from fieldguide.readiness.accessibility.privacy.kinds import wordlist
from fieldguide.readiness.accessibility.privacy.national import NATIONAL
from fieldguide.readiness.accessibility.privacy.recognizer import Recognizer

_EMAIL = r"[\w.+%'#&=-]+@(?:[\w-]+\.)+[^\W\d_]{2,24}"
_EXTENSION = r"(?: ?(?:x|ext\.?|#) ?\d{1,6})?"
_INTERNATIONAL = rf"(?:\+\d{{1,3}}[ ./-]?|00\d{{1,3}} |001-(?=\d{{3}}-\d{{3}}-\d{{4}}))(?:\(\d{{1,4}}\)[ ./-]?)?\d{{1,4}}(?:[ ./-]?\d{{2,4}}){{1,4}}{_EXTENSION}"
_PARENTHESES = rf"(?:\+?1[ .-]?)?\(\d{{3}}\)[ -]?\d{{3}}[ .-]\d{{4}}{_EXTENSION}"
_AMERICAN = rf"(?:1[ .-])?\d{{3}}([ .-])\d{{3}}\1\d{{4}}{_EXTENSION}"
_CARD = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}"
    r"|(?:6011|65\d\d|64[4-9]\d)\d{12}|3(?:0[0-5]|[68]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}|(?:50|5[6-9]|6[0-9])\d{14}"
)
_IBAN_LENGTHS = {
    item[:2]: int(item[3:])
    for item in wordlist(
        "AD:24 AE:23 AL:28 AT:20 AZ:28 BA:20 BE:16 BG:22 BH:22 BR:29 BY:28 CH:21 CR:22 CY:28 CZ:24 DE:22 DK:18 DO:28 EE:20 EG:29 ES:24 "
        "FI:18 FO:18 FR:27 GB:22 GE:22 GI:23 GL:18 GR:27 GT:28 HR:21 HU:28 IE:22 IL:23 IQ:23 IS:26 IT:27 JO:30 KW:30 KZ:20 LB:28 LC:32 "
        "LI:21 LT:20 LU:20 LV:21 MC:27 MD:24 ME:22 MK:19 MR:27 MT:31 MU:30 NL:18 NO:15 PK:24 PL:28 PS:29 PT:25 QA:29 RO:24 RS:22 SA:24 "
        "SC:31 SE:24 SI:19 SK:24 SM:27 ST:25 SV:28 TL:23 TN:24 TR:26 UA:29 VA:22 VG:24 XK:20"
    )
}


def is_email(text: str) -> bool:
    """Return whether the whole text is an e-mail address.

    >>> is_email("ada@example.org"), is_email("ada at example")
    (True, False)
    """
    return "@" in text and re.fullmatch(_EMAIL, text) is not None


def _international(text: str) -> bool:
    """8 … 15 digits (ITU-T E.164), more than one group or a plus sign: not a signed decimal number."""
    number = re.sub(r"(?:x|ext\.?|#) ?\d+$", "", text)
    least = 10 if number.startswith("00") else 8
    return least <= len(digits_of(number)) <= 16 and re.fullmatch(r"[+0]\d+\.\d*", number) is None


def _american(text: str) -> bool:
    """Area code and exchange begin with 2 … 9 and are no service codes (211 … 911)."""
    digits = digits_of(re.split(r"x|ext|#", text)[0])
    area, exchange = digits[-10:-7], digits[-7:-4]
    return all(part[0] in "23456789" and part[1:] != "11" for part in (area, exchange))


def is_card(text: str) -> bool:
    """Return whether the whole text is a payment card number: issuer, length and Luhn's checksum.

    >>> is_card("4111 1111 1111 1111"), is_card("4111 1111 1111 1112")
    (True, False)
    """
    digits = text.replace(" ", "").replace("-", "")
    return _CARD.fullmatch(digits) is not None and luhn(digits)


def is_iban(text: str) -> bool:
    """Return whether the whole text is an international bank account number: its country's length, 1 modulo 97.

    >>> is_iban("GB82 WEST 1234 5698 7654 32"), is_iban("GB82 WEST 1234 5698 7654 33")
    (True, False)
    """
    plain = text.replace(" ", "").upper()
    return len(plain) == _IBAN_LENGTHS.get(plain[:2], -1) and plain.isalnum() and mod_97(plain)


def is_network_address(text: str) -> bool:
    """Return whether the whole text is an IP address, version 4 or 6.

    >>> is_network_address("192.168.0.1"), is_network_address("1.2.3"), is_network_address("10:30")
    (True, False, False)
    """
    if text.count(".") != 3 and text.count(":") < 2:
        return False
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _many_octets(text: str) -> bool:
    """An address whose numbers reach three digits: versions (1.2.3.4) hardly ever do."""
    return is_network_address(text) and any(len(part) == 3 for part in text.split("."))


def is_vehicle(text: str) -> bool:
    """Return whether the whole text is a vehicle identification number with its check digit (49 CFR 565).

    >>> is_vehicle("1M8GDM9AXKP042788"), is_vehicle("1M8GDM9A0KP042788")
    (True, False)
    """
    values = dict(
        zip("ABCDEFGHJKLMNPRSTUVWXYZ", (*range(1, 9), *range(1, 6), 7, 9, *range(2, 10)), strict=True)
    )
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    total = sum((int(c) if c.isdigit() else values[c]) * w for c, w in zip(text, weights, strict=True))
    return text[8] == "0123456789X"[total % 11]


def destroyed_card(text: str) -> bool:
    """Return whether a text is what a spreadsheet leaves of a card number: 15 or 16 digits, of which few are left.

    >>> destroyed_card("5.54563E+15"), destroyed_card("4.1E+12"), destroyed_card("5545630000000000")
    (True, False, True)
    """
    match = re.fullmatch(r"(\d)(?:[.,](\d{1,6}))?[Ee]\+1([45])", text)
    if match:
        leading, sixteen = match[1] + (match[2] or ""), match[3] == "5"
    elif re.fullmatch(r"\d{4,7}0{8,12}", text) and len(text) in (15, 16):
        leading, sixteen = text.rstrip("0"), len(text) == 16
    else:
        return False
    leading = leading.ljust(4, "0")
    if not sixteen:
        return leading[:2] in ("34", "37")
    return (
        leading[0] == "4"
        or "51" <= leading[:2] <= "55"
        or "2221" <= leading[:4] <= "2720"
        or leading[:2] in ("60", "64", "65")
    )


def _form(
    kind: str, what: str, looks: str, holds: Callable[[str], bool], chance: float = 1e-6, *, spread: bool = False,
    named: bool = False,
) -> Recognizer:  # fmt: skip
    return Recognizer(kind, what, re.compile(looks), holds, chance, named, spread)


def _always(text: str) -> bool:
    return True


FORMS: tuple[Recognizer, ...] = (
    _form("email", "e-mail addresses", _EMAIL, _always),
    _form("phone", "phone numbers", rf"{_INTERNATIONAL}|{_PARENTHESES}", _international),
    _form("phone", "American phone numbers", _AMERICAN, _american, 0.64, spread=True),
    _form("phone", "French phone numbers", r"\d\d([ .-])\d\d\1\d\d\1\d\d\1\d\d", lambda t: t[0] == "0" != t[1], 0.1),
    _form("card", "payment card numbers", r"\d{13,19}|(?:\d{4}[ -]){3}\d{1,7}|\d{4}[ -]\d{6}[ -]\d{5}", is_card, 0.1),
    _form("card", "card numbers that a spreadsheet cut", r"\d(?:[.,]\d{1,6})?[Ee]\+1[45]|\d{15,16}", destroyed_card, 0.35, named=True),
    _form("bank_account", "bank account numbers (IBAN)", r"[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]){11,30}", is_iban, 0.01),
    _form("ip", "network addresses (IP)", r"\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F:]*::?[0-9a-fA-F:.]+", _many_octets, 0.6),
    _form("ip", "network addresses (IPv6)", r"(?=(?:[^:]*:){4})[0-9a-fA-F:.]{6,45}", is_network_address, 0.01),
    _form("device", "hardware addresses (MAC)", r"[0-9a-fA-F]{2}(?:([:-])[0-9a-fA-F]{2})(?:\1[0-9a-fA-F]{2}){4}", _always),
    _form("vehicle", "vehicle identification numbers", r"(?=.*[A-Z])[A-HJ-NPR-Z0-9]{17}", is_vehicle, 0.1),
    _form(
        "secret", "access tokens and keys",
        r"eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*|(?:sk|pk|rk)_(?:live|test)_\w{10,}|AKIA[0-9A-Z]{16}|gh[pousr]_\w{30,}|xox[abprs]-[\w-]{10,}"
        r"|AIza[\w-]{35}|-----BEGIN [A-Z ]*PRIVATE KEY-----.*",
        _always,
    ),
    _form("password", "hashed passwords", r"\$2[abxy]?\$\d\d\$[./\w]{53}|\$argon2\w*\$.+|\$[156]\$[^$]+\$.+|pbkdf2_sha\d+\$.+", _always),
    *NATIONAL,
)  # fmt: skip
"""What is recognized by its form."""

IN_TEXT: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("email", re.compile(rf"(?<![\w@]){_EMAIL}"), _always),
    ("phone", re.compile(rf"(?<![\w.+/-])(?:\+\d{{1,3}}[ ./-]\(?\d{{1,4}}\)?(?:[ ./-]\d{{2,4}}){{2,4}}|{_PARENTHESES})(?![\w-])"), _international),
    ("phone", re.compile(r"(?<![\w.+/-])(?:1[ .-])?\d{3}([.-])\d{3}\1\d{4}(?![\w-])"), _american),
    ("card", re.compile(r"(?<![\w.])(?:\d{4}[ -]?){3}\d{4}(?![\w-])"), is_card),
    ("bank_account", re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?(?!\w)"), is_iban),
    ("national_id", re.compile(r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])"), NATIONAL[0].holds),
    ("ip", re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])"), _many_octets),
)  # fmt: skip
"""What is looked for inside longer texts: kind, where it may be, and whether it is one."""


def kinds_inside(text: str) -> tuple[str, ...]:
    """Return the kinds of personal data that a longer text holds somewhere.

    >>> kinds_inside("call +46 70 123 45 67 or write to ada@example.org"), kinds_inside("order 12-34, 3 pieces")
    (('email', 'phone'), ())
    """
    found = []
    for kind, where, holds in IN_TEXT:
        if kind not in found and any(holds(match[0]) for match in where.finditer(text)):
            found.append(kind)
    return tuple(found)
