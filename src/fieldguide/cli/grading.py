"""grade, confirm, waive, effort."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fieldguide.cli.options import (
    by_option,
    common,
    print_json,
    program_argument,
    progress,
    progress_done,
    until_option,
)
from fieldguide.errors import for_program
from fieldguide.program import load_one

if TYPE_CHECKING:
    from fieldguide.finding import Finding
    from fieldguide.steps.grade import Graded

MARKS = {"pass": "✓", "fail": "✗", "unknown": "?"}


@click.command()
@program_argument
@click.option("--require", metavar="LEVEL", help="Exit with 1 when the level is below this one, such as B1.")
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), help="Write the report as one HTML file."
)
@click.option("--all", "show_all", is_flag=True, help="Show the findings that pass, too.")
@until_option
@common
def grade(
    program: str,
    require: str | None,
    html: Path | None,
    show_all: bool,
    until: str | None,
    home: str,
    as_json: bool,
) -> None:
    """Grade the data of PROGRAM: the level, what holds it back, what to do next."""
    loaded = load_one(program)
    from fieldguide.readiness.levels import at_least, level
    from fieldguide.steps.grade import grade as step

    if html is not None:
        from fieldguide.steps.report import check_place, report

        check_place(html)
    required = level(require.upper()).name if require else None
    result = step(loaded, home=home, until=until, on_step=progress)
    progress_done()
    if html is not None:
        report(loaded, html, home=home)
    if as_json:
        print_json(result.to_json())
    else:
        show_grade(result, program, show_all)
        if html is not None:
            click.echo(f"The report is in {html}.")
    if required is not None and not at_least(result.level, required):
        click.echo(f"{result.program} is at {result.level}; {required} was required.", err=True)
        sys.exit(1)


def show_grade(result: Graded, program: str, show_all: bool) -> None:
    """Print a grade: the level, what holds it back, what fails further up, and what to do next."""
    from fieldguide.readiness.levels import LEVELS, at_least, level

    grade = result.grade
    reached = [each.name for each in LEVELS if at_least(grade.level, each.name)]
    ahead = [each.name for each in LEVELS if each.name not in reached]
    ladder = " ".join([*reached[:-1], f"[{grade.level}]", *(f"·{name}" for name in ahead)])
    click.echo(
        f"{result.name}: level {grade.level}, {level(grade.level).title}: {level(grade.level).meaning}"
    )
    click.echo(f"  {ladder}   ({result.reading.extent.rows:,} rows{_lost(result)})")
    if grade.next_level:
        click.echo(f"\nHeld back from {grade.next_level} by:")
        show_findings(grade.held_back_by, program)
    waived = {id(finding) for finding, _ in grade.waived}
    rest = [f for f in grade.findings if f not in grade.held_back_by and id(f) not in waived]
    failing = [f for f in rest if f.verdict == "fail"]
    if failing:
        click.echo("\nFailing further up:")
        show_findings(failing, program)
    for finding, waiver in grade.waived:
        click.echo(f"\nWaived by {waiver.by}: {finding.check} {finding.about or ''} ({waiver.because})")
    unknown = [f for f in rest if f.verdict == "unknown"]
    if unknown and not show_all:
        names = ", ".join(dict.fromkeys(f"{f.check} ({f.level})" for f in unknown))
        click.echo(f"\nNot known yet: {names}. With --all: each of them, and what passed.")
    if show_all:
        click.echo("\nNot known yet:")
        show_findings(unknown, program)
        click.echo("\nPassed:")
        show_findings([f for f in grade.findings if f.verdict == "pass"], program)


def _lost(result: Graded) -> str:
    lost = sum(part.rejected for part in result.reading.parts)
    return f", {lost:,} lines or values that could not be read: see parses with --all" if lost else ""


def show_findings(findings: Sequence[Finding], program: str) -> None:
    """Print findings; those that say the same of several columns are one."""
    alike: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        same = (finding.check, finding.verdict, finding.saw, finding.next, *finding.rows)
        alike.setdefault(same, []).append(finding)
    for group in alike.values():
        first = group[0]
        about = ", ".join(f.about for f in group if f.about)
        click.echo(
            f"  {MARKS[first.verdict]} {first.level} {first.check}{f' of {about}' if about else ''}: {first.saw}"
        )
        if first.verdict == "pass":
            continue
        for name, text in (
            ("expected", first.expected),
            ("rows", ", ".join(first.rows[:5])),
            ("next", first.next),
        ):
            if text:
                click.echo(f"      {name}: {for_program(text, program)}")


@click.command()
@program_argument
@click.argument("check")
@by_option
@click.option("--because", default="", metavar="TEXT", help="What the answer is, or why.")
@click.option(
    "--about", metavar="COLUMN", help="The column it is about; left out: all that the check asks about."
)
@click.option("--until", metavar="DATE", help="When the answer expires.")
@common
def confirm(
    program: str,
    check: str,
    by: str,
    because: str,
    about: str | None,
    until: str | None,
    home: str,
    as_json: bool,
) -> None:
    """Answer CHECK for PROGRAM, a question that only a person can answer."""
    loaded = load_one(program)
    from fieldguide.steps.answers import confirm as step

    answer = step(loaded, check, by=by, because=because, about=about, until=until, home=home)
    if as_json:
        print_json(vars(answer))
    else:
        click.echo(f"Recorded: {answer.by} confirms {answer.check}{f' of {about}' if about else ''}.")


@click.command()
@program_argument
@click.argument("check")
@by_option
@click.option("--because", required=True, metavar="TEXT", help="Why it may pass.")
@click.option("--about", metavar="COLUMN", help="The column it is about; left out: all of the check.")
@click.option("--until", metavar="DATE", help="When the waiver expires.")
@common
def waive(
    program: str,
    check: str,
    by: str,
    because: str,
    about: str | None,
    until: str | None,
    home: str,
    as_json: bool,
) -> None:
    """Let CHECK (a check of a level, or a gate of a launch) pass for PROGRAM, in your name, on record."""
    loaded = load_one(program)
    from fieldguide.steps.answers import waive as step

    waiver = step(loaded, check, by=by, because=because, about=about, until=until, home=home)
    if as_json:
        print_json(vars(waiver))
    else:
        click.echo(f"Recorded: {waiver.by} waives {waiver.check}{f' of {about}' if about else ''}: {because}")


@click.command()
@program_argument
@click.argument("level")
@click.argument("spent", metavar="TIME")
@by_option
@common
def effort(program: str, level: str, spent: str, by: str, home: str, as_json: bool) -> None:
    """Record person-TIME (3h, 45m) that went into reaching LEVEL for PROGRAM."""
    loaded = load_one(program)
    from fieldguide.steps.answers import effort as step

    minutes = step(loaded, level, spent, by=by, home=home)
    if as_json:
        print_json({"level": level, "minutes": minutes, "by": by})
    else:
        click.echo(f"Recorded: {minutes / 60:g} h of {by} for {level}.")
