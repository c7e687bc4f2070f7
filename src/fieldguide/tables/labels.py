"""The label as float64: 0 and 1 for yes and no, amounts and counts as they are; null where it is not known."""

from __future__ import annotations

from typing import Any

import ibis

from fieldguide.errors import ProgramError
from fieldguide.program import BinaryLabel, Label
from fieldguide.tables.engines import duckdb as engine
from fieldguide.tables.typed import NOTHING, Cell, Column, number, text

MOST_VALUES = 8
_ONE, _ZERO = (ibis.literal(value, "int8").cast("float64") for value in (1, 0))
_YES, _NO = ("1", "1.0", "true"), ("0", "0.0", "false")


def label_cell(column: Column, label: Label) -> Cell:
    """Return the label of each row, or nothing where it is not known (yet).

    Raises ProgramError when a binary label holds other values than 0/1 or true/false and `positive=` does
    not say which of them means yes.
    """
    if not isinstance(label, BinaryLabel):
        return number(column)
    if column.given.type().is_boolean() and label.positive is None:
        return number(column)
    written = _written(column)
    if label.positive is not None:
        wanted = _as_text(label.positive)
        yes = written.lower() == wanted.lower() if wanted.lower() in ("true", "false") else written == wanted
        value = ibis.ifelse(written.isnull(), None, ibis.ifelse(yes, _ONE, _ZERO))
        seen = _seen(column, written)
        if seen and not any(value in (wanted, wanted.lower()) for value in seen) and not _occurs(column, yes):
            raise ProgramError(
                f"BinaryLabel({label.name!r}, positive={label.positive!r}): that value does not occur in {column.place}; "
                f"the column holds {_list(seen)}."
            )
        return Cell(value)
    low = written.lower()
    known = ibis.cases((low.isin(_YES), _ONE), (low.isin(_NO), _ZERO), else_=None)
    if _occurs(column, written.notnull() & known.isnull()):
        seen = _seen(column, written)
        if len(seen) > 2:
            raise ProgramError(
                f"BinaryLabel({label.name!r}): the column holds {_list(seen)}; a binary label has two values. Say which "
                f"one means yes, as positive={seen[-1]!r}, or ask one question for each outcome: labels with more than "
                "two outcomes are not supported."
            )
        raise ProgramError(
            f"BinaryLabel({label.name!r}): the column holds {_list(seen)}, neither 0 and 1 nor true and false; say which "
            f"one means yes, as positive={_likely(seen)!r}."
        )
    return Cell(known)


def _written(column: Column) -> Any:
    """The label as trimmed text, nothing where it is missing."""
    plain = text(column).strip()
    return ibis.ifelse(plain.lower().isin(NOTHING), None, plain)


def _seen(column: Column, written: Any) -> list[str]:
    found = (
        column.table.select(v=written)
        .filter(ibis._.v.notnull())
        .distinct()
        .order_by("v")
        .limit(MOST_VALUES + 1)
    )
    return [str(value) for value in engine.to_arrow(found)["v"].to_pylist()]


def _occurs(column: Column, condition: Any) -> bool:
    return not engine.first_row_missing(column.table.select(c=condition).filter(ibis._.c))


def _list(seen: list[str]) -> str:
    shown = ", ".join(repr(value) for value in seen[:MOST_VALUES])
    return shown + (" …" if len(seen) > MOST_VALUES else "")


def _likely(seen: list[str]) -> str:
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
