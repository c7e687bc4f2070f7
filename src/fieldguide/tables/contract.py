"""What a row must keep: the raw columns of a program, checked on the wire.

A contract is made from the declarations of a program. It turns the bytes of a request into rows, or
refuses them with the path to the place, what was expected and what was given. Nothing is guessed: a
number in quotes, a misspelt column, a value beyond the declared range, the same name twice are refused.

A row becomes *values*: a tuple in the order of `raw_columns`, with number -> float or None, category ->
str or None, text -> str or None, boolean -> bool or None, timestamp -> microseconds since 1970 in UTC or None. Training,
serving, explaining and replay all read that form (FACTS 5).

Checked structures and their speed come from msgspec; two things that it lets pass are caught here: a
name given twice (by counting the quotes of the body) and instants that no calendar library can hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from fieldguide.program import (
    Boolean,
    Category,
    Feature,
    Number,
    Program,
    Text,
    Timestamp,
    presentations,
    raw_columns,
)
from fieldguide.tables.refusals import (
    INSTANT,
    LONGEST_FREE_TEXT,
    LONGEST_KEY,
    LONGEST_TEXT,
    MANY,
    Refusal,
    explained,
    refuse_duplicates,
)
from fieldguide.tables.values import (
    EARLIEST,
    EPOCH,
    LATEST,
    Contract,
    Read,
    WrongTimeError,
    key_text,
    lenient,
    lenient_row,
    lenient_value,
    to_micros,
    zone_of,
)

__all__ = [
    "LONGEST_FREE_TEXT", "LONGEST_KEY", "LONGEST_TEXT", "MOST_ROWS", "Contract", "Parsed", "Read", "Refusal", "contract", "examine",
    "key_text", "lenient", "lenient_row", "lenient_value", "parse", "to_micros", "values", "zone_of",
]  # fmt: skip

MOST_ROWS = 5_000
"""The most rows in one request."""

_new: Any = tuple.__new__  # a named tuple without its keyword handling
_KEY = Annotated[str, Meta(max_length=LONGEST_KEY)] | Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]


class Parsed(NamedTuple):
    """The rows of a request; `many` is False when it was one object."""

    many: bool
    rows: list[Struct]
    read: list[Read]


def contract(program: Program) -> Contract:
    """Make the contract of a program.

    >>> from datetime import timedelta
    >>> import fieldguide.program as p
    >>> visits = p.Program(question=p.Question(ask="Back?", one_row_is="a visit"),
    ...     source=p.Source("visits.csv", key="visit"), features=[p.Number("age", low=0)],
    ...     label=p.BinaryLabel("back", arrives_within=timedelta(days=7)))
    >>> kept = contract(visits)
    >>> parse(kept, b'{"age": 31, "visit": "v1"}').read[0][:2]
    ((31.0,), 'v1')
    >>> parse(kept, b'{"age": -3}')
    Traceback (most recent call last):
    fieldguide.tables.refusals.Refusal: $.age: expected a number of at least 0, or null, got -3
    """
    columns = raw_columns(program)
    shown = {p.name: p.neutral for p in presentations(program)}
    source = program.source
    fields: list[tuple[str, Any, Any]] = []
    names: dict[str, str] = {}
    kinds: dict[str, str] = {}
    for column in columns:
        names[column.name] = f"c{len(names)}"
        kinds[column.name] = column.kind
        kind = _wire_type(column)
        if column.name in shown:
            fields.append((names[column.name], kind | UnsetType, msgspec.field(default=UNSET)))
        else:
            fields.append((names[column.name], kind, msgspec.NODEFAULT))
    optional = []
    for name in (*source.keys, source.time, source.entity):
        if name is not None and name not in names:
            names[name] = f"c{len(names)}"
            kinds[name] = "time" if name == source.time else "key"
            wire: Any = datetime if name == source.time else _KEY
            fields.append((names[name], wire | None | UnsetType, msgspec.field(default=UNSET)))
            optional.append(name)
    row_type = msgspec.defstruct(
        "Row",
        fields,
        kw_only=True,
        forbid_unknown_fields=True,
        gc=False,
        rename={internal: name for name, internal in names.items()},
    )
    rows: Any = list[row_type]  # type: ignore[valid-type]
    several = msgspec.defstruct("Rows", [("rows", rows)], forbid_unknown_fields=True, gc=False)
    return Contract(
        columns=columns,
        row_type=row_type,
        optional=tuple(optional),
        timezone=source.timezone,
        read=_reader(program, columns, names, kinds, shown),
        one=msgspec.json.Decoder(row_type),
        several=msgspec.json.Decoder(several),
        names=tuple(names),
    )


def parse(kept: Contract, body: bytes) -> Parsed:
    """Read a request: one row as a JSON object, or `{"rows": [row, …]}`.

    Raises Refusal (status 400 or 422) at the first place that does not keep the contract.
    """
    rows: list[Any] = []
    many = body.find(b'"rows"', 0, 64) >= 0 and MANY.match(body) is not None
    try:
        if not many:
            row = kept.one.decode(body)
            rows = [row]
            one = kept.read(row)
            if one[4] != body.count(b'"'):
                refuse_duplicates(body)
            single: Parsed = _new(Parsed, (False, rows, [one]))
            return single
        rows = kept.several.decode(body).rows
        if not 0 < len(rows) <= MOST_ROWS:
            raise Refusal(422, "rows", "$.rows", f"1 to {MOST_ROWS} rows in a request", str(len(rows)))
        read = [kept.read(row) for row in rows]
        if 2 + sum([item[4] for item in read]) != body.count(b'"'):
            refuse_duplicates(body)
        return Parsed(True, rows, read)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise explained(kept, body, error) from None
    except WrongTimeError as error:
        raise _wrong_time(kept, rows, many, error) from None


def values(kept: Contract, row: Struct) -> tuple[Any, ...]:
    """Return the canonical values of a row, in the order of `raw_columns`."""
    return kept.read(row).values


def examine(kept: Contract, body: bytes) -> Iterator[tuple[bytes, Refusal]]:
    """Yield every row of a refused request that breaks the contract, as received, and why.

    A request that cannot be taken apart into rows is given whole.
    """
    pieces: list[bytes] | None = None
    if MANY.match(body) is not None:
        try:
            pieces = [bytes(raw) for raw in _RAW_ROWS.decode(body).rows]
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pieces = None
    found = False
    for number, piece in enumerate(pieces or ()):
        try:
            parse(kept, piece)
        except Refusal as refusal:
            found = True
            yield piece, refusal.within(f"rows[{number}]")
    if not found:
        try:
            parse(kept, body)
        except Refusal as refusal:
            yield body, refusal


class _RawRows(Struct, forbid_unknown_fields=True):
    rows: list[msgspec.Raw]


_RAW_ROWS = msgspec.json.Decoder(_RawRows)


def _wire_type(column: Feature) -> Any:
    kind: Any
    if isinstance(column, Number):
        bounds: dict[str, Any] = {}
        if column.low is not None:
            bounds["ge"] = float(column.low)
        if column.high is not None:
            bounds["le"] = float(column.high)
        kind = Annotated[float, Meta(**bounds)] if bounds else float
    elif isinstance(column, Category):
        kind = Annotated[str, Meta(max_length=LONGEST_TEXT)]
    elif isinstance(column, Text):
        kind = Annotated[str, Meta(max_length=LONGEST_FREE_TEXT)]
    elif isinstance(column, Boolean):
        kind = bool
    elif isinstance(column, Timestamp):
        kind = datetime
    else:
        raise TypeError(f"a contract knows no column of kind {column.kind!r}")
    return kind if column.required else kind | None


def _reader(
    program: Program,
    columns: tuple[Feature, ...],
    names: dict[str, str],
    kinds: dict[str, str],
    shown: dict[str, Any],
) -> Callable[[Any], Read]:
    """Write the function that reads one row: flat code over the fields, no loop.

    Beside the values it counts the quotes that the row's JSON has when no name is given twice and no
    text holds an escape: two for a name, two for a text.
    """
    source = program.source
    fixed = 0
    lines: list[str] = []
    out: list[str] = []
    for name, variable in names.items():
        quoted = kinds[name] in ("category", "text", "timestamp", "time")
        if name in shown or kinds[name] in ("key", "time"):
            value_quotes = "isinstance({v}, str) * 2" if kinds[name] == "key" else "2" if quoted else "0"
            lines.append(f"if {variable} is not UNSET:")
            lines.append(
                f"    quotes += 2 + ({value_quotes.format(v=variable)} if {variable} is not None else 0)"
            )
        else:
            fixed += 4 if quoted else 2
            if quoted:
                lines.append(f"if {variable} is None: quotes -= 2")
    given: dict[str, Any] = {}
    for column in columns:
        variable = names[column.name]
        if column.name in shown:
            neutral = shown[column.name]
            given[f"neutral_{variable}"] = (
                float(neutral) if kinds[column.name] == "number" and neutral is not None else neutral
            )
            out.append(f"neutral_{variable} if {variable} is UNSET else {variable}")
        elif column.kind == "timestamp":
            lines.append(_instant(variable))
            out.append(f"at_{variable}")
        else:
            out.append(variable)
    key = entity = time = "None"
    if len(source.keys) == 1:
        key = _text_of(source.keys[0], names, kinds)
    elif source.keys:
        key = f"joined(({', '.join(_text_of(name, names, kinds) for name in source.keys)}))"
    if source.entity is not None:
        entity = _text_of(source.entity, names, kinds)
    if source.time is not None and kinds[source.time] in ("time", "timestamp"):
        time = f"at_{names[source.time]}"
        if kinds[source.time] == "time":
            lines.append(_instant(names[source.time]))
    body = "\n    ".join(
        [
            f"{', '.join(names.values())}, = astuple(row)",
            f"quotes = {fixed}",
            *lines,
            f"return new(Read, (({', '.join(out)},), {key}, {entity}, {time}, quotes))",
        ]
    )
    given |= {
        "astuple": msgspec.structs.astuple,
        "new": _new,
        "EPOCH": EPOCH,
        "Read": Read,
        "UNSET": UNSET,
        "text": key_text,
        "joined": _joined,
        "micros": partial(to_micros, zone=zone_of(source.timezone)),
    }
    exec(compile(f"def read(row):\n    {body}\n", f"<contract of {program.name}>", "exec"), given)
    read: Callable[[Any], Read] = given["read"]
    return read


def _instant(variable: str) -> str:
    """Write the lines that turn an instant into microseconds; an offset, the usual case, without a call."""
    return f"""if {variable} is None or {variable} is UNSET: at_{variable} = None
    elif {variable}.tzinfo is None: at_{variable} = micros({variable})
    else:
        gap = {variable} - EPOCH
        at_{variable} = (gap.days * 86400 + gap.seconds) * 1000000 + gap.microseconds
        if not {EARLIEST} <= at_{variable} < {LATEST}: micros({variable})"""


def _text_of(name: str, names: dict[str, str], kinds: dict[str, str]) -> str:
    variable = names[name]
    if kinds[name] in ("category", "text"):
        return f"(None if {variable} is UNSET else {variable})"
    return f"({variable} if type({variable}) is str else text({variable}))"


def _joined(parts: tuple[str | None, ...]) -> str | None:
    given = [part for part in parts if part is not None]
    return "|".join(given) if len(given) == len(parts) else None


def _wrong_time(kept: Contract, rows: list[Struct], many: bool, error: WrongTimeError) -> Refusal:
    """Find the place of an instant that is out of range."""
    for number, row in enumerate(rows):
        for name, value in zip(kept.names, msgspec.structs.astuple(row), strict=True):
            if value is error.instant:
                path = f"$.rows[{number}].{name}" if many else f"$.{name}"
                return Refusal(422, "time", path, INSTANT, value.isoformat(), name)
    return Refusal(422, "time", "$", INSTANT, error.instant.isoformat())
