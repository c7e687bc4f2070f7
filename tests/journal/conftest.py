"""A journal of a small program on a clock that stands where it is put."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import fieldguide.program as fg
from fieldguide.journal import Answer, Entry, Journal, Outcome, Refused, answered, refused
from fieldguide.journal.storage import micros
from fieldguide.tables.contract import contract, parse

START = datetime(2013, 10, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def make_program(**blanks):
    given = {
        "question": fg.Question(ask="Late?", one_row_is="a flight"),
        "source": fg.Source(
            "x.csv", key="flight", time="predicted_at", entity="tail", timezone="America/New_York"
        ),
        "features": [
            fg.Category("carrier"),
            fg.Number("distance", low=0),
            fg.Boolean("weekend"),
            fg.Timestamp("scheduled_at", parts=("hour",)),
        ],
        "label": fg.BinaryLabel("late", arrives_within=timedelta(hours=30)),
        "name": "flights",
    }
    return fg.Program(**(given | blanks))


@dataclass
class Desk:
    """Serves rows into a journal without a server."""

    folder: Path
    program: fg.Program = field(default_factory=make_program)
    now: datetime = START + timedelta(days=365)

    def __post_init__(self):
        self.kept = contract(self.program)
        self.journal = Journal(self.folder, lambda: self.now).open()

    def entry(self, row: dict, prediction: float = 0.25, time: datetime | None = None, **more) -> Entry:
        read = parse(self.kept, json.dumps(row).encode())
        at, ids = self.journal.stamp(1)
        shadow = more.pop("shadow", None)
        said = Answer(
            read.rows[0], prediction, "probability", "f1", "1", self.kept.timezone, 1.0, 0.0, shadow, **more
        )
        seen = read.read[0]
        instant = micros(time) if time else seen.time if seen.time is not None else at
        return answered(ids[0], self.program.name, at, instant, seen.key, seen.entity, said)

    def serve(self, *rows: dict, **more) -> list[str]:
        entries = [self.entry(row, **more) for row in rows]
        self.journal.append_and_wait(entries)
        return [entry[0] for entry in entries]

    def refuse(self, row: bytes, **more) -> None:
        at, ids = self.journal.stamp(1)
        told = Refused(row, "range", "$.distance", "distance", "too small", 422, self.kept.timezone, **more)
        self.journal.append_and_wait([refused(ids[0], self.program.name, at, at, None, None, "1", told)])

    def outcome(self, value: float, at: datetime, *, id: str | None = None, key: str | None = None):  # noqa: A002
        return self.journal.record_and_wait([Outcome(self.program.name, id, key, value, micros(at))])

    def row(self, key: str | None = None, at: datetime | None = None, **change) -> dict:
        made = {
            "carrier": "UA",
            "distance": 1400.0,
            "weekend": True,
            "scheduled_at": "2013-10-01T05:15:00-04:00",
        }
        if key is not None:
            made["flight"] = key
        if at is not None:
            made["predicted_at"] = at.isoformat()
        return made | change


@pytest.fixture(scope="session")
def start():
    return START


@pytest.fixture(scope="session")
def new_desk(tmp_path_factory):
    """Make a desk in a folder of its own, closed by the caller: for tests that need many."""
    return lambda **blanks: Desk(tmp_path_factory.mktemp("journal"), make_program(**blanks))


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path / "journal")
    yield made
    made.journal.close()


@pytest.fixture
def make_desk(tmp_path):
    made = []

    def make(**blanks) -> Desk:
        made.append(Desk(tmp_path / f"journal-{len(made)}", make_program(**blanks)))
        return made[-1]

    yield make
    for each in made:
        each.journal.close()
