"""The Python call: one operation, command or macro on many files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fiji_bridge.commands.options import recorded
from fiji_bridge.errors import ArgumentError
from fiji_bridge.image.places import PlaceLike
from fiji_bridge.jvm.session import current
from fiji_bridge.many import inputs
from fiji_bridge.many.commands import CommandBatch
from fiji_bridge.many.jobs import READING
from fiji_bridge.many.operations import OperationBatch
from fiji_bridge.many.report import ManyReport, Outcome
from fiji_bridge.ops.operation import nearest

#: What is no operation, and the keywords that say what it does.
COMMANDS = {"run_command": ("command", "options"), "run_macro": ("macro", "argument")}
_EITHER = ("recursive", "overwrite", "voxel_size", "image", "rois")


def run_many(
    operation: str,
    paths: Iterable[PlaceLike] | PlaceLike,
    output_dir: PlaceLike,
    *,
    name: str = inputs.NAME,
    recursive: bool = False,
    overwrite: bool = False,
    workers: int | None = None,
    timeout: float | None = None,
    on_outcome: Callable[[Outcome], object] | None = None,
    **given: Any,
) -> ManyReport:
    """Run one operation, ImageJ command or macro on many files, each on its own.

    A file that fails leaves the others alone. What is done is noted in the output folder: the
    same call goes on where it was stopped, and skips what is done.

    Parameters
    ----------
    operation : str
        Such as ``"gaussian"``; or ``"run_command"`` or ``"run_macro"``. What is left at their end
        is written: the active image; beside it the Results table and other tables (``.csv``), the
        ROIs (``.zip``), and what was printed (``.txt``).
    paths : path-like or iterable of path-like
        Files, OME-Zarrs, folders, and patterns such as ``"data/*.tif"``.
    output_dir : path-like
        It is made where it is missing, and so are folders in it, as they are below a folder that
        was given.
    name : str
        Of the outputs; the fields are {stem}, {operation}, {suffix} and {folder}. Operations
        that give a report write it as JSON.
    recursive : bool
        Whether folders in folders are looked into.
    overwrite : bool
        Whether all is done again and outputs are replaced. Without it an output that another
        request made, or that is not known, is a failure.
    workers : int, optional
        Files at a time, each in a process that it may crash; by default all are worked on in this
        process, commands and macros in one of their own.
    timeout : float, optional
        Seconds that a file may take in such a process.
    on_outcome : callable, optional
        Called with each `Outcome` as it comes.
    **given
        Parameters of the operation; ``voxel_size``, ``unit``; ``engine``, ``threads``;
        ``reader``, ``scene``, ``level``, ``timepoint``, ``channel`` and ``region`` as in `read`.
        For ``"run_command"`` ``command`` and ``options``, as a recorded text or a mapping; for
        ``"run_macro"`` ``macro``, a text or a path, and ``argument``; for both ``image=False``
        where the active image is not written, and ``rois=".geojson"``.

    Returns
    -------
    ManyReport

    Raises
    ------
    InputError
        Before any work: for unknown parameters, a name that makes no sense, paths that do not
        exist, outputs that would be written over each other or over an input.
    RuntimeStartError
        If Java cannot start, which concerns every file.

    Examples
    --------
    >>> report = fiji_bridge.run_many("gaussian", ["stack.tif"], "blurred", sigma="1 um")
    >>> report.counts
    {'done': 1}
    >>> fiji_bridge.run_many("gaussian", ["stack.tif"], "blurred", sigma="1 um").counts
    {'skipped': 1}
    """
    how = {"recursive": recursive, "overwrite": overwrite, **given}
    batch: CommandBatch | OperationBatch
    if operation in COMMANDS:
        batch = _commands(operation, paths, output_dir, name, how)
    else:
        batch = OperationBatch.of(operation, paths, output_dir, name=name, **how)
    outcomes = []
    for outcome in batch.run(processes(workers, timeout, operation), timeout, _runtime()):
        outcomes.append(outcome)
        if on_outcome is not None:
            on_outcome(outcome)
    return ManyReport(operation, tuple(outcomes))


def processes(workers: int | None, timeout: float | None, operation: str) -> int | None:
    """Return how many processes work on files; None where this one does."""
    apart = timeout is not None or operation in COMMANDS
    return 1 if workers is None and apart else workers


def _commands(
    operation: str,
    paths: Iterable[PlaceLike] | PlaceLike,
    output_dir: PlaceLike,
    name: str,
    how: dict[str, Any],
) -> CommandBatch:
    needed = COMMANDS[operation]
    known = {*needed, *_EITHER, *READING}
    for keyword in how:
        if keyword not in known:
            raise ArgumentError(
                f"{operation} of many files takes no {keyword!r}{nearest(keyword, sorted(known))}"
            )
    if needed[0] not in how:
        raise ArgumentError(f"{operation} of many files needs {needed[0]}=")
    what, more = how.pop(needed[0]), how.pop(needed[1], "")
    if operation == "run_macro":
        return CommandBatch.of_macro(what, more, paths, output_dir, template=name, **how)
    options = recorded(more) if isinstance(more, Mapping) else more
    return CommandBatch.of_command(what, options, paths, output_dir, template=name, **how)


def _runtime() -> dict[str, Any]:
    """Return what the processes start: the runtime of this one, where it has one of its own."""
    session = current()
    if session is None or session.settings.runtime == "guest":
        return {}
    settings = session.settings
    return {"runtime": settings.runtime, "fiji": settings.fiji, "maven": settings.maven}
