"""Sampling by entity and class: known worlds, the same rows however they lie, and the way back to all rows."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldguide.errors import UsageError
from fieldguide.tables import engines as engine
from fieldguide.tables.estimates import intercept_shift, recalibrated, sampled_mean, weighted_mean
from fieldguide.tables.sample import (
    SALT,
    By,
    Rates,
    bottom,
    digest,
    merged,
    positive_entities,
    prefix,
    rates_for,
    rows_of,
    sample,
    strata,
)

BY = By(entity="user", key="id", label="clicked")


@dataclass(frozen=True)
class World:
    """Users with tastes of their own, whose clicks depend on it: rows of a user are alike."""

    table: pa.Table
    rate: float


def world(seed: int, users: int = 1_000) -> World:
    rng = np.random.default_rng(seed)
    rows = rng.geometric(1 / 12, users)
    taste = rng.beta(0.15, 2.5, users)
    user = np.repeat(np.arange(users), rows)
    clicked = rng.random(len(user)) < taste[user]
    table = pa.table(
        {
            "id": pc.binary_join_element_wise(str(seed), pa.array(np.arange(len(user))).cast("string"), "-"),
            "user": pc.binary_join_element_wise(f"{seed}u", pa.array(user).cast("string"), "-"),
            "clicked": clicked.astype(float),
            "x": rng.normal(size=len(user)),
        }
    )
    return World(table, float(clicked.mean()))


def ids(table: ibis.Table | pa.Table) -> set[str]:
    rows = table if isinstance(table, pa.Table) else engine.to_arrow(table)
    return set(rows["id"].to_pylist())


def test_the_weighted_rate_lies_in_its_interval_by_entity_and_the_formula_by_rows_would_promise_too_much() -> (
    None
):
    seeds, inside, by_rows = 100, 0, 0
    for seed in range(seeds):
        made = world(seed)
        table = engine.as_table(made.table)
        rates = rates_for(0.15, strata(table, BY))
        assert rates.positive > rates.other
        kept = engine.to_arrow(sample(table, BY, rates))
        y, w, unit, share = (
            kept[name].to_numpy() for name in ("clicked", "__weight", "user", "__entity_share")
        )
        found = weighted_mean(y, w, unit, share)
        inside += found.low <= made.rate <= found.high
        # what a formula by rows would say: each row an entity of its own
        rowwise = weighted_mean(y, w, np.arange(len(y)), share)
        by_rows += rowwise.low <= made.rate <= rowwise.high
    assert 0.9 <= inside / seeds <= 1.0
    assert by_rows / seeds < 0.75


def test_thinned_negatives_keep_the_interval_honest() -> None:
    seeds, inside = 30, 0
    for seed in range(500, 500 + seeds):
        made = world(seed)
        kept = sample(engine.as_table(made.table), BY, Rates(0.4, 0.2, negatives=0.1))
        found = sampled_mean(kept, "clicked", "user")
        inside += found.low <= made.rate <= found.high
    assert 0.9 <= inside / seeds <= 1.0


def test_the_query_and_the_arrays_give_the_same_mean_and_error() -> None:
    kept = sample(engine.as_table(world(1).table), BY, Rates(0.5, 0.2, negatives=0.3))
    rows = engine.to_arrow(kept)
    columns = {name: rows[name].to_numpy() for name in rows.column_names}
    share = columns["__entity_share"]
    a = weighted_mean(
        columns["clicked"], columns["__weight"], columns["user"], share, columns["__inclusion"] / share
    )
    b = sampled_mean(kept, "clicked", "user")
    assert (a.value, a.error, a.low, a.high, a.freedom) == pytest.approx(
        (b.value, b.error, b.low, b.high, b.freedom)
    )
    assert (a.rows, a.entities) == (b.rows, b.entities)


def test_whole_entities_are_kept_and_their_probability_is_written_beside_them() -> None:
    made = world(2)
    rates = Rates(positive=0.5, other=0.1)
    kept = engine.to_arrow(sample(engine.as_table(made.table), BY, rates)).to_pandas()
    every = made.table.to_pandas()
    chosen = every[every.user.isin(set(kept.user))]
    assert set(kept.id) == set(chosen.id)
    positive = every.groupby("user").clicked.max()
    share = np.where(positive[kept.user].to_numpy() > 0, 0.5, 0.1)
    assert kept["__inclusion"].to_numpy() == pytest.approx(share)
    assert kept["__weight"].to_numpy() == pytest.approx(1 / share)
    assert 0.4 < kept.user[share == 0.5].nunique() / (positive > 0).sum() < 0.6
    assert 0.06 < kept.user[share == 0.1].nunique() / (positive == 0).sum() < 0.14


@given(st.integers(0, 10_000), st.floats(0.01, 1.0), st.floats(0.01, 1.0))
@settings(max_examples=15, deadline=None)
def test_a_smaller_share_lies_within_a_larger_one(seed: int, a: float, b: float) -> None:
    table = engine.as_table(world(seed, users=120).table)
    held = strata(table, BY)
    small, large = (engine.materialize(sample(table, BY, rates_for(share, held))) for share in sorted((a, b)))
    assert ids(small) <= ids(large)


@given(st.integers(0, 10_000), st.integers(1, 5), st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_order_and_partitions_of_the_rows_mean_nothing(seed: int, parts: int, shuffle: object) -> None:
    made = world(seed, users=120).table
    rates = Rates(0.6, 0.2, negatives=0.5)
    order = np.random.default_rng(seed).permutation(len(made))
    mixed = made.take(pa.array(order))
    once = engine.to_arrow(sample(engine.as_table(made), BY, rates)).sort_by("id")
    again = engine.to_arrow(sample(engine.as_table(mixed), BY, rates)).sort_by("id")
    assert once.equals(again)
    # parts that split entities: the sample of each, given who has a positive label, is its part of the sample
    whole = positive_entities(engine.as_table(made), BY, share=0.6)
    pieces = [mixed.take(pa.array(np.arange(i, len(made), parts))) for i in range(parts)]
    kept = [engine.to_arrow(sample(engine.as_table(p), BY, rates, positives=whole)) for p in pieces]
    assert pa.concat_tables(kept).sort_by("id").equals(once)


def test_strata_of_parts_add_up_to_those_of_the_whole() -> None:
    made = world(3).table
    whole = strata(engine.as_table(made), BY)
    known = positive_entities(engine.as_table(made), BY)
    users = np.array(made["user"].to_pylist())
    half = np.isin(users, np.unique(users)[::2])
    parts = [strata(engine.as_table(made.filter(pa.array(side))), BY, known) for side in (half, ~half)]
    assert whole.positive.rows == sum(p.positive.rows for p in parts)
    assert whole.positive.entities == sum(p.positive.entities for p in parts)
    assert whole.other.entities == sum(p.other.entities for p in parts)
    assert whole.positive.positives == int(made["clicked"].to_numpy().sum())


def test_exactly_k_entities_of_each_stratum_and_halves_merge_to_the_whole() -> None:
    made = world(4).table
    whole = bottom(engine.as_table(made), BY, (50, 30))
    assert len(whole.entities) == 80
    users = np.array(made["user"].to_pylist())
    half = np.isin(users, np.unique(users)[::2])
    a, b = (bottom(engine.as_table(made.filter(pa.array(side))), BY, (50, 30)) for side in (half, ~half))
    assert sorted(merged(a, b).entities.to_pylist(), key=str) == sorted(whole.entities.to_pylist(), key=str)
    assert merged(a, b).of == whole.of
    kept = engine.to_arrow(rows_of(engine.as_table(made), BY, whole))
    assert len(set(kept["user"].to_pylist())) == 80
    rows_by_weight = kept["__weight"].to_numpy().sum()
    assert rows_by_weight == pytest.approx(len(made), rel=0.25)


def test_a_bottom_k_rate_lies_in_its_interval() -> None:
    seeds, inside = 30, 0
    for seed in range(900, 900 + seeds):
        made = world(seed)
        table = engine.as_table(made.table)
        kept = rows_of(table, BY, bottom(table, BY, (150, 150)))
        found = sampled_mean(kept, "clicked", "user")
        inside += found.low <= made.rate <= found.high
    assert 0.9 <= inside / seeds <= 1.0


def test_a_model_of_thinned_negatives_is_put_right_within_one_percent() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=400_000)
    p = 1 / (1 + np.exp(-(-4.0 + 1.2 * x)))
    y = rng.random(len(x)) < p
    negatives = 0.1
    kept = y | (rng.random(len(x)) < negatives)
    # the calibrated model of the thinned rows: its odds are one over the share too high
    seen = p / (p + (1 - p) * negatives)
    assert seen[kept].mean() == pytest.approx(y[kept].mean(), rel=0.01)
    assert recalibrated(seen, negatives).mean() == pytest.approx(y.mean(), rel=0.01)
    shifted = 1 / (1 + np.exp(-(np.log(seen / (1 - seen)) + intercept_shift(negatives))))
    assert shifted == pytest.approx(recalibrated(seen, negatives))


def test_without_an_entity_rows_go_by_their_key_and_without_a_label_all_have_the_same_rate() -> None:
    made = world(6).table
    table = engine.as_table(made)
    by_key = By(key="id", label="clicked")
    held = strata(table, by_key)
    assert held.positive.rows == held.positive.entities == int(made["clicked"].to_numpy().sum())
    kept = engine.to_arrow(sample(table, by_key, Rates(1.0, 0.05)))
    assert kept["clicked"].to_numpy().sum() == held.positive.rows
    assert kept["__weight"].to_numpy().sum() == pytest.approx(len(made), rel=0.1)
    assert rates_for(0.1, strata(table, By(entity="user", key="id"))) == Rates(0.1, 0.1)
    keyless = By()
    assert ids(sample(table, keyless, Rates(0.2, 0.2))) <= ids(sample(table, keyless, Rates(0.4, 0.4)))


def test_rows_without_an_entity_or_a_label_are_not_lost() -> None:
    table = pa.table(
        {
            "id": [str(i) for i in range(2_000)],
            "user": pa.array([None if i % 2 else f"u{i % 40}" for i in range(2_000)]),
            "clicked": pa.array([None if i % 3 == 0 else float(i % 5 == 0) for i in range(2_000)]),
        }
    )
    kept = engine.to_arrow(sample(engine.as_table(table), BY, Rates(1.0, 0.5, negatives=0.5)))
    assert kept["__weight"].to_numpy().sum() == pytest.approx(2_000, rel=0.15)
    lost = [line for line in kept.to_pylist() if line["clicked"] is None]
    assert lost
    assert all(line["__inclusion"] == line["__entity_share"] for line in lost)


def test_a_declared_weight_is_multiplied() -> None:
    made = world(7).table
    weighed = made.append_column("__weight", pa.array(np.full(len(made), 3.0)))
    kept = engine.to_arrow(sample(engine.as_table(weighed), BY, Rates(0.5, 0.25)))
    assert set(kept["__weight"].to_pylist()) == {6.0, 12.0}


def test_a_sample_says_nothing_about_an_arm_of_an_experiment() -> None:
    users = pa.table({"user": [f"u{i}" for i in range(20_000)]})
    table = engine.as_table(users)
    sampled = engine.to_arrow(
        table.mutate(kept=digest(table.user) < prefix(0.5), arm=digest(table.user, "arm") < prefix(0.5))
    )
    kept, arm = (sampled[name].to_numpy(zero_copy_only=False) for name in ("kept", "arm"))
    assert SALT != "arm"
    assert abs(arm[kept].mean() - 0.5) < 0.02


@pytest.mark.parametrize("share", [0.0, -0.1, 1.5, float("nan")])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(UsageError, match="above 0 and up to 1"):
        Rates(share, share)


def test_a_k_below_one_and_unlike_bottoms_are_refused() -> None:
    table = engine.as_table(world(8, users=50).table)
    with pytest.raises(UsageError, match="1 or more"):
        bottom(table, BY, (0, 5))
    with pytest.raises(UsageError, match="take the same k"):
        merged(bottom(table, BY, (2, 2)), bottom(table, BY, (3, 2)))
