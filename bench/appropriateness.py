"""Band A on simulated tables: false alarms on healthy ones, faults found, populations told apart, curves continued.

    python bench/appropriateness.py [alarms|faults|populations|curves|annotation] [--seeds 200]

`alarms`: twelve kinds of healthy tables (users, days that hang together, growth, rare answers, coarse columns, amounts
that go on, late labels, …): how often any check fails or does not know. `faults`: the same with one fault planted: how
often its check says so, and which others do. `populations`: rows compared with a declared population, independent and
in units that hang together. `curves`: the learning curve's promise against what more rows really give. `annotation`:
200 labels from the queue against 200 at random.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from fieldguide.learning.backends.newton import minimize  # noqa: E402
from fieldguide.learning.encoder import Batch  # noqa: E402
from fieldguide.learning.losses import area_of  # noqa: E402
from fieldguide.learning.objectives import LogLoss  # noqa: E402
from fieldguide.learning.plan import NumberSlot, Plan  # noqa: E402
from fieldguide.program.blanks.optimizers import Newton  # noqa: E402
from fieldguide.program.blanks.priors import Ridge  # noqa: E402
from fieldguide.readiness.appropriateness import annotate, light, population  # noqa: E402
from fieldguide.readiness.appropriateness import learning_curve as curves  # noqa: E402
from readiness.asked import coded  # noqa: E402
from readiness.faulty import FAULTS  # noqa: E402
from readiness.healthy import HEALTHY  # noqa: E402

LOSS = LogLoss()


def alarms(seeds: int) -> None:
    """Print how often a check does not pass on healthy tables."""
    print(f"\nhealthy tables, {seeds} seeds each: findings that do not pass (and the CPU of band A)")
    total = 0
    for name, make in HEALTHY.items():
        start, bad = time.process_time(), Counter[str]()
        for seed in range(seeds):
            bad.update({f.check for f in make(seed).findings() if f.verdict != "pass"})
        spent = (time.process_time() - start) / seeds
        total += sum(bad.values())
        told = ", ".join(f"{check} {n / seeds:.1%}" for check, n in bad.items()) or "none"
        print(f"  {name:14}{spent:6.2f} s   {told}", flush=True)
    print(f"  {total} in {seeds * len(HEALTHY):,} tables")


def faults(seeds: int) -> None:
    """Print how often a planted fault is found."""
    print(f"\nplanted faults, {seeds} seeds each: found by its check, and what else does not pass")
    for name, (make, check) in FAULTS.items():
        hits, other = 0, Counter[str]()
        for seed in range(seeds):
            bad = {f.check for f in make(seed).findings() if f.verdict != "pass"}
            hits += check in bad
            other.update(bad - {check})
        also = ", ".join(f"{c} {n / seeds:.0%}" for c, n in other.items())
        print(f"  {name:36}{check:28}{hits / seeds:>6.0%}   {also}", flush=True)


def rows_in_units(r: Any, rows: int, units: int, first: int, shift: float, held: float) -> tuple[Any, Any]:
    """Five columns of rows whose units share a part of the variance; the first column is shifted."""
    unit = r.integers(0, units, rows)
    x = r.normal(size=(units, 5))[unit] * np.sqrt(held) + r.normal(size=(rows, 5)) * np.sqrt(1 - held)
    x[:, 0] += shift
    return x, unit + first


def populations(seeds: int) -> None:
    """Print how often two populations are said to differ."""
    cases = {
        "1,000 against 1,000 independent rows": ((1_000, 100_000, 0.0), (1_000, 100_000, 0.0)),
        "60 units against 60, half in common": ((2_000, 60, 0.5), (2_000, 60, 0.5)),
        "200 units against 10": ((3_000, 200, 0.5), (500, 10, 0.5)),
        "200 units against 30": ((3_000, 200, 0.5), (900, 30, 0.5)),
    }
    print(
        f"\npopulations, {seeds} seeds: said to differ, by the shift of one of five columns in standard deviations"
    )
    print(f"  {'':40}" + "".join(f"{s:>8}" for s in (0.0, 0.15, 0.3, 0.5, 1.0)))
    for name, (mine, asked) in cases.items():
        shares = []
        for shift in (0.0, 0.15, 0.3, 0.5, 1.0):
            hits = 0
            for seed in range(seeds):
                r = np.random.default_rng([50, seed])
                a, of_a = rows_in_units(r, mine[0], mine[1], 0, 0.0, mine[2])
                b, of_b = rows_in_units(r, asked[0], asked[1], mine[1], shift, asked[2])
                one = coded(a)
                other = coded(b, one.bins)
                where = tuple(np.asarray(light.folds([str(u) for u in u_], "bench")) for u_ in (of_a, of_b))
                d = population.difference(one, other, ([of_a], [of_b]), (where[0], where[1]))
                hits += d is not None and d.differs
            shares.append(hits / seeds)
        print(f"  {name:40}" + "".join(f"{x:>8.1%}" for x in shares), flush=True)


def answers(k: int, seed: int, rows: int, crossed: bool) -> tuple[Any, Any]:
    """Rows of k columns with a yes or no; crossed: with a product that a linear model lacks."""
    r = np.random.default_rng(seed)
    x = r.normal(size=(rows, k))
    weights = np.random.default_rng(99).normal(size=k) * 1.5 / np.sqrt(k)
    score = x @ weights - 1 + (0.8 * x[:, 0] * x[:, 1] if crossed else 0.0)
    return x, (r.random(rows) < 1 / (1 + np.exp(-score))).astype(float)


def fitted(x: Any, y: Any) -> Callable[[Any], Any]:
    """Fit a linear model and return its losses as a function of rows."""
    plan = Plan(
        (),
        "UTC",
        tuple(NumberSlot(f"x{j}", None, 0.0, 1.0, True, False, (0.0, 0.0)) for j in range(x.shape[1])),
    )
    batch = Batch(plan, np.asfortranarray(x), np.empty((0, len(y)), np.int32).T)
    start = float(np.log(y.mean() / (1 - y.mean())))
    w = minimize(
        batch, y, np.ones(len(y)), LOSS, prior=Ridge(1e-4), optimizer=Newton(steps=40, tolerance=1e-5), constant=start,
        on_step=lambda s: None,
    ).parameters  # fmt: skip
    return lambda rows: LOSS.value(rows[1], w[0] + rows[0] @ w[1:])


def promised(seeds: int) -> None:
    """Print the learning curve's promise beside the truth."""
    print(
        f"\nlearning curves, {seeds} seeds: loss gained by more rows, promised and true; intervals that hold it"
    )
    print(
        f"  {'columns, rows':26}{'to':>5}{'true gain':>11}{'promised':>10}{'sd':>9}{'holds':>7}{'loss held':>11}"
    )
    for k, n, crossed in ((10, 3_000, False), (30, 5_000, False), (30, 8_000, True), (5, 2_000, True)):
        test = answers(k, 12_345, 100_000, crossed)
        learned = round(0.75 * n)
        truth = {
            f: np.mean(
                [
                    fitted(*answers(k, 50_000 + i, f * learned, crossed))(test).mean()
                    for i in range(20 if f < 5 else 6)
                ]
            )
            for f in (1, 2, 5, 10)
        }
        found: dict[int, list[Any]] = {2: [], 5: [], 10: []}
        for seed in range(seeds):
            curve = _curve(k, n, seed, crossed)
            for f, each in found.items():
                gain, at = curve.gain(f * curve.sizes[-1]), curve.at(f * curve.sizes[-1])
                true = truth[1] - truth[f]
                each.append((gain[0], gain[1] <= true <= gain[2], at[1] <= truth[f] <= at[2]))
        for f, each in found.items():
            m = np.asarray(each, dtype=float)
            name = f"{k}, {n:,}{', crossed' if crossed else ''}" if f == 2 else ""
            print(
                f"  {name:26}{f'x{f}':>5}{truth[1] - truth[f]:>11.5f}{m[:, 0].mean():>10.5f}{m[:, 0].std():>9.5f}{m[:, 1].mean():>7.0%}"
                f"{m[:, 2].mean():>11.0%}",
                flush=True,
            )


def _curve(k: int, n: int, seed: int, crossed: bool) -> curves.Curve:
    x, y = answers(k, seed, n, crossed)
    fold = np.random.default_rng([7, seed]).integers(0, 64, n)
    part = np.where(fold < 48, fold % 16, -1)
    judged = np.flatnonzero(part < 0)
    shares = curves.sizes_for(int((part >= 0).sum()), k + 1, float(min(y.mean(), 1 - y.mean())))
    assert not isinstance(shares, curves.Refused), shares.why

    def learn(at: Any) -> Any:
        out = np.zeros(n)
        out[judged] = fitted(x[at], y[at])((x[judged], y[judged]))
        return out

    neutral = float(LOSS.value(y[judged], np.full(len(judged), np.log(y.mean() / (1 - y.mean())))).mean())
    return curves.learning_curve(
        learn, part, judged, np.arange(len(judged)), np.ones(len(judged)), neutral, shares, k + 1, seed
    )


def annotation(seeds: int) -> None:
    """Print what 200 more labels give when they are chosen, and at random."""
    print(f"\nannotation, {seeds} seeds: 400 labels, and 200 more; log loss (AUC) on 4,000 other rows")
    for kind in ("linear", "clusters", "rare"):
        found = np.asarray([_annotated(kind, seed) for seed in range(seeds)]).mean(axis=0)
        told = [
            f"{name} {loss:.4f} ({auc:.3f})"
            for name, (loss, auc) in zip(("none", "queue", "random"), found, strict=True)
        ]
        print(f"  {kind:10}" + "   ".join(told), flush=True)


def _annotated(kind: str, seed: int) -> list[tuple[float, float]]:
    r, n = np.random.default_rng([60, seed]), 9_000
    x = r.normal(size=(n, 8))
    score = x @ np.array([1.5, -1, 1, 0.7, 0.5, 0, 0, 0]) - (4 if kind == "rare" else 1)
    if kind == "clusters":
        c = r.choice(12, n, p=np.r_[0.4, 0.3, np.full(10, 0.03)])
        x = np.random.default_rng(5).normal(0, 2.5, (12, 8))[c] + 0.6 * x
        score = np.random.default_rng(6).normal(0, 2.5, 12)[c] + 0.3 * x[:, 0]
    y, w, rows = (r.random(n) < 1 / (1 + np.exp(-score))).astype(float), np.ones(n), coded(x)
    labeled, pool, test = np.arange(400), np.arange(400, 5_000), np.arange(5_000, n)

    def judged(at: Any) -> tuple[light.Additive, tuple[float, float]]:
        model = light.fit(rows.take(at), y[at], w[at], binary=True)
        s = model.score(rows.take(test))
        return model, (float(LOSS.value(y[test], s).mean()), float(area_of(y[test], s, w[test])[0] or 0.5))

    model, before = judged(labeled)
    p = light.probability(model.score(rows.take(pool)))
    at = annotate.chosen(rows.take(pool), 4 * p * (1 - p), annotate.stands_for(rows.take(pool), rows))
    chance = r.choice(len(pool), annotate.MOST, replace=False)
    return [before, judged(np.r_[labeled, pool[at]])[1], judged(np.r_[labeled, pool[chance]])[1]]


PARTS = {
    "alarms": alarms,
    "faults": faults,
    "populations": populations,
    "curves": promised,
    "annotation": annotation,
}


def main() -> None:
    """Run one part, or all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", nargs="?", choices=list(PARTS))
    parser.add_argument("--seeds", type=int, default=200)
    asked = parser.parse_args()
    for name in [asked.part] if asked.part else list(PARTS):
        PARTS[name](asked.seeds)


if __name__ == "__main__":
    main()
