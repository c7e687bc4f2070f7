"""The pages in headless Chromium: they load, the charts are drawn, the console stays silent."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
import uvicorn

from fieldguide.web import ProgramView, pages, report

pytestmark = pytest.mark.browser

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
    "--enable-logging=stderr", "--window-size=1100,3000",
]  # fmt: skip
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(scope="module")
def chromium() -> str:
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    return found


def dom(chromium: str, address: str, folder: Path, *flags: str, seconds: int = 6) -> tuple[str, str]:
    """Return the page as it stands after its scripts ran for a while, and what the console said."""
    flags = (*flags, f"--virtual-time-budget={1000 * seconds}", f"--user-data-dir={folder / 'profile'}")
    command = [chromium, *FLAGS, *flags, "--dump-dom", address]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    said = [line for line in ran.stderr.splitlines() if "CONSOLE" in line]
    return ran.stdout, "\n".join(said)


@contextmanager
def serving(read: Callable[[], list[ProgramView]]) -> Iterator[str]:
    """Serve the pages on a free port of this machine."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(pages(read), log_level="error", ws="none", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def served(full: ProgramView, fresh: ProgramView) -> Iterator[str]:
    with serving(lambda: [full, fresh]) as address:
        yield address


@pytest.mark.parametrize("flags", [(), ("--blink-settings=preferredColorScheme=0",)], ids=["light", "dark"])
def test_every_chart_is_drawn_under_the_strict_policy(
    chromium: str, served: str, tmp_path: Path, flags: tuple[str, ...]
) -> None:
    html, said = dom(chromium, f"{served}/flights", tmp_path, *flags)
    assert said == ""
    places = re.findall(r'<div class="canvas[^>]*>(.*?)</div>\s*<script', html, re.DOTALL)
    assert len(places) == html.count('class="spec"') == 3  # loss, bias, served
    for drawn in places:
        assert "<svg" in drawn
        assert "mark-" in drawn
        assert "@" not in re.sub(r'xmlns\S+|aria-\w+="[^"]*"', "", drawn), (
            "a color that the style sheet lacks"
        )


def test_an_empty_page_and_the_list_load_in_silence(chromium: str, served: str, tmp_path: Path) -> None:
    for path, part in (("/visits", "Nothing served yet"), ("/", "Programs"), ("/nothing", "no program")):
        html, said = dom(chromium, served + path, tmp_path)
        assert part in html
        assert said == "" or ("404" in said and path == "/nothing")


def test_an_open_page_follows_what_happens(chromium: str, full: ProgramView, tmp_path: Path) -> None:
    views = [replace(full, served=replace(full.served, answers=answers)) for answers in (111_111, 222_222)]

    def read() -> list[ProgramView]:
        return [views.pop(0) if len(views) > 1 else views[0]]

    with serving(read) as address:
        html, said = dom(chromium, f"{address}/flights", tmp_path, seconds=15)
    assert said == ""
    assert "222,222" in html
    assert "111,111" not in html
    assert html.count("<svg") >= 5, "three charts, and two pictures before and after"
    assert 'class="stale"' not in html


def test_a_report_draws_from_a_file_alone(chromium: str, full: ProgramView, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(report(full), encoding="utf-8")
    html, said = dom(chromium, file.as_uri(), tmp_path)
    assert said == ""
    assert html.count("<svg") >= 5


MEASURE = """<script>
const seen = (s) => [...document.querySelectorAll(s)].filter((e) => e.checkVisibility({ contentVisibilityAuto: true }));
const box = (e) => e.getBoundingClientRect();
document.title = JSON.stringify({
  wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  pictures: seen("svg.histogram").map((e) => [box(e).width, box(e).height]),
  stairs: seen(".scale .stair").map((e) => box(e).height),
  badge: getComputedStyle(document.querySelector(".stand .badge")).backgroundColor,
  first: box(document.querySelector("#holds-back")).top,
  fetched: performance.getEntriesByType("resource").length,
});
</script></body>"""


@pytest.mark.parametrize("width", [1100, 420], ids=["desk", "phone"])
def test_a_report_of_a_grade_fits_the_screen_and_draws_its_pictures_without_a_script(
    chromium: str, asked: ProgramView, tmp_path: Path, width: int
) -> None:
    file, page = tmp_path / "report.html", report(asked)
    assert "<script" not in page
    file.write_text(page.replace("</body>", MEASURE), encoding="utf-8")
    html, said = dom(chromium, file.as_uri(), tmp_path, f"--window-size={width},900")
    assert said == ""
    told = json.loads(unescape(re.findall(r"<title>(.*?)</title>", html)[0]))
    assert told["wide"] <= 0, "nothing sticks out to the right"
    assert len(told["pictures"]) == 24, "the worst columns are open, the others folded"
    assert all(w > 150 and h > 30 for w, h in told["pictures"])
    assert told["stairs"] == sorted(told["stairs"])
    assert told["stairs"][0] < told["stairs"][-1]
    assert told["badge"] not in ("", "rgba(0, 0, 0, 0)")
    assert told["fetched"] == 0, "nothing is asked of any other place"
    if width > 1000:
        assert told["first"] < 1000, "level, reason, cost and the next step are on the first screen"


def test_a_broken_script_would_be_noticed(chromium: str, full: ProgramView, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(report(full).replace("vegaEmbed(place", "noSuchThing(place"), encoding="utf-8")
    html, said = dom(chromium, file.as_uri(), tmp_path)
    assert "noSuchThing" in said
    assert html.count("<svg") < 5
