"""Cell errors on made tables of many kinds, with known truth: precision, recall by kind of error, and false alarms.

    python bench/cells.py [--worlds beers orders …] [--seeds 3] [--show 0]

Each table (see `worlds_of_cells.py`) is judged with its errors and as it was before: whatever is accused there is false.
Nothing is configured.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import time
import zlib
from collections import Counter

import numpy as np
import pyarrow as pa
from worlds_of_cells import Rows, Spoiled
from worlds_of_teams import WORLDS

from fieldguide.readiness.faithfulness.cells.columns import Column, columns_of
from fieldguide.readiness.faithfulness.cells.suspects import Suspect, suspects


def columns(rows: Rows) -> tuple[Column, ...]:
    """Return rows as the columns that are judged."""
    return columns_of(pa.table({name: pa.array(values, pa.string()) for name, values in rows.items()}))


def run(name: str, seeds: int, show: int) -> tuple[float, float]:
    """Print the figures of one kind of table, and return its precision and recall."""
    world, right, accused, false = WORLDS[name], 0, 0, 0
    planted: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    wrongly: Counter[tuple[str, str]] = Counter()
    examples: list[tuple[str, Suspect]] = []
    cells, spent = 0, 0.0
    for seed in range(seeds):
        rows = world.clean(np.random.default_rng([zlib.crc32(name.encode()), seed]), world.size)
        cells += world.size * len(rows)
        made = columns(rows)
        clean = suspects(made)
        false += len(clean)
        wrongly.update((f"clean {made[s.column].name}", s.witness) for s in clean)
        examples += [("clean", s) for s in clean]
        if world.spoil is None:
            continue
        spoiled = Spoiled({n: list(v) for n, v in rows.items()}, np.random.default_rng([seed, 7]))
        world.spoil(spoiled)
        begun = time.process_time()
        found = suspects(columns(spoiled.rows))
        spent += time.process_time() - begun
        names = list(rows)
        planted.update(spoiled.truth.values())
        accused += len(found)
        for s in found:
            kind = spoiled.truth.get((s.row, names[s.column]))
            if kind is None:
                wrongly[names[s.column], s.witness] += 1
                examples.append(("dirty", s))
            else:
                right += 1
                seen[kind] += 1
    p, q = right / max(1, accused), right / max(1, sum(planted.values()))
    if planted:
        kinds = ", ".join(f"{k} {seen[k] / n:.2f} of {n:,}" for k, n in planted.most_common())
        print(
            f"{name:12} precision {p:.3f}  recall {q:.3f}  clean twins {false}  ({spent / seeds:.1f} s)\n{'':14}{kinds}"
        )
    else:
        print(f"{name:12} clean: {false} of {cells:,} cells accused")
    if show and wrongly:
        print(f"{'':14}not wrong: {', '.join(f'{c} by {w} {n}' for (c, w), n in wrongly.most_common(8))}")
        for where, s in examples[:: max(1, len(examples) // show)][:show]:
            print(
                f"{'':14}{where} row {s.row + 1}: {s.text!r} -> {s.instead!r} {s.chance:.2f} {s.witness} ({s.why})"
            )
    return (p, q) if planted else (float("nan"), float("nan"))


def main() -> None:
    """Print the figures of each kind of table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--worlds", nargs="*", default=list(WORLDS), choices=list(WORLDS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--show", type=int, default=0, help="false accusations to show, of each kind")
    given = parser.parse_args()
    told = [run(name, given.seeds, given.show) for name in given.worlds]
    with_errors = [t for t in told if t[0] == t[0]]
    if with_errors:
        p, q = np.mean(with_errors, axis=0)
        enough = sum(a >= 0.8 and b >= 0.6 for a, b in with_errors)
        print(
            f"mean precision {p:.3f}, recall {q:.3f}; {enough} of {len(with_errors)} kinds with precision >= 0.8 and recall >= 0.6"
        )


if __name__ == "__main__":
    main()
