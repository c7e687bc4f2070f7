"""A type checker accepts a right program file and points at most mistakes before it runs."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("mypy") is None,
    reason="mypy is not installed here (pip install 'fieldguide[dev]')",
)

RIGHT = """
from datetime import datetime, timedelta
from dataclasses import replace
import fieldguide as fg

def weekend(seen_at: datetime) -> bool:
    return seen_at.weekday() >= 5

visits = fg.Program(
    question=fg.Question(ask="Will the visitor come back?", one_row_is="a visit"),
    source=fg.Source("visits.csv", key=["day", "place"], time="seen_at", owner="web team"),
    inputs=[fg.Timestamp("seen_at")],
    features=[fg.Number("seconds", unit="second", low=0), fg.Boolean("weekend", of=weekend),
              fg.Presentation(fg.Category("position"), neutral="1")],
    label=fg.BinaryLabel("came_back", arrives_within=timedelta(days=7)),
)
later = replace(visits, prior=fg.priors.Ridge(0.01), model=fg.models.Linear())
"""

WRONG = {
    "a misspelt blank": ("fg.Number('a', units='second')", "call-arg"),
    "the wrong kind": ("fg.Source('visits.csv', key=3)", "arg-type"),
    "a missing blank": ("fg.BinaryLabel('came_back')", "call-arg"),
    "a misspelt filling": ("fg.models.Linaer()", "attr-defined"),
    "a change in place": ("visits.seed = 2", "misc"),
}


def checked(text: str, folder: Path) -> str:
    """Return what mypy says about a file with that text."""
    (folder / "visits.py").write_text(text)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", str(ROOT / "pyproject.toml")]
    said = subprocess.run(
        [*command, "--cache-dir", str(ROOT / ".mypy_cache"), str(folder / "visits.py")],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return "\n".join(line for line in said.stdout.splitlines() if "visits.py" in line)


def test_a_right_program_file_passes_and_each_mistake_is_pointed_at(tmp_path: Path) -> None:
    assert checked(RIGHT, tmp_path) == ""
    lines = RIGHT.splitlines()
    said = checked("\n".join([*lines, *(wrong for wrong, _ in WRONG.values())]), tmp_path)
    for number, (mistake, (_, kind)) in enumerate(WRONG.items(), len(lines) + 1):
        assert any(
            f"visits.py:{number}: error" in line and f"[{kind}]" in line for line in said.splitlines()
        ), f"{mistake}: {said}"
