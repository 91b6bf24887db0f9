"""One ImageJ command on many files, as operations do it: journal, resume, what happened to each."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fiji_bridge._version import __version__
from fiji_bridge.commands.running import run_command
from fiji_bridge.convert.adapters import to_image
from fiji_bridge.errors import FileError, MacroError
from fiji_bridge.formats import read
from fiji_bridge.formats.atomic import check_target
from fiji_bridge.ops import many_inputs
from fiji_bridge.ops.many import READING, Jobs
from fiji_bridge.ops.many_inputs import Source
from fiji_bridge.ops.many_journal import Journal, identity
from fiji_bridge.ops.output import check_output, write

_NAME = "run_command"


@dataclass(frozen=True)
class CommandBatch(Jobs):
    """A run of one command over many files that was found to make sense.

    Attributes
    ----------
    command, options : str
        The label, and the recorded options.
    """

    command: str
    options: str

    @classmethod
    def of_command(
        cls,
        command: str,
        options: str,
        paths: Iterable[str | os.PathLike[str]],
        output_dir: str | os.PathLike[str],
        *,
        overwrite: bool = False,
        **given: Any,
    ) -> CommandBatch:
        """Find the files and the names; `given` says how they are read.

        Raises
        ------
        InputError
            As `fiji_bridge.run_many` does, before any work.
        """
        folder = Path(output_dir)
        if folder.exists() and not folder.is_dir():
            raise FileError(f"cannot write into {folder}: it is no folder")
        journal = Journal(folder)
        sources, others = many_inputs.find(list(paths), recursive=False, mine=journal.wrote)
        # One word of the label: "Median..." gives stack-median.tif.
        word = "-".join("".join(c if c.isalnum() else " " for c in command).lower().split())
        jobs = tuple(
            (source, many_inputs.output_of(source, many_inputs.NAME, word, folder, report=False))
            for source in sources
        )
        many_inputs.check_outputs(jobs)
        return cls(
            _NAME, jobs, tuple(others), folder, overwrite, given, journal,
            command=command, options=options,
        )  # fmt: skip

    def _request(self, source: Source) -> dict[str, Any]:
        given = {k: v for k, v in self.given.items() if v is not None and v != READING.get(k)}
        return {
            "operation": _NAME,
            "command": self.command,
            "options": self.options,
            "given": {k: v if isinstance(v, str | int) else repr(v) for k, v in given.items()},
            "version": __version__,
            "source": identity(source.path),
        }

    def _do(self, source: Source, target: Path, *, replace: bool) -> tuple[Path, ...]:
        request = self._request(source)
        overwrite = self.overwrite or replace
        reading = {name: self.given.get(name, default) for name, default in READING.items()}
        image = to_image(read(source.path, **reading), voxel_size=self.given.get("voxel_size"))
        target.parent.mkdir(parents=True, exist_ok=True)
        check_output(target, overwrite=overwrite, several=False)
        table = target.with_name(f"{target.name.partition('.')[0]}.csv")
        check_target(table, overwrite=overwrite)
        self.journal.begin(target, request)
        found = run_command(image, self.command, self.options)
        if found.image is None:
            raise MacroError("no image is open at the end, so there is nothing to write")
        write(found.image, target, overwrite=overwrite)
        files = [target]
        if len(found.results):
            found.results.save(table)
            files.append(table)
        self.journal.end(target, request, files)
        return tuple(files)
