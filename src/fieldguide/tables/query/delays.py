"""How long labels take to arrive, and which rows are too young for theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np

from fieldguide.tables import engines as engine
from fieldguide.tables.counting import literal, real, whole
from fieldguide.tables.query.places import row
from fieldguide.tables.tally import STEEPNESS, Floats, Ints

MINUTE = 60.0


@dataclass(frozen=True)
class Aged:
    """Rows of one age: how many, how many of them have a label, and how many a yes (a label above zero)."""

    rows: int = 0
    labeled: int = 0
    yes: int = 0


@dataclass(frozen=True, eq=False)
class Delays:
    """Rows old enough for their label, and others, seen from the last instant that the table knows of.

    `mature` rows are at least as old as the label takes at most, `young` ones are not. `seconds` are delays
    (the middles of buckets of 4 %), `no` and `yes` how many mature labels had them; `late` of those labels
    arrived after the longest that was declared. All delays are empty where nothing says when labels were known.
    """

    mature: Aged
    young: Aged
    seconds: Floats
    no: Ints
    yes: Ints
    late: int = 0

    def quantile(self, share: float, which: Ints | None = None) -> float:
        """Return within how many seconds so large a share of the mature labels arrived; NaN without any."""
        counts = self.no + self.yes if which is None else which
        if not counts.sum():
            return float("nan")
        reached = np.cumsum(counts)
        return float(self.seconds[np.searchsorted(reached, share * reached[-1], side="left")])


def delays(table: ibis.Table, arrives_within: float, *, told: bool) -> Delays:
    """Count delays and ages; `arrives_within` is in seconds, `told` says that `__known_at` is known."""
    time, y = engine.microseconds(table["__time"]), table["__label"]
    known = engine.microseconds(table["__known_at"]) if told else ibis.null("int64")
    t = table.select(at=time, known=ibis.ifelse(y.notnull(), known, None), y=y).filter(
        lambda t: t["at"].notnull()
    )
    last = row(t.aggregate(at=t["at"].max(), known=t["known"].max()))
    watermark = max(last["at"] or 0, last["known"] or 0)
    limit = round(arrives_within * 1e6)
    t = t.mutate(
        mature=t["at"] + limit <= watermark,
        yes=(t["y"] > literal(0)).fill_null(False),
        late=(t["known"] - t["at"] > limit).fill_null(False),
        bucket=_bucket((t["known"] - t["at"]) / literal(1e6)),
    )
    by = ["mature", "yes", "late", "bucket"]
    found = engine.to_arrow(t.group_by(by).agg(n=t.count(), labeled=t["y"].count()))
    n, labeled = whole(found["n"]), whole(found["labeled"])
    mature, yes, late = (np.asarray(found[name].to_pylist(), dtype=np.bool_) for name in by[:3])
    ages = [
        Aged(int(n[is_].sum()), int(labeled[is_].sum()), int(labeled[is_ & yes].sum()))
        for is_ in (mature, ~mature)
    ]
    there = ~np.asarray(found["bucket"].is_null()) & mature
    bucket = real(found["bucket"])[there]
    buckets = np.unique(bucket)
    counts = []
    for which in (~yes, yes):
        of = np.zeros(len(buckets), dtype=np.int64)
        np.add.at(of, np.searchsorted(buckets, bucket[which[there]]), labeled[there][which[there]])
        counts.append(of)
    seconds = MINUTE * np.sinh(buckets / STEEPNESS)
    return Delays(ages[0], ages[1], seconds, counts[0], counts[1], int(labeled[there & late].sum()))


def _bucket(seconds: Any) -> Any:
    """Return the bucket of a delay: linear within a minute, logarithmic beyond; null for null."""
    z = seconds.abs() / literal(MINUTE)
    bucket = ((z + (z * z + literal(1.0)).sqrt()).ln() * literal(STEEPNESS) + literal(0.5)).floor()
    return ibis.ifelse(seconds < literal(0.0), -bucket, bucket)
