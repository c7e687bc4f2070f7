"""What can go wrong with Spark, in one line that says what to do."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fieldguide.errors import DataError, EngineError, FieldguideError, UsageError
from fieldguide.tables import engines as engine
from fieldguide.tables.engines.spark import session, troubles
from fieldguide.tables.engines.spark.java import checked_java, version_of

from .cluster import cluster

PROGRAM = '''"""Visits."""
import fieldguide as fg

visits = fg.Program(
    question=fg.Question(ask="Back?", one_row_is="a visit"),
    source=fg.Source("visits.parquet", key="id"),
    features=[fg.Number("amount")],
    label=fg.BinaryLabel("back", arrives_within="1 day"),
)
'''


def java(folder: Path, says: str) -> Path:
    """A folder with a bin/java that says so of its version."""
    file = folder / "bin" / "java"
    file.parent.mkdir(parents=True)
    file.write_text(f"#!/bin/sh\necho '{says}' >&2\n")
    file.chmod(0o755)
    return folder


def test_java_is_taken_from_java_home_else_from_path(tmp_path: Path) -> None:
    at_home, in_path = (java(tmp_path / name, 'openjdk version "21.0.1"') for name in ("home", "path"))
    both = {"JAVA_HOME": str(at_home), "PATH": str(in_path / "bin")}
    assert checked_java(both) == at_home / "bin" / "java"
    assert checked_java({"PATH": both["PATH"]}) == in_path / "bin" / "java"


@pytest.mark.parametrize(
    ("says", "told"),
    [
        ('openjdk version "11.0.20" 2023-07-18', "is Java 11"),
        ('java version "1.8.0_201"', "is Java 8"),
        ("nothing of the kind", "does not say its version (nothing of the kind)"),
    ],
)
def test_a_java_too_old_or_none_at_all_is_told(says: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="apt-get install openjdk-17-jre-headless") as error:
        checked_java({"JAVA_HOME": str(java(tmp_path / "old", says))})
    assert told in str(error.value)


def test_no_java_and_a_wrong_java_home_are_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no java in PATH"):
        checked_java({"PATH": str(tmp_path)})
    with pytest.raises(UsageError, match=f"JAVA_HOME={tmp_path} has no bin/java"):
        checked_java({"JAVA_HOME": str(tmp_path), "PATH": os.environ["PATH"]})
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").write_text("no program")
    with pytest.raises(UsageError, match="does not say its version"):
        checked_java({"JAVA_HOME": str(tmp_path)})


def test_versions_of_java_are_read() -> None:
    told = ['openjdk version "17.0.15" 2025-04-15', 'java version "1.8.0_201"', 'openjdk version "23-ea"', ""]
    assert [version_of(text) for text in told] == [17, 8, 23, None]


@pytest.mark.parametrize(
    "name", ["sparks://a:1", "postgres", "spark://", "spark://host", "local[0]", "local[two]", "spark://a:b"]
)
def test_what_is_no_engine_is_told(name: str) -> None:
    with pytest.raises(UsageError, match="local\\[2\\], local\\[\\*\\] or spark://"):
        engine.connect(name)


def test_pyspark_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'fieldguide\[spark\]'"):
        engine.connect("local[2]")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_a_master_that_does_not_answer_is_told_at_once() -> None:
    port = _free_port()
    with pytest.raises(
        EngineError,
        match=f"no Spark master answers at spark://127.0.0.1:{port} \\(127.0.0.1:{port}: Connection refused",
    ):
        session.reached(f"spark://127.0.0.1:{port}")
    with pytest.raises(EngineError, match="no Spark master answers"):
        session.reached("spark://a.host.that.is.not.there.invalid:7077")


def test_one_master_of_several_that_answers_is_enough() -> None:
    with socket.create_server(("127.0.0.1", 0)) as there:
        port = there.getsockname()[1]
        assert session.reached(f"spark://127.0.0.1:{_free_port()},127.0.0.1:{port}") == "127.0.0.1"


SAID = {
    "py4j ... SparkContext was shut down": (EngineError, "went away while it worked"),
    "[FAILED_READ_FILE.FILE_NOT_EXIST] Encountered error while reading file file:///data/rows.parquet.": (
        EngineError,
        "workers cannot read file:///data/rows.parquet; put it where every worker sees it",
    ),
    "java.lang.OutOfMemoryError: Java heap space": (EngineError, "ran out of memory"),
    "file:/x.parquet is not a Parquet file. Expected magic number": (DataError, "cannot read the file"),
    "[DIVIDE_BY_ZERO] Division by zero.\n\tat org.apache": (
        FieldguideError,
        "[DIVIDE_BY_ZERO] Division by zero.",
    ),
}


@pytest.mark.parametrize("said", SAID)
def test_what_spark_says_is_put_in_our_words(said: str) -> None:
    class Connection:
        master = "spark://host:7077"

    kind, told = SAID[said]
    error = troubles.in_our_words(said, Connection())
    assert type(error) is kind
    assert told in str(error)
    assert "\n" not in str(error)


def _grade(folder: Path, engine_name: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (folder / "visits.py").write_text(PROGRAM.replace('"1 day"', "__import__('datetime').timedelta(days=1)"))
    pq.write_table(
        pa.table({"id": ["a", "b"], "amount": [1.0, 2.0], "back": [0, 1]}), folder / "visits.parquet"
    )
    command = [sys.executable, "-m", "fieldguide", "grade", "visits.py", "--engine", engine_name]
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def test_the_command_tells_in_one_line_and_records_no_grade(tmp_path: Path) -> None:
    pytest.importorskip("pyspark")
    done = _grade(tmp_path, f"spark://127.0.0.1:{_free_port()}")
    assert done.returncode == 4
    assert done.stderr.count("\n") == 1
    assert "no Spark master answers" in done.stderr
    done = _grade(tmp_path, "local[2]", JAVA_HOME=str(tmp_path))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "has no bin/java" in done.stderr
    done = _grade(tmp_path, "sparkle")
    assert done.returncode == 2
    ledger = tmp_path / ".fieldguide"
    assert not ledger.exists() or b"visits" not in b"".join(p.read_bytes() for p in ledger.rglob("*.db"))


@pytest.fixture(scope="module")
def lonely(master: str) -> Iterator[str]:
    """A master without workers; `master` says whether there is a Spark at all."""
    with cluster(workers=0) as address:
        yield address


@pytest.mark.spark
def test_a_master_without_workers_is_told(lonely: str, tmp_path: Path) -> None:
    code = (
        "from fieldguide.tables.engines.spark import session\n"
        "from fieldguide.tables import engines\n"
        "session.WORKERS_WITHIN = 3.0\n"
        f"try:\n    engines.connect({lonely!r})\nexcept Exception as error:\n    print(type(error).__name__, error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=200, check=False, cwd=tmp_path
    )
    assert done.stdout.startswith("EngineError")
    assert "no worker took the job within 3 s" in done.stdout
    assert done.stderr == ""


@pytest.mark.spark
def test_another_spark_in_the_same_process_is_refused(spark: Any) -> None:
    with pytest.raises(UsageError, match="a process has one"):
        engine.connect("local[2]")


@pytest.mark.spark
def test_a_file_that_only_this_machine_sees_is_told(spark: Any, tmp_path: Path) -> None:
    # where /proc/self/cwd leads differs from process to process: the way through a folder of this process' own
    # ends at the file here, and nowhere for the workers
    pq.write_table(pa.table({"x": list(range(1000))}), tmp_path / "kept.parquet")
    pid = spark.session.sparkContext._gateway.proc.pid
    here = Path(f"/proc/{pid}/cwd")
    own = next((path.name for path in here.iterdir() if path.is_dir()), None) if here.exists() else None
    if own is None:
        pytest.skip("no /proc on this machine, or no folder to pass through")
    name = os.path.relpath(tmp_path / "kept.parquet", here.resolve() / own)
    (tmp_path / "seen.parquet").symlink_to(f"/proc/self/cwd/{own}/{name}")
    with pytest.raises(
        EngineError, match=r"workers cannot read .*seen.parquet; put it where every worker sees it"
    ):
        engine.first_row_missing(engine.parquet(spark, [str(tmp_path / "seen.parquet")]))


@pytest.mark.spark
def test_a_broken_file_is_the_data_s_fault(spark: Any, tmp_path: Path) -> None:
    path = tmp_path / "broken.parquet"
    path.write_bytes(b"PAR1" + b"\0" * 100 + b"PAR1")
    with pytest.raises(DataError, match="cannot read the file"):
        engine.first_row_missing(engine.parquet(spark, [str(path)]))


@pytest.mark.spark
def test_a_session_of_one_s_own_is_used_and_left_as_it_was(spark: Any) -> None:
    own = spark.session.newSession()
    own.conf.set("spark.sql.session.timeZone", "Asia/Tokyo")
    own.conf.set("spark.sql.ansi.enabled", "false")
    connection = engine.connect(own)
    at = pa.array([0], pa.timestamp("us", "UTC"))
    found = engine.to_arrow(engine.from_arrow(connection, pa.table({"at": at})))
    assert found["at"].type == pa.timestamp("us", "UTC")
    assert own.conf.get("spark.sql.session.timeZone") == "Asia/Tokyo"
    assert own.conf.get("spark.sql.ansi.enabled") == "false"
    assert engine.name_of(connection) == "Spark"
    assert engine.version(connection).startswith("spark 4")


@pytest.mark.spark
def test_what_was_kept_is_let_go_with_its_connection(spark: Any) -> None:
    import gc

    context = spark.session.sparkContext
    connection = engine.connect(spark.session)
    before = context._jsc.getPersistentRDDs().size()
    rows = pa.table({"x": list(range(100))})
    first = engine.materialize(engine.from_arrow(connection, rows))
    second = engine.materialize(first.mutate(y=first.x + 1))
    assert context._jsc.getPersistentRDDs().size() == before + 2
    engine.drop(second)
    assert context._jsc.getPersistentRDDs().size() == before + 1
    del first, second, connection
    gc.collect()
    assert context._jsc.getPersistentRDDs().size() == before
