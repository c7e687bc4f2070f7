"""Options that commands share, and how results are printed."""

from __future__ import annotations

import functools
import json
import shutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import click

from fieldguide.errors import FieldguideError, UsageError, for_program

F = TypeVar("F", bound=Callable[..., Any])

program_argument = click.argument("program", metavar="PROGRAM")
home_option = click.option(
    "--home",
    default=".fieldguide",
    show_default=True,
    envvar="FIELDGUIDE_HOME",
    help="The folder of ledger, journal and fitted models.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
until_option = click.option(
    "--until",
    "--as-of",
    "until",
    metavar="TIME",
    help="Use only what was known before this time (ISO 8601); a day stands for its first moment.",
)


share_option = click.option(
    "--share",
    type=float,
    metavar="SHARE",
    help="Look at a sample with about this share of the rows: quick, and exploratory.",
)


engine_option = click.option(
    "--engine",
    default="duckdb",
    show_default=True,
    metavar="ENGINE",
    help="What runs the queries: duckdb, Spark here (local[2], local[*]), or a cluster (spark://host:port).",
)


def common(function: F) -> F:
    """Add `--home` and `--json` to a command, and let its errors name the program file where they say P."""

    @functools.wraps(function)
    def named(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except FieldguideError as error:
            error.args = (for_program(str(error), kwargs.get("program", "P")),)
            raise

    return home_option(json_option(cast(F, named)))


def tell(text: str) -> None:
    """Print text, wrapped to the terminal's width where it goes to one."""
    if sys.stdout.isatty():
        from fieldguide.readiness.telling import wrapped

        text = wrapped(text, max(min(shutil.get_terminal_size().columns, 120), 40))
    click.echo(text)


def print_json(value: Any) -> None:
    """Print a value as JSON on standard output; times as ISO 8601."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=datetime.isoformat))


def instant(text: str | None) -> datetime | None:
    """Return an ISO 8601 time as an aware one (UTC where it names no zone).

    Raises UsageError when the text is no time.
    """
    if text is None:
        return None
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is no time; write it as 2013-10-01 or 2013-10-01T12:00:00+00:00."
        ) from None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def progress(message: str) -> None:
    """Say on standard error what long work has come to, in one line that the next replaces on a terminal."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[2K{message[:118]}", nl=False, err=True)


def progress_done() -> None:
    """Clear the line of progress."""
    if sys.stderr.isatty():
        click.echo("\r\033[2K", nl=False, err=True)
