"""The shapes of a column's values: which few there are, and which cells deviate."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from fieldguide.readiness.faithfulness.cells.columns import Column, Flags, Floats, Ints

ALIKE = 0.1
"""Share of the rows that have values of one making, for those with more or fewer digits to be of it."""
FIXED, LEAST_FIXED = 0.97, 4
"""Share of the different values that have as many digits, and how many these are at least, for a code to be of one length."""
_DIGITS = re.compile(r"\d+")
_FILLED = re.compile(r"(?<![\d.])0\d")
_RUNS = re.compile(r"[^\W\d_]+|\d+|\s+|.", re.DOTALL)


@dataclass(frozen=True, eq=False)
class Shapes:
    """The shapes of a column: of each value its loose and its exact shape (codes), and the share of rows with it.

    Loose: runs of letters, digits and spaces as one sign each, punctuation as it is. Exact: with the number of digits, and letters
    in upper or lower case.
    """

    loose: Ints
    exact: Ints
    loose_names: tuple[str, ...]
    exact_names: tuple[str, ...]
    loose_share: Floats
    exact_share: Floats


def loose(text: str) -> str:
    """Return the loose shape of a text.

    >>> loose("12/02/2011 6:55 a.m."), loose("Oak Street 7b")
    ('9/9/9 9:9 a.a.', 'a a 9a')
    """
    return "".join(_sign(run) for run in _RUNS.findall(text))


def exact(text: str) -> str:
    """Return the exact shape of a text.

    >>> exact("AB-1234"), exact("Ab 12")
    ('AA-9999', 'Aa 99')
    """
    return "".join("9" if c.isdigit() else "A" if c.isupper() else "a" if c.isalpha() else c for c in text)


def shapes(column: Column) -> Shapes:
    """Return the shapes of a column's values; words for a missing value count for none."""
    weight = np.where(column.absent, 0, column.counts).astype(float)
    total = max(float(weight.sum()), 1.0)
    loose_codes, loose_names = _coded([loose(v) for v in column.values])
    exact_codes, exact_names = _coded([exact(v[:80]) for v in column.values])
    loose_share = np.bincount(loose_codes, weights=weight, minlength=len(loose_names)) / total
    exact_share = np.bincount(exact_codes, weights=weight, minlength=len(exact_names)) / total
    return Shapes(loose_codes, exact_codes, loose_names, exact_names, loose_share, exact_share)


def numbered(column: Column) -> Flags:
    """Return which values differ from many of their column in their numbers alone, and in how many digits these have.

    u1 and u419, 9 and 20 are of one form: numbers grow longer as they grow. Not where they are filled up with zeros, or
    where nearly all are of one length of several digits (zip codes, telephone numbers): there, one is missing.

    >>> import pyarrow as pa
    >>> from fieldguide.readiness.faithfulness.cells.columns import columns_of
    >>> kept = lambda texts: numbered(columns_of(pa.table({"a": texts}))[0]).tolist()
    >>> kept(["u1", "u419", "v2"] + ["u1"] * 20), kept(["007", "12", "419"])
    ([True, True, False], [False, False, False])
    """
    without = [_DIGITS.sub("9", value) if _DIGITS.search(value) else "" for value in column.values]
    codes, names = _coded(without)
    weight = np.where(column.absent, 0, column.counts)
    rows = np.bincount(codes, weights=weight, minlength=len(names))
    filled = np.zeros(len(names), dtype=bool)
    filled[codes[[_FILLED.search(value) is not None for value in column.values]]] = True
    for code in np.flatnonzero(rows >= ALIKE * max(1, int(weight.sum()))).tolist():
        digits = np.bincount(
            [sum(map(str.isdigit, column.values[i])) for i in np.flatnonzero(codes == code).tolist()]
        )
        filled[code] |= digits.argmax() >= LEAST_FIXED and digits.max() >= FIXED * digits.sum()
    alike = (rows >= ALIKE * max(1, int(weight.sum()))) & ~filled & [bool(name) for name in names]
    return np.asarray(alike[codes], dtype=bool)


def _sign(run: str) -> str:
    first = run[0]
    if first.isdigit():
        return "9"
    if first.isalpha():
        return "a"
    return " " if first.isspace() and len(run) == 1 else "  " if first.isspace() else run


def _coded(names: list[str]) -> tuple[Ints, tuple[str, ...]]:
    index: dict[str, int] = {}
    codes = [index.setdefault(name, len(index)) for name in names]
    return np.array(codes, dtype=np.int64), tuple(index)
