"""The same tables with one fault planted, and the check that must say so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import numpy as np

from fieldguide.program import BinaryLabel, Category, Timestamp

from .asked import HOUR, START, WEEK, World, sigmoid
from .healthy import amounts, late_labels, users, visits


def too_soon_declared(seed: int) -> World:
    """Labels take up to a week, and two days are declared."""
    world = late_labels(seed)
    r = np.random.default_rng([21, seed])
    known = world.time + (r.gamma(2, 15, len(world.y)) * HOUR).astype(np.int64) + 60_000_000
    y = np.where(known > world.time.max(), np.nan, visits(seed, len(world.y)).y)
    return replace(
        world, y=y, known=known, label=BinaryLabel("back", arrives_within=timedelta(days=1), known_at="known")
    )


def early_yes(seed: int) -> World:
    """A yes is known within hours, a no only when the month is over; the youngest rows hold the early answers."""
    world = visits(seed, 4_000)
    month = 30 * 24 * HOUR
    r = np.random.default_rng([22, seed])
    delay = np.where(world.y > 0, (r.exponential(10, len(world.y)) * HOUR).astype(np.int64), month - HOUR)
    known = world.time + np.minimum(delay, month - HOUR) + 60_000_000
    y = np.where(known > world.time.max(), np.nan, world.y)
    label = BinaryLabel("back", arrives_within=timedelta(days=30), known_at="known")
    return replace(world, y=y, known=known, label=label)


def outcomes_own_time(seed: int) -> World:
    """An instant among the columns is when the label became known, under another name."""
    world = late_labels(seed)
    touched = np.where(np.isnan(world.y), world.time, world.known)
    return world.with_column("touched", touched, Timestamp("touched", parts=("hour",), about="last touched"))


def measured_after(seed: int) -> World:
    """A number that is mostly the label: a delay at departure for a late arrival."""
    world = visits(seed)
    r = np.random.default_rng([23, seed])
    return world.with_column(
        "minutes", np.where(world.y > 0, r.gamma(9, 4, len(world.y)), r.gamma(2, 4, len(world.y))).round()
    )


def a_sum(seed: int) -> World:
    """The label is the sum of two columns, less a third."""
    world = amounts(seed)
    r = np.random.default_rng([24, seed])
    a, b, c = (r.gamma(2, 20, len(world.y)).round(2) for _ in range(3))
    return replace(world, columns={**world.columns, "shop": a, "web": b, "returned": c}, y=a + b - c)


def a_product(seed: int) -> World:
    """The label is a price times a quantity."""
    world = amounts(seed)
    r = np.random.default_rng([25, seed])
    price, pieces = np.exp(r.normal(2, 0.7, len(world.y))).round(2), 1.0 + r.poisson(3, len(world.y))
    return replace(
        world, columns={**world.columns, "price": price, "pieces": pieces}, y=(price * pieces).round(2)
    )


def told_by_many(seed: int) -> World:
    """Six columns, none of which decides the label alone, do so together: a threshold of their sum."""
    world = visits(seed, 6_000)
    r = np.random.default_rng([26, seed])
    parts = [r.normal(0, 1, len(world.y)) for _ in range(6)]
    made = {f"part{i}": p.round(3) for i, p in enumerate(parts)}
    return replace(world, columns={**world.columns, **made}, y=(sum(parts) > 1.2).astype(float))


def named_by_answer(seed: int) -> World:
    """The keys of yes rows begin otherwise than those of no rows."""
    world = visits(seed)
    key = [f"{'pos' if v else 'neg'}-{i}" for i, v in enumerate(world.y.tolist())]
    return replace(world, key=np.array(key))


def numbered_by_answer(seed: int) -> World:
    """The numbers of yes rows were given out before those of no rows; rows come in the order of time."""
    world = visits(seed)
    r = np.random.default_rng([27, seed])
    number = np.where(world.y > 0, 0, 10_000) + r.permutation(len(world.y))
    return replace(world, key=np.array([f"{i:05d}" for i in number]))


def in_folders(seed: int) -> World:
    """A column of file names in folders by answer."""
    world = visits(seed)
    return world.with_column(
        "file", np.array([f"{'b' if v else 'a'}/{i}.jpg" for i, v in enumerate(world.y.tolist())])
    )


def filled_in_later(seed: int) -> World:
    """A reason is written down for yes rows only."""
    world = visits(seed)
    r = np.random.default_rng([28, seed])
    reason = np.where(world.y > 0, r.choice(["price", "taste"], len(world.y)), None)
    return world.with_column("reason", reason.tolist(), Category("reason", about="why"))


def copied(seed: int, share: float = 0.05) -> World:
    """Rows of the past come again later under new keys."""
    world = users(seed)
    world = replace(world, entity=None)
    n = len(world.y)
    r = np.random.default_rng([29, seed])
    again = r.choice(int(0.7 * n), int(share * n), replace=False)
    both = world.take(np.concatenate([np.arange(n), again]))
    time = both.time.copy()
    time[n:] = r.choice(world.time[int(0.8 * n) :], len(again))
    return replace(both, time=time)


def nearly_copied(seed: int) -> World:
    """As `copied`, with one column read anew."""
    world = copied(seed)
    r = np.random.default_rng([30, seed])
    n = len(users(seed).y)
    warm = np.asarray(world.columns["warm"]).copy()
    warm[n:] = (warm[n:] + r.normal(0, 1, len(warm) - n)).round(1)
    more = {f"x{i}": np.concatenate([x := r.normal(0, 1, n).round(3), x[:0]]) for i in range(2)}
    again = np.random.default_rng([29, seed]).choice(int(0.7 * n), int(0.05 * n), replace=False)
    more = {name: np.concatenate([x, x[again]]) for name, x in more.items()}
    return replace(world, columns={**world.columns, **more, "warm": warm})


def copies_without_time(seed: int) -> World:
    """One row in ten comes twice; there are no times."""
    world = amounts(seed)
    n = len(world.y)
    r = np.random.default_rng([31, seed])
    return world.take(np.concatenate([np.arange(n), r.choice(n, n // 10, replace=False)]))


def batches(seed: int, n: int = 6_000) -> World:
    """Columns know the batch (a day) of a row, and batches differ in their answers: nothing of it lasts."""
    r = np.random.default_rng([32, seed])
    days = 200
    day = np.sort(r.integers(0, days, n))
    chance, code = sigmoid(r.normal(-0.5, 2.5, days)), r.normal(0, 10, (8, days))
    y = (r.random(n) < chance[day]).astype(float)
    time = START + day * 24 * HOUR + r.integers(0, 24 * HOUR, n)
    columns = {f"reading{i}": (code[i][day] + r.normal(0, 0.05, n)).round(3) for i in range(4)}
    return World(
        {**columns, "noise": r.normal(0, 1, n).round(3)}, y, BinaryLabel("broken", arrives_within=WEEK), time
    )


FAULTS: dict[str, tuple[Callable[[int], World], str]] = {
    "arrives_within too short": (too_soon_declared, "label_matures"),
    "a yes is known sooner": (early_yes, "label_matures"),
    "the outcome's own time": (outcomes_own_time, "columns_before_prediction"),
    "measured after the fact": (measured_after, "column_knows_label"),
    "a sum is the label": (a_sum, "columns_make_label"),
    "a product is the label": (a_product, "columns_make_label"),
    "many together decide": (told_by_many, "columns_make_label"),
    "keys named by the answer": (named_by_answer, "order_knows_label"),
    "keys numbered by the answer": (numbered_by_answer, "order_knows_label"),
    "folders by the answer": (in_folders, "order_knows_label"),
    "filled in for yes only": (filled_in_later, "missing_knows_label"),
    "rows copied into the next period": (copied, "rows_in_both_parts"),
    "near copies": (nearly_copied, "rows_in_both_parts"),
    "copies, no times": (copies_without_time, "rows_in_both_parts"),
    "batches": (batches, "skill_lasts"),
}
"""A fault, and the check that must say so."""
