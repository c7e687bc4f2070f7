"""The neutral launch: identities that only broken plumbing breaks, and a base rate that may move."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldguide.finding import Finding
from fieldguide.learning.objectives import LogLoss, Objective, Poisson, SquaredError
from fieldguide.monitoring import base_rate, bias, identities, proven
from fieldguide.monitoring.identities import loss_at

from .answers import START, answers, with_column

FACTS = {"known_share": 0.97, "known_share_by_day": [0.9, 1.0], "delay_hours": None}


def verdicts(found: list[Finding]) -> dict[str, str]:
    return {f.check: f.verdict for f in found}


def own_labels(table: pa.Table) -> dict[str, float | None]:
    return dict(zip(table["__key"].to_pylist(), table["__label"].to_pylist(), strict=True))


def prove(table: pa.Table, constant: float = 0.25, objective: Objective | None = None) -> list[Finding]:
    return identities(
        table,
        constant=constant,
        objective=objective or LogLoss(),
        facts=FACTS,
        source_labels=own_labels(answers(unlabeled=0.03)),
    )


def test_sound_plumbing_is_proven() -> None:
    found = prove(answers(unlabeled=0.03))
    assert set(verdicts(found).values()) == {"pass"}
    assert set(verdicts(found)) == {"neutral_answers", "neutral_loss", "neutral_outcomes", "neutral_delays"}
    assert proven(found)
    loss = next(f for f in found if f.check == "neutral_loss")
    assert loss.evidence["auc"] == 0.5


@settings(max_examples=30)
@given(st.floats(0.03, 0.97), st.floats(0.03, 0.97), st.integers(0, 1_000))
def test_the_loss_identity_holds_at_any_base_rate(rate: float, constant: float, seed: int) -> None:
    table = answers(rows=400, rate=rate, prediction=constant, seed=seed)
    loss = next(
        f for f in identities(table, constant=constant, objective=LogLoss()) if f.check == "neutral_loss"
    )
    assert loss.verdict == "pass"
    r = float(np.mean(table["__label"].to_numpy()))
    assert loss.evidence["live"] == pytest.approx(
        -r * math.log(constant) - (1 - r) * math.log(1 - constant), abs=1e-9
    )


@pytest.mark.parametrize("objective", [SquaredError(), Poisson()])
@given(st.integers(0, 1_000), st.floats(0.5, 20))
@settings(max_examples=20)
def test_the_loss_identity_holds_for_amounts_and_counts(
    objective: Objective, seed: int, constant: float
) -> None:
    labels = np.random.default_rng(seed).poisson(4, 400).astype(float)
    table = with_column(answers(rows=400, prediction=constant), "__label", labels)
    found = verdicts(identities(table, constant=constant, objective=objective))
    assert found["neutral_loss"] == "pass"
    score = np.full(400, objective.link(constant))
    assert loss_at(constant, labels, objective) == pytest.approx(
        float(objective.value(labels, score).mean()), rel=1e-9
    )


def test_one_other_answer_breaks_the_constant() -> None:
    predictions = np.full(3_000, 0.25)
    predictions[1_234] = 0.25000001
    found = prove(with_column(answers(unlabeled=0.03), "__prediction", predictions))
    broken = next(f for f in found if f.check == "neutral_answers")
    assert (broken.verdict, broken.rows) == ("fail", ("1235",))
    assert not proven(found)


def test_refused_rows_are_no_answers() -> None:
    table = answers(unlabeled=0.03)
    refused = np.zeros(3_000, dtype=bool)
    refused[:5] = True
    predictions = np.where(refused, np.nan, 0.25)
    table = with_column(with_column(table, "__refused", refused), "__prediction", predictions)
    assert verdicts(prove(table))["neutral_answers"] == "pass"


def test_outcomes_on_the_wrong_rows_are_told() -> None:
    table = answers(unlabeled=0.03)
    shifted = with_column(table, "__label", np.roll(np.array(table["__label"].to_pylist(), dtype=float), 1))
    found = prove(shifted)
    broken = next(f for f in found if f.check == "neutral_outcomes")
    assert broken.verdict == "fail"
    assert broken.rows
    assert not proven(found)


def test_outcomes_that_get_lost_are_told() -> None:
    table = answers(unlabeled=0.4)
    found = verdicts(identities(table, constant=0.25, objective=LogLoss(), facts=FACTS))
    assert found["neutral_delays"] == "fail"


def test_the_share_with_an_outcome_follows_the_delays_while_they_run() -> None:
    hours = np.linspace(24, 480, 99).tolist()
    table = answers(days=10)
    now = START + timedelta(days=10)
    age = np.array([(now - t).total_seconds() / 3600 for t in table["__time"].to_pylist()])
    delay = np.random.default_rng(4).uniform(24, 480, 3_000)
    open_ = np.zeros(3_000, dtype=bool)
    table = with_column(with_column(table, "__closed", open_), "__label", np.where(delay <= age, 1.0, np.nan))
    facts = {"known_share": 1.0, "known_share_by_day": [0.99, 1.0], "delay_hours": hours}
    told = identities(table, constant=0.25, objective=LogLoss(), facts=facts, now=now)
    assert verdicts(told)["neutral_delays"] == "pass"
    half = with_column(table, "__label", np.where((delay <= age) & (np.arange(3_000) % 2 == 0), 1.0, np.nan))
    told = identities(half, constant=0.25, objective=LogLoss(), facts=facts, now=now)
    assert verdicts(told)["neutral_delays"] == "fail"


def test_too_few_outcomes_prove_nothing() -> None:
    table = with_column(answers(), "__mature", np.arange(3_000) < 199)
    found = prove(table)
    assert verdicts(found)["neutral_loss"] == "unknown"
    assert not proven(found)


def test_what_cannot_be_compared_is_left_out() -> None:
    found = identities(answers(), constant=0.25, objective=LogLoss())
    assert set(verdicts(found)) == {"neutral_answers", "neutral_loss"}
    assert proven(found)


def test_a_moved_base_rate_is_called_that_and_is_no_broken_plumbing() -> None:
    table = answers(rate=0.15, wander=0.03)
    proof = identities(table, constant=0.25, objective=LogLoss())
    assert proven(proof)
    found = bias(table, neutral=True, proof=proof)
    assert (found.check, found.verdict) == ("base_rate_moved", "fail")
    assert "base rate moved from 0.25 to 0.1" in found.saw
    assert "the plumbing holds" in found.saw
    assert found.evidence["z"] < -2


def test_with_broken_identities_nobody_can_tell_whether_the_world_moved() -> None:
    table = answers(rate=0.15, wander=0.03)
    broken = with_column(table, "__prediction", np.where(np.arange(3_000) == 7, 0.3, 0.25))
    proof = identities(broken, constant=0.25, objective=LogLoss())
    found = base_rate(broken, 0.25, proof=proof)
    assert found.verdict == "unknown"
    assert "plumbing may have broken" in found.saw


def test_days_that_differ_do_not_move_the_base_rate() -> None:
    """By independent rows the rate moved in most of these months, by days in few."""
    moved, by_rows = 0, 0
    for seed in range(40):
        found = base_rate(answers(rows=6_000, rate=0.25, wander=0.12, seed=seed), 0.25)
        moved += found.verdict == "fail"
        by_rows += abs(found.evidence["z_rows"]) > 2
    assert by_rows > 15
    assert moved <= 6


def test_few_days_say_nothing_about_the_base_rate() -> None:
    found = base_rate(
        answers(
            rows=900, days=3, rate=0.1, __entity=pa.nulls(900, pa.string()), __key=pa.nulls(900, pa.string())
        ),
        0.25,
    )
    assert found.verdict == "unknown"
    assert "too few days" in found.saw
