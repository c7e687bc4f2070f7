"""The columns that a program names in its sources, and whether they are there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from fieldguide.errors import ProgramError, suggest
from fieldguide.program import Feature, Label, Program, raw_columns
from fieldguide.tables.sources.rows import Rows


@dataclass(frozen=True)
class Needed:
    """The columns that a program names in its main source, beside the raw columns."""

    raw: tuple[Feature, ...]
    key: tuple[str, ...]
    time: str | None
    entity: str | None
    weight: str | None
    label: Label
    required: frozenset[str]

    @staticmethod
    def of(program: Program, *, labeled: bool) -> Needed:
        """Return the columns of a program; with `labeled`, all that are named must be there."""
        source, raw = program.source, raw_columns(program)
        single = [
            source.time,
            source.entity,
            source.weight,
            program.label.name or None,
            program.label.known_at,
        ]
        named = {*source.keys, *(name for name in single if name is not None)}
        return Needed(
            raw, source.keys, source.time, source.entity, source.weight, program.label,
            frozenset(named if labeled else ()),
        )  # fmt: skip


def check_columns(
    program: Program, needed: Needed, place: str, main: Rows, joined: Sequence[Rows], joins: bool
) -> None:
    """Raise ProgramError naming the declared columns that are in no source, with what there is."""
    source = program.source
    if joins and source.joins and source.time is None:
        raise ProgramError(
            "Source(joins=…) lacks time=: a joined row is looked up by the time of the prediction."
        )
    everywhere = {*main.table.columns, *(name for j in joined for name in j.table.columns)}
    raw = {f.name for f in needed.raw}
    _missing(
        [*(n for n in raw if n not in everywhere)],
        everywhere,
        place + " and its joins" if joined else place,
        [f.name for f in needed.raw],
    )
    _missing([n for n in needed.required if n not in main.table.columns], main.table.columns, place)
    for join, found in zip(source.joins if joins else (), joined, strict=True):
        _missing([n for n in join.keys if n not in main.table.columns], main.table.columns, place)
        named = [*join.keys, join.as_of]
        _missing([n for n in named if n not in found.table.columns], found.table.columns, join.source.place)


def _missing(names: Collection[str], there: Collection[str], place: str, order: Sequence[str] = ()) -> None:
    if not names:
        return
    listed = [n for n in order if n in names] or sorted(names)
    near = [close for name in listed if (close := suggest(name, there))]
    meant = [text.split("'")[1] for text in near]
    told = f" Did you mean {meant}?" if meant else ""
    known = ", ".join(sorted(there)[:40])
    raise ProgramError(f"columns were not found: {listed}.{told} {place} has: {known}.")
