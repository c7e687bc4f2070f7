"""Running the application: uvicorn on one socket, loopback only, drained on SIGTERM."""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn

from fieldguide.errors import UsageError
from fieldguide.serving.app import App
from fieldguide.serving.wire import LOOPBACK

DRAIN = 20
"""How many seconds the requests that have begun may take to end after SIGTERM."""


def run(
    app: App,
    host: str = "127.0.0.1",
    port: int = 8000,
    *,
    on_ready: Callable[[str], None] | None = None,
    log_level: str = "warning",
) -> None:
    """Serve until SIGTERM or SIGINT; return when all that had begun was answered and the journal is closed.

    `port` 0 takes any free port; `on_ready` is told the address once requests are answered.

    Raises UsageError for a host that is not loopback (callers have no tokens yet) and for a port that
    is taken; JournalError when another server writes the journal; KeyboardInterrupt after SIGINT.
    """
    config = config_of(app, log_level)
    with listening(host, port) as listener:
        if not app.journal.is_open:
            app.journal.open()
        try:
            taken = listener.getsockname()[1]
            shown = f"[{host}]" if ":" in host else host
            server = _Server(config, (lambda: on_ready(f"http://{shown}:{taken}")) if on_ready else None)
            with _quiet_sigterm(), _rare_collections():
                server.run(sockets=[listener])
        finally:
            app.journal.close()


def config_of(app: App, log_level: str = "warning") -> uvicorn.Config:
    """Return the settings of uvicorn: uvloop where there is one, httptools, no access log."""
    return uvicorn.Config(
        app,
        loop="uvloop" if importlib.util.find_spec("uvloop") else "asyncio",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        log_level=log_level,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=DRAIN,
        backlog=2048,
    )


@contextlib.contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Give a listening socket on a loopback address.

    Raises UsageError for another host and for a port that is taken.
    """
    if host not in LOOPBACK:
        raise UsageError(
            f"host {host!r}: this version has no tokens for callers, so it listens on this machine only; "
            "use --host 127.0.0.1 and put a proxy that asks who is there in front of it."
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise UsageError(
            f"port {port} of {host} cannot be used ({error.strerror}); choose another --port."
        ) from error
    with listener:
        yield listener


class _Server(uvicorn.Server):
    """Uvicorn that says when it answers."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None] | None) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets=sockets)
        if self._on_ready is not None and not self.should_exit:
            self._on_ready()


@contextlib.contextmanager
def _rare_collections() -> Iterator[None]:
    """Keep the garbage collector away from what lives as long as the server: libraries and models."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@contextlib.contextmanager
def _quiet_sigterm() -> Iterator[None]:
    """Let SIGTERM end the server and nothing else: uvicorn raises it once more after it has drained."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def drained(signum: int, frame: FrameType | None) -> None:
        return

    before = signal.signal(signal.SIGTERM, drained)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
