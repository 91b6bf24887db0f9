"""Build hook: runs Maven once and puts the jars into the package.

Third-party jars must have the sha256 that ``fiji_bridge/jars/jars.lock.json`` records.
Our own jar is compiled here; its sha256, which depends on the compiler, goes into
``fiji_bridge/jars/built.json`` beside it. Both records are verified when the JVM starts.

``python build_jars.py`` does the same without building a wheel;
``python build_jars.py --lock`` writes the lock anew after a change of java/pom.xml.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run as a script, outside a build
    BuildHookInterface = object  # type: ignore[assignment, misc]

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))  # a build front end starts elsewhere
import toolchain  # noqa: E402

JAVA = ROOT / "java"
JARS = ROOT / "fiji_bridge" / "jars"
LOCK = JARS / "jars.lock.json"
BUILT = JARS / "built.json"


class JarBuildHook(BuildHookInterface):  # type: ignore[misc]
    """Called by hatchling before it collects the files of the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the jars; the source distribution carries the Java sources instead."""
        if self.target_name == "wheel":
            build()


def build(*, lock: bool = False) -> None:
    """Compile and copy, unless the jars are already those of the present sources."""
    sources = sources_digest()
    if not lock and _up_to_date(sources):
        return
    # Clean, because Maven would keep the classes of sources that are gone.
    goals = ("-f", str(JAVA / "pom.xml"), "clean", "package", "-DskipTests")
    if toolchain.find().run(*goals) != 0:
        raise SystemExit(f"the Java build failed: mvn {' '.join(goals)}")
    libraries = sorted((JAVA / "target" / "runtime").glob("*.jar"))
    if lock:
        record = {
            jar.name: {"coordinate": _coordinate(jar), "sha256": _sha256(jar)} for jar in libraries
        }
        _write(LOCK, {"jars": record})
    locked = json.loads(LOCK.read_text(encoding="utf-8"))["jars"]
    found = {jar.name: _sha256(jar) for jar in libraries}
    expected = {name: entry["sha256"] for name, entry in locked.items()}
    if found != expected:
        differing = sorted(n for n in found | expected if found.get(n) != expected.get(n))
        raise SystemExit(
            f"these jars are not those of {LOCK.name}: {', '.join(differing)}; if java/pom.xml was "
            "changed on purpose, run 'python build_jars.py --lock' and check the lock in"
        )
    own = next((JAVA / "target").glob("fiji_bridge-*.jar"))
    wanted = {jar.name: jar for jar in (own, *libraries)}
    for old in JARS.glob("*.jar"):
        if old.name not in wanted:
            old.unlink()
    for name, jar in wanted.items():
        # Renamed into place, so that a JVM that runs keeps the file that it has opened.
        shutil.copy2(jar, JARS / f"{name}.part")
        (JARS / f"{name}.part").replace(JARS / name)
    version = own.stem.removeprefix("fiji_bridge-")
    entry = {"coordinate": f"org.fijibridge:fiji-bridge:{version}", "sha256": _sha256(own)}
    _write(BUILT, {"jars": {own.name: entry}, "sources": sources})


def sources_digest() -> str:
    """Return one sha256 over everything that the jar is made of."""
    digest = hashlib.sha256()
    for path in [JAVA / "pom.xml", *sorted((JAVA / "src" / "main").rglob("*"))]:
        if path.is_file():
            digest.update(path.relative_to(JAVA).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _up_to_date(sources: str) -> bool:
    try:
        built = json.loads(BUILT.read_text(encoding="utf-8"))
        locked = json.loads(LOCK.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    entries = {**built["jars"], **locked["jars"]}
    return built.get("sources") == sources and all(
        (JARS / name).is_file() and _sha256(JARS / name) == entry["sha256"]
        for name, entry in entries.items()
    )


def _coordinate(jar: Path) -> str:
    """Find group, artifact and version of a jar in Maven's local repository."""
    homes = (Path.home() / ".m2" / "repository", toolchain.FOLDER / "repository")
    repository, found = next(
        (home, p) for home in homes for p in home.rglob(jar.name) if _sha256(p) == _sha256(jar)
    )
    version, artifact = found.parent, found.parent.parent
    group = ".".join(artifact.parent.relative_to(repository).parts)
    return f"{group}:{artifact.name}:{version.name}"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _write(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    build(lock="--lock" in sys.argv[1:])
