"""What whoever runs the service may configure; the same names in the TOML file and here."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from fiji_bridge import system
from fiji_bridge.commands.running import macro_text
from fiji_bridge.errors import FileError, InputError
from fiji_bridge.image.memory import total_bytes
from fiji_bridge.image.tomltext import read_toml

_MiB = 2**20
_GiB = 2**30
_Positive = Annotated[float, Field(gt=0)]
_Count = Annotated[int, Field(ge=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Limits(_Strict):
    """What one request or one user may take.

    Attributes
    ----------
    json_bytes, part_bytes : int
        Of a body of JSON, and of one part of an upload.
    image_bytes : int
        Of one image: its file, and its samples once they are decoded.
    header_bytes, headers : int
    connections : int
        Open at once, all users together.
    streams : int
        Of events, open at once, of one user.
    jobs : int
        Queued or running, of one user.
    requests_per_second, burst : float
        Of one user; and of one address that has not said who it is.
    chunks_per_second : float
        Files of OME-Zarr of one user, and a burst of twice as many.
    failures_per_minute : float
        Wrong tokens of one address.
    header_seconds, body_seconds, idle_seconds, write_seconds : float
        How long a request's head, its whole body, one silence in its body, and one silence of a
        client that is being answered may last.
    """

    json_bytes: _Count = 4 * _MiB
    part_bytes: _Count = 64 * _MiB
    image_bytes: _Count = 8 * _GiB
    header_bytes: _Count = 16 * 1024
    headers: _Count = 64
    connections: _Count = 256
    streams: _Count = 16
    jobs: _Count = 1000
    requests_per_second: _Positive = 50
    chunks_per_second: _Positive = 2000
    burst: _Positive = 200
    failures_per_minute: _Positive = 20
    header_seconds: _Positive = 10
    body_seconds: _Positive = 300
    idle_seconds: _Positive = 20
    write_seconds: _Positive = 60


class Settings(_Strict):
    """The configuration of a service.

    Attributes
    ----------
    data : Path
        Folder of mode 0700 for images, jobs and results.
    listen : str
        ``ADDRESS:PORT``.
    tokens : Path or None
        File of mode 0600; by default ``tokens`` in `data`, made at the first start.
    hosts : tuple of str
        Names, with their port where they have one, under which it is reached beside loopback and
        the address that it listens on.
    proxies : tuple of str
        Addresses whose ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are believed.
    base_path : str
        Where a proxy puts it: ``/fiji``; the proxy takes it off the path.
    roots : mapping of str to Path
        Folders whose files may be used without an upload, by the names that users see.
    macros : mapping of str to Path
        ImageJ macros that jobs may run, by the names that users give.
    commands : tuple of str
        Labels of ImageJ commands that jobs may run, with any options.
    free_macros : bool
        Whether jobs may run any macro text. A macro reads and writes files and starts programs: who
        has a token then has the account that the service runs in, the data of all users included.
    workers, quick_workers : int
        Processes for jobs; and for reading, plans, views and previews.
    threads : int or None
        Of one job; by default the processors shared out among `workers`.
    heap : str or None
        Largest Java heap of one worker.
    scheduler : str or None
        Address of a dask scheduler whose workers do the blocks of OME-Zarr, such as
        ``tcp://host:8786``; they see `data` and `roots` at the same paths, as the same account.
    job_seconds, quick_seconds : float
    blocks_seconds : float
        Instead of `job_seconds`, of a job on an OME-Zarr.
    memory : int or None
        Bytes that running jobs may need together; by default three quarters of the memory.
    retention_hours : float
        Images that nobody used and jobs that ended go after that.
    quota : int
        Bytes of images and results of one user.
    min_free : int
        Bytes that stay free on the disk.
    recovery : {"again", "interrupted"}
        What becomes of a job that ran when the service died.
    attempts : int
        How often a job is begun at most.
    grace_seconds : float
        How long running jobs may go on after SIGTERM; then they are handed back to the queue.
    session_hours : float
        Of the page.
    link_hours : float
        How long an address by which a result is read without a token is one; 0: there are none.
    viewers : tuple of str
        Pages of other addresses that may read by such links, by their origins:
        ``https://hms-dbmi.github.io``.
    """

    data: Path = Path(platformdirs.user_data_dir("fiji_bridge")) / "service"
    listen: str = "127.0.0.1:8765"
    tokens: Path | None = None
    hosts: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    base_path: str = Field(default="", pattern=r"^(/[A-Za-z0-9._~-]+)*$")
    roots: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")], Path] = {}
    macros: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")], Path] = {}
    commands: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = ()
    free_macros: bool = False
    workers: _Count = 1
    quick_workers: _Count = 1
    threads: _Count | None = None
    heap: str | None = None
    scheduler: Annotated[str, Field(pattern=r"^[a-z+]+://[^\s/]+$")] | None = None
    job_seconds: _Positive = 3600
    blocks_seconds: _Positive = 7 * 24 * 3600
    quick_seconds: _Positive = 30
    memory: _Count | None = None
    retention_hours: _Positive = 7 * 24
    quota: _Count = 50 * _GiB
    min_free: Annotated[int, Field(ge=0)] = _GiB
    recovery: Literal["again", "interrupted"] = "again"
    attempts: _Count = 3
    grace_seconds: Annotated[float, Field(ge=0)] = 10
    session_hours: _Positive = 12
    link_hours: Annotated[float, Field(ge=0)] = 0
    viewers: tuple[Annotated[str, Field(pattern=r"^https?://[a-z0-9.-]+(:[0-9]+)?$")], ...] = ()
    limits: Limits = Limits()

    @field_validator("listen")
    @classmethod
    def _address(cls, given: str) -> str:
        split_address(given)
        return given

    @field_validator("roots")
    @classmethod
    def _folders(cls, given: dict[str, Path]) -> dict[str, Path]:
        for name, folder in given.items():
            if not folder.is_absolute() or not folder.is_dir():
                raise ValueError(f"the root {name} must be the absolute path of a folder")
        # Resolved once: what a link in a path leads to is compared with these.
        return {name: Path(os.path.realpath(folder)) for name, folder in given.items()}

    @field_validator("macros")
    @classmethod
    def _texts(cls, given: dict[str, Path]) -> dict[str, Path]:
        for name, path in given.items():
            if not path.is_absolute():
                raise ValueError(f"the macro {name} must be the absolute path of a file")
            try:
                macro_text(path)
            except FileError as error:
                raise ValueError(f"the macro {name}: {error}") from None
        return given

    @property
    def runs_imagej(self) -> bool:
        """Whether jobs may run ImageJ's own commands or macros."""
        return bool(self.macros or self.commands or self.free_macros)

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens: host and port."""
        return split_address(self.listen)

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        host, _ = self.address
        return host == "localhost" or ipaddress.ip_address(host).is_loopback

    @property
    def memory_budget(self) -> int:
        """Bytes that running jobs may need together."""
        return self.memory or total_bytes() * 3 // 4

    @property
    def threads_of_job(self) -> int:
        """Threads of one job."""
        return self.threads or max(1, system.processors() // self.workers)

    @property
    def blocks(self) -> dict[str, int | None]:
        """How an OME-Zarr is worked through: blocks at a time, their threads, their memory.

        On this machine half of what a job may have: the rest is the JVM's and Python's. On a
        cluster its workers say what they have.
        """
        at_once = min(2, self.threads_of_job)
        memory = self.memory_budget // (2 * self.workers * at_once)
        return {
            "workers": at_once,
            "threads": self.threads_of_job // at_once,
            "memory": None if self.scheduler else memory,
        }

    @property
    def known_hosts(self) -> frozenset[str]:
        """Values of ``Host`` that are answered; any other may be a rebound name."""
        host, port = self.address
        own = ["127.0.0.1", "localhost", "[::1]"] if self.is_loopback else []
        if host not in ("0.0.0.0", "::", "localhost"):
            own.append(f"[{host}]" if ":" in host else host)
        found = {f"{name}:{port}" for name in own}
        if port == 80:
            found |= set(own)
        return frozenset(name.lower() for name in (*found, *self.hosts))


def split_address(text: str) -> tuple[str, int]:
    """Return host and port of ``127.0.0.1:8765``, ``localhost:8765`` or ``[::1]:8765``.

    Raises
    ------
    ValueError
    """
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise ValueError(f"{text!r} is no ADDRESS:PORT, such as 127.0.0.1:8765")
    if host != "localhost":
        ipaddress.ip_address(host)
    return host, int(port)


def load(path: Path | None, **given: Any) -> Settings:
    """Return the settings of a TOML file, and those given beside it, which count more.

    Raises
    ------
    InputError
        Names the setting that makes no sense, or that does not exist.
    """
    found: dict[str, Any] = {}
    if path is not None:
        try:
            found = read_toml(path, "the configuration", InputError)
        except FileNotFoundError as error:
            raise InputError(f"cannot read the configuration {path}: {error.strerror}") from None
    found |= {key: value for key, value in given.items() if value is not None}
    try:
        return Settings(**found)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(f"the setting {where}: {first['msg']}; got {first['input']!r}") from None


def check_private(path: Path) -> None:
    """Refuse a file or folder that other accounts of the machine can look into.

    Raises
    ------
    InputError
    """
    if not system.is_private(path):
        raise InputError(
            f"{path} can be read by others: it must belong to you alone "
            f"(chmod {'700' if path.is_dir() else '600'} {path})"
        )
