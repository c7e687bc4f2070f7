"""What a page says of a grade: equal next steps are one, and a tile tells each check once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import fieldguide as fg
from fieldguide.finding import Finding
from fieldguide.readiness.telling import groups
from fieldguide.steps.columns import column_views
from fieldguide.web import report
from fieldguide.web.readiness import column_state, grade_values, joined
from fieldguide.web.view import ColumnView, Histogram, ProgramView

from .reading import Page

CODES = [
    Finding("default_values", "B2", "fail", "answer", f"{n} rows hold {code}", "null", (f"r{code}", "r1"), "make these values null")
    for n, code in ((90, 99), (80, 98), (70, 97))
]  # fmt: skip
WAITING = [
    Finding(
        check, "C1", "unknown", None, "waits for the rows", next="make the rows readable, then grade again"
    )
    for check in ("reads_alike", "spreadsheet_damage", "fresh")
]


def test_findings_that_ask_for_the_same_step_are_one_card() -> None:
    other = Finding("wild_values", "B2", "fail", "age", "1 row holds 900", next="make these values null")
    (codes, alone) = joined(groups([*CODES, other]))
    assert codes.saw == ("90 rows hold 99", "80 rows hold 98", "70 rows hold 97")
    assert (codes.about, codes.expected, codes.rows) == (("answer",), "null", ("r99", "r98", "r97", "r1"))
    assert alone.about == ("age",)
    (waiting,) = joined(groups(WAITING))
    assert (waiting.checks, waiting.saw) == (
        ("reads_alike", "spreadsheet_damage", "fresh"), ("waits for the rows",),
    )  # fmt: skip


def test_a_page_tells_a_step_once(fresh: ProgramView) -> None:
    view = replace(fresh, level="C2", held_back_by=tuple(WAITING), findings=tuple(WAITING))
    (todo,) = grade_values(view)["todo"]
    assert todo.what == "waits for the rows"
    words = Page(report(view)).words()
    assert words.count("make the rows readable, then grade again") == 2  # what to do next, and the one card
    assert "reads alike, spreadsheet damage, fresh" in words


def test_a_tile_tells_the_worst_of_each_check() -> None:
    stuck = Finding("stuck_values", "B2", "fail", "answer", "the same for 80 rows")
    state = column_state(ColumnView("answer", "number", findings=(*CODES, stuck)))
    assert [f.saw for _, f in state.told] == ["90 rows hold 99", "the same for 80 rows"]


def test_codes_for_missing_values_do_not_fill_the_picture(tmp_path: Path) -> None:
    answers = [1, 2, 3, 4, 5, 97, 98, 99] * 60
    (tmp_path / "answers.csv").write_text("id,q4\n" + "".join(f"p{i},{a}\n" for i, a in enumerate(answers)))
    program = fg.Program(
        name="answers",
        source=fg.Source(str(tmp_path / "answers.csv"), key="id"),
        features=[fg.Number("q4")],
    )
    graded = fg.grade(program, home=tmp_path / "home")
    assert {f.about for f in graded.findings if f.check == "default_values" and f.verdict == "fail"} == {"q4"}
    (column,) = column_views(graded.program, graded.rows()[1], graded.findings)
    assert isinstance(column.picture, Histogram)
    assert column.picture.edges[-1] < 6
    assert column.not_drawn == "not drawn: 38 % above 5.5"
