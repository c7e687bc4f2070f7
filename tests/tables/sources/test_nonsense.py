"""Files of nonsense end soon, with a sentence and in little memory; large files do not need more than small ones."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fieldguide.errors import DataError
from fieldguide.tables import engines as engine
from fieldguide.tables.read import read_table

SIZE = 24 << 20


def repeated(piece: bytes, size: int = SIZE) -> bytes:
    return piece * (size // len(piece))


def ragged(rng: random.Random) -> bytes:
    lines = (b",".join([b"%d" % i] * rng.choice((1, 2, 3, 4, 6, 7, 8))) for i in range(400_000))
    return b"id,name,x,y,z\n" + b"\n".join(lines)


def good(rows: int, first: int = 0) -> bytes:
    return b"".join(b"%d,name %d,%d.5,abc\n" % (i, i % 97, i) for i in range(first, first + rows))


NONSENSE: dict[str, tuple[Callable[[], bytes], str]] = {
    "random bytes": (lambda: os.urandom(SIZE), "holds no text"),
    "zeros": (lambda: bytes(SIZE), r"holds no text: .*\(00 00 00 00 …\)"),
    "a program": (lambda: b"\x7fELF" + os.urandom(SIZE), "is a program"),
    "one endless line": (lambda: repeated(b"abc,def,12345,"), "line 1 is longer than 16 MB"),
    "an endless line after good ones": (lambda: good(50_000) + repeated(b"abcdef "), "line 50,001 is longer than 16 MB"),
    "millions of columns": (
        lambda: b",".join(b"c%d" % i for i in range(3_000_000)) + b"\n" + repeated(b"1,") + b"\n", "longer than 16 MB",
    ),
    "a hundred thousand columns": (
        lambda: b",".join(b"c%d" % i for i in range(100_000)) + b"\n" + b",".join([b"1"] * 100_000) + b"\n",
        "100,000 columns; expected at most 10,000",
    ),
    "ragged lines": (lambda: ragged(random.Random(1)), "is no table: split at ','"),
    "good lines, then ragged ones": (
        lambda: b"id,name,x,y\n" + good(5_000) + ragged(random.Random(2)), r"is no table: [\d,]+ of its first [\d,]+ rows do not fit 4 columns",
    ),
    "good lines, then random bytes": (lambda: b"id,name,x,y\n" + good(50_000) + os.urandom(SIZE), "holds no text"),
    "nothing but separators": (lambda: repeated(b",,,,\n"), "is empty"),
    "nothing but line ends": (lambda: repeated(b"\n"), "is empty"),
}  # fmt: skip


@pytest.mark.parametrize("case", NONSENSE)
def test_nonsense_ends_soon_with_a_sentence(tmp_path: Path, case: str) -> None:
    made, message = NONSENSE[case]
    (tmp_path / "v.csv").write_bytes(made())
    start = time.process_time()
    with pytest.raises(DataError, match=message) as caught:
        read_table("v.csv", tmp_path)
    assert time.process_time() - start < 10
    assert "\n" not in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize("where", ["the first row", "the middle", "the last row"])
def test_a_quote_never_closed_costs_one_line_of_a_large_file(tmp_path: Path, where: str) -> None:
    odd = b'-1,"never closed,1.5,abc\n'
    before = {"the first row": 0, "the middle": 150_000, "the last row": 300_000}[where]
    (tmp_path / "v.csv").write_bytes(b"id,name,x,y\n" + good(before) + odd + good(300_000 - before, before))
    part = read_table("v.csv", tmp_path)
    assert engine.to_arrow(part.table.aggregate(n=part.table.count()))["n"][0].as_py() == 300_000
    assert [(r.line, r.text) for r in part.rejects] == [(before + 2, '-1,"never closed,1.5,abc')]


def test_many_open_quotes_are_each_told(tmp_path: Path) -> None:
    lines = [b"id,name,x,y\n"]
    for i in range(100):
        lines += [
            b"".join(b'%d,"name, %d",1.5,abc\n' % (100 * i + k, k) for k in range(100)),
            b'-1,"open,1.5,abc\n',
        ]
    (tmp_path / "v.csv").write_bytes(b"".join(lines))
    part = read_table("v.csv", tmp_path)
    assert (part.rejected, len(engine.to_arrow(part.table))) == (100, 10_000)
    assert [r.line for r in part.rejects] == [102 + 101 * i for i in range(20)]


def test_quotes_that_are_never_closed_are_no_quotes(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_bytes(b"id,size\n" + b"".join(b'%d,"%d\n' % (i, i) for i in range(50)))
    part = read_table("v.csv", tmp_path)
    assert engine.to_arrow(part.table)["size"].to_pylist() == [f'"{i}' for i in range(50)]
    assert part.rejected == 0


PEAK = """
import resource, sys
from fieldguide.tables import engines as engine
from fieldguide.tables.read import read_table
connection = engine.connect()
connection.raw_sql("SET memory_limit = '80MB'")
connection.raw_sql("SET threads = 1")
part = read_table(sys.argv[1], connection=connection)
n = engine.to_arrow(part.table.aggregate(n=part.table.count()))["n"][0].as_py()
print(n, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.slow
@pytest.mark.parametrize("way", ["by the engine", "by us, from cp1252"])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, way: str) -> None:
    word, odd = (b"word", b"") if way == "by the engine" else ("Größe".encode("cp1252"), b"0,a\rb,1,2\n")
    peaks = []
    for rows in (1_500_000, 4_500_000):
        with (tmp_path / "v.csv").open("wb") as out:
            out.write(b"id,name,x,y\n" + odd)
            for first in range(0, rows, 100_000):
                lines = (
                    b"%d,%s number %d of many,%d.5,abc\n" % (i, word, i, i)
                    for i in range(first, first + 100_000)
                )
                out.write(b"".join(lines))
        asked = [sys.executable, "-c", PEAK, str(tmp_path / "v.csv")]
        count, peak = map(
            int, subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()
        )
        assert count == rows + bool(odd)
        peaks.append(peak)
    assert peaks[1] - peaks[0] < 60, f"{peaks} MB: 60 MB of text for each 1.5 million rows"
