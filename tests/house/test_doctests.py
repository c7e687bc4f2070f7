"""Every example in a docstring runs and gives what it shows."""

from __future__ import annotations

import doctest
import importlib
import importlib.util
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
# rooms that import a package of an extra at their head: they are read where it is installed
EXTRAS = {"fieldguide.tables.engines.spark": "pyspark"}


def modules() -> list[str]:
    """Return the dotted name of every module of the package, but the one that runs the command line."""
    found = []
    for path in sorted((SOURCE / "fieldguide").rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        found.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    # a migration is run by Alembic under a name of its own, and `__main__` runs the command line
    return [name for name in found if not name.endswith(".__main__") and ".migrations" not in name]


@pytest.mark.parametrize("name", modules())
def test_the_examples_of_a_module_run(name: str) -> None:
    for room, package in EXTRAS.items():
        if name.startswith(room) and importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    result = doctest.testmod(importlib.import_module(name), optionflags=FLAGS)
    assert result.failed == 0


def test_there_are_examples_to_run() -> None:
    finder = doctest.DocTestFinder()
    rooms = ("errors", "program.columns", "program.changes", "readiness.levels")
    for room in rooms:
        module = importlib.import_module(f"fieldguide.{room}")
        assert any(test.examples for test in finder.find(module)), room
