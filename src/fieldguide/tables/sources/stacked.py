"""Several files as one table: by the names of their columns, whatever their order.

What a file lacks is null there. Names that differ by case or spaces only are one column. Where a column is of
different types, numbers become the wider type and anything beside text becomes text; types that have nothing in
common are an error that names the files.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import ibis

from fieldguide.errors import DataError
from fieldguide.tables import engines as engine
from fieldguide.tables.sources.rows import MOST_SHOWN, Rows, listed
from fieldguide.tables.typed import Column, text

MOST_AT_ONCE = 20


def stacked(pieces: Sequence[Rows], given: str) -> Rows:
    """Return the rows of several files below one another; each piece is of one file.

    Raises DataError when a column is of types that have nothing in common.
    """
    if len(pieces) == 1:
        return pieces[0]
    names = [piece.details[0].name for piece in pieces]
    spelled, notes = _spelling(pieces, names)
    renamed = [
        piece.table.rename({spelled[c]: c for c in piece.table.columns if spelled[c] != c})
        for piece in pieces
    ]
    kinds, more = _kinds(renamed, names, given)
    notes += [*more, *_missing(renamed, names, list(kinds))]
    table = renamed[0].select(**_aligned(renamed[0], kinds, given))
    for i, other in enumerate(renamed[1:], 1):
        table = ibis.union(table, other.select(**_aligned(other, kinds, given)), distinct=False)
        if i % MOST_AT_ONCE == 0:
            table = engine.materialize(table)
    rejects = sorted(
        (r for piece in pieces for r in piece.rejects), key=lambda r: (names.index(r.file), r.line)
    )
    decimals = {piece.decimal for piece in pieces}
    told = [f"{name}: {note}" for piece, name in zip(pieces, names, strict=True) for note in piece.notes]
    return Rows(
        table,
        files=tuple(f for piece in pieces for f in piece.files),
        rejects=tuple(rejects[:MOST_SHOWN]),
        rejected=sum(piece.rejected for piece in pieces),
        find=_finder(pieces, spelled) if all(piece.find for piece in pieces) else None,
        details=tuple(d for piece in pieces for d in piece.details),
        notes=(*notes, *told),
        written=all(piece.written for piece in pieces),
        decimal=decimals.pop() if len(decimals) == 1 else None,
    )


def _spelling(pieces: Sequence[Rows], names: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Return how each name of a column is spelled in the whole table: as in the first file that has it."""
    first: dict[str, str] = {}
    spelled: dict[str, str] = {}
    where: dict[str, str] = {}
    for piece, name in zip(pieces, names, strict=True):
        folded = [_folded(c) for c in piece.table.columns]
        for column, plain in zip(piece.table.columns, folded, strict=True):
            if folded.count(plain) > 1:
                plain = column
            spelled.setdefault(column, first.setdefault(plain, column))
            where.setdefault(column, name)
    notes = [
        f"{column!r} in {where[column]} is taken for {to!r}, as it is called in {where[to]}: they differ by case or spaces only"
        for column, to in spelled.items()
        if column != to
    ]
    return spelled, notes


def _folded(name: str) -> str:
    return "_".join(name.replace("_", " ").split()).casefold()


def _kinds(
    tables: Sequence[ibis.Table], names: Sequence[str], given: str
) -> tuple[dict[str, Any], list[str]]:
    """Return the type of each column of the whole table."""
    found: dict[str, dict[Any, str]] = defaultdict(dict)
    for table, name in zip(tables, names, strict=True):
        for column, kind in table.schema().items():
            found[column].setdefault(kind.copy(nullable=True), name)
    kinds: dict[str, Any] = {}
    notes = []
    for column, here in found.items():
        if len(here) == 1:
            kinds[column] = next(iter(here))
            continue
        kinds[column] = _common(list(here))
        told = " and ".join(f"{kind} in {name}" for kind, name in here.items())
        if kinds[column] is None:
            raise DataError(f"{given}: the column {column!r} is {told}; expected one type: make them equal.")
        notes.append(f"the column {column!r} is {told}; read as {kinds[column]}")
    return kinds, notes


def _common(kinds: Sequence[Any]) -> Any:
    """Return the type that holds all of some types, None where there is none."""
    import ibis.expr.datatypes as dt

    if all(kind.is_integer() for kind in kinds):
        return dt.int64
    if all(kind.is_numeric() for kind in kinds):
        return dt.float64
    if all(kind.is_date() or (kind.is_timestamp() and kind.timezone is None) for kind in kinds):
        return engine.WALL_CLOCK
    if all(kind.is_timestamp() and kind.timezone is not None for kind in kinds):
        return engine.INSTANT
    if any(kind.is_string() for kind in kinds) and not any(
        kind.is_nested() or kind.is_binary() for kind in kinds
    ):
        return dt.string
    return None


def _aligned(table: ibis.Table, kinds: Mapping[str, Any], given: str) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, kind in kinds.items():
        if name not in table.columns:
            made[name] = ibis.literal(None, kind)
        elif table[name].type().copy(nullable=True) == kind:
            made[name] = table[name]
        elif kind.is_string():
            made[name] = text(Column(table, name, given))
        else:
            made[name] = table[name].cast(kind)
    return made


def _missing(tables: Sequence[ibis.Table], names: Sequence[str], columns: Sequence[str]) -> list[str]:
    """Say which columns are missing in which files."""
    lacking: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for column in columns:
        without = tuple(
            name for table, name in zip(tables, names, strict=True) if column not in table.columns
        )
        if without:
            lacking[without].append(column)
    notes = []
    for files, missing in lacking.items():
        where = f"{len(files)} of {len(names)} files ({listed(files, 3)})" if len(files) > 1 else files[0]
        notes.append(
            f"{listed(missing)} {'are' if len(missing) > 1 else 'is'} missing in {where}, and null there"
        )
    return notes


def _finder(pieces: Sequence[Rows], spelled: Mapping[str, str]) -> Any:
    def find(wanted: Mapping[str, Collection[str]]) -> Iterator[tuple[str, int, str, str]]:
        for piece in pieces:
            own = {c: wanted[spelled[c]] for c in piece.table.columns if spelled[c] in wanted}
            if own and piece.find is not None:
                for file, line, column, found in piece.find(own):
                    yield file, line, spelled[column], found

    return find
