"""What has to survive a restart, and a kill at any point: SQLite in WAL mode.

Rows are written in one transaction each, and files get their final names before the row that names
them is written: what a row says is there.
"""

from __future__ import annotations

import json
import re
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

#: 128 random bits.
ID = re.compile(r"^[0-9a-f]{32}$")
#: States of a job that has not come to its end.
OPEN = ("queued", "running")


def new_id() -> str:
    """Return a name that nobody can guess."""
    return secrets.token_hex(16)


@dataclass(frozen=True)
class Image:
    """An image: uploaded, or a file under a root.

    Attributes
    ----------
    id, owner, name : str
    size : int
        Bytes of the file.
    sha256 : str
        Said before the upload, and checked after it.
    state : {"receiving", "ready", "refused"}
    reason : str
        Why it was refused.
    origin : dict
        ``{}`` for an upload, else ``root``, ``path`` and what the file looked like then.
    said : dict
        The description that came with an ``.npy`` file; see `fiji_bridge.client.wire`.
    found : dict
        What reading it showed; see `fiji_bridge_service.work.inspect`.
    created, used : float
        Seconds since 1970.
    """

    id: str
    owner: str
    name: str
    size: int
    sha256: str
    created: float
    used: float
    state: str = "receiving"
    reason: str = ""
    origin: dict[str, Any] = field(default_factory=dict)
    said: dict[str, Any] = field(default_factory=dict)
    found: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """A job, and what came of it.

    Attributes
    ----------
    id, owner, image : str
    key : str
        By which a client recognises a job that it has submitted already.
    request : dict
        As it was checked: operation, parameters, how the image is understood, formats.
    state : {"queued", "running", "done", "failed", "cancelled", "interrupted"}
    need : int
        Bytes of memory, by the plan.
    attempts : int
        How often it was begun.
    error, kind, output : str
        Why it failed; the class of the error, where it is one of the package; the last lines of a
        worker that died.
    result : dict
    size : int
        Bytes of the result's files.
    created, started, ended : float
    """

    id: str
    owner: str
    image: str
    key: str
    request: dict[str, Any]
    need: int
    created: float
    state: str = "queued"
    attempts: int = 0
    started: float = 0.0
    ended: float = 0.0
    error: str = ""
    kind: str = ""
    output: str = ""
    size: int = 0
    result: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Session:
    """Somebody who gave the token to the page; `id` and `csrf` are digests, in hexadecimal."""

    id: str
    owner: str
    token: str
    csrf: str
    expires: float


@dataclass(frozen=True)
class Link:
    """An address by which the result of one job is read without a token; `id` is a digest."""

    id: str
    owner: str
    job: str
    expires: float


Row = TypeVar("Row", Image, Job, Session, Link)


class Table(Generic[Row]):
    """Rows of one kind, by their id."""

    def __init__(self, store: Store, kind: type[Row]) -> None:
        self._store = store
        self._kind: Any = kind
        self._name = kind.__name__.lower()
        self._fields = [one.name for one in fields(kind)]
        columns = ", ".join(
            f"{name} PRIMARY KEY" if name == "id" else name for name in self._fields
        )
        store.execute(f"CREATE TABLE IF NOT EXISTS {self._name} ({columns})")

    def put(self, row: Row) -> Row:
        """Insert or replace a row, durably."""
        marks = ", ".join("?" * len(self._fields))
        values = [
            json.dumps(value) if isinstance(value, dict) else value
            for value in asdict(row).values()
        ]
        changed = ", ".join(f"{name} = excluded.{name}" for name in self._fields)
        self._store.execute(
            f"INSERT INTO {self._name} VALUES ({marks}) ON CONFLICT (id) DO UPDATE SET {changed}",
            values,
        )
        return row

    def change(self, row: Row, **changes: Any) -> Row:
        """Write a row with some values changed."""
        return self.put(replace(row, **changes))

    def find(self, **where: Any) -> list[Row]:
        """Return the rows that have these values, oldest first; a tuple means any of its values."""
        texts: list[str] = []
        values: list[Any] = []
        for name, value in where.items():
            several = value if isinstance(value, tuple) else (value,)
            texts.append(f"{name} IN ({', '.join('?' * len(several))})")
            values += several
        condition = f" WHERE {' AND '.join(texts)}" if texts else ""
        found = self._store.execute(f"SELECT * FROM {self._name}{condition} ORDER BY rowid", values)
        return [self._row(row) for row in found]

    def one(self, **where: Any) -> Row | None:
        """Return the row that has these values."""
        return next(iter(self.find(**where)), None)

    def remove(self, row: Row) -> None:
        """Take a row out."""
        self._store.execute(f"DELETE FROM {self._name} WHERE id = ?", [row.id])

    def _row(self, values: tuple[Any, ...]) -> Row:
        made = dict(zip(self._fields, values, strict=True))
        for one in fields(self._kind):
            if one.default_factory is dict or one.name == "request":
                made[one.name] = json.loads(made[one.name])
        row: Row = self._kind(**made)
        return row


class Store:
    """The database of one service.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.execute("PRAGMA journal_mode = WAL")
        self.execute("PRAGMA synchronous = FULL")
        self.images = Table(self, Image)
        self.jobs = Table(self, Job)
        self.sessions = Table(self, Session)
        self.links = Table(self, Link)

    def execute(self, statement: str, values: list[Any] | tuple[Any, ...] = ()) -> list[Any]:
        """Run one statement."""
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let no other thread change anything between reading and writing."""
        with self._lock:
            yield

    def used(self, owner: str) -> int:
        """Return the bytes that a user's images and results take; uploads count as announced."""
        images = self.execute(
            "SELECT total(size) FROM image WHERE owner = ? AND origin = '{}' "
            "AND state != 'refused'",
            [owner],
        )
        results = self.execute("SELECT total(size) FROM job WHERE owner = ?", [owner])
        return int(images[0][0] + results[0][0])

    def close(self) -> None:
        """Write everything into the one file, and close it."""
        with self._lock:
            self._connection.close()
