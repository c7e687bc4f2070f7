"""The monitor: alarms on quiet windows, what is found, and how often the cause is named.

    python bench/monitoring.py [quiet|flights|visits|worlds] [--worlds 20]

`flights`: learned from January to September, windows in time order from October to December as they are, and
with 20 incidents in December. `visits`: independent rows, a column changes its unit. `worlds`: simulated
products in which days hang together (`tests/comparing/worlds.py`), quiet and with the same incidents.
Everything is counted in one run; needs the extra `examples` for the flights.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from comparing.counting import counted  # noqa: E402
from comparing.worlds import FEATURES, world  # noqa: E402
from fieldguide.comparing import compare, confirmed, history  # noqa: E402
from fieldguide.finding import Finding  # noqa: E402
from fieldguide.program import Category, Number, load_one, raw_columns  # noqa: E402
from fieldguide.tables.read import read  # noqa: E402
from fieldguide.tables.tally import Summary  # noqa: E402

Edit = Callable[[Any], Any]
Incident = tuple[str, str, str | None, float | None, Edit]
NAN = float("nan")

FLIGHTS: tuple[Incident, ...] = (
    ("wind in m/s", "wind_speed", "unit_factor", 0.44704, lambda x: x * 0.44704),
    ("wind in m/s, two decimals", "wind_speed", "unit_factor", 0.44704, lambda x: np.round(x * 0.44704, 2)),
    ("wind in knots", "wind_speed", "unit_factor", 1 / 1.150779, lambda x: x / 1.150779),
    ("distance in km", "distance", "unit_factor", 1.609344, lambda x: x * 1.609344),
    ("distance in whole km", "distance", "unit_factor", 1.609344, lambda x: np.round(x * 1.609344)),
    (
        "pressure in inHg, two decimals",
        "pressure",
        "unit_factor",
        1 / 33.86389,
        lambda x: np.round(x / 33.86389, 2),
    ),
    ("humidity as a share", "humid", "unit_factor", 0.01, lambda x: x / 100),
    ("delay in seconds", "recent_delay", "unit_factor", 60.0, lambda x: x * 60),
    ("temperature in °C", "temp", "unit_affine", 5 / 9, lambda x: (x - 32) / 1.8),
    ("carrier in lower case", "carrier", "category_renamed", None, lambda v: v.lower()),
    ("one carrier renamed", "carrier", "category_renamed", None, lambda v: "UAL" if v == "UA" else v),
    ("carrier unknown", "carrier", "default_flood", None, lambda v: "unknown"),
    ("visibility missing", "visib", "null_flood", None, lambda x: x * NAN),
    ("temperature -999", "temp", "default_flood", None, lambda x: x * 0 - 999.0),
    ("distance 0", "distance", "default_flood", None, lambda x: x * 0),
    ("wind stuck", "wind_speed", "stuck_value", None, lambda x: x * 0 + 11.5078),
    ("humidity stuck", "humid", "stuck_value", None, lambda x: x * 0 + 55.5),
    ("visibility stuck", "visib", "stuck_value", None, lambda x: x * 0 + 9.0),
    ("distance stuck", "distance", "stuck_value", None, lambda x: x * 0 + 1089.0),
    ("carrier stuck", "carrier", "stuck_value", None, lambda v: "UA"),
)
"""What happens, to which column, its cause and factor, and how."""

WORLD: tuple[Incident, ...] = (
    ("amount ×1000", "amount0", "unit_factor", 1000.0, lambda x: x * 1000),
    ("count ×1000", "count1", "unit_factor", 1000.0, lambda x: x * 1000),
    ("seconds in ms", "seconds", "unit_factor", 1000.0, lambda x: x * 1000),
    ("seconds in minutes", "seconds", "unit_factor", 1 / 60, lambda x: x / 60),
    ("speed in km/h", "speed", "unit_factor", 1.609344, lambda x: x * 1.609344),
    ("speed in m/s", "speed", "unit_factor", 0.44704, lambda x: x * 0.44704),
    ("normal missing", "normal1", "null_flood", None, lambda x: x * NAN),
    ("price -1", "price", "default_flood", None, lambda x: x * 0 - 1.0),
    ("amount stuck", "amount1", "stuck_value", None, lambda x: x * 0 + 20.0),
    ("kind upper case", "kind0", "category_renamed", None, lambda v: v.upper()),
)


def edited(table: pa.Table, column: str, edit: Edit, rows: np.ndarray[Any, Any]) -> pa.Table:
    """The table with an edit of one column on the marked rows."""
    old = table.column(column).combine_chunks()
    if pa.types.is_string(old.type):
        new = [
            edit(v) if m and v is not None else v for v, m in zip(old.to_pylist(), rows.tolist(), strict=True)
        ]
        made = pa.array(new, pa.string())
    else:
        x = np.array(old.to_numpy(zero_copy_only=False), dtype=np.float64)
        made = pa.array(np.where(rows, edit(x), x), from_pandas=True)
    return table.set_column(table.column_names.index(column), column, made)


class Bench:
    """History of a table, and comparisons of windows with it."""

    def __init__(self, past: pa.Table, features: Sequence[Any]) -> None:
        self.features = features
        self.reference: Summary = counted(past, features, 200)
        self.yardstick = lru_cache(maxsize=8)(lambda rows: history(self.reference, rows))
        self.spent = 0.0

    def look(self, table: pa.Table, at: int, rows: int) -> list[Finding]:
        """The findings of one window."""
        window = table.slice(at, rows)
        summary = counted(window, self.features, None, self.reference)
        yardstick = self.yardstick(rows)
        start = time.process_time()
        before = table.slice(max(at - 1000, 0), min(at, 1000))
        found = compare(summary, window, self.reference, self.features, before=before, yardstick=yardstick)
        self.spent += time.process_time() - start
        return found

    def incidents(
        self, table: pa.Table, starts: Sequence[int], rows: int, cases: Sequence[Incident], part: float
    ) -> None:
        """Print how often each incident is found, blamed on its column only, named, and placed."""
        print(f"\n{rows:,} rows, beginning {part:.0%} into the window, {len(starts)} windows")
        print(f"{'incident':34}{'found':>7}{'column':>8}{'cause':>7}{'factor':>8}{'row':>6}{'next':>6}")
        total: Counter[str] = Counter()
        for name, column, cause, factor, edit in cases:
            seen: Counter[str] = Counter()
            for at in starts:
                first = at + int(part * rows)
                stop = min(at + 2 * rows, table.num_rows)
                piece = table.slice(max(at - 1000, 0), stop - max(at - 1000, 0))
                number = np.arange(max(at - 1000, 0), stop)
                piece = edited(piece, column, edit, number >= first)
                base = at - max(at - 1000, 0)
                found = self.look(piece, base, rows)
                seen.update(judge(found, column, cause, factor, first + 1))
                if part and base + 2 * rows <= piece.num_rows:
                    later = judge(self.look(piece, base + rows, rows), column, cause, factor, first + 1)
                    seen["next"] += "cause" in later
            total.update(seen)
            shares = [
                seen[what] / len(starts) for what in ("found", "column", "cause", "factor", "row", "next")
            ]
            shown = [f"{x:.0%}" for x in shares]
            if factor is None:
                shown[3] = "-"
            if not part:
                shown[5] = "-"
            print(f"{name:34}{shown[0]:>7}{shown[1]:>8}{shown[2]:>7}{shown[3]:>8}{shown[4]:>6}{shown[5]:>6}")
        cells = len(starts) * len(cases)
        print(
            f"{'all':34}{total['found'] / cells:>7.1%}{total['column'] / cells:>8.1%}{total['cause'] / cells:>7.1%}"
        )


def judge(
    found: list[Finding], column: str, cause: str | None, factor: float | None, first: int
) -> list[str]:
    """What a window's findings got right."""
    own = [f for f in found if f.about == column and f.diagnosis is not None]
    right = ["found"] if found else []
    right += ["column"] if own and len(own) == len(found) else []
    for f in own:
        d = f.diagnosis
        if d is not None and d.cause == cause:
            right.append("cause")
            if factor is not None and d.factor is not None and abs(np.log(d.factor / factor)) < 0.05:
                right.append("factor")
            right += ["row"] if d.first_row is not None and abs(d.first_row - first) <= 2 else []
    return right


def quiet(bench: Bench, table: pa.Table, rows: int, since: int = 0) -> Counter[str]:
    """How many windows there are, and how many raise what."""
    seen: Counter[str] = Counter()
    previous: list[Finding] = []
    for at in range(since, table.num_rows - rows + 1, rows):
        found = bench.look(table, at, rows)
        kept = confirmed(previous, found)
        previous = found
        seen["windows"] += 1
        seen["any finding"] += bool(found)
        seen["a fault"] += any(
            f.diagnosis is not None and f.diagnosis.cause not in (None, "population_shifted") for f in found
        )
        seen["failing"] += any(f.verdict == "fail" for f in kept)
        for f in found:
            seen[f"{f.about}: {f.diagnosis.cause if f.diagnosis else ''}"] += 1
    return seen


def flights() -> None:
    """The real flights."""
    program = load_one(ROOT / "examples" / "flights.py")
    table = read(program).table.to_pyarrow().sort_by([("__time", "ascending"), ("__key", "ascending")])
    time_ = table.column("__time")
    october = datetime(2013, 10, 1, 4, tzinfo=UTC)
    outage = datetime(2013, 12, 30, 12, tzinfo=UTC)  # after that the weather really stops coming
    past = table.filter(pc.less(time_, october))
    after = table.filter(pc.greater_equal(time_, october))
    after = after.append_column("__n", pa.array(np.arange(1, after.num_rows + 1)))
    columns = raw_columns(program)
    bench = Bench(past, columns)
    end = int(pc.sum(pc.less(after.column("__time"), outage)).as_py())
    for rows in (200, 1000, 5000):
        print(f"flights, quiet, windows of {rows:,}: {dict(quiet(bench, after.slice(0, end), rows))}")
    december = int(pc.sum(pc.less(after.column("__time"), datetime(2013, 12, 1, 5, tzinfo=UTC))).as_py())
    for rows, step, part in ((200, 8, 0.0), (1000, 1, 0.0), (1000, 1, 0.437)):
        starts = list(range(december + 1000, end - 2 * rows, rows * step))
        bench.incidents(after, starts, rows, FLIGHTS, part)
    print(f"\nCPU of compare in all: {bench.spent:.1f} s")


def visits(seeds: int) -> None:
    """24,000 independent visits, as a table that no one has seen."""
    features = [Number("seconds", unit="second", low=0), Number("age"), Category("plan")]
    cases: tuple[Incident, ...] = (
        ("seconds ×1000", "seconds", "unit_factor", 1000.0, lambda x: x * 1000),
        ("age ×1000", "age", "unit_factor", 1000.0, lambda x: x * 1000),
        ("seconds in minutes", "seconds", "unit_factor", 1 / 60, lambda x: x / 60),
        ("plan in capitals", "plan", "category_renamed", None, lambda v: v.upper()),
    )
    for rows in (200, 1000):
        seen: Counter[str] = Counter()
        for seed in range(seeds):
            table = visits_table(seed)
            seen += quiet(Bench(table.slice(0, 19_200), features), table, rows, 19_200)
        print(f"visits, quiet, {seeds} tables, windows of {rows:,}: {dict(seen)}")
    table = visits_table(99)
    for rows, part in ((200, 0.0), (1000, 0.437)):
        Bench(table.slice(0, 19_200), features).incidents(
            table, list(range(19_200, 24_000 - 2 * rows + 1, rows)), rows, cases, part
        )


def visits_table(seed: int, rows: int = 24_000) -> pa.Table:
    """Seconds on the site, age and plan of independent visits."""
    rng = np.random.default_rng(seed)
    return pa.table(
        {
            "seconds": np.round(rng.lognormal(4, 1, rows), seed % 4),
            "age": np.clip(np.round(rng.normal(38, 12, rows)), 18, 90),
            "plan": rng.choice(np.array(["free", "basic", "pro"]), rows, p=[0.6, 0.3, 0.1]),
            "__n": np.arange(1, rows + 1),
        }
    )


def worlds(count: int) -> None:
    """Simulated products in which nothing breaks, and in which something does."""
    for rows in (200, 1000):
        seen: Counter[str] = Counter()
        for seed in range(count):
            made = world(seed)
            seen += quiet(Bench(made.table.slice(0, made.history), FEATURES), made.table, rows, made.history)
        print(f"worlds, quiet, {count} worlds, windows of {rows:,}: {dict(seen)}")
    for rows, part in ((200, 0.0), (1000, 0.0), (1000, 0.437)):
        for seed in (1, 2):
            made = world(seed)
            starts = list(range(made.history, made.table.num_rows - 2 * rows, max(rows, 2000)))
            Bench(made.table.slice(0, made.history), FEATURES).incidents(
                made.table, starts, rows, WORLD, part
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", default=["flights", "visits", "worlds"])
    parser.add_argument("--worlds", type=int, default=4)
    parser.add_argument("--visits", type=int, default=20)
    given = parser.parse_args()
    if "flights" in given.what:
        flights()
    if "visits" in given.what:
        visits(given.visits)
    if "worlds" in given.what:
        worlds(given.worlds)
