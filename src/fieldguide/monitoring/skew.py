"""Skew: does what was served differ from what the same rows give offline? (FACTS 5.2 and 5.4)

Neither check needs a label or any statistics: the share of differing rows must be zero, exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fieldguide.comparing.words import percent
from fieldguide.finding import Finding
from fieldguide.monitoring.checks import said

Floats = NDArray[np.float64]


def replay_mismatch(answers: pa.Table, predictions: Floats, columns: Sequence[str] = ()) -> Finding:
    """Compare journaled answers with those of the same rows scored again, bit for bit.

    `answers` as `journal.read_answers` gives them, of one Fitted; `predictions` has one entry a row
    (`learning.predict_table` of that Fitted). Where a fallback answered, what the model would have said
    then (`__shadow`) is compared; refused rows are left out. When all differing rows lack a value in one
    of the `columns`, or only they have one, that column is named.
    """
    fallback = pc.fill_null(answers.column("__fallback"), False)
    said_then = pc.if_else(fallback, answers.column("__shadow"), answers.column("__prediction"))
    keep = pc.and_(pc.invert(pc.fill_null(answers.column("__refused"), False)), pc.is_valid(said_then))
    kept = np.asarray(keep.to_numpy(zero_copy_only=False), dtype=np.bool_)
    given = answers.filter(keep)
    rows = given.num_rows
    if not rows:
        return said("replay", "unknown", "no answers of this model to score again")
    then = np.asarray(said_then.filter(keep).to_numpy(zero_copy_only=False), dtype=np.float64)
    again = np.ascontiguousarray(np.asarray(predictions, dtype=np.float64)[kept])
    differs = then.view(np.int64) != again.view(np.int64)
    other = np.flatnonzero(differs)
    evidence: dict[str, Any] = {"rows": rows, "different": len(other), "share": len(other) / rows}
    if not len(other):
        return said(
            "replay", "pass", f"{rows:,} answers scored again: all equal, bit for bit", evidence=evidence
        )
    evidence["columns"] = _telling(given, differs, columns)
    first = int(other[0])
    saw = (
        f"{len(other):,} of {rows:,} answers ({percent(len(other) / rows)}) differ when scored again; the first, "
        f"row {given.column('__n')[first].as_py():,}, was {then[first]!r} and is {again[first]!r}"
    )
    if evidence["columns"]:
        saw += f"; they go with {', '.join(evidence['columns'])}"
    numbers = tuple(str(given.column("__n")[int(i)].as_py()) for i in other[:10])
    return said("replay", "fail", saw, rows=numbers, evidence=evidence)


def _telling(given: pa.Table, differs: NDArray[np.bool_], columns: Sequence[str]) -> list[str]:
    """Columns whose being missing, or not, goes exactly with the differing rows."""
    found = []
    for name in columns:
        missing = np.asarray(given.column(name).is_null().to_numpy(zero_copy_only=False), dtype=np.bool_)
        if (
            missing.any()
            and not missing.all()
            and (np.array_equal(missing, differs) or np.array_equal(~missing, differs))
        ):
            found.append(name)
    return found


def feature_skew(answers: pa.Table, source: pa.Table, columns: Sequence[Any]) -> list[Finding]:
    """Compare the values that were served with those that the source holds now for the same key.

    `source` is a canonical table with `__key`. One finding a column: which share of the rows differs. It
    passes at zero; keys that are not in both are left out.
    """
    given = answers.filter(
        pc.and_(
            pc.invert(pc.fill_null(answers.column("__refused"), False)), pc.is_valid(answers.column("__key"))
        )
    )
    place = {key: i for i, key in enumerate(source.column("__key").to_pylist()) if key is not None}
    pairs = [(i, place[key]) for i, key in enumerate(given.column("__key").to_pylist()) if key in place]
    if not pairs:
        return [said("feature_skew", "unknown", "no key is both in the journal and in the source")]
    served = given.take(pa.array([i for i, _ in pairs], pa.int64()))
    held = source.take(pa.array([j for _, j in pairs], pa.int64()))
    return [_one_column(served, held, c.name) for c in columns if c.name in source.column_names]


def _one_column(served: pa.Table, held: pa.Table, name: str) -> Finding:
    then, now = served.column(name), pc.cast(held.column(name), served.column(name).type)
    same = pc.fill_null(pc.equal(then, now), False)
    if pa.types.is_floating(then.type):
        same = pc.or_(same, pc.fill_null(pc.and_(pc.is_nan(then), pc.is_nan(now)), False))
    same = pc.or_(same, pc.and_(pc.is_null(then), pc.is_null(now)))
    other = np.flatnonzero(~np.asarray(same.to_numpy(zero_copy_only=False), dtype=np.bool_))
    rows = served.num_rows
    evidence = {"rows": rows, "different": len(other), "share": len(other) / rows}
    if not len(other):
        return said("feature_skew", "pass", f"equal on all {rows:,} keys", about=name, evidence=evidence)
    first = int(other[0])
    saw = (
        f"{name} differs on {percent(len(other) / rows)} of {rows:,} keys; the first was served as "
        f"{then[first].as_py()!r} and is {now[first].as_py()!r}"
    )
    keys = tuple(str(served.column("__key")[int(i)].as_py()) for i in other[:10])
    return said("feature_skew", "fail", saw, about=name, rows=keys, evidence=evidence)
