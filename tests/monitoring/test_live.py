"""Live losses, on outcomes that have matured."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest

from fieldguide.learning.objectives import LogLoss
from fieldguide.monitoring import bias, live_findings, live_of
from fieldguide.monitoring.clusters import clustered_mean

from .answers import answers, with_column


def test_a_model_that_knows_the_days_beats_the_mean() -> None:
    found = live_of(answers(wander=0.15, prediction=None), LogLoss(), constant=0.25)
    assert found.losses is not None
    assert found.gain is not None
    assert found.gain.low > 0
    assert found.losses.by == "day"
    told = {f.check: f.verdict for f in live_findings(found)}
    assert told == {"live_skill": "pass"}


def test_a_model_that_is_worse_than_the_mean_fails() -> None:
    wrong = np.where(np.arange(3_000) % 2 == 0, 0.9, 0.02)
    found = live_of(with_column(answers(), "__prediction", wrong), LogLoss(), constant=0.25)
    skill = next(f for f in live_findings(found) if f.check == "live_skill")
    assert (skill.verdict, skill.blocks) == ("fail", "A2")


def test_a_loss_above_what_was_promised_is_told_beside_it() -> None:
    promised = {"value": 0.40, "low": 0.39, "high": 0.41}
    found = live_of(answers(wander=0.1, prediction=None), LogLoss(), promised, constant=0.25)
    loss = next(f for f in live_findings(found) if f.check == "live_loss")
    assert loss.verdict == "unknown"
    assert "0.4000 (0.3900 to 0.4100)" in loss.expected
    kept = live_of(answers(wander=0.1, prediction=None), LogLoss(), {"value": 0.55, "low": 0.5, "high": 0.6})
    assert next(f for f in live_findings(kept) if f.check == "live_loss").verdict == "pass"


def test_only_matured_outcomes_count_and_their_share_stands_beside() -> None:
    table = with_column(answers(), "__mature", np.arange(3_000) < 1_200)
    found = live_of(table, LogLoss())
    assert (found.answered, found.matured, found.share_mature) == (3_000, 1_200, pytest.approx(0.4))
    few = live_of(with_column(answers(), "__mature", np.arange(3_000) < 150), LogLoss())
    assert few.losses is None
    assert live_findings(few) == []


def test_answers_of_a_fallback_and_refused_rows_are_not_the_models() -> None:
    half = np.arange(3_000) < 1_500
    wrong = np.where(half, 0.99, 0.25)
    table = with_column(with_column(answers(), "__prediction", wrong), "__fallback", half)
    found = live_of(table, LogLoss())
    assert (found.answered, found.predicted) == (1_500, 0.25)
    assert bias(table).verdict == "pass"


def test_live_losses_are_plain_values() -> None:
    flat = json.loads(json.dumps(live_of(answers(prediction=None, wander=0.1), LogLoss()).to_json()))
    assert flat["matured"] == 3_000
    assert set(flat["loss"]) == {"value", "low", "high"}
    assert live_of(answers(rows=10), LogLoss()).to_json()["loss"] is None


def test_bias_is_told_when_it_is_large_and_not_by_chance() -> None:
    off = bias(answers(rate=0.35, wander=0.05))
    assert (off.check, off.verdict) == ("live_bias", "unknown")
    assert bias(answers(wander=0.05, rate=0.25)).verdict == "pass"
    assert bias(answers(rows=100)).verdict == "unknown"


def test_intervals_by_days_cover_and_those_by_rows_do_not() -> None:
    covered = rows = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        day = np.repeat(np.arange(25), 80)
        values = rng.normal(0, 1, 25)[day] + rng.normal(0, 1, 2_000)
        found = clustered_mean(values, {"day": day})
        covered += found.low <= 0 <= found.high
        rows += abs(found.z_rows) < 1.96
    assert covered >= 180
    assert rows < 100


def test_the_widest_clusters_decide() -> None:
    rng = np.random.default_rng(1)
    entity = rng.integers(0, 30, 3_000)
    values = rng.normal(0, 1, 30)[entity] + rng.normal(0, 1, 3_000)
    found = clustered_mean(values, {"day": np.arange(3_000) % 50, "entity": entity})
    assert (found.by, found.units) == ("entity", 30)


def test_local_days_are_those_of_the_time_zone() -> None:
    from fieldguide.monitoring.clusters import days_of

    times = pa.table(
        {
            "__time": pa.array(["2013-10-01T03:30:00", "2013-10-01T04:30:00"])
            .cast(pa.timestamp("us"))
            .cast(pa.timestamp("us", "UTC"))
        }
    )
    assert days_of(times, "America/New_York").tolist() == [0, 1]
    assert days_of(times, "UTC").tolist() == [0, 0]
