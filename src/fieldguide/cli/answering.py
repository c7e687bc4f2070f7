"""confirm, waive, effort: what people say."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from fieldguide.cli.options import common, print_json, program_argument, tell
from fieldguide.errors import UsageError, for_program
from fieldguide.program import load_one

if TYPE_CHECKING:
    from fieldguide.readiness.answers import Answer, Waiver
    from fieldguide.steps.answers import Open

by_option = click.option("--by", metavar="NAME", help="The person who answers for it.")
last_day_option = click.option(
    "--until", metavar="DAY", help="The last day on which it counts, in UTC; or a time, at which it ends."
)
about_option = click.option(
    "--about",
    multiple=True,
    metavar="COLUMN",
    help="The column it is about, once for each; left out: all of the check.",
)


@click.command()
@program_argument
@click.argument("checks", metavar="[CHECK[=ANSWER]]…", nargs=-1)
@by_option
@click.option("--because", metavar="TEXT", help="What the answer is, or why.")
@about_option
@last_day_option
@common
def confirm(
    program: str,
    checks: tuple[str, ...],
    by: str | None,
    because: str | None,
    about: tuple[str, ...],
    until: str | None,
    home: str,
    as_json: bool,
) -> None:
    """Answer CHECK for PROGRAM, a question that only a person can answer; without CHECK: list what is open.

    Several at once are written as CHECK=ANSWER: confirm P license=CC0 purpose="better offers" --by NAME.
    """
    loaded = load_one(program)
    from fieldguide.steps.answers import confirm as step
    from fieldguide.steps.answers import questions

    if not checks:
        if by or because or about or until:
            raise UsageError(
                "confirm lacks the CHECK that is answered; without options it lists those that are open."
            )
        _show_questions(questions(loaded, home=home), program, as_json)
        return
    from fieldguide.readiness.answers import answerable
    from fieldguide.readiness.levels import CHECKS

    given = [each.partition("=") for each in checks]
    for name, _, _ in given:
        answerable(name)
    if len(given) > 1 or given[0][1]:
        told = {name: text.strip() for name, _, text in given}
        open_ = [name for name, text in told.items() if text in ("", "ANSWER")]
        if because or open_ or len(told) < len(given):
            raise UsageError(
                "Several answers are written as CHECK=ANSWER, each check once and without --because"
                + (f"; {', '.join(open_)} lacks an answer." if open_ else ".")
            )
        if not by:
            raise UsageError("confirm lacks --by (who answers for it).")
        all_ = [
            step(loaded, name, by=by, because=text, about=about, until=until, home=home)
            for name, text in told.items()
        ]
        if as_json:
            print_json({"answers": [_as_json(one) for one in all_]})
        else:
            for one in all_:
                _show(one, "confirms", as_json)
        return
    check = checks[0]
    said = _asked(
        f"confirm {check}",
        {"--by": (by, "who answers for it"), "--because": (because, CHECKS[check].checks)},
        ("--by", "--because"),
    )
    _show(
        step(loaded, check, by=said["by"], because=said["because"], about=about, until=until, home=home),
        "confirms",
        as_json,
    )


@click.command()
@program_argument
@click.argument("check")
@by_option
@click.option("--because", metavar="TEXT", help="Why it may pass.")
@about_option
@last_day_option
@common
def waive(
    program: str,
    check: str,
    by: str | None,
    because: str | None,
    about: tuple[str, ...],
    until: str | None,
    home: str,
    as_json: bool,
) -> None:
    """Let CHECK (a check of a level, or a gate of a launch) pass for PROGRAM, in your name, on record."""
    loaded = load_one(program)
    from fieldguide.steps.answers import waive as step

    said = _asked(
        f"waive {check}",
        {"--by": (by, "who answers for it"), "--because": (because, "why it may pass")},
        ("--by", "--because"),
    )
    _show(
        step(loaded, check, by=said["by"], because=said["because"], about=about, until=until, home=home),
        "waives",
        as_json,
    )


@click.command()
@program_argument
@click.argument("level")
@click.argument("spent", metavar="TIME")
@by_option
@common
def effort(program: str, level: str, spent: str, by: str | None, home: str, as_json: bool) -> None:
    """Record person-TIME (3h, 45m) that went into reaching LEVEL for PROGRAM."""
    loaded = load_one(program)
    from fieldguide.steps.answers import effort as step

    said = _asked("effort", {"--by": (by, "whose time it was")}, ("--by",))
    minutes = step(loaded, level, spent, by=said["by"], home=home)
    if as_json:
        print_json({"level": level.upper(), "minutes": minutes, "by": said["by"]})
    else:
        click.echo(f"Recorded: {minutes / 60:g} h of {said['by']} for {level.upper()}.")


def _asked(command: str, given: dict[str, tuple[str | None, str]], needed: Sequence[str]) -> dict[str, str]:
    """Return what was given; what is needed and lacks is asked for on a terminal.

    Raises UsageError naming exactly what lacks where there is nobody to ask.
    """
    lacking = [flag for flag in needed if not (given[flag][0] or "").strip()]
    if lacking and not (sys.stdin.isatty() and sys.stderr.isatty()):
        told = " and ".join(f"{flag} ({given[flag][1]})" for flag in lacking)
        raise UsageError(f"{command} lacks {told}.")
    answers = {flag: text or "" for flag, (text, _) in given.items()}
    for flag in [flag for flag in given if lacking and not answers[flag].strip()]:
        prompt = f"{given[flag][1].capitalize()} ({flag})"
        answers[flag] = click.prompt(
            prompt, default=None if flag in needed else "", show_default=False, err=True
        )
    return {flag.removeprefix("--"): text for flag, text in answers.items()}


def _as_json(told: Sequence[Answer | Waiver]) -> dict[str, object]:
    return {**vars(told[0]), "columns": [each.about for each in told if each.about is not None]}


def _show(told: Sequence[Answer | Waiver], verb: str, as_json: bool) -> None:
    first, columns = told[0], [each.about for each in told if each.about is not None]
    if as_json:
        print_json(_as_json(told))
        return
    of = f" of {', '.join(columns)}" if columns else ""
    until = f" until {first.until:%Y-%m-%d}" if first.until else ""
    because = f": {first.because}" if first.because else ""
    click.echo(f"Recorded: {first.by} {verb} {first.check}{of}{until}{because}.")


def _show_questions(found: Sequence[Open], program: str, as_json: bool) -> None:
    from fieldguide.readiness.telling import listed

    ready = [for_program(each.command, program) for each in found]
    if as_json:
        told = zip(found, ready, strict=True)
        print_json({"questions": [{**vars(each), "command": command} for each, command in told]})
        return
    if not found:
        click.echo("Nothing is open: every question that only people can answer has an answer.")
        return
    number = sum(max(len(each.about), 1) for each in found)
    click.echo(f"{number} open {'question' if number == 1 else 'questions'} that only people can answer:")
    for each, command in zip(found, ready, strict=True):
        of = f" of {listed(each.about)}" if each.about else ""
        saw = "" if each.saw in ("", "not answered") else f" ({each.saw})"
        tell(f"\n  {each.level} {each.check}{of}: {each.question}{saw}\n      {command}")
    tell(
        "\nWhat belongs to the source is best written in the program file; it counts as answered by the owner."
    )
