"""Rules that need no weights: values and cells of which the form, the size or the place alone tells that they are wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set

import numpy as np

from fieldguide.readiness.faithfulness.cells.again import misspelled_again
from fieldguide.readiness.faithfulness.cells.columns import Column
from fieldguide.readiness.faithfulness.cells.layouts import Layouts, Odd, odd_layouts
from fieldguide.readiness.faithfulness.cells.masks import lost_zeros, odd_masks, of_one_way
from fieldguide.readiness.faithfulness.cells.numbers import odd_numbers

NEARLY_ALL = 0.95
CERTAIN = 0.9
"""Chance that a cell is called wrong with: a rule is sharp, but which way is right is a guess."""
OF_VALUES: Mapping[str, Callable[[Column], tuple[Odd, ...]]] = {
    "mask": odd_masks,
    "zeros": lost_zeros,
    "again": misspelled_again,
    "number": odd_numbers,
}
"""Rules of single values, by the witness that is named; those for texts that somebody wrote come first."""


MOST_WORDS, IN_COLUMNS = 0.1, 3
"""Share of a column's rows that may be words for nothing, and in how many columns a word is how the table writes nothing."""
READ_AS_NOTHING = frozenset(("na", "nan", "null", "(null)", "\\n", ".", ".."))
"""Words that programs write for nothing, and read so."""


def ruled(column: Column, usual_words: Set[str]) -> tuple[Layouts, dict[int, tuple[str, Odd]]]:
    """Return how a column's days and amounts are written, and the values (codes) that a rule accuses, with its witness.

    `usual_words` are those with which the table says that a value is missing.
    """
    told = odd_layouts(column)
    found = {odd.code: ("layout", odd) for odd in told.odd}
    if column.written:
        found |= {odd.code: ("word", odd) for odd in odd_words(column, usual_words)}
    for witness, rule in OF_VALUES.items():
        if column.written or witness == "number":
            for odd in rule(column):
                found.setdefault(odd.code, (witness, odd))
    return told, found


def usual_words(columns: Sequence[Column]) -> Set[str]:
    """Return the words with which a table says that a value is missing: they stand in several columns."""
    words: Counter[str] = Counter()
    for column in columns:
        words.update(
            {column.values[i].strip().lower() for i in np.flatnonzero(column.absent & (column.counts > 0))}
        )
    return {word for word, n in words.items() if n >= IN_COLUMNS}


def odd_words(column: Column, usual: Set[str]) -> tuple[Odd, ...]:
    """Return the words for a missing value among numbers, or among values of one way with digits.

    >>> import pyarrow as pa
    >>> from fieldguide.readiness.faithfulness.cells.columns import columns_of
    >>> hours = columns_of(pa.table({"hours": [str(k % 50) for k in range(200)] + ["?"] * 4}))[0]
    >>> [hours.values[o.code] for o in odd_words(hours, frozenset())], odd_words(hours, {"?"})
    (['?'], ())
    """
    words = np.flatnonzero(column.absent & (column.counts > 0)).tolist()
    rows = int(column.counts[words].sum()) if words else 0
    if (
        not words
        or rows > MOST_WORDS * column.given
        or not (column.share(column.numeric) >= NEARLY_ALL or of_one_way(column))
    ):
        return ()
    empty = bool((column.codes < 0).any())
    texts = {code: column.values[code].strip().lower() for code in words}
    odd = [
        code for code, text in texts.items() if text not in usual and (empty or text not in READ_AS_NOTHING)
    ]
    why = "a word among numbers" + (", where other cells are left empty" if empty else "")
    return tuple(Odd(code, None, why) for code in odd)
