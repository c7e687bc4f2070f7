"""Packed files: gzip, bzip2, xz, zip and tar, unpacked into temporary files as they are read."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from fieldguide.errors import DataError, suggest
from fieldguide.tables.sources import scratch
from fieldguide.tables.sources.kinds import PACKED, TABLES, called_like, kind_of
from fieldguide.tables.sources.rows import listed

MOST_FILES = 1_000
_OPENERS: dict[str, Callable[[Path], IO[bytes]]] = {"gzip": gzip.open, "bzip2": bz2.open, "xz": lzma.open}  # type: ignore[dict-item]
_DEEPEST = 3
_BROKEN = (
    OSError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    tarfile.TarError,
    RuntimeError,
    NotImplementedError,
)


@dataclass(frozen=True)
class File:
    """A file to be read: where it lies, how messages call it, what it is, and the archive it came out of."""

    path: Path
    name: str
    kind: str
    inside: str | None = None


def unpacked(path: Path, name: str, connection: Any, wanted: str | None, deep: int = 0) -> list[File]:
    """Return the files in a packed file (or the file itself, if it is none); `wanted` names one of them.

    Raises DataError when it is broken, locked, empty, or `wanted` is not in it.
    """
    kind = kind_of(path, name)
    if kind not in PACKED:
        return [File(path, name, kind)]
    if deep >= _DEEPEST:
        raise DataError(f"{name} is packed more than {_DEEPEST} times; unpack it first.")
    try:
        if kind == "zip":
            members = _of_zip(path, name, connection, wanted)
        elif kind == "tar":
            members = _of_tar(path, name, connection, wanted)
        else:
            inner = _inner_name(path)
            copy = scratch.fresh_file(connection, inner)
            with _OPENERS[kind](path) as stream:
                scratch.pour(_blocks(stream), copy, name)
            return unpacked(copy, name, connection, wanted, deep + 1)
    except DataError:
        raise
    except _BROKEN as error:
        told = str(error).strip().split("\n", 1)[0][:120] or type(error).__name__
        raise DataError(
            f"{name} could not be unpacked ({told}); it is broken or cut off: fetch or write it again."
        ) from error
    found: list[File] = []
    for member, copy in members:
        for file in unpacked(copy, f"{name}:{member}", connection, None, deep + 1):
            found.append(File(file.path, file.name, file.kind, name))
    return found


def _inner_name(path: Path) -> str:
    if path.suffix.lower() == ".tgz":
        return f"{path.stem}.tar"
    return path.stem if called_like(path) in PACKED else path.name


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    while block := stream.read(scratch.BLOCK):
        yield block


def _of_zip(path: Path, name: str, connection: Any, wanted: str | None) -> list[tuple[str, Path]]:
    with zipfile.ZipFile(path) as packed:
        infos = {i.filename: i for i in packed.infolist() if not i.is_dir()}
        found = []
        for member in _chosen(list(infos), name, wanted):
            if infos[member].flag_bits & 1:
                raise DataError(f"{name} is locked by a password; unpack it first, and name what is in it.")
            copy = scratch.fresh_file(connection, member)
            with packed.open(infos[member]) as stream:
                scratch.pour(_blocks(stream), copy, name)
            found.append((member, copy))
        return found


def _of_tar(path: Path, name: str, connection: Any, wanted: str | None) -> list[tuple[str, Path]]:
    with tarfile.open(path, "r:") as packed:
        infos = {i.name: i for i in packed.getmembers() if i.isfile()}
        found = []
        for member in _chosen(list(infos), name, wanted):
            copy = scratch.fresh_file(connection, member)
            stream = packed.extractfile(infos[member])
            assert stream is not None
            with stream:
                scratch.pour(_blocks(stream), copy, name)
            found.append((member, copy))
        return found


def _chosen(members: list[str], name: str, wanted: str | None) -> list[str]:
    """Return which files of an archive are meant: the wanted one; else those that are called like tables; else all."""
    real = [m for m in members if not m.startswith("__MACOSX/") and not m.rsplit("/", 1)[-1].startswith(".")]
    if wanted is not None:
        for of in (str, lambda m: m.rsplit("/", 1)[-1], lambda m: m.rsplit("/", 1)[-1].split(".", 1)[0]):
            hits = [m for m in real if of(m) == wanted]
            if len(hits) == 1:
                return hits
        raise DataError(
            f"{name} holds no file {wanted!r}.{suggest(wanted, real)} It holds {listed(real, 10)}; expected one of them as table=."
        )
    if not real:
        raise DataError(f"{name} holds no files; expected at least one.")
    tables = [m for m in real if called_like(Path(m)) in (*TABLES, *PACKED) and not _is_note(m)] or real
    if len(tables) > MOST_FILES:
        raise DataError(
            f"{name} holds {len(tables):,} files; expected at most {MOST_FILES:,}: say which by table=."
        )
    return sorted(tables)


def _is_note(member: str) -> bool:
    """Whether a file is about the others: readme.txt, license.txt."""
    stem = member.rsplit("/", 1)[-1].split(".", 1)[0].lower()
    return stem in ("readme", "license", "licence", "copying", "changelog", "manifest", "notes")
