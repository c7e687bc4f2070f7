"""The first hour with a table: what `new` and `grade` say of it before any answer, and the way up by `confirm`, wrong turns too."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from .conftest import Run, as_json

LADDER = ["C4", "C3", "C2", "C1", "B4", "B3", "B2", "B1"]


@pytest.fixture
def run(run_here: Run) -> Run:
    """Run the command line within this process."""
    return run_here


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """A table of made-up customers, written in Germany."""
    first, last = (
        ("Anna", "Boris", "Clara", "Dmitri", "Emma"),
        ("Schmidt", "Novak", "Rossi", "Dubois", "Garcia", "Jensen", "Kowalski"),
    )
    rows = "".join(
        f"{1000 + i};{first[i % 5]};{last[i % 7]};{first[i % 5].lower()}.{i}@example.com;{i % 90},{i % 10}5;{1 + i % 28}.{1 + i % 12}.2024\n"
        for i in range(210)
    )
    (tmp_path / "kunden.csv").write_text("nr;vorname;nachname;mail;umsatz;gekauft\n" + rows)
    return tmp_path


def test_the_last_lines_are_the_level_what_lacks_and_one_command(people: Path, run: Run) -> None:
    run("new", "kunden", "kunden.csv")
    last = run("grade", "kunden.py").stdout.rstrip().splitlines()[-3:]
    assert last == [
        "In short: kunden is at C4; C3 lacks owner.",
        "Next: answer owner in your name (who answers for the data):",
        "  fieldguide confirm kunden.py owner --by NAME --because ANSWER",
    ]


def test_personal_data_are_told_by_both_commands_before_anybody_asks(people: Path, run: Run) -> None:
    drafted = run("new", "kunden", "kunden.csv").stdout
    assert "personal data: " in drafted
    assert "e-mail addresses (mail)" in drafted
    written = (people / "kunden.py").read_text()
    assert "these look like personal data" in written
    assert "@example.com" not in written
    graded = run("grade", "kunden.py").stdout
    found = graded.split("Found, and nothing is declared:")[1].split("\n\n")[0]
    assert "C2 personal_data: not answered, and" in found
    assert "e-mail addresses (mail)" in found
    finding = next(
        f for f in as_json(run("grade", "kunden.py", "--json"))["findings"] if f["check"] == "personal_data"
    )
    assert finding["evidence"]["found"]
    run("confirm", "kunden.py", "personal_data", "--by", "ann", "--because", "names, e-mail addresses")
    assert "Found, and nothing is declared" not in run("grade", "kunden.py").stdout


def test_a_command_that_is_copied_with_its_blanks_is_no_answer(people: Path, run: Run) -> None:
    run("new", "kunden", "kunden.csv")
    ready = run("grade", "kunden.py").stdout.rstrip().splitlines()[-1]
    words = shlex.split(ready)[1:]
    assert "write the name of the person" in run(*words, code=2).stderr
    words[words.index("NAME")] = "ann"
    assert "write the answer itself" in run(*words, code=2).stderr
    words[words.index("ANSWER")] = "the sales team"
    assert "Recorded: ann confirms owner: the sales team." in run(*words).stdout
    assert (
        run("grade", "kunden.py")
        .stdout.rstrip()
        .splitlines()[-3]
        .startswith("In short: kunden is at C3; C2 lacks license")
    )


def test_several_answers_are_one_command_and_all_or_none_count(people: Path, run: Run) -> None:
    run("new", "people", "kunden.csv")
    wrong = run("confirm", "people.py", "owner=web team", "license=", "--by", "Ann", code=2)
    assert "license lacks an answer" in wrong.stderr
    assert "lacks --by" in run("confirm", "people.py", "owner=us", code=2).stderr
    assert (
        "each check once" in run("confirm", "people.py", "owner=a", "owner=b", "--by", "Ann", code=2).stderr
    )
    assert run("confirm", "people.py", "owner=us", "wild_values=x", "--by", "Ann", code=2)
    assert as_json(run("history", "people.py", "--json"))["answers"] == []
    said = run("confirm", "people.py", "owner=web team", "license=CC0 = free", "--by", "Ann").stdout
    assert said.splitlines() == [
        "Recorded: Ann confirms owner: web team.",
        "Recorded: Ann confirms license: CC0 = free.",
    ]


def test_wrong_turns_on_the_way_up_end_in_a_sentence(people: Path, run: Run) -> None:
    run("new", "kunden", "kunden.csv")
    for words, told in {
        ("owner",): "lacks --by",
        ("ownr", "--by", "ann"): "Did you mean 'owner'",
        ("parses", "--by", "ann"): "found by the machine",
        ("described", "--by", "ann", "--because", "the manual", "--about", "umsats"): "Did you mean 'umsatz'",
        ("owner", "--by", "ann", "--because", "us", "--until", "soon"): "no date",
        ("owner", "--by", "ann", "--because", "us", "--until", "2020-01-31"): "already past",
    }.items():
        said = run("confirm", "kunden.py", *words, code=2).stderr
        assert told in said
        assert len(said.strip().splitlines()) == 1
    assert as_json(run("grade", "kunden.py", "--json"))["level"] == "C4"


def test_every_step_to_b1_is_the_command_that_the_last_line_names(people: Path, run: Run) -> None:
    run("new", "kunden", "kunden.csv")
    levels, steps = ["C4"], 0
    while steps < 20:
        said = run("grade", "kunden.py").stdout.rstrip().splitlines()
        levels.append(
            next(line for line in said if line.startswith("In short")).split(" is at ")[1].split(";")[0]
        )
        if levels[-1] == "B1":
            break
        assert said[-1].startswith("  fieldguide confirm"), "\n".join(said[-8:])
        words = shlex.split(said[-1].replace("COLUMN", "umsatz"))[1:]
        words = [{"NAME": "ann", "ANSWER": "as agreed"}.get(word, word) for word in words]
        run(*words)
        steps += 1
    assert levels[-1] == "B1"
    assert list(dict.fromkeys(levels)) == sorted(dict.fromkeys(levels), key=LADDER.index)
    assert steps <= 10
