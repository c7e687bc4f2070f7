"""Rows in: what is read from each kind of source, and how."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pytest

import fieldguide.tables.read as reading
from fieldguide.errors import DataError, ProgramError
from fieldguide.program import Number
from fieldguide.tables import engines as engine
from fieldguide.tables.read import read, read_rows, read_table

from .visits import VISITS, column, program, rows, write

KINDS = ["v.csv", "v.tsv", "v.txt", "v.json", "v.ndjson", "v.parquet", "v.feather", "v.arrows"]


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_file_gives_the_same_canonical_table(tmp_path: Path, name: str) -> None:
    write(tmp_path, name)
    made = read(program(name), base=tmp_path)
    assert made.extent.source == name
    assert engine.to_arrow(made.table).column_names[:3] == ["seconds", "plan", "mobile"]
    expected = [
        {"seconds": 12.5, "plan": "free", "mobile": True, "__key": "007", "__label": 1.0},
        {"seconds": None, "plan": "pro", "mobile": False, "__key": "008", "__label": 0.0},
        {"seconds": 3.0, "plan": None, "mobile": None, "__key": "009", "__label": 1.0},
    ]
    found = rows(made)
    assert [{k: row[k] for k in expected[0]} for row in found] == expected
    assert [row["__time"] for row in found] == VISITS["at"].to_pylist()
    assert {row["__weight"] for row in found} == {1.0}
    assert all(row["__entity"] is None and row["__known_at"] is None for row in found)
    types = {f.name: str(f.type) for f in engine.to_arrow(made.table).schema}
    assert types == {
        "seconds": "double", "plan": "string", "mobile": "bool", "__key": "string",
        "__time": "timestamp[us, tz=UTC]", "__entity": "string", "__label": "double",
        "__known_at": "timestamp[us, tz=UTC]", "__weight": "double",
    }  # fmt: skip
    assert made.parts[0].files == (str(tmp_path / name),)
    assert made.parts[0].rejected == 0


class Stream:
    """Anything that offers the Arrow C stream, and nothing else."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return VISITS.__arrow_c_stream__(requested_schema)


def frame() -> pd.DataFrame:
    return VISITS.to_pandas()


def arrow() -> pa.Table:
    return VISITS


def stream() -> Stream:
    return Stream()


@pytest.mark.parametrize("data", [VISITS, Stream(), frame(), frame, arrow, stream])
def test_frames_and_functions_give_the_same_table(data: Any) -> None:
    made = read(program(data))
    assert column(made, "__key") == ["007", "008", "009"]
    assert column(made, "seconds") == [12.5, None, 3.0]


def test_a_function_may_return_a_path_relative_to_the_program(tmp_path: Path) -> None:
    write(tmp_path, "v.parquet")
    assert read(program(give_path), base=tmp_path).extent.rows == 3


def give_path() -> Path:
    return Path("v.parquet")


def test_globs_read_all_files_in_order_and_need_one_kind(tmp_path: Path) -> None:
    (tmp_path / "days").mkdir()
    write(tmp_path / "days", "1.csv", VISITS.slice(0, 1))
    write(tmp_path / "days", "2.csv", VISITS.slice(1).drop_columns(["mobile"]))
    made = read(program("days/*.csv"), base=tmp_path)
    assert column(made, "__key") == ["007", "008", "009"]
    assert column(made, "mobile") == [True, None, None]
    assert [Path(f).name for f in made.parts[0].files] == ["1.csv", "2.csv"]
    write(tmp_path / "days", "3.parquet")
    assert read(program("days/*.parquet"), base=tmp_path).extent.rows == 3
    with pytest.raises(DataError, match=r"several kinds \(csv, parquet\)"):
        read(program("days/*"), base=tmp_path)


def test_rows_to_score_need_no_label_and_no_key(tmp_path: Path) -> None:
    write(tmp_path, "v.parquet", VISITS.drop_columns(["back", "id"]))
    found = read_rows(program("unused.csv"), "v.parquet", base=tmp_path)
    assert found["seconds"].to_pylist() == [12.5, None, 3.0]
    assert found["__key"].null_count == found["__label"].null_count == 3
    with pytest.raises(ProgramError, match=r"\['seconds'\]"):
        read_rows(program("unused.csv"), VISITS.drop_columns(["seconds"]))


def test_a_table_without_a_program_is_read_as_it_comes(tmp_path: Path) -> None:
    write(tmp_path, "v.csv")
    part = read_table("v.csv", tmp_path)
    assert set(part.columns.values()) == {"string"}
    assert list(part.columns) == VISITS.column_names
    assert dict(read_table(VISITS).columns)["seconds"] == "float64"


def test_a_parquet_source_without_joins_is_scanned_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "v.parquet")
    monkeypatch.setattr(engine, "materialize", None)
    assert read(program("v.parquet"), base=tmp_path).extent.rows == 3


def test_names_of_columns_need_no_care(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text('id,select,"a ""b"", c",, id ,at,back\n1,2,3,4,5,2024-01-01,1\n')
    part = read_table("v.csv", tmp_path)
    assert list(part.columns) == ["id", "select", 'a "b", c', "column4", "id_2", "at", "back"]
    made = read(program("v.csv", features=[Number("select"), Number('a "b", c')]), base=tmp_path)
    assert rows(made)[0]['a "b", c'] == 3.0


def test_the_session_is_utc_and_never_fetches_extensions() -> None:
    found = (
        engine.connect()
        .raw_sql("SELECT current_setting('TimeZone'), current_setting('autoinstall_known_extensions')")
        .fetchone()
    )
    assert found == ("UTC", False)
    assert reading.engine is engine
