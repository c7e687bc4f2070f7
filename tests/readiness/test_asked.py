"""Band A on whole tables: healthy ones of many kinds pass, a planted fault is found by its check."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest

from fieldguide.finding import Finding
from fieldguide.program import BinaryLabel, Boolean, NoLabel, Number, Program, Question, Source
from fieldguide.readiness.appropriateness import run
from fieldguide.readiness.appropriateness.table import CHECKS
from fieldguide.readiness.levels import level
from fieldguide.tables import query
from fieldguide.tables.engines import connect, from_arrow
from fieldguide.tables.query import drawn as draws
from fieldguide.tables.query.labels import by_label
from fieldguide.tables.read import Extent, Part, Reading
from fieldguide.tables.summary import summarize

from . import asked, faulty, healthy
from .asked import HOUR, NOW, World
from .faulty import FAULTS
from .healthy import HEALTHY

MACHINE = {c.id for c in CHECKS if c.kind == "machine"}


def bad(findings: list[Finding]) -> set[tuple[str, str | None]]:
    return {(f.check, f.about) for f in findings if f.verdict != "pass"}


def of(findings: list[Finding], check: str) -> list[Finding]:
    return [f for f in findings if f.check == check]


@pytest.mark.parametrize("name", list(HEALTHY))
def test_healthy_tables_pass(name: str) -> None:
    """No check fails or does not know; over 200 seeds a kind, `bench/appropriateness.py alarms`."""
    for seed in (1_000, 1_001):
        findings = HEALTHY[name](seed).findings()
        assert bad(findings) == set()
        assert {f.check for f in findings} >= MACHINE
        assert all(f.saw for f in findings)


@pytest.mark.parametrize("name", list(FAULTS))
def test_a_planted_fault_is_found_by_its_check_alone(name: str) -> None:
    make, check = FAULTS[name]
    seeds = range(2_000, 2_008) if name == "batches" else range(2_000, 2_001)
    every = [make(seed).findings([] if len(seeds) == 1 else [check]) for seed in seeds]
    found = [findings for findings in every if bad(findings)]
    assert len(found) >= 0.7 * len(every)  # bench/appropriateness.py faults: batches 80 %, all others 100 %
    findings = found[0]
    assert {c for c, _ in bad(findings)} == {check}
    for f in findings:
        if f.verdict != "pass":
            assert f.next
            assert f.level == level(f.level).name
            assert f.blocks == f.level


def test_a_sum_that_is_the_label_is_written_down() -> None:
    found = of(faulty.a_sum(1).findings(["columns_make_label"]), "columns_make_label")[0]
    assert set(found.saw.split(" is ")[1].split(":")[0].replace("- ", "-").split()) == {
        "web",
        "+",
        "shop",
        "-returned",
    }
    assert "take them out of features=" in found.next
    product = of(faulty.a_product(1).findings(["columns_make_label"]), "columns_make_label")[0]
    assert "price · pieces" in product.saw or "pieces · price" in product.saw


def test_an_amount_that_goes_on_is_said_to_be_its_own_next_value() -> None:
    told = of(HEALTHY["sensors"](3).findings(["column_knows_label"]), "column_knows_label")
    assert [(f.verdict, f.about) for f in told[:1]] == [("pass", "heat")]
    assert "'next_heat' is the next value of 'heat'" in told[0].saw


def test_what_all_others_reach_is_told_beside_a_strong_column() -> None:
    told = of(HEALTHY["strong"](3).findings(["column_knows_label"]), "column_knows_label")[0]
    assert told.about == "risk"
    assert "without it" in told.saw
    assert "make sure that it is known at prediction time" in told.next


def test_flags_written_down_together_are_asked_about_together() -> None:
    world = healthy.visits(1, 5_000)
    r = np.random.default_rng(0)
    yes = r.random(5_000) < 0.04
    mode = r.integers(0, 3, 5_000)
    for i in range(3):
        world = world.with_column(f"mode{i}", (yes & (mode == i)).astype(float))
    world = world.with_column("other", (r.random(5_000) < 0.01).astype(float))
    told = of(replace(world, y=yes.astype(float)).findings(["column_knows_label"]), "column_knows_label")
    assert {f.about for f in told if f.verdict != "pass"} == {"mode0", "mode1", "mode2"}
    assert [(f.about, f.verdict) for f in told if "a flag like" in f.saw] == [("other", "pass")]


def test_a_plan_ahead_is_told_and_the_outcomes_own_time_fails() -> None:
    plan = of(healthy.planned(1).findings(["columns_before_prediction"]), "columns_before_prediction")
    assert [(f.verdict, f.about) for f in plan] == [("pass", "due")]
    assert "a plan that is known beforehand" in plan[0].next
    own = of(faulty.outcomes_own_time(1).findings(["columns_before_prediction"]), "columns_before_prediction")
    assert [(f.verdict, f.about) for f in own] == [("fail", "touched")]


def test_a_running_number_among_the_features_is_called_an_id() -> None:
    world = healthy.visits(1).with_column("number", np.arange(3_000.0) + 17)
    told = of(world.findings(["order_knows_label"]), "order_knows_label")
    assert [(f.verdict, f.about) for f in told] == [("pass", "number")]
    assert "an id, not a measurement" in told[0].saw


def test_rows_in_the_order_of_their_label_are_told_and_a_running_key_is_not_blamed() -> None:
    world = healthy.amounts(1)
    order = np.argsort(world.y, kind="stable")
    told = of(world.take(order).findings(["order_knows_label"]), "order_knows_label")
    assert [f.verdict for f in told] == ["pass"]
    assert "rows lie in the order of their label" in told[0].saw
    assert "ask how the rows were put together" in told[0].next


def test_copies_of_the_same_entity_are_no_fault() -> None:
    world = faulty.copied(1)
    who = [
        f"{a}|{b}|{c}"
        for a, b, c in zip(world.columns["seconds"], world.columns["age"], world.columns["plan"], strict=True)
    ]
    told = of(replace(world, entity=np.array(who)).findings(["rows_in_both_parts"]), "rows_in_both_parts")
    assert [f.verdict for f in told] == ["pass"]
    assert "more repeat a row of the same who" in told[0].saw


def test_rows_that_hang_together_suggest_an_entity() -> None:
    world = healthy.users(1)
    undeclared = replace(world, entity=None).with_column("user", world.entity)
    told = of(undeclared.findings(["rows_in_both_parts"]), "rows_in_both_parts")
    assert [(f.about, f.verdict) for f in told if f.about == "user"] == [("user", "pass")]
    assert "Source(entity='user')" in next(f.next for f in told if f.about == "user")


def test_a_batch_that_does_not_last_is_no_reason_to_fail_when_only_a_little_is_lost() -> None:
    drifting = of(HEALTHY["growing"](5).findings(["skill_lasts"]), "skill_lasts")[0]
    assert drifting.verdict == "pass"
    assert "saw earlier rows only" in drifting.saw
    assert "no time column" in of(HEALTHY["coarse"](1).findings(["skill_lasts"]), "skill_lasts")[0].saw


def later(world: World, seed: int, follows: bool) -> tuple[World, World]:
    """The same rows read twice: outcomes of the youngest come in between, and a column follows them, or changes by chance."""
    r = np.random.default_rng(seed)
    n = len(world.y)
    young = world.time > np.quantile(world.time, 0.9)
    status = np.where(young, "open", "closed")
    first = replace(world.with_column("status", status), y=np.where(young, np.nan, world.y))
    again = np.where(young, np.where(world.y > 0, "won", "lost"), status) if follows else status.copy()
    if not follows:
        again[r.random(n) < 0.05] = "moved"
    return first, replace(world.with_column("status", again), y=world.y)


def test_a_value_that_follows_the_outcome_is_found_at_the_second_grading() -> None:
    first, second = later(healthy.visits(1), 0, follows=True)
    before = first.findings(["values_change_later"])
    assert [f.verdict for f in before] == ["pass"]
    assert "shows when they are graded again" in before[0].saw
    found = second.findings(["values_change_later"], earlier=before)
    assert bad(found) == {("values_change_later", "status")}
    assert "rows whose outcome became known since the last grading" in found[0].saw
    assert found[0].evidence["remembered"]["rows"]


def test_values_that_change_by_chance_are_told_only() -> None:
    first, second = later(healthy.visits(1), 0, follows=False)
    found = second.findings(["values_change_later"], earlier=first.findings(["values_change_later"]))
    assert [f.verdict for f in found] == ["pass"]
    assert "values that changed: status" in found[0].saw
    same = second.findings(["values_change_later"], earlier=second.findings(["values_change_later"]))
    assert "no value changed" in same[0].saw


def test_without_a_key_rows_cannot_be_found_again() -> None:
    program = healthy.visits(1).program()
    table = healthy.visits(1).table()
    bare = replace(program, source=replace(program.source, key=None))
    nameless = table.set_column(table.column_names.index("__key"), "__key", pa.nulls(len(table), pa.string()))
    found = steps(bare, nameless)
    assert "rows have no key" in of(found, "values_change_later")[0].saw
    assert bad(found) == set()


def steps(program: Program, table: pa.Table) -> list[Finding]:
    lives = from_arrow(connect(), table)
    reading = Reading(
        lives, (Part("rows", program.source, lives),), Extent("rows", len(table), None, None, "a")
    )
    out: list[Finding] = []
    for _, make in run.steps(program, reading, summarize(lives, run.raw_columns(program)), NOW, (), {}):
        out += make()
    return out


def test_without_a_label_every_check_says_what_to_write() -> None:
    world = healthy.visits(1)
    program = Program(source=Source("rows", key="id"), features=world.program().features)
    assert isinstance(program.label, NoLabel)
    found = steps(program, world.table())
    assert {f.check for f in found if f.verdict == "unknown"} >= MACHINE
    for f in found:
        if f.check in MACHINE:
            assert f.saw == "no label is declared yet"
            assert "label=fg.BinaryLabel" in f.next


def fails_on_old(age: float) -> bool:
    """A function that does not answer for everybody."""
    if age > 60:
        raise ValueError("too old")
    return age > 30


def test_a_computed_feature_that_breaks_does_not_break_the_grade() -> None:
    world = healthy.visits(1)
    program = world.program()
    program = replace(program, features=[*program.features, Boolean("grown", of=fails_on_old, about="told")])
    found = steps(program, world.table())
    assert bad(found) == {("features_available", None)}
    assert "fails_on_old() raised ValueError: too old" in of(found, "features_available")[0].saw


def test_large_tables_are_judged_by_samples_and_suspects_counted_in_full(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(draws, "PLAIN", 3_000)
    monkeypatch.setattr(draws, "LABELED", 2_000)
    monkeypatch.setattr(draws, "ALIKE", 2_000)
    world = faulty.measured_after(1)
    n = len(world.y)
    world = world.take(np.arange(4 * n) % n)
    r = np.random.default_rng(0)
    world = replace(world, time=asked.START + np.sort(r.integers(0, 200 * 24 * HOUR, 4 * n)))
    world = world.with_column("seconds", np.exp(r.normal(4, 1, 4 * n)))
    whole = by_label(from_arrow(connect(), world.table()), "minutes", "number")
    found = of(world.findings(["column_knows_label"]), "column_knows_label")
    assert [(f.verdict, f.about) for f in found] == [("fail", "minutes")]
    assert found[0].evidence["rows"] == whole.labeled.sum() == 4 * n


@pytest.mark.parametrize("rows", [0, 1, 5, 99, 100, 130])
@pytest.mark.parametrize("kind", ["binary", "amount"])
def test_few_rows_break_nothing(rows: int, kind: str) -> None:
    world = healthy.visits(1) if kind == "binary" else healthy.amounts(1)
    few = world.take(np.arange(max(rows, 1)))
    if rows == 0:
        few = replace(few, y=np.array([np.nan]))
    found = few.findings()
    assert {f.check for f in found} >= MACHINE
    assert "fail" not in {f.verdict for f in found if f.check != "label_varies"}


def test_one_column_of_each_kind_that_never_varies_breaks_nothing() -> None:
    world = healthy.visits(1, 400)
    constant = replace(
        world, columns={"one": np.ones(400), "name": np.array(["a"] * 400), "none": np.full(400, np.nan)}
    )
    found = constant.findings()
    assert bad(found) == set()


def test_labels_of_one_program_may_be_asked_of_many_rows_a_unit() -> None:
    """Two machines only: rows are cut into stretches, and no curve is drawn."""
    world = HEALTHY["sensors"](1)
    two = world.take(np.flatnonzero(np.isin(world.entity, ["m0", "m1"])))
    found = two.findings()
    assert bad(found) == set()
    assert "no curve: rows belong to 2 units only" in of(found, "learning_curve")[0].saw


def test_a_declared_question_without_enough_labels_is_unknown_and_says_so() -> None:
    world = healthy.visits(1, 80)
    found = {f.check: f.verdict for f in world.findings()}
    assert found["label_errors"] == found["order_knows_label"] == found["columns_make_label"] == "unknown"


def test_numbers_alone_are_enough() -> None:
    features = [Number("x", about="told", unit="1")]
    program = Program(
        question=Question(ask="?", one_row_is="a row", decision="act"), source=Source("rows", key="id"), features=features,
        label=BinaryLabel("y", arrives_within=timedelta(days=1)),
    )  # fmt: skip
    r = np.random.default_rng(0)
    table = World({"x": r.normal(size=500)}, (r.random(500) < 0.4).astype(float), program.label).table()
    assert bad(steps(program, table)) == set()
    assert query.labels(from_arrow(connect(), table)).labeled == 500
