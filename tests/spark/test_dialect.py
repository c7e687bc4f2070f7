"""An expression means on Spark what it means on DuckDB, odd values included."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pytest

from fieldguide.tables import engines as engine

pytestmark = pytest.mark.spark

FLOATS = [
    0.0, -0.0, 1.0, -1.5, 0.1, 2.5, 3.5, -2.5, 1e-3, 1e-4, 1e-5, 1.234e-5, 9.999e-4, 1e7, 123456789.125, 1e15, 1e16,
    1e17, 1.2345678901234568e17, 1e22, 1e23, 1.7976931348623157e308, 5e-324, float("nan"), float("inf"),
    float("-inf"), None, 5.440963289047425e16, -1e-10, 1e100, 2.0**53, 0.30000000000000004, 1 / 3,
]  # fmt: skip
TEXTS = [
    "", " ", "a", " a\t\n", "A", "é", "ß", "x'y", "back\\slash", "1", " 1 ", "1.5", "+1", "-2e3", ".5", "5.", "1e", "1d",
    "2f", "0x10", "nan", "NaN", "inf", "-Infinity", "1_000", "1,5", "1e400", "--1", "12abc", "null", None, "٣", "1 2",
]  # fmt: skip
TIMES = [
    "2013-01-31", "2013-1-5", "2013-01-31 17:00", "2013-01-31T17:00", "2013-01-31 17:00:05", "2013-01-31 17:00:05.25",
    "2013-01-31 17:00:05.123456789", "2013-01-31T17:00:05Z", "2013-01-31 17:00:05+02", "2013-01-31 17:00:05+05:30",
    "2013-01-31 17:00:05-0330", " 2013-01-31 ", "2013", "2013-01", "2013-13-01", "2013-02-30", "2013-01-31 25:00",
    "2013-01-31 17", "17:00", "now", "infinity", "2013/01/31", "2013/1/5 7:5", "2013 01 31 10:00", "2013-01/31",
    "2013-01-31 17:00:05 ", "2013-01-31 17:00 ", "2013-01-31 ", "2013-01-31 17:00+02", "2013-01-31 24:00", "2013-01-31 24:00:01",
    "2013-01-31\t17:00:05.5 ", "2013-01-31 17:00:05+0530 ", "2013-01-31 17:00:05z", "+2013-01-01", "2013-01-31T24:00:00.000",
    "31.01.2013", "20130131", "", None, "x",
    "1969-12-31 23:59:59.999999", "0001-01-01", "9999-12-31 23:59:59", "2013-01-31 17:00:60", "2013-01-31 24:00:00",
    "2013-01-31T17:00:05.5+00:00", "2013-01-31 17:00:05 UTC", "2012-02-29 00:00:00", "2013-02-29",
]  # fmt: skip
INSTANTS = [
    datetime(1970, 1, 1, tzinfo=UTC), datetime(2013, 3, 10, 7, 30, 15, 250_000, tzinfo=UTC),
    datetime(1901, 5, 5, 5, 5, 5, 5, tzinfo=UTC), datetime(2262, 1, 1, tzinfo=UTC), None,
    datetime(2013, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
]  # fmt: skip


def _rows() -> pa.Table:
    n = max(len(FLOATS), len(TEXTS), len(TIMES), len(INSTANTS))

    def filled(values: list[Any], kind: pa.DataType) -> pa.Array:
        return pa.array([values[i] if i < len(values) else None for i in range(n)], kind)

    return pa.table(
        {
            "i": pa.array(range(n), pa.int64()),
            "x": filled(FLOATS, pa.float64()),
            "s": filled(TEXTS, pa.string()),
            "t": filled(TIMES, pa.string()),
            "at": filled(INSTANTS, pa.timestamp("us", "UTC")),
            "clock": filled(
                [None if v is None else v.replace(tzinfo=None) for v in INSTANTS], pa.timestamp("us")
            ),
            "day": filled([date(2013, 1, 31), date(1899, 12, 31), None], pa.date32()),
            "b": filled([True, False, None], pa.bool_()),
            "k": filled([5, -5, 3, 0, None, 2**62, -(2**62)], pa.int64()),
        }
    )


@pytest.fixture(scope="module")
def both(spark: Any, duck: Any) -> tuple[ibis.Table, ibis.Table]:
    """The odd rows on both engines."""
    rows = _rows()
    return engine.from_arrow(duck, rows), engine.from_arrow(spark, rows)


Made = Callable[[ibis.Table], Any]
SAME: dict[str, Made] = {
    "a float as text": lambda t: t.x.cast("string"),
    "a float as a whole number": lambda t: ibis.ifelse(t.x.abs() < 1e15, t.x, None).cast("int64"),
    "NaN is no null": lambda t: t.x.isnull(),
    "NaN is there": lambda t: t.x.notnull(),
    "NaN is greatest": lambda t: t.x > 1e300,
    "the lesser of NaN and a number": lambda t: ibis.least(t.x.abs(), 1e18),
    "divided by nothing": lambda t: t.x / (t.k.cast("float64").abs() * 0.0),
    "divided by a number": lambda t: t.x / 3.0,
    "divided by whole zero": lambda t: t.i / (t.i - t.i),
    "whole parts": lambda t: t.k // 7,
    "the rest": lambda t: t.k % 7,
    "floor": lambda t: ibis.ifelse(t.x.abs() < 1e15, t.x, None).floor(),
    "read as a number": lambda t: t.s.try_cast("float64"),
    "read as a whole number": lambda t: ibis.ifelse(t.s.isin(["1", "12abc", "a"]), t.s, None).try_cast("int64"),
    "read as a wall clock": lambda t: engine.clock_microseconds(t.t.try_cast(engine.WALL_CLOCK)),
    "read as an instant": lambda t: engine.microseconds(t.t.try_cast(engine.INSTANT)),
    "stripped": lambda t: t.s.strip(),
    "stripped in front": lambda t: t.s.lstrip(),
    "stripped behind": lambda t: t.s.rstrip(),
    "lower": lambda t: t.s.lower(),
    "upper": lambda t: ibis.ifelse(t.s == "ß", None, t.s).upper(),
    "length": lambda t: t.s.length(),
    "a pattern": lambda t: t.t.re_search(r":\d{2}(\.\d+)?\s*(Z|z|UTC|[+-]\d{2}(:?\d{2})?)$"),
    "part of a text": lambda t: t.s.substr(1, 2),
    "md5": lambda t: t.s.hexdigest("md5"),
    "texts joined": lambda t: t.s.concat(ibis.literal("|"), t.t),
    "one of": lambda t: t.s.isin(["a", "x'y", "back\\slash"]),
    "between texts": lambda t: t.s.substr(0, 1).between("0", "9"),
    "an instant as text": lambda t: t["at"].cast("string"),
    "a wall clock as text": lambda t: t.clock.cast("string"),
    "a day as text": lambda t: t.day.cast("string"),
    "a truth as text": lambda t: t.b.cast("string"),
    "a truth as a number": lambda t: t.b.cast("int64"),
    "a whole number as text": lambda t: t.k.cast("string"),
    "microseconds": lambda t: engine.microseconds(t["at"]),
    "microseconds on a wall clock": lambda t: engine.clock_microseconds(t.clock),
    "an instant of microseconds": lambda t: engine.instant_at(engine.microseconds(t["at"]) + 1),
    "a wall clock of microseconds": lambda t: engine.wall_clock_utc(engine.microseconds(t["at"])),
    "year and month": lambda t: t.clock.year() * 12 + t.clock.month(),
    "written as asked": lambda t: t.clock.strftime("%Y-%m-%dT%H:%M:%S.%f"),
    "a day as a wall clock": lambda t: engine.clock_microseconds(t.day.cast(engine.WALL_CLOCK)),
    "clipped": lambda t: ibis.ifelse(t.x.isnan(), None, t.x).clip(lower=-1, upper=2),
    "cases": lambda t: ibis.cases((t.k > 0, "more"), (t.k < 0, "less"), else_="zero"),
    "the first that is there": lambda t: t.s.coalesce(t.t),
    "a logarithm": lambda t: (t.k.abs().cast("float64") + 1.0).ln().round(9),
    "a root": lambda t: ibis.ifelse(t.x >= 0, t.x, None).sqrt(),
    "mark of a float": lambda t: engine.mark(t.x),
    "mark of a text": lambda t: engine.mark(t.s),
    "mark of an instant": lambda t: engine.mark(t["at"]),
    "mark of a wall clock": lambda t: engine.mark(t.clock),
    "mark of a day": lambda t: engine.mark(t.day),
    "mark of a truth": lambda t: engine.mark(t.b),
    "the largest float": lambda t: t.x.abs() <= ibis.literal(float(np.finfo(np.float64).max), "float64"),
    "a tiny literal": lambda t: t.x > ibis.literal(1e-300, "float64"),
    "replaced": lambda t: t.s.replace("a", "'b\\"),
    "contains": lambda t: t.s.contains("\\"),
    "begins with": lambda t: t.s.startswith("x'"),
}  # fmt: skip


def values(table: ibis.Table, made: Made) -> list[Any]:
    """What an expression gives for each row."""
    found = engine.to_arrow(table.select(i=table.i, value=made(table)).order_by("i"))
    return [same(value) for value in found["value"].to_pylist()]


def same(value: Any) -> Any:
    """A value that equals itself; whole floats are whole numbers, since engines differ in their types."""
    if isinstance(value, float):
        return (
            "NaN" if np.isnan(value) else int(value) if np.isfinite(value) and value == int(value) else value
        )
    return value


@pytest.mark.parametrize("name", SAME)
def test_an_expression_means_the_same(name: str, both: tuple[ibis.Table, ibis.Table]) -> None:
    on_duck, on_spark = both
    expected, found = values(on_duck, SAME[name]), values(on_spark, SAME[name])
    rows = _rows().to_pylist()
    wrong = [(row, a, b) for row, a, b in zip(rows, expected, found, strict=True) if a != b]
    assert not wrong
