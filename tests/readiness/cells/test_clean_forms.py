"""Tables that look odd and are right stay silent, and the error they resemble is still found."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from fieldguide.readiness.faithfulness.cells.columns import columns_of
from fieldguide.readiness.faithfulness.cells.findings import cell_findings
from fieldguide.readiness.faithfulness.cells.suspects import Suspect, suspects
from fieldguide.readiness.faithfulness.cells.values import frame, profile, told_by_shape

from .worlds import accused


def test_long_codes_that_differ_in_their_last_digits_are_no_other_writing() -> None:
    r = np.random.default_rng(1)
    accounts = [str(4_000_000_000 + int(i)) for i in (r.zipf(1.3, 2_000) - 1) % 300]
    assert accused({"account": [*accounts]}) == {}
    accounts[11] = "4000000000.0"
    assert list(accused({"account": [*accounts]})) == [(11, "account")]


def test_minus_zero_is_zero() -> None:
    change = np.random.default_rng(2).choice([0.0, -0.0, 0.5, -0.5, 1.25], 600, p=[0.5, 0.05, 0.2, 0.15, 0.1])
    for kind in (pa.float64(), pa.float32(), pa.float16()):
        columns = columns_of(pa.table({"change": pa.array(change).cast(kind)}))
        assert set(columns[0].values) == {"0", "0.5", "-0.5", "1.25"}
        assert suspects(columns) == []


def test_versions_are_no_days() -> None:
    r = np.random.default_rng(3)
    versions = [".".join(str(x) for x in r.integers(0, (4, 13, 6))) for _ in range(400)]
    years = r.random(400) < 0.2
    versions = [f"{r.integers(2019, 2024)}.{v[2:]}" if y else v for v, y in zip(versions, years, strict=True)]
    assert accused({"version": [*versions]}) == {}


def test_days_in_another_layout_are_found_with_times_points_and_names() -> None:
    days = [np.datetime64("2001-01-03") + k for k in range(0, 4_000, 9)]
    other: tuple[Callable[[str], str], ...] = (
        lambda d: f"{d[8:]}.{d[5:7]}.{d[:4]}",
        lambda d: f"{int(d[5:7])}/{int(d[8:])}/{d[2:4]}",
        lambda d: f"{d[8:]} May {d[:4]}",
    )
    for way in other:
        written: list[str | None] = [way(str(d)) if i % 40 == 7 else str(d) for i, d in enumerate(days)]
        wrong = {(i, "day") for i in range(len(days)) if i % 40 == 7}
        assert accused({"day": written}).keys() == wrong


def odd_of(values: Sequence[str]) -> set[str]:
    """Return the values of a column whose form speaks against them, whatever else is suspect in their table."""
    column = columns_of(pa.table({"it": values}))[0]
    told = told_by_shape(column, 0, profile(column, np.zeros(len(column.values))), frame([column]))
    return {column.values[code] for code in told.codes.tolist()}


def test_longer_numbers_are_no_other_form() -> None:
    r = np.random.default_rng(4)
    busy = np.where(r.random(4_000) < 0.44, 419, r.integers(1, 500, 4_000))
    users = [f"u{i}" for i in busy]
    assert odd_of(users) == set()
    assert odd_of([*users, "419u", "u41-9"]) == {"419u", "u41-9"}
    counts = [str(c) for c in r.integers(1, 10, 2_000)] + ["20"] * 9
    assert odd_of(counts) == set()
    assert odd_of([*counts, "2O"]) == {"2O"}


def test_a_digit_that_is_missing_is_another_form_where_all_have_as_many() -> None:
    r = np.random.default_rng(5)
    zips = [str(z) for z in r.choice(r.integers(10_000, 99_999, 300), 3_000)]
    assert odd_of(zips) == set()
    assert odd_of([*zips, "6061", "123"]) == {"6061", "123"}
    padded = [f"AB-{k:03d}" for k in r.integers(0, 120, 3_000)]
    assert odd_of(padded) == set()
    assert odd_of([*padded, "AB-7"]) == {"AB-7"}


def test_a_form_that_many_rows_have_is_told_as_a_convention_and_never_fails() -> None:
    def verdicts(odd: int, rows: int) -> list[tuple[str, str]]:
        found = [Suspect(row, 0, "EC2V 7JS", None, 0.9, "shape", "no number") for row in range(odd)]
        told = cell_findings(found, ["zip"], ["zip"], [str(s.row) for s in found], rows, f"{rows} rows")
        return [(f.verdict, f.next) for f in told if f.about == "zip"]

    ((slip, _),) = verdicts(60, 1_000)
    ((told, todo),) = verdicts(250, 1_000)
    assert (slip, told) == ("fail", "pass")
    assert "second convention" in todo


def test_an_opposite_is_no_other_spelling() -> None:
    r = np.random.default_rng(5)
    said = r.choice(
        ["Very favorably", "Somewhat favorably", "Very unfavorably"], 900, p=[0.7, 0.29, 0.01]
    ).tolist()
    assert accused({"opinion": [*said]}) == {}
    said[7] = "Very favorabyl"
    assert list(accused({"opinion": [*said]})) == [(7, "opinion")]
