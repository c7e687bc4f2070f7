"""What the command line says of grades: history, comparison, open questions, answers for several columns, drafts."""

from __future__ import annotations

import csv
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import fieldguide as fg
from fieldguide.program import load_one
from fieldguide.readiness.answers import valid
from fieldguide.steps.new import new

from .conftest import Run, as_json

NOW = datetime(2026, 5, 1, tzinfo=UTC)
SHARED = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture
def run(run_here: Run) -> Run:
    """Run the command line within this process."""
    return run_here


def rewrite(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_open_questions_are_listed_with_commands_that_answer_them(shop: Path, run: Run) -> None:
    rewrite(shop / "visits.py", '        license="internal",\n', "")
    rewrite(shop / "visits.py", ', about="age of the visitor"', "")
    (shop / "my visits.py").write_text((shop / "visits.py").read_text())
    listed = run("confirm", "my visits.py").stdout
    ready = [line.strip() for line in listed.splitlines() if line.strip().startswith("fieldguide confirm")]
    assert "2 open questions" in listed
    assert [shlex.split(line)[2:4] for line in ready] == [
        ["my visits.py", "license"],
        ["my visits.py", "described"],
    ]
    for line in ready:
        words = shlex.split(line.replace("NAME", "ann").replace("ANSWER", "'as agreed'"))
        assert "Recorded: ann confirms" in run(*words[1:]).stdout
    assert "Nothing is open" in run("confirm", "my visits.py").stdout
    assert as_json(run("confirm", "my visits.py", "--json")) == {"questions": []}
    assert as_json(run("grade", "my visits.py", "--json"))["level"] == "A3"


def test_one_answer_holds_for_several_columns(shop: Path, run: Run) -> None:
    rewrite(shop / "visits.py", ', about="age of the visitor"', "")
    rewrite(shop / "visits.py", ', about="what the visitor pays for"', "")
    told = as_json(
        run(
            "confirm",
            "visits.py",
            "described",
            "--about",
            "age",
            "--about",
            "plan",
            "--by",
            "ann",
            "--because",
            "as in the manual",
            "--json",
        )
    )
    assert (told["about"], told["columns"]) == ("age", ["age", "plan"])
    graded = as_json(run("grade", "visits.py", "--json"))
    assert [f["verdict"] for f in graded["findings"] if f["check"] == "described"] == ["pass"] * 3
    wrong = run(
        "confirm", "visits.py", "described", "--about", "age", "--about", "plam", "--by", "ann",
        "--because", "as in the manual", code=2,
    ).stderr  # fmt: skip
    assert "Did you mean 'plan'?" in wrong


def test_what_lacks_is_asked_for_exactly(shop: Path, run: Run) -> None:
    lacks = run("confirm", "visits.py", "license", "--by", "ann", code=2).stderr
    assert lacks.startswith("confirm license lacks --because (")
    assert "--by (who answers for it) and --because" in run("confirm", "visits.py", "license", code=2).stderr
    assert (
        "lacks --because (why it may pass)."
        in run("waive", "visits.py", "units", "--by", "ann", code=2).stderr
    )
    assert "--by (who answers for it) and --because" in run("waive", "visits.py", "units", code=2).stderr
    assert "lacks --by (whose time it was)" in run("effort", "visits.py", "B3", "2h", code=2).stderr
    assert "Did you mean 'license'?" in run("confirm", "visits.py", "licence", "--by", "ann", code=2).stderr
    assert "lacks the CHECK" in run("confirm", "visits.py", "--by", "ann", code=2).stderr
    assert (
        "is no date"
        in run(
            "confirm", "visits.py", "license", "--by", "ann", "--because", "CC0", "--until", "soon", code=2
        ).stderr
    )


def test_history_tells_each_grading_and_what_changed(shop: Path, run: Run) -> None:
    assert "not graded yet" in run("history", "visits.py").stdout
    run("grade", "visits.py")
    rewrite(shop / "visits.py", '        license="internal",\n', "")
    run("grade", "visits.py")
    run("confirm", "visits.py", "license", "--by", "Ann", "--because", "internal", "--until", "2999-01-01")
    run("effort", "visits.py", "c2", "30m", "--by", "Bo")
    lines = (shop / "visits.csv").read_text().splitlines()
    (shop / "visits.csv").write_text("\n".join(lines[:-10]) + "\n")
    run("grade", "visits.py")
    said = run("history", "visits.py").stdout
    first, second, third = [line for line in said.splitlines() if " rows " in line]
    assert "A3 ↑" in first
    assert "rows 6,000 → 5,990; 1 finding gone (license)" in first
    assert "C3 ↓" in second
    assert "1 finding new (license)" in second
    assert "the first: 0 fail" in third
    assert "Ann confirms license until 2999-01-01: internal" in said
    assert "Person-time: C2 0.5 h (Bo)" in said
    told = as_json(run("history", "visits.py", "--json"))
    assert [one["level"] for one in told["gradings"]] == ["A3", "C3", "A3"]
    assert told["gradings"][0]["change"]["rows"] == [6_000, 5_990]
    assert told["answers"][0]["counts"] is True
    assert "✓ C2 license: settled; it was: not answered" in said
    assert "? C2 license: not answered" in said
    new = told["gradings"][1]["change"]["new"]
    assert [(f["check"], f["level"], f["saw"]) for f in new] == [("license", "C2", "not answered")]


def test_history_says_what_was_waived_by_whom_and_until_when(shop: Path) -> None:
    program, home = load_one(shop / "visits.py"), shop / "home"
    fg.grade(program, home=home, now=NOW)
    said = {"by": "Bo", "because": "a kiosk", "home": home}
    fg.waive(
        program, "wild_values", about="seconds", until="2026-05-31", now=NOW + timedelta(hours=1), **said
    )
    second = fg.grade(program, home=home, now=NOW + timedelta(hours=2))
    assert "Bo waives wild_values of seconds until 2026-05-31. All gradings" in second.to_text()
    fg.grade(program, home=home, now=NOW + timedelta(hours=3))
    fg.grade(program, home=home, now=NOW + timedelta(days=40))
    told = fg.history(program, home=home, now=NOW + timedelta(days=41))
    lines = str(told).splitlines()[1:]
    assert lines[0].endswith("the waiver of Bo on wild_values of seconds ended on 2026-05-31")
    assert lines[1].endswith("nothing changed")
    assert lines[2].endswith("no finding came or went")
    assert lines[3] == "      Bo waives wild_values of seconds until 2026-05-31: a kiosk"
    change = told.to_json()["gradings"][2]["change"]
    assert [(each["kind"], each["check"], each["by"]) for each in change["said"]] == [
        ("waiver", "wild_values", "Bo")
    ]
    assert len(told.to_json()["gradings"][0]["change"]["ended"]) == 1


def test_of_an_answer_a_waiver_and_a_permission_the_last_day_counts(shop: Path) -> None:
    rewrite(shop / "visits.py", 'license="internal"', 'license="internal", expires="2026-06-30"')
    rewrite(shop / "visits.py", '        purpose="better offers",\n', "")
    program, home = load_one(shop / "visits.py"), shop / "home"
    said = {"by": "Bo", "because": "so it is", "home": home, "now": NOW}
    (answer,) = fg.confirm(program, "purpose", until="2026-06-30", **said)
    (waiver,) = fg.waive(program, "wild_values", until="2026-06-30", **said)
    (exactly,) = fg.waive(program, "stuck_values", until="2026-06-30T12:00", **said)
    last = datetime(2026, 6, 30, 23, 59, tzinfo=UTC)
    assert valid(answer, last)
    assert valid(waiver, last)
    assert not valid(exactly, last)
    graded = fg.grade(program, home=home, now=last)
    verdicts = {f.check: f.verdict for f in graded.findings}
    assert (verdicts["permission_current"], verdicts["purpose"]) == ("pass", "pass")
    assert {each.until for each in fg.history(program, home=home, now=NOW + timedelta(days=40)).expiring} == {
        answer.until, exactly.until,
    }  # fmt: skip
    after = fg.grade(program, home=home, now=last + timedelta(minutes=2))
    verdicts = {f.check: f.verdict for f in after.findings}
    assert (verdicts["permission_current"], verdicts["purpose"]) == ("fail", "unknown")
    assert not valid(waiver, last + timedelta(minutes=2))


def test_only_the_last_gradings_are_told_unless_all_are_asked_for(shop: Path) -> None:
    program, home = load_one(shop / "visits.py"), shop / "home"
    for hour in range(4):
        fg.grade(program, home=home, now=NOW.replace(hour=hour))
    told = fg.history(program, home=home, last=2, now=NOW)
    assert (len(told.gradings), told.total) == (2, 4)
    assert all(one.change is not None for one in told.gradings)
    assert "the last 2 of 4 gradings" in str(told)
    assert len(fg.history(program, home=home, last=None, now=NOW).gradings) == 4


def test_programs_are_compared_and_graded_where_they_were_not(shop: Path, run: Run) -> None:
    text = (shop / "visits.py").read_text()
    (shop / "bare.py").write_text(
        text.replace('        license="internal",\n', "").replace("visits = fg", "bare = fg")
    )
    table = run("compare", "visits.py", "bare.py").stdout
    rows = {line.split("  ")[0]: line.split()[1:] for line in table.splitlines()}
    assert rows["level"] == ["A3", "C3"]
    assert rows["C2 license"] == ["license", "✓", "?"]
    assert "C3 owner" not in rows, "what holds everywhere is counted"
    assert "C3 owner" in run("compare", "visits.py", "bare.py", "--all").stdout
    told = as_json(run("compare", "visits.py", "bare.py", "--json"))["compared"]
    assert [(one["program"], one["source"], one["checks"]["license"]) for one in told] == [
        ("visits", None, "pass"), ("bare", None, "unknown"),
    ]  # fmt: skip
    assert as_json(run("history", "bare.py", "--json"))["total"] == 1


def test_the_sources_of_a_join_are_compared_and_the_lowest_tells(shop: Path, run: Run) -> None:
    rows = [
        "plan,known_at,fee",
        *(f"{plan},2024-01-0{n}T00:00:00Z,{n}" for n in (1, 2) for plan in ("free", "pro")),
    ]
    (shop / "fees.csv").write_text("\n".join(rows) + "\n")
    joined = 'personal_data="none", joins=[fg.Join(fg.Source("fees.csv", purpose="better offers"), on="plan", as_of="known_at")],'
    rewrite(shop / "visits.py", 'personal_data="none",', joined)
    rewrite(
        shop / "visits.py",
        "    features=[",
        '    features=[\n        fg.Number("fee", unit="dollar", about="a month"),',
    )
    told = as_json(run("compare", "visits.py", "--json"))["compared"]
    levels = {one["source"]: one["level"] for one in told}
    assert levels["fees.csv"] == "C4", "nobody answers for it"
    assert levels[None] == "C4"
    assert levels["visits.csv"][0] == "B"
    assert [one["rows"] for one in told] == [6_000, 6_000, 4]


ODD = {
    'a "quoted" name': ["1", "2"],
    "it's": ["x", "y"],
    "two\nlines": ["3.5", "4.5"],
    "back\\slash": ["p", "q"],
    "__private": ["1", "0"],
    "{brace}": ["u", "v"],
    "ünïcode  space": ["7", "8"],
    "#hash": ["m", "n"],
}


def test_a_table_with_odd_names_gives_a_program_that_runs(tmp_path: Path, run: Run) -> None:
    with (tmp_path / "odd.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(ODD)
        rows.writerows([[values[n % 2] for values in ODD.values()] for n in range(30)])
    assert "next: fieldguide grade odd.py" in run("new", "odd", "odd.csv").stdout
    program = load_one(tmp_path / "odd.py")
    names = {f.name for f in (*program.features, *program.inputs)} | {program.label.name}
    assert {'a "quoted" name', "it's", "back\\slash", "{brace}", "#hash"} <= names
    assert len(names - {""}) == len(ODD)
    assert as_json(run("grade", "odd.py", "--json"))["level"] == "C4"
    listed = run("confirm", "odd.py").stdout
    for line in (
        line.strip() for line in listed.splitlines() if line.strip().startswith("fieldguide confirm")
    ):
        words = shlex.split(line.replace("NAME", "ann"))
        assert {words[i + 1] for i, word in enumerate(words) if word == "--about"} <= names


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("a\n", None),
        ("name,note\nann,hello there\nbo,good bye\n", "C4"),
        ("id\n1\n2\n", "C4"),
        ("a,b\n,\n,\n", "C4"),
        ("x,y\n1,a\n1,a\n", "C4"),
    ],
)
def test_tables_with_little_in_them_give_a_program_or_one_sentence(
    text: str, level: str | None, tmp_path: Path, run: Run
) -> None:
    (tmp_path / "little.csv").write_text(text)
    made = run("new", "little", "little.csv", code=None)
    if level is None:
        assert made.returncode == 4
        assert len(made.stderr.strip().splitlines()) == 1
        return
    assert made.returncode == 0, made.stderr
    assert as_json(run("grade", "little.py", "--json"))["level"] == level


def test_lines_that_are_lost_are_told_when_a_program_is_drafted(tmp_path: Path, run: Run) -> None:
    (tmp_path / "torn.csv").write_text("a,b\n" + "1,x\n2,y\n" * 50 + "3\n4,z,9\n")
    assert "could not be read" in run("new", "torn", "torn.csv").stdout


def test_a_label_is_drafted_where_one_is_likely_and_the_named_one_otherwise(tmp_path: Path) -> None:
    rows = "".join(f"{n},{n % 7},{'yes' if n % 3 else 'no'},{n * 3 % 11}\n" for n in range(60))
    (tmp_path / "t.csv").write_text("id,size,answer,weight\n" + rows)
    path, doubts = new("plain", str(tmp_path / "t.csv"), folder=tmp_path)
    assert load_one(path).label.kind == "none"
    assert any(doubt.startswith("label: none looks likely") for doubt in doubts)
    path, doubts = new("asked", str(tmp_path / "t.csv"), label="weight", folder=tmp_path)
    assert (load_one(path).label.name, load_one(path).label.kind) == ("weight", "numeric")
    named = tmp_path / "named.csv"
    named.write_text((tmp_path / "t.csv").read_text().replace("answer", "converted"))
    path, _ = new("found", str(named), folder=tmp_path)
    label = load_one(path).label
    assert isinstance(label, fg.BinaryLabel)
    assert (label.name, label.positive) == ("converted", "yes")


FILES = sorted([*SHARED.rglob("*.csv"), *SHARED.rglob("*.parquet")]) if SHARED.is_dir() else []
SOME = [path for path in FILES if path.name in ("StarWars.csv", "dirty.csv") or path.parent.name == "csvs"]


@pytest.mark.skipif(not FILES, reason="../shared/data is not there")
@pytest.mark.parametrize("path", SOME, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_two_commands_lead_from_a_table_in_the_wild_to_a_level_with_its_reason(path: Path, run: Run) -> None:
    for words in (["new", "wild", str(path)], ["grade", "wild.py"]):
        said = run(*words).stdout
    assert "wild: level C4" in said
    assert "Held back from C3 by:\n  ? C3 owner: not answered" in said
    assert "fieldguide confirm wild.py owner --by NAME --because ANSWER" in said


def test_up_the_ladder_by_answers_alone(tmp_path: Path, run: Run) -> None:
    rows = "".join(f"k{n},{n * 7 % 30},{'abc'[n % 3]}\n" for n in range(200))
    (tmp_path / "t.csv").write_text("key,size,kind\n" + rows)
    run("new", "t", "t.csv")
    levels = [as_json(run("grade", "t.py", "--json"))["level"]]
    for _ in range(12):
        asked = as_json(run("confirm", "t.py", "--json"))["questions"]
        mine = [one for one in asked if one["level"][0] != "A"]
        if not mine:
            break
        for one in (one for one in mine if one["level"] == mine[0]["level"]):
            words = shlex.split(one["command"].replace("NAME", "ann").replace("ANSWER", "none"))
            run(*words[1:])
        levels.append(as_json(run("grade", "t.py", "--json"))["level"])
    assert levels[0] == "C4"
    assert levels[-1] == "B1"
    assert levels == sorted(levels, key=["C4", "C3", "C2", "C1", "B4", "B3", "B2", "B1"].index)
