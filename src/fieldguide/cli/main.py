"""The command `fieldguide`: what every command shares, and the way from an error to an exit code."""

from __future__ import annotations

import errno
import importlib
import os
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

import click

import fieldguide
from fieldguide.errors import FieldguideError, suggest

COMMANDS: dict[str, str] = {
    "new": "fieldguide.cli.declaring:new",
    "grade": "fieldguide.cli.grading:grade",
    "history": "fieldguide.cli.grading:history",
    "compare": "fieldguide.cli.grading:compare",
    "confirm": "fieldguide.cli.answering:confirm",
    "waive": "fieldguide.cli.answering:waive",
    "effort": "fieldguide.cli.answering:effort",
    "sample": "fieldguide.cli.sampling:sample",
    "fit": "fieldguide.cli.learning:fit",
    "explain": "fieldguide.cli.learning:explain",
    "score": "fieldguide.cli.learning:score",
    "changes": "fieldguide.cli.launching:changes",
    "launch": "fieldguide.cli.launching:launch",
    "rollback": "fieldguide.cli.launching:rollback",
    "serve": "fieldguide.cli.serving:serve",
    "monitor": "fieldguide.cli.serving:monitor",
    "harvest": "fieldguide.cli.serving:harvest",
    "demo": "fieldguide.cli.demo:demo",
}
"""Command -> where it is; in the order in which a team meets them."""

SUMMARIES: dict[str, str] = {
    "new": "Write a program file with the blanks to fill.",
    "grade": "Grade the data: the level, what holds it back, what to do next.",
    "history": "How the level came to be: gradings, answers, person-time.",
    "compare": "Several programs, or the sources of a join, side by side.",
    "confirm": "Answer a question that only a person can answer.",
    "waive": "Let a check or a gate pass once, in your name, on record.",
    "effort": "Record person-time that went into a level.",
    "sample": "Write a stratified sample of the source, with weights.",
    "fit": "Climb the ladder of models; the simplest that earns its place.",
    "explain": "Show what each feature adds to one prediction.",
    "score": "Predict a whole table, with the code that serves.",
    "changes": "Show what differs between two releases, or from the file.",
    "launch": "Put the next legal release in service; the first is neutral.",
    "rollback": "Put the release before back in service.",
    "serve": "Answer over HTTP, with dashboard and monitor.",
    "monitor": "Grade what was served, name causes, act.",
    "harvest": "Write the journal as the next training table.",
    "demo": "The whole ring on real flights, in about a minute.",
}
"""One line a command, so that `--help` loads none of them."""


class Lazy(click.Group):
    """A group that loads a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, loading it."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is called; a misspelt one is answered with the nearest."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(
                f"There is no command {args[0]!r}.{suggest(args[0], COMMANDS)} See: fieldguide --help", ctx
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with their summaries, without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(SUMMARIES.items()))


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(fieldguide.__version__, prog_name="fieldguide")
def cli() -> None:
    """From a product question to a machine-learning model in production that a team can trust.

    Exit codes: 0 fine; 1 something was found; 2 wrong usage; 3 refused by a gate; 4 the data could not be
    read; 70 our own error; 130 interrupted.
    """


def main(args: list[str] | None = None) -> Any:
    """Run the command line and leave with the exit code that stands for what happened."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, _interrupt)
    try:
        code = cli.main(args=args, prog_name="fieldguide", standalone_mode=False)
    except (click.Abort, KeyboardInterrupt):
        _say(INTERRUPTED)
        code = 130
    except click.ClickException as error:
        error.show()
        code = 2
    except FieldguideError as error:
        _say(f"{error}")
        code = error.exit_code
    except BrokenPipeError:
        # the reader of our output went away, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except PermissionError as error:
        _say(_unusable(error))
        code = 4
    except NotADirectoryError as error:
        _say(f"{error.filename} lies below something that is no folder; choose another place.")
        code = 2
    except Exception as error:
        if isinstance(error, OSError) and error.errno in (errno.EROFS, errno.ENOSPC):
            _say(_unusable(error))
            sys.exit(4)
        if _interrupted.is_set():  # a library told of Ctrl-C in words of its own
            _say(INTERRUPTED)
            sys.exit(130)
        if os.environ.get("FIELDGUIDE_DEBUG"):
            traceback.print_exc()
        where = traceback.extract_tb(error.__traceback__)[-1]
        _say(
            f"fieldguide failed: {type(error).__name__}: {error} (at {Path(where.filename).name}:{where.lineno}). "
            "This is our error, not yours; with FIELDGUIDE_DEBUG=1 it shows the whole traceback, for a report."
        )
        code = 70
    sys.exit(code if isinstance(code, int) else 0)


def _unusable(error: OSError) -> str:
    return (
        f"{error.filename or 'a file'} cannot be used ({error.strerror}); check its rights and the room left, or choose "
        "another place (--home, the current folder)."
    )


INTERRUPTED = "Interrupted; nothing half-written was left behind."
_interrupted = threading.Event()


class _InterruptedError(KeyboardInterrupt):
    """Ctrl-C. Python ends a process by the signal, whatever was caught, once a plain KeyboardInterrupt has
    passed through exec(), which dataclasses use; a class of our own keeps the exit code ours.
    """


def _interrupt(signum: int, frame: object) -> None:
    _interrupted.set()
    raise _InterruptedError


def _say(message: str) -> None:
    from fieldguide.finding import agreed

    print(agreed(message), file=sys.stderr)


if __name__ == "__main__":
    main()
