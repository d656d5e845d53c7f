"""The API's description as a page, made here from the OpenAPI document: no script, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from sebar.api.application import api

_METHODS: Final = ("get", "post", "patch", "put", "delete")


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter or a field of a body: `kind` in words, `shape` the name of the shape it refers to, if any."""

    name: str
    kind: str
    shape: str
    is_required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address. `answers` maps a status to the name of the shape it answers with."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Field, ...]
    body: str
    answers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """Operations about the same thing."""

    name: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """A named shape of bodies and answers."""

    name: str
    description: str
    fields: tuple[Field, ...]


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Show every address, what it takes and what it answers."""
    return render(request, "api/docs.html", {"about": _schema()["info"], "sections": _sections(), "shapes": _shapes()})


@lru_cache(maxsize=1)
def _schema() -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(api.get_openapi_schema()))
    return found


@lru_cache(maxsize=1)
def _sections() -> tuple[Section, ...]:
    by_name: dict[str, list[Operation]] = {}
    for path, methods in _schema()["paths"].items():
        for method in _METHODS:
            if method in methods:
                by_name.setdefault(methods[method]["tags"][0], []).append(_operation(path, method, methods[method]))
    return tuple(Section(name, tuple(operations)) for name, operations in by_name.items())


@lru_cache(maxsize=1)
def _shapes() -> tuple[Shape, ...]:
    return tuple(
        Shape(name, shape.get("description", ""), tuple(_fields(shape)))
        for name, shape in sorted(_schema()["components"]["schemas"].items())
        if "properties" in shape
    )


def _operation(path: str, method: str, found: Mapping[str, Any]) -> Operation:
    parameters = tuple(
        _field(one["name"], {**one["schema"], **one}, is_required=one["required"]) for one in found["parameters"]
    )
    return Operation(
        anchor=found["operationId"],
        method=method.upper(),
        path=path,
        summary=found["summary"],
        description=found.get("description", ""),
        parameters=parameters,
        body=_shape_of(_content(found.get("requestBody", {}))),
        answers=tuple((status, _shape_of(_content(answer))) for status, answer in found["responses"].items()),
    )


def _content(found: Mapping[str, Any]) -> Mapping[str, Any]:
    schema: Mapping[str, Any] = found.get("content", {}).get("application/json", {}).get("schema", {})
    return schema


def _fields(shape: Mapping[str, Any]) -> Iterator[Field]:
    required = shape.get("required", ())
    for name, schema in shape["properties"].items():
        yield _field(name, schema, is_required=name in required)


def _field(name: str, schema: Mapping[str, Any], *, is_required: bool) -> Field:
    shape = _shape_of(schema)
    choices = _schema()["components"]["schemas"].get(shape, {}).get("enum", ())
    if choices:
        return Field(name, _kind({"enum": choices}), "", is_required, schema.get("description", ""))
    return Field(name, _kind(schema), shape, is_required, schema.get("description", ""))


def _kind(schema: Mapping[str, Any]) -> str:
    """Return the type in words, like ``string (date-time)`` or ``list of integer``."""
    if "anyOf" in schema:
        return " | ".join(_kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(f"“{one}”" for one in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    if "type" in schema and "format" in schema:
        return f"{schema['type']} ({schema['format']})"
    return str(schema.get("type") or _shape_of(schema))


def _shape_of(schema: Mapping[str, Any]) -> str:
    """Return the name of the shape that a schema refers to, anywhere within."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    inner = [*schema.get("anyOf", ()), schema.get("items"), schema.get("additionalProperties")]
    return next((name for one in inner if isinstance(one, Mapping) and (name := _shape_of(one))), "")
