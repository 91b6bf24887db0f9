"""Zarr stores on S3 and behind HTTP, by fsspec: patient, and their failures in words."""

from __future__ import annotations

import asyncio
import atexit
import os
import random
import threading
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

import aiohttp
from fsspec.config import conf
from fsspec.implementations.http import HTTPFileSystem
from zarr.abc.store import OffsetByteRequest, RangeByteRequest, SuffixByteRequest
from zarr.core.buffer import default_buffer_prototype
from zarr.core.sync import _get_loop, sync
from zarr.storage import FsspecStore

from fiji_bridge.errors import RemoteError
from fiji_bridge.formats.stores import MARKS
from fiji_bridge.image.places import Remote

#: Seconds before a request is made again that a server did not answer, or not now.
WAITS = (0.3, 0.6, 1.2, 2.4, 4.8)
#: Seconds for a connection, and for the next bytes.
_CONNECT = 10.0
_READ = 60.0
#: Answers of HTTP that may be others the next time.
_BUSY = (408, 425, 429, 500, 502, 503, 504)
#: Objects that S3 deletes by one request.
_AT_ONCE = 1000

Found = TypeVar("Found")


class RemoteStore(FsspecStore):
    """The store at an address.

    Parameters are those of zarr's `FsspecStore`; `at` makes one.

    Attributes
    ----------
    absent : set of str
        Keys that were asked for and are not there.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.absent: set[str] = set()
        self.place = Remote("")
        self._refused: Exception | None = None
        self._met = False
        self._repeats = 0
        self._lock = threading.Lock()

    @classmethod
    def at(cls, place: Remote, *, read_only: bool) -> RemoteStore:
        """Return the store at an address.

        Raises
        ------
        RemoteError
            If the configuration of fsspec or AWS makes no sense.
        """
        try:
            system = _filesystem(place.scheme)
        except ImportError:
            raise
        except Exception as error:
            raise RemoteError(f"cannot open {place}: {_text(error)}") from error
        path = place.url if place.scheme != "s3" else "/".join(place.parts)
        made = cls(system, path=path, read_only=read_only)
        made.place = place
        return made

    def with_read_only(self, read_only: bool = False) -> RemoteStore:
        """Return a store at the same address."""
        return RemoteStore.at(self.place, read_only=read_only)

    @property
    def supports_listing(self) -> bool:  # type: ignore[override]
        """Whether it says what lies in it: HTTP has no way to ask."""
        return self.place.scheme == "s3"

    async def get(self, key: str, prototype: Any, byte_range: Any = None) -> Any:
        """Return a value, or None where there is none."""
        try:
            found = await self._patiently("read", key, lambda: self._read(key, byte_range))
        except FileNotFoundError as error:
            if _code(error) == "NoSuchBucket":
                raise self._no_bucket("read") from error
        except _RefusedError as error:
            # Who may not list a bucket is refused what is not there, too.
            if key.rpartition("/")[2] not in (*MARKS, ".zmetadata"):
                raise
            self._refused = error
        else:
            return prototype.buffer.from_bytes(found)
        self.absent.add(key)
        return None

    async def get_partial_values(self, prototype: Any, key_ranges: Iterable[Any]) -> list[Any]:
        """Return parts of values."""
        return list(await asyncio.gather(*(self.get(k, prototype, r) for k, r in key_ranges)))

    async def set(self, key: str, value: Any, byte_range: Any = None) -> None:
        """Store a value."""
        self._check_writable()
        data = value.to_bytes()
        await self._write(key, lambda: self.fs._pipe_file(self._path(key), data))

    async def exists(self, key: str) -> bool:
        """Whether there is a value."""
        return await self.get(key, default_buffer_prototype()) is not None

    async def delete_dir(self, prefix: str) -> None:
        """Delete all values below a key."""
        await self._delete(await self._keys(prefix))

    def is_zarr(self) -> bool:
        """Whether a Zarr lies here.

        Raises
        ------
        RemoteError
            If the store cannot be reached, or does not let one look.
        """

        async def look() -> bool:
            prototype = default_buffer_prototype()
            found = await asyncio.gather(*(self.get(mark, prototype) for mark in MARKS))
            return any(one is not None for one in found)

        there = sync(look())
        if not there and self._refused is not None:
            raise self._refused
        return there

    def load(self, key: str, last: int | None = None) -> bytes | None:
        """Return a value, or so many of its last bytes; None where there is none."""
        part = None if last is None else SuffixByteRequest(last)
        found = sync(self.get(key, default_buffer_prototype(), part))
        return None if found is None else bytes(found.to_bytes())

    def save(self, key: str, data: bytes) -> None:
        """Store a value."""
        sync(self.set(key, default_buffer_prototype().buffer.from_bytes(data)))

    def create(self, key: str, data: bytes) -> bool:
        """Store a value where there is none; return whether it is the one that is there."""

        async def put() -> None:
            await self._write(key, lambda: self.fs._pipe_file(self._path(key), data, mode="create"))

        try:
            sync(put())
        except FileExistsError:
            # Perhaps by an answer that got lost.
            return self.load(key) == data
        return True

    def keys(self, prefix: str = "") -> list[str]:
        """Return the keys below another one."""
        return sync(self._keys(prefix))

    def load_all(self, keys: Iterable[str]) -> dict[str, bytes]:
        """Return several values, without those that are not there."""
        wanted = list(keys)

        async def get() -> dict[str, bytes]:
            limit = asyncio.Semaphore(16)

            async def one(key: str) -> Any:
                async with limit:
                    return await self.get(key, default_buffer_prototype())

            found = await asyncio.gather(*map(one, wanted))
            return {
                key: bytes(value.to_bytes())
                for key, value in zip(wanted, found, strict=True)
                if value is not None
            }

        return sync(get())

    def clear_all(self, prefix: str = "") -> None:
        """Delete all that is here or below a key; first what makes it look like an image."""
        keys = self.keys(prefix)
        marks = [key for key in keys if key.rpartition("/")[2] in MARKS]
        sync(self._delete(sorted(marks, key=lambda key: (key.count("/"), key))))
        sync(self._delete(sorted(set(keys).difference(marks))))

    def remove(self, key: str) -> None:
        """Delete a value."""
        sync(self._delete([key]))

    def take_repeats(self) -> int:
        """Return how many requests were made again since this was asked last."""
        with self._lock:
            found, self._repeats = self._repeats, 0
        return found

    def _path(self, key: str) -> str:
        return f"{self.path}/{key}"

    async def _read(self, key: str, part: Any) -> bytes:
        """Return a value or a part of it, from servers that know of no parts as well."""
        path, cat = self._path(key), self.fs._cat_file
        try:
            if isinstance(part, RangeByteRequest):
                found: bytes = await cat(path, start=part.start, end=part.end)
                if len(found) > part.end - part.start:
                    found = found[part.start : part.end]
            elif isinstance(part, SuffixByteRequest):
                found = (await cat(path, start=-part.suffix))[-part.suffix :]
            elif isinstance(part, OffsetByteRequest):
                found = (await cat(path))[part.offset :]
            else:
                found = await cat(path)
        except Exception as error:
            # A part behind the end of what is there.
            if _status(error) == 416:
                return b""
            raise
        return found

    async def _write(self, key: str, work: Callable[[], Awaitable[object]]) -> None:
        try:
            await self._patiently("write", key, work)
        except FileNotFoundError as error:
            raise self._no_bucket("write") from error

    async def _keys(self, prefix: str) -> list[str]:
        below = self._path(prefix).rstrip("/")

        async def find() -> list[str]:
            try:
                return list(await self.fs._find(below))
            except FileNotFoundError as error:
                if _code(error) == "NoSuchBucket":
                    raise self._no_bucket("read") from error
                return []

        found = await self._patiently("list", prefix, find)
        return [path[len(self.path) + 1 :] for path in found if path.startswith(below + "/")]

    async def _delete(self, keys: list[str]) -> None:
        for first in range(0, len(keys), _AT_ONCE):
            paths = [self._path(key) for key in keys[first : first + _AT_ONCE]]
            await self._patiently("delete", keys[first], partial(self.fs._bulk_delete, paths))

    async def _patiently(self, verb: str, key: str, work: Callable[[], Awaitable[Found]]) -> Found:
        """Do what may fail, again where that may help."""
        tries = 0
        while True:
            tries += 1
            try:
                found = await work()
            except (FileNotFoundError, FileExistsError, MemoryError, RemoteError):
                raise
            except Exception as error:
                if _status(error) == 412:
                    raise FileExistsError(key) from error
                if tries > len(WAITS) or not self._may_pass(error):
                    raise self._in_words(error, verb, key, tries) from error
                with self._lock:
                    self._repeats += 1
                await asyncio.sleep(WAITS[tries - 1] * random.uniform(0.5, 1.0))
            else:
                self._met = True
                return found

    def _may_pass(self, error: Exception) -> bool:
        """Whether the same request may go well another time."""
        status = _status(error)
        if status is not None:
            return status in _BUSY
        passing, absent = _failures(self.place.scheme)
        # A server that was never there is not waited for.
        return isinstance(error, passing) and (self._met or not isinstance(error, absent))

    def _in_words(self, error: Exception, verb: str, key: str, tries: int) -> RemoteError:
        what = f"cannot {verb} {self.place / key if key else self.place}"
        status = _status(error)
        if status in (401, 403):
            remedy = ""
            if self.place.scheme == "s3":
                remedy = (
                    "; credentials are taken from where AWS's own tools look for them, and none "
                    "with FSSPEC_S3_ANON=true in the environment"
                )
            return _RefusedError(f"{what}: access is refused ({status}){remedy}")
        if status in _BUSY:
            return RemoteError(f"{what}: the server answers {status}, {tries} times")
        if status is not None:
            return RemoteError(f"{what}: the server answers {status} ({_text(error)})")
        if isinstance(error, _failures(self.place.scheme)[1]) and not self._met:
            return RemoteError(f"cannot reach {self.place}: {_text(error)}")
        return RemoteError(f"{what}: the server does not answer, {tries} times ({_text(error)})")

    def _no_bucket(self, verb: str) -> RemoteError:
        return RemoteError(
            f"cannot {verb} {self.place}: there is no bucket {self.place.parts[0]!r}"
        )


class _RefusedError(RemoteError):
    """What a store does not let one do."""


def _status(error: BaseException) -> int | None:
    """Return the answer of HTTP that a failure is."""
    if isinstance(error, aiohttp.ClientResponseError):
        return error.status
    if isinstance(error, PermissionError):
        return 403
    found = getattr(error.__cause__ or error, "response", None)
    if isinstance(found, dict):
        status = found.get("ResponseMetadata", {}).get("HTTPStatusCode")
        return None if status is None else int(status)
    return None


def _code(error: BaseException) -> str:
    """Return S3's own name of a failure."""
    found = getattr(error.__cause__ or error, "response", None)
    return str(found.get("Error", {}).get("Code")) if isinstance(found, dict) else ""


def _text(error: BaseException) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__


Failures = tuple[type[Exception], ...]


def _failures(scheme: str) -> tuple[Failures, Failures]:
    """Return the failures of connections, and those of them where none came about."""
    passing: Failures = (aiohttp.ClientError, TimeoutError, ConnectionError)
    absent: Failures = (aiohttp.ClientConnectorError,)
    if scheme == "s3":
        from botocore import exceptions, parsers

        passing += (
            exceptions.HTTPClientError,
            exceptions.IncompleteReadError,
            parsers.ResponseParserError,
        )
        absent += (
            exceptions.EndpointConnectionError,
            exceptions.ConnectTimeoutError,
            exceptions.ProxyConnectionError,
            exceptions.SSLError,
        )
    return passing, absent


_opened: dict[Any, Any] = {}
_opening = threading.Lock()


def _filesystem(scheme: str) -> Any:
    """Return fsspec's file system; another one where the environment has changed."""
    named = ("AWS_", "FSSPEC_")
    settings = sorted((k, v) for k, v in os.environ.items() if k.startswith(named))
    key = scheme, tuple(settings)
    with _opening:
        if key not in _opened:
            _opened[key] = _s3() if scheme == "s3" else _http(scheme)
        return _opened[key]


def _http(scheme: str) -> Any:
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT, sock_read=_READ)
    client = {"timeout": timeout, "trust_env": True, **_configured(scheme, "client_kwargs")}
    return HTTPFileSystem(asynchronous=True, skip_instance_cache=True, client_kwargs=client)


def _s3() -> Any:
    """Return S3's; requests are repeated here, in one way for all stores."""
    from s3fs import S3FileSystem

    config = {
        "connect_timeout": _CONNECT, "read_timeout": _READ,
        "retries": {"total_max_attempts": 1}, **_configured("s3", "config_kwargs"),
    }  # fmt: skip
    own: dict[str, Any] = {}
    if not {"anon", "key", "username", "profile", "session"} & set(conf.get("s3", {})):
        import botocore.session

        own["anon"] = botocore.session.Session().get_credentials() is None
    found = S3FileSystem(
        asynchronous=True, skip_instance_cache=True, use_listings_cache=False,
        # With more, each object is asked for its size before it is read.
        max_concurrency=1, config_kwargs=config, **own,
    )  # fmt: skip
    found.retries = 1
    return found


def _configured(scheme: str, name: str) -> dict[str, Any]:
    """Return what fsspec's own configuration says."""
    return dict(conf.get(scheme, {}).get(name, {}))


async def _end_tasks() -> None:
    """End the requests that nobody waits for any more: those beside one that failed."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.wait(others)


@atexit.register
def _close() -> None:
    """End what is under way and the connections, or what made them complains."""
    with suppress(Exception):
        sync(_end_tasks(), timeout=1)
    for found in _opened.values():
        session = getattr(found, "_s3creator", None) or getattr(found, "_session", None)
        if session is not None:
            with suppress(Exception):
                found.close_session(_get_loop(), session)
