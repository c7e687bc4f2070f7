"""Outcomes over HTTP: one or many, by id or key, as the label takes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

import fieldguide.program as fg
from fieldguide.journal import joined, read_outcomes
from fieldguide.tables.contract import contract


def labels(server):
    label = server.app.services["flights"].program.label
    return joined(server.folder, "flights", (), label)["__label"].to_pylist()


def test_an_outcome_by_id_and_one_by_key_find_their_answers(server, row):
    first = server.call.predict(row()).json["id"]
    server.call.predict(row(flight="UA 1", predicted_at="2013-10-01T03:00:00-04:00"))
    said = server.call.outcomes({"id": first, "value": True})
    assert (said.status, said.json) == (
        200,
        {"received": 1, "new": 1, "corrected": 0, "unchanged": 0, "older": 0},
    )
    assert server.call.outcomes({"key": "UA 1", "value": 0, "at": "2013-10-01T10:00:00"}).status == 200
    assert labels(server) == [1.0, 0.0]


@pytest.mark.parametrize("wrap", [lambda s: s, lambda s: {"outcomes": s}, lambda s: {"rows": s}])
def test_many_outcomes_in_one_request(server, wrap):
    said = [{"key": f"k{n}", "value": n % 2, "at": "2013-10-01T10:00:00Z"} for n in range(50)]
    assert server.call.outcomes(wrap(said)).json["new"] == 50
    again = server.call.outcomes(wrap([*said, {"key": "k0", "value": 1, "at": "2013-10-01T11:00:00Z"}])).json
    assert again == {"received": 51, "new": 0, "corrected": 1, "unchanged": 50, "older": 0}


def test_without_a_time_it_is_now_and_naive_times_are_read_in_the_sources_zone(server):
    server.call.outcomes({"key": "a", "value": 1})
    server.call.outcomes({"key": "b", "value": 1, "at": "2013-10-01T05:00:00"})
    server.call.outcomes({"key": "c", "value": 1, "at": None})
    found = {o["key"]: o["at"] for o in read_outcomes(server.folder, "flights").to_pylist()}
    assert found == {"a": server.clock[0], "b": datetime(2013, 10, 1, 9, tzinfo=UTC), "c": server.clock[0]}


def test_a_key_of_several_columns_is_given_as_a_list_or_joined(server):
    server.call.outcomes({"key": ["UA", 12, "01"], "value": 1})
    assert server.call.outcomes({"key": "UA|12|01", "value": 1}).json["unchanged"] == 1


def test_an_outcome_is_committed_when_it_is_acknowledged(server):
    before = server.app.journal.commits
    server.call.outcomes({"key": "a", "value": 1})
    assert server.app.journal.commits == before + 1
    assert 'outcomes_total{program="flights",fate="new"} 1' in server.call.get("/metrics").body.decode()


@pytest.mark.parametrize(
    ("label", "taken", "refused"),
    [
        (
            fg.BinaryLabel("y", arrives_within=timedelta(days=1)),
            {True: 1.0, 0: 0.0},
            ["yes", 2, 0.5, -1],
        ),
        (
            fg.BinaryLabel("y", arrives_within=timedelta(days=1), positive="yes"),
            {"yes": 1.0, "no": 0.0, True: 1.0, 0: 0.0},
            [2, 0.5],
        ),
        (
            fg.BinaryLabel("y", arrives_within=timedelta(days=1), positive=2),
            {2: 1.0, 1: 0.0, 0: 0.0},
            ["2", "yes"],
        ),
        (fg.NumericLabel("y", arrives_within=timedelta(days=1)), {1.5: 1.5, -3: -3.0, 0: 0.0}, [True, "1.5"]),
        (
            fg.CountLabel("y", arrives_within=timedelta(days=1)),
            {0: 0.0, 7: 7.0, 3.0: 3.0},
            [-1, 1.5, True, "3"],
        ),
    ],
    ids=["binary", "binary with a word", "binary with a number", "numeric", "count"],
)
def test_values_are_taken_as_the_label_says(make_server, service, program, label, taken, refused):
    labeled = program(label=label)
    server = make_server({"flights": service(program=labeled, contract=contract(labeled))})
    for number, (value, kept) in enumerate(taken.items()):
        assert server.call.outcomes({"key": f"k{number}", "value": value}).status == 200
        found = {o["key"]: o["value"] for o in read_outcomes(server.folder, "flights").to_pylist()}
        assert found[f"k{number}"] == kept
    for value in refused:
        answer = server.call.outcomes({"key": "bad", "value": value})
        assert (answer.status, answer.json["path"]) == (422, "$.value")


def test_the_place_of_a_bad_outcome_is_named(server):
    answer = server.call.outcomes({"outcomes": [{"key": "a", "value": 1}, {"key": "b", "value": 3}]})
    assert answer.json["path"] == "$.outcomes[1].value"
    assert "true, false, 1 or 0" in answer.json["expected"]
