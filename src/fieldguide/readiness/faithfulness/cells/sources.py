"""Several sources report the same things: which of them to believe, where they contradict each other.

Each source is believed as far as it agrees with the others on the whole, and a value as far as the sources that
report it are believed; the two are found together (Dawid and Skene 1979; Yin, Han and Yu, TruthFinder 2008). Sources
copy from each other, so that ten equal reports are less than ten: the weight of a report is lowered.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fieldguide.readiness.faithfulness.cells.columns import Column, Floats, Ints
from fieldguide.readiness.faithfulness.cells.dependencies import agreement, grouped
from fieldguide.tables.names import snake

NAMED = re.compile(
    r"(^|_)(src|source|sources|site|website|web_site|feed|vendor|provider|reporter|system|channel|agency|database|"
    r"dataset|data_set|portal|aggregator|outlet|publisher|origin_system)(_|$)"
)
"""Names of columns that say who reported a row; those who rate or judge have opinions, and report no facts."""
STEPS, NEARLY_ALL = 11, 0.95
"""Numbers of no more steps than that, on nearly all rows, are ratings: reports that differ are opinions, none is wrong."""
ONCE = 0.98
"""Share of the pairs of thing and source that must occur once, for a source to report each thing once."""
LEAST_REPORTS = 3.0
LEAST_NAMED, MIDDLE_NAMED, LEAST_UNNAMED = 0.25, 0.4, 0.7
"""Agreement beyond chance on every, and on the middle, attribute of a thing; more where no column is named like a source."""
WRONG_VALUES = 10.0
"""Ways to be wrong that a source is taken to have."""
COPIED = 0.5
"""Weight of a report beside one of a source that copies from nobody."""
ROUNDS = 20
MOST_CERTAIN = 0.9


@dataclass(frozen=True)
class Reports:
    """Column `source` tells who reports, column `thing` on what, the columns `about` what is reported of it."""

    thing: int
    source: int
    about: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Believed:
    """Of one attribute: for each row the chance that its report is wrong, and the code of the value believed (-1: none).

    Where a row reports nothing, the chance is that of the believed value: what is missing is known.
    """

    wrong: Floats
    value: Ints
    sources: Floats
    """How far each source (by code) is believed."""


def reports(columns: Sequence[Column]) -> Reports | None:
    """Return who reports on what, None where no column looks like a source of reports on the same things."""
    rows = len(columns[0].codes) if columns else 0
    best: tuple[float, Reports] | None = None
    for s, source in enumerate(columns):
        distinct = int((source.counts > 0).sum())
        named = bool(NAMED.search(snake(source.name)))
        few = 3 <= distinct <= min(300, rows / 10)
        if not few or source.given < rows or (not named and source.share(source.numeric) > 0.5):
            continue
        for t, thing in enumerate(columns):
            things = int((thing.counts > 0).sum())
            if t == s or things < 5 or rows < LEAST_REPORTS * things or thing.given < rows:
                continue
            if len(np.unique(thing.codes * len(source.values) + source.codes)) < ONCE * rows:
                continue
            found = _attributes(columns, t, s, named)
            if found is not None and (best is None or found[0] > best[0]):
                best = found[0], Reports(t, s, found[1])
    return None if best is None else best[1]


def _attributes(
    columns: Sequence[Column], t: int, s: int, named: bool
) -> tuple[float, tuple[int, ...]] | None:
    """Return the mean agreement on what is reported, and of which columns; None where sources do not report the same."""
    thing, rows = columns[t], len(columns[t].codes)
    gains, about = [], []
    for y, column in enumerate(columns):
        distinct = int((column.counts > 0).sum())
        if y in (t, s) or distinct < 2 or distinct > 0.9 * rows or _rated(column):
            continue
        how = agreement(grouped(thing.codes, column.known, (len(thing.values), len(column.values))))
        if how is None:
            continue
        gains.append(how.gain)
        about.append(y)
    if not gains:
        return None
    enough = min(gains) >= (LEAST_NAMED if named else LEAST_UNNAMED)
    if not enough or np.median(gains) < MIDDLE_NAMED or (not named and len(gains) < 2):
        return None
    return float(np.mean(gains)), tuple(about)


def _rated(column: Column) -> bool:
    """Return whether a column holds ratings: numbers of three steps or more, and of few."""
    rows = np.sort(column.counts[column.numeric & ~column.absent])[::-1]
    total = int(column.counts[~column.absent].sum())
    return int((rows > 0).sum()) > 2 and int(rows[:STEPS].sum()) >= NEARLY_ALL * total


def believed(thing: Column, source: Column, attribute: Column) -> Believed:
    """Return what to believe of an attribute, by how far the sources agree over all things."""
    codes = attribute.known
    claims = np.flatnonzero(codes >= 0)
    width = len(attribute.values)
    pairs, at = np.unique(thing.codes[claims] * width + codes[claims], return_inverse=True)
    owner, who = pairs // width, source.codes[claims]
    things, sources = len(thing.values), len(source.values)
    made = np.maximum(np.bincount(who, minlength=sources), 1)
    trust = np.full(sources, 0.8)
    belief = np.zeros(len(pairs))
    for _ in range(ROUNDS):
        weight = COPIED * np.log(trust / (1 - trust) * WRONG_VALUES)
        score = np.bincount(at, weights=weight[who], minlength=len(pairs))
        top = np.full(things, 0.0)  # that none of the reports is right weighs as much as no report
        np.maximum.at(top, owner, score)
        raised = np.exp(score - top[owner])
        total = np.bincount(owner, weights=raised, minlength=things) + np.exp(-top)
        belief = raised / total[owner]
        right = np.bincount(who, weights=belief[at], minlength=sources)
        trust = np.clip((right + 4) / (made + 5), 0.05, 0.98)
    highest = np.zeros(things)
    np.maximum.at(highest, owner, belief)
    value = np.full(things, -1, dtype=np.int64)
    chosen = belief >= highest[owner]
    value[owner[chosen]] = (pairs % width)[chosen]
    wrong = np.zeros(len(codes))
    wrong[claims] = np.minimum(1 - belief[at], MOST_CERTAIN)
    silent = codes < 0
    several = np.bincount(owner, weights=np.bincount(at, minlength=len(pairs)), minlength=things) >= 2
    wrong[silent] = np.minimum(np.where(several, highest, 0.0)[thing.codes[silent]], MOST_CERTAIN)
    return Believed(wrong, value[thing.codes], trust)
