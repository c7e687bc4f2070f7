"""Losses: right values, and intervals that hold where rows hang together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn import metrics

from fieldguide.learning.losses import Judged, gain, measure
from fieldguide.learning.objectives import LogLoss, Poisson, SquaredError


def judged(label: Any, weight: Any = None, seed: int = 0, **clusters: Any) -> Judged:
    if not clusters:
        clusters = {"key": np.arange(len(label))}
    return Judged(np.asarray(label, float), np.ones(len(label)) if weight is None else weight, clusters, seed)


def binary(rows: int = 3000, seed: int = 0) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(seed)
    score = np.round(rng.normal(-1, 1, rows), 1)  # with ties
    return (rng.random(rows) < 1 / (1 + np.exp(-score))).astype(float), score, rng.uniform(0.5, 2, rows)


def test_binary_figures_agree_with_scikit_learn() -> None:
    label, score, weight = binary()
    found = measure(judged(label, weight), score, LogLoss().best_constant(label, weight), LogLoss())
    p = 1 / (1 + np.exp(-score))
    rate = np.average(label, weights=weight)
    assert found.loss.value == pytest.approx(metrics.log_loss(label, p, sample_weight=weight), rel=1e-12)
    assert found.auc is not None
    assert found.auc.value == pytest.approx(
        metrics.roc_auc_score(label, score, sample_weight=weight), rel=1e-12
    )
    assert found.entropy is not None
    entropy = -rate * np.log(rate) - (1 - rate) * np.log(1 - rate)
    assert found.entropy.value == pytest.approx(found.loss.value / entropy, rel=1e-12)
    assert found.calibration is not None
    assert found.calibration.value == pytest.approx(np.average(p, weights=weight) / rate, rel=1e-12)
    assert found.skill is not None
    assert found.skill.value == pytest.approx(1 - found.loss.value / entropy, rel=1e-12)


def test_a_constant_has_auc_one_half_and_no_skill() -> None:
    label, score, weight = binary()
    constant = LogLoss().best_constant(label, weight)
    found = measure(judged(label, weight), np.full_like(score, constant), constant, LogLoss())
    assert found.auc is not None
    assert (found.auc.value, found.auc.low, found.auc.high) == (0.5, 0.5, 0.5)
    assert found.skill is not None
    assert found.skill.value == 0.0
    assert found.calibration is not None
    assert found.calibration.value == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize("objective", [SquaredError(), Poisson()], ids=lambda o: o.scale)
def test_knowing_every_label_has_skill_one(objective: Any) -> None:
    label = np.random.default_rng(0).poisson(3.0, 500).astype(float)
    score = np.array([objective.link(value) for value in label])
    found = measure(judged(label), score, objective.best_constant(label, np.ones(500)), objective)
    assert found.skill is not None
    assert found.skill.value == pytest.approx(1.0, abs=1e-9)
    assert found.auc is None


def test_what_one_class_leaves_undefined_is_none() -> None:
    label, score = np.zeros(100), np.linspace(-1, 1, 100)
    found = measure(judged(label), score, -1.0, LogLoss())
    assert found.auc is None
    assert found.entropy is None
    assert found.calibration is None
    assert np.isfinite([found.loss.value, found.loss.low, found.loss.high]).all()


def clustered(rng: Any, clusters: int, size: int) -> tuple[Any, Any]:
    """Rows whose label leans with their cluster: independent rows would be worth ten times more."""
    lean = np.repeat(rng.normal(0, 1, clusters), size)
    label = (rng.random(clusters * size) < 1 / (1 + np.exp(-lean))).astype(float)
    return label, np.repeat(np.arange(clusters), size)


def test_intervals_cover_the_truth_when_rows_of_a_cluster_hang_together() -> None:
    score = np.log(0.6 / 0.4)
    truth = -0.5 * np.log(0.6) - 0.5 * np.log(0.4)  # half of all labels are yes
    hits = {"cluster": 0, "row": 0}
    seeds = 200
    for seed in range(seeds):
        label, cluster = clustered(np.random.default_rng(seed), 40, 25)
        for name, units in (("cluster", cluster), ("row", np.arange(len(label)))):
            loss = measure(
                judged(label, seed=seed, key=units), np.full(len(label), score), score, LogLoss()
            ).loss
            hits[name] += loss.low <= truth <= loss.high
    assert 0.91 <= hits["cluster"] / seeds <= 0.99
    assert hits["row"] / seeds < 0.8  # what ignoring the clusters would give


def test_intervals_of_the_auc_cover_the_truth() -> None:
    truth, hits, seeds = 0.7602, 0, 200  # of two normals one standard deviation apart
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        label = (rng.random(600) < 0.3).astype(float)
        score = rng.normal(label, 1.0)
        auc = measure(judged(label, seed=seed, key=np.arange(600)), score, -1.0, LogLoss()).auc
        assert auc is not None
        hits += auc.low <= truth <= auc.high
    assert 0.90 <= hits / seeds <= 0.99


def test_few_clusters_still_cover() -> None:
    truth, score, hits, seeds = np.log(2.0), 0.1, 0, 300
    truth = -0.5 * np.log(1 / (1 + np.exp(-score))) - 0.5 * np.log(1 / (1 + np.exp(score)))
    for seed in range(seeds):
        label, cluster = clustered(np.random.default_rng(seed), 6, 50)
        loss = measure(
            judged(label, seed=seed, key=cluster), np.full(len(label), score), score, LogLoss()
        ).loss
        hits += loss.low <= truth <= loss.high
    assert hits / seeds >= 0.88


def test_the_wider_way_of_clustering_is_kept_and_named() -> None:
    label, cluster = clustered(np.random.default_rng(1), 40, 25)
    alone = np.arange(len(label))
    score = np.full(len(label), 0.3)
    found = measure(judged(label, entity=alone, day=cluster), score, 0.0, LogLoss())
    assert (found.by, found.units) == ("day", 40)
    turned = measure(judged(label, entity=cluster, day=alone), score, 0.0, LogLoss())
    assert (turned.by, turned.units) == ("entity", 40)
    assert turned.loss.high - turned.loss.low == pytest.approx(found.loss.high - found.loss.low, rel=0.15)
    one_day = measure(judged(label, entity=cluster, day=np.zeros(len(label), int)), score, 0.0, LogLoss())
    assert one_day.by == "entity"


def test_many_clusters_are_drawn_in_groups_that_vary_alike() -> None:
    label, score, _ = binary(12_000)
    found = measure(judged(label), score, -1.0, LogLoss()).loss
    spread = float(np.std(LogLoss().value(label, score))) / np.sqrt(12_000)
    assert found.high - found.low == pytest.approx(2 * 1.96 * spread, rel=0.15)


def test_a_paired_gain_is_far_narrower_than_two_losses_apart() -> None:
    label, score, weight = binary()
    rows = judged(label, weight)
    better = gain(rows, score * 0.8, score, LogLoss())
    one = measure(rows, score, -1.0, LogLoss()).loss
    other = measure(rows, score * 0.8, -1.0, LogLoss()).loss
    assert better.value == pytest.approx(other.value - one.value, rel=1e-9)
    assert better.high - better.low < 0.5 * (one.high - one.low)
    same = gain(rows, score, score, LogLoss())
    assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)


def test_the_same_seed_gives_the_same_interval() -> None:
    label, score, _ = binary()
    one, other, third = (measure(judged(label, seed=s), score, -1.0, LogLoss()) for s in (1, 1, 2))
    assert one == other
    assert one.loss != third.loss
