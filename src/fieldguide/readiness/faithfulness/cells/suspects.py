"""The suspect cells of a table: which, how likely wrong, what should stand there, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fieldguide.readiness.faithfulness.cells import evidence as gathered
from fieldguide.readiness.faithfulness.cells import sources
from fieldguide.readiness.faithfulness.cells.chances import chance, log_odds, moved
from fieldguide.readiness.faithfulness.cells.columns import Column, Flags, Ints
from fieldguide.readiness.faithfulness.cells.conflicts import sharp
from fieldguide.readiness.faithfulness.cells.evidence import WITNESSES, Evidence
from fieldguide.readiness.faithfulness.cells.exceptions import explained
from fieldguide.readiness.faithfulness.cells.rules import CERTAIN, ruled, usual_words
from fieldguide.readiness.faithfulness.cells.sources import Reports
from fieldguide.readiness.faithfulness.cells.swapped import swapped

THRESHOLD = 0.7
"""Chance from which a cell is suspect."""
SHARP = 0.5
"""By how much the odds of a cell in a sharp conflict are moved at least (see `chances.moved`, `conflicts.sharp`): a
dependency that holds on nearly all rows speaks for itself, however few of the table's other suspects are wrong."""
CHECK_OF = {
    "group": "consistent_columns",
    "determinant": "consistent_columns",
    "source": "consistent_columns",
    "spelling": "spelled_alike",
    "token": "spelled_alike",
    "shape": "cell_formats",
    "word": "cell_formats",
    "layout": "cell_formats",
    "mask": "cell_formats",
    "zeros": "cell_formats",
    "again": "spelled_alike",
    "swapped": "swapped_fields",
    "number": "cell_numbers",
}
"""Which check tells of a suspect, by its main witness."""


@dataclass(frozen=True)
class Suspect:
    """A cell that is likely wrong: its row (from 0, in the table looked at), column, text, and what should stand there.

    `chance` is that of being wrong; `witness` is who says most, `why` its reason in words.
    """

    row: int
    column: int
    text: str | None
    instead: str | None
    chance: float
    witness: str
    why: str

    @property
    def check(self) -> str:
        """The check that tells of it."""
        return CHECK_OF[self.witness]


def suspects(columns: Sequence[Column], threshold: float = THRESHOLD) -> list[Suspect]:
    """Return the cells that are wrong with at least that chance, the likeliest first. Nothing is configured.

    >>> from fieldguide.readiness.faithfulness.cells.columns import columns_of
    >>> import pyarrow as pa
    >>> city = ["Springfield", "Shelbyville", "Ogdenville"] * 40
    >>> code = ["SPR", "SHE", "OGD"] * 40
    >>> city[7] = "Shelbyvile"
    >>> [(s.row, s.text, s.instead) for s in suspects(columns_of(pa.table({"city": city, "code": code})))]
    [(7, 'Shelbyvile', 'Shelbyville')]
    """
    return judged(columns, threshold)[0]


def judged(columns: Sequence[Column], threshold: float = THRESHOLD) -> tuple[list[Suspect], float]:
    """Return the suspects, and by how much the odds of this table's cells were moved (see `chances.moved`)."""
    if not columns or not len(columns[0].codes):
        return [], 0.0
    evidence = gathered.gather(columns)
    reported = sources.reports(columns)
    found, shift = _by_evidence(evidence, threshold, () if reported is None else reported.about)
    if reported is not None:
        found += _by_sources(columns, reported, threshold)
    found = _with_rules(columns, found)
    return sorted(found, key=lambda s: (-s.chance, s.row, s.column)), shift


def _by_evidence(evidence: Evidence, threshold: float, without: Sequence[int]) -> tuple[list[Suspect], float]:
    columns, width = evidence.columns, len(evidence.columns)
    joined = gathered.joined(evidence)
    kept = ~np.isin(joined.cells % width, list(without))
    cells, instead, main = joined.cells[kept], joined.instead[kept], joined.main[kept]
    odds = log_odds("joint", gathered.JOINT, joined.features[kept])
    shift = moved(odds)
    chances = chance(
        odds
        + np.where((main == WITNESSES.index("group")) & _sharp(evidence, cells), max(shift, SHARP), shift)
    )
    chances[
        (main != WITNESSES.index("shape")) & explained(columns, evidence.found)[cells // width, cells % width]
    ] = 0.0
    found = []
    for i in np.flatnonzero(chances >= threshold).tolist():
        row, number = divmod(int(cells[i]), width)
        column, witness = columns[number], evidence.witnesses[int(main[i])]
        code, better = int(column.codes[row]), int(instead[i])
        place = int(np.searchsorted(witness.cells, cells[i]))
        found.append(
            Suspect(
                row, number, column.values[code] if code >= 0 else None, column.values[better] if better >= 0 else None,
                float(chances[i]), WITNESSES[int(main[i])], witness.why(place),
            )
        )  # fmt: skip
    return found, shift


def _sharp(evidence: Evidence, cells: Ints) -> Flags:
    against = evidence.conflicts
    at = np.flatnonzero(sharp(against.features, against.size))
    return np.isin(cells, against.row[at] * len(evidence.columns) + against.y[at])


def _with_rules(columns: Sequence[Column], found: Sequence[Suspect]) -> list[Suspect]:
    """Return suspects with the cells that a rule accuses, and without those that a rule for their column clears."""
    kept, words = list(found), usual_words(columns)
    for number, column in enumerate(columns):
        told, odd = ruled(column, words)
        if not odd:
            continue
        cleared: set[tuple[str, str | None]] = {("shape", column.values[code]) for code in told.usual}
        cleared |= {("spelling", one.instead) for _, one in odd.values()}
        kept = [s for s in kept if s.column != number or (s.witness, s.text) not in cleared]
        known = {s.row for s in kept if s.column == number}
        for row in np.flatnonzero(np.isin(column.codes, list(odd))).tolist():
            if row not in known:
                code = int(column.codes[row])
                witness, one = odd[code]
                kept.append(Suspect(row, number, column.values[code], one.instead, CERTAIN, witness, one.why))
    return kept + _swapped(columns, {(s.row, s.column) for s in kept})


def _swapped(columns: Sequence[Column], known: set[tuple[int, int]]) -> list[Suspect]:
    found = []
    for pair in swapped(columns):
        for row in pair.rows.tolist():
            for here, there in ((pair.a, pair.b), (pair.b, pair.a)):
                if (row, here) in known:
                    continue
                known.add((row, here))
                text, other = (columns[c].values[int(columns[c].codes[row])] for c in (here, there))
                why = f"it belongs to {columns[there].name}, and what stands there to {columns[here].name}"
                found.append(Suspect(row, here, text, other, CERTAIN, "swapped", why))
    return found


def _by_sources(columns: Sequence[Column], reported: Reports, threshold: float) -> list[Suspect]:
    thing, source, found = columns[reported.thing], columns[reported.source], []
    for number in reported.about:
        column = columns[number]
        told = sources.believed(thing, source, column)
        for row in np.flatnonzero(told.wrong >= threshold).tolist():
            code, better = int(column.codes[row]), int(told.value[row])
            if better < 0 or code == better:
                continue
            why = _sources_say(columns, reported, column, row, better)
            text = column.values[code] if code >= 0 else None
            found.append(
                Suspect(row, number, text, column.values[better], float(told.wrong[row]), "source", why)
            )
    return found


def _sources_say(columns: Sequence[Column], reported: Reports, column: Column, row: int, better: int) -> str:
    thing, source = columns[reported.thing], columns[reported.source]
    same = thing.codes == thing.codes[row]
    say, report = int((same & (column.codes == better)).sum()), int((same & (column.known >= 0)).sum())
    who = source.values[int(source.codes[row])]
    return (
        f"{say} of the {report} reports on {thing.name} {thing.values[int(thing.codes[row])]!r} say "
        f"{column.values[better]!r}, weighed by how often each {source.name} is right; this one is by {who!r}"
    )
