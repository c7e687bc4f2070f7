"""B2: a stretch of rows that comes a second time under other keys or times, as when a file is loaded twice.

One row like another is ordinary where columns hold few values. A stretch of rows that all return, so many rows further
on, is not: the distance between a row and its copy is the same for all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from fieldguide.finding import Finding
from fieldguide.readiness.checks import found
from fieldguide.tables.query.drawn import ROW
from fieldguide.tables.query.lines import Lines
from fieldguide.tables.tally import Ints

FEWEST = 20
"""Rows, at least, that return at one distance."""
FEWEST_COLUMNS = 3
ENOUGH_VALUES = 100
"""One number at least has so many distinct values among the lines, so that rows can be told apart."""
COVERED = 0.8
"""Share of the rows of the stretch that have a copy at that distance."""
UNIQUE = 0.5
"""Share of the rows elsewhere that are like no other."""


@dataclass(frozen=True)
class Repeated:
    """A stretch of rows that returns: `rows` rows from number `first` to `last`, again `distance` rows later.

    `keys` are the keys of its first row and of that row's copy. `unchanged` says that each row and its copy are of one
    entity at two times, and no two rows of the stretch of the same entity: then nothing may have changed in between.
    """

    rows: int
    first: int
    last: int
    distance: int
    keys: tuple[str | None, str | None]
    unchanged: bool = False


def repeated(lines: Lines) -> Repeated | None:
    """Return the longest stretch of rows that comes again, None when there is none."""
    numbers = {n: x for n, x in lines.numbers.items() if not _is_instant(x)}
    columns = [_bits(x) for x in numbers.values()] + list(lines.codes.values())
    varied = [c for c in columns if len(np.unique(c)) > 1]
    if len(varied) < FEWEST_COLUMNS or not lines.number.any() or len(lines) < 2 * FEWEST:
        return None
    if max((len(np.unique(x)) for x in numbers.values()), default=0) < ENOUGH_VALUES:
        return None
    content = _content(varied)
    a, b = _pairs(content, lines.number)
    if len(a) < FEWEST:
        return None
    distance = lines.number[b] - lines.number[a]
    usual, times = np.unique(distance, return_counts=True)
    most = int(usual[np.argmax(times)])
    if times.max() < FEWEST:
        return None
    chosen = distance == most
    a, b = a[chosen], b[chosen]
    by_number = np.argsort(lines.number[a])
    a, b = a[by_number], b[by_number]
    first, last = _dense(np.sort(lines.number), lines.number[a])
    inside = (lines.number[a] >= first) & (lines.number[a] <= last)
    if inside.sum() < FEWEST:
        return None
    _, at, count = np.unique(content, return_inverse=True, return_counts=True)
    stretch = (lines.number >= first) & (lines.number <= last)
    again = (lines.number >= first + most) & (lines.number <= last + most)
    elsewhere = ~(stretch | again)
    if elsewhere.any() and (count[at][elsewhere] == 1).mean() < UNIQUE:
        return None
    i, j = int(a[inside][0]), int(b[inside][0])
    if lines.places[i] is not None and lines.places[i] == lines.places[j] and lines.time[i] == lines.time[j]:
        return None  # the same key: told by unique_key
    share = len(lines) / max(lines.rows, 1)
    found_ = round(int(inside.sum()) / share)
    same = _of_one_entity(lines, a[inside], b[inside])
    return Repeated(found_, first, last, most, (lines.places[i], lines.places[j]), same)


def any_return(drawn: pa.Table, columns: Sequence[str]) -> bool:
    """Return whether rows that agree in some columns, no others with them, lie at one distance more than by chance.

    `drawn` has these columns and `__row`. A look that reads little: without it no stretch of rows returns.
    """
    values = [np.asarray(drawn[name].cast(pa.float64()).fill_null(np.nan)) for name in columns]
    number = np.asarray(drawn[ROW].cast(pa.int64()))
    a, b = _pairs(_content([_bits(x) for x in values]), number)
    return len(a) >= FEWEST and int(np.unique(number[b] - number[a], return_counts=True)[1].max()) >= FEWEST


def repeated_rows(lines: Lines | None, composite: bool = False) -> list[Finding]:
    """B2: say which stretch of rows comes again under other keys or times; None: a look at two columns found none.

    Fails where nothing explains it. Where keys are `composite` (product and week), or an entity's rows are the same at
    two times, the values may simply not have changed: a note.
    """
    if lines is None:
        return [found("repeated_rows", "pass", "no stretch of rows comes a second time")]
    if not lines.number.any():
        return [found("repeated_rows", "pass", "joined rows have no order of their own: not looked at")]
    one = repeated(lines)
    if one is None:
        return [found("repeated_rows", "pass", "no stretch of rows comes a second time")]
    about = "about " if len(lines) < lines.rows else ""
    saw = (
        f"{about}{one.rows:,} rows, from row {one.first:,} to {one.last:,}, come again {one.distance:,} rows later with the same "
        "values in all columns, under other keys or times"
    )
    keys = [key for key in one.keys if key is not None]
    evidence = {"rows": one.rows, "first": one.first, "last": one.last, "distance": one.distance}
    if composite or one.unchanged:
        todo = (
            "ask whether nothing changed from the one to the other, or the rows were copied; take a copy out"
        )
        return [found("repeated_rows", "pass", saw, rows=keys, todo=todo, evidence=evidence)]
    return [found("repeated_rows", "fail", saw, rows=keys, evidence=evidence)]


def _of_one_entity(lines: Lines, a: Ints, b: Ints) -> bool:
    """Whether rows `a` are of as many entities, and each row of `b` is of that of its row of `a` at another time."""
    entity = lines.entity[a]
    alone = entity.min(initial=0) >= 0 and len(np.unique(entity)) == len(entity)
    return bool(alone and (entity == lines.entity[b]).all() and (lines.time[a] != lines.time[b]).all())


def _pairs(content: Ints, number: Ints) -> tuple[Ints, Ints]:
    """Return the places of the first and the second of rows whose content comes exactly twice."""
    order = np.lexsort((number, content))
    same = content[order][1:] == content[order][:-1]
    before, after = np.insert(same[:-1], 0, False), np.append(same[1:], False)
    pairs = np.flatnonzero(same & ~before & ~after)
    return order[pairs], order[pairs + 1]


def _dense(numbers: Ints, matched: Ints) -> tuple[int, int]:
    """Return the first and last row number of the longest stretch in which most of `numbers` are matched (sorted)."""
    place = np.searchsorted(numbers, matched)
    steps = np.diff(place)
    edges = np.concatenate([[0], np.flatnonzero(steps > 5) + 1, [len(place)]])
    best = (0, -1)
    for i, j in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        length = int(place[j - 1] - place[i]) + 1
        if (j - i) >= COVERED * length and j - i > best[1] - best[0]:
            best = (i, j)
    if best[1] < 0:
        return 1, 0
    return int(matched[best[0]]), int(matched[best[1] - 1])


def _bits(x: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Ints:
    return np.where(np.isnan(x), np.nan, x + 0.0).view(np.int64)


def _is_instant(x: np.ndarray[tuple[int], np.dtype[np.float64]]) -> bool:
    """Whether a column of seconds since 1970 lies within 1975 to 2100: instants move when a file is sent again."""
    there = x[np.isfinite(x)]
    return bool(len(there) and there.min() > 1.5e8 and there.max() < 4.2e9 and np.ptp(there) > 86_400)


def _content(columns: list[Ints]) -> Ints:
    """Return a number for each row that rows share when they agree in all columns (but for 1 chance in 2^64)."""
    out = np.zeros(len(columns[0]), dtype=np.uint64)
    factor, mix = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)
    with np.errstate(over="ignore"):
        for column in columns:
            out = (out ^ column.view(np.uint64)) * factor
            out ^= out >> np.uint64(29)
            out *= mix
    return out.view(np.int64)
