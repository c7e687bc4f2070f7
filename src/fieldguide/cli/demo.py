"""demo: the whole ring on real data."""

from __future__ import annotations

from pathlib import Path

import click

from fieldguide.cli.options import home_option


@click.command()
@home_option
@click.option(
    "--examples",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder of flights.py.",
)
def demo(home: str, examples: Path | None) -> None:
    """Tell the whole ring on real flights, in about a minute."""
    from fieldguide.steps.demo import demo as step

    step(home=home, examples=examples, say=click.echo)
