"""fit, explain, score."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fieldguide.cli.options import (
    common,
    print_json,
    program_argument,
    progress,
    progress_done,
    share_option,
    until_option,
)
from fieldguide.program import load_one

if TYPE_CHECKING:
    from fieldguide.steps.fit import Fit


@click.command()
@program_argument
@until_option
@share_option
@common
def fit(program: str, until: str | None, share: float | None, home: str, as_json: bool) -> None:
    """Climb the ladder of models for PROGRAM; the simplest that earns its place is chosen."""
    loaded = load_one(program)
    from fieldguide.steps.fit import fit as step

    result = step(loaded, home=home, until=until, share=share, on_step=progress)
    progress_done()
    if as_json:
        print_json(result.to_json())
    else:
        show_fit(result, program)


def show_fit(result: Fit, program: str) -> None:
    """Print the ladder: each rung's loss on the next period with its interval, and why it was taken or not."""
    window = result.window
    click.echo(
        f"{result.program}: learned from {window.get('since') or 'the first row'} to {window.get('until') or 'the last'}"
    )
    for rung in result.rungs:
        judged = rung.next_period or rung.holdout
        period = "next period" if rung.next_period else "holdout"
        numbers = "not judged"
        if judged is not None:
            loss = judged.loss
            numbers = f"{period} loss {loss.value:.4f} [{loss.low:.4f}, {loss.high:.4f}]"
            if judged.auc is not None:
                numbers += f", AUC {judged.auc.value:.3f}"
        mark = "✓" if rung.taken else "✗"
        click.echo(f"  {mark} {rung.model:<10} {rung.fitted}  {numbers}")
        click.echo(f"      {rung.reason}")
    click.echo(f"Chosen: {result.chosen} ({result.fitted}), at level {result.level}.")
    if result.share < 1.0:
        click.echo(
            f"Exploratory: learned from a share of {result.share:g} of the rows, drawn by entity and class, with weights; it cannot be "
            "launched. The losses of models of these rows lie within their intervals with 95 % confidence, also on all rows (entities "
            "or days as units). That a model learned from all rows may be better is another question, which a learning curve answers."
        )
        click.echo(f"  next: fieldguide fit {program}")
    else:
        click.echo(f"  next: fieldguide launch {program}")


@click.command()
@program_argument
@click.argument("row", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option(
    "--fitted",
    metavar="ID",
    help="The fitted model to ask; left out: the one in service, else the last fit's.",
)
@common
def explain(program: str, row: str, fitted: str | None, home: str, as_json: bool) -> None:
    """Show what each feature of ROW (a JSON file, or - for standard input) adds to PROGRAM's prediction."""
    loaded = load_one(program)
    from fieldguide.steps.explain import explain as step

    text = sys.stdin.read() if row == "-" else Path(row).read_text(encoding="utf-8")
    result = step(loaded, text, fitted=fitted, home=home)
    if as_json:
        print_json(result.to_json())
        return
    click.echo(f"prediction {result.prediction:.6g} ({result.scale}); on the {result.link} scale:")
    width = max(len(name) for name in [*result.contributions, "base"])
    click.echo(f"  {'base':<{width}} {result.base:+.4f}")
    for name, value in sorted(result.contributions.items(), key=lambda item: -abs(item[1])):
        click.echo(f"  {name:<{width}} {value:+.4f}  {_value(result.row.get(name))}")
    click.echo(f"  {'score':<{width}} {result.score:+.4f}")


def _value(value: Any) -> str:
    return "" if value is None else f"({value})"


@click.command()
@program_argument
@click.argument("table", type=click.Path(dir_okay=False))
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--fitted",
    metavar="ID",
    help="The fitted model to use; left out: the one in service, else the last fit's.",
)
@common
def score(program: str, table: str, out: Path, fitted: str | None, home: str, as_json: bool) -> None:
    """Predict every row of TABLE for PROGRAM and write key and prediction to OUT (Parquet or CSV)."""
    loaded = load_one(program)
    from fieldguide.steps.score import score as step

    rows = step(loaded, table, out, fitted=fitted, home=home)
    if as_json:
        print_json({"rows": rows, "out": str(out)})
    else:
        click.echo(f"{rows:,} predictions are in {out}.")
