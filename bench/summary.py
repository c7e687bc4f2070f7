"""Summary of mixed columns against DuckDB's SUMMARIZE: CPU seconds and peak memory, one run, one machine.

    python bench/summary.py [ROWS]        default 5,000,000 rows x 20 columns, Parquet, generated from a seed

Each contender runs in a process of its own; CPU is user + system of all its threads, without imports.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

CHUNK = 250_000
START = 1_356_998_400 * 10**6
YEAR = 365 * 86_400 * 10**6


def generate(rows: int, path: Path) -> None:
    """Write `rows` rows: 9 floats, 4 integers, 4 texts, a boolean, two timestamps, and a key beside them."""
    writer = None
    for i, first in enumerate(range(0, rows, CHUNK)):
        table = _chunk(np.random.default_rng([7, i]), first, min(CHUNK, rows - first), rows)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def _chunk(r: np.random.Generator, first: int, m: int, rows: int) -> pa.Table:
    def with_nulls(values: Any, share: float) -> pa.Array:
        return pa.array(values, mask=r.random(m) < share)

    def text(form: str, distinct: int, skew: float) -> Any:
        names = np.array([form.format(j) for j in range(distinct)])
        return names[(distinct * r.random(m) ** skew).astype(int)]

    def instants(us: Any) -> pa.Array:
        return pa.array(us.astype(np.int64).astype("datetime64[us]")).cast(pa.timestamp("us", "UTC"))

    at = START + np.sort(first + r.random(m) * m) / rows * YEAR
    return pa.table(
        {
            "id": pa.array(np.arange(first, first + m) * 7919 % (2**31 - 1)),
            "amount": pa.array(np.exp(r.normal(3, 1.2, m))),
            "pressure": with_nulls(np.round(r.normal(1013, 8, m), 1), 0.1),
            "temperature": pa.array(r.normal(288, 9, m)),
            "score": pa.array(r.random(m)),
            "balance": pa.array(r.normal(0, 1e4, m)),
            "rain": pa.array(np.where(r.random(m) < 0.93, 0, np.round(r.exponential(0.1, m), 2))),
            "ratio": with_nulls(r.gamma(2, 1, m), 0.03),
            "latency": pa.array(r.pareto(2, m)),
            "distance": pa.array(r.uniform(17, 4983, m)),
            "age": pa.array(r.integers(18, 95, m)),
            "year": pa.array(r.integers(1956, 2014, m)),
            "visits": pa.array(r.poisson(4, m)),
            "views": pa.array(r.integers(0, 10_000_000, m)),
            "carrier": pa.array(text("c{}", 16, 1.0)),
            "city": pa.array(text("city {}", 1500, 2.0)),
            "page": pa.array(text("page-{:06d}", 60_000, 3.0)),
            "plan": with_nulls(text("plan {}", 3, 1.0), 0.05),
            "returning": pa.array(r.random(m) < 0.3),
            "at": instants(at),
            "signup": instants(START - r.random(m) * 1.3e14),
        }
    )


def duckdb_summarize(path: str) -> Callable[[], object]:
    """DuckDB's SUMMARIZE of the 20 columns."""
    import duckdb

    connection = duckdb.connect()
    query = f"SUMMARIZE SELECT * EXCLUDE (id) FROM '{path}'"
    return lambda: connection.execute(query).fetchall()


def ours(path: str, months: bool) -> Callable[[], object]:
    """Our summary of the same columns, in one slice or twelve."""
    from fieldguide.program import Boolean, Category, Number, Timestamp
    from fieldguide.tables.engines import duckdb as engine
    from fieldguide.tables.summary import Spans, summarize

    rows = engine.connect().read_parquet(path)
    features: list[Any] = []
    for name, kind in rows.schema().items():
        if name != "id":
            word: Any = Number if kind.is_numeric() else Category if kind.is_string() else Boolean
            features.append(Timestamp(name) if kind.is_timestamp() else word(name))
    table = rows.mutate(__time=rows["at"], __key=rows["id"].cast("string"))
    return lambda: summarize(table, features, slices=Spans(12) if months else None)


CONTENDERS: dict[str, Callable[[str], Callable[[], object]]] = {
    "duckdb SUMMARIZE": duckdb_summarize,
    "fieldguide, one slice": lambda path: ours(path, months=False),
    "fieldguide, 12 spans": lambda path: ours(path, months=True),
}


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def child(name: str, path: str) -> None:
    """Run one contender and print its CPU seconds and peak memory as JSON."""
    work = CONTENDERS[name](path)
    before = _cpu()
    work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cpu": _cpu() - before, "mb": peak}))


def main(rows: int) -> None:
    """Run all contenders, one after the other, and print their figures and ratios."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        # in a process of its own: a child starts with the peak memory of its parent
        subprocess.run([sys.executable, __file__, "--generate", str(rows), str(path)], check=True)
        print(f"{rows:,} rows x 20 columns, {path.stat().st_size / 1e6:.0f} MB of Parquet")
        first = None
        for name in CONTENDERS:
            command = [sys.executable, __file__, "--child", name, str(path)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            got = json.loads(done.stdout)
            first = first or got["cpu"]
            print(f"{name:24s} {got['cpu']:7.2f} CPU s  {got['cpu'] / first:5.2f} x  {got['mb']:5.0f} MB")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], sys.argv[3])
    elif sys.argv[1:2] == ["--generate"]:
        generate(int(sys.argv[2]), Path(sys.argv[3]))
    else:
        main(int(sys.argv[1].replace("_", "").replace(",", "")) if sys.argv[1:] else 5_000_000)
