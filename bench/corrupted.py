"""Errors put into copies of clean tables, and where: what `cell_weights.py` learns from. Nothing runs here."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Sequence

import numpy as np

Values = list[str | None]
Truth = dict[tuple[int, int], str]
KINDS = ("typo", "swap", "cross", "form", "null", "word", "digit", "mass")
RATES = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35)
HOW_OFTEN = np.array([1, 1, 2, 2, 3, 2, 1, 0.6])
MISSING = ("N/A", "-", "unknown", "?", "NULL", "missing", "none")
KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
MASS = (0.1, 0.2, 0.3, 0.4)
"""Shares of the rows in which a form is another one, where it is so in masses."""
LOOK_ALIKE = {"0": "O", "1": "l", "5": "S"}


def corrupt(data: Sequence[Values], seed: int, share: float) -> tuple[list[Values], Truth]:
    """Return copies of columns with errors in about that share of them, and the kind of each, by row and column.

    With a share of 0 only the table's own way of writing a missing value is varied, which is no error.
    """
    r = np.random.default_rng(seed)
    data = _own_words(data, r)
    spoiled, truth = [list(column) for column in data], Truth()
    if not share:
        return spoiled, truth
    for j, column in enumerate(data):
        if r.random() > share:
            continue
        for kind in r.choice(KINDS, size=int(r.integers(1, 3)), replace=False).tolist():
            if kind == "word" and not _numbers(column) and r.random() < 0.8:
                continue
            _spoil(data, spoiled, truth, j, kind, r)
    return spoiled, truth


def _spoil(
    data: Sequence[Values], spoiled: list[Values], truth: Truth, j: int, kind: str, r: np.random.Generator
) -> None:
    n = len(data[0])
    rate = float(r.choice(MASS)) if kind == "mass" else float(r.choice(RATES, p=HOW_OFTEN / HOW_OFTEN.sum()))
    rate = min(rate, 0.1) if kind == "cross" else rate
    make = _maker(data[j], kind, r)
    other = int(r.integers(len(data)))
    for i in np.flatnonzero(r.random(n) < rate).tolist():
        value = spoiled[j][i]
        if (i, j) in truth or not value:
            continue
        if kind == "cross":
            there = data[other][i]
            if other == j or (i, other) in truth or not there or there == value:
                continue
            spoiled[other][i], truth[i, other] = value, kind
            wrong: str | None = there
        else:
            wrong = make(value)
        if wrong not in (value, ""):
            spoiled[j][i], truth[i, j] = wrong, kind


def _maker(column: Values, kind: str, r: np.random.Generator) -> Callable[[str], str | None]:
    style = ("key", "any", string.ascii_lowercase[int(r.integers(26))])[int(r.integers(3))]
    how, word = int(r.integers(10_000)), MISSING[int(r.integers(len(MISSING)))]
    if kind == "typo":
        return lambda v: _typo(v, style, r)
    if kind == "swap":
        return lambda v: column[int(r.integers(len(column)))]
    if kind in ("form", "mass"):
        return lambda v: _form(v, how)
    if kind == "digit":
        return lambda v: _digit(v, r)
    return lambda v: word if kind == "word" else None


def _own_words(data: Sequence[Values], r: np.random.Generator) -> Sequence[Values]:
    """Return a table with its own way of writing missing values: as it is, one word throughout, or in some columns."""
    throughout, word = r.random(), MISSING[int(r.integers(len(MISSING)))]
    if throughout < 0.5:
        return data
    return [
        [v or word for v in column]
        if throughout < 0.8 or (r.random() < 0.5 and not _numbers(column))
        else column
        for column in data
    ]


def _numbers(column: Values) -> bool:
    some = [v for v in column[:400] if v]
    return bool(some) and sum(bool(re.fullmatch(r"[+-]?[\d.]+([eE][+-]?\d+)?", v)) for v in some) > 0.8 * len(
        some
    )


def _typo(v: str, style: str, r: np.random.Generator) -> str:
    i = int(r.integers(len(v)))
    if style not in ("key", "any"):  # one letter in the place of others
        signs = list(v)
        for j in r.choice(len(v), min(max(1, int(r.binomial(len(v), 0.08))), len(v)), replace=False):
            signs[j] = style
        return "".join(signs)
    kind = int(r.integers(5))
    if kind == 0:
        return v[:i] + string.ascii_lowercase[int(r.integers(26))] + v[i:]
    if kind == 1 and len(v) > 1:
        return v[:i] + v[i + 1 :]
    if kind == 2 and len(v) > 1:
        i = min(i, len(v) - 2)
        return v[:i] + v[i + 1] + v[i] + v[i + 2 :]
    if kind == 3 and r.random() < 0.5:
        return v[:i] + v[i] + v[i:]
    sign = _near_key(v[i], r) if style == "key" else string.ascii_letters[int(r.integers(52))]
    return v[:i] + sign + v[i + 1 :]


def _near_key(sign: str, r: np.random.Generator) -> str:
    for row in KEYS:
        i = row.find(sign.lower())
        if i >= 0:
            near = [row[j] for j in (i - 1, i + 1) if 0 <= j < len(row)]
            found = near[int(r.integers(len(near)))]
            return found.upper() if sign.isupper() else found
    if sign.isdigit():
        return str((int(sign) + int(r.integers(1, 10))) % 10)
    return string.ascii_lowercase[int(r.integers(26))]


def _digit(v: str, r: np.random.Generator) -> str:
    at = [i for i, sign in enumerate(v) if sign.isdigit()]
    if not at:
        return v
    i = at[int(r.integers(len(at)))]
    return v[:i] + LOOK_ALIKE.get(v[i], "x") + v[i + 1 :]


def _form(v: str, how: int) -> str:
    day = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)(.*)", v)
    if day:
        y, m, d, rest = day.groups()
        return (f"{m}/{d}/{y}{rest}", f"{d}.{m}.{y}{rest}", f"{y}/{m}/{d}{rest}", f"{m}/{d}/{y[2:]}{rest}")[
            how % 4
        ]
    if re.fullmatch(r"-?\d+(\.\d+)?", v):
        whole = "." not in v
        ways = (
            f"{v} units", f"{v}%", f"${v}", f"{v}.0" if whole else f"{v}0",
            f"{int(v):,}" if whole and len(v) > 3 else f"{v} kg", f"0{v}", f"{v} pcs" if whole else v.replace(".", ","), f"{v}kg",
        )  # fmt: skip
        return ways[how % 8]
    ways = (
        v.upper(), v.lower(), v.title(), f" {v}", f"{v} ", f"{v}.", v.replace(" ", "  "), v.replace(" ", "_"), f"{v}-*",
        f"{v} (new)", f"'{v}'", v.replace(" ", "-"), v.swapcase(),
    )  # fmt: skip
    return ways[how % 13]
