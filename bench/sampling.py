"""Coverage of a stratified sample's weighted rate: intervals by entity (F25) against a formula by rows.

    python bench/sampling.py [SEEDS]      default 400 worlds of 2,000 users whose rows are alike

Printed: in how many worlds the 95 % interval holds the true rate of all rows, and how far a model of thinned
negatives is from the base rate once it is put right (F26).
"""

from __future__ import annotations

import sys

import numpy as np
import pyarrow as pa

from fieldguide.tables import engines as engine
from fieldguide.tables.estimates import Estimate, recalibrated, weighted_mean
from fieldguide.tables.sample import By, Rates, bottom, rates_for, rows_of, sample, strata

BY = By(entity="user", key="id", label="clicked")


def world(seed: int, users: int = 2_000) -> tuple[pa.Table, float]:
    """Return rows of users with tastes of their own, and the rate of clicks in them."""
    rng = np.random.default_rng(seed)
    taste = rng.beta(0.15, 2.5, users)
    user = np.repeat(np.arange(users), rng.geometric(1 / 12, users))
    clicked = rng.random(len(user)) < taste[user]
    identity = np.arange(len(user)) + seed * 10_000_000
    table = pa.table(
        {
            "id": pa.array(identity).cast("string"),
            "user": pa.array(user + seed * 10_000_000).cast("string"),
            "clicked": clicked.astype(float),
        }
    )
    return table, float(clicked.mean())


def kept_of(table: pa.Table, how: str) -> pa.Table:
    """Return a sample drawn in one of the ways."""
    rows = engine.as_table(table)
    if how == "exactly 150 entities a stratum":
        return engine.to_arrow(rows_of(rows, BY, bottom(rows, BY, (150, 150))))
    rates = {
        "15 % by entity and class": lambda: rates_for(0.15, strata(rows, BY)),
        "10 % by entity alone": lambda: Rates(0.1, 0.1),
        "a tenth of the negatives of 40 %": lambda: Rates(0.4, 0.4, negatives=0.1),
    }
    return engine.to_arrow(sample(rows, BY, rates[how]()))


def estimates(kept: pa.Table) -> tuple[Estimate, Estimate]:
    """Return the weighted rate with its error by entity and by row."""
    y, w, user, share, inclusion = (
        kept[name].to_numpy() for name in ("clicked", "__weight", "user", "__entity_share", "__inclusion")
    )
    by_entity = weighted_mean(y, w, user, share, inclusion / share)
    return by_entity, weighted_mean(y, w, np.arange(len(y)), share, inclusion / share)


def main(seeds: int) -> None:
    """Print coverage and width for each way to draw."""
    print(f"{seeds} worlds; the true rate lies within the 95 % interval")
    print(f"{'drawn':34s} {'by entity':>10s} {'by rows':>10s} {'width, entity / rows':>22s}")
    for how in (
        "15 % by entity and class",
        "10 % by entity alone",
        "a tenth of the negatives of 40 %",
        "exactly 150 entities a stratum",
    ):
        hits, widths = np.zeros(2), np.zeros(2)
        for seed in range(seeds):
            table, truth = world(seed)
            both = estimates(kept_of(table, how))
            hits += [each.low <= truth <= each.high for each in both]
            widths += [each.margin for each in both]
        print(f"{how:34s} {hits[0] / seeds:10.3f} {hits[1] / seeds:10.3f} {widths[0] / widths[1]:22.2f}")
    print(
        f"thinned model put right: mean probability / base rate {recalibration(np.random.default_rng(1)):.4f}"
    )


def recalibration(rng: np.random.Generator, negatives: float = 0.025) -> float:
    """Return the mean of a put-right model's probabilities over the base rate; logistic world, negatives thinned."""
    x = rng.normal(size=1_000_000)
    y = rng.random(len(x)) < 1 / (1 + np.exp(3.8 - 1.1 * x))
    kept = y | (rng.random(len(x)) < negatives)
    intercept, slope = _logistic(x[kept], y[kept].astype(float))
    seen = 1 / (1 + np.exp(-(intercept + slope * x)))
    return float(recalibrated(seen, negatives).mean() / y.mean())


def _logistic(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Fit a logistic regression of one column by Newton's steps."""
    design, w = np.stack([np.ones(len(x)), x], axis=1), np.zeros(2)
    for _ in range(30):
        p = 1 / (1 + np.exp(-design @ w))
        step = np.linalg.solve((design * (p * (1 - p))[:, None]).T @ design, design.T @ (y - p))
        w = w + step
        if np.abs(step).max() < 1e-10:
            break
    return float(w[0]), float(w[1])


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 400)
