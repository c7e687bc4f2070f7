"""The server as an ASGI application: plain callables on the hot path, pages mounted beside.

An answer leaves only after its journal entry is committed. Nothing that a caller sends gives a 5xx, nothing
that breaks the contract gives a 200, and no traceback leaves.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import perf_counter
from types import MappingProxyType
from typing import Any

from fieldguide.errors import JournalError, suggest
from fieldguide.journal import Journal
from fieldguide.serving import wire
from fieldguide.serving.metrics import Metrics
from fieldguide.serving.openapi import openapi
from fieldguide.serving.outcomes import parse_outcomes
from fieldguide.serving.predicting import answer, answers
from fieldguide.serving.refusing import Limit, journal_refusals
from fieldguide.serving.service import Service
from fieldguide.serving.wire import ASGI, LARGEST_BODY, Receive, Scope, Send
from fieldguide.tables.contract import Refusal, parse

Refresh = Callable[[], Mapping[str, Service]]
Handler = Callable[[Service, Scope, Receive, Send], Awaitable[None]]

SLICE = 250
"""How many rows are answered before other requests get their turn."""
log = logging.getLogger("fieldguide.serving")


class App:
    """The server's application.

    `services` by the name of the program; `refresh`, if given, is asked for them every second in a thread:
    what it returns replaces them at once, and what it raises leaves them as they are and shows in /ready.
    `programs` are names that are to be served (a release may come later). `pages` answers everything that is
    not an endpoint.
    """

    def __init__(
        self,
        journal: Journal,
        services: Mapping[str, Service] | None = None,
        *,
        refresh: Refresh | None = None,
        every: float = 1.0,
        programs: Sequence[str] = (),
        pages: ASGI | None = None,
        largest_body: int = LARGEST_BODY,
    ) -> None:
        self.journal = journal
        self.metrics = Metrics()
        self.services: Mapping[str, Service] = {}
        self._refresh, self._every = refresh, every
        self._refresh_error: str | None = None
        self._programs = tuple(programs)
        self._pages = pages
        self._largest = largest_body
        self._limit = Limit()
        self._routes: Mapping[str, tuple[Handler, Service]] = {}
        self._gets: Mapping[str, Callable[[Send], Awaitable[None]]] = {
            "/health": self._health,
            "/ready": self._ready,
            "/metrics": self._metrics,
            "/openapi.json": self._openapi,
        }
        self.set_services(services or {})

    def set_services(self, services: Mapping[str, Service]) -> None:
        """Replace what answers: requests that have begun end with what they began with."""
        routes: dict[str, tuple[Handler, Service]] = {}
        for name, service in services.items():
            routes[f"/{name}/predict"] = (self._predict, service)
            routes[f"/{name}/outcomes"] = (self._outcomes, service)
        self.services = MappingProxyType(dict(services))
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or run for the lifetime of the server."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._lifespan(receive, send)
            return
        route = self._routes.get(scope["path"])
        try:
            if route is None or scope["method"] != "POST":
                await self._other(scope, receive, send)
                return
            for name, value in scope["headers"]:
                if name == b"origin":
                    wire.check_origin(value)
            await route[0](route[1], scope, receive, send)
        except wire.Gone:
            return
        except wire.Refused as refused:
            self._count(scope, refused.status)
            if refused.status == 413:
                await wire.respond_too_large(receive, send, refused)
            else:
                await wire.respond_error(send, refused.status, str(refused), refused.headers)
        except JournalError as error:
            self._count(scope, error.status)
            retry = ((b"retry-after", b"1"),) if error.status == 503 else ()
            await wire.respond_error(send, error.status, str(error), retry)
        except Exception:
            log.exception("%s %s failed", scope["method"], scope["path"])
            self._count(scope, 500)
            await wire.respond_error(send, 500, "an error of the server; its log says more.")

    # ---- endpoints

    async def _predict(self, service: Service, scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        body = message.get("body", b"")
        if message["type"] == "http.disconnect" or message.get("more_body") or len(body) > self._largest:
            body = await wire.body_of(scope, receive, self._largest, message)
        begun = perf_counter()
        try:
            many, rows, read = parse(service.contract, body)
        except Refusal as refusal:
            await self._refused(service, body, refusal, send)
            return
        journal = self.journal
        at, ids = journal.stamp(len(rows))
        if not many:
            said, entry = answer(service, rows[0], read[0], ids[0], at, self.metrics)
            await journal.append((entry,))
            out = wire.encode(said)
        else:
            told, entries = [], []
            for start in range(0, len(rows), SLICE):
                if start:
                    await asyncio.sleep(0)
                part = slice(start, start + SLICE)
                some, more = answers(service, rows[part], read[part], ids[part], at, self.metrics)
                told += some
                entries += more
            await journal.append(entries)
            out = wire.encode(told)
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [wire.JSON, (b"content-length", b"%d" % len(out))],
            }
        )
        await send({"type": "http.response.body", "body": out})
        self.metrics.answered(service.name, len(rows), perf_counter() - begun)

    async def _outcomes(self, service: Service, scope: Scope, receive: Receive, send: Send) -> None:
        body = await wire.body_of(scope, receive, self._largest, await receive())
        at, _ = self.journal.stamp(0)
        try:
            said = parse_outcomes(service.program, service.contract, body, at)
        except Refusal as refusal:
            self._count(scope, refusal.status)
            await wire.respond_error(send, refusal.status, str(refusal), **_place(refusal))
            return
        recorded = await self.journal.record(said)
        fates = {
            "new": recorded.new,
            "corrected": recorded.corrected,
            "unchanged": recorded.unchanged,
            "older": recorded.older,
        }
        for fate, count in fates.items():
            self.metrics.outcomes[service.name, fate] += count
        self._count(scope, 200)
        await wire.respond(send, 200, wire.encode({"received": len(said), **fates}))

    async def _refused(self, service: Service, body: bytes, refusal: Refusal, send: Send) -> None:
        others = journal_refusals(service, body, self.journal, self._limit, self.metrics)
        self.metrics.requests[service.name, "predict", refusal.status] += 1
        more = [str(other) for other in others if other.path != refusal.path][:9]
        place = _place(refusal)
        if more:
            place["others"] = more
        await wire.respond_error(send, refusal.status, str(refusal), **place)

    async def _other(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, method = scope["path"], scope["method"]
        get = self._gets.get(path)
        if get is not None or path in self._routes:
            allowed = "GET" if get is not None else "POST"
            if get is not None and method in ("GET", "HEAD"):
                await get(send)
            else:
                raise wire.Refused(405, f"{path} takes {allowed}.", ((b"allow", allowed.encode()),))
            return
        parts = path.strip("/").split("/")
        if len(parts) == 2 and parts[1] in ("predict", "outcomes"):
            if parts[0] in self._programs:
                message = f"no release of {parts[0]!r} is in service yet; launch one."
                raise wire.Refused(503, message, ((b"retry-after", b"5"),))
            names = sorted({*self.services, *self._programs})
            raise wire.Refused(
                404,
                f"no program {parts[0]!r} here.{suggest(parts[0], names)} Served: {', '.join(names) or 'none'}.",
            )
        if self._pages is not None:
            await self._pages(scope, receive, send)
            return
        raise wire.Refused(404, f"nothing at {path}.")

    async def _health(self, send: Send) -> None:
        await wire.respond(send, 200, wire.encode({"status": "alive"}))

    async def _ready(self, send: Send) -> None:
        with contextlib.suppress(JournalError):
            await self.journal.probe()
        lacking = [name for name in self._programs if name not in self.services]
        why = [f"no release of {name!r} is in service" for name in lacking]
        if not self.services and not lacking:
            why.append("no release is in service")
        if not self.journal.is_open:
            why.append("the journal is not open")
        elif self.journal.failing is not None:
            why.append(self.journal.failing)
        releases = {
            name: {"release": s.release, "fitted": s.fitted_id, "fallback": s.fallback_reason}
            for name, s in self.services.items()
        }
        told = {"ready": not why, "why": why, "releases": releases, "refresh_error": self._refresh_error}
        await wire.respond(send, 503 if why else 200, wire.encode(told))

    async def _metrics(self, send: Send) -> None:
        text = self.metrics.text(self.journal, self.services).encode()
        await wire.respond(
            send, 200, text, kind=(b"content-type", b"text/plain; version=0.0.4; charset=utf-8")
        )

    async def _openapi(self, send: Send) -> None:
        await wire.respond(send, 200, wire.encode(openapi(self.services)))

    # ---- around the endpoints

    def _count(self, scope: Scope, status: int) -> None:
        route = self._routes.get(scope["path"])
        endpoint = scope["path"].rpartition("/")[2] if route is not None else "other"
        self.metrics.requests[route[1].name if route is not None else "", endpoint, status] += 1

    async def refresh(self) -> None:
        """Ask for the services once; a failure leaves them as they are and is told by /ready."""
        if self._refresh is None:
            return
        try:
            self.set_services(await asyncio.to_thread(self._refresh))
        except Exception as error:
            message = f"{type(error).__name__}: {error}"
            if message != self._refresh_error:
                log.exception("the releases could not be read again; those in service stay")
            self._refresh_error = message
        else:
            self._refresh_error = None

    async def _keep_fresh(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            await self.refresh()

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            if not self.journal.is_open:
                self.journal.open()
        except JournalError as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await self.refresh()
        fresh = asyncio.create_task(self._keep_fresh())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        fresh.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await fresh
        await asyncio.to_thread(self.journal.close)
        await send({"type": "lifespan.shutdown.complete"})


def _place(refusal: Refusal) -> dict[str, Any]:
    return {
        "path": refusal.path,
        "expected": refusal.expected,
        "given": refusal.given,
        "column": refusal.column,
        "reason": refusal.reason,
    }
