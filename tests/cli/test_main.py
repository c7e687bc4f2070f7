"""What every command shares: help, wrong usage, exit codes."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from fieldguide.cli import main as command_line
from fieldguide.errors import DataError, FieldguideError, GateError, ProgramError


def run(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fieldguide", *args], capture_output=True, text=True, check=False
    )


def test_help_names_every_command_and_loads_none_of_them() -> None:
    shown = run("--help")
    assert shown.returncode == 0
    for command in command_line.COMMANDS:
        assert f"  {command} " in shown.stdout
    assert set(command_line.COMMANDS) == set(command_line.SUMMARIES)


def test_every_command_loads_and_explains_itself() -> None:
    group = command_line.cli
    for name in command_line.COMMANDS:
        command = group.get_command(click.Context(group), name)
        assert command is not None
        assert command.help, name


def test_a_misspelt_command_and_a_misspelt_option_are_wrong_usage() -> None:
    command = run("grdae", "x.py")
    assert command.returncode == 2
    assert "Did you mean 'grade'?" in command.stderr
    option = run("grade", "x.py", "--jsn")
    assert option.returncode == 2
    assert "--json" in option.stderr


def test_a_program_file_that_does_not_exist_is_wrong_usage() -> None:
    shown = run("grade", "nowhere.py")
    assert shown.returncode == 2
    assert "nowhere.py does not exist" in shown.stderr
    assert "Traceback" not in shown.stderr


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ProgramError("a blank"), 2),
        (GateError("a gate"), 3),
        (DataError("no data"), 4),
        (FieldguideError("ours"), 70),
        (ValueError("unforeseen"), 70),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
        (click.UsageError("usage"), 2),
    ],
)
def test_an_error_leaves_with_the_exit_code_of_its_kind(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(**_: object) -> None:
        raise error

    monkeypatch.setattr(command_line.cli, "main", fails)
    with pytest.raises(SystemExit) as leaving:
        command_line.main([])
    assert leaving.value.code == code
    assert "Traceback" not in capsys.readouterr().err
