"""Windows: which stretches of the journal are judged next."""

from __future__ import annotations

from dataclasses import dataclass

from fieldguide.errors import UsageError

SIZE = 1_000
"""Rows of a window."""
LEAST = 200
"""With `once`, what there is from this many rows on is judged."""
CONTEXT = 1_000
"""Rows before a window that help to place where a change began."""


@dataclass(frozen=True)
class Span:
    """Rows `start` to `stop` (excluded) of those that wait to be judged."""

    start: int
    stop: int

    @property
    def rows(self) -> int:
        """How many rows it holds."""
        return self.stop - self.start


def cut(waiting: int, *, once: bool, size: int = SIZE, least: int = LEAST) -> list[Span]:
    """Return the windows to judge now, when `waiting` rows have not been judged yet.

    Whole windows of `size` rows come first. What is left waits until it is whole; with `once` it is judged
    from `least` rows on, and a smaller rest joins the window before it, if there is one.

    Raises UsageError when `size` is below `least`.

    >>> cut(2_300, once=True)
    [Span(start=0, stop=1000), Span(start=1000, stop=2000), Span(start=2000, stop=2300)]
    >>> cut(2_100, once=True)
    [Span(start=0, stop=1000), Span(start=1000, stop=2100)]
    >>> cut(900, once=False), cut(150, once=True)
    ([], [])
    """
    if size < least:
        raise UsageError(f"A window of {size} rows is smaller than the least of {least}; take a larger size.")
    found = [Span(start, start + size) for start in range(0, waiting - size + 1, size)]
    end = found[-1].stop if found else 0
    rest = waiting - end
    if once and rest >= least:
        found.append(Span(end, waiting))
    elif once and rest and found:
        found[-1] = Span(found[-1].start, waiting)
    return found
