"""What a notebook shows of a grade and of findings: the parts of the page, with their style kept to themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from markupsafe import Markup

from fieldguide.finding import Finding
from fieldguide.readiness.telling import groups
from fieldguide.web.rendering import asset_text, graded_values, render
from fieldguide.web.view import ProgramView


def graded_html(view: ProgramView) -> str:
    """Return a grade for a notebook: the level, what holds it back, what to do next, the columns."""
    return render(
        "notebook.html", view=view, style=_style(), served_part=False, inline=False, **graded_values(view)
    )


def findings_html(findings: Iterable[Finding]) -> str:
    """Return findings for a notebook, those that say the same of several columns as one."""
    return render("findings.html", found=groups(findings), style=_style())


@cache
def _style() -> Markup:
    """Return the style sheet for the inside of `.fieldguide` alone, by nesting; the page around is left as it is."""
    text = str(asset_text("page.css"))
    text = re.sub(r"(?<![\w-]):root\b", "&", text)
    text = re.sub(r"(?m)^(html|body)(?=[ ,{])", "&", text)
    return Markup(".fieldguide {\n" + text + "\nmargin: 0; padding: 0; max-width: none;\n}")
