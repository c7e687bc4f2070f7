"""Program files: what is found in them, what is said when there is nothing, and what they leave behind."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import fieldguide.program as fg
from fieldguide.errors import FieldguideError, ProgramError, UsageError

HEAD = """from datetime import timedelta
import fieldguide.program as fg
def program(**blanks):
    return fg.Program(**({"question": fg.Question("?"), "source": fg.Source("visits.csv"),
        "features": [fg.Number("seconds")], "label": fg.BinaryLabel("back", arrives_within=timedelta(days=7))} | blanks))
"""
Write = Callable[..., Path]


def refusal(spec: str | Path) -> str:
    with pytest.raises(UsageError) as caught:
        fg.load(spec)
    return str(caught.value)


def test_a_program_takes_the_name_of_its_variable_unless_it_has_its_own(write: Write) -> None:
    file = write("visits.py", HEAD + "visits = program()\nlater = program(name='visits_2')\n")
    assert [program.name for program in fg.load(file)] == ["visits", "visits_2"]
    assert {program.file for program in fg.load(file)} == {str(file)}


def test_one_of_several_is_named_after_a_colon(write: Write) -> None:
    file = write("visits.py", HEAD + "first = program()\nsecond = program(seed=2)\n")
    assert [program.seed for program in fg.load(f"{file}:second")] == [2]
    with pytest.raises(UsageError, match=r"visits\.py holds 2 programs; name one: .*:first, .*:second"):
        fg.load_one(file)
    assert refusal(f"{file}:secnd") == (
        "visits.py has no program 'secnd'. Did you mean 'second'? It holds: visits.py:first, visits.py:second"
    )


def test_two_names_for_one_program_are_one_and_two_equal_ones_are_two(write: Write) -> None:
    file = write("visits.py", HEAD + "a = program()\nb = a\n_c = program()\nd = program()\n")
    assert [program.name for program in fg.load(file)] == ["a", "d"]
    assert fg.load_one(f"{file}:b").name == "b"


def test_a_missing_file_names_the_nearest(write: Write, tmp_path: Path) -> None:
    write("visits.py", HEAD)
    assert "visit.py does not exist; expected a program file. Did you mean 'visits.py'?" in refusal(
        tmp_path / "visit.py"
    )
    assert "is a folder" in refusal(tmp_path)
    table = write("visits.csv", "a\n1\n")
    assert refusal(table).endswith(f"Start one with: fieldguide new NAME {table}")


def test_a_file_without_a_program_says_how_to_start_one(write: Write) -> None:
    assert "visits.py holds no program; write one as name = fg.Program" in refusal(write("visits.py", HEAD))


def test_a_syntax_error_is_told_with_its_line(write: Write) -> None:
    assert refusal(write("visits.py", "import fieldguide\nx = (\n")).startswith(
        "visits.py, line 2: '(' was never closed"
    )
    write("helpers.py", "\n\ndef f(:\n    pass\n")
    assert refusal(write("visits.py", "import helpers\n")).startswith("helpers.py, line 3:")


def test_an_exception_is_told_with_the_line_of_the_users_own_file(write: Write) -> None:
    write("helpers.py", "def half(n):\n    return n / 0\n")
    assert refusal(write("visits.py", "import helpers\n\nhelpers.half(2)\n")) == (
        "helpers.py, line 2: ZeroDivisionError: division by zero."
    )
    assert refusal(write("visits.py", "import json\n\njson.loads('{')\n")).startswith(
        "visits.py, line 3: JSON"
    )


def test_a_missing_module_says_what_to_do(write: Write) -> None:
    message = refusal(write("visits.py", "import a_module_that_nobody_has\n"))
    assert message.startswith("visits.py, line 1: ModuleNotFoundError")
    assert message.endswith("Install what it needs, or correct the name.")


def test_a_wrong_filling_keeps_its_kind_and_gains_its_line(write: Write) -> None:
    file = write("visits.py", HEAD + "\nvisits = program(sed=1)\n")
    with pytest.raises(ProgramError, match=r"^visits\.py, line \d+: Program has no blank 'sed'"):
        fg.load(file)


def test_a_file_that_ends_the_run_is_refused(write: Write) -> None:
    assert "visits.py, line 3: the file ends the run" in refusal(
        write("visits.py", "import sys\n\nsys.exit(0)\n")
    )


def test_an_interruption_goes_through_and_leaves_no_trace(write: Write) -> None:
    before = set(sys.modules)
    file = write("visits.py", "raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        fg.load(file)
    assert {name for name in set(sys.modules) - before if "fieldguide_program" in name} == set()


def test_modules_beside_the_file_leave_no_trace(write: Write, tmp_path: Path) -> None:
    write("helpers_of_mine.py", "VALUE = 1\n")
    write("parcel/__init__.py", "from parcel import inner\n")
    write("parcel/inner.py", "VALUE = 2\n")
    write("folder_of_mine/inner.py", "VALUE = 3\n")
    names = "import helpers_of_mine, parcel.inner, folder_of_mine.inner\n"
    path, before = list(sys.path), set(sys.modules)
    (program,) = fg.load(write("visits.py", names + HEAD + "visits = program(seed=helpers_of_mine.VALUE)\n"))
    assert program.seed == 1
    assert sys.path == path
    left = {name for name in set(sys.modules) - before if not name.startswith("fieldguide_program_")}
    assert {
        name for name in left if name.split(".")[0] in ("helpers_of_mine", "parcel", "folder_of_mine")
    } == set()
    assert not list(tmp_path.rglob("*.pyc"))


def test_two_versions_of_a_file_live_side_by_side(tmp_path: Path) -> None:
    programs = []
    for version in (1, 2):
        folder = tmp_path / str(version)
        folder.mkdir()
        (folder / "helpers.py").write_text(f"def f(seconds):\n    return seconds * {version}\n")
        (folder / "visits.py").write_text(
            "from helpers import f\n" + HEAD + "visits = program(features=[fg.Number('n', of=f)], "
            "inputs=[fg.Number('seconds')])\n"
        )
        programs.append(fg.load_one(folder / "visits.py"))
    results = [fg.computed_features(program)[0].of(10.0) for program in programs]  # type: ignore[misc]
    assert results == [10.0, 20.0]
    assert [change.knob for change in fg.changes(*programs)] == ["features"]


def test_a_module_of_the_same_name_elsewhere_is_put_back(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "helpers_twice.py").write_text("VALUE = 'elsewhere'\n")
    monkeypatch.syspath_prepend(other)
    import helpers_twice  # type: ignore[import-not-found]

    write("helpers_twice.py", "VALUE = 5\n")
    (program,) = fg.load(
        write("visits.py", "import helpers_twice\n" + HEAD + "visits = program(seed=helpers_twice.VALUE)\n")
    )
    assert program.seed == 5
    assert sys.modules["helpers_twice"] is helpers_twice
    assert helpers_twice.VALUE == "elsewhere"
    del sys.modules["helpers_twice"]


def test_programs_can_be_loaded_in_threads(tmp_path: Path) -> None:
    files = []
    for n in range(8):
        folder = tmp_path / str(n)
        folder.mkdir()
        (folder / "helpers.py").write_text(f"VALUE = {n}\n")
        (folder / "visits.py").write_text(
            "import helpers\n" + HEAD + "visits = program(seed=helpers.VALUE)\n"
        )
        files.append(folder / "visits.py")
    seeds: dict[int, int] = {}
    threads = [
        threading.Thread(target=lambda n=n: seeds.update({n: fg.load_one(files[n]).seed})) for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seeds == {n: n for n in range(8)}


def test_the_code_that_travels_is_the_file_and_all_that_it_imports_from_beside_it(write: Write) -> None:
    write("unused.py", "")
    write("helpers.py", "import further\nimport json\n")
    write("further.py", "\ufeff# with a byte order mark\n")
    write("parcel/__init__.py", "from . import inner\n")
    write("parcel/inner.py", "import deep\n")
    write("deep.py", "")
    write("folder/one.py", "")
    write("numpy/notes.py", "")  # a folder that happens to be called as an installed package
    imports = "import helpers, parcel\nfrom folder import one\n"
    program = fg.load_one(write("visits.py", imports + HEAD + "visits = program()\n"))
    files = fg.code_files(program)
    assert next(iter(files)) == "visits.py"
    assert set(files) == {
        "visits.py", "helpers.py", "further.py", "parcel/__init__.py", "parcel/inner.py", "deep.py", "folder/one.py",
    }  # fmt: skip
    assert files["further.py"] == "# with a byte order mark\n"


def test_the_code_that_travels_gives_the_same_program_again(write: Write, tmp_path: Path) -> None:
    write("helpers.py", "def f(seconds):\n    return seconds\n")
    program = fg.load_one(
        write(
            "visits.py",
            "from helpers import f\n" + HEAD + "visits = program(features=[fg.Number('n', of=f)], "
            "inputs=[fg.Number('seconds')])\n",
        )
    )
    for name, text in fg.code_files(program).items():
        (tmp_path / "copy").mkdir(exist_ok=True)
        (tmp_path / "copy" / name).write_text(text)
    again = fg.load_one(tmp_path / "copy" / "visits.py")
    assert fg.fingerprint(again) == fg.fingerprint(program)
    assert fg.changes(program, again) == ()


def test_an_import_inside_a_function_is_refused_because_the_copy_would_lack_it(write: Write) -> None:
    write("helpers.py", "VALUE = 1\n")
    file = write("visits.py", HEAD + "def later():\n    import helpers\n\nvisits = program()\n")
    assert refusal(file).startswith(
        "visits.py, line 7: helpers is imported inside a function; move the import"
    )


def test_a_file_that_changes_while_it_is_read_is_refused(write: Write) -> None:
    rewrites = "import pathlib\npathlib.Path(__file__).write_text('# empty')\n"
    assert refusal(write("visits.py", rewrites + HEAD + "visits = program()\n")) == (
        "visits.py changed while it was read; try again."
    )


def test_a_program_from_a_prompt_has_no_code_to_carry(filled: Callable[..., fg.Program]) -> None:
    with pytest.raises(UsageError, match=r"save it as a \.py file"):
        fg.code_files(filled(file="nowhere.py"))


def test_a_program_is_named_by_the_variable_of_its_module(
    filled: Callable[..., fg.Program], monkeypatch: pytest.MonkeyPatch
) -> None:
    program = filled()
    with pytest.raises(UsageError, match="has no name yet"):
        fg.named(program)
    monkeypatch.setattr(sys.modules["__main__"], "visits_here", program, raising=False)
    assert fg.named(program).name == "visits_here"
    assert fg.named(filled(name="other")).name == "other"


def test_relative_paths_start_from_the_programs_folder(write: Write, tmp_path: Path) -> None:
    program = fg.load_one(write("visits.py", HEAD + "visits = program()\n"))
    assert fg.directory(program) == tmp_path.resolve()


def test_the_file_that_is_being_loaded_is_known_while_it_runs(write: Write) -> None:
    text = HEAD + "visits = program(question=fg.Question(fg.being_loaded()))\n"
    file = write("visits.py", text)
    assert fg.load_one(file).question.ask == str(file)
    assert fg.being_loaded() is None


def test_every_refusal_of_a_file_is_a_usage_error_with_exit_code_2(write: Write) -> None:
    with pytest.raises(FieldguideError) as caught:
        fg.load(write("visits.py", "1 / 0\n"))
    assert caught.value.exit_code == 2


def test_a_program_that_another_is_made_from_is_not_meant(tmp_path: Path) -> None:
    (tmp_path / "clean.py").write_text(
        "from datetime import timedelta\nimport fieldguide.program as fg\n"
        "visits = fg.Program(question=fg.Question(ask='?'), source=fg.Source('a.csv'), features=[fg.Number('a')],\n"
        "    label=fg.BinaryLabel('b', arrives_within=timedelta(days=1)))\n"
    )
    (tmp_path / "variant.py").write_text(
        "from dataclasses import replace\nimport fieldguide.program as fg\nfrom clean import visits as clean\n"
        "visits = replace(clean, prior=fg.priors.Ridge(0.5))\n"
    )
    (tmp_path / "again.py").write_text("from clean import visits\n")
    (variant,) = fg.load(tmp_path / "variant.py")
    assert variant.prior is not None
    assert [program.name for program in fg.load(tmp_path / "again.py")] == ["visits"]
    assert fg.load(f"{tmp_path / 'variant.py'}:clean")[0].prior is None
