"""JSON in the forms in which it comes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fieldguide.errors import DataError
from fieldguide.program import Source
from fieldguide.tables import engines as engine
from fieldguide.tables.read import Part, read_table
from fieldguide.tables.sources import objects


def given(folder: Path, content: str | bytes, name: str = "v.json", **blanks: Any) -> Part:
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return read_table(Source(name, **blanks), folder)


def rows(part: Part) -> list[dict[str, Any]]:
    return engine.to_arrow(part.table).to_pylist()


RECORDS = [{"id": 1, "name": "a"}, {"id": 2, "name": "2024-01-01"}]
FORMS = {
    "an array": json.dumps(RECORDS),
    "an array over lines": json.dumps(RECORDS, indent=2),
    "an object a line": "\n".join(map(json.dumps, RECORDS)),
    "objects without line ends": "".join(map(json.dumps, RECORDS)),
    "objects over lines": "\n".join(json.dumps(r, indent=1) for r in RECORDS),
    "an object around it": json.dumps({"meta": {"n": 2}, "data": RECORDS}),
    "an object around it, over lines": json.dumps({"data": RECORDS, "page": 1}, indent=2),
    "two objects around it": json.dumps({"response": {"docs": RECORDS, "found": 2}}),
    "a list for each column": json.dumps({"id": [1, 2], "name": ["a", "2024-01-01"]}),
    "a mark of UTF-8": b"\xef\xbb\xbf" + json.dumps(RECORDS).encode(),
    "UTF-16": json.dumps(RECORDS).encode("utf-16"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["v.json", "v.ndjson", "v", "v.txt"])
def test_records_are_read_in_every_form(tmp_path: Path, form: str, name: str) -> None:
    assert rows(given(tmp_path, FORMS[form], name)) == RECORDS


def test_nested_objects_become_columns_and_lists_stay_json(tmp_path: Path) -> None:
    part = given(
        tmp_path,
        '{"id": "007", "who": {"name": "Ann", "at": {"city": "Bonn"}}, "tags": ["x", "y"], "parts": [{"n": 1}]}\n'
        '{"id": "008", "who": null, "tags": [], "late": true}\n',
    )
    assert rows(part) == [
        {
            "id": "007",
            "who.name": "Ann",
            "who.at.city": "Bonn",
            "tags": '["x","y"]',
            "parts": '[{"n":1}]',
            "late": None,
        },
        {"id": "008", "who.name": None, "who.at.city": None, "tags": "[]", "parts": None, "late": True},
    ]
    assert part.notes == (
        "values of nested objects are columns of their own ('who.name', 'who.at.city')",
        "lists are kept as JSON text: 'tags', 'parts'",
    )


def test_values_of_several_kinds_are_text_as_written(tmp_path: Path) -> None:
    part = given(tmp_path, '{"a": 1}\n{"a": "007"}\n{"a": true}\n{"a": {"b": 1}}\n{"a": null}\n')
    assert [r["a"] for r in rows(part)] == ["1", "007", "true", '{"b":1}', None]


def test_the_list_that_is_meant_is_named(tmp_path: Path) -> None:
    content = json.dumps(
        {"users": [{"id": 1}], "orders": [{"n": 2}, {"n": 3}], "more": {"extra": [{"z": 1}]}}
    )
    with pytest.raises(
        DataError, match=r"several lists of records \('users', 'orders', 'more.extra'\).*table='users'"
    ):
        given(tmp_path, content)
    part = given(tmp_path, content, table="orders")
    assert rows(part) == [{"n": 2}, {"n": 3}]
    assert (
        part.notes[0]
        == "the records are the list 'orders' of the one object in the file; beside it: 'users', 'more'"
    )
    with pytest.raises(DataError, match=r"no list of records 'order'. Did you mean 'orders'\?"):
        given(tmp_path, content, table="order")


def test_names_that_differ_by_case_or_are_missing_lose_nothing(tmp_path: Path) -> None:
    assert [list(r.values()) for r in rows(given(tmp_path, '{"id": 1, "ID": 2}\n{"id": 3}\n'))] == [
        [1, 2],
        [3, None],
    ]
    assert [list(r.values()) for r in rows(given(tmp_path, '{"a.b": 1, "a": {"b": 2}}\n{"a.b": 3}\n'))] == [
        [1, 2],
        [3, None],
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[]", "has no rows"),
        ("", "is empty|has no rows"),
        ("[1, 2, 3]", r"holds values and no records \(the first: 1\)"),
        ("[[1, 2], [3, 4]]", r"holds values and no records \(the first: \[1, 2\]\)"),
        ('[{"id": 1}, {"id"', "could not be read as JSON"),
        ('{"id": 1', "could not be read as JSON"),
        ("nonsense", "could not be read as JSON"),
    ],
)
def test_what_holds_no_records_is_refused(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        given(tmp_path, content)
    assert str(tmp_path) not in str(caught.value)


def test_broken_lines_are_counted_and_named(tmp_path: Path) -> None:
    part = given(tmp_path, '{"id": 1}\nnonsense\n{"id": 2}\n[3]\n\n{"id": 4}\n', "v.ndjson")
    assert [r["id"] for r in rows(part)] == [1, 2, 4]
    assert (part.rejected, [r.line for r in part.rejects]) == (2, [2, 4])


def test_an_object_too_large_to_be_read_at_once_is_read_record_by_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [{"id": i, "text": f"é{i}" * 50} for i in range(5_000)]
    monkeypatch.setattr(objects, "_OPTIONS", objects._OPTIONS.replace(str(objects.LONGEST), "65536"))
    part = given(tmp_path, json.dumps({"page": 1, "data": records}, ensure_ascii=False))
    assert rows(part) == records
