"""How findings are told: alike ones as one, the worst first, a few of many."""

from __future__ import annotations

import shlex

from fieldguide.finding import Finding, agreed
from fieldguide.readiness.checks import found
from fieldguide.readiness.telling import commands, groups, lines, plainly, wrapped


def unit(name: str) -> Finding:
    todo = (
        f"write unit=…; or: fieldguide confirm P units --about {shlex.quote(name)} --by NAME --because ANSWER"
    )
    return found("units", "unknown", "not answered", name, todo=todo)


def wild(name: str, share: float) -> Finding:
    return found("wild_values", "fail", f"{share:.0%} are wild", name, rows=[name], evidence={"share": share})


def test_findings_that_say_the_same_of_several_columns_are_one() -> None:
    told = groups([unit("a"), unit("b c"), found("owner", "unknown", "not answered")])
    assert [(g.check, g.about) for g in told] == [("owner", ()), ("units", ("a", "b c"))]
    assert told[1].saw == "not answered"
    assert commands(told[1].next) == (
        "fieldguide confirm P units --about a --about 'b c' --by NAME --because ANSWER",
    )


def test_many_columns_are_not_listed_one_by_one() -> None:
    (told,) = groups([unit(f"c{n}") for n in range(200)])
    assert told.names == "c0, c1, c2, c3, c4, c5, c6, c7 and 192 more"
    assert "--about COLUMN --by" in told.next
    assert len(lines([unit(f"c{n}") for n in range(200)], "p.py")) == 3


def test_a_column_that_is_called_like_a_word_does_not_keep_findings_apart() -> None:
    told = groups([found("units", "unknown", "a number without a unit", name) for name in ("a", "b", "unit")])
    assert [(g.about, g.saw) for g in told] == [(("a", "b", "unit"), "a number without a unit")]


def test_failures_come_before_unknowns_and_the_larger_share_first() -> None:
    told = groups(
        [unit("u"), wild("few", 0.01), wild("many", 0.5), found("owner", "unknown", "not answered")]
    )
    assert [(g.check, g.about) for g in told] == [
        ("owner", ()), ("wild_values", ("many",)), ("wild_values", ("few",)), ("units", ("u",)),
    ]  # fmt: skip


def test_of_many_findings_of_a_check_the_worst_are_told_and_the_others_counted() -> None:
    many = [wild(f"c{n}", n / 100) for n in range(40)]
    told = lines(many, "p.py")
    assert told[0].startswith("  ✗ B3 wild_values of c39: 39% are wild")
    assert told[-1] == (
        "    and 37 more of wild_values: c36, c35, c34, c33, c32, c31, c30, c29 and 29 more (--all tells each)"
    )
    assert len([line for line in told if "✗" in line]) == 3
    assert len([line for line in lines(many, "p.py", everything=True) if "✗" in line]) == 40


def test_commands_can_be_pasted_into_a_shell() -> None:
    told = lines([found("wild_values", "fail", "wild", "a $(b)")], "my program.py")
    (command,) = commands("\n".join(told))
    assert shlex.split(command) == [
        "fieldguide", "waive", "my program.py", "wild_values", "--about", "a $(b)", "--by", "NAME", "--because", "WHY",
    ]  # fmt: skip


def test_a_group_is_said_in_plain_words() -> None:
    (failing,) = groups([wild("age", 0.5)])
    assert plainly(failing) == "age: 50% are wild."
    (expired,) = groups([found("owner", "unknown", "the answer of Ann expired on 2026-01-01")])
    assert (
        plainly(expired)
        == "A person has to say: who answers for the data (the answer of Ann expired on 2026-01-01)."
    )


LONG = "Which of the following films have you seen? Please select all that apply.: Episode I"


def test_a_whole_question_as_a_name_is_shortened_in_lines_and_never_in_commands() -> None:
    todo = (
        f"write unit=…; or: fieldguide confirm P units --about {shlex.quote(LONG)} --by NAME --because ANSWER"
    )
    told = lines([Finding("units", "B3", "unknown", LONG, f"no unit of {LONG}", next=todo)], "v.py")
    assert max(len(line) for line in told if "fieldguide confirm" not in line) < 140
    assert "Which of the following films" in told[0]
    assert "…" in told[0]
    assert any(f"--about {shlex.quote(LONG)}" in line for line in told)


def test_wrapped_lines_fit_the_terminal_and_commands_stay_whole() -> None:
    command = f"fieldguide confirm v.py units --about {shlex.quote(LONG)} --by NAME --because ANSWER"
    text = (
        f"  ! B3 units: {'many words ' * 30}\n      next: write unit=…; or: {command}\n      {command}\nshort"
    )
    told = wrapped(text, 80).split("\n")
    assert [line for line in told if len(line) > 80] == [f"        {command}", f"      {command}"]
    assert told[-1] == "short"
    assert " ".join(" ".join(told).split()) == " ".join(text.split())


def test_what_is_told_of_one_thing_is_in_the_singular() -> None:
    one = Finding(
        "parses",
        "C1",
        "fail",
        None,
        "1 lines or values could not be read (1 of 30 rows hold it)",
        "1 columns",
    )
    assert (one.saw, one.expected) == (
        "1 line or value could not be read (1 of 30 rows holds it)",
        "1 column",
    )
    kept = "21 rows hold 0.1 units in the 11 columns of 2,001 rows; rows 1 to 3 lie apart"
    assert agreed(kept) == kept
    own = "in column '1 days', 'Level 1 codes do'; confirm it: fieldguide confirm P described --about '1 days'; 0 or 1 values"
    assert agreed(own) == own
    assert agreed("1 distinct texts have 2 writings; 1 deliveries late, 1 patches") == (
        "1 distinct text has 2 writings; 1 delivery late, 1 patches"
    )
