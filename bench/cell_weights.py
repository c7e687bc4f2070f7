"""Learn the weights of cell errors on corrupted copies of clean tables, and say how well they do on other tables.

    python bench/cell_weights.py FOLDER [--write]

FOLDER holds clean tables as CSV, the more and the more various the better. Errors are put into copies of each, and where
they were put is the truth: typing errors, swapped values, fields in each other's place, other forms, emptied cells, words for nothing,
letters among digits; in a tenth of a percent to a third of the rows of some columns. A third of the tables, chosen by
their names, is only judged, never learned from. `--write` replaces the weights of the package. Without FOLDER there is nothing to do.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
from corrupted import corrupt
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from fieldguide.readiness.faithfulness.cells import accusations, chances, conflicts, evidence
from fieldguide.readiness.faithfulness.cells.columns import Floats, columns_of
from fieldguide.readiness.faithfulness.cells.dependencies import dependencies

ROWS, COLUMNS, KEPT = 6_000, 40, 2_500
"""Rows of a table that are used, columns of the widest table, suspects kept of a copy."""
SEEDS = (0, 1, 2, 3)
"""Copies of a table; the first one is clean."""
WEIGHTS = Path(chances.__file__).with_name("weights.json")
NAMES = {"group": accusations.GROUP, "determinant": accusations.DETERMINANT, **evidence.VALUE_FEATURES}


@dataclass(frozen=True, eq=False)
class Seen:
    """Some suspects of a copy: which are wrong (kind, or ""), what is told of them, how many each stands for."""

    copy: int
    cells: int
    wrong: Any
    each: float
    support: Floats
    told: Mapping[str, tuple[Any, Floats, Any]]


def copies(paths: Sequence[Path]) -> Iterator[tuple[int, pa.Table, dict[tuple[int, int], str]]]:
    """Yield the copies of each table, with the kinds of the errors that were put into it, by row and column."""
    for number, path in enumerate(paths):
        names = pc.open_csv(path).schema.names
        if len(set(names)) < len(names) or len(names) > COLUMNS:
            continue
        options = pc.ConvertOptions(
            column_types={n: pa.string() for n in names}, strings_can_be_null=True, null_values=[""]
        )
        table = pc.read_csv(
            path, convert_options=options, parse_options=pc.ParseOptions(newlines_in_values=True)
        )
        data = [table[n].slice(0, ROWS).to_pylist() for n in names]
        for seed in SEEDS:
            spoiled, truth = corrupt(data, seed * 1_000 + number, share=0.6 if seed else 0.0)
            made = {n: pa.array(c, pa.string()) for n, c in zip(names, spoiled, strict=True)}
            yield number * 10 + seed, pa.table(made), truth


def fitted(x: Floats, y: Any, weight: Floats, names: Sequence[str]) -> dict[str, float]:
    """Return logistic weights by name, the constant as ""."""
    scale = StandardScaler().fit(x, sample_weight=weight)
    model = LogisticRegression(C=1.0, max_iter=400).fit(scale.transform(x), y, sample_weight=weight)
    own = model.coef_[0] / scale.scale_
    constant = float(model.intercept_[0] - (own * scale.mean_).sum())
    return {n: round(float(c), 5) for n, c in zip(names, own, strict=True)} | {"": round(constant, 5)}


def learn_conflicts(paths: Sequence[Path], save: Callable[[str, dict[str, float]], None]) -> None:
    """Learn whether either side of a conflict is wrong, and whether the dependent one is."""
    random = np.random.default_rng(0)
    told, either, broken, copy = [], [], [], []
    for number, table, truth in copies(paths):
        columns = columns_of(table)
        found, _ = conflicts.conflicts(columns, dependencies(columns))
        if not len(found.row):
            continue
        chosen = random.choice(len(found.row), min(len(found.row), KEPT), replace=False)
        told.append(found.features[chosen])
        for i in chosen.tolist():
            row, y = int(found.row[i]), int(found.y[i])
            broken.append((row, y) in truth)
            either.append(broken[-1] or (row, int(found.x[i])) in truth or (row, int(found.x2[i])) in truth)
            copy.append(number)
    _, which, many = np.unique(copy, return_inverse=True, return_counts=True)
    weight = 1 / np.sqrt(many[which])
    for name, wrong in (("either", either), ("broken", broken)):
        save(name, fitted(np.vstack(told), np.array(wrong), weight / weight.mean(), conflicts.FEATURES))


def seen(paths: Sequence[Path]) -> list[Seen]:
    """Return suspects of copies with all that the witnesses say of them."""
    random, found = np.random.default_rng(0), []
    for number, table, truth in copies(paths):
        columns = columns_of(table)
        gathered, width = evidence.gather(columns), len(columns)
        cells = np.unique(np.concatenate([w.cells for w in gathered.witnesses]))
        if not len(cells):
            continue
        kept = np.sort(random.choice(cells, min(len(cells), KEPT), replace=False))
        told = {}
        for w in gathered.witnesses:
            at = np.minimum(np.searchsorted(w.cells, kept), max(0, len(w.cells) - 1))
            has = w.cells[at] == kept if len(w.cells) else np.zeros(len(kept), bool)
            features = w.features[at[has]] if len(w.cells) else np.zeros((0, len(w.names)))
            told[w.name] = (
                has,
                features,
                np.where(has, w.instead[at], -1) if len(w.cells) else np.full(len(kept), -1),
            )
        wrong = np.array([truth.get((int(c) // width, int(c) % width), "") for c in kept])
        support = np.column_stack(evidence.speaks_for(gathered, kept))
        found.append(Seen(number, table.num_rows * width, wrong, len(cells) / len(kept), support, told))
    return found


def joint(parts: Sequence[Seen]) -> Floats:
    """Return what decides on each suspect, by the weights of the witnesses as they are."""
    rows = []
    for part in parts:
        shape = (len(part.wrong), len(evidence.WITNESSES))
        odds, has, better = (
            np.full(shape, accusations.NOTHING_SAID),
            np.zeros(shape, bool),
            np.full(shape, -1),
        )
        for i, name in enumerate(evidence.WITNESSES):
            spoke, features, instead = part.told[name]
            has[:, i], better[:, i] = spoke, instead
            if spoke.any():
                odds[spoke, i] = chances.log_odds(name, NAMES[name], features)
        rows.append(evidence.joint_features(odds, has, better, *part.support.T))
    return np.vstack(rows)


def learn_cells(parts: Sequence[Seen], save: Callable[[str, dict[str, float]], None]) -> None:
    """Learn what each witness's word is worth, then what they are worth together."""
    weight = np.concatenate([np.full(len(p.wrong), np.sqrt(p.each / len(p.wrong))) for p in parts])
    wrong = np.concatenate([p.wrong for p in parts]) != ""
    for name in evidence.WITNESSES:
        spoke = np.concatenate([p.told[name][0] for p in parts])
        if len(np.unique(wrong[spoke])) < 2:
            raise SystemExit(
                f"too few tables: {name} said nothing, or nothing wrong; give more of them, of more kinds"
            )
        save(
            name,
            fitted(np.vstack([p.told[name][1] for p in parts]), wrong[spoke], weight[spoke], NAMES[name]),
        )
    together = joint(parts)
    save("joint", fitted(together, wrong, weight, evidence.JOINT))
    likely = chances.log_odds("joint", evidence.JOINT, together) > chances.PLAUSIBLE
    save("usual", {"": round(float(np.average(wrong[likely], weights=weight[likely])), 4)})


def report(parts: Sequence[Seen], called: str) -> None:
    """Print precision and recall by kind, the false accusations of clean copies, and what a chance is worth."""
    odds = chances.log_odds("joint", evidence.JOINT, joint(parts))
    copy = np.concatenate([np.full(len(p.wrong), p.copy) for p in parts])
    each = np.concatenate([np.full(len(p.wrong), p.each) for p in parts])
    kind = np.concatenate([p.wrong for p in parts])
    chance = np.concatenate([chances.adapted(odds[copy == c]) for c in dict.fromkeys(copy.tolist())])
    clean, cells = copy % 10 == 0, sum(p.cells for p in parts if p.copy % 10 == 0)
    for least in (0.5, 0.7, 0.9):
        found = chance >= least
        right = np.average(kind[found & ~clean] != "", weights=each[found & ~clean])
        recall = {
            str(k): round(float(each[found & (kind == k)].sum() / each[kind == k].sum()), 2)
            for k in np.unique(kind)
            if k
        }
        false = each[found & clean].sum() / cells * 1e4
        print(
            f"{called}: chance >= {least}: precision {right:.3f}, of 10,000 clean cells accused {false:.1f}, recall of candidates {recall}"
        )
    worth = [
        f"{low:.1f}: {np.mean(kind[(chance >= low) & (chance < low + 0.1)] != ''):.2f}"
        for low in np.arange(0.5, 1, 0.1)
    ]
    print(f"{called}: wrong among those with a chance of {', '.join(worth)}")


def main() -> None:
    """Learn from two thirds of the tables of a folder, and judge the others."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--write", action="store_true", help="replace the weights of the package")
    given = parser.parse_args()
    if given.folder is None:
        print("skipped: no folder of clean tables was given")
        return
    paths = sorted(given.folder.glob("*.csv"))
    held = [p for p in paths if int(hashlib.md5(p.name.encode()).hexdigest(), 16) % 3 == 0]
    learned: dict[str, dict[str, float]] = {}
    before = WEIGHTS.read_text(encoding="utf-8")

    def save(name: str, weights: dict[str, float]) -> None:
        learned[name] = weights
        WEIGHTS.write_text(
            json.dumps({**json.loads(WEIGHTS.read_text(encoding="utf-8")), **learned}, indent=1) + "\n",
            encoding="utf-8",
        )
        chances.weights.cache_clear()

    try:
        learn_conflicts([p for p in paths if p not in held], save)
        parts = seen([p for p in paths if p not in held])
        learn_cells(parts, save)
        report(parts, "learned from")
        report(seen(held), "never seen")
    finally:
        if not given.write or "usual" not in learned:
            WEIGHTS.write_text(before, encoding="utf-8")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
