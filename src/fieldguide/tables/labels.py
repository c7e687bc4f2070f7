"""The label as float64: 0 and 1 for yes and no, amounts and counts as they are; null where it is not known."""

from __future__ import annotations

from typing import Any

import ibis

from fieldguide.errors import ProgramError
from fieldguide.program import BinaryLabel, Label
from fieldguide.tables import engines as engine
from fieldguide.tables.typed import Cell, Column, number, text
from fieldguide.tables.written import NOTHING

MOST_VALUES = 8
MOST_DIFFERENT = 1_000
_ONE, _ZERO = (ibis.literal(value, "int8").cast("float64") for value in (1, 0))
_YES, _NO = ("1", "1.0", "true"), ("0", "0.0", "false")


def label_cell(column: Column, label: Label, *, part: bool = False) -> Cell:
    """Return the label of each row, or nothing where it is not known (yet).

    `part` says that the rows are a sample, in which a rare outcome may be missing.

    Raises ProgramError when a binary label holds other values than 0/1 or true/false and `positive=` does
    not say which of them means yes.
    """
    if not isinstance(label, BinaryLabel):
        return number(column)
    if column.given.type().is_boolean() and label.positive in (None, True):
        return number(column)  # true is 1: nothing needs to be looked up in the rows
    written = text(column)
    found = column.table.select(v=written).distinct().limit(MOST_DIFFERENT + 1)
    given = [value for value in engine.to_arrow(found)["v"].to_pylist() if value is not None]
    plain = {value: value.strip() for value in given if value.strip().lower() not in NOTHING}
    seen = sorted(set(plain.values()))
    if label.positive is None:
        yes, no = ([v for v, word in plain.items() if word.lower() in words] for words in (_YES, _NO))
        if len(yes) + len(no) < len(plain):
            raise _other_values(label, seen)
    else:
        wanted = _as_text(label.positive)
        yes = [
            v
            for v, word in plain.items()
            if wanted in (word, word.lower() if word.lower() in _YES + _NO else word)
        ]
        if plain and not yes and not part and len(given) <= MOST_DIFFERENT:
            raise ProgramError(
                f"BinaryLabel({label.name!r}, positive={label.positive!r}): that value does not occur in {column.place}; "
                f"the column holds {_list(seen)}."
            )
        if len(given) > MOST_DIFFERENT:
            raise _other_values(label, seen)
        no = [v for v in plain if v not in yes]
    return Cell(ibis.cases((written.isin(yes), _ONE), (written.isin(no), _ZERO), else_=None))


def _other_values(label: Label, seen: list[str]) -> ProgramError:
    if len(seen) > 2:
        return ProgramError(
            f"BinaryLabel({label.name!r}): the column holds {_list(seen)}; a binary label has two values. Say which "
            f"one means yes, as positive={seen[-1]!r}, or ask one question for each outcome: labels with more than "
            "two outcomes are not supported."
        )
    return ProgramError(
        f"BinaryLabel({label.name!r}): the column holds {_list(seen)}, neither 0 and 1 nor true and false; say which "
        f"one means yes: {' or '.join(f'positive={value!r}' for value in seen[:4])}."
    )


def _list(seen: list[str]) -> str:
    shown = ", ".join(repr(value) for value in seen[:MOST_VALUES])
    return shown + (" …" if len(seen) > MOST_VALUES else "")


def likely_yes(seen: list[str]) -> str:
    """Return which of the values of a label likely means yes, the last in doubt."""
    for value in seen:
        if value.lower() in ("yes", "y", "t", "positive", "p", "good", "back", "success", "ok"):
            return value
    return seen[-1]


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
