"""Two readers, one meaning: the engine's and our own give the same rows of the same file."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from fieldguide.program import CSV
from fieldguide.tables import engines as engine
from fieldguide.tables.sources import scanning, splitting
from fieldguide.tables.sources.plan import planned
from fieldguide.tables.sources.split import OPEN, TOO_FEW, TOO_MANY, Dialect, rows

CONNECTION = engine.connect()
CELLS = st.one_of(st.none(), st.just(""), st.text(st.sampled_from("ab1 ,;\t\"'|\n.é-"), max_size=6))
TABLES = st.integers(2, 5).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=12)
)


def written(table: list[list[str | None]], separator: str, end: str, quote_all: bool) -> str:
    """A table as its writer means it: text that could be misread stands in quotes, nothing is nothing."""

    def cell(value: str | None) -> str:
        if value is None:
            return ""
        plain = (
            value
            and not quote_all
            and not any(c in value for c in f'"{separator}\r\n')
            and value == value.strip()
        )
        return value if plain else '"' + value.replace('"', '""') + '"'

    names = separator.join(f"name{i}" for i in range(len(table[0])))
    return end.join([names, *(separator.join(map(cell, row)) for row in table)]) + end


@settings(max_examples=150, deadline=None)
@given(TABLES, st.sampled_from(",;\t|"), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_what_was_written_is_read_by_both(
    table: list[list[str | None]], separator: str, end: str, quote_all: bool
) -> None:
    content = written(table, separator, end, quote_all)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "v.csv"
        path.write_bytes(content.encode())
        plan = planned(CONNECTION, path, "v.csv", CSV(separator=separator, header=1, skip=0))
        expected = [tuple(row) for row in table]
        ours, broken, _ = splitting.split(CONNECTION, plan)
        assert [tuple(r.values()) for r in engine.to_arrow(ours).to_pylist()] == expected
        assert broken.count == 0
        theirs = scanning.scan(CONNECTION, plan) if scanning.suits(plan) else None
        if theirs is not None:
            assert [tuple(r.values()) for r in engine.to_arrow(theirs[0]).to_pylist()] == expected


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from('a1,"\n'), max_size=60))
def test_of_any_text_the_engine_is_believed_only_where_both_agree(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "v.csv"
        path.write_text("x,y\n" + text, newline="")
        plan = planned(CONNECTION, path, "v.csv", CSV(separator=",", header=1, skip=0))
        theirs = scanning.scan(CONNECTION, plan) if scanning.suits(plan) and plan.dialect.quote else None
        if theirs is None:
            return
        ours, broken, _ = splitting.split(CONNECTION, plan)
        assert engine.to_arrow(theirs[0]).to_pylist() == engine.to_arrow(ours).to_pylist()
        assert theirs[1].count == broken.count
        assert [r.line for r in theirs[1].first] == [r.line for r in broken.first]


def test_an_open_quote_costs_its_own_line_only() -> None:
    lines = ['1,"open\n', "2,a\n", '3,"b\n', 'c"\n', '4,"d"e\n', "5,f\n", '6,"never closed\n', "7,g\n"]
    found = list(rows(enumerate(lines, 1), Dialect(), 2))
    assert [(r.line, r.reason) for r in found] == [
        (1, OPEN), (2, ""), (3, ""), (5, OPEN), (6, ""), (7, OPEN), (8, ""),
    ]  # fmt: skip
    assert found[2].cells == ["3", "b\nc"]
    assert found[2].lines == 2


def test_a_quote_that_closes_by_chance_gives_back_the_lines_it_took() -> None:
    lines = ['1,"open\n', "2,a\n", 'b",c\n', "3,a\n"]
    found = list(rows(enumerate(lines, 1), Dialect(), 2))
    assert [(r.line, r.reason, r.cells) for r in found] == [
        (1, OPEN, []), (2, "", ["2", "a"]), (3, "", ['b"', "c"]), (4, "", ["3", "a"]),
    ]  # fmt: skip


def test_a_row_may_not_swallow_a_file() -> None:
    lines = ['1,"open\n', *(f"{i},a\n" for i in range(2, 5_000))]
    found = list(rows(enumerate(lines, 1), Dialect(), 2))
    assert (found[0].reason, len(found)) == (OPEN, 4_999)
    assert not any(r.reason for r in found[1:])


def test_short_and_long_rows_say_which_they_are() -> None:
    found = list(rows(enumerate(["1\n", "1,2\n", "1,2,\n", "1,2,3\n", "\n"], 1), Dialect(), 2))
    assert [(r.line, r.reason) for r in found] == [(1, TOO_FEW), (2, ""), (3, ""), (4, TOO_MANY)]
