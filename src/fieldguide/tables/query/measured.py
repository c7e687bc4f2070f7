"""What was measured more than once: within one source (repeats), or anew in another one (audit); and row weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import ibis

from fieldguide.tables import engines as engine
from fieldguide.tables.counting import literal
from fieldguide.tables.query.places import EXAMPLES, LARGEST, row
from fieldguide.tables.typed import Column as Given
from fieldguide.tables.typed import cell, key, prepared, text
from fieldguide.tables.written import NOTHING


class Column(Protocol):
    """What these queries ask of a feature."""

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> str: ...


@dataclass(frozen=True)
class Again:
    """A number of things that were measured more than once.

    `things` were, with `values` values in all; `sizes` is the sum of the squares of the values a thing;
    `between`, `within` are the sums of squares between things and within them.
    """

    things: int
    values: int
    sizes: int
    between: float
    within: float


@dataclass(frozen=True)
class Named:
    """A name of things that were named more than once: of `pairs` of names of one thing, `equal` agree."""

    things: int
    pairs: int
    equal: int


@dataclass(frozen=True)
class Compared:
    """A column against the same rows of an audit.

    Of `pairs` rows with a value on both sides `equal` agree; `one_sided` have a value on one side only. Of
    numbers, `bias` is the mean of ours minus theirs, `deviation` the standard deviation of that, `spread` that of theirs
    (NaN otherwise). `examples` are keys of rows that differ, the farthest first.
    """

    pairs: int
    equal: int
    one_sided: int
    bias: float
    deviation: float
    spread: float
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Weights:
    """The weights of rows: how many there are, are negative, zero or not finite; sum, sum of squares, largest; `missing` ones count as 1."""

    rows: int
    negative: int
    zero: int
    odd: int
    total: float
    squares: float
    largest: float
    missing: int = 0


def measured_again(
    table: ibis.Table,
    repeats: Sequence[str],
    columns: Sequence[Column],
    centers: Mapping[str, float],
    zone: str,
) -> dict[str, Again | Named]:
    """Return, by column, how values differ within equal values of `repeats`, of a source as it came.

    Numbers are taken about `centers`; categories and booleans by their text.
    """
    ready, cells = _cells(table, columns, zone)
    things = {f"g{i}": text(Given(ready, name, "the source")) for i, name in enumerate(repeats)}
    t = ready.select(**things, **{f"x{i}": cells[c.name] for i, c in enumerate(columns)})
    t = t.filter(*(t[g].notnull() for g in things))
    numbers = [(i, c) for i, c in enumerate(columns) if c.kind == "number"]
    found: dict[str, Again | Named] = {}
    if numbers:
        finite = {
            f"x{i}": ibis.ifelse(
                t[f"x{i}"].abs() <= literal(LARGEST), t[f"x{i}"] - literal(centers.get(c.name, 0.0)), None
            )
            for i, c in numbers
        }
        t_ = t.select(*things, **finite)
        sums: dict[str, Any] = {}
        for i, _ in numbers:
            x = t_[f"x{i}"]
            sums |= {f"n{i}": x.count(), f"s{i}": x.sum(), f"q{i}": (x * x).sum()}
        groups = t_.group_by(list(things)).agg(**sums)
        added: dict[str, Any] = {}
        for i, _ in numbers:
            twice = groups[f"n{i}"] >= 2
            n = ibis.ifelse(twice, groups[f"n{i}"], 0)
            s, q = (ibis.ifelse(twice, groups[f"{x}{i}"], 0.0) for x in "sq")
            many = ibis.ifelse(twice, groups[f"n{i}"], 1).cast("float64")
            added |= {
                f"g{i}": twice.cast("int64").sum(),
                f"n{i}": n.sum(),
                f"z{i}": (n * n).sum(),
                f"s{i}": s.sum(),
                f"b{i}": (s * s / many).sum(),
                f"q{i}": q.sum(),
            }
        line = row(groups.aggregate(**added))
        for i, c in numbers:
            n, b = int(line[f"n{i}"] or 0), float(line[f"b{i}"] or 0.0)
            between = b - float(line[f"s{i}"] or 0.0) ** 2 / n if n else 0.0
            within = max(float(line[f"q{i}"] or 0.0) - b, 0.0)
            found[c.name] = Again(
                int(line[f"g{i}"] or 0), n, int(line[f"z{i}"] or 0), max(between, 0.0), within
            )
    for i, c in enumerate(columns):
        if c.kind in ("category", "boolean"):
            found[c.name] = _named(t.select(*things, x=t[f"x{i}"].cast("string")), list(things))
    return found


def compared(
    table: ibis.Table, audit: ibis.Table, keys: Sequence[str], columns: Sequence[Column], zone: str
) -> tuple[int, int, dict[str, Compared]]:
    """Return how many rows of `audit` have a partner in `table`, how many have none, and the columns compared.

    Both are sources as they came; rows are the same when all `keys` are. Keys that occur more than once in either
    are left out. `columns` are those that both have.
    """
    ours, theirs = _keyed(table, keys, columns, zone, "a"), _keyed(audit, keys, columns, zone, "b")
    joined = engine.materialize(ours.inner_join(theirs, ours["__key_a"] == theirs["__key_b"]))
    counts: dict[str, Any] = {"n": joined.count()}
    differ: dict[str, Any] = {}
    for i, c in enumerate(columns):
        a, b = joined[f"a{i}"], joined[f"b{i}"]
        both = a.notnull() & b.notnull()
        if c.kind == "number":
            off = a - b
            size = ibis.greatest(a.abs(), b.abs())
            unequal = both & (off.abs() > size * literal(1e-9))
            off = ibis.ifelse(both, off, None)
            there = ibis.ifelse(both, b, None)
            counts |= {
                f"m{i}": off.mean(),
                f"d{i}": off.var(how="sample"),
                f"v{i}": there.var(how="sample"),
            }
            differ[c.name] = (unequal, off.abs())
        else:
            unequal = both & (a != b)
            differ[c.name] = (unequal, ibis.literal(0.0))
        counts |= {
            f"p{i}": both.cast("int64").sum(),
            f"u{i}": unequal.fill_null(False).cast("int64").sum(),
            f"o{i}": (a.isnull() != b.isnull()).cast("int64").sum(),
        }
    line = row(joined.aggregate(**counts))
    matched = int(line["n"] or 0)
    total = int(row(theirs.aggregate(n=theirs.count()))["n"])
    found = {}
    for i, c in enumerate(columns):
        pairs, unequal = int(line[f"p{i}"] or 0), int(line[f"u{i}"] or 0)
        examples: tuple[str, ...] = ()
        if unequal:
            where, far = differ[c.name]
            shown = joined.filter(where).select(k=joined["__key_a"], far=far)
            shown = shown.order_by([ibis.desc("far"), "k"]).limit(EXAMPLES)
            examples = tuple(engine.to_arrow(shown)["k"].to_pylist())
        found[c.name] = Compared(
            pairs,
            pairs - unequal,
            int(line[f"o{i}"] or 0),
            _real(line.get(f"m{i}")),
            _real(line.get(f"d{i}")) ** 0.5,
            _real(line.get(f"v{i}")) ** 0.5,
            examples,
        )
    return matched, total - matched, found


def weights(table: ibis.Table, given: ibis.Column) -> Weights:
    """Return what the weights of the rows of a canonical table are; `given` is their column as it came, in a table of its own."""
    w = table["__weight"]
    finite = w.abs() <= literal(LARGEST)
    kept = ibis.ifelse(finite & (w > literal(0.0)), w, None)
    line = row(
        table.aggregate(
            n=table.count(),
            negative=(finite & (w < literal(0.0))).cast("int64").sum(),
            zero=(w == literal(0.0)).cast("int64").sum(),
            odd=(~finite).cast("int64").sum(),
            total=kept.sum(),
            squares=(kept * kept).sum(),
            largest=kept.max(),
        )
    )
    n, negative, zero, odd = (int(line[name] or 0) for name in ("n", "negative", "zero", "odd"))
    total, squares, largest = (float(line[name] or 0.0) for name in ("total", "squares", "largest"))
    nothing = given.isnull()
    if given.type().is_string():
        nothing |= given.strip().lower().isin(NOTHING)
    missing = row(nothing.cast("int64").sum().name("missing").as_table())["missing"]
    return Weights(n, negative, zero, odd, total, squares, largest, int(missing or 0))


def _cells(table: ibis.Table, columns: Sequence[Column], zone: str) -> tuple[ibis.Table, dict[str, Any]]:
    ready = prepared(table, [(c.name, c.kind) for c in columns])
    return ready, {c.name: cell(Given(ready, c.name, "the source"), c.kind, zone).value for c in columns}


def _keyed(
    table: ibis.Table, keys: Sequence[str], columns: Sequence[Column], zone: str, side: str
) -> ibis.Table:
    """Return the columns of a side under short names, rows whose key is theirs alone."""
    ready, cells = _cells(table, columns, zone)
    named = key([Given(ready, name, "the source") for name in keys])
    values = {
        f"{side}{i}": ibis.ifelse(x.abs() <= literal(LARGEST), x, None)
        if c.kind == "number"
        else x.cast("string")
        for i, (c, x) in enumerate((c, cells[c.name]) for c in columns)
    }
    name = f"__key_{side}"
    t = ready.select(**{name: named}, **values).filter(lambda t: t[name].notnull())
    alone = t.group_by(name).agg(__n=t.count())
    return t.semi_join(alone.filter(alone["__n"] == 1), name)


def _named(t: ibis.Table, things: list[str]) -> Named:
    t = t.filter(t.x.notnull())
    by_name = t.group_by([*things, "x"]).agg(c=t.count())
    groups = by_name.group_by(things).agg(n=by_name.c.sum(), e=(by_name.c * by_name.c).sum())
    twice = groups.filter(groups.n >= 2)
    line = row(
        twice.aggregate(g=twice.count(), n=twice.n.sum(), z=(twice.n * twice.n).sum(), e=twice.e.sum())
    )
    n, z, e = (int(line[name] or 0) for name in "nze")
    return Named(int(line["g"] or 0), (z - n) // 2, (e - n) // 2)


def _real(value: Any) -> float:
    return float("nan") if value is None else float(value)
