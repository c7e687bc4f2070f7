"""A recognizer: what looks like a kind of personal data, what holds for it, and how often that holds by chance.

Numbers that nobody gave to a person pass a check digit now and then. A column is recognized by its form when
more of its look-alikes hold than chance would let (binomial, one in 100,000), and at least half of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import lgamma, log

RARE = 1e-5
"""How improbable it must be that the look-alikes of a column hold by chance."""
MOST = 0.5
"""Share of the look-alikes that must hold: a column of card numbers is not half made of something else."""


@dataclass(frozen=True)
class Recognizer:
    """What looks like one kind of personal data and what of that is so.

    `looks` matches whole texts that have its form; `holds` tells which of those can be real (checksum, dates, area
    codes); `chance` is the share of arbitrary texts of the form for which it holds. `named` says that the form
    alone is too common (nine digits): it counts only where the column's name speaks of the kind. `spread` asks for
    many different beginnings: numbers that are counted up share theirs.
    """

    kind: str
    what: str
    looks: re.Pattern[str]
    holds: Callable[[str], bool]
    chance: float = 1e-6
    named: bool = False
    spread: bool = False


@dataclass(frozen=True)
class Hits:
    """What a recognizer made of the distinct values of a column."""

    recognizer: Recognizer
    alike: int
    held: tuple[str, ...]


def recognize(recognizer: Recognizer, texts: Sequence[str]) -> Hits:
    """Return which texts look like the kind, and which of them hold.

    >>> digits = Recognizer("x", "even numbers", re.compile("[0-9]+"), lambda t: int(t) % 2 == 0, 0.5)
    >>> recognize(digits, ["1", "2", "a", "4"])
    Hits(recognizer=..., alike=3, held=('2', '4'))
    """
    alike = [text for text in texts if recognizer.looks.fullmatch(text)]
    return Hits(recognizer, len(alike), tuple(text for text in alike if recognizer.holds(text)))


def beyond_chance(hits: Hits) -> bool:
    """Return whether more look-alikes hold than chance would let.

    >>> even = Recognizer("x", "even numbers", re.compile("[0-9]+"), lambda t: int(t) % 2 == 0, 0.5)
    >>> beyond_chance(recognize(even, [str(i) for i in range(100)]))
    False
    >>> beyond_chance(recognize(even, [str(i) for i in range(0, 100, 2)]))
    True
    """
    held = len(hits.held)
    if not held or held < MOST * hits.alike:
        return False
    if hits.recognizer.spread and len({text[:3] for text in hits.held}) < min(20, held // 4 + 1):
        return False
    return tail(held, hits.alike, hits.recognizer.chance) < RARE


def tail(held: int, alike: int, chance: float) -> float:
    """Return the probability that so many or more of `alike` hold when each does with probability `chance`.

    >>> round(tail(2, 2, 0.1), 6)
    0.01
    """
    if chance <= 0:
        return 0.0
    total, base = 0.0, lgamma(alike + 1)
    for k in range(held, alike + 1):
        ways = base - lgamma(k + 1) - lgamma(alike - k + 1)
        rest = (alike - k) * log(1 - chance) if chance < 1 else (0.0 if k == alike else float("-inf"))
        term = 2.718281828459045 ** (ways + k * log(chance) + rest)
        total += term
        if term < 1e-18 and k > alike * chance:
            break
    return min(total, 1.0)
