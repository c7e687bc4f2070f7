"""Outcomes on the wire: `{"id" or "key", "value", "at"}`, one or many."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from fieldguide.journal import Outcome
from fieldguide.program import BinaryLabel, Program
from fieldguide.tables.contract import LONGEST_KEY, MOST_ROWS, Contract, Refusal, key_text, to_micros, zone_of
from fieldguide.tables.refusals import refuse_duplicates

_Name = (
    Annotated[str, Meta(min_length=1, max_length=LONGEST_KEY)]
    | Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
)
_Names = Annotated[list[_Name], Meta(min_length=1, max_length=16)]


class _Said(Struct, forbid_unknown_fields=True, gc=False):
    value: bool | float | Annotated[str, Meta(max_length=LONGEST_KEY)]
    id: Annotated[str, Meta(min_length=1, max_length=LONGEST_KEY)] | UnsetType = UNSET
    key: _Name | _Names | UnsetType = UNSET
    at: datetime | UnsetType | None = UNSET


class _Many(Struct, forbid_unknown_fields=True):
    outcomes: list[_Said] | UnsetType = UNSET
    rows: list[_Said] | UnsetType = UNSET


_one = msgspec.json.Decoder(_Said)
_list = msgspec.json.Decoder(list[_Said])
_many = msgspec.json.Decoder(_Many)


def parse_outcomes(program: Program, kept: Contract, body: bytes, now: int) -> list[Outcome]:
    """Read outcomes: one object, `{"outcomes": [one, …]}` or a plain list of them.

    `now` (microseconds since 1970, UTC) stands where no `at` is given. Binary labels take true, false, 1,
    0 and, where the label declares it, its `positive` value; amounts a number; counts a whole number.

    Raises Refusal (400 or 422) with the path to the place.
    """
    try:
        said, place = _decoded(body)
    except msgspec.ValidationError as error:
        text = str(error)
        path = text.partition(" - at `")[2].rstrip("`") or "$"
        raise Refusal(422, "type", path, _WANTED, text.partition(" - at `")[0]) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refusal(400, "malformed", "$", _WANTED, "malformed JSON") from None
    if not 0 < len(said) <= MOST_ROWS:
        raise Refusal(422, "rows", "$", f"1 to {MOST_ROWS} outcomes in a request", str(len(said)))
    quotes = 0 if place in ("$", "$[{}]") else 2
    zone = zone_of(kept.timezone)
    made = []
    for number, outcome in enumerate(said):
        path = place.format(number)
        quotes += _quotes(outcome)
        try:
            at = to_micros(outcome.at, zone) if isinstance(outcome.at, datetime) else now
        except Exception:
            wants = 'an instant such as "2013-10-01T05:15:00-04:00", from 1678 to 2261'
            raise Refusal(422, "time", f"{path}.at", wants, str(outcome.at)) from None
        named, keyed = outcome.id is not UNSET, outcome.key is not UNSET
        if named == keyed:
            given = "both" if named else "neither"
            raise Refusal(422, "absent", path, 'either "id" (of the answer) or "key"', given)
        made.append(
            Outcome(
                program.name or "program",
                outcome.id if isinstance(outcome.id, str) else None,
                _key(outcome.key, path),
                _value(program, outcome.value, f"{path}.value"),
                at,
            )
        )
    if quotes != body.count(b'"'):
        refuse_duplicates(body)
    return made


_WANTED = '{"id" or "key": …, "value": …, "at": …}, or {"outcomes": [one, …]}'


def _decoded(body: bytes) -> tuple[list[_Said], str]:
    start = body.lstrip(b" \t\r\n")[:1]
    if start == b"[":
        return _list.decode(body), "$[{}]"
    head = body[:64]
    if b'"outcomes"' in head or b'"rows"' in head:
        many = _many.decode(body)
        if isinstance(many.outcomes, list) and many.rows is UNSET:
            return many.outcomes, "$.outcomes[{}]"
        if isinstance(many.rows, list) and many.outcomes is UNSET:
            return many.rows, "$.rows[{}]"
        raise msgspec.ValidationError("Expected one list of outcomes")
    return [_one.decode(body)], "$"


def _quotes(outcome: _Said) -> int:
    """Count the quotes of an outcome's JSON when no name is given twice."""
    count = 2 + 2 * isinstance(outcome.value, str)
    count += 4 if outcome.id is not UNSET else 0
    if outcome.at is not UNSET:
        count += 2 + 2 * (outcome.at is not None)
    if outcome.key is not UNSET:
        parts = outcome.key if isinstance(outcome.key, list) else [outcome.key]
        count += 2 + 2 * sum([isinstance(part, str) for part in parts])
    return count


def _key(key: Any, path: str) -> str | None:
    if key is UNSET:
        return None
    parts = [key_text(part) or "" for part in key] if isinstance(key, list) else [key_text(key) or ""]
    text = "|".join(parts)
    if len(text) > 16 * LONGEST_KEY:
        raise Refusal(
            422, "length", f"{path}.key", f"a key of at most {LONGEST_KEY} characters", "a longer one"
        )
    return text


def _value(program: Program, value: bool | float | str, path: str) -> float:
    label = program.label
    number = None if isinstance(value, str) else float(value)
    if isinstance(label, BinaryLabel):
        yes = label.positive
        if yes is not None and value == yes:
            return 1.0
        if number in (0.0, 1.0) and (yes is None or not _is_number(yes)):
            return number
        if yes is not None and isinstance(value, str) == isinstance(yes, str):
            return 0.0
        wants = "true, false, 1 or 0" + (f", or {yes!r}" if yes is not None else "")
    elif number is None or isinstance(value, bool) or not math.isfinite(number):
        wants = "a number"
    elif label.kind == "count" and (number < 0 or not number.is_integer()):
        wants = "a whole number of at least 0"
    else:
        return number
    raise Refusal(422, "type", path, f"{wants} ({label.name})", repr(value))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
