"""Killed under load, again and again: what was acknowledged is there. And a server that cheats is caught."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fieldguide.journal import read_answers, read_outcomes

CLIENTS = 12


@dataclass
class Acknowledged:
    """What the callers were told before the server died."""

    answers: dict[str, float] = field(default_factory=dict)
    outcomes: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def servers():
    """A process that forks a server for each line that it is given."""
    script = Path(__file__).parent / "served.py"
    process = subprocess.Popen(
        [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")},
    )  # fmt: skip
    yield process
    process.stdin.close()
    process.wait(timeout=20)
    process.stdout.close()


def start(servers, folder: Path, how: str) -> tuple[int, int]:
    servers.stdin.write(f"{folder} {how}\n")
    servers.stdin.flush()
    pid, port = servers.stdout.readline().split()
    return int(pid), int(port)


async def call(reader, writer, path: str, value: object):
    body = json.dumps(value).encode()
    writer.write(
        b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (path.encode(), len(body)) + body
    )
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    answer = json.loads(await reader.readexactly(length))
    assert head.startswith(b"HTTP/1.1 200"), (head, answer)
    return answer


async def client(port: int, number: int, known: Acknowledged, rng: random.Random) -> None:
    """Send rows one by one and in lists, and outcomes, until the server is gone."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while True:
            row = {"carrier": "UA", "distance": rng.random(), "flight": f"{number}-{rng.random()}"}
            kind = rng.random()
            if kind < 0.6:
                said = [await call(reader, writer, "/flights/predict", row)]
            elif kind < 0.8:
                rows = [row | {"distance": rng.random()} for _ in range(rng.randint(1, 20))]
                said = await call(reader, writer, "/flights/predict", {"rows": rows})
            else:
                await call(reader, writer, "/flights/outcomes", {"key": row["flight"], "value": 1})
                known.outcomes.add(row["flight"])
                continue
            known.answers.update((each["id"], each["prediction"]) for each in said)
    except (OSError, asyncio.IncompleteReadError):
        return
    finally:
        writer.close()


def load_until_killed(pid: int, port: int, known: Acknowledged, rng: random.Random) -> None:
    async def go():
        clients = [client(port, n, known, random.Random(rng.random())) for n in range(CLIENTS)]
        killer = asyncio.get_running_loop().call_later(rng.uniform(0.1, 0.4), os.kill, pid, signal.SIGKILL)
        await asyncio.gather(*clients)
        killer.cancel()

    asyncio.run(go())


def rounds(servers, folder: Path, how: str, count: int, seed: int) -> tuple[Acknowledged, list[str]]:
    """Kill the server `count` times on one journal; return what was acknowledged and what of it is lost."""
    known, rng = Acknowledged(), random.Random(seed)
    for _ in range(count):
        pid, port = start(servers, folder, how)
        load_until_killed(pid, port, known, rng)
    table = read_answers(folder, "flights")
    kept = dict(zip(table["__id"].to_pylist(), table["__prediction"].to_pylist(), strict=True))
    lost = [each for each, said in known.answers.items() if kept.get(each) != said]
    if how == "right":
        assert table["__n"].to_pylist() == list(range(1, table.num_rows + 1))  # none doubled, no gap
        assert len(kept) == table.num_rows
        lost += sorted(known.outcomes - set(read_outcomes(folder, "flights")["key"].to_pylist()))
    return known, lost


def test_nothing_acknowledged_is_lost_when_the_server_is_killed(servers, tmp_path):
    known, lost = rounds(servers, tmp_path / "journal", "right", 3, seed=1)
    assert len(known.answers) > 100
    assert len(known.outcomes) > 10
    assert lost == []


def test_a_server_that_acknowledges_before_it_commits_is_caught(servers, tmp_path):
    for attempt in range(10):
        known, lost = rounds(servers, tmp_path / f"journal-{attempt}", "early", 1, seed=attempt)
        assert known.answers
        if lost:
            return
    pytest.fail("ten kills of a server that acknowledges too early lost nothing: this harness sees nothing")


@pytest.mark.slow
def test_twenty_kills_on_one_journal_lose_nothing(servers, tmp_path):
    known, lost = rounds(servers, tmp_path / "journal", "right", 20, seed=2)
    assert len(known.answers) > 1_000
    assert lost == []
