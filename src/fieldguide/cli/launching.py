"""changes, launch, rollback."""

from __future__ import annotations

from dataclasses import asdict

import click

from fieldguide.cli.options import common, print_json, program_argument
from fieldguide.program import load_one


@click.command()
@program_argument
@click.argument("a", type=int, required=False)
@click.argument("b", type=int, required=False)
@common
def changes(program: str, a: int | None, b: int | None, home: str, as_json: bool) -> None:
    """Show what differs between releases A and B of PROGRAM, or between the current release and the file."""
    loaded = load_one(program)
    from fieldguide.steps.launch import changes as step

    found = step(loaded, a, b, home=home)
    if as_json:
        print_json({"changes": list(found)})
    else:
        click.echo("\n".join(found) if found else "Nothing differs.")


@click.command()
@program_argument
@click.option("--fitted", metavar="ID", help="The fitted model to launch (its id, or the beginning of it).")
@click.option("--by", default="", metavar="NAME", help="Who launches it.")
@click.option("--because", default="", metavar="TEXT", help="Why.")
@common
def launch(program: str, fitted: str | None, by: str, because: str, home: str, as_json: bool) -> None:
    """Put the next legal release of PROGRAM in service; the first is neutral."""
    loaded = load_one(program)
    from fieldguide.steps.launch import launch as step

    _print(step(loaded, fitted=fitted, by=by, because=because, home=home), as_json)


@click.command()
@program_argument
@click.option("--by", default="", metavar="NAME", help="Who rolls back.")
@click.option("--because", default="", metavar="TEXT", help="Why.")
@common
def rollback(program: str, by: str, because: str, home: str, as_json: bool) -> None:
    """Put the release of PROGRAM before the current one back in service."""
    loaded = load_one(program)
    from fieldguide.steps.launch import rollback as step

    _print(step(loaded, by=by, because=because, home=home), as_json)


def _print(release: object, as_json: bool) -> None:
    values = asdict(release)  # type: ignore[call-overload]
    if as_json:
        print_json(
            {
                "release": values["number"],
                "changes": list(values["changes"]),
                "state": "full",
                "fitted": values["fitted"],
                "model": values["model"],
                "at": values["at"],
            }
        )
        return
    click.echo(
        f"{values['program']}: release {values['number']} is in service: {values['model']} ({values['fitted']})"
    )
    for change in values["changes"]:
        click.echo(f"  what changed: {change}")
