"""Set everything up in an own virtual environment, then do something with it.

    python3 bootstrap.py demo [IMAGE]   the main job, on IMAGE or on one that is made
    python3 bootstrap.py test [ARGS]    lint, types, Java tests and pytest (ARGS go to pytest)

Needs Python 3.11 or newer, a JDK 17 or newer and Maven; nothing else.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
BIN = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")


def main(arguments: list[str]) -> int:
    """Do what the first argument says and return an exit code."""
    if not arguments or arguments[0] not in ("demo", "test"):
        print(__doc__)
        return 2
    missing = prerequisites()
    if missing:
        for line in missing:
            print(f"bootstrap: {line}", file=sys.stderr)
        return 3
    task, rest = arguments[0], arguments[1:]
    install("test" if task == "test" else None)
    if task == "demo":
        return run([BIN / "fiji-bridge", "demo", *rest])
    return test(rest)


def prerequisites() -> list[str]:
    """Return what is missing on this machine, with the remedy."""
    missing = []
    if sys.version_info < (3, 11):  # noqa: UP036 - an older Python must be told, not crash
        found = sys.version.split()[0]
        missing.append(f"Python 3.11 or newer is needed, this is {found}")
    for program, remedy in (
        ("javac", "install a JDK 17 or newer (Debian: default-jdk)"),
        ("mvn", "install Maven (Debian: maven)"),
    ):
        if shutil.which(program) is None:
            missing.append(f"{program} is not on the PATH: {remedy}")
    return missing


def install(extra: str | None) -> None:
    """Make the environment and install the package; quick when nothing has changed."""
    if not PYTHON.exists():
        print(f"bootstrap: making the virtual environment {ENVIRONMENT}")
        try:
            venv.create(ENVIRONMENT, with_pip=True)
        except subprocess.CalledProcessError:
            shutil.rmtree(ENVIRONMENT, ignore_errors=True)
            raise SystemExit(
                "bootstrap: this Python cannot make virtual environments "
                "(Debian: apt-get install python3-venv)"
            ) from None
    target = f"{ROOT}[{extra}]" if extra else str(ROOT)
    stamp = ENVIRONMENT / f"installed-{extra or 'plain'}"
    state = hashlib.sha256(
        b"".join((ROOT / n).read_bytes() for n in ("pyproject.toml", "build_jars.py"))
    ).hexdigest()
    if not stamp.exists() or stamp.read_text() != state:
        print("bootstrap: installing; the Java build and the downloads take some minutes")
        check([PYTHON, "-m", "pip", "install", "--quiet", "--editable", target])
        stamp.write_text(state)
    # The jars follow the Java sources; does nothing when they are in step.
    check([PYTHON, ROOT / "build_jars.py"])


def test(arguments: list[str]) -> int:
    """Run every check; pytest comes last, so that its closing line is the last one."""
    for command in (
        [BIN / "ruff", "check", "."],
        [BIN / "ruff", "format", "--check", "."],
        [BIN / "mypy"],
        [BIN / "lint-imports"],
        [BIN / "fiji-bridge", "macros", "--check"],
        ["mvn", "-B", "-q", "-f", ROOT / "java" / "pom.xml", "test"],
    ):
        print("bootstrap: " + " ".join(str(part) for part in command), flush=True)
        code = run(command)
        if code != 0:
            return code
    return run([PYTHON, "-m", "pytest", *arguments])


def run(command: list[str | Path]) -> int:
    """Run a command in the project's folder and return its exit code."""
    return subprocess.run([str(part) for part in command], cwd=ROOT, check=False).returncode


def check(command: list[str | Path]) -> None:
    """Run a command; end with its exit code if it fails."""
    code = run(command)
    if code != 0:
        raise SystemExit(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
