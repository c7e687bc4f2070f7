"""Temporary files: what was fetched, unpacked or written anew, for as long as a connection lives.

The folder is the machine's folder for temporary files (TMPDIR says which), not the memory.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import weakref
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import IO, Any

from fieldguide.errors import DataError

BLOCK = 1 << 20
LEFT_FREE = 512 << 20
"""Bytes of the disk that are left free."""

_folders: dict[int, Path] = {}
_number = count(1)


def folder(connection: Any) -> Path:
    """Return the folder for temporary files of a connection; it is removed with the connection."""
    found = _folders.get(id(connection))
    if found is None:
        found = Path(tempfile.mkdtemp(prefix="fieldguide-"))
        _folders[id(connection)] = found
        weakref.finalize(connection, _remove, id(connection), found)
    return found


def _remove(key: int, path: Path) -> None:
    _folders.pop(key, None)
    shutil.rmtree(path, ignore_errors=True)


def fresh_file(connection: Any, name: str) -> Path:
    """Return a path that is not used yet, which ends as `name` does.

    >>> from fieldguide.tables import engines
    >>> fresh_file(engines.connect(), "../a b.csv.gz").name.endswith("-a_b.csv.gz")
    True
    """
    plain = re.sub(r"[^\w.-]+", "_", name.rsplit("/", 1)[-1])[-80:].lstrip(".") or "file"
    return folder(connection) / f"{next(_number)}-{plain}"


def pour(blocks: Iterable[bytes], path: Path, name: str) -> Path:
    """Write blocks of bytes to a file; `name` is how messages call what is written.

    Raises DataError when the disk is nearly full.
    """
    with path.open("wb") as out:
        pour_into(blocks, out, name)
    return path


def pour_into(blocks: Iterable[bytes], out: IO[bytes], name: str) -> None:
    """Write blocks of bytes to an open file in the folder for temporary files."""
    since = 64 * BLOCK
    for block in blocks:
        out.write(block)
        since += len(block)
        if since >= 64 * BLOCK:
            since = 0
            check_room(name)


def check_room(name: str) -> None:
    """Raise DataError when the disk with the folder for temporary files is nearly full."""
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if free < LEFT_FREE:
        raise DataError(
            f"{name} does not fit into the folder for temporary files, which has {free / 1e9:.1f} GB left; "
            "make room, or set TMPDIR to a larger disk."
        )
