"""From columns as they came to canonical columns: float64, string, instants in UTC, boolean.

Where text is parsed, a value that cannot be read becomes null and is counted (a Reject), never guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import ibis

from fieldguide.errors import ProgramError
from fieldguide.tables.clocks import to_instant, years_of
from fieldguide.tables.engines import duckdb as engine

NOTHING = ("", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "-", "?", ".")
"""Texts, whatever their case, that mean a missing value where a number, an instant or a truth is declared."""
TRUE, FALSE = ("true", "t", "yes", "y", "1", "1.0"), ("false", "f", "no", "n", "0", "0.0")


@dataclass(frozen=True)
class Cell:
    """A canonical column.

    `text` is what it was parsed from (None: nothing could go wrong), `reason` what a value is that could not
    be, `column` the name of the column it came in.
    """

    value: Any
    text: Any = None
    reason: str = ""
    column: str = ""


@dataclass(frozen=True)
class Column:
    """A column as it came, with what messages call its source."""

    table: ibis.Table
    name: str
    place: str

    @property
    def given(self) -> Any:
        """The column as an expression."""
        return self.table[self.name]


def number(column: Column) -> Cell:
    """Return a float64: numbers as they are, truths as 0 and 1, text parsed."""
    x = column.given
    kind = x.type()
    if kind.is_boolean():
        return Cell(x.cast("int8").cast("float64"))
    if kind.is_numeric():
        return Cell(x.cast("float64"))
    if kind.is_string():
        plain = _something(x)
        return Cell(plain.try_cast("float64"), plain, "not a number", column.name)
    raise _wrong_kind(column, "a number", "fg.Number")


def category(column: Column) -> Cell:
    """Return text; whole numbers without a decimal point."""
    return Cell(text(column, "fg.Category"))


def boolean(column: Column) -> Cell:
    """Return true or false: 0 and 1, yes and no, t and f are read as well."""
    x = column.given
    kind = x.type()
    reason = "neither true nor false"
    if kind.is_boolean():
        return Cell(x)
    if kind.is_numeric():
        value = ibis.cases((x == 1, ibis.literal(True)), (x == 0, ibis.literal(False)), else_=None)
        return Cell(value, x.cast("string"), reason, column.name)
    if kind.is_string():
        plain = _something(x)
        low = plain.lower()
        value = ibis.cases(
            (low.isin(TRUE), ibis.literal(True)), (low.isin(FALSE), ibis.literal(False)), else_=None
        )
        return Cell(value, plain, reason, column.name)
    raise _wrong_kind(column, "true or false", "fg.Boolean")


def timestamp(column: Column, zone: str) -> Cell:
    """Return an instant in UTC; a naive time is read in `zone`.

    Text is ISO 8601: 2013-01-31, 2013-01-31 17:00, with seconds, with an offset or Z.
    """
    x = column.given
    kind = x.type()
    if kind.is_timestamp() and kind.timezone is not None:
        return Cell(x.cast(engine.INSTANT))
    if kind.is_timestamp() or kind.is_date():
        clock = engine.clock_microseconds(x.cast(engine.WALL_CLOCK))
        return Cell(engine.instant_at(_instant(column.table, clock, zone)))
    if kind.is_string():
        plain = _something(x)
        dated = plain.re_search(r"^\d{4}-\d{1,2}-\d{1,2}")
        aware = plain.re_search(r":\d{2}(\.\d+)?\s*(Z|z|UTC|[+-]\d{2}(:?\d{2})?)$")
        clock = engine.clock_microseconds(
            ibis.ifelse(dated & ~aware, plain.try_cast(engine.WALL_CLOCK), None)
        )
        known = engine.microseconds(ibis.ifelse(dated & aware, plain.try_cast(engine.INSTANT), None))
        us = ibis.ifelse(aware, known, _instant(column.table, clock, zone))
        return Cell(engine.instant_at(us), plain, "no date and time such as 2013-01-31 17:00", column.name)
    if kind.is_numeric():
        raise ProgramError(
            f"{column.name!r} in {column.place} holds numbers; an instant was expected: give timestamps or text as "
            "2013-01-31 17:00 (seconds and milliseconds cannot be told apart safely)."
        )
    raise _wrong_kind(column, "an instant", "fg.Timestamp")


def text(column: Column, word: str = "") -> Any:
    """Return a column of names or keys as text, as `contract` writes it.

    Whole numbers have no decimal point, instants are ISO 8601 in UTC, truths are true and false.
    """
    x = column.given
    kind = x.type()
    if kind.is_string():
        return x
    if kind.is_floating() or kind.is_decimal():
        x = x.cast("float64")
        whole = (x == x.floor()) & (x.abs() < 2.0**53)
        return ibis.ifelse(whole, ibis.ifelse(whole, x, None).cast("int64").cast("string"), x.cast("string"))
    if kind.is_timestamp() and kind.timezone is not None:
        return _iso(engine.wall_clock_utc(engine.microseconds(x.cast(engine.INSTANT)))).concat("+00:00")
    if kind.is_timestamp():
        return _iso(x.cast(engine.WALL_CLOCK))
    if kind.is_nested() or kind.is_binary():
        raise _wrong_kind(column, "text", word or "a key")
    return x.cast("string")


KINDS: dict[str, Callable[[Column, str], Cell]] = {
    "number": lambda column, zone: number(column),
    "category": lambda column, zone: category(column),
    "boolean": lambda column, zone: boolean(column),
    "timestamp": timestamp,
}


def cell(column: Column, kind: str, zone: str) -> Cell:
    """Return the canonical column of a kind ("number", "category", "boolean", "timestamp")."""
    return KINDS[kind](column, zone)


def key(columns: Sequence[Column]) -> Any:
    """Return the key: several columns are joined by |, nothing if one of them is nothing."""
    texts = [text(column) for column in columns]
    joined = texts[0]
    for each in texts[1:]:
        joined = joined + "|" + each
    return joined


def _iso(clock: Any) -> Any:
    fraction = engine.clock_microseconds(clock) % 1_000_000
    whole = clock.strftime("%Y-%m-%dT%H:%M:%S")
    return ibis.ifelse(fraction == 0, whole, clock.strftime("%Y-%m-%dT%H:%M:%S.%f"))


def _something(x: Any) -> Any:
    plain = x.strip()
    return ibis.ifelse(plain.lower().isin(NOTHING), None, plain)


def _instant(table: ibis.Table, clock: Any, zone: str) -> Any:
    return clock if zone == "UTC" else to_instant(clock, zone, years_of(table, clock))


def _wrong_kind(column: Column, expected: str, word: str) -> ProgramError:
    return ProgramError(
        f"{column.name!r} in {column.place} holds {column.given.type()}; {expected} was expected by {word}: "
        "declare another kind, or give the column another type."
    )
