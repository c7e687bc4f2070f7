"""draw: from a source's rows as they came to a sample of them, by what the program declares of the source."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import ibis

from fieldguide.errors import DataError, ProgramError, UsageError, suggest
from fieldguide.program import Program
from fieldguide.tables import engines as engine
from fieldguide.tables.labels import label_cell
from fieldguide.tables.sample import By, Rates, Strata, bottom, rates_for, rows_of, sample, strata
from fieldguide.tables.typed import Column, key, number, prepared, text

BESIDE = ("__entity", "__key", "__label", "__weight", "__entity_share", "__inclusion")
"""What stands beside the columns of the source in a drawn table."""


@dataclass(frozen=True)
class Wanted:
    """How much is wanted: about a share of the rows, or exactly so many entities of each stratum.

    `negatives` is the share of the negative rows that is kept within kept entities. `even` gives every entity
    the same probability, so that counts and shares of the sample read as those of all rows.

    Raises UsageError for anything else than one of share and entities, or a share that is none.
    """

    share: float | None = None
    entities: int | None = None
    negatives: float = 1.0
    even: bool = False

    def __post_init__(self) -> None:
        if (self.share is None) == (self.entities is None):
            raise UsageError(
                "a sample is asked for by one of two: a share of the rows, or a number of entities."
            )
        if self.share is not None:
            Rates(self.share, self.share, self.negatives)
        elif self.negatives != 1.0:
            raise UsageError(
                "exactly so many entities come with all their rows; negatives= goes with share=."
            )


@dataclass(frozen=True, eq=False)
class Drawn:
    """The sampled rows as they came, stored, with the columns BESIDE; what there was, what was kept, at which rates.

    `rates` are the probabilities of the strata's entities, also where their number was given.
    """

    table: ibis.Table
    by: By
    rates: Rates
    whole: Strata
    kept: Strata

    @property
    def share(self) -> float:
        """The share of the rows that was kept."""
        return self.kept.rows / self.whole.rows


def draw(program: Program, table: ibis.Table, wanted: Wanted) -> Drawn:
    """Return a sample of the program's main source, given as it came.

    Whole entities where the source has an entity, else rows by their key, else by their content. The strata
    are entities with and without a positive label where the label is yes or no, or a count; others make one.

    Raises ProgramError when a declared column is not there, DataError when nothing is kept.
    """
    t, by = _identified(program, table)
    whole = strata(t, by)
    stratified = by.label is not None and bool(whole.positive.rows and whole.other.rows)
    if wanted.entities is not None:
        found = bottom(t, by, (wanted.entities, wanted.entities))
        rates = Rates(found.share(True), found.share(False))
        chosen = rows_of(t, by, found)
    else:
        assert wanted.share is not None
        rates = Rates(wanted.share, wanted.share) if wanted.even else rates_for(wanted.share, whole)
        rates = replace(rates, negatives=wanted.negatives if stratified else 1.0)
        chosen = sample(t, by, rates)
    chosen = engine.materialize(chosen.select(*table.columns, *BESIDE))
    kept = strata(chosen, By("__entity" if by.entity else None, "__key", by.label))
    if not kept.rows:
        asked = f"a share of {wanted.share:g}" if wanted.share is not None else f"{wanted.entities} entities"
        raise DataError(
            f"{asked} of {program.source.place} keeps none of its {whole.rows:,} rows; take a larger share."
        )
    return Drawn(chosen, by, rates, whole, kept)


def _identified(program: Program, table: ibis.Table) -> tuple[ibis.Table, By]:
    """Return the rows with entity, key, label and weight beside them, and which of these there are."""
    source, label = program.source, program.label
    declared = [*source.keys, *(name for name in (source.entity, source.weight) if name is not None)]
    classed = label.kind in ("binary", "count")
    for name in [*declared, *([label.name] if classed else [])]:
        if name not in table.columns:
            raise ProgramError(
                f"columns were not found: [{name!r}].{suggest(name, table.columns)} {source.place} has: "
                f"{', '.join(table.columns[:40])}."
            )
    amounts = [name for name in (source.weight, label.name if classed else None) if name is not None]
    ready = prepared(table, [(name, "number") for name in amounts])
    here = {name: Column(ready, name, source.place) for name in table.columns}
    one = ibis.literal("1").cast("float64")
    beside: dict[str, Any] = {
        "__entity": text(here[source.entity]) if source.entity is not None else ibis.null("string"),
        "__key": key([here[name] for name in source.keys]) if source.keys else ibis.null("string"),
        "__label": label_cell(here[label.name], label).value if classed else ibis.null("float64"),
        "__weight": number(here[source.weight]).value.fill_null(one) if source.weight is not None else one,
    }
    by = By(
        "__entity" if source.entity is not None else None,
        "__key" if source.keys else None,
        "__label" if classed else None,
    )
    return ready.select(*table.columns, **beside), by
