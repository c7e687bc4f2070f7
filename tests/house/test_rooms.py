"""Who may import whom: a room may import those above it in ROOMS, never those below.

Every import counts: at the top of a file, inside a function, for type checking only, and the ones that are
written as text in a table of names ("fieldguide.cli.grading:grade").
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "fieldguide"

ROOMS = (
    "errors", "finding", "program", "tables", "learning", "comparing", "readiness", "ledger", "journal", "loops",
    "serving", "monitoring", "web", "steps", "cli",
)  # fmt: skip
"""From the highest to the lowest."""

OUTSIDE = {
    "alembic": {"ledger"},
    "click": {"cli"},
    "duckdb": {  # what hands it files and frames before there is a table knows its errors
        "tables/engines",
        "tables/sources/columnar",
        "tables/sources/databases",
        "tables/sources/scanning",
        "tables/sources/frames",
        "tables/sources/objects",
        "tables/sources/postgres",
    },
    "faker": {"readiness/accessibility/privacy/people"},  # its lists of names, as data
    "ibis": {  # a band's run holds tables to query; the checks see small results
        "tables",
        "readiness/assess",
        "readiness/accessibility/run",
        "readiness/faithfulness/run",
        "readiness/faithfulness/cells/run",
        "readiness/faithfulness/view",
        "readiness/appropriateness/view",
    },
    "jinja2": {"web"},
    "markupsafe": {"web"},
    "msgspec": {"tables", "serving", "journal", "steps"},
    "numpy": {"tables", "learning", "comparing", "readiness", "journal", "monitoring", "web", "steps"},
    "pandas": {"learning/backends"},
    "py4j": {"tables/engines/spark"},
    "presidio_analyzer": {"readiness/accessibility/privacy/presidio"},
    "pyarrow": {"tables", "learning", "comparing", "readiness", "journal", "monitoring", "web", "steps"},
    "pyspark": {"tables/engines/spark"},
    "python_calamine": {"tables/sources/workbooks"},
    "rich": {"cli"},
    "scipy": {"learning", "comparing", "readiness", "monitoring", "tables/estimates"},
    "skops": {"learning/backends"},
    "sklearn": {"learning/backends"},
    "sqlalchemy": {"ledger", "journal", "steps"},  # steps hold the connection that the ledger writes through
    "sqlglot": {"tables/engines/spark"},
    "starlette": {"serving", "web"},
    "threadpoolctl": {"learning/backends"},
    "uvicorn": {"serving"},
    "uvloop": {"serving"},
    "xgboost": {"learning/backends"},
}
"""Outside library -> the rooms, or parts of rooms, that may know it. One that is not listed may be used nowhere."""


@dataclass(frozen=True)
class Import:
    """One import: in which module (dotted, without the package), at which line, of what."""

    module: str
    line: int
    target: str
    at_top: bool

    def __str__(self) -> str:
        return f"{self.module}, line {self.line}: {self.target}"


def modules(folder: Path) -> dict[str, str]:
    """Return dotted name -> text of every module in a source folder; a package goes by its own name."""
    named = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        named[".".join(parts)] = path.read_text(encoding="utf-8")
    return named


def imports(name: str, text: str, known: Mapping[str, str], package: bool = False) -> Iterator[Import]:
    """Yield every import of a module: ours as dotted names without the package, others as they are."""
    tree = ast.parse(text)
    lines_at_top = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(name, node.lineno, alias.name, id(node) in lines_at_top)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = name.split(".") if package else name.split(".")[:-1]
                above = above[: len(above) - (node.level - 1)]
                base = ".".join(["fieldguide", *above, *([base] if base else [])])
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                target = inner if inner.removeprefix("fieldguide.") in known else base
                yield Import(name, node.lineno, target, id(node) in lines_at_top)
        elif isinstance(node, ast.Constant) and re.fullmatch(r"fieldguide(\.\w+)+(:\w+)?", str(node.value)):
            yield Import(name, node.lineno, str(node.value).split(":")[0], False)


def room_of(module: str) -> str:
    """Return the room of a dotted module name (without the package), "" for the package's own face."""
    return module.split(".")[0]


def wrong_directions(named: Mapping[str, str]) -> list[str]:
    """Return the imports that go from a room to one below it, or to the package's face."""
    wrong = []
    for name, text in named.items():
        for one in imports(name, text, named):
            if not one.target.startswith("fieldguide.") or name in ("", "__main__"):
                continue
            room, target = room_of(name), room_of(one.target.removeprefix("fieldguide."))
            if room not in ROOMS or target not in ROOMS:
                wrong.append(f"{one}: is no room of ROOMS")
            elif ROOMS.index(target) > ROOMS.index(room):
                wrong.append(f"{one}: {room} lies above {target}")
    return wrong


def wrong_libraries(named: Mapping[str, str]) -> list[str]:
    """Return the imports of outside libraries by rooms that may not know them."""
    wrong = []
    for name, text in named.items():
        place = name.replace(".", "/") + "/"
        for one in imports(name, text, named):
            top = one.target.split(".")[0]
            if top == "fieldguide" or top in sys.stdlib_module_names:
                continue
            if not any(place.startswith(f"{allowed}/") for allowed in OUTSIDE.get(top, ())):
                wrong.append(f"{one}: {top} may be used in {sorted(OUTSIDE.get(top, ())) or 'no room'}")
    return wrong


def circle(named: Mapping[str, str], packages: set[str]) -> list[str]:
    """Return a circle of modules that import each other at their top, or nothing."""
    edges: dict[str, set[str]] = {name: set() for name in named}
    for name, text in named.items():
        for one in imports(name, text, named, name in packages):
            target = one.target.removeprefix("fieldguide.") if one.target != "fieldguide" else ""
            if one.at_top and one.target.startswith("fieldguide") and target in named and target != name:
                edges[name].add(target)
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        for target in sorted(edges[name]):
            found = walk(target, [*path, name])
            if found:
                return found
        done.add(name)
        return []

    for name in edges:
        found = walk(name, [])
        if found:
            return found
    return []


def packages(folder: Path) -> set[str]:
    """Return the dotted names of the packages in a source folder."""
    return {".".join(p.parent.relative_to(folder).parts) for p in folder.rglob("__init__.py")}


def test_no_room_imports_one_below_it() -> None:
    assert wrong_directions(modules(SOURCE)) == []


def test_outside_libraries_stay_at_the_edges() -> None:
    assert wrong_libraries(modules(SOURCE)) == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circle(modules(SOURCE), packages(SOURCE)) == []


def test_every_folder_is_a_room_and_every_room_with_something_in_it_is_a_folder() -> None:
    found = {room_of(name) for name in modules(SOURCE)} - {"", "__main__"}
    assert found <= set(ROOMS)
    assert all(text.strip() for text in modules(SOURCE).values()), "an empty module"


PLANTED = {
    "at the top": "from fieldguide.serving import app\n",
    "of a name": "from fieldguide.steps.fit import fit\n",
    "inside a function": "def f():\n    import fieldguide.ledger\n",
    "for type checking": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from fieldguide import cli\n",
    "relative": "from ..web import pages\n",
    "as text": 'PLACES = {"grade": "fieldguide.cli.grading:grade"}\n',
    "of the package's face": "import fieldguide\nfrom fieldguide import Number\n",
}


@pytest.mark.parametrize("way", PLANTED)
def test_an_import_of_a_lower_room_is_found_wherever_it_hides(way: str) -> None:
    named = {"": "", "tables.read": PLANTED[way], "serving": "", "cli": "", "cli.grading": "", "web": ""}
    found = wrong_directions(named)
    expected = way != "of the package's face"
    assert bool(found) == expected or "is no room" in found[0]
    assert len(found) == 1 or not expected


def test_an_outside_library_in_the_wrong_room_is_found() -> None:
    assert len(wrong_libraries({"readiness.grade": "def f():\n    import sklearn.linear_model\n"})) == 1
    assert (
        len(wrong_libraries({"tables.read": "import duckdb\n", "tables.engines.duckdb": "import duckdb\n"}))
        == 1
    )
    assert len(wrong_libraries({"web.pages": "import a_library_that_is_not_listed\n"})) == 1
    assert (
        wrong_libraries({"learning.backends.scikit_learn": "from sklearn import base\nimport math\n"}) == []
    )


def test_a_circle_is_found_and_a_function_level_import_is_none() -> None:
    a, b = "from fieldguide.tables import b\n", "import fieldguide.tables.a\n"
    assert circle({"tables.a": a, "tables.b": b}, set()) == ["tables.a", "tables.b", "tables.a"]
    assert circle({"tables.a": a, "tables.b": f"def f():\n    {b}"}, set()) == []
