"""The service without HTTP: images, plans, jobs and results of users who are known by name."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import logging.handlers
import os
import re
import secrets
import time
import unicodedata
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from fiji_bridge import system
from fiji_bridge.commands.workers import Workers
from fiji_bridge.errors import FijiBridgeError, InputError, WorkerError
from fiji_bridge.image.jsontext import json_text
from fiji_bridge_service import allowed, roots
from fiji_bridge_service.errors import RefusalError, sentence
from fiji_bridge_service.events import Events
from fiji_bridge_service.files import Files
from fiji_bridge_service.scheduler import Scheduler
from fiji_bridge_service.settings import Settings
from fiji_bridge_service.store import OPEN, Image, Job, Link, Store, new_id
from fiji_bridge_service.stores import COORDINATING
from fiji_bridge_service.tokens import Tokens, digest_of
from fiji_bridge_service.work import Source, digest

_log = logging.getLogger(__name__)
#: Seconds between two looks at what is out of date.
_SWEEP = 60.0
#: Bytes of one of the five files of the audit log.
_AUDIT_BYTES = 20 * 2**20
#: Categories of characters that change how others are read, or are no text.
_NOT_SHOWN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")

#: The path of a file in an OME-Zarr: no part of it begins with a dot, but for Zarr's own names.
_PART = re.compile(
    r"([A-Za-z0-9_][A-Za-z0-9._-]*/)*([A-Za-z0-9_][A-Za-z0-9._-]*|\.z(array|attrs|group|metadata))"
)


class Service:
    """What the routes do; each function takes the owner first, and finds nothing of others.

    Parameters
    ----------
    settings : Settings

    Raises
    ------
    InputError
        If the data directory or the token file is open to others.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.files = Files(settings)
        try:
            self.tokens = Tokens(settings.tokens or self.files.folder / "tokens")
            self.store = Store(self.files.folder / "store.sqlite")
            self.events = Events()
            self.started = time.time()
            self.stopping = False
            self.audit = _audit_log(self.files.folder / "audit.log")
            self.scheduler = Scheduler(
                settings, self.store, self.files, self.events, self._prepared
            )
        except BaseException:
            self.files.close()
            raise
        self._quick = Workers(
            settings.quick_workers, heap="512m", timeout=settings.quick_seconds, recycle=1000
        )
        self._finishing: dict[str, asyncio.Lock] = {}
        self.files.sweep(self.store)
        self.scheduler.start_what_fits()

    async def keep_tidy(self) -> None:
        """Remove what is out of date, for ever; and start what has room by now."""
        while True:
            await asyncio.sleep(_SWEEP)
            try:
                await asyncio.to_thread(self.files.sweep, self.store)
                await asyncio.to_thread(self.scheduler.start_what_fits)
            except Exception:
                _log.exception("sweep")

    def close(self) -> None:
        """End the workers and let go of the data directory."""
        self.stopping = True
        self.events.tell_all()
        self.scheduler.stop()
        self._quick.close()
        self.store.close()
        for handler in list(self.audit.handlers):
            handler.close()
            self.audit.removeHandler(handler)
        self.files.close()

    async def quick(self, function: str, *arguments: Any) -> Any:
        """Have a short thing done by a worker.

        Raises
        ------
        RefusalError
            422 where what was asked makes no sense, 504 where it takes too long.
        """
        for _ in range(2):
            future = self._quick.submit(f"fiji_bridge_service.work:{function}", *arguments)
            try:
                return await asyncio.wrap_future(future)
            except asyncio.CancelledError:
                self._quick.cancel(future)
                raise
            except WorkerError as error:
                _log.warning("%s: %s", function, error)
                if "no answer within" in str(error):
                    raise RefusalError(
                        504, f"this took longer than {self.settings.quick_seconds:g} s"
                    ) from None
            except FijiBridgeError as error:
                raise RefusalError(
                    422, sentence(error, (self.files.folder, "")), error=type(error).__name__
                ) from None
            # Once it may have been anything, such as a system that is short of memory.
        raise RefusalError(422, "the image made the process that read it die")

    # Images

    def announce(
        self, owner: str, name: str, size: int, sha256: str, said: Mapping[str, Any]
    ) -> Image:
        """Make room for an upload."""
        limits = self.settings.limits
        if size > limits.image_bytes:
            raise RefusalError(
                413, f"{size} bytes are more than the {limits.image_bytes} of one image"
            )
        now = time.time()
        with self.store.locked():
            if self.store.used(owner) + size > self.settings.quota:
                raise RefusalError(507, f"{size} bytes are more than the quota leaves")
            if size > self.files.room():
                raise RefusalError(507, "the disk of the service is nearly full")
            image = Image(new_id(), owner, shown(name), size, sha256, now, now, said=dict(said))
            path = self.files.image(image.id)
            path.parent.mkdir(mode=0o700)
            path.touch(mode=0o600)
            self.store.images.put(image)
        return image

    async def receive(self, image: Image, offset: int, parts: AsyncIterator[bytes]) -> Image:
        """Append to an upload; the last byte has it checked and read."""
        if image.state != "receiving":
            raise RefusalError(409, f"this image is {image.state}")
        lock = self._finishing.setdefault(image.id, asyncio.Lock())
        if lock.locked():
            raise RefusalError(409, "another part of this image is being received")
        async with lock:
            try:
                await self._append(image, offset, parts)
                received = self.received(image)
                if received == image.size:
                    image = await self._finish(image)
            finally:
                self._finishing.pop(image.id, None)
        return image

    async def _append(self, image: Image, offset: int, parts: AsyncIterator[bytes]) -> None:
        path = self.files.image(image.id)
        received = self.received(image)
        if offset != received:
            raise RefusalError(
                409, f"the next byte is number {received}, not {offset}", received=received
            )
        with path.open("ab") as file:
            async for part in parts:
                if received + len(part) > image.size:
                    raise RefusalError(413, f"this is more than the {image.size} bytes announced")
                received += len(part)
                # The disk may be slow, and others are served meanwhile.
                await asyncio.to_thread(file.write, part)
            file.flush()
            await asyncio.to_thread(system.sync_file, file.fileno())

    async def _finish(self, image: Image) -> Image:
        path = self.files.image(image.id)
        found = await asyncio.to_thread(digest, path)
        if found != image.sha256:
            return self._refuse(image, f"the digest of what came is {found}, not the one announced")
        try:
            seen = await self.quick("inspect", self.source(image))
        except RefusalError as refusal:
            if refusal.status != 422:
                raise
            return self._refuse(image, refusal.detail)
        return self.store.images.change(image, state="ready", found=seen, used=time.time())

    def _refuse(self, image: Image, reason: str) -> Image:
        self.files.remove_image(image.id)
        return self.store.images.change(image, state="refused", reason=reason)

    async def refer(self, owner: str, root: str, path: str) -> Image:
        """Use a file where it is."""
        folder = self.root(root)
        try:
            real = roots.resolve(folder, path)
            stamp = roots.stamp(real)
        except InputError as error:
            raise RefusalError(422, str(error)) from None
        now = time.time()
        image = Image(
            new_id(), owner, shown(real.name), stamp["size"], "", now, now,
            origin={"root": root, "path": path, "stamp": stamp},
        )  # fmt: skip
        seen = await self.quick("inspect", self.source(image))
        return self.store.images.put(replace(image, state="ready", found=seen))

    def root(self, name: str) -> Path:
        """Return the folder of a root."""
        found = self.settings.roots.get(name)
        if found is None:
            raise RefusalError(404, "there is no such root")
        return found

    def received(self, image: Image) -> int:
        """Return how many bytes of an image are here."""
        if image.state == "ready":
            return image.size
        with contextlib.suppress(OSError):
            return self.files.image(image.id).stat().st_size
        return 0

    def image(self, owner: str, number: str, *, ready: bool = False) -> Image:
        """Return an image of a user's own; of others' nobody learns that they exist."""
        found = self.store.images.one(id=number, owner=owner)
        if found is None:
            raise RefusalError(404, "there is no such image")
        if ready and found.state != "ready":
            raise RefusalError(409, f"this image is {found.state}")
        return self.store.images.change(found, used=time.time()) if ready else found

    def remove_image(self, image: Image) -> None:
        """Remove an image that no open job needs."""
        with self.store.locked():
            if self.store.jobs.find(image=image.id, state=OPEN):
                raise RefusalError(
                    409, "a job that waits or runs needs this image; cancel it first"
                )
            self.store.images.remove(image)
        self.files.remove_image(image.id)

    def source(self, image: Image) -> Source:
        """Return where an image is."""
        limit = self.settings.limits.image_bytes
        known = image.found.get("bytes", 0)
        if not image.origin:
            path = self.files.image(image.id)
            return Source(str(path), image.name, image.said, "", {}, limit, known)
        root = self.root(image.origin["root"])
        try:
            real = roots.resolve(root, image.origin["path"])
        except InputError as error:
            raise RefusalError(422, str(error)) from None
        return Source(str(real), image.name, {}, str(root), image.origin["stamp"], limit, known)

    def _prepared(self, job: Job) -> tuple[Source, dict[str, Any]]:
        """Return where a job's image is, and what its worker is asked."""
        found = self.store.images.one(id=job.image, owner=job.owner)
        if found is None:
            raise RefusalError(404, "the image of this job is gone")
        asked = job.request
        if allowed.is_imagej(asked):
            asked = asked | allowed.call(self.settings, asked)
        scheduler = {"scheduler": self.settings.scheduler}
        return self.source(found), asked | {"blocks": asked.get("blocks", {}) | scheduler}

    # Jobs

    async def plan(self, owner: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a job would do."""
        image = self.image(owner, asked["image"], ready=True)
        asked = {**asked, "blocks": self.settings.blocks}
        found: dict[str, Any] = await self.quick("plan", self.source(image), image.found, asked)
        return found

    async def submit(self, owner: str, asked: Mapping[str, Any], key: str) -> Job:
        """Queue a job; one with a key that is known is the one that was queued then."""
        known = self.store.jobs.one(owner=owner, key=key) if key else None
        if known is not None:
            return known
        image = self.image(owner, asked["image"], ready=True)
        source = self.source(image)
        own = ["ome.zarr"] if source.is_store else ["tif"]
        asked = {**asked, "formats": asked["formats"] or own, "blocks": self.settings.blocks}
        if source.is_store:
            _check_by_blocks(asked)
        need = await self._needed(owner, asked, image)
        asked["threads"] = self.settings.threads_of_job
        job = Job(new_id(), owner, asked["image"], key, asked, need, time.time())
        return await asyncio.to_thread(self.scheduler.admit, job)

    async def _needed(self, owner: str, asked: Mapping[str, Any], image: Image) -> int:
        """Return the bytes of memory that a job is expected to need."""
        if allowed.is_imagej(asked):
            allowed.call(self.settings, asked)
            return allowed.needed_bytes(image.found["bytes"])
        planned = await self.plan(owner, asked)
        if not self.source(image).is_store:
            return int(planned["total_bytes"])
        written = sum(one["written_bytes"] for one in planned["plan"]["passes"].values())
        if written > self.files.room():
            raise RefusalError(
                507, f"the result has {written} bytes before compression, more than the disk has"
            )
        return COORDINATING if self.settings.scheduler else int(planned["total_bytes"])

    def job(self, owner: str, number: str) -> Job:
        """Return a job of a user's own."""
        found = self.store.jobs.one(id=number, owner=owner)
        if found is None:
            raise RefusalError(404, "there is no such job")
        return found

    def remove_job(self, job: Job) -> None:
        """Remove a job that has ended, and its result."""
        with self.store.locked():
            if job.state in OPEN:
                raise RefusalError(409, "this job has not ended; cancel it first")
            self.store.jobs.remove(job)
        self.files.remove_result(job.id)

    def file(self, job: Job, name: str) -> tuple[Path, dict[str, Any]]:
        """Return a file of a result, or the folder of an OME-Zarr, and what is known of it."""
        if job.state != "done":
            raise RefusalError(409, f"this job is {job.state}; it has no result")
        for known in job.result["files"]:
            if known["name"] == name:
                return self.files.result(job.id) / known["name"], known
        raise RefusalError(404, "there is no such file of this result")

    def part(self, job: Job, name: str, path: str) -> Path:
        """Return a file of an OME-Zarr among the files of a result."""
        folder, known = self.file(job, name)
        refusal = RefusalError(404, "there is no such file of this OME-Zarr")
        if known["format"] != "ome.zarr" or not _PART.fullmatch(path):
            raise refusal
        found = Path(os.path.realpath(folder / path))
        if found != folder / path or not found.is_file():
            raise refusal
        return found

    def link(self, job: Job) -> tuple[str, Link]:
        """Make an address by which a result is read without a token; return its secret part."""
        hours = self.settings.link_hours
        if not hours:
            raise RefusalError(403, "this service makes no links: its link_hours are 0")
        if not any(file["format"] == "ome.zarr" for file in job.result.get("files", ())):
            raise RefusalError(409, "links are for results that are an OME-Zarr")
        secret = secrets.token_urlsafe(32)
        expires = time.time() + hours * 3600
        link = Link(digest_of(secret).hex(), job.owner, job.id, expires)
        return secret, self.store.links.put(link)

    def linked(self, secret: str) -> Job | None:
        """Return the job that a link is of; None where there is none, or its owner is out."""
        found = self.store.links.one(id=digest_of(secret).hex())
        if found is None or found.expires < time.time() or not self.settings.link_hours:
            return None
        if not self.tokens.has(found.owner):
            return None
        return self.store.jobs.one(id=found.job, owner=found.owner)

    def record(self, **said: Any) -> None:
        """Write one line into the audit log; texts of others cannot begin a new one."""
        self.audit.info(json_text(said))


def _check_by_blocks(asked: Mapping[str, Any]) -> None:
    """Refuse what an OME-Zarr, which is never held whole, cannot be asked for."""
    if allowed.is_imagej(asked):
        raise RefusalError(
            422, "macros and commands hold an image in memory; write a part of it as TIFF"
        )
    if asked["formats"] != ["ome.zarr"]:
        raise RefusalError(422, 'the result of an OME-Zarr is one too: formats ["ome.zarr"]')
    if asked.get("check"):
        raise RefusalError(422, "a result that is made by blocks is not cross-checked")


def shown(name: str) -> str:
    """Return a name of others as it can be shown: one line, nothing that hides or reorders."""
    clean = "".join(
        "_" if unicodedata.category(one) in _NOT_SHOWN or one in "/\\" else one for one in name
    )
    return clean.strip()[:200] or "image"


def _audit_log(path: Path) -> logging.Logger:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.close(descriptor)
    handler = logging.handlers.RotatingFileHandler(
        path, maxBytes=_AUDIT_BYTES, backupCount=4, encoding="utf-8"
    )
    # Of this service alone: nothing of it reaches other logs of the process.
    log = logging.Logger(f"{__name__}.audit", logging.INFO)
    log.addHandler(handler)
    return log
