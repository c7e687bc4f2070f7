"""Rows that come twice, and rows that are nearly the same: the same thing written down again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from fieldguide.readiness.faithfulness.cells.columns import Column, Flags, Ints, fold
from fieldguide.readiness.faithfulness.cells.edits import other_code
from fieldguide.readiness.faithfulness.cells.minhash import (
    Hashes,
    candidates,
    jaccard,
    shingles,
    signatures,
)

NAMING = 0.5
"""A text column in which at least this share of the rows differ names or describes the row."""
LEAST_CHARACTERS = 8
"""Characters of what names a row, in the middle: shorter ones are alike by chance."""
ALIKE = 0.8
"""Shingles that what names two rows must have in common, as a share."""
OTHERS_EQUAL = 2 / 3
"""Share of the other columns in which two rows that are nearly the same are equal."""
MOST_CHARACTERS = 400
TELLING, MOSTLY, MANY_COLUMNS = 0.9, 0.5, 3
"""A column that differs on this share of the different rows, which are at least this share of all, and how many columns
are equal: then rows that are equal in all columns are worth a look."""


@dataclass(frozen=True)
class Pair:
    """Two rows (their numbers in the table looked at) and how much of what names them they have in common."""

    first: int
    second: int
    alike: float


@dataclass(frozen=True, eq=False)
class Repeated:
    """Rows equal to an earlier one in every column looked at: the row, and the first that is like it.

    `telling` says that one of several columns differs on most of the other rows, so that equal rows are worth a look.
    """

    rows: Ints
    first: Ints
    telling: bool


def repeated(columns: Sequence[Column], without: Collection[str]) -> Repeated:
    """Return the rows that repeat an earlier one in all columns but those `without` (the key, a running number)."""
    looked = [c for c in columns if c.name not in without and not numbers_rows(c)]
    rows = len(columns[0].codes) if columns else 0
    if not looked:
        none = np.zeros(0, dtype=np.int64)
        return Repeated(none, none, False)
    same = np.zeros(rows, dtype=np.int64)
    for column in looked:
        _, same = np.unique(same * (len(column.values) + 1) + column.codes + 1, return_inverse=True)
    first = np.full(int(same.max(initial=-1)) + 1, rows, dtype=np.int64)
    np.minimum.at(first, same, np.arange(rows))
    again = np.flatnonzero(first[same] < np.arange(rows))
    kept = len(first)
    most = max(int((c.counts > 0).sum()) for c in looked)
    telling = most >= TELLING * kept and kept >= MOSTLY * rows and len(looked) >= MANY_COLUMNS
    return Repeated(again, first[same][again], telling)


def similar(columns: Sequence[Column], without: Collection[str], seed: int = 0) -> list[Pair]:
    """Return pairs of rows that are nearly the same: named alike, and equal in most other columns; the likest first.

    What names a row are its texts that differ on most rows. Texts that differ in their digits name two things.
    """
    looked = [c for c in columns if c.name not in without and not numbers_rows(c)]
    naming = [c for c in looked if _names_row(c)]
    others = [c for c in looked if c not in naming and (c.counts > 0).sum() > 1]
    if not naming:
        return []
    found: list[Pair] = []
    parts = [[_pieces(text, str(i)) for text in c.values] for i, c in enumerate(naming)]
    signed = [np.vstack([signatures(p, seed), _empty()]) for p in parts]
    rows = signed[0][naming[0].codes]
    for c, signature in zip(naming[1:], signed[1:], strict=True):
        rows = np.minimum(rows, signature[c.codes])
    held = np.flatnonzero(np.any([c.codes >= 0 for c in naming], axis=0))
    met = candidates(rows[held], keep=lambda i, j: _mostly_equal(held[i], held[j], others, naming))
    for i, j in held[met].tolist():
        if any(_two_things(c, i, j) for c in naming):
            continue
        a, b = (
            frozenset().union(*(p[c.codes[k]] for p, c in zip(parts, naming, strict=True) if c.codes[k] >= 0))
            for k in (i, j)
        )
        alike = jaccard(a, b)
        if alike >= ALIKE:
            found.append(Pair(i, j, alike))
    return sorted(found, key=lambda pair: (-pair.alike, pair.first, pair.second))


def _mostly_equal(i: Ints, j: Ints, others: Sequence[Column], naming: Sequence[Column]) -> Flags:
    """Return which pairs of rows are equal in most of the other columns, but no copies of each other."""
    equal, named = np.zeros(len(i), dtype=np.int64), np.ones(len(i), dtype=np.bool_)
    for c in others:
        equal += c.codes[i] == c.codes[j]
    for c in naming:
        named &= c.codes[i] == c.codes[j]
    enough = equal >= OTHERS_EQUAL * len(others) - 1e-9
    return np.asarray(enough & ~(named & (equal == len(others))))


def numbers_rows(column: Column) -> bool:
    """Return whether a column holds a different whole number, or code without spaces, on each row."""
    rows = len(column.codes)
    if column.given < rows or (column.counts > 1).any():
        return False
    return bool(column.share(column.numeric & ~column.fractional) == 1.0) or all(
        " " not in v and any(c.isdigit() for c in v) for v in column.values
    )


def names_rows(columns: Sequence[Column], without: Collection[str]) -> bool:
    """Return whether a column of texts names the rows, so that rows named alike can be found."""
    return any(_names_row(c) for c in columns if c.name not in without and not numbers_rows(c))


def _names_row(column: Column) -> bool:
    if column.share(column.numeric) > 0.1 or not column.given:
        return False
    distinct = int((column.counts > 0).sum())
    lengths = np.repeat(column.length, column.counts) if column.given < 1_000_000 else column.length
    return distinct >= NAMING * column.given and float(np.median(lengths)) >= LEAST_CHARACTERS


def _pieces(text: str, column: str) -> frozenset[str]:
    return frozenset(column + piece for piece in shingles(fold(text[:MOST_CHARACTERS])))


def _two_things(column: Column, i: int, j: int) -> bool:
    a, b = column.codes[i], column.codes[j]
    return bool(a >= 0 and b >= 0 and a != b and other_code(column.values[a], column.values[b]))


def _empty() -> Hashes:
    return np.full((1, 64), np.iinfo(np.uint32).max, dtype=np.uint32)
