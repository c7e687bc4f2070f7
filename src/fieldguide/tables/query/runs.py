"""Runs of equal values: how long a column stays the same, row after row.

The rows are sorted once by the engine and stream by; what is kept is how many runs there are of each
length, and the ten longest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fieldguide.tables import engines as engine
from fieldguide.tables.counting import real, whole
from fieldguide.tables.query.places import EXAMPLES, place
from fieldguide.tables.slicing import instant, instant_of, whole_of
from fieldguide.tables.tally import Flags, Floats, Ints

AT_ONCE = 2_500_000
"""Rows that are sorted at once, about."""
BINS = 4_096


@dataclass(frozen=True)
class Run:
    """Rows in a row (by time, then key) with one value: how many, which value, from when, by the first key."""

    rows: int
    value: float
    since: str | None = None
    key: str | None = None


@dataclass(frozen=True, eq=False)
class Runs:
    """The runs of equal values of a column: `times[i]` runs are `lengths[i]` rows long; `longest` are shown.

    `usual` are the runs of the one value that was told apart (`runs(apart=…)`), which are not among these.
    """

    column: str
    lengths: Ints
    times: Ints
    longest: tuple[Run, ...]
    usual: Runs | None = None


def runs(
    table: ibis.Table,
    columns: Sequence[str],
    by: str | None = None,
    apart: Mapping[str, float] | None = None,
) -> dict[str, Runs]:
    """Return how long the runs of equal values of numbers are, in the order of time and key.

    Nulls end a run and form none. `by` keeps the rows of each value of a column (an entity) together;
    `apart` names for some columns a value whose runs are counted apart from the others' (`Runs.usual`). The rows
    stream by: as they lie where that is their order, else sorted, a few million at a time.
    """
    if not columns:
        return {}
    order = [*([] if by is None else [by]), "__time", "__key"]
    t = table.select(*order, **{f"x{i}": table[name].cast("float64") for i, name in enumerate(columns)})
    found = _counted(_in_order(t), columns, apart or {}) if by is None else None
    if found is None:
        found = _counted(_sorted(t, order, by), columns, apart or {})
        assert found is not None
    return found


def _counted(
    parts: Iterator[pa.RecordBatch | None], columns: Sequence[str], apart: Mapping[str, float]
) -> dict[str, Runs] | None:
    """Return the runs in rows that stream by in their order; None where a None says that they do not."""
    running = {name: _Running(name, apart.get(name)) for name in columns}
    last: Any = None
    for batch in parts:
        if batch is None:
            return None
        turns, last = _turns(batch["b"], last)
        for i, name in enumerate(columns):
            running[name].add(real(pa.chunked_array([batch[f"x{i}"]])), turns, batch)
    return {name: one.result() for name, one in running.items()}


def _streamed(t: ibis.Table, by: str | None) -> Iterator[pa.RecordBatch]:
    values = [name for name in t.columns if not name.startswith("__") and name != by]
    yield from engine.stream(
        t.select(
            *values,
            b=ibis.literal(0) if by is None else t[by],
            at=engine.microseconds(t["__time"]),
            place=place(t),
        )
    )


def _sorted(t: ibis.Table, order: Sequence[str], by: str | None) -> Iterator[pa.RecordBatch]:
    for part in _parts(t, by):
        yield from _streamed(part.order_by(order), by)


def _in_order(t: ibis.Table) -> Iterator[pa.RecordBatch | None]:
    """Yield the rows as they lie; None, and no more, at the first that comes before the one above it."""
    above: tuple[int, str] | None = None
    for batch in _streamed(t, None):
        if batch.num_rows:
            if batch["at"].null_count or batch["place"].null_count:
                yield None
                return
            at, names = np.asarray(batch["at"]), batch["place"]
            tied = np.flatnonzero(at[1:] == at[:-1])
            falls = pc.less(names.take(pa.array(tied + 1)), names.take(pa.array(tied)))
            first = (int(at[0]), names[0].as_py())
            if (at[1:] < at[:-1]).any() or pc.any(falls).as_py() or (above is not None and first < above):
                yield None
                return
            above = (int(at[-1]), names[-1].as_py())
        yield batch


def _parts(table: ibis.Table, by: str | None) -> Iterator[ibis.Table]:
    """Yield the table in parts that are small enough to be sorted in memory: spans of time, or entities."""
    all_ = whole_of(table)
    if all_.rows <= AT_ONCE:
        yield table
        return
    if by is not None:
        turns = -(-all_.rows // AT_ONCE)
        turn = engine.hashed(table[by].cast("string").fill_null("")) % turns
        for i in range(turns):
            yield table.filter(turn == i)
        return
    if all_.low is None or all_.high is None:
        yield table
        return
    us = engine.microseconds(table["__time"])
    width = max((all_.high - all_.low) // BINS, 1)
    t = table.select(bin=(us - all_.low) // width).filter(lambda t: t.bin.notnull())
    found = engine.to_arrow(t.group_by("bin").agg(n=t.count()).order_by("bin"))
    bins, rows = whole(found["bin"]), np.cumsum(whole(found["n"]))
    starts = bins[np.unique(np.searchsorted(rows, np.arange(0, rows[-1], AT_ONCE), side="right"))]
    # the time itself is compared, not its microseconds: then a file that is in its order is read in parts, too
    time, edges = table["__time"], [instant_of(all_.low + int(b) * width) for b in starts.tolist()]
    for low, high in zip(edges, [*edges[1:], None], strict=True):
        yield table.filter(time >= low if high is None else (time >= low) & (time < high))
    if all_.timed < all_.rows:
        yield table.filter(time.isnull())


@dataclass
class _Kind:
    """Runs of one kind that have been seen: how many of each length, and the ten longest."""

    times: Counter[int] = field(default_factory=Counter)
    longest: list[Run] = field(default_factory=list)

    def show(self, run: Run) -> None:
        """Keep a run if it is among the longest."""
        self.longest = sorted([*self.longest, run], key=lambda r: (-r.rows, r.since or ""))[:EXAMPLES]

    def result(self, column: str, usual: Runs | None = None) -> Runs:
        """Return the runs of the kind."""
        lengths = np.array(sorted(self.times), dtype=np.int64)
        times = np.array([self.times[n] for n in lengths.tolist()], dtype=np.int64)
        return Runs(column, lengths, times, tuple(self.longest), usual)


@dataclass
class _Running:
    """Runs of a column while its sorted rows stream by; `open` is the run that the last row was in."""

    column: str
    apart: float | None
    others: _Kind = field(default_factory=_Kind)
    usual: _Kind = field(default_factory=_Kind)
    open: Run | None = None

    def add(self, x: Floats, turns: Flags, batch: pa.RecordBatch) -> None:
        """Take the next rows: their values, and where another entity begins."""
        if not len(x):
            return
        goes_on = self.open is not None and not turns[0] and x[0] == self.open.value
        if (
            self.apart is None
            and len(self.others.longest) == EXAMPLES
            and not goes_on
            and not (x[1:] == x[:-1]).any()
        ):
            # no value comes twice in a row, as mostly in a column of many values
            self._close(self.open)
            there = ~np.isnan(x)
            self.others.times[1] += int(there[:-1].sum())
            at = np.array([len(x) - 1])
            self.open = _run(x, at, np.ones(1, dtype=np.int64), 0, batch) if there[-1] else None
            return
        starts = turns.copy()
        starts[1:] |= x[1:] != x[:-1]  # NaN (null) differs from itself, so that it forms runs of one
        starts[0] = not goes_on
        at = np.flatnonzero(starts)
        head = int(at[0]) if len(at) else len(x)
        if self.open is not None and goes_on:
            self.open = replace(self.open, rows=self.open.rows + head)
        if not len(at):
            return
        self._close(self.open)
        lengths = np.diff(at, append=len(x))
        full = ~np.isnan(x[at])
        common = full & (x[at] == self.apart) if self.apart is not None else np.zeros(len(at), dtype=bool)
        for kind, mine in ((self.others, full & ~common), (self.usual, common)):
            done = mine[:-1]
            counted = np.bincount(lengths[:-1][done])
            kind.times.update({n: int(k) for n, k in enumerate(counted.tolist()) if k})
            least = kind.longest[-1].rows if len(kind.longest) == EXAMPLES else 0
            candidates = np.flatnonzero(done & (lengths[:-1] > least))
            for i in candidates[np.argsort(-lengths[candidates], kind="stable")][:EXAMPLES]:
                kind.show(_run(x, at, lengths, int(i), batch))
        self.open = _run(x, at, lengths, len(at) - 1, batch) if full[-1] else None

    def result(self) -> Runs:
        """Return the runs, the last one closed."""
        self._close(self.open)
        self.open = None
        usual = self.usual.result(self.column) if self.apart is not None else None
        return self.others.result(self.column, usual)

    def _close(self, run: Run | None) -> None:
        if run is not None:
            kind = self.usual if run.value == self.apart else self.others
            kind.times[run.rows] += 1
            if len(kind.longest) < EXAMPLES or run.rows > kind.longest[-1].rows:
                kind.show(run)


def _run(x: Floats, at: Ints, lengths: Ints, i: int, batch: pa.RecordBatch) -> Run:
    start = int(at[i])
    return Run(
        int(lengths[i]), float(x[start]), instant(batch["at"][start].as_py()), batch["place"][start].as_py()
    )


def _turns(by: pa.Array, last: Any) -> tuple[Flags, Any]:
    """Return on which rows another entity begins than that of the row before, and the last row's entity."""
    turns = np.zeros(len(by), dtype=bool)
    if not len(by):
        return turns, last
    before, after = by.slice(0, len(by) - 1), by.slice(1)
    turns[1:] = np.asarray(pc.fill_null(pc.not_equal(before, after), True))
    turns[0] = by[0].as_py() != last
    return turns, by[-1].as_py()
