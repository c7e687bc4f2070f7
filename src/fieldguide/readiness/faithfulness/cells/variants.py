"""Rare values that are nearly a frequent one of their column: another spelling, or a typing error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import numpy as np

from fieldguide.readiness.faithfulness.cells.columns import Column, Ints, fold
from fieldguide.readiness.faithfulness.cells.edits import digits, distance, opposite, other_code

CONTRAST = 3
"""A value is rare beside another when that has at least so many times its rows."""
PREFIX = 8
"""Characters at the beginning of a value by which its neighbors are looked up."""
MOST_IN_A_BIN = 60
MOST_LOOKED_UP = 10_000
"""Rare values of a column that are looked up at most: of more each second, each third …"""
FREQUENT = 50_000
"""Frequent values of a column that are looked among, the commonest first."""
MOST_COMPARED = 500
"""Frequent values that are looked up, to see how often names of their own are near each other."""
LEAST_WORDS = 1.5
"""Words in a value on average, for words to be compared."""
LONG = 24
"""From this length on, values may differ in a tenth of their characters."""


@dataclass(frozen=True)
class Variant:
    """A rare value (its code), the frequent one that it is near, how far (0: but for case, space, punctuation)."""

    code: int
    near: int
    far: int


@dataclass(frozen=True)
class Spellings:
    """The variants of a column, and how much nearness means there.

    `near` is the share of the frequent values that are near another frequent one: where many are (names, codes),
    being near one says little. `rare` values were looked at.
    """

    variants: tuple[Variant, ...]
    near: float
    rare: int


def spellings(column: Column, most: int = MOST_LOOKED_UP) -> Spellings:
    """Return the rare values of a column that are near a frequent one.

    At most `most` values are looked up. Distance 1 up to 7 characters, 2 up to 24, a tenth of them beyond; values that differ in digits are codes.
    """
    counts = column.counts
    usable = (counts > 0) & ~column.absent & ~column.numeric & (column.length >= 2)
    at = np.flatnonzero(usable)
    if not len(at):
        return Spellings(tuple(v for _, v in _same_number(column)), 0.0, int(column.numeric.sum()))
    order = at[np.argsort(-counts[at], kind="stable")]
    frequent = [int(i) for i in order if counts[i] >= CONTRAST][:FREQUENT]
    rare = [int(i) for i in order if counts[i] * CONTRAST <= counts[order[0]]]
    folded = _folded(column, order)
    found = dict(_same_number(column)) | dict(_same_but_for_form(column, folded, rare))
    index = _Index(column, frequent)
    left = [code for code in rare if code not in found]
    for code in left[:: max(1, -(-len(left) // most))]:
        best = index.nearest(code, int(counts[code]) * CONTRAST)
        if best is not None:
            found[code] = best
    some = frequent[: min(MOST_COMPARED, most)]
    near = sum(index.nearest(code, 1) is not None for code in some)
    looked = len(some)
    return Spellings(tuple(found.values()), near / looked if looked else 0.0, len(rare))


@dataclass(frozen=True, eq=False)
class Tokens:
    """The words of a column's values as a column of their own, and which words (codes) each value holds."""

    column: Column
    of: Mapping[int, tuple[int, ...]]


def tokens(column: Column, most: int) -> Tokens | None:
    """Return the words of a column's commonest values, counted by rows; None where values are mostly single words."""
    order = [int(i) for i in np.argsort(-column.counts, kind="stable")[:most] if column.counts[i]]
    index: dict[str, int] = {}
    rows: list[int] = []
    of: dict[int, tuple[int, ...]] = {}
    for code in order:
        if column.absent[code]:
            continue
        held = tuple(index.setdefault(w, len(index)) for w in dict.fromkeys(column.values[code].split()))
        rows += [0] * (len(index) - len(rows))
        for w in held:
            rows[w] += int(column.counts[code])
        of[code] = held
    if not of or sum(len(held) for held in of.values()) < LEAST_WORDS * len(of):
        return None
    counted = Column(column.name, tuple(index), np.zeros(0, dtype=np.int64), np.array(rows, dtype=np.int64))
    return Tokens(counted, of)


def _folded(column: Column, order: Ints) -> Mapping[str, Sequence[int]]:
    groups: dict[str, list[int]] = {}
    for code in order.tolist():
        groups.setdefault(plain(column.values[code]), []).append(code)
    return groups


def plain(text: str) -> str:
    """Return a text without case, accents and spaces, and without punctuation where that is no part of a number.

    >>> plain("Type 1.5"), plain(" EL PASO-*"), plain("-3")
    ('type1.5', 'elpaso', '-3')
    """
    if any(c.isdigit() for c in text):
        return "".join(text.split()).casefold().rstrip(".,;:*_'\"!-/").lstrip("*_'\"")
    return fold(text)


def _same_but_for_form(
    column: Column, folded: Mapping[str, Sequence[int]], rare: Iterable[int]
) -> Iterator[tuple[int, Variant]]:
    counts = column.counts
    for code in rare:
        key = plain(column.values[code])
        first = folded[key][0] if key else code
        if first != code and counts[first] >= CONTRAST * counts[code]:
            yield code, Variant(code, first, 0)


def _same_number(column: Column) -> Iterator[tuple[int, Variant]]:
    """Yield numbers that are another writing of a more frequent one, to the last digit: 7.0 beside 7, 1e3 beside 1000."""
    counts = column.counts
    first: dict[Decimal, int] = {}
    for code in np.argsort(-counts, kind="stable").tolist():
        if not counts[code]:
            return
        if column.numeric[code]:
            usual = first.setdefault(_number(column.values[code]), code)
            if usual != code and counts[usual] >= CONTRAST * counts[code]:
                yield code, Variant(code, usual, 0)


def _number(text: str) -> Decimal:
    """Return a number as exactly as it is written: codes of many digits that differ in the last are not the same.

    Minus zero is what engines write, no one types it: it is no writing of zero.

    >>> _number(" 7.0") == _number("7"), _number("4000000001") == _number("4000000002")
    (True, False)
    """
    try:
        number = Decimal(text.strip())
    except InvalidOperation:  # an exponent beyond all reason
        return Decimal("NaN")
    return Decimal("NaN") if number.is_zero() and number.is_signed() else number


class _Index:
    """Frequent values by what is left of their beginning when up to two characters are deleted.

    Most columns with many values hold codes, which differ in digits alone: then two values are never near, and a bin
    that holds but codes of one form is passed over whole.
    """

    def __init__(self, column: Column, codes: Sequence[int]) -> None:
        self.column = column
        self.bins: dict[str, list[int]] = {}
        self.forms: dict[str, str | None] = {}
        self.form, self.digits = list(map(_form, column.values)), list(map(digits, column.values))
        self.only = _only({self.form[code] for code in codes})
        for code in codes:
            for key in self._keys(column.values[code]):
                found = self.bins.setdefault(key, [])
                if len(found) < MOST_IN_A_BIN:
                    found.append(code)
        for key, found in self.bins.items():
            self.forms[key] = _only({self.form[code] for code in found})

    def nearest(self, code: int, least: int) -> Variant | None:
        """Return the nearest other frequent value with `least` rows or more, the most frequent of equally near ones."""
        text, counts, form = self.column.values[code], self.column.counts, self.form[code]
        if form == self.only:
            return None
        best: tuple[int, int, int] | None = None
        seen: set[int] = {code}
        for key in self._keys(text):
            if key not in self.bins or form == self.forms[key]:
                continue
            for other in self.bins[key]:
                if other in seen:
                    continue
                seen.add(other)
                if counts[other] < least or form == self.form[other]:
                    continue
                value = self.column.values[other]
                limit = reach(min(len(text), len(value)))
                if abs(len(text) - len(value)) > limit:
                    continue
                if self.digits[code] != self.digits[other] and other_code(text, value):
                    continue
                far = distance(text, value)
                if far <= limit and not opposite(text, value):
                    here = (far, -int(counts[other]), other)
                    best = here if best is None or here < best else best
        return None if best is None else Variant(code, best[2], best[0])

    def _keys(self, text: str) -> set[str]:
        most = 2 if len(text) >= PREFIX else 1
        head = text[:PREFIX]
        keys = {head}
        front: set[str] = {head}
        for _ in range(most):
            front = {t[:i] + t[i + 1 :] for t in front for i in range(len(t))}
            keys |= front
        if len(text) >= LONG:  # the beginning itself may be wrong: look from the middle, too
            keys |= {"\0" + text[k : k + PREFIX] for k in range(8, len(text) - PREFIX, PREFIX)}
        return keys


def _form(text: str) -> str:
    """Return a text with its digits alike; two texts of one form that holds digits differ in these alone.

    >>> _form("page-042") == _form("page-999"), _form("ab") == _form("cd")
    (True, False)
    """
    return "".join(["0" if c.isdigit() else c for c in text])


def _only(forms: Set[str]) -> str | None:
    """Return the form that all have, if it is one."""
    return next(iter(forms)) if len(forms) == 1 else None


def reach(length: int) -> int:
    """Return how far apart two texts of that length may be, to be called near."""
    return 1 if length < PREFIX else 2 if length < LONG else max(2, length // 10)
