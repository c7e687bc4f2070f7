"""The dashboard as a small ASGI app, and the same page as one self-contained file.

The pages work without a network and under a strict content security policy: no inline script, no eval
(Vega's expressions are interpreted). They know neither ledger nor journal; `read` gives them view values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from fieldguide.errors import FieldguideError, suggest
from fieldguide.web.rendering import ASSETS, render, render_program
from fieldguide.web.rendering import asset as asset_of
from fieldguide.web.view import ProgramView

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def pages(read: Callable[[], Sequence[ProgramView]]) -> ASGIApp:
    """Return the dashboard: `/` lists the programs (or leads to the only one), `/{program}` shows one.

    `read` is called at every request, in a thread; a FieldguideError of it is shown as a page with status
    503. Files of the pages are under `/-/`, which no program's name can collide with.
    """

    def index(request: Request) -> Response:
        views = read()
        root = request.scope.get("root_path", "")
        if len(views) == 1:
            return RedirectResponse(f"{root}/{quote(views[0].name)}", status_code=307, headers=dict(HEADERS))
        return _page(render("index.html", root=root, views=views))

    def program(request: Request) -> Response:
        views = {view.name: view for view in read()}
        name = request.path_params["name"]
        root = request.scope.get("root_path", "")
        if name not in views:
            known = f" Here are: {', '.join(views)}." if views else ""
            return _problem(
                root, 404, "Not here", f"There is no program {name!r}.{suggest(name, views)}{known}"
            )
        return _page(render_program(views[name], root=root, inline=False))

    def asset(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in ASSETS:
            return _problem(
                request.scope.get("root_path", ""), 404, "Not here", f"There is no file {name!r}."
            )
        kept = "public, max-age=31536000, immutable" if request.query_params.get("v") else "no-cache"
        return Response(
            asset_of(name), media_type=ASSETS[name][1], headers={**HEADERS, "Cache-Control": kept}
        )

    def unreadable(request: Request, error: Exception) -> Response:
        return _problem(request.scope.get("root_path", ""), 503, "Nothing to show just now", str(error))

    return Starlette(
        routes=[Route("/", index), Route("/-/{name}", asset), Route("/{name}", program)],
        exception_handlers={FieldguideError: unreadable},
    )


def report(view: ProgramView) -> str:
    """Return the page of a program as one HTML file that needs nothing beside it.

    A program that has served nothing is shown with its grading and its ladder only.
    """
    return render_program(view, root="", inline=True)


def _problem(root: str, status: int, heading: str, message: str) -> Response:
    return _page(render("problem.html", root=root, heading=heading, message=message), status)


def _page(html: str, status: int = 200) -> Response:
    return Response(html, status, {**HEADERS, "Cache-Control": "no-store"}, "text/html")
