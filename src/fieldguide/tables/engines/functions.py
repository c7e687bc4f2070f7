"""The few functions that Ibis has no name for, and what a value is written as where rows are told apart."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.datatypes as dt

INSTANT = dt.Timestamp(timezone="UTC", scale=6)
WALL_CLOCK = dt.Timestamp(scale=6)


@ibis.udf.scalar.builtin(name="epoch_us", signature=((INSTANT,), dt.int64))
def microseconds(instant):  # type: ignore[no-untyped-def]
    """Microseconds since 1970, UTC."""


@ibis.udf.scalar.builtin(name="epoch_us", signature=((WALL_CLOCK,), dt.int64))
def clock_microseconds(clock):  # type: ignore[no-untyped-def]
    """Microseconds on the wall clock since it showed 1970."""


@ibis.udf.scalar.builtin(name="make_timestamp", signature=((dt.int64,), WALL_CLOCK))
def wall_clock_utc(microseconds):  # type: ignore[no-untyped-def]
    """The wall clock in UTC at so many microseconds since 1970."""


@ibis.udf.scalar.builtin(name="make_timestamptz", signature=((dt.int64,), INSTANT))
def instant_at(microseconds):  # type: ignore[no-untyped-def]
    """The instant so many microseconds after 1970, UTC."""


@ibis.udf.scalar.builtin(name="hash", signature=((dt.string,), dt.int64))
def _hash(text):  # type: ignore[no-untyped-def]
    """The engine's own hash of a text: 64 bits without a sign, or 63."""


def hashed(text: Any) -> Any:
    """Return the engine's own hash of a text, up to 2^63: the same within one version of one engine only."""
    return _hash(text) >> 1


def mark(value: Any) -> Any:
    """Return a text by which values are told apart, the same on every engine: to hash, not to show.

    Instants are microseconds. Floats are multiplied by a power of two and cut off to whole numbers, which is
    exact everywhere, while engines write the digits of a float in ways of their own; values beyond 2^62 are
    not told apart. Nothing is the empty text.
    """
    kind = value.type()
    if kind.is_timestamp():
        value = (
            microseconds(value.cast(INSTANT)) if kind.timezone else clock_microseconds(value.cast(WALL_CLOCK))
        )
    elif kind.is_floating():
        value = _whole(value.cast("float64"))
    elif kind.is_boolean():
        value = value.cast("int8")
    text = value if kind.is_string() else value.cast("string")
    return text.fill_null("")


def _whole(x: Any) -> Any:
    size = x.abs()
    small, medium, large = (ibis.literal(float(2**power), "float64") for power in (0, 31, 62))
    scaled = ibis.ifelse(
        size < small, x * large, ibis.ifelse(size < medium, x * medium, ibis.ifelse(size < large, x, None))
    )
    return scaled.floor().cast("int64")
