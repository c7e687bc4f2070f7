"""The whole ring on a table that no one here has seen: 24,000 visits, one column times 1,000 near the end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import fieldguide as fg
from fieldguide.program import load_one
from fieldguide.steps.home import Home
from fieldguide.steps.monitor import monitor
from fieldguide.steps.replay import Replay, served_alike
from fieldguide.tables.read import read

from .conftest import PROGRAM, visits_world

DAY = timedelta(days=1)
START = datetime(2024, 3, 1, 6, tzinfo=UTC)
LEARNED, NEUTRAL, BROKEN, MENDED, END = (START + days * DAY for days in (30, 40, 48, 52, 60))


@pytest.mark.slow
def test_the_ring_closes(tmp_path: Path) -> None:
    pyarrow.csv.write_csv(visits_world(24_000, 11), tmp_path / "visits.csv")
    (tmp_path / "visits.py").write_text(PROGRAM, encoding="utf-8")
    visits, home = load_one(tmp_path / "visits.py"), Home(tmp_path / "home")
    learned = fg.fit(visits, home=home, until=LEARNED)
    assert (learned.chosen, learned.level) == ("Linear", "A2")
    fg.launch(visits, home=home)
    rows = read(visits).table.to_pyarrow().sort_by([("__time", "ascending"), ("__key", "ascending")])
    with Replay(home, tmp_path / "visits.py", visits) as replay:
        _neutral(visits, home, replay, rows)
        with pytest.raises(fg.GateError, match=r"Nothing differs"):
            fg.launch(visits, fitted=learned.neutral, home=home)
        assert fg.launch(visits, home=home).model == "Linear"
        replay.wait_for(release=2)
        _quiet(visits, home, replay, rows)
        _broken(visits, home, replay, rows)
        _mended(visits, home, replay, rows)
        out = tmp_path / "harvest.parquet"
        found = fg.harvest(visits, out, home=home)
        assert served_alike(out, visits, replay.sent) == 0
        seconds = pq.read_table(out)["seconds"].to_numpy()
        assert seconds.max() < 10_000  # what was broken is not learned from
        assert 0 < found["counted"]["in a known fault"] < 3_500


def _neutral(visits: fg.Program, home: Home, replay: Replay, rows: object) -> None:
    with pytest.raises(fg.GateError, match="not proven"):
        fg.launch(visits, home=home)
    # the label takes a week, so the outcomes of the first days are known only later
    replay.play(rows, LEARNED, NEUTRAL, watch=lambda: monitor(visits, home=home))
    seen = monitor(visits, home=home)
    assert not seen.alarms
    assert not [f for f in seen.live if f.verdict == "fail"]


def _quiet(visits: fg.Program, home: Home, replay: Replay, rows: object) -> None:
    alarms: list[object] = []
    replay.play(rows, NEUTRAL, BROKEN, watch=lambda: alarms.extend(monitor(visits, home=home).alarms))
    assert not alarms
    assert not monitor(visits, home=home).fallback


def _broken(visits: fg.Program, home: Home, replay: Replay, rows: object) -> None:
    seen = []
    replay.play(
        rows,
        BROKEN,
        MENDED,
        watch=lambda: seen.append(monitor(visits, home=home)),
        change={"seconds": lambda x: x * 1_000},
    )
    seen.append(monitor(visits, home=home))
    alarmed = [each for each in seen if each.alarms]
    assert alarmed
    (finding,) = alarmed[0].alarms
    assert finding.about == "seconds"
    assert finding.diagnosis is not None
    assert finding.diagnosis.cause == "unit_factor"
    assert finding.diagnosis.factor == pytest.approx(1_000, rel=0.05)
    assert replay.first_changed is not None
    assert abs(finding.diagnosis.first_row - replay.first_changed) <= 2
    assert alarmed[0].fallback
    assert alarmed[0].level.startswith("B") or alarmed[0].level.startswith("C")
    replay.wait_for(fallback=True)


def _mended(visits: fg.Program, home: Home, replay: Replay, rows: object) -> None:
    replay.play(rows, MENDED, END, watch=lambda: monitor(visits, home=home))
    seen = monitor(visits, home=home)
    assert not seen.fallback
    assert not seen.alarms
    replay.wait_for(fallback=False)
