"""What happened later: recorded once, corrected by a later word, never overwritten.

An outcome names its answer by `id` or by `key`. The same value again changes nothing; another value with a
later `at` supersedes the one before; one with an earlier `at` is kept as history. Outcomes for ids and keys
that nobody was ever answered for are kept too: the answer may still come, and a typing error wants counting.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy.engine import Connection

_CHUNK = 400


class Outcome(NamedTuple):
    """One outcome; exactly one of `id` and `key` is given. `at` in microseconds since 1970, UTC."""

    program: str
    id: str | None
    key: str | None
    value: float
    at: int


@dataclass(frozen=True)
class Recorded:
    """What became of a request's outcomes.

    `new` were the first for their answer, `corrected` supersede another value, `unchanged` said what was
    known, `older` were kept as history behind a later one.
    """

    new: int
    corrected: int
    unchanged: int
    older: int
    watermarks: dict[str, int]


class Known(NamedTuple):
    """What is known of one answer's outcome."""

    value: float
    at: int
    received: int


def record(connection: Connection, outcomes: Sequence[Outcome], received: int) -> Recorded:
    """Write outcomes inside the connection's transaction; `received` in microseconds since 1970, UTC."""
    history = _history(connection, outcomes)
    counts = {"new": 0, "corrected": 0, "unchanged": 0, "older": 0}
    rows: list[tuple[Any, ...]] = []
    watermarks: dict[str, int] = {}
    for outcome in outcomes:
        said = history.setdefault(outcome[:3], [])
        now = current(said)
        if now is None:
            fate = "new"
        elif now.value == outcome.value or any(s.value == outcome.value and s.at == outcome.at for s in said):
            fate = "unchanged"
        else:
            fate = "corrected" if outcome.at > now.at else "older"
        counts[fate] += 1
        seen = min(outcome.at, received)
        watermarks[outcome.program] = max(watermarks.get(outcome.program, seen), seen)
        if fate != "unchanged":
            said.append(Known(outcome.value, outcome.at, received))
            rows.append((*outcome, received))
    if rows:
        connection.exec_driver_sql(
            "INSERT INTO outcomes (program, id, key, value, at, received) VALUES (?, ?, ?, ?, ?, ?)", rows
        )
    return Recorded(**counts, watermarks=watermarks)


def current(said: Iterable[Known]) -> Known | None:
    """Return what counts among all that was said of one answer: the latest `at`, the first of equals.

    >>> current([Known(1.0, 10, 0), Known(0.0, 20, 0), Known(1.0, 20, 0)])
    Known(value=0.0, at=20, received=0)
    """
    best: Known | None = None
    for known in said:
        if best is None or known.at > best.at:
            best = known
    return best


def _history(
    connection: Connection, outcomes: Sequence[Outcome]
) -> dict[tuple[str, str | None, str | None], list[Known]]:
    """Return what was said before of the answers that `outcomes` name."""
    found: dict[tuple[str, str | None, str | None], list[Known]] = {}
    programs = {outcome.program for outcome in outcomes}
    for program in programs:
        for column in ("id", "key"):
            names = {getattr(o, column) for o in outcomes if o.program == program} - {None}
            for row in rows_named(connection, program, column, sorted(names)):
                found.setdefault((program, row[0], row[1]), []).append(Known(*row[2:]))
    return found


def rows_named(connection: Connection, program: str, column: str, names: Sequence[str]) -> list[Any]:
    """Return (id, key, value, at, received) of the outcomes that name one of `names`, in order of arrival."""
    rows: list[Any] = []
    for start in range(0, len(names), _CHUNK):
        part = names[start : start + _CHUNK]
        marks = ", ".join("?" * len(part))
        rows += connection.exec_driver_sql(
            f"SELECT id, key, value, at, received FROM outcomes WHERE program = ? AND {column} IN ({marks}) ORDER BY seq",
            (program, *part),
        ).fetchall()
    return rows
