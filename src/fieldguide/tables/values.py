"""One value at a time: instants as microseconds, keys as text, what can be read of a refused row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, Struct

from fieldguide.program import Feature


class Read(NamedTuple):
    """What is read of one row: its canonical values, and who and when it is."""

    values: tuple[Any, ...]
    key: str | None
    entity: str | None
    time: int | None
    """When the prediction is made, microseconds since 1970 in UTC; None when the row does not say."""
    quotes: int


@dataclass(frozen=True)
class Contract:
    """What a row of one program must keep.

    `columns` are the raw columns in order; `row_type` is the msgspec structure of a row: every raw column
    by its own name, then the key, time and entity columns that are not raw columns themselves (optional).
    """

    columns: tuple[Feature, ...]
    row_type: type[Struct]
    optional: tuple[str, ...]
    timezone: str
    read: Callable[[Any], Read]
    one: msgspec.json.Decoder[Any]
    several: msgspec.json.Decoder[Any]
    names: tuple[str, ...]


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = -9_214_560_000_000_000
"""1678-01-01 in microseconds since 1970: the first instant that is taken."""
LATEST = 9_214_646_400_000_000
"""2262-01-01: the first that no longer is."""
_FIRST = datetime(1678, 1, 1)
_LAST = datetime(2262, 1, 1)
_HUGE = 1.7e308


class WrongTimeError(Exception):
    """An instant that is out of range."""

    def __init__(self, instant: datetime) -> None:
        self.instant = instant


def lenient(columns: Sequence[Feature], body: bytes, zone: ZoneInfo | None) -> tuple[Any, ...]:
    """Return the values of a row that was refused: what is of its column's kind, else None.

    Ranges do not count here: what lies beyond them is what one wants to see.

    >>> from fieldguide.program import Number
    >>> lenient([Number("age", low=0), Number("size")], b'{"age": -3, "size": "7"}', None)
    (-3.0, None)
    """
    row = lenient_row(body)
    return tuple([lenient_value(row.get(column.name), column.kind, zone) for column in columns])


def lenient_row(body: bytes) -> dict[str, Any]:
    """Return a JSON object as it stands, empty if it is none or was cut."""
    try:
        row = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return {}
    return row if isinstance(row, dict) else {}


def lenient_value(value: Any, kind: str, zone: ZoneInfo | None) -> Any:
    """Return the canonical value of what stands in a JSON row if it is of the kind, else None."""
    if kind == "boolean":
        return value if isinstance(value, bool) else None
    if kind == "number":
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if number and abs(value) < _HUGE else None
    if not isinstance(value, str):
        return None
    if kind in ("category", "text"):
        return value
    try:
        return to_micros(msgspec.convert(value, datetime), zone)
    except (msgspec.ValidationError, WrongTimeError):
        return None


def to_micros(instant: datetime, zone: ZoneInfo | None) -> int:
    """Return an instant as microseconds since 1970 in UTC; a naive one is read in `zone` (None: UTC).

    A wall-clock time that occurs twice is the later one, one that is skipped is moved on by the gap: as
    the table engine reads them.

    >>> to_micros(datetime(2013, 11, 3, 1, 30), ZoneInfo("America/New_York")) // 1_000_000
    1383460200
    """
    if instant.tzinfo is not None:
        gap = instant - EPOCH
    elif zone is None:
        gap = instant.replace(tzinfo=UTC) - EPOCH
    else:
        if not _FIRST <= instant < _LAST:
            raise WrongTimeError(instant)
        first = instant.replace(tzinfo=zone).utcoffset()
        second = instant.replace(tzinfo=zone, fold=1).utcoffset()
        assert first is not None
        assert second is not None
        gap = instant.replace(tzinfo=UTC) - EPOCH - min(first, second)
    micros = (gap.days * 86_400 + gap.seconds) * 1_000_000 + gap.microseconds
    if not EARLIEST <= micros < LATEST:
        raise WrongTimeError(instant)
    return micros


def zone_of(timezone: str) -> ZoneInfo | None:
    """Return the time zone by name, None for UTC."""
    return None if timezone == "UTC" else ZoneInfo(timezone)


def key_text(value: object) -> str | None:
    """Return a value of a key or entity column as the text by which rows are found again, as tables have it.

    >>> key_text(7.0), key_text("007"), key_text(True), key_text(None)
    ('7', '007', 'true', None)
    """
    if value is None or value is UNSET:
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, datetime):
        return (value if value.tzinfo is None else value.astimezone(UTC)).isoformat()
    return str(value)
