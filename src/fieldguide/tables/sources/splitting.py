"""Lines of a delimited file split by us: exactly, in batches, and given up where there is no table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fieldguide.errors import DataError
from fieldguide.tables.sources.lines import few_returns, lines_of, text_blocks
from fieldguide.tables.sources.plan import Plan
from fieldguide.tables.sources.rows import MOST_SHOWN, Reject, stored
from fieldguide.tables.sources.split import Cells, Row, checked, rows, shown

TOO_MANY_ROWS = 1_000
"""So many rows that do not fit, and more than half of those read so far, and the file is given up."""
BATCH = 16_384
BATCH_TEXT = 8 << 20
NO_UTF8 = "not UTF-8"
NUL = "holds a zero byte"


@dataclass
class Broken:
    """Lines that could not be read: how many, and the first of them."""

    count: int = 0
    first: list[Reject] = field(default_factory=list)

    def add(self, reject: Reject) -> None:
        """Count one that could not be read, and keep the first of them."""
        self.count += 1
        if len(self.first) < MOST_SHOWN:
            self.first.append(reject)


def reason_of(reason: str, line: bytes) -> str:
    """Return why a line was not read; of one that is no UTF-8, which bytes are not."""
    if reason == NO_UTF8:
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as error:
            return f"{NO_UTF8}: byte {line[error.start]:02X}"
    return reason


def split(connection: Any, plan: Plan) -> tuple[ibis.Table, Broken, list[str]]:
    """Return the rows of a file as `split` gives them.

    Raises DataError when more than half of many rows do not fit.
    """
    broken = Broken()
    failed: list[DataError] = []

    def batches() -> Iterator[pa.RecordBatch]:
        try:
            yield from _batches(plan, broken)
        except DataError as error:
            failed.append(error)

    table = stored(connection, _schema(plan), batches())
    if failed:
        raise failed[0]
    notes = []
    if plan.seen.mixed:
        counts = {"CRLF": plan.seen.crlf, "LF": plan.seen.lf, "CR": plan.seen.cr}
        told = ", ".join(f"{n:,} {kind}" for kind, n in counts.items() if n)
        notes.append(f"its lines end in different ways ({told}); each counts as an end, but within quotes")
    return table, broken, notes


def _schema(plan: Plan) -> pa.Schema:
    return pa.schema([(name, pa.string()) for name in plan.names])


def _batches(plan: Plan, broken: Broken) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a file, pieces without a quote at once, others row by row."""
    good = 0
    for quoted, pieces in groupby(text_blocks(plan.path), key=lambda piece: _needs_care(plan, piece[1])):
        way = _carefully if quoted else _at_once
        for batch in way(plan, pieces, broken):
            good += len(batch)
            if broken.count > TOO_MANY_ROWS and broken.count > good:
                raise _no_table(plan, broken, good)
            if len(batch):
                yield batch


def _needs_care(plan: Plan, text: str) -> bool:
    """Whether the lines of a piece cannot be split at every separator."""
    if plan.dialect.quote and plan.dialect.quote in text:
        return True
    if plan.seen.nul and "\0" in text:
        return True
    if few_returns(plan.seen) and text.count("\r") > text.count("\r\n"):
        return True
    return not plan.seen.utf8 and not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text)


def _at_once(plan: Plan, pieces: Iterable[tuple[int, str]], broken: Broken) -> Iterator[pa.RecordBatch]:
    """Yield the rows of pieces that hold no quotes."""
    width = plan.width
    for number, text in pieces:
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        if text.endswith(("\n", "\r")):
            lines.pop()
        lines = lines[max(plan.start - number, 0) :]
        given = pa.array(lines, pa.string())
        if width == 1 and not plan.dialect.separator:
            yield pa.RecordBatch.from_arrays([_or_null(given)], schema=_schema(plan))
            continue
        parts = pc.split_pattern(given, plan.dialect.separator)
        fits = pc.equal(pc.list_value_length(parts), width)
        blank = pc.equal(pc.binary_length(given), 0)
        odd = pc.indices_nonzero(pc.invert(pc.or_(fits, blank) if width > 1 else fits)).to_pylist()
        if odd:
            first = max(number, plan.start)
            found = [
                checked(
                    first + i, [c or None for c in lines[i].split(plan.dialect.separator)], lines[i], width
                )
                for i in odd
            ]
            if not all(row.reason for row in found):  # some only have separators too many
                yield from _carefully(plan, [(number, text)], broken)
                continue
            for row in found:
                broken.add(Reject(plan.name, row.line, None, shown(row.text), row.reason))
        cells = parts.filter(pc.and_(fits, pc.invert(blank)) if width > 1 else fits).flatten()
        places = np.arange(0, len(cells), width)
        yield pa.RecordBatch.from_arrays(
            [_or_null(cells.take(places + i)) for i in range(width)], schema=_schema(plan)
        )


def _or_null(cells: Any) -> Any:
    return pc.if_else(pc.equal(pc.binary_length(cells), 0), pa.scalar(None, pa.string()), cells)


def _carefully(plan: Plan, pieces: Iterable[tuple[int, str]], broken: Broken) -> Iterator[pa.RecordBatch]:
    """Yield the rows of pieces as `split` gives them."""
    held: list[Cells] = []
    size = 0

    def batch() -> pa.RecordBatch:
        columns = zip(*held, strict=True) if held else [()] * plan.width
        return pa.RecordBatch.from_arrays([pa.array(c, pa.string()) for c in columns], schema=_schema(plan))

    for row in rows_of(plan, pieces):
        if row.reason:
            broken.add(Reject(plan.name, row.line, None, shown(row.text), row.reason))
            size += len(row.text)
        else:
            held.append(row.cells)
            size += len(row.text)
        if len(held) >= BATCH or size > BATCH_TEXT:
            yield batch()
            held, size = [], 0
    yield batch()


def _no_table(plan: Plan, broken: Broken, good: int) -> DataError:
    first = broken.first[0]
    return DataError(
        f"{plan.name} is no table: {broken.count:,} of its first {broken.count + good:,} rows do not fit {plan.width} columns "
        f"(line {first.line}: {first.reason}: {first.text[:60]!r}); expected rows of equal length: say how it is written, "
        "CSV(separator=…, skip=…), or export it again."
    )


def rows_of(plan: Plan, pieces: Iterable[tuple[int, str]]) -> Iterator[Row]:
    """Yield the rows of pieces of a file, with the reason of those that cannot be read."""
    lines = (
        numbered
        for number, text in pieces
        for numbered in lines_of(text, number, plan.seen, plan.dialect, plan.width)
        if numbered[0] >= plan.start
    )
    odd = not plan.seen.utf8
    for row in rows(lines, plan.dialect, plan.width, single=plan.width == 1):
        if plan.seen.nul and "\0" in row.text:
            yield row._replace(reason=NUL, text=row.text.replace("\0", "␀"))
        elif odd and not row.text.isascii():
            raw = row.text.encode("utf-8", "surrogateescape")
            reason = reason_of(NO_UTF8, raw)
            wrong = reason != NO_UTF8
            yield row._replace(reason=reason, text=raw.decode("utf-8", "replace")) if wrong else row
        else:
            yield row
