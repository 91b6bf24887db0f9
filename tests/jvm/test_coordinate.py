"""A Maven coordinate instead of a folder: the jars of the Fiji, out of a repository made here."""

from __future__ import annotations

import json
import re
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from conftest import FIJI, run_python
from serving import served

pytestmark = [pytest.mark.jvm, pytest.mark.fiji]

POM = (
    '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>{}'
    "<dependencyManagement><dependencies>{}</dependencies></dependencyManagement>"
    "<dependencies>{}</dependencies></project>"
)


class Artifact(NamedTuple):
    group: str
    name: str
    version: str

    def element(self) -> str:
        return (
            f"<groupId>{self.group}</groupId><artifactId>{self.name}</artifactId>"
            f"<version>{self.version}</version>"
        )

    def dependency(self) -> str:
        return f"<dependency>{self.element()}</dependency>"


class Repository(NamedTuple):
    address: str
    version: str
    #: Of imglib2-imglyb, which imglyb asks for by a version of its own.
    imglyb: str


def artifact_of(jar: Path) -> Artifact:
    """Read which artifact a jar is; one that does not say gets a group of its own."""
    with zipfile.ZipFile(jar) as archive:
        for entry in archive.namelist():
            found = re.fullmatch(r"META-INF/maven/([^/]+)/([^/]+)/pom\.properties", entry)
            if found and re.fullmatch(rf"{re.escape(found[2])}-\d.*", jar.stem):
                return Artifact(found[1], found[2], jar.stem.removeprefix(f"{found[2]}-"))
    return Artifact("a.folder", jar.stem, "1")


def publish(repository: Path, artifact: Artifact, jar: Path, needs: list[Artifact]) -> None:
    """Put a jar and its POM where Maven looks for them."""
    folder = repository.joinpath(*artifact.group.split("."), artifact.name, artifact.version)
    folder.mkdir(parents=True)
    file = folder / f"{artifact.name}-{artifact.version}"
    file.with_name(f"{file.name}.jar").symlink_to(jar)
    needed = "".join(one.dependency() for one in needs)
    pom = POM.format(artifact.element(), needed, needed)
    file.with_name(f"{file.name}.pom").write_text(pom)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    """Serve the folder's jars as net.imagej:imagej and what it needs."""
    assert FIJI
    jars = {artifact_of(jar): jar for jar in sorted(Path(FIJI, "jars").glob("*.jar"))}
    by_name = {artifact.name: artifact for artifact in jars}
    for name in ("imagej", "imglib2-imglyb"):
        if name not in by_name:
            pytest.skip(f"the Fiji in FIJI_BRIDGE_FIJI has no jars/{name} that names its version")
    root = tmp_path_factory.mktemp("repository")
    main = by_name["imagej"]
    for artifact, jar in jars.items():
        publish(root, artifact, jar, [a for a in jars if a != main] if artifact == main else [])
    with served(root) as address:
        yield Repository(address, main.version, by_name["imglib2-imglyb"].version)


def run(repository: Repository, start: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Start by a coordinate, with no server in reach but the one here, and blur."""
    only = {"central": repository.address, "scijava.public": repository.address}
    code = (
        "import json, numpy as np, scyjava\n"
        f"scyjava.config.add_repositories({only})\n"
        "scyjava.config.set_java_constraints(fetch='auto')\n"
        "import fiji_bridge\n"
        f"coordinate = 'net.imagej:imagej:{repository.version}'\n"
        f"{start}\n"
        "blurred = fiji_bridge.gaussian(np.ones((3, 4, 5), 'f4'), sigma='1 px')\n"
        "dataset = fiji_bridge.to_imagej(blurred, 'dataset', copy=False)\n"
        "print(json.dumps({\n"
        "    'sum': round(float(blurred.sum()), 3), 'engine': blurred.provenance[-1]['engine'],\n"
        "    'runtime': session.settings.runtime, 'version': str(session.ij.getVersion()),\n"
        "    'macro': fiji_bridge.run_macro('return \"m\";').value,\n"
        "    'shared': str(dataset.getClass().getSimpleName()),\n"
        "}))"
    )
    nowhere = "http://127.0.0.1:9"  # the port that discards: no server is there
    env: dict[str, str | None] = {
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), nowhere),
        **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1"),
        "FIJI_BRIDGE_FIJI": None, "HOME": str(folder), "M2_REPO": str(folder / "m2"),
        "IMGLIB2_IMGLYB_VERSION": repository.imglyb,
    }  # fmt: skip
    return run_python(["-c", code], env=env)


@pytest.mark.parametrize(
    ("start", "runtime"),
    [
        (
            "import imagej\n"
            "ij = imagej.init(coordinate, mode='headless'); session = fiji_bridge.start()\n"
            "assert session.ij.context() == ij.context()",
            "guest",
        ),
        ("session = fiji_bridge.start(maven=coordinate, heap='500m')", "maven"),
    ],
    ids=["guest", "maven"],
)
def test_a_coordinate(repository: Repository, start: str, runtime: str, tmp_path: Path) -> None:
    done = run(repository, start, tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    version = found.pop("version")
    assert version.startswith(f"{repository.version}/1.")
    assert found == {
        "sum": 60.0, "engine": "gauss3", "runtime": runtime, "macro": "m",
        "shared": "DefaultDataset",
    }  # fmt: skip
