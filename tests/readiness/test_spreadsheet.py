"""What spreadsheets leave in cells, and what only looks like it."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

import numpy as np
import pytest

from fieldguide.readiness.accessibility.privacy.cells import cells
from fieldguide.readiness.accessibility.spreadsheet import traces as t
from fieldguide.readiness.accessibility.spreadsheet.damage import spreadsheet_damage
from fieldguide.readiness.accessibility.spreadsheet.traces import Trace


def seen(name: str, values: Sequence[object], **beside: Sequence[object]) -> list[Trace]:
    columns = {n: cells(n, v) for n, v in {name: values, **beside}.items()}
    return t.traces(columns)


DAYS = [f"2012-{m:02d}-{d:02d}" for m in range(1, 13) for d in range(1, 28)]
GENES = [
    "TP53",
    "BRCA1",
    "EGFR",
    "KRAS",
    "CDK4",
    "IL6",
    "STAT3",
    "ERBB2",
    "RB1",
    "APC",
    "JAK2",
    "SOX2",
    "GATA3",
    "CD44",
]


def test_ids_turned_into_powers_of_ten_are_counted_with_what_is_lost() -> None:
    cut = ["1.23457E+11", "1.23457E+11", "4.5E+12", "9.87654E+11", "2.2E+11", "7.1E+12"]
    (trace,) = seen("account_id", cut)
    assert trace.certain
    assert "5 distinct values" in trace.saw
    assert "1 rows share theirs" in trace.saw


@pytest.mark.parametrize(
    "values",
    [
        ["1.5E-03", "2.25E+11", "3.1E+12", "4.4E+11", "5.0E+11"], ["1.2E+05", "2.25E+11", "3.1E+12", "4.4E+11"], ["1.5", "2.25E+11", "3.1E+12"],
        ["1e11", "2.2e12"],
    ],
)  # fmt: skip
def test_measurements_in_scientific_notation_are_not_ids(values: list[str]) -> None:
    assert seen("flux", values) == []


def test_numbers_of_which_fifteen_digits_are_left() -> None:
    cut = [f"{4111111111111 + 7 * i}230"[:15] + "0" for i in range(40)]
    cut = [f"{411111111110000 + 37 * i}0" for i in range(40)]
    assert [x.certain for x in seen("card", cut)] == [True]
    assert seen("card", [f"{411111111110000 + 37 * i}{i % 10}" for i in range(40)]) == []
    assert seen("amount", [f"{i}000000000000000" for i in range(1, 40)]) == []


def test_genes_and_ranges_that_became_dates() -> None:
    (gene,) = seen("gene", [*GENES, "1-Mar", "2-Sep"])
    assert (gene.certain, set(gene.values)) == (True, {"1-Mar", "2-Sep"})
    (ages,) = seen("age", ["0-4", "5-9", "14-Oct", "15-19", "20-24", "25-29"])
    assert ages.certain
    assert seen("due", ["1-Mar", "2-Mar", "3-Apr", "4-Apr", "5-May", "later"]) == []
    (words,) = seen("note", ["red", "green", "blue", "small", "2-Mar", "large"])
    assert not words.certain


def test_zeros_lost_from_postal_codes() -> None:
    codes = [f"{n}" for n in (*range(10_001, 10_090), *range(2_101, 2_112))]
    (trace,) = seen("zip", codes)
    assert trace.certain
    assert "11 of 100" in trace.saw
    assert seen("zip", [f"{n:05d}" for n in (*range(10_001, 10_090), *range(2_101, 2_112))]) == []
    assert seen("zip", [f"{n}" for n in range(1_000, 1_100)]) == []
    assert seen("price", codes) == []
    (two,) = seen("plz", codes, country=["AT", "DE"] * 50)
    assert not two.certain


def test_dates_that_became_numbers_of_days() -> None:
    (trace,) = seen("ordered", [*DAYS, "41275"])
    assert trace.certain
    assert "41275 (2013-01-01)" in trace.saw
    (whole,) = seen("order_date", [str(n) for n in range(41_000, 41_050)])
    assert not whole.certain
    assert seen("price", [str(n) for n in range(41_000, 41_050)]) == []


def test_two_orders_of_day_and_month_in_one_column() -> None:
    (mixed,) = seen("at", [*(f"{d:02d}/03/2013" for d in range(1, 29)), "03/29/2013", "04/30/2013"])
    assert mixed.certain
    assert seen("at", [f"{d:02d}/{m:02d}/2013" for d in range(1, 29) for m in (3, 4)]) == []
    turned = [
        *(f"{d:02d}/03/2013" for d in range(13, 29)),
        *(f"2013-{d:02d}-03 00:00:00" for d in range(1, 13)),
    ]
    (trace,) = seen("at", turned)
    assert "turned round" in trace.saw


def test_texts_cut_where_spreadsheets_cut() -> None:
    r = np.random.default_rng(0)
    texts = ["".join(r.choice(list("abcdef"), int(n)))[:255] for n in r.integers(20, 800, 200)]
    texts = [text if len(text) < 250 else text.ljust(255, "x") for text in texts]
    assert [x.certain for x in seen("comment", texts)] == [True]
    assert seen("comment", [text[:200] for text in texts]) == []


def test_numbers_with_marks_between_thousands_are_told() -> None:
    (trace,) = seen("amount", ["1,234", "12,500", "999", "1,000,000", "7,250", "12", "2,100"])
    assert not trace.certain
    assert seen("amount", ["1,234", "0,512", "12,5", "9,1", "7,77", "1,1"]) == []
    assert seen("pair", ["1,234", "12500", "9999", "1,000", "7,250", "1,111"]) == []


def test_errors_of_formulas_and_a_missing_mark() -> None:
    wrong = t.error_cells(cells("x", ["1", "2", "#REF!", "#BEZUG!"]))
    assert wrong is not None
    assert wrong.certain
    assert t.error_cells(cells("x", ["1", "#N/A", "# 5", "#1"])) is None
    rare = t.error_cells(cells("x", [*[str(i) for i in range(1_999)], "#REF!"]))
    assert rare is not None
    assert not rare.certain


def test_a_last_row_of_totals() -> None:
    row = {"shop": "Total", "sold": "300", "cost": "12.5"}
    assert t.total_row(row, {"sold": 300.0, "cost": 12.5}) is not None
    added = t.total_row({"shop": None, "sold": "300", "cost": "12.5"}, {"sold": 300.0, "cost": 12.5})
    assert added is not None
    assert added.certain
    assert t.total_row({"shop": "Lund", "sold": "3", "cost": "1.5"}, {"sold": 300.0, "cost": 12.5}) is None
    assert t.total_row({"shop": "Lund", "sold": "0", "cost": "0"}, {"sold": 0.0, "cost": 0.0}) is None


@pytest.mark.parametrize(
    ("rows", "certain"),
    [(65_535, True), (1_048_575, True), (65_536, False), (1_048_576, False), (65_537, None), (100, None)],
)
def test_a_table_that_ends_where_a_sheet_does(rows: int, certain: bool | None) -> None:
    trace = t.cut_rows(rows, ["a.csv"])
    assert (None if trace is None else trace.certain) is certain
    assert t.cut_rows(rows, ["a.csv", "b.csv"]) is None


def test_damage_fails_in_columns_that_are_read_and_is_a_note_elsewhere() -> None:
    trace = Trace("card", "2 values such as 4.1E+15", ("4.1E+15",))
    used = spreadsheet_damage([trace], {"card": [3, 8]}, {"card"}, ["card"])[0]
    assert (used.verdict, used.rows, used.about, used.level) == ("fail", ("row 3", "row 8"), "card", "C1")
    assert "9.9X+99" in used.saw
    assert "4.1" not in used.saw
    other = spreadsheet_damage([trace], {}, {"age"})[0]
    assert (other.verdict, "does not read" in other.saw) == ("pass", True)
    assert spreadsheet_damage([], {}, None)[0].verdict == "pass"


@pytest.fixture(scope="module")
def worlds() -> ModuleType:
    """The columns of bench/privacy.py."""
    import importlib.util
    from pathlib import Path

    spec = importlib.util.spec_from_file_location(
        "w", Path(__file__).parents[2] / "bench" / "worlds_of_privacy.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_clean_columns_show_no_damage_and_planted_damage_is_found(worlds: ModuleType) -> None:
    """Five seeds of eighty innocent kinds and nine damages; bench/privacy.py runs two hundred."""
    wrong, missed = [], []
    for seed in range(5):
        r = np.random.default_rng(3_000 + seed)
        rows = int(r.choice([100, 500]))
        columns = {name: cells(name, list(map(str, make(r, rows)))) for _, name, make in worlds.CLEAN}
        wrong += [trace for trace in t.traces(columns) if trace.certain]
        for what, name, make in worlds.DAMAGED:
            column = cells(name, make(r, rows))
            found = [*t.traces({name: column}), t.error_cells(column)]
            missed += [] if any(x is not None and x.certain for x in found) else [(seed, what)]
    assert (wrong, missed) == ([], [])
