"""From a sample to all rows of a large table: where else what is suspect stands.

What a sample made suspect is counted over all rows by the engine, one query for a column or a dependency: the
column's values with their rows are judged anew, and so are the groups of a dependency that hold more than one value.
Columns and dependencies in which the sample saw nothing cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from fieldguide.readiness.faithfulness.cells import conflicts as conflict
from fieldguide.readiness.faithfulness.cells import evidence
from fieldguide.readiness.faithfulness.cells.chances import chance, log_odds
from fieldguide.readiness.faithfulness.cells.columns import Column, Ints
from fieldguide.readiness.faithfulness.cells.dependencies import (
    Dependency,
    Found,
    dependencies,
    grouped_counts,
)
from fieldguide.readiness.faithfulness.cells.rules import CERTAIN, ruled, usual_words
from fieldguide.readiness.faithfulness.cells.suspects import SHARP, THRESHOLD, Suspect

MOST_COLUMNS, MOST_DEPENDENCIES = 10, 5
"""Columns, and dependencies, that are judged anew, those with the most suspects first."""
OF_ROWS = ("consistent_columns", "swapped_fields")
"""Checks whose suspects are wrong in their row, not as a value."""
MOST_VALUES = 20_000
"""Values, or pairs of values, whose rows are listed."""

Placed = tuple[int, str, Suspect]
"""The number of a row in the source, its key, and what is suspect in it."""


@dataclass(frozen=True)
class Ask:
    """What the engine is asked of all rows.

    `counts` returns the values of a column with their rows, `mixed` the rows by (x0, x1 …, y) of those x of some
    columns with more than one y (columns x0 … , y, n), both None where there are too many; `rows` yields for some
    columns and combinations of their values which combination a row holds, its number, and its key.
    """

    counts: Callable[[str], Sequence[tuple[str, int]] | None]
    mixed: Callable[[Sequence[str], str], pa.Table | None]
    rows: Callable[[Sequence[str], Sequence[Sequence[str | None]]], Iterator[tuple[int, int, str]]]


def everywhere(ask: Ask, columns: Sequence[Column], found: Sequence[Placed], shift: float) -> list[Placed]:
    """Return the suspects of the sample and those like them in all rows; `shift` moves the odds as in the sample."""
    placed = {(row, s.column): (row, key, s) for row, key, s in found}
    known = dependencies(columns)
    by_value = [s.column for _, _, s in found if s.check not in OF_ROWS]
    words = usual_words(columns)
    for number in sorted(set(by_value), key=lambda c: (-by_value.count(c), c))[:MOST_COLUMNS]:
        for each in _of_values(ask, columns, known, number, shift, words):
            placed.setdefault((each[0], number), each)
    wanted = {s.column for _, _, s in found if s.witness == "group"}
    strong = sorted((d for d in known.dependencies if d.y in wanted), key=lambda d: -d.agreement.gain)
    for d in strong[:MOST_DEPENDENCIES]:
        for each in _of_groups(ask, columns, known, d, shift):
            placed.setdefault((each[0], d.y), each)
    return list(placed.values())


def _of_values(
    ask: Ask, columns: Sequence[Column], known: Found, number: int, shift: float, words: Set[str]
) -> Iterator[Placed]:
    name = columns[number].name
    counts = ask.counts(name)
    if counts is None:
        return
    texts, rows = tuple(text for text, _ in counts), np.array([n for _, n in counts], dtype=np.int64)
    full = Column(name, texts, np.zeros(0, dtype=np.int64), rows)
    _, ruled_out = ruled(replace(full, written=columns[number].written), words)
    odd = list(ruled_out.items())[:MOST_VALUES]
    for at, row, key in ask.rows([name], [(texts[code],) for code, _ in odd]):
        code, (by, one) = odd[at]
        yield row, key, Suspect(row, number, texts[code], one.instead, CERTAIN, by, one.why)
    codes, odds, better, witness, why = evidence.of_values(columns, known, number, full)
    likely = chance(odds + shift)
    kept = np.flatnonzero(likely >= THRESHOLD)[:MOST_VALUES].tolist()
    for at, row, key in ask.rows([name], [(texts[int(codes[i])],) for i in kept]):
        i = kept[at]
        text, instead = texts[int(codes[i])], texts[int(better[i])] if better[i] >= 0 else None
        yield row, key, Suspect(row, number, text, instead, float(likely[i]), witness[i], why[i])


def _of_groups(
    ask: Ask, columns: Sequence[Column], known: Found, d: Dependency, shift: float
) -> Iterator[Placed]:
    names, sample = [columns[x].name for x in d.parents], columns[d.y]
    pairs = ask.mixed(names, sample.name)
    if pairs is None or not len(pairs):
        return
    held, x_codes, texts = _coded(pairs, len(names), sample)
    y = Column(sample.name, tuple(texts), held[1], _rows_of(sample, held, len(texts)))
    gx, gy, rows = held[0], y.known, held[2]
    groups = grouped_counts(gx, gy, rows, (len(x_codes), len(texts)))
    company = np.append(known.company[d.y], np.zeros(len(texts) - len(sample.values)))
    here = groups.counted(gx, gy)
    odd = np.flatnonzero(conflict.is_odd(groups, gx, gy, here))
    if not len(odd):
        return
    about = conflict.About.of(columns, known)
    told = conflict.features(replace(d, groups=groups), y, company, about, gx[odd], gy[odd], here[odd])
    moved = np.where(conflict.sharp(told, groups.size[gx[odd]]), max(shift, SHARP), shift)
    likely = chance(log_odds("broken", conflict.FEATURES, told) + moved)
    kept = odd[np.flatnonzero(likely >= THRESHOLD)[:MOST_VALUES]].tolist()
    chances = dict(zip(odd.tolist(), likely.tolist(), strict=True))
    xs, ys = list(x_codes), pairs["y"].to_pylist()
    for at, row, key in ask.rows([*names, sample.name], [(*xs[int(gx[i])], ys[i]) for i in kept]):
        i = kept[at]
        g = int(gx[i])
        usual = y.values[int(groups.usual[g])]
        same = " and ".join(f"{name} {text!r}" for name, text in zip(names, xs[g], strict=True))
        why = f"{groups.most[g]:,} of {groups.size[g]:,} rows with {same} have {sample.name} {usual!r}"
        yield row, key, Suspect(row, d.y, ys[i], usual, chances[i], "group", why)


def _coded(
    pairs: pa.Table, parents: int, sample: Column
) -> tuple[tuple[Ints, Ints, Ints], Mapping[tuple[str, ...], int], list[str]]:
    """Return the codes of x and y and the rows of counted pairs, the x by their codes, and the texts of y."""
    x_codes: dict[tuple[str, ...], int] = {}
    y_codes = {text: i for i, text in enumerate(sample.values)}
    xs = zip(*(pairs[f"x{i}"].to_pylist() for i in range(parents)), strict=True)
    gx = np.array([x_codes.setdefault(x, len(x_codes)) for x in xs], dtype=np.int64)
    ys = pairs["y"].to_pylist()
    gy = np.array([-1 if y is None else y_codes.setdefault(y, len(y_codes)) for y in ys], dtype=np.int64)
    rows = np.asarray(pairs["n"].to_numpy(), dtype=np.int64)
    return (gx, gy, rows), x_codes, list(y_codes)


def _rows_of(sample: Column, held: tuple[Ints, Ints, Ints], size: int) -> Ints:
    """Return the rows of each y: those of the mixed groups, or of the sample where it saw more."""
    _, gy, rows = held
    counted = np.bincount(gy[gy >= 0], weights=rows[gy >= 0], minlength=size).astype(np.int64)
    return np.maximum(counted, np.append(sample.counts, np.zeros(size - len(sample.counts), dtype=np.int64)))
