"""From columns as they came to canonical columns: float64, string, instants in UTC, boolean.

Where text is parsed, a value that cannot be read becomes null and is counted (a Reject), never guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis

from fieldguide.errors import ProgramError
from fieldguide.tables import engines as engine
from fieldguide.tables.clocks import to_instant, years_of
from fieldguide.tables.written import NOTHING, Numbers, Times, Written, as_clock, as_number

TRUE, FALSE = ("true", "t", "yes", "y", "1", "1.0"), ("false", "f", "no", "n", "0", "0.0")
CALENDAR = (-62_135_596_800_000_000, 253_402_300_799_999_999)
"""The first and last microsecond since 1970 of the years 1 to 9999: beyond, no library knows a date."""


@dataclass(frozen=True)
class Cell:
    """A canonical column.

    `wrong` is true where something was given that could not be read (None: nothing could go wrong),
    `reason` says what such a value is, `column` is the name of the column it came in.
    """

    value: Any
    wrong: Any = None
    reason: str = ""
    column: str = ""


@dataclass(frozen=True)
class Column:
    """A column as it came, with what messages call its source.

    The table is a `prepared` one: what is costly to parse stands in columns of its own, since the engine
    would parse again wherever the same expression is used.
    """

    table: ibis.Table
    name: str
    place: str

    @property
    def given(self) -> Any:
        """The column as an expression."""
        return self.table[self.name]

    def parsed(self, kind: str) -> Any:
        """What `prepared` made of it."""
        return self.table[_prepared_name(self.name, kind)]

    def knows(self, kind: str) -> bool:
        """Whether `prepared` made something of that kind of it."""
        return _prepared_name(self.name, kind) in self.table.columns


def prepared(
    table: ibis.Table,
    wanted: Iterable[tuple[str, str]],
    ways: Mapping[tuple[str, str], Written] | None = None,
) -> ibis.Table:
    """Return the table with a column beside each (name, kind) that must be parsed before it can be used.

    Texts become numbers where a number is wanted; where an instant is wanted, texts, dates and naive times
    become microseconds on the wall clock, texts with an offset those in UTC. `ways` are the ways of writing
    that were proved of some columns.
    """
    made: dict[str, Any] = {}
    for name, kind in wanted:
        if name not in table.columns:
            continue
        x = table[name]
        way = (ways or {}).get((name, kind))
        if kind == "number" and x.type().is_string():
            made[_prepared_name(name, kind)] = (
                as_number(x, way) if isinstance(way, Numbers) else x.try_cast("float64")
            )
        elif kind == "timestamp" and isinstance(way, Times):
            clock, aware, offset = as_clock(x, way)
            made[_prepared_name(name, kind)] = clock
            made[_prepared_name(name, "aware")] = aware
            made[_prepared_name(name, "absolute")] = clock - offset
        elif kind == "timestamp" and x.type().is_string():
            made[_prepared_name(name, "aware")] = ibis.ifelse(
                x.length() <= 10, False, x.strip().re_search(_AWARE)
            )
            made[_prepared_name(name, kind)] = engine.clock_microseconds(x.try_cast(engine.WALL_CLOCK))
        elif kind == "timestamp" and (x.type().is_date() or _naive(x.type())):
            made[_prepared_name(name, kind)] = engine.clock_microseconds(x.cast(engine.WALL_CLOCK))
    return table.mutate(**made) if made else table


_AWARE = r":\d{2}(\.\d+)?\s*(Z|z|UTC|[+-]\d{2}(:?\d{2})?)$"


def number(column: Column) -> Cell:
    """Return a float64: numbers as they are, truths as 0 and 1, text parsed."""
    x = column.given
    kind = x.type()
    if kind.is_boolean():
        return Cell(x.cast("int8").cast("float64"))
    if kind.is_numeric():
        return Cell(x.cast("float64"))
    if kind.is_string():
        value = column.parsed("number")
        value = ibis.ifelse(value.isnan(), None, value)
        return Cell(value, _wrong(x, value), "not a number", column.name)
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
        value = ibis.cases((x == 1, True), (x == 0, False), else_=None)
        return Cell(value, x.notnull() & value.isnull(), reason, column.name)
    if kind.is_string():
        plain = x.strip().lower()
        value = ibis.cases((plain.isin(TRUE), True), (plain.isin(FALSE), False), else_=None)
        return Cell(value, _wrong(x, value), reason, column.name)
    raise _wrong_kind(column, "true or false", "fg.Boolean")


def timestamp(column: Column, zone: str) -> Cell:
    """Return an instant in UTC; a naive time is read in `zone`.

    Text is ISO 8601: 2013-01-31, 2013-01-31 17:00, with seconds, with an offset or Z; or in the way that was
    proved for the whole column.
    """
    x = column.given
    kind = x.type()
    if kind.is_timestamp() and not _naive(kind):
        return Cell(x.cast(engine.INSTANT))
    if kind.is_timestamp() or kind.is_date():
        return Cell(engine.instant_at(_instant(column, zone)))
    if kind.is_string():
        aware = column.parsed("aware")
        if column.knows("absolute"):
            us = ibis.ifelse(aware, column.parsed("absolute"), _instant(column, zone))
        else:
            dated = x.strip().substr(0, 1).between("0", "9")  # DuckDB reads "infinity" and "epoch" as well
            offset = engine.microseconds(ibis.ifelse(aware, x.try_cast(engine.INSTANT), None))
            us = ibis.cases((~dated, None), (aware, offset), else_=_instant(column, zone))
        us = ibis.ifelse(us.between(*CALENDAR), us, None)
        value = engine.instant_at(us)
        return Cell(value, _wrong(x, us), "no date and time such as 2013-01-31 17:00", column.name)
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
        small = ibis.ifelse(x.abs() < 2**53, x, None)  # a NaN or infinity cannot be cast
        number_text = ibis.ifelse(small == small.floor(), small.floor().cast("string"), x.cast("string"))
        return ibis.ifelse(x.isnan(), None, number_text)
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
    "text": lambda column, zone: Cell(text(column, "fg.Text")),
    "boolean": lambda column, zone: boolean(column),
    "timestamp": timestamp,
}


def cell(column: Column, kind: str, zone: str) -> Cell:
    """Return the canonical column of a kind ("number", "category", "text", "boolean", "timestamp")."""
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


def _wrong(given: Any, value: Any) -> Any:
    """Whether something was given of which nothing came; what means nothing is looked at only there."""
    lost = given.notnull() & value.isnull()
    return ibis.ifelse(lost, given.strip().lower().notin(NOTHING), False)


def _instant(column: Column, zone: str) -> Any:
    clock = column.parsed("timestamp")
    return clock if zone == "UTC" else to_instant(clock, zone, years_of(column.table, clock))


def _naive(kind: Any) -> bool:
    return bool(kind.is_timestamp()) and kind.timezone is None


def _prepared_name(name: str, kind: str) -> str:
    return f"__{kind}_of_{name}"


def _wrong_kind(column: Column, expected: str, word: str) -> ProgramError:
    return ProgramError(
        f"{column.name!r} in {column.place} holds {column.given.type()}; {expected} was expected by {word}: "
        "declare another kind, or give the column another type."
    )
