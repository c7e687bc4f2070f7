"""A server in a process of its own, to be killed: started by forking, so that a round costs no imports.

For each line on standard input (folder, how) it forks a server on any free port and prints "pid port".
`how` is "right", or "early": there the journal acknowledges before it commits, which must lose answers.
"""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import fieldguide.program as fg
from fieldguide.journal import Journal
from fieldguide.serving import App, Service, run
from fieldguide.tables.contract import contract

PROGRAM = fg.Program(
    question=fg.Question(ask="Late?", one_row_is="a flight"),
    source=fg.Source("x.csv", key="flight"),
    features=[fg.Category("carrier"), fg.Number("distance", low=0)],
    label=fg.BinaryLabel("late", arrives_within=timedelta(hours=30)),
    name="flights",
)


def application(folder: Path) -> App:
    service = Service(
        program=PROGRAM,
        contract=contract(PROGRAM),
        predict=lambda values: values[1] / 7,
        constant=0.24,
        scale="probability",
        release="1",
        fitted_id="f1",
    )
    return App(Journal(folder, lambda: datetime.now(UTC)), {"flights": service})


def acknowledge_early(journal: Journal) -> None:
    """Break the law: say that entries are committed when they are only handed over."""
    append = journal.append

    def early(entries, dropped=0):
        append(entries, dropped)
        future = asyncio.get_running_loop().create_future()
        future.set_result(None)
        return future

    journal.append = early


def main() -> None:
    for line in sys.stdin:
        folder, how = line.split()
        pid = os.fork()
        if pid == 0:
            app = application(Path(folder))
            if how == "early":
                acknowledge_early(app.journal)
            run(app, port=0, on_ready=lambda url: print(os.getpid(), url.rpartition(":")[2], flush=True))
            os._exit(0)
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
