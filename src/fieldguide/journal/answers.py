"""Reading what was answered and refused: columns out, in short transactions.

Entries are fetched by ranges of their numbers, decoded in one call a range, and turned into Arrow columns
of the canonical types; a row at a time would cost ten times as much. See `read_answers` for the columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from fieldguide.journal.entries import Refused, unpack_all
from fieldguide.journal.storage import ANSWERED, EPOCH, NEVER, reading
from fieldguide.program import Feature
from fieldguide.tables.contract import lenient, to_micros, zone_of

RANGE = 20_000
"""How many entries one statement fetches."""
INSTANT = pa.timestamp("us", "UTC")
TYPES = {
    "number": pa.float64(),
    "category": pa.string(),
    "text": pa.string(),
    "boolean": pa.bool_(),
    "timestamp": INSTANT,
}
_WIRE = {"number": float, "category": str, "text": str, "boolean": bool, "timestamp": datetime}
_FIXED = [
    ("__n", pa.int64()), ("__id", pa.string()), ("__at", INSTANT), ("__time", INSTANT), ("__key", pa.string()),
    ("__entity", pa.string()), ("__refused", pa.bool_()), ("__prediction", pa.float64()),
    ("__shadow", pa.float64()), ("__fallback", pa.bool_()), ("__release", pa.string()),
    ("__fitted", pa.string()),
]  # fmt: skip


@dataclass(frozen=True)
class Counts:
    """What the journal holds of one program; `dropped` refusals came too fast to be journaled."""

    answered: int = 0
    refused: int = 0
    dropped: int = 0
    outcomes: int = 0
    """Answers of which an outcome was received."""
    corrected: int = 0
    """Those of them of which another value was said, too."""
    unknown: int = 0
    """Outcomes whose id or key nobody was ever answered for."""


def schema_of(columns: Sequence[Feature]) -> pa.Schema:
    """Return the columns of `read_answers`."""
    return pa.schema([*_FIXED, *((c.name, TYPES[c.kind]) for c in columns)])


def read_answers(
    folder: Path,
    program: str,
    after_n: int = 0,
    limit: int | None = None,
    columns: Sequence[Feature] = (),
    extra: Sequence[str] = (),
) -> pa.Table:
    """Read answers and refusals of a program in the order of their numbers.

    Returns a table with `__n` (number of the entry, from 1), `__id`, `__at` (when served), `__time` (the
    row's own time), `__key`, `__entity`, `__refused`, `__prediction` (what was answered), `__shadow` (what
    the model would have said while it did not answer), `__fallback`, `__release`, `__fitted`, and
    the raw columns asked for: float64, string, bool and timestamp(us, UTC). Of a refused row it holds
    the values that could be read, else null. `extra` names further fields of the received rows, as text.
    """
    with reading(folder) as connection:
        parts: list[pa.Table] = []
        left = limit
        while connection is not None and (left is None or left > 0):
            rows = connection.exec_driver_sql(
                "SELECT n, id, at, time, key, entity, kind, release, body FROM entries "
                "WHERE program = ? AND n > ? ORDER BY n LIMIT ?",
                (program, after_n, RANGE if left is None else min(RANGE, left)),
            ).fetchall()
            connection.rollback()
            if not rows:
                break
            parts.append(_table(rows, columns, extra))
            after_n = rows[-1][0]
            left = None if left is None else left - len(rows)
    schema = schema_of(columns)
    for name in extra:
        schema = schema.append(pa.field(name, pa.string()))
    return pa.concat_tables(parts) if parts else schema.empty_table()


def last_number(folder: Path, program: str) -> int:
    """Return the number of the program's last entry, 0 when there is none."""
    with reading(folder) as connection:
        if connection is None:
            return 0
        query = "SELECT max(n) FROM entries WHERE program = ?"
        return int(connection.exec_driver_sql(query, (program,)).scalar() or 0)


def watermark(folder: Path, program: str) -> datetime | None:
    """Return how far time has come in the journal: the latest of the rows' times and of the outcomes' `at`.

    A time beyond the moment at which it was received counts as that moment, so that one row with a wrong
    year cannot make all others look mature; refused rows do not count. None when nothing was journaled.
    """
    with reading(folder) as connection:
        if connection is None:
            return None
        query = "SELECT watermark FROM progress WHERE program = ?"
        found = connection.exec_driver_sql(query, (program,)).scalar()
    return None if found is None or found == NEVER else EPOCH + timedelta(microseconds=found)


def counts(folder: Path, program: str) -> Counts:
    """Count what the journal holds of a program."""
    with reading(folder) as connection:
        if connection is None:
            return Counts()
        ask = connection.exec_driver_sql
        seen = ask("SELECT n, refused, dropped FROM progress WHERE program = ?", (program,)).first()
        about, changed = ask(
            "SELECT count(*), coalesce(sum(v > 1), 0) FROM (SELECT count(DISTINCT value) AS v FROM outcomes "
            "WHERE program = ? GROUP BY id, key)",
            (program,),
        ).one()
        strange = ask(
            "SELECT count(DISTINCT coalesce('i' || id, 'k' || key)) FROM outcomes o WHERE program = :p AND "
            "(id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM entries e WHERE e.id = o.id AND e.program = :p) OR "
            "key IS NOT NULL AND key NOT IN (SELECT key FROM entries WHERE program = :p AND kind = 0 AND key IS NOT NULL))",
            {"p": program},
        ).scalar_one()
    n, refused, dropped = seen or (0, 0, 0)
    return Counts(n - refused, refused, dropped, about, int(changed), strange)


def _table(rows: Sequence[Any], columns: Sequence[Feature], extra: Sequence[str]) -> pa.Table:
    """Turn fetched rows into a table; answers and refusals are decoded apart and put back in order."""
    number, ids, at, time, key, entity, kinds, release, bodies = zip(*rows, strict=True)
    order = [place for place, kind in enumerate(kinds) if kind == ANSWERED]
    answers = _answers([bodies[place] for place in order], columns, extra)
    if len(order) < len(rows):
        width = len(columns) + len(extra)
        merged: list[Any] = [None] * len(rows)
        for place, item in zip(order, zip(*answers, strict=True), strict=True):
            merged[place] = item
        for place, kind in enumerate(kinds):
            if kind != ANSWERED:
                read = _refused(bodies[place], columns)
                merged[place] = (None, None, None, None, *read, *[None] * (width - len(read)))
        answers = [list(column) for column in zip(*merged, strict=True)]
    prediction, shadow, fallback, fitted, *values = answers
    fixed: list[Any] = [
        number, ids, at, time, key, entity, [kind != ANSWERED for kind in kinds], prediction, shadow,
        [reason is not None for reason in fallback], release, fitted,
    ]  # fmt: skip
    schema = schema_of(columns)
    for name in extra:
        schema = schema.append(pa.field(name, pa.string()))
    arrays = [pa.array(data, type=field.type) for data, field in zip([*fixed, *values], schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def _answers(bodies: list[bytes], columns: Sequence[Feature], extra: Sequence[str]) -> list[Any]:
    """Return prediction, shadow, fallback, fitted and the columns of many answers."""
    width = len(columns) + len(extra)
    if not bodies:
        return [[] for _ in range(4 + width)]
    try:
        decoded = unpack_all(bodies, _answer_type(tuple(columns), tuple(extra), strict=True))
    except msgspec.ValidationError:  # a column was of another kind in an earlier release
        decoded = unpack_all(bodies, _answer_type(tuple(columns), tuple(extra), strict=False))
        for answer in decoded:
            for place, column in enumerate(columns):
                name = f"c{place}"
                setattr(answer.row, name, _kept(getattr(answer.row, name), column))
    head = [list(map(attrgetter(name), decoded)) for name in ("prediction", "shadow", "fallback", "fitted")]
    if not width:
        return head
    rows = [a.row for a in decoded]
    body: list[Any] = [list(map(attrgetter(f"c{place}"), rows)) for place in range(width)]
    zones = None
    for place, column in enumerate(columns):
        if column.kind == "timestamp":
            if zones is None:
                known = {a.timezone: zone_of(a.timezone) for a in decoded}
                zones = [known[a.timezone] for a in decoded]
            body[place] = [
                None if instant is None else to_micros(instant, zone)
                for instant, zone in zip(body[place], zones, strict=True)
            ]
    for place in range(len(columns), width):
        body[place] = [None if value is None else str(value) for value in body[place]]
    return [*head, *body]


def _answer_type(columns: tuple[Feature, ...], extra: tuple[str, ...], *, strict: bool) -> Any:
    fields: list[Any] = [
        (f"c{place}", (_WIRE[column.kind] | None) if strict else Any, None)
        for place, column in enumerate(columns)
    ]
    names = [column.name for column in columns]
    fields += [(f"c{len(names) + place}", Any, None) for place in range(len(extra))]
    names += extra
    row = msgspec.defstruct("Row", fields, rename={f"c{i}": n for i, n in enumerate(names)}, gc=False)
    return msgspec.defstruct(
        "Answer",
        [
            ("row", row), ("prediction", float), ("fitted", str), ("timezone", str),
            ("fallback", str | None, None), ("shadow", float | None, None),
        ],
        gc=False,
    )  # fmt: skip


def _kept(value: Any, column: Feature) -> Any:
    """Return a value if it is of the column's kind, else None."""
    if column.kind == "number":
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    return value if isinstance(value, _WIRE[column.kind]) else None


def _refused(body: bytes, columns: Sequence[Feature]) -> tuple[Any, ...]:
    refusal = msgspec.msgpack.decode(body, type=Refused)
    return lenient(columns, refusal.row, zone_of(refusal.timezone))


def refusals(
    folder: Path, program: str, after_n: int = 0, limit: int = 1_000
) -> Iterator[tuple[int, Refused]]:
    """Yield number and body of refused rows, oldest first: where and why each was refused."""
    with reading(folder) as connection:
        if connection is None:
            return
        rows = connection.exec_driver_sql(
            "SELECT n, body FROM entries WHERE program = ? AND n > ? AND kind <> 0 ORDER BY n LIMIT ?",
            (program, after_n, limit),
        ).fetchall()
    for n, body in rows:
        yield n, msgspec.msgpack.decode(body, type=Refused)
