"""Missing values with a known mechanism: are all counted, hidden ones too, and when is it said that they are not by chance?

    python bench/missingness.py [--data ../shared/data]

`houses_missingness`: 1,000 rows x 9 columns of which 1 to 50 % of the rows lost a value, spread over the columns,
completely at random (MCAR), by another column (MAR) or by the value itself (MNAR); integers are lost as -9999999,
texts as "". The grade of each file, with nothing declared, against the clean table. "not MCAR" is right for MAR and MNAR
and a false alarm for MCAR; MNAR can be seen only where the value goes with another column (FACTS 8). Beside it AIDRIN's
completeness (in an environment of its own), which counts and names no mechanism.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import venv
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

import fieldguide as fg

ROOT = Path(__file__).parents[1]
PEER = Path(tempfile.gettempdir()) / "fieldguide-peers" / "aidrin"
REQUIRED = "aidrin==2026.9.1"
SCRIPT = """
import json, sys
from aidrin.headless.api import run_metric
for path in sys.argv[1:]:
    print("\\n" + json.dumps(run_metric("completeness", path, save_images=False)["Completeness scores"]))
"""
MECHANISMS, SHARES = ("mcar", "mar", "mnar"), (1, 5, 10, 30, 50)


def program(path: Path, table: pa.Table) -> fg.Program:
    """Return a program over all columns, with nothing said of them but their kind."""
    number = {f.name: pa.types.is_integer(f.type) or pa.types.is_floating(f.type) for f in table.schema}
    features = [fg.Number(name) if is_number else fg.Category(name) for name, is_number in number.items()]
    return fg.Program(source=fg.Source(path), features=features, name="houses")


def said(path: Path, clean: pa.Table, home: Path) -> tuple[int, int, int, int, str]:
    """Return columns that lost values, those counted right, those tested, those called not MCAR, and Little's verdict."""
    table = pq.read_table(path)
    found = {
        f.about: f for f in fg.grade(program(path, table), home=home).findings if f.check == "missing_values"
    }
    lost = right = tested = called = 0
    for name in table.column_names:
        gone = sum(a != b for a, b in zip(table[name].to_pylist(), clean[name].to_pylist(), strict=True))
        if not gone:
            continue
        lost += 1
        finding = found.get(name)
        right += finding is not None and finding.saw.startswith(f"{gone:,} of")
        mechanism = None if finding is None else finding.evidence.get("mechanism")
        tested += mechanism is not None
        called += mechanism == "not MCAR"
    overall = found.get(None)
    little = (
        "" if overall is None or "Little" not in overall.saw else overall.saw.split(": ")[1].split(" (")[0]
    )
    return lost, right, tested, called, little


def peer() -> Path:
    """Return the Python of an environment in which AIDRIN is installed."""
    python = PEER / "bin" / "python"
    if not (PEER / "ready").exists():
        venv.create(PEER, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", REQUIRED], check=True)
        (PEER / "ready").touch()
    return python


def counted_by_peer(path: Path, clean: pa.Table, folder: Path) -> int:
    """Return the columns that lost values of which AIDRIN counts all."""
    table = pq.read_table(path)
    pyarrow.csv.write_csv(table, folder / "table.csv")
    command = [str(peer()), "-c", SCRIPT, str(folder / "table.csv")]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder)
    scores = json.loads(done.stdout.splitlines()[-1])
    right = 0
    for name in table.column_names:
        gone = sum(a != b for a, b in zip(table[name].to_pylist(), clean[name].to_pylist(), strict=True))
        right += gone > 0 and round((1 - scores[name]) * len(table)) == gone
    return right


def main() -> None:
    """Print what the grade says of each file."""
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    folder = parser.parse_args().data / "houses_missingness"
    if not folder.is_dir():
        raise SystemExit(f"{folder} is not there: name the folder with --data; nothing was measured.")
    clean = pq.read_table(folder / "clean.parquet")
    print(
        "columns that lost values, counted by us and by AIDRIN, tested, called not MCAR; Little's test over all"
    )
    for mechanism in MECHANISMS:
        for share in SHARES:
            path = folder / f"simple_{mechanism}_{share}.parquet"
            with tempfile.TemporaryDirectory() as home:
                lost, right, tested, called, little = said(path, clean, Path(home))
                other = counted_by_peer(path, clean, Path(home))
            print(
                f"{mechanism:10}{share:4}%{lost:5}{right:5}{other:5}{tested:5}{called:5}  {little}",
                flush=True,
            )


if __name__ == "__main__":
    main()
