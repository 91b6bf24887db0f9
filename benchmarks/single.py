"""What needs a fresh process each time: first calls, and peak memory.

Run as ``python -m benchmarks.single ACTION ENGINE CASE``; prints one JSON object.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.cases import Case


def first_call(engine: str, case: Case) -> dict[str, float]:
    """Time the first call; the start of the JVM is told apart."""
    volume = case.volume()
    start = time.perf_counter()
    if engine == "fused":
        from fiji_bridge.engines.select import get_engine

        get_engine("fused")
    else:
        import scipy.ndimage  # noqa: F401
    ready = time.perf_counter()
    _prepare(engine, volume, case)()
    return {"start_ms": (ready - start) * 1e3, "first_ms": (time.perf_counter() - ready) * 1e3}


def peak_memory(engine: str, case: Case) -> dict[str, float]:
    """Peak resident memory of five calls in a fresh process, above input and output, in MiB.

    What the JVM and its warm-up took before is not counted; all that the calls add to it is, the
    code that is compiled meanwhile among it.
    """
    volume = case.volume()
    run = _prepare(engine, volume, case)
    time.sleep(3)
    before = _status("VmRSS")
    # Resets the high-water mark of this process.
    Path("/proc/self/clear_refs").write_text("5")
    for _ in range(5):
        run()
    return {"extra_mib": max(0, _status("VmHWM") - before - volume.nbytes) / 2**20}


def _prepare(engine: str, volume: Any, case: Case) -> Any:
    from benchmarks.contestants import CONTESTANTS

    wanted = ("fused", "gauss3") if engine == "fused" else ("SciPy, one thread", "truncate4")
    (contestant,) = [c for c in CONTESTANTS if (c.name, c.kind) == wanted]
    return contestant.prepare(volume, case, len(os.sched_getaffinity(0)))


def _status(key: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) * 1024
    raise KeyError(key)


def ask(action: str, engine: str, case: str, java: Path | None) -> dict[str, float]:
    """Run an action in a process of its own."""
    environment = dict(os.environ)
    if java is not None:
        environment["JAVA_HOME"] = str(java)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.single", action, engine, case],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"{action} of {engine} on {case} failed: {done.stderr}")
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


if __name__ == "__main__":
    chosen = {"first-call": first_call, "peak-memory": peak_memory}[sys.argv[1]]
    print(json.dumps(chosen(sys.argv[2], Case(sys.argv[3]))))
    # Without a JVM's threads to wait for.
    sys.stdout.flush()
    os._exit(0)
