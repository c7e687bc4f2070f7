"""The tutorial runs from its first block to its last, in one folder, as it stands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.md"


@pytest.mark.slow
def test_the_tutorial_runs_and_prints_what_it_shows(play: Callable[[Path], int]) -> None:
    assert play(TUTORIAL) > 10
