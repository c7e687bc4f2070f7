"""The writer: many requests, one thread, one transaction and one sync a group.

`append` hands entries over and returns a future that is resolved only after the commit that holds them.
While one group is being written the next one gathers, so that the price of a sync is shared.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future as ThreadFuture
from datetime import datetime
from itertools import chain
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, Any

from msgspec import Struct
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DatabaseError, OperationalError

from fieldguide.errors import JournalError
from fieldguide.journal.entries import Entry
from fieldguide.journal.outcomes import Outcome, Recorded, record
from fieldguide.journal.storage import EPOCH, NEVER, micros, open_writing, path_of

MOST_PENDING = 20_000
"""How many entries may wait for their commit before new ones are turned away with 503."""
LARGEST_GROUP = 4_096

_COLUMNS = "(n, id, program, kind, at, time, key, entity, release, body)"
_MARKS = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
# several rows a statement: each step of SQLite gives up and takes back Python's lock once
_LARGEST_INSERT = 64
_INSERTS = {
    size: f"INSERT INTO entries {_COLUMNS} VALUES {', '.join([_MARKS] * size)}"
    for size in (1, 2, 4, 8, 16, 32, _LARGEST_INSERT)
}
_PROGRESS = """
INSERT INTO progress (program, n, refused, dropped, watermark) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (program) DO UPDATE SET n = excluded.n, refused = refused + excluded.refused,
dropped = dropped + excluded.dropped, watermark = max(watermark, excluded.watermark)
"""


class Journal:
    """The journal of one server process.

    >>> import tempfile
    >>> from datetime import UTC
    >>> journal = Journal(Path(tempfile.mkdtemp()), lambda: datetime(2013, 10, 1, tzinfo=UTC)).open()
    >>> journal.stamp(2)[1]
    ['04e7a2a245200000', '04e7a2a245200100']
    >>> journal.close()
    """

    def __init__(
        self, folder: Path, clock: Callable[[], datetime], *, most_pending: int = MOST_PENDING
    ) -> None:
        self.folder = Path(folder)
        self.clock = clock
        self.failing: str | None = None
        """Why the last group could not be written; None when it could."""
        self.commits = 0
        self.pending = 0
        """Entries handed over from the event loop that are not yet committed."""
        self._most_pending = most_pending
        self._gathered: list[_Job] = []
        self._queue: SimpleQueue[list[_Job] | None] = SimpleQueue()
        self._connection: Connection | None = None
        self._path = path_of(self.folder)
        self._inode = 0
        self._numbers: dict[str, int] = {}
        self._last_id = 0
        self._lock: IO[str] | None = None
        self._thread: threading.Thread | None = None

    def open(self) -> Journal:
        """Take the lock, open or make the file, start the writer.

        Raises JournalError when another server writes this journal or the file is of another version.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = _locked(self.folder / "worker-0.lock")
        except OSError as error:
            raise JournalError(f"the journal cannot be opened in {self.folder} ({error}).") from error
        try:
            connection = self._connect()
            last = connection.exec_driver_sql("SELECT id FROM entries ORDER BY seq DESC LIMIT 1").scalar()
            self._last_id = int(last[:-2], 16) if last else 0
            connection.rollback()
        except BaseException as error:
            self._disconnect()
            self._lock.close()
            if isinstance(error, DatabaseError):
                raise JournalError(
                    f"the journal cannot be opened in {self.folder} ({error.orig})."
                ) from error
            raise
        self._thread = threading.Thread(target=self._write_groups, name="journal", daemon=True)
        self._thread.start()
        return self

    def stamp(self, count: int) -> tuple[int, list[str]]:
        """Return the time now (microseconds since 1970, UTC) and so many new ids.

        Ids sort by time and never come twice in this journal.
        """
        gap = self.clock() - EPOCH
        at = (gap.days * 86_400 + gap.seconds) * 1_000_000 + gap.microseconds
        first = at if at > self._last_id else self._last_id + 1
        if count == 1:
            self._last_id = first
            return at, [f"{first:014x}00"]
        self._last_id = first + count - 1
        return at, [f"{i:014x}00" for i in range(first, first + count)]

    def append(self, entries: Sequence[Entry], dropped: int = 0) -> asyncio.Future[None]:
        """Hand entries over; the future is done when they are committed. Call it on an event loop.

        `dropped` counts refusals of the same program that came too fast to be journaled.

        Raises JournalError (503) at once when too many wait; the future raises JournalError (507) when
        the group could not be written: then none of it was.
        """
        if self.pending >= self._most_pending:
            raise JournalError("the journal has too many entries waiting; come back in a moment.", 503)
        return self._hand_over(
            _Job(entries, None, asyncio.get_running_loop().create_future(), len(entries), dropped)
        )

    def record(self, outcomes: Sequence[Outcome]) -> asyncio.Future[Recorded]:
        """Hand outcomes over; the future gives what became of them once they are committed."""
        if self.pending >= self._most_pending:
            raise JournalError("the journal has too many entries waiting; come back in a moment.", 503)
        return self._hand_over(_Job((), outcomes, asyncio.get_running_loop().create_future(), len(outcomes)))

    def append_and_wait(self, entries: Sequence[Entry]) -> None:
        """Append from a thread that is no event loop."""
        self._wait(_Job(entries, None, ThreadFuture(), len(entries)))

    def record_and_wait(self, outcomes: Sequence[Outcome]) -> Recorded:
        """Record outcomes from a thread that is no event loop."""
        recorded: Recorded = self._wait(_Job((), outcomes, ThreadFuture(), len(outcomes)))
        return recorded

    @property
    def is_open(self) -> bool:
        """Whether entries can be handed over."""
        return self._thread is not None

    async def probe(self) -> None:
        """Try an empty write if the last one failed, so that a server that is not asked recovers too."""
        if self.failing is not None:
            await self._hand_over(_Job((), None, asyncio.get_running_loop().create_future(), 0))

    def close(self) -> None:
        """Write what is pending, then close the file and give the lock back."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        if self._gathered:
            self._flush()
        self._queue.put(None)
        thread.join()
        self._disconnect()
        if self._lock is not None:
            self._lock.close()

    def _hand_over(self, job: _Job) -> asyncio.Future[Any]:
        if self._thread is None:
            raise JournalError("the journal is closed.", 503)
        self.pending += job.size
        future: asyncio.Future[Any] = job.future
        if not self._gathered:  # what else is handed over in this round of the loop goes along
            future.get_loop().call_soon(self._flush)
        self._gathered.append(job)
        return future

    def _flush(self) -> None:
        jobs, self._gathered = self._gathered, []
        self._queue.put(jobs)

    def _wait(self, job: _Job) -> Any:
        if self._thread is None:
            raise JournalError("the journal is closed.", 503)
        self._queue.put([job])
        future: ThreadFuture[Any] = job.future
        return future.result()

    def _settle(self, done: list[tuple[_Job, Any]]) -> None:
        """Resolve futures of the event loop, on the event loop."""
        for job, result in done:
            self.pending -= job.size
            future = job.future
            if future.done():  # the caller went away
                continue
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)

    # ---- the writer's thread

    def _write_groups(self) -> None:
        get, get_nowait = self._queue.get, self._queue.get_nowait
        jobs = get()
        while jobs is not None:
            group = jobs
            size = sum([job.size for job in group])
            jobs = None
            while size < LARGEST_GROUP:
                try:
                    jobs = get_nowait()
                except Empty:
                    break
                if jobs is None:
                    self._queue.put(None)  # the end, after this group
                    break
                group += jobs
                size += sum([job.size for job in jobs])
            self._tell(self._commit_or_fail(group))
            jobs = get()

    def _tell(self, done: list[tuple[_Job, Any]]) -> None:
        loops: dict[asyncio.AbstractEventLoop, list[tuple[_Job, Any]]] = {}
        for job, result in done:
            if isinstance(job.future, ThreadFuture):
                if isinstance(result, Exception):
                    job.future.set_exception(result)
                else:
                    job.future.set_result(result)
            else:
                loops.setdefault(job.future.get_loop(), []).append((job, result))
        for loop, jobs in loops.items():
            with contextlib.suppress(RuntimeError):  # it was closed: nobody waits any more
                loop.call_soon_threadsafe(self._settle, jobs)

    def _commit_or_fail(self, group: list[_Job]) -> list[tuple[_Job, Any]]:
        try:
            results = self._commit(group)
        except Exception as error:  # whatever it was, every caller must hear of it and the thread go on
            self._disconnect()
            if len(group) > 1 and not isinstance(error, _DISK):
                # one entry is at fault, not the disk: the others must not suffer
                return [done for job in group for done in self._commit_or_fail([job])]
            cause = error.orig if isinstance(error, DatabaseError) else error
            self.failing = f"the journal cannot write to {self.folder} ({cause}); free or mend the disk."
            return [(job, JournalError(self.failing)) for job in group]
        self.failing = None
        self.commits += 1
        return list(zip(group, results, strict=True))

    def _commit(self, group: list[_Job]) -> list[Any]:
        connection = self._connection
        # a file that was moved or deleted would take entries and lose them
        if connection is None or self._path.stat().st_ino != self._inode:
            connection = self._connect()
        raw = connection.connection.dbapi_connection
        assert raw is not None
        rows: list[Any] = []
        latest: dict[str, _Progress] = {}
        results: list[Any] = [None] * len(group)
        program, mark = None, _Progress(0)
        for place, job in enumerate(group):
            for entry in job.entries:
                if entry[1] != program:
                    program = entry[1]
                    mark = self._mark(connection, latest, program)
                mark.n = n = mark.n + 1
                # a refused row may have no time of its own, and a row that says it is from the future must
                # not make the others look old
                time = entry[4] if entry[4] < entry[3] else entry[3]
                if entry[2]:
                    mark.refused += 1
                elif time > mark.watermark:
                    mark.watermark = time
                rows.append((n, *entry))
            if job.dropped:
                mark.dropped += job.dropped
            if job.outcomes is not None:
                results[place] = recorded = record(connection, job.outcomes, micros(self.clock()))
                for name, watermark in recorded.watermarks.items():
                    told = self._mark(connection, latest, name)
                    told.watermark = max(told.watermark, watermark)
        # the driver itself: SQLAlchemy's own work would cost more than SQLite's here
        cursor = raw.cursor()
        _insert(cursor, rows)
        if not latest:  # a probe: write something all the same
            latest[""] = _Progress(0)
        for name, told in latest.items():
            cursor.execute(_PROGRESS, (name, told.n, told.refused, told.dropped, told.watermark))
        cursor.close()
        connection.commit()
        raw.commit()
        self._numbers.update((name, told.n) for name, told in latest.items())
        return results

    def _mark(self, connection: Connection, latest: dict[str, _Progress], program: str) -> _Progress:
        mark = latest.get(program)
        if mark is None:
            mark = latest[program] = _Progress(self._number(connection, program))
        return mark

    def _number(self, connection: Connection, program: str) -> int:
        known = self._numbers.get(program)
        if known is None:
            found = connection.exec_driver_sql(
                "SELECT max(n) FROM entries WHERE program = ?", (program,)
            ).scalar()
            known = int(found or 0)
        return known

    def _connect(self) -> Connection:
        self._disconnect()
        self._connection = open_writing(self._path)
        self._inode = self._path.stat().st_ino
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        self._numbers.clear()  # read again: what was counted may not have been written
        if connection is not None:
            try:
                connection.close()
            except DatabaseError as error:
                self.failing = str(error)


_DISK = (sqlite3.OperationalError, OperationalError, OSError)
"""What is the disk's fault, or the file's, and not one entry's."""


class _Job(Struct, gc=False):
    """What one caller handed over, and the future that waits for it."""

    entries: Sequence[Entry]
    outcomes: Sequence[Outcome] | None
    future: Any
    size: int
    dropped: int = 0


class _Progress:
    """How far one program has come in the group that is being written."""

    __slots__ = ("dropped", "n", "refused", "watermark")

    def __init__(self, n: int) -> None:
        self.n = n
        self.refused = self.dropped = 0
        self.watermark = NEVER


def _insert(cursor: Any, rows: list[Any]) -> None:
    size, at, total = _LARGEST_INSERT, 0, len(rows)
    while at < total:
        while size > total - at:
            size >>= 1
        part = rows[at : at + size]
        cursor.execute(_INSERTS[size], part[0] if size == 1 else list(chain.from_iterable(part)))
        at += size


def _locked(path: Path) -> IO[str]:
    """Take a lock that the operating system gives back when the process ends, however it ends."""
    file = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        owner = file.read().strip()
        file.close()
        raise JournalError(
            f"another server{f' (process {owner})' if owner else ''} writes the journal in {path.parent}; "
            "stop it first, or use another home.",
            503,
        ) from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file
