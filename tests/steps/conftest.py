"""A table that no one here has seen, made from a seed: visits, and whether the visitor came back."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from fieldguide.cli.main import main

PROGRAM = '''"""Will the visitor come back?"""

from datetime import timedelta

import fieldguide as fg

visits = fg.Program(
    question=fg.Question(
        ask="Will the visitor come back within a week?",
        one_row_is="a visit",
        decision="show the offer to those who will not",
    ),
    source=fg.Source(
        "visits.csv",
        key="visit_id",
        time="visited_at",
        entity="visitor",
        owner="web team",
        license="internal",
        purpose="better offers",
        personal_data="none",
        sampling="every visit, as logged",
        ethics="nothing is decided about a person",
    ),
    features=[
        fg.Number("seconds", unit="second", low=0, about="time on the site"),
        fg.Number("age", unit="year", low=0, high=120, about="age of the visitor"),
        fg.Category("plan", about="what the visitor pays for"),
    ],
    label=fg.BinaryLabel("came_back", arrives_within=timedelta(days=7)),
)
'''


def visits_world(rows: int, seed: int) -> pa.Table:
    """Return visits over some weeks; the longer the stay and the bigger the plan, the likelier the return."""
    rng = np.random.default_rng(seed)
    seconds = np.round(np.exp(rng.normal(4.5, 0.9, rows)), 1)
    age = np.where(rng.random(rows) < 0.05, np.nan, rng.integers(18, 80, rows).astype(float))
    plan = rng.choice(["free", "basic", "pro"], rows, p=[0.6, 0.3, 0.1])
    score = (
        -1.3
        + 0.7 * (np.log(seconds) - 4.5)
        + 0.8 * (plan == "pro")
        + 0.3 * (plan == "basic")
        - 0.01 * (np.nan_to_num(age, nan=45) - 45)
    )
    came_back = rng.random(rows) < 1 / (1 + np.exp(-score))
    start = np.datetime64("2024-03-01T06:00:00", "s")
    at = start + np.sort(rng.integers(0, 60 * 86_400, rows)).astype("timedelta64[s]")
    return pa.table(
        {
            "visit_id": [f"v{number:06d}" for number in range(rows)],
            "visited_at": [f"{moment}Z" for moment in at.astype(str)],
            "visitor": [f"u{number:05d}" for number in rng.integers(0, rows // 3, rows)],
            "seconds": seconds,
            "age": pa.array(age, from_pandas=True),
            "plan": plan,
            "came_back": came_back.astype(int),
        }
    )


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with visits.csv and visits.py."""
    pyarrow.csv.write_csv(visits_world(6_000, 1), tmp_path / "visits.csv")
    (tmp_path / "visits.py").write_text(PROGRAM, encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="session")
def _fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fitted")
    pyarrow.csv.write_csv(visits_world(6_000, 1), folder / "visits.csv")
    (folder / "visits.py").write_text(PROGRAM, encoding="utf-8")
    runner(folder)("fit", "visits.py")
    return folder


@pytest.fixture
def fitted_shop(_fitted: Path, tmp_path: Path) -> Path:
    """A folder with visits.csv, visits.py and what `fieldguide fit visits.py` made of them."""
    shutil.copytree(_fitted, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run the command line in the folder of the test."""
    return runner(tmp_path)


@pytest.fixture
def run_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line within this process, in the folder of the test: the same, without a start each time."""
    monkeypatch.chdir(tmp_path)

    def call(*args: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main(list(args))
        said = capsys.readouterr()
        status = int(left.value.code or 0)
        assert code is None or status == code, f"exit {status}\n{said.out}\n{said.err}"
        return subprocess.CompletedProcess(args, status, said.out, said.err)

    return call


def runner(folder: Path) -> Run:
    """Return the function that runs the command line in a folder and checks its exit code."""

    def call(*args: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "fieldguide", *args],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert code is None or done.returncode == code, (
            f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return call


def as_json(done: subprocess.CompletedProcess[str]) -> Any:
    """Return what a command with --json printed."""
    return json.loads(done.stdout)
