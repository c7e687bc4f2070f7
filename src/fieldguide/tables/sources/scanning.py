"""The engine reads a delimited file: fast, and believed where it loses nothing that could be kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import ibis

from fieldguide.tables import engines as engine
from fieldguide.tables.sources import scratch
from fieldguide.tables.sources.lines import line_numbers, sampled, without_line
from fieldguide.tables.sources.plan import Plan
from fieldguide.tables.sources.rows import MOST_SHOWN, Reject
from fieldguide.tables.sources.split import OPEN, TOO_FEW, TOO_LONG, TOO_MANY
from fieldguide.tables.sources.splitting import NO_UTF8, Broken, reason_of

MOST_REPAIRS = 20
"""Quotes left open that are mended one by one; each costs one more reading of the file."""
MOST_UNFIT = 0.01
"""Share of rows that do not fit from which on lines are split by us: the engine is slow to tell of each."""
MOST_REJECTS = 1_000
SMALL, LARGE = 4 << 20, 256 << 20
_REASONS = {
    "MISSING COLUMNS": TOO_FEW,
    "TOO MANY COLUMNS": TOO_MANY,
    "UNQUOTED VALUE": OPEN,
    "LINE SIZE OVER MAXIMUM": TOO_LONG,
    "INVALID ENCODING": NO_UTF8,
    "INVALID STATE": "cannot be split into values",
}


def suits(plan: Plan) -> bool:
    """Whether the engine's reader gives the same rows as `split`, as far as can be seen before it is tried."""
    seen, dialect = plan.seen, plan.dialect
    if plan.width == 1 or seen.nul or (seen.cr and seen.lf + seen.crlf):
        return False
    if dialect.quote and any(line.count(dialect.quote) % 2 for line in plan.above):
        return False
    return seen.size < SMALL or sampled(plan.path, seen.size, plan.dialect, plan.width) <= MOST_UNFIT


def scan(connection: Any, plan: Plan) -> tuple[ibis.Table, Broken] | None:
    """Return what the engine reads of a file, None where it loses what could be kept.

    Everything behind a quote that is left open would count as one value; such a line is made blank in a copy,
    and the copy is read.
    """
    opened: list[Reject] = []
    path = plan.path
    try:
        while len(opened) <= (MOST_REPAIRS if plan.seen.size < LARGE else 4):
            found = _scanned(connection, plan, path)
            if found is None or found.lost:
                return None
            if found.open_at is None:
                placed = line_numbers(path, [place for place, _ in found.first])
                rejects = [
                    Reject(
                        plan.name, line, None, text[:200].decode("utf-8", "replace"), reason_of(kind, text)
                    )
                    for (line, text), (_, kind) in zip(placed, found.first, strict=True)
                ]
                rejects = sorted([*opened, *rejects], key=lambda r: r.line)
                return found.table, Broken(found.count + len(opened), rejects[:MOST_SHOWN])
            ((line, text),) = line_numbers(path, [found.open_at])
            opened.append(Reject(plan.name, line, None, text[:200].decode("utf-8", "replace"), OPEN))
            engine.drop(found.table)
            before, path = path, scratch.fresh_file(connection, f"{plan.name}.csv")
            scratch.pour(without_line(before, found.open_at), path, plan.name)
            if before != plan.path:
                before.unlink()
        return None
    finally:
        if path != plan.path:
            path.unlink(missing_ok=True)


@dataclass(frozen=True)
class _Scanned:
    """What one scan gave: rows, how many lines broke, the first of them, the first open quote, whether lines are lost."""

    table: ibis.Table
    count: int
    first: list[tuple[int, str]]
    open_at: int | None
    lost: bool


def _scanned(connection: Any, plan: Plan, path: Path) -> _Scanned | None:
    """Let the engine read a file once; None where it cannot."""
    errors, scans = engine.fresh_name("errors"), engine.fresh_name("scans")
    columns = ", ".join(f"{engine.quoted(column)}: 'VARCHAR'" for column in plan.names)
    dialect = plan.dialect
    escape = "\\" if dialect.backslash else dialect.quote
    try:
        table = engine.create(
            connection,
            f"SELECT * FROM read_csv({engine.quoted(str(path))}, auto_detect = false, header = false, "
            f"skip = {plan.start - 1}, delim = {engine.quoted(dialect.separator)}, "
            f"quote = {engine.quoted(dialect.quote)}, escape = {engine.quoted(escape)}, columns = {{{columns}}}, "
            "allow_quoted_nulls = false, compression = 'none', "
            f"store_rejects = true, rejects_limit = 0, rejects_table = '{errors}', rejects_scan = '{scans}')",
        )
    except duckdb.Error:
        return None
    inner = "contains(trim(csv_line, chr(10) || chr(13)), chr(10))"
    quote = "(error_type = 'UNQUOTED VALUE')"
    count, open_at, lost = connection.raw_sql(
        f"SELECT count(DISTINCT line_byte_position), min(line_byte_position) FILTER ({quote} AND {inner}), "
        f"count(*) FILTER (error_type = 'INVALID STATE' OR {quote} <> {inner}) FROM {errors}"
    ).fetchone()
    first = connection.raw_sql(
        f"SELECT line_byte_position, min(error_type::VARCHAR) FROM {errors} GROUP BY 1 ORDER BY 1 LIMIT {MOST_SHOWN}"
    ).fetchall()
    for used in (errors, scans):
        connection.raw_sql(f"DROP TABLE IF EXISTS {used}")
    if count > MOST_REJECTS and open_at is None:
        good = connection.raw_sql(f'SELECT count(*) FROM "{table.op().name}"').fetchone()[0]
        lost = lost or count > good  # to be told as no table
    kinds = [(place - 1, _REASONS.get(kind, kind.lower())) for place, kind in first]
    return _Scanned(table, count, kinds, None if open_at is None else open_at - 1, bool(lost))
