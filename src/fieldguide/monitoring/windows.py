"""How the journal is cut into windows."""

from __future__ import annotations

WINDOW = 1_000
"""Rows in a window."""
LEAST = 200
"""Rows from which on a window can be judged at all."""


def cut(rows: int, *, once: bool) -> list[slice]:
    """Return the windows of `rows` rows that were not judged yet, in their order.

    Whole windows of 1,000; with `once`, what is left over is a window too, from 200 rows on.

    >>> cut(2_300, once=True)
    [slice(0, 1000, None), slice(1000, 2000, None), slice(2000, 2300, None)]
    >>> cut(2_100, once=True), cut(999, once=False)
    ([slice(0, 1000, None), slice(1000, 2000, None)], [])
    """
    whole = [slice(start, start + WINDOW) for start in range(0, rows - WINDOW + 1, WINDOW)]
    begun = len(whole) * WINDOW
    if once and rows - begun >= LEAST:
        whole.append(slice(begun, rows))
    return whole
