"""CSV and its kin as found in the wild: every value as text, every line that cannot be read named by its number.

The engine reads what it reads rightly. Where its reader would lose what can be kept (lines that end in different
ways, quotes left open, many lines that do not fit), the lines are split by us, exactly and slower.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis

from fieldguide.program import CSV
from fieldguide.tables.sources.extras import without_empty, without_names_again, without_total
from fieldguide.tables.sources.plan import Plan, planned
from fieldguide.tables.sources.rows import MOST_SHOWN, FileRead, Reject
from fieldguide.tables.sources.scanning import scan, suits
from fieldguide.tables.sources.splitting import split


@dataclass(frozen=True)
class Lines:
    """What was read of a file: a table of text, how many lines were not, the first of them, and how it was read."""

    table: ibis.Table
    rejected: int
    rejects: tuple[Reject, ...]
    detail: FileRead
    plan: Plan


def read_lines(connection: Any, path: Path, name: str, given: CSV | None = None) -> Lines:
    """Return the rows of a delimited file, all values as text; `name` is how messages call it.

    A value in quotes may be empty text; where nothing stands between two separators, it is null.

    Raises DataError when the file is empty, no text, or no table.
    """
    plan = planned(connection, path, name, given or CSV())
    found = scan(connection, plan) if suits(plan) else None
    table, broken, notes = (*found, []) if found is not None else split(connection, plan)
    table, notes = without_names_again(table, plan, broken, notes)
    table, notes = without_total(table, plan, broken, notes)
    table, names, notes = without_empty(table, plan, notes)
    rejects = tuple(sorted(broken.first, key=lambda r: r.line)[:MOST_SHOWN])
    detail = FileRead(
        name, "csv", names, plan.encoding, plan.dialect.separator, plan.dialect.quote, plan.header, broken.count,
        (*plan.notes, *notes),
    )  # fmt: skip
    return Lines(table, broken.count, rejects, detail, plan)
