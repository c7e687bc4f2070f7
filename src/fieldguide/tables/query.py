"""Named queries on the canonical table: what needs rows, not counts of buckets, with small results.

Each answers one question in one pass (two where examples are shown), exactly, and returns a frozen value of
bounded size: never rows in bulk. They are Ibis expressions, so that they run where the table lives. Columns
whose names begin with two underscores are those of the canonical table (`tables.read`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
from numpy.typing import NDArray

from fieldguide.tables.counting import literal, real, seconds, whole
from fieldguide.tables.engines import duckdb as engine
from fieldguide.tables.slicing import instant
from fieldguide.tables.tally import FARTHEST, STEEPNESS, Floats, Grid, Ints

EXAMPLES = 10
"""Rows that are shown at most."""
PERIODS = 12
"""Equal stretches of time into which a table is cut when it is looked at over time."""
MOST_PATTERNS = 1_000
MOST_TEXTS = 200
LARGEST = float(np.finfo(np.float64).max)
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Duplicates:
    """Keys that more than one row has.

    `keys` such keys on `rows` rows, of which `copies` repeat another row in every column; `null` rows have
    no key; `examples` are the keys with the most rows.
    """

    keys: int
    rows: int
    copies: int
    null: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """Rows that were looked for: how many, and up to ten of them by key (or time) with their values."""

    rows: int
    examples: tuple[str, ...] = ()
    values: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class NullPatterns:
    """Which columns are missing together.

    One line a pattern, the most frequent first: `flags` (patterns, masked) is true where the column is
    missing, `rows` (patterns,) counts them. `counts`, `sums` and `squares` (patterns, numbers) are of the
    finite values of the columns `numbers`, about the given centers. `complete` is false when there are more
    than 1,000 patterns; the rest is then left out.
    """

    masked: tuple[str, ...]
    numbers: tuple[str, ...]
    flags: Flags
    rows: Ints
    counts: Ints
    sums: Floats
    squares: Floats
    complete: bool = True


@dataclass(frozen=True, eq=False)
class NullsBy:
    """How often columns are missing by the value of another: `rows` (values,), `nulls` (values, masked)."""

    column: str
    masked: tuple[str, ...]
    values: tuple[str, ...]
    rows: Ints
    nulls: Ints


@dataclass(frozen=True)
class Labels:
    """What is known of the label: rows, rows with a label, and the label's mean, variance, lowest, highest."""

    rows: int
    labeled: int
    mean: float
    variance: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class ByLabel:
    """A column against the label: one line a value (or bucket), nulls apart in the last line.

    `values` name the lines in their order (None for columns whose values were left unnamed because there
    are too many: then lines with the same counts are put together, `times` of them). `labeled` rows have a
    label, `total` and `squares` are its sums, `unlabeled` rows have none.
    """

    column: str
    kind: str
    values: tuple[Any, ...] | None
    times: Ints
    labeled: Ints
    total: Floats
    squares: Floats
    unlabeled: Ints
    null: tuple[int, float, float, int]


@dataclass(frozen=True, eq=False)
class Periods:
    """Rows in equal stretches of time: `since` each stretch starts (ISO 8601), `rows` in it."""

    since: tuple[str | None, ...]
    rows: Ints
    untimed: int


def size(table: ibis.Table) -> int:
    """Return the number of rows."""
    return int(_row(table.aggregate(n=table.count()))["n"])


def reaching(table: ibis.Table, columns: Sequence[str], least: int) -> list[str]:
    """Return the columns, all of whole numbers, whose largest value is at least so large."""
    if not columns:
        return []
    found = _row(table.aggregate(**{f"m{i}": table[name].max() for i, name in enumerate(columns)}))
    return [name for i, name in enumerate(columns) if (found[f"m{i}"] or 0) >= least]


def duplicate_keys(table: ibis.Table, columns: Sequence[str] = ("__key",)) -> Duplicates:
    """Return which values of `columns` together occur on more than one row; nulls are counted apart."""
    whole_key = [table[name].notnull() for name in columns]
    keyed = table.filter(*whole_key)
    groups = keyed.group_by(list(columns)).agg(__n=keyed.count())
    twice = groups.filter(groups["__n"] > 1)
    lacking = table.aggregate(null=(1 - _all(whole_key)).sum())
    found = _row(twice.aggregate(keys=twice.count(), rows=twice["__n"].sum()))
    null = int(_row(lacking)["null"] or 0)
    if not found["keys"]:
        return Duplicates(0, 0, 0, null, ())
    name = _joined(twice, columns)
    shown = twice.select(__n=twice["__n"], __name=name).order_by(ibis.desc("__n"), "__name").limit(EXAMPLES)
    rows = keyed.semi_join(twice, list(columns))
    same = rows.group_by(list(rows.columns)).agg(__n=rows.count())
    copies = _row(same.aggregate(copies=(same["__n"] - 1).sum()))["copies"]
    examples = engine.to_arrow(shown)["__name"].to_pylist()
    return Duplicates(int(found["keys"]), int(found["rows"]), int(copies), null, tuple(examples))


def beyond(table: ibis.Table, column: str, below: float | None = None, above: float | None = None) -> Found:
    """Return the rows whose finite value in `column` lies below or above a bound, the farthest first."""
    x = seconds(table, column, "timestamp" if table[column].type().is_timestamp() else "number")
    t = table.select(__x=x, __place=place(table)).filter(lambda t: t["__x"].abs() <= literal(LARGEST))
    over = ibis.literal(0.0)
    if below is not None:
        over = ibis.greatest(over, literal(below) - t["__x"])
    if above is not None:
        over = ibis.greatest(over, t["__x"] - literal(above))
    t = t.mutate(__over=over).filter(lambda t: t["__over"] > literal(0.0))
    return _found(t, ibis.desc("__over"))


def not_finite(table: ibis.Table, column: str) -> Found:
    """Return the rows whose value in `column` is NaN or infinite."""
    x = table[column].cast("float64")
    t = table.select(__x=x, __place=place(table)).filter(lambda t: t["__x"].notnull())
    return _found(t.filter(~(t["__x"].abs() <= literal(LARGEST))), "__place")


def equal_to(table: ibis.Table, column: str, value: float, within: float = 0.0) -> Found:
    """Return the rows with this value in `column` (seconds since 1970 for timestamps), or `within` so much of it."""
    x = seconds(table, column, "timestamp" if table[column].type().is_timestamp() else "number")
    t = table.select(__x=x, __place=place(table))
    close = t["__x"].between(literal(value - within), literal(value + within))
    return _found(t.filter(close), "__place")


def times_after(table: ibis.Table, later: str, earlier: str = "__time") -> Found:
    """Return the rows on which the instant `later` lies after the instant `earlier`, the farthest first."""
    gap = engine.microseconds(table[later]) - engine.microseconds(table[earlier])
    t = table.select(__x=gap / literal(1e6), __place=place(table))
    return _found(t.filter(t["__x"] > literal(0.0)), ibis.desc("__x"))


def times_not_after(table: ibis.Table, later: str = "__known_at", earlier: str = "__time") -> Found:
    """Return the rows on which `later` does not lie after `earlier`; `values` are seconds, negative or zero."""
    gap = engine.microseconds(table[later]) - engine.microseconds(table[earlier])
    t = table.select(__x=gap / literal(1e6), __place=place(table))
    return _found(t.filter(t["__x"] <= literal(0.0)), "__x")


def null_patterns(table: ibis.Table, masked: Sequence[str], centers: Mapping[str, float]) -> NullPatterns:
    """Return which of the columns `masked` are missing together, with moments of the columns in `centers`."""
    flags = {f"f{i}": table[name].isnull() for i, name in enumerate(masked)}
    finite = {
        f"x{i}": ibis.ifelse(x.abs() <= literal(LARGEST), x - literal(center), None)
        for i, (x, center) in enumerate((table[name].cast("float64"), c) for name, c in centers.items())
    }
    t = table.select(**flags, **finite)
    added: dict[str, Any] = {"n": t.count()}
    for name in finite:
        added |= {
            f"c_{name}": t[name].count(),
            f"s_{name}": t[name].sum(),
            f"q_{name}": (t[name] * t[name]).sum(),
        }
    groups = t.group_by(list(flags)).agg(**added)
    found = engine.to_arrow(groups.order_by(ibis.desc("n"), *flags).limit(MOST_PATTERNS + 1))
    complete = len(found) <= MOST_PATTERNS
    found = found.slice(0, MOST_PATTERNS)

    def stack(prefix: str) -> Floats:
        columns = [np.nan_to_num(real(found[f"{prefix}_{name}"])) for name in finite]
        return np.stack(columns, axis=1) if columns else np.zeros((len(found), 0))

    lines = [found[name].to_numpy(zero_copy_only=False).astype(bool) for name in flags]
    return NullPatterns(
        masked=tuple(masked),
        numbers=tuple(centers),
        flags=np.stack(lines, axis=1) if lines else np.zeros((len(found), 0), dtype=bool),
        rows=whole(found["n"]),
        counts=stack("c").astype(np.int64),
        sums=stack("s"),
        squares=stack("q"),
        complete=complete,
    )


def no_nulls() -> NullPatterns:
    """Return the patterns of a table without missing values."""
    nothing = np.zeros((0, 0))
    none = nothing.astype(np.int64)
    return NullPatterns((), (), nothing.astype(bool), none[:, 0:0].sum(axis=1), none, nothing, nothing)


def no_periods(masked: Sequence[str]) -> NullsBy:
    """Return what `nulls_by_period` says of rows without a time."""
    nothing = np.zeros((0, len(masked)), dtype=np.int64)
    return NullsBy("__time", tuple(masked), (), np.zeros(0, dtype=np.int64), nothing)


def nulls_by_value(table: ibis.Table, masked: Sequence[str], column: str) -> NullsBy:
    """Return how often the columns `masked` are missing, for each of the 200 most frequent values of `column`."""
    return _nulls_by(table, masked, column, table[column].cast("string"))


def nulls_by_period(table: ibis.Table, masked: Sequence[str]) -> NullsBy:
    """Return how often the columns `masked` are missing in each of twelve equal stretches of time."""
    edges = _edges(table)
    if edges is None:
        return no_periods(masked)
    found = _nulls_by(table, masked, "__time", _period(table, *edges).cast("string"))
    starts = tuple(_start(int(value), *edges) for value in found.values)
    order = np.argsort([int(value) for value in found.values])
    return NullsBy(
        "__time", found.masked, tuple(starts[i] for i in order), found.rows[order], found.nulls[order]
    )


def labels(table: ibis.Table) -> Labels:
    """Return how many rows have a label and how it varies."""
    y = table["__label"]
    found = _row(
        table.aggregate(
            n=table.count(), k=y.count(), mean=y.mean(), variance=y.var(how="pop"), low=y.min(), high=y.max()
        )
    )
    nan = float("nan")
    mean, variance, low, high = (
        nan if found[x] is None else float(found[x]) for x in ("mean", "variance", "low", "high")
    )
    return Labels(int(found["n"]), int(found["k"]), mean, variance, low, high)


def by_label(
    table: ibis.Table, column: str, kind: str, grid: Grid | None = None, few: bool = True
) -> ByLabel:
    """Count the label by the values of a column.

    Numbers are counted by value when `few`, else by bucket of `grid`; timestamps by bucket of their distance
    from the prediction (`__time`) in seconds; categories and booleans by value when `few`, else values with
    equal counts are put together.
    """
    if kind == "timestamp":
        gap = (engine.microseconds(table[column]) - engine.microseconds(table["__time"])) / literal(1e6)
        x: Any = _bucket(gap, grid or Grid(0.0, 60.0))
    elif kind == "number":
        finite = table[column].cast("float64")
        finite = ibis.ifelse(finite.abs() <= literal(LARGEST), finite, None)
        x = finite if few or grid is None else _bucket(finite, grid)
    else:
        x = table[column].cast("string")
    t = table.select(x=x, y=table["__label"])
    grouped = t.group_by("x").agg(
        k=t.y.count(), s=t.y.sum().coalesce(0.0), q=(t.y * t.y).sum().coalesce(0.0), u=t.count() - t.y.count()
    )
    if few or kind in ("number", "timestamp"):
        found = engine.to_arrow(grouped.mutate(times=ibis.literal(1)))
    else:
        grouped = grouped.mutate(x=grouped.x.isnull())
        together = grouped.group_by(["x", "k", "s", "q", "u"]).agg(times=grouped.count())
        found = engine.to_arrow(together.mutate(x=ibis.ifelse(together.x, None, 1)))
    null = np.asarray(found["x"].is_null())
    k, u, times = (whole(found[name]) for name in ("k", "u", "times"))
    s, q = real(found["s"]), real(found["q"])
    names = found["x"].to_pylist()
    kept = [i for i in range(len(names)) if not null[i]]
    named = few or kind in ("number", "timestamp")
    if named:
        kept.sort(key=lambda i: names[i])
    else:
        kept.sort(key=lambda i: (k[i], s[i], u[i]))
    lost = (int(k[null].sum()), float(s[null].sum()), float(q[null].sum()), int(u[null].sum()))
    values = tuple(names[i] for i in kept) if named else None
    return ByLabel(column, kind, values, times[kept], k[kept], s[kept], q[kept], u[kept], lost)


def rows_by_period(table: ibis.Table) -> Periods:
    """Return the rows in each of twelve equal stretches of time, from the first row to the last."""
    untimed = int(_row(table.aggregate(n=table["__time"].isnull().sum().coalesce(0)))["n"])
    edges = _edges(table)
    if edges is None:
        return Periods((), np.zeros(0, dtype=np.int64), untimed)
    t = table.select(p=_period(table, *edges))
    t = t.filter(t.p.notnull())
    found = engine.to_arrow(t.group_by("p").agg(n=t.count()))
    rows = np.zeros(PERIODS, dtype=np.int64)
    rows[whole(found["p"])] = whole(found["n"])
    return Periods(tuple(_start(p, *edges) for p in range(PERIODS)), rows, untimed)


def joined_share(table: ibis.Table, event: str) -> tuple[int, int]:
    """Return how many rows found a partner in a joined source (its event time is there), and how many there are."""
    found = _row(table.aggregate(found=table[event].count(), rows=table.count()))
    return int(found["found"]), int(found["rows"])


def distinct_texts(table: ibis.Table, column: str, most: int = 2_000) -> tuple[tuple[str, int], ...]:
    """Return up to `most` distinct values of a column as text, each with its rows.

    Of more, those with the smallest md5: the same ones on every engine, in whatever order the rows come.
    """
    t = table.select(x=table[column].cast("string")).filter(lambda t: t.x.notnull())
    grouped = t.group_by("x").agg(n=t.count())
    chosen = grouped.mutate(h=grouped.x.hexdigest("md5")).order_by("h").limit(most)
    found = engine.to_arrow(chosen.select("x", "n"))
    return tuple(sorted(zip(found["x"].to_pylist(), whole(found["n"]).tolist(), strict=True)))


def _all(conditions: Sequence[Any]) -> Any:
    out = conditions[0]
    for one in conditions[1:]:
        out = out & one
    return out.cast("int64")


def _row(expression: ibis.Table) -> dict[str, Any]:
    line: dict[str, Any] = engine.to_arrow(expression).to_pylist()[0]
    return line


def _joined(table: ibis.Table, columns: Sequence[str]) -> Any:
    text = table[columns[0]].cast("string")
    for name in columns[1:]:
        text = text.concat(ibis.literal("|"), table[name].cast("string"))
    return text


def place(table: ibis.Table) -> Any:
    """Return what a row is shown by: its key, or its time where it has none."""
    nothing = ibis.null("string")
    key = table["__key"].cast("string") if "__key" in table.columns else nothing
    time = table["__time"].cast("string") if "__time" in table.columns else nothing
    return key.coalesce(time)


def _found(matching: ibis.Table, order: Any) -> Found:
    n = int(_row(matching.aggregate(n=matching.count()))["n"])
    if not n:
        return Found(0)
    top = matching.select("__x", "__place", *(["__over"] if "__over" in matching.columns else []))
    by = ["__place"] if isinstance(order, str) and order == "__place" else [order, "__place"]
    shown = engine.to_arrow(top.order_by(by).limit(EXAMPLES))
    places = tuple(place for place in shown["__place"].to_pylist() if place is not None)
    return Found(n, places, tuple(real(shown["__x"]).tolist()))


def _nulls_by(table: ibis.Table, masked: Sequence[str], column: str, value: Any) -> NullsBy:
    t = table.select(
        x=value, **{f"m{i}": table[name].isnull().cast("int64") for i, name in enumerate(masked)}
    )
    t = t.filter(t.x.notnull())
    sums = {f"m{i}": t[f"m{i}"].sum() for i in range(len(masked))}
    groups = t.group_by("x").agg(n=t.count(), **sums).order_by(ibis.desc("n"), "x").limit(MOST_TEXTS)
    found = engine.to_arrow(groups)
    nulls = [whole(found[f"m{i}"]) for i in range(len(masked))]
    stacked = np.stack(nulls, axis=1) if nulls else np.zeros((len(found), 0), dtype=np.int64)
    return NullsBy(column, tuple(masked), tuple(found["x"].to_pylist()), whole(found["n"]), stacked)


def _edges(table: ibis.Table) -> tuple[int, int] | None:
    us = engine.microseconds(table["__time"])
    found = _row(table.aggregate(low=us.min(), high=us.max()))
    return None if found["low"] is None else (int(found["low"]), int(found["high"]) + 1)


def _period(table: ibis.Table, low: int, high: int) -> Any:
    width = (high - low) / PERIODS
    offset = (engine.microseconds(table["__time"]) - low) / literal(width)
    return offset.floor().clip(lower=0, upper=PERIODS - 1).cast("int64")


def _start(period: int, low: int, high: int) -> str:
    return str(instant(low + round(period * (high - low) / PERIODS)))


def _bucket(x: Any, grid: Grid) -> Any:
    """Return the bucket of a finite number on `grid`, by the formula of a summary; null for null."""
    z = (x - literal(grid.anchor)) / literal(grid.scale)
    m = ibis.ifelse(z.abs() > literal(FARTHEST), literal(FARTHEST), z.abs())  # DuckDB's least(null, x) is x
    bucket = ((m + (m * m + literal(1.0)).sqrt()).ln() * literal(STEEPNESS) + literal(0.5)).floor()
    return ibis.ifelse(z < literal(0.0), -bucket, bucket)
