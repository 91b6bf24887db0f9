"""Blocks on the workers of a dask scheduler: one task each, a few at a time, no graph of all."""

from __future__ import annotations

import contextlib
import functools
import itertools
import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import CancelledError as FutureCancelledError
from dataclasses import dataclass, field
from typing import Any

from fiji_bridge import system
from fiji_bridge.blocks.job import Job, Request
from fiji_bridge.blocks.plan import Block
from fiji_bridge.errors import CancelledError, InputError, WorkerError
from fiji_bridge.image.memory import total_bytes
from fiji_bridge.ops.separable import Context

#: Blocks that each thread of the cluster has, the one that it works on included.
_IN_FLIGHT = 2
#: Seconds that workers are waited for, and between two looks at whether the work is given up.
_PATIENCE = 30.0
_LOOK = 0.5


@dataclass(frozen=True)
class Spec:
    """What a worker needs to know of a run, as plain values.

    Attributes
    ----------
    request : Request
    memory, workers, share : int
        As `Job` takes them.
    blocks : mapping of str to tuple of int
        Sizes of the blocks per pass: all workers cut the volume alike.
    threads : int
        Of the engine.
    token : str
        Of the run.
    """

    request: Request
    memory: int
    workers: int
    share: int
    blocks: Mapping[str, tuple[int, ...]]
    threads: int
    token: str = field(default_factory=lambda: uuid.uuid4().hex)


class Cluster:
    """A dask scheduler and its workers.

    Parameters
    ----------
    client : distributed.Client or str
        Or the address of a scheduler, such as ``"tcp://host:8786"``.

    Raises
    ------
    InputError
        If it cannot be reached, or has no workers.
    """

    def __init__(self, client: Any) -> None:
        distributed = _distributed()
        if isinstance(client, str):
            try:
                client = distributed.Client(client, timeout=_PATIENCE, set_as_default=False)
            except (OSError, ValueError) as error:
                raise InputError(
                    f"cannot reach a dask scheduler at {client}: {str(error) or 'no answer'}"
                ) from None
        elif not isinstance(client, distributed.Client):
            raise InputError(
                f"client must be a distributed.Client or an address; got {type(client).__name__}"
            )
        self.client = client
        self.retries = 0
        self.peak_bytes = 0
        try:
            client.wait_for_workers(1, timeout=_PATIENCE)
        except TimeoutError:
            raise InputError(
                f"the dask scheduler at {client.scheduler.address} has no workers"
            ) from None
        known = client.scheduler_info(n_workers=-1)["workers"].values()
        self.workers = sum(int(one["nthreads"]) for one in known)
        self.share = max(int(one["nthreads"]) for one in known)
        #: What a thread may take by default: half of its share of what its worker may take.
        self.memory = min(
            int((one.get("memory_limit") or 0) or total_bytes()) // (2 * int(one["nthreads"]))
            for one in known
        )

    def work(self, spec: Spec, name: str, blocks: Iterable[Block]) -> Iterator[tuple[Block, Any]]:
        """Yield blocks of a pass, and the notes on them, as they are done.

        Raises
        ------
        WorkerError
            If a block ended several workers, or the scheduler is gone.
        """
        distributed = _distributed()
        stop = distributed.Event(spec.token, client=self.client)
        waiting = iter(blocks)
        doing: dict[Any, Block] = {}

        def submit(block: Block) -> Any:
            key = f"fiji-bridge-{spec.token}-{name}-{block.number}"
            future = self.client.submit(run_block, spec, name, block, key=key, pure=False)
            doing[future] = block
            return future

        first = itertools.islice(waiting, self.workers * _IN_FLIGHT)
        futures = [submit(block) for block in first]
        finished = distributed.as_completed(futures, loop=self.client.loop)
        try:
            for future in finished:
                note, peak = future.result()
                self._look_back(future.key, peak)
                yield doing.pop(future), note
                for block in itertools.islice(waiting, 1):
                    finished.add(submit(block))
        except distributed.KilledWorker as error:
            raise WorkerError(f"a block ended {error.allowed_failures + 1} workers") from None
        except FutureCancelledError:
            raise WorkerError(
                f"the dask scheduler at {self.client.scheduler.address} is gone; the same call "
                "goes on where this one was stopped"
            ) from None
        finally:
            if doing:
                _give_up(stop, list(doing))

    def _look_back(self, key: str, peak: int) -> None:
        """Note how often a block was begun again, and what its worker took."""
        self.peak_bytes = max(self.peak_bytes, peak)
        with contextlib.suppress(Exception):  # Schedulers may let nobody look.
            self.retries += int(self.client.run_on_scheduler(_failures, key=key))


def _distributed() -> Any:
    try:
        import distributed
    except ImportError:
        raise InputError(
            "a dask scheduler needs dask.distributed: pip install 'fiji-bridge[cluster]'"
        ) from None
    return distributed


def run_block(spec: Spec, name: str, block: Block) -> tuple[dict[str, Any], int]:
    """Do one block of a pass, in a process of the cluster; return the note and its peak memory."""
    job = _job(spec)
    one = next(found for found in job.passes if found.name == name)
    stop = _distributed().Event(spec.token)
    looked = time.monotonic()

    def told(done: int, total: int) -> None:
        nonlocal looked
        if time.monotonic() - looked > _LOOK:
            looked = time.monotonic()
            if stop.is_set():
                raise CancelledError("the run was given up")

    note = job.run(one, block, Context(spec.request.engine, spec.threads, told))
    return note, system.peak_memory()


_lock = threading.Lock()


def _job(spec: Spec) -> Job:
    """Return the job of a run: made once per process, however many threads it has."""
    with _lock:
        made = _kept(spec.token)
        if not made:
            made.append(Job(spec.request, spec.memory, spec.workers, spec.share, spec.blocks))
            made[0].target()
        return made[0]


@functools.lru_cache(maxsize=2)
def _kept(token: str) -> list[Job]:
    return []


def _failures(key: str, dask_scheduler: Any) -> int:
    return int(dask_scheduler.tasks[key].suspicious)


def _give_up(stop: Any, doing: list[Any]) -> None:
    """End what is being done, so that nothing is written any more."""
    with contextlib.suppress(Exception):  # The scheduler may be what is gone.
        stop.set()
        client = doing[0].client
        client.cancel([future for future in doing if future.status == "pending"])
        _distributed().wait(doing, timeout=_PATIENCE)
