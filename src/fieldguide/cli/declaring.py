"""new: a program file with the blanks to fill."""

from __future__ import annotations

from pathlib import Path

import click

from fieldguide.cli.options import print_json, tell
from fieldguide.errors import for_program


@click.command()
@click.argument("name")
@click.argument("table", required=False)
@click.option("--label", metavar="COLUMN", help="The column to predict; left out: the likeliest.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def new(name: str, table: str | None, label: str | None, as_json: bool) -> None:
    """Write NAME.py, a program with the blanks to fill; its features are drafted from TABLE if given."""
    from fieldguide.steps.new import new as step

    path, doubts = step(name, table, label=label, folder=Path.cwd())
    if as_json:
        print_json({"file": str(path), "check": list(doubts)})
        return
    click.echo(f"Wrote {path.name}.")
    for doubt in doubts:
        tell(f"  check: {for_program(doubt, path.name)}")
    click.echo(f"  next: fieldguide grade {path.name}")
