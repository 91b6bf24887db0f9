"""Fiji's own updater installs from our update site, and brings a folder up to date with it."""

from __future__ import annotations

import gzip
import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import serving
from conftest import FIJI
from fiji_bridge import __version__
from fiji_bridge.install import updatesite
from fiji_bridge.install.updatesite import update_site
from fiji_bridge.jvm.jars import verified

pytestmark = pytest.mark.fiji

#: A JDK, which can run a source file; a gateway puts its own Java first on the PATH later.
JAVA = shutil.which("java") or "java"
PROGRAM = Path(__file__).parent / "Updater.java"
FIRST = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SECOND = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
MACRO, DROPPED = "macros/fiji_bridge/gaussian.ijm", "macros/fiji_bridge/gaussian_batch.ijm"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """Serve the folder ``www`` on this machine alone."""
    (tmp_path / "www").mkdir()
    with serving.served(tmp_path / "www") as address:
        yield address


@pytest.fixture
def fiji_site(tmp_path: Path, served: str) -> str:
    """A stand-in of Fiji's own site, which has ImgLib2."""
    jar = next(jar.path for jar in verified() if jar.path.name.startswith("imglib2-"))
    data, name = jar.read_bytes(), f"jars/{jar.name}"
    stored = tmp_path / "www" / "fiji" / f"{name}-20250101000000"
    stored.parent.mkdir(parents=True)
    stored.write_bytes(data)
    (tmp_path / "www" / "fiji" / "db.xml.gz").write_bytes(
        gzip.compress(
            f'<pluginRecords><plugin filename="{name}"><version timestamp="20250101000000" '
            f'checksum="{updatesite.file_checksum(name, data)}" filesize="{len(data)}"/>'
            "</plugin></pluginRecords>".encode()
        )
    )
    return f"{served}/fiji/"


class Updater:
    """Fiji's updater at work on a folder with two update sites."""

    def __init__(self, folder: Path, sites: dict[str, str]) -> None:
        self.folder, self.sites = folder, sites

    def __call__(self) -> tuple[list[list[str]], list[str]]:
        """Update; return status, path and the two checksums of each file, and other lines."""
        assert FIJI
        given = [text for site in self.sites.items() for text in site]
        done = subprocess.run(
            [JAVA, "-Djava.awt.headless=true", "-cp", f"{FIJI}/jars/*", str(PROGRAM),
             str(self.folder), *given],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        lines = [line.split("\t") for line in done.stdout.splitlines()]
        return [line for line in lines if len(line) == 4], [
            "\t".join(line) for line in lines if len(line) != 4
        ]


@pytest.fixture
def updater(tmp_path: Path, served: str, fiji_site: str) -> Updater:
    if not list(Path(str(FIJI), "jars").glob("imagej-updater-*.jar")):
        pytest.skip("the Fiji in FIJI_BRIDGE_FIJI has no jars/imagej-updater")
    folder = tmp_path / "Fiji.app"
    for name in ("plugins", "jars", "macros"):
        (folder / name).mkdir(parents=True)
    return Updater(folder, {"Lab": f"{served}/lab/", "Fiji": fiji_site})


def installed(folder: Path) -> dict[str, bytes]:
    """Return what lies where commands, macros and libraries do."""
    paths = (p for root in ("plugins", "jars", "macros") for p in (folder / root).rglob("*"))
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in paths if p.is_file()}


def test_installs_everything_and_finds_it_up_to_date(tmp_path: Path, updater: Updater) -> None:
    update_site(tmp_path / "www" / "lab", now=FIRST)
    files, said = updater()
    # ImgLib2 was not chosen: our jar depends on it.
    (notice,) = said
    assert "since other files depend on them: jars/imglib2-" in notice
    assert {status for status, *_ in files} == {"INSTALLED"}
    assert all(local == listed for _, _, local, listed in files)
    found = installed(updater.folder)
    (imglib2,) = (name for name in found if name.startswith("jars/"))
    del found[imglib2]
    assert found == updatesite._files()


def test_brings_an_older_version_up_to_date(
    tmp_path: Path, updater: Updater, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "www" / "lab"
    update_site(site, now=FIRST)
    updater()
    files = updatesite._files()
    (jar,) = (name for name in files if name.endswith(".jar"))
    newer = re.sub(re.escape(__version__), "99.0", jar)
    now = {MACRO: files[MACRO] + b"// more\n", newer: with_another_entry(files[jar])}
    monkeypatch.setattr(updatesite, "_files", lambda: now)
    update_site(site, now=SECOND)
    found, _ = updater()
    there = installed(updater.folder)
    assert {name: there.get(name) for name in now} == now
    assert jar not in there, "the older jar is gone"
    assert DROPPED not in there, "what the site dropped is gone"
    assert {status for status, name, *_ in found if name in now} == {"INSTALLED"}


def with_another_entry(jar: bytes) -> bytes:
    stream = io.BytesIO(jar)
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("more.txt", "more")
    return stream.getvalue()


def test_notices_a_file_that_was_changed_by_hand(tmp_path: Path, updater: Updater) -> None:
    update_site(tmp_path / "www" / "lab", now=FIRST)
    updater()
    macro = updater.folder / MACRO
    macro.write_bytes(macro.read_bytes() + b"// mine\n")
    files, _ = updater()
    assert [name for status, name, *_ in files if status == "MODIFIED"] == [MACRO]
    assert macro.read_bytes().endswith(b"// mine\n")
