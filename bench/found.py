"""Files as they are found: which are read right, and which columns are found to be personal, beside named peers.

    python bench/found.py [--data ../shared/data] [--no-peers]

csv-spectrum: each file against its truth. `written`: one table written in some fifty ways, and files that must be refused
(worlds_of_files.py). The messy tables: shape and marks that whoever looks at them sees. Right is: the same names and
the same values as text; lines left out and told do not matter, unless they are rows. Peers get their best general settings, nothing of a
file by itself: pandas (sep=None, engine="python", dtype=str, keep_default_na=False), DuckDB's sniffer (all_varchar=true), CleverCSV.
Personal data: columns found against columns that are, beside Presidio's own recognizers (those that need no language model), which call a
column personal when half of its values match. Peers live in an environment of their own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from fieldguide.errors import FieldguideError
from fieldguide.readiness.accessibility.looks import Look
from fieldguide.tables import engines as engine
from fieldguide.tables.read import read_table

sys.path.insert(0, str(Path(__file__).parent))
from worlds_of_files import REFUSED, WRITTEN, Truth

ROOT = Path(__file__).parents[1]
PEERS = Path(tempfile.gettempdir()) / "fieldguide-peers" / "found"
REQUIRED = ("pandas", "openpyxl", "duckdb==1.4.*", "clevercsv", "presidio-analyzer")
WAYS = ("fieldguide", "pandas", "duckdb", "clevercsv")
PERSONAL = {
    "GivenName", "MiddleInitial", "Surname", "MothersMaiden", "StreetAddress", "City", "ZipCode", "EmailAddress", "Username", "Password",
    "TelephoneNumber", "Birthday", "CCNumber", "CVV2", "CCExpires", "NationalID",
}  # fmt: skip
Table = tuple[list[str], list[list[str]]]

READ = """
import json, sys, warnings
warnings.simplefilter("ignore")
import clevercsv, duckdb, pandas
def of_pandas(path):
    if path.endswith((".json", ".jsonl")):
        frame = pandas.read_json(path, lines=path.endswith("l"), dtype=False, convert_dates=False).astype(str)
    else:
        frame = pandas.read_csv(path, sep=None, engine="python", dtype=str, keep_default_na=False)
    return list(map(str, frame.columns)), frame.astype(str).values.tolist()
def of_duckdb(path):
    kind = "read_json_auto(?)" if path.endswith((".json", ".jsonl")) else "read_csv(?, all_varchar=true)"
    found = duckdb.execute(f"SELECT * FROM {kind}", [path])
    return [c[0] for c in found.description], [["" if v is None else str(v) for v in row] for row in found.fetchall()]
def of_clevercsv(path):
    names, *rows = clevercsv.read_table(path)
    return names, rows
found = {}
for path in json.load(sys.stdin):
    for name, read in (("pandas", of_pandas), ("duckdb", of_duckdb), ("clevercsv", of_clevercsv)):
        try:
            names, rows = read(path)
            found.setdefault(path, {})[name] = [names, [[str(v) for v in row] for row in rows]]
        except Exception as error:
            found.setdefault(path, {})[name] = None
json.dump(found, sys.stdout)
"""
SCREEN = """
import json, sys, warnings
warnings.simplefilter("ignore")
from presidio_analyzer import predefined_recognizers as module
from presidio_analyzer import PatternRecognizer
made = []
for name in dir(module):
    kind = getattr(module, name)
    if isinstance(kind, type) and issubclass(kind, PatternRecognizer) and name not in ("EmailRecognizer", "UrlRecognizer"):
        try:
            made.append(kind())
        except Exception:
            pass
found = []
for column, texts in json.load(sys.stdin).items():
    for one in made:
        held = 0
        for text in texts:
            results = one.analyze(text, one.supported_entities, None) or []
            held += any(r.end - r.start == len(text) and r.score >= 0.5 for r in results)
        if texts and held >= 0.5 * len(texts):
            found.append(column)
            break
json.dump(found, sys.stdout)
"""


def peers() -> Path:
    """Return the python of the peers' environment, made when it is not there."""
    python = PEERS / "bin" / "python"
    if not python.exists():
        venv.create(PEERS, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--quiet", *REQUIRED], check=True)
    return python


def ask(script: str, given: object) -> object:
    """Run a script in the peers' environment and return what it says."""
    run = subprocess.run(
        [peers(), "-c", script], input=json.dumps(given), capture_output=True, text=True, check=True
    )
    return json.loads(run.stdout)


def ours(path: Path) -> Table | None:
    """Return names and rows of a file as text, None where it is refused with a sentence."""
    try:
        part = read_table(str(path), path.parent)
    except FieldguideError:
        return None
    table = engine.to_arrow(part.table)
    rows = zip(*(table[name].to_pylist() for name in table.column_names), strict=True)
    return list(table.column_names), [["" if v is None else str(v) for v in row] for row in rows]


def right(found: Table | None, truth: Truth | None) -> bool:
    """Return whether a file was read right: refused where it must be, else the same names and values."""
    if found is None or truth is None:
        return found is None and truth is None
    names, rows = found
    named = truth.names is None or [name.strip() for name in names] == list(truth.names)
    return named and [[v.strip() for v in row] for row in rows] == [
        [v.strip() for v in row] for row in truth.rows
    ]


def compare(
    title: str, files: dict[Path, Truth | None], theirs: dict[str, dict[str, Table | None]]
) -> Counter[str]:
    """Print for each file who read it right; return how many each did."""
    ways = WAYS if theirs else WAYS[:1]
    print(f"\n{title}: {len(files)} files\n  {'':34}" + "".join(f"{way:>12}" for way in ways))
    hits: Counter[str] = Counter()
    for path, truth in files.items():
        read = {"fieldguide": ours(path), **theirs.get(str(path), {})}
        good = {way: right(read[way], truth) for way in ways}
        hits.update(way for way in ways if good[way])
        marks = "".join(
            f"{'right' if good[way] else 'refused' if read[way] is None else 'wrong':>12}" for way in ways
        )
        print(f"  {path.name:34}{marks}")
    print(f"  {'right':34}" + "".join(f"{hits[way]:>12}" for way in ways))
    return hits


def spectrum(data: Path) -> dict[Path, Truth | None]:
    """Return the files of csv-spectrum with their truth."""
    files: dict[Path, Truth | None] = {}
    for path in sorted((data / "csv_spectrum" / "csvs").glob("*.csv")):
        rows = json.loads((data / "csv_spectrum" / "json" / f"{path.stem}.json").read_text(encoding="utf-8"))
        rows = rows if isinstance(rows, list) else [rows]
        if path.stem == "location_coordinates":
            rows[0]["Contact Phone Number"] = "2095257564"  # as the file has it; its twin has 1234567890
        if b"\r\n" not in path.read_bytes():  # this copy of newlines_crlf.csv has lost its carriage returns
            rows = [{name: v.replace("\r\n", "\n") for name, v in row.items()} for row in rows]
        files[path] = Truth(tuple(rows[0]), [tuple(str(v) for v in row.values()) for row in rows])
    return files


def made(folder: Path) -> dict[Path, Truth | None]:
    """Write the files of worlds_of_files.py."""
    truths: dict[str, tuple[bytes, Truth | None]] = {
        **WRITTEN,
        **{name: (data, None) for name, data in REFUSED.items()},
    }
    for name, (content, _) in truths.items():
        (folder / name).write_bytes(content)
    return {folder / name: truth for name, (_, truth) in truths.items()}


SEEN: dict[str, tuple[str, Callable[[Table], bool]]] = {
    "messy_starwars_survey/StarWars.csv": (
        "1,186 answers of 38 columns below two rows of names, cp1252",
        lambda t: len(t[1]) == 1186 and len(t[0]) == 38 and t[1][0][0] == "3292879998" and any("Œæ" in name for name in t[0]),
    ),
    "bank_marketing/bank-additional_semicolon.csv": (
        "4,119 rows of 21 columns between semicolons", lambda t: len(t[1]) == 4119 and len(t[0]) == 21 and t[0][-1] == "y",
    ),
    "pii_fakenames/FakeNameGenerator.com_3000.csv": (
        "3,000 rows of 30 columns, UTF-8 with a mark", lambda t: len(t[1]) == 3000 and len(t[0]) == 30 and t[0][0] == "Number",
    ),
    "dirty_hospital/dirty.csv": ("1,000 rows of 20 columns", lambda t: len(t[1]) == 1000 and len(t[0]) == 20),
    "dirty_flights/dirty.csv": ("2,376 rows of 7 columns", lambda t: len(t[1]) == 2376 and len(t[0]) == 7),
}  # fmt: skip


def messy(data: Path, theirs: dict[str, dict[str, Table | None]]) -> None:
    """Print who reads the messy tables as whoever looks at them does."""
    ways = WAYS if theirs else WAYS[:1]
    print(f"\nmessy tables\n  {'':34}" + "".join(f"{way:>12}" for way in ways))
    for name, (what, fits) in SEEN.items():
        read = {"fieldguide": ours(data / name), **theirs.get(str(data / name), {})}
        told = {
            way: "refused" if (t := read[way]) is None else "right" if fits(t) else "wrong" for way in ways
        }
        print(f"  {name.split('/')[0]:34}" + "".join(f"{told[way]:>12}" for way in ways) + f"   {what}")


def personal(data: Path, *, beside: bool) -> None:
    """Print precision and recall of the columns that are found to be personal."""
    part = read_table(str(data / "pii_fakenames" / "FakeNameGenerator.com_3000.csv"), data)
    found = {"fieldguide": set(Look(part).personal.found)}
    if beside:
        table = engine.to_arrow(part.table)
        texts = {
            c: [str(v) for v in table[c].drop_null().unique().to_pylist()[:200]] for c in table.column_names
        }
        found["Presidio's patterns"] = {str(name) for name in ask(SCREEN, texts)}  # type: ignore[attr-defined]
    print(
        f"\npersonal data: {len(PERSONAL)} of {len(part.columns)} columns of pii_fakenames\n  {'':24}precision  recall"
    )
    for way, columns in found.items():
        hits = len(columns & PERSONAL)
        precision = hits / len(columns) if columns else float("nan")
        print(
            f"  {way:24}{precision:9.2f}{hits / len(PERSONAL):8.2f}   missed {_listed(PERSONAL - columns)}; wrong {_listed(columns - PERSONAL)}"
        )


def _listed(names: Sequence[str] | set[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def main() -> None:
    """Compare the sets that are there."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--no-peers", action="store_true")
    given = parser.parse_args()
    there = (given.data / "csv_spectrum").is_dir()
    if not there:
        print(f"csv_spectrum, messy tables, personal data: not read, there is no {given.data}")
    with tempfile.TemporaryDirectory() as folder:
        sets = {"written": made(Path(folder))}
        if there:
            sets = {"csv-spectrum": spectrum(given.data), **sets}
        paths = [str(path) for files in sets.values() for path in files]
        paths += [str(given.data / name) for name in SEEN] if there else []
        theirs = {} if given.no_peers else ask(READ, paths)
        for title, files in sets.items():
            compare(title, files, theirs)  # type: ignore[arg-type]
        if there:
            messy(given.data, theirs)  # type: ignore[arg-type]
            personal(given.data, beside=not given.no_peers)


if __name__ == "__main__":
    main()
