"""Tables as they are found in files: one table written in some fifty ways, and files that hold none.

`WRITTEN` gives for each file its bytes and its truth: names (None where they are not compared) and values as text,
nothing as "". `REFUSED` are files that must be refused with a sentence, since any table made of them is wrong.
"""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass

NAMES = ("id", "name", "amount", "answer", "day")
PEOPLE = ("ann", "bo", "cy", "dee", "eve", "fay")
TOWNS = ("Köln", "Zürich", "Orléans", "Málaga")
Rows = list[tuple[str, ...]]


@dataclass(frozen=True)
class Truth:
    """What a file holds: its names (None: not compared) and its rows as text; `lost` rows may be left out and told."""

    names: tuple[str, ...] | None
    rows: Rows


def people(n: int = 40) -> Rows:
    """Return a table of five columns: a number, a name, an amount, yes or no, a day."""
    return [
        (str(i), PEOPLE[i % 6], f"{i * 37 % 100}.{i % 10}5", "no" if i % 3 else "yes", f"2024-{1 + i % 12:02}-{1 + i % 28:02}")
        for i in range(n)
    ]  # fmt: skip


def lines(
    rows: Sequence[Sequence[str]], separator: str = ",", names: Sequence[str] = NAMES, end: str = "\n"
) -> str:
    """Return names and rows as lines of text."""
    return "".join(separator.join(row) + end for row in [names, *rows])


PLAIN = Truth(NAMES, people())
HEAD, *BODY = lines(PLAIN.rows).splitlines()


def _towns(names: tuple[str, ...], towns: Sequence[str]) -> tuple[str, Truth]:
    rows = [(str(i), towns[i % len(towns)], str(i % 3)) for i in range(40)]
    return lines(rows, names=names), Truth(names, rows)


def _said(made: Callable[[int], tuple[str, str]]) -> tuple[str, Truth]:
    """Return a table whose second column is written in one way and meant in another."""
    names = ("id", "said", "x")
    pairs = [made(i) for i in range(40)]
    text = lines([(str(i), written, str(i % 3)) for i, (written, _) in enumerate(pairs)], names=names)
    return text, Truth(names, [(str(i), meant, str(i % 3)) for i, (_, meant) in enumerate(pairs)])


def _zip(*files: tuple[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files:
            packed.writestr(name, data)
    return out.getvalue()


def _written() -> dict[str, tuple[bytes, Truth]]:
    rows, text = PLAIN.rows, lines(PLAIN.rows)
    numbers = [(f"r{i}", str(i * 3), str(i * 7 % 11)) for i in range(40)]
    measured = [(str(i), f"{20 + i % 5}.5", str(1000 + i % 9)) for i in range(40)]
    quoted = [[f'"{c}"' for c in row] for row in rows]
    records = [dict(zip(NAMES, row, strict=True)) for row in rows]
    found: dict[str, tuple[str | bytes, Truth]] = {
        "semicolons.csv": (lines(rows, ";"), PLAIN),
        "tabs.tsv": (lines(rows, "\t"), PLAIN),
        "tabs.csv": (lines(rows, "\t"), PLAIN),
        "pipes.txt": (lines(rows, "|"), PLAIN),
        "carets.dat": (lines(rows, "^"), PLAIN),
        "spaces.txt": (lines(rows, " "), PLAIN),
        "fixed_width.txt": ("".join(f"{a:<6}{b:<8}{c:>8}  {d:<8}{e}\n" for a, b, c, d, e in [NAMES, *rows]), PLAIN),
        "all_quoted.csv": (lines(quoted, names=[f'"{n}"' for n in NAMES]), PLAIN),
        "crlf.csv": (lines(rows, end="\r\n"), PLAIN),
        "cr.csv": (lines(rows, end="\r"), PLAIN),
        "crlf and lf.csv": ("".join(line + ("\r\n" if i % 2 else "\n") for i, line in enumerate([HEAD, *BODY])), PLAIN),
        "no last line end.csv": (text.rstrip("\n"), PLAIN),
        "bom.csv": (text.encode("utf-8-sig"), PLAIN),
        "utf-16.csv": (text.encode("utf-16"), PLAIN),
        "utf-16 unmarked.csv": (text.encode("utf-16-le"), PLAIN),
        "blank lines.csv": ("\n\n" + text.replace("\n", "\n\n"), PLAIN),
        "comments above.csv": (f"# logger 7\n# 2024-01-01\n{text}", PLAIN),
        "title above.csv": (f"Report of the north region\n\nMade on 2024-01-01\n\n{text}", PLAIN),
        "sep=.csv": ("sep=;\n" + lines(rows, ";"), PLAIN),
        "separator at the end.csv": (text.replace("\n", ",\n"), PLAIN),
        "separator at the end of rows.csv": (HEAD + "\n" + "".join(f"{line},\n" for line in BODY), PLAIN),
        "names again.csv": ("\n".join([HEAD, *BODY[:20], HEAD, *BODY[20:]]) + "\n", PLAIN),
        "ctrl-z.csv": (text + "\x1a", PLAIN),
        "no names.csv": ("\n".join(BODY) + "\n", Truth(None, rows)),
        "markdown.md": (
            "".join(f"| {' | '.join(row)} |\n" + ("|---" * 5 + "|\n" if i == 0 else "") for i, row in enumerate([NAMES, *rows])), PLAIN,
        ),
        "console.txt": (
            "".join(f" {' | '.join(row)}\n" + ("----+----+----+----+----\n" if i == 0 else "") for i, row in enumerate([NAMES, *rows])), PLAIN,
        ),
        "total below.csv": (
            lines([*numbers, ("Total", str(sum(int(b) for _, b, _ in numbers)), str(sum(int(c) for *_, c in numbers)))], names=("region", "sold", "cost")),
            Truth(("region", "sold", "cost"), numbers),
        ),
        "two rows of names.csv": (
            "Sold,,Cost\n" + lines([(b, c, b) for _, b, c in numbers], names=("north", "south", "east")), Truth(None, [(b, c, b) for _, b, c in numbers]),
        ),
        "units below the names.csv": ("time,temp,pressure\n" + lines(measured, names=("[s]", "[°C]", "[hPa]")), Truth(None, measured)),
        "years as names.csv": (lines(numbers, names=("region", "2010", "2011")), Truth(("region", "2010", "2011"), numbers)),
        "names that come again.csv": (lines(numbers, names=("id", "value", "value")), Truth(None, numbers)),
        "names that are empty.csv": (lines(numbers, names=("", "sold", "")), Truth(None, numbers)),
        "one column.csv": (lines([(b,) for _, b, _ in numbers], names=("sold",)), Truth(("sold",), [(b,) for _, b, _ in numbers])),
        "one column of prose.csv": (
            "said\n" + "".join(f"well, this is {i}; really\n" for i in range(40)), Truth(("said",), [(f"well, this is {i}; really",) for i in range(40)]),
        ),
        "one row.csv": (lines(rows[:1]), Truth(NAMES, rows[:1])),
        "quotes in quotes.csv": _said(lambda i: (f'"He said ""no, {i}"" to me"', f'He said "no, {i}" to me')),
        "quotes after a backslash.csv": _said(lambda i: (f'"he \\"said\\" {i}, yes"', f'he "said" {i}, yes')),
        "quotes that are single.csv": _said(lambda i: (f"'a, b {i}'", f"a, b {i}")),
        "quotes after a space.csv": _said(lambda i: (f' "a, b {i}"', f"a, b {i}")),
        "inches.csv": _said(lambda i: (f'{i % 9}" pipe', f'{i % 9}" pipe')),
        "lines in quotes.csv": _said(lambda i: (f'"one\ntwo, {i}\n\nfour"', f"one\ntwo, {i}\n\nfour")),
        "emoji.csv": _said(lambda i: ("😀🎉é"[i % 3], "😀🎉é"[i % 3])),
        "leading zeros.csv": _said(lambda i: (f"0{1000 + i}", f"0{1000 + i}")),
        "array.json": (json.dumps(records), PLAIN),
        "lines.jsonl": ("".join(json.dumps(r) + "\n" for r in records), PLAIN),
        "wrapped.json": (json.dumps({"meta": {"n": 40}, "data": records}), PLAIN),
        "columns.json": (json.dumps({n: [row[i] for row in rows] for i, n in enumerate(NAMES)}), PLAIN),
        "split.json": (json.dumps({"columns": NAMES, "data": rows}), PLAIN),
        "packed.csv.gz": (gzip.compress(text.encode()), PLAIN),
        "packed and not called so.csv": (gzip.compress(text.encode()), PLAIN),
        "several of one kind.zip": (_zip(("a.csv", lines(rows[:20])), ("b.csv", lines(rows[20:]))), PLAIN),
        "with a note.zip": (_zip(("README.txt", "Read me.\n"), ("__MACOSX/._a.csv", b"\0\5"), ("a.csv", text)), PLAIN),
    }  # fmt: skip
    for encoding, names, towns in (
        ("latin-1", ("id", "stadt", "x"), TOWNS), ("cp1251", ("id", "город", "x"), ("Москва", "Казань", "Томск")),
        ("shift_jis", ("id", "都市", "x"), ("東京都", "大阪府", "札幌市")), ("gb18030", ("编号", "城市", "数量"), ("北京市", "上海市", "广州市")),
    ):  # fmt: skip
        made, truth = _towns(names, towns)
        found[f"{encoding}.csv"] = (made.encode(encoding), truth)
    return {
        name: (data if isinstance(data, bytes) else data.encode(), truth)
        for name, (data, truth) in found.items()
    }


WRITTEN: dict[str, tuple[bytes, Truth]] = _written()

REFUSED: dict[str, bytes] = {
    "empty.csv": b"",
    "spaces only.csv": b"   \n  \n",
    "names only.csv": b"id,name,amount\n",
    "page of a login.csv": b"<!DOCTYPE html>\n<html><head><title>Log in</title></head><body>Please log in</body></html>\n",
    "portrait.csv": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20,
    "report.csv": b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n" + bytes(range(256)) * 20,
    "cut off.csv.gz": gzip.compress(lines(people(4_000)).encode())[:-40],
    "cut off.json": json.dumps([dict(zip(NAMES, row, strict=True)) for row in people()]).encode()[:-30],
    "a number.json": b"42",
    "no files.zip": _zip(),
    "two kinds.zip": _zip(("a.csv", lines(people())), ("b.csv", "k,z\n1,2\n3,4\n")),
    "weka.arff": b"@relation w\n@attribute a numeric\n@attribute b {x,y}\n@data\n" + b"1,x\n2,y\n" * 20,
    "dump.sql": b"INSERT INTO t VALUES (1,'a');\n" * 10,
    "bytes.csv": bytes((i * 7919 + i * i * 31) % 256 for i in range(20_000)),
}
