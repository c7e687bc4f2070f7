"""What is guessed of a table that nobody has described: key, time, label, features."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from fieldguide.program import BinaryLabel, Boolean, Category, Number, Program, Question, Source
from fieldguide.tables.draft import Draft, draft, label_draft
from fieldguide.tables.engines import duckdb as engine
from fieldguide.tables.read import read

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
FEATURES: dict[str | None, Any] = {"number": Number, "category": Category, "boolean": Boolean}


def visits(folder: Path, rows: int = 2000) -> Path:
    """A CSV as a stranger would bring it."""
    rng = np.random.default_rng(0)
    plans = np.array(["free", "basic", "pro"])[rng.integers(0, 3, rows)]
    lines = ["visit_id,visitor,started,seconds_on_site,age,plan,zip,referrer,mobile,country,empty,came_back"]
    for i in range(rows):
        lines.append(
            f"v{i:06d},u{rng.integers(0, rows // 3)},2024-03-{i * 28 // rows + 1:02d} {i % 24:02d}:00,"
            f"{rng.lognormal(4, 1):.1f},{'NA' if i % 50 == 0 else rng.integers(18, 80)},{plans[i]},0{rng.integers(1000, 1050)},"
            f"https://example.org/{i},{'yes' if i % 3 else 'no'},SE,,{int(rng.random() < 0.3)}"
        )
    path = folder / "visits.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def filled(made: Draft, path: Path) -> Program:
    """The program that a draft amounts to."""
    label = made.labels[0]
    return Program(
        question=Question(ask=f"{label.name}?", one_row_is="a row"),
        source=Source(
            path,
            key=made.keys[0] if made.keys else None,
            time=made.times[0] if made.times else None,
            entity=made.entity,
        ),
        features=[FEATURES[c.kind](c.name) for c in made.features()],
        label=BinaryLabel(label.name, arrives_within=timedelta(days=7), positive=label.positive),
        name="drafted",
    )


def test_a_strangers_table_is_drafted_into_a_program_that_reads(tmp_path: Path) -> None:
    made = draft("visits.csv", visits(tmp_path).parent)
    assert made.rows == 2000
    assert made.keys[0] == ("visit_id",)
    assert made.times == ("started",)
    assert made.entity == "visitor"
    assert (made.labels[0].name, made.labels[0].kind, made.labels[0].positive) == (
        "came_back",
        "binary",
        None,
    )
    assert [(c.name, c.kind) for c in made.features()] == [
        ("seconds_on_site", "number"), ("age", "number"), ("plan", "category"), ("zip", "category"), ("mobile", "boolean"),
    ]  # fmt: skip
    assert {c.name for c in made.columns if not c.use} == {
        "visit_id",
        "visitor",
        "started",
        "referrer",
        "country",
        "empty",
    }
    by_name = {c.name: c for c in made.columns}
    assert by_name["age"].nulls == 40
    assert (by_name["age"].unit, by_name["seconds_on_site"].unit, by_name["age"].low) == (
        "year",
        "second",
        0.0,
    )
    assert "different texts" in by_name["referrer"].reason
    assert by_name["country"].reason == "always 'SE'"
    table = engine.to_arrow(read(filled(made, tmp_path / "visits.csv")).table)
    assert table["__label"].null_count == table["__key"].null_count == 0


def test_a_key_is_proved_and_not_estimated() -> None:
    ids = np.arange(30_000)
    ids[17] = 16
    almost = pa.table({"id": ids, "y": ids % 2})
    assert draft(almost).keys == ()
    assert draft(almost.set_column(0, "id", pa.array(np.arange(30_000)))).keys == (("id",),)
    nulls = pa.array([*range(100), None])
    assert draft(pa.table({"id": nulls, "y": [0] * 101})).keys == ()


def test_a_pair_is_a_key_where_no_column_is() -> None:
    hours = [f"2024-01-{d:02d}" for d in range(1, 31)]
    table = pa.table({"place": ["A", "B"] * 30, "day": sorted(hours * 2), "x": [1.5, 2.5, 3.5] * 20})
    made = draft(table)
    assert made.keys == (("place", "day"),)
    assert [c.name for c in made.features("y")] == ["place", "x"]


@pytest.mark.parametrize(
    ("values", "kind", "positive"),
    [
        (["yes", "no", "yes"], "binary", "yes"),
        ([0, 1, 1], "binary", None),
        ([True, False, None], "binary", None),
        ([1.5, 2.5, 3.0], "numeric", None),
        (["a", "b", "c"], None, None),
    ],
)
def test_what_can_be_a_label(values: list[Any], kind: str | None, positive: str | None) -> None:
    (column,) = draft(pa.table({"y": pa.array(values)})).columns
    made = label_draft(column)
    assert (made.kind if made else None) == kind
    assert made is None or made.positive == positive


def test_small_whole_numbers_stay_numbers_and_leading_zeros_make_names() -> None:
    table = pa.table(
        {"n": [1, 2, 3] * 10, "code": ["01", "02", "10"] * 10, "y": [0, 1] * 15, "item_id": [1, 2, 3] * 10}
    )
    kinds = {c.name: c.kind for c in draft(table).columns}
    assert kinds == {"n": "number", "code": "category", "y": "boolean", "item_id": "category"}


@pytest.mark.parametrize(
    ("file", "label", "positive", "key"),
    [
        ("bank_marketing/bank-additional_semicolon.csv", "y", "yes", None),
        ("adult/data.parquet", "income", ">50K", None),
        ("ai4i2020/data.parquet", "Machine failure", None, ("Product ID",)),
        ("obd_men/random.parquet", "click", None, ("row",)),
    ],
)
def test_published_tables_are_drafted_as_their_makers_meant(
    file: str, label: str, positive: str | None, key: Any
) -> None:
    if not (SHARED / file).exists():
        pytest.skip("the shared example data are not beside the repository")
    made = draft(file, SHARED)
    assert (made.labels[0].name, made.labels[0].positive) == (label, positive)
    assert (made.keys[0] if made.keys else None) == key
    assert read(filled(made, SHARED / file)).extent.rows == made.rows
