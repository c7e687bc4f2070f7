"""What band B may see: the types have neither label nor question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import ibis
import pyarrow as pa

from fieldguide.program import Feature, Source
from fieldguide.tables.query.sampled import sampled
from fieldguide.tables.summary import Summary

MOST_SAMPLED = 50_000


@dataclass(frozen=True)
class Joined:
    """A joined source: its name, its rows as they came, its key, and the column with the time of its rows."""

    name: str
    table: ibis.Table
    key: tuple[str, ...]
    event: str | None


@dataclass(frozen=True)
class Faithful:
    """What band B may see: rows without the label, their summary, and what is declared of the columns.

    `raw` is the main source as it came, all its columns (text throughout for CSV), none of them known to be a
    label; `sample` are up to 50,000 rows of it, the same ones wherever they lie (`draw` makes them where others
    look at them, too).
    """

    table: ibis.Table
    rows: int
    summary: Summary
    features: tuple[Feature, ...]
    key: tuple[str, ...]
    entity: str | None
    timed: bool
    joined: tuple[Joined, ...]
    raw: ibis.Table
    source: Source
    draw: Callable[[], pa.Table] | None = None

    @cached_property
    def sample(self) -> pa.Table:
        """Up to 50,000 rows of `raw`, chosen by the md5 of their key, with `__row`: their number from 1 on."""
        return sampled(self.raw, MOST_SAMPLED, self.key) if self.draw is None else self.draw()
