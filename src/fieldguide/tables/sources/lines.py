"""The lines of a text file: split and numbered, found by their place in bytes, and sampled all over a large file.

A line ends with LF, CRLF or CR, and each is counted. Memory does not grow with the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from fieldguide.tables.sources.split import Dialect, rows, scanned
from fieldguide.tables.sources.survey import Survey

BLOCK = 4 << 20
PLACES = 64
PLACE = 32 << 10
_LONE = re.compile(r"(?<=\r)(?!\n)")


def text_lines(
    path: Path, seen: Survey, dialect: Dialect | None = None, width: int = 0
) -> Iterator[tuple[int, str]]:
    """Yield the lines of a file in UTF-8 with their numbers, line ends kept; bytes that are no UTF-8 are escaped.

    Where few lines end with CR, one within a line is part of a value if the line then has as many cells as it
    should.
    """
    few = bool(seen.cr) and seen.lf + seen.crlf > 0.05 * seen.cr
    with path.open(
        "r", encoding="utf-8-sig", errors="surrogateescape", newline="\n" if few else ""
    ) as stream:
        if not few:
            yield from enumerate(stream, 1)
            return
        number = 1
        for line in stream:
            if "\r" not in line[:-2]:
                yield number, line
                number += 1
                continue
            pieces = [piece for piece in _LONE.split(line) if piece]
            cells = scanned(line, dialect) if dialect and dialect.quote else None
            if dialect and not dialect.quote:
                cells = list(line.split(dialect.separator))
            if isinstance(cells, list) and len(cells) == width:
                yield number, line
                number += len(pieces)
            else:
                yield from enumerate(pieces, number)
                number += len(pieces)


def first_lines(path: Path, seen: Survey) -> Iterator[str]:
    """Yield the lines of a file as they are split before its dialect is known."""
    return (line for _, line in text_lines(path, seen))


def ends(block: bytes) -> int:
    """Count the line ends in a block: LF, CRLF and CR."""
    return block.count(b"\n") + block.count(b"\r") - block.count(b"\r\n")


def line_numbers(path: Path, places: Sequence[int]) -> list[tuple[int, bytes]]:
    """Return number and text of the lines that begin at the given places (from 0, in order).

    A place may be that of blank lines before the line that is meant.
    """
    found: list[tuple[int, bytes]] = []
    number, upto = 1, 0
    with path.open("rb") as stream:
        for place in places:
            stream.seek(place)
            text = stream.read(PLACE)
            blank = len(text) - len(text.lstrip(b"\r\n"))
            at = place + blank
            number += _between(path, upto, at)
            upto = at
            found.append((number, re.split(rb"[\r\n]", text[blank:], maxsplit=1)[0]))
    return found


def _between(path: Path, start: int, end: int) -> int:
    """Count the line ends between two places of a file."""
    count, last = 0, b""
    with path.open("rb") as stream:
        stream.seek(start)
        left = end - start
        while left > 0 and (block := stream.read(min(BLOCK, left))):
            count += ends(block) - (1 if last == b"\r" and block[:1] == b"\n" else 0)
            last = block[-1:]
            left -= len(block)
    return count


def sampled(path: Path, size: int, dialect: Dialect, width: int) -> float:
    """Return the share of rows that do not fit, as seen at 64 places all over a file."""
    good = bad = 0
    with path.open("rb") as stream:
        for i in range(PLACES):
            stream.seek(size * i // PLACES)
            lines = stream.read(PLACE).decode("utf-8", "replace").splitlines(keepends=True)[1:-1]
            fit, unfit = _fitting(lines, dialect, width)
            good, bad = good + fit, bad + unfit
    return bad / max(good + bad, 1)


def _fitting(lines: list[str], dialect: Dialect, width: int) -> tuple[int, int]:
    """Return how many rows of a piece fit and how many do not, from the first place on where three in a row fit."""
    for start in range(min(len(lines), 40)):
        first = [
            row.reason
            for row, _ in zip(rows(enumerate(lines[start:]), dialect, width), range(3), strict=False)
        ]
        if len(first) == 3 and not any(first):
            found = list(rows(enumerate(lines[start:]), dialect, width))[:-1]
            bad = sum(1 for row in found if row.reason)
            return len(found) - bad, bad
    return 0, len(lines)


def last_lines(path: Path) -> list[str]:
    """Return the last lines of a file that are not blank (of its last 64 KB, without the first of them)."""
    with path.open("rb") as stream:
        end = stream.seek(0, 2)
        start = max(0, end - 2 * PLACE)
        stream.seek(start)
        text = stream.read().decode("utf-8", "replace")
    lines = text.splitlines(keepends=True)
    return [line for line in (lines[1:] if start else lines) if line.strip("\r\n")]
