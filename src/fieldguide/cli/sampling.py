"""sample: a stratified sample in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fieldguide.cli.options import (
    engine_option,
    json_option,
    print_json,
    program_argument,
    progress,
    progress_done,
)
from fieldguide.program import load_one

if TYPE_CHECKING:
    from fieldguide.steps.sample import Sampled


@click.command()
@program_argument
@click.option(
    "--share", type=float, metavar="SHARE", help="About which share of the rows to keep, such as 0.01."
)
@click.option(
    "--entities",
    type=int,
    metavar="K",
    help="Instead of a share: exactly so many entities with a positive label, and as many without.",
)
@click.option(
    "--negatives",
    type=float,
    default=1.0,
    metavar="SHARE",
    help="Which share of the negative rows of kept entities to keep; left out: all.",
)
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write: .parquet or .csv.",
)
@engine_option
@json_option
def sample(
    program: str,
    share: float | None,
    entities: int | None,
    negatives: float,
    out: Path,
    engine: str,
    as_json: bool,
) -> None:
    """Write a sample of PROGRAM's source, whole entities, by class, with weights; always the same one."""
    loaded = load_one(program)
    from fieldguide.steps.sample import sample as step

    result = step(
        loaded, out, share=share, entities=entities, negatives=negatives, engine=engine, on_step=progress
    )
    progress_done()
    if as_json:
        print_json(result.to_json())
    else:
        show_sample(result)


def show_sample(result: Sampled) -> None:
    """Print a sample: what was kept of each stratum, how rows weigh, and what it says of all rows."""
    click.echo(
        f"{result.out}: {result.rows:,} of {result.of:,} rows ({result.share:.2%}) of {result.program}"
    )
    for each in result.strata:
        whole, kept = each.whole, each.kept
        entities = ""
        if result.unit == "entity":
            entities = f"{kept.entities:,} of {whole.entities:,} entities, "
        click.echo(
            f"  {each.stratum}: {entities}{kept.rows:,} of {whole.rows:,} rows (probability {each.probability:.4g})"
        )
    if result.negatives < 1.0:
        click.echo(f"  of their negative rows, {result.negatives:.4g} were kept")
    correction = result.correction
    if correction is not None:
        click.echo(
            f"  a model learned without the weights is put right by p / (p + (1 - p) / {correction['negatives']:.4g}), a logistic one "
            f"by adding {correction['intercept']:.4f} to its intercept"
        )
    for note in (*result.notes, *([result.statement] if result.statement else [])):
        click.echo(f"  {note}")
    click.echo(f"  rates and strata: {result.beside}")
