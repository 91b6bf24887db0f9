"""The ASGI application: routes behind the guard."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route as StarletteRoute

from fiji_bridge_service.api import ROUTES, Call, Route
from fiji_bridge_service.errors import RefusalError
from fiji_bridge_service.guards import Guard, problem
from fiji_bridge_service.service import Service

_log = logging.getLogger(__name__)
_PAGE = Path(__file__).parent / "page"
#: The files of the page, and nothing else that may come to lie beside them.
_PARTS = {
    "index.html": "text/html",
    "style.css": "text/css",
    "app.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}


class _Id(Convertor[str]):
    regex = "[0-9a-f]{32}"

    def convert(self, value: str) -> str:
        """Return the id as it is."""
        return value

    def to_string(self, value: str) -> str:
        """Return the id as it is."""
        return value


register_url_convertor("id", _Id())


def make_app(service: Service) -> Guard:
    """Return the application around a service."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        import asyncio

        tidy = asyncio.create_task(service.keep_tidy())
        try:
            yield
        finally:
            tidy.cancel()
            await asyncio.to_thread(service.close)

    app = Starlette(
        routes=[
            StarletteRoute("/", _page("index.html"), methods=["GET"]),
            *(StarletteRoute(f"/page/{name}", _page(name), methods=["GET"]) for name in _PARTS),
        ],
        lifespan=lifespan,
        exception_handlers={
            RefusalError: _refused,
            HTTPException: _of_starlette,
            Exception: _failed,
        },
    )
    # A path with a slash more is another path.
    app.router.redirect_slashes = False
    guard = Guard(app, service)
    for path in dict.fromkeys(route.path for route in ROUTES):
        ways = {route.method: route for route in ROUTES if route.path == path}
        app.router.routes.append(
            StarletteRoute(path, _endpoint(service, guard, ways), methods=[*ways])
        )
    return guard


def _endpoint(service: Service, guard: Guard, ways: dict[str, Route]) -> Any:
    async def endpoint(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        route = ways[method]
        request.scope["endpoint_path"] = f"{method} {route.shown}"
        return await route.call(Call(service, guard, request))

    return endpoint


def _page(name: str) -> Any:
    async def endpoint(request: Request) -> Response:
        request.scope["endpoint_path"] = "page"
        return FileResponse(_PAGE / name, media_type=_PARTS[name])

    return endpoint


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, RefusalError)
    return problem(error)


async def _of_starlette(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(RefusalError(error.status_code, str(error.detail), headers=error.headers))


async def _failed(_: Request, error: Exception) -> Response:
    _log.error("a request failed", exc_info=error)
    return problem(
        RefusalError(500, f"the service failed ({type(error).__name__}); its log says more")
    )
