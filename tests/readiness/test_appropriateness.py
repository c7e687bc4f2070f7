"""Band A: the label, and columns that know it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fieldguide.program import BinaryLabel, CountLabel, Number, NumericLabel, Source
from fieldguide.readiness.appropriateness import label as labels
from fieldguide.readiness.appropriateness import leakage, population
from fieldguide.readiness.appropriateness.strength import strength
from fieldguide.tables import query
from fieldguide.tables.engines import duckdb as engine
from fieldguide.tables.query import ByLabel, Found, Labels, Periods
from fieldguide.tables.summary import summarize

LATE = BinaryLabel("late", arrives_within=timedelta(hours=36), known_at="arrived_at")
AMOUNT = NumericLabel("amount", arrives_within=timedelta(days=1))
TIMED = Source("x.csv", key="id", time="at")
NAN = float("nan")


def against(x: Any, y: Any, few: bool = True, name: str = "x") -> ByLabel:
    """A column against the label, as the query counts it."""
    text = any(isinstance(v, str) for v in x)
    values = pa.array(x, pa.string()) if text else pa.array(x, pa.float64(), from_pandas=True)
    label = pa.array([None if v is None or v != v else float(v) for v in y], pa.float64())
    table = engine.from_arrow(engine.connect(), pa.table({name: values, "__label": label}))
    return query.by_label(table, name, "category" if text else "number", few=few)


def auc_by_hand(x: Any, y: Any) -> float:
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=bool)
    above = (x[y][:, None] > x[~y][None, :]).mean() + 0.5 * (x[y][:, None] == x[~y][None, :]).mean()
    return float(max(above, 1 - above))


def test_the_auc_of_one_number_is_that_of_its_ranks() -> None:
    r = np.random.default_rng(0)
    y = r.random(3_000) < 0.3
    x = (r.normal(size=3_000) + 0.8 * y).round(1)
    found = strength(against(x, y), "binary")
    assert found is not None
    assert auc_by_hand(x, y) <= found.power <= auc_by_hand(x, y) + 0.02
    assert found.settled == 0.0


def test_the_auc_of_many_ordered_values_is_exact() -> None:
    y = np.arange(400) % 7 < 2
    x = np.arange(400.0)
    found = strength(against(x, y), "binary")
    assert found is not None
    assert found.power >= auc_by_hand(x, y) - 1e-12
    steps = np.repeat([0.0, 1.0], 200)
    exact = strength(against(steps, y), "binary")
    assert exact is not None
    assert exact.power == pytest.approx(auc_by_hand(steps, y), abs=1e-12)


def test_a_number_that_decides_by_a_middle_range_is_seen() -> None:
    x = np.random.default_rng(0).uniform(-1, 1, 4_000)
    found = strength(against(x, np.abs(x) < 0.3), "binary")
    assert found is not None
    assert found.power > 0.99


@pytest.mark.parametrize("few", [True, False])
def test_a_column_of_ids_does_not_decide_the_label(few: bool) -> None:
    y = np.random.default_rng(0).random(2_000) < 0.3
    found = strength(against([f"id{i}" for i in range(2_000)], y, few), "binary")
    assert found is not None
    assert found.power == 0.5


def gaussian(separation: float, base: float, n: int = 20_000, seed: int = 0) -> tuple[Any, Any]:
    r = np.random.default_rng(seed)
    y = r.random(n) < base
    return r.normal(size=n) + separation * y, y


@pytest.mark.parametrize("separation", [0.3, 1.0, 1.5, 1.8])
@pytest.mark.parametrize("base", [0.02, 0.24, 0.5])
def test_ordinary_strong_columns_do_not_fail(separation: float, base: float) -> None:
    """Up to an AUC of 0.9, of the kind that honest columns have: two overlapping bells."""
    found = leakage.column_knows_label(LATE, [against(*gaussian(separation, base))])
    assert [f.verdict for f in found] == ["pass"]


def delay(n: int = 20_000, seed: int = 0) -> tuple[Any, Any]:
    """A delay at departure that mostly is the delay at arrival."""
    r = np.random.default_rng(seed)
    late_departure = r.lognormal(2.2, 1.2, n).round() - 8
    return late_departure, late_departure + r.normal(-5, 15, n) > 15


LEAKS: dict[str, Callable[[], tuple[Any, Any]]] = {
    "the label itself": lambda: (lambda y: (y.astype(float), y))(
        np.random.default_rng(0).random(2_000) < 0.2
    ),
    "a delay that mostly is the label": delay,
    "a status written afterwards": lambda: (lambda y: (["refunded" if v else "open" for v in y], y))(
        np.random.default_rng(0).random(2_000) < 0.2
    ),
    "nearly perfect ranks": lambda: gaussian(3.5, 0.3),
}


@pytest.mark.parametrize("name", list(LEAKS))
def test_a_column_that_knows_the_label_fails_and_is_named(name: str) -> None:
    honest = against(*gaussian(1.0, 0.3, 500), name="honest")
    found = leakage.column_knows_label(LATE, [honest, against(*LEAKS[name](), name="leak")])
    assert [(f.verdict, f.about, f.level) for f in found] == [("fail", "leak", "A3")]
    assert "is it known at prediction time?" in found[0].saw
    assert "waive" in found[0].next


def test_the_text_says_where_the_column_is_sure() -> None:
    found = leakage.column_knows_label(LATE, [against(*delay(), name="delay")])[0]
    assert "settles" in found.saw
    assert "(from " in found.saw


def test_a_strong_column_is_told_without_failing() -> None:
    found = leakage.column_knows_label(LATE, [against(*gaussian(1.4, 0.2), name="strong")])
    assert [(f.verdict, f.about) for f in found] == [("pass", "strong")]
    assert "make sure that it is known at prediction time" in found[0].next


def test_a_part_of_a_numeric_label_is_asked_about_and_the_label_itself_fails() -> None:
    r = np.random.default_rng(0)
    members, guests = r.poisson(150, 5_000).astype(float), r.poisson(20, 5_000).astype(float)
    other = against(r.normal(size=5_000), members + guests, name="other")
    part = leakage.column_knows_label(AMOUNT, [other, against(members, members + guests, name="members")])
    spread = r.uniform(0, 300, 5_000)
    whole = leakage.column_knows_label(AMOUNT, [other, against(spread, spread, name="copy")])
    assert [(f.verdict, f.about) for f in part if f.verdict != "pass"] == []  # explains 88 %: ordinary
    wide = r.uniform(0, 300, 5_000)
    mostly = leakage.column_knows_label(AMOUNT, [other, against(wide, wide + guests, name="mostly")])
    assert [(f.verdict, f.about) for f in mostly] == [("unknown", "mostly")]
    assert [(f.verdict, f.about) for f in whole] == [("fail", "copy")]


def test_the_explained_variance_of_a_category_does_not_grow_with_its_names() -> None:
    r = np.random.default_rng(0)
    y = r.normal(size=4_000)
    for few in (True, False):
        many = strength(against([f"u{i // 2}" for i in range(4_000)], y, few), "numeric")
        some = strength(against([f"g{i % 40}" for i in range(4_000)], y, few), "numeric")
        assert many is not None
        assert some is not None
        assert many.power < 0.02
        assert some.power < 0.02
    groups = np.arange(4_000) % 40
    real = strength(against([f"g{g}" for g in groups], y + groups), "numeric")
    assert real is not None
    assert real.power > 0.98


def test_too_few_labels_are_no_pass() -> None:
    few = against(np.arange(50.0), np.arange(50) % 2)
    assert leakage.column_knows_label(LATE, [few])[0].verdict == "unknown"
    assert leakage.missing_knows_label(LATE, [few])[0].verdict == "unknown"
    rare = against(np.arange(500.0), np.arange(500) < 5)
    assert leakage.column_knows_label(LATE, [rare])[0].verdict == "unknown"


def test_a_column_that_is_missing_only_where_there_is_no_label_fails() -> None:
    """As the tail number of cancelled flights."""
    tail = ["N1"] * 900 + [None] * 50 + ["N2"] * 50
    y = [i % 3 == 0 for i in range(900)] + [NAN] * 100
    found = leakage.missing_knows_label(LATE, [against(tail, y, name="tail")])
    assert [(f.verdict, f.about) for f in found] == [("fail", "tail")]
    assert "never a label: 0 of 50 rows, 900 of 950 elsewhere" in found[0].saw


def test_a_column_that_is_filled_in_only_afterwards_fails() -> None:
    y = np.random.default_rng(0).random(2_000) < 0.2
    reason = ["too late" if v else None for v in y]
    found = leakage.missing_knows_label(LATE, [against(reason, y, name="reason")])
    assert [(f.verdict, f.about) for f in found] == [("fail", "reason")]


def test_a_column_that_is_often_missing_for_other_reasons_passes() -> None:
    r = np.random.default_rng(0)
    y = r.random(2_000) < 0.2
    x = np.where(r.random(2_000) < 0.3 + 0.2 * y, NAN, 1.0)
    assert [f.verdict for f in leakage.missing_knows_label(LATE, [against(x, y)])] == ["pass"]


@pytest.mark.parametrize(
    ("known", "verdict", "told"),
    [
        (Labels(1_000, 0, NAN, NAN, NAN, NAN), "fail", "no row has a label"),
        (Labels(1_000, 900, 0.0, 0.0, 0.0, 0.0), "fail", "all of them are the same: no"),
        (Labels(1_000, 900, 1.0, 0.0, 1.0, 1.0), "fail", "all of them are the same: yes"),
        (Labels(1_000, 900, 0.005, 0.005, 0.0, 1.0), "unknown", "only 4 of the rarer answer"),
        (Labels(90, 90, 0.5, 0.25, 0.0, 1.0), "unknown", "fewer than 100"),
        (
            Labels(1_000, 900, 0.2, 0.16, 0.0, 1.0),
            "pass",
            "900 of 1,000 rows have a label (90.0%), 20.0% of them yes",
        ),
    ],
)
def test_a_label_that_varies(known: Labels, verdict: str, told: str) -> None:
    found = labels.label_varies(LATE, known)[0]
    assert (found.verdict, found.about, found.level) == (verdict, "late", "A4")
    assert told in found.saw


def test_a_count_that_varies_tells_its_range() -> None:
    label = CountLabel("visits", arrives_within=timedelta(days=1))
    assert (
        "from 0 to 40, 3.5 on average"
        in labels.label_varies(label, Labels(500, 500, 3.5, 9.0, 0.0, 40.0))[0].saw
    )
    assert (
        "all of them are the same: 3"
        in labels.label_varies(label, Labels(500, 500, 3.0, 0.0, 3.0, 3.0))[0].saw
    )


def test_an_outcome_known_before_the_prediction() -> None:
    early = Found(50, ("k1",), (-7_200.0, -60.0))
    found = labels.label_after_prediction(LATE, TIMED, early, 1_000)[0]
    assert (found.verdict, found.rows) == ("fail", ("k1",))
    assert (
        "on 50 rows (5.00%) the label was known when the prediction is made, up to 2 hours before"
        in found.saw
    )
    assert (
        labels.label_after_prediction(LATE, TIMED, Found(1, ("k1",), (-60.0,)), 10_000)[0].verdict == "pass"
    )
    assert labels.label_after_prediction(LATE, TIMED, Found(0), 10_000)[0].verdict == "pass"
    declared = labels.label_after_prediction(LATE, TIMED, None, 10)[0]
    assert (declared.verdict, "36 hours" in declared.saw) == ("pass", True)


def periods(*rows: int, untimed: int = 0) -> Periods:
    return Periods(tuple(f"2023-{i + 1:02d}-01T00:00" for i in range(len(rows))), np.array(rows), untimed)


def test_a_source_without_time_is_told_so_and_not_blocked_for_ever() -> None:
    found = labels.next_period(Source("x.csv"), None)[0]
    assert (found.verdict, found.saw) == ("pass", "no time column: next period unknown")
    assert "Source(time=" in found.next
    assert labels.next_period(TIMED, periods(*[5] * 12))[0].verdict == "pass"
    assert labels.next_period(TIMED, periods(60, *[0] * 11))[0].verdict == "unknown"
    assert labels.next_period(TIMED, periods(*[5] * 12, untimed=30))[0].verdict == "fail"


def test_rows_that_stop_arriving() -> None:
    summary = summarize(pa.table({"x": [1.0]}), [Number("x")])
    going = population.population(TIMED, periods(*[100] * 11, 80), summary)[0]
    assert going.verdict == "pass"
    stopped = population.population(TIMED, periods(*[100] * 11, 5), summary)[0]
    assert stopped.verdict == "fail"
    assert "only 5 rows from 2023-12-01 on, 100 in an equal stretch before" in stopped.saw
    gap = population.population(TIMED, periods(100, 0, *[100] * 10), summary)[0]
    assert (gap.verdict, "none in those from 2023-02-01 on" in gap.saw) == ("pass", True)
    assert population.population(Source("x.csv"), None, summary)[0].verdict == "pass"


def test_joined_rows_from_after_the_prediction_and_the_labels_own_time() -> None:
    late = {"weather": Found(7, ("k1",), (3_600.0,)), "planes": Found(0)}
    found = leakage.columns_before_prediction(LATE, ["x", "arrived_at"], late)
    assert [(f.verdict, f.about) for f in found] == [("fail", "weather"), ("fail", "arrived_at")]
    assert "up to 60 minutes after" in found[0].saw or "up to 1 hour after" in found[0].saw
    assert leakage.columns_before_prediction(LATE, ["x"], {"planes": Found(0)})[0].verdict == "pass"
    assert leakage.columns_before_prediction(LATE, ["x"], {})[0].saw == "no source is joined"


REAL = {
    "adult": ("income", ">50K", set()),
    "bank_marketing": ("y", "yes", set()),
    "ai4i2020": ("Machine failure", "1", {"HDF", "OSF", "PWF"}),
}


@pytest.mark.parametrize("name", list(REAL))
def test_on_real_tables_only_what_is_part_of_the_label_is_asked_about(shared: Path, name: str) -> None:
    label, positive, expected = REAL[name]
    table = pq.read_table(shared / name / "data.parquet")
    y = [str(v).strip() == positive for v in table[label].to_pylist()]
    columns = [against(table[c].to_pylist(), y, name=c) for c in table.column_names if c != label]
    found = leakage.column_knows_label(LATE, columns)
    assert {f.about for f in found if f.verdict != "pass"} == expected
    if name == "bank_marketing":
        assert [f.about for f in found] == ["duration"]  # told: AUC 0.82, known only when the call has ended
