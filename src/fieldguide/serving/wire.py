"""Requests in, responses out: bodies within bounds, JSON, no surprises."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGI = Callable[[Scope, Receive, Send], Awaitable[None]]

LARGEST_BODY = 2 << 20
"""The largest body of a request, in bytes."""
SLOWEST_BODY = 30.0
"""How long a body may take to arrive, in seconds."""
LOOPBACK = ("127.0.0.1", "::1", "localhost")
_DRAIN = 32 << 20  # how much of a body that is too large is read and thrown away, so that the answer arrives
JSON = (b"content-type", b"application/json")

encode = msgspec.json.Encoder().encode


class Refused(Exception):  # noqa: N818 (an answer, not an accident)
    """A request that is answered with an error status before its rows are looked at."""

    def __init__(self, status: int, message: str, headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
        super().__init__(message)
        self.status, self.headers = status, headers


class Gone(Exception):  # noqa: N818
    """The caller went away before the request was complete."""


async def body_of(scope: Scope, receive: Receive, largest: int, message: Message) -> bytes:
    """Return the body of a request whose first message is given.

    Raises Refused with 413 as soon as it is clear that the body is too large, 408 when it comes too
    slowly; Gone when the caller hangs up.
    """
    if message["type"] == "http.disconnect":
        raise Gone
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False) and len(body) <= largest:
        return body
    declared = header(scope, b"content-length")
    if declared is not None and declared.isdigit() and int(declared) > largest:
        raise Refused(413, _too_large(largest))
    parts, size = [body], len(body)
    try:
        async with asyncio.timeout(SLOWEST_BODY):
            while message.get("more_body", False):
                if size > largest:
                    raise Refused(413, _too_large(largest))
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Gone
                parts.append(message.get("body", b""))
                size += len(parts[-1])
    except TimeoutError:
        raise Refused(408, f"the body did not arrive within {SLOWEST_BODY:g} seconds.") from None
    if size > largest:
        raise Refused(413, _too_large(largest))
    return b"".join(parts)


async def respond(
    send: Send,
    status: int,
    body: bytes,
    headers: tuple[tuple[bytes, bytes], ...] = (),
    kind: tuple[bytes, bytes] = JSON,
) -> None:
    """Send a whole response."""
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [kind, (b"content-length", b"%d" % len(body)), *headers],
        }
    )
    await send({"type": "http.response.body", "body": body})


async def respond_error(
    send: Send, status: int, message: str, headers: tuple[tuple[bytes, bytes], ...] = (), **more: Any
) -> None:
    """Send an error as JSON: what was wrong and, where it helps, where and what was expected."""
    await respond(send, status, encode({"error": message, **more}), headers)


async def respond_too_large(receive: Receive, send: Send, refused: Refused) -> None:
    """Answer before the body has been read, then throw the rest away so that the caller can read it."""
    out = encode({"error": str(refused)})
    headers = [JSON, (b"content-length", b"%d" % len(out)), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": out, "more_body": True})
    left = _DRAIN
    try:
        async with asyncio.timeout(2.0):
            while left > 0:
                message = await receive()
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    break
                left -= len(message.get("body", b""))
    except TimeoutError:
        left = 0
    await send({"type": "http.response.body", "body": b""})


def header(scope: Scope, name: bytes) -> bytes | None:
    """Return the first header of that name (in small letters)."""
    for key, value in scope["headers"]:
        if key == name:
            found: bytes = value
            return found
    return None


def check_origin(origin: bytes) -> None:
    """Refuse what a page of another site makes a browser send: this server knows its callers by loopback.

    Raises Refused with 403.
    """
    try:
        host = urlsplit(origin.decode("ascii")).hostname
    except ValueError:
        host = None
    if host not in LOOPBACK:
        raise Refused(403, "requests made by pages of other sites are not answered.")


def _too_large(largest: int) -> str:
    return f"the body is larger than {largest:,} bytes; send the rows in several requests."
