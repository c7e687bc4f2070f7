"""Templates into HTML: the environment, and what each kind of page is drawn from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from fieldguide.readiness.telling import commands
from fieldguide.web import charts, pictures
from fieldguide.web.format import FILTERS
from fieldguide.web.readiness import grade_values, joined, without_commands
from fieldguide.web.view import ProgramView

ASSETS: Mapping[str, tuple[str, str]] = {  # name -> (file in static/, media type)
    "page.css": ("page.css", "text/css"),
    "page.js": ("page.js", "text/javascript"),
    "vega.min.js": ("vendor/vega.min.js", "text/javascript"),
    "vega-lite.min.js": ("vendor/vega-lite.min.js", "text/javascript"),
    "vega-embed.min.js": ("vendor/vega-embed.min.js", "text/javascript"),
}
SCRIPTS = ("vega.min.js", "vega-lite.min.js", "vega-embed.min.js", "page.js")


def render(template: str, *, root: str = "", **values: Any) -> str:
    """Return a template filled with values; `root` is the path below which the pages are mounted."""

    def asset_url(name: str) -> str:
        return f"{root}/-/{name}?v={_stamp(name)}"

    values = {"inline": False, "scripts": SCRIPTS, **values}
    return _environment().get_template(template).render(root=root, asset_url=asset_url, **values)


def render_program(view: ProgramView, *, root: str, inline: bool) -> str:
    """Return the page of a program; `inline` is one file that needs nothing beside it.

    A program that has served nothing is shown in such a file with its grading and its ladder only.
    """
    drawn = {
        "loss": charts.live_loss(view.live, view.history, view.timezone),
        "bias": charts.predicted_observed(view.live, view.timezone),
        "served": charts.served(view.live, view.timezone),
    }
    return render(
        "program.html",
        root=root,
        view=view,
        charts=drawn,
        served_part=not inline or bool(view.history or view.served.answers),
        inline=inline,
        scripts=SCRIPTS if any(drawn.values()) or not inline else (),
        **graded_values(view),
    )


def graded_values(view: ProgramView) -> dict[str, Any]:
    """Return what the parts on a grade are drawn from, with whether its rows have a time."""
    timed = any(column.missing_over_time for column in view.columns)
    return {**grade_values(view), "timed": timed}


def asset(name: str) -> bytes:
    """Return one of the files in ASSETS."""
    return _read(ASSETS[name][0])


def asset_text(name: str) -> Markup:
    """Return one of our own files for the inside of a script or style element."""
    text = asset(name).decode()
    return Markup(text.replace("</script", "<\\/script").replace("<!--", "<\\!--"))


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
    environment.filters["commands"] = commands
    environment.filters["joined"] = joined
    environment.filters["without_commands"] = without_commands
    environment.filters["drawn"] = pictures.column
    environment.filters["before_after"] = pictures.before_after
    environment.filters["history"] = pictures.levels_over_time
    environment.filters["missing_strip"] = _missing_strip
    environment.globals["asset_text"] = asset_text
    return environment


def _missing_strip(told: Any, name: str) -> Markup:
    shares = [share for _, share in told]
    ends = f"from {min(shares):.0%} to {max(shares):.0%}"
    return pictures.over_time(shares, f"{name}: share of missing values over time, {ends}")


def _spec_json(spec: Mapping[str, Any]) -> Markup:
    """Return a specification as JSON that cannot end its script element nor hold NaN."""
    text = json.dumps(spec, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for sign, escape in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(sign, escape)
    return Markup(text)


@cache
def _read(path: str) -> bytes:
    return files("fieldguide.web").joinpath("static", *path.split("/")).read_bytes()


@cache
def _stamp(name: str) -> str:
    return hashlib.sha256(asset(name)).hexdigest()[:12]
