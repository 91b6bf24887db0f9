"""`fiji_bridge.connect`: the functions of the package, computed by a service."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import io
import os
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from fiji_bridge.client.connection import Connection, RemoteStore, as_json, refusal
from fiji_bridge.client.results import command_result, fetched
from fiji_bridge.client.wire import described, rebuilt
from fiji_bridge.commands.options import recorded
from fiji_bridge.commands.results import CommandResult
from fiji_bridge.convert.adapters import like, to_image
from fiji_bridge.errors import ArgumentError, CancelledError, InputError, ServiceError
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.results import Images, Plan, Report, Table
from fiji_bridge.ops.operation import UNDERSTOOD, Operation
from fiji_bridge.ops.registry import REGISTRY

#: Bytes of one part of an upload.
PART = 32 * 2**20
#: What is said of an image or a run beside the parameters of the operation.
_BESIDE = ("engine", "voxel_size", "unit")
_ENDED = ("done", "failed", "cancelled", "interrupted")


@dataclass(frozen=True)
class RemoteReport(Report):
    """A report that a service sent.

    Attributes
    ----------
    shown : Table
    values : mapping
    """

    shown: Table
    values: Mapping[str, Any]

    def table(self) -> Table:
        """Return the table."""
        return self.shown

    def as_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return dict(self.values)


@dataclass(frozen=True)
class RemotePlan(RemoteReport, Plan):
    """A plan that a service made.

    Attributes
    ----------
    needed_bytes : int
    """

    needed_bytes: int = 0


def connect(url: str, token: str | None = None, *, timeout: float = 60) -> Service:
    """Return a service, whose functions are those of this package.

    Parameters
    ----------
    url : str
        ``"http://127.0.0.1:8765"``; see ``fiji-bridge serve``.
    token : str, optional
        By default that of the environment variable ``FIJI_BRIDGE_TOKEN``.
    timeout : float
        Seconds of silence after which a request is made again.

    Returns
    -------
    Service
        ``connect(url).gaussian(array, sigma="1 um", voxel_size="2 0.45 0.45 um")`` returns an
        array with its provenance, the bits those of ``fiji_bridge.gaussian``.

    Raises
    ------
    InputError
        For an address that is none, or without a token.
    ServiceError
        If the service cannot be reached or does not know the token.
    """
    token = token or os.environ.get("FIJI_BRIDGE_TOKEN")
    if not token:
        raise InputError("a service needs a token: token=…, or FIJI_BRIDGE_TOKEN")
    return Service(url, token, timeout=timeout)


class Service:
    """A service; see `connect`. Every operation of the package is a method.

    Parameters
    ----------
    url, token, timeout
        As `connect` takes them.
    """

    def __init__(self, url: str, token: str, *, timeout: float = 60) -> None:
        self._made = functools.partial(Connection, url, token, timeout=timeout)
        self._connection = self._made()
        self._known: dict[str, str] = {}
        #: Names of the operations that the service has.
        self.operations = tuple(
            one["name"] for one in self._connection.json("GET", "/v1/operations")
        )

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_") or name not in REGISTRY:
            raise AttributeError(f"a service has no {name!r}; it has {', '.join(REGISTRY)}")
        return functools.partial(self.run, name)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *REGISTRY]

    def run(
        self,
        operation: str,
        image: Any,
        *,
        progress: Callable[[int, int], None] | None = None,
        **parameters: Any,
    ) -> Any:
        """Do an operation; Ctrl-C, and an exception of `progress`, cancel it there.

        Parameters
        ----------
        operation : str
        image : image
            Of any kind that the function takes; a path is read here.
        progress : callable, optional
            Called with (done, total).
        **parameters
            As the function takes them; not ``threads``, which the service decides.

        Returns
        -------
        What the function gives
            The kind of image that was given; several images and reports as `Images` and
            `RemoteReport`.

        Raises
        ------
        InputError
            As the function does, of the same class.
        CancelledError
            If somebody cancels the job.
        ServiceError
            If the service fails; with the last lines of a worker that died.
        """
        found, source, asked = self._asked(operation, image, parameters)
        number = self._done(found.name, {**asked, "formats": ["npy"]}, progress)
        return self._result(image, source, number)

    def process(
        self,
        source: str,
        operation: str = "gaussian",
        *,
        progress: Callable[[int, int], None] | None = None,
        **parameters: Any,
    ) -> RemoteStore:
        """Run an operation on an OME-Zarr that the service has, by blocks there.

        Parameters
        ----------
        source : str
            ``"ROOT/PATH"``: the name of one of the service's roots, and the path below it.
        operation : str
        progress : callable, optional
            Called with (done, total) in bytes.
        **parameters
            Of the operation; ``engine``, ``voxel_size``, ``unit``.

        Returns
        -------
        RemoteStore
            Stays with the service, as long as it keeps results.

        Raises
        ------
        InputError
            As `fiji_bridge.process` does, and for what is not below the root.
        ServiceError
            If the service fails, or has no such root.
        """
        root, _, path = source.partition("/")
        image = self._connection.json("POST", "/v1/references", {"root": root, "path": path})
        given = {name: parameters.pop(name) for name in _BESIDE if name in parameters}
        plain = {key: _plain(key, value) for key, value in parameters.items()}
        asked = {"image": image["id"], "operation": operation, "parameters": plain, **given}
        number = self._done(operation, asked, progress)
        (file,) = self._connection.json("GET", f"/v1/results/{number}")["files"]
        return self._connection.store(number, file["name"])

    def link(self, store: RemoteStore) -> str:
        """Return an address by which whoever knows it reads a result, for some hours.

        For viewers that send no token, such as neuroglancer; the service has to have been told to.

        Raises
        ------
        ServiceError
            If the service makes no links, or has no such result any more.
        """
        made = self._connection.json("POST", f"/v1/results/{store.job}/links")
        return f"{self._connection.url.rstrip('/')}{made['path']}"

    @property
    def allowed(self) -> Mapping[str, Any]:
        """What of ImageJ the service runs: ``macros``, ``commands``, ``free_macros``."""
        found: Mapping[str, Any] = self._connection.json("GET", "/v1/allowed")
        return found

    def run_macro(
        self, macro: str, image: Any, argument: str = "", *, free: bool = False
    ) -> CommandResult:
        """Run a macro there, on one image; see `fiji_bridge.run_macro`.

        Parameters
        ----------
        macro : str
            Its name on the service's list; with `free`, its text.
        image : image
            Of any kind that `gaussian` takes.
        argument : str
        free : bool
            Whether `macro` is a text, which the service has to have been told to run.

        Returns
        -------
        CommandResult
            Without images but the one that was active at the end.

        Raises
        ------
        ServiceError
            For what the service does not allow.
        MacroError
            If the macro fails.
        """
        given = {"macro_text" if free else "macro": macro, "argument": argument}
        return self._imagej("run_macro", image, given)

    def run_command(
        self,
        image: Any,
        command: str,
        recorded_options: str | None = None,
        /,
        *,
        stack: bool | None = None,
        **options: Any,
    ) -> CommandResult:
        """Run an ImageJ command on the service's list; see `fiji_bridge.run_command`.

        Parameters
        ----------
        image : image
        command : str
        recorded_options : str, optional
        stack : bool, optional
        **options
            As the function takes them.

        Returns
        -------
        CommandResult
            Without images but the one that was active at the end.

        Raises
        ------
        ServiceError
            For a command that is not on the list.
        MacroError
            If the command fails, or would open a dialog.
        """
        if recorded_options is not None and options:
            raise ArgumentError("give the options as one text or as keywords, not both")
        text = recorded(options) if recorded_options is None else recorded_options
        given = {"command": command, "options": text, "stack": stack}
        return self._imagej("run_command", image, given)

    def _imagej(self, name: str, image: Any, given: Mapping[str, Any]) -> CommandResult:
        source = to_image(image)
        asked = {"image": self._sent(source), "formats": ["npy"], **given}
        number = self._done(name, asked, None)
        found = command_result(self._connection, number, image, source.calibration)
        self._tidy(number)
        return found

    def _done(
        self, name: str, asked: Mapping[str, Any], progress: Callable[[int, int], None] | None
    ) -> str:
        """Have a job done, and return its id; an exception on the way cancels it there."""
        body = {**asked, "key": secrets.token_hex(16)}
        number = str(self._connection.json("POST", "/v1/jobs", body)["id"])
        try:
            self._wait(number, progress)
        except BaseException:
            self._connection.close()
            self._connection.json("POST", f"/v1/jobs/{number}/cancel")
            raise
        job = self._connection.json("GET", f"/v1/jobs/{number}")
        if job["state"] == "cancelled":
            raise CancelledError(f"{name} was cancelled")
        if job["state"] != "done":
            if job["kind"]:
                raise refusal(job["kind"], job["error"])
            raise ServiceError(f"{name} failed: {job['error']}", output=job["output"])
        return number

    def plan(self, image: Any, operation: str = "gaussian", **parameters: Any) -> RemotePlan:
        """Return what an operation would do; see `fiji_bridge.plan`."""
        _, _, asked = self._asked(operation, image, parameters)
        asked.pop("engine", None)
        said = self._connection.json("POST", "/v1/plans", asked)
        return RemotePlan(_table(said["table"]), said["plan"], said["needed_bytes"])

    def _asked(
        self, operation: str, image: Any, parameters: dict[str, Any]
    ) -> tuple[Operation, CalibratedImage, dict[str, Any]]:
        found = REGISTRY.find(operation)
        takes = dict.fromkeys([*(one.name for one in found.parameters), *found.context])
        takes.pop("threads", None)
        found.refuse_unknown(parameters, takes)
        understood = {key: parameters.pop(key, None) for key in UNDERSTOOD}
        engine = parameters.pop("engine", None)
        source = to_image(image, **understood)
        asked: dict[str, Any] = {
            "image": self._sent(source),
            "operation": found.name,
            "parameters": {key: _plain(key, value) for key, value in parameters.items()},
        }
        return found, source, asked | ({} if engine is None else {"engine": engine})

    def _sent(self, image: CalibratedImage) -> str:
        """Send an image that the service does not have; return its id."""
        head = io.BytesIO()
        samples = np.ascontiguousarray(image.data)
        np.lib.format.write_array_header_1_0(
            head, np.lib.format.header_data_from_array_1_0(samples)
        )
        parts = [
            memoryview(head.getvalue()),
            memoryview(cast("Any", samples.reshape(-1).view(np.uint8))),
        ]
        digest = hashlib.sha256()
        for part in parts:
            digest.update(part)
        said = described(image)
        key = hashlib.sha256(repr((digest.hexdigest(), said)).encode()).hexdigest()
        if key in self._known and self._is_there(self._known[key]):
            return self._known[key]
        size = sum(part.nbytes for part in parts)
        made = self._connection.json(
            "POST",
            "/v1/images",
            {
                "name": f"{image.name}.npy",
                "size": size,
                "sha256": digest.hexdigest(),
                "described": said,
            },
        )
        state = self._upload(made["id"], parts, size)
        if state["state"] != "ready":
            raise InputError(state["reason"])
        self._known[key] = made["id"]
        return str(made["id"])

    def _is_there(self, image: str) -> bool:
        try:
            return bool(self._connection.json("GET", f"/v1/images/{image}")["state"] == "ready")
        except ServiceError as error:
            if error.status == 404:
                return False
            raise

    def _upload(self, image: str, parts: list[memoryview], size: int) -> dict[str, Any]:
        """Send what is missing, part by part; what got lost on the way is sent again."""
        path = f"/v1/images/{image}"
        state: dict[str, Any] = self._connection.json("GET", path)
        while state["state"] == "receiving":
            at = int(state["received"])
            body = _cut(parts, at, min(PART, size - at))
            try:
                sent = self._connection.stream(
                    "PATCH",
                    path,
                    body,
                    {"Upload-Offset": str(at), "Content-Type": "application/octet-stream"},
                )
                state = as_json(b"".join(sent))
            except ServiceError as error:
                if error.status != 409:
                    raise
                state = self._connection.json("GET", path)
        return state

    def _wait(self, job: str, progress: Callable[[int, int], None] | None) -> None:
        """Wait for a job's end; a stream of events that breaks off is begun again."""
        while True:
            events = self._made()
            try:
                for line in events.lines(f"/v1/jobs/{job}/events"):
                    if not line.startswith(b"data: "):
                        continue
                    said = as_json(line.removeprefix(b"data: "))
                    if progress is not None and said["total"]:
                        progress(said["done"], said["total"])
                    if said["state"] in _ENDED:
                        return
            finally:
                events.close()
            if self._connection.json("GET", f"/v1/jobs/{job}")["state"] in _ENDED:
                return
            time.sleep(0.1)

    def _result(self, image: Any, source: CalibratedImage, number: str) -> Any:
        said = self._connection.json("GET", f"/v1/results/{number}")
        report = (
            None if said["report"] is None else RemoteReport(_table(said["table"]), said["report"])
        )
        made = {}
        for file in said["files"]:
            samples = np.load(
                io.BytesIO(fetched(self._connection, number, file)), allow_pickle=False
            )
            result = rebuilt(samples, file["image"])
            made[file["part"]] = replace(result, name=source.name, ome_xml=source.ome_xml)
        self._tidy(number)
        if said["kind"] == "report":
            return report
        return like(image, made[""]) if said["kind"] == "image" else Images(made, report)

    def _tidy(self, number: str) -> None:
        """Remove a job whose result is here; where that fails, it goes when its time is over."""
        with contextlib.suppress(ServiceError):
            self._connection.json("DELETE", f"/v1/jobs/{number}")


def _cut(parts: list[memoryview], start: int, length: int) -> bytes:
    """Return some of the bytes of several buffers."""
    made = []
    for part in parts:
        piece = part[max(0, start) : max(0, start + length)]
        if piece.nbytes:
            made.append(bytes(piece))
        start -= part.nbytes
    return b"".join(made)


def _table(said: Mapping[str, Any]) -> Table:
    return Table(
        said["title"],
        tuple(said["columns"]),
        tuple(tuple(row) for row in said["rows"]),
        tuple(said["notes"]),
    )


def _plain(name: str, value: Any) -> Any:
    """Return a parameter as JSON has it."""
    if value is None or isinstance(value, bool | str | int | float):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray) and 1 <= value.ndim <= 3:
        return _rows(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(name, one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(name, one) for one in value]
    if hasattr(value, "magnitude") and hasattr(value, "units"):
        return f"{value.magnitude!r} {value.units}"
    raise ArgumentError(f"{name}={value!r} cannot be sent; write it as text or numbers")


def _rows(kernel: np.ndarray[Any, Any]) -> str:
    """Return a small kernel as its text: numbers, ``;`` after rows, ``|`` after planes."""
    if kernel.ndim == 1:
        return " ".join(repr(float(one)) for one in kernel)
    return ("; " if kernel.ndim == 2 else " | ").join(_rows(part) for part in kernel)
