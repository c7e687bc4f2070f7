"""grade, history, compare: the level, what holds it back, how it came to be, and that of others."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fieldguide.cli.options import (
    common,
    engine_option,
    home_option,
    json_option,
    print_json,
    program_argument,
    progress,
    progress_done,
    share_option,
    tell,
    until_option,
)
from fieldguide.errors import UsageError, for_program
from fieldguide.program import load, load_one

if TYPE_CHECKING:
    from fieldguide.finding import Finding


@click.command()
@program_argument
@click.option("--require", metavar="LEVEL", help="Exit with 1 when the level is below this one, such as B1.")
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), help="Write the report as one HTML file."
)
@click.option(
    "--queues",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write what people should work through as CSV files into this folder.",
)
@click.option("--all", "show_all", is_flag=True, help="Show every finding, those that pass, too.")
@until_option
@share_option
@engine_option
@common
def grade(
    program: str,
    require: str | None,
    html: Path | None,
    queues: Path | None,
    show_all: bool,
    until: str | None,
    share: float | None,
    engine: str,
    home: str,
    as_json: bool,
) -> None:
    """Grade the data of PROGRAM: the level, what holds it back, what to do next."""
    loaded = load_one(program)
    from fieldguide.readiness.levels import at_least, level
    from fieldguide.steps.grade import grade as step

    if share is not None and (require or html is not None):
        raise UsageError(
            f"--share {share:g} grades a sample, which is exploratory: no gate may rest on it (--require), and the report "
            "(--html) is of the grade of all rows. Leave --share out, or the other."
        )
    if html is not None:
        from fieldguide.steps.report import check_place, report

        check_place(html)
    required = level(require.upper()).name if require else None
    result = step(loaded, home=home, until=until, share=share, queues=queues, engine=engine, on_step=progress)
    progress_done()
    if html is not None:
        report(loaded, html, home=home, graded=result)
    if as_json:
        print_json(result.to_json())
    else:
        tell(result.to_text(program, everything=show_all))
        for line in result.to_work_through():
            click.echo(line)
        if queues is not None and not result.files:
            click.echo("There is nothing to work through, so no queue was written.")
        if html is not None:
            click.echo(f"The report is in {html}.")
    if result.unreadable:
        click.echo(str(result.error), err=True)
        sys.exit(4)
    if required is not None and not at_least(result.level, required):
        click.echo(f"{result.name} is at {result.level}; {required} was required.", err=True)
        sys.exit(1)


def show_findings(findings: Sequence[Finding], program: str) -> None:
    """Print findings; those that say the same of several columns are one."""
    from fieldguide.readiness.telling import lines

    for line in lines(findings, program, everything=True):
        click.echo(line)


@click.command()
@program_argument
@click.option("--all", "show_all", is_flag=True, help="Tell every grading, not the last twenty.")
@common
def history(program: str, show_all: bool, home: str, as_json: bool) -> None:
    """Tell how the level of PROGRAM came to be: each grading and what changed, answers, waivers, person-time."""
    loaded = load_one(program)
    from fieldguide.steps.history import LAST
    from fieldguide.steps.history import history as step

    found = step(loaded, home=home, last=None if show_all else LAST)
    if as_json:
        print_json(found.to_json())
    else:
        click.echo(for_program(found.to_text(), program))


@click.command()
@click.argument("programs", metavar="PROGRAM…", nargs=-1, required=True)
@click.option("--all", "show_all", is_flag=True, help="Show the checks that hold everywhere, too.")
@home_option
@json_option
def compare(programs: tuple[str, ...], show_all: bool, home: str, as_json: bool) -> None:
    """Put the levels and checks of PROGRAM…, and of the sources that each joins, side by side."""
    loaded = [program for spec in programs for program in load(spec)]
    from fieldguide.steps.compare import compare as step

    found = step(loaded, home=home, on_step=progress)
    progress_done()
    if as_json:
        print_json(found.to_json())
    else:
        click.echo(found.to_text(everything=show_all))
