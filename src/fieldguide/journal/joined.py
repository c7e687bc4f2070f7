"""Answers beside what happened later: when an outcome counts, and when silence does.

Maturity is judged on the watermark of the journal, not on the wall clock (FACTS 2 and 13): a replayed month
matures as it did. An answer is *closed* when `arrives_within` has passed since its time. With
`silence="unknown"` it is mature when its outcome is known or it is closed; with `silence="negative"` only
when it is closed, whatever is known before: an early yes has no early no beside it, and counting it would
make the world look better than it is (delayed feedback).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from fieldguide.journal.answers import INSTANT, read_answers, watermark
from fieldguide.journal.outcomes import Known, Word, current, rows_named
from fieldguide.journal.storage import micros, reading
from fieldguide.program import Feature, Label

_BY_NAME = 5_000
"""Up to how many answers their outcomes are looked up by name rather than read whole."""


def joined(
    folder: Path,
    program: str,
    columns: Sequence[Feature],
    label: Label,
    now: datetime | None = None,
    after_n: int = 0,
    limit: int | None = None,
    extra: Sequence[str] = (),
) -> pa.Table:
    """Read answers with their labels.

    The columns of `read_answers`, and `__label` (float64, null where nothing is known), `__known_at` (when
    it was observed; for a silent no the end of its time), `__mature` and `__closed`. With `now` given,
    only what was known then counts: later answers and later outcomes are left out.

    An outcome by id belongs to that answer; one by key to every answer of the key that was given at or
    before it. Where both are there, the later one counts. Refused rows have no label.
    """
    table = read_answers(folder, program, after_n, limit, columns, extra)
    until = None if now is None else micros(now)
    if until is not None:
        times = table["__time"].cast(pa.int64()).to_pylist()
        table = table.filter(pa.array([time <= until for time in times], pa.bool_()))
    mark = now if now is not None else watermark(folder, program)
    clock = None if mark is None else micros(mark)
    ids = table["__id"].to_pylist()
    keys = table["__key"].to_pylist()
    small = len(ids) <= _BY_NAME
    by_id, by_key = known(
        folder, program, (ids, [k for k in keys if k is not None]) if small else None, until
    )
    within = label.arrives_within // _MICROSECOND
    negative = label.silence == "negative"
    labels: list[float | None] = []
    known_at: list[int | None] = []
    mature: list[bool] = []
    closed: list[bool] = []
    for id_, key, time, refused in zip(
        ids, keys, table["__time"].cast(pa.int64()).to_pylist(), table["__refused"].to_pylist(), strict=True
    ):
        over = clock is not None and time + within <= clock and not refused
        named, keyed = by_id.get(id_), by_key.get(key)
        late = keyed is not None and keyed.at < time
        best = (
            named if late or keyed is None or (named is not None and named.latest >= keyed.latest) else keyed
        )
        if refused:
            best = None
        elif best is None and negative and over and not late:
            best = Known(0.0, time + within, time + within)
        labels.append(None if best is None else best.value)
        known_at.append(None if best is None else best.at)
        mature.append(over if negative else over or best is not None)
        closed.append(over)
    for name, data, kind in (
        ("__label", labels, pa.float64()),
        ("__known_at", known_at, INSTANT),
        ("__mature", mature, pa.bool_()),
        ("__closed", closed, pa.bool_()),
    ):
        table = table.append_column(name, pa.array(data, type=kind))
    return table


def known(
    folder: Path,
    program: str,
    names: tuple[Sequence[str], Sequence[str]] | None = None,
    until: int | None = None,
) -> tuple[dict[str, Known], dict[str, Known]]:
    """Return what counts as the outcome, by id and by key; `names` limits it to those ids and keys."""
    by_id: dict[str, list[Word]] = {}
    by_key: dict[str, list[Word]] = {}
    with reading(folder) as connection:
        rows: list[Any] = []
        if connection is not None and names is not None:
            for column, some in zip(("id", "key"), names, strict=True):
                rows += rows_named(connection, program, column, sorted(set(some)))
        elif connection is not None:
            query = "SELECT id, key, seq, value, at, received FROM outcomes WHERE program = ? ORDER BY seq"
            rows = list(connection.exec_driver_sql(query, (program,)).fetchall())
    for id_, key, *word in rows:
        if until is None or word[2] <= until:
            place = by_id if id_ is not None else by_key
            place.setdefault(id_ if id_ is not None else key, []).append(Word(*word))
    return _current(by_id), _current(by_key)


def read_outcomes(folder: Path, program: str) -> pa.Table:
    """Read the outcomes that count now, one row an answer.

    Returns a table with `id` or `key`, `value` (float64), `at` (when it was first observed) and `latest`
    (when it was last said), in the order of `at`.
    """
    by_id, by_key = known(folder, program)
    rows: list[tuple[Any, ...]] = [(name, None, *said) for name, said in by_id.items()]
    rows += [(None, name, *said) for name, said in by_key.items()]
    rows.sort(key=lambda row: row[3])
    schema = pa.schema(
        [
            ("id", pa.string()),
            ("key", pa.string()),
            ("value", pa.float64()),
            ("at", INSTANT),
            ("latest", INSTANT),
        ]
    )
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    arrays = [pa.array(column, type=field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def _current(said: dict[str, list[Word]]) -> dict[str, Known]:
    found: dict[str, Known] = {}
    for name, words in said.items():
        best = current(words)
        if best is not None:
            found[name] = best
    return found


_MICROSECOND = datetime.resolution
