"""Files at an address, from servers on this machine: as they should be, and in every way in which they fail."""

from __future__ import annotations

import base64
import gzip
import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from fieldguide.errors import DataError, UnreachableError, UsageError
from fieldguide.program import Source
from fieldguide.tables import engines as engine
from fieldguide.tables.read import Part, read_table

CSV = b"id,x\n1,2\n3,4\n"
ROWS = [{"id": "1", "x": "2"}, {"id": "3", "x": "4"}]
PLACES: dict[str, bytes] = {
    "/v.csv": CSV,
    "/v.csv.gz": gzip.compress(CSV),
    "/export": CSV,
    "/b/1.csv": CSV,
    "/b/2.csv": b"id,x\n5,6\n",
}


def rows(part: Part) -> list[dict[str, Any]]:
    return engine.to_arrow(part.table).to_pylist()


class Server(BaseHTTPRequestHandler):
    """Serves PLACES, and fails where the path says so; speaks enough of S3 for pyarrow."""

    def log_message(self, *args: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        content = PLACES.get(self.path.split("?")[0].removeprefix("/bucket"))
        self._send(b"" if content is None else content, 404 if content is None else 200, body=False)

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path == "/slow":
            time.sleep(3)
        if path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(CSV)
            return
        if path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/v.csv")
            self.end_headers()
            return
        if path == "/private":
            given = self.headers.get("Authorization", "")
            good = given == "Basic " + base64.b64encode(b"ann:p@ss/word").decode()
            self._send(CSV if good else b"who are you?", 200 if good else 401)
            return
        if path == "/page":
            self._send(b"<!DOCTYPE html><html>log in</html>")
            return
        if path == "/token":
            self._send(CSV if "key=s3cr3t" in query else b"", 200 if "key=s3cr3t" in query else 403)
            return
        if path.rstrip("/") == "/bucket":
            keys = "".join(
                f"<Contents><Key>{escape(k[1:])}</Key><Size>{len(v)}</Size></Contents>"
                for k, v in PLACES.items()
                if k.startswith("/b/")
            )
            self._send(
                f"<ListBucketResult><IsTruncated>false</IsTruncated><KeyCount>2</KeyCount>{keys}</ListBucketResult>".encode()
            )
            return
        content = PLACES.get(path.removeprefix("/bucket"))
        if content is None:
            self._send(b"<Error><Code>NoSuchKey</Code></Error>", 404)
            return
        wanted = self.headers.get("Range")
        if wanted:
            first, last = wanted.removeprefix("bytes=").split("-")
            self._send(content[int(first) : int(last or len(content)) + 1], 206)
        else:
            self._send(content)

    def _send(self, content: bytes, code: int = 200, body: bool = True) -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Last-Modified", "Tue, 01 Oct 2013 05:15:00 GMT")
        self.send_header("ETag", '"1"')
        self.end_headers()
        if body:
            self.wfile.write(content)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    made = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    made.daemon_threads = True
    made.handle_error = lambda *args: None  # type: ignore[method-assign]  # who does not wait is gone
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    made.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def given(address: str, seconds: float = 5.0) -> Part:
    return read_table(Source(address, timeout=timedelta(seconds=seconds)))


@pytest.mark.parametrize("path", ["/v.csv", "/v.csv.gz", "/export", "/moved", "/v.csv?day=1"])
def test_a_file_on_the_web_is_fetched_and_read(server: str, path: str) -> None:
    part = given(server + path)
    assert rows(part) == ROWS
    assert part.files == (server + path,)


def test_what_the_environment_says_is_used_and_never_told(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHO", "ann")
    monkeypatch.setenv("WORD", "p@ss/word")
    monkeypatch.setenv("KEY", "s3cr3t")
    private = server.replace("//", "//${WHO}:${WORD}@") + "/private"
    part = given(private)
    assert rows(part) == ROWS
    assert part.name == part.files[0] == private
    assert rows(given(server + "/token?key=${KEY}")) == ROWS
    monkeypatch.setenv("WORD", "wr0ng")
    with pytest.raises(UnreachableError, match=r"\$\{WHO\}:\$\{WORD\}@.* the server answered 401") as caught:
        given(private)
    assert "wr0ng" not in str(caught.value)
    monkeypatch.delenv("WORD")
    with pytest.raises(
        UsageError, match="the environment has no WORD; set it before you start: export WORD=…"
    ):
        given(private)


def test_every_way_of_not_being_reached_is_one_sentence(server: str) -> None:
    def raises(address: str, message: str, seconds: float = 5.0) -> None:
        start = time.monotonic()
        with pytest.raises(UnreachableError, match=message) as caught:
            given(address, seconds)
        assert time.monotonic() - start < seconds + 2
        assert "\n" not in str(caught.value)

    raises(server + "/nothing.csv", "the server answered 404 Not Found; check the address")
    raises(server + "/token", "the server answered 403 .*ask for access")
    raises(server + "/cut", "broke off after 13 ")
    raises(
        server + "/slow",
        r"did not answer within 0.5 seconds; try again, or give Source\(timeout=…\) more time",
        0.5,
    )
    raises("http://no-such-host.invalid/v.csv", "there is no host 'no-such-host.invalid'")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]  # bound, and nobody listens
        raises(f"http://127.0.0.1:{port}/v.csv", "refuses the connection")
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(1)  # the connection is taken, and nothing is ever said
        raises(f"http://127.0.0.1:{deaf.getsockname()[1]}/v.csv", "did not answer within 0.5 seconds", 0.5)
    raises("http:///v.csv", "cannot be reached")
    raises("ftp://127.0.0.1/v.csv", "nothing here reads ftp://")


def test_what_was_reached_and_is_no_table_is_another_error(server: str) -> None:
    with pytest.raises(DataError, match=r"is a page .HTML") as caught:
        given(server + "/page")
    assert not isinstance(caught.value, UnreachableError)


def test_a_file_address_is_a_path(tmp_path: Path) -> None:
    (tmp_path / "a b.csv").write_bytes(CSV)
    assert rows(given((tmp_path / "a b.csv").as_uri())) == ROWS


def test_an_object_store_is_read_through_pyarrow(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert rows(given("s3://bucket/v.csv")) == ROWS
    part = given("s3://bucket/b/*.csv")
    assert rows(part) == [*ROWS, {"id": "5", "x": "6"}]
    assert [d.name for d in part.details] == ["s3://bucket/b/1.csv", "s3://bucket/b/2.csv"]
    with pytest.raises(UnreachableError, match=r"s3://bucket/w.csv cannot be reached"):
        given("s3://bucket/w.csv")
    with pytest.raises(UnreachableError, match="matches nothing"):
        given("s3://bucket/b/*.parquet")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    start = time.monotonic()
    with pytest.raises(UnreachableError, match=r"s3://bucket/v.csv cannot be reached") as caught:
        given("s3://bucket/v.csv", 2)
    assert time.monotonic() - start < 10
    assert "\n" not in str(caught.value)
