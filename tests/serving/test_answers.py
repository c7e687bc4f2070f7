"""Answers: journaled before they are given, marked when the constant gives them, never without a number."""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import UTC, datetime, timedelta

import pytest

import fieldguide.program as fg
from fieldguide.journal import read_answers
from fieldguide.tables.contract import contract


def journaled(server, columns=()):
    return read_answers(server.folder, "flights", columns=columns).to_pylist()


def test_one_row_gives_one_answer_and_its_journal_entry(server, row):
    answer = server.call.predict(row(flight="UA 1", tail="N1"))
    assert answer.status == 200
    said = answer.json
    assert list(said) == ["id", "prediction", "scale", "release", "fallback"]
    assert said["prediction"] == 0.1 + 1400.0 / 10_000
    assert (said["scale"], said["release"], said["fallback"]) == ("probability", "2", None)
    (entry,) = journaled(server, contract_columns(server))
    assert (entry["__id"], entry["__prediction"], entry["__fitted"]) == (
        said["id"],
        said["prediction"],
        "f2",
    )
    assert (entry["__key"], entry["__entity"], entry["__fallback"], entry["__shadow"]) == (
        "UA 1",
        "N1",
        False,
        None,
    )
    assert (entry["carrier"], entry["distance"]) == ("UA", 1400.0)


def contract_columns(server):
    return server.app.services["flights"].contract.columns


def test_many_rows_give_a_list_in_their_order(server, row):
    answer = server.call.predict({"rows": [row(distance=float(n)) for n in range(600)]})
    predictions = [said["prediction"] for said in answer.json]
    assert predictions == [0.1 + n / 10_000 for n in range(600)]
    entries = journaled(server)
    assert [e["__prediction"] for e in entries] == predictions
    assert [e["__id"] for e in entries] == [said["id"] for said in answer.json]
    assert server.app.journal.commits == 1


def test_one_row_in_a_list_gives_a_list(server, row):
    assert len(server.call.predict({"rows": [row()]}).json) == 1


def test_the_same_row_again_is_another_answer(server, row):
    first, second = (server.call.predict(row(flight="a")).json["id"] for _ in range(2))
    assert first != second
    assert [entry["__key"] for entry in journaled(server)] == ["a", "a"]


def test_the_number_answered_is_the_number_journaled_bit_for_bit(server, row):
    answer = server.call.predict({"rows": [row(distance=n / 7) for n in range(50)]})
    for said, entry in zip(answer.json, journaled(server), strict=True):
        assert said["prediction"].hex() == entry["__prediction"].hex()


def test_the_time_of_a_row_is_its_own_or_else_now(server, row):
    server.call.predict(row(predicted_at="2013-09-30T20:00:00"))
    server.call.predict(row(predicted_at=None))
    times = [entry["__time"] for entry in journaled(server)]
    assert times == [datetime(2013, 10, 1, 0, 0, tzinfo=UTC), server.clock[0]]


def test_under_fallback_the_constant_answers_and_the_model_is_the_shadow(make_server, service, row):
    why = {
        "reason": "wind_speed fell to 0.447 of what it was",
        "since": "2013-12-03T00:00:00+00:00",
        "cause": "unit_factor",
    }
    server = make_server({"flights": service(fallback=why)})
    said = server.call.predict(row()).json
    assert said["prediction"] == 0.24
    assert said["fallback"] == why
    (entry,) = journaled(server)
    assert (entry["__prediction"], entry["__shadow"], entry["__fallback"]) == (
        0.24,
        0.1 + 1400 / 10_000,
        True,
    )
    assert (
        'fieldguide_fallbacks_total{program="flights",reason="unit_factor"} 1'
        in server.call.get("/metrics").body.decode()
    )


@pytest.mark.parametrize(
    ("carrier", "detail"), [("raises", "KeyError"), ("nan", "nan"), ("inf", "inf"), ("text", "ValueError")]
)
def test_a_row_on_which_the_model_fails_is_answered_by_the_constant_and_says_so(
    server, row, carrier, detail, caplog
):
    caplog.set_level(logging.ERROR)
    said = server.call.predict({"rows": [row(), row(carrier=carrier), row()]}).json
    assert [each["fallback"] is None for each in said] == [True, False, True]
    assert said[1]["prediction"] == 0.24
    assert said[1]["fallback"]["reason"] == "error"
    assert detail in said[1]["fallback"]["detail"]
    assert "secret" not in json.dumps(said)
    entries = journaled(server)
    assert [e["__fallback"] for e in entries] == [False, True, False]
    assert entries[1]["__shadow"] is None
    assert 'fallbacks_total{program="flights",reason="error"} 1' in server.call.get("/metrics").body.decode()


def test_a_model_that_fails_on_every_row_does_not_flood_the_log(server, row, caplog):
    caplog.set_level(logging.ERROR)
    server.call.predict({"rows": [row(carrier="raises")] * 100})
    assert sum("failed on a row" in record.message for record in caplog.records) == 1
    server.clock[0] += timedelta(seconds=1)
    server.call.predict(row(carrier="raises"))
    assert sum("failed on a row" in record.message for record in caplog.records) == 2


def test_an_unseen_category_is_answered_and_counted(make_server, service, row):
    server = make_server({"flights": service(seen={"carrier": frozenset({"UA"})})})
    for carrier in ("UA", "ZZ", None):
        assert server.call.predict(row(carrier=carrier)).status == 200
    text = server.call.get("/metrics").body.decode()
    assert 'unseen_categories_total{program="flights",column="carrier"} 1' in text


def test_a_presentation_column_is_journaled_as_shown(make_server, service, program):
    shown = program(
        features=[fg.Number("distance"), fg.Presentation(fg.Number("position"), neutral=1)],
        source=fg.Source("x.csv", key="flight"),
    )
    server = make_server(
        {"flights": service(program=shown, contract=contract(shown), predict=lambda v: v[1] / 10)}
    )
    assert server.call.predict({"distance": 1, "position": 3}).json["prediction"] == 0.3
    assert server.call.predict({"distance": 1}).json["prediction"] == 0.1
    entries = journaled(server, contract(shown).columns)
    assert [entry["position"] for entry in entries] == [3.0, None]


def test_no_answer_leaves_before_its_entry_is_committed(server, row):
    """The journal's future is held back: nothing may be sent meanwhile."""
    held, sent = [], []
    append = server.app.journal.append

    def hold(entries, dropped=0):
        future = asyncio.get_running_loop().create_future()
        held.append((future, entries))
        return future

    async def go():
        task = asyncio.create_task(server.call.send("POST", "/flights/predict", json.dumps(row()).encode()))
        await asyncio.sleep(0.05)
        assert held
        assert not task.done()
        future, entries = held[0]
        await append(entries)
        future.set_result(None)
        sent.append(await task)

    server.app.journal.append = hold
    asyncio.run(go())
    assert sent[0].status == 200
    assert journaled(server)[0]["__id"] == sent[0].json["id"]


def test_two_programs_are_served_side_by_side(make_server, service, program, row):
    boats = program(name="boats", source=fg.Source("b.csv"), features=[fg.Number("length", low=0)])
    server = make_server(
        {
            "flights": service(),
            "boats": service(program=boats, contract=contract(boats), predict=lambda v: v[0]),
        }
    )
    assert server.call.post("/boats/predict", {"length": 0.5}).json["prediction"] == 0.5
    assert server.call.predict(row()).status == 200
    assert read_answers(server.folder, "boats")["__n"].to_pylist() == [1]
    assert read_answers(server.folder, "flights")["__n"].to_pylist() == [1]
