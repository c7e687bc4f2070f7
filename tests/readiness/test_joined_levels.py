"""Joined sources: the level is at most the lowest of the parts, and the join itself may lower it (FACTS 1.1, 10; 14, 1-3).

With real files, read and joined by `fg.grade`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

import fieldguide as fg
from fieldguide.finding import Finding

NOW = datetime(2024, 3, 1, tzinfo=UTC)
START = np.datetime64("2024-01-01T00:00:00")
ROWS = 3_000


@dataclass
class World:
    """Visits, and what is known of the offices where they were made, each in a file with everything answered."""

    folder: Path
    visits: dict[str, Any] = field(default_factory=dict)
    offices: dict[str, Any] = field(default_factory=dict)
    main: Mapping[str, Any] = field(default_factory=dict)
    joined: Mapping[str, Any] = field(default_factory=dict)
    features: tuple[fg.Number | fg.Category, ...] = ()

    def __post_init__(self) -> None:
        r = np.random.default_rng(0)
        hours = np.arange(ROWS)
        plan = r.choice(["free", "basic", "pro"], ROWS)
        seconds = np.round(np.exp(r.normal(4.5, 0.9, ROWS)), 1)
        score = 0.7 * (np.log(seconds) - 4.5) + 0.8 * (plan == "pro") - 0.8
        at = START + hours.astype("timedelta64[m]") * 20
        self.visits = {
            "visit_id": [f"v{i:05d}" for i in range(ROWS)], "at": [f"{t}Z" for t in at.astype(str)],
            "office": [f"o{i}" for i in r.integers(0, 40, ROWS)], "seconds": seconds, "plan": plan,
            "came_back": (r.random(ROWS) < 1 / (1 + np.exp(-score))).astype(int),
        }  # fmt: skip
        self.offices = {
            "office": [f"o{i}" for i in range(40)], "known_from": ["2023-12-01T00:00:00Z"] * 40, "desks": r.integers(3, 30, 40),
        }  # fmt: skip

    def program(self) -> fg.Program:
        """The program of visits, with the offices joined when `joined` says anything."""
        for name in ("visits", "offices"):
            pyarrow.csv.write_csv(pa.table(getattr(self, name)), self.folder / f"{name}.csv")
        answered = {
            "owner": "web team",
            "license": "internal",
            "purpose": "better offers",
            "personal_data": "none",
        }
        joins = []
        features = [
            fg.Number("seconds", unit="second", low=0, about="time on the site"),
            fg.Category("plan", about="what the visitor pays for"),
            *self.features,
        ]
        if self.joined:
            told = {**answered, "key": "office", **self.joined}
            offices = fg.Source(str(self.folder / "offices.csv"), **told)
            joins = [fg.Join(offices, on="office", as_of="known_from")]
            features.append(fg.Number("desks", unit="1", low=0, about="desks in the office"))
        source = fg.Source(
            str(self.folder / "visits.csv"),
            **{"key": "visit_id", "time": "at", "sampling": "every visit", **answered, **self.main},
            joins=joins,
        )
        return fg.Program(
            name="visits",
            question=fg.Question(ask="Will they come back?", one_row_is="a visit", decision="send a mail"),
            source=source,
            features=features,
            label=fg.BinaryLabel("came_back", arrives_within=timedelta(days=7)),
        )

    def grade(self, now: datetime = NOW) -> Any:
        """The grade of it."""
        return fg.grade(self.program(), home=self.folder / "home", now=now)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def held(grade: Any) -> set[tuple[str, str | None]]:
    return {(f.check, Path(f.about).name if f.about else None) for f in grade.grade.held_back_by}


def of(grade: Any, check: str) -> list[Finding]:
    return [f for f in grade.findings if f.check == check]


def test_two_sound_sources_stay_sound_when_joined(world: World) -> None:
    assert world.grade().level == "A3"
    world.joined = {"about": "the offices"}
    assert world.grade().level == "A3"


def test_a_join_that_repeats_keys_is_graded_in_band_b(world: World) -> None:
    world.joined = {"about": "the offices"}
    world.offices["office"] = [*world.offices["office"][:-1], "o0"]
    graded = world.grade()
    assert (graded.level, held(graded)) == ("B4", {("joined_keys", "offices.csv")})


def test_a_join_of_sources_with_different_purposes_is_graded_in_band_c(world: World) -> None:
    world.joined = {"purpose": "planning of offices"}
    graded = world.grade()
    assert (graded.level, held(graded)) == ("C3", {("shared_purpose", None)})
    fg.confirm(
        world.program(), "shared_purpose", by="Ann", because="agreed with the planners", until="2024-04-01",
        home=world.folder / "home", now=NOW - timedelta(days=1),
    )  # fmt: skip
    assert world.grade().level == "A3"
    assert world.grade(now=datetime(2024, 4, 2, tzinfo=UTC)).level == "C3"


@pytest.mark.parametrize(
    ("blank", "level"),
    [({"owner": None}, "C4"), ({"license": None}, "C3"), ({"expires": "2024-01-31"}, "C3")],
)
def test_the_level_is_at_most_that_of_the_lowest_part(
    world: World, blank: Mapping[str, Any], level: str
) -> None:
    world.joined = {"about": "the offices", **blank}
    assert world.grade().level == level
    world.joined = {"about": "the offices"}
    world.main = blank
    assert world.grade().level == level


def test_passing_checks_of_band_b_do_not_lift_a_source_that_may_not_be_used(world: World) -> None:
    world.main = {"license": None}
    graded = world.grade()
    assert graded.level == "C3"
    assert {f.verdict for f in of(graded, "unique_key")} == {"pass"}
    home = world.folder / "home"
    fg.confirm(world.program(), "license", by="Ann", because="CC0", until="2024-05-01", home=home, now=NOW)
    assert world.grade(now=NOW + timedelta(days=1)).level == "A3"
    assert world.grade(now=datetime(2024, 5, 2, tzinfo=UTC)).level == "C3"


def test_personal_data_in_a_joined_source_lower_the_level_until_they_are_declared(world: World) -> None:
    world.joined = {"about": "the offices"}
    world.offices["manager_email"] = [f"manager{i}@example.org" for i in range(40)]
    graded = world.grade()
    assert (graded.level, held(graded)) == ("C3", {("personal_data_screen", "manager_email")})
    assert "manager7" not in str(graded.findings)
    world.joined = {"personal_data": "e-mail addresses"}
    assert held(world.grade()) == {("legal_basis", "offices.csv"), ("ethics", "offices.csv")}
    world.joined = {
        "personal_data": "e-mail addresses, by contract",
        "ethics": "looked at by the council, 2024-01",
    }
    assert world.grade().level == "A3"
    world.joined = {"personal_data": "e-mail addresses of our offices"}
    assert world.grade().level == "A3"


def test_a_join_that_makes_persons_recognizable_is_graded_in_band_c(world: World) -> None:
    r = np.random.default_rng(3)
    world.visits["age"], world.visits["sex"] = r.integers(3, 6, ROWS) * 10, r.choice(["f", "m"], ROWS)
    world.visits["marital_status"] = r.choice(["married", "single"], ROWS)
    described = ("age", "sex", "marital_status")
    world.features = tuple(
        fg.Number(n, unit="year", about="told") if n == "age" else fg.Category(n, about="told")
        for n in described
    )
    alone = world.grade()
    (told,) = of(alone, "reidentification")
    assert (told.verdict, told.evidence["k"] > 100) == ("pass", True)
    assert alone.level == "A3"

    world.joined = {"about": "the offices"}
    world.visits["office"] = [f"o{i}" for i in r.integers(0, 1_000, ROWS)]
    world.offices = {
        "office": [f"o{i}" for i in range(1_000)], "known_from": ["2023-12-01T00:00:00Z"] * 1_000,
        "desks": r.integers(3, 30, 1_000), "occupation": [f"job {i}" for i in range(1_000)],
    }  # fmt: skip
    world.features = (*world.features, fg.Category("occupation", about="what the visitor does"))
    joined = world.grade()
    (told,) = of(joined, "reidentification")
    assert told.verdict == "unknown"
    assert "before occupation was joined, 0.0% were" in told.saw
    assert joined.level == "C3"
    home = world.folder / "home"
    fg.waive(world.program(), "reidentification", by="Ann", because="stays in the house", home=home, now=NOW)
    assert world.grade(now=NOW + timedelta(hours=1)).level == "A3"


def test_a_delivery_that_stopped_lowers_the_level_whichever_source_it_is(world: World) -> None:
    last = START + np.timedelta64(20 * (ROWS - 1), "m")
    soon = last.astype(datetime).replace(tzinfo=UTC)
    world.main = {"delivered_every": timedelta(hours=1)}
    assert world.grade(now=soon + timedelta(hours=1)).level == "A3"
    late = world.grade(now=soon + timedelta(days=3))
    assert (late.level, held(late)) == ("C2", {("fresh", None)})
    world.main = {}
    world.offices["known_from"] = [f"2024-01-{1 + i % 20:02d}T00:00:00Z" for i in range(40)]
    world.joined = {"delivered_every": timedelta(days=1), "time": "known_from"}
    assert held(world.grade(now=datetime(2024, 2, 5, tzinfo=UTC))) == {("fresh", "offices.csv")}


def test_what_a_spreadsheet_did_to_a_column_that_is_read_lowers_the_level(world: World) -> None:
    world.visits["plan"] = ["#REF!" if i % 100 == 7 else p for i, p in enumerate(world.visits["plan"])]
    graded = world.grade()
    assert (graded.level, held(graded)) == ("C2", {("spreadsheet_damage", "plan")})
    assert of(graded, "spreadsheet_damage")[0].rows[:2] == ("row 8", "row 108")
    world.features = ()
    world.visits["note"], world.visits["plan"] = (
        world.visits["plan"],
        ["free"] * (ROWS // 2) + ["pro"] * (ROWS // 2),
    )
    told = of(world.grade(), "spreadsheet_damage")
    assert [(f.verdict, f.about) for f in told] == [("pass", "note")]


def test_the_answers_of_one_source_are_not_those_of_another(world: World) -> None:
    world.main, world.joined = {"license": None}, {"license": None}
    program = world.program()
    joined = program.source.joins[0].source.place
    home = world.folder / "home"
    fg.confirm(
        program, "license", by="Ann", because="CC0", about=joined, home=home, now=NOW - timedelta(days=1)
    )
    assert held(world.grade()) == {("license", None)}
    assert replace(program.source, license="CC0").license == "CC0"


def test_no_value_of_a_personal_column_reaches_the_findings_or_the_ledger(world: World) -> None:
    world.visits["visit_id"] = [f"ada{i % 2_990}@example.org" for i in range(ROWS)]
    world.visits["born"] = [f"19{40 + i % 50}-0{1 + i % 9}-1{i % 9}" for i in range(ROWS)]
    world.visits["born"][17] = "2190-04-04"
    world.visits["seconds"][40] = 3e9
    world.visits["surname"] = [["Lovelace", "Byron", "Milbanke", "Lovelce"][i % 4] for i in range(ROWS)]
    world.features = (fg.Category("surname", about="told"),)
    for declared in ("none", "names, dates of birth, e-mail addresses, by contract"):
        world.main = {"personal_data": declared}
        graded = world.grade()
        assert {f.about for f in of(graded, "personal_data_screen")} == {"visit_id", "born", "surname"}
        assert of(graded, "unique_key")[0].verdict == "fail"
        assert of(graded, "wild_values")[0].rows == ("xxx99@xxxxxxx.xxx",)
        ledger = b"".join(path.read_bytes() for path in (world.folder / "home").glob("ledger*"))
        assert b"unique_key" in ledger
        for value in ("ada1", "ada40@", "Lovelace", "Lovelce", "2190-04-04"):
            assert value not in str(graded.findings)
            assert value.encode() not in ledger
