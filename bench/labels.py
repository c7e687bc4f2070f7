"""Label errors against human votes and against planted ones, beside cleanlab, in one run.

    python bench/labels.py [--data ../shared/data] [--seeds 50]

`20news` and `mnist` (from cleanlab's own study of label errors): probabilities of others, with the votes of five
people on the candidates that its authors' method picked; a label counts as wrong when fewer than three of them
voted for it. So precision is over the rows that were voted on, and recall cannot be told. `flipped`: simulated
tables with 5 % of the labels flipped, judged from our own light model's probabilities. Cleanlab is installed into
an environment of its own.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from fieldguide.learning.layout import NumberColumn
from fieldguide.readiness.appropriateness import label_errors, light

ROOT = Path(__file__).parents[1]
PEER = Path(tempfile.gettempdir()) / "fieldguide-peers" / "cleanlab"
REQUIRED = "cleanlab==2.9.0"
BY = ("confidence", "noise rate")
SCRIPT = """
import sys, numpy as np
from cleanlab.filter import find_label_issues
given = np.load(sys.argv[1])
for by in ("prune_by_noise_rate", "confident_learning"):
    at = find_label_issues(given["labels"], given["probabilities"], filter_by=by, return_indices_ranked_by="self_confidence", n_jobs=1)
    np.save(f"{sys.argv[2]}-{by}.npy", at)
"""
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def peer() -> Path:
    """Return the python of cleanlab's environment, made when it is not there."""
    python = PEER / "bin" / "python"
    if not python.exists():
        venv.create(PEER, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--quiet", REQUIRED], check=True)
    return python


def theirs(labels: Ints, probabilities: Floats) -> dict[str, Ints]:
    """Return cleanlab's suspects, the least credible first, by its default filter and by the other."""
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder) / "given.npz", Path(folder) / "found"
        np.savez(given, labels=labels, probabilities=probabilities)
        subprocess.run([peer(), "-W", "ignore", "-c", SCRIPT, given, out], check=True)
        ways = ("prune_by_noise_rate", "confident_learning")
        return {f"cleanlab {by}": np.load(f"{out}-{by}.npy") for by in ways}


def voted(data: Path, name: str) -> None:
    """Print precision against human votes."""
    folder = data / f"labelerrors_{name}"
    if not folder.is_dir():
        print(f"{name}: no {folder}")
        return
    table = pq.read_table(folder / "predictions.parquet")
    columns = [c for c in table.column_names if c[0] == "p" and c[1:].isdigit()]
    probabilities = np.column_stack([table[c].to_numpy() for c in columns]).astype(np.float64)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    labels, ids = table["given_label"].to_numpy(), table["id"].to_pylist()
    votes = pq.read_table(folder / "human_votes.parquet")
    wrong = {
        int(i): g < 3 for i, g in zip(votes["id"].to_pylist(), votes["votes_given"].to_pylist(), strict=True)
    }
    share = np.mean(list(wrong.values()))
    print(
        f"\n{name}: {len(labels):,} rows, {len(wrong)} voted on, {share:.0%} of those wrong; noise at most {label_errors.most_noise(labels, probabilities):.2%}"
    )
    print(
        f"  {'':34}{'flagged':>8}{'voted':>7}{'wrong':>7}{'at 10':>7}{'at 20':>7}{'at 40':>7}   found of the wrong ones"
    )
    ours = {f"fieldguide by {by}": label_errors.suspects(labels, probabilities, by) for by in BY}
    ways = {**ours, **theirs(labels, probabilities)}
    for way, at in ways.items():
        seen = [wrong[ids[i]] for i in at.tolist() if ids[i] in wrong]
        tops = "".join(f"{np.mean(seen[:k]):>7.0%}" if len(seen) >= k else f"{'':>7}" for k in (10, 20, 40))
        print(
            f"  {way:34}{len(at):>8}{len(seen):>7}{np.mean(seen):>7.0%}{tops}   {sum(seen)} of {sum(wrong.values())}"
        )


def world(
    seed: int, rows: int = 4_000, flipped: float = 0.05
) -> tuple[light.Coded, Ints, NDArray[np.bool_], float]:
    """Return coded rows, labels of which a share is flipped, which ones are, and the error of the best rule."""
    r = np.random.default_rng([40, seed])
    x = r.normal(size=(rows, 6))
    p = 1 / (1 + np.exp(-(2.2 * x[:, 0] - 1.8 * x[:, 1] + 1.2 * np.abs(x[:, 2]) + 0.8 * x[:, 3] - 0.5)))
    y, flips = r.random(rows) < p, r.random(rows) < flipped
    found = [
        light.number_bins(f"x{j}", None, NumberColumn(x[:, j], np.zeros(rows, np.bool_))) for j in range(6)
    ]
    bins = tuple(b for b in found if b is not None and b.edges is not None)
    codes = np.column_stack(
        [np.searchsorted(b.edges, x[:, j], side="right") for j, b in enumerate(bins) if b.edges is not None]
    )
    coded = light.Coded(bins, np.asfortranarray(codes.astype(np.int32)))
    return coded, np.where(flips, ~y, y).astype(np.int64), flips, float(np.minimum(p, 1 - p).mean())


def planted(seeds: int) -> None:
    """Print precision and recall against planted flips."""
    found: dict[str, list[tuple[float, float, float, float]]] = {}
    told: list[tuple[float, float, float, float]] = []
    for seed in range(seeds):
        coded, labels, flips, bayes = world(seed)
        fold = np.arange(len(labels)) % light.FOLDS
        score = light.cross_fitted(coded, labels.astype(float), np.ones(len(labels)), fold, binary=True)
        p = light.probability(score)
        both = np.column_stack([1 - p, p])
        chances = label_errors.flip_chances(labels, both)
        at = label_errors.suspects(labels, both)
        queue = at[chances[at] >= label_errors.WORTH_A_LOOK]
        told.append(
            (
                chances[queue].mean(),
                chances[queue].sum() / chances.sum(),
                label_errors.most_noise(labels, both),
                bayes,
            )
        )
        rate = label_errors.suspects(labels, both, "noise rate")
        ways = {
            "fieldguide by confidence": at,
            "fieldguide by noise rate": rate,
            "fieldguide, the queue": queue,
        }
        if seed < 5:
            ways |= theirs(labels, both)
        for way, rows in ways.items():
            hit = flips[rows]
            found.setdefault(way, []).append(
                (len(rows), hit.mean(), hit.sum() / flips.sum(), hit[:50].mean())
            )
    precision, recall, noise, bayes = np.mean(told, axis=0)
    print(
        f"\nflipped: 4,000 rows, 5 % of the labels flipped, the best rule errs on {bayes:.1%} of the true ones; {seeds} seeds (cleanlab: 5)"
    )
    print(f"  {'':34}{'flagged':>8}{'precision':>10}{'recall':>8}{'at 50':>7}")
    for way, each in found.items():
        n, hit, caught, top = np.mean(each, axis=0)
        print(f"  {way:34}{n:>8.0f}{hit:>10.2f}{caught:>8.2f}{top:>7.2f}")
    print(
        f"  said beside the queue: precision {precision:.2f}, recall {recall:.2f}; noise at most {noise:.3f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--seeds", type=int, default=50)
    asked = parser.parse_args()
    for name in ("20news", "mnist"):
        voted(asked.data, name)
    planted(asked.seeds)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
