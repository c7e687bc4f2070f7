"""The pages as the tests see them: fenced blocks with their info strings, and a runner for one page."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BETWEEN = "\x1e"
PATIENCE = 60.0
"""Seconds that a server in a page may take to be ready."""


@dataclass(frozen=True)
class Block:
    """A fenced block: its info string (`python file=visits.py`, `sh`, `sh server`, `text`), text and line."""

    info: str
    text: str
    line: int

    @property
    def language(self) -> str:
        return self.info.split()[0] if self.info else ""

    @property
    def file(self) -> str | None:
        found = re.search(r"\bfile=(\S+)", self.info)
        return found.group(1) if found else None


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page in order."""
    found: list[Block] = []
    info: str | None = None
    begun, lines = 0, []
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        fence = re.match(r"^\s*```(.*)$", line)
        if fence and info is None:
            info, begun, lines = fence.group(1).strip(), number, []
        elif fence and info is not None:
            found.append(Block(info, "\n".join(lines) + "\n", begun))
            info = None
        elif info is not None:
            lines.append(line)
    assert info is None, f"{page.name}, line {begun}: a block that is not closed"
    return found


def shows(expected: str, got: str) -> str | None:
    """Return None if each line of `expected` is found in `got`, in that order, else the first that is not.

    `…` stands for anything within a line; a line that is only `…` for any number of lines.
    """
    rest = [" ".join(line.split()) for line in got.splitlines()]
    for line in expected.splitlines():
        wanted = " ".join(line.split())
        if not wanted or wanted == "…":
            continue
        pattern = re.compile(".*".join(re.escape(part) for part in wanted.split("…")) + "$")
        at = next((i for i, said in enumerate(rest) if pattern.match(said)), None)
        if at is None:
            return line
        rest = rest[at + 1 :]
    return None


class Page:
    """Runs the blocks of one page, in order, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, _free_port()
        self.servers: list[subprocess.Popen[str]] = []
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        self.env = {
            **os.environ,
            "PATH": path,
            "PYTHONWARNINGS": "default",
            "COLUMNS": "110",
            "NO_COLOR": "1",
        }
        self.pythons: list[str] = []

    def run(self, block: Block, expected: str | None) -> None:
        """Run one block; raise AssertionError when it fails or does not print what the page shows."""
        text = re.sub(r"\b8000\b", str(self.port), block.text)
        if block.file:
            (self.folder / block.file).write_text(text, encoding="utf-8")
        elif block.info == "sh server":
            self._serve(text)
        elif block.language == "sh":
            self._check(block, expected, *self._done(["bash", "-euo", "pipefail", "-c", text]))
        elif block.language == "python":
            # earlier blocks of the page run again, so that its names are there; their output is left out
            self.pythons.append(text)
            script = f"\nprint({BETWEEN!r})\n".join(self.pythons)
            code, said = self._done([sys.executable, "-c", script])
            self._check(block, expected, code, said.split(BETWEEN)[-1])

    def _done(self, command: list[str]) -> tuple[int, str]:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )
        return done.returncode, done.stdout

    def _check(self, block: Block, expected: str | None, code: int, said: str) -> None:
        # a step that is refused or that found something is shown with its exit code
        wanted = re.search(r"\bexit=(\d+)", block.info)
        assert code == (int(wanted.group(1)) if wanted else 0), f"line {block.line}: exit {code}\n{said}"
        missing = None if expected is None else shows(re.sub(r"\b8000\b", str(self.port), expected), said)
        assert missing is None, f"line {block.line}: the page shows {missing!r}, and it said\n{said}"

    def _serve(self, text: str) -> None:
        log = (self.folder / f"server-{len(self.servers)}.log").open("w")
        server = subprocess.Popen(
            ["bash", "-c", f"exec {text.strip()}"],
            cwd=self.folder,
            env=self.env,
            stdout=log,
            stderr=log,
            text=True,
        )
        log.close()
        self.servers.append(server)
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            assert server.poll() is None, Path(
                self.folder / f"server-{len(self.servers) - 1}.log"
            ).read_text()
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ready", timeout=2) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.2)
        raise AssertionError(f"not ready within {PATIENCE:g} s: {text}")

    def close(self) -> None:
        """Stop what still serves."""
        for server in self.servers:
            server.terminate()
        for server in self.servers:
            server.wait(timeout=30)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def play_all(page: Page, path: Path) -> int:
    """Run all blocks of a page and return how many were run."""
    found = blocks(path)
    ran = 0
    for i, block in enumerate(found):
        if block.language not in ("sh", "python"):
            continue
        if block.text.startswith("curl") and shutil.which("curl") is None:
            continue
        after = found[i + 1] if i + 1 < len(found) else None
        page.run(block, after.text if after is not None and after.info == "text output" else None)
        ran += 1
    return ran


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Callable[[Path], int]]:
    """Return a function that runs all blocks of a page and says how many it ran."""
    page = Page(tmp_path)
    yield lambda path: play_all(page, path)
    page.close()


@pytest.fixture(scope="module")
def tutorial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the whole tutorial, and return the folder in which it was run."""
    page = Page(tmp_path_factory.mktemp("tutorial"))
    try:
        assert play_all(page, ROOT / "docs" / "tutorial.md") > 10
    finally:
        page.close()
    return page.folder
