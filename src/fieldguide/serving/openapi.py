"""The description of the server for other programs, with the real schema of every program's row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fieldguide.serving.service import Service
from fieldguide.tables.refusals import schema

_ERROR = {
    "type": "object",
    "properties": {
        "error": {"type": "string"},
        "path": {"type": "string", "description": "the JSON path of the place, such as $.rows[3].distance"},
        "expected": {"type": "string"},
        "given": {"type": "string"},
    },
    "required": ["error"],
}
_ANSWER = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "description": "of the answer; outcomes name it"},
        "prediction": {"type": "number"},
        "scale": {
            "type": "string",
            "description": "what the prediction is: a probability, an amount, a rate",
        },
        "release": {"type": "string"},
        "fallback": {"description": "null, or why the constant answered and since when"},
    },
    "required": ["id", "prediction", "scale", "release", "fallback"],
}
_OUTCOME = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "description": "of the answer; or give its key"},
        "key": {"description": "of the row, several key columns as a list"},
        "value": {"description": "what happened"},
        "at": {
            "type": ["string", "null"],
            "format": "date-time",
            "description": "when it was observed; left out: now",
        },
    },
    "required": ["value"],
    "additionalProperties": False,
}
_ERRORS = {
    "400": "malformed: no JSON, bytes that are no UTF-8, a name given twice",
    "413": "the body is too large",
    "422": "the contract is not kept; the path and what was expected are named",
    "503": "too much is waiting, come back after Retry-After seconds; or no release is in service yet",
    "507": "the journal cannot write",
}


def openapi(services: Mapping[str, Service]) -> dict[str, Any]:
    """Return an OpenAPI 3.1 document."""
    schemas: dict[str, Any] = {"Answer": _ANSWER, "Outcome": _OUTCOME, "Error": _ERROR}
    paths: dict[str, Any] = {}
    for name, service in services.items():
        question = service.program.question
        schemas[f"{name}Row"] = {"title": question.one_row_is or name, **schema(service.contract)}
        row, answer = _ref(f"{name}Row"), _ref("Answer")
        paths[f"/{name}/predict"] = _post(
            f"predict_{name}",
            question.ask,
            _one_or("rows", row),
            {"oneOf": [answer, {"type": "array", "items": answer}]},
        )
        counts = {"type": "object", "additionalProperties": {"type": "integer"}}
        about = f"What happened later: {service.program.label.name}."
        paths[f"/{name}/outcomes"] = _post(
            f"outcomes_{name}", about, _one_or("outcomes", _ref("Outcome")), counts
        )
    for path, about in (("/health", "The process is alive."), ("/ready", "It can answer.")):
        paths[path] = {"get": {"summary": about, "responses": {"200": {"description": "yes"}}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "fieldguide", "version": "1"},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _post(operation: str, about: str, body: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    responses: dict[str, Any] = {"200": {"description": "answered", "content": _json(answer)}}
    for status, text in _ERRORS.items():
        responses[status] = {"description": text, "content": _json(_ref("Error"))}
    return {
        "post": {
            "operationId": operation,
            "summary": about,
            "requestBody": {"required": True, "content": _json(body)},
            "responses": responses,
        }
    }


def _one_or(name: str, item: dict[str, Any]) -> dict[str, Any]:
    many = {
        "type": "object",
        "properties": {name: {"type": "array", "items": item, "minItems": 1}},
        "required": [name],
        "additionalProperties": False,
    }
    return {"oneOf": [item, many]}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}
