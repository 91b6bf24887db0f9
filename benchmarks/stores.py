"""OME-Zarr to OME-Zarr, beside copies and peers: ``python -m benchmarks.stores``.

``killed``: a large synthetic image is blurred under a limit of memory, killed twice on the way,
taken up again, and compared with the blur in memory, bit for bit. ``ratios``: the blur beside a
copy of the same store by zarr itself, and beside peers, in interleaved rounds. ``memory``: what
each operation takes at several sizes, beside what its plan says.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

import fiji_bridge
from benchmarks import limited, machine
from fiji_bridge.image.memory import readable

#: In voxels of 2 × 0.45 × 0.45 µm, along z, y, x: (0.5, 2.2, 2.2) and (4, 20, 20).
SIGMAS = {"S1": "1 um", "S4": "z=8um y=9um x=9um"}
CODECS = ("none", "zstd")
CHUNK, SHARD = (64, 64, 64), (128, 256, 256)


def make(path: Path, gib: float, codec: str, *, sharded: bool = True) -> tuple[int, int, int]:
    """Write a synthetic OME-Zarr of uint16 samples: structures, and the noise of counting.

    Parameters
    ----------
    path : Path
    gib : float
        Of samples.
    codec : str
        See `CODECS`.
    sharded : bool
    """
    import zarr
    from zarr.codecs import BloscCodec

    shape = (max(SHARD[0], round(gib * 2**30 / 2 / 1024 / 2048 / SHARD[0]) * SHARD[0]), 1024, 2048)
    shutil.rmtree(path, ignore_errors=True)
    group = zarr.create_group(path, zarr_format=3)
    array = group.create_array(
        "0",
        shape=shape,
        dtype=np.uint16,
        chunks=CHUNK,
        shards=SHARD if sharded else None,
        compressors=BloscCodec(cname="zstd", clevel=3) if codec == "zstd" else None,
        dimension_names=["z", "y", "x"],
    )
    z, y, x = np.ogrid[: SHARD[0], : SHARD[1], : SHARD[2]]
    structures = 300 + 250 * np.sin(z / 9) * np.sin(y / 23) * np.sin(x / 31)
    places = [range(0, n, s) for n, s in zip(shape, SHARD, strict=True)]
    for number, corner in enumerate(np.ndindex(*(len(p) for p in places))):
        noise = np.random.default_rng(number)
        block = noise.poisson(structures).astype(np.uint16)
        at = tuple(slice(i * s, (i + 1) * s) for i, s in zip(corner, SHARD, strict=True))
        array[at] = block
    axes = [{"name": axis, "type": "space", "unit": "micrometer"} for axis in "zyx"]
    scale = [{"type": "scale", "scale": [2.0, 0.45, 0.45]}]
    level = {"path": "0", "coordinateTransformations": scale}
    group.attrs["ome"] = {"version": "0.5", "multiscales": [{"axes": axes, "datasets": [level]}]}
    return shape


def killed(folder: Path, gib: float, limit: int, workers: int) -> dict[str, Any]:
    """Blur under a limit, killed twice; compare with the blur in memory."""
    source, target = folder / "large.ome.zarr", folder / "blurred.ome.zarr"
    shape = make(source, gib, "zstd")
    _say(f"made {source.name}: {shape}, {readable(2 * int(np.prod(shape)))}")
    shutil.rmtree(target, ignore_errors=True)
    each = f"{int((limit - 2**28) // workers)}"
    command = [
        "-m", "fiji_bridge", "gaussian", str(source), str(target), "--sigma", SIGMAS["S1"],
        "--memory", each, "--workers", str(workers), "--json",
    ]  # fmt: skip
    plan = fiji_bridge.plan_process(
        source, target, sigma=SIGMAS["S1"], memory=int(each), workers=workers
    )
    blocks = plan.passes["0"].blocks
    peaks, stopped, began = [], [], time.monotonic()
    with limited.group(limit) as group:
        for share in (0.3, 0.6, None):
            process = group.start(command)
            peak = 0
            while process.poll() is None:
                peak = max(peak, limited.resident(process.pid, "VmHWM"))
                done = len(list((target / ".fiji_bridge" / "done").glob("0-*.json")))
                if share is not None and done >= share * blocks:
                    process.send_signal(signal.SIGKILL)
                    stopped.append(done)
                    break
                time.sleep(0.05)
            said = process.communicate()[0]
            peaks.append(peak)
            _say(f"ended with {process.returncode}; most memory {readable(peak)}")
        if process.returncode != 0:
            raise SystemExit(f"the last run failed: {said}")
        ended_for_memory = group.killed()
    seconds = time.monotonic() - began
    report = json.loads(said[said.index("{") :])
    differing = _compare(source, target, shape)
    return {
        "shape": shape,
        "limit": limit,
        "workers": workers,
        "memory_of_a_worker": int(each),
        "blocks": blocks,
        "killed_after_blocks": stopped,
        "done_before_the_last": report.get("before"),
        "peaks": peaks,
        "ended_by_the_kernel": ended_for_memory,
        "seconds": seconds,
        "differing_samples": differing,
    }


def _compare(source: Path, target: Path, shape: tuple[int, ...]) -> int:
    """Count the samples that differ from the blur of all in memory."""
    whole = fiji_bridge.gaussian(fiji_bridge.read(source), sigma=SIGMAS["S1"]).data
    differing = 0
    for start in range(0, shape[0], SHARD[0]):
        region = {"z": (start, min(shape[0], start + SHARD[0]))}
        found = fiji_bridge.read(target, region=region).data
        differing += int(np.count_nonzero(found != whole[start : start + SHARD[0]]))
    return differing


def ratios(folder: Path, gib: float, threads: int, count: int, peers: bool) -> list[dict[str, Any]]:
    """Time blurs beside copies, in turns."""
    rows = []
    for codec in CODECS:
        source, target = folder / f"in-{codec}.ome.zarr", folder / "out.ome.zarr"
        make(source, gib, codec)
        blur = partial(_blur, source, target)
        runs: dict[str, Callable[[], None]] = {
            "copy by zarr": partial(_copy, source, target, threads),
            "fiji_bridge S1": partial(blur, SIGMAS["S1"], threads),
            "fiji_bridge S4": partial(blur, SIGMAS["S4"], threads),
            "fiji_bridge S1, one worker": partial(blur, SIGMAS["S1"], 1),
        }
        if peers:
            runs["dask-image S1"] = partial(_dask_image, source, target, threads)
        seconds: dict[str, list[float]] = {name: [] for name in runs}
        for turn in range(count):
            for name, run in runs.items():
                shutil.rmtree(target, ignore_errors=True)
                gc.collect()
                os.sync()
                began = time.perf_counter()
                run()
                seconds[name].append(time.perf_counter() - began)
                _say(f"{codec}, round {turn + 1}: {name} {seconds[name][-1]:.1f} s")
        copied = seconds["copy by zarr"]
        for name, found in seconds.items():
            each = [a / b for a, b in zip(found, copied, strict=True)]
            rows.append(
                {"codec": codec, "who": name, "seconds": median(found), "of_copy": median(each)}
            )
        shutil.rmtree(source)
    shutil.rmtree(target, ignore_errors=True)
    return rows


def _blur(source: Path, target: Path, sigma: str, workers: int) -> None:
    """Blur by so many workers, of one thread each."""
    fiji_bridge.process(source, target, sigma=sigma, memory="800MB", workers=workers, threads=1)


def _like(source: Path, target: Path) -> tuple[Any, Any]:
    """Return the samples of one store, and an empty array of the same kind in another."""
    import zarr

    given = zarr.open_array(source / "0", mode="r")
    made = zarr.create_group(target, zarr_format=3).create_array(
        "0",
        shape=given.shape,
        dtype=given.dtype,
        chunks=given.chunks,
        shards=given.shards,
        compressors=given.compressors or None,
    )
    return given, made


def _copy(source: Path, target: Path, threads: int) -> None:
    """Copy as zarr alone does: shard by shard, as many at a time as there are threads."""
    given, made = _like(source, target)
    unit = given.shards or given.chunks
    corners = np.ndindex(*(-(-n // u) for n, u in zip(given.shape, unit, strict=True)))
    places = [
        tuple(slice(i * u, (i + 1) * u) for i, u in zip(c, unit, strict=True)) for c in corners
    ]

    def one(at: tuple[slice, ...]) -> None:
        made[at] = given[at]

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(one, places))


def _dask_image(source: Path, target: Path, threads: int) -> None:
    """Blur as dask-image's documentation does: a task per chunk, the pixels of the same sigma."""
    import dask
    import dask.array
    from dask_image.ndfilters import gaussian_filter

    given, made = _like(source, target)
    unit = given.shards or given.chunks
    samples = dask.array.from_array(given, chunks=unit)
    blurred = gaussian_filter(samples.astype(np.float32), (0.5, 1 / 0.45, 1 / 0.45))
    with dask.config.set(scheduler="threads", num_workers=threads):
        dask.array.store(blurred.round().astype(np.uint16), made, lock=False)


OPERATIONS: dict[str, dict[str, Any]] = {
    "gaussian": {"sigma": "1 um"},
    "gradient_magnitude": {"sigma": "1 um"},
    "difference_of_gaussians": {"sigma": "1 um"},
    "median": {"radius": "1 um"},
}


def memory(folder: Path, sizes: list[float], budget: str) -> list[dict[str, Any]]:
    """Measure what operations take in processes of their own, beside what their plans say."""
    rows = []
    for gib in sizes:
        source, target = folder / "in.ome.zarr", folder / "out.ome.zarr"
        make(source, gib, "zstd")
        for name, given in OPERATIONS.items():
            shutil.rmtree(target, ignore_errors=True)
            code = (
                "import json, sys, fiji_bridge\n"
                "from fiji_bridge import system\n"
                "source, target, name, given, budget = json.loads(sys.argv[1])\n"
                "how = {'memory': budget, 'workers': 2}\n"
                "plan = fiji_bridge.plan_process(source, target, name, **how, **given)\n"
                "report = fiji_bridge.process(source, target, name, **how, **given)\n"
                "print(json.dumps([plan.needed_bytes, system.peak_memory(), report.seconds]))\n"
            )
            asked = json.dumps([str(source), str(target), name, given, budget])
            done = subprocess.run(
                [sys.executable, "-c", code, asked], capture_output=True, text=True, check=False
            )
            if done.returncode != 0:
                raise SystemExit(f"{name} failed: {done.stderr}")
            stated, peak, seconds = json.loads(done.stdout.splitlines()[-1])
            rows.append(
                {"gib": gib, "operation": name, "stated": stated, "peak": peak, "seconds": seconds}
            )
            _say(f"{gib} GiB, {name}: {readable(peak)} of {readable(stated)} stated")
    shutil.rmtree(source)
    shutil.rmtree(target, ignore_errors=True)
    return rows


def main() -> None:
    """Run one of the three, and print what was found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stores", description=__doc__)
    parser.add_argument("what", choices=("killed", "ratios", "memory"))
    parser.add_argument("folder", type=Path, help="for stores of the given sizes")
    parser.add_argument("--gib", type=float, nargs="+", default=[6.0])
    parser.add_argument("--limit", type=int, default=3 * 2**29, help="bytes, of `killed`")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--budget", default="600MB", help="of a worker, of `memory`")
    parser.add_argument("--no-peers", action="store_true")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    before = os.getloadavg()[0]
    threads = len(os.sched_getaffinity(0))
    found: Any
    if options.what == "killed":
        found = killed(options.folder, options.gib[0], options.limit, options.workers)
    elif options.what == "ratios":
        found = ratios(
            options.folder, options.gib[0], threads, options.rounds, peers=not options.no_peers
        )
    else:
        found = memory(options.folder, options.gib, options.budget)
    load = {"before": before, "after": os.getloadavg()[0], "idle": before < machine.IDLE}
    print(
        json.dumps(
            {"machine": machine.describe(threads), "load": load, options.what: found}, indent=1
        )
    )


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
