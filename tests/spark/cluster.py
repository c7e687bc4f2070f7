"""A real standalone cluster of Spark on loopback: a master and two workers, each a Java of its own.

with cluster() as master:       # spark://127.0.0.1:port
    ...
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

PATIENCE = 90.0
DIE_WITH_PARENT = 1  # prctl's PR_SET_PDEATHSIG


def why_not() -> str | None:
    """Why no Spark can be started here, None when it can."""
    import importlib.util

    if importlib.util.find_spec("pyspark") is None:
        return "pyspark is not installed: pip install -e '.[spark]'"
    from fieldguide.errors import UsageError
    from fieldguide.tables.engines.spark.java import checked_java

    try:
        checked_java()
    except UsageError as error:
        return str(error)
    return None


@contextlib.contextmanager
def cluster(workers: int = 2, cores: int = 1, memory: str = "1g") -> Iterator[str]:
    """Run a master and workers as long as the block lasts, and yield the master's address."""
    import pyspark

    spark_class = Path(pyspark.__file__).parent / "bin" / "spark-class"
    folder = Path(tempfile.mkdtemp(prefix="fieldguide-spark-"))
    started: list[subprocess.Popen[bytes]] = []
    port, page = _free_port(), _free_port()
    master = f"spark://127.0.0.1:{port}"
    host = ["--host", "127.0.0.1"]
    try:
        at = [*host, "--port", str(port), "--webui-port", str(page)]
        started.append(_run(spark_class, "master.Master", at, folder))
        for number in range(workers):
            place = folder / f"worker-{number}"
            given = ["--cores", str(cores), "--memory", memory, "--work-dir", str(place), "--webui-port", "0"]
            started.append(_run(spark_class, "worker.Worker", [*host, *given, master], folder))
        _await(page, workers, started, folder)
        yield master
    finally:
        for process in started:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        for process in started:
            process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _run(spark_class: Path, name: str, arguments: list[str], folder: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "256m"}
    with (folder / f"{name}.log").open("ab") as log:
        return subprocess.Popen(
            [str(spark_class), f"org.apache.spark.deploy.{name}", *arguments],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=folder, env=environment, start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )  # fmt: skip


def _die_with_parent() -> None:
    """Let the kernel kill this process when the tests are killed themselves."""
    ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)


def _await(page: int, workers: int, started: list[subprocess.Popen[bytes]], folder: Path) -> None:
    until = time.monotonic() + PATIENCE
    seen = 0
    while time.monotonic() < until:
        assert all(process.poll() is None for process in started), _logs(folder)
        with contextlib.suppress(OSError, ValueError):
            with urllib.request.urlopen(f"http://127.0.0.1:{page}/json/", timeout=2) as answer:
                seen = json.load(answer)["aliveworkers"]
            if seen >= workers:
                return
        time.sleep(0.1)
    raise AssertionError(f"{seen} of {workers} workers after {PATIENCE:.0f} s: {_logs(folder)}")


def _logs(folder: Path) -> str:
    return "\n".join(path.read_text("utf-8", "replace")[-2000:] for path in sorted(folder.glob("*.log")))


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
