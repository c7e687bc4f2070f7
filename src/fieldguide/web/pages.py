"""The dashboard as a small ASGI app, and the same page as one self-contained file.

The pages work without a network and under a strict content security policy: no inline script, no eval
(Vega's expressions are interpreted). They know neither ledger nor journal; `read` gives them view values.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from fieldguide.errors import FieldguideError, suggest
from fieldguide.finding import Finding
from fieldguide.readiness.levels import LEVELS
from fieldguide.web import charts
from fieldguide.web.format import FILTERS
from fieldguide.web.view import ProgramView

ASSETS: Mapping[str, tuple[str, str]] = {  # name -> (file in static/, media type)
    "page.css": ("page.css", "text/css"),
    "page.js": ("page.js", "text/javascript"),
    "vega.min.js": ("vendor/vega.min.js", "text/javascript"),
    "vega-lite.min.js": ("vendor/vega-lite.min.js", "text/javascript"),
    "vega-embed.min.js": ("vendor/vega-embed.min.js", "text/javascript"),
}
SCRIPTS = ("vega.min.js", "vega-lite.min.js", "vega-embed.min.js", "page.js")

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


@dataclass(frozen=True)
class Step:
    """One level of the scale as it is drawn."""

    level: str
    title: str
    meaning: str
    takes: str
    reached: bool


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
        return _page(_render("index.html", root=root, views=views))

    def program(request: Request) -> Response:
        views = {view.name: view for view in read()}
        name = request.path_params["name"]
        root = request.scope.get("root_path", "")
        if name not in views:
            known = f" Here are: {', '.join(views)}." if views else ""
            return _problem(
                root, 404, "Not here", f"There is no program {name!r}.{suggest(name, views)}{known}"
            )
        return _page(_render_program(views[name], root=root, inline=False))

    def asset(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in ASSETS:
            return _problem(
                request.scope.get("root_path", ""), 404, "Not here", f"There is no file {name!r}."
            )
        kept = "public, max-age=31536000, immutable" if request.query_params.get("v") else "no-cache"
        return Response(_asset(name), media_type=ASSETS[name][1], headers={**HEADERS, "Cache-Control": kept})

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
    return _render_program(view, root="", inline=True)


def scale(level: str | None) -> tuple[Step, ...]:
    """Return the levels from C4 to A1, those up to `level` marked as reached."""
    names = [each.name for each in LEVELS]
    reached = names.index(level) if level in names else -1
    return tuple(
        Step(each.name, each.title, each.meaning, each.takes, number <= reached)
        for number, each in enumerate(LEVELS)
    )


def _render_program(view: ProgramView, *, root: str, inline: bool) -> str:
    steps = scale(view.level)
    here = next((step for step in steps if step.level == view.level), None)
    above = next((step for step in steps if not step.reached), None)
    drawn = {
        "loss": charts.live_loss(view.live, view.history, view.timezone),
        "bias": charts.predicted_observed(view.live, view.timezone),
        "served": charts.served(view.live, view.timezone),
    }
    further = _further_up(view)
    shown = (*view.held_back_by, *view.open_findings, *further)
    needed = any(drawn.values()) or any(charts.before_after(finding) for finding in shown)
    return _render(
        "program.html",
        root=root,
        view=view,
        scale=steps,
        here=here,
        above=above,
        further=further,
        tally=Counter(finding.verdict for finding in view.findings),
        charts=drawn,
        pictures=charts.before_after,
        served_part=not inline or bool(view.history or view.served.answers),
        inline=inline,
        scripts=SCRIPTS if needed or not inline else (),
    )


def _further_up(view: ProgramView) -> tuple[Finding, ...]:
    """Return the failures that will hold back later: above the next level, and waived by nobody."""
    told = (*view.held_back_by, *view.open_findings, *(w.finding for w in view.waived))
    names = [each.name for each in LEVELS]
    ahead = min((names.index(f.level) for f in view.held_back_by if f.level in names), default=len(names))
    return tuple(
        f
        for f in view.findings
        if f.verdict == "fail" and f.level in names and names.index(f.level) > ahead and f not in told
    )


def _problem(root: str, status: int, heading: str, message: str) -> Response:
    return _page(_render("problem.html", root=root, heading=heading, message=message), status)


def _page(html: str, status: int = 200) -> Response:
    return Response(html, status, {**HEADERS, "Cache-Control": "no-store"}, "text/html")


def _render(template: str, *, root: str, **values: Any) -> str:
    def asset_url(name: str) -> str:
        return f"{root}/-/{name}?v={_stamp(name)}"

    values = {"inline": False, "scripts": SCRIPTS, **values}
    return _environment().get_template(template).render(root=root, asset_url=asset_url, **values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("fieldguide", "web/templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS)
    environment.filters["spec_json"] = _spec_json
    environment.globals["asset_text"] = _asset_text
    return environment


def _spec_json(spec: Mapping[str, Any]) -> Markup:
    """Return a specification as JSON that cannot end its script element nor hold NaN."""
    text = json.dumps(spec, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for sign, escape in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(sign, escape)
    return Markup(text)


def _asset_text(name: str) -> Markup:
    """Return one of our own files for the inside of a script or style element."""
    text = _asset(name).decode()
    return Markup(text.replace("</script", "<\\/script").replace("<!--", "<\\!--"))


@cache
def _asset(name: str) -> bytes:
    return files("fieldguide.web").joinpath("static", *ASSETS[name][0].split("/")).read_bytes()


@cache
def _stamp(name: str) -> str:
    return hashlib.sha256(_asset(name)).hexdigest()[:12]
