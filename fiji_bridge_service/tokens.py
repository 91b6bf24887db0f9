"""Who may use the service: tokens in a file, compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import threading
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from fiji_bridge.errors import InputError
from fiji_bridge_service.settings import check_private

#: The token of the user who is called ``environment``.
VARIABLE = "FIJI_BRIDGE_TOKEN"
_SHORTEST = 24
_NAME = re.compile(r"^[A-Za-z0-9._@-]{1,64}$")


@dataclass(frozen=True)
class Token:
    """One line of the file: who, the digest of the token, and its last day."""

    owner: str
    digest: bytes
    until: date | None = None

    @property
    def is_valid(self) -> bool:
        """Whether its last day is not over, in UTC."""
        return self.until is None or datetime.now(UTC).date() <= self.until


class Tokens:
    """The tokens of a file, read again when it changes: who is taken out is out at once.

    A line is ``NAME TOKEN`` or ``NAME TOKEN UNTIL`` with a date such as ``2027-01-31``.

    Parameters
    ----------
    path : Path
        Made, with one token for ``owner``, where it does not exist.

    Raises
    ------
    InputError
        If others can read the file, or a line makes no sense.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._found: tuple[Token, ...] = ()
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(f"owner {secrets.token_urlsafe(32)}\n")
        self.all()

    def all(self) -> tuple[Token, ...]:
        """Return the tokens as the file has them now."""
        with self._lock:
            found = self.path.stat()
            stamp = (found.st_mtime_ns, found.st_size)
            if stamp != self._stamp:
                check_private(self.path)
                self._found = _read(self.path)
                self._stamp = stamp
            return self._found

    def find(self, given: str) -> Token | None:
        """Return the token that was given; every one is compared, in constant time."""
        digest = digest_of(given)
        found = None
        for token in self.all():
            if hmac.compare_digest(token.digest, digest) and token.is_valid:
                found = token
        return found

    def still(self, owner: str, digest: bytes) -> bool:
        """Whether a token by which somebody came in is still one."""
        return any(
            token.owner == owner and token.is_valid and hmac.compare_digest(token.digest, digest)
            for token in self.all()
        )

    def has(self, owner: str) -> bool:
        """Whether a user has a token still."""
        return any(token.owner == owner and token.is_valid for token in self.all())


def digest_of(text: str) -> bytes:
    """Return what of a secret is kept."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _read(path: Path) -> tuple[Token, ...]:
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        parts = line.split()
        if not parts or parts[0].startswith("#"):
            continue
        # No part of the line is repeated: it holds a secret.
        where = f"line {number} of {path}"
        if len(parts) not in (2, 3) or not _NAME.match(parts[0]):
            raise InputError(f"{where} is not 'NAME TOKEN' or 'NAME TOKEN UNTIL'")
        if len(parts[1]) < _SHORTEST:
            raise InputError(f"{where}: a token has at least {_SHORTEST} characters")
        try:
            until = date.fromisoformat(parts[2]) if len(parts) == 3 else None
        except ValueError:
            raise InputError(f"{where}: the last day is a date such as 2027-01-31") from None
        found.append(Token(parts[0], digest_of(parts[1]), until))
    given = os.environ.get(VARIABLE)
    if given is not None:
        if len(given) < _SHORTEST:
            raise InputError(f"{VARIABLE}: a token has at least {_SHORTEST} characters")
        found.append(Token("environment", digest_of(given)))
    return tuple(found)
