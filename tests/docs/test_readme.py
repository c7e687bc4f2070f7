"""The picture of the terminal in the README is what `fieldguide demo` prints, and the home that it leaves can be served."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import pytest

from .conftest import Block, Page, blocks

README = Path(__file__).parents[2] / "README.md"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_demo_prints_what_the_readme_shows_and_leaves_a_home_that_can_be_served(tmp_path: Path) -> None:
    (picture,) = [block.text for block in blocks(README) if block.info == "text demo"]
    page = Page(tmp_path)
    try:
        page.run(Block("sh", "fieldguide demo --home shown\n", 1), picture)
        page.run(
            Block("sh server", "fieldguide serve shown/programs/flights.py --home shown --port 8000\n", 2),
            None,
        )
        with urllib.request.urlopen(f"http://127.0.0.1:{page.port}/", timeout=20) as answer:
            assert "flights" in answer.read().decode()
    finally:
        page.close()
