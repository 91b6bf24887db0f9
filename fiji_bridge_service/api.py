"""The routes: one table, from which the application and the OpenAPI document are made."""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar, get_origin
from urllib.parse import quote

import jsonschema
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse

from fiji_bridge.commands.results import word
from fiji_bridge.errors import ArgumentError, InputError
from fiji_bridge.image.jsontext import indented
from fiji_bridge.ops.registry import REGISTRY
from fiji_bridge_service import allowed, metrics, models, roots, schema
from fiji_bridge_service.errors import RefusalError
from fiji_bridge_service.guards import LINKS, Guard, User, cookie_name
from fiji_bridge_service.scheduler import Progress
from fiji_bridge_service.service import Service
from fiji_bridge_service.store import Image, Job

ModelT = TypeVar("ModelT", bound=BaseModel)
#: Seconds after which a stream of events says that it lives, and after which it ends.
_HEARTBEAT = 15.0
_STREAM_SECONDS = 3600.0
_ENDED = ("done", "failed", "cancelled", "interrupted")
#: Media types of the files of results.
TYPES = {
    "tif": "image/tiff",
    "ome.tif": "image/tiff",
    "npy": "application/x-npy",
    "csv": "text/csv",
    "zip": "application/zip",
    "geojson": "application/geo+json",
    "txt": "text/plain",
}
#: What a chunk is: bytes.
CHUNK = "application/octet-stream"
#: Endings and names of a Zarr's metadata.
_JSON = (".json", ".zarray", ".zattrs", ".zgroup", ".zmetadata")
_ID = "{id:id}"


@dataclass(frozen=True)
class Call:
    """One request that has passed the guard."""

    service: Service
    guard: Guard
    request: Request

    @property
    def owner(self) -> str:
        """Who asks."""
        user: User = self.request.scope["state"]["user"]
        return user.name

    @property
    def id(self) -> str:
        """The id in the path."""
        found: str = self.request.path_params["id"]
        return found

    def told(self, **said: Any) -> None:
        """Put something into the line of the audit log."""
        self.request.scope["state"].setdefault("audit", {}).update(said)

    async def body(self, model: type[ModelT]) -> ModelT:
        """Return the body, checked."""
        kind = self.request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            # A form of a page from elsewhere cannot send this type without being asked about.
            raise RefusalError(415, "the body has to be application/json")
        try:
            return model.model_validate_json(await self.request.body())
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "the body"
            raise RefusalError(422, f"{where[:200]}: {first['msg'][:500]}") from None


Endpoint = Callable[[Call], Awaitable[Response]]


@dataclass(frozen=True)
class Route:
    """One line of the table.

    Attributes
    ----------
    method, path : str
    call : callable
    summary : str
    body : type of BaseModel, or None
    answers : mapping of int to what
        By status: a model, a list of one, a media type, or None for no body.
    refuses : tuple of int
        Statuses of problems beside those that every route has.
    query : mapping of str to JSON Schema
    public : bool
    """

    method: str
    path: str
    call: Endpoint
    summary: str
    answers: Mapping[int, Any]
    body: type[BaseModel] | str | None = None
    refuses: tuple[int, ...] = ()
    query: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    public: bool = False

    @property
    def shown(self) -> str:
        """The path as people write it: ``/v1/jobs/{id}``."""
        return re.sub(r":[a-z]+}", "}", self.path)


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return plain values as JSON; NaN and infinities are null."""
    made = {"": value}
    text = indented(made)
    inner = json.loads(text)[""]
    return JSONResponse(inner, status, headers=dict(headers or {}))


# Sessions


async def open_session(call: Call) -> Response:
    """Let the page in."""
    given = await call.body(models.Login)
    session, value, csrf = call.guard.open_session(call.request, given.token)
    made = answer({"owner": session.owner, "csrf": csrf, "expires": session.expires}, 201)
    made.set_cookie(
        cookie_name(call.service),
        value,
        httponly=True,
        samesite="strict",
        secure=call.request.url.scheme == "https",
        path=call.service.settings.base_path or "/",
    )
    call.told(session="opened", owner=session.owner)
    return made


async def close_session(call: Call) -> Response:
    """End the session of the page that asks."""
    user: User | None = call.request.scope["state"].get("user")
    if user is None or user.session is None:
        raise RefusalError(401, "there is no session")
    call.service.store.sessions.remove(user.session)
    made = Response(status_code=204)
    made.delete_cookie(
        cookie_name(call.service), path=call.service.settings.base_path or "/", httponly=True,
        samesite="strict",
    )  # fmt: skip
    return made


# What there is


async def health(call: Call) -> Response:
    """Say whether the service lives."""
    stopping = call.service.stopping
    return answer({"status": "stopping" if stopping else "ok"}, 503 if stopping else 200)


async def show_metrics(call: Call) -> Response:
    """Return the figures that Prometheus reads."""
    text = await run_in_threadpool(metrics.text, call.service, call.guard.answers)
    return Response(text, media_type="text/plain; version=0.0.4")


async def openapi(call: Call) -> Response:
    """Return the OpenAPI document."""
    from fiji_bridge_service.openapi import document

    return answer(document(ROUTES, call.service.settings.base_path))


async def operations(call: Call) -> Response:
    """List the operations, with the JSON Schema of their parameters."""
    return answer([schema.described(REGISTRY[name]) for name in REGISTRY])


async def allowed_names(call: Call) -> Response:
    """List the macros and ImageJ commands that jobs may run."""
    return answer(allowed.listed(call.service.settings))


async def root_names(call: Call) -> Response:
    """List the roots by their names."""
    return answer(sorted(call.service.settings.roots))


async def root_folder(call: Call) -> Response:
    """List a folder below a root."""
    folder = call.service.root(call.request.path_params["root"])
    path = call.request.query_params.get("path", ".")
    try:
        return answer(await run_in_threadpool(roots.listed, folder, path))
    except (InputError, OSError):
        raise RefusalError(422, "this path is no folder below this root") from None


# Images


def _image(service: Service, image: Image) -> dict[str, Any]:
    known = ("axes", "shape", "dtype", "bytes", "voxels", "channels", "warnings")
    return {
        **{
            name: getattr(image, name)
            for name in ("id", "name", "size", "sha256", "state", "reason", "created")
        },
        "received": service.received(image),
        **{name: image.found[name] for name in known if name in image.found},
    }


async def new_image(call: Call) -> Response:
    """Announce an upload."""
    given = await call.body(models.NewImage)
    said = {} if given.described is None else json.loads(given.described.model_dump_json())
    image = await run_in_threadpool(
        call.service.announce, call.owner, given.name, given.size, given.sha256, said
    )
    call.told(image=image.id, sha256=image.sha256, name=image.name)
    return answer(_image(call.service, image), 201)


async def refer(call: Call) -> Response:
    """Use a file below a root."""
    given = await call.body(models.Reference)
    image = await call.service.refer(call.owner, given.root, given.path)
    call.told(image=image.id, root=given.root, name=image.name)
    return answer(_image(call.service, image), 201)


async def images(call: Call) -> Response:
    """List one's images."""
    found = await run_in_threadpool(call.service.store.images.find, owner=call.owner)
    return answer([_image(call.service, image) for image in found])


async def image(call: Call) -> Response:
    """Show an image."""
    return answer(_image(call.service, call.service.image(call.owner, call.id)))


async def receive_part(call: Call) -> Response:
    """Take the next part of an upload; the last one is answered when the image has been read."""
    image = call.service.image(call.owner, call.id)
    offset = call.request.headers.get("upload-offset", "")
    if not re.fullmatch(r"[0-9]{1,16}", offset):
        raise RefusalError(
            400, "Upload-Offset has to say the number of the first byte of this part"
        )
    image = await call.service.receive(image, int(offset), call.request.stream())
    call.told(image=image.id, sha256=image.sha256, state=image.state)
    return answer(_image(call.service, image))


async def remove_image(call: Call) -> Response:
    """Remove an image."""
    image = call.service.image(call.owner, call.id)
    await run_in_threadpool(call.service.remove_image, image)
    call.told(image=image.id, sha256=image.sha256)
    return Response(status_code=204)


async def views(call: Call) -> Response:
    """Draw the views XY, XZ and ZY at true aspect, with a scale bar."""
    asked = _views_asked(call.request.query_params)
    image = call.service.image(call.owner, call.id, ready=True)
    png, layout = await call.service.quick("views", call.service.source(image), asked)
    # Where each view lies in the picture: for those who draw on it.
    return Response(png, media_type="image/png", headers={"x-layout": json.dumps(layout)})


_NUMBER = {"type": "number"}
_INDEX = {"type": "integer", "minimum": 0, "maximum": 2**31}
_VIEWS_QUERY: dict[str, dict[str, Any]] = {
    "method": {"enum": ["slice", "max", "mean"]},
    "z": _INDEX,
    "y": _INDEX,
    "x": _INDEX,
    "channel": _INDEX,
    "frame": _INDEX,
    "low": _NUMBER,
    "high": _NUMBER,
    "voxel_size": {"type": "string", "maxLength": 500},
}


def _views_asked(query: Mapping[str, str]) -> dict[str, Any]:
    asked: dict[str, Any] = {}
    for name, value in query.items():
        if name not in _VIEWS_QUERY:
            raise RefusalError(422, f"the views take no {name[:100]!r}")
        kind = _VIEWS_QUERY[name]
        try:
            if kind is _INDEX:
                asked[name] = int(value) if re.fullmatch(r"[0-9]{1,10}", value) else -1
            elif kind is _NUMBER:
                asked[name] = float(value)
                if not math.isfinite(asked[name]):
                    raise ValueError
            else:
                asked[name] = value
            jsonschema.validate(asked[name], kind)
        except (ValueError, jsonschema.ValidationError):
            raise RefusalError(422, f"the views' {name} cannot be {value[:100]!r}") from None
    position = [asked.pop(axis, None) for axis in "zyx"]
    if None not in position:
        asked["position"] = position
    elif position != [None] * 3:
        raise RefusalError(422, "a position is given by z, y and x together")
    return asked


# Plans, previews, jobs


def _asked(given: models.Asked) -> dict[str, Any]:
    """Return what is asked, the parameters checked against the schema of the operation."""
    asked = given.model_dump()
    try:
        operation = REGISTRY.find(given.operation)
        operation.refuse_unknown(
            given.parameters, {parameter.name: None for parameter in operation.parameters}
        )
    except ArgumentError as error:
        raise RefusalError(422, str(error)) from None
    checker = jsonschema.Draft202012Validator(schema.schema(operation))
    wrong = next(iter(checker.iter_errors(given.parameters)), None)
    if wrong is not None:
        where = ".".join(str(part) for part in wrong.absolute_path) or operation.name
        text = wrong.message if len(wrong.message) < 300 else "this value is not allowed"
        raise RefusalError(422, f"{where}: {text}")
    return asked


async def plan(call: Call) -> Response:
    """Say what an operation would do."""
    given = await call.body(models.Asked)
    return answer(await call.service.plan(call.owner, _asked(given)))


async def preview(call: Call) -> Response:
    """Show a region before and after."""
    given = await call.body(models.NewPreview)
    asked = _asked(given)
    image = call.service.image(call.owner, given.image, ready=True)
    return answer(await call.service.quick("preview", call.service.source(image), asked))


def _job(service: Service, job: Job) -> dict[str, Any]:
    hidden = ("owner", "key", "result", "size", "need")
    said = {key: value for key, value in asdict(job).items() if key not in hidden}
    return {**said, "needed_bytes": job.need, **asdict(service.scheduler.progress(job.id))}


async def submit(call: Call) -> Response:
    """Queue a job."""
    given = (await call.body(models.NewJob)).root
    asked = _asked(given) if isinstance(given, models.OperationJob) else given.model_dump()
    job = await call.service.submit(call.owner, asked, asked.pop("key"))
    image = call.service.store.images.one(id=job.image)
    digest = image.sha256 if image else None
    said = {"operation": allowed.name_of(asked)}
    if isinstance(given, models.FreeMacroJob):
        said["macro_sha256"] = hashlib.sha256(given.macro_text.encode()).hexdigest()
    call.told(job=job.id, **said, image=given.image, sha256=digest)
    return answer(_job(call.service, job), 201)


async def jobs(call: Call) -> Response:
    """List one's jobs."""
    found = await run_in_threadpool(call.service.store.jobs.find, owner=call.owner)
    return answer([_job(call.service, job) for job in found])


async def job(call: Call) -> Response:
    """Show a job."""
    return answer(_job(call.service, call.service.job(call.owner, call.id)))


async def cancel(call: Call) -> Response:
    """Give up a job; its worker is ended at once."""
    job = call.service.job(call.owner, call.id)
    job = await run_in_threadpool(call.service.scheduler.cancel, job)
    call.told(job=job.id)
    return answer(_job(call.service, job))


async def remove_job(call: Call) -> Response:
    """Remove a job that has ended, and its result."""
    job = call.service.job(call.owner, call.id)
    await run_in_threadpool(call.service.remove_job, job)
    call.told(job=job.id)
    return Response(status_code=204)


_streams: Counter[str] = Counter()


async def events(call: Call) -> Response:
    """Tell what happens to a job, as server-sent events, until it ends."""
    job = call.service.job(call.owner, call.id)
    owner = call.owner
    if _streams[owner] >= call.service.settings.limits.streams:
        raise RefusalError(429, "too many streams of events are open", headers={"Retry-After": "5"})
    return StreamingResponse(_told(call.service, owner, job.id), media_type="text/event-stream")


async def _told(service: Service, owner: str, number: str) -> AsyncIterator[str]:
    _streams[owner] += 1
    limit = time.monotonic() + _STREAM_SECONDS
    before = ""
    try:
        with service.events.listening(number) as happened:
            while time.monotonic() < limit and not service.stopping:
                happened.clear()
                job = service.store.jobs.one(id=number, owner=owner)
                if job is None:
                    return
                now = json.dumps(_event(job, service.scheduler.progress(number)))
                if now != before:
                    before = now
                    yield f"event: {job.state}\ndata: {now}\n\n"
                if job.state in _ENDED:
                    return
                try:
                    await asyncio.wait_for(happened.wait(), _HEARTBEAT)
                except TimeoutError:
                    yield ": alive\n\n"
    finally:
        _streams[owner] -= 1
        if not _streams[owner]:
            del _streams[owner]


def _event(job: Job, far: Progress) -> dict[str, Any]:
    said: dict[str, Any] = {"id": job.id, "state": job.state, **asdict(far)}
    if job.state == "failed":
        said["error"] = job.error
    return said


async def result(call: Call) -> Response:
    """Say what a job gave."""
    job = call.service.job(call.owner, call.id)
    if job.state != "done":
        raise RefusalError(409, f"this job is {job.state}; it has no result")
    return answer({"id": job.id, **job.result})


async def result_file(call: Call) -> Response:
    """Give a file of a result."""
    job = call.service.job(call.owner, call.id)
    path, known = call.service.file(job, call.request.path_params["name"])
    if known["format"] == "ome.zarr":
        raise RefusalError(404, "an OME-Zarr is a folder: its files are below this address")
    image = call.service.store.images.one(id=job.image)
    stem = re.sub(r"(?i)\.(ome\.)?tiff?$|\.npy$", "", image.name if image else "result")
    done = job.request.get("operation") or word(allowed.name_of(job.request))
    name = f"{stem}-{done}{known['name'].removeprefix('result')}"
    call.told(job=job.id, file=known["name"], result_sha256=known["sha256"])
    return FileResponse(
        path,
        media_type=TYPES[known["format"]],
        headers={
            # Percent-encoded, so that no name of others writes a header (RFC 8187).
            "content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
            "etag": f'"{known["sha256"]}"',
        },
    )


async def result_part(call: Call) -> Response:
    """Give a file of an OME-Zarr: metadata or a chunk, whole or a range of it."""
    return _part_of(call, call.service.job(call.owner, call.id))


async def linked_part(call: Call) -> Response:
    """Give a file of an OME-Zarr to whoever knows its link."""
    job = call.service.linked(call.request.path_params["link"])
    if job is None:
        call.guard.guessed(call.request)
        raise RefusalError(404, "there is no such link, or no more")
    return _part_of(call, job)


def _part_of(call: Call, job: Job) -> Response:
    parameters = call.request.path_params
    path = call.service.part(job, parameters["name"], parameters["path"])
    kind = "application/json" if path.suffix in _JSON or path.name in _JSON else CHUNK
    call.told(job=job.id)
    return FileResponse(path, media_type=kind)


async def make_link(call: Call) -> Response:
    """Make an address by which viewers read a result that is an OME-Zarr."""
    job = call.service.job(call.owner, call.id)
    secret, link = await run_in_threadpool(call.service.link, job)
    name = next(one["name"] for one in job.result["files"] if one["format"] == "ome.zarr")
    call.told(job=job.id, link="made")
    return answer({"path": f"{LINKS}{secret}/{name}", "expires": link.expires}, 201)


_REFUSED_IMAGE = (404, 409, 422, 504)
ROUTES: tuple[Route, ...] = (
    Route("GET", "/health", health, "Whether the service lives", {200: models.Health,
          503: models.Health}, public=True),
    Route("GET", "/metrics", show_metrics, "Figures for Prometheus", {200: "text/plain"}),
    Route("GET", "/v1/openapi.json", openapi, "This document", {200: "application/json"}),
    Route("POST", "/v1/session", open_session, "Give the token to the page",
          {201: models.SessionAnswer}, models.Login, (413, 415, 422), public=True),
    Route("DELETE", "/v1/session", close_session, "End the page's session", {204: None},
          public=True),
    Route("GET", "/v1/operations", operations, "The operations",
          {200: list[models.OperationAnswer]}),
    Route("GET", "/v1/allowed", allowed_names, "The macros and ImageJ commands that jobs may run",
          {200: models.AllowedAnswer}),
    Route("GET", "/v1/roots", root_names, "The roots", {200: list[str]}),
    Route("GET", "/v1/roots/{root}", root_folder, "A folder below a root",
          {200: list[models.FolderEntry]}, None, (404, 422),
          {"path": {"type": "string", "maxLength": 4000}}),
    Route("GET", "/v1/images", images, "One's images", {200: list[models.ImageAnswer]}),
    Route("POST", "/v1/images", new_image, "Announce an upload", {201: models.ImageAnswer},
          models.NewImage, (413, 415, 422, 507)),
    Route("POST", "/v1/references", refer, "Use a file below a root", {201: models.ImageAnswer},
          models.Reference, (404, 413, 415, 422, 504)),
    Route("GET", f"/v1/images/{_ID}", image, "An image", {200: models.ImageAnswer}, None, (404,)),
    Route("PATCH", f"/v1/images/{_ID}", receive_part, "The next part of an upload",
          {200: models.ImageAnswer}, "application/octet-stream",
          (400, 404, 408, 409, 413, 415, 422, 504)),
    Route("DELETE", f"/v1/images/{_ID}", remove_image, "Remove an image", {204: None}, None,
          (404, 409)),
    Route("GET", f"/v1/images/{_ID}/views.png", views, "Orthogonal views at true aspect",
          {200: "image/png"}, None, _REFUSED_IMAGE, _VIEWS_QUERY),
    Route("POST", "/v1/plans", plan, "What an operation would do", {200: models.PlanAnswer},
          models.Asked, (*_REFUSED_IMAGE, 413, 415)),
    Route("POST", "/v1/previews", preview, "A region before and after",
          {200: models.PreviewAnswer}, models.NewPreview, (*_REFUSED_IMAGE, 413, 415)),
    Route("GET", "/v1/jobs", jobs, "One's jobs", {200: list[models.JobAnswer]}),
    Route("POST", "/v1/jobs", submit, "Queue a job", {201: models.JobAnswer}, models.NewJob,
          (*_REFUSED_IMAGE, 413, 415, 507)),
    Route("GET", f"/v1/jobs/{_ID}", job, "A job", {200: models.JobAnswer}, None, (404,)),
    Route("POST", f"/v1/jobs/{_ID}/cancel", cancel, "Give up a job", {200: models.JobAnswer}, None,
          (404,)),
    Route("DELETE", f"/v1/jobs/{_ID}", remove_job, "Remove a job and its result", {204: None},
          None, (404, 409)),
    Route("GET", f"/v1/jobs/{_ID}/events", events, "What happens to a job, as it happens",
          {200: "text/event-stream"}, None, (404,)),
    Route("GET", f"/v1/results/{_ID}", result, "What a job gave", {200: models.ResultAnswer}, None,
          (404, 409)),
    Route("GET", f"/v1/results/{_ID}/{{name}}", result_file, "A file of a result",
          {200: "result"}, None, (404, 409)),
    Route("POST", f"/v1/results/{_ID}/links", make_link, "An address for viewers, without a token",
          {201: models.LinkAnswer}, None, (404, 409)),
    Route("GET", f"{LINKS}{{link}}/{{name}}/{{path:path}}", linked_part,
          "A file of an OME-Zarr, by a link", {200: CHUNK, 206: CHUNK}, None, (404, 409),
          public=True),
    Route("GET", f"/v1/results/{_ID}/{{name}}/{{path:path}}", result_part,
          "A file of an OME-Zarr, or a range of one", {200: CHUNK, 206: CHUNK}, None, (404, 409)),
)  # fmt: skip


def is_list(kind: Any) -> bool:
    """Whether an answer is a list of a model."""
    return get_origin(kind) is list
