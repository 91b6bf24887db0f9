"""What every request has to pass before anything else looks at it."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import re
import secrets
import threading
import time
from collections import Counter, OrderedDict
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fiji_bridge_service.errors import RefusalError
from fiji_bridge_service.service import Service
from fiji_bridge_service.store import Session
from fiji_bridge_service.tokens import Token

_log = logging.getLogger(__name__)

#: The header in which the page proves that it is the page, with every request that it makes.
CSRF = "x-csrf-token"
#: Paths that need no token: the page with its parts, whether the service lives, and coming in.
PUBLIC = ("/", "/health", "/v1/session")
PUBLIC_FOLDER = "/page/"
#: Below this, a secret part of the path stands for a token.
LINKS = "/v1/links/"
#: Files of an OME-Zarr, which a viewer asks for by the hundred; and what it opens one by.
_IN_STORE = re.compile(r"(/v1/results/[0-9a-f]{32}|/v1/links/[^/]+)/[^/]+/.")
_LINK = re.compile(rf"^{LINKS}[^/]*(/|$)")
_OPENED = ("ome.zarr/zarr.json", "ome.zarr/.zattrs")
#: Users or addresses whose pace is remembered.
_REMEMBERED = 10_000

_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}


@dataclass(frozen=True)
class User:
    """Who asks: by a token, or by the session of a page."""

    name: str
    session: Session | None = None


class Pace:
    """How often each of many may do something: so many per second, and a burst (token bucket)."""

    def __init__(self, per_second: float, burst: float) -> None:
        self._rate = per_second
        self._burst = burst
        self._lock = threading.Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def left(self, who: str) -> float:
        """Return how often it may be done now."""
        with self._lock:
            amount, then = self._left.get(who, (self._burst, time.monotonic()))
            return min(self._burst, amount + (time.monotonic() - then) * self._rate)

    def take(self, who: str) -> None:
        """Do it once.

        Raises
        ------
        RefusalError
            429, with the seconds to wait.
        """
        amount = self.left(who)
        if amount < 1:
            wait = max(1, int((1 - amount) / self._rate + 0.999))
            raise RefusalError(429, "too many requests", headers={"Retry-After": str(wait)})
        with self._lock:
            self._left[who] = (amount - 1, time.monotonic())
            self._left.move_to_end(who)
            while len(self._left) > _REMEMBERED:
                self._left.popitem(last=False)


class Guard:
    """ASGI: judges a request, limits its body, and adds the headers that browsers obey.

    Parameters
    ----------
    app : ASGI application
    service : Service
    """

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service
        limits = service.settings.limits
        self._users = Pace(limits.requests_per_second, limits.burst)
        self._chunks = Pace(limits.chunks_per_second, 2 * limits.chunks_per_second)
        self._failures = Pace(limits.failures_per_minute / 60, limits.failures_per_minute)
        self.answers: Counter[tuple[str, int]] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection's request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        request = Request(scope)
        status = 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                given = {name for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(
                        (name.encode(), value.encode())
                        for name, value in _HEADERS.items()
                        if name.encode() not in given
                    ),
                ]
            await send(message)

        if route(request).startswith(LINKS):
            origin = request.headers["origin"] if self._is_viewer(request) else None
            send = _for_viewers(send, origin)
        body = Body(receive, self._service, request)
        scope["state"]["answers"] = self.answers
        try:
            user = self._judged(request)
            scope["state"]["user"] = user
            if request.method == "OPTIONS" and route(request).startswith(LINKS):
                await Response(status_code=204)(scope, receive, answer)
            else:
                await self._app(scope, body.receive, answer)
        except RefusalError as refusal:
            if not status:
                await problem(refusal)(scope, receive, answer)
        finally:
            self._written_down(request, status)

    def _judged(self, request: Request) -> User | None:
        limits = self._service.settings.limits
        if len(request.headers.raw) > limits.headers:
            raise RefusalError(431, "too many header fields")
        self._judge_host(request)
        self._judge_origin(request)
        path = route(request)
        address = request.client.host if request.client else ""
        user = self._user(request, address)
        if user is None and not (path in PUBLIC or path.startswith((PUBLIC_FOLDER, LINKS))):
            raise RefusalError(
                401, "a token is needed: Authorization: Bearer TOKEN",
                headers={"WWW-Authenticate": "Bearer"},
            )  # fmt: skip
        pace = self._chunks if _IN_STORE.match(path) else self._users
        pace.take(f"user {user.name}" if user else f"address {address}")
        return user

    def _judge_host(self, request: Request) -> None:
        """Answer only under the names of this service: a rebound name is another one."""
        hosts = request.headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._service.settings.known_hosts:
            raise RefusalError(421, "this service is not reached under that name")

    def _judge_origin(self, request: Request) -> None:
        """Refuse what another page has a browser do, but for reading by a link."""
        if self._is_viewer(request):
            return
        own = f"{request.url.scheme}://{request.headers['host']}".lower()
        if any(origin.lower() != own for origin in request.headers.getlist("origin")):
            raise RefusalError(403, "requests of pages from elsewhere are not answered")
        fetched = request.headers.get("sec-fetch-site", "none")
        if fetched not in ("none", "same-origin") and route(request) != "/":
            raise RefusalError(403, "requests of pages from elsewhere are not answered")

    def _is_viewer(self, request: Request) -> bool:
        """Whether a page that may read by links does so."""
        return (
            route(request).startswith(LINKS)
            and request.method in ("GET", "HEAD", "OPTIONS")
            and request.headers.getlist("origin")
            in [[one] for one in self._service.settings.viewers]
        )

    def guessed(self, request: Request) -> None:
        """Count a link that is none, as a wrong token is."""
        self.failed(request.client.host if request.client else "")

    def _user(self, request: Request, address: str) -> User | None:
        """Return who asks; nobody where no proof was given."""
        if route(request).startswith(LINKS):
            # The link is the proof; a cookie of the page counts for nothing here.
            if self._failures.left(address) < 1:
                raise RefusalError(429, "too many wrong links", headers={"Retry-After": "60"})
            return None
        proofs = request.headers.getlist("authorization")
        session = cookie(request, self._service)
        if not proofs and session is None:
            return None
        if self._failures.left(address) < 1:
            raise RefusalError(429, "too many wrong tokens", headers={"Retry-After": "60"})
        if proofs:
            scheme, _, given = proofs[0].partition(" ")
            token = self._service.tokens.find(given) if len(proofs) == 1 else None
            if scheme.lower() == "bearer" and token is not None:
                return User(token.owner)
        elif session is not None:
            found = self._of_session(session, request.headers.get(CSRF, ""))
            if found is not None:
                return found
            # The page itself and coming in anew are open to whoever has an old cookie.
            if route(request) in PUBLIC or route(request).startswith(PUBLIC_FOLDER):
                return None
        self.failed(address)
        raise RefusalError(
            401, "this token or session is not, or no more, one of this service",
            headers={"WWW-Authenticate": "Bearer"},
        )  # fmt: skip

    def _of_session(self, given: str, csrf: str) -> User | None:
        """Return the user of a page's session.

        The cookie alone is worth nothing, even for reading: a browser sends it to every port of
        this machine, and any account may listen on one. The other half stays in the page.
        """
        found = self._service.store.sessions.one(id=hashed(given))
        if found is None or found.expires < time.time():
            return None
        if not hmac.compare_digest(hashed(csrf), found.csrf):
            return None
        if not self._service.tokens.still(found.owner, bytes.fromhex(found.token)):
            return None
        return User(found.owner, found)

    def failed(self, address: str) -> None:
        """Count a wrong token."""
        self._failures.take(address)

    def open_session(self, request: Request, token: str) -> tuple[Session, str, str]:
        """Let a page in; return its session, the cookie's value and the page's half."""
        address = request.client.host if request.client else ""
        if self._failures.left(address) < 1:
            raise RefusalError(429, "too many wrong tokens", headers={"Retry-After": "60"})
        found: Token | None = self._service.tokens.find(token)
        if found is None:
            self.failed(address)
            raise RefusalError(401, "this is no token of this service")
        value, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        expires = time.time() + self._service.settings.session_hours * 3600
        session = Session(hashed(value), found.owner, found.digest.hex(), hashed(csrf), expires)
        return self._service.store.sessions.put(session), value, csrf

    def _written_down(self, request: Request, status: int) -> None:
        path = _LINK.sub(f"{LINKS}…/", route(request))
        # A template, where there is one: what is counted must not grow with what is asked.
        found = request.scope.get("endpoint_path", "other")
        self.answers[(found, status)] += 1
        if path == "/health" or path.startswith(PUBLIC_FOLDER):
            return
        if _IN_STORE.match(path) and status < 400 and not path.endswith(_OPENED):
            # One line for an OME-Zarr that is opened, not one for each chunk of it.
            return
        user: User | None = request.scope["state"].get("user")
        self._service.record(
            when=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            who=user.name if user else None,
            address=request.client.host if request.client else None,
            did=f"{request.method} {path}"[:300],
            status=status,
            **request.scope["state"].get("audit", {}),
        )


def _for_viewers(send: Send, origin: str | None) -> Send:
    """Let a page that may read by links, and no other one, read the answer."""

    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            said = {"vary": "Origin"}
            if origin is not None:
                said |= {
                    "access-control-allow-origin": origin,
                    "access-control-allow-headers": "Range",
                    "access-control-expose-headers": "Content-Length, Content-Range, ETag",
                }
            added = [(name.encode(), value.encode()) for name, value in said.items()]
            message["headers"] = [*message["headers"], *added]
        await send(message)

    return answer


class Body:
    """A request's body, within its limits."""

    def __init__(self, receive: Receive, service: Service, request: Request) -> None:
        self._receive = receive
        self._limits = service.settings.limits
        self._request = request
        self._count = 0
        self._ended = False
        self._deadline = time.monotonic() + self._limits.body_seconds

    async def receive(self) -> Message:
        """Return the next piece.

        Raises
        ------
        RefusalError
            413 for too much, 408 for too slow.
        """
        if self._ended:
            return await self._receive()
        limit = self._limits.part_bytes if self._is_part() else self._limits.json_bytes
        announced = self._request.headers.get("content-length", "0")
        if announced.isdecimal() and int(announced) > limit:
            raise RefusalError(
                413, f"a body of {announced} bytes; at most {limit} are taken at once"
            )
        if self._request.headers.get("content-encoding", "identity") != "identity":
            raise RefusalError(415, "bodies are taken as they are, not compressed")
        left = min(self._limits.idle_seconds, self._deadline - time.monotonic())
        try:
            message = await asyncio.wait_for(self._receive(), max(0.0, left))
        except TimeoutError:
            raise RefusalError(
                408, "the body did not come in time", headers={"Connection": "close"}
            ) from None
        self._count += len(message.get("body", b""))
        if self._count > limit:
            raise RefusalError(
                413, f"more than {limit} bytes at once", headers={"Connection": "close"}
            )
        self._ended = not message.get("more_body", False)
        return message

    def _is_part(self) -> bool:
        return self._request.method == "PATCH"


def route(request: Request) -> str:
    """Return the path without that at which a proxy puts the service."""
    path: str = request.scope["path"]
    return path.removeprefix(request.scope.get("root_path", "")) or "/"


def cookie_name(service: Service) -> str:
    """Return the name of the session's cookie; ports of one machine share their cookies."""
    return f"fiji_bridge_{service.settings.address[1]}"


def cookie(request: Request, service: Service) -> str | None:
    """Return the value of the session's cookie."""
    found = SimpleCookie()
    try:
        found.load(request.headers.get("cookie", ""))
    except CookieError:
        return None
    name = cookie_name(service)
    return found[name].value if name in found else None


def hashed(text: str) -> str:
    """Return what of a secret is kept."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def problem(refusal: RefusalError) -> Response:
    """Return a refusal as a response."""
    said = {"status": refusal.status, "detail": refusal.detail, **refusal.more}
    return JSONResponse(
        said, refusal.status, headers=refusal.headers, media_type="application/problem+json"
    )
