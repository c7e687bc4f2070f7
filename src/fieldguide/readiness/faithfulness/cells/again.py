"""The same typing error on several rows, in a column of few names: no other name, but a frequent one misspelled."""

from __future__ import annotations

import numpy as np

from fieldguide.readiness.faithfulness.cells.columns import Column
from fieldguide.readiness.faithfulness.cells.edits import core
from fieldguide.readiness.faithfulness.cells.layouts import Odd

COMMON, NEARLY_ALL, MOST_NAMES = 0.01, 0.95, 60
"""Values on so many of the rows, and their share of all rows, make a column of few names."""
LEAST_ROWS, LEAST_LETTERS = 500, 4
OFTENER, SELDOM = 50, 0.02
"""How many times as frequent the right name is, and on how many of the rows the wrong one is at most."""


def misspelled_again(column: Column) -> tuple[Odd, ...]:
    """Return the values of a column of few names that are a frequent one with a letter within doubled, lost or exchanged with the next.

    >>> import pyarrow as pa
    >>> from fieldguide.readiness.faithfulness.cells.columns import columns_of
    >>> city = ["Köln"] * 700 + ["Bonn"] * 300 + ["Kölln"] * 5
    >>> [(o.code, o.instead) for o in misspelled_again(columns_of(pa.table({"city": city}))[0])]
    [(2, 'Köln')]
    """
    usable = np.flatnonzero((column.counts > 0) & ~column.absent & ~column.numeric)
    rows = int(column.counts[usable].sum())
    common = [c for c in usable.tolist() if column.counts[c] >= COMMON * rows]
    if (
        rows < LEAST_ROWS
        or not 0 < len(common) <= MOST_NAMES
        or column.counts[common].sum() < NEARLY_ALL * rows
    ):
        return ()
    found = []
    for code in usable.tolist():
        if column.counts[code] > SELDOM * rows:
            continue
        near = [
            c
            for c in common
            if column.counts[c] >= OFTENER * column.counts[code]
            and _slip(column.values[c], column.values[code])
        ]
        if near:
            best = max(near, key=lambda c: int(column.counts[c]))
            name = column.values[best]
            why = f"{name!r} ({column.counts[best]:,} rows) with a letter doubled, lost or exchanged"
            found.append(Odd(code, name, why))
    return tuple(found)


def _slip(name: str, written: str) -> bool:
    """Return whether a text is a name with a letter within doubled, lost, or exchanged with the next.

    >>> _slip("Köln", "Kölln"), _slip("premium", "premum"), _slip("delivered", "deilvered"), _slip("week", "weeks")
    (True, True, True, False)
    """
    if len(name) < LEAST_LETTERS or name[:1] != written[:1] or name[-1:] != written[-1:]:
        return False
    gone, added = core(name, written)
    if len(gone) == 2 and added == gone[::-1]:
        return gone.isalpha()
    if len(added) == 1 and not gone:
        at = next(i for i, (x, y) in enumerate(zip(name + "\0", written, strict=False)) if x != y)
        return added.isalpha() and written[at - 1] == added
    return len(gone) == 1 and not added and gone.isalpha() and len(name) > LEAST_LETTERS
