"""What is guessed of a table that nobody has described: key, time, label, features."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from fieldguide.program import CSV, BinaryLabel, Boolean, Category, Number, Program, Question, Source
from fieldguide.tables import draft as drafting
from fieldguide.tables.draft import ColumnDraft, Draft, draft, label_draft
from fieldguide.tables.engines import duckdb as engine
from fieldguide.tables.query import keys
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


def features_of(made: Draft, label: str) -> list[ColumnDraft]:
    """The columns to use beside a label."""
    return [c for c in made.columns if c.use and c.name != label]


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
        features=[FEATURES[c.kind](c.name) for c in features_of(made, label.name)],
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
    assert [(c.name, c.kind) for c in features_of(made, "came_back")] == [
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
    assert [c.name for c in features_of(made, "y")] == ["place", "x"]


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


def test_numbers_and_times_are_drafted_however_they_are_written(tmp_path: Path) -> None:
    lines = ["nr;verkauft;betrag;anteil;rabatt;uhrzeit;geburtstag;bewertung"]
    for i in range(60):
        lines.append(
            f"{i};{1 + i % 28}.{1 + i % 12}.2024 {i % 24}:00;{1 + i % 7}.{i * 3 % 1000:03d},{i % 10}5;{i % 100},5 %;{i % 9};{i % 12 + 1}:10 p.m.;"
            f"{1 + i % 28}.{1 + i % 12}.19{40 + i % 50};{'sehr gut und gerne wieder hier' if i % 2 else 'leider nicht so schön gewesen'} {i}"
        )
    (tmp_path / "v.csv").write_text("\n".join(lines) + "\n")
    made = draft("v.csv", tmp_path)
    kinds = {c.name: c.kind for c in made.columns}
    assert kinds == {
        "nr": "number", "verkauft": "timestamp", "betrag": "number", "anteil": "number", "rabatt": "number", "uhrzeit": "category",
        "geburtstag": "timestamp", "bewertung": "text",
    }  # fmt: skip
    reasons = {c.name: c.reason for c in made.columns}
    assert "with a decimal comma" in reasons["betrag"]
    assert "with %" in reasons["anteil"]
    assert "times of day without a date" in reasons["uhrzeit"]
    assert "free text" in reasons["bewertung"]
    by_name = {c.name: c for c in made.columns}
    assert (by_name["betrag"].least, by_name["betrag"].most) == (1000.05, 7165.55)
    assert made.times == ("verkauft", "geburtstag")


def test_a_birthday_is_no_time_of_prediction() -> None:
    table = pa.table(
        {
            "id": range(40),
            "birthday": [f"19{50 + i}-0{1 + i % 9}-11" for i in range(40)],
            "x": [1.5, 2.5] * 20,
        }
    )
    made = draft(table)
    assert made.times == ()
    assert {c.name: c.kind for c in made.columns}["birthday"] == "timestamp"


def test_seconds_since_1970_are_a_doubt_and_no_time() -> None:
    seconds = [1_380_618_900 + 3600 * (i % 37) for i in range(50)]
    table = pa.table(
        {"created_at": [s * 1000 for s in seconds], "time": seconds, "amount": seconds, "y": [0, 1] * 25}
    )
    made = draft(table)
    reasons = {c.name: c.reason for c in made.columns}
    assert "milliseconds since 1970 from 2013-10-01 to 2013-10-02" in reasons["created_at"]
    assert "would be seconds since 1970" in reasons["time"]
    assert "since 1970" not in reasons["amount"]
    assert made.times == ()


def test_dates_that_cannot_be_told_apart_are_a_doubt(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text(
        "id,when,x\n" + "".join(f"{i},{1 + i % 12}/{1 + i % 5}/2024,{i % 3}.5\n" for i in range(40))
    )
    made = draft("v.csv", tmp_path)
    (when,) = [c for c in made.columns if c.name == "when"]
    assert when.kind == "category"
    assert "days and months cannot be told apart" in when.reason


def test_a_table_without_a_label_is_drafted_all_the_same() -> None:
    table = pa.table(
        {"name": [f"n{i}" for i in range(300)], "said": [f"all of this is what {i} said" for i in range(300)]}
    )
    made = draft(table)
    assert made.labels == ()
    assert {c.name: c.kind for c in made.columns} == {"name": "category", "said": "text"}
    assert made.keys[0] == ("name",)


def test_a_source_says_how_its_table_is_read(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text("Title\n1;2\n3;4\n")
    made = draft(Source("v.csv", format=CSV(header=0, skip=1)), tmp_path)
    assert [c.name for c in made.columns] == ["column1", "column2"]


def test_numbers_and_times_among_other_texts_are_counted_as_unread(tmp_path: Path) -> None:
    lines = [
        f"{i},{'unknown' if i == 7 else i}.5,{'soon' if i == 9 else f'2024-01-{1 + i % 28:02}'},red"
        for i in range(60)
    ]
    (tmp_path / "v.csv").write_text("id,size,day,color\n" + "\n".join(lines) + "\n")
    made = {c.name: c for c in draft("v.csv", tmp_path).columns}
    assert {name: c.kind for name, c in made.items()} == {
        "id": "number", "size": "number", "day": "timestamp", "color": "category",
    }  # fmt: skip
    assert "1 values could not be read" in made["size"].reason


def test_numbers_that_no_integer_holds_are_numbers(tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    path.write_text("x,y\n" + "".join(f"{i}e37,{i}\n" for i in range(1, 60)) + "3e308,1.5\n")
    found = {column.name: column for column in draft(Source(path), tmp_path).columns}
    assert (found["x"].kind, found["y"].kind) == ("number", "number")


def test_a_date_beyond_the_calendar_could_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "late.csv"
    days = "".join(f"{i},2020-01-{i % 28 + 1:02d}\n" for i in range(100))
    path.write_text(f"id,day\n{days}100,290000-01-01\n")
    program = Program(source=Source(str(path), key="id", time="day"), features=[Number("id")])
    found = read(program)
    assert (found.extent.until, found.parts[0].rejected) == ("2020-01-28T00:00:00+00:00", 1)
    assert (found.parts[0].rejects[0].text, found.parts[0].rejects[0].line) == ("290000-01-01", 102)


def test_a_large_table_is_drafted_as_a_small_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"{i},n{i},{'red' if i % 3 else 'blue'},{i % 700},2024-01-{1 + i % 28:02}" for i in range(3_000)]
    (tmp_path / "v.csv").write_text(
        "id,name,color,size,day\n" + "\n".join([*lines, lines[-1].replace("2999,", "3000,", 1)]) + "\n"
    )
    small = draft("v.csv", tmp_path)
    for module, name, value in (
        (drafting, "EXACTLY", 1_000),
        (drafting, "SEEN", 400),
        (keys, "FEW", 1_000),
        (keys, "AT_ONCE", 700),
    ):
        monkeypatch.setattr(module, name, value)
    large = draft("v.csv", tmp_path)
    assert [(c.name, c.kind, c.use) for c in large.columns] == [
        (c.name, c.kind, c.use) for c in small.columns
    ]
    assert (
        (large.keys, large.times, large.rows)
        == (small.keys, small.times, small.rows)
        == ((("id",),), ("day",), 3_001)
    )


def test_keys_of_many_rows_are_proved_by_hashes_and_again_by_their_values(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in (("FEW", 1_000), ("AT_ONCE", 700)):
        monkeypatch.setattr(keys, name, value)
    table = engine.as_table(
        pa.table({"a": range(5_000), "b": [*range(4_999), 0], "c": [i // 2 for i in range(5_000)]})
    )
    found = {name: keys.all_differ(table, (name,), 5_000) for name in ("a", "b", "c")}
    assert found == {"a": True, "b": False, "c": False}
