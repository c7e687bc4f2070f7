"""What the pages say, how they say it safely, and what they say when there is nothing to say."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import pytest

from fieldguide.errors import FieldguideError
from fieldguide.finding import Finding
from fieldguide.web import ProgramView, findings_html, graded_html, pages, report
from fieldguide.web.readiness import scale
from fieldguide.web.rendering import ASSETS
from fieldguide.web.view import FallbackView, PastView, RefusedView, ReleaseView, ServedView, WaiverView

from .reading import Page

HOSTILE = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(1)>&amp;{{ 7*7 }}"


def get(views: Sequence[ProgramView], path: str, root: str = "") -> tuple[int, dict[str, str], str]:
    """Ask the app for a path, in process, by the ASGI protocol."""
    return ask(pages(lambda: list(views)), path, root)


def ask(app: Any, path: str, root: str = "", method: str = "GET") -> tuple[int, dict[str, str], str]:
    path, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "path": root + path,
        "raw_path": (root + path).encode(),
        "root_path": root,
        "query_string": query.encode(),
        "headers": [(b"host", b"test")],
        "scheme": "http",
        "server": ("test", 80),
        "client": ("test", 1),
    }
    sent: list[dict[str, Any]] = []

    async def run() -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await app(scope, receive, send)

    asyncio.run(run())
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], headers, body.decode()


def test_one_program_is_led_to_at_once(fresh: ProgramView) -> None:
    status, headers, _ = get([fresh], "/")
    assert (status, headers["location"]) == (307, "/visits")


def test_several_programs_are_listed_with_their_state(full: ProgramView, fresh: ProgramView) -> None:
    sound = replace(full, name="sound", fallback=None, open_findings=())
    status, _, html = get([full, fresh, sound], "/")
    page = Page(html)
    assert status == 200
    assert [a.attributes["href"] for a in page.all("a", href="/flights") + page.all("a", href="/visits")] == [
        "/flights",
        "/visits",
    ]
    assert "answers with its constant" in page.words()
    assert "not launched" in page.words()
    assert "release 2, Linear" in page.words()


def test_without_programs_the_list_says_how_to_begin() -> None:
    _, _, html = get([], "/")
    assert "No program is served here yet" in Page(html).words()


def test_a_page_tells_level_release_loss_and_findings(full: ProgramView) -> None:
    status, _, html = get([full], "/flights")
    page = Page(html)
    words = page.words()
    assert status == 200
    assert [e.text.split() for e in page.all("li") if e.attributes.get("aria-current") == "step"] == [
        ["B4", "loaded"]
    ]
    for part in (
        "Will this flight arrive more than 15 minutes late?",
        "Every answer is now the constant 0.2425",
        "since 7 Dec 2013, 04:00",  # New York's clock
        "0.4893 expected 0.4810 (0.4550 to 0.5070)",
        "1.043 mean prediction / mean outcome",
        "82,411 97 % matured, 410 refused",
        "unit factor factor 0.447 from row 57,003 since 7 Dec 2013, 00:00 100 % of the rows from there",
        "model: Mean() → Linear()",
        "the neutral launch",
        "expected a number from 0 to 150",
        "next ask the weather desk what the feed sends",
        "11.5 h person-time that was noted",
        "0.0490 0.0360 to 0.0620",
    ):
        assert part in words


def test_a_finding_that_is_open_and_holds_back_is_told_in_full_once(full: ProgramView) -> None:
    page = Page(get([full], "/flights")[2])
    told = [e for e in page.all("article") if "wind_speed" in e.text]
    assert len(told) == 1
    assert page.all("a", href="#findings")


def test_a_page_with_nothing_to_show_says_so(fresh: ProgramView) -> None:
    page = Page(get([fresh], "/visits")[2])
    words = page.words()
    for part in (
        "Not graded yet",
        "Nothing is launched yet",
        "No outcome is known yet",
        "Nothing served yet",
        "Nothing served yet, so nothing was compared",
        "POST /visits/predict",
    ):
        assert part in words
    assert not page.all("script", class_="spec")
    assert not page.all("section", class_="banner")
    assert "None" not in words
    assert "nan" not in words


def test_answers_without_outcomes_are_not_given_a_loss(full: ProgramView) -> None:
    series = tuple(replace(p, loss=None, predicted=None, observed=None, outcomes=0) for p in full.live.series)
    live = replace(full.live, loss=None, bias=None, mature=0.0, series=series)
    words = Page(get([replace(full, live=live)], "/flights")[2]).words()
    assert "No outcome has come back yet: the loss is not known." in words
    assert "82,411 0 % matured" in words


def test_served_rows_without_findings_are_said_to_be_right(full: ProgramView) -> None:
    words = Page(get([replace(full, open_findings=(), fallback=None)], "/flights")[2]).words()
    assert "None: what is served looks like what was learned from." in words


def test_an_incident_that_is_over_is_told_with_its_time(full: ProgramView, wind: Finding) -> None:
    closed = PastView(wind, datetime(2013, 12, 4, 8, tzinfo=UTC), datetime(2013, 12, 9, 8, tzinfo=UTC))
    page = report(replace(full, open_findings=(), past=(closed,)))
    assert "1 earlier, mended since" in page
    assert wind.saw in page


def test_refused_rows_are_counted_even_when_their_reasons_are_not_given(full: ProgramView) -> None:
    words = Page(get([replace(full, refused=())], "/flights")[2]).words()
    assert "410 rows were refused; they are in the journal." in words


def test_the_scale_marks_what_is_reached() -> None:
    assert [step.level for step in scale("C1") if step.reached] == ["C4", "C3", "C2", "C1"]
    assert not any(step.reached for step in scale(None))
    assert all(step.reached for step in scale("A1"))


@pytest.mark.parametrize("level", [None, "", "C4", "B1", "A1"])
def test_every_level_has_a_page(full: ProgramView, level: str | None) -> None:
    for held_back in (full.held_back_by, ()):
        status, _, html = get([replace(full, level=level, held_back_by=held_back)], "/flights")
        Page(html)
        assert status == 200


def test_hostile_text_stays_text_everywhere(full: ProgramView) -> None:
    bad = Finding(
        HOSTILE, "B3", "fail", HOSTILE, HOSTILE, HOSTILE, (HOSTILE,), HOSTILE,
        evidence={"before": [[HOSTILE, 0.5]], "after": [[HOSTILE, float("nan")], [None, 0.5], ["", 0.1]]},
    )  # fmt: skip
    when = datetime(2013, 12, 1, tzinfo=UTC)
    release = ReleaseView(HOSTILE, HOSTILE, when, HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    view = replace(
        full,
        name=HOSTILE,
        question=HOSTILE,
        one_row_is=HOSTILE,
        decision=HOSTILE,
        findings=(bad,),
        held_back_by=(bad,),
        open_findings=(bad, bad),
        release=release,
        history=(release,),
        fallback=FallbackView(when, HOSTILE),
        refused=(RefusedView(HOSTILE, HOSTILE, 1, HOSTILE),),
        live=replace(full.live, loss_name=HOSTILE),
    )
    clean = Page(report(full))
    for html in (report(view), get([view, full], "/")[2], get([full], "/" + "%3Cscript%3E")[2]):
        page = Page(html)
        assert not page.all("img")
        assert len([s for s in page.all("script") if s.attributes.get("class") != "spec"]) <= len(
            clean.all("script")
        )
        for element in page.elements:
            assert not any(name.startswith("on") for name in element.attributes)
        assert "49" not in [e.text for e in page.all("h1")]
    page = Page(report(view))
    assert page.all("h1")[0].text == HOSTILE
    for spec in page.all("script", class_="spec"):
        json.loads(spec.text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_failures_further_up_and_waivers_are_told(full: ProgramView, wind: Finding) -> None:
    leak = Finding(
        "column_knows_label", "A3", "fail", "dep_delay", "dep_delay alone ranks the rows with an AUC of 0.9"
    )
    stuck = Finding("stuck_values", "B2", "fail", "visib", "half of the values are 10")
    waiver = WaiverView(stuck, "ada", "reports end at 10 miles", datetime(2014, 5, 31, 23, 59, tzinfo=UTC))
    view = replace(
        full,
        findings=(*full.findings, leak, stuck),
        waived=(waiver,),
        open_findings=(),
        history=(),
        served=ServedView(),
    )
    words = Page(report(view)).words()
    before, after = words.split("Failing further up")
    further, waived = after.split("Let pass by name")
    assert "wind_speed" in before
    assert "dep_delay alone ranks" in further
    assert "dep_delay alone ranks" not in before
    assert "half of the values are 10" not in before + further
    assert "ada: reports end at 10 miles (until 31 May 2014)" in waived
    assert "Failing 2 1 let pass by name" in before
    assert "For people to say 0 all is answered" in before


def test_pages_forbid_what_they_do_not_need(full: ProgramView) -> None:
    for path in ("/", "/flights", "/nothing", "/-/page.js"):
        _, headers, html = get([full], path)
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        if path == "/flights":
            page = Page(html)
            assert all(
                s.attributes.get("src") or s.attributes["type"] == "application/json"
                for s in page.all("script")
            )
            assert not page.all("style")
            assert not [e for e in page.elements if "style" in e.attributes]
            assert headers["cache-control"] == "no-store"


def test_a_page_asks_nothing_of_other_hosts(full: ProgramView) -> None:
    page = Page(get([full], "/flights")[2])
    for element in page.elements:
        for name in ("src", "href"):
            address = element.attributes.get(name) or ""
            assert address.startswith(("/", "#", "data:")) or not address
            assert not address.startswith("//")


def test_files_of_the_page_are_found_under_any_root(full: ProgramView) -> None:
    app = pages(lambda: [full])
    for root in ("", "/team/a"):
        html = ask(app, "/flights", root)[2]
        addresses = re.findall(r'(?:src|href)="([^"]*/-/[^"]+)"', html)
        assert len(addresses) == len(ASSETS)
        for address in addresses:
            assert address.startswith(f"{root}/-/")
            status, headers, body = ask(app, address.removeprefix(root), root)
            assert status == 200
            assert "immutable" in headers["cache-control"]
            assert len(body) > 1000
        assert ask(app, "/", root)[1]["location"] == f"{root}/flights"


@pytest.mark.parametrize("path", ["/-/pages.py", "/-/..%2fpages.py", "/-/../pages.py", "/-/VENDORED.md"])
def test_only_the_listed_files_are_given(full: ProgramView, path: str) -> None:
    assert get([full], path)[0] == 404


def test_an_unknown_program_is_answered_with_the_nearest(full: ProgramView) -> None:
    status, _, html = get([full], "/flihgts")
    assert status == 404
    assert "There is no program 'flihgts'. Did you mean 'flights'?" in Page(html).words()


def test_pages_only_read(full: ProgramView) -> None:
    assert ask(pages(lambda: [full]), "/flights", method="POST")[0] == 405


def test_what_cannot_be_read_is_told_without_a_traceback() -> None:
    def read() -> list[ProgramView]:
        raise FieldguideError("The ledger is locked by another process; try again.")

    status, headers, html = ask(pages(read), "/flights")
    assert status == 503
    assert "The ledger is locked" in Page(html).words()
    assert "Traceback" not in html
    assert headers["x-content-type-options"] == "nosniff"


def test_a_report_is_one_file(full: ProgramView, fresh: ProgramView) -> None:
    page = Page(report(full))
    assert not page.all("link", rel="stylesheet")
    assert not [s for s in page.all("script") if "src" in s.attributes]
    assert "vega" in page.all("script")[-3].text
    small = Page(report(fresh))
    assert not small.all("script"), "no chart, so no script"
    assert "Readiness" in small.words()
    assert "In service" not in small.words(), "nothing was launched: the report is about the data"
    assert len(report(fresh)) < 40_000


def test_vendored_files_are_those_that_are_written_down() -> None:
    folder = files("fieldguide.web").joinpath("static")
    table = folder.joinpath("VENDORED.md").read_text()
    rows = re.findall(r"\| (vendor/\S+) \| (\S+) \| (\S+) \| (\S+) .*?\| ([0-9a-f]{64}) \|", table)
    kept = {f"vendor/{f.name}" for f in folder.joinpath("vendor").iterdir() if f.name.endswith(".js")}
    assert {row[0] for row in rows} == kept
    for path, package, _, license_, digest in rows:
        assert hashlib.sha256(folder.joinpath(path).read_bytes()).hexdigest() == digest
        assert license_ == "BSD-3-Clause"
        assert folder.joinpath(f"vendor/LICENSE-{package}").is_file()


def _luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ("ink", "paper"), ("ink", "card"), ("quiet", "paper"), ("quiet", "card"), ("quiet", "code"),
        ("accent", "paper"), ("bad", "bad-soft"), ("warn", "warn-soft"), ("good", "good-soft"), ("ink", "warn-soft"),
        ("quiet", "warn-soft"), ("paper", "band-A"), ("paper", "band-B"), ("paper", "band-C"), ("band-B", "paper"),
    ],
)  # fmt: skip
def test_text_stands_out_from_its_ground(scheme: int, ink: str, ground: str) -> None:
    style = files("fieldguide.web").joinpath("static", "page.css").read_text()
    colors = dict(
        re.findall(r"--([\w-]+): (#[0-9a-f]{6});", style.split(":root {")[1 + scheme].split("}")[0])
    )
    light, dark = sorted([_luminance(colors[ink]), _luminance(colors[ground])], reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5, "WCAG 2.2, contrast of text (AA)"


def test_counts_of_nothing_read_well(full: ProgramView) -> None:
    html = get([replace(full, served=ServedView(), live=replace(full.live, series=()))], "/flights")[2]
    assert "Nothing served yet" in Page(html).words()


def test_a_manager_reads_level_reason_cost_and_next_step(asked: ProgramView) -> None:
    page = Page(report(asked))
    words = page.words()
    begin = words[: words.rindex("What keeps it from C3")]
    for part in (
        "Hearsay: somebody says that it is recorded",
        "What keeps it from C3, located",
        "A person has to say: who answers for the data.",
        "Failing 30",
        "For people to say 41",
        "Cost so far 3.5 h",
        "the last: 2 May 2026, 12:00, a step up",
        "Somebody who answers for the data has to say",
    ):
        assert part in begin, part
    assert next(e.text for e in page.all("code", class_="command")) == (
        "fieldguide confirm visits.py owner --by NAME --because ANSWER"
    )


def test_an_engineer_finds_rows_columns_and_commands(asked: ProgramView) -> None:
    page = Page(report(asked))
    words = page.words()
    assert "30% are wild" in words
    assert "rows to look at row 30" in words
    assert len(page.all("article", class_="column")) == 40
    assert len([e for e in page.all("svg") if "histogram" in (e.attributes["class"] or "")]) == 40
    shown = [e.text.split()[0] for e in page.all("article", class_="column")]
    assert shown[0] == "c30", "the worst first"
    folded = [e for e in page.all("article", class_="column") if "details" in e.within]
    assert len(folded) == 40 - 24
    assert "2 May 2026, 12:00 C4 ↑ 100 1 finding gone" in words
    assert "C2 1.5 ada B3 2 ada, bo together 3.5" in words
    assert "Ends in 12 days: the waiver of ada on wild_values" in words


def test_sources_of_a_join_stand_side_by_side(asked: ProgramView) -> None:
    words = Page(report(asked)).words()
    told = words[words.index("Sources, side by side") :]
    assert "visits.csv the main one weather.csv" in told
    assert (
        "as far as C4 C3 rows 100 20 columns 40 3 not read 0 2 owner unknown not answered holds declared"
        in told
    )


def test_a_report_needs_no_script_and_little_room(asked: ProgramView) -> None:
    html = report(asked)
    assert not Page(html).all("script")
    assert len(html) < 400_000
    headings = [int(e.tag[1]) for e in Page(html).elements if re.fullmatch("h[1-6]", e.tag)]
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(headings)), "no level is left out"


def test_a_report_of_rows_that_could_not_be_read_says_so(fresh: ProgramView) -> None:
    view = replace(fresh, level="C4", error="visits.csv does not exist", question="")
    words = Page(report(view)).words()
    assert "The rows could not be read visits.csv does not exist" in words
    assert "No question is put to them yet" in words
    assert "Rows" not in words


def test_a_notebook_shows_the_parts_of_the_page_with_their_style_to_themselves(asked: ProgramView) -> None:
    html = graded_html(asked)
    assert html.count('<div class="fieldguide">') == 1
    style = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)[0]
    assert style.startswith(".fieldguide {")
    assert ":root" not in style
    assert not re.search(r"(?m)^(html|body)\b", style)
    assert style.count("{") == style.count("}")
    for part in ("Hearsay", "What to do next", "30% are wild", "histogram"):
        assert part in html
    assert "In service" not in html
    assert "<script" not in html
    told = findings_html(asked.findings)
    assert "30% are wild" in told
    assert "No findings" in findings_html(())
