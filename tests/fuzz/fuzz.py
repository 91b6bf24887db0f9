"""Reads damaged files in processes of their own: no traceback, no hang, no memory beyond a limit.

``python tests/fuzz/fuzz.py --count 2000 --reader tifffile`` runs many; ``--keep FOLDER`` keeps the
files that failed. Seed and number of a file make it again: ``--seed 7 --only 123``.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "fuzz")]

from mutate import mutated, silent_seeds  # noqa: E402

#: Seconds for one file of a few kilobytes: generous, since a machine may be busy.
TIME_LIMIT = 60.0
#: Seconds until the first file is read: imports, and a JVM.
START_LIMIT = 300.0
#: Bytes beyond those that the interpreter and its libraries take.
MEMORY_LIMIT = 256 * 2**20


@dataclass
class Findings:
    """What came of a run.

    Attributes
    ----------
    counts : Counter
        Of ``read`` and ``refused``.
    failures : list of str
        Number, seed file, and what happened; empty if all is well.
    """

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


class Reader:
    """A process of `worker.py`, started anew when it dies or hangs."""

    def __init__(self, reader: str) -> None:
        self.reader = reader
        self.process: subprocess.Popen[str] | None = None
        self.base = 0

    def read(self, path: Path, warm_up: Path) -> tuple[str, str]:
        """Return what came of one file."""
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen(
                [sys.executable, str(TESTS / "fuzz/worker.py"), self.reader],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            what, said, self.base = self._ask(warm_up, START_LIMIT)
            if what != "read":
                raise RuntimeError(f"the reader does not read a sound file: {said}")
        what, said, peak = self._ask(path, TIME_LIMIT)
        if peak - self.base > MEMORY_LIMIT:
            self.end()
            return "failed", f"memory grew by {(peak - self.base) >> 20} MiB"
        return what, said

    def _ask(self, path: Path, limit: float) -> tuple[str, str, int]:
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(os.fspath(path)) + "\n")
        self.process.stdin.flush()
        answer: queue.Queue[str] = queue.Queue()
        stdout = self.process.stdout
        assert stdout is not None
        threading.Thread(target=lambda: answer.put(stdout.readline()), daemon=True).start()
        try:
            line = answer.get(timeout=limit)
        except queue.Empty:
            self.end()
            return "failed", f"no answer within {limit:.0f} s", self.base
        if not line:
            code = self.process.wait()
            self.process = None
            return "failed", f"the process ended with {code}", self.base
        what, said, peak = json.loads(line)
        return what, said, peak

    def end(self) -> None:
        """Kill the process."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


def run(
    count: int,
    reader: str = "tifffile",
    *,
    seed: int = 0,
    only: int | None = None,
    keep: Path | None = None,
) -> Findings:
    """Read `count` damaged files.

    Parameters
    ----------
    count : int
    reader : {"tifffile", "imagej"}
    seed : int
        The same seed gives the same files.
    only : int, optional
        One file by its number.
    keep : Path, optional
        Folder for the files that failed.
    """
    findings, process = Findings(), Reader(reader)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "seeds").mkdir()
        (folder / "file").mkdir()
        seeds = silent_seeds(folder / "seeds")
        try:
            for number in range(count) if only is None else [only]:
                random_ = random.Random(f"{seed} {number}")
                source = random_.choice(seeds)
                path = folder / "file" / source.name
                path.write_bytes(mutated(source.read_bytes(), random_))
                what, said = process.read(path, folder / "seeds/hyperstack.tif")
                if what == "failed":
                    findings.failures.append(f"{number} {source.name}: {said}")
                    if keep is not None:
                        keep.mkdir(parents=True, exist_ok=True)
                        (keep / f"{seed}-{number}-{source.name}").write_bytes(path.read_bytes())
                else:
                    findings.counts[what] += 1
                path.unlink()
        finally:
            process.end()
    return findings


def main() -> None:
    """Run and report; exit code 1 if a file failed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--reader", choices=("tifffile", "imagej"), default="tifffile")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int)
    parser.add_argument("--keep", type=Path)
    chosen = parser.parse_args()
    started = time.monotonic()
    found = run(chosen.count, chosen.reader, seed=chosen.seed, only=chosen.only, keep=chosen.keep)
    for failure in found.failures:
        print(failure)
    print(
        f"{chosen.reader}, seed {chosen.seed}: {found.counts['read']} read, "
        f"{found.counts['refused']} refused, {len(found.failures)} failed, "
        f"{time.monotonic() - started:.0f} s"
    )
    sys.exit(1 if found.failures else 0)


if __name__ == "__main__":
    main()
