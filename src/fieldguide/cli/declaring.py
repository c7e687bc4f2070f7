"""new: a program file with the blanks to fill."""

from __future__ import annotations

from pathlib import Path

import click

from fieldguide.cli.options import print_json, tell
from fieldguide.errors import for_program


@click.command()
@click.argument("name")
@click.argument("data", required=False)
@click.option(
    "--table", metavar="TABLE", help="The table of a database, the sheet of a workbook, the file in a zip."
)
@click.option("--query", metavar="SQL", help="The query that gives the rows of a database.")
@click.option("--label", metavar="COLUMN", help="The column to predict; left out: the likeliest.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def new(
    name: str, data: str | None, table: str | None, query: str | None, label: str | None, as_json: bool
) -> None:
    """Write NAME.py, a program with the blanks to fill; its features are drafted from DATA if given.

    DATA is a file or a pattern of files, an address (https, s3, gs), or a database: 'postgresql://${USER}:${PASSWORD}@host/db',
    sqlite:///file.db, duckdb:///file.duckdb, with the table or the query that gives the rows. What ${…} stands for is taken
    from the environment (export USER=…) each time and is written nowhere; keep the single quotes.
    """
    from fieldguide.steps.new import new as step

    path, doubts = step(name, data, table=table, query=query, label=label, folder=Path.cwd())
    if as_json:
        print_json({"file": str(path), "check": list(doubts)})
        return
    click.echo(f"Wrote {path.name}.")
    for doubt in doubts:
        tell(f"  check: {for_program(doubt, path.name)}")
    click.echo(f"  next: fieldguide grade {path.name}")
