"""One ImageJ command or macro on many files, each in a process that it may crash."""

from __future__ import annotations

import csv
import hashlib
import io
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from fiji_bridge._version import __version__
from fiji_bridge.commands.results import CommandResult, word
from fiji_bridge.commands.running import macro_text, run_command, run_macro
from fiji_bridge.convert.adapters import to_image
from fiji_bridge.errors import InputError, MacroError
from fiji_bridge.formats import formats, read
from fiji_bridge.formats.atomic import atomic_output, check_target
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.places import PlaceLike
from fiji_bridge.many import inputs
from fiji_bridge.many.inputs import Source
from fiji_bridge.many.jobs import READING, Jobs
from fiji_bridge.many.journal import identity
from fiji_bridge.many.report import Outcome
from fiji_bridge.ops.output import check_output, write

#: Endings that ROIs may be written with.
ROIS = (".zip", ".geojson")
_MACRO = "run_macro"


@dataclass(frozen=True)
class CommandBatch(Jobs):
    """A run of one command or macro over many files; see `Jobs`.

    Attributes
    ----------
    call : tuple of (str, str)
        Label and recorded options of a command, or text and argument of a macro.
    image : bool
        Whether the image that is active at the end is written.
    rois : {".zip", ".geojson"}
    """

    call: tuple[str, str]
    image: bool
    rois: str

    runs_commands: ClassVar[bool] = True

    @classmethod
    def of_command(
        cls,
        command: str,
        options: str,
        paths: Iterable[PlaceLike] | PlaceLike,
        output_dir: PlaceLike,
        **how: Any,
    ) -> CommandBatch:
        """Find the files and the names; see `fiji_bridge.run_many`."""
        call = (command, options)
        return cls._of("run_command", call, word(command), paths, output_dir, **how)

    @classmethod
    def of_macro(
        cls,
        macro: str | os.PathLike[str],
        argument: str,
        paths: Iterable[PlaceLike] | PlaceLike,
        output_dir: PlaceLike,
        **how: Any,
    ) -> CommandBatch:
        """Find the files and the names; see `fiji_bridge.run_many`. The macro is read once."""
        text = macro_text(macro)
        name = "macro" if text == macro else Path(macro).stem
        return cls._of(_MACRO, (text, argument), name, paths, output_dir, **how)

    @classmethod
    def _of(
        cls,
        name: str,
        call: tuple[str, str],
        word: str,
        paths: Iterable[PlaceLike] | PlaceLike,
        output_dir: PlaceLike,
        *,
        template: str = inputs.NAME,
        recursive: bool = False,
        overwrite: bool = False,
        image: bool = True,
        rois: str = ROIS[0],
        **given: Any,
    ) -> CommandBatch:
        if rois not in ROIS:
            raise InputError(f"ROIs are written as {' or '.join(ROIS)}; got {rois!r}")
        return cls.found(
            name,
            paths,
            output_dir,
            template,
            word,
            recursive=recursive,
            overwrite=overwrite,
            given=given,
            call=call,
            image=image,
            rois=rois,
        )

    def _request(self, source: Source) -> dict[str, Any]:
        given = {k: v for k, v in self.given.items() if v is not None and v != READING.get(k)}
        first, second = self.call
        if self.name == _MACRO:
            first = hashlib.sha256(first.encode()).hexdigest()
        return {
            "operation": self.name,
            "call": [first, second],
            "image": self.image,
            "rois": self.rois,
            "given": {k: v if isinstance(v, str | int) else repr(v) for k, v in given.items()},
            "version": __version__,
            "source": identity(source.path),
        }

    def do(self, source: Source, target: Path, *, replace: bool) -> tuple[Path, ...]:
        """Run it on one image; write what is left at its end."""
        request = self._request(source)
        reading = {name: self.given.get(name, default) for name, default in READING.items()}
        image = to_image(read(source.path, **reading), voxel_size=self.given.get("voxel_size"))
        target.parent.mkdir(parents=True, exist_ok=True)
        if self.image:
            check_output(target, overwrite=replace, several=False)
        found = self._run(image)
        beside = self._beside(found, target)
        for path in beside:
            check_target(path, overwrite=replace)
        with_image = self.image and found.image is not None
        if not (with_image or beside) or (self.image and self.name != _MACRO and not with_image):
            raise MacroError("no image is open at the end, so there is nothing to write")
        self.journal.begin(target, request)
        if with_image:
            write(found.image, target, overwrite=replace)
        for path, content in beside.items():
            with atomic_output(path, overwrite=replace) as file:
                file.write(content)
        files = [target, *beside] if with_image else list(beside)
        self.journal.end(target, request, files)
        return tuple(files)

    def _run(self, image: CalibratedImage) -> CommandResult:
        first, second = self.call
        if self.name == _MACRO:
            return run_macro(first, image, second)
        return run_command(image, first, second)

    def _beside(self, found: CommandResult, target: Path) -> dict[Path, bytes]:
        """Return the files beside the image: tables, ROIs and what was printed."""
        made = found.files(self.rois)
        if not self.image:
            # A row of titles says that there was nothing to count.
            made.setdefault(".csv", found.results.to_csv().encode())
        return {_named(target, ending): content for ending, content in made.items()}


def _named(target: Path, ending: str) -> Path:
    stem, _ = formats().split(target.name) or (target.stem, "")
    return target.with_name(stem + ending)


def results_of(outcomes: Iterable[Outcome], batch: CommandBatch) -> str:
    """Return the Results tables of all files as one CSV, whose first column is the file.

    Columns with another unit are other columns.
    """
    written = {path for outcome in outcomes for path in outcome.outputs}
    rows: list[dict[str, str]] = []
    for source, target in batch.jobs:
        table = _named(target, ".csv")
        if table in written:
            with table.open(newline="", encoding="utf-8") as stream:
                rows += [{"file": str(source.path), **row} for row in csv.DictReader(stream)]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys(["file", *(c for row in rows for c in row)])))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
