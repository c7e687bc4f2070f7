"""The server with its monitor beside it, as a team runs them: a broken column is found and the constant answers."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import Run, visits_world

PATIENCE = 90.0


class Caller:
    """A client of one server."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        self.connection.request(method, path, None if body is None else json.dumps(body))
        response = self.connection.getresponse()
        return response.status, json.loads(response.read())


def wait_for(what: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end
        time.sleep(0.2)


@pytest.mark.slow
def test_the_monitor_beside_the_server_takes_a_broken_column_out(fitted_shop: Path, run: Run) -> None:
    run("launch", "visits.py")
    run("waive", "visits.py", "neutral_proven", "--by", "ann", "--because", "a trial")
    run("launch", "visits.py")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "fieldguide", "serve", "visits.py", "--port", str(port)], cwd=fitted_shop
    )
    caller = Caller(port)
    try:

        def ready() -> bool:
            try:
                return caller.ask("GET", "/ready")[0] == 200
            except OSError:
                caller.connection.close()
                return False

        wait_for(ready)
        rows = visits_world(2_000, 5).select(["seconds", "age", "plan"]).to_pylist()
        status, answers = caller.ask("POST", "/visits/predict", {"rows": rows[:1_000]})
        assert status == 200
        assert {answer["fallback"] for answer in answers} == {None}
        broken = [{**row, "seconds": row["seconds"] * 1_000} for row in rows[1_000:]]
        caller.ask("POST", "/visits/predict", {"rows": broken})
        wait_for(lambda: caller.ask("GET", "/ready")[1]["releases"]["visits"]["fallback"] is not None)
        _, answer = caller.ask("POST", "/visits/predict", rows[0])
        assert "millisecond" in answer["fallback"]["reason"]
        assert "1,001" in answer["fallback"]["reason"]
        assert answer["prediction"] != answers[0]["prediction"]
        first = subprocess.run(
            ["pgrep", "-P", str(server.pid)], capture_output=True, text=True, check=False
        ).stdout
        assert first.strip()
    finally:
        caller.connection.close()
        server.send_signal(signal.SIGTERM)
        assert server.wait(PATIENCE) == 0
    left = subprocess.run(
        ["pgrep", "-f", f"monitor visits.py.*{fitted_shop}"], capture_output=True, text=True, check=False
    )
    assert not left.stdout.strip()
