"""Errors with known truth in real tables: ours, beside the suites that Great Expectations and pandera infer, in one run.

    python bench/dirty.py [--data ../shared/data] [--pairs dirty_hospital dirty_flights …] [--show 10] [--clean FOLDER]

A pair is a folder with `dirty.csv` (or .parquet) and `clean.parquet` (or .csv), rows and columns in the same order: the
truth is where the two differ, as text. Nothing is configured: we see the dirty table alone. "as drafted" is what
`fieldguide new` and `grade --queues` give; the clean twin is judged, too: whatever is accused there is false.
Great Expectations' suite is that of its onboarding assistant (0.18; 1.x infers no suites any more), pandera's that of
`infer_schema`, each inferred from the dirty table itself; and, which nobody can do, from the clean twin. They live in
an environment of their own. Kinds of errors: "missing" (nothing, or a word for it, where something belongs),
"form" (the same but for case, spaces, punctuation, or a unit), "typo" (up to two letters, or a tenth, are other ones), "value" (another value).
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
import venv
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from fieldguide.readiness.faithfulness.cells.columns import ABSENT, columns_of, fold
from fieldguide.readiness.faithfulness.cells.edits import distance
from fieldguide.readiness.faithfulness.cells.suspects import suspects

ROOT = Path(__file__).parents[1]
PEER = Path(tempfile.gettempdir()) / "fieldguide-peers" / "expectations"
REQUIRED = ("great-expectations==0.18.22", "pandera==0.26.1", "pandas<2.2", "numpy<2")
PAIRS = ("dirty_hospital", "dirty_flights")
Cells = set[tuple[int, str]]

SCRIPT = """
import json, sys, warnings
warnings.simplefilter("ignore")
import pandas as pd

learn, judge, which = sys.argv[1:4]
seen, table = (pd.read_csv(p, dtype=None, keep_default_na=True, low_memory=False) for p in (learn, judge))
cells = []
if which == "pandera":
    import pandera.pandas as pa
    schema = pa.infer_schema(seen)
    schema.coerce = False
    try:
        schema.validate(table, lazy=True)
    except pa.errors.SchemaErrors as error:
        told = error.failure_cases
        told = told[told["index"].notna()]
        cells = [[int(i), str(c)] for i, c in zip(told["index"], told["column"])]
else:
    import logging
    logging.disable(logging.CRITICAL)
    import great_expectations as gx
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.sources.add_pandas("p")
    request = source.add_dataframe_asset("seen").build_batch_request(dataframe=seen)
    result = context.assistants.onboarding.run(batch_request=request)
    suite = result.get_expectation_suite("inferred")
    context.add_or_update_expectation_suite(expectation_suite=suite)
    request = source.add_dataframe_asset("table").build_batch_request(dataframe=table)
    validator = context.get_validator(batch_request=request, expectation_suite=suite)
    told = validator.validate(result_format={"result_format": "COMPLETE", "unexpected_index_column_names": []})
    for r in told.results:
        name, at = r.expectation_config.kwargs.get("column"), r.result.get("unexpected_index_list") if r.result else None
        if name and not r.success:
            cells += [[int(i), str(name)] for i in at or []]
print("CELLS" + json.dumps(cells))
"""


def peer() -> Path:
    """Return the python of the peers' environment, made when it is not there."""
    python = PEER / "bin" / "python"
    if not python.exists():
        venv.create(PEER, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--quiet", *REQUIRED], check=True)
    return python


def theirs(learn: Path, judge: Path, which: str) -> Cells | str:
    """Return the cells that a peer's suite, inferred from one table, finds in another; a reason where it does not run."""
    try:
        ran = subprocess.run(
            [peer(), "-c", SCRIPT, learn, judge, which],
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return f"did not run: {type(error).__name__}"
    said = [line for line in ran.stdout.splitlines() if line.startswith("CELLS")]
    if ran.returncode or not said:
        return f"did not run: {(ran.stderr.strip().splitlines() or ['nothing was said'])[-1][:120]}"
    return {(int(i), str(c)) for i, c in json.loads(said[0].removeprefix("CELLS"))}


def ours(path: Path) -> tuple[Cells, float, list[dict[str, str]]]:
    """Return the cells that `new` and `grade` accuse in a table, the seconds that both took, and the queue."""
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        for command in (("new", "seen", str(path)), ("grade", "seen.py", "--queues", "queues")):
            ran = subprocess.run(
                [sys.executable, "-m", "fieldguide", *command],
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
            )
            if ran.returncode:
                raise SystemExit(f"fieldguide {command[0]} {path.name}: {ran.stderr or ran.stdout}")
        written = Path(folder) / "queues" / "cells.csv"
        queue: list[dict[str, str]] = []
        if written.exists():
            with written.open(encoding="utf-8", newline="") as lines:
                queue = list(csv.DictReader(lines))
    return {(int(r["row"]) - 1, r["column"]) for r in queue}, time.perf_counter() - begun, queue


def text_table(folder: Path, name: str) -> pa.Table:
    """Return a table of a pair as text: an empty cell is null."""
    if (folder / f"{name}.csv").exists():
        return csv_table(folder / f"{name}.csv")
    table = pq.read_table(folder / f"{name}.parquet")
    return pa.table({n: table[n].cast(pa.string()) for n in table.column_names})


def csv_table(path: Path) -> pa.Table:
    """Return a CSV file as text: an empty cell is null."""
    with path.open(encoding="utf-8", newline="") as lines:
        header = next(csv.reader(lines))
    options = pc.ConvertOptions(
        column_types={n: pa.string() for n in header}, null_values=[""], strings_can_be_null=True
    )
    return pc.read_csv(path, convert_options=options, parse_options=pc.ParseOptions(newlines_in_values=True))


def truth_of(dirty: pa.Table, clean: pa.Table) -> dict[tuple[int, str], str]:
    """Return the cells that differ, and what kind of error each is."""
    wrong = {}
    for name, twin in zip(dirty.column_names, clean.column_names, strict=True):
        pairs = zip(dirty[name].to_pylist(), clean[twin].to_pylist(), strict=True)
        wrong |= {(i, name): kind_of(a, b) for i, (a, b) in enumerate(pairs) if (a or "") != (b or "")}
    return wrong


def kind_of(dirty: str | None, clean: str | None) -> str:
    """Return what kind of error a dirty cell is."""
    a, b = (dirty or "").strip(), (clean or "").strip()
    if a.lower() in ABSENT:
        return "missing"
    if fold(a) == fold(b) or (b and (a.startswith(b) or a.endswith(b))):
        return "form"
    return "typo" if distance(a, b) <= max(2, max(len(a), len(b)) // 10) else "value"


def scores(found: Cells, truth: dict[tuple[int, str], str]) -> str:
    """Return precision, recall and F1 in words, with the recall of each kind."""
    right = len(found & truth.keys())
    p, r = right / len(found) if found else float("nan"), right / max(1, len(truth))
    f1 = 2 * p * r / (p + r) if right else 0.0
    by_kind = Counter(truth.values())
    got = Counter(truth[cell] for cell in found & truth.keys())
    kinds = ", ".join(f"{kind} {got[kind] / n:.2f} of {n:,}" for kind, n in sorted(by_kind.items()))
    return (
        f"{len(found):>6,} accused  precision {p:.3f}  recall {r:.3f}  F1 {f1:.3f}  recall by kind: {kinds}"
    )


def by_check(queue: Iterable[dict[str, str]], truth: dict[tuple[int, str], str]) -> str:
    """Return the precision of each check."""
    told: dict[str, list[bool]] = {}
    for r in queue:
        told.setdefault(r["check"], []).append((int(r["row"]) - 1, r["column"]) in truth)
    return ", ".join(f"{check} {sum(t) / len(t):.2f} of {len(t):,}" for check, t in sorted(told.items()))


def run(folder: Path, show: int) -> None:
    """Print the figures of one pair."""
    dirty, clean = (
        text_table(folder, "dirty"),
        text_table(folder, "clean").rename_columns(text_table(folder, "dirty").column_names),
    )
    truth = truth_of(dirty, clean)
    cells = dirty.num_rows * dirty.num_columns
    print(
        f"{folder.name}: {dirty.num_rows:,} rows x {dirty.num_columns}, {len(truth):,} of {cells:,} cells wrong"
    )
    with tempfile.TemporaryDirectory() as made:
        paths = {}
        for name, table in (("dirty", dirty), ("clean", clean)):
            paths[name] = Path(made) / f"{name}.csv"
            pc.write_csv(table, paths[name])
        found, seconds, queue = ours(paths["dirty"])
        print(f"  fieldguide, as drafted           {scores(found, truth)}  ({seconds:.1f} s with reading)")
        if queue:
            print(f"  {'':32} precision by check: {by_check(queue, truth)}")
        for r in [r for r in queue if (int(r["row"]) - 1, r["column"]) not in truth][:show]:
            print(
                f"      not wrong: row {r['row']} {r['column']}: {r['value']!r} -> {r['suggestion']!r} ({r['reason']})"
            )
        for which, name in (("expectations", "Great Expectations"), ("pandera", "pandera")):
            for learn, how in (("dirty", "from itself"), ("clean", "from the clean twin")):
                told = theirs(paths[learn], paths["dirty"], which)
                print(f"  {f'{name}, {how}':32} {told if isinstance(told, str) else scores(told, truth)}")
        false, _, _ = ours(paths["clean"])
        share = len(false) / cells * 10_000
        print(f"  clean twin: {len(false)} cells accused, all falsely ({share:.1f} of 10,000)")


def quiet(folder: Path) -> None:
    """Print how many cells are accused in the tables of a folder, which are taken to be clean."""
    accused = []
    cells = 0
    for path in sorted(folder.glob("*.csv")):
        table = csv_table(path)
        accused.append((len(suspects(columns_of(table))), path.stem))
        cells += table.num_rows * table.num_columns
    worst = ", ".join(f"{name} {n}" for n, name in sorted(accused, reverse=True)[:5] if n)
    total, some = sum(n for n, _ in accused), sum(n > 0 for n, _ in accused)
    share = total / max(1, cells) * 10_000
    print(
        f"{folder}: {total} cells accused in {some} of {len(accused)} clean tables ({share:.1f} of 10,000); most in {worst or 'none'}"
    )


def main() -> None:
    """Print the figures of each pair that is there."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--pairs", nargs="*", default=PAIRS)
    parser.add_argument("--show", type=int, default=0, help="false accusations to show, of each pair")
    parser.add_argument(
        "--clean", type=Path, help="a folder of clean tables as CSV, in which all that is accused is false"
    )
    given = parser.parse_args()
    for name in given.pairs:
        folder = given.data / name
        if not folder.is_dir():
            print(f"{name}: skipped, {folder} is not there")
            continue
        run(folder, given.show)
    if given.clean is not None:
        quiet(given.clean)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
