"""Which rows should people label next? Those the model knows least of, that stand for many, and unlike each other."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from fieldguide.readiness.appropriateness.light import Coded
from fieldguide.tables.query.drawn import ROW
from fieldguide.tables.tally import Floats, Ints

MOST = 200
"""Rows in the queue at most."""
CANDIDATES = 2_000
QUEUE = pa.schema(
    [
        ("rank", pa.int64()),
        ("key", pa.string()),
        ("row", pa.int64()),
        ("of", pa.string()),
        ("prediction", pa.float64()),
        ("uncertainty", pa.float64()),
        ("stands_for", pa.float64()),
    ]
)
"""A line for each row that people should label, the most useful first.

`of` is "unlabeled" or "doubtful"; `uncertainty` 0 … 1, `stands_for` the mean share of the rows that have the same
value in a column.
"""


def stands_for(coded: Coded, among: Coded) -> Floats:
    """Return for each row the mean share, over the columns, of the rows of `among` with the same code."""
    out = np.zeros(len(coded.codes))
    for j, b in enumerate(coded.bins):
        share = np.bincount(among.codes[:, j], minlength=b.size) / max(len(among.codes), 1)
        out += share[coded.codes[:, j]]
    return np.asarray(out / max(len(coded.bins), 1))


def chosen(coded: Coded, uncertainty: Floats, typical: Floats, most: int = MOST) -> Ints:
    """Return the rows to label next, the most useful first.

    Each is the one with the largest product of uncertainty, of how many rows it stands for, and of how unlike it
    is to the nearest row already chosen (the share of the columns in which they differ).
    """
    worth = uncertainty * typical
    candidates = np.argsort(-worth, kind="stable")[:CANDIDATES]
    candidates = candidates[worth[candidates] > 0]
    codes, worth = coded.codes[candidates], worth[candidates]
    nearest = np.zeros(len(candidates))
    picked: list[int] = []
    for _ in range(min(most, len(candidates))):
        left = worth * (1.0 - nearest)
        left[picked] = -1.0
        best = int(left.argmax())
        if left[best] <= 0.0:
            break
        picked.append(best)
        nearest = np.maximum(nearest, (codes == codes[best]).mean(axis=1))
    return np.asarray(candidates[picked], dtype=np.int64)


def queue(
    unlabeled: tuple[pa.Table, Coded, Floats, Floats] | None, among: Coded, doubtful: pa.Table | None
) -> pa.Table:
    """Return the queue: unlabeled rows first (table, codes, predictions and uncertainties), then doubtful labels.

    `among` are the rows that the chosen ones should stand for, `doubtful` the queue of doubtful labels.
    """
    lines: list[pa.Table] = []
    if unlabeled is not None and len(unlabeled[0]):
        table, coded, prediction, uncertainty = unlabeled
        typical = stands_for(coded, among)
        at = chosen(coded, uncertainty, typical)
        taken = table.take(pa.array(at))
        lines.append(
            _lines(taken["__key"], taken[ROW], "unlabeled", prediction[at], uncertainty[at], typical[at])
        )
    left = MOST - sum(len(line) for line in lines)
    if doubtful is not None and left > 0 and len(doubtful):
        few = doubtful.slice(0, left)
        doubt = 1.0 - few["self_confidence"].fill_null(0.0).to_numpy()
        nothing = np.full(len(few), np.nan)
        lines.append(_lines(few["key"], few["row"], "doubtful", few["suggested"].to_numpy(), doubt, nothing))
    whole = pa.concat_tables(lines) if lines else QUEUE.empty_table().drop_columns(["rank"])
    return whole.add_column(0, "rank", pa.array(np.arange(1, len(whole) + 1))).cast(QUEUE)


def _lines(
    key: pa.ChunkedArray,
    row: pa.ChunkedArray,
    of: str,
    prediction: Floats,
    uncertainty: Floats,
    typical: Floats,
) -> pa.Table:
    return pa.table(
        {
            "key": key.cast(pa.string()),
            "row": row.cast(pa.int64()),
            "of": pa.array([of] * len(key), pa.string()),
            "prediction": pa.array(prediction, pa.float64()),
            "uncertainty": pa.array(uncertainty, pa.float64()),
            "stands_for": pa.array(typical, pa.float64(), from_pandas=True),
        }
    )
