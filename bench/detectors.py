"""Band B on simulated tables: how often each check is wrong on clean ones, and how often it finds what was planted.

    python bench/detectors.py [--seeds 200] [--cells]

Clean: seven kinds of tables a seed (bench/worlds_of_measurement.py), 300 to 5,000 rows each; every check of band B is made on each of them, but those of single cells,
which `--cells` tries instead (they take as long again; bench/dirty.py tries them on real errors). An alarm is a finding that does not pass, or that asks somebody to look. Planted: the tables of bench/faults_of_measurement.py and bench/faults_of_times.py; a fault is found when its check raises an alarm on its
column. All tables are written as Parquet files and read through a program, as `fieldguide grade` does. Intervals are Wilson's, 95 %.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fieldguide.finding import Finding
from fieldguide.program import (
    Boolean,
    Category,
    Feature,
    Join,
    Number,
    Program,
    Source,
    Timestamp,
    raw_columns,
)
from fieldguide.readiness import answers as answered
from fieldguide.readiness.assess import faithful
from fieldguide.readiness.faithfulness import run
from fieldguide.readiness.shared import Shared
from fieldguide.tables.read import read
from fieldguide.tables.summary import Blocks, summarize

sys.path.insert(0, str(Path(__file__).parent))
import faults_of_cells
import faults_of_measurement
import faults_of_times
from worlds_of_measurement import CLEAN, World

NOW = datetime(2040, 1, 1, tzinfo=UTC)
RELIABLE, UNRELIABLE = 0.9, 0.6
"""An ICC of the truth from which on a column is reliable, and below which it is not (the check asks for 0.75)."""
NOMINAL = {"missing_values": 0.05, "Little's test": 0.01, "ICC interval": 0.05, "unique_key": 0.0, "joined_keys": 0.0, "joins_resolve": 0.0,
           "possible_values": 0.0, "columns_filled": 0.0, "profiled": 0.0, "unit_names": 0.0, "weights": 0.0}  # fmt: skip
WHOLE = "all of these"
OTHERS = 0.01
"""Nominal size, a clean table, of each check that has no size of its own: it may be wrong on one table in a hundred."""


def _instants(us: Any) -> pa.Array:
    return pa.array(np.asarray(us, dtype=np.int64).astype("datetime64[us]")).cast(pa.timestamp("us", "UTC"))


def _column(w: World, name: str) -> pa.Array:
    values = w.columns[name]
    if name in w.instants:
        return _instants(values)
    return pa.array(values, from_pandas=True) if isinstance(values, np.ndarray) else pa.array(values)


def _feature(w: World, name: str, values: Any) -> Feature:
    if name in w.instants:
        return Timestamp(name)
    if isinstance(values, np.ndarray):
        return Number(name, unit=w.units.get(name), high=w.high.get(name))
    return Boolean(name) if isinstance(values[0], bool) else Category(name)


def program(w: World, folder: Path) -> Program:
    """Write a world into a folder and declare it."""
    n = len(w)
    ids = [f"k{i:05d}" for i in range(n)] if w.ids is None else w.ids.tolist()
    columns: dict[str, Any] = {"id": pa.array(ids), **{name: _column(w, name) for name in w.columns}}
    more: dict[str, Any] = {"sampling": "all rows"}
    if w.time is not None:
        columns["at"] = _instants(w.time)
        more["time"] = "at"
    for name, values in (("weight", w.weight), ("repeats", w.repeats)):
        if values is not None:
            columns[name], more[name] = pa.array(values), name
    if w.entity is not None:
        columns["user"] = pa.array([f"u{k}" for k in w.entity.tolist()])
        more["entity"] = "user"
    features: list[Feature] = [_feature(w, name, values) for name, values in w.columns.items()]
    if w.joined is not None:
        there = dict(w.joined)
        who = there.pop("__entity", np.arange(len(there["known"])))
        beside = {"user": pa.array([f"u{k}" for k in who.tolist()]), "known": _instants(there.pop("known"))}
        pq.write_table(
            pa.table({**beside, **{k: pa.array(v) for k, v in there.items()}}), folder / "joined.parquet"
        )
        more["joins"] = [
            Join(
                Source(str(folder / "joined.parquet"), key=("user", "known"), time="known"),
                on="user",
                as_of="known",
            )
        ]
        features += [_feature(w, name, values) for name, values in there.items()]
    if w.audit is not None:
        again = {"id": pa.array([ids[i] for i in w.audit["at"].tolist()])}
        again |= {k: pa.array(v) for k, v in w.audit.items() if k != "at"}
        pq.write_table(pa.table(again), folder / "audit.parquet")
        more["audit"] = Source(str(folder / "audit.parquet"), key="id")
    pq.write_table(pa.table(columns), folder / "rows.parquet")
    return Program(
        source=Source(str(folder / "rows.parquet"), key="id", timezone=w.zone, **more),
        features=tuple(f for f in features if f.kind != "timestamp"),
        inputs=tuple(f for f in features if f.kind == "timestamp"),
    )


def findings(w: World, checks: Sequence[str] = ()) -> list[Finding]:
    """What band B says of a world: all checks but those of cells, or the named ones."""
    with tempfile.TemporaryDirectory() as folder:
        given = program(w, Path(folder))
        reading = read(given)
        summary = summarize(
            reading.table, raw_columns(given), slices=Blocks() if w.time is not None and not checks else None
        )
        view = faithful(
            given, reading, summary, Shared(given, reading), answered.of_measurement(given.source, (), NOW)
        )
        steps = run.steps(view, NOW, {})
        chosen = [(made, look) for made, look in steps if _made(made, checks)]
        return [f for _, look in chosen for f in look() if not checks or f.check in checks]


def _made(made: Sequence[str], checks: Sequence[str]) -> bool:
    return bool(set(made) & set(checks)) if checks else not set(made) & set(faults_of_cells.CELLS)


def alarms(found: Sequence[Finding]) -> dict[tuple[str, str | None], bool]:
    """The check and the column of each alarm, and whether it is a failure rather than something to look at."""
    out: dict[tuple[str, str | None], bool] = {}
    for f in found:
        about = Path(f.about).name if f.about is not None else None  # joined sources are named by their place
        little = f.saw.startswith("Little's test")
        if little and ": not MCAR" in f.saw:
            out["Little's test", None] = False
        if f.check == "consistent_columns" and all(s["value"] is None for s in f.evidence.get("shown", ())):
            continue  # a value is missing there indeed, and the other columns say which
        if not little and (f.verdict != "pass" or f.next):
            out[f.check, about] = out.get((f.check, about), False) or f.verdict != "pass"
    return out


PLANTED = (*faults_of_measurement.PLANTED, *faults_of_times.PLANTED)
CLEAN_OF_CELLS = {**CLEAN, "shops": faults_of_cells.clean_shops}


@dataclass
class Score:
    """Alarms on clean tables by check, and of how many tables; planted faults that were found; seconds."""

    tables: Counter[str] = field(default_factory=Counter)
    false: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    where: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    found: Counter[tuple[str, str]] = field(default_factory=Counter)
    planted: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: Counter[str] = field(default_factory=Counter)

    def clean(self, kind: str, w: World, only: Sequence[str] = ()) -> None:
        """Count the alarms of all checks but those of cells, or of some (`only`), on a clean table."""
        found = findings(w, only)
        seen = alarms(found)
        truth = dict(w.truth)
        for check in ("repeatability", "audit"):  # columns that are known to be unreliable: told rightly
            for column, icc in truth.items():
                alarm = (check, column) in seen
                if check == "repeatability" and icc < UNRELIABLE:
                    self._told(check, f"ICC of {icc:g}, two or three measurements of 40 to 700 things", alarm)
                if icc < RELIABLE:
                    seen.pop((check, column), None)
        for column in w.mar:
            self._told(
                "missing_values",
                "a third of a table's numbers by the value of another, 2 or 42 %",
                ("missing_values", column) in seen,
            )
        if w.mar:
            seen = {(c, a): v for (c, a), v in seen.items() if c not in ("missing_values", "Little's test")}
        checks = {f.check for f in found} | {WHOLE}
        checks |= {"Little's test"} if any(f.saw.startswith("Little's test") for f in found) else set()
        checks -= {"missing_values", "Little's test"} if w.mar else set()
        self.tables.update(checks)
        self.false.update({check for check, _ in seen} | ({WHOLE} if seen else set()))
        self.failed.update(
            {check for (check, _), bad in seen.items() if bad} | ({WHOLE} if any(seen.values()) else set())
        )
        for check, about in seen:
            self.where[check][f"{kind}: {about}"] += 1
        for f in found:
            if f.check == "repeatability" and f.about in truth:
                self.tables["ICC interval"] += 1
                low, high = (float(x) for x in f.saw.split("(")[-1].split(")")[0].split(" to "))
                missed = not low - 0.005 <= truth[f.about] <= high + 0.005
                self.false["ICC interval"] += missed

    def fault(self, make: Any, seed: int) -> None:
        """Count which faults of a table are found."""
        one = make(seed)
        began = time.process_time()
        seen = alarms(findings(one.world, one.checks))
        took = time.process_time() - began
        for fault in one.faults:
            self._told(
                fault.check,
                fault.told,
                any((check, fault.about) in seen for check in (fault.check, *fault.also)),
            )
            self.seconds[fault.check] += took / len(one.faults)

    def _told(self, check: str, what: str, found: bool) -> None:
        self.planted[check, what] += 1
        self.found[check, what] += found


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927).

    >>> [round(x, 3) for x in wilson(0, 200)]
    [0.0, 0.019]
    """
    z = 1.959964
    middle, wide = (
        (hits + z * z / 2) / (of + z * z),
        z / (of + z * z) * math.sqrt(hits * (of - hits) / of + z * z / 4),
    )
    return max(middle - wide, 0.0), min(middle + wide, 1.0)


def show(score: Score) -> None:
    """Print the figures as tables of a page."""
    print("\n| check | may be wrong on | was wrong on | interval | as a failure |\n|---|---|---|---|---|")
    for check in sorted(score.tables, key=lambda c: (c == WHOLE, c)):
        of, hits = score.tables[check], score.false[check]
        low, high = wilson(hits, of)
        nominal = "" if check == WHOLE else f"{NOMINAL.get(check, OTHERS):.0%}"
        print(f"| {check} | {nominal} | {hits} of {of:,} | {low:.3f} to {high:.3f} | {score.failed[check]} |")
    print("\n| check | planted | found | interval |\n|---|---|---|---|")
    for (check, what), of in sorted(score.planted.items()):
        hits = score.found[check, what]
        low, high = wilson(hits, of)
        print(f"| {check} | {what} | {hits / of:.2f} | {low:.2f} to {high:.2f} |")
    for check, places in sorted(score.where.items()):
        print(f"\n{check}: wrong on {', '.join(f'{k} ({n})' for k, n in places.most_common(8))}")


def study(seeds: Sequence[int], *, cells: bool = False) -> Score:
    """Run all worlds for the seeds: for the checks of single cells and rows, or for all others."""
    score = Score()
    for seed in seeds:
        for kind, clean in (CLEAN_OF_CELLS if cells else CLEAN).items():
            score.clean(kind, clean(seed), faults_of_cells.CELLS if cells else ())
        for make in faults_of_cells.PLANTED if cells else PLANTED:
            score.fault(make, seed)
    return score


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--cells", action="store_true", help="the checks of single cells and rows instead")
    given = parser.parse_args()
    began = time.process_time()
    show(study(range(given.first, given.first + given.seeds), cells=given.cells))
    print(f"\n{given.seeds} seeds, {time.process_time() - began:.0f} s of CPU")


if __name__ == "__main__":
    main()
