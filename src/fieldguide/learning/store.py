"""A fitted model as a folder: manifest, summary, weights and the program's own code. Nothing is pickled.

::

    <id>/manifest.json      content, which is hashed into the id, and the sha256 of every file
    <id>/summary.npz        the Summary of the training rows
    <id>/weights.npz        or model.json, estimator.skops: the library's own safe format
    <id>/program/*.py       the program file and every module that it imports from beside it

Loading runs the code in the folder, never the working tree.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from fieldguide.errors import DataError, UsageError
from fieldguide.learning.backend import backend
from fieldguide.learning.fit import as_rung
from fieldguide.learning.fitted import Fitted, content_id
from fieldguide.learning.plan import from_json
from fieldguide.program import Program, fingerprint
from fieldguide.program import load as load_programs
from fieldguide.program.changes import changes
from fieldguide.tables import keeping

MANIFEST, SUMMARY, CODE = "manifest.json", "summary.npz", "program"
_BESIDE = ("id", "files")


def save(fitted: Fitted, folder: Path) -> Path:
    """Write a fitted model to `folder/<id>/` and return that path; all of it appears at once.

    One that is already there is left as it is: the same id has the same content.

    Raises UsageError when the program is not what its file says, as it could not be loaded again.
    """
    target = Path(folder) / fitted.id
    if (target / MANIFEST).is_file():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{fitted.id}-", dir=target.parent))
    try:
        for name, text in fitted.code.items():
            file = draft / CODE / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="")
        _program(draft, fitted.manifest, fitted.program)
        fitted.scorer.save(draft)
        keeping.save(fitted.summary, draft / SUMMARY)
        manifest = {**fitted.manifest, "files": _digests(draft)}
        (draft / MANIFEST).write_text(
            json.dumps(manifest, indent=1, ensure_ascii=False, allow_nan=False), encoding="utf-8"
        )
        _settle(draft)
        try:
            draft.rename(target)
        except OSError:
            if not (target / MANIFEST).is_file():
                raise
        _settle_names(target.parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target


def load(path: Path) -> Fitted:
    """Return the fitted model in a folder, by running the code that it carries.

    Raises DataError when files are missing, changed or cut short.
    """
    folder = Path(path)
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(
            f"{folder} holds no fitted model ({error}); fit the program again, or name another folder."
        ) from error
    if manifest.get("format") != 1:
        raise DataError(
            f"{folder} is of format {manifest.get('format')!r}, and this fieldguide reads format 1; install the version that wrote it."
        )
    _check(folder, manifest)
    program = _program(folder, manifest, None)
    content = {key: value for key, value in manifest.items() if key != "files"}
    return Fitted(
        id=manifest["id"],
        program=program,
        plan=from_json(manifest["plan"]),
        scorer=backend(manifest["backend"]).load(folder, program),
        constant=manifest["constant"],
        summary=keeping.load(folder / SUMMARY),
        manifest=content,
        code={name: (folder / CODE / name).read_text(encoding="utf-8") for name in manifest["code"]},
    )


def _program(folder: Path, manifest: Mapping[str, Any], fitted: Program | None) -> Program:
    """Return the program in a folder's code whose rung has the fingerprint of the manifest."""
    found = load_programs(folder / CODE / manifest["file"])
    named = [program for program in found if program.name == manifest["program"]]
    for program in named:
        try:
            rung = as_rung(program, manifest["model"])
        except KeyError:
            continue
        if any(fingerprint(same) == manifest["fingerprint"] for same in _as_written(rung)):
            return rung
    if fitted is None:
        raise DataError(
            f"{folder}: the program {manifest['program']!r} in its code is no longer what was fitted (fingerprint "
            f"{manifest['fingerprint']}); a library that it uses may have changed. Fit it again."
        )
    detail = f"it holds no program named {manifest['program']!r}"
    if named:
        differ = changes(named[0], fitted)
        detail = "; ".join(str(change) for change in differ) or "the question differs"
    raise UsageError(
        f"A fitted model carries its program as the file {manifest['file']}, and what was fitted is not what that file says: "
        f"{detail}. Write the change into the file and fit it from there."
    )


def _as_written(program: Program) -> Iterator[Program]:
    """Yield a program as its copy says, then as if it lay above its source: an absolute path below the folder of
    the program was written relative to it, and the copy lies elsewhere.
    """
    yield program
    data = program.source.data
    if isinstance(data, str | Path) and Path(data).is_absolute():
        for folder in list(Path(data).parents)[:4]:
            yield replace(program, file=str(folder / "program.py"))


def _check(folder: Path, manifest: Mapping[str, Any]) -> None:
    content = {key: value for key, value in manifest.items() if key not in _BESIDE}
    if content_id(content) != manifest["id"]:
        raise DataError(
            f"{folder / MANIFEST} was changed: its content no longer hashes to {manifest['id']}. Fit the program again."
        )
    for name, digest in manifest["files"].items():
        file = folder / name
        if not file.is_file() or _sha256(file) != digest:
            state = "was changed" if file.is_file() else "is missing"
            raise DataError(f"{file} {state}; a fitted model is never edited. Fit the program again.")


def _digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix(): _sha256(path) for path in files}


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _settle_names(folder: Path) -> None:
    """Force the names in a folder to the disk, where the system can."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _settle(folder: Path) -> None:
    """Force every file to the disk before the folder gets its name."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb+") as file:
                os.fsync(file.fileno())
