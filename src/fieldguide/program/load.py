"""Program files: finding the programs in one, and the code that must travel with a fitted model."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import importlib.util
import itertools
import sys
import threading
import traceback
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import replace
from importlib.machinery import PathFinder
from pathlib import Path
from types import MappingProxyType, ModuleType

from fieldguide.errors import FieldguideError, UsageError, suggest
from fieldguide.program.changes import fingerprint
from fieldguide.program.functions import is_own_code
from fieldguide.program.program import Program

_loading: ContextVar[str | None] = ContextVar("fieldguide_loading", default=None)
_number = itertools.count(1)
_one_at_a_time = threading.RLock()


def being_loaded() -> str | None:
    """Return the program file that is being loaded just now, or None."""
    return _loading.get()


def load(spec: str | Path) -> list[Program]:
    """Return the programs of `file.py`, or the one that `file.py:variable` names; each has its name.

    A program that the file only imports, to make another from it, is left out where there is another.

    Modules beside the file are imported from beside it, afresh, and leave no trace, so that two versions
    of the same file can be loaded side by side. The text of all of them is kept with each program.

    Raises UsageError when there is no such file, program or variable, when the file cannot be run, or when
    it imports a module beside it inside a function; ProgramError when a blank is filled wrongly.
    """
    file, variable = _split(str(spec))
    before = _texts(file)
    module = _run(file)
    code = _texts(file)
    if code is None or before not in (None, code):
        raise UsageError(f"{file.name} changed while it was read; try again.")
    found = {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, Program) and not name.startswith("_")
    }
    if not found:
        raise UsageError(
            f"{file.name} holds no program; write one as name = fg.Program(question=…, …), or start with: fieldguide new NAME TABLE"
        )
    if variable is not None and variable not in found:
        raise UsageError(
            f"{file.name} has no program {variable!r}.{suggest(variable, found)} It holds: "
            + ", ".join(f"{file.name}:{name}" for name in found)
        )
    if variable is not None:
        found = {variable: found[variable]}
    else:
        # a program that another one is made from is not meant, unless there is no other
        imported = _imported(code[file.name])
        found = {name: value for name, value in found.items() if name not in imported} or found
    once: dict[int, Program] = {}
    for name, value in found.items():
        if id(value) not in once:
            frozen = MappingProxyType(code)
            once[id(value)] = replace(value, name=value.name or name, file=str(file), code=frozen)
    for program in once.values():
        fingerprint(program)  # functions are read now, while their files are those that ran
    return list(once.values())


def load_one(spec: str | Path) -> Program:
    """Return the only program of a file, or the named one.

    Raises UsageError with the list of `file.py:variable` when there are several.
    """
    programs = load(spec)
    if len(programs) > 1:
        file, _ = _split(str(spec))
        raise UsageError(
            f"{file.name} holds {len(programs)} programs; name one: "
            + ", ".join(f"{spec}:{program.name}" for program in programs)
        )
    return programs[0]


def named(program: Program) -> Program:
    """Return the program with its name: its own, or that of the variable that holds it.

    Raises UsageError when neither is known.
    """
    if program.name:
        return program
    for module in list(sys.modules.values()):
        for name, value in list(vars(module).items()) if isinstance(module, ModuleType) else ():
            if value is program and not name.startswith("_"):
                found: Program = replace(program, name=name)
                return found
    raise UsageError(
        "This program has no name yet: write fg.Program(name='visits', …), or keep it in a variable of a module."
    )


def code_files(program: Program) -> dict[str, str]:
    """Return the text of the program's file and of every module that it imports from beside it.

    Keys are paths relative to the program's folder; the first is the program's file itself. For a loaded
    program these are the texts that ran, whatever happened to the files since.

    Raises UsageError when the file is not known (a notebook, a prompt) or a module beside it is imported
    inside a function.
    """
    if program.code is not None:
        return dict(program.code)
    if not program.file or not Path(program.file).is_file():
        raise UsageError(
            "A fitted model carries its program as a file, and this program was not written in one: save it as a .py file and use it from there."
        )
    return _read_files(Path(program.file).resolve())


def _texts(main: Path) -> dict[str, str] | None:
    """Return the files of a program, or None where one of them is no Python (running it says where)."""
    try:
        return _read_files(main)
    except (SyntaxError, ValueError):
        return None


def _read_files(main: Path) -> dict[str, str]:
    files: dict[str, str] = {}
    todo = [main]
    while todo:
        path = todo.pop(0)
        name = path.relative_to(main.parent).as_posix()
        if name in files:
            continue
        files[name] = path.read_text(encoding="utf-8-sig")
        todo.extend(_imports_beside(path, files[name], main.parent))
    return files


def _imports_beside(path: Path, text: str, folder: Path) -> list[Path]:
    tree = ast.parse(text)
    top = {id(node) for node in tree.body}
    beside: list[Path] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            roots = [alias.name.split(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            roots = [node.module.split(".")[0]]
        else:
            continue
        for root in roots:
            files = _module_files(folder, root)
            if files and id(node) not in top and _inside_function(tree, node):
                raise UsageError(
                    f"{path.name}, line {node.lineno}: {root} is imported inside a function; move the import to the "
                    "top of the file, so that the served copy carries it."
                )
            beside.extend(files)
    return beside


def _inside_function(tree: ast.Module, wanted: ast.AST) -> bool:
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    return any(node is wanted for function in functions for node in ast.walk(function))


def _module_files(folder: Path, root: str) -> list[Path]:
    """Return the files of the module `root` where it lies in `folder`, else nothing."""
    if root == "fieldguide":
        return []
    if (folder / root / "__init__.py").is_file():
        return sorted((folder / root).rglob("*.py"))
    if (folder / f"{root}.py").is_file():
        return [folder / f"{root}.py"]
    if (folder / root).is_dir():
        # a folder without __init__.py is imported only where no installed package has the name
        spec = PathFinder.find_spec(root, [str(folder), *sys.path])
        if spec is not None and spec.origin is None:
            return sorted((folder / root).rglob("*.py"))
    return []


def _split(spec: str) -> tuple[Path, str | None]:
    path, colon, variable = spec.rpartition(":")
    if not colon or not variable.isidentifier() or Path(spec).is_file():
        path, variable = spec, ""
    file = Path(path).expanduser()
    if not file.is_file():
        near = sorted(p.name for p in file.parent.glob("*.py")) if file.parent.is_dir() else []
        kind = "is a folder" if file.is_dir() else "does not exist"
        raise UsageError(
            f"{path} {kind}; expected a program file.{suggest(file.name, near)} Start one with: fieldguide new NAME TABLE"
        )
    if file.suffix != ".py":
        raise UsageError(
            f"{path} is no Python file; a program is written in one. Start one with: fieldguide new NAME {path}"
        )
    return file.resolve(), variable or None


@contextlib.contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Import modules beside `file` from there and afresh; forget them afterwards."""
    folder = file.parent
    names = {p.stem for p in folder.glob("*.py")} | {p.parent.name for p in folder.glob("*/*.py")}
    names.discard("fieldguide")
    set_aside = {
        key: module
        for key, module in sys.modules.items()
        if key.split(".")[0] in names and key != "__main__" and _is_user_code(module)
    }
    for key in set_aside:
        del sys.modules[key]
    path = list(sys.path)
    sys.path.insert(0, str(folder))
    token = _loading.set(str(file))
    written = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.dont_write_bytecode = written
        _loading.reset(token)
        sys.path[:] = path
        for key, module in list(sys.modules.items()):
            if key.split(".")[0] in names and _lies_in(module, folder):
                del sys.modules[key]
        sys.modules.update(set_aside)


def _lies_in(module: ModuleType, folder: Path) -> bool:
    where = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", ())), None)
    return where is not None and Path(where).is_relative_to(folder)


def _is_user_code(module: ModuleType) -> bool:
    where = getattr(module, "__file__", None)
    if where is None:  # a folder without __init__.py; built-in modules have no __path__
        where = next(iter(getattr(module, "__path__", ())), None)
    return where is not None and is_own_code(where, Path(Path(where).anchor))


def _imported(text: str) -> set[str]:
    """Return the names that a file's top level imports."""
    return {
        alias.asname or alias.name
        for node in ast.parse(text).body
        if isinstance(node, ast.ImportFrom | ast.Import)
        for alias in node.names
    }


def _run(file: Path) -> ModuleType:
    digest = hashlib.sha256(str(file).encode()).hexdigest()[:8]
    name = f"fieldguide_program_{digest}_{next(_number)}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise UsageError(f"{file} cannot be loaded as a Python file.")
    module = importlib.util.module_from_spec(spec)
    with _one_at_a_time, _alone(file):
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except SyntaxError as error:
            del sys.modules[name]
            raise UsageError(
                f"{Path(error.filename or file).name}, line {error.lineno}: {error.msg}; mend it and try again."
            ) from error
        except FieldguideError as error:
            del sys.modules[name]
            raise type(error)(f"{_place(error, file)}: {error}") from error
        except SystemExit as error:
            del sys.modules[name]
            raise UsageError(
                f"{_place(error, file)}: the file ends the run ({error!r}); keep what it does besides declaring "
                'programs under: if __name__ == "__main__":'
            ) from error
        except BaseException as error:
            del sys.modules[name]
            if not isinstance(error, Exception):
                raise
            hint = " Install what it needs, or correct the name." if isinstance(error, ImportError) else ""
            said = f"{type(error).__name__}: {error}".rstrip(". ")
            raise UsageError(f"{_place(error, file)}: {said}.{hint}") from error
    return module


def _place(error: BaseException, file: Path) -> str:
    """Return `flights.py, line 23`: the last line of the user's own files in the traceback."""
    place = file.name
    for frame in traceback.extract_tb(error.__traceback__):
        if Path(frame.filename).is_relative_to(file.parent) and "site-packages" not in frame.filename:
            place = f"{Path(frame.filename).name}, line {frame.lineno}"
    return place
