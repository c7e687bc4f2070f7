"""The hot path: rows in, answers and their journal entries out."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from fieldguide.journal import Answer, Entry
from fieldguide.journal.entries import pack
from fieldguide.journal.storage import ANSWERED
from fieldguide.serving.metrics import Metrics
from fieldguide.serving.service import Service
from fieldguide.tables.contract import Read

_SECOND = 1_000_000
log = logging.getLogger("fieldguide.serving")


class Answered(Struct, gc=False):
    """One answer, as sent."""

    id: str
    prediction: float
    scale: str
    release: str
    fallback: Any


def answers(
    service: Service,
    rows: Sequence[Struct],
    read: Sequence[Read],
    ids: Sequence[str],
    at: int,
    metrics: Metrics,
) -> tuple[list[Answered], list[Entry]]:
    """Answer rows and make their journal entries.

    A row on which a computed feature or the model fails, or gives no finite number, is answered by the
    constant and says so. `at` in microseconds since 1970, UTC.
    """
    out: list[Answered] = []
    entries: list[Entry] = []
    for row, seen, id_ in zip(rows, read, ids, strict=True):
        said, entry = answer(service, row, seen, id_, at, metrics)
        out.append(said)
        entries.append(entry)
    return out, entries


def answer(
    service: Service, row: Struct, read: Read, id_: str, at: int, metrics: Metrics
) -> tuple[Answered, Entry]:
    """Answer one row and make its journal entry, as `answers` does."""
    values, key, entity, time, _ = read
    try:
        prediction = float(service.predict(values))
        # also false for a number that is none
        failed = None if -math.inf < prediction < math.inf else f"the model gave {prediction}"
    except Exception as error:
        prediction, failed = math.nan, f"the model raised {type(error).__name__}"
        _log_failure(service, id_, error, at, metrics)
    name, release, scale = service.name, service.release, service.scale
    why = service.fallback_reason
    shadow: float | None = None
    fallback: Any = None
    if why is not None or failed is not None:
        shadow = prediction if failed is None else None
        prediction = service.constant
        why = why or "error"
        fallback = service.fallback_json or _error(failed or "", at)
        metrics.fallbacks[name, service.fallback_word] += 1
    for place, column, known in service.seen_at:
        if values[place] is not None and values[place] not in known:
            metrics.unseen[name, column] += 1
    body = Answer(row, prediction, scale, service.fitted_id, release, service.timezone, 1.0, 0.0, shadow, why)
    entry = (id_, name, ANSWERED, at, at if time is None else time, key, entity, release, pack(body))
    return Answered(id_, prediction, scale, release, fallback), entry


def _error(detail: str, at: int) -> msgspec.Raw:
    since = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)).isoformat()
    return msgspec.Raw(msgspec.json.encode({"reason": "error", "since": since, "detail": detail}))


def _log_failure(service: Service, id_: str, error: Exception, at: int, metrics: Metrics) -> None:
    """Write the traceback to the log (never to the caller), at most once a second for a program."""
    if at - metrics.logged.get(service.name, -_SECOND) >= _SECOND:
        metrics.logged[service.name] = at
        log.error("%s: answer %s: the model failed on a row", service.name, id_, exc_info=error)
