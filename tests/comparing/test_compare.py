"""compare: faults are named with their evidence, and what is no fault is not called one."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldguide.comparing import compare, confirmed
from fieldguide.finding import Finding, from_json, to_json
from fieldguide.program import Number, Presentation
from fieldguide.tables.summary import Blocks, summarize

from .counting import counted
from .visits import COLUMNS, LEARNED, Columns, learned, look, put, table, times, visits

FIRST = LEARNED + 1


def only(found: list[Finding]) -> Finding:
    assert len(found) == 1, [f.saw for f in found]
    return found[0]


@pytest.mark.parametrize("rows", [200, 1_000])
@pytest.mark.parametrize("decimals", [None, 0, 1, 2])
@pytest.mark.parametrize(
    ("column", "factor"), [("seconds", 1_000.0), ("seconds", 1 / 60), ("age", 1_000.0), ("pages", 100.0)]
)
def test_a_change_of_unit_is_named_with_its_factor_and_first_row(
    column: str, factor: float, decimals: int | None, rows: int
) -> None:
    found = only(look(times(column, factor, FIRST), rows=rows, decimals=decimals))
    d = found.diagnosis
    assert d is not None
    assert (found.check, found.blocks, found.verdict, found.about) == ("served_units", "B3", "fail", column)
    assert (d.cause, d.share, d.offset) == ("unit_factor", 1.0, None)
    assert d.factor == pytest.approx(factor, rel=0.001)
    assert d.first_row is not None
    assert abs(d.first_row - FIRST) <= 2


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_window_that_straddles_the_change_names_the_exact_row(part: float) -> None:
    first = FIRST + int(1_000 * part)
    d = only(look(times("seconds", 1_000, first))).diagnosis
    assert d is not None
    assert (d.cause, d.factor, d.first_row, d.share) == ("unit_factor", 1_000, first, 1.0)
    assert d.since is not None
    assert d.since.startswith("2026-01-1")


def test_a_change_just_before_the_window_is_placed_where_it_began() -> None:
    d = only(look(times("seconds", 1_000, FIRST - 3))).diagnosis
    assert d is not None
    assert d.first_row == FIRST - 3


def test_a_partial_roll_out_is_named_with_its_share() -> None:
    d = only(look(times("seconds", 1_000, FIRST + 200, share=0.3))).diagnosis
    assert d is not None
    assert (d.cause, d.factor) == ("unit_factor", 1_000)
    assert d.share == pytest.approx(0.3, abs=0.05)
    assert d.first_row is not None
    assert 0 <= d.first_row - (FIRST + 200) < 20


def test_a_change_that_was_mended_within_the_window_says_until_when() -> None:
    found = only(look(times("seconds", 1_000, FIRST - 500, stop=FIRST + 300)))
    assert found.evidence["until_row"] == FIRST + 300
    assert "until row" in found.saw


def test_the_sentences_name_the_unit_the_row_and_what_to_do() -> None:
    found = only(look(times("seconds", 1_000, FIRST)))
    assert found.saw == "seconds is in milliseconds since row 19,201 (2026-01-14T08:00:00+00:00), ×1000"
    assert found.expected == "seconds, as in 19 earlier windows of 1,000 rows"
    assert "milliseconds instead of seconds" in found.next
    assert "÷ 1000" in found.next


def test_a_factor_without_a_known_unit_is_told_as_a_factor() -> None:
    assert only(look(times("pages", 100, FIRST))).saw.startswith(
        "pages is ×100 of what it was since row 19,201"
    )


def test_fahrenheit_to_celsius_is_named_affine() -> None:
    found = only(look(times("heat", 1 / 1.8, FIRST + 400, offset=-32 / 1.8)))
    d = found.diagnosis
    assert d is not None
    assert (d.cause, d.first_row) == ("unit_affine", FIRST + 400)
    assert (d.factor, d.offset) == (pytest.approx(5 / 9), pytest.approx(-160 / 9))
    assert "heat is in celsius since row 19,601" in found.saw


@pytest.mark.parametrize(("rows", "seeds", "least"), [(1_000, 30, 0.99), (200, 6, 0.98)])
@pytest.mark.parametrize("unit", ["second", None])
def test_a_thousandfold_column_is_named_whatever_the_luck_of_the_window(
    unit: str | None, rows: int, seeds: int, least: float
) -> None:
    """Windows whose quantiles lie beyond twice the root mean square of history's are one in fifteen.

    Over 600 windows of 1,000 rows at least 99.5 % are named; few enough for a test, one may miss.
    """
    column = (Number("seconds", unit=unit, low=0),)
    named = windows = 0
    for seed in range(seeds):
        for at in range(LEARNED, 24_000 - rows + 1, rows):
            found = look(
                times("seconds", 1_000, at + 1), at=at, rows=rows, seed=seed, decimals=None, columns=column
            )
            windows += 1
            named += any(
                f.diagnosis is not None
                and f.diagnosis.cause == "unit_factor"
                and f.diagnosis.factor == pytest.approx(1_000, rel=0.05)
                for f in found
            )
    assert named >= least * windows, (named, windows)


@pytest.mark.parametrize("plan", [[0.1, 0.2, 0.7], [0.0, 1.0, 0.0], [0.3, 0.4, 0.3]])
@pytest.mark.parametrize("rows", [200, 1_000])
def test_another_mix_of_plans_whose_seconds_differ_is_no_change_of_unit(rows: int, plan: list[float]) -> None:
    """Seconds depend on the plan, by up to a factor of 100 from free to pro."""
    column = (Number("seconds", unit="second", low=0),)
    for seed in range(6):
        rng = np.random.default_rng(seed)
        gap = rng.uniform(0.3, 2.3)

        def served(n: int, p: list[float], rng: np.random.Generator = rng, gap: float = gap) -> pa.Table:
            seconds = np.exp(4 + gap * rng.choice(3, n, p=p) + rng.normal(0, 0.7, n))
            return pa.table({"seconds": seconds, "__n": np.arange(1, n + 1)})

        reference = counted(served(LEARNED, [0.6, 0.3, 0.1]), column, 200)
        window = served(rows, plan)
        found = compare(counted(window, column, None, reference), window, reference, column)
        assert not [f for f in found if f.check == "served_units"], (seed, gap, found)


@settings(max_examples=15, deadline=None)
@given(st.floats(0.25, 0.9), st.floats(0.6, 1.6), st.integers(0, 3))
def test_another_mixture_is_never_called_a_change_of_unit(share: float, shift: float, seed: int) -> None:
    """Other visitors come: a share of them stays much longer, or they are of another age."""

    def edit(columns: Columns) -> None:
        rng = np.random.default_rng(seed)
        hit = rng.random(len(columns["seconds"])) < share
        columns["seconds"][hit] = np.round(rng.lognormal(4 + shift, 0.5, int(hit.sum())), 1)
        columns["age"][hit] = np.round(rng.normal(60, 6, int(hit.sum())))

    causes = {f.diagnosis.cause for f in look(edit, seed=seed) if f.diagnosis is not None}
    assert not causes & {"unit_factor", "unit_affine", "stuck_value", "default_flood", "null_flood"}


def test_many_columns_that_move_together_are_another_population() -> None:
    def edit(columns: Columns) -> None:
        rng = np.random.default_rng(0)
        n = len(columns["age"])
        columns["seconds"] = np.round(rng.lognormal(5.5, 0.6, n), 1)
        columns["age"] = np.round(rng.normal(62, 6, n))
        columns["pages"] = rng.poisson(11, n).astype(float)
        columns["plan"] = rng.choice(np.array(["free", "basic", "pro"], dtype=object), n, p=[0.05, 0.15, 0.8])

    found = only(look(edit))
    assert found.diagnosis is not None
    assert (found.diagnosis.cause, found.about, found.verdict) == ("population_shifted", None, "unknown")
    assert {"seconds", "age", "plan"} <= set(found.evidence["columns"])


@pytest.mark.parametrize("column", ["seconds", "plan", "mobile", "seen_at"])
@pytest.mark.parametrize("share", [1.0, 0.2])
def test_missing_values_are_named_with_share_and_first_row(column: str, share: float) -> None:
    found = only(look(put(column, None, FIRST + 300, share)))
    d = found.diagnosis
    assert d is not None
    assert (found.check, found.blocks, d.cause) == ("served_missing", "B1", "null_flood")
    assert d.share == pytest.approx(share, abs=0.05)
    assert d.first_row is not None
    assert 0 <= d.first_row - (FIRST + 300) <= (0 if share == 1 else 25)


@pytest.mark.parametrize(
    ("column", "value"), [("seconds", -1.0), ("age", 0.0), ("pages", -999.0), ("seconds", 99_999.0)]
)
def test_a_stand_in_is_named(column: str, value: float) -> None:
    found = only(look(put(column, value, FIRST + 100, 0.3)))
    d = found.diagnosis
    assert d is not None
    assert (found.check, found.blocks, d.cause) == ("served_stand_ins", "B1", "default_flood")
    assert f"{column} is {value:.10g}, a stand-in, on 3" in found.saw


@pytest.mark.parametrize(
    ("column", "value"), [("seconds", 41.7), ("age", 33.0), ("plan", "basic"), ("mobile", True)]
)
def test_a_stuck_column_is_named(column: str, value: object) -> None:
    found = only(look(put(column, value, FIRST + 500)))
    d = found.diagnosis
    assert d is not None
    assert (found.check, found.blocks, d.cause, d.share) == ("served_stuck", "B2", "stuck_value", 1.0)
    assert d.first_row is not None
    assert abs(d.first_row - (FIRST + 500)) <= 3


@pytest.mark.parametrize("style", [str.upper, lambda v: f" {v} ", lambda v: v.replace("e", "E")])
def test_categories_under_other_names_are_named_with_the_mapping(style) -> None:
    def edit(columns: Columns) -> None:
        columns["plan"][FIRST + 249 :] = [style(v) for v in columns["plan"][FIRST + 249 :]]

    found = only(look(edit))
    d = found.diagnosis
    assert d is not None
    assert (found.check, d.cause, d.first_row) == ("served_categories", "category_renamed", FIRST + 250)
    assert ["free", style("free")] in found.evidence["mapping"]


def test_a_code_that_takes_the_share_of_a_vanished_name_is_a_renaming() -> None:
    def edit(columns: Columns) -> None:
        columns["plan"][columns["plan"] == "free"] = "P1"

    found = only(look(edit))
    assert found.diagnosis is not None
    assert (found.diagnosis.cause, found.evidence["mapping"]) == ("category_renamed", [["free", "P1"]])


def test_new_categories_beside_the_old_are_new() -> None:
    found = only(look(put("plan", "team", FIRST + 400, 0.1)))
    assert found.diagnosis is not None
    assert (found.diagnosis.cause, found.blocks) == ("category_new", "B3")
    assert "'team'" in found.saw


@pytest.mark.parametrize("word", ["unknown", "N/A", ""])
def test_a_word_that_stands_for_no_value_is_a_stand_in(word: str) -> None:
    found = only(look(put("plan", word, FIRST, 0.2)))
    assert found.diagnosis is not None
    assert found.diagnosis.cause == "default_flood"


def test_a_single_new_name_is_no_alarm() -> None:
    def edit(columns: Columns) -> None:
        columns["plan"][FIRST + 10 : FIRST + 13] = "team"

    assert look(edit) == []


def test_an_unknown_change_is_told_as_unknown_and_fails_only_when_it_stays() -> None:
    def edit(columns: Columns) -> None:
        rng = np.random.default_rng(3)
        columns["seconds"][FIRST - 1 :] = np.round(
            rng.gamma(2.0, 900.0, len(columns["seconds"]) - FIRST + 1), 1
        )

    first, second = look(edit), look(edit, at=LEARNED + 1_000)
    found = only(first)
    assert found.diagnosis is not None
    assert (found.verdict, found.diagnosis.cause, found.blocks) == ("unknown", None, "A3")
    assert "cause unknown" in found.saw
    assert [f.verdict for f in confirmed([], first)] == ["unknown"]
    assert [f.verdict for f in confirmed(first, second)] == ["fail"]


def test_refused_rows_show_their_values_and_are_no_missing_values() -> None:
    """A unit change that leaves the declared range is seen in the refused rows."""
    refused = np.zeros(24_000, dtype=bool)
    refused[FIRST - 1 :] = True
    d = only(look(times("seconds", 1_000, FIRST), refused=refused)).diagnosis
    assert d is not None
    assert (d.cause, d.factor) == ("unit_factor", 1_000)

    def unreadable(columns: Columns) -> None:
        columns["pages"] = columns["pages"].astype(object)
        columns["pages"][FIRST - 1 : FIRST + 299] = None

    half = np.zeros(24_000, dtype=bool)
    half[FIRST - 1 : FIRST + 299] = True
    assert look(unreadable, refused=half) == []


def test_evidence_holds_a_small_picture_before_and_after_and_survives_json() -> None:
    for edit in (times("seconds", 1_000, FIRST), put("plan", "team", FIRST, 0.1)):
        found = only(look(edit))
        for side in ("before", "after"):
            points = found.evidence[side]
            assert 0 < len(points) <= 60
            assert sum(share for _, share in points) == pytest.approx(1, abs=0.01)
        flat = json.loads(json.dumps(to_json(found)))
        assert from_json(flat).diagnosis == found.diagnosis
        assert found.rows[0].startswith("visit 19")


def test_presentation_columns_are_compared_as_what_they_hold() -> None:
    shown = tuple(Presentation(c, neutral=1.0) if c.name == "pages" else c for c in COLUMNS)
    assert only(look(times("pages", 100, FIRST), columns=shown)).about == "pages"


def test_nothing_served_says_nothing() -> None:
    reference = learned(1, 1)
    nothing = table(visits(1, 1), 0, 0)
    assert compare(counted(nothing, COLUMNS, None, reference), nothing, reference, COLUMNS) == []


def test_the_engine_counts_windows_that_compare_as_well() -> None:
    columns = {**visits(2, 1)}
    reference = summarize(table(columns, 0, LEARNED), COLUMNS, slices=Blocks(200))
    columns["seconds"] = columns["seconds"] * 1_000
    window = table(columns, LEARNED, LEARNED + 1_000)
    found = only(compare(summarize(window, COLUMNS, like=reference), window, reference, COLUMNS))
    assert found.diagnosis is not None
    assert (found.diagnosis.cause, found.diagnosis.factor) == ("unit_factor", 1_000)


def test_a_column_that_is_constant_or_empty_in_history_is_no_trouble() -> None:
    odd = (Number("one"), Number("none"))
    rows = pa.table(
        {"one": np.full(4_000, 3.0), "none": pa.nulls(4_000, pa.float64()), "__n": np.arange(4_000)}
    )
    reference = summarize(rows.append_column("__time", table(visits(1, 1), 0, 4_000)["__time"])
                          .append_column("__key", pa.array([str(i) for i in range(4_000)])), odd, slices=Blocks(200))  # fmt: skip
    quiet = rows.slice(0, 400)
    assert compare(summarize(quiet, odd, like=reference), quiet, reference, odd) == []
    other = pa.table({"one": np.full(400, 7.0), "none": np.arange(400.0), "__n": np.arange(400)})
    told = {f.about for f in compare(summarize(other, odd, like=reference), other, reference, odd)}
    assert "one" in told
