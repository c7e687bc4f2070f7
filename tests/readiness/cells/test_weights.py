"""What a grading is worth hangs on the learned weights as on the code: both are in the hash that evidence keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

import fieldguide
from fieldguide.steps.grade import code_hash


def test_other_weights_are_other_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fieldguide, "__file__", str(tmp_path / "__init__.py"))
    (tmp_path / "cells").mkdir()
    seen = set()
    for weights in ('{"a": 1}', '{"a": 2}', '{"a": 1}'):
        (tmp_path / "cells" / "weights.json").write_text(weights, encoding="utf-8")
        seen.add(code_hash.__wrapped__())
    assert len(seen) == 2
