"""A budget in frames: what one row crosses on its way from bytes to a prediction."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import fieldguide as fg
from fieldguide.learning import row_predictor
from fieldguide.program import load_one
from fieldguide.steps.home import at_home
from fieldguide.tables.contract import contract, parse

SOURCE = str(Path(fg.__file__).parent)
MOST_FILES = 5  # four, and one more for a row that holds an instant: its clock
MOST_FUNCTIONS = 15

PROGRAM = '''
from datetime import timedelta
import fieldguide as fg

def evening(seen_at):
    """From six o'clock on."""
    return seen_at.hour >= 18

visits = fg.Program(
    question=fg.Question("Will the visitor come back?", one_row_is="a visit", decision="whom to help"),
    source=fg.Source("visits.csv", key="visit_id", time="seen_at", entity="visitor", owner="us", license="own",
                     purpose="test", personal_data="none"),
    features=[fg.Number("seconds", unit="second", about="on the site"), fg.Category("plan", about="then"),
              fg.Timestamp("seen_at", parts=("hour", "weekday"), about="when"),
              fg.Boolean("evening", of=evening, about="late")],
    label=fg.BinaryLabel("came_back", arrives_within=timedelta(days=1)),
)
'''


def crossed(act: Callable[[], Any]) -> tuple[set[str], list[str]]:
    """Return the files of ours that an act runs in, and the functions of ours that it calls, in order.

    Functions that were generated for a program count as functions; they are in no file.
    """
    files: set[str] = set()
    functions: list[str] = []

    def note(frame: FrameType, event: str, argument: object) -> None:
        name = frame.f_code.co_filename
        if event == "call" and name.startswith(SOURCE):
            files.add(name)
        if event == "call" and name.startswith((SOURCE, "<")):
            functions.append(frame.f_code.co_qualname)

    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(None)
    return files, functions


def test_one_row_crosses_few_files_and_functions(tmp_path: Path) -> None:
    rows = ["visit_id,visitor,seen_at,seconds,plan,came_back"]
    for n in range(600):
        back = int((n * 7919) % 100 < 10 + 20 * (n % 3) + ((n * 37) % 400) // 10)
        plan = ("free", "trial", "paid")[n % 3]
        seen_at = f"2026-0{1 + n // 200}-{1 + n % 28:02d} {n % 24:02d}:00:00"
        rows.append(f"k{n},v{n % 50},{seen_at},{(n * 37) % 400},{plan},{back}")
    (tmp_path / "visits.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "visits.py").write_text(PROGRAM)
    program = load_one(tmp_path / "visits.py")
    home = at_home(tmp_path / "home")
    fitted = fg.fit(program, home=home)
    from fieldguide.learning import load

    linear = next(load(home.fitted / rung.fitted) for rung in fitted.rungs if rung.model == "Linear")
    kept, predict = contract(program), row_predictor(linear)
    body = b'{"seconds": 30, "plan": "paid", "seen_at": "2026-04-01T19:30:00"}'

    def answer() -> float:
        return predict(parse(kept, body).read[0].values)

    assert 0.0 < answer() < 1.0
    files, functions = crossed(answer)
    assert 0 < len(files) <= MOST_FILES, sorted(files)
    assert 0 < len(functions) <= MOST_FUNCTIONS, functions
