"""Wrong turns through the real command line: a clear message, the right exit code, nothing half-written."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .conftest import Run, as_json

HEAD = "visit_id,visited_at,visitor,seconds,age,plan,came_back\n"


def rewrite(shop: Path, old: str, new: str) -> None:
    file = shop / "visits.py"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


MISTAKES = {
    "a misspelt blank": ("    label=fg", "    lable=fg", "Did you mean 'label'?"),
    "a wrong kind in a blank": (
        "    question=fg.Question(",
        "    model='linear',\n    question=fg.Question(",
        "expected fg.models.Linear()",
    ),
    "no source": ("    source=fg.Source(", "    inputs=(), name=''.format(", "lacks source="),
    "an impossible pair": (
        "    label=fg",
        "    objective=fg.objectives.Poisson(),\n    label=fg",
        "leave objective= out",
    ),
    "an unknown column": ('fg.Number("seconds"', 'fg.Number("secnds"', "Did you mean ['seconds']?"),
    "a misspelt option": ("timedelta(days=7))", "timedelta(days=7), positve=1)", "Did you mean 'positive'?"),
    "rows for a source": (
        "    source=fg.Source(",
        "    source=[{'a': 1}] and dict(data=",
        "expected fg.Source(",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_seven_mistakes_each_give_one_line_that_says_what_to_do(mistake: str, shop: Path, run: Run) -> None:
    old, new, said = MISTAKES[mistake]
    rewrite(shop, old, new)
    shown = run("grade", "visits.py", code=2)
    assert said in shown.stderr
    assert len(shown.stderr.strip().splitlines()) == 1


def test_a_missing_file_and_an_empty_table_cannot_be_read(shop: Path, run: Run) -> None:
    (shop / "visits.csv").write_text(HEAD)
    assert "no rows" in run("grade", "visits.py", code=4).stderr
    (shop / "visits.csv").write_text("")
    run("grade", "visits.py", code=4)
    (shop / "visits.csv").unlink()
    missing = run("fit", "visits.py", code=4)
    assert "visits.csv" in missing.stderr


def test_a_broken_line_is_named_and_the_others_are_read(shop: Path, run: Run) -> None:
    lines = (shop / "visits.csv").read_text().splitlines()
    lines[41] = "v000040,2024-03-01T12:00:00Z,u1"
    lines[77] = lines[77].replace(lines[77].split(",")[3], "quite long", 1)
    (shop / "visits.csv").write_text("\n".join(lines) + "\n")
    graded = as_json(run("grade", "visits.py", "--json"))
    (parses,) = [
        f for f in graded["findings"] if f["check"] == "parses" and f["about"] in (None, "visits.csv")
    ]
    told = f"{parses['saw']} {parses['rows']}"
    assert "42" in told
    assert "78" in told


def test_a_label_with_one_class_and_a_column_of_nulls_stop_the_fit(shop: Path, run: Run) -> None:
    rows = [line.split(",") for line in (shop / "visits.csv").read_text().splitlines()]
    one_class = [rows[0], *([*row[:6], "1"] for row in rows[1:])]
    (shop / "visits.csv").write_text("\n".join(map(",".join, one_class)) + "\n")
    assert "label_varies" in run("fit", "visits.py", code=3).stderr
    no_age = [rows[0], *([*row[:4], "", *row[5:]] for row in rows[1:])]
    (shop / "visits.csv").write_text("\n".join(map(",".join, no_age)) + "\n")
    refused = run("fit", "visits.py", code=3).stderr
    assert "columns_filled of age" in refused
    assert not (shop / ".fieldguide" / "fitted").exists()


def test_new_writes_a_file_that_runs_and_never_over_another(shop: Path, run: Run) -> None:
    (shop / "visits.py").unlink()
    shown = run("new", "visits", "visits.csv")
    assert "came_back" in shown.stdout
    graded = as_json(run("grade", "visits.py", "--json"))
    assert graded["level"] == "C4"
    assert {f["check"] for f in graded["findings"] if f["verdict"] == "fail"} == set()
    run("fit", "visits.py")
    before = (shop / "visits.py").read_text()
    assert "exists already" in run("new", "visits", "visits.csv", code=2).stderr
    assert (shop / "visits.py").read_text() == before
    run("new", "other")
    assert "other.csv" in run("grade", "other.py", code=4).stderr
    assert "cannot name a program" in run("new", "class", "visits.csv", code=2).stderr
    assert "Did you mean" in run("new", "third", "visits.csv", "--label", "came_bak", code=2).stderr


SLOW = """
import time


def rows():
    print("reading", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("command", ["grade", "fit"])
def test_ctrl_c_while_the_data_are_read_leaves_with_130(command: str, shop: Path) -> None:
    rewrite(shop, '"visits.csv"', "rows")
    rewrite(shop, "import fieldguide as fg\n", "import fieldguide as fg\n" + SLOW)
    process = subprocess.Popen(
        [sys.executable, "-m", "fieldguide", command, "visits.py"],
        cwd=shop, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "reading"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert "Interrupted" in errors
    assert not list(shop.glob(".fieldguide/fitted/*"))


@pytest.mark.parametrize(
    "command",
    [
        ["fit", "visits.py"],
        ["launch", "visits.py"],
        ["monitor", "visits.py"],
        ["harvest", "visits.py", "--out", "harvest.parquet"],
        ["score", "visits.py", "visits.csv", "out.parquet"],
        ["new", "another", "visits.csv"],
    ],
    ids=lambda command: command[0],
)
def test_ctrl_c_at_any_moment_leaves_nothing_half_written(
    command: list[str], fitted_shop: Path, run: Run
) -> None:
    if command[0] in ("monitor", "harvest"):
        run("launch", "visits.py")
    fitted = sorted(p.name for p in (fitted_shop / ".fieldguide" / "fitted").iterdir())
    for wait in (0.4, 0.9, 1.6, 2.6):
        process = subprocess.Popen(
            [sys.executable, "-m", "fieldguide", *command],
            cwd=fitted_shop,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        time.sleep(wait)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        # before the command line itself has begun, Python answers for the signal
        begun = process.returncode != -signal.SIGINT or "fieldguide/steps" in errors
        assert process.returncode in (130, 0, 2, 3, 4) or not begun, errors
    assert sorted(p.name for p in (fitted_shop / ".fieldguide" / "fitted").iterdir()) == fitted
    assert not [p for p in fitted_shop.iterdir() if p.name.startswith(".") and p.name != ".fieldguide"]
    run("grade", "visits.py")


def test_serve_refuses_what_cannot_be_served(fitted_shop: Path, run: Run) -> None:
    assert "nothing is in service" in run("serve", "visits.py", code=3).stderr
    run("launch", "visits.py")
    assert "listens on this machine only" in run("serve", "visits.py", "--host", "0.0.0.0", code=2).stderr
    assert "is a file" in run("grade", "visits.py", "--home", "visits.csv", code=2).stderr


def test_monitor_before_anything_is_served_says_so(fitted_shop: Path, run: Run) -> None:
    assert "no release in service" in run("monitor", "visits.py", "--once", code=3).stderr
    run("launch", "visits.py")
    seen = as_json(run("monitor", "visits.py", "--once", "--json"))
    assert seen["findings"] == []
    assert "nothing was served" in run("harvest", "visits.py", "--out", "h.parquet", code=4).stderr
    assert not (fitted_shop / "h.parquet").exists()
