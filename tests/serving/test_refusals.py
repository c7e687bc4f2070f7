"""Refused rows: told apart, journaled as far as they can be read, within bounds."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from fieldguide.journal import counts, read_answers, refusals
from fieldguide.serving.refusing import MOST_A_SECOND


def columns(server):
    return server.app.services["flights"].contract.columns


def test_every_bad_row_is_told_and_journaled_and_no_good_one_is_answered(server, row):
    rows = [row(flight="a"), row(flight="b", distance=-1), row(flight="c"), row(flight="d", carrier=7)]
    answer = server.call.predict({"rows": rows})
    assert answer.status == 422
    assert (answer.json["path"], answer.json["column"], answer.json["reason"]) == (
        "$.rows[1].distance",
        "distance",
        "range",
    )
    assert answer.json["given"] == "-1"
    assert [text.split(":")[0] for text in answer.json["others"]] == ["$.rows[3].carrier"]
    server.app.journal.close()
    entries = read_answers(server.folder, "flights", columns=columns(server)).to_pylist()
    assert [(e["__key"], e["__refused"], e["distance"]) for e in entries] == [
        ("b", True, -1.0),
        ("d", True, 1400.0),
    ]


def test_key_entity_and_time_of_a_refused_row_are_kept(server, row):
    server.call.predict(row(distance=7000, flight="a", tail="N1", predicted_at="2013-10-01T03:00:00"))
    server.app.journal.close()
    (entry,) = read_answers(server.folder, "flights").to_pylist()
    assert (entry["__key"], entry["__entity"]) == ("a", "N1")
    assert entry["__time"] == datetime(2013, 10, 1, 7, tzinfo=UTC)


def test_a_flood_of_refusals_is_counted_and_only_so_many_a_second_are_journaled(server, row):
    bad = json.dumps({"rows": [row(distance=-n) for n in range(1, 301)]}).encode()
    assert server.call.predict(bad).status == 422
    server.clock[0] += timedelta(seconds=1)
    assert server.call.predict(bad).status == 422
    server.app.journal.close()
    told = counts(server.folder, "flights")
    assert told.refused == 2 * MOST_A_SECOND
    assert told.dropped == 600 - 2 * MOST_A_SECOND
    text = server.call.get("/metrics").body.decode()
    assert 'refusals_total{program="flights",column="distance",reason="range"} 600' in text
    assert f'refusals_not_journaled_total{{program="flights"}} {told.dropped}' in text


def test_refusals_are_counted_by_column_and_reason(server, row):
    server.call.predict(row(distance=-1))
    server.call.predict(row(distance="far"))
    server.call.predict(b"nonsense")
    server.call.predict(row(distanse=3))
    text = server.call.get("/metrics").body.decode()
    for column, reason in (("distance", "range"), ("distance", "type"), ("", "malformed"), ("", "unknown")):
        assert f'refusals_total{{program="flights",column="{column}",reason="{reason}"}} 1' in text


def test_a_refused_row_that_cannot_be_read_is_kept_as_bytes(server):
    server.call.predict(b"\xff\xfe not json" * 1000)
    server.app.journal.close()
    ((_, told),) = refusals(server.folder, "flights")
    assert told.row == (b"\xff\xfe not json" * 1000)[:4096]
    assert (told.status, told.reason) == (400, "malformed")
