"""A first guess at the program for a table that nobody has described yet: what is key, time, label, feature.

Everything here is a suggestion with its reason, to be read and corrected by a person, except uniqueness of a
key, which is proved by counting.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import ibis

from fieldguide.tables import engines as engine
from fieldguide.tables.counting import literal
from fieldguide.tables.labels import likely_yes
from fieldguide.tables.names import snake
from fieldguide.tables.query.keys import all_differ
from fieldguide.tables.read import Part, read_table
from fieldguide.tables.sources import cells
from fieldguide.tables.typed import FALSE, TRUE, Column, number, prepared, timestamp
from fieldguide.tables.written import NOTHING, proved

MOST_NAMES = 200
"""A text column with more distinct values than this is drafted as free text, not as a category."""
MOSTLY = 0.95
"""Share of the values of a text column that must parse for it to be called a number or an instant."""
EXACTLY = 1_000_000
"""Up to so many rows distinct values are counted exactly, beyond by an estimate (a key is always proved)."""
SEEN = 50_000
"""Of a column with more values than this, in a table with more rows than `EXACTLY`, the first ones are the examples."""
_ID = re.compile(r"_(id|uuid|guid|key|code|zip|phone|index)_|^_(id|uuid|index|row|unnamed)_")
_WHO = re.compile(
    r"_(user|customer|client|visitor|account|member|patient|device|machine|plane|tail|player|store)"
)
_TIME = re.compile(
    r"_(at|time|timestamp|ts|date|day|created|datetime|when)_$|^_(time|date|timestamp|created)_"
)
_LABEL = re.compile(
    r"_(label|target|y|outcome|response|converted|conversion|churn|churned|clicked|click|bought|returned|default|"
    r"defaulted|failure|failed|fraud|income|survived|late|success)_$|^_(came_back|is_late|has)_"
)
_LIFE = re.compile(r"_(birth|birthday|born|dob|death|died|expires|expiry|expiration)_|_birth")
"""Times of persons and papers, not of what is predicted."""
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?\s*([ap]\.?\s?m\.?)?", re.IGNORECASE)
_UNITS = {
    "seconds": "second", "secs": "second", "minutes": "minute", "mins": "minute", "hours": "hour", "days": "day",
    "weeks": "week", "months": "month", "years": "year", "age": "year", "ms": "millisecond", "km": "kilometer",
    "miles": "mile", "meters": "meter", "kg": "kilogram", "grams": "gram", "percent": "percent", "usd": "dollar",
    "eur": "euro", "celsius": "degree Celsius", "fahrenheit": "degree Fahrenheit",
}  # fmt: skip


@dataclass(frozen=True)
class ColumnDraft:
    """One column: its likeliest kind, and whether it is drafted as a feature (`use`), with the reason.

    `kind` is "number", "category", "boolean", "timestamp", "text" (many different texts), or None when nothing is
    known of it. `distinct` is how many values there are (about, for large tables), `nulls` how many rows lack one;
    `least` and `most` are the bounds of a number that were seen, `low` and `high` those that are suggested as
    possible. `values` are up to nine of the values when there are that few. `doubt` says why its numbers or times
    cannot be read as they are written.
    """

    name: str
    kind: str | None
    use: bool
    reason: str
    distinct: int
    nulls: int
    least: float | None = None
    most: float | None = None
    low: float | None = None
    high: float | None = None
    unit: str | None = None
    values: tuple[str, ...] = ()
    doubt: str = ""


@dataclass(frozen=True)
class LabelDraft:
    """A column that could be the label; `kind` is "binary", "numeric" or "count", `positive` what means yes if it must be said."""

    name: str
    kind: str
    positive: str | None
    reason: str


@dataclass(frozen=True)
class Draft:
    """A first guess at a program: all columns in their order, and the likeliest key, time, entity and labels.

    `keys` are columns (or pairs) proved to be unique and never null, the likeliest first; `times` and
    `labels` likewise in order, the label last in doubt.
    """

    rows: int
    columns: tuple[ColumnDraft, ...]
    keys: tuple[tuple[str, ...], ...]
    times: tuple[str, ...]
    entity: str | None
    labels: tuple[LabelDraft, ...]
    part: Part


@dataclass(frozen=True)
class _Seen:
    """What was counted of a column."""

    name: str
    parsed: str
    given: int
    nulls: int
    distinct: int
    least: float | None
    most: float | None
    whole: bool
    unread: int
    values: tuple[str, ...]
    examples: tuple[str, ...] = ()
    written: str = ""
    doubt: str = ""


def draft(data: Any, base: Path | None = None) -> Draft:
    """Return a first guess at the program for a source (a Source, or what it is made of: a path, a data frame, …).

    Raises DataError when it cannot be read.
    """
    part = read_table(data, base)
    table = part.table
    rows = int(engine.to_arrow(table.aggregate(n=table.count()))["n"][0].as_py())
    about = _about(table, rows)
    seen = {name: _look(part, name, rows, many=about.get(name, 0) > SEEN) for name in table.columns}
    keys = _keys(table, seen, rows)
    times = sorted(
        (s.name for s in seen.values() if s.parsed == "timestamp" and not _LIFE.search(snake(s.name))),
        key=lambda name: not _TIME.search(snake(name)),
    )
    entity = _entity(seen, rows, keys)
    labels = _labels(list(seen.values()), {*(keys[0] if keys else ()), *times[:1]})
    plain = {*times[:1], *([entity] if entity else [])}
    if keys:  # of a pair, the name of a place is a feature as well
        plain |= {name for name in keys[0] if len(keys[0]) == 1 or seen[name].distinct > MOST_NAMES}
    columns = tuple(_column(s, rows, plain) for s in seen.values())
    return Draft(rows, columns, keys, tuple(times), entity, labels, part)


def label_draft(column: ColumnDraft) -> LabelDraft | None:
    """Return how a column could be the label, None when it cannot (text with more than two values, instants)."""
    values = [v for v in column.values if v.strip().lower() not in NOTHING]
    if column.distinct == 2 and len(values) == 2:
        plain = all(v.strip().lower() in ("0", "1", "0.0", "1.0", "true", "false") for v in values)
        positive = None if plain else likely_yes(values)
        return LabelDraft(column.name, "binary", positive, f"two values: {', '.join(values)}")
    if column.kind == "number" and column.distinct > 1:
        return LabelDraft(column.name, "numeric", None, f"a number with {column.distinct:,} values")
    return None


def _about(table: ibis.Table, rows: int) -> dict[str, int]:
    """Return about how many values columns of texts and numbers have, where rows are many; else nothing."""
    plain = [n for n, kind in table.schema().items() if kind.is_string() or kind.is_numeric()]
    if rows <= EXACTLY or not plain:
        return {}
    counts = engine.to_arrow(
        table.aggregate(**{f"n{i}": table[n].approx_nunique() for i, n in enumerate(plain)})
    )
    return {n: int(counts[f"n{i}"][0].as_py() or 0) for i, n in enumerate(plain)}


def _look(part: Part, name: str, rows: int, *, many: bool = False) -> _Seen:
    """Count what is in a column; of one with `many` values, the first ones stand for all as examples."""
    alone = part.table.select(name)  # an expression of a wide table costs as much as the table is wide
    x = alone[name]
    kind = x.type()
    text = x.cast("string") if not (kind.is_nested() or kind.is_binary()) else ibis.literal("")
    if many:
        alone = alone.limit(SEEN)
        x, text = alone[name], alone[name].cast("string")
    few = alone.filter(_given(x)).select(v=text).distinct().order_by("v").limit(MOST_NAMES + 1)
    values = tuple(engine.to_arrow(few)["v"].to_pylist())
    alone = part.table.select(name)
    looks = {cells.look(v) for v in values} if kind.is_string() else set()
    ways = [way for way, look in (("number", cells.NUMBER), ("timestamp", cells.TIME)) if look in looks]
    table = prepared(alone, [(name, way) for way in ways])
    found = _counted(Column(table, name, part.name), rows)
    n = int(found["given"] or 0)
    parsed, written, doubt = _parsed(kind, found, n), "", ""
    if kind.is_string() and (parsed == "text" or (parsed == "number" and part.decimal == ",")):
        likely = _likely(values)
        if likely:
            seen = proved(alone, [(name, likely)], part.decimal)
            told = "; ".join(note.split(": ", 1)[1] for note in seen.notes)
            if seen.ways:
                table = prepared(alone, [(name, "number"), (name, "timestamp")], seen.ways)
                found = _counted(Column(table, name, part.name), rows)
                parsed = _parsed(kind, found, n)
                written = told if parsed == likely else ""
            else:
                doubt = told
    differ = (
        len(values) if len(values) <= MOST_NAMES and not many else max(int(found["distinct"]), MOST_NAMES + 1)
    )
    read = {"number": "numbers", "timestamp": "instants"}.get(parsed, "")
    return _Seen(
        name=name,
        parsed=parsed,
        given=n,
        nulls=rows - n,
        distinct=differ,
        least=found.get("least") if parsed == "number" else None,
        most=found.get("most") if parsed == "number" else None,
        whole=not found.get("parts"),
        unread=n - int(found.get(read, n)),
        values=values[:9] if len(values) <= 9 and not many else (),
        examples=values,
        written=written,
        doubt=doubt,
    )


def _given(x: Any) -> Any:
    """Whether a value is given: not null, and no text that means nothing."""
    return x.notnull() if not x.type().is_string() else x.notnull() & x.strip().lower().notin(NOTHING)


def _counted(column: Column, rows: int) -> dict[str, Any]:
    """Count what is in a column: values, distinct ones, those that are numbers and instants."""
    x = column.given
    kind = x.type()
    text = x.cast("string") if not (kind.is_nested() or kind.is_binary()) else ibis.literal("")
    distinct = text.nunique() if rows <= EXACTLY else text.approx_nunique()
    counts: dict[str, Any] = {"given": _given(x).cast("int64").sum(), "distinct": distinct}
    value: Any = None
    if kind.is_numeric():
        value = x.cast("float64")
    if kind.is_string() and column.knows("number"):
        value = number(column).value
        counts |= {"numbers": value.count(), "zeros": text.re_search(r"^\s*0\d").cast("int64").sum()}
    if kind.is_string() and column.knows("timestamp"):
        counts["instants"] = timestamp(column, "UTC").value.count()
    if value is not None:
        finite = ibis.ifelse(value.abs() < literal(1e300), value, None)
        small = ibis.ifelse(value.abs() < literal(2.0**53), value, None)  # beyond, every float is whole
        counts |= {
            "least": finite.min(),
            "most": finite.max(),
            "parts": (small != small.floor()).cast("int64").sum(),
        }
    found: dict[str, Any] = engine.to_arrow(column.table.aggregate(**counts)).to_pylist()[0]
    return found


def _likely(values: Sequence[str]) -> str | None:
    """Return what most of some texts look like: "number", "timestamp", or None."""
    looks = [cells.look(v) for v in values]
    for kind, look in (("timestamp", cells.TIME), ("number", cells.NUMBER)):
        if looks.count(look) > 0.5 * len(looks):
            return kind
    return None


def _parsed(kind: Any, found: dict[str, Any], n: int) -> str:
    if kind.is_boolean():
        return "boolean"
    if kind.is_numeric():
        return "number"
    if kind.is_timestamp() or kind.is_date():
        return "timestamp"
    if not kind.is_string():
        return "nothing"
    if n and found.get("numbers", 0) >= MOSTLY * n and not found["zeros"]:
        return "number"
    if n and found.get("instants", 0) >= MOSTLY * n:
        return "timestamp"
    return "text"


def _column(s: _Seen, rows: int, plain: set[str]) -> ColumnDraft:
    kind, use, reason = _verdict(s, rows, plain)
    reason += "".join(f"; {told}" for told in (s.written, s.doubt) if told)
    low = 0.0 if kind == "number" and s.least is not None and s.least >= 0 else None
    words = snake(s.name).strip("_").split("_")
    unit = next((_UNITS[w] for w in (words[-1], words[0]) if w in _UNITS), None) if kind == "number" else None
    return ColumnDraft(
        s.name, kind, use, reason, s.distinct, s.nulls, s.least, s.most, low, None, unit, s.values, s.doubt
    )  # fmt: skip


def _verdict(s: _Seen, rows: int, plain: set[str]) -> tuple[str | None, bool, str]:
    """Return kind, whether to use it as a feature, and why."""
    logical = s.parsed == "boolean" or (
        s.distinct == 2 and bool(s.values) and all(v.strip().lower() in (*TRUE, *FALSE) for v in s.values)
    )
    kind = {"number": "number", "timestamp": "timestamp", "text": "category", "boolean": "boolean"}.get(
        s.parsed
    )
    kind = "boolean" if logical else kind
    unread = f"; {s.unread:,} values could not be read" if s.unread else ""
    if s.name in plain:
        return kind, False, "key, time or entity"
    if kind is None:
        return None, False, "neither number nor text nor time"
    if not s.given:
        return kind, False, "no values"
    if s.distinct == 1:
        return kind, False, f"always {s.values[0]!r}" if s.values else "always the same"
    if kind == "timestamp":
        return kind, False, f"a time: use it only if it is known when the prediction is made{unread}"
    if kind == "category":
        return _named(s)
    if kind == "number" and (epoch := _epoch(s)):
        return kind, False, epoch
    if kind == "number" and s.whole and s.distinct == s.given and (rows > 20 or _ID.search(snake(s.name))):
        return kind, False, "a different whole number on each row: an identifier"
    if kind == "number" and s.whole and _ID.search(snake(s.name)):
        named = f"{s.distinct:,} whole numbers, named like an identifier: names, not amounts"
        return "category", s.distinct <= MOST_NAMES, named
    if kind == "number" and (s.least is None or s.most is None):
        return kind, False, "no finite number"
    if kind == "number":
        return kind, True, f"from {s.least:g} to {s.most:g}{unread}"
    return kind, True, f"{s.distinct:,} values{unread}"


def _named(s: _Seen) -> tuple[str, bool, str]:
    """Return what a column of texts is: names to count, names that identify, or free text."""
    clocks = [v for v in s.examples if _CLOCK.fullmatch(v.strip())]
    if len(clocks) > 0.5 * len(s.examples):
        return (
            "category",
            s.distinct <= MOST_NAMES,
            f"{s.distinct:,} times of day without a date: read as names",
        )
    if s.doubt:
        return "category", False, f"{s.distinct:,} values that look like numbers or times"
    if s.distinct <= MOST_NAMES and (s.distinct <= 0.5 * s.given or s.given <= 20):
        return "category", True, f"{s.distinct:,} values"
    words = sorted(len(v.split()) for v in s.examples)
    told = f"{s.distinct:,} different texts on {s.given:,} rows"
    if words and words[len(words) // 2] > 3:
        return "text", False, f"{told}: free text"
    if words and words[-1] == 1 and (s.distinct > 0.9 * s.given or _ID.search(snake(s.name))):
        return "text", False, f"{told}: an identifier"
    return "text", False, f"{told}: a name or free text"


def _epoch(s: _Seen) -> str:
    """Return what to say of whole numbers that are named and lie like seconds or milliseconds since 1970, else ""."""
    if not s.whole or s.least is None or s.most is None or not _TIME.search(snake(s.name)):
        return ""
    for unit, factor in (("seconds", 1), ("milliseconds", 1_000), ("microseconds", 1_000_000)):
        if 3e8 * factor <= s.least <= s.most <= 4e9 * factor:
            first, last = (datetime.fromtimestamp(v / factor, UTC).date() for v in (s.least, s.most))
            return (
                f"whole numbers, named like a time, that would be {unit} since 1970 from {first} to {last}: if they are, give "
                "timestamps, for example by a function that returns the rows"
            )
    return ""


def _keys(table: ibis.Table, seen: dict[str, _Seen], rows: int) -> tuple[tuple[str, ...], ...]:
    """Return the columns, or else pairs of columns, that are never null and differ on every row: counted, not estimated."""
    could = [
        s for s in seen.values() if not s.nulls and s.distinct >= min(rows, MOST_NAMES) * 0.8 and s.whole
    ]
    could = [s for s in could if s.parsed in ("number", "text", "timestamp")]

    def rank(s: _Seen) -> tuple[bool, bool]:
        return (not _ID.search(snake(s.name)), s.parsed == "timestamp")

    single = [(s.name,) for s in sorted(could, key=rank) if all_differ(table, (s.name,), rows)]
    if single:
        return tuple(single)
    parts = [s for s in seen.values() if not s.nulls and s.distinct > 1 and (s.parsed != "number" or s.whole)]
    parts = sorted(parts, key=lambda s: -s.distinct)[:6]
    order = list(seen)
    pairs = [
        (a.name, b.name) if order.index(a.name) < order.index(b.name) else (b.name, a.name)
        for a, b in combinations(parts, 2)
        if a.distinct * b.distinct >= rows
    ]
    return tuple(pair for pair in pairs if all_differ(table, pair, rows))


def _entity(seen: dict[str, _Seen], rows: int, keys: tuple[tuple[str, ...], ...]) -> str | None:
    taken = set(keys[0]) if keys else set()
    for s in seen.values():
        repeated = MOST_NAMES < s.distinct < 0.9 * rows
        if (
            s.name not in taken
            and _WHO.search(snake(s.name))
            and repeated
            and (s.parsed == "text" or s.whole)
        ):
            return s.name
    return None


def _labels(seen: list[_Seen], taken: set[str]) -> tuple[LabelDraft, ...]:
    """Return the columns that could be the label: named like one first, then the last column, then two-valued ones."""
    open_ = [s for s in seen if s.name not in taken and s.parsed in ("number", "boolean", "text")]
    last = open_[-1].name if open_ else None
    found: list[tuple[tuple[bool, bool, bool], LabelDraft]] = []
    for s in open_:
        made = label_draft(_column(s, s.given + s.nulls, set()))
        if made is None:
            continue
        named = bool(_LABEL.search(snake(s.name)))
        if made.kind != "binary" and not (named or s.name == last):
            continue
        why = "named like a label; " if named else "the last column; " if s.name == last else ""
        rank = (not named, s.name != last, made.kind != "binary")
        found.append((rank, LabelDraft(made.name, made.kind, made.positive, why + made.reason)))
    return tuple(each for _, each in sorted(found, key=lambda pair: pair[0]))
