"""A laptop against Spark: Summary and grade of 5,000,000 rows x 20 columns on DuckDB, on Spark in one process, on a cluster.

    python bench/spark.py [ROWS]          needs pyspark and Java 17

Each contender runs in a process of its own; CPU is user + system of all processes that work for it, the Java ones
included, wall time is without the start of Spark. Counts and findings must be equal, or this ends with 1.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests" / "spark")]

import numpy as np  # noqa: E402
from cluster import cluster, why_not  # noqa: E402
from grading import program  # noqa: E402  (bench/grading.py)

NOW = datetime(2014, 1, 2, tzinfo=UTC)
TICK = os.sysconf("SC_CLK_TCK")


def counted(path: str, engine: str) -> str:
    """Summarize in blocks on an engine, and return a hash of every count."""
    from fieldguide.program import raw_columns
    from fieldguide.tables import engines
    from fieldguide.tables.summary import Spans, summarize

    connection = engines.connect(engine)
    rows = engines.parquet(connection, [path]) if engine != "duckdb" else connection.read_parquet(path)
    rows = rows.mutate(__time=rows["at"], __key=rows["id"].cast("string"))
    begun = time.perf_counter()
    found = summarize(rows, raw_columns(program(path)), slices=Spans())
    seconds = time.perf_counter() - begun
    digest = hashlib.sha256(repr((found.since, found.rows.tolist())).encode())
    for name, column in sorted(found.columns.items()):
        values = None if column.values is None else sorted(column.values.items())
        digest.update(repr((name, column.grid, column.buckets, column.labels, values)).encode())
        for counts in (column.counts, column.nulls, column.nonfinite):
            digest.update(np.ascontiguousarray(counts).tobytes())
    return json.dumps({"seconds": seconds, "cpu": _cpu(), "same": digest.hexdigest()})


def graded(path: str, engine: str) -> str:
    """Grade on an engine, and return a hash of what every finding says."""
    from fieldguide.steps.grade import grade

    made = program(path)
    if engine != "duckdb":
        from fieldguide.tables import engines

        engines.connect(engine)
    with tempfile.TemporaryDirectory() as home:
        begun = time.perf_counter()
        found = grade(made, home=home, engine=engine, now=NOW)
        seconds = time.perf_counter() - begun
    told = [[f.check, f.about, f.verdict, f.saw, list(f.rows)] for f in found.findings]
    return json.dumps({"seconds": seconds, "cpu": _cpu(), "same": told})


def _cpu() -> float:
    """CPU seconds of this process and all that it started or that works for it, so far."""
    us = {os.getpid()}
    parents = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        parents[int(entry.parent.name)] = (int(fields[1]), sum(map(int, fields[11:15])) / TICK)
    roots = us | {int(pid) for pid in os.environ.get("BENCH_CLUSTER", "").split(",") if pid}
    found = set(roots)
    while True:
        more = {pid for pid, (parent, _) in parents.items() if parent in found} - found
        if not more:
            return sum(parents[pid][1] for pid in found if pid in parents)
        found |= more


def main(rows: int) -> int:
    """Run all contenders, one after the other, and print their figures and ratios."""
    reason = why_not()
    if reason is not None:
        print(f"left out: {reason}")
        return 0
    different = 0
    with tempfile.TemporaryDirectory() as folder, cluster(memory="2g") as master:
        path = Path(folder) / "rows.parquet"
        subprocess.run(
            [sys.executable, str(HERE / "summary.py"), "--generate", str(rows), str(path)], check=True
        )
        print(f"{rows:,} rows x 20 columns, {path.stat().st_size / 1e6:.0f} MB of Parquet")
        contenders = {"DuckDB": "duckdb", "Spark, local[2]": "local[2]", "Spark, two workers": master}
        for work in ("counted", "graded"):
            first: dict[str, Any] | None = None
            for name, engine in contenders.items():
                done = subprocess.run(
                    [sys.executable, __file__, "--child", work, str(path), engine],
                    check=True, capture_output=True, text=True,
                    env={**os.environ, "BENCH_CLUSTER": _children() if engine == master else ""},
                )  # fmt: skip
                got = json.loads(done.stdout.splitlines()[-1])
                first = first or got
                same = got["same"] == first["same"]
                different += not same
                print(
                    f"{'Summary' if work == 'counted' else 'grade':8s} {name:20s} {got['seconds']:7.1f} s "
                    f"{got['seconds'] / first['seconds']:5.2f} x   {got['cpu']:7.1f} CPU s "
                    f"{'equal' if same else 'DIFFERENT'}"
                )
                if not same and work == "graded":
                    for one, other in zip(first["same"], got["same"], strict=False):
                        if one != other:
                            print(f"    {one}\n    {other}")
    return 1 if different else 0


def _children() -> str:
    """The processes that this one started: the cluster's."""
    me = str(os.getpid())
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            if entry.read_text().rsplit(")", 1)[1].split()[1] == me:
                found.append(entry.parent.name)
        except OSError:
            continue
    return ",".join(found)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        print({"counted": counted, "graded": graded}[sys.argv[2]](*sys.argv[3:5]))
    else:
        sys.exit(main(int(sys.argv[1].replace("_", "").replace(",", "")) if sys.argv[1:] else 5_000_000))
