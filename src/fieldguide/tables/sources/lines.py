"""The lines of a text file: split and numbered, found by their place in bytes, and sampled all over a large file.

A line ends with LF, CRLF or CR, and each is counted. Memory does not grow with the file.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from fieldguide.tables.sources.split import Dialect, rows, scanned
from fieldguide.tables.sources.survey import Survey

BLOCK = 4 << 20
PIECE = 4 << 20
"""Characters of a piece: more than the longest row has."""
PLACES = 64
PLACE = 32 << 10
_LONE = re.compile(r"(?<=\r)(?!\n)")


def text_blocks(path: Path) -> Iterator[tuple[int, str]]:
    """Yield a file in UTF-8 in pieces of whole lines, with the number of the first line of each.

    Bytes that are no UTF-8 are escaped.
    """
    number, rest = 1, ""
    with path.open("r", encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
        while block := stream.read(PIECE):
            text = rest + block
            end = max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1  # a last CR may be half of a CRLF
            if end:
                yield number, text[:end]
                number += line_ends(text[:end])
            rest = text[end:]
    if rest:
        yield number, rest


def line_ends(text: str) -> int:
    """Count the line ends in a text: LF, CRLF and CR."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def few_returns(seen: Survey) -> bool:
    """Whether few lines of a file end with CR: then one within a line may be part of a value."""
    return bool(seen.cr) and seen.lf + seen.crlf > 0.05 * seen.cr


def lines_of(
    text: str, number: int, seen: Survey, dialect: Dialect | None = None, width: int = 0
) -> Iterator[tuple[int, str]]:
    """Yield the lines of a text with their numbers, line ends kept.

    Where few lines end with CR, one within a line is part of a value if the line then has as many cells as it
    should.
    """
    if not few_returns(seen):
        yield from enumerate(io.StringIO(text, newline=""), number)
        return
    for line in io.StringIO(text, newline="\n"):
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
        else:
            yield from enumerate(pieces, number)
        number += len(pieces)


def first_lines(path: Path, seen: Survey) -> Iterator[str]:
    """Yield the lines of a file as they are split before its dialect is known."""
    for number, text in text_blocks(path):
        for _, line in lines_of(text, number, seen):
            yield line


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


def without_line(path: Path, place: int) -> Iterator[bytes]:
    """Yield a file's content with the line that begins at a place made blank, so that the others keep their numbers."""
    with path.open("rb") as stream:
        left = place
        while left > 0 and (block := stream.read(min(BLOCK, left))):
            yield block
            left -= len(block)
        while block := stream.read(BLOCK):
            end = re.search(rb"[\r\n]", block.lstrip(b"\r\n") if left == 0 else block)
            blank = len(block) - len(block.lstrip(b"\r\n")) if left == 0 else 0
            yield block[:blank]
            left = -1
            if end is not None:
                yield block[blank + end.start() :]
                break
        while block := stream.read(BLOCK):
            yield block


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
