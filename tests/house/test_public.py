"""What the package offers by name, and that it is light to load."""

from __future__ import annotations

import subprocess
import sys

import pytest

import fieldguide

NAMES = [
    "BinaryLabel", "Boolean", "CSV", "Category", "CountLabel", "DataError", "FieldguideError", "GateError", "Hearsay",
    "Join", "JournalError", "NoLabel", "Number", "NumericLabel", "Presentation", "Program", "ProgramError", "Question",
    "Source", "Text", "Timestamp", "UnreachableError", "UsageError", "__version__", "changes", "compare", "confirm", "effort", "explain", "fit", "grade", "harvest", "history",
    "launch", "models", "monitor", "objectives", "optimizers", "priors", "questions", "report", "rollback", "sample", "score", "serve", "waive",
]  # fmt: skip
"""A name that is added or taken away is a change for every user: it belongs in the changelog."""

BLANKS = {
    "models": {"Boosted", "Estimator", "Heuristic", "Linear", "Mean", "Simplest"},
    "objectives": {"LogLoss", "Poisson", "SquaredError"},
    "optimizers": {"Newton", "Own"},
    "priors": {"NoPrior", "Ridge"},
}

HEAVY = (
    "alembic", "duckdb", "ibis", "jinja2", "numpy", "pandas", "pyarrow", "scipy", "skops", "sklearn", "sqlalchemy",
    "starlette", "uvicorn", "uvloop", "xgboost",
)  # fmt: skip


def loaded_by(code: str) -> set[str]:
    """Return the heavy libraries that a fresh interpreter has loaded after `code`."""
    report = f"import sys\n{code}\nprint('loaded:', *[name for name in {HEAVY!r} if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True)
    return set(said.stdout.strip().splitlines()[-1].split()[1:])


def test_the_names_of_the_package_are_these() -> None:
    assert sorted(fieldguide.__all__) == NAMES
    assert dir(fieldguide) == sorted(fieldguide.__all__)


@pytest.mark.parametrize("name", NAMES)
def test_every_name_of_the_package_is_there(name: str) -> None:
    assert getattr(fieldguide, name) is not None


def test_an_unknown_name_is_refused_as_python_does() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Programm'"):
        fieldguide.Programm  # noqa: B018


@pytest.mark.parametrize("blank", BLANKS)
def test_the_fillings_of_each_blank_are_these(blank: str) -> None:
    module = getattr(fieldguide, blank)
    base = {"models": "Model", "objectives": "Objective", "optimizers": "Optimizer", "priors": "Prior"}[blank]
    kind = getattr(module, base)
    offered = {
        n for n, v in vars(module).items() if isinstance(v, type) and issubclass(v, kind) and v is not kind
    }
    assert offered == BLANKS[blank]


def test_importing_the_package_and_writing_a_program_loads_no_heavy_library() -> None:
    assert loaded_by("import fieldguide") == set()
    assert (
        loaded_by("import fieldguide as fg; fg.Program, fg.models.Linear(), fg.changes, fg.GateError")
        == set()
    )


def test_the_help_of_the_command_line_loads_no_heavy_library() -> None:
    call = "from fieldguide.cli.main import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass"
    assert loaded_by(call) == set()


def test_the_check_for_heavy_libraries_would_notice_one() -> None:
    assert "numpy" in loaded_by("import numpy")
