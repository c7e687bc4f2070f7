"""Windows: which stretch of the journal is judged next."""

from __future__ import annotations

from dataclasses import dataclass

from fieldguide.errors import UsageError

SIZE = 1_000
"""Rows of a window."""
LEAST = 200
"""With `--once`, what there is from this many rows on is judged."""
CONTEXT = 2_000
"""Rows before a window that help to place where a change began."""


@dataclass(frozen=True)
class Span:
    """Entries `first` to `last` (both included) of a program's journal."""

    first: int
    last: int

    @property
    def rows(self) -> int:
        """How many entries it holds."""
        return self.last - self.first + 1

    @property
    def before(self) -> Span | None:
        """The entries just before, at most 2,000; None at the very beginning."""
        return Span(max(1, self.first - CONTEXT), self.first - 1) if self.first > 1 else None


def spans(judged: int, last: int, *, size: int = SIZE, least: int = LEAST, once: bool = False) -> list[Span]:
    """Return the windows to judge now, when entries up to `judged` were judged and `last` is the newest.

    Whole windows of `size` rows come first. What is left is not judged until it is whole, except with
    `once`: then from `least` rows on. A rest of fewer rows joins the window before it, so that every row is
    judged, unless nothing else is there to judge.

    Raises UsageError when `size` is below `least`.

    >>> [(s.first, s.last) for s in spans(0, 2300, once=True)]
    [(1, 1000), (1001, 2000), (2001, 2300)]
    >>> [(s.first, s.last) for s in spans(0, 2100, once=True)]
    [(1, 1000), (1001, 2100)]
    >>> spans(0, 900)
    []
    """
    if size < least:
        raise UsageError(f"A window of {size} rows is smaller than the least of {least}; take a larger size.")
    found = [Span(first, first + size - 1) for first in range(judged + 1, last - size + 2, size)]
    end = found[-1].last if found else judged
    rest = last - end
    if once and rest >= least:
        found.append(Span(end + 1, last))
    elif once and rest and found:
        found[-1] = Span(found[-1].first, last)
    return found
