"""Servers on this machine: S3 (moto) and plain HTTP, which fail on request."""

from __future__ import annotations

import functools
import http.server
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: What a server does instead of answering a request: a status of HTTP, or "cut" for an answer that
#: breaks off in the middle. It is given method and path.
Fault = Callable[[str, str], int | str | None]


def no_fault(method: str, path: str) -> None:
    """Answer."""


def every(number: int, fault: int | str, what: str = "") -> Fault:
    """Fail at each so many requests for paths that contain a text."""
    calls = [0]
    lock = threading.Lock()

    def chosen(method: str, path: str) -> int | str | None:
        if what not in path:
            return None
        with lock:
            calls[0] += 1
            return fault if calls[0] % number == 0 else None

    return chosen


@dataclass
class Server:
    """A server that runs.

    Attributes
    ----------
    url : str
    fault : callable
    requests : list of (method, path, authorization)
    """

    url: str
    fault: Fault = no_fault
    requests: list[tuple[str, str, str | None]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def seen(self, method: str, path: str, authorization: str | None) -> Iterator[Any]:
        """Note a request; give the fault that it meets."""
        with self.lock:
            self.requests.append((method, path, authorization))
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            yield self.fault(method, path)
        finally:
            with self.lock:
                self.at_once -= 1


class _Files(http.server.SimpleHTTPRequestHandler):
    """Python's own server of files."""

    def __init__(self, *args: Any, mine: Server, ranges: bool, **options: Any) -> None:
        self._mine, self._ranges = mine, ranges
        super().__init__(*args, **options)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        found = re.match(r"bytes=(\d*)-(\d*)$", self.headers.get("Range") or "")
        with self._mine.seen("GET", self.path, self.headers.get("Authorization")) as fault:
            if isinstance(fault, int):
                self.send_error(fault)
            elif fault == "cut":
                self.send_response(200)
                self.send_header("Content-Length", "1000000")
                self.end_headers()
                self.wfile.write(b"half of it")
            elif found and self._ranges:
                self._part(found[1], found[2])
            else:
                super().do_GET()

    def _part(self, first: str, last: str) -> None:
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        data = path.read_bytes()
        start, stop = (int(first), int(last) + 1) if first else (-int(last), None)
        data = data[start:stop]
        self.send_response(206)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class _Quiet(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *args: Any) -> None:
        """Say nothing of clients that went away."""


@contextmanager
def http_server(folder: Path, *, port: int = 0, ranges: bool = False) -> Iterator[Server]:
    """Serve a folder, with parts of files (ranges) or without, as Python's own server does."""
    mine = Server("")
    handler = functools.partial(_Files, mine=mine, ranges=ranges, directory=str(folder))
    server = _Quiet(("127.0.0.1", port), handler)
    mine.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield mine
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def s3_server() -> Iterator[Server]:
    """Run moto's S3."""
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        def log(self, *args: Any, **options: Any) -> None:
            """Say nothing."""

    mine = Server("")
    app = DomainDispatcherApplication(create_backend_app)

    def answer(environ: dict[str, Any], start: Any) -> Any:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        with mine.seen(method, path, environ.get("HTTP_AUTHORIZATION")) as fault:
            if isinstance(fault, int):
                environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
                code = {403: "AccessDenied", 503: "SlowDown"}.get(fault, "InternalError")
                start(f"{fault} Fault", [("Content-Type", "application/xml")])
                said = f"<Error><Code>{code}</Code><Message>Said by the test</Message></Error>"
                return [said.encode()]
            if fault == "cut":
                start("200 OK", [("Content-Length", "1000000")])
                return [b"half of it"]
            return list(app(environ, start))

    server = make_server("127.0.0.1", 0, answer, threaded=True, request_handler=Quiet)
    mine.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield mine
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
