"""Clients, kills and a full disk upon a service: ``python -m benchmarks.service_load``.

Eight clients give it jobs of several kinds for some minutes and hold every result against the bits
of the function itself. Meanwhile workers are killed at random, the service is killed three times
and started again, and its disk is full for a while. At the end every job that was taken must have
ended, and for a reason. The small disk is a ``tmpfs``, which only root can mount.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil

import fiji_bridge
from benchmarks import machine
from fiji_bridge.client.connection import Connection
from fiji_bridge.errors import CancelledError, InputError, ServiceError

CLIENTS, WORKERS, KILLS = 8, 2, 3
TOKEN = "load-" + "l" * 40
VOXELS = "2 0.45 0.45 um"
DISK = 768 * 2**20
JOBS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("gaussian", {"sigma": "1 um"}),
    ("gaussian", {"sigma": "6 um", "kernel": "discrete"}),
    ("laplacian", {"sigma": "2 um"}),
    ("median", {"radius": "1 um"}),
    ("rescale", {"to": "1 um"}),
    ("difference_of_gaussians", {"sigma": "1 um"}),
)


def digest(array: Any) -> str:
    """Return what says whether two results are the same."""
    found = np.ascontiguousarray(array)
    return hashlib.sha256(
        repr((found.dtype.str, found.shape)).encode() + found.tobytes()
    ).hexdigest()


class Served:
    """A service, which can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url, self.folder = f"http://127.0.0.1:{port}", folder
        self.data = folder / "data"
        self.data.mkdir(mode=0o700)
        config = folder / "service.toml"
        config.write_text(
            f'data = "{self.data}"\nlisten = "127.0.0.1:{port}"\nworkers = {WORKERS}\n'
            f"min_free = {32 * 2**20}\nretention_hours = 0.01\n"
            "[limits]\nrequests_per_second = 1000\nburst = 2000\n"
        )
        self._command = [sys.executable, "-m", "fiji_bridge", "serve", "--config", str(config)]
        self._log = (folder / "log").open("ab")
        #: Per life: seconds since its start, resident MiB, descriptors; of the service itself.
        self.lives: list[list[tuple[float, float, int]]] = []
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        environment = {**os.environ, "FIJI_BRIDGE_TOKEN": TOKEN}
        self.process = psutil.Popen(
            self._command, env=environment, stdout=self._log, stderr=subprocess.STDOUT
        )
        self.lives.append([])
        self._begun = time.monotonic()
        Connection(self.url, TOKEN).json("GET", "/health")

    def workers(self) -> list[psutil.Process]:
        """Return the processes below it."""
        with contextlib.suppress(psutil.Error):
            return list(self.process.children(recursive=True))
        return []

    def measure(self) -> None:
        """Note how large it is."""
        with contextlib.suppress(psutil.Error):
            size = self.process.memory_info().rss / 2**20
            self.lives[-1].append((time.monotonic() - self._begun, size, self.process.num_fds()))

    def kill(self) -> None:
        """Kill it, so that nothing can be put in order."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End it as a person would."""
        self.process.terminate()
        self.process.wait(60)


class Clients:
    """People who use it, and what became of their jobs."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.ended = threading.Event()
        self.outcomes: Counter[str] = Counter()
        self.seconds: list[float] = []
        self._lock = threading.Lock()
        rng = np.random.default_rng(0)
        self._images = [
            rng.integers(0, 4000, (8, 64 * n, 96)).astype(np.uint16) for n in range(1, 7)
        ]
        self._right = {
            (number, job): digest(getattr(fiji_bridge, name)(image, voxel_size=VOXELS, **how))
            for number, image in enumerate(self._images)
            for job, (name, how) in enumerate(JOBS)
        }

    def start(self) -> list[threading.Thread]:
        """Let all of them work."""
        found = [threading.Thread(target=self._work, args=(n,)) for n in range(CLIENTS)]
        for one in found:
            one.start()
        return found

    def _work(self, number: int) -> None:
        chance = random.Random(number)
        service = None
        while not self.ended.is_set():
            image, job = chance.randrange(len(self._images)), chance.randrange(len(JOBS))
            name, how = JOBS[job]
            begun = time.monotonic()
            try:
                service = service or fiji_bridge.connect(self._url, TOKEN)
                result = service.run(name, self._images[image], voxel_size=VOXELS, **how)
                right = digest(result) == self._right[image, job]
                self._note("right" if right else "WRONG", time.monotonic() - begun)
            except (ServiceError, InputError, CancelledError) as error:
                self._note(_kind(error))
                time.sleep(0.5)

    def _note(self, outcome: str, seconds: float | None = None) -> None:
        with self._lock:
            self.outcomes[outcome] += 1
            if seconds is not None:
                self.seconds.append(seconds)


def _kind(error: Exception) -> str:
    """Return which of the reasons that there are an error is."""
    said = str(error)
    reasons = {
        "cannot reach": "the service was away", "space": "the disk was full",
        "disk": "the disk was full", "killed": "its worker was killed",
        "signal": "its worker was killed", "ended": "its worker was killed",
    }  # fmt: skip
    return next((reason for sign, reason in reasons.items() if sign in said), said[:120])


def faults(served: Served, seconds: float) -> Counter[str]:
    """Kill workers at random and the service three times, and fill the disk for a while."""
    made: Counter[str] = Counter()
    chance = random.Random(7)
    begun = time.monotonic()
    deaths = [seconds * (n + 1) / (KILLS + 1) for n in range(KILLS)]
    full = [seconds * 0.6, seconds * 0.6 + 20]
    filler = served.data / "filler"
    next_worker = 10.0
    while (now := time.monotonic() - begun) < seconds:
        served.measure()
        if deaths and now > deaths[0]:
            deaths.pop(0)
            served.kill()
            made["service killed"] += 1
            time.sleep(1)
            served.start()
        if now > next_worker and (workers := served.workers()):
            next_worker = now + chance.uniform(8, 16)
            with contextlib.suppress(psutil.Error):
                chance.choice(workers).kill()
                made["process below it killed"] += 1
        if full and now > full[0]:
            full.pop(0)
            if full:
                _fill(filler)
                made["disk filled"] += 1
            else:
                filler.unlink()
        time.sleep(1)
    filler.unlink(missing_ok=True)
    return made


def _fill(path: Path) -> None:
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(2**20))


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Mount a file system in memory, of which a filler can take all."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)]
    subprocess.run(command, check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def main() -> None:
    """Run, and print what became of everything."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.service_load")
    parser.add_argument("--minutes", type=float, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, small_disk(Path(name)):
        served = Served(Path(name))
        clients = Clients(served.url)
        threads = clients.start()
        made = faults(served, 60 * options.minutes)
        clients.ended.set()
        for thread in threads:
            thread.join()
        states = _states(served)
        left = sorted(p.name for p in served.data.rglob("*") if ".part" in p.name)
        served.stop()
        orphans = [p for p in psutil.process_iter(["cmdline"]) if name in str(p.info["cmdline"])]
        _print(options.minutes, clients, made, states, served.lives, left, len(orphans))


def _states(served: Served) -> Counter[str]:
    """Wait until no job runs or waits; return how many jobs there are in each state."""
    connection = Connection(served.url, TOKEN)
    for _ in range(120):
        jobs = connection.json("GET", "/v1/jobs")
        found = Counter(str(job["state"]) for job in jobs)
        if not found["queued"] and not found["running"]:
            return found
        time.sleep(1)
    return found


def _print(
    minutes: float,
    clients: Clients,
    made: Counter[str],
    states: Counter[str],
    lives: list[list[tuple[float, float, int]]],
    left: list[str],
    orphans: int,
) -> None:
    times = sorted(clients.seconds)
    print(f"# {CLIENTS} clients, {WORKERS} workers, {minutes:g} minutes\n")
    about = machine.describe(0)
    print(", ".join(f"{key} {value}" for key, value in about.items() if key != "packages"), "\n")
    print("| what a client got | times |\n|---|---|")
    for outcome, count in clients.outcomes.most_common():
        print(f"| {outcome} | {count} |")
    print("\n| what was done to it | times |\n|---|---|")
    for fault, count in made.items():
        print(f"| {fault} | {count} |")
    print("\n| jobs that the service still knows, after the last one | |\n|---|---|")
    for state, count in states.items():
        print(f"| {state} | {count} |")
    print("\n| life of the service | seconds | resident MiB, first and last | descriptors |")
    print("|---|---|---|---|")
    for number, life in enumerate(lives, start=1):
        if life:
            first, last = life[len(life) // 4], life[-1]
            print(
                f"| {number} | {last[0]:.0f} | {first[1]:.0f}, {last[1]:.0f} | "
                f"{first[2]}, {last[2]} |"
            )
    if times:
        print(f"\nA job took {times[len(times) // 2]:.2f} s (median), at most {times[-1]:.1f} s.")
    print(f"Half-written files left: {left or 'none'}. Processes left: {orphans}.")


if __name__ == "__main__":
    main()
