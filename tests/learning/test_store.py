"""Fitted folders: they carry their code, load in a fresh process, and are never edited."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from fieldguide.errors import DataError, UsageError
from fieldguide.learning import Climb, Fitted, climb, load, predict_table, row_predictor, save
from fieldguide.program import priors

from . import visits_world as world

MODELS = {
    "Linear": "models.Linear()",
    "Boosted": "models.Boosted(trees=15, depth=3, min_rows=20)",
    "Heuristic": "models.Heuristic(root)",
}


def climbed(folder: Path, model: str) -> Climb:
    kind = {"label": world.AMOUNT} if model == "Heuristic" else {}
    table = world.table(800, kind="amount" if model == "Heuristic" else "binary")
    if model == "Heuristic":
        kind["text"] = world.PROGRAM.replace("return None if age is None or", "return 6.3 if age is None or")
    return climb(world.program(folder, model=MODELS[model], **kind), table, world.summary())


@pytest.fixture(scope="module")
def linear(tmp_path_factory: pytest.TempPathFactory) -> Fitted:
    found = climbed(tmp_path_factory.mktemp("stored"), "Linear")
    return found.fitteds[found.rungs[-1].fitted]


@pytest.mark.parametrize("model", MODELS)
def test_what_is_loaded_is_what_was_saved(tmp_path: Path, model: str) -> None:
    table = world.table(300, seed=5)
    for fitted in climbed(tmp_path / "code", model).fitteds.values():
        path = save(fitted, tmp_path / "fitted")
        assert path == tmp_path / "fitted" / fitted.id
        again = load(path)
        assert again.id == fitted.id
        assert again.manifest == fitted.manifest
        assert again.plan == fitted.plan
        assert again.code == fitted.code
        assert again.constant == fitted.constant
        assert again.scorer.digest() == fitted.scorer.digest()
        np.testing.assert_array_equal(predict_table(again, table), predict_table(fitted, table))
        stored = sorted(file.suffix for file in path.rglob("*") if file.is_file())
        assert not {".pkl", ".pickle", ".joblib"} & set(stored)


def test_a_fresh_process_answers_the_same_after_the_code_was_edited(tmp_path: Path) -> None:
    found = climbed(tmp_path / "code", "Linear")
    fitted = found.fitteds[found.rungs[-1].fitted]
    path = save(fitted, tmp_path / "fitted")
    table = world.table(200, seed=7)
    pq.write_table(table, tmp_path / "rows.parquet")
    expected = predict_table(fitted, table).tolist()
    (tmp_path / "code" / "beside.py").write_text("def is_weekend(seen):\n    return None\n")
    (tmp_path / "code" / "visits.py").write_text("raise SystemExit('the working tree was run')\n")
    program = (
        "import sys, json, pyarrow.parquet as pq\n"
        "from pathlib import Path\n"
        "from fieldguide.learning import load, predict_table\n"
        "fitted = load(Path(sys.argv[1]))\n"
        "print(json.dumps(predict_table(fitted, pq.read_table(sys.argv[2])).tolist()))\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, str(path), str(tmp_path / "rows.parquet")],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path / "code",
    )
    assert json.loads(answer.stdout) == expected


def test_two_versions_of_the_same_file_live_side_by_side(tmp_path: Path) -> None:
    table = world.table(800)
    one = climb(world.program(tmp_path / "code"), table, world.summary())
    (tmp_path / "code" / "beside.py").write_text(
        "def is_weekend(seen):\n    return seen is not None and seen.hour < 12\n"
    )
    from fieldguide.program import load as load_program

    other = climb(load_program(tmp_path / "code" / "visits.py")[0], table, world.summary())
    paths = [save(found.fitteds[found.rungs[-1].fitted], tmp_path / "fitted") for found in (one, other)]
    assert paths[0] != paths[1]
    answers = [predict_table(load(path), table) for path in paths]
    assert (answers[0] != answers[1]).any()
    np.testing.assert_array_equal(answers[0], predict_table(one.fitteds[one.rungs[-1].fitted], table))


def test_saving_again_changes_nothing(linear: Fitted, tmp_path: Path) -> None:
    path = save(linear, tmp_path)
    before = {file: file.stat().st_mtime_ns for file in path.rglob("*")}
    assert save(linear, tmp_path) == path
    assert {file: file.stat().st_mtime_ns for file in path.rglob("*")} == before
    assert [child.name for child in tmp_path.iterdir()] == [linear.id]


def test_nothing_is_left_behind_when_saving_fails(
    linear: Fitted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("fieldguide.learning.store.keeping.save", full)
    with pytest.raises(OSError, match="No space"):
        save(linear, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("file", ["weights.npz", "program/visits.py", "program/beside.py", "summary.npz"])
def test_a_file_that_was_edited_or_is_gone_is_refused(linear: Fitted, tmp_path: Path, file: str) -> None:
    path = save(linear, tmp_path)
    content = (path / file).read_bytes()
    (path / file).write_bytes(content + b"\n")
    with pytest.raises(DataError, match=r"was changed; a fitted model is never edited"):
        load(path)
    (path / file).unlink()
    with pytest.raises(DataError, match="is missing"):
        load(path)


def test_a_manifest_that_was_edited_is_refused(linear: Fitted, tmp_path: Path) -> None:
    path = save(linear, tmp_path)
    manifest = json.loads((path / "manifest.json").read_text())
    manifest["constant"] = 0.5
    (path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(DataError, match="no longer hashes to"):
        load(path)
    (path / "manifest.json").write_text(json.dumps({**manifest, "format": 7}))
    with pytest.raises(DataError, match="format 7"):
        load(path)
    (path / "manifest.json").write_text("{")
    with pytest.raises(DataError, match="holds no fitted model"):
        load(path)
    with pytest.raises(DataError, match="holds no fitted model"):
        load(tmp_path / "nothing")


def test_a_program_that_its_file_does_not_hold_is_refused_with_the_difference(tmp_path: Path) -> None:
    program = replace(world.program(tmp_path / "code"), prior=priors.Ridge(0.5))
    found = climb(program, world.table(600), world.summary())
    with pytest.raises(UsageError, match=r"prior: .*Ridge\(strength=0.0001\).*Ridge\(strength=0.5\)"):
        save(found.fitteds[found.rungs[-1].fitted], tmp_path / "fitted")
    assert list((tmp_path / "fitted").iterdir()) == []


def test_variants_of_one_name_in_one_file_are_told_apart(tmp_path: Path) -> None:
    file = world.write(tmp_path / "code")
    with file.open("a") as out:
        out.write(
            "\nfrom dataclasses import replace\nfirmer = replace(visits, name='visits', prior=priors.Ridge(0.5))\n"
        )
    from fieldguide.program import load as load_program

    table = world.table(600)
    for program in load_program(file):
        found = climb(program, table, world.summary())
        fitted = found.fitteds[found.rungs[-1].fitted]
        again = load(save(fitted, tmp_path / "fitted"))
        assert again.program.prior == program.prior
        np.testing.assert_array_equal(predict_table(again, table), predict_table(fitted, table))


def test_the_manifest_tells_what_was_learned_from(linear: Fitted) -> None:
    manifest = linear.manifest
    assert manifest["program"] == "visits"
    assert manifest["window"]["until"] == "2013-10-01T04:00:00+00:00" == manifest["next_period"]["since"]
    assert manifest["rows"]["training"] > manifest["rows"]["holdout"] > 0
    assert set(manifest["losses"]) == {"train", "holdout", "next_period"}
    assert manifest["scale"] == "probability"
    assert manifest["parity"]["rows"] > 700
    assert manifest["parity"]["largest_difference"] == 0.0
    assert set(manifest["code"]) == {"visits.py", "beside.py"}
    assert manifest["environment"]["python"].startswith(f"{sys.version_info.major}.{sys.version_info.minor}")
    assert row_predictor(linear)((None,) * 5) > 0
