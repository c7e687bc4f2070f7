"""Lines into cells, exactly: quotes, line ends within values, and what to leave out where a quote is left open.

A quoted value may hold separators, line ends and doubled quotes (or, where the dialect says so, quotes after a
backslash); spaces around a quoted value do not belong to it. An empty quoted value is an empty text, nothing
between two separators is nothing (None). A line in which a quote is left open is left out by itself: those after
it are read again.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

LONGEST_ROW = 2 << 20
"""Characters of one row; as many as the engine's own reader takes."""
MOST_LINES = 1_000
"""Lines of one row: a quote that stays open longer was meant otherwise."""

TOO_FEW, TOO_MANY = "too few values", "too many values"
OPEN = "a quote is not closed, or ends within a value"
TOO_LONG = "the line is too long"

Cells = list[str | None]


@dataclass(frozen=True)
class Dialect:
    """How values are told apart: the separator ("" where a line is one value), the quote ("" where there is none).

    `backslash` says that a quote within a value has a backslash before it; otherwise it is doubled.
    """

    separator: str = ","
    quote: str = '"'
    backslash: bool = False


class Row(NamedTuple):
    """A row as it stands: the number of its first line, its cells, its lines as they are, and why it is none ("")."""

    line: int
    cells: Cells
    text: str
    reason: str = ""
    lines: int = 1


def rows(
    lines: Iterable[tuple[int, str]], dialect: Dialect, width: int | None = None, single: bool = False
) -> Iterator[Row]:
    """Yield the rows of numbered lines; blank lines are passed over, but `single` says that they are empty values.

    With `width`, a row of more or fewer cells has a reason; empty cells more are separators at the end of the
    line, and are dropped.
    """
    quote, separator = dialect.quote, dialect.separator
    waiting: deque[tuple[int, str]] = deque()
    source = iter(lines)

    def pull() -> tuple[int, str] | None:
        return waiting.popleft() if waiting else next(source, None)

    while (following := pull()) is not None:
        number, line = following
        if not quote or quote not in line:
            plain = line.rstrip("\r\n")
            if not plain:
                if single:
                    yield Row(number, [None], line)
                continue
            cells: Cells = [c or None for c in plain.split(separator)] if separator else [plain]
            yield checked(number, cells, line, width)
            continue
        found = scanned(line, dialect)
        if isinstance(found, list):
            yield checked(number, found, line, width)
        elif found is None:
            yield Row(number, [], line, OPEN)
        else:
            row, more = _over_lines(number, line, found, pull, dialect, width)
            waiting.extendleft(reversed(more))
            yield row


@dataclass
class _Open:
    """A row whose last value is still open."""

    cells: Cells
    parts: list[str]


def _over_lines(
    number: int,
    line: str,
    opened: _Open,
    pull: Callable[[], tuple[int, str] | None],
    dialect: Dialect,
    width: int | None,
) -> tuple[Row, list[tuple[int, str]]]:
    """Return the row that begins in a line whose last quote is open, and the lines that are to be read again."""
    taken: list[tuple[int, str]] = []
    size = len(line)
    while (following := pull()) is not None:
        taken.append(following)
        size += len(following[1])
        found = scanned(following[1], dialect, opened)
        if found is None or size > LONGEST_ROW or len(taken) > MOST_LINES:
            break
        if isinstance(found, _Open):
            opened = found
        if isinstance(found, list):
            text = line + "".join(each for _, each in taken)
            row = checked(number, found, text, width)._replace(lines=1 + len(taken))
            if row.reason and width is not None and _stands_alone(taken[0][1], dialect, width):
                break
            return row, []
    return Row(number, [], line, OPEN), taken


def _stands_alone(line: str, dialect: Dialect, width: int) -> bool:
    """Return whether a line is a row by itself, so that the quote before it was left open."""
    found = scanned(line, dialect)
    return isinstance(found, list) and width > 1 and len(found) == width


def checked(number: int, cells: Cells, text: str, width: int | None) -> Row:
    """Return a row, with the reason why it is none if it has not `width` cells."""
    if width is None or len(cells) == width:
        return Row(number, cells, text)
    if len(cells) > width and not any(cell is not None for cell in cells[width:]):
        return Row(number, cells[:width], text)
    return Row(number, cells, text, TOO_FEW if len(cells) < width else TOO_MANY)


def scanned(line: str, dialect: Dialect, opened: _Open | None = None) -> Cells | _Open | None:
    """Return the cells of a line, what is open at its end, or None where a quote ends within a value.

    With `opened` the line goes on with the value that the line before left open.
    """
    begin, body, after, plain = _patterns(dialect)
    cells, parts = (opened.cells, opened.parts) if opened else ([], [])
    at, inside = 0, opened is not None
    size = len(line)
    while True:
        if not inside:
            start = begin.match(line, at)
            if start is None:
                end = line.find(dialect.separator, at) if dialect.separator else -1
                if end < 0:
                    cells.append(line[at:].rstrip("\r\n") or None)
                    return cells
                cells.append(line[at:end] or None)
                at = end + len(dialect.separator)
                continue
            at, parts = start.end(), []
        end = body.match(line, at).end()  # type: ignore[union-attr]
        parts.append(line[at:end])
        if end >= size:
            return _Open(cells, parts)
        rest = after.match(line, end + 1)
        if rest is None:
            return None
        cells.append(plain("".join(parts)))
        inside, at = False, rest.end()
        if not rest[1]:
            return cells


@lru_cache(maxsize=64)
def _patterns(
    dialect: Dialect,
) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], Callable[[str], str]]:
    q, s = re.escape(dialect.quote), re.escape(dialect.separator)
    spaces = "[ ]*" if dialect.separator != " " else ""
    inner = rf"(?:{q}{q}|\\.)" if dialect.backslash else f"{q}{q}"
    other = rf"[^{q}\\]" if dialect.backslash else f"[^{q}]"
    separator = f"({s})" if s else "(?!)()"
    escaped = re.compile(rf"{q}{q}|\\({q}|\\)", re.DOTALL)

    def plain(text: str) -> str:
        if dialect.backslash:
            return escaped.sub(lambda m: m[1] or dialect.quote, text)
        return text.replace(dialect.quote * 2, dialect.quote)

    return (
        re.compile(rf"{spaces}{q}"),
        re.compile(rf"{other}*(?:{inner}{other}*)*", re.DOTALL),
        re.compile(rf"{spaces}(?:{separator}|(?:\r\n|\n|\r)?\Z)"),
        plain,
    )


def shown(text: str, most: int = 200) -> str:
    """Return the first line of a row, shortened, for messages."""
    return text.split("\n", 1)[0].rstrip("\r")[:most]
