"""Columns of fixed width: texts set one below the other, with spaces up to the next column."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

MARK = "\t"
"""What separates the values in the copy that is read."""
LEAST_LINES = 5
_PADDED = re.compile(r"\S {2,}\S")

Places = tuple[tuple[int, int], ...]


def places(lines: Sequence[str]) -> Places | None:
    """Return from where to where the columns of the first lines reach; None where they are not set so.

    Between two columns every line has a space (of many lines, one in fifty may not); half of the lines have two and
    more somewhere, and each column is filled in half of them.

    >>> places(["id  name    x"] + [f"{i}   person{i} {i}" for i in range(6)])
    ((0, 4), (4, 12), (12, 13))
    """
    given = [line.rstrip("\r\n") for line in lines if line.strip()]
    if len(given) < LEAST_LINES or any(MARK in line for line in given):
        return None
    if sum(1 for line in given if _PADDED.search(line)) < 0.5 * len(given):
        return None
    found = _columns(given)
    odd = len(given) // 50 or int(len(given) >= 20)
    if found is None and odd:
        starts, (names, *rows) = _starts(given, odd), given
        fitting = [line for line in rows if not any(line[at - 1 : at].strip() for at in starts[1:])]
        found = _columns([names, *fitting]) if len(rows) - len(fitting) <= odd else None
    return found


def _columns(given: Sequence[str]) -> Places | None:
    starts = _starts(given, 0)
    if len(starts) < 2:
        return None
    found = tuple(zip(starts, [*starts[1:], max(map(len, given))], strict=True))
    filled = [sum(1 for line in given if line[a:b].strip()) for a, b in found]
    return found if min(filled) >= 0.5 * len(given) else None


def _starts(lines: Sequence[str], odd: int) -> list[int]:
    """Return the places at which a text begins after a place where all lines, but `odd` ones, have a space."""
    size = max(map(len, lines))
    taken = [0] * size
    for line in lines:
        for at, sign in enumerate(line):
            taken[at] += sign != " "
    return [at for at in range(size) if taken[at] > odd and (at == 0 or taken[at - 1] <= odd)]


def separated(path: Path, columns: Places) -> Iterator[bytes]:
    """Yield the lines of a file with a mark between the columns, spaces around the values taken away.

    A line that has no space before a column gets a value too many, so that it is told and left out.
    """
    ends = (*(start for start, _ in columns[1:]), None)
    with path.open(encoding="utf-8", newline="") as stream:
        for line in stream:
            plain = line.rstrip("\r\n")
            values, at = [], 0
            for end in ends:
                values.append(plain[at:end].strip())
                at = end or at
            if any(plain[end - 1 : end].strip() for end in ends if end):
                values.append("?")
            yield (MARK.join(values) + line[len(plain) :]).encode() if plain.strip() else line.encode()
