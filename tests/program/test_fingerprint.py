"""A fingerprint says what a program does: on every Python, in every folder, however it is written down."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fieldguide.program as fg
from fieldguide.program.functions import is_own_code

GOLDEN = Path(__file__).parent / "golden" / "visits.py"
SOURCE = Path(fg.__file__).parents[2]
EXPECTED = "0067916429e60d12"
"""Of golden/visits.py. A new value here means that every released model looks changed: say so in the changelog."""


def other_pythons() -> list[str]:
    """The interpreters of other allowed versions on this machine: on the path, or those that pyenv keeps."""
    found = []
    for minor in (11, 12, 13):
        kept = sorted(Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python"))
        for candidate in [shutil.which(f"python3.{minor}"), *map(str, kept)]:
            if candidate and sys.version_info[1] != minor and _answers(candidate, minor):
                found.append(candidate)
                break
    return found


def _answers(python: str, minor: int) -> bool:
    said = subprocess.run(
        [python, "-c", "import sys; print(sys.version_info[1])"], capture_output=True, text=True, check=False
    )
    return said.returncode == 0 and said.stdout.strip() == str(minor)


def test_the_fingerprint_is_the_committed_one() -> None:
    assert fg.fingerprint(fg.load_one(GOLDEN)) == EXPECTED


def test_the_fingerprint_is_the_same_on_other_pythons_that_have_no_packages() -> None:
    pythons = other_pythons()
    if not pythons:
        pytest.skip("no other Python from 3.11 to 3.13 on this machine")
    zones = importlib.util.find_spec("tzdata")
    env = {"PYTHONPATH": str(SOURCE), "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    if zones is not None and zones.origin is not None:
        env["PYTHONTZPATH"] = str(Path(zones.origin).parent / "zoneinfo")
    code = f"import fieldguide.program as p; print(p.fingerprint(p.load_one({str(GOLDEN)!r})))"
    for python in pythons:
        said = subprocess.run([python, "-c", code], env=env, capture_output=True, text=True, check=False)
        assert said.stdout.strip() == EXPECTED, f"{python}: {said.stdout}{said.stderr}"


def test_the_fingerprint_is_the_same_in_another_folder(tmp_path: Path) -> None:
    for file in GOLDEN.parent.glob("*.py"):
        shutil.copy(file, tmp_path)
    assert fg.fingerprint(fg.load_one(tmp_path / "visits.py")) == EXPECTED


PROGRAM = """
from datetime import timedelta
import fieldguide.program as fg
from helpers import shortened
import helpers
LIMIT = 3
CACHE = {{}}

{function}

visits = fg.Program(
    question=fg.Question("Will the visitor come back?"), source=fg.Source("visits.csv"),
    features=[fg.Number("n", of=computed)], inputs=[fg.Number("seconds")],
    label=fg.BinaryLabel("came_back", arrives_within=timedelta(days=7)),
)
"""
PLAIN = """def computed(seconds):
    if seconds is None:
        return None
    return shortened(seconds) + helpers.offset(seconds) + (seconds > LIMIT)
"""
HELPERS = """STEP = 60

def shortened(seconds):
    return seconds / STEP

def offset(seconds):
    return 1.0

def unused(seconds):
    return 2.0
"""


@pytest.fixture
def digits(write: Callable[..., Path]) -> Callable[..., str]:
    """Return a function that writes program and helpers and gives the fingerprint."""

    def digits(function: str = PLAIN, helpers: str = HELPERS, limit: int = 3) -> str:
        write("helpers.py", helpers)
        text = PROGRAM.format(function=function).replace("LIMIT = 3", f"LIMIT = {limit}")
        return fg.fingerprint(fg.load_one(write("visits.py", text)))

    return digits


def test_how_a_function_is_written_down_does_not_count(digits: Callable[..., str]) -> None:
    otherwise = '''# a comment
def computed( seconds ):   # another

    """Minutes, and some."""
    if (seconds is None):
        return (None)
    return (shortened(seconds)
            + helpers.offset(seconds) + (seconds>LIMIT))
'''
    assert digits(otherwise) == digits()


def test_what_a_function_does_counts(digits: Callable[..., str]) -> None:
    assert digits(PLAIN.replace("seconds > LIMIT", "seconds >= LIMIT")) != digits()


def test_a_constant_that_a_function_reads_counts(digits: Callable[..., str]) -> None:
    assert digits(limit=4) != digits()


@pytest.mark.parametrize(
    ("before", "after"),
    [("STEP = 60", "STEP = 61"), ("seconds / STEP", "seconds // STEP"), ("return 1.0", "return 1.5")],
)
def test_a_function_that_it_calls_counts_with_its_own_constants(
    digits: Callable[..., str], before: str, after: str
) -> None:
    assert digits(helpers=HELPERS.replace(before, after)) != digits()


def test_a_function_that_it_does_not_call_does_not_count(digits: Callable[..., str]) -> None:
    assert digits(helpers=HELPERS.replace("return 2.0", "return 3.0")) == digits()


@pytest.mark.parametrize(
    "wrapped",
    [
        HELPERS.replace("def shortened", "import functools\n\n@functools.cache\ndef shortened"),
        HELPERS.replace("def shortened(seconds)", "def shortened(seconds, unused=STEP)"),
    ],
)
def test_a_cached_helper_and_its_defaults_are_looked_into(digits: Callable[..., str], wrapped: str) -> None:
    assert digits(helpers=wrapped.replace("STEP = 60", "STEP = 61")) != digits(helpers=wrapped)
    assert digits(helpers=wrapped.replace("seconds / STEP", "seconds // STEP")) != digits(helpers=wrapped)


def test_a_class_that_it_uses_counts(digits: Callable[..., str]) -> None:
    text = (
        HELPERS.replace("return seconds / STEP", "return Clock().minutes(seconds)")
        + "\nclass Clock:\n    per = 60\n\n    def minutes(self, seconds):\n        return seconds / self.per\n"
    )
    assert digits(helpers=text.replace("per = 60", "per = 61")) != digits(helpers=text)
    assert digits(helpers=text.replace("/ self.per", "* self.per")) != digits(helpers=text)


def test_a_folder_of_modules_is_looked_into(write: Callable[..., Path]) -> None:
    function = PLAIN.replace("helpers.offset", "offset")

    def fingerprint(value: str) -> str:
        write("helpers.py", HELPERS)
        write("parts/deeper.py", f"def offset(seconds):\n    return {value}\n")
        text = PROGRAM.format(function="from parts.deeper import offset\n\n" + function)
        return fg.fingerprint(fg.load_one(write("visits.py", text)))

    assert fingerprint("1.0") != fingerprint("2.0")


def test_editing_the_file_later_leaves_a_loaded_program_as_it_is(write: Callable[..., Path]) -> None:
    write("helpers.py", HELPERS)
    file = write("visits.py", PROGRAM.format(function=PLAIN))
    program = fg.load_one(file)
    before = fg.fingerprint(program)
    write("visits.py", PROGRAM.format(function=PLAIN.replace("LIMIT", "(LIMIT + 1)")))
    write("helpers.py", HELPERS.replace("60", "61"))
    assert fg.fingerprint(program) == before
    assert fg.code_files(program) == {"visits.py": PROGRAM.format(function=PLAIN), "helpers.py": HELPERS}
    assert fg.fingerprint(fg.load_one(file)) != before


def test_a_constant_that_is_filled_while_running_changes_nothing(write: Callable[..., Path]) -> None:
    write("helpers.py", HELPERS)
    function = "def computed(seconds):\n    return CACHE.setdefault(seconds, seconds)\n"
    program = fg.load_one(write("visits.py", PROGRAM.format(function=function)))
    before = fg.fingerprint(program)
    computed = fg.computed_features(program)[0].of
    assert computed is not None
    computed(7.0)
    assert fg.fingerprint(program) == before


def test_a_function_without_source_still_has_a_fingerprint_of_its_own() -> None:
    space: dict[str, Callable[..., float]] = {}
    exec("def one(a):\n    return a + 1\n\ndef two(a):\n    return a + 2\n", space)  # as at a prompt
    assert fg.function_fingerprint(space["one"]) == fg.function_fingerprint(space["one"])
    assert fg.function_fingerprint(space["one"]) != fg.function_fingerprint(space["two"])


@given(st.integers(min_value=0, max_value=12), st.text(alphabet=" \t", max_size=6), st.integers(0, 3))
def test_blank_lines_and_comments_never_count(place: int, spaces: str, blank_lines: int) -> None:
    from ast import parse

    from fieldguide.program.functions import canonical

    lines = (PLAIN + HELPERS).splitlines()
    noisy = [*lines[:place], *([spaces] * blank_lines), f"{spaces}# {spaces}", *lines[place:]]
    assert canonical(parse("\n".join(noisy))) == canonical(parse("\n".join(lines)))


def test_installed_and_standard_code_is_not_the_users_own() -> None:
    import json

    assert not is_own_code(json.__file__, Path("/"))
    assert not is_own_code(pytest.__file__, Path("/"))
    assert is_own_code(__file__, Path("/"))
