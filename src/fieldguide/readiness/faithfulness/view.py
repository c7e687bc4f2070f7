"""What band B may see: the types have neither label nor question."""

from __future__ import annotations

from dataclasses import dataclass

import ibis

from fieldguide.program import Feature
from fieldguide.tables.summary import Summary


@dataclass(frozen=True)
class Joined:
    """A joined source: its name, its rows as they came, its key, and the column with the time of its rows."""

    name: str
    table: ibis.Table
    key: tuple[str, ...]
    event: str | None


@dataclass(frozen=True)
class Faithful:
    """What band B may see: rows without the label, their summary, and what is declared of the columns."""

    table: ibis.Table
    rows: int
    summary: Summary
    features: tuple[Feature, ...]
    key: tuple[str, ...]
    entity: str | None
    timed: bool
    joined: tuple[Joined, ...]
