"""Files as they are found: one table written in some sixty ways is the same table, and what is none is refused in a sentence."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from fieldguide.errors import DataError
from fieldguide.tables import engines as engine
from fieldguide.tables.read import Part, read_table
from fieldguide.tables.sources import rows as found_rows

BENCH = Path(__file__).parents[3] / "bench" / "worlds_of_files.py"


def _worlds() -> Any:
    """The files of bench/found.py."""
    spec = importlib.util.spec_from_file_location("worlds_of_files", BENCH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look for it
    spec.loader.exec_module(module)
    return module


WORLDS = _worlds()


def rows(part: Part) -> list[tuple[str, ...]]:
    table = engine.to_arrow(part.table)
    columns = [
        ["" if v is None else str(v).strip() for v in table[name].to_pylist()] for name in table.column_names
    ]
    return list(zip(*columns, strict=True))


@pytest.mark.parametrize("name", WORLDS.WRITTEN)
def test_a_table_is_read_as_it_is_meant(name: str, tmp_path: Path) -> None:
    content, truth = WORLDS.WRITTEN[name]
    (tmp_path / name).write_bytes(content)
    part = read_table(name, tmp_path)
    if truth.names is not None:
        assert part.table.columns == truth.names
    assert rows(part) == truth.rows


@pytest.mark.parametrize("name", WORLDS.REFUSED)
def test_what_is_no_table_is_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(WORLDS.REFUSED[name])
    with pytest.raises(DataError) as refused:
        read_table(name, tmp_path)
    told = str(refused.value)
    assert told.startswith(name)
    assert "\n" not in told
    assert str(tmp_path) not in told


def test_a_line_that_does_not_fit_columns_of_fixed_width_is_told(tmp_path: Path) -> None:
    lines = ["id  name      x", *(f"{i:<4}ann{i:<7}{i % 3}" for i in range(40)), "40  far too long a name 1"]
    (tmp_path / "v.txt").write_text("\n".join(lines) + "\n")
    part = read_table("v.txt", tmp_path)
    assert rows(part)[-1] == ("39", "ann39", "0")
    assert len(rows(part)) == 40
    assert [r.line for r in part.rejects] == [42]
    assert any("fixed width" in note for note in part.notes)


@pytest.mark.parametrize(
    "lines",
    [
        ["room number", *(f"Room {100 + i}" for i in range(40))],
        ["said", *(f"{'well ' * (i % 4)}this is said  twice {i}" for i in range(40))],
    ],
    ids=["words of one value", "prose"],
)
def test_texts_that_are_one_value_are_not_cut_at_their_spaces(lines: list[str], tmp_path: Path) -> None:
    (tmp_path / "v.txt").write_text("\n".join(lines) + "\n")
    part = read_table("v.txt", tmp_path)
    assert len(part.table.columns) == 1
    assert [row[0] for row in rows(part)] == [line.strip() for line in lines[1:]]


def test_a_table_of_thousands_of_columns_is_read(tmp_path: Path) -> None:
    names = [f"c{i}" for i in range(1_500)]
    lines = [
        ",".join(names),
        *(",".join(str(i * j % 7) for j in range(1_500)) for i in range(3)),
        ",".join(names),
    ]
    (tmp_path / "v.csv").write_text("\n".join(lines) + "\n")
    part = read_table("v.csv", tmp_path)
    assert part.table.columns == tuple(names)
    assert len(rows(part)) == 3
    assert [r.reason for r in part.rejects] == ["the names again"]


@pytest.mark.parametrize("name", ["crlf and lf.csv", "quotes after a backslash.csv", "latin-1.csv"])
def test_many_rows_that_are_split_here_lie_in_a_file_and_are_the_same(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(found_rows, "MOST_HELD", 1)
    monkeypatch.setattr(found_rows, "GROUP", 1)
    content, truth = WORLDS.WRITTEN[name]
    (tmp_path / name).write_bytes(content)
    assert rows(read_table(name, tmp_path)) == truth.rows


def test_dashes_for_nothing_below_the_names_are_a_row(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,name\n,--\n1,ann\n2,bob\n")
    assert len(rows(read_table(str(tmp_path / "t.csv"), tmp_path))) == 3
    (tmp_path / "t.md").write_text("| id | name |\n|----|------|\n| 1 | ann |\n| 2 | bob |\n")
    assert rows(read_table(str(tmp_path / "t.md"), tmp_path)) == [("1", "ann"), ("2", "bob")]
