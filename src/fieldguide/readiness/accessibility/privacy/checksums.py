"""The check digits of numbers that are given to persons: weighted sums, Luhn, Verhoeff, mod 97, mod 11."""

from __future__ import annotations

from collections.abc import Sequence


def digits_of(text: str) -> str:
    """Return the digits of a text, in order.

    >>> digits_of("4111-1111")
    '41111111'
    """
    return "".join(c for c in text if c.isdigit() and c.isascii())


def luhn(digits: str) -> bool:
    """Return whether digits pass Luhn's test (ISO/IEC 7812-1): payment cards, IMEI, SIN, Swedish personal numbers.

    >>> luhn("4111111111111111"), luhn("4111111111111112")
    (True, False)
    """
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def weighted(digits: str, weights: Sequence[int], modulus: int) -> int:
    """Return the sum of digits times weights, modulo a number.

    >>> weighted("123", (3, 2, 1), 11)
    10
    """
    return sum(int(d) * w for d, w in zip(digits, weights, strict=False)) % modulus


_TIMES = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_TURN = (
    "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip


def verhoeff(digits: str) -> bool:
    """Return whether digits pass Verhoeff's test (the dihedral group of order ten): Aadhaar numbers.

    >>> verhoeff("2363"), verhoeff("2364")
    (True, False)
    """
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = int(_TIMES[check][int(_TURN[place % 8][int(digit)])])
    return check == 0


def mod_97(text: str) -> bool:
    """Return whether letters and digits, the letters read as 10 … 35, leave 1 modulo 97 (ISO 7064): IBAN.

    The first four characters are moved to the end first.

    >>> mod_97("GB82WEST12345698765432")
    True
    """
    return int("".join(str(int(c, 36)) for c in text[4:] + text[:4])) % 97 == 1


def mod_11_10(digits: str) -> bool:
    """Return whether digits pass ISO 7064 MOD 11,10: German tax ids, Croatian OIB.

    >>> mod_11_10("36574261809"), mod_11_10("36574261808")
    (True, False)
    """
    check = 10
    for digit in digits[:-1]:
        check = (check + int(digit)) % 10 or 10
        check = check * 2 % 11
    return (11 - check) % 10 == int(digits[-1])


def is_day(day: int, month: int) -> bool:
    """Return whether there is such a day in some year.

    >>> is_day(29, 2), is_day(31, 4)
    (True, False)
    """
    return 1 <= month <= 12 and 1 <= day <= (29 if month == 2 else 30 if month in (4, 6, 9, 11) else 31)
