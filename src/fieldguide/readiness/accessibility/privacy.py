"""A first look for personal data: patterns with checksums, over the distinct values of text columns.

Own recognizers, no model: e-mail addresses, phone numbers, payment cards (Luhn), bank accounts (IBAN,
mod 97), network addresses. A column is personal when at least 5 % of its distinct values match (FACTS 8). What a
pattern cannot see (names, free text) is not found.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fieldguide.finding import Finding, Verdict
from fieldguide.readiness.checks import found

PERSONAL = 0.05
"""Share of the distinct values of a column from which on it counts as personal."""
CHANCE = 0.1
"""Share of card-like numbers that pass the Luhn test by chance."""

_EMAIL = re.compile(r"[\w.+%'-]+@[\w-]+(\.[\w-]+)*\.[A-Za-z]{2,}")
_PHONE = re.compile(
    r"\+\d{1,3}[ ./-]?\(?\d{1,4}\)?(?:[ ./-]?\d{2,4}){2,4}"  # +46 70 123 45 67
    r"|(?:1[ .-])?\(\d{3}\) ?\d{3}[ .-]\d{4}"  # (212) 555-0123
    r"|(?:1[ .-])?\d{3}[ .-]\d{3}[ .-]\d{4}"  # 212-555-0123
)
_CARD = re.compile(
    r"(?:4\d{12}(?:\d{3})?|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|6(?:011|5\d\d)\d{12}|3(?:0[0-5]|[68]\d)\d{11})"
)
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")


@dataclass(frozen=True)
class Match:
    """What the values of a column look like: `kind` of personal data, share of distinct values (0 … 1)."""

    kind: str
    share: float


def is_email(text: str) -> bool:
    """Return whether the whole text is an e-mail address.

    >>> is_email("ada@example.org"), is_email("ada at example")
    (True, False)
    """
    return "@" in text and _EMAIL.fullmatch(text) is not None


def is_phone(text: str) -> bool:
    """Return whether the whole text is a phone number written with its usual marks (bare digits are not).

    >>> is_phone("+46 70 123 45 67"), is_phone("2013-01-01"), is_phone("5551234")
    (True, False, False)
    """
    return 9 <= sum(c.isdigit() for c in text) <= 15 and _PHONE.fullmatch(text) is not None


def is_card(text: str) -> bool:
    """Return whether the whole text is a payment card number: issuer, length and Luhn's checksum.

    >>> is_card("4111 1111 1111 1111"), is_card("4111 1111 1111 1112")
    (True, False)
    """
    digits = text.replace(" ", "").replace("-", "")
    return _CARD.fullmatch(digits) is not None and _luhn(digits)


def is_iban(text: str) -> bool:
    """Return whether the whole text is an international bank account number (remainder 1 modulo 97).

    >>> is_iban("GB82 WEST 1234 5698 7654 32"), is_iban("GB82 WEST 1234 5698 7654 33")
    (True, False)
    """
    plain = text.replace(" ", "").upper()
    if _IBAN.fullmatch(plain) is None:
        return False
    return int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1


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


RECOGNIZERS: Mapping[str, Callable[[str], bool]] = {
    "e-mail addresses": is_email,
    "phone numbers": is_phone,
    "payment card numbers": is_card,
    "bank account numbers (IBAN)": is_iban,
    "network addresses (IP)": is_network_address,
}


def looks_like(texts: Sequence[str]) -> Match | None:
    """Return what kind of personal data the distinct values of a column look like most, None when none match.

    >>> looks_like(["ada@example.org", "bob@example.org", "-", "?"])
    Match(kind='e-mail addresses', share=0.5)
    """
    best: Match | None = None
    stripped = [t.strip() for t in texts]
    for kind, recognize in RECOGNIZERS.items():
        matched = sum(map(recognize, stripped))
        if not matched or (kind.startswith("payment") and not _more_than_chance(stripped, matched)):
            continue
        share = matched / len(stripped)
        if best is None or share > best.share:
            best = Match(kind, share)
    return best


def personal_data_screen(
    matches: Mapping[str, Match | None], declared: str | None, name: str | None = None
) -> list[Finding]:
    """C2: no column looks like personal data where the owner says that there are none.

    `matches` are by column, for the columns that were looked at. Where personal data are declared, or
    nothing is, what was found is told and the check passes: the question itself is `personal_data`.
    """
    findings: list[Finding] = []
    none = (declared or "").strip().casefold() in ("none", "no", "false")
    for column, match in matches.items():
        if match is None:
            continue
        saw = f"{match.share:.0%} of the distinct values look like {match.kind}"
        shown = {"kind": match.kind, "share": round(match.share, 4)}
        verdict: Verdict = "pass"
        if none and match.share >= PERSONAL:
            verdict, saw = "fail", f"{saw}, and the source is declared to hold no personal data"
        findings.append(found("personal_data_screen", verdict, saw, column, evidence=shown))
    if not findings:
        kinds = ", ".join(RECOGNIZERS)
        saw = f"{len(matches)} columns looked at: none looks like {kinds}; names and free text are not seen"
        findings.append(found("personal_data_screen", "pass", saw, name))
    return findings


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _more_than_chance(texts: Sequence[str], matched: int) -> bool:
    """Return whether card-like numbers pass the checksum more often than one in ten does by chance."""
    alike = sum(_CARD.fullmatch(t.replace(" ", "").replace("-", "")) is not None for t in texts)
    return matched > 5 * CHANCE * alike
