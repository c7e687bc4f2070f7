"""Grading through the command line: what cannot be read, what people work through, what is said and in how many words."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

import fieldguide as fg
from fieldguide.errors import UsageError
from fieldguide.finding import Finding
from fieldguide.program import load_one
from fieldguide.readiness import assess as readiness
from fieldguide.readiness.checks import found
from fieldguide.readiness.grade import level_of
from fieldguide.steps import grade as steps
from fieldguide.steps.answers import questions
from fieldguide.steps.home import at_home, data_fingerprint
from fieldguide.steps.level import standing
from fieldguide.steps.queues import with_files, write_queues
from fieldguide.steps.told import Findings

from .conftest import Run, as_json

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def rewrite(shop: Path, old: str, new: str) -> None:
    text = (shop / "visits.py").read_text()
    assert old in text
    (shop / "visits.py").write_text(text.replace(old, new))


def test_hearsay_is_graded_c4_and_is_no_error(shop: Path, run: Run) -> None:
    rewrite(shop, '"visits.csv"', 'fg.Hearsay("the log book of the desk", said_by="Ann", since="2019")')
    graded = as_json(run("grade", "visits.py", "--json"))
    assert (graded["level"], graded["extent"]["rows"]) == ("C4", 0)
    assert {f["check"] for f in graded["held_back_by"]} == {"reachable", "time_span"}
    assert "Ann" in graded["held_back_by"][0]["saw"]
    shown = run("grade", "visits.py").stdout
    assert "no rows read" in shown
    assert (
        "1 grading" in run("history", "visits.py", "--json").stdout
        or "C4" in run("history", "visits.py").stdout
    )


def test_a_place_that_is_not_there_is_graded_c4_on_record_and_exits_with_4(shop: Path, run: Run) -> None:
    assert as_json(run("grade", "visits.py", "--json"))["level"] == "A3"
    (shop / "visits.csv").unlink()
    shown = run("grade", "visits.py", code=4)
    assert "level C4" in shown.stdout
    assert "reachable" in shown.stdout
    assert "visits.csv" in shown.stderr
    told = as_json(run("history", "visits.py", "--json"))
    assert [one["level"] for one in told["gradings"]] == ["C4", "A3"]
    assert as_json(run("grade", "visits.py", "--json", code=4))["error"] == shown.stderr.strip()
    assert run("fit", "visits.py", code=4).stderr.strip() == shown.stderr.strip()


def test_rows_that_cannot_be_read_reach_c3_at_most(shop: Path, run: Run) -> None:
    (shop / "visits.csv").write_bytes(b"PK\x03\x04 broken")
    graded = as_json(run("grade", "visits.py", "--json", code=4))
    assert graded["level"] == "C3"
    assert graded["held_back_by"]
    assert all(f["verdict"] != "pass" for f in graded["held_back_by"])
    assert "The rows could not be read: " in run("grade", "visits.py", code=4).stdout.splitlines()[2]


@pytest.mark.parametrize("content", [b"", b"visit_id,visited_at,visitor,seconds,age,plan,came_back\n"])
def test_a_table_that_was_emptied_falls_to_c4_with_the_reason(content: bytes, shop: Path, run: Run) -> None:
    assert as_json(run("grade", "visits.py", "--json"))["level"] == "A3"
    (shop / "visits.csv").write_bytes(content)
    graded = as_json(run("grade", "visits.py", "--json", code=4))
    assert graded["level"] == "C4"
    first = graded["held_back_by"][0]
    assert (first["check"], first["verdict"]) == ("reachable", "fail")
    assert "visits.csv is empty" in first["saw"] or "visits.csv has no rows" in first["saw"]


def test_a_joined_source_that_is_not_there_is_named(shop: Path, run: Run) -> None:
    joined = 'personal_data="none", joins=[fg.Join(fg.Source("weather.csv", owner="desk"), on="plan", as_of="at")],'
    rewrite(shop, 'personal_data="none",', joined)
    graded = as_json(run("grade", "visits.py", "--json", code=4))
    assert [f["about"] for f in graded["findings"] if f["check"] == "reachable"] == ["weather.csv"]


def test_without_a_question_the_data_are_graded_up_to_b1(shop: Path, run: Run) -> None:
    text = (shop / "visits.py").read_text()
    begin, end = text.index("    question="), text.index("    source=")
    text = text[:begin] + text[end:].replace(
        '    label=fg.BinaryLabel("came_back", arrives_within=timedelta(days=7)),\n', ""
    )
    (shop / "visits.py").write_text(text)
    graded = as_json(run("grade", "visits.py", "--json"))
    assert (graded["level"], graded["next_level"]) == ("B1", "A4")
    assert "question" in {f["check"] for f in graded["held_back_by"]}
    assert not [f for f in graded["findings"] if f["verdict"] == "fail"]
    assert "has no label" in run("fit", "visits.py", code=2).stderr


def test_the_json_of_a_grade_says_what_it_rests_on(shop: Path, run: Run) -> None:
    run("confirm", "visits.py", "described", "--about", "age", "--by", "ann", "--because", "years")
    run("effort", "visits.py", "B3", "90m", "--by", "ann")
    first = as_json(run("grade", "visits.py", "--json"))
    assert first["history"] == {"gradings": 1, "before": None, "change": None}
    assert first["effort"] == [{"level": "B3", "minutes": 90, "by": ["ann"]}]
    assert first["extent"]["rows"] == 6_000
    assert [source["rows"] for source in first["sources"]] == [6_000]
    assert first["engine"].startswith("duckdb")
    assert first["columns"] == ["seconds", "age", "plan"]
    rewrite(shop, 'license="internal"', 'expires="2999-01-01"')
    second = as_json(run("grade", "visits.py", "--json"))
    assert second["history"]["before"]["level"] == "A3"
    assert second["history"]["change"]["level"] == ["A3", "C3"]
    (new,) = second["history"]["change"]["new"]
    assert (new["check"], new["level"], new["verdict"], new["saw"]) == (
        "license",
        "C2",
        "unknown",
        "not answered",
    )
    assert second["history"]["change"]["question"] is False


def test_an_answer_that_ends_lowers_the_level_without_a_new_grading(shop: Path) -> None:
    rewrite(shop, '        license="internal",\n', "")
    program, home = load_one(shop / "visits.py"), shop / "home"
    until = (NOW + timedelta(days=10)).date().isoformat()
    fg.confirm(program, "license", by="ann", because="internal", until=until, home=home, now=NOW)
    graded = fg.grade(program, home=home, now=NOW)
    assert graded.level == "A3"
    assert [each.what for each in graded.expiring] == ["the answer of ann on license"]
    later = NOW + timedelta(days=20)
    assert questions(program, home=home, now=NOW) == ()
    assert [asked.check for asked in questions(program, home=home, now=later)] == ["license"]
    ledger, name = at_home(home).ledger(), "visits"
    stands = standing(ledger, name, data_fingerprint(program), now=later)
    assert stands is not None
    assert (stands.level, [f.check for f in stands.held_back_by]) == ("C3", ["license"])
    assert stands.held_back_by[0].saw.endswith("that ended on 2026-05-11")


def test_what_people_work_through_is_written_as_files_and_named(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = readiness.assess

    def assess(*given: object, queues: dict[str, pa.Table], **more: object) -> list[Finding]:
        queues["cells"] = pa.table({"row": [3, 9], "text": ["=HYPERLINK(1)", "ok"], "value": [-1.5, None]})
        suspect = Finding(
            "possible_values", "B3", "fail", "age", "2 cells", next="mend them", evidence={"queue": "cells"}
        )
        return [*real(*given, queues=queues, **more), suspect]  # type: ignore[arg-type]

    monkeypatch.setattr(steps, "assess", assess)
    graded = fg.grade(load_one(shop / "visits.py"), home=shop / "home", queues=shop / "out" / "queues")
    file = shop / "out" / "queues" / "cells.csv"
    assert graded.files["cells"] == file
    with file.open(encoding="utf-8", newline="") as rows:
        assert list(csv.reader(rows)) == [
            ["row", "text", "value"],
            ["3", "'=HYPERLINK(1)", "-1.5"],
            ["9", "ok", ""],
        ]
    (told,) = [f for f in graded.findings if f.evidence.get("queue") == "cells"]
    assert told.next == f"the list of them, with 2 rows in all, is {file}; mend them"
    assert {"name": "cells", "rows": 2, "file": str(file), "personal": []} in graded.to_json()["queues"]


@pytest.mark.parametrize(
    ("text", "written"),
    [("=1+1", "'=1+1"), ("+cmd|x", "'+cmd|x"), ("-2", "-2"), ("+49 89 12", "+49 89 12"), ("@a", "'@a"), ("\t=1", "'\t=1"), ("a,b", "a,b")],
)  # fmt: skip
def test_no_cell_of_a_queue_is_run_as_a_formula(text: str, written: str, tmp_path: Path) -> None:
    file = write_queues({"cells": pa.table({text: [text]})}, tmp_path)["cells"]
    with file.open(encoding="utf-8", newline="") as rows:
        assert list(csv.reader(rows)) == [[written], [written]]
    assert [path.name for path in tmp_path.iterdir()] == ["cells.csv"], "no draft is left behind"


def test_a_queue_that_shows_personal_data_says_so_where_it_is_named(tmp_path: Path) -> None:
    table = {
        "cells": pa.table(
            {"key": ["7"], "column": ["phone"], "reason": ["other rows with born '1931-12-23'"]}
        ),
        "rows": pa.table({"row": [1], "reason": ["equal but for the key"]}),
    }
    marks = [
        Finding("spelled_alike", "B3", "fail", name, evidence={"personal": True, "queue": "cells"})
        for name in ("phone", "born", "mail", "id")
    ]
    rows = Finding("duplicate_rows", "B3", "fail", evidence={"queue": "rows"})
    written = write_queues(table, tmp_path)
    told = with_files([*marks, rows], written, table, ["id"])
    assert told[0].next.endswith(f"is {tmp_path / 'cells.csv'} (holds personal data: phone, born, id)")
    assert told[-1].next.endswith("rows.csv")


def test_the_json_of_a_grade_says_which_queues_hold_personal_data(tmp_path: Path) -> None:
    lines = [f"ann{i}@example.org,{('lund', 'ystad')[i % 2]}" for i in range(1_200)]
    lines[7] = lines[7].replace("ystad", "ystat")
    (tmp_path / "people.csv").write_text("mail,town\n" + "\n".join(lines) + "\n")
    program = fg.Program(
        name="people",
        source=fg.Source(str(tmp_path / "people.csv"), key="mail"),
        features=[fg.Category("town")],
    )
    told = fg.grade(program, home=tmp_path / "home").to_json()["queues"]
    (cells,) = [each for each in told if each["name"] == "cells"]
    assert cells["personal"] == ["mail"]
    assert all(isinstance(each["personal"], list) for each in told)


def test_a_finding_that_passes_in_silence_is_sent_nowhere(tmp_path: Path) -> None:
    table = {"cells": pa.table({"row": [1]})}
    written = write_queues(table, tmp_path)
    passes = Finding("possible_values", "B3", "pass", evidence={"queue": "cells"})
    other = Finding("owner", "C3", "unknown", evidence={"queue": "nothing"})
    assert with_files([passes, other], written, table) == [passes, other]


def test_queues_need_a_folder(shop: Path, run: Run) -> None:
    (shop / "file").write_text("")
    assert "is a file" in run("grade", "visits.py", "--queues", "file", code=2).stderr
    assert "no folder can be made" in run("grade", "visits.py", "--queues", "file/below", code=2).stderr
    with pytest.raises(UsageError, match="is a file"):
        fg.grade(load_one(shop / "visits.py"), home=shop / "home", queues=shop / "file")


def test_a_grade_prints_as_the_command_does(shop: Path, run: Run) -> None:
    said = run("grade", "visits.py").stdout.strip()
    program = load_one(shop / "visits.py")
    graded = fg.grade(program, home=shop / "home")
    assert repr(graded).splitlines()[:2] == said.splitlines()[:2]
    assert str(graded) == repr(graded)
    assert repr(graded.held_back_by).splitlines()[0].startswith("  ? A2 beats_the_mean")
    assert json.dumps(graded.to_json(), default=str)


def test_a_grade_of_200_columns_is_told_on_one_screen() -> None:
    columns = [f"c{n}" for n in range(200)]
    program = fg.Program(
        name="wide", source=fg.Source("wide.csv"), features=[fg.Number(name) for name in columns]
    )
    made = [found("units", "unknown", "not answered", name) for name in columns]
    made += [
        found("wild_values", "fail", f"{n} rows hold 999", name, rows=[str(n)], evidence={"share": n / 1000})
        for n, name in enumerate(columns)
    ]
    graded = steps.Graded(program, level_of(made, [], NOW), Findings(made), None, None, NOW, {"hash": ""})
    said = graded.to_text("wide.py")
    assert len(said.splitlines()) < 50
    assert max(len(line) for line in said.splitlines()) < 600
    assert "wild_values of c199: 199 rows" in said
    assert "and 197 more of wild_values: c196, c195" in said
    assert len(graded.to_text("wide.py", everything=True).splitlines()) > 400
