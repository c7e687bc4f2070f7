"""What an installation pulls in: few packages, and the ones that are promised."""

from __future__ import annotations

import tomllib
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MOST = 50
"""Packages that `pip install fieldguide` may bring, itself included."""


def needed(requirements: list[str]) -> set[str]:
    """Return the names of the packages that some requirements bring on this machine, with all that they need."""
    found: set[str] = set()
    todo = [Requirement(text) for text in requirements]
    while todo:
        wanted = todo.pop()
        name = canonicalize_name(wanted.name)
        key = name + "".join(sorted(wanted.extras))
        if key in found or (wanted.marker and not wanted.marker.evaluate({"extra": ""})):
            continue
        found |= {key, name}
        for text in metadata.requires(name) or []:
            inner = Requirement(text)
            extras = wanted.extras or {""}
            if inner.marker is None or any(inner.marker.evaluate({"extra": extra}) for extra in extras):
                inner.marker = None
                todo.append(inner)
    installed = {canonicalize_name(d.metadata["Name"]) for d in metadata.distributions()}
    return found & installed


def test_an_installation_brings_few_packages() -> None:
    names = needed(PROJECT["dependencies"]) | {"fieldguide"}
    assert names >= {"numpy", "duckdb", "click", "sqlglot"}  # what is needed by what is needed, too
    assert len(names) <= MOST, sorted(names)


def test_duckdb_is_pinned_to_the_line_that_counts_nan_rightly() -> None:
    (pin,) = [Requirement(text) for text in PROJECT["dependencies"] if text.startswith("duckdb")]
    assert "1.4.4" in pin.specifier
    assert "1.5.0" not in pin.specifier
    assert "2.0.0" not in pin.specifier


def test_the_version_is_written_once_for_users_and_once_for_the_package() -> None:
    import fieldguide

    assert fieldguide.__version__ == PROJECT["version"]
    assert f"## {PROJECT['version']}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
