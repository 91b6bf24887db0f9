"""One operation on many files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fiji_bridge import system
from fiji_bridge._version import __version__
from fiji_bridge.convert.adapters import to_image
from fiji_bridge.formats import read
from fiji_bridge.formats.atomic import atomic_output
from fiji_bridge.formats.many import file_names
from fiji_bridge.image.jsontext import indented
from fiji_bridge.image.places import PlaceLike
from fiji_bridge.image.results import Images, Report
from fiji_bridge.many import inputs
from fiji_bridge.many.inputs import Source
from fiji_bridge.many.jobs import READING, Jobs
from fiji_bridge.many.journal import identity
from fiji_bridge.ops.operation import Operation, Result
from fiji_bridge.ops.output import check_output, write, write_images
from fiji_bridge.ops.registry import REGISTRY
from fiji_bridge.ops.separable import Context

_UNDERSTOOD = ("voxel_size", "unit")
_HOW = ("engine", "threads")


@dataclass(frozen=True)
class OperationBatch(Jobs):
    """A run of one operation over many files; see `Jobs`."""

    @classmethod
    def of(
        cls,
        operation: str,
        paths: Iterable[PlaceLike] | PlaceLike,
        output_dir: PlaceLike,
        *,
        name: str = inputs.NAME,
        recursive: bool = False,
        overwrite: bool = False,
        **given: Any,
    ) -> OperationBatch:
        """Find the files and the names; see `fiji_bridge.run_many`."""
        found = REGISTRY.find(operation)
        takes = [p.name for p in found.parameters]
        context = [*_UNDERSTOOD, *(_HOW if found.uses_engine else ())]
        found.refuse_unknown(given, dict.fromkeys([*takes, *context, *READING]))
        return cls.found(
            found.name,
            paths,
            output_dir,
            name,
            operation,
            recursive=recursive,
            overwrite=overwrite,
            given=given,
            report=found.result is Result.REPORT,
        )

    @property
    def operation(self) -> Operation:
        """What is done."""
        return REGISTRY.find(self.name)

    def _alone(self, workers: int) -> OperationBatch:
        several = self.operation.result is Result.IMAGES
        given = dict(self.given)
        if self.operation.uses_engine and given.get("threads") is None:
            given["threads"] = max(1, system.processors() // workers)
        return replace(super()._alone(workers), jobs=self.jobs if several else (), given=given)

    def _request(self, source: Source) -> dict[str, Any]:
        """Return all that the output follows from."""
        defaults = {p.name: p.default for p in self.operation.parameters} | dict(READING)
        given = {k: v for k, v in self.given.items() if v is not None and v != defaults.get(k)}
        given.pop("threads", None)
        return {
            "operation": self.name,
            "given": {k: v if isinstance(v, str | int | float) else repr(v)
                      for k, v in sorted(given.items())},
            "version": __version__,
            "source": identity(source.path),
        }  # fmt: skip

    def do(self, source: Source, target: Path, *, replace: bool) -> tuple[Path, ...]:
        """Do it to one image, and write what comes out."""
        request = self._request(source)
        pick = {name: self.given[name] for name in _UNDERSTOOD if name in self.given}
        reading = {name: self.given.get(name, default) for name, default in READING.items()}
        image = to_image(read(source.path, **reading), **pick)
        own = [p.name for p in self.operation.parameters]
        prepared = self.operation.prepared(
            image, **{name: self.given[name] for name in own if name in self.given}
        )
        target.parent.mkdir(parents=True, exist_ok=True)
        several = self.operation.result is Result.IMAGES
        check_output(target, overwrite=replace, several=several)
        self.journal.begin(target, request)
        context = Context(**{name: self.given.get(name) for name in _HOW})
        result = self.operation.carry_out(image, prepared, context)
        files = self._write(result, target, replace)
        self.journal.end(target, request, files)
        return tuple(files)

    def _write(self, result: Any, target: Path, overwrite: bool) -> list[Path]:
        if isinstance(result, Images):
            if not target.name.lower().endswith((".zarr", ".png")):
                self._check_no_job(file_names(target, result.images).values())
            written = write_images(result, target, overwrite=overwrite)
            return [target.with_name(file.name) for file in written]
        if isinstance(result, Report):
            with atomic_output(target, overwrite=overwrite) as file:
                file.write(indented(result.as_dict()).encode("utf-8") + b"\n")
        else:
            write(result, target, overwrite=overwrite)
        return [target]

    def _check_no_job(self, files: Iterable[Path]) -> None:
        """Refuse files, whose names only the result knows, that are inputs."""
        taken = {inputs.key(source.path): source.path for source, _ in self.jobs}
        for file in files:
            inputs.check_no_input(file, taken)
