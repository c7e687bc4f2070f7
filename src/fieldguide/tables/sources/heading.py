"""Which lines of a table are no rows: a title above, the names (none, one or two lines of them), a total below.

All of it is decided by comparing lines with the columns below them: names are text above numbers; where all
cells of the first line look like the cells below, there are no names.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from fieldguide.errors import DataError
from fieldguide.tables.sources import cells
from fieldguide.tables.sources.split import Cells

MOST_PREAMBLE = 200
"""Lines above the names."""
TYPED = 0.9
"""Share of the given cells of a column that must look alike for it to be called a column of numbers or times."""
_TOTAL = re.compile(
    r"\s*(?:(?:grand|sub)[\s-]?)?(?:totals?|sum|sums|summe|gesamt|insgesamt|totaal|totale|somme|suma|summa|average|mean|"
    r"durchschnitt|moyenne|media)\b[\s:]*\Z",
    re.IGNORECASE,
)

Block = Sequence[tuple[int, Cells]]
"""Rows with the number of their first line."""


@dataclass(frozen=True)
class Heading:
    """The names of the columns, as they are written (`given`, "" where there is none) and made to differ (`names`).

    `at` are the rows (places in the list) that hold them, `first` is where the data begin.
    """

    names: tuple[str, ...]
    given: tuple[str, ...]
    at: tuple[int, ...]
    first: int
    notes: tuple[str, ...] = ()


def heading(rows: Block, width: int, header: int | None = None, skip: int | None = None) -> Heading:
    """Return where the names of a table are, given its first rows; `header` and `skip` are what is declared.

    A column without a name is called column1, column2 … by its place; a name that comes again gets _2, _3 ….
    """
    notes: list[str] = []
    top = _top(rows, width) if skip is None else 0
    if skip is None and top:
        lines = [line for line, _ in rows[:top]]
        told = " ".join(c for c in rows[0][1] if c)[:60]
        where = f"line {lines[0]}" if len(lines) == 1 else f"lines {lines[0]} to {lines[-1]}"
        notes.append(f"{where} {'is' if len(lines) == 1 else 'are'} above the table ({told!r}) and left out")
    count = _count(rows[top:], width) if header is None else header
    if header is None and skip is None and top and _names(rows[top - 1][1]) and not _names(rows[top][1]):
        return _one_short(rows, top, width)
    at = tuple(range(top, min(top + count, len(rows))))
    given = [_padded(rows[i][1], width) for i in at]
    if header is None and count == 0:
        notes.append(
            f"line {rows[top][0]} looks like the lines below, so there are no names: the columns are called "
            f"column1 to column{width}; CSV(header=1) takes it for the names"
        )
    if header is None and count > 1:
        notes.append(
            f"lines {rows[top][0]} to {rows[at[-1]][0]} hold the names ({count} rows of them, put together)"
        )
    names = _joined(given) if given else [""] * width
    return _made(names, at, top + count, notes)


def _names(row: Cells) -> bool:
    """Whether a row of another width than the table could hold its names."""
    given = [c.strip() for c in row if c is not None]
    return len(given) == len(row) > 1 and all(cells.look(c) in (cells.WORD, cells.TEXT) for c in given)


def _one_short(rows: Block, top: int, width: int) -> Heading:
    """Return the heading where the names are one fewer than the values: the first column holds names of rows.

    Raises DataError where that is not so.
    """
    line, given = rows[top - 1]
    first = [row[0] for _, row in rows[top:] if len(row) == width]
    if len(given) != width - 1 or len(set(first)) < len(first):
        raise DataError(
            f"line {line} holds {len(given)} names, and the lines below {width} values; expected a name for each "
            f"column: mend the line, or leave it out by CSV(skip={line}, header=0)."
        )
    told = (
        f"line {line} holds one name fewer than the lines below have values: the first column, each value of which "
        "differs, is called row"
    )
    return _made(["row", *(c or "" for c in given)], (top - 1,), top, [told])


def _made(names: Sequence[str], at: tuple[int, ...], first: int, notes: list[str]) -> Heading:
    unnamed = [place for place, name in enumerate(names, 1) if not name.strip()]
    plain, again = distinct(names)
    if unnamed and at:
        one = len(unnamed) == 1
        told = ", ".join(map(str, unnamed[:5])) + (" …" if len(unnamed) > 5 else "")
        notes.append(
            f"column{'' if one else 's'} {told} ha{'s' if one else 've'} no name: called column{unnamed[0]}"
            + ("" if one else " and so on, by their places")
        )
    notes += [
        f"the name {name!r} comes {n} times: the others are called {name}_2 …" for name, n in again.items()
    ]
    return Heading(plain, tuple(names), at, first, tuple(notes))


def distinct(names: Sequence[str]) -> tuple[tuple[str, ...], dict[str, int]]:
    """Return names that differ, whatever their case, and which came how often.

    >>> distinct(["id", "", "ID"])
    (('id', 'column2', 'ID_2'), {'id': 2})
    """
    found: list[str] = []
    taken: set[str] = set()
    times: Counter[str] = Counter()
    first: dict[str, str] = {}
    for place, given in enumerate(names, 1):
        plain = " ".join(given.split()) if "\n" in given or "\r" in given else given.strip()
        plain = plain or f"column{place}"
        if plain.startswith("__"):
            plain = plain.lstrip("_") or f"column{place}"
        times[first.setdefault(plain.lower(), plain)] += 1
        name, again = plain, 2
        while name.lower() in taken:
            name, again = f"{plain}_{again}", again + 1
        taken.add(name.lower())
        found.append(name)
    return tuple(found), {name: n for name, n in times.items() if n > 1}


def _padded(row: Cells, width: int) -> list[str]:
    return [(row[i] or "").strip() if i < len(row) else "" for i in range(width)]


def _top(rows: Block, width: int) -> int:
    """Return how many rows stand above the table: of another width, or with one cell filled of many."""
    for i, (_, row) in enumerate(rows[:MOST_PREAMBLE]):
        if not _wide(row, width):
            continue
        given = sum(1 for c in row if c and c.strip())
        if given <= 1 and i + 1 < len(rows) and (not given or (width > 2 and _fuller(rows[i + 1 :], width))):
            continue
        return i
    return next((i for i, (_, row) in enumerate(rows) if _wide(row, width)), 0)


def _wide(row: Cells, width: int) -> bool:
    """Whether a row is as wide as the table; what is empty beyond does not count."""
    return len(row) == width or (len(row) > width and not any(c and c.strip() for c in row[width:]))


def _fuller(rest: Block, width: int) -> bool:
    """Whether one of the next rows has a text in nearly every column: the names, which a title stands above."""
    for _, row in rest[:5]:
        if len(row) == width and sum(1 for c in row if c and c.strip()) >= 0.8 * width:
            texts = [c for c in row if c and cells.look(c) not in (cells.NUMBER, cells.TIME)]
            return len(texts) >= 0.8 * width
    return False


def _kinds(rows: Block, width: int) -> list[str | None]:
    """Return for each column what its given cells look like: "number", "time", or None (text, or nothing given)."""
    found: list[str | None] = []
    for place in range(width):
        looks = Counter(
            cells.look(row[place] or "") for _, row in rows if place < len(row) and row[place] is not None
        )
        looks.pop(cells.EMPTY, None)
        total = sum(looks.values())
        kind = (
            next((k for k in (cells.NUMBER, cells.TIME) if looks[k] >= TYPED * total), None)
            if total
            else None
        )
        found.append(kind)
    return found


def _count(rows: Block, width: int) -> int:
    """Return how many rows hold names: 0, 1, 2 or 3."""
    table = [(line, row) for line, row in rows[:1_000] if len(row) == width]
    if not table:
        return 1
    first = _padded(table[0][1], width)
    below = [(line, row) for line, row in table[1:] if _padded(row, width) != first]
    if not below:
        return 1 if any(cells.look(c) not in (cells.NUMBER, cells.TIME, cells.EMPTY) for c in first) else 0
    if len(below) > 1 and _names_too(first, _padded(below[0][1], width), below[1:], width):
        third = _padded(below[1][1], width)
        return 3 if sum("ImportId" in c for c in third) > width / 2 else 2
    return 0 if _is_row(first, below, width) else 1


def _is_row(first: Sequence[str], below: Block, width: int) -> bool:
    """Whether the first row looks like those below: all its cells, with at least one that names would not be like."""
    kinds = _kinds(below, width)
    looks = [cells.look(c) for c in first]
    typed = [i for i, kind in enumerate(kinds) if kind is not None]
    if any(looks[i] not in (kinds[i], cells.EMPTY) for i in typed):
        return False
    hits = [i for i in typed if looks[i] == kinds[i]]
    texts = [i for i in range(width) if kinds[i] is None]
    again = unlike = 0
    for i in texts:
        values = Counter(row[i].strip() for _, row in below if row[i] and row[i].strip())  # type: ignore[union-attr]
        if len(values) < 2 or not first[i]:
            continue
        if first[i] in values:
            again += 1
        elif len(values) * 2 < sum(values.values()):
            unlike += 1
    if hits:
        return again >= unlike and not _counts_up(first, hits, below)
    return again >= max(2, len(texts) / 2) or (width == 1 and again == 1)


def _counts_up(first: Sequence[str], hits: Sequence[int], below: Block) -> bool:
    """Whether the numbers of the first row are names: years, say, that count up and lie apart from those below."""
    numbers = [cells.amount(first[i]) for i in hits]
    if any(n is None or not n.is_integer() for n in numbers):
        return False
    steps = {b - a for a, b in pairwise(numbers)}  # type: ignore[operator]
    years = all(1800 <= n <= 2200 for n in numbers)  # type: ignore[operator]
    if not (len(numbers) >= 2 and steps == {1.0}) and not years:
        return False
    apart = 0
    for i, n in zip(hits, numbers, strict=True):
        values = [v for _, row in below if (v := cells.amount(row[i] or "")) is not None]
        low, high = min(values, default=0.0), max(values, default=0.0)
        span = high - low
        apart += not low - span <= n <= high + span  # type: ignore[operator]
    return apart > len(numbers) / 2


def _names_too(first: Sequence[str], second: Sequence[str], rest: Block, width: int) -> bool:
    """Whether the second row holds names as well: text above numbers, and names where the first has none."""
    kinds = _kinds(rest, width)
    typed = [i for i, kind in enumerate(kinds) if kind is not None]
    looks = [cells.look(c) for c in second]
    if any(looks[i] in (cells.NUMBER, cells.TIME) for i in range(width)):
        return False
    if any(cells.look(c) in (cells.NUMBER, cells.TIME) for c in first) and not any(
        looks[i] not in (cells.EMPTY, kinds[i]) for i in typed
    ):
        return False
    above = [i for i in typed if looks[i] != cells.EMPTY]
    filled = [i for i in range(width) if not first[i] and second[i]]
    if filled and len(filled) >= max(1, 0.05 * width):
        # names in groups: the first row names the group above its first column only
        if above:
            return True
        if typed:  # what is given in every row below is missing here
            return _unlike(second, rest, width) > 0 and not any(second[i] for i in typed)
        return len(filled) > 1 and not _comes_again(second, rest, width)
    if any(not first[i] for i in range(width)):
        return False
    numbers = [i for i in typed if kinds[i] == cells.NUMBER]
    return len(numbers) > 1 and set(numbers) <= set(above) and not _comes_again(second, rest, width)


def _unlike(row: Sequence[str], rest: Block, width: int) -> int:
    """Count the cells of a row that do not occur in their column, though its values come again."""
    found = 0
    for i in range(width):
        values = Counter(other[i].strip() for _, other in rest if i < len(other) and other[i])  # type: ignore[union-attr]
        found += bool(row[i]) and bool(values) and row[i] not in values and max(values.values()) > 1
    return found


def _comes_again(row: Sequence[str], rest: Block, width: int) -> bool:
    """Whether a cell of a row is among the different values of its column below."""
    for i in range(width):
        values = {other[i].strip() for _, other in rest if i < len(other) and other[i]}  # type: ignore[union-attr]
        if row[i] and row[i] in values and len(values) > 1:
            return True
    return False


def _joined(given: Sequence[Sequence[str]]) -> list[str]:
    """Put the rows of names together: a group's name holds for the columns after it that have none of their own."""
    if len(given) == 1:
        return list(given[0])
    if len(given) == 3:  # survey tools: a short name, the question, an id for machines
        return list(given[0])
    upper, lower = given
    groups, spans, group = [], Counter[int](), 0
    for i, name in enumerate(upper):
        if name or not lower[i]:
            group = i
        groups.append(group)
        spans[group] += 1
    alone = Counter(lower[i] for i, group in enumerate(groups) if spans[group] == 1 and lower[i])
    names = []
    for i, group in enumerate(groups):
        top, sub = upper[group], lower[i]
        generic = spans[group] == 1 and alone[sub] > 1
        names.append(f"{top}: {sub}" if top and sub and not generic else top or sub)
    return names


def is_rule(row: Cells, names: Cells) -> bool:
    """Whether a row only draws a line below `names`, the row above it, as Markdown and the consoles of databases do.

    The line goes below each name and nothing else, or is drawn in one piece with a + at the joints: a row of data
    in which "--" stands for nothing in one of several columns is none.

    >>> is_rule([None, "---", ":--:", None], [None, "id", "name", None]), is_rule(["----+----"], ["id", "name"])
    (True, True)
    >>> is_rule([None, "--"], ["id", "name"]), is_rule(["-", "-"], ["id", "name"])
    (False, False)
    """
    text = "|".join(cell or "" for cell in row)
    drawn = ("--" in text or "==" in text) and not text.strip("-=+:| \t")
    below = [bool((cell or "").strip()) for cell in row] == [bool((cell or "").strip()) for cell in names]
    return drawn and (below or "+" in text)


def is_total(row: Cells) -> bool:
    """Whether a row is called a total: its first given cell says so, and a number follows.

    >>> is_total(["Total", None, "12"]), is_total(["Totally", "12"]), is_total(["12", "Total"])
    (True, False, False)
    """
    given = [c for c in row if c and c.strip()]
    if len(given) < 2 or not _TOTAL.match(given[0]):
        return False
    return all(cells.look(c) in (cells.NUMBER, cells.EMPTY) for c in given[1:])
