"""Exceptions of a dependency that have a rule of their own: where another column has a certain value, all rows deviate.

In a table of one state's hospitals, a code that begins with the state is determined by what is measured; the few rows
of another state deviate in every group. That is no error but a dependency on two columns, with too few rows to be seen as one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fieldguide.readiness.faithfulness.cells.columns import Column, Flags, Ints
from fieldguide.readiness.faithfulness.cells.conflicts import is_odd
from fieldguide.readiness.faithfulness.cells.dependencies import Dependency, Found

LEAST_GROUPS = 3
"""Groups in which the rows with that value deviate, at least: in one or two the same row may have been copied."""
ALL = 0.9
"""Share of the rows with that value that deviate, at least."""
SURPRISE = 12.0
"""How unlikely that is by chance (minus the log), at least: one in 160,000."""
MOST_DEPENDENCIES = 200
"""Dependencies that are looked at, those that hold best first."""


def explained(columns: Sequence[Column], found: Found) -> Flags:
    """Return which cells deviate from a dependency by a rule of their own (rows x columns).

    >>> import pyarrow as pa
    >>> from fieldguide.readiness.faithfulness.cells.columns import columns_of
    >>> from fieldguide.readiness.faithfulness.cells.dependencies import dependencies
    >>> place = ["here"] * 200 + ["there"] * 5
    >>> what = [f"w{i % 5}" for i in range(205)]
    >>> code = [f"{p[0]}-{w}" for p, w in zip(place, what)]
    >>> columns = columns_of(pa.table({"place": place, "what": what, "code": code}))
    >>> int(explained(columns, dependencies(columns))[:, 2].sum())
    5
    """
    told = np.zeros((len(columns[0].codes) if columns else 0, len(columns)), dtype=bool)
    best = sorted((d for d in found.dependencies if d.agreement.odd), key=lambda d: -d.agreement.gain)
    for d in best[:MOST_DEPENDENCIES]:
        _explain(columns, d, told)
    return told


def _explain(columns: Sequence[Column], d: Dependency, told: Flags) -> None:
    y = columns[d.y].known
    rows = np.flatnonzero((d.x >= 0) & (y >= 0))
    gx, gy = d.x[rows], y[rows]
    odd = is_odd(d.groups, gx, gy, d.groups.counted(gx, gy))
    chance = -np.log(max(d.agreement.odd, 1) / d.agreement.rows)
    if odd.sum() < LEAST_GROUPS or chance <= 0:
        return
    rows_odd, groups = rows[odd], gx[odd]
    for number, column in enumerate(columns):
        if number == d.y or number in d.parents:
            continue
        held = column.known[rows_odd]
        values, at = np.unique(held, return_inverse=True)
        deviate = np.bincount(at)
        for i in np.flatnonzero(
            (values >= 0) & (deviate >= LEAST_GROUPS) & (deviate * chance >= SURPRISE)
        ).tolist():
            mine = at == i
            if deviate[i] >= ALL * column.counts[values[i]] and _different(groups[mine]) >= LEAST_GROUPS:
                told[rows_odd[mine], d.y] = True


def _different(groups: Ints) -> int:
    return len(np.unique(groups))
