"""How the values of a delimited file are told apart, decided from many of its lines.

Each separator and quote that occurs is tried on the first lines. The better one splits more lines into the same
number of cells, into cells that look like something (numbers, times, plain words), and into more of them
(the idea: van den Burg, Nazábal and Sutton, *Wrangling messy CSV files by detecting row and type patterns*, 2019).
Rarer separators are tried only where the usual ones do not fit.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from fieldguide.tables.sources import cells
from fieldguide.tables.sources.split import OPEN, Dialect, Row, rows

USUAL = (",", "\t", ";", "|")
RARE = (":", "^", "~", "\x01", "\x1f", "§", "¦", " ")
MOST_LINES = 2_000
MOST_TEXT = 1 << 20
MOST_CELLS = 20_000
MOST_OPEN = 2
MOSTLY = 0.8
"""Share of the lines that must have the same number of cells for a separator to be taken."""
_WEIGHT = {cells.EMPTY: 1.0, cells.NUMBER: 1.0, cells.TIME: 1.0, cells.WORD: 0.9, cells.TEXT: 0.5}
_NAMES = {"\t": "tab", " ": "space", "\x01": "Ctrl-A", "\x1f": "unit separator"}


@dataclass(frozen=True)
class Fit:
    """How well a dialect fits.

    `width` is the usual number of cells in a row, `share` the share of rows that have it (`after`: of those
    from the first such row on), `looks` how much cells look like something, `opened` the rows with an open quote.
    """

    dialect: Dialect
    score: float
    width: int
    share: float
    after: float = 0.0
    looks: float = 0.0
    opened: int = 0


def head(lines: Iterable[str]) -> list[str]:
    """Return the first lines of a text, at most 2,000 and about a million characters."""
    found: list[str] = []
    size = 0
    for line in islice(lines, MOST_LINES):
        found.append(line)
        size += len(line)
        if size > MOST_TEXT:
            break
    return found


def fitting(lines: Sequence[str], path: Path, separator: str | None = None) -> Fit:
    """Return the dialect that fits the first lines of a file; `separator` is the one that is declared."""
    text = "".join(lines)
    if separator is not None:
        return max(_tried(lines, [separator], text), key=lambda f: f.score)
    tab = {".tsv", ".tab"} & {suffix.lower() for suffix in path.suffixes} and "\t" in text
    usual = _tried(lines, ["\t"] if tab else [s for s in USUAL if s in text], text)
    best = _best(usual)
    if best is None or (best.share < MOSTLY and not tab):
        # a separator that few lines share is none: prose has commas, too
        best = _best([f for f in _tried(lines, [s for s in RARE if s in text], text) if _regular(f)]) or best
    if best is None or (best.share < MOSTLY and not tab):
        return _one_column(lines, best)
    if _prose(lines, best):
        return _one_column(lines, None)
    double = best.dialect.separator * 2
    if double in text:
        # two characters that stand for one separator leave every other cell empty
        twice = _fit(lines, Dialect(double, best.dialect.quote))
        if twice.share >= best.share and twice.width * 2 - 1 == best.width:
            return twice
    return best


def _best(found: Sequence[Fit]) -> Fit | None:
    wide = [f for f in found if f.width > 1]
    return max(wide, key=lambda f: f.score) if wide else None


def _regular(found: Fit) -> bool:
    """Whether a rare separator splits nearly all lines alike; a colon or a space must give a table's look as well."""
    if found.dialect.separator not in (":", " "):
        return found.share >= MOSTLY
    return found.width > 2 and found.after >= 0.98 and found.looks > 0.9


def _prose(lines: Sequence[str], best: Fit) -> bool:
    """Whether lines that happen to hold as many separators each are one text each: below a name without, always before a space."""
    separator = best.dialect.separator
    given = [line.rstrip("\r\n") for line in lines if line.strip()]
    if best.width != 2 or separator not in (",", ";") or len(given) < 3 or separator in given[0]:
        return False
    return all(line.count(separator) == line.count(f"{separator} ") for line in given[1:] if '"' not in line)


def _one_column(lines: Sequence[str], best: Fit | None) -> Fit:
    """Return the fit of one value a line, or what was best where lines hold many separators without a pattern."""
    if best is not None:
        # in prose, separators are followed by a space
        separator = re.escape(best.dialect.separator)
        inner = sum(len(re.findall(separator + r"(?=\S)", line)) for line in lines)
        spaced = sum(len(re.findall(separator + r"(?= )", line)) for line in lines)
        if (best.share >= 0.5 and inner >= spaced) or inner >= len(lines):
            return best
    quoted = _fit(lines, Dialect("", '"'))
    return quoted if not quoted.opened and quoted.width else _fit(lines, Dialect("", ""))


def _tried(lines: Sequence[str], separators: Sequence[str], text: str) -> list[Fit]:
    found = []
    for separator in separators:
        fits: list[Fit] = []
        for quote in _quotes(text, separator):
            fits.append(_fit(lines, Dialect(separator, quote)))
            if f"\\{quote}" in text:
                fits.append(_fit(lines, Dialect(separator, quote, True)))
        best = max(fits, key=lambda f: f.score)
        if best.opened > MOST_OPEN and '"' in text:
            # quotes that are mostly left open are none: inches, say
            best = max(best, _fit(lines, Dialect(separator, "")), key=lambda f: f.score)
        found.append(best)
    return found


def _quotes(text: str, separator: str) -> Iterator[str]:
    """Yield the quotes that could be in use: those that stand at the beginning or end of a value."""
    s = re.escape(separator)
    yield '"'
    if "'" in text and _quoted_singly(text, s):
        yield "'"


def _quoted_singly(text: str, s: str) -> bool:
    """Whether values stand in single quotes: one that needs them, or many of them."""
    if not s:
        return False
    needed = re.search(rf"(?:^|{s})'[^'\n]*{s}[^'\n]*'(?={s}|\r?$)", text, re.MULTILINE)
    many = re.findall(rf"(?:^|{s})'(?:[^'\n]|'')*'(?={s}|\r?$)", text, re.MULTILINE)
    lines = text.count("\n") or 1
    return len(many) >= 0.8 * lines or (needed is not None and len(many) >= 2)


def _fit(lines: Sequence[str], dialect: Dialect) -> Fit:
    found = _rows(lines, dialect)
    if not found:
        return Fit(dialect, 0.0, 0, 0.0)
    widths = Counter(len(row.cells) for row in found if not row.reason)
    # the more cells the better where as many rows have them: a title above the table has one
    width = max(widths, key=lambda w: (widths[w], w), default=0)
    share = widths[width] / len(found)
    alike = [i for i, row in enumerate(found) if len(row.cells) == width and not row.reason]
    looks, seen = 0.0, 0
    for i in alike:
        looks += sum(_weight(cell, dialect) for cell in found[i].cells)
        seen += width
        if seen > MOST_CELLS:
            break
    looks /= max(seen, 1)
    many = max(width - 1, 0.05) / max(width, 1)
    after = len(alike) / (len(found) - alike[0]) if alike else 0.0
    opened = sum(1 for row in found if row.reason == OPEN)
    return Fit(dialect, share * looks * many, width, share, after, looks, opened)


def _weight(cell: str | None, dialect: Dialect) -> float:
    if cell is None:
        return 1.0
    kind = cells.look(cell)
    if kind == cells.TEXT:
        # quotes around a value, or one of a pair, say that they were not read as quotes
        if dialect.quote != '"' and (cell.startswith('"') or cell.endswith('"')):
            return 0.0
        if any(s in cell for s in USUAL if s != dialect.separator and s != ","):
            return 0.2
    elif dialect.quote != "'" and len(cell) > 1 and (cell.lstrip()[:1] == "'" or cell.rstrip()[-1:] == "'"):
        return 0.2  # quoted, or the beginning or end of what is
    return _WEIGHT[kind]


def _rows(lines: Sequence[str], dialect: Dialect) -> list[Row]:
    """Return the rows of the first lines; one that is open where the lines end is not counted."""
    found = list(rows(enumerate(lines, 1), dialect))
    if found and found[-1].reason == OPEN and len(lines) >= MOST_LINES:
        found.pop()
    return found


def separator_name(separator: str) -> str:
    """Return how messages call a separator."""
    return _NAMES.get(separator, repr(separator)) if separator else "none"
