"""grade, confirm, waive, effort."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fieldguide.cli.options import (
    as_of_option,
    by_option,
    common,
    print_json,
    program_argument,
    progress,
    progress_done,
    until_option,
)
from fieldguide.program import load_one

if TYPE_CHECKING:
    from fieldguide.finding import Finding
    from fieldguide.readiness.levels import Grade

MARKS = {"pass": "✓", "fail": "✗", "unknown": "?"}


@click.command()
@program_argument
@click.option("--require", metavar="LEVEL", help="Exit with 1 when the level is below this one, such as B1.")
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), help="Write the report as one HTML file."
)
@click.option("--all", "show_all", is_flag=True, help="Show the findings that pass, too.")
@until_option
@as_of_option
@common
def grade(
    program: str,
    require: str | None,
    html: Path | None,
    show_all: bool,
    until: str | None,
    as_of: str | None,
    home: str,
    as_json: bool,
) -> None:
    """Grade the data of PROGRAM: the level, what holds it back, what to do next."""
    from fieldguide.readiness.levels import reaches
    from fieldguide.steps.grade import grade as step
    from fieldguide.steps.grade import known_level

    required = known_level(require) if require else None
    loaded = load_one(program)
    result = step(loaded, home=home, until=until or as_of, on_step=progress)
    progress_done()
    if html is not None:
        from fieldguide.steps.report import write_report

        write_report(loaded, html, home=home)
    if as_json:
        print_json(result.to_json())
    else:
        show_grade(result, program, show_all)
        if html is not None:
            click.echo(f"The report is in {html}.")
    if required is not None and not reaches(result.level, required):
        click.echo(f"{result.program} is at {result.level}; {required} was required.", err=True)
        sys.exit(1)


def show_grade(result: Grade, program: str, show_all: bool) -> None:
    """Print a grade: the level, then what holds it back and what to do next."""
    from fieldguide.readiness.levels import LEVELS

    names = {level.name: level for level in LEVELS}
    meaning = f"{names[result.level].title}" if result.level in names else "not even heard of"
    click.echo(f"{result.program}: level {result.level} ({meaning})")
    click.echo("  " + " ".join(_step(result, level.name) for level in LEVELS))
    held = list(result.held_back_by)
    if held:
        click.echo(f"\nHeld back from {held[0].blocks} by:")
    _show(held, program)
    rest = [f for f in result.findings if f not in held and f.verdict == "fail"]
    if rest:
        click.echo("\nFailing further up:")
        _show(rest, program)
    open_ones = [f for f in result.findings if f not in held and f.verdict == "unknown"]
    if open_ones and not show_all:
        click.echo(f"\n{len(open_ones)} more are not answered yet: --all lists them.")
    if show_all:
        click.echo("\nNot answered yet:")
        _show(open_ones, program)
        click.echo("\nPassed:")
        _show([f for f in result.findings if f.verdict == "pass"], program)


def _step(result: Grade, name: str) -> str:
    from fieldguide.readiness.levels import reaches

    return f"[{name}]" if name == result.level else (name if reaches(result.level, name) else f"·{name}")


def _show(findings: list[Finding], program: str) -> None:
    for finding in findings:
        about = f" {finding.about}" if finding.about else ""
        click.echo(f"  {MARKS[finding.verdict]} {finding.level} {finding.check}{about}: {finding.saw}")
        if finding.verdict != "pass":
            if finding.expected:
                click.echo(f"      expected: {finding.expected}")
            if finding.rows:
                click.echo(f"      rows: {', '.join(finding.rows[:5])}")
            if finding.next:
                click.echo(f"      next: {finding.next.replace(' P ', f' {program} ')}")


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
    from fieldguide.steps.answers import confirm as step

    answer = step(load_one(program), check, by=by, because=because, about=about, until=until, home=home)
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
    from fieldguide.steps.answers import waive as step

    waiver = step(load_one(program), check, by=by, because=because, about=about, until=until, home=home)
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
    from fieldguide.steps.answers import effort as step

    minutes = step(load_one(program), level, spent, by=by, home=home)
    if as_json:
        print_json({"level": level, "minutes": minutes, "by": by})
    else:
        click.echo(f"Recorded: {minutes / 60:g} h of {by} for {level}.")
