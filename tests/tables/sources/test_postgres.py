"""PostgreSQL, for real: a server of its own is started for these tests, on a port of this machine."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fieldguide.errors import DataError, FieldguideError, ProgramError, UnreachableError, UsageError
from fieldguide.program import Number, Source, load_one
from fieldguide.steps.grade import grade
from fieldguide.steps.new import new
from fieldguide.tables import engines as engine
from fieldguide.tables.read import Part, read, read_table

from ..visits import program

WORD = "s3cr3t/w@rd"


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or [Path(shutil.which("initdb") or "")]
    return found[-1].parent if found[-1].name == "initdb" else None


def _as_postgres() -> dict[str, Any]:
    """How a server is started that does not run as root: as the user postgres."""
    if os.geteuid() != 0:
        return {}
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, str]]:
    pytest.importorskip("psycopg", reason="needs psycopg: pip install 'fieldguide[postgres]'")
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL's initdb is not on this machine (Debian, Ubuntu: apt-get install postgresql)")
    who = _as_postgres()
    folder = Path(tempfile.mkdtemp(prefix="fieldguide-postgres-"))
    (folder / "word").write_text(WORD)
    if who:
        for path in (folder, folder / "word"):
            os.chown(path, who["user"], who["group"])
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT, "cwd": folder, **who}
    data = folder / "data"
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "ann", "--pwfile", folder / "word", "-A", "scram-sha-256", "-E", "UTF8", "--no-sync"],
        check=True, **quiet,
    )  # fmt: skip
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = subprocess.Popen(
        [programs / "postgres", "-D", data, "-p", str(port), "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}", "-c", "fsync=off"],
        **quiet,
    )  # fmt: skip
    try:
        import psycopg

        given = {"host": "127.0.0.1", "port": port, "user": "ann", "password": WORD, "dbname": "postgres"}
        for _ in range(200):
            try:
                with psycopg.connect(**given, autocommit=True) as made:
                    made.execute(TABLES)
                break
            except psycopg.OperationalError:
                time.sleep(0.1)
        else:
            pytest.fail("PostgreSQL did not start")
        yield {"PG_HOST": "127.0.0.1", "PG_PORT": str(port), "PG_USER": "ann", "PG_WORD": WORD}
    finally:
        running.terminate()
        running.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


TABLES = """
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TABLE visits (
    id integer PRIMARY KEY, big bigint, x double precision, price numeric(10, 2), amount numeric, paid boolean,
    at timestamptz, local timestamp, day date, name text, code char(4), who uuid, doc jsonb, tags text[], sizes int[],
    wait interval, feel mood, ip inet, raw bytea
);
INSERT INTO visits VALUES
    (1, 9007199254740993, 0.1, 12.50, 1.25, true, '2024-01-31 17:00:00.123456+01', '2024-01-31 17:00', '2024-01-31', 'a "b", c
d', 'ab', '123e4567-e89b-12d3-a456-426614174000', '{"a": [1, 2]}', '{x,"y z",NULL}', '{1,2}', '1 day 02:03', 'good',
     '10.0.0.1', '\\x00ff'),
    (2, NULL, 'NaN', NULL, 'NaN', NULL, 'infinity', NULL, '0044-03-15 BC', '', NULL, NULL, 'null', '{}', NULL, NULL, NULL, NULL, NULL);
CREATE SCHEMA other;
CREATE TABLE other.orders (n integer);
INSERT INTO other.orders VALUES (5);
CREATE VIEW paid AS SELECT id FROM visits WHERE paid;
CREATE TABLE empty (id integer);
CREATE ROLE bob LOGIN PASSWORD 'bobs';
"""
PLACE = "postgresql://${PG_USER}:${PG_WORD}@${PG_HOST}:${PG_PORT}/postgres"


@pytest.fixture(autouse=True)
def environment(server: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in server.items():
        monkeypatch.setenv(name, value)


def rows(part: Part) -> list[dict[str, Any]]:
    return engine.to_arrow(part.table).to_pylist()


def test_every_type_comes_as_what_it_means() -> None:
    part = read_table(Source(PLACE, table="visits"))
    first, second = sorted(rows(part), key=lambda r: r["id"])
    at = first.pop("at")
    assert at == datetime(2024, 1, 31, 16, 0, 0, 123456, tzinfo=UTC)
    assert first == {
        "id": 1, "big": 9007199254740993, "x": 0.1, "price": Decimal("12.50"), "amount": 1.25, "paid": True,
        "local": datetime(2024, 1, 31, 17), "day": date(2024, 1, 31), "name": 'a "b", c\nd', "code": "ab  ",
        "who": "123e4567-e89b-12d3-a456-426614174000", "doc": '{"a": [1, 2]}', "tags": '["x", "y z", null]', "sizes": "[1, 2]",
        "wait": "1 day 02:03:00", "feel": "good", "ip": "10.0.0.1", "raw": "00ff",
    }  # fmt: skip
    assert second["x"] != second["x"]
    assert second["amount"] != second["amount"]
    assert (second["name"], second["doc"], second["tags"]) == ("", "null", "[]")
    assert all(
        second[c] is None
        for c in ("big", "price", "paid", "at", "local", "day", "code", "who", "sizes", "wait")
    )
    assert (part.name, part.files) == (f"{PLACE}:visits", (PLACE,))


def test_a_query_a_view_and_a_table_of_another_schema_are_read() -> None:
    assert rows(
        read_table(
            Source(PLACE, query="SELECT id AS a, id + 1 AS b, id AS a FROM visits ORDER BY id LIMIT 1;")
        )
    ) == [{"a": 1, "b": 2, "a_2": 1}]
    assert rows(read_table(Source(PLACE, table="paid"))) == [{"id": 1}]
    assert rows(read_table(Source(PLACE, table="other.orders"))) == [{"n": 5}]
    assert rows(read_table(Source(PLACE + "/other"))) == [{"n": 5}]
    made = read(program(PLACE, features=[Number("x")], query="SELECT *, 1 AS back FROM visits", key="id"))
    assert made.extent.rows == 2
    assert WORD not in repr(made)


def raises(data: Source, message: str, kind: type[FieldguideError]) -> None:
    start = time.monotonic()
    with pytest.raises(kind, match=message) as caught:
        read_table(data)
    assert isinstance(caught.value, UnreachableError) == (kind is UnreachableError)
    assert time.monotonic() - start < 10
    told = str(caught.value)
    assert "\n" not in told
    assert WORD not in told
    assert "wr0ng" not in told


def test_what_cannot_be_answered_says_why_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    raises(
        Source(PLACE, table="visit"),
        r"has no table 'visit'. Did you mean 'visits'\? Its tables: 'empty', 'paid', 'visits'",
        UnreachableError,
    )
    raises(Source(PLACE), r"which table\? It has 'empty', 'paid', 'visits'; name one", ProgramError)
    raises(Source(PLACE, table="empty"), "has no rows", UnreachableError)
    raises(
        Source(PLACE, query="SELECT nothing FROM visits"),
        'did not answer .column "nothing" does not exist',
        DataError,
    )
    raises(Source(PLACE, query="SELEC 1"), "did not answer .syntax error", DataError)
    raises(Source(PLACE, query="DELETE FROM visits RETURNING id"), "did not answer", DataError)
    raises(Source(PLACE, query="SELECT 1; DROP TABLE visits"), "did not answer", DataError)
    assert len(rows(read_table(Source(PLACE, table="visits")))) == 2
    bob = PLACE.replace("${PG_USER}:${PG_WORD}", "bob:${BOB}")
    monkeypatch.setenv("BOB", "bobs")
    raises(
        Source(bob, table="visits"), "may not be read .permission denied for table visits", UnreachableError
    )


def test_a_server_that_is_not_reached_says_so_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = timedelta(seconds=2)
    monkeypatch.setenv("PG_WORD", "wr0ng")
    raises(
        Source(PLACE, table="visits"), r"cannot be reached .password authentication failed", UnreachableError
    )
    monkeypatch.setenv("PG_WORD", WORD)
    raises(
        Source(PLACE.replace("/postgres", "/nowhere"), table="visits"),
        'database "nowhere" does not exist',
        UnreachableError,
    )
    raises(
        Source(PLACE.replace("${PG_HOST}", "no-such-host.invalid"), table="visits"),
        "cannot be reached",
        UnreachableError,
    )
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("PG_PORT", str(taken.getsockname()[1]))
        raises(Source(PLACE, table="visits"), "cannot be reached .*refused", UnreachableError)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(1)
        monkeypatch.setenv("PG_PORT", str(deaf.getsockname()[1]))
        raises(
            Source(PLACE, table="visits", timeout=seconds),
            "cannot be reached .no answer within 2 seconds",
            UnreachableError,
        )
    monkeypatch.delenv("PG_WORD")
    raises(
        Source(PLACE, table="visits"), "the environment has no PG_WORD; set it .*export PG_WORD=…", UsageError
    )


def test_a_query_that_takes_too_long_is_stopped() -> None:
    one = timedelta(seconds=1)
    message = "did not answer within 1 seconds; ask for less, or give Source.timeout=…. more time"
    raises(Source(PLACE, query="SELECT pg_sleep(30)", timeout=one), message, UnreachableError)
    late = "SELECT i, CASE WHEN i > 5 THEN pg_sleep(30)::text END FROM generate_series(1, 10) i"
    raises(Source(PLACE, query=late, timeout=one), message, UnreachableError)
    slow = "SELECT i, pg_sleep(0.0002)::text AS s FROM generate_series(1, 5000) i"
    assert (
        len(rows(read_table(Source(PLACE, query=slow, timeout=one)))) == 5_000
    )  # as long as something comes, it may take its time


STREAMED = """
import resource, sys
from fieldguide.program import Source
from fieldguide.tables import engines as engine
from fieldguide.tables.read import read_table
connection = engine.connect()
connection.raw_sql("SET memory_limit = '100MB'")
read_table(Source(sys.argv[1], query="SELECT 1 AS id"), connection=connection)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
part = read_table(Source(sys.argv[1], query=sys.argv[2]), connection=connection)
n = engine.to_arrow(part.table.aggregate(n=part.table.count(), s=part.table.i.sum())).to_pylist()[0]
print(n["n"], n["s"], (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.slow
def test_a_million_rows_are_streamed_in_little_memory() -> None:
    asked = "SELECT i, i * 0.5 AS x, md5(i::text) AS name, now() AS at, repeat('long text ', 20) AS note FROM generate_series(1, 1000000) i"
    found = subprocess.run(
        [sys.executable, "-c", STREAMED, PLACE, asked],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
    ).stdout
    count, total, grown = map(int, found.split())
    assert (count, total) == (1_000_000, 500_000_500_000)
    assert grown < 350, "MB; the rows are 300 MB as text, DuckDB may use 100 and its buffers"


def test_two_commands_lead_from_a_server_to_a_level_and_no_password_is_written(tmp_path: Path) -> None:
    path, told = new("visits", PLACE, table="visits", folder=tmp_path)
    text = path.read_text()
    assert f'"{PLACE}",\n        table="visits",' in text
    assert WORD not in text + "".join(told)
    graded = grade(load_one(str(path)), home=tmp_path / "home")
    assert (graded.level, [f.check for f in graded.held_back_by]) == ("C4", ["owner"])
    assert graded.rows()[0].extent.source == f"{PLACE}:visits"
    assert WORD not in graded.to_text() + str(graded.to_json())
