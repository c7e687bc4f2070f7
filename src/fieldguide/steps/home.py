"""Home: the folder in which ledger, journal and fitted models live."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from fieldguide.errors import UsageError
from fieldguide.ledger.book import open_ledger
from fieldguide.program import Program, being_loaded, fingerprint, models, named

DEFAULT = ".fieldguide"


@dataclass(frozen=True)
class Home:
    """Where things are kept: `ledger.db`, `fitted/<id>/`, `profiles/` and `journal/` below one folder."""

    folder: Path

    @property
    def fitted(self) -> Path:
        """The folder of fitted models."""
        return self.folder / "fitted"

    @property
    def profiles(self) -> Path:
        """The folder of the summaries of each program's last grading."""
        return self.folder / "profiles"

    @property
    def journal(self) -> Path:
        """The folder of the journal."""
        return self.folder / "journal"

    @contextlib.contextmanager
    def turn(self, work: str) -> Iterator[None]:
        """Wait until no other process does this work in this home, and keep others from it meanwhile."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / f"{work}.lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def ledger(self) -> sa.Engine:
        """Open the ledger, which creates it where it is new."""
        return open_ledger(self.folder / "ledger.db")


def at_home(home: str | Path | Home) -> Home:
    """Return the home at a path.

    Raises UsageError when the path is a file, or while a program file is being loaded (a step that a file
    calls when it is loaded would run again in the server).
    """
    loading = being_loaded()
    if loading is not None:
        raise UsageError(
            "a step is called while the program file is loaded; put the call under if __name__ == '__main__': "
            "so that the file can be loaded without running it."
        )
    if isinstance(home, Home):
        return home
    folder = Path(home)
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"--home {folder} is a file; expected a folder, which is made where it is new.")
    return Home(folder)


def system_clock() -> datetime:
    """Return the time now, in UTC."""
    return datetime.now(UTC)


def name_of(program: Program) -> str:
    """Return the program's name in ledger, journal and URL."""
    return str(named(program).name)


def data_fingerprint(program: Program) -> str:
    """Return the fingerprint of what a grade is about: question, source, features and label, not the model."""
    return fingerprint(
        replace(
            program, model=models.Mean(), objective=None, prior=None, optimizer=None, next_period=None, seed=0
        )
    )
