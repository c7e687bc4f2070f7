"""What a file is, by its first bytes; what it is called counts only where they do not say."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from fieldguide.errors import DataError, UnreachableError

_ENDINGS = {
    "csv": "csv", "tsv": "csv", "txt": "csv", "tab": "csv", "dat": "csv", "data": "csv",
    "json": "json", "ndjson": "json", "jsonl": "json",
    "parquet": "parquet", "pq": "parquet",
    "arrow": "arrow", "feather": "arrow", "ipc": "arrow", "arrows": "arrow",
    "xlsx": "excel", "xlsm": "excel", "xlsb": "excel", "xls": "excel", "ods": "excel",
    "gz": "gzip", "bz2": "bzip2", "xz": "xz", "zip": "zip", "tar": "tar", "tgz": "gzip",
}  # fmt: skip
PACKED = ("gzip", "bzip2", "xz", "zip", "tar")
TABLES = ("csv", "json", "parquet", "arrow", "excel")
WORDS = {
    "csv": "text", "json": "JSON", "parquet": "Parquet", "arrow": "Arrow", "excel": "a spreadsheet", "gzip": "gzip",
    "bzip2": "bzip2", "xz": "xz", "zip": "a zip", "tar": "a tar archive",
}  # fmt: skip
_STARTS = (
    (b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"), (b"\xfd7zXZ\x00", "xz"), (b"PAR1", "parquet"), (b"ARROW1", "arrow"),
    (b"\xff\xff\xff\xff", "arrow"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "excel"),
)  # fmt: skip
_OTHERS = (
    (b"%PDF", "a PDF; take the table out of it, or ask for the data behind it"),
    (b"\x89PNG", "a picture (PNG); ask for the data behind it"),
    (b"\xff\xd8\xff", "a picture (JPEG); ask for the data behind it"),
    (b"GIF8", "a picture (GIF); ask for the data behind it"),
    (
        b"SQLite format 3\x00",
        "a SQLite database; write Source('sqlite:///{name}', table=…), or: fieldguide new NAME sqlite:///{name}",
    ),
    (b"\x28\xb5\x2f\xfd", "packed by zstd; unpack it first: zstd -d {name}"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it first"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"FEA1", "Feather version 1; write it again as Parquet"),
    (b"ORC", "ORC; write it again as Parquet"),
    (b"Obj\x01", "Avro; write it again as Parquet"),
    (b"\x89HDF", "HDF5; write the table in it as Parquet"),
    (b"\x93NUMPY", "a numpy array; give it by a function that returns a table"),
    (b"RDX", "R's own format; write it as CSV or Parquet from R"),
    (b"$FL2", "SPSS's own format; export it as CSV"),
    (b"<stata_dta>", "Stata's own format; export it as CSV"),
    (b"\x7fELF", "a program, not a table; name another file"),
    (b"MZ", "a program, not a table; name another file"),
)
_HTML = re.compile(
    rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body|table)\b", re.IGNORECASE | re.DOTALL
)
_XML = re.compile(rb"\s*<\?xml\b", re.IGNORECASE)
_ARFF = re.compile(rb"@relation\b", re.IGNORECASE)
_SQL = re.compile(
    rb"(?:insert\s+into|create\s+table|drop\s+table|set\s+names|begin\s+transaction|pragma)\b", re.IGNORECASE
)
_OBJECT = re.compile(r'\s*(?:\[\s*)?\{\s*(?:"(?:[^"\\]|\\.)*"\s*:|\})')
_LIST = re.compile(r'\s*\[\s*(?:\]|\[|"|-?\d|true|false|null)')


def kind_of(path: Path, name: str) -> str:
    """Return "csv", "json", "parquet", "arrow", "excel", "gzip", "bzip2", "xz", "zip" or "tar"; `name` is for messages.

    Raises DataError when a file is something else, UnreachableError when it cannot be opened.
    """
    start = first_bytes(path, name)
    called = called_like(path)
    plain = start.removeprefix(b"\xef\xbb\xbf")
    if not start:
        return called if called in TABLES else "csv"
    for mark, kind in _STARTS:
        if start.startswith(mark):
            return kind
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "excel" if _is_workbook(path) else "zip"
    if start[257:262] == b"ustar":
        return "tar"
    for mark, what in _OTHERS:
        if start.startswith(mark) and not (mark == b"MZ" and start[:400].isascii()):
            raise DataError(f"{name} is {what.format(name=name)}.")
    if _HTML.match(plain):
        shown = " ".join(plain[:60].decode("utf-8", "replace").split())
        raise DataError(
            f"{name} is a page (HTML: {shown!r} …), not a table; expected a table: perhaps a page of a log-in or an error was "
            "saved under this name. Fetch it again; of a page that shows a table, save the table as CSV."
        )
    if _XML.match(plain):
        sheet = b"urn:schemas-microsoft-com:office:spreadsheet" in start
        told = (
            "a spreadsheet as XML; save it as .xlsx"
            if sheet
            else "XML; write its records as JSON, an object a line"
        )
        raise DataError(f"{name} is {told}.")
    code = _without_remarks(plain)
    if _ARFF.match(code):
        raise DataError(
            f"{name} is ARFF (Weka); export it as CSV, with the names of its attributes as the first line."
        )
    if _SQL.match(code):
        raise DataError(
            f"{name} is SQL, which writes a table into a database; run it there (SQLite will do), and give the database's address and "
            "table=, or export the table as CSV."
        )
    text = _text(start)
    if called == "json" or _OBJECT.match(text) or (called not in TABLES and _LIST.match(text)):
        return "json"
    if called in ("parquet", "arrow", "excel", *PACKED):
        shown = " ".join(f"{b:02X}" for b in start[:4])
        if _binary(start):
            raise DataError(
                f"{name} could not be read as {WORDS[called]}: it begins with {shown}, as no such file does; write it again."
            )
    return "csv"


def _without_remarks(start: bytes) -> bytes:
    """Return the first bytes of a file without the blank lines and remarks (%, --, /* */) before what it says."""
    rest = start.lstrip()
    while rest.startswith((b"%", b"--", b"/*")):
        rest = rest.partition(b"*/" if rest.startswith(b"/*") else b"\n")[2].lstrip(b"; \t\r\n")
    return rest


def called_like(path: Path) -> str:
    """Return the kind that the ending of a file's name says, "" if none."""
    return _ENDINGS.get(path.suffix.lower().removeprefix("."), "")


def first_bytes(path: Path, name: str, size: int = 8192) -> bytes:
    """Return the first bytes of a file.

    Raises UnreachableError when it cannot be opened.
    """
    try:
        with path.open("rb") as stream:
            return stream.read(size)
    except PermissionError:
        raise UnreachableError(
            f"{name} may not be read (no permission); ask its owner for the right to read it."
        ) from None
    except OSError as error:
        raise UnreachableError(
            f"{name} cannot be opened ({error.strerror or error}); check that it is there and can be read."
        ) from error


def _is_workbook(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as packed:
            names = set(packed.namelist())
            if "mimetype" in names:
                return b"opendocument.spreadsheet" in packed.read("mimetype")[:100]
            return "[Content_Types].xml" in names and any(n.startswith("xl/") for n in names)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError):
        return called_like(path) == "excel"


def _text(start: bytes) -> str:
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig")):
        if start.startswith(mark):
            return start.decode(encoding, "replace")
    return start.decode("utf-8", "replace")


def _binary(start: bytes) -> bool:
    return sum(1 for b in start if b < 9 or 13 < b < 32) * 100 > len(start)
