"""serve, monitor, harvest."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fieldguide.cli.grading import show_findings
from fieldguide.cli.options import common, home_option, print_json, program_argument
from fieldguide.program import load, load_one

if TYPE_CHECKING:
    from fieldguide.steps.monitor import Monitored


@click.command()
@click.argument("programs", metavar="PROGRAM…", nargs=-1, required=True)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="The address to listen on; loopback only."
)
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=8000,
    show_default=True,
    help="The port to listen on; 0 takes a free one.",
)
@click.option("--no-monitor", is_flag=True, help="Do not run the monitor beside the server.")
@home_option
def serve(programs: tuple[str, ...], host: str, port: int, no_monitor: bool, home: str) -> None:
    """Answer for PROGRAM… over HTTP, with the dashboard at / and the monitor as a process beside it."""
    from fieldguide.steps.serve import serve as step

    loaded = [program for spec in programs for program in load(spec)]
    step(
        loaded,
        home=home,
        host=host,
        port=port,
        specs=() if no_monitor else programs,
        on_ready=lambda url: click.echo(
            f"{', '.join(p.name or '' for p in loaded)}: answering at {url} (Ctrl-C to stop)"
        ),
    )


@click.command()
@program_argument
@click.option(
    "--once", is_flag=True, help="Judge what is there (from 200 rows on) and stop; left out: keep watching."
)
@click.option(
    "--now", metavar="DATE", help="Take this as the time; left out: the journal's latest row or outcome."
)
@click.option(
    "--every",
    type=click.FloatRange(min=0.1),
    default=2.0,
    show_default=True,
    metavar="SECONDS",
    help="How often to look when watching.",
)
@click.option("--beside", type=int, hidden=True, help="End when this process, the server, is gone.")
@common
def monitor(
    program: str, once: bool, now: str | None, every: float, beside: int | None, home: str, as_json: bool
) -> None:
    """Grade what PROGRAM was served, name causes, fall back and return; exits with 1 on an open alarm."""
    loaded = load(program)
    from fieldguide.cli.options import instant
    from fieldguide.steps.monitor import monitor as step
    from fieldguide.steps.monitor import watch

    if not once:
        if as_json or now:
            raise click.UsageError("--json and --now go with --once.")
        watch(loaded, home=home, every=every, beside=beside, say=click.echo)
        return
    result = step(load_one(program), home=home, now=instant(now))
    if as_json:
        print_json(result.to_json())
    else:
        show_monitored(result, program)
    sys.exit(1 if result.found else 0)


def show_monitored(result: Monitored, program: str) -> None:
    """Print what the monitor found: the level, alarms, what the outcomes say, and whether the constant answers."""
    from fieldguide.monitoring.windows import LEAST

    click.echo(
        f"{result.program}: level {result.level}, release {result.release}, {result.windows} window(s) judged"
    )
    if result.fallback:
        click.echo(f"  the constant answers: {result.fallback}")
    if result.alarms:
        click.echo("\nOpen alarms about the data:")
        show_findings(result.alarms, program)
    if result.changes:
        click.echo("\nChanged, and no fault named:")
        show_findings(result.changes, program)
    if result.live:
        click.echo("\nAnswers and outcomes:")
        show_findings(result.live, program)
    if not result.windows:
        click.echo(f"\nNo new window: fewer than {LEAST} rows came since the last one was judged.")
    if not result.found:
        click.echo("\nNothing fails.")


@click.command()
@program_argument
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The Parquet or CSV file to write.",
)
@click.option("--as-of", "as_of", metavar="DATE", help="Use only outcomes that had matured by then.")
@common
def harvest(program: str, out: Path, as_of: str | None, home: str, as_json: bool) -> None:
    """Write the journal of PROGRAM with its matured outcomes as the next training table."""
    from fieldguide.cli.options import instant

    loaded = load_one(program)
    from fieldguide.steps.harvest import harvest as step

    result = step(loaded, out, now=instant(as_of), home=home)
    if as_json:
        print_json(result)
    else:
        counted = ", ".join(f"{value:,} {name}" for name, value in result["counted"].items())
        click.echo(f"{result['rows']:,} rows are in {out} ({counted}).")
