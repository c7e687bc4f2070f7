"""What happened later: recorded once, corrected by a later word, never overwritten.

An outcome names its answer by `id` or by `key`. The same value again changes nothing; another value with a
later `at` supersedes the one before; one with an earlier `at` is kept as history. What counts in the end does
not depend on the order in which the words arrive. Outcomes for ids and keys
that nobody was ever answered for are kept too: the answer may still come, and a typing error wants counting.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    """What counts as one answer's outcome.

    `at` is when this value was first said after any other one, `latest` when it was last said: both
    observed times, in microseconds since 1970, UTC.
    """

    value: float
    at: int
    latest: int


class Word:
    """One thing that was said of an answer; `seq` is None until it is written."""

    __slots__ = ("at", "changed", "received", "seq", "value")

    def __init__(self, seq: int | None, value: float, at: int, received: int) -> None:
        self.seq, self.value, self.at, self.received = seq, value, at, received
        self.changed = seq is None


Target = tuple[str, str | None, str | None]


def record(connection: Connection, outcomes: Sequence[Outcome], received: int) -> Recorded:
    """Write outcomes inside the connection's transaction; `received` in microseconds since 1970, UTC."""
    history = _history(connection, outcomes)
    counts = {"new": 0, "corrected": 0, "unchanged": 0, "older": 0}
    watermarks: dict[str, int] = {}
    for outcome in outcomes:
        said = history.setdefault(outcome[:3], [])
        counts[_hear(said, outcome.value, outcome.at, received)] += 1
        seen = min(outcome.at, received)
        watermarks[outcome.program] = max(watermarks.get(outcome.program, seen), seen)
    new = [
        (*target, w.value, w.at, w.received)
        for target, said in history.items()
        for w in said
        if w.seq is None
    ]
    moved = [
        (w.at, w.received, w.seq)
        for said in history.values()
        for w in said
        if w.changed and w.seq is not None
    ]
    if new:
        connection.exec_driver_sql(
            "INSERT INTO outcomes (program, id, key, value, at, received) VALUES (?, ?, ?, ?, ?, ?)", new
        )
    if moved:
        connection.exec_driver_sql("UPDATE outcomes SET at = ?, received = ? WHERE seq = ?", moved)
    return Recorded(**counts, watermarks=watermarks)


def _hear(said: list[Word], value: float, at: int, received: int) -> str:
    """Add one more word to what was said, in order of arrival; return what became of it."""
    run = _last_run(said)
    if not run:
        said.append(Word(None, value, at, received))
        return "new"
    last = run[-1]
    if last.value != value:
        if any(word.value == value and word.at == at for word in said):
            return "unchanged"
        said.append(Word(None, value, at, received))
        return "corrected" if at > last.at else "older"
    if at > last.at:
        # said again: it must outlive a word from between that comes later, but needs no more than one row
        if len(run) > 1:
            last.at, last.received, last.changed = at, received, True
        else:
            said.append(Word(None, value, at, received))
    return "unchanged"


def current(said: Sequence[Word]) -> Known | None:
    """Return what counts among all that was said of one answer, given in order of arrival.

    The word with the latest `at`, of equals the first.

    >>> current([Word(1, 1.0, 10, 0), Word(2, 0.0, 20, 0), Word(3, 1.0, 20, 0)])
    Known(value=0.0, at=20, latest=20)
    """
    run = _last_run(said)
    return Known(run[0].value, run[0].at, run[-1].at) if run else None


def _last_run(said: Sequence[Word]) -> list[Word]:
    """Return the words of the value that counts, since it was last said otherwise, by observed time."""
    if len(said) <= 1:
        return list(said)
    words: list[Word] = []
    for word in sorted(said, key=lambda w: w.at):  # of equals the first to arrive comes first, and counts
        if not words or word.at > words[-1].at:
            words.append(word)
    start = len(words) - 1
    while start and words[start - 1].value == words[-1].value:
        start -= 1
    return words[start:]


def _history(connection: Connection, outcomes: Sequence[Outcome]) -> dict[Target, list[Word]]:
    """Return what was said before of the answers that `outcomes` name."""
    found: dict[Target, list[Word]] = {}
    for program in {outcome.program for outcome in outcomes}:
        for column in ("id", "key"):
            names = {getattr(o, column) for o in outcomes if o.program == program} - {None}
            for row in rows_named(connection, program, column, sorted(names)):
                found.setdefault((program, row[0], row[1]), []).append(Word(*row[2:]))
    return found


def rows_named(connection: Connection, program: str, column: str, names: Sequence[str]) -> list[Any]:
    """Return (id, key, seq, value, at, received) of outcomes that name one of `names`, in order of arrival."""
    rows: list[Any] = []
    for start in range(0, len(names), _CHUNK):
        part = names[start : start + _CHUNK]
        marks = ", ".join("?" * len(part))
        rows += connection.exec_driver_sql(
            f"SELECT id, key, seq, value, at, received FROM outcomes WHERE program = ? AND {column} IN ({marks}) ORDER BY seq",
            (program, *part),
        ).fetchall()
    return rows
