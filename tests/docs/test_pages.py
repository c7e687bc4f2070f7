"""The pages: their examples run, their links lead somewhere, their command lines exist, nothing is left out."""

from __future__ import annotations

import ast
import importlib.util
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest

import fieldguide as fg
from fieldguide.cli.main import COMMANDS, cli
from fieldguide.comparing import CAUSES
from fieldguide.ledger.rules import GATES
from fieldguide.monitoring import CHECKS as MONITORED
from fieldguide.readiness.levels import CHECKS, LEVELS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
TUTORIAL = DOCS / "tutorial.md"


def title(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def text_of_docs() -> str:
    return "\n".join(page.read_text(encoding="utf-8") for page in DOCS.rglob("*.md"))


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"{path.stem}_under_test", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def fenced(page: Path) -> list[tuple[str, str]]:
    """Return (info string, text) of the fenced blocks of a page."""
    found = re.findall(
        r"^```([^\n`]*)\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    return [(info.strip(), text) for info, text in found]


WITH_EXAMPLES = [
    page
    for page in PAGES
    if page != TUTORIAL
    and page.parent != DOCS / "reference"
    and any(info.split()[:1] in (["sh"], ["python"]) for info, _ in fenced(page))
    and page.parent != ROOT
]


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=title)
def test_the_examples_of_a_page_run_and_print_what_it_shows(page: Path, play: Callable[[Path], int]) -> None:
    assert play(page) > 0


def anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        file = (page.parent / target).resolve() if target else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(link)
    assert broken == []


def test_every_page_is_reached_from_the_index() -> None:
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    linked = {(DOCS / link).resolve() for link in re.findall(r"\]\(([^)#]+)", index)}
    assert {p for p in DOCS.rglob("*.md") if p.name != "index.md"} <= linked


def command_lines(page: Path) -> Iterator[list[str]]:
    """Yield the command lines of ours that a page shows in its blocks."""
    for info, text in fenced(page):
        if info.split()[:1] in (["sh"], ["text"]):
            for line in text.replace("\\\n", " ").splitlines():
                words = re.sub(r"^\$ ", "", line.strip())
                if words.startswith("fieldguide ") and page.name != "commands.md":
                    yield shlex.split(words, comments=True)


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_every_command_line_of_a_page_is_one_that_the_program_takes(page: Path) -> None:
    for words in command_lines(page):
        assert words[1] in COMMANDS, words
        command = cli.get_command(click.Context(cli), words[1])
        assert command is not None
        options = {
            name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)
        }
        given = [word.partition("=")[0] for word in words[2:] if word.startswith("-")]
        assert set(given) <= {*options, "--help", "-h"}, words


def test_the_reference_is_what_the_code_says() -> None:
    generate = load(DOCS / "generate.py")
    there = {path.name: path.read_text(encoding="utf-8") for path in (DOCS / "reference").glob("*.md")}
    written = generate.written()
    assert sorted(there) == sorted(written), "run: make docs"
    for name, text in written.items():
        assert there[name] == text, f"docs/reference/{name} is stale; run: make docs"


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("command", list(COMMANDS)),
        ("check", list(CHECKS)),
        ("check of the monitor", list(MONITORED)),
        ("cause", list(CAUSES)),
        ("gate", list(GATES)),
        ("name of the package", [name for name in fg.__all__ if name != "__version__"]),
    ],
)
def test_every_name_that_a_user_meets_is_in_the_docs(kind: str, names: list[str]) -> None:
    text = text_of_docs()
    missing = [
        n for n in names if not re.search(rf"`{n}`|^## {n}$|\| {n} \||fieldguide {n}\b", text, re.MULTILINE)
    ]
    assert missing == [], f"each {kind} is documented"


def test_every_level_is_in_the_docs_with_its_name() -> None:
    text = text_of_docs()
    assert [level.name for level in LEVELS if f"| {level.name} | {level.title} |" not in text] == []


def checks_in_the_code() -> set[str]:
    """Return every constant that is given as the check of a Finding, anywhere in the package."""
    found = set()
    for path in (ROOT / "src" / "fieldguide").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "Finding":
                given = [k.value for k in node.keywords if k.arg == "check"] or node.args[:1]
                found |= {v.value for v in given if isinstance(v, ast.Constant) and isinstance(v.value, str)}
    return found


def test_every_kind_of_finding_is_in_the_docs() -> None:
    text = text_of_docs()
    assert sorted(check for check in checks_in_the_code() if f"`{check}`" not in text) == []


def test_the_dashboard_the_endpoints_and_the_statuses_of_the_server_are_in_the_docs() -> None:
    text = (DOCS / "reference" / "http.md").read_text(encoding="utf-8")
    paths, statuses = set(), set()
    for path in (ROOT / "src" / "fieldguide" / "serving").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and re.fullmatch(r"/[a-z]+(\.json)?", str(node.value)):
                paths.add(str(node.value))
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("Refused", "Refusal"):
                statuses |= {str(a.value) for a in node.args[:1] if isinstance(a, ast.Constant)}
    assert {"/health", "/ready"} <= paths
    assert {"400", "413", "422"} <= statuses
    assert [path for path in sorted(paths) if path not in text] == []
    assert [status for status in sorted(statuses) if f"| {status} |" not in text] == []
