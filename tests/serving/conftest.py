"""The application of a small program, called without a network."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import fieldguide.program as fg
from fieldguide.journal import Journal
from fieldguide.serving import App, Service
from fieldguide.tables.contract import contract

NOW = datetime(2013, 10, 1, 12, tzinfo=UTC)
ROW = {
    "carrier": "UA",
    "distance": 1400.0,
    "weekend": False,
    "scheduled_at": "2013-10-01T05:15:00-04:00",
}


def make_program(**blanks):
    given = {
        "question": fg.Question(ask="Late?", one_row_is="a flight"),
        "source": fg.Source(
            "x.csv", key="flight", time="predicted_at", entity="tail", timezone="America/New_York"
        ),
        "features": [
            fg.Category("carrier", about="airline code"),
            fg.Number("distance", unit="mile", low=0, high=6000),
            fg.Boolean("weekend"),
            fg.Timestamp("scheduled_at", parts=("hour",)),
        ],
        "label": fg.BinaryLabel("late", arrives_within=timedelta(hours=30)),
        "name": "flights",
    }
    return fg.Program(**(given | blanks))


def predict(values):
    """A model that grows with the distance and fails in the ways that models do."""
    if values[0] == "raises":
        raise KeyError("a secret of the inside")
    if values[0] == "nan":
        return float("nan")
    if values[0] == "inf":
        return float("inf")
    if values[0] == "text":
        return "0.5x"
    return 0.1 + (values[1] or 0.0) / 10_000


def make_service(**change):
    program = change.pop("program", None) or make_program()
    given = {
        "program": program,
        "contract": contract(program),
        "predict": predict,
        "constant": 0.24,
        "scale": "probability",
        "release": "2",
        "fitted_id": "f2",
    }
    return Service(**(given | change))


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Caller:
    """Calls an ASGI application as a server would."""

    app: Any
    sent: list[dict] = field(default_factory=list)

    async def send(self, method, path, body=b"", headers=(), chunks=None):
        parts = list(chunks) if chunks is not None else [body]
        given = {"content-length": str(len(body))} if chunks is None else {}
        given |= dict(headers)
        out: list[dict] = []

        async def receive():
            if not parts:
                return {"type": "http.disconnect"}
            part = parts.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(parts)}

        async def send(message):
            out.append(message)

        scope = {
            "type": "http", "method": method, "path": path, "query_string": b"",
            "headers": [(k.encode(), v.encode()) for k, v in given.items()],
        }  # fmt: skip
        await self.app(scope, receive, send)
        if not out:
            return None
        body = b"".join(message.get("body", b"") for message in out[1:])
        told = {k.decode(): v.decode() for k, v in out[0]["headers"]}
        assert int(told.get("content-length", len(body))) == len(body)
        return Answer(out[0]["status"], told, body)

    def __call__(self, method, path, body=b"", headers=(), chunks=None):
        return asyncio.run(self.send(method, path, body, headers, chunks))

    def post(self, path, value, **more):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        return self("POST", path, body, **more)

    def get(self, path):
        return self("GET", path)

    def predict(self, value):
        return self.post("/flights/predict", value)

    def outcomes(self, value):
        return self.post("/flights/outcomes", value)


@dataclass
class Server:
    folder: Path
    app: App
    call: Caller
    clock: list[datetime]


@pytest.fixture
def make_server(tmp_path):
    made = []

    def make(services=None, **more) -> Server:
        folder = tmp_path / f"journal-{len(made)}"
        clock = [NOW]
        journal = Journal(folder, lambda: clock[0]).open()
        app = App(journal, {"flights": make_service()} if services is None else services, **more)
        made.append(journal)
        return Server(folder, app, Caller(app), clock)

    yield make
    for journal in made:
        journal.close()


@pytest.fixture
def server(make_server):
    return make_server()


@pytest.fixture(scope="session")
def service():
    """Make a service, with changes."""
    return make_service


@pytest.fixture(scope="session")
def program():
    """Make the program, with changes."""
    return make_program


@pytest.fixture
def row():
    """Make a row, with changes."""
    return lambda **change: ROW | change
