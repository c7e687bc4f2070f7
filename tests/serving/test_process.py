"""A real server in its own process: starts, answers over sockets, drains on SIGTERM, refuses strangers."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from fieldguide.errors import JournalError, UsageError
from fieldguide.journal import Journal, read_answers
from fieldguide.serving import App, run
from fieldguide.serving.run import listening

HERE = Path(__file__).parent
ROW = {"carrier": "UA", "distance": 0.7}


@pytest.fixture
def serve(tmp_path):
    """Start a server; return its process and port."""
    running = []

    def start(code="", folder="journal"):
        program = f"""
            import sys; sys.path.insert(0, {str(HERE)!r})
            import time
            from pathlib import Path
            from served import application, run
            app = application(Path({str(tmp_path / folder)!r}))
            {code}
            run(app, port=0, on_ready=lambda url: print(url, flush=True))
            print("drained", flush=True)
        """
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(HERE.parents[1] / "src")},
        )  # fmt: skip
        running.append(process)
        return process, int(process.stdout.readline().rpartition(":")[2])

    yield start
    for process in running:
        process.kill()
        process.communicate()


def post(port, path, body):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("POST", path, body if isinstance(body, bytes) else json.dumps(body))
    answer = connection.getresponse()
    read = answer.status, json.loads(answer.read())
    connection.close()
    return read


def get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path)
    read = connection.getresponse().read().decode()
    connection.close()
    return read


def test_it_answers_over_a_socket_and_drains_on_sigterm(serve, tmp_path):
    """Requests that wait for their commit when SIGTERM comes are committed, answered, and then it ends."""
    hold = "commit = app.journal._commit; app.journal._commit = lambda group: (time.sleep(1.5), commit(group))[1]"
    process, port = serve(hold)
    answers = []
    asked = [
        threading.Thread(target=lambda: answers.append(post(port, "/flights/predict", ROW))) for _ in range(3)
    ]
    for thread in asked:
        thread.start()
    while "fieldguide_journal_pending 3" not in get(port, "/metrics"):
        pass
    process.send_signal(signal.SIGTERM)
    for thread in asked:
        thread.join()
    out, err = process.communicate(timeout=20)
    assert process.returncode == 0, err
    assert "drained" in out
    assert [status for status, _ in answers] == [200] * 3
    kept = set(read_answers(tmp_path / "journal", "flights")["__id"].to_pylist())
    assert {said["id"] for _, said in answers} == kept
    with pytest.raises(ConnectionRefusedError):
        post(port, "/flights/predict", ROW)


def test_a_body_that_is_too_large_gets_a_readable_413_while_it_is_being_sent(serve):
    _, port = serve()
    status, said = post(port, "/flights/predict", b"x" * (9 << 20))
    assert status == 413
    assert "bytes" in said["error"]


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"POST /flights/predict HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /flights/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nContent-Length: 20\r\n\r\n0123456789",
        b"POST /flights/predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_is_no_http_is_400_and_the_server_goes_on(serve, sent):
    process, port = serve()
    with socket.create_connection(("127.0.0.1", port), timeout=20) as raw:
        raw.sendall(sent)
        assert raw.recv(1000).startswith(b"HTTP/1.1 400")
    assert post(port, "/flights/predict", ROW)[0] == 200
    assert process.poll() is None


def test_sigint_ends_as_ctrl_c_does(serve):
    process, port = serve()
    post(port, "/flights/predict", ROW)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode != 0
    assert "KeyboardInterrupt" in err


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "example.org", "::", ""])
def test_without_tokens_only_this_machine_is_listened_to(host):
    with pytest.raises(UsageError, match="no tokens"), listening(host, 0):
        pass


def test_a_port_that_is_taken_is_said_so(server):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port}"):
            run(server.app, port=port)


def test_a_second_server_on_the_same_journal_is_refused_before_it_listens(server, service):
    other = App(Journal(server.folder, lambda: server.clock[0]), {"flights": service()})
    with pytest.raises(JournalError, match="another server"):
        run(other, port=0)
