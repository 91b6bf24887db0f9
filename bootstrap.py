"""Set everything up in an own virtual environment, then do something with it.

    python3 bootstrap.py demo [IMAGE]   the main job, on IMAGE or on one that is made
    python3 bootstrap.py test [ARGS]    lint, types, Java tests and pytest (ARGS go to pytest, which
                                        without any runs in several processes)

Needs Python 3.11 or newer and nothing else: where Maven or a JDK is missing, toolchain.py fetches
what builds the Java part into ``.tools``.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import toolchain

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
BIN = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")


def main(arguments: list[str]) -> int:
    """Do what the first argument says and return an exit code."""
    if not arguments or arguments[0] not in ("demo", "test"):
        print(__doc__)
        return 2
    if sys.version_info < (3, 11):  # noqa: UP036 - an older Python must be told, not crash
        found = sys.version.split()[0]
        print(f"bootstrap: Python 3.11 or newer is needed, this is {found}", file=sys.stderr)
        return 3
    task, rest = arguments[0], arguments[1:]
    install("test" if task == "test" else None)
    if task == "demo":
        return run([BIN / "fiji-bridge", "demo", *rest])
    return test(rest)


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
    if toolchain.on_machine() is None:
        check([PYTHON, "-m", "pip", "install", "--quiet", *toolchain.REQUIREMENTS])
    # The jars follow the Java sources; does nothing when they are in step. Before the package
    # itself, whose build finds them then.
    check([PYTHON, ROOT / "build_jars.py"])
    if not stamp.exists() or stamp.read_text() != state:
        print("bootstrap: installing; the downloads take some minutes", flush=True)
        check([PYTHON, "-m", "pip", "install", "--quiet", "--editable", target])
        stamp.write_text(state)


def test(arguments: list[str]) -> int:
    """Run every check; pytest comes last, so that its closing line is the last one."""
    mypy, java = [BIN / "mypy"], [PYTHON, ROOT / "toolchain.py", "test"]
    site = [PYTHON, "-m", "sphinx", "-q", "-W", "--keep-going", "-n", "docs", ".site"]
    code = abreast(
        [BIN / "ruff", "check", "."],
        [BIN / "ruff", "format", "--check", "."],
        [BIN / "lint-imports"],
        [BIN / "fiji-bridge", "macros", "--check"],
        [BIN / "fiji-bridge", "describe", "--check"],
        # The longest first.
        java,
        mypy,
        [*mypy, "--platform", "win32", "--cache-dir", ".mypy_cache/win32"],
        [*mypy, "--platform", "darwin", "--cache-dir", ".mypy_cache/darwin"],
        site,
    )
    return code or run([PYTHON, "-m", "pytest", *(arguments or whole_suite())])


def whole_suite() -> list[str]:
    """Return how pytest runs everything: in as many processes as there are processors, up to 4.

    Each takes half of what the slowest has left once it is done with its own.
    """
    return ["-n", str(min(processors(), 4)), "--dist", "worksteal", "--durations=40"]


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def abreast(*commands: list[str | Path]) -> int:
    """Run commands side by side, one per processor, and say of each what it said, in this order.

    Returns
    -------
    int
        The exit code of the first that failed, or 0. After it none is begun.
    """
    with ThreadPoolExecutor(processors()) as pool:
        going = [pool.submit(quietly, command) for command in commands]
        for command, done in zip(commands, going, strict=True):
            code, said = done.result()
            spelled = " ".join(str(part) for part in command)
            print(f"bootstrap: {spelled}\n{said}", end="", flush=True)
            if code != 0:
                pool.shutdown(wait=False, cancel_futures=True)
                return code
    return 0


def quietly(command: list[str | Path]) -> tuple[int, str]:
    """Run a command in the project's folder; return its exit code and what it said."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    return done.returncode, done.stdout


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
