"""Replaying rows through a real server in a process of its own: requests when they were asked, outcomes when known."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, Self

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fieldguide.errors import FieldguideError
from fieldguide.program import Program, raw_columns
from fieldguide.steps.home import Home, name_of

HOUR = timedelta(hours=1)
PATIENCE = 30.0
"""Seconds to wait for the server."""
WATCH_EVERY = 1_000
"""Rows between two looks of the monitor."""
Change = Mapping[str, Callable[[Any], Any]]


class Replay:
    """A server that answers for a program, and what was sent to it.

    `sent` holds the values that were sent by key; `first_changed` is the number of the first row that a
    `change` touched; `last_fallback` is the reason that the last answer gave for not being the model's.
    """

    def __init__(
        self, home: Home, spec: Path, program: Program, on_step: Callable[[str], None] = lambda message: None
    ) -> None:
        self.program = program
        self.sent: dict[str, dict[str, Any]] = {}
        self.answered = self.outcomes = 0
        self.first_changed: int | None = None
        self.last_fallback: str | None = None
        self._home, self._spec, self._say = home, spec, on_step
        self._pending: list[tuple[datetime, str, float]] = []
        self._told = (0, 0)

    def __enter__(self) -> Self:
        """Start the server and wait until it is ready."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        command = [
            sys.executable,
            "-m",
            "fieldguide",
            "serve",
            str(self._spec),
            "--home",
            str(self._home.folder),
        ]
        self._log = (self._home.folder / "server.log").open("wb")
        self._server = subprocess.Popen(
            [*command, "--port", str(self._port), "--no-monitor"], stdout=self._log, stderr=self._log
        )
        self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        self._until(self._ready, "the server to be ready")
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the server; it drains what it was given."""
        self._connection.close()
        self._server.terminate()
        self._server.wait(PATIENCE)
        self._log.close()

    def play(
        self,
        table: pa.Table,
        since: datetime,
        until: datetime,
        *,
        watch: Callable[[], object],
        change: Change | None = None,
    ) -> None:
        """Send the rows of a canonical table from `since` to `until` in hourly batches, and outcomes as they come.

        `watch` is called after every thousand rows; `change` maps a column to what a broken feed does to it.
        """
        changed = change or {}
        unwatched = 0
        for hour, rows in _hours(self._rows(table, since, until), str(self.program.source.time)):
            for number, row in enumerate(rows, self.answered + 1):
                for name, function in changed.items():
                    if row[name] is not None:
                        row[name] = function(row[name])
                        self.first_changed = self.first_changed or number
            self._ask(rows)
            unwatched += len(rows)
            self._tell(hour + HOUR)
            self._say(f"{hour:%d %B}: {self.answered:,} rows answered")
            if unwatched >= WATCH_EVERY:
                watch()
                unwatched = 0
        self._tell(until)

    def wait_for(self, *, release: int | None = None, fallback: bool | None = None) -> None:
        """Wait until the server, which looks every second, has taken over a release or a fallback."""

        def taken() -> bool:
            state = self._get("/ready")["releases"][name_of(self.program)]
            return (release is None or str(state["release"]) == str(release)) and (
                fallback is None or bool(state["fallback"]) == fallback
            )

        self._until(taken, "the server to take over the change")

    def told(self) -> str:
        """Say what was sent since the last time."""
        before, self._told = self._told, (self.answered, self.outcomes)
        return f"{self.answered - before[0]:,} rows answered, {self.outcomes - before[1]:,} outcomes sent"

    def _rows(self, table: pa.Table, since: datetime, until: datetime) -> list[dict[str, Any]]:
        source = self.program.source
        time_column = table["__time"]
        inside = pc.and_(pc.greater_equal(time_column, since), pc.less(time_column, until))
        part = table.filter(inside)
        names = [column.name for column in raw_columns(self.program)]
        columns = {name: part[name] for name in names}
        columns |= {
            source.keys[0]: part["__key"],
            str(source.time): part["__time"],
            str(source.entity): part["__entity"],
        }
        within = self.program.label.arrives_within
        facts = ("__key", "__time", "__known_at", "__label")
        for key, asked, at, value in zip(*(part[name].to_pylist() for name in facts), strict=True):
            if value is not None:
                self._pending.append((at or asked + within, key, value))
        self._pending.sort()
        rows: list[dict[str, Any]] = pa.table(columns).to_pylist()
        return rows

    def _ask(self, rows: list[dict[str, Any]]) -> None:
        answers = self._post("predict", {"rows": rows})
        key = self.program.source.keys[0]
        for row in rows:
            self.sent[row[key]] = row
        self.answered += len(answers)
        fallback = answers[-1]["fallback"]
        self.last_fallback = None if fallback is None else str(fallback["reason"])

    def _tell(self, now: datetime) -> None:
        known = [each for each in self._pending if each[0] <= now]
        if known:
            self._pending = self._pending[len(known) :]
            said = [{"key": key, "value": value, "at": at} for at, key, value in known]
            self._post("outcomes", {"outcomes": said})
            self.outcomes += len(said)

    def _post(self, what: str, body: Any) -> Any:
        self._connection.request(
            "POST",
            f"/{name_of(self.program)}/{what}",
            msgspec.json.encode(body),
            {"Content-Type": "application/json"},
        )
        response = self._connection.getresponse()
        text = response.read()
        if response.status != 200:
            raise FieldguideError(f"The server answered {response.status} to {what}: {text[:300].decode()}")
        return msgspec.json.decode(text)

    def _get(self, path: str) -> Any:
        self._connection.request("GET", path)
        response = self._connection.getresponse()
        return msgspec.json.decode(response.read())

    def _ready(self) -> bool:
        try:
            self._connection.request("GET", "/ready")
            response = self._connection.getresponse()
            response.read()
        except OSError:
            self._connection.close()
            return False
        return response.status == 200

    def _until(self, holds: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not holds():
            if self._server.poll() is not None or time.monotonic() > end:
                log = Path(self._log.name).read_text(errors="replace")[-600:]
                raise FieldguideError(f"Waited in vain for {what}. The server's log ends: {log}")
            time.sleep(0.05)


def _hours(rows: list[dict[str, Any]], time: str) -> Iterator[tuple[datetime, list[dict[str, Any]]]]:
    for hour, group in groupby(rows, lambda row: row[time].replace(minute=0, second=0, microsecond=0)):
        yield hour, list(group)


def served_alike(harvest: Path, program: Program, sent: Mapping[str, Mapping[str, Any]]) -> int:
    """Return how many values of a harvest differ from those that were sent for the same key."""
    names = [column.name for column in raw_columns(program)]
    table = pq.read_table(harvest).select([*names, program.source.keys[0]])
    return sum(
        row[name] != sent[row[program.source.keys[0]]][name] for row in table.to_pylist() for name in names
    )
