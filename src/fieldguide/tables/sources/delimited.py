"""CSV and its kin as found in the wild: every value as text, every line that cannot be read named by its number.

The engine reads what it reads rightly. Where its reader would lose what can be kept (lines that end in different
ways, a quote left open, many lines that do not fit), the lines are split here, exactly and slower.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa

from fieldguide.errors import DataError
from fieldguide.program import CSV
from fieldguide.tables import engines as engine
from fieldguide.tables.sources.heading import is_total
from fieldguide.tables.sources.lines import line_numbers, sampled, text_lines
from fieldguide.tables.sources.plan import Plan, planned
from fieldguide.tables.sources.rows import MOST_SHOWN, FileRead, Reject, stored
from fieldguide.tables.sources.split import OPEN, TOO_FEW, TOO_LONG, TOO_MANY, Cells, Row, rows, shown

TOO_MANY_ROWS = 1_000
"""So many rows that do not fit, and more than half of those read so far, and the file is given up."""
MOST_UNFIT = 0.01
"""Share of rows that do not fit from which on lines are split here: the engine is slow to tell of each."""
SMALL = 4 << 20
BATCH = 16_384
BATCH_TEXT = 8 << 20

NO_UTF8 = "not UTF-8"
NUL = "holds a zero byte"
_REASONS = {
    "MISSING COLUMNS": TOO_FEW,
    "TOO MANY COLUMNS": TOO_MANY,
    "UNQUOTED VALUE": OPEN,
    "LINE SIZE OVER MAXIMUM": TOO_LONG,
    "INVALID ENCODING": NO_UTF8,
    "INVALID STATE": "cannot be split into values",
}


@dataclass(frozen=True)
class Lines:
    """What was read of a file: a table of text, how many lines were not, the first of them, and how it was read."""

    table: ibis.Table
    rejected: int
    rejects: tuple[Reject, ...]
    detail: FileRead
    plan: Plan


@dataclass
class _Broken:
    """Lines that could not be read: how many, and the first of them."""

    count: int = 0
    first: list[Reject] = field(default_factory=list)

    def add(self, reject: Reject) -> None:
        self.count += 1
        if len(self.first) < MOST_SHOWN:
            self.first.append(reject)


def read_lines(connection: Any, path: Path, name: str, given: CSV | None = None) -> Lines:
    """Return the rows of a delimited file, all values as text; `name` is how messages call it.

    A value in quotes may be empty text; where nothing stands between two separators, it is null.

    Raises DataError when the file is empty, no text, or no table.
    """
    plan = planned(connection, path, name, given or CSV())
    found = _scan(connection, plan) if _suits_engine(plan) else None
    table, broken, notes = found if found is not None else _split(connection, plan)
    table, notes = _without_names_again(table, plan, broken, notes)
    table, notes = _without_total(table, plan, broken, notes)
    table, names, notes = _without_empty(table, plan, notes)
    rejects = tuple(sorted(broken.first, key=lambda r: r.line)[:MOST_SHOWN])
    detail = FileRead(
        name, "csv", names, plan.encoding, plan.dialect.separator, plan.dialect.quote, plan.header, broken.count,
        (*plan.notes, *notes),
    )  # fmt: skip
    return Lines(table, broken.count, rejects, detail, plan)


def find_values(plan: Plan, wanted: Mapping[str, Collection[str]]) -> Iterator[tuple[int, str, str]]:
    """Yield (line, column, text) of the cells that hold one of the `wanted` texts of their column."""
    places = [(plan.names.index(c), c, set(texts)) for c, texts in wanted.items() if c in plan.names]
    for row in _rows(plan):
        if not row.reason:
            for place, column, texts in places:
                text = row.cells[place]
                if text in texts and text is not None:
                    yield row.line, column, text


def _suits_engine(plan: Plan) -> bool:
    """Whether the engine's reader gives the same rows as `split`, as far as can be seen before it is tried."""
    seen, dialect = plan.seen, plan.dialect
    if seen.nul or (seen.cr and seen.lf + seen.crlf) or (not dialect.separator and seen.control):
        return False
    if dialect.quote and any(line.count(dialect.quote) % 2 for line in plan.above):
        return False
    return seen.size < SMALL or sampled(plan.path, seen.size, plan.dialect, plan.width) <= MOST_UNFIT


Read = tuple[ibis.Table, _Broken, list[str]]


def _scan(connection: Any, plan: Plan) -> Read | None:
    """Return what the engine reads of a file, None where it loses what could be kept."""
    errors, scans = engine.fresh_name("errors"), engine.fresh_name("scans")
    columns = ", ".join(f"{engine.quoted(column)}: 'VARCHAR'" for column in plan.names)
    dialect = plan.dialect
    escape = "\\" if dialect.backslash else dialect.quote
    try:
        table = engine.create(
            connection,
            f"SELECT * FROM read_csv({engine.quoted(str(plan.path))}, auto_detect = false, header = false, "
            f"skip = {plan.start - 1}, delim = {engine.quoted(dialect.separator or chr(31))}, "
            f"quote = {engine.quoted(dialect.quote)}, escape = {engine.quoted(escape)}, columns = {{{columns}}}, "
            "allow_quoted_nulls = false, compression = 'none', "
            f"store_rejects = true, rejects_limit = 0, rejects_table = '{errors}', rejects_scan = '{scans}')",
        )
    except duckdb.Error:
        return None
    lost = "error_type IN ('UNQUOTED VALUE', 'INVALID STATE') OR contains(trim(csv_line, chr(10) || chr(13)), chr(10))"
    count, again = connection.raw_sql(
        f"SELECT count(DISTINCT line_byte_position), count(*) FILTER ({lost}) FROM {errors}"
    ).fetchone()
    first = connection.raw_sql(
        f"SELECT line_byte_position, min(error_type::VARCHAR) FROM {errors} GROUP BY 1 ORDER BY 1 LIMIT {MOST_SHOWN}"
    ).fetchall()
    for used in (errors, scans):
        connection.raw_sql(f"DROP TABLE IF EXISTS {used}")
    if again or count > TOO_MANY_ROWS:
        rows_read = connection.raw_sql(f'SELECT count(*) FROM "{table.op().name}"').fetchone()[0]
        if again or count > rows_read:
            engine.drop(table)
            return None
    placed = line_numbers(plan.path, [position - 1 for position, _ in first])
    rejects = [
        Reject(
            plan.name,
            line,
            None,
            text[:200].decode("utf-8", "replace"),
            _reason(_REASONS.get(kind, kind.lower()), text),
        )
        for (line, text), (_, kind) in zip(placed, first, strict=True)
    ]
    return table, _Broken(count, rejects), []


def _reason(reason: str, line: bytes) -> str:
    """Return why a line was not read; of one that is no UTF-8, which bytes are not."""
    if reason == NO_UTF8:
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as error:
            return f"{NO_UTF8}: byte {line[error.start]:02X}"
    return reason


def _split(connection: Any, plan: Plan) -> Read:
    """Return the rows of a file as `split` gives them.

    Raises DataError when more than half of many rows do not fit.
    """
    broken = _Broken()
    failed: list[DataError] = []

    def batches() -> Iterator[pa.RecordBatch]:
        try:
            yield from _batches(plan, broken)
        except DataError as error:
            failed.append(error)

    schema = pa.schema([(name, pa.string()) for name in plan.names])
    table = stored(connection, schema, batches())
    if failed:
        raise failed[0]
    notes = []
    if plan.seen.mixed:
        counts = {"CRLF": plan.seen.crlf, "LF": plan.seen.lf, "CR": plan.seen.cr}
        told = ", ".join(f"{n:,} {kind}" for kind, n in counts.items() if n)
        notes.append(f"its lines end in different ways ({told}); each counts as an end, but within quotes")
    return table, broken, notes


def _batches(plan: Plan, broken: _Broken) -> Iterator[pa.RecordBatch]:
    held: list[Cells] = []
    good = size = 0
    schema = pa.schema([(name, pa.string()) for name in plan.names])

    def batch() -> pa.RecordBatch:
        columns = [pa.array(column, pa.string()) for column in zip(*held, strict=True)]
        return pa.RecordBatch.from_arrays(columns, schema=schema)

    for row in _rows(plan):
        if row.reason:
            broken.add(Reject(plan.name, row.line, None, shown(row.text), row.reason))
            if broken.count > TOO_MANY_ROWS and broken.count > good:
                raise _no_table(plan, broken, good)
            continue
        held.append(row.cells)
        good += 1
        size += len(row.text)
        if len(held) >= BATCH or size > BATCH_TEXT:
            yield batch()
            held, size = [], 0
    if held:
        yield batch()


def _no_table(plan: Plan, broken: _Broken, good: int) -> DataError:
    first = broken.first[0]
    return DataError(
        f"{plan.name} is no table: {broken.count:,} of its first {broken.count + good:,} rows do not fit {plan.width} columns "
        f"(line {first.line}: {first.reason}: {first.text[:60]!r}); expected rows of equal length: say how it is written, "
        "CSV(separator=…, skip=…), or export it again."
    )


def _rows(plan: Plan) -> Iterator[Row]:
    """Yield the rows of a file from where they begin, with the reason of those that cannot be read."""
    lines = text_lines(plan.path, plan.seen, plan.dialect, plan.width)
    after = ((number, line) for number, line in lines if number >= plan.start)
    odd = not plan.seen.utf8
    for row in rows(after, plan.dialect, plan.width, single=plan.width == 1):
        if plan.seen.nul and "\0" in row.text:
            yield row._replace(reason=NUL, text=row.text.replace("\0", "␀"))
        elif odd and not row.text.isascii():
            raw = row.text.encode("utf-8", "surrogateescape")
            reason = _reason(NO_UTF8, raw)
            wrong = reason != NO_UTF8
            yield row._replace(reason=reason, text=raw.decode("utf-8", "replace")) if wrong else row
        else:
            yield row


def _without_names_again(
    table: ibis.Table, plan: Plan, broken: _Broken, notes: list[str]
) -> tuple[ibis.Table, list[str]]:
    """Leave out lines that hold the names again, as files put one behind the other have."""
    if len(plan.header) != 1 or plan.width < 2 or not all(plan.given):
        return table, notes
    same = reduce(
        lambda a, b: a & b, (table[c] == text for c, text in zip(plan.names, plan.given, strict=True))
    )
    count = int(engine.to_arrow(table.aggregate(n=same.fill_null(False).sum()))["n"][0].as_py() or 0)
    if not count:
        return table, notes
    column, text = plan.names[0], plan.given[0]
    for line, _, _ in find_values(plan, {column: [text]}):
        if len(broken.first) >= MOST_SHOWN:
            break
        broken.first.append(
            Reject(plan.name, line, None, plan.dialect.separator.join(plan.given)[:200], "the names again")
        )
    broken.count += count
    return table.filter(~same.fill_null(False)), [
        *notes,
        f"the names come again in {count:,} line{'s' * (count > 1)}, left out",
    ]


def _without_total(
    table: ibis.Table, plan: Plan, broken: _Broken, notes: list[str]
) -> tuple[ibis.Table, list[str]]:
    """Leave out a last row that is called a total and is the sum (or the mean) of a column above."""
    last = plan.last
    if last is None or last.reason or not is_total(last.cells):
        return table, notes
    here = [(c, text) for c, text in zip(plan.names, last.cells, strict=True) if text is not None]
    same = reduce(lambda a, b: a & b, (table[c] == text for c, text in here)).fill_null(False)
    amounts = {c: float(text) for c, text in here[1:] if _plain(text)}
    rest = table.filter(~same)
    values = {f"s{i}": rest[c].try_cast("float64").sum() for i, c in enumerate(amounts)}
    counts = {f"n{i}": rest[c].try_cast("float64").count() for i, c in enumerate(amounts)}
    if not amounts:
        return table, notes
    found = engine.to_arrow(rest.aggregate(**values, **counts)).to_pylist()[0]
    for i, amount in enumerate(amounts.values()):
        total, n = found[f"s{i}"] or 0.0, found[f"n{i}"] or 0
        near = 1e-6 * max(abs(amount), 1e-12)
        if n > 1 and (abs(total - amount) <= near or abs(total / n - amount) <= near):
            text = shown(last.text)
            broken.add(Reject(plan.name, last.line, None, text, "a total of the rows above"))
            return rest, [
                *notes,
                f"line {last.line:,} is a total of the rows above ({text[:60]!r}); it is left out",
            ]
    return table, [
        *notes,
        f"line {last.line:,} is called a total ({shown(last.text)[:60]!r}) but is none; it is kept",
    ]


def _plain(text: str) -> bool:
    try:
        return abs(float(text)) < 1e300
    except ValueError:
        return False


def _without_empty(
    table: ibis.Table, plan: Plan, notes: list[str]
) -> tuple[ibis.Table, tuple[str, ...], list[str]]:
    """Leave out columns that have neither a name nor a value: separators at the end of the lines."""
    bare = [c for c, text in zip(plan.names, plan.given, strict=True) if not text] if plan.header else []
    if not bare:
        return table, plan.names, notes
    counts = engine.to_arrow(table.aggregate(**{f"n{i}": table[c].count() for i, c in enumerate(bare)}))
    empty = [c for i, c in enumerate(bare) if not counts[f"n{i}"][0].as_py()]
    names = tuple(c for c in plan.names if c not in empty)
    if not empty or not names:
        return table, plan.names, notes
    told = f"{', '.join(empty[:3])}{' …' if len(empty) > 3 else ''} ha{'ve' if len(empty) > 1 else 's'} neither a name nor a value: left out"
    return table.select(*names), names, [*notes, told]
