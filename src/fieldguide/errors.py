"""Every error that fieldguide raises on purpose.

The tree, with the exit code of the command that meets it::

    FieldguideError            70  our own error
    ├── UsageError              2  the call is wrong, or this machine lacks what it takes
    │   └── ProgramError        2  a blank of a program is filled wrongly
    ├── GateError               3  refused by a gate: something must hold first
    ├── DataError               4  the data could not be read
    │   └── UnreachableError         4  no rows could be reached at the place of the data
    ├── EngineError             4  the engine that runs the queries, or its cluster, failed
    └── JournalError           70  the journal cannot take an entry (HTTP status in `.status`)

A message says what was given, what was expected and what to do next, in one line where it can.
"""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Iterable


class FieldguideError(Exception):
    """Base of all errors raised on purpose; `exit_code` is what the command line returns."""

    exit_code = 70


class UsageError(FieldguideError):
    """The call is wrong: an argument, an option, a file that is no program; or what it takes is not set up here.

    A library that is not installed and a variable of the environment that is not set say nothing of the data, so they
    are no finding; the message names the command that mends it.
    """

    exit_code = 2


class ProgramError(UsageError):
    """A blank of a program is filled wrongly, or the program does not fit its data."""


class GateError(FieldguideError):
    """A step was refused because something must hold first; the message names what is missing."""

    exit_code = 3


class DataError(FieldguideError):
    """The data could not be read."""

    exit_code = 4


class UnreachableError(DataError):
    """No rows could be reached: no such place, no such table, no rows in it, no permission, no answer in time, or hearsay."""


class EngineError(FieldguideError):
    """The engine that runs the queries, or its cluster, does not answer, or gave up; it says nothing of the data."""

    exit_code = 4


class JournalError(FieldguideError):
    """The journal cannot take an entry now.

    `status` is the HTTP status for the caller: 503 (busy, come back) or 507 (cannot write).
    """

    def __init__(self, message: str, status: int = 507) -> None:
        super().__init__(message)
        self.status = status


def suggest(name: str, choices: Iterable[str]) -> str:
    """Return `" Did you mean 'x'?"` for the nearest of `choices`, or an empty string.

    >>> suggest("modle", ["model", "label"])
    " Did you mean 'model'?"
    >>> suggest("zzz", ["model"])
    ''
    """
    near = difflib.get_close_matches(name, list(choices), n=1, cutoff=0.6)
    return f" Did you mean {near[0]!r}?" if near else ""


def for_program(text: str, program: str) -> str:
    """Return a text with the program file in place of the P that stands for it in a command, quoted for a shell.

    >>> for_program("Fit it: fieldguide fit P", "visits.py")
    'Fit it: fieldguide fit visits.py'
    >>> for_program("fieldguide grade P", "my visits.py")
    "fieldguide grade 'my visits.py'"
    """
    return re.sub(r"(fieldguide \w+) P\b", lambda found: f"{found[1]} {shlex.quote(program)}", text)
