"""Refused rows are journaled too: else the monitor would go blind just when a column leaves its range."""

from __future__ import annotations

import asyncio
import logging
from zoneinfo import ZoneInfo

from fieldguide.errors import JournalError
from fieldguide.journal import Journal, Refused, refused
from fieldguide.journal.entries import LONGEST_ROW
from fieldguide.serving.metrics import Metrics
from fieldguide.serving.service import Service
from fieldguide.tables.contract import (
    LONGEST_KEY,
    Refusal,
    examine,
    key_text,
    lenient_row,
    lenient_value,
    zone_of,
)

MOST_A_SECOND = 100
"""How many refused rows of one program are journaled in one second; the others are counted."""
MOST_A_REQUEST = 1_000
"""How many refused rows of one request are looked at."""

log = logging.getLogger("fieldguide.serving")


class Limit:
    """Lets so many refusals of a program pass in one second of the journal's clock."""

    def __init__(self) -> None:
        self._second: dict[str, int] = {}
        self._passed: dict[str, int] = {}

    def passes(self, program: str, at: int) -> bool:
        """Tell whether one more may pass at this time (microseconds)."""
        second = at // 1_000_000
        if self._second.get(program) != second:
            self._second[program] = second
            self._passed[program] = 0
        self._passed[program] += 1
        return self._passed[program] <= MOST_A_SECOND


def journal_refusals(
    service: Service, body: bytes, journal: Journal, limit: Limit, metrics: Metrics
) -> list[Refusal]:
    """Count and journal the rows of a refused request that break the contract; return why each does.

    The caller is not kept waiting for the commit: nothing was promised.
    """
    name = service.name
    at, _ = journal.stamp(0)
    zone = zone_of(service.contract.timezone)
    entries, found, dropped = [], [], 0
    for piece, refusal in examine(service.contract, body):
        found.append(refusal)
        metrics.refusals[name, refusal.column or "", refusal.reason] += 1
        if limit.passes(name, at):
            key, entity, time = _who(service, piece, zone)
            told = Refused(
                row=piece[:LONGEST_ROW],
                reason=refusal.reason,
                path=refusal.path,
                column=refusal.column,
                message=str(refusal),
                status=refusal.status,
                timezone=service.contract.timezone,
            )
            _, ids = journal.stamp(1)
            entries.append(
                refused(ids[0], name, at, at if time is None else time, key, entity, service.release, told)
            )
        else:
            dropped += 1
        if len(found) >= MOST_A_REQUEST:
            break
    metrics.dropped[name] += dropped
    if entries:
        try:
            journal.append(entries, dropped).add_done_callback(_heard)
        except JournalError as error:
            log.warning("%d refused rows of %s were not journaled: %s", len(entries), name, error)
    return found


def _who(service: Service, piece: bytes, zone: ZoneInfo | None) -> tuple[str | None, str | None, int | None]:
    """Return key, entity and time of a refused row as far as they can be read."""
    source = service.program.source
    row = lenient_row(piece)
    parts = [_text(row.get(name)) for name in source.keys]
    key = "|".join(part for part in parts if part is not None) if parts and None not in parts else None
    entity = _text(row.get(source.entity)) if source.entity else None
    return key, entity, lenient_value(row.get(source.time), "timestamp", zone) if source.time else None


def _text(value: object) -> str | None:
    text = key_text(value) if isinstance(value, str | int | float) else None
    return None if text is None else text[:LONGEST_KEY]


def _heard(future: asyncio.Future[None]) -> None:
    if not future.cancelled() and future.exception() is not None:
        log.warning("refused rows were not journaled: %s", future.exception())
