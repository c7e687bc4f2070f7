"""Around the answers: health, readiness that tells the truth, metrics, description, bounds, changes in service."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest

from fieldguide.errors import JournalError
from fieldguide.journal import Journal, read_answers
from fieldguide.serving import App
from fieldguide.serving.wire import LARGEST_BODY


def test_health_says_that_the_process_lives_even_without_a_release(make_server):
    assert make_server({}).call.get("/health").status == 200


def test_it_is_ready_with_a_release_and_not_without(make_server, server):
    told = server.call.get("/ready")
    assert (told.status, told.json["ready"]) == (200, True)
    assert told.json["releases"]["flights"] == {"release": "2", "fitted": "f2", "fallback": None}
    bare = make_server({}, programs=["flights"])
    told = bare.call.get("/ready")
    assert (told.status, told.json["why"]) == (503, ["no release of 'flights' is in service"])


def test_it_is_not_ready_while_the_journal_cannot_write_and_again_when_it_can(server, row, monkeypatch):
    def broken(group):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(server.app.journal, "_commit", broken)
    answer = server.call.predict(row())
    assert (answer.status, "No space left" in answer.json["error"]) == (507, True)
    told = server.call.get("/ready")
    assert (told.status, told.json["ready"]) == (503, False)
    assert "No space left" in told.json["why"][0]
    monkeypatch.undo()
    assert server.call.get("/ready").status == 200  # without any traffic
    assert server.call.predict(row()).status == 200
    assert read_answers(server.folder, "flights").num_rows == 1


def test_outcomes_are_507_too_while_the_journal_cannot_write(server, monkeypatch):
    def broken(group):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(server.app.journal, "_commit", broken)
    assert server.call.outcomes({"key": "a", "value": 1}).status == 507


def test_too_much_waiting_is_503_with_retry_after(server, row):
    server.app.journal._most_pending = 0
    for answer in (server.call.predict(row()), server.call.outcomes({"key": "a", "value": 1})):
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) >= 1
    assert server.call.predict(row(distance=-1)).status == 422  # nothing was promised: no reason to wait


def test_a_program_without_a_release_is_503_and_an_unknown_one_404(make_server, service, row):
    server = make_server({"flights": service()}, programs=["flights", "boats"])
    answer = server.call.post("/boats/predict", row())
    assert (answer.status, "retry-after" in answer.headers) == (503, True)
    answer = server.call.post("/flihgts/predict", row())
    assert answer.status == 404
    assert "Did you mean 'flights'?" in answer.json["error"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/flights/predict", 405), ("PUT", "/flights/predict", 405), ("DELETE", "/flights/outcomes", 405),
        ("POST", "/health", 405), ("POST", "/metrics", 405), ("GET", "/nothing", 404), ("POST", "/", 404),
        ("GET", "/", 404), ("POST", "/flights/predict/", 404), ("POST", "//flights/predict", 404),
        ("POST", "/flights/../flights/predict", 404), ("HEAD", "/health", 200),
    ],
)  # fmt: skip
def test_other_methods_and_places(server, method, path, status):
    answer = server.call(method, path)
    assert answer.status == status
    if status == 405:
        assert answer.headers["allow"] in ("GET", "POST")


def test_everything_else_goes_to_the_pages(make_server, service):
    seen = []

    async def pages(scope, receive, send):
        seen.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"a page"})

    server = make_server({"flights": service()}, pages=pages)
    assert server.call.get("/").body == b"a page"
    assert server.call.get("/flights").body == b"a page"
    assert server.call.post("/boats/predict", {}).status == 404
    assert seen == ["/", "/flights"]


def test_a_body_that_is_announced_too_large_is_refused_before_it_is_read(server):
    reads = []

    async def receive():
        reads.append(1)
        return {"type": "http.request", "body": b"x" * 10, "more_body": len(reads) < 3}

    sent = []

    async def send(message):
        sent.append((message, len(reads)))

    scope = {
        "type": "http", "method": "POST", "path": "/flights/predict",
        "headers": [(b"content-length", str(LARGEST_BODY + 1).encode())],
    }  # fmt: skip
    asyncio.run(server.app(scope, receive, send))
    start, read_before = sent[0]
    assert (start["status"], read_before) == (413, 1)
    assert f"{LARGEST_BODY:,}" in json.loads(sent[1][0]["body"])["error"]


def test_a_body_that_grows_too_large_without_saying_so_is_refused(make_server, service):
    server = make_server({"flights": service()}, largest_body=1000)
    answer = server.call("POST", "/flights/predict", chunks=[b"x" * 400] * 4)
    assert answer.status == 413
    assert server.call("POST", "/flights/predict", b"x" * 1001).status == 413


def test_a_body_in_pieces_is_put_together(server, row):
    body = json.dumps(row()).encode()
    assert (
        server.call("POST", "/flights/predict", chunks=[body[:10], body[10:11], b"", body[11:]]).status == 200
    )


def test_a_caller_that_hangs_up_is_not_answered_and_not_journaled(server, row):
    body = json.dumps(row()).encode()

    async def go():
        messages = [
            {"type": "http.request", "body": body[:10], "more_body": True},
            {"type": "http.disconnect"},
        ]

        async def receive():
            return messages.pop(0)

        async def send(message):
            raise AssertionError(message)

        scope = {"type": "http", "method": "POST", "path": "/flights/predict", "headers": []}
        await server.app(scope, receive, send)

    asyncio.run(go())
    assert read_answers(server.folder, "flights").num_rows == 0


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://127.0.0.1:8000", 200), ("http://localhost:3000", 200), ("http://[::1]:8000", 200),
        ("https://evil.example", 403), ("null", 403), ("http://127.0.0.1.evil.example", 403), ("http://[", 403),
    ],
)  # fmt: skip
def test_pages_of_other_sites_cannot_send_rows_through_a_browser(server, row, origin, status):
    assert server.call.post("/flights/predict", row(), headers={"origin": origin}.items()).status == status


def test_an_error_of_our_own_is_500_without_a_traceback(server, row, monkeypatch, caplog):
    caplog.set_level(logging.ERROR)

    def broken(count):
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr(server.app.journal, "stamp", broken)
    answer = server.call.predict(row())
    assert answer.status == 500
    assert "secret" not in answer.body.decode()
    assert "secret" in caplog.text


def test_metrics_hold_what_a_team_can_alert_on(server, row):
    server.call.predict(row())
    server.call.predict({"rows": [row()] * 3})
    server.call.outcomes({"key": "a", "value": 1})
    lines = server.call.get("/metrics").body.decode().splitlines()
    for line in (
        'fieldguide_requests_total{program="flights",endpoint="predict",status="200"} 2',
        'fieldguide_requests_total{program="flights",endpoint="outcomes",status="200"} 1',
        'fieldguide_rows_total{program="flights"} 4',
        'fieldguide_latency_seconds_bucket{le="+Inf"} 2',
        "fieldguide_latency_seconds_count 2",
        "fieldguide_journal_failing 0",
        "fieldguide_journal_pending 0",
        "fieldguide_journal_commits_total 3",
        'fieldguide_release_info{program="flights",release="2",fitted="f2"} 1',
        'fieldguide_in_fallback{program="flights"} 0',
    ):
        assert line in lines
    named = {line.split()[2] for line in lines if line.startswith("# TYPE")}
    assert all(line.startswith("#") or any(line.startswith(name) for name in named) for line in lines)
    assert len({line.rsplit(" ", 1)[0] for line in lines if not line.startswith("#")}) == sum(
        not line.startswith("#") for line in lines
    )


def test_the_description_holds_the_rows_real_schema(server):
    told = server.call.get("/openapi.json").json
    row = told["components"]["schemas"]["flightsRow"]
    assert row["properties"]["distance"]["maximum"] == 6000
    assert row["properties"]["carrier"]["description"] == "airline code"
    body = told["paths"]["/flights/predict"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["oneOf"][0] == {"$ref": "#/components/schemas/flightsRow"}
    references = json.dumps(told).split('"$ref": "')[1:]
    for reference in references:
        name = reference.split('"')[0].removeprefix("#/components/schemas/")
        assert name in told["components"]["schemas"]


def test_services_are_replaced_at_once_and_what_has_begun_ends_with_the_old_ones(server, service, row):
    """Requests run while the release changes a hundred times: each answer is of one release, none fails."""

    async def go():
        async def change():
            for number in range(100):
                server.app.set_services(
                    {"flights": service(release=str(number), predict=lambda v, n=number: float(n))}
                )
                await asyncio.sleep(0)

        async def ask():
            return [
                await server.call.send("POST", "/flights/predict", json.dumps({"rows": [row()] * 3}).encode())
                for _ in range(20)
            ]

        return await asyncio.gather(change(), *[ask() for _ in range(10)])

    server.app.set_services({"flights": service(release="0", predict=lambda v: 0.0)})
    _, *asked = asyncio.run(go())
    answers = [answer for some in asked for answer in some]
    assert {answer.status for answer in answers} == {200}
    for answer in answers:
        assert len({said["release"] for said in answer.json}) == 1
        assert all(said["prediction"] == float(said["release"]) for said in answer.json)
    assert len({answer.json[0]["release"] for answer in answers}) > 1
    for entry in read_answers(server.folder, "flights").to_pylist():
        assert entry["__prediction"] == float(entry["__release"])


def run_for_a_while(app, steps):
    """Run the application's lifetime around `steps`, as a server would."""

    async def go():
        arrived: asyncio.Queue = asyncio.Queue()
        told = []

        async def send(message):
            told.append(message["type"])

        life = asyncio.create_task(app({"type": "lifespan"}, arrived.get, send))
        await arrived.put({"type": "lifespan.startup"})
        while not told:
            await asyncio.sleep(0.001)
        if told[-1] != "lifespan.startup.failed":
            await steps()
            await arrived.put({"type": "lifespan.shutdown"})
        await life
        return told

    return asyncio.run(go())


def test_a_new_release_is_picked_up_without_a_restart_and_a_failing_refresh_keeps_the_old(
    make_server, service, row, caplog
):
    caplog.set_level(logging.ERROR)
    asked = []
    offered = {"release": "3", "fail": False}

    def refresh():
        asked.append(1)
        if offered["fail"]:
            raise JournalError("the ledger is locked")
        return {"flights": service(release=offered["release"])}

    server = make_server({}, refresh=refresh, every=0.01, programs=["flights"])

    async def another(count=2):
        seen = len(asked) + count
        while len(asked) < seen:
            await asyncio.sleep(0.005)

    async def release():
        return (await server.call.send("POST", "/flights/predict", json.dumps(row()).encode())).json[
            "release"
        ]

    async def steps():
        assert await release() == "3"  # asked once before the first request is let in
        offered["release"] = "4"
        await another()
        assert await release() == "4"
        offered["fail"] = True
        await another()
        assert await release() == "4"
        told = await server.call.send("GET", "/ready")
        assert told.status == 200
        assert "the ledger is locked" in told.json["refresh_error"]
        offered.update(fail=False, release="5")
        await another()
        assert await release() == "5"
        assert (await server.call.send("GET", "/ready")).json["refresh_error"] is None

    assert run_for_a_while(server.app, steps) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert not server.app.journal.is_open
    assert sum("could not be read again" in record.message for record in caplog.records) == 1


def test_a_journal_that_another_server_writes_keeps_the_application_from_starting(server, service):
    other = App(Journal(server.folder, lambda: server.clock[0]), {"flights": service()})

    async def steps():
        raise AssertionError("it started")

    assert run_for_a_while(other, steps) == ["lifespan.startup.failed"]


def test_outcomes_and_answers_share_one_commit_when_they_come_together(server, row):
    async def go():
        before = server.app.journal.commits
        await asyncio.gather(
            server.call.send("POST", "/flights/predict", json.dumps(row()).encode()),
            server.call.send("POST", "/flights/outcomes", b'{"key": "a", "value": 1}'),
        )
        return server.app.journal.commits - before

    assert asyncio.run(go()) == 1
