"""The OpenAPI document, from the table of routes and the declarations of the operations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from fiji_bridge._version import __version__
from fiji_bridge.ops.registry import REGISTRY
from fiji_bridge_service import models, schema
from fiji_bridge_service.api import CHUNK, TYPES, Route, is_list

_REFERENCE = "#/components/schemas/{model}"
#: Problems that any route may answer with.
_ANYWHERE = {
    400: "No HTTP that is understood",
    401: "No token, or none of this service",
    403: "A page from elsewhere, or not on the list of what may be run",
    408: "The body did not come in time",
    421: "Not under this name",
    429: "Too many requests",
    431: "Too many header fields",
    503: "Too many connections",
}
_WORDS = {
    404: "There is none of one's own",
    409: "Not in this state",
    413: "Too much",
    415: "Not of this type",
    422: "It makes no sense; the detail says why",
    504: "It took too long",
    507: "No room left",
}
_BINARY = {"type": "string", "format": "binary"}


def document(routes: Iterable[Route], base_path: str = "") -> dict[str, Any]:
    """Return the document, OpenAPI 3.1."""
    routes = tuple(routes)
    used: list[type[BaseModel]] = [models.Problem]
    for route in routes:
        kinds = [route.body, *route.answers.values()]
        for kind in kinds:
            model = get_args(kind)[0] if is_list(kind) else kind
            if isinstance(model, type) and issubclass(model, BaseModel) and model not in used:
                used.append(model)
    # As they are given: what has a default is always there in an answer.
    _, found = models_json_schema([(model, "validation") for model in used],
                                  ref_template=_REFERENCE)  # fmt: skip
    components = found["$defs"]
    for name in REGISTRY:
        components[f"parameters_{name}"] = schema.schema(REGISTRY[name])
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.shown, {})[route.method.lower()] = _one(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "fiji_bridge",
            "version": __version__,
            "summary": "One physical sigma in, the same blur in every direction out.",
        },
        "servers": [{"url": base_path or "/"}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _one(route: Route) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = []
    if "{id" in route.path:
        parameters.append(_parameter("id", "path", {"type": "string", "pattern": "^[0-9a-f]{32}$"}))
    for name in ("root", "link", "name", "path"):
        if f"{{{name}" in route.path:
            parameters.append(_parameter(name, "path", {"type": "string", "maxLength": 200}))
    parameters += [_parameter(name, "query", kind) for name, kind in route.query.items()]
    responses = {str(status): _answer(kind) for status, kind in route.answers.items()}
    words = _ANYWHERE | {status: _WORDS[status] for status in route.refuses if status in _WORDS}
    for status, text in words.items():
        responses.setdefault(
            str(status),
            {
                "description": text,
                "content": {"application/problem+json": {"schema": _schema(models.Problem)}},
            },
        )
    made: dict[str, Any] = {
        "operationId": route.call.__name__,
        "summary": route.summary,
        "responses": responses,
    }
    if route.method == "PATCH":
        parameters.append(
            {
                **_parameter("Upload-Offset", "header", {"type": "integer", "minimum": 0}),
                "required": True,
            }
        )
    if parameters:
        made["parameters"] = parameters
    if isinstance(route.body, str):
        made["requestBody"] = {"required": True, "content": {route.body: {"schema": _BINARY}}}
    elif route.body is not None:
        made["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _schema(route.body)}},
        }
    if route.public:
        made["security"] = []
    return made


def _parameter(name: str, place: str, kind: Any) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": dict(kind)}


def _answer(kind: Any) -> dict[str, Any]:
    if kind is None:
        return {"description": "Done"}
    if isinstance(kind, str):
        inner: dict[str, Any] = {} if kind == "application/json" else dict(_BINARY)
        if kind.startswith("text/"):
            inner = {"type": "string"}
        # Files of results say their own type.
        kinds = [kind]
        if kind == "result":
            kinds = sorted(set(TYPES.values()))
        elif kind == CHUNK:
            kinds = [CHUNK, "application/json"]
        return {"description": "Done", "content": {one: {"schema": inner} for one in kinds}}
    return {"description": "Done", "content": {"application/json": {"schema": _schema(kind)}}}


def _schema(kind: Any) -> dict[str, Any]:
    if is_list(kind):
        return {"type": "array", "items": _schema(get_args(kind)[0])}
    if kind is str:
        return {"type": "string"}
    return {"$ref": _REFERENCE.format(model=kind.__name__)}
