"""A Spark to run on: one in a process, quiet, with the settings that equal results need."""

from __future__ import annotations

import atexit
import contextlib
import importlib.util
import logging
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import warnings
from pathlib import Path
from typing import Any

from fieldguide.errors import EngineError, UsageError
from fieldguide.tables.engines.spark.java import checked_java

_LOG = logging.getLogger(__name__)

SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",  # an overflow stops the query, as on DuckDB; else it would wrap around
    "spark.sql.caseSensitive": "false",
    "spark.sql.timestampType": "TIMESTAMP_LTZ",
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.int96RebaseModeInRead": "CORRECTED",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "65536",
    "spark.sql.execution.arrow.localRelationThreshold": "1MB",  # more rows from here the workers unpack, not the driver
}
"""What a session must have, whatever the cluster's defaults are."""

ANSWER_WITHIN = 5.0
"""Seconds in which a master must accept a connection."""
WORKERS_WITHIN = 60.0
"""Seconds in which the first worker must take the job."""
MOST_PARTITIONS = 64
"""Parts of a shuffle at most where the cluster's own settings do not say: twice the cores, if that is fewer."""

_lock = threading.Lock()


def session_on(where: Any) -> Any:
    """Return a fresh session on `where`: "local[…]", "spark://host:port", or the Spark of a SparkSession.

    Raises UsageError when pyspark or Java is missing, or the process already runs another Spark;
    EngineError when the master does not answer, or no worker takes the job.
    """
    if not isinstance(where, str):
        return _tuned(where.newSession())
    master = checked_master(where)
    if importlib.util.find_spec("pyspark") is None:
        raise UsageError(
            f"engine {where!r} needs pyspark, which is not installed: pip install 'fieldguide[spark]'."
        )
    with _lock:
        return _tuned(_running(master).newSession())


def checked_master(where: str) -> str:
    """Return the address of a master if it is one.

    >>> checked_master("local[2]"), checked_master("spark://10.0.0.7:7077")
    ('local[2]', 'spark://10.0.0.7:7077')

    Raises UsageError otherwise.
    """
    if re.fullmatch(r"local(\[(\*|[1-9]\d*)\])?", where):
        return where
    for one in where.removeprefix("spark://").split(","):
        if not where.startswith("spark://") or not re.fullmatch(
            r"(\[[0-9a-fA-F:]+\]|[^\s:/,]+):\d{1,5}", one
        ):
            raise UsageError(
                f"engine {where!r} is no address of Spark; write local[2], local[*] or spark://host:7077."
            )
    return where


def _running(master: str) -> Any:
    """Return the session of this process's Spark, started when there is none."""
    with quiet_imports():
        from pyspark import SparkContext
        from pyspark.sql import SparkSession
    active = SparkContext._active_spark_context
    if active is not None:
        if active.master != master:
            raise UsageError(
                f"engine {master!r}: this process already runs Spark at {active.master}, and a process has one; use that, "
                "or start another process."
            )
        return SparkSession.builder.getOrCreate()
    java = checked_java()
    address = None if master.startswith("local") else reached(master)
    with quiet_imports():
        context = _started(master, address, java)
    if address is not None:
        _await_workers(context, master)
    return SparkSession(context)


def reached(master: str) -> str:
    """Return our own address towards the master, the one that its workers can call back.

    Raises EngineError when no master answers in time.
    """
    reasons = []
    for one in master.removeprefix("spark://").split(","):
        host, port = one.rsplit(":", 1)
        try:
            with socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER_WITHIN) as there:
                return str(there.getsockname()[0])
        except (OSError, OverflowError) as error:
            reasons.append(f"{one}: {getattr(error, 'strerror', None) or error}")
    raise EngineError(
        f"no Spark master answers at {master} ({'; '.join(reasons)}); check that it runs, and its address "
        "(its page shows it as spark://host:port)."
    )


def _started(master: str, address: str | None, java: Path) -> Any:
    from pyspark import SparkConf, SparkContext
    from pyspark.java_gateway import launch_gateway

    conf = SparkConf().setMaster(master).setAppName("fieldguide")
    conf.set("spark.ui.enabled", "false").set("spark.ui.showConsoleProgress", "false")
    scratch = Path(tempfile.mkdtemp(prefix="fieldguide-spark-"))
    conf.set("spark.sql.warehouse.dir", str(scratch))  # else a folder appears where the command is run
    if "SPARK_LOCAL_IP" not in os.environ:
        here = address or "127.0.0.1"
        conf.set("spark.driver.host", here).set("spark.driver.bindAddress", here)
    before = signal.getsignal(signal.SIGINT)
    gateway = None
    with tempfile.TemporaryFile("w+b") as log:  # Spark goes on writing to it, unseen
        try:
            gateway = launch_gateway(conf, popen_kwargs={"stdout": log, "stderr": log})
            context = SparkContext(conf=conf, gateway=gateway)
        except Exception as error:
            if gateway is not None:
                _end(gateway)
            shutil.rmtree(scratch, ignore_errors=True)
            raise EngineError(
                f"Spark at {master} could not be started ({_said(log) or str(error)[:200]}); Java: {java}."
            ) from error
        finally:
            if threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGINT, before)  # Spark put its own in; Ctrl-C stays the command's
    atexit.register(_stop, context, gateway, scratch)
    for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
        _silence(name)
    return context


def _await_workers(context: Any, master: str) -> None:
    until = time.monotonic() + WORKERS_WITHIN
    while len(context._jsc.sc().statusTracker().getExecutorInfos()) < 2:  # the driver counts as one
        if context._jsc.sc().isStopped() or time.monotonic() > until:
            context.stop()
            raise EngineError(
                f"{master} answers, but no worker took the job within {WORKERS_WITHIN:.0f} s; check that workers run "
                "and have memory free (spark.executor.memory), and that they can reach this machine."
            )
        time.sleep(0.1)


def _tuned(session: Any) -> Any:
    context = session.sparkContext
    for key, value in SETTINGS.items():
        session.conf.set(key, value)
    if not context.getConf().contains("spark.sql.shuffle.partitions"):
        parts = min(MOST_PARTITIONS, 2 * context.defaultParallelism)
        session.conf.set("spark.sql.shuffle.partitions", str(max(2, parts)))
    return session


@contextlib.contextmanager
def quiet_imports() -> Any:
    """Import pyspark without its warning about versions of pandas, through which no row of ours goes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield


def _silence(name: str) -> None:
    """Keep a logger of pyspark, which prints whole stack traces as JSON, off the terminal."""
    from pyspark.logger import PySparkLogger

    logger: logging.Logger = PySparkLogger.getLogger(name)
    logger.disabled = True


def _said(log: Any) -> str:
    """Return what Spark's own log has as the reason, in one line."""
    log.seek(0)
    lines = log.read().decode("utf-8", "replace").splitlines()
    reasons = [line for line in lines if re.search(r"\b(ERROR|Exception|Error)\b", line)]
    return reasons[0].strip()[:200] if reasons else ""


def _stop(context: Any, gateway: Any, scratch: Path) -> None:
    try:
        context.stop()
    except Exception as error:  # the cluster or the Java may be gone already, and we are leaving
        _LOG.debug("Spark did not stop in order: %s", error)
    _end(gateway)
    shutil.rmtree(scratch, ignore_errors=True)


def _end(gateway: Any) -> None:
    try:
        gateway.shutdown()
    except Exception as error:
        _LOG.debug("the gateway to Java did not close in order: %s", error)
    process = gateway.proc
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)
