"""The tutorial runs as it stands; then every command, asked for JSON, prints the keys that the page of them names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fieldguide.cli.main import main

PAGE = Path(__file__).parents[2] / "docs" / "json-output.md"

COMMANDS = {
    "new": ["new", "again", "visits.csv"],
    "grade": ["grade", "visits.py"],
    "history": ["history", "visits.py"],
    "compare": ["compare", "visits.py"],
    "confirm": ["confirm", "visits.py", "owner", "--by", "Ada Lovelace", "--because", "the web team"],
    "confirm without a check": ["confirm", "visits.py"],
    "waive": ["waive", "visits.py", "wild_values", "--by", "Ada Lovelace", "--because", "a kiosk"],
    "effort": ["effort", "visits.py", "A3", "2h", "--by", "Ada Lovelace"],
    "sample": ["sample", "visits.py", "--share", "0.5", "--out", "some.parquet"],
    "fit": ["fit", "visits.py"],
    "explain": ["explain", "visits.py", "row.json"],
    "score": ["score", "visits.py", "july.csv", "scored.csv"],
    "changes": ["changes", "visits.py"],
    "launch": ["launch", "visits.py"],
    "rollback": ["rollback", "visits.py"],
    "monitor": ["monitor", "visits.py", "--once"],
    "harvest": ["harvest", "visits.py", "--out", "again.parquet"],
}
"""Command -> a call of it in the folder in which the tutorial was run, in the order in which they are made."""


@pytest.mark.slow
def test_the_tutorial_runs_and_prints_what_it_shows(tutorial: Path) -> None:
    assert (tutorial / "harvest.parquet").is_file()


def tables() -> dict[str, dict[str, str]]:
    """Return section -> key -> kind, as the page has them."""
    found: dict[str, dict[str, str]] = {}
    for section in re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        rows: dict[str, str] = {}
        for line in section.splitlines()[1:]:
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            for key in re.findall(r"`([^`]+)`", cells[0]) if line.startswith("| `") else []:
                rows[key] = cells[1]
        found[section.splitlines()[0]] = rows
    return found


def unnamed(value: dict[str, Any], section: str, within: str = "") -> Iterator[str]:
    """Yield the keys of a printed object that its section of the page does not name."""
    known = tables()[section]
    for key, inner in value.items():
        path = f"{within}{key}"
        if path not in known:
            yield f"{section}: {path}"
            continue
        kind = known[path]
        items = inner if isinstance(inner, list) else [inner]
        for item in items:
            if not isinstance(item, dict):
                continue
            if "finding" in kind:
                yield from unnamed(item, "finding")
            elif "losses" in kind:
                yield from unnamed(item, "losses")
            elif "interval" in kind:
                yield from set(item) - {"value", "low", "high"}
            elif isinstance(inner, list) and path != "waived":
                yield from unnamed(item, section, f"{path}[].")


@pytest.mark.slow
def test_every_command_prints_the_json_that_the_page_names(
    tutorial: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tutorial)
    (tutorial / "row.json").write_text('{"seconds": 600, "age": null, "plan": "paid"}')
    said, missing = tables(), []
    for name, call in COMMANDS.items():
        with pytest.raises(SystemExit) as left:
            main([*call, "--json"])
        out, err = capsys.readouterr()
        assert left.value.code in ((0, 1) if name == "monitor" else (0,)), (name, err)
        value = json.loads(out)
        missing += [*unnamed(value, name)]
        always = {key for key, kind in said[name].items() if "[]" not in key}
        assert always == set(value), f"{name} prints every key of its table"
    assert missing == []
