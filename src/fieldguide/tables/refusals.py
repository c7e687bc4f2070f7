"""Why a row was not taken: the path to the place, what was expected, what was given.

Nothing here is on the hot path: a body that the contract refused is read a second time, leniently, to say
what stands there. The same declarations give the sentence and the JSON schema of a column.
"""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
from msgspec import UNSET

from fieldguide.errors import DataError, suggest
from fieldguide.program import Boolean, Category, Feature, Number, Text, Timestamp
from fieldguide.tables.values import Contract

LONGEST_TEXT = 1_000
"""The longest text of a category, in characters."""
LONGEST_FREE_TEXT = 20_000
"""The longest free text, in characters."""
LONGEST_KEY = 256
"""The longest text of a key or an entity, in characters."""

MANY = re.compile(rb'[ \t\r\n]*\{[ \t\r\n]*"rows"[ \t\r\n]*:[ \t\r\n]*\[')
"""How the body of a request with many rows begins."""
INSTANT = 'an instant such as "2013-10-01T05:15:00-04:00", from 1678 to 2261'

_PLACE = re.compile(r" - at `(\$.*)`$", re.DOTALL)
_COLUMN = re.compile(r"^\$(?:\.rows\[(\d+)\])?(?:\.(.*))?$", re.DOTALL)
_NAMED = re.compile(r"^Object (contains unknown|missing required) field `(.*)`$", re.DOTALL)


class Refusal(DataError):  # noqa: N818 (the word of the house, not an accident)
    """A row or a request that the contract does not take.

    `status` is the HTTP status (400 malformed, 422 does not keep the contract), `path` the JSON path of
    the place, `column` the column that it is about (or None), `reason` one word for counters: malformed,
    duplicate, unknown, absent, null, type, range, length, time or rows.
    """

    def __init__(
        self, status: int, reason: str, path: str, expected: str, given: str = "", column: str | None = None
    ) -> None:
        self.status, self.reason, self.path = status, reason, path
        self.expected, self.given, self.column = expected, given, column
        super().__init__(f"{path}: expected {expected}" + (f", got {given}" if given else ""))

    def within(self, place: str) -> Refusal:
        """Return the same refusal as seen from outside: its path begins with `place`."""
        path = f"$.{place}{self.path[1:]}"
        return Refusal(self.status, self.reason, path, self.expected, self.given, self.column)


def expected(column: Feature) -> str:
    """Say in words what a column takes.

    >>> from fieldguide.program import Number
    >>> expected(Number("distance", unit="mile", low=0))
    'a number of at least 0 (mile), or null'
    """
    if isinstance(column, Number):
        bounds = (column.low, column.high)
        if None not in bounds:
            text = f"a number from {bounds[0]:g} to {bounds[1]:g}"
        elif column.low is not None:
            text = f"a number of at least {column.low:g}"
        elif column.high is not None:
            text = f"a number of at most {column.high:g}"
        else:
            text = "a number"
        text += f" ({column.unit})" if column.unit else ""
    elif isinstance(column, Category):
        text = f"text of at most {LONGEST_TEXT:,} characters"
    elif isinstance(column, Text):
        text = f"text of at most {LONGEST_FREE_TEXT:,} characters"
    elif isinstance(column, Boolean):
        text = "true or false"
    else:
        text = INSTANT
    return text if column.required else f"{text}, or null"


def schema(kept: Contract) -> dict[str, Any]:
    """Return the JSON schema of a row, with descriptions, units and ranges."""
    properties: dict[str, Any] = {}
    for column in kept.columns:
        properties[column.name] = _column_schema(column)
    for name in kept.optional:
        properties[name] = {"description": "optional; journaled with the answer"}
    shown = _defaulted(kept)
    required = [c.name for c in kept.columns if c.name not in shown]
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def refuse_duplicates(body: bytes) -> None:
    """Raise Refusal if an object of the body gives a name twice (slow; the body is valid JSON)."""

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        seen: dict[str, Any] = {}
        for name, value in items:
            if name in seen:
                raise Refusal(400, "duplicate", f"$.{name}", "each name once", f"{name!r} twice", name)
            seen[name] = value
        return seen

    json.loads(body, object_pairs_hook=pairs, parse_int=str, parse_float=str)


def explained(kept: Contract, body: bytes, error: Exception) -> Refusal:
    """Say what is wrong with a body that could not be decoded."""
    if isinstance(error, UnicodeDecodeError):
        return Refusal(400, "malformed", "$", "JSON in UTF-8", "bytes that are no UTF-8")
    if isinstance(error, RecursionError):
        return Refusal(400, "malformed", "$", "a flat row", "deep nesting")
    text = str(error)
    if not isinstance(error, msgspec.ValidationError):
        return Refusal(400, "malformed", "$", "JSON", text[0].lower() + text[1:])
    found = _PLACE.search(text)
    path = found.group(1) if found else "$"
    text = text[: found.start()] if found else text
    match = _COLUMN.match(path)
    name = match.group(2) if match else None
    row = f"$.rows[{match.group(1)}]" if match and match.group(1) else "$"
    named = _NAMED.match(text)
    if named and (row != "$" or MANY.match(body) is None):
        return _misnamed(kept, body, row, named.group(2), unknown=named.group(1).startswith("contains"))
    column = next((c for c in kept.columns if c.name == name), None)
    if column is not None:
        given = _given(body, path, name)
        wants = expected(column)
        return Refusal(422, _reason(text, given), path, wants, given, column.name)
    if name in kept.optional:
        wants = (
            INSTANT if "datetime" in text else f"text of at most {LONGEST_KEY} characters, or a whole number"
        )
        return Refusal(422, _reason(text, ""), path, f"{wants}, or null", _given(body, path, name), name)
    if named:
        return Refusal(422, "unknown", f"$.{named.group(2)}", 'nothing beside "rows"', repr(named.group(2)))
    wants = 'an object with one row, or {"rows": [row, …]}' if row == "$" else "an object with one row"
    return Refusal(422, "type", path, wants, _given(body, path, None))


def _misnamed(kept: Contract, body: bytes, row: str, name: str, *, unknown: bool) -> Refusal:
    place = f"{row}.{name}"
    given = _row_at(body, row)
    strange = [n for n in given if n not in kept.names] if isinstance(given, dict) else []
    absent = [c.name for c in kept.columns if isinstance(given, dict) and c.name not in given]
    if unknown:
        if name == "rows" and row == "$" and isinstance(given, dict):
            return Refusal(
                422, "type", "$.rows", "an array of rows, alone in its object", _short(given["rows"])
            )
        hint = suggest(name, absent) or suggest(name, kept.names)
        wants = f"only the columns {', '.join(kept.names[:12])}{' …' if len(kept.names) > 12 else ''}"
        return Refusal(422, "unknown", place, wants, f"the unknown name {name!r}.{hint}", None)
    column = next((c for c in kept.columns if c.name == name), None)
    wants = expected(column) if column is not None else "a value"
    hint = suggest(name, strange)
    return Refusal(
        422, "absent", place, f"{wants}; write null if it is not known", f"no {name!r}.{hint}", name
    )


def _reason(text: str, given: str) -> str:
    if given == "null":
        return "null"
    if "<=" in text or ">=" in text:
        return "length" if "length" in text else "range"
    return "range" if "out of range" in text else "type"


def _row_at(body: bytes, row: str) -> Any:
    try:
        whole = msgspec.json.decode(body)
        return whole if row == "$" else whole["rows"][int(row[7:-1])]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        return None


def _given(body: bytes, path: str, name: str | None) -> str:
    """Return what stands at a path of the body, shortened."""
    match = _COLUMN.match(path)
    row = f"$.rows[{match.group(1)}]" if match and match.group(1) else "$"
    try:
        found = json.loads(body, parse_int=_Literal, parse_float=_Literal)
        found = found if row == "$" else found["rows"][int(row[7:-1])]
        return _short(found if name is None else found[name])
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        return "something else"


class _Literal(str):
    """A number as it was written."""


def _short(value: Any) -> str:
    if isinstance(value, _Literal):
        text = str(value)
    elif isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "an array"
    else:
        text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _defaulted(kept: Contract) -> set[str]:
    """Return the raw columns that may be left out: those of a presentation."""
    infos = msgspec.structs.fields(kept.row_type)
    return {info.encode_name for info in infos if info.default is UNSET}


def _column_schema(column: Feature) -> dict[str, Any]:
    plain = {"number": "number", "boolean": "boolean"}.get(column.kind, "string")
    kind: Any = plain if column.required else [plain, "null"]
    made: dict[str, Any] = {"type": kind}
    unit = column.unit if isinstance(column, Number) else None
    about = ", ".join(part for part in (column.about, f"in {unit}" if unit else "") if part)
    if about:
        made["description"] = about
    if isinstance(column, Number):
        if unit:
            made["x-unit"] = unit
        if column.low is not None:
            made["minimum"] = column.low
        if column.high is not None:
            made["maximum"] = column.high
    elif isinstance(column, Category):
        made["maxLength"] = LONGEST_TEXT
    elif isinstance(column, Text):
        made["maxLength"] = LONGEST_FREE_TEXT
    elif isinstance(column, Timestamp):
        made["format"] = "date-time"
    return made
