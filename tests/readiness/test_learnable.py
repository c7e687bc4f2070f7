"""Support, the learning curve and its refusals, the queue to annotate, maturity, and what is there when asked."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from fieldguide.finding import Finding
from fieldguide.program import BinaryLabel, NumericLabel, Source
from fieldguide.readiness.appropriateness import annotate, available, maturity, support
from fieldguide.readiness.appropriateness import learning_curve as curves
from fieldguide.readiness.appropriateness.leakage import Instants
from fieldguide.readiness.appropriateness.learning_curve import Curve, Refused, sizes_for
from fieldguide.readiness.check import Queues
from fieldguide.tables.query.delays import Aged, Delays

from . import asked, healthy

YES = BinaryLabel("late", arrives_within=timedelta(days=2), known_at="known")
SOURCE = Source("x.csv", key="id", time="at")


def of(world: asked.World, check: str, queues: Queues | None = None) -> list[Finding]:
    return [f for f in world.findings([check], queues) if f.check == check]


# ---- support


def test_rileys_rows_for_a_shrinkage_of_a_tenth() -> None:
    """Riley et al. 2019: 24 weights, R² of 0.288: 623 rows for a shrinkage of 0.9."""
    assert support.riley(24, 0.288) == pytest.approx(623, abs=3)
    assert support.riley(24, 0.0) == math.inf


def test_cox_snell_is_zero_for_the_mean_and_grows_with_what_is_known() -> None:
    y = np.array([0.0, 1.0] * 500)
    w = np.ones(1_000)
    assert support.cox_snell(y, np.full(1_000, 0.5), w) == 0.0
    assert 0.5 < support.cox_snell(y, np.where(y > 0, 0.9, 0.1), w) < 0.75


def test_rows_for_each_weight_and_groups_with_too_few_are_told() -> None:
    world = healthy.visits(1)
    few = world.with_column("sex", np.array((["f"] * 12 + ["m"] * 300) * 10)[: len(world.y)])
    found = of(few, "support")
    assert all(f.verdict == "pass" for f in found)
    assert "labeled rows for each" in found[0].saw
    assert found[0].evidence["rows_a_weight"] > 50
    people = [f for f in found if f.about == "sex"]
    assert people[0].saw.startswith("labeled rows (of the rarer answer) by group: f: ")
    assert "groups have hardly any" in found[0].saw
    assert "small groups" in found[0].next


def test_many_weights_for_few_rows_ask_for_more() -> None:
    r = np.random.default_rng(0)
    x = {f"x{i}": r.normal(size=300) for i in range(20)}
    y = (r.random(300) < asked.sigmoid(2.0 * sum(list(x.values())[:2]))).astype(float)
    found = of(asked.World(x, y, YES), "support")[0]
    assert "(Riley)" in found.saw
    assert "stronger prior" in found.next


# ---- learning curve


@pytest.mark.parametrize(
    ("rows", "weights", "rarer", "refused"),
    [
        (16_000, 50, 0.5, False),
        (1_000, 50, 0.5, True),
        (16_000, 50, 0.004, True),
        (1_334, 50, 0.5, False),
        (1_300, 50, 0.5, True),
    ],
)
def test_a_curve_needs_four_sizes_of_ten_rows_a_weight(
    rows: int, weights: int, rarer: float, refused: bool
) -> None:
    found = sizes_for(rows, weights, rarer)
    assert isinstance(found, Refused) == refused
    if isinstance(found, Refused):
        assert "sizes" in found.why
        assert "rows to learn from" in found.todo
    else:
        assert len(found) >= 4
        assert found[0] * rows / curves.PARTS >= 10 * weights


def line(sizes: tuple[float, ...] = (1_000.0, 2_000.0, 4_000.0, 8_000.0)) -> Curve:
    n = np.array(sizes)
    losses = 0.4 + 20 * n**-1.0
    return Curve(n, losses, np.full(len(n), 1e-4), 0.4, 20.0, 1.0, np.tile([0.4, 20.0, 1.0], (200, 1)), 0.6)


def test_a_curve_is_not_continued_beyond_ten_times() -> None:
    assert line().at(80_000.0)[0] == pytest.approx(0.4 + 20 / 80_000)
    for beyond in (line().at, line().gain):
        with pytest.raises(ValueError, match="more than 10 times the largest size"):
            beyond(80_001.0)


def test_what_more_rows_would_add_is_told_in_points_of_skill() -> None:
    found = curves.curve_found(YES, line(), 8_000, 0, 0)[0]
    assert found.verdict == "pass"
    assert "16,000 rows would add 0.21 points" in found.saw
    assert "help little" in found.next
    many = curves.curve_found(YES, line(), 5_000_000, 0, 0)[0]
    assert "that is as far as a curve of 8,000 rows can be continued" in many.saw
    steep = replace(line(), factor=400.0, draws=np.tile([0.4, 400.0, 1.0], (200, 1)))
    assert "unlabeled" not in curves.curve_found(YES, steep, 8_000, 0, 0)[0].next
    assert "500 rows have none" in curves.curve_found(YES, steep, 8_000, 500, 200)[0].next
    refused = curves.curve_found(YES, Refused("too few", "collect"), 10, 0, 0)[0]
    assert (refused.verdict, refused.saw, refused.next) == ("pass", "no curve: too few", "collect")


def losing(n: int, seed: int, power: float) -> tuple[Any, Any, Any, Any]:
    """Rows whose loss after learning from m of them is 0.5 + 3·m^(−power), with noise by row and by set of rows."""
    r = np.random.default_rng(seed)
    part = np.where(np.arange(n) % 4 == 3, -1, np.arange(n) % 16)
    part[part >= 0] = np.arange((part >= 0).sum()) % 16
    judged, base = np.flatnonzero(part < 0), r.gamma(2, 0.25, n)

    def learn(at: Any) -> Any:
        return base + 3 * len(at) ** -power + r.normal(0, 0.3 / len(at))

    return learn, part, judged, base


@pytest.mark.parametrize("power", [0.5, 1.0])
def test_a_curve_of_known_form_is_continued_within_its_interval(power: float) -> None:
    hits, off = 0, []
    for seed in range(20):
        learn, part, judged, _ = losing(16_000, seed, power)
        curve = curves.learning_curve(
            learn, part, judged, np.arange(len(judged)), np.ones(len(judged)), 1.0, (1, 2, 4, 8, 16), 0, seed
        )
        now = curve.sizes[-1]
        true = 3 * (now**-power - (5 * now) ** -power)
        gain = curve.gain(5 * now)
        hits += gain[1] <= true <= gain[2]
        off.append(gain[0] / true - 1)
    assert hits >= 14  # at a power of 1, the end of the range, curves can only err to one side
    assert abs(float(np.mean(off))) < 0.2


def test_a_free_fit_from_too_few_rows_is_refused_and_a_real_one_is_drawn() -> None:
    small, large = (
        of(healthy.visits(1, 150), "learning_curve")[0],
        of(healthy.strong(1, 4_000), "learning_curve")[0],
    )
    assert small.saw.startswith("no curve:")
    assert large.evidence["power"] <= 1.0
    assert large.evidence["power"] >= 0.3
    assert "skill over the mean on held-out rows from" in large.saw


# ---- annotation


def test_unlabeled_rows_come_first_then_doubtful_ones_uncertain_and_unlike_each_other() -> None:
    world = healthy.strong(1, 3_000)
    world = replace(world, time=None, y=np.where(np.arange(3_000) < 1_500, world.y, np.nan))
    queues: Queues = {}
    found = of(world, "learning_curve", queues)
    queue = queues["annotate"]
    assert queue.schema == annotate.QUEUE
    assert len(queue) == annotate.MOST
    assert set(queue["of"].to_pylist()) == {"unlabeled"}
    assert min(int(k[1:]) for k in queue["key"].to_pylist()) >= 1_500
    assert np.mean(queue["uncertainty"].to_pylist()) > 0.8
    risk = world.columns["risk"][[int(k[1:]) for k in queue["key"].to_pylist()]]
    assert risk.std() > 0.1
    assert found[0].verdict == "pass"


def test_without_unlabeled_rows_doubtful_labels_are_asked_again() -> None:
    queues: Queues = {}
    of(healthy.strong(1), "learning_curve", queues)
    assert set(queues["annotate"]["of"].to_pylist()) == {"doubtful"}


def test_rows_too_young_for_a_label_are_not_asked_of_people() -> None:
    world = healthy.late_labels(1)
    queues: Queues = {}
    of(world, "learning_curve", queues)
    at = [
        int(k[1:])
        for k, what in zip(
            queues["annotate"]["key"].to_pylist(), queues["annotate"]["of"].to_pylist(), strict=True
        )
        if what == "unlabeled"
    ]
    assert at
    assert world.time[at].max() <= world.time.max() - 7 * 24 * asked.HOUR


def test_rows_to_annotate_are_not_copies_of_each_other() -> None:
    r = np.random.default_rng(0)
    x = np.repeat(r.normal(size=(50, 4)), 20, axis=0)
    rows = asked.coded(x)
    at = annotate.chosen(rows, np.ones(1_000), annotate.stands_for(rows, rows), most=30)
    assert len(np.unique(rows.codes[at], axis=0)) == len(at)


# ---- maturity


def delays(late: int = 0, young: tuple[int, int, int] = (100, 0, 0), yes: Any = None) -> Delays:
    """1,000 mature rows, 900 with a label after one to twenty hours."""
    seconds = 3_600.0 * np.arange(1, 21)
    no = np.full(20, 30)
    return Delays(
        Aged(1_000, 900, 300), Aged(*young), seconds, no, np.full(20, 15) if yes is None else yes, late
    )


def test_quantiles_of_the_delay_are_compared_with_the_declared() -> None:
    found = maturity.label_matures(YES, SOURCE, delays())[0]
    assert found.verdict == "pass"
    assert (
        "95 % of the labels arrive within 19 hours, 99 % within 20 hours, 48 hours are declared" in found.saw
    )
    assert (
        "100 are younger than 48 hours, 100 of them without a label yet: left out, not counted as no"
        in found.saw
    )
    late = maturity.label_matures(YES, SOURCE, delays(late=90))[0]
    assert (late.verdict, "10.0% of the labels arrive later" in late.saw) == ("fail", True)
    few = maturity.label_matures(YES, SOURCE, delays(late=18))[0]
    assert (few.verdict, "longer arrives_within=" in few.next) == ("pass", True)
    long = maturity.label_matures(replace(YES, arrives_within=timedelta(days=60)), SOURCE, delays())[0]
    assert "consider a shorter arrives_within=" in long.next


def test_early_answers_of_young_rows_that_lean_to_one_side_fail() -> None:
    quick = np.concatenate([np.full(2, 140), np.zeros(18, dtype=int)])
    leaning = maturity.label_matures(YES, SOURCE, delays(young=(1_000, 200, 150), yes=quick))[0]
    assert leaning.verdict == "fail"
    assert "a yes is known sooner than its opposite" in leaning.saw
    assert "--until" in leaning.next
    even = maturity.label_matures(YES, SOURCE, delays(young=(1_000, 200, 66), yes=quick))[0]
    assert even.verdict == "pass"


def test_without_mature_labels_nothing_is_known_and_without_times_nothing_can_be() -> None:
    none = Delays(Aged(), Aged(500, 400, 100), np.zeros(0), np.zeros(0, dtype=int), np.zeros(0, dtype=int))
    assert maturity.label_matures(YES, SOURCE, none)[0].verdict == "unknown"
    untold = replace(YES, known_at=None)
    assert maturity.label_matures(untold, SOURCE, none)[0].verdict == "pass"
    assert "no time column" in maturity.label_matures(untold, SOURCE, None)[0].saw
    amount = NumericLabel("amount", arrives_within=timedelta(days=2), known_at="known")
    assert maturity.label_matures(amount, SOURCE, delays(young=(1_000, 200, 199)))[0].verdict == "pass"


# ---- available


def test_what_is_there_when_asked_is_told_by_source() -> None:
    joined = available.Joined(
        "weather", ("temp", "wind"), 1_800.0, 3_500.0, 3_600.0, timedelta(hours=3), 0.01
    )
    found = available.features_available(
        ["a", "b"], [joined], [available.Computed("weekend", ("at",))], [Instants("due", 10, 5, 60.0)], ""
    )
    assert [f.verdict for f in found] == ["pass", "pass"]
    assert "2 columns of the main source are taken as known" in found[0].saw
    assert "computed from 'at'" in found[0].saw
    assert "'due' may lie ahead" in found[0].saw
    assert "half of the values are at most 30 minutes old" in found[1].saw
    fresh = available.features_available([], [replace(joined, half=0.0)], [], [], "")
    assert "not when its hour or day began" in fresh[1].next
    assert available.features_available([], [], [], [], "f() raised")[0].verdict == "fail"


def test_queues_are_tables_of_plain_values() -> None:
    queues: Queues = {}
    healthy.visits(1).findings(queues=queues)
    assert set(queues) == {"labels", "annotate"}
    for table in queues.values():
        assert isinstance(table, pa.Table)
        assert len(table)
