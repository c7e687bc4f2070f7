"""National identity numbers: how each country writes them, and what must hold for them.

Formats and check digits are those that the countries publish; where a number has no check digit (US, Denmark
since 2007) the rules of its form stand in for it, and more of them are asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from fieldguide.readiness.accessibility.privacy.checksums import (
    digits_of,
    is_day,
    luhn,
    mod_11_10,
    verhoeff,
    weighted,
)
from fieldguide.readiness.accessibility.privacy.recognizer import Recognizer

_DNI = "TRWAGMYFPDXBNJZSQVHLCKE"
_CURP = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
_HETU = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_ODD = dict(zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", (
    1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
), strict=True))  # fmt: skip


def _ssn(text: str) -> bool:
    """Areas 000, 666 and 900 … 999, group 00 and serial 0000 were never given out."""
    area, group, serial = text[:3], text[4:6], text[-4:]
    return area not in ("000", "666") and area[0] != "9" and group != "00" and serial != "0000"


def _nino(text: str) -> bool:
    plain = text.replace(" ", "")
    return (
        not set(plain[:2]) & set("DFIQUV")
        and plain[1] != "O"
        and plain[:2] not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")
        and plain[-1] in "ABCD"
    )


def _nir(text: str) -> bool:
    plain = text.replace(" ", "").replace("2A", "19").replace("2B", "18")
    month = int(plain[3:5])
    return (1 <= month <= 12 or 20 <= month <= 42) and 97 - int(plain[:13]) % 97 == int(plain[13:])


def _steuer_id(text: str) -> bool:
    digits = digits_of(text)
    times = sorted(digits[:10].count(d) for d in set(digits[:10]))
    return digits[0] != "0" and times[-1] in (2, 3) and times[-2] == 1 and mod_11_10(digits)


def _dni(text: str) -> bool:
    plain = text.replace("-", "")
    number = plain[:-1].translate(str.maketrans("XYZ", "012"))
    return _DNI[int(number) % 23] == plain[-1]


def _codice_fiscale(text: str) -> bool:
    total = sum(
        _ODD[c] if i % 2 == 0 else int(c, 36) % 36 - (10 if c.isalpha() else 0)
        for i, c in enumerate(text[:15])
    )
    return chr(65 + total % 26) == text[15]


def _swedish(text: str) -> bool:
    digits = digits_of(text)[-10:]
    day = int(digits[4:6])
    return is_day(day - 60 if day > 60 else day, int(digits[2:4])) and luhn(digits)


def _hetu(text: str) -> bool:
    return is_day(int(text[:2]), int(text[2:4])) and _HETU[int(text[:6] + text[7:10]) % 31] == text[10]


def _norwegian(text: str) -> bool:
    d = digits_of(text)
    first = (11 - weighted(d, (3, 7, 6, 1, 8, 9, 4, 5, 2), 11)) % 11
    second = (11 - weighted(d, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2), 11)) % 11
    day = int(d[:2])
    return is_day(day - 40 if day > 40 else day, int(d[2:4])) and d[9:] == f"{first}{second}"


def _cpr(text: str) -> bool:
    d = digits_of(text)
    return is_day(int(d[:2]), int(d[2:4])) and weighted(d, (4, 3, 2, 7, 6, 5, 4, 3, 2, 1), 11) == 0


def _pesel(text: str) -> bool:
    check = weighted(text, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1), 10)
    return is_day(int(text[4:6]), int(text[2:4]) % 20) and check == 0


def _bsn(text: str) -> bool:
    d = digits_of(text)
    return d != "0" * 9 and weighted(d, (9, 8, 7, 6, 5, 4, 3, 2, -1), 11) == 0


def _cpf(text: str) -> bool:
    d = digits_of(text)
    if len(set(d)) == 1:
        return False
    first = weighted(d, range(10, 1, -1), 11)
    second = weighted(d, range(11, 1, -1), 11)
    return d[9:] == "".join(str(0 if r < 2 else 11 - r) for r in (first, second))


def _sin(text: str) -> bool:
    d = digits_of(text)
    return d[0] not in "08" and luhn(d)


def _ahv(text: str) -> bool:
    d = digits_of(text)
    return weighted(d, (1, 3) * 6 + (1,), 10) == 0


def _belgian(text: str) -> bool:
    d = digits_of(text)
    key = int(d[9:])
    return int(d[2:4]) % 20 <= 12 and key in (97 - int(d[:9]) % 97, 97 - int("2" + d[:9]) % 97)


def _rodne_cislo(text: str) -> bool:
    d = digits_of(text)
    month = int(d[2:4]) % 50
    right_day = is_day(int(d[4:6]), month - 20 if month > 20 else month)
    return right_day and len(d) == 10 and (int(d) % 11 == 0 or (int(d[:9]) % 11 == 10 and d[9] == "0"))


def _cnp(text: str) -> bool:
    check = weighted(text, (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9), 11)
    return is_day(int(text[5:7]), int(text[3:5])) and text[12] == str(1 if check == 10 else check)


def _turkish(text: str) -> bool:
    d = [int(c) for c in text]
    tenth = (7 * sum(d[0:9:2]) - sum(d[1:8:2])) % 10
    return d[9] == tenth and d[10] == sum(d[:10]) % 10


def _south_african(text: str) -> bool:
    return is_day(int(text[4:6]), int(text[2:4])) and text[10] in "012" and luhn(text)


def _chinese(text: str) -> bool:
    check = weighted(text, (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), 11)
    return is_day(int(text[12:14]), int(text[10:12])) and text[17].upper() == "10X98765432"[check]


def _korean(text: str) -> bool:
    d = digits_of(text)
    check = (11 - weighted(d, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5), 11)) % 10
    return is_day(int(d[4:6]), int(d[2:4])) and d[12] == str(check)


def _baltic(text: str) -> bool:
    check = weighted(text, (1, 2, 3, 4, 5, 6, 7, 8, 9, 1), 11)
    if check == 10:
        check = weighted(text, (3, 4, 5, 6, 7, 8, 9, 1, 2, 3), 11) % 10
    return is_day(int(text[5:7]), int(text[3:5])) and text[10] == str(check)


def _pps(text: str) -> bool:
    extra = "WABCDEFGHI".index(text[8]) if len(text) > 8 else 0
    return "WABCDEFGHIJKLMNOPQRSTUV"[(weighted(text, range(8, 1, -1), 10**6) + 9 * extra) % 23] == text[7]


def _curp(text: str) -> bool:
    total = sum(_CURP.index(c) * (18 - i) for i, c in enumerate(text[:17]))
    right_day = is_day(int(text[8:10]), int(text[6:8]))
    return right_day and text[10] in "HM" and text[17] == str(-total % 10)


def _rut(text: str) -> bool:
    d = digits_of(text[:-1])
    check = 11 - weighted(d[::-1], (2, 3, 4, 5, 6, 7, 2, 3, 4), 11)
    return int(d) < 50_000_000 and text[-1].upper() == {11: "0", 10: "K"}.get(check, str(check))


def _cuil(text: str) -> bool:
    d = digits_of(text)
    check = 11 - weighted(d, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2), 11)
    return d[10] == {11: "0", 10: "9"}.get(check, str(check))


def _nhs(text: str) -> bool:
    d = digits_of(text)
    return weighted(d, range(10, 0, -1), 11) == 0 and len(set(d)) > 1


def _national(
    what: str, looks: str, holds: Callable[[str], bool], chance: float, *, named: bool = False, spread: bool = False,
    kind: str = "national_id",
) -> Recognizer:  # fmt: skip
    return Recognizer(kind, what, re.compile(looks), holds, chance, named, spread)


NATIONAL: tuple[Recognizer, ...] = (
    _national("US social security numbers", r"\d{3}-\d{2}-\d{4}", _ssn, 0.88, spread=True),
    _national("British national insurance numbers", r"[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-Z]", _nino, 0.11),
    _national(
        "French social security numbers (NIR)",
        r"[12] ?\d{2} ?\d{2} ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}",
        _nir,
        0.01,
    ),
    _national("German tax ids", r"\d{2} ?\d{3} ?\d{3} ?\d{3}", _steuer_id, 0.01),
    _national("Spanish DNI or NIE", r"(?:\d{8}|[XYZ]-?\d{7})-?[A-Z]", _dni, 0.05),
    _national("Italian tax codes", r"[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]", _codice_fiscale, 0.04),
    _national("Swedish personal numbers", r"(?:19|20)?\d{6}[-+]?\d{4}", _swedish, 0.1),
    _national("Finnish personal identity codes", r"\d{6}[-+A-FU-Y]\d{3}[0-9A-Y]", _hetu, 0.04),
    _national("Norwegian personal numbers", r"\d{6} ?\d{5}", _norwegian, 0.01),
    _national("Danish personal numbers", r"\d{6}-?\d{4}", _cpr, 0.1),
    _national("Polish PESEL", r"\d{11}", _pesel, 0.1),
    _national("Dutch BSN", r"\d{9}|\d{4}\.\d{2}\.\d{3}", _bsn, 0.1, named=True),
    _national("Brazilian CPF", r"\d{3}\.?\d{3}\.?\d{3}-?\d{2}", _cpf, 0.01),
    _national(
        "Indian Aadhaar numbers", r"[2-9]\d{3}[ -]?\d{4}[ -]?\d{4}", lambda t: verhoeff(digits_of(t)), 0.1
    ),
    _national("Canadian SIN", r"\d{3}[ -]?\d{3}[ -]?\d{3}", _sin, 0.1, named=True),
    _national("Swiss AHV numbers", r"756\.?\d{4}\.?\d{4}\.?\d{2}", _ahv, 0.1),
    _national("Belgian national numbers", r"\d{2}\.?\d{2}\.?\d{2}-?\d{3}\.?\d{2}", _belgian, 0.02),
    _national("Czech or Slovak birth numbers", r"\d{6}/\d{3,4}", _rodne_cislo, 0.1),
    _national("Romanian CNP", r"[1-9]\d{12}", _cnp, 0.1),
    _national("Turkish identity numbers", r"[1-9]\d{10}", _turkish, 0.01),
    _national("South African identity numbers", r"\d{13}", _south_african, 0.05),
    _national("Chinese resident ids", r"\d{17}[\dXx]", _chinese, 0.1),
    _national("Korean resident numbers", r"\d{6}-[1-8]\d{6}", _korean, 0.1),
    _national("Baltic personal codes", r"[1-6]\d{10}", _baltic, 0.1),
    _national("Irish PPS numbers", r"\d{7}[A-W][A-IW]?", _pps, 0.05),
    _national("Indian PAN", r"[A-Z]{5}\d{4}[A-Z]", lambda t: t[3] == "P", 0.1),
    _national("Mexican CURP", r"[A-Z]{4}\d{6}[0-9A-Z]{8}", _curp, 0.02),
    _national("Chilean RUT", r"\d{1,2}\.?\d{3}\.?\d{3}-[\dKk]", _rut, 0.1),
    _national("Argentine CUIL", r"(?:20|23|24|27)-?\d{8}-?\d", _cuil, 0.1),
    _national("British NHS numbers", r"\d{3}[ -]?\d{3}[ -]?\d{4}", _nhs, 0.1, named=True, kind="health_id"),
)
"""The national numbers that are recognized; `named` ones by the help of the column's name only."""
