"""A source with what several checks of it share: a sample of its rows, its columns, what was found in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from fieldguide.readiness.accessibility.privacy import presidio
from fieldguide.readiness.accessibility.privacy.cells import Cells, cells
from fieldguide.readiness.accessibility.privacy.hiding import Hidden
from fieldguide.readiness.accessibility.privacy.kinds import KINDS, declares
from fieldguide.readiness.accessibility.privacy.table import Looked, look
from fieldguide.tables.query.sampled import sampled
from fieldguide.tables.read import Part, Reading

MOST_ROWS = 50_000
"""Rows of a source that are sampled."""
MOST_LOOKED = 10_000
"""Rows of the sample whose values are looked at one by one."""
FEW_FLOATS = 1_000
"""Rows of the sample that are looked at in columns of floats: little hides in them, and each value is its own."""
MOST_COLUMNS = 300
"""Columns of a source that are looked at for personal data."""


@dataclass(frozen=True, eq=False)
class Look:
    """One source of a reading; `name` is that of a joined one, None for the main one.

    `given` makes the sample of rows (with `__row`) where somebody else needs it too.
    """

    part: Part
    name: str | None = None
    given: Callable[[], pa.Table] | None = None

    @cached_property
    def sample(self) -> pa.Table:
        """Up to 50,000 rows as they came, with `__row`: their number from 1 on."""
        return self.given() if self.given is not None else sampled(self.part.table, MOST_ROWS)

    @cached_property
    def columns(self) -> Mapping[str, Cells]:
        """The distinct values of each column."""
        rows = self.sample
        names = [name for name in rows.column_names if name != "__row"][:MOST_COLUMNS]
        if len(rows) > MOST_LOOKED:
            rows = rows.take(pa.array(range(0, len(rows), len(rows) // MOST_LOOKED + 1)))
        few = rows.slice(0, FEW_FLOATS)
        floats = {name for name in names if pa.types.is_floating(rows[name].type)}
        return {name: cells(name, (few if name in floats else rows)[name]) for name in names}

    @cached_property
    def personal(self) -> Looked:
        """What the columns hold of persons."""
        columns = list(self.columns.values())
        return look(columns, presidio.matches(columns))


def looks_at(reading: Reading, sample: Callable[[], pa.Table] | None = None) -> tuple[Look, ...]:
    """Return the sources of a reading, the main one first; `sample` gives rows of that one."""
    main, *joined = reading.parts
    return (Look(main, given=sample), *(Look(part, part.name) for part in joined))


def to_hide(looks: Sequence[Look]) -> Hidden:
    """Return which columns hold personal data and the values of theirs that findings must not show."""
    columns: set[str] = set()
    texts: set[str] = set()
    for one in looks:
        found = one.personal.found
        said = one.part.source.personal_data or ""
        doubtful = (*one.personal.hints, *one.personal.quasi.items())
        columns |= {*found, *(name for name, match in doubtful if declares(said, match.kind))}
        for name, match in found.items():
            if KINDS[match.kind].group == "direct" and match.by != "text":
                held = pc.unique(one.sample[name]).to_pylist()
                texts |= {text for value in held if value is not None and len(text := str(value).strip()) > 2}
    keys = {*looks[0].part.source.keys}
    return Hidden(frozenset(columns), frozenset(texts), bool(keys & columns), frozenset(looks[0].columns))
