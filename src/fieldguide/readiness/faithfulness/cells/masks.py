"""Values that are not made like their column, where it is made in one way: 102 min, 212/555-0198, +49 30 1234, 07430.

A way is what a value is made of with its digits and letters alike, but for words that most values have. A column is of
one way where nearly all its values are, and has digits in it; ways that leave something out, say it twice, or have
another word in its place, are let be.
"""

from __future__ import annotations

import re
from collections import Counter

import numpy as np

from fieldguide.readiness.faithfulness.cells.columns import Column
from fieldguide.readiness.faithfulness.cells.layouts import Odd

LEAST_ROWS, LEAST_DISTINCT = 100, 20
ONE_WAY = 0.9
"""Share of the rows that are made in one way, for a column to be of that."""
MOST_WORDS = 100
"""Different words in the values, at most: units, months, countries; more are names, which are written in many ways."""
MOST_WAYS = 0.02
"""Other ways, at most, as a share of the rows …"""
FEW_WAYS = 5
"""… or so many."""
EVERYWHERE, SIGNS = 0.98, "@/:_#%$€£+{}[]|\\"
"""A sign on so many of the rows belongs to each value."""
HALF = 0.5
LEAST_DIGITS, SAME_LENGTH, LEAST_FILLED, MOST_SHORT, MOST_LOST = 4, 0.5, 3, 0.4, 3
"""A code filled up with zeros: its digits, the share of rows that have as many, how many rows begin with a zero, how many may lack it."""

_RUNS = re.compile(r"[^\W\d_]+|\d+|\s+|.", re.DOTALL)
_GROUPED, _LARGE = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?"), re.compile(r"[1-9]\d{3,}")
_WORD = re.compile(r"[^\W\d_]+")
_CODE = re.compile(r"\d+")


def odd_masks(column: Column) -> tuple[Odd, ...]:
    """Return the values that are not made in the one way of their column.

    >>> import pyarrow as pa
    >>> from fieldguide.readiness.faithfulness.cells.columns import columns_of
    >>> lasts = [f"{60 + k % 80} min" for k in range(200)] + ["1 hr. 42 min."]
    >>> [(o.code, o.why) for o in odd_masks(columns_of(pa.table({"lasts": lasts}))[0])]
    [(80, "100% of the values are made like '60 min'")]
    """
    usable = np.flatnonzero((column.counts > 0) & ~column.absent).tolist()
    rows = int(column.counts[usable].sum()) if usable else 0
    if rows < LEAST_ROWS or len(usable) < LEAST_DISTINCT or column.share(column.numeric) > ONE_WAY:
        return ()
    found = {odd.code: odd for odd in (*_signs(column, usable, rows), *_ways(column, usable, rows))}
    return tuple(found.values()) or _thousands(column, usable)


def _ways(column: Column, usable: list[int], rows: int) -> tuple[Odd, ...]:
    runs = {code: _RUNS.findall(column.values[code]) for code in usable}
    words: Counter[str] = Counter()
    for code, held in runs.items():
        for word in {run.lower() for run in held if run[0].isalpha()}:
            words[word] += int(column.counts[code])
            if len(words) > MOST_WORDS:
                return ()
    kept = {word for word, n in words.items() if n >= HALF * rows}
    way_of = {code: "".join(_sign(run, kept) for run in held) for code, held in runs.items()}
    ways: Counter[str] = Counter()
    for code, way in way_of.items():
        ways[way] += int(column.counts[code])
    usual, most = ways.most_common(1)[0]
    alike = [code for code in usable if way_of[code] == usual]
    if most < ONE_WAY * rows or "9" not in usual or usual == "9" or len(alike) < LEAST_DISTINCT:
        return ()
    other_words = _WORD.sub("a", usual)
    odd = {w for w in ways if _WORD.sub("a", w) != other_words and not _less_or_twice(w, usual)}
    if not odd or len(odd) > max(FEW_WAYS, MOST_WAYS * rows):
        return ()
    why = f"{most / rows:.0%} of the values are made like {column.values[alike[0]]!r}"
    return tuple(Odd(code, None, why) for code in usable if way_of[code] in odd)


def of_one_way(column: Column) -> bool:
    """Return whether nearly all values of a column are made in one way, of digits and the same words."""
    present = np.flatnonzero((column.counts > 0) & ~column.absent).tolist()
    if len(present) < LEAST_DISTINCT:
        return False
    ways: Counter[str] = Counter()
    for code in present:
        ways["".join("9" if run[0].isdigit() else run for run in _RUNS.findall(column.values[code]))] += int(
            column.counts[code]
        )
    usual, most = ways.most_common(1)[0]
    return "9" in usual and most >= ONE_WAY * sum(ways.values())


def _less_or_twice(way: str, usual: str) -> bool:
    """Return whether a way is a part of the usual one, or the usual one with more behind it, or several times.

    >>> [_less_or_twice(way, "9-9") for way in ("9", "9-9 a", "9, 9-9; 9-9", "a-9")]
    [True, True, True, False]
    """
    bare, whole = way.strip(), usual.strip()
    return bare in whole or bare.startswith(whole) or not re.sub(r"[\s,;/&+]|9", "", bare.replace(whole, ""))


def _signs(column: Column, usable: list[int], rows: int) -> tuple[Odd, ...]:
    """Return the values without a sign that all others have, such as the @ of mail addresses."""
    for sign in SIGNS:
        lacking = [code for code in usable if sign not in column.values[code]]
        gone = int(column.counts[lacking].sum()) if lacking else 0
        if lacking and gone <= (1 - EVERYWHERE) * rows:
            why = f"{1 - gone / rows:.1%} of the values have the sign {sign!r}"
            return tuple(Odd(code, None, why) for code in lacking)
    return ()


def _thousands(column: Column, usable: list[int]) -> tuple[Odd, ...]:
    """Return the numbers without the commas with which the other large ones of their column are written."""
    grouped = [code for code in usable if _GROUPED.fullmatch(column.values[code])]
    bare = [code for code in usable if _LARGE.fullmatch(column.values[code])]
    with_, without = (int(column.counts[codes].sum()) if codes else 0 for codes in (grouped, bare))
    if not bare or with_ < LEAST_ROWS or with_ < ONE_WAY * (with_ + without):
        return ()
    why = f"{with_:,} numbers from a thousand on are written with commas, {without:,} without"
    return tuple(Odd(code, f"{int(column.values[code]):,}", why) for code in bare)


def lost_zeros(column: Column) -> tuple[Odd, ...]:
    """Return codes that lack the zeros in front with which others of the column are filled up to one length.

    >>> import pyarrow as pa
    >>> from fieldguide.readiness.faithfulness.cells.columns import columns_of
    >>> zips = [f"{k:05d}" for k in range(1_001, 99_000, 701)] + ["7430"]
    >>> [(o.code, o.instead) for o in lost_zeros(columns_of(pa.table({"zip": zips}))[0])]
    [(140, '07430')]
    """
    usable = [
        c
        for c in np.flatnonzero((column.counts > 0) & ~column.absent).tolist()
        if _CODE.fullmatch(column.values[c])
    ]
    rows = int(column.counts[usable].sum()) if usable else 0
    if rows < LEAST_ROWS or rows < ONE_WAY * column.given or len(usable) < LEAST_DISTINCT:
        return ()
    lengths = np.bincount(column.length[usable], weights=column.counts[usable])
    long = int(lengths.argmax())
    filled = sum(
        int(column.counts[c])
        for c in usable
        if column.values[c][0] == "0" and len(column.values[c]) == long and column.values[c].strip("0")
    )
    short = [c for c in usable if len(column.values[c]) < long]
    few = int(column.counts[short].sum()) if short else 0
    other = lengths[long + 1 :].sum() > (1 - ONE_WAY) * rows
    if (
        long < LEAST_DIGITS
        or other
        or filled < LEAST_FILLED
        or lengths[long] < SAME_LENGTH * rows
        or not 0 < few <= min(MOST_LOST * filled, MOST_SHORT * rows)
    ):
        return ()
    if any(column.values[c][0] == "0" for c in short):
        return ()
    why = f"{filled:,} rows have a code of {long} digits that begins with a zero: here it is lost"
    return tuple(Odd(c, column.values[c].zfill(long), why) for c in short)


def _sign(run: str, kept: set[str]) -> str:
    if run[0].isdigit():
        return "9"
    if run[0].isalpha():
        return run.lower() if run.lower() in kept else "a"
    return " " if run.isspace() else run
