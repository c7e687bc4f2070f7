"""Several files, packed files, files that are something else, and what cannot be reached."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from fieldguide.errors import DataError, UnreachableError, UsageError
from fieldguide.program import Hearsay, Source
from fieldguide.tables import engines as engine
from fieldguide.tables.read import Part, read_table

from .sheets import xlsx

CSV = b"id,x\n1,2\n3,4\n"
ROWS = [{"id": "1", "x": "2"}, {"id": "3", "x": "4"}]


def rows(part: Part) -> list[dict[str, Any]]:
    return engine.to_arrow(part.table).to_pylist()


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in members.items():
            out.writestr(name, content)
    return path


def tarred(members: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as out:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            out.addfile(info, io.BytesIO(content))
    return held.getvalue()


PACKED = {
    "v.csv.gz": gzip.compress(CSV), "v.csv.bz2": bz2.compress(CSV), "v.csv.xz": lzma.compress(CSV), "v.gz": gzip.compress(CSV),
    "v.csv": gzip.compress(CSV), "v.tar": tarred({"a/v.csv": CSV}), "v.tar.gz": gzip.compress(tarred({"v.csv": CSV})),
    "v.tgz": gzip.compress(tarred({"v.csv": CSV})),
}  # fmt: skip


@pytest.mark.parametrize("name", PACKED)
def test_packed_files_are_unpacked_as_they_are_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(PACKED[name])
    part = read_table(name, tmp_path)
    assert rows(part) == ROWS
    assert part.files == (str(tmp_path / name),)


def test_a_zip_is_the_one_table_in_it_or_all_alike(tmp_path: Path) -> None:
    zipped(
        tmp_path / "one.zip",
        {"__MACOSX/._v.csv": b"\0", "readme.txt": b"Hello, you.\nRead me.", "d/v.csv": CSV},
    )
    assert rows(read_table("one.zip", tmp_path)) == ROWS
    zipped(tmp_path / "days.zip", {"2.csv": b"id,x\n5,6\n", "1.csv": CSV})
    part = read_table("days.zip", tmp_path)
    assert rows(part) == [*ROWS, {"id": "5", "x": "6"}]
    assert [d.name for d in part.details] == ["days.zip:1.csv", "days.zip:2.csv"]
    pq.write_table(pa.table({"id": [1]}), tmp_path / "p.parquet")
    zipped(tmp_path / "parquet.zip", {"p.parquet": (tmp_path / "p.parquet").read_bytes()})
    assert rows(read_table("parquet.zip", tmp_path)) == [{"id": 1}]
    xlsx(tmp_path / "s.xlsx", {"S": [["id"], [7]]})
    zipped(tmp_path / "sheets.zip", {"s.xlsx": (tmp_path / "s.xlsx").read_bytes()})
    assert rows(read_table("sheets.zip", tmp_path)) == [{"id": 7}]


def test_of_different_tables_in_a_zip_one_is_named(tmp_path: Path) -> None:
    zipped(tmp_path / "v.zip", {"a/users.csv": CSV, "a/orders.csv": b"n,when,what\n1,2,3\n"})
    with pytest.raises(
        DataError,
        match=r"several files with different columns \('a/orders.csv', 'a/users.csv'\).*table='a/orders.csv'",
    ):
        read_table("v.zip", tmp_path)
    for wanted in ("a/users.csv", "users.csv", "users"):
        assert rows(read_table(Source("v.zip", table=wanted), tmp_path)) == ROWS
    with pytest.raises(DataError, match=r"holds no file 'user.csv'. Did you mean"):
        read_table(Source("v.zip", table="user.csv"), tmp_path)


def test_broken_and_locked_archives_are_refused(tmp_path: Path) -> None:
    whole = gzip.compress(os.urandom(10_000).hex().encode())
    (tmp_path / "cut.csv.gz").write_bytes(whole[: len(whole) // 2])
    content = zipped(tmp_path / "whole.zip", {"v.csv": CSV * 1_000}).read_bytes()
    (tmp_path / "cut.zip").write_bytes(content[: len(content) // 2])
    locked = bytearray(content)
    for at in (content.index(b"PK\x03\x04") + 6, content.index(b"PK\x01\x02") + 8):
        locked[at] |= 1
    (tmp_path / "locked.zip").write_bytes(bytes(locked))
    zipped(tmp_path / "empty.zip", {})
    for name, message in (
        ("cut.csv.gz", r"could not be unpacked .*broken or cut off"), ("cut.zip", "could not be unpacked"),
        ("locked.zip", "locked by a password"), ("empty.zip", "holds no files"),
    ):  # fmt: skip
        with pytest.raises(DataError, match=message) as caught:
            read_table(name, tmp_path)
        assert str(tmp_path) not in str(caught.value)


def test_files_are_one_table_by_the_names_of_their_columns(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("id,x,y\n1,2,3\n")
    (tmp_path / "2.csv").write_text("ID;y \n4;6\nbad\n")
    part = read_table("*.csv", tmp_path)
    assert rows(part) == [{"id": "1", "x": "2", "y": "3"}, {"id": "4", "x": None, "y": "6"}]
    assert part.notes[:2] == (
        "'ID' in 2.csv is taken for 'id', as it is called in 1.csv: they differ by case or spaces only",
        "'x' is missing in 2.csv, and null there",
    )
    assert [(r.file, r.line) for r in part.rejects] == [("2.csv", 3)]
    assert [(d.name, d.separator, d.rejected) for d in part.details] == [("1.csv", ",", 0), ("2.csv", ";", 1)]


def test_a_column_of_two_types_is_widened_or_the_files_are_named(tmp_path: Path) -> None:
    def parquet(name: str, **columns: Any) -> None:
        pq.write_table(pa.table(columns), tmp_path / name)

    parquet("a1.parquet", n=[1], t=["x"])
    parquet("a2.parquet", n=[2.5], t=[7], Extra=[True])
    part = read_table("a*.parquet", tmp_path)
    assert rows(part) == [{"n": 1.0, "t": "x", "Extra": None}, {"n": 2.5, "t": "7", "Extra": True}]
    assert "the column 't' is string in a1.parquet and int64 in a2.parquet; read as string" in part.notes
    parquet("b1.parquet", n=[1])
    parquet("b2.parquet", n=[True])
    with pytest.raises(
        DataError, match=r"the column 'n' is int64 in b1.parquet and boolean in b2.parquet; expected one type"
    ):
        read_table("b*.parquet", tmp_path)


def test_many_files_are_read(tmp_path: Path) -> None:
    for i in range(60):
        (tmp_path / f"{i:02}.csv").write_text(f"id,x\n{i},a\n" if i % 2 else f"id\n{i}\n")
    part = read_table("*.csv", tmp_path)
    assert [r["id"] for r in rows(part)] == [str(i) for i in range(60)]
    assert part.notes == (
        "'x' is missing in 30 of 60 files ('00.csv', '02.csv', '04.csv' and 27 more), and null there",
    )


OTHERS = {
    "a page": (b"<!DOCTYPE html>\n<html><body>Please log in</body></html>", "is a page .HTML"),
    "a page without a type": (b"  <html>\n<table><tr><td>1</td></tr></table>", "is a page .HTML"),
    "XML": (b'<?xml version="1.0"?><rows><row/></rows>', "is XML; write its records as JSON"),
    "a PDF": (b"%PDF-1.7 ...", "is a PDF"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(50), "is a picture"),
    "SQLite": (
        b"SQLite format 3\x00" + bytes(100),
        r"is a SQLite database; write Source\('sqlite:///v.csv', table=…\)",
    ),
    "zstd": (b"\x28\xb5\x2f\xfd" + bytes(20), "packed by zstd; unpack it first"),
    "a program": (b"\x7fELF" + bytes(100), "is a program"),
}


@pytest.mark.parametrize("what", OTHERS)
def test_content_decides_and_not_the_name(tmp_path: Path, what: str) -> None:
    content, message = OTHERS[what]
    (tmp_path / "v.csv").write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_table("v.csv", tmp_path)


def test_a_table_under_a_wrong_name_is_read_as_what_it_is(tmp_path: Path) -> None:
    table = pa.table({"id": [1], "x": ["a"]})
    pq.write_table(table, tmp_path / "p.csv")
    pyarrow.feather.write_feather(table, tmp_path / "f.csv")
    (tmp_path / "j.csv").write_text('[{"id": 1, "x": "a"}]')
    for name, word in (("p.csv", "Parquet"), ("f.csv", "Arrow"), ("j.csv", "JSON")):
        part = read_table(name, tmp_path)
        assert rows(part) == [{"id": 1, "x": "a"}]
        assert part.notes == (f"{name} is called .csv, and holds {word}: read as that",)
    (tmp_path / "c.parquet").write_bytes(CSV)
    assert rows(read_table("c.parquet", tmp_path)) == ROWS


def test_what_is_cut_off_or_empty_says_so(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": range(1_000)}), tmp_path / "whole.parquet")
    whole = (tmp_path / "whole.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[:-200])
    with pytest.raises(DataError, match=r"cut.parquet could not be read as Parquet .*broken or cut off"):
        read_table("cut.parquet", tmp_path)
    for name, content, message in (
        ("empty.csv", b"", "is empty; expected a first line"), ("blank.csv", b"\n \n", "is empty"),
        ("names.csv", b"id,x\n", "has no rows; expected at least one"), ("mark.csv", b"\xef\xbb\xbf", "is empty"),
    ):  # fmt: skip
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UnreachableError, match=message):
            read_table(name, tmp_path)
    (tmp_path / "full.csv").write_bytes(CSV)
    with pytest.raises(DataError, match="is empty") as caught:  # one of several: the others were reached
        read_table("*.csv", tmp_path)
    assert not isinstance(caught.value, UnreachableError)


def test_what_cannot_be_reached_is_another_error_than_what_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "v.csv").write_bytes(CSV)
    (tmp_path / "link.csv").symlink_to(tmp_path / "gone.csv")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "1.csv").write_bytes(CSV)
    monkeypatch.delenv("NOWHERE", raising=False)
    with pytest.raises(UsageError, match="no NOWHERE; set it before you start: export NOWHERE=…"):
        read_table("${NOWHERE}/v.csv", tmp_path)

    def raises(data: Any, message: str) -> None:
        with pytest.raises(UnreachableError, match=message):
            read_table(data, tmp_path)

    raises("w.csv", r"there is no file w.csv .*Did you mean 'v.csv'\?")
    raises("w*.csv", "matches no file")
    raises("folder", r"is a folder; expected a file or a pattern: write folder/\*.csv, say")
    raises("link.csv", r"is a link to '.*gone.csv', and there is nothing")
    raises("v.csv/x", "cannot be reached|there is no file")
    raises("a" * 5_000, "cannot be reached")
    raises(
        Source(Hearsay("the log book", said_by="Ann")),
        "the log book is hearsay, says Ann: nobody has reached it",
    )
    raises("gopher://x/y", "nothing here reads gopher://")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_not_reached(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_bytes(CSV)
    (tmp_path / "v.csv").chmod(0)
    with pytest.raises(UnreachableError, match="may not be read"):
        read_table("v.csv", tmp_path)


def test_temporary_files_go_with_their_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "v.csv.gz").write_bytes(PACKED["v.csv.gz"])
    part = read_table("v.csv.gz", tmp_path)
    assert list(tmp_path.glob("fieldguide-*/*v.csv"))
    del part
    import gc

    gc.collect()
    assert not list(tmp_path.glob("fieldguide-*/*v.csv"))


@pytest.mark.parametrize(
    ("start", "told"),
    [
        (b"% a remark\n\n% another\n@RELATION w\n@attribute a numeric\n@data\n1\n", "is ARFF"),
        (b"-- a dump\n/* of\n   1 */;\n\nCREATE TABLE t (a int);\n", "is SQL"),
    ],
)
def test_what_writes_a_table_and_is_none_is_named(tmp_path: Path, start: bytes, told: str) -> None:
    (tmp_path / "v.csv").write_bytes(start)
    with pytest.raises(DataError, match=told):
        read_table("v.csv", tmp_path)
