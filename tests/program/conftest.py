from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import fieldguide.program as fg


@pytest.fixture
def filled() -> Callable[..., fg.Program]:
    """Return a function that gives a small right program with some blanks filled otherwise."""

    def fill(**blanks: Any) -> fg.Program:
        usual: dict[str, Any] = {
            "question": fg.Question(ask="Will the visitor come back?", one_row_is="a visit"),
            "source": fg.Source("visits.csv", key="visit_id"),
            "features": [fg.Number("seconds", unit="second", low=0), fg.Category("plan")],
            "label": fg.BinaryLabel("came_back", arrives_within=timedelta(days=7)),
        }
        return fg.Program(**(usual | blanks))

    return fill


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a file and gives its path."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write
