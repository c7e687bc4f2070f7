"""demo: the whole ring on real data."""

from __future__ import annotations

from pathlib import Path

import click

from fieldguide.cli.options import progress, progress_done


@click.command()
@click.option(
    "--home",
    default=".fieldguide-demo",
    show_default=True,
    help="A folder of the demo's own; an earlier demo in it is replaced.",
)
@click.option(
    "--examples",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder of flights.py.",
)
def demo(home: str, examples: Path | None) -> None:
    """Tell the whole ring on real flights, in about a minute."""
    from fieldguide.steps.demo import demo as step

    def say(line: str) -> None:
        progress_done()
        click.echo(line)

    step(home=home, examples=examples, say=say, progress=progress)
