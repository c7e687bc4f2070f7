"""The grade of large tables, every check, against DuckDB's SUMMARIZE: CPU seconds and peak memory, one run, one machine.

    python bench/grading.py [TABLE ...] [--folder FOLDER] [--checks]

TABLE is one of these; without any, "5M" and "wide":

====== =======================================================================================================
5M     5,000,000 rows x 20 columns, 650 MB of Parquet: numbers, categories, truths, instants, and a key beside them
20M    20,000,000 rows of the same: memory must not grow with the rows
wide   500,000 rows x 200 columns
texts  5,000,000 rows x 6 columns of texts, each with 200,000 values, as common as each other
====== =======================================================================================================

A table is written in slices into a folder of its own under FOLDER (a temporary one), and deleted again. Each
contender runs in a process of its own, one after the other, on the first 1,000 rows first; CPU is user + system of
all its threads. `--checks` also prints the CPU seconds of each check of the grade.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import summary as mixed

NOW = datetime(2014, 1, 2, tzinfo=UTC)
CHUNK = 100_000
DISTINCT = 200_000
FEW = 1_000


def _sliced(
    slice_of: Callable[[np.random.Generator, int, int, int], pa.Table],
) -> Callable[[int, Path], None]:
    """Return what writes a table slice by slice; `slice_of` makes one from a generator, its first row, its rows, all rows."""

    def write(rows: int, path: Path) -> None:
        writer = None
        for i, first in enumerate(range(0, rows, CHUNK)):
            part = slice_of(np.random.default_rng([11, i]), first, min(CHUNK, rows - first), rows)
            writer = writer or pq.ParquetWriter(path, part.schema)
            writer.write_table(part)
        if writer is not None:
            writer.close()

    return write


def _frame(r: np.random.Generator, first: int, m: int, rows: int) -> dict[str, pa.Array]:
    """The key, the time and the label of a slice."""
    at = mixed.START + np.sort(first + r.random(m) * m) / rows * mixed.YEAR
    return {
        "id": pa.array(np.arange(first, first + m)),
        "returning": pa.array(r.random(m) < 0.3),
        "at": pa.array(at.astype(np.int64).astype("datetime64[us]")).cast(pa.timestamp("us", "UTC")),
    }


def _wide(r: np.random.Generator, first: int, m: int, rows: int) -> pa.Table:
    """200 columns beside key, time and label: ten of each twenty floats, four integers, four texts, a truth, an instant."""
    columns = _frame(r, first, m, rows)
    for i in range(10):
        names = np.array([f"value {j}" for j in range(5 + 40 * i)])
        for j in range(10):
            values = [r.normal(50, 9, m), r.lognormal(3, 1, m), np.round(r.gamma(2, 3, m), 1)][j % 3]
            columns[f"float_{i}_{j}"] = pa.array(values, mask=r.random(m) < 0.02 * (j % 4))
        for j in range(4):
            columns[f"integer_{i}_{j}"] = pa.array(r.integers(0, 10 ** (j + 1), m))
            columns[f"text_{i}_{j}"] = pa.array(names[(len(names) * r.random(m) ** 2).astype(int)])
        columns[f"truth_{i}"] = pa.array(r.random(m) < 0.2)
        before = mixed.START - r.random(m) * mixed.YEAR
        columns[f"instant_{i}"] = pa.array(before.astype(np.int64).astype("datetime64[us]")).cast(
            pa.timestamp("us", "UTC")
        )
    return pa.table(columns)


def _texts(r: np.random.Generator, first: int, m: int, rows: int) -> pa.Table:
    """Six columns of texts with 200,000 values each, beside key, time and label."""
    columns = _frame(r, first, m, rows)
    for form in ("page-{:06d}", "/shop/item/{}", "user {}", "{:x}", "Mrs. {} of the house", "ref:{:09d}:x"):
        names = np.array([form.format(j) for j in range(DISTINCT)])
        columns[form.split("{")[0].strip(" -/:.").replace("/", "_") or "hex"] = pa.array(
            names[r.integers(0, DISTINCT, m)]
        )
    return pa.table(columns)


TABLES: dict[str, tuple[int, Callable[[int, Path], None]]] = {
    "5M": (5_000_000, mixed.generate),
    "20M": (20_000_000, mixed.generate),
    "wide": (500_000, _sliced(_wide)),
    "texts": (5_000_000, _sliced(_texts)),
}


def program(path: str) -> Any:
    """A program over a table: the label is whether the visitor is returning, all else is a feature."""
    import fieldguide as fg

    features: list[Any] = []
    for each in pq.read_schema(path):
        if each.name in ("id", "returning", "at"):
            continue
        number = pa.types.is_integer(each.type) or pa.types.is_floating(each.type)
        truth = fg.Boolean if pa.types.is_boolean(each.type) else fg.Category
        if pa.types.is_timestamp(each.type):
            features.append(fg.Timestamp(each.name, parts=("hour", "weekday")))
        else:
            features.append(fg.Number(each.name) if number else truth(each.name))
    return fg.Program(
        question=fg.Question(ask="Do they return?", one_row_is="a visit", decision="a mail"),
        source=fg.Source(
            path, key="id", time="at", owner="bench", license="CC0", purpose="bench", personal_data="none"
        ),
        features=features,
        label=fg.BinaryLabel("returning", arrives_within=timedelta(days=1)),
        name="visits",
    )


def summarized(path: str) -> Callable[[], object]:
    """The Summary of the features in twelve spans of time, of the rows as a program reads them."""
    from fieldguide.program import raw_columns
    from fieldguide.tables import engines
    from fieldguide.tables.summary import Spans, summarize

    rows = engines.connect().read_parquet(path)
    table = rows.mutate(__time=rows["at"], __key=rows["id"].cast("string"))
    features = raw_columns(program(path))
    return lambda: summarize(table, features, slices=Spans(12))


def graded(path: str) -> Callable[[], object]:
    """The grade: read twice, summarized, every check of every band, recorded."""
    from fieldguide.steps.grade import grade

    made, home = program(path), tempfile.mkdtemp(dir=Path(path).parent)
    return lambda: grade(made, home=home, now=NOW)


def graded_by_check(path: str) -> Callable[[], object]:
    """The grade, with the CPU seconds of each check printed to stderr."""
    from fieldguide.readiness import assess

    made, spent = assess._made, {}

    def timed(checks: tuple[str, ...], run: Any) -> Any:
        before = mixed._cpu()
        try:
            return made(checks, run)
        finally:
            spent[" ".join(checks)] = mixed._cpu() - before

    def work() -> None:
        graded(path)()
        for name, seconds in sorted(spent.items(), key=lambda one: -one[1]):
            if seconds >= 0.05:
                print(f"    {seconds:6.2f} CPU s  {name}", file=sys.stderr)
        print(f"    {sum(spent.values()):6.2f} CPU s  all checks together", file=sys.stderr)

    assess._made = timed  # type: ignore[assignment]
    return work


CONTENDERS: dict[str, Callable[[str], Callable[[], object]]] = {
    "duckdb SUMMARIZE": mixed.duckdb_summarize,
    "Summary, 12 spans": summarized,
    "grade, all checks": graded,
}


def child(name: str, path: str, checks: bool) -> None:
    """Run one contender and print its CPU seconds and peak memory as JSON."""
    with tempfile.TemporaryDirectory() as folder:  # what a process does once is done before: imports, mostly
        few = str(Path(folder) / "few.parquet")
        pq.write_table(pa.Table.from_batches([next(pq.ParquetFile(path).iter_batches(FEW))]), few)
        CONTENDERS[name](few)()
    work = (graded_by_check if checks and name.startswith("grade") else CONTENDERS[name])(path)
    before = mixed._cpu()
    work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cpu": mixed._cpu() - before, "mb": peak}))


def compared(name: str, folder: Path, checks: bool) -> None:
    """Write one of the tables, run all contenders on it, print their figures and ratios."""
    path = folder / "rows.parquet"
    # in a process of its own: a child starts with the peak memory of its parent
    subprocess.run([sys.executable, __file__, "--generate", name, str(path)], check=True)
    columns = len(pq.read_schema(path)) - 1
    print(
        f"{name}: {TABLES[name][0]:,} rows x {columns} columns, {path.stat().st_size / 1e6:.0f} MB of Parquet"
    )
    first = None
    for contender in CONTENDERS:
        command = [
            sys.executable,
            __file__,
            "--child",
            contender,
            str(path),
            *(["--checks"] if checks else []),
        ]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        got = json.loads(done.stdout.splitlines()[-1])
        first = first or got["cpu"]
        ratio = got["cpu"] / first
        print(f"  {contender:20s} {got['cpu']:7.2f} CPU s  {ratio:5.2f} x  {got['mb']:6.0f} MB", flush=True)


def main() -> None:
    """Compare the contenders on the tables that are asked for."""
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("tables", nargs="*", metavar="TABLE", choices=[[], *TABLES], default=["5M", "wide"])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--checks", action="store_true")
    given = parser.parse_args()
    for name in given.tables:
        with tempfile.TemporaryDirectory(dir=given.folder) as folder:
            compared(name, Path(folder), given.checks)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], sys.argv[3], "--checks" in sys.argv)
    elif sys.argv[1:2] == ["--generate"]:
        TABLES[sys.argv[2]][1](TABLES[sys.argv[2]][0], Path(sys.argv[3]))
    else:
        main()
