"""The recipes for CI are run: what a job would run, in the order of its lines, on data that pass and on data that do not."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Page, blocks

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "grade-in-ci.md"


def scripts() -> dict[str, list[str]]:
    """Return the lines of ours that each YAML recipe of the page runs, by the heading above it."""
    found = {}
    for head, text in re.findall(
        r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL
    ):
        for recipe in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL):
            lines = [line.strip().removeprefix("- ") for line in recipe.splitlines()]
            found[head] = [line for line in lines if line.startswith("fieldguide ")]
    return found


def test_each_recipe_grades_and_requires_a_level() -> None:
    told = scripts()
    assert set(told) == {"GitHub Actions", "GitLab"}
    for lines in told.values():
        assert any("--require" in line for line in lines)


@pytest.mark.parametrize("service", ["GitHub Actions", "GitLab"])
def test_a_recipe_passes_on_good_data_and_fails_on_bad_ones(service: str, tmp_path: Path) -> None:
    page = Page(tmp_path)
    for block in blocks(PAGE):
        if block.file:
            page.run(block, None)
    subprocess.run([sys.executable, "make.py"], cwd=tmp_path, check=True)
    script = "\n".join(scripts()[service])

    def job() -> tuple[int, str]:
        command = ["bash", "-euo", "pipefail", "-c", script]
        done = subprocess.run(
            command, cwd=tmp_path, env=page.env, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr

    code, said = job()
    assert code == 0, said
    table = tmp_path / "visits.csv"
    table.write_text(table.read_text().replace(",37\n", ",-999\n"))
    code, said = job()
    assert code == 1, said
    assert "B1 was required" in said
    assert (tmp_path / "report.html").is_file(), "the report of a job that fails is there"
    table.unlink()
    code, said = job()
    assert code == 4, said
