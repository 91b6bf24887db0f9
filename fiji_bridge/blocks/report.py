"""What a run over blocks did: for people, and as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fiji_bridge.blocks.plan import BlockPlan
from fiji_bridge.image.memory import readable
from fiji_bridge.image.places import Place
from fiji_bridge.image.results import Plan, Report, Table


@dataclass(frozen=True)
class ProcessPlan(Plan):
    """What a run will do: the operation's plan, and the blocks of each pass.

    Attributes
    ----------
    operation : Plan
    passes : mapping of str to BlockPlan
        By the name of the level that is written.
    needed_bytes : int
        Memory of all workers together.
    """

    operation: Plan
    passes: Mapping[str, BlockPlan]
    needed_bytes: int

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "operation": self.operation.as_dict(),
            "passes": {name: plan.as_dict() for name, plan in self.passes.items()},
            "needed_bytes": self.needed_bytes,
        }

    def table(self) -> Table:
        """Return a row per pass."""
        rows = []
        for name, plan in self.passes.items():
            reach = ", ".join(f"{a} {b}+{c}" for a, (b, c) in plan.reach.items() if b or c)
            rows.append(
                (
                    name,
                    " x ".join(str(n) for n in plan.shape),
                    " x ".join(str(min(b, n)) for b, n in zip(plan.block, plan.shape, strict=True)),
                    str(plan.blocks),
                    reach or "-",
                    readable(plan.read_bytes),
                    f"{plan.amplification:.3g}",
                    readable(plan.written_bytes),
                    readable(plan.peak_bytes),
                )
            )
        first = next(iter(self.passes.values()))
        return Table(
            f"blocks, {first.workers} at a time, axes {', '.join(first.axes)}",
            ("level", "samples", "block", "blocks", "reach", "read", "times the image", "written",
             "memory of a worker"),
            tuple(rows),
            (
                "bytes are those before compression; what is read are whole chunks",
                f"memory of all workers: {readable(self.needed_bytes)}",
            ),
        )  # fmt: skip


@dataclass(frozen=True)
class ProcessReport(Report):
    """What was done.

    Attributes
    ----------
    output : Path or Remote
    complete : bool
        Whether the output is whole: not where only a part was asked for.
    blocks : int
        In all passes.
    before : int
        How many of them an earlier run had done.
    seconds : float
    read_bytes, written_bytes : int
        Of the blocks of this run, before compression.
    peak_bytes : int
        Most memory that this process has had resident.
    retries : int
        Blocks that were done again.
    missing : int
        Chunks of the input that were not there.
    repeats : int
        Requests to remote stores that were made again.
    entry : mapping
        Provenance of the result.
    """

    output: Place
    complete: bool
    blocks: int
    before: int
    seconds: float
    read_bytes: int
    written_bytes: int
    peak_bytes: int
    retries: int
    missing: int
    repeats: int
    entry: Mapping[str, Any]

    @property
    def rate(self) -> float:
        """Bytes per second, read and written together."""
        return (self.read_bytes + self.written_bytes) / max(self.seconds, 1e-9)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "output": str(self.output),
            "complete": self.complete,
            "blocks": self.blocks,
            "before": self.before,
            "seconds": round(self.seconds, 3),
            "read_bytes": self.read_bytes,
            "written_bytes": self.written_bytes,
            "bytes_per_second": round(self.rate),
            "peak_bytes": self.peak_bytes,
            "retries": self.retries,
            "missing": self.missing,
            "repeats": self.repeats,
            **self.entry,
        }

    def table(self) -> Table:
        """Return the figures."""
        now = self.blocks - self.before
        return Table(
            str(self.output),
            ("blocks", "done before", "seconds", "read", "written", "GB/s", "peak memory"),
            (
                (
                    str(now),
                    str(self.before),
                    f"{self.seconds:.1f}",
                    readable(self.read_bytes),
                    readable(self.written_bytes),
                    f"{self.rate / 1e9:.2f}",
                    readable(self.peak_bytes),
                ),
            ),
            self._remarks(),
        )

    def _remarks(self) -> tuple[str, ...]:
        found = () if self.complete else ("the output is not complete yet",)
        if self.repeats:
            found = (*found, f"requests to the remote store that were made again: {self.repeats}")
        return found
