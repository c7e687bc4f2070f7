"""Requests a second and CPU a request, beside a bare ASGI echo and a plain FastAPI + scikit-learn server.

    python bench/serving.py [SECONDS] [ROUNDS]        default 4 seconds each, 3 rounds

One run on one machine. The same 20 columns and the same rows for all; every server is a process pinned to one
core, the load comes from another core over kept-alive connections, contenders take turns and the median of
the rounds counts. fieldguide answers with its Linear model, contract on, every answer committed to the
journal (SQLite, synchronous FULL) before it is sent. The peer does what its pages say: a pydantic model of the
row, a data frame of one row, a fitted pipeline. Then the price of one row without a network. Needs Linux and
the extra `bench`.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import asyncio
import json
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import timeit
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

NUMBERS = [f"x{i:02d}" for i in range(14)]
CATEGORIES = {"carrier": 16, "origin": 3, "plan": 5, "city": 200}
ROWS = 20_000
CONCURRENCY = (64, 1)
PROGRAM = """
from datetime import timedelta
import fieldguide as fg

bench = fg.Program(
    question=fg.Question(ask="Will it?", one_row_is="a row"),
    source=fg.Source("rows.parquet", key="key", time="at"),
    features=[
        *[fg.Number(f"x{i:02d}", low=-1000, high=1000) for i in range(14)],
        *[fg.Category(name) for name in ("carrier", "origin", "plan", "city")],
        fg.Boolean("returning"),
        fg.Timestamp("scheduled", parts=("hour", "weekday")),
    ],
    label=fg.BinaryLabel("late", arrives_within=timedelta(hours=1)),
    model=fg.models.Linear(),
)
"""


def write_rows(path: Path) -> pa.Table:
    """Write and return 20 columns of rows, with key, time and label."""
    rng = np.random.default_rng(7)
    columns: dict[str, Any] = {name: rng.normal(0, 10, ROWS) for name in NUMBERS}
    for name, count in CATEGORIES.items():
        columns[name] = np.array([f"{name} {i}" for i in range(count)])[rng.integers(0, count, ROWS)]
    columns["returning"] = rng.random(ROWS) < 0.3
    start = 1_380_585_600 * 10**6 + np.sort(rng.integers(0, 30 * 86_400, ROWS)) * 10**6
    instants = pa.timestamp("us", "UTC")
    columns["scheduled"] = pa.array(start + 7_200 * 10**6, pa.int64()).cast(instants)
    columns["at"] = pa.array(start, pa.int64()).cast(instants)
    columns["key"] = [f"row {i}" for i in range(ROWS)]
    score = columns["x00"] / 10 - columns["x01"] / 20 + columns["returning"] - 1
    columns["late"] = (rng.random(ROWS) < 1 / (1 + np.exp(-score))).astype(float)
    table = pa.table(columns)
    pq.write_table(table, path)
    return table


def request_of(table: pa.Table) -> dict[str, Any]:
    """Return one row as it is sent: 20 columns and the key."""
    (row,) = table.slice(5, 1).drop_columns(["late", "at"]).to_pylist()
    return {**row, "scheduled": row["scheduled"].isoformat()}


# ---- the contenders


def echo() -> Any:
    """Return an ASGI application that sends back what it gets."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for word in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{word}.complete"})
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


def ours(folder: Path) -> Any:
    """Return fieldguide's application with the fitted Linear model."""
    from fieldguide import learning
    from fieldguide.journal import Journal
    from fieldguide.serving import App, Service
    from fieldguide.tables.contract import contract

    fitted = learning.load(next((folder / "fitted").iterdir()))
    service = Service(
        program=fitted.program,
        contract=contract(fitted.program),
        predict=learning.row_predictor(fitted),
        constant=fitted.constant,
        scale="probability",
        release="2",
        fitted_id=fitted.id,
    )
    journal = Journal(Path(tempfile.mkdtemp(dir=folder)), lambda: datetime.now(UTC))
    return App(journal, {"bench": service})


def pipeline(folder: Path) -> Any:
    """Return the peer's model, fitted on the same rows."""
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    rows = pq.read_table(folder / "rows.parquet").to_pandas()
    rows["hour"] = rows["scheduled"].dt.hour.astype(float)
    rows["weekday"] = rows["scheduled"].dt.day_name()
    hot = OneHotEncoder(handle_unknown="ignore")
    made = make_column_transformer(
        (StandardScaler(), [*NUMBERS, "hour"]),
        (hot, [*CATEGORIES, "weekday"]),
        ("passthrough", ["returning"]),
    )
    return make_pipeline(made, LogisticRegression(max_iter=500)).fit(rows, rows["late"])


def one_row(model: Any, row: dict[str, Any]) -> float:
    """Predict one row as the peer does."""
    import pandas as pd

    frame = pd.DataFrame([row])
    frame["hour"] = frame["scheduled"].dt.hour.astype(float)
    frame["weekday"] = frame["scheduled"].dt.day_name()
    return float(model.predict_proba(frame)[0, 1])


def peer(folder: Path) -> Any:
    """Return a FastAPI application around the pipeline."""
    from fastapi import FastAPI
    from pydantic import create_model

    kinds: dict[str, Any] = dict.fromkeys(NUMBERS, (float | None, ...))
    kinds |= dict.fromkeys(CATEGORIES, (str | None, ...))
    kinds |= {"returning": (bool | None, ...), "scheduled": (datetime, ...), "key": (str | None, None)}
    row_type: Any = create_model("Row", **kinds)
    model = pipeline(folder)
    app = FastAPI()

    async def predict(row: Any) -> dict[str, float]:
        return {"prediction": one_row(model, row.model_dump())}

    predict.__annotations__["row"] = row_type
    app.post("/bench/predict")(predict)
    return app


APPLICATIONS: dict[str, Callable[[Path], Any]] = {
    "echo": lambda folder: echo(),
    "fieldguide": ours,
    "peer": peer,
}


def serve(name: str, folder: Path) -> None:
    """Serve one contender on one core; print its port."""
    import uvicorn

    os.sched_setaffinity(0, {0})
    app = APPLICATIONS[name](folder)
    if name == "fieldguide":
        from fieldguide.serving import run

        run(app, port=0, on_ready=lambda url: print(url.rpartition(":")[2], flush=True))
        return
    config = uvicorn.Config(
        app, port=0, loop="uvloop", http="httptools", ws="none", access_log=False, log_level="warning",
        server_header=False, proxy_headers=False, timeout_keep_alive=75,
    )  # fmt: skip
    socket = config.bind_socket()
    socket.listen(2048)  # callers may come before the server is up
    print(socket.getsockname()[1], flush=True)
    uvicorn.Server(config).run(sockets=[socket])


# ---- the load


class Client(asyncio.Protocol):
    """Sends the same request again as soon as the answer is complete."""

    def __init__(self, request: bytes, until: float, taken: list[float]) -> None:
        self.request, self.until, self.taken = request, until, taken
        self.done = asyncio.get_running_loop().create_future()
        self.begun = 0.0
        self.held = b""

    def connection_made(self, transport: Any) -> None:
        """Send the first request."""
        self.transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        """Take a part of an answer."""
        self.held = self.held + data if self.held else data
        head = self.held.find(b"\r\n\r\n")
        if head < 0:
            return
        at = self.held.lower().index(b"content-length:") + 15
        if len(self.held) < head + 4 + int(self.held[at : self.held.index(b"\r", at)]):
            return
        if not self.held.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(self.held.decode())
        self.held = b""
        now = time.perf_counter()
        self.taken.append(now - self.begun)
        if now < self.until:
            self._send()
        else:
            self.transport.close()
            self.done.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        """The server hung up."""
        if not self.done.done():
            self.done.set_exception(error or ConnectionResetError())

    def _send(self) -> None:
        self.begun = time.perf_counter()
        self.transport.write(self.request)


@dataclass
class Figures:
    """What one contender did in each round, at one concurrency."""

    rate: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)


async def load(port: int, pid: int, body: bytes, clients: int, seconds: float, into: Figures | None) -> None:
    """Ask with so many connections for so long."""
    request = b"POST /bench/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    request += b"Content-Length: %d\r\n\r\n" % len(body) + body
    taken: list[float] = []
    before, begun = cpu_of(pid), time.perf_counter()
    loop = asyncio.get_running_loop()
    made = [
        (await loop.create_connection(lambda: Client(request, begun + seconds, taken), "127.0.0.1", port))[1]
        for _ in range(clients)
    ]
    await asyncio.gather(*[client.done for client in made])
    if into is not None:
        taken.sort()
        into.rate.append(len(taken) / (time.perf_counter() - begun))
        into.cpu.append((cpu_of(pid) - before) / len(taken) * 1e6)
        into.p50.append(taken[len(taken) // 2] * 1e3)
        into.p99.append(taken[int(len(taken) * 0.99)] * 1e3)


def cpu_of(pid: int) -> float:
    """Return the CPU seconds of a process, user and system."""
    cells = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(cells[11]) + int(cells[12])) / os.sysconf("SC_CLK_TCK")


def measure(folder: Path, body: bytes, seconds: float, rounds: int) -> dict[str, dict[int, Figures]]:
    """Let the contenders take turns."""
    import uvloop

    found = {name: {clients: Figures() for clients in CONCURRENCY} for name in APPLICATIONS}
    for _ in range(rounds):
        for name in APPLICATIONS:
            command = [sys.executable, __file__, "--serve", name, str(folder)]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            assert process.stdout is not None
            port = int(process.stdout.readline())
            try:
                for clients in CONCURRENCY:
                    uvloop.run(load(port, process.pid, body, clients, 0.5, None))
                    uvloop.run(load(port, process.pid, body, clients, seconds, found[name][clients]))
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait()
                process.stdout.close()
    return found


# ---- one row, no network


def price(folder: Path, body: bytes) -> None:
    """Print what contract, encoding and prediction of one row cost."""
    from fieldguide import learning
    from fieldguide.tables.contract import contract, parse

    fitted = learning.load(next((folder / "fitted").iterdir()))
    kept, predict = contract(fitted.program), learning.row_predictor(fitted)
    (read,) = parse(kept, body).read
    model, row = pipeline(folder), json.loads(body)
    row = {**{name: value for name, value in row.items() if name != "key"}}
    row["scheduled"] = datetime.fromisoformat(row["scheduled"])
    both = best(lambda: predict(parse(kept, body).read[0].values), 20_000)
    print("\none row of 20 columns, microseconds:")
    print(f"  contract                        {best(lambda: parse(kept, body), 20_000):8.2f}")
    print(f"  encode + predict, Linear        {best(lambda: predict(read.values), 20_000):8.2f}")
    print(f"  contract + encode + predict     {both:8.2f}")
    peer = best(lambda: one_row(model, row), 50)
    print(f"  scikit-learn pipeline on pandas {peer:8.0f}     ({peer / both:.0f} x)")


def best(call: Callable[[], object], number: int) -> float:
    """Return the best of five runs, in microseconds a call."""
    return min(timeit.repeat(call, number=number, repeat=5)) / number * 1e6


def prepare(folder: Path) -> bytes:
    """Write rows, program and fitted model; return the body of the request."""
    from fieldguide import learning
    from fieldguide.program import load_one, raw_columns
    from fieldguide.tables.read import read
    from fieldguide.tables.summary import Blocks, summarize

    table = write_rows(folder / "rows.parquet")
    (folder / "program.py").write_text(PROGRAM, encoding="utf-8")
    program = load_one(str(folder / "program.py"))
    rows = read(program).table
    canonical = rows.order_by(["__time", "__key"]).to_pyarrow()
    before = learning.boundary(program, canonical)
    summary = summarize(rows.filter(rows["__time"] < before), raw_columns(program), slices=Blocks())
    climbed = learning.climb(program, canonical, summary)
    linear = next(rung.fitted for rung in climbed.rungs if rung.model == "Linear")
    learning.save(climbed.fitteds[linear], folder / "fitted")
    return json.dumps(request_of(table)).encode()


def main(seconds: float, rounds: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        body = prepare(folder)
        others = os.sched_getaffinity(0) - {0}
        os.sched_setaffinity(0, others or {0})
        found = measure(folder, body, seconds, rounds)
        for clients in CONCURRENCY:
            print(f"\n{clients} connection{'s' if clients > 1 else ''}: median of {rounds} rounds")
            print(
                f"{'':12s}{'requests/s':>11s}{'x peer':>8s}{'CPU us':>9s}{'x echo':>8s}{'p50 ms':>9s}{'p99 ms':>9s}"
            )
            middle = {
                who: {key: statistics.median(values) for key, values in vars(at[clients]).items()}
                for who, at in found.items()
            }
            for who, got in middle.items():
                print(
                    f"{who:12s}{got['rate']:11,.0f}{got['rate'] / middle['peer']['rate']:8.1f}{got['cpu']:9.1f}"
                    f"{got['cpu'] / middle['echo']['cpu']:8.2f}{got['p50']:9.2f}{got['p99']:9.2f}"
                )
        price(folder, body)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2], Path(sys.argv[3]))
    else:
        main(float(sys.argv[1]) if sys.argv[1:] else 4.0, int(sys.argv[2]) if sys.argv[2:] else 3)
