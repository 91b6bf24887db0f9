"""The jars that come with the package, and the proof that they are the right ones."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from fiji_bridge.errors import JarError
from fiji_bridge.jvm import cache

#: Folder of the jars, filled by the build.
FOLDER = Path(__file__).resolve().parent.parent / "jars"
#: Checked-in record of the libraries: file name → Maven coordinate and sha256.
LOCK = "jars.lock.json"
#: Record of our own jar, written by the build that compiled it.
BUILT = "built.json"
#: What to do about a broken jar.
REMEDY = "install the package again: pip install --force-reinstall fiji-bridge"


@dataclass(frozen=True)
class Jar:
    """A jar with the digest it must have.

    Attributes
    ----------
    path : Path
    coordinate : str
        Maven's group:artifact:version.
    sha256 : str
        Of the file that was locked or built.
    """

    path: Path
    coordinate: str
    sha256: str

    def problem(self) -> str | None:
        """Return what is wrong with the file, or None."""
        try:
            found = hashlib.sha256(self.path.read_bytes()).hexdigest()
        except OSError as error:
            return f"{self.path.name} is missing ({error.strerror})"
        if found != self.sha256:
            return f"{self.path.name} was changed: sha256 {found}, expected {self.sha256}"
        return None


def bundled() -> list[Jar]:
    """Return our own jar first, then the libraries.

    Raises
    ------
    JarError
        If the build's records are missing.
    """
    jars: list[Jar] = []
    for record in (BUILT, LOCK):
        try:
            entries = json.loads((FOLDER / record).read_text(encoding="utf-8"))["jars"]
        except (OSError, ValueError, KeyError) as error:
            raise JarError(
                f"the record of the bundled jars {FOLDER / record} cannot be read "
                f"({error}); {REMEDY}"
            ) from None
        jars += [Jar(FOLDER / name, e["coordinate"], e["sha256"]) for name, e in entries.items()]
    return jars


def verified() -> list[Jar]:
    """Return the bundled jars after checking every digest, once for each change of a file.

    Raises
    ------
    JarError
        If a jar is missing or is not the one that was built in.
    """
    jars = bundled()
    known = cache.load("digests")
    found: dict[str, str] = {}
    for jar in jars:
        try:
            file = cache.fingerprint(jar.path)
        except OSError:
            file = ""
        if known.get(file) == jar.sha256:
            continue
        if (problem := jar.problem()) is not None:
            raise JarError(f"{problem}; {REMEDY}")
        found[file] = jar.sha256
    if found:
        cache.store("digests", found)
    return jars
