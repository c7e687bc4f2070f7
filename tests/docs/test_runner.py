"""The runner of the pages notices what a page shows and a program does not print."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

spec = importlib.util.spec_from_file_location("pages_runner", Path(__file__).parent / "conftest.py")
assert spec is not None
assert spec.loader is not None
runner = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = runner
spec.loader.exec_module(runner)


def test_lines_are_looked_for_in_order_and_dots_stand_for_anything() -> None:
    said = "level  B1\nheld back by units (seconds)\nnext: write unit=\n"
    assert runner.shows("level B1\n…\nnext: …\n", said) is None
    assert runner.shows("held back by … (seconds)\n", said) is None
    assert runner.shows("next: …\nlevel B1\n", said) == "level B1"
    assert runner.shows("level B\n", said) == "level B"


def test_a_page_whose_output_is_another_fails(tmp_path: Path, play: Callable[[Path], int]) -> None:
    page = tmp_path / "page.md"
    page.write_text("```sh\necho one\n```\n\n```text output\ntwo\n```\n")
    with pytest.raises(AssertionError, match="the page shows 'two'"):
        play(page)


def test_a_page_with_a_failing_command_fails(tmp_path: Path, play: Callable[[Path], int]) -> None:
    page = tmp_path / "page.md"
    page.write_text("```sh\nfalse | cat\n```\n")
    with pytest.raises(AssertionError, match="exit 1"):
        play(page)
    page.write_text(
        "```sh exit=3\nexit 3\n```\n\n```python\nx = 2\n```\n\n```python\nprint(x)\n```\n\n```text output\n2\n```\n"
    )
    assert play(page) == 3


def test_a_file_of_a_page_is_written_for_the_blocks_after_it(
    tmp_path: Path, play: Callable[[Path], int]
) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "```python file=a.py\nVALUE = 7\n```\n\n```python\nimport a\nprint(a.VALUE)\n```\n\n```text output\n7\n```\n"
    )
    assert play(page) == 2
