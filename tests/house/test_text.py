"""What every file of the repository keeps to: documented, safe, finished, at home anywhere, short."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "fieldguide"
NOT_OURS = {
    ".git", ".venv", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".fieldguide",
    ".fieldguide-demo", "__pycache__", "build", "dist", "node_modules",
}  # fmt: skip
LONGEST = 450
LONGER: dict[str, str] = {
    "docs/generate.py": "one function a page of the reference, all over the same few helpers",
    "tests/readiness/planted.py": "one small function a simulated world, and the table of all faults planted in them",
    "bench/worlds_of_privacy.py": "one small function a simulated column, and the table of all of them",
}
"""File -> why it may be longer than LONGEST lines."""
VENDORED = {"src/fieldguide/web/static/vendor"}
"""Folders with files that others wrote and that are kept as they came."""


def files(*suffixes: str) -> Iterator[Path]:
    """Yield the text files of the repository, without asking git: a copy of the sources is enough."""
    for path in sorted(ROOT.rglob("*")):
        relative = path.relative_to(ROOT)
        if NOT_OURS & set(relative.parts) or any(part.endswith(".egg-info") for part in relative.parts):
            continue
        if any(relative.is_relative_to(folder) for folder in VENDORED):
            continue
        if path.is_file() and (not suffixes or path.suffix in suffixes):
            yield path


def name(path: Path) -> str:
    """Return a path as it is called in the repository."""
    return path.relative_to(ROOT).as_posix()


PYTHON = list(files(".py"))
OURS = [path for path in PYTHON if path.is_relative_to(SOURCE)]


def undocumented(text: str) -> list[str]:
    """Return the public classes, functions and methods of a module that have no docstring."""
    tree = ast.parse(text)
    lacking = [] if ast.get_docstring(tree) else ["the module"]

    def look(node: ast.Module | ast.ClassDef, within: str) -> None:
        for child in node.body:
            if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                if child.name.startswith("_") or _is_declared_only(child):
                    continue
                if not ast.get_docstring(child):
                    lacking.append(within + child.name)
                if isinstance(child, ast.ClassDef):
                    look(child, f"{within}{child.name}.")

    look(tree, "")
    return lacking


def _is_declared_only(node: ast.stmt) -> bool:
    """Say whether it is a method of a protocol, which its class describes: its body is `...`."""
    return isinstance(node, ast.FunctionDef) and all(_is_ellipsis(step) for step in node.body)


UNSAFE = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}


def unsafe(text: str) -> list[str]:
    """Return the places where a module could pickle or unpickle, or where an error is swallowed whole."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found += [f"line {node.lineno}: {a.name}" for a in node.names if a.name.split(".")[0] in UNSAFE]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in UNSAFE:
            found.append(f"line {node.lineno}: {node.module}")
        elif isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            if not (isinstance(node.value, ast.Constant) and node.value.value is False):
                found.append(f"line {node.value.lineno}: allow_pickle")
        elif isinstance(node, ast.Attribute) and node.attr in ("to_pickle", "read_pickle"):
            found.append(f"line {node.lineno}: {node.attr}")
        elif isinstance(node, ast.ExceptHandler):
            swallows = all(isinstance(step, ast.Pass) or _is_ellipsis(step) for step in node.body)
            if node.type is None or swallows:
                found.append(f"line {node.lineno}: an except that hides what it catches")
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
            wide = [kind for kind in node.args if ast.unparse(kind) in ("Exception", "BaseException")]
            found += [f"line {kind.lineno}: suppress({ast.unparse(kind)})" for kind in wide]
    return found


def _is_ellipsis(step: ast.stmt) -> bool:
    return (
        isinstance(step, ast.Expr) and isinstance(step.value, ast.Constant) and step.value.value is Ellipsis
    )


UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
ELSEWHERE = re.compile(
    r"/(?:wo" + r"rk|ro" + r"ot|ho" + r"me/(?!project)\w+|Us" + r"ers|tmp/fg)(?:/|\b)"
    r"|pythonho" + r"sted|pypi\.o" + r"rg|npm" + r"js|deb\.deb" + r"ian|index-u" + r"rl"
)


def matches(pattern: re.Pattern[str], text: str) -> list[str]:
    """Return the lines of a text in which a pattern is found."""
    return [
        f"line {n}: {line.strip()}" for n, line in enumerate(text.splitlines(), 1) if pattern.search(line)
    ]


def over_all(paths: list[Path], look: Callable[[str], list[str]]) -> dict[str, list[str]]:
    """Return file -> what `look` found in it, for the files in which it found something."""
    found = {name(path): look(path.read_text(encoding="utf-8")) for path in paths}
    return {file: places for file, places in found.items() if places}


def test_every_public_class_and_function_is_documented() -> None:
    assert over_all(OURS, undocumented) == {}


def test_nothing_is_pickled_and_no_error_is_hidden() -> None:
    assert over_all(PYTHON, unsafe) == {}


def test_nothing_is_left_unfinished() -> None:
    assert over_all(PYTHON, lambda text: matches(UNFINISHED, text)) == {}


def test_no_file_knows_a_machine_or_a_package_index() -> None:
    texts = list(files(".py", ".md", ".toml", ".html", ".css", ".js", ".sql", ".ini", ".cfg", ".csv"))
    texts += [path for path in files("") if path.name in ("Makefile", "run", ".gitignore")]
    assert len(texts) > len(PYTHON)
    assert over_all(texts, lambda text: matches(ELSEWHERE, text)) == {}


def test_files_are_short_or_say_why_not() -> None:
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in PYTHON}
    assert {file: n for file, n in lengths.items() if n > LONGEST and file not in LONGER} == {}
    assert [file for file in LONGER if lengths.get(file, 0) <= LONGEST] == [], "needs no exception any more"


@pytest.mark.parametrize(
    ("look", "text"),
    [
        (undocumented, '"""A."""\nclass A:\n    """B."""\n    def f(self):\n        return 1\n'),
        (undocumented, "def _private():\n    return 1\n"),
        (unsafe, "from joblib import load\n"),
        (unsafe, "import numpy\nnumpy.load('a', allow_pickle=True)\n"),
        (unsafe, "try:\n    f()\nexcept ValueError:\n    pass\n"),
        (unsafe, "try:\n    f()\nexcept:\n    raise\n"),
        (unsafe, "import contextlib\nwith contextlib.suppress(Exception):\n    f()\n"),
        (lambda text: matches(UNFINISHED, text), "x = 1  # TO" + "DO\n"),
        (lambda text: matches(ELSEWHERE, text), "path = '/wo" + "rk/x'\n"),
        (lambda text: matches(ELSEWHERE, text), "pip install --index-u" + "rl x\n"),
    ],
)
def test_each_of_these_looks_finds_what_it_is_for(look: Callable[[str], list[str]], text: str) -> None:
    assert len(look(text)) == 1
