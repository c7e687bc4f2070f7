"""Queues: what people should work through, as CSV files that a spreadsheet can open without harm."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from fieldguide.errors import UsageError
from fieldguide.finding import Finding
from fieldguide.readiness.telling import listed

_FORMULA = re.compile(r"^[=+\-@\t\r]")
_PLAIN = re.compile(r"^[+-]?(\d[\d,. ]*)(e[+-]?\d+)?%?$", re.IGNORECASE)


def write_queues(queues: Mapping[str, pa.Table], folder: Path) -> dict[str, Path]:
    """Write each queue as `name.csv` into `folder` (UTF-8, with a header) and return the files by name.

    A text that a spreadsheet would run as a formula begins with an apostrophe. Each file is there whole or
    not at all; the folder is made where it is new.

    Raises UsageError when `folder` is a file, or lies where no folder can be made.
    """
    check_folder(folder)
    written = {}
    for name, table in queues.items():
        path = folder / f"{name}.csv"
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            draft.write_text(_csv(table), encoding="utf-8", newline="")
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        written[name] = path
    return written


def check_folder(folder: Path) -> None:
    """Make the folder where it is new.

    Raises UsageError when it is a file, or lies where no folder can be made.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"--queues {folder} is a file; expected a folder, which is made where it is new.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"--queues {folder}: no folder can be made there ({error.strerror}); choose another."
        ) from error


def personal_in(queue: pa.Table, findings: Iterable[Finding], keys: Collection[str] = ()) -> str:
    """Return what to say of a queue that shows values of personal columns as they are, "" where it shows none."""
    shown = personal_columns(queue, findings, keys)
    return f"holds personal data: {listed(shown)}" if shown else ""


def personal_columns(queue: pa.Table, findings: Iterable[Finding], keys: Collection[str] = ()) -> list[str]:
    """Return the personal columns of which a queue shows values as they are.

    `findings` mark those columns by `evidence["personal"]`; `keys` is the key of the rows, which queues name in `key`.
    """
    personal = {f.about: None for f in findings if f.about and f.evidence.get("personal")}
    if not personal:
        return []
    held = {*queue.column_names}
    held |= {*keys} if "key" in held else set()
    if "column" in queue.column_names:
        held |= {*pc.unique(queue["column"]).to_pylist()}
    if "reason" in queue.column_names:
        named = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, personal))})(?!\w)")
        held |= {name for why in pc.unique(queue["reason"]).to_pylist() for name in named.findall(why or "")}
    return [name for name in personal if name in held]


def with_files(
    findings: Sequence[Finding],
    written: Mapping[str, Path],
    queues: Mapping[str, pa.Table],
    keys: Collection[str] = (),
) -> list[Finding]:
    """Return findings whose `next` names the file with all rows of the queue that they are a part of.

    A finding says so by `evidence["queue"]`, the name of the queue; one that passes without a note is left.
    """
    told = []
    shown = {name: personal_in(queues[name], findings, keys) for name in written}
    for finding in findings:
        name = finding.evidence.get("queue")
        if isinstance(name, str) and name in written and (finding.verdict != "pass" or finding.next):
            rows = queues[name].num_rows
            place = f"{written[name]}{f' ({shown[name]})' if shown[name] else ''}"
            listed = f"the list of them, with {rows:,} rows in all, is {place}"
            finding = replace(finding, next=f"{listed}; {finding.next}" if finding.next else listed)
        told.append(finding)
    return told


def _csv(table: pa.Table) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([_safe(name) for name in table.column_names])
    columns = [table[name].to_pylist() for name in table.column_names]
    writer.writerows([_safe(value) for value in row] for row in zip(*columns, strict=True))
    return text.getvalue()


def _safe(value: Any) -> Any:
    """Return a cell as it is written: what is missing empty, what would be run as a formula as text.

    >>> _safe("=1+1"), _safe("-3.5"), _safe("-x"), _safe(-3.5), _safe(None)
    ("'=1+1", '-3.5', "'-x", -3.5, '')
    """
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        value = " ".join(str(each) for each in value)
    if isinstance(value, str) and _FORMULA.match(value) and not _PLAIN.match(value):
        return f"'{value}"
    return value
