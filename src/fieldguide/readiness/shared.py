"""Rows that several checks look at: drawn from a reading once, for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from fieldguide.program import Program
from fieldguide.tables import query
from fieldguide.tables.query import Labels
from fieldguide.tables.query.drawn import PLAIN, ROW, Drawn, draw
from fieldguide.tables.query.sampled import fitting, sampled
from fieldguide.tables.read import AS_CAME, Reading


@dataclass(frozen=True, eq=False)
class Shared:
    """Rows of a reading that several checks look at; they are drawn when the first of them asks.

    Where the source can be read in any order (Parquet, not CSV, no joins), one scan gives the canonical rows and
    the same rows as they came.
    """

    program: Program
    reading: Reading

    @cached_property
    def labels(self) -> Labels:
        """How many labels there are, and how they vary."""
        if self.program.label.kind == "none":
            nan = float("nan")
            return Labels(self.reading.extent.rows, 0, nan, nan, nan, nan)
        return query.labels(self.reading.table)

    @cached_property
    def drawn(self) -> Drawn:
        """Up to 50,000 rows of the canonical table, and up to 20,000 labeled ones among them or beside them."""
        return self._both[0]

    @cached_property
    def sample(self) -> pa.Table:
        """Up to 50,000 rows of the main source as they came, with `__row`: their number from 1 on."""
        came = self._both[1]
        if came is not None:
            return came
        return sampled(self.reading.parts[0].table, PLAIN, self.program.source.keys)

    @cached_property
    def plain(self) -> pa.Table:
        """Up to 50,000 rows of the canonical table, each with the same chance."""
        return self.drawn.table.filter(pa.array(self.drawn.plain))

    @cached_property
    def _both(self) -> tuple[Drawn, pa.Table | None]:
        reading, source = self.reading, self.program.source
        both = reading.both
        table = reading.table if both is None else both
        found = draw(
            table,
            self.labels,
            binary=self.program.label.kind == "binary",
            keyed=bool(source.keys),
            ordered=not source.joins,
            most=fitting(table, PLAIN),
        )
        if both is None:
            return found, None
        came = [name for name in found.table.column_names if name.startswith(AS_CAME)]
        rows = found.table.filter(pa.array(found.plain)).select([*came, ROW])
        rows = rows.rename_columns([*(name.removeprefix(AS_CAME) for name in came), ROW])
        return found.only(reading.table.columns), rows
