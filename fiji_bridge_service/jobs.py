"""What a worker does of a job: the files of its result, and what there is to say of them."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fiji_bridge.blocks.journal import Journal
from fiji_bridge.blocks.process import Run
from fiji_bridge.check.crosscheck import crosscheck
from fiji_bridge.client.wire import described
from fiji_bridge.commands.results import CommandResult
from fiji_bridge.commands.running import run_command, run_macro
from fiji_bridge.errors import FileError, InputError, MacroError
from fiji_bridge.formats import write
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.results import Images, Report
from fiji_bridge.ops.operation import Operation
from fiji_bridge.ops.output import write_images
from fiji_bridge.ops.registry import REGISTRY
from fiji_bridge_service import stores
from fiji_bridge_service.files import sync_all
from fiji_bridge_service.work import (
    Source,
    as_rows,
    context,
    digest,
    judge,
    load,
    named,
    told,
    understood,
)

#: The folder of a result that is an OME-Zarr.
STORE = "result.ome.zarr"
#: How often the process of a service that was killed is looked for, five times a second.
_LOOKS = 50
#: In which forms ROIs are given.
_ROIS = (".zip", ".geojson")


def run(
    source: Source,
    asked: Mapping[str, Any],
    folder: str,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Do a job: write the files of the result into a folder, and say what they are.

    Returns
    -------
    dict
        ``kind`` (image, images, report or command), ``files`` (name, format, bytes, sha256, for
        samples alone the description, for a table its units), ``provenance``, ``report``,
        ``table``, ``check``, ``warnings``, ``seconds``.
    """
    if "operation" not in asked:
        made = _imagej(source, asked, folder)
    elif source.is_store:
        made = _blocks(source, asked, Path(folder), progress)
    else:
        made = _operation(source, asked, folder, progress)
    sync_all(Path(folder))
    return made


def _operation(
    source: Source,
    asked: Mapping[str, Any],
    folder: str,
    progress: Callable[[int, int], None] | None,
) -> dict[str, Any]:
    operation = REGISTRY.find(asked["operation"])
    started = time.perf_counter()
    check = None
    with told() as said, named(source):
        image = understood(load(source), asked)
        how = context(operation, asked, progress)
        made = operation.apply(image, context=how, **asked["parameters"])
        files = _written(made, Path(folder), asked["formats"])
        if asked.get("check"):
            check = _check(operation, image, asked)
    report = made if isinstance(made, Report) else getattr(made, "report", None)
    if isinstance(made, CalibratedImage):
        provenance = list(made.provenance)
    elif isinstance(made, Images):
        provenance = list(next(iter(made.images.values())).provenance)
    else:
        provenance = []
    return {
        "kind": operation.result.value,
        "files": files,
        "provenance": provenance,
        "report": None if report is None else report.as_dict(),
        "table": None if report is None else as_rows(report.table()),
        "check": check,
        "warnings": said,
        "seconds": time.perf_counter() - started,
    }


def _blocks(
    source: Source,
    asked: Mapping[str, Any],
    folder: Path,
    progress: Callable[[int, int], None] | None,
) -> dict[str, Any]:
    """Run an operation on an OME-Zarr, block by block; what an earlier attempt did stays done."""
    target = folder / STORE
    with told() as said, named(source):
        judge(source)
        run = _taken_up(source, target, asked)
        try:
            report = run.run(progress)
        finally:
            if run.cluster is not None:
                run.cluster.client.close()
    return {
        "kind": "image",
        "files": [_store(target)],
        "provenance": [dict(report.entry)],
        "report": None,
        "table": as_rows(report.table()) | {"title": "blocks"},
        "check": None,
        "warnings": said,
        "seconds": report.seconds,
    }


def _taken_up(source: Source, target: Path, asked: Mapping[str, Any]) -> Run:
    """Return the run that an earlier attempt began, or a new one."""
    scheduler = asked["blocks"]["scheduler"]
    if target.exists():
        _wait_for_the_last(target)
    try:
        return stores.planned(source.path, target, asked, scheduler=scheduler)
    except FileError:
        if not target.exists():
            raise
        # Ended right before it got its name, or begun by another version of the package.
        shutil.rmtree(target)
        return stores.planned(source.path, target, asked, scheduler=scheduler)


def _wait_for_the_last(target: Path) -> None:
    """Wait for a process of a service that was killed: it ends soon after."""
    for _ in range(_LOOKS):
        with contextlib.suppress(FileError), Journal(target).locked():
            return
        time.sleep(0.2)


def _store(path: Path) -> dict[str, Any]:
    """Return what there is to say of an OME-Zarr, which has no one digest."""
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return {"name": path.name, "format": "ome.zarr", "bytes": size, "sha256": ""}


def _imagej(source: Source, asked: Mapping[str, Any], folder: str) -> dict[str, Any]:
    """Run a macro's text, or a command, as `allowed.call` gave it."""
    started = time.perf_counter()
    with told() as said, named(source):
        image = understood(load(source), asked)
        if "macro" in asked:
            found = run_macro(asked["macro"], image, asked["argument"])
        else:
            found = run_command(image, asked["command"], asked["options"], stack=asked["stack"])
        files = _left(found, Path(folder), asked["formats"])
    return {
        "kind": "command",
        "files": files,
        "provenance": [] if found.image is None else list(found.image.provenance),
        "report": {"value": found.value, "options": found.options},
        "table": None,
        "check": None,
        "warnings": said,
        "seconds": time.perf_counter() - started,
    }


def _left(found: CommandResult, folder: Path, formats: Sequence[str]) -> list[dict[str, Any]]:
    """Write what was there at the end: the active image, tables, ROIs, what was printed."""
    beside = found.files(*_ROIS)
    if found.image is None and not beside:
        raise MacroError("no image is open at the end, so there is nothing to write")
    files = [] if found.image is None else _written(found.image, folder, formats)
    tables = found.named_tables()
    for ending, content in beside.items():
        path = folder / f"result{ending}"
        path.write_bytes(content)
        title, table = tables.get(ending, ("", None))
        more: dict[str, Any] = {}
        if table is not None:
            more = {"part": title, "units": dict(table.units), "texts": table.texts}
        files.append(_file(path, path.suffix.removeprefix("."), more))
    return files


def _check(operation: Operation, image: CalibratedImage, asked: Mapping[str, Any]) -> Any:
    """Cross-check a blur against SciPy, as `fiji_bridge.crosscheck` does."""
    if operation.name != "gaussian":
        raise InputError(f"only a gaussian is cross-checked, not {operation.name}")
    given = {name: value for name, value in asked["parameters"].items() if name != "match"}
    found = crosscheck(image, engine=asked.get("engine"), threads=asked.get("threads"), **given)
    return {"verdict": found.verdict, "table": as_rows(found.table()), "report": found.as_dict()}


def _written(made: Any, folder: Path, formats: Sequence[str]) -> list[dict[str, Any]]:
    found = []
    for form in formats:
        if isinstance(made, Report):
            break
        if form == "npy":
            images = made.images if isinstance(made, Images) else {"": made}
            for name, image in images.items():
                path = folder / (f"result-{name}.npy" if name else "result.npy")
                with path.open("xb") as file:
                    np.lib.format.write_array(file, np.asarray(image.data), allow_pickle=False)
                found.append((path, form, {"part": name, "image": described(image)}))
        elif isinstance(made, Images):
            for written in write_images(made, folder / f"result.{form}"):
                found.append((folder / written.name, form, {}))
        else:
            path = folder / f"result.{form}"
            write(made, path)
            found.append((path, form, {}))
    return [_file(path, form, more) for path, form, more in found]


def _file(path: Path, form: str, more: Mapping[str, Any]) -> dict[str, Any]:
    if path.is_dir():
        return _store(path)
    return {
        "name": path.name,
        "format": form,
        "bytes": path.stat().st_size,
        "sha256": digest(path),
        **more,
    }
