"""HTTP to one service: a token, retries, and problems as exceptions."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from fiji_bridge import errors
from fiji_bridge._version import __version__
from fiji_bridge.errors import InputError, MacroError, ServiceError
from fiji_bridge.image.jsontext import json_text, parse_json

#: Attempts at one request, and the seconds before the second one; each further one waits longer.
ATTEMPTS = 5
_WAIT = 0.2
#: Answers after which the same request is made again.
_BUSY = (429, 503)
_PIECE = 1 << 20


@dataclass(frozen=True)
class RemoteStore:
    """An OME-Zarr that a service keeps.

    Attributes
    ----------
    job : str
    url : str
        For zarr, napari and others, which send `headers` with each request.
    headers : mapping of str to str
        With the token.
    """

    job: str
    url: str
    headers: Mapping[str, str] = field(repr=False)

    def open(self) -> Any:
        """Return it as a `zarr.Group`, whose chunks come as they are read.

        Raises
        ------
        InputError
            Where zarr, fsspec or aiohttp are not installed.
        """
        options = {"headers": dict(self.headers)}
        try:
            import zarr

            return zarr.open_group(self.url, mode="r", storage_options=options)
        except ImportError as error:
            raise InputError(
                f"an OME-Zarr is read over HTTP by zarr, fsspec and aiohttp ({error}): pip install "
                "zarr fsspec aiohttp"
            ) from None


class Connection:
    """Requests to a service, one after the other.

    Parameters
    ----------
    url : str
        ``http://host:port`` or ``https://host/path``.
    token : str
        Sent in a header, never in an address.
    timeout : float
        Seconds of silence.

    Raises
    ------
    InputError
        For an address of another form.
    """

    def __init__(self, url: str, token: str, *, timeout: float = 60) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
            raise InputError(f"{url!r} is no address of a service, such as http://127.0.0.1:8765")
        if parts.username or parts.password:
            raise InputError("a token does not belong into an address; give it as token=")
        if not token.isascii() or not token.isprintable():
            raise InputError("a token is made of ASCII letters, digits and signs")
        self.url = url
        self._base = parts.path.rstrip("/")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else _Plain
        self._http = kind(parts.hostname, parts.port, timeout=timeout)
        self._headers = {
            "Authorization": f"Bearer {token}",
            "User-Agent": f"fiji_bridge/{__version__}",
        }

    def json(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Make a request and return what is answered."""
        sent = None if body is None else json_text(body).encode()
        headers = {} if sent is None else {"Content-Type": "application/json"}
        return parse_json(b"".join(self.stream(method, path, sent, headers)))

    def stream(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Iterator[bytes]:
        """Make a request and yield the answer's body.

        Raises
        ------
        InputError
            For what makes no sense, as the function itself would.
        ServiceError
            For the rest.
        """
        answer = self._answer(method, path, body, headers or {})
        while piece := answer.read(_PIECE):
            yield piece

    def lines(self, path: str) -> Iterator[bytes]:
        """Yield the lines of an answer as they come; one connection is for this alone."""
        answer = self._answer("GET", path, None, {})
        try:
            while line := answer.readline():
                yield line.rstrip(b"\r\n")
        except (OSError, http.client.HTTPException):
            return
        finally:
            self._http.close()

    def _answer(
        self, method: str, path: str, body: Any, headers: Mapping[str, str]
    ) -> http.client.HTTPResponse:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._http.request(
                    method, self._base + path, body=body, headers={**self._headers, **headers}
                )
                answer = self._http.getresponse()
            except (OSError, http.client.HTTPException) as error:
                self._http.close()
                if attempt == ATTEMPTS:
                    reason = getattr(error, "strerror", None) or error or type(error).__name__
                    raise ServiceError(f"cannot reach {self.url}: {reason}") from None
                time.sleep(_WAIT * 2**attempt)
                continue
            if answer.status < 400:
                return answer
            text = answer.read()
            if answer.status not in _BUSY or attempt == ATTEMPTS:
                raise _problem(answer.status, text)
            given = answer.getheader("Retry-After", "")
            time.sleep(float(given) if given.isdecimal() else _WAIT * 2**attempt)
        raise AssertionError

    def store(self, job: str, name: str) -> RemoteStore:
        """Return an OME-Zarr among a job's results."""
        headers = {"Authorization": self._headers["Authorization"]}
        return RemoteStore(job, f"{self.url.rstrip('/')}/v1/results/{job}/{name}", headers)

    def close(self) -> None:
        """Close the connection; the next request opens it again."""
        self._http.close()


class _Plain(http.client.HTTPConnection):
    """Without a pause between a request's head and its body: Nagle's algorithm off."""

    def connect(self) -> None:
        """Connect."""
        import socket

        super().connect()
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _problem(status: int, text: bytes) -> Exception:
    """Return the exception that a problem stands for."""
    found = parse_json(text)
    said = found if isinstance(found, dict) else {}
    detail = str(said.get("detail") or http.client.responses.get(status, "no answer"))
    if status == 422:
        return refusal(str(said.get("error", "")), detail)
    return ServiceError(f"{detail} ({status})", status=status)


def refusal(kind: str, detail: str) -> Exception:
    """Return an exception of the class that the service met, or an `InputError`."""
    found = getattr(errors, kind, None)
    if not (isinstance(found, type) and issubclass(found, InputError | MacroError)):
        found = InputError
    return found(detail)


def as_json(text: bytes) -> dict[str, Any]:
    """Return the value of the data of an event."""
    found: dict[str, Any] = json.loads(text)
    return found
