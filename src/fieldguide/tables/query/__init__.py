"""Named queries on the canonical table: what needs rows, not counts of buckets, with small results.

Each answers one question in one pass (two where examples are shown), exactly, and returns a frozen value of
bounded size: never rows in bulk. They are Ibis expressions, so that they run where the table lives. Columns
whose names begin with two underscores are those of the canonical table (`tables.read`).
"""

from __future__ import annotations

from fieldguide.tables.query.keys import Duplicates, duplicate_keys
from fieldguide.tables.query.labels import ByLabel, Labels, by_label, labels
from fieldguide.tables.query.periods import Periods, by_spans, rows_by_period, rows_by_span
from fieldguide.tables.query.places import (
    Found,
    beyond,
    equal_to,
    joined_share,
    not_finite,
    place,
    reaching,
    size,
    times_after,
    times_not_after,
)
from fieldguide.tables.query.texts import distinct_texts

__all__ = [
    "ByLabel",
    "Duplicates",
    "Found",
    "Labels",
    "Periods",
    "beyond",
    "by_label",
    "by_spans",
    "distinct_texts",
    "duplicate_keys",
    "equal_to",
    "joined_share",
    "labels",
    "not_finite",
    "place",
    "reaching",
    "rows_by_period",
    "rows_by_span",
    "size",
    "times_after",
    "times_not_after",
]
