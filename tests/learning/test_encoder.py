"""The encoder: defined encodings, and equality of its two forms bit for bit."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fieldguide.errors import ProgramError
from fieldguide.learning.backend import Data
from fieldguide.learning.encoder import Batch, encode, make_plan
from fieldguide.learning.layout import Columns, layout_of
from fieldguide.learning.linear import LinearScorer
from fieldguide.learning.objectives import LogLoss
from fieldguide.learning.plan import LIMIT, LevelSlot, NumberSlot, Plan, from_json, to_json
from fieldguide.learning.rows import encoded_row, linear_score, linear_terms
from fieldguide.learning.values import local_clock
from fieldguide.program import Program

from . import visits_world as world


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    return world.program(tmp_path_factory.mktemp("encoder"), shown=True)


@pytest.fixture(scope="module")
def plan(program: Program) -> Plan:
    columns = Columns(layout_of(program), world.table(3000))
    return make_plan(columns, np.ones(3000), np.arange(2500))


def canonical(rows: list[tuple[Any, ...]]) -> pa.Table:
    """Return rows of canonical values (in the order of the program's raw columns) as a table."""
    kinds = [pa.float64(), pa.float64(), pa.string(), pa.bool_(), pa.int64(), pa.string()]
    names = ["age", "seconds", "plan", "member", "seen", "position"]
    columns = {
        name: pa.array([row[i] for row in rows], kind, from_pandas=False)
        for i, (name, kind) in enumerate(zip(names, kinds, strict=True))
    }
    columns["seen"] = columns["seen"].cast(pa.timestamp("us", "UTC"))
    return pa.table(columns)


def bits(values: Any) -> Any:
    return np.asarray(values, np.float64).view(np.int64)


numbers = st.one_of(
    st.none(),
    st.floats(),
    st.floats(-100, 100),
    st.sampled_from([0.0, -0.0, 1e308, -1e308, 5e-324, math.inf, -math.inf, math.nan, 40.0]),
)
texts = st.one_of(
    st.none(), st.sampled_from(["free", "pro", "old", "Free", "", "free "]), st.text(max_size=5)
)
times = st.one_of(
    st.none(),
    st.integers(1_356_998_400_000_000, 1_388_534_400_000_000),
    st.sampled_from(
        [0, -1, -(2**62), 2**62, -62_135_596_800_000_000, 253_402_300_799_999_999, 1_383_453_000_000_000]
    ),
    st.integers(-(2**62), 2**62),
)
rows = st.lists(
    st.tuples(numbers, numbers, texts, st.none() | st.booleans(), times, texts), min_size=1, max_size=12
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=rows, seed=st.integers(0, 3))
def test_one_row_is_encoded_and_scored_as_in_bulk_bit_for_bit(
    plan: Plan, program: Program, rows: list[tuple[Any, ...]], seed: int
) -> None:
    layout = layout_of(program)
    columns = Columns(layout, canonical(rows))
    batch = encode(plan, columns)
    one = encoded_row(plan, layout)
    np.testing.assert_array_equal(bits([one(row) for row in rows]), bits(batch.matrix()))
    np.testing.assert_array_equal(batch.sparse().toarray(), batch.matrix())
    rng = np.random.default_rng(seed)
    weights = (
        rng.normal(size=plan.width) * (rng.random(plan.width) < 0.8) * rng.choice([1.0, -1.0], plan.width)
    )
    scorer = LinearScorer(LogLoss(), float(rng.normal()), weights)
    bulk = scorer.predict(Data(columns, batch))
    answer = scorer.row_predictor(plan, layout)
    singly = [answer(row) for row in rows]
    np.testing.assert_array_equal(bits(singly), bits(bulk))
    assert np.isfinite(bulk).all()
    np.testing.assert_array_equal(
        bits([scorer.row_parts(plan, layout)(row).score for row in rows]),
        bits(scorer.score(Data(columns, batch))),
    )


def test_rows_go_through_a_table_and_back(program: Program) -> None:
    given = [(1.5, math.nan, "é\x00", None, -1, "1"), (None, math.inf, None, True, None, None)]
    back = Columns(layout_of(program), canonical(given)).row_values(np.arange(2))
    assert repr(back) == repr(given)


def test_a_plan_survives_json_exactly(plan: Plan) -> None:
    again = from_json(json.loads(json.dumps(to_json(plan))))
    assert again == plan
    assert hash(again) == hash(plan)


def slot(plan: Plan, feature: str, part: str | None = None) -> Any:
    return next(s for s in plan.slots if s.feature == feature and s.part == part)


def value(plan: Plan, program: Program, row: tuple[Any, ...], name: str) -> float:
    return encoded_row(plan, layout_of(program))(row)[plan.names.index(name)]


ROW = (40.0, 60.0, "free", True, 1_370_000_000_000_000, "1")


def changed(i: int, to: Any) -> tuple[Any, ...]:
    return (*ROW[:i], to, *ROW[i + 1 :])


def test_numbers_are_standardized_by_the_training_rows_alone(plan: Plan, program: Program) -> None:
    seconds = world.table(3000)["seconds"].to_numpy()[:2500]
    found: NumberSlot = slot(plan, "seconds")
    assert found.mean == pytest.approx(seconds.mean(), rel=1e-12)
    assert found.scale == pytest.approx(seconds.std(), rel=1e-12)
    assert value(plan, program, ROW, "seconds") == (60.0 - found.mean) / found.scale
    assert not found.missing


@pytest.mark.parametrize("missing", [None, math.nan, math.inf, -math.inf])
def test_a_missing_number_is_the_mean_with_its_indicator(plan: Plan, program: Program, missing: Any) -> None:
    assert value(plan, program, changed(0, missing), "age") == 0.0
    assert value(plan, program, changed(0, missing), "age is missing") == 1.0
    assert value(plan, program, ROW, "age is missing") == 0.0


def test_numbers_beyond_any_reason_are_kept_at_the_limit(plan: Plan, program: Program) -> None:
    assert value(plan, program, changed(1, 1e308), "seconds") == LIMIT
    assert value(plan, program, changed(1, -1e308), "seconds") == -LIMIT


def test_levels_rare_unseen_and_missing_have_their_slots(plan: Plan, program: Program) -> None:
    found: LevelSlot = slot(plan, "plan")
    assert found.levels == ("basic", "free", "old", "pro")
    assert not found.rare
    encode_row = encoded_row(plan, layout_of(program))
    hot = [i for i, name in enumerate(plan.names) if name.startswith("plan")]
    unseen = encode_row(changed(2, "platinum"))
    assert [unseen[i] for i in hot] == list(found.reference)
    assert value(plan, program, changed(2, None), "plan is missing") == 1.0
    assert value(plan, program, changed(2, "pro"), "plan=pro") == 1.0


def planned(program: Program, table: pa.Table) -> Plan:
    rows = table.num_rows
    return make_plan(Columns(layout_of(program), table), np.ones(rows), np.arange(rows))


def with_plans(plans: list[str | None]) -> pa.Table:
    table = world.table(len(plans))
    return table.set_column(table.column_names.index("plan"), "plan", pa.array(plans, pa.string()))


def test_levels_of_too_few_rows_share_the_rare_slot_with_unseen_ones(program: Program) -> None:
    made = planned(program, with_plans(["free", "pro"] * 100 + [f"own{i % 5}" for i in range(30)]))
    found: LevelSlot = slot(made, "plan")
    assert (found.levels, found.rare, found.missing) == (("free", "pro"), True, False)
    assert value(made, program, changed(2, "own1"), "plan is rare") == 1.0
    assert value(made, program, changed(2, "platinum"), "plan is rare") == 1.0
    assert found.reference == pytest.approx((100 / 230, 100 / 230, 30 / 230))


def test_what_was_seen_too_seldom_counts_as_the_mean(program: Program) -> None:
    made = planned(program, with_plans(["free", "pro"] * 100 + ["own"] * 10 + [None] * 10))
    found: LevelSlot = slot(made, "plan")
    assert (found.levels, found.rare, found.missing) == (("free", "pro"), False, False)
    hot = [i for i, owner in enumerate(made.owners) if owner == "plan"]
    for level in ("own", "platinum", None):
        row = encoded_row(made, layout_of(program))(changed(2, level))
        assert [row[i] for i in hot] == [0.5, 0.5]


def test_a_month_that_was_hardly_seen_has_no_weight(program: Program) -> None:
    made = planned(program, world.table(2000, days=240))  # its first rows were seen in December 2012
    months: LevelSlot = slot(made, "seen", "month")
    assert 12 not in months.levels
    assert months.levels[0] == 1
    assert not months.rare


def test_the_most_frequent_levels_are_kept_of_too_many(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fieldguide.learning.encoder.MOST_LEVELS", 2)
    found: LevelSlot = slot(planned(program, with_plans(["a"] * 30 + ["b"] * 40 + ["c"] * 50)), "plan")
    assert (found.levels, found.rare) == (("b", "c"), True)


def test_parts_of_the_day_are_taken_in_the_sources_time_zone(plan: Plan, program: Program) -> None:
    seen = datetime(2013, 7, 6, 2, 30, tzinfo=UTC)  # Friday 22:30 in New York
    row = changed(4, int(seen.timestamp()) * 1_000_000)
    hour: NumberSlot = slot(plan, "seen", "hour")
    assert value(plan, program, row, "seen.hour") == (22.5 - hour.mean) / hour.scale
    assert value(plan, program, row, "seen.weekday=4") == 1.0
    assert value(plan, program, row, "seen.day=5") == 1.0
    assert value(plan, program, row, "weekend=false") == 1.0
    assert value(plan, program, changed(4, None), "seen.weekday is missing") == 1.0


def test_the_local_clock_knows_the_hour_that_is_there_twice() -> None:
    local = local_clock("America/New_York")
    first = local(int(datetime(2013, 11, 3, 5, 30, tzinfo=UTC).timestamp()) * 1_000_000)
    second = local(int(datetime(2013, 11, 3, 6, 30, tzinfo=UTC).timestamp()) * 1_000_000)
    assert first is not None
    assert second is not None
    assert (first.hour, second.hour) == (1, 1)
    assert first.utcoffset() != second.utcoffset()
    assert local(-1) == datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    assert local(2**62) is None


def test_presentation_is_learned_as_shown_and_served_at_neutral(plan: Plan, program: Program) -> None:
    table = world.table(200)
    columns = Columns(layout_of(program), table)
    shown, served = encode(plan, columns, as_shown=True), encode(plan, columns)
    found: LevelSlot = slot(plan, "position")
    k = plan.levels.index(found)
    assert set(shown.codes[:, k].tolist()) == {0, 1, 2}
    assert set(served.codes[:, k].tolist()) == {found.levels.index("1")}
    assert value(plan, program, changed(5, "3"), "position=1") == 1.0
    assert value(plan, program, changed(5, "never"), "position=1") == 1.0


def test_columns_without_information_are_encoded_to_nothing(program: Program) -> None:
    table = world.table(500)
    table = table.set_column(0, "age", pa.nulls(500, pa.float64()))
    table = table.set_column(3, "member", pa.array([True] * 500))
    columns = Columns(layout_of(program), table)
    made = make_plan(columns, np.ones(500), np.arange(500))
    assert {"age", "member", "root"} <= set(made.empty)
    assert not any(name.startswith(("age", "member", "root")) for name in made.names)
    assert np.isfinite(encode(made, columns).matrix()).all()
    full = encoded_row(made, layout_of(program))
    assert full(ROW)[made.names.index("seconds")] == full(changed(0, None))[made.names.index("seconds")]


def test_huge_numbers_do_not_break_the_moments(program: Program) -> None:
    table = world.table(300)
    wild = np.where(np.arange(300) % 2 == 0, 1.5e308, -1.5e308)
    columns = Columns(layout_of(program), table.set_column(1, "seconds", pa.array(wild)))
    made = make_plan(columns, np.ones(300), np.arange(300))
    assert sorted(set(encode(made, columns).matrix()[:, made.names.index("seconds")])) == pytest.approx(
        [-1.0, 1.0]
    )


def test_the_matrix_has_one_column_a_name_and_one_level_a_slot(plan: Plan, program: Program) -> None:
    batch: Batch = encode(plan, Columns(layout_of(program), world.table(400)), as_shown=True)
    matrix = batch.matrix()
    assert matrix.shape == (400, plan.width) == (400, len(plan.names)) == (400, len(plan.owners))
    assert batch.dense.dtype == np.float64
    assert batch.codes.dtype == np.int32
    plans = [i for i, owner in enumerate(plan.owners) if owner == "plan"]
    np.testing.assert_array_equal(matrix[:, plans].sum(axis=1), 1.0)
    np.testing.assert_array_equal(batch.take(slice(10, 20)).matrix(), matrix[10:20])


def test_weights_of_rows_move_the_mean(program: Program) -> None:
    table = world.table(400)
    columns, weight = Columns(layout_of(program), table), np.where(np.arange(400) < 100, 3.0, 1.0)
    doubled = Columns(layout_of(program), table.take(np.repeat(np.arange(400), weight.astype(int))))
    one, other = make_plan(columns, weight, np.arange(400)), make_plan(doubled, np.ones(600), np.arange(600))
    assert slot(one, "age").mean == pytest.approx(slot(other, "age").mean, rel=1e-12)
    assert slot(one, "age").reference == pytest.approx(slot(other, "age").reference, abs=1e-12)


def test_terms_add_up_to_the_score_from_left_to_right(plan: Plan, program: Program) -> None:
    layout, rng = layout_of(program), np.random.default_rng(0)
    weights = [
        tuple(rng.normal(size=2)) if isinstance(s, NumberSlot) else (*rng.normal(size=s.size), 0.0)
        for s in plan.slots
    ]
    total = 0.25
    for term in linear_terms(plan, layout, weights)(ROW):
        total += term
    assert total == linear_score(plan, layout, 0.25, weights)(ROW)


def test_names_of_columns_never_become_code(tmp_path: Path) -> None:
    name = "x'); raise SystemExit(1) #\n\\"
    text = world.PROGRAM.replace('Number("seconds", unit="second")', f"Number({name!r})")
    made = world.program(tmp_path, text=text)
    table = world.table(300).rename_columns(
        [name if column == "seconds" else column for column in world.table(1).column_names]
    )
    columns = Columns(layout_of(made), table)
    plan = make_plan(columns, np.ones(300), np.arange(300))
    row = columns.row_values(np.arange(1))[0]
    assert encoded_row(plan, layout_of(made))(row) == encode(plan, columns).matrix()[0].tolist()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("return 'a'", r"Number\('root', of=…\): the function gave 'a'"),
        ("return 1 / 0", r"'root': root\(\) raised ZeroDivisionError"),
    ],
)
def test_a_function_that_fails_is_named(tmp_path: Path, body: str, says: str) -> None:
    text = world.PROGRAM.replace("return None if age is None or age < 0 else age ** 0.5", body)
    made = world.program(tmp_path, text=text)
    columns = Columns(layout_of(made), world.table(100))
    with pytest.raises(ProgramError, match=says):
        make_plan(columns, np.ones(100), np.arange(100))
    fine = Columns(layout_of(world.program(tmp_path / "fine")), world.table(100))
    plan = make_plan(fine, np.ones(100), np.arange(100))
    with pytest.raises(ProgramError, match=says):
        encoded_row(plan, layout_of(made))(ROW[:5])
