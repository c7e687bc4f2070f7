"""What was known by a time: rows before it, and the labels that had arrived."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import ibis

from fieldguide.errors import UsageError
from fieldguide.program import BinaryLabel, Program
from fieldguide.tables import engines as engine
from fieldguide.tables.clocks import EPOCH


def real(value: int) -> Any:
    """Return a whole number as float64: written as 1.0 the engine would make a decimal of it."""
    return ibis.literal(value, "int8").cast("float64")


def limit_of(until: str | datetime | None, program: Program) -> int | None:
    """Return `until` as microseconds since 1970; a naive time is in the source's time zone."""
    if until is None:
        return None
    if program.source.time is None:
        raise UsageError(
            f"until={until}: the source has no time column, so nothing says what was known by then; declare Source(time=…)."
        )
    if isinstance(until, str):
        try:
            until = datetime.fromisoformat(until)
        except ValueError:
            raise UsageError(
                f"until={until!r} is no date; write it as 2013-10-01 or 2013-10-01T12:00."
            ) from None
    if until.tzinfo is None:
        until = until.replace(tzinfo=ZoneInfo(program.source.timezone))
    gap = until - EPOCH
    return (gap.days * 86_400 + gap.seconds) * 1_000_000 + gap.microseconds


def as_known(table: ibis.Table, program: Program, limit: int | None) -> ibis.Table:
    """Return the rows before `limit`, with the labels that were known by then."""
    label = program.label
    negative = (
        isinstance(label, BinaryLabel) and label.silence == "negative" and program.source.time is not None
    )
    if limit is None and not negative:
        return table
    delay = int(label.arrives_within.total_seconds() * 1e6)
    time = engine.microseconds(table["__time"])
    if limit is not None:
        table = table.filter(time < limit)
        known = engine.microseconds(table["__known_at"]).fill_null(time + delay)
        table = table.mutate(__label=ibis.ifelse(known >= limit, None, table["__label"]))
    if negative:
        watermark = limit
        if watermark is None:
            latest = table.aggregate(time=time.max(), known=engine.microseconds(table["__known_at"]).max())
            found = engine.to_arrow(latest)
            watermark = max(found["time"][0].as_py() or 0, found["known"][0].as_py() or 0)
        # a row whose time is not over has no label yet: an early yes has no early no beside it
        said = table["__label"].fill_null(real(0))
        table = table.mutate(__label=ibis.ifelse(time + delay <= watermark, said, None))
    return table
