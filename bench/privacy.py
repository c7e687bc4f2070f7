"""Personal data and spreadsheet damage: how often each detector is wrong on clean columns, and how often it finds a planted one.

    python bench/privacy.py [--seeds 200]

Clean: random tables of some sixty kinds of columns that nobody would call personal (order numbers in the form of phone numbers, hashes, product codes with
check digits, time stamps, names of counties), under neutral and under misleading names. Planted: columns of made-up persons of twelve countries, with a
header that says what they are, and without one. Figures are shares of columns, over all seeds.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fieldguide.readiness.accessibility.privacy.cells import cells
from fieldguide.readiness.accessibility.privacy.table import look
from fieldguide.readiness.accessibility.spreadsheet.traces import error_cells, traces

sys.path.insert(0, str(Path(__file__).parent))
from worlds_of_privacy import CLEAN, DAMAGED, persons

Random = np.random.Generator
BIRTHS = ("days of a century",)
"""In a table of persons these are taken for dates of birth, and rightly."""


def false_alarms(seeds: Sequence[int]) -> tuple[Counter[str], Counter[str], int]:
    """Return by kind of clean column how often it was called personal, and damaged; and how often it was looked at."""
    personal: Counter[str] = Counter()
    damaged: Counter[str] = Counter()
    for seed in seeds:
        r = np.random.default_rng(seed)
        rows = int(r.choice([20, 100, 500, 2_000]))
        columns = [cells(name, list(map(str, make(r, rows)))) for _, name, make in CLEAN]
        found = look(columns).found
        seen = {trace.column for trace in traces({c.name: c for c in columns}) if trace.certain}
        for what, name, _ in CLEAN:
            personal[what] += name in found
            damaged[what] += name in seen
    return personal, damaged, len(seeds)


def power(seeds: Sequence[int], *, named: bool) -> dict[str, tuple[int, int]]:
    """Return by kind how many planted columns were found, of how many."""
    hit: dict[str, tuple[int, int]] = {}
    for seed in seeds:
        r = np.random.default_rng(seed)
        table = persons(r, int(r.choice([30, 100, 300])))
        neutral = {name: f"c{i}" for i, name in enumerate(table)}
        columns = [cells(name if named else neutral[name], values) for name, (_, values) in table.items()]
        found = look(columns).found
        for name, (kind, _) in table.items():
            if kind is None:
                continue
            match = found.get(name if named else neutral[name])
            n, of = hit.get(kind, (0, 0))
            hit[kind] = (n + (match is not None), of + 1)
    return hit


def wrong_in_tables_of_persons(seeds: Sequence[int]) -> tuple[int, int]:
    """Return how many columns of tables of persons were called personal that are not, of how many."""
    wrong = of = 0
    for seed in seeds:
        r = np.random.default_rng(seed)
        rows = int(r.choice([30, 100, 300]))
        table = persons(r, rows)
        innocent = {name for name, (kind, _) in table.items() if kind is None}
        columns = [cells(name, values) for name, (_, values) in table.items()]
        beside = [(f"x{i}", make) for i, (what, _, make) in enumerate(CLEAN) if what not in BIRTHS]
        columns += [cells(name, list(map(str, make(r, rows)))) for name, make in beside]
        innocent |= {name for name, _ in beside}
        found = look(columns).found
        wrong += len(innocent & {*found})
        of += len(innocent)
    return wrong, of


def damage(seeds: Sequence[int]) -> dict[str, tuple[int, int]]:
    """Return by kind of damage how often it was found in a column in which it was planted."""
    found: dict[str, tuple[int, int]] = {}
    for seed in seeds:
        r = np.random.default_rng(seed)
        for what, name, make in DAMAGED:
            column = cells(name, make(r, int(r.choice([100, 500, 2_000]))))
            seen = any(t.certain for t in traces({name: column}))
            seen |= (broken := error_cells(column)) is not None and broken.certain
            n, of = found.get(what, (0, 0))
            found[what] = (n + seen, of + 1)
    return found


def table(title: str, rows: Sequence[tuple[str, str]]) -> None:
    """Print a list of figures."""
    print(f"\n{title}")
    for what, figure in rows:
        print(f"  {what:<52} {figure}")


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    seeds = range(parser.parse_args().seeds)
    personal, damaged, looked = false_alarms(seeds)
    rows = [(what, f"{n} of {looked}") for what, n in personal.items() if n]
    table(
        f"clean columns called personal: {sum(personal.values())} of {looked * len(CLEAN)}",
        rows or [("every kind", f"0 of {looked}")],
    )
    rows = [(what, f"{n} of {looked}") for what, n in damaged.items() if n]
    table(
        f"clean columns called damaged: {sum(damaged.values())} of {looked * len(CLEAN)}",
        rows or [("every kind", f"0 of {looked}")],
    )
    wrong, of = wrong_in_tables_of_persons(seeds)
    table("in tables of persons", [("innocent columns called personal", f"{wrong} of {of}")])
    for named in (True, False):
        hits = power(seeds, named=named)
        table(
            f"planted columns found, {'with' if named else 'without'} a header",
            [(kind, f"{n / of:.2f} of {of}") for kind, (n, of) in sorted(hits.items())],
        )
    table(
        "planted damage found", [(what, f"{n / of:.2f} of {of}") for what, (n, of) in damage(seeds).items()]
    )


if __name__ == "__main__":
    main()
