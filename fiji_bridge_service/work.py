"""What workers do: all that reads an image of others, or may take long, happens in these processes.

Each function is called by name through `fiji_bridge.Workers`; what it takes and gives is pickled.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import hashlib
import io
import math
import os
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.client.wire import described, rebuilt
from fiji_bridge.convert.adapters import to_image
from fiji_bridge.errors import CalibrationError, FijiBridgeError, FileError, InputError
from fiji_bridge.formats import read
from fiji_bridge.formats.registry import Probe
from fiji_bridge.formats.views_png import make_layout
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import SPATIAL_AXES
from fiji_bridge.image.memory import readable
from fiji_bridge.image.results import Images, Table
from fiji_bridge.ops.operation import Operation, Result
from fiji_bridge.ops.output import write_images
from fiji_bridge.ops.registry import REGISTRY
from fiji_bridge.ops.separable import Context
from fiji_bridge_service import roots, stores
from fiji_bridge_service.errors import without_paths
from fiji_bridge_service.sameas import same_as

#: What an ``.npy`` file begins with.
_NPY = b"\x93NUMPY"
#: Voxels along one side of a previewed region.
PREVIEW = 128


@dataclass(frozen=True)
class Source:
    """Where an image is, and what is known of it.

    Attributes
    ----------
    path : str
    name : str
        What users are told instead of the path; the image's title.
    said : mapping
        The description of the samples in an ``.npy`` file.
    root : str
        Folder that the file must lie in, links followed; empty for an upload.
    stamp : mapping
        What the file looked like when it was first read; see `roots.stamp`.
    image_bytes : int
        The most that its samples may take.
    bytes : int
        What its samples take, once that is known.
    """

    path: str
    name: str
    said: Mapping[str, Any]
    root: str
    stamp: Mapping[str, int]
    image_bytes: int
    bytes: int = 0

    @property
    def is_store(self) -> bool:
        """Whether it is an OME-Zarr, of which only regions are read."""
        return bool(self.stamp.get("files"))


def inspect(source: Source) -> dict[str, Any]:
    """Return what there is to know of an image; all of it is read, so that it is known whole.

    Of an OME-Zarr the metadata are read, and no chunk.

    Returns
    -------
    dict
        ``axes``, ``shape``, ``dtype``, ``bytes`` of the samples, ``voxels`` (per spatial axis
        size, unit and problem), ``channels``, ``warnings``, ``wire`` (see `client.wire`).
    """
    with told() as said, named(source):
        if source.is_store:
            judge(source)
            image = stores.placeholder(stores.opened(source.path))
        else:
            image = load(source)
    voxels = {}
    for axis in image.spatial_axes:
        own = image.calibration.axis(axis)
        problem = None
        try:
            image.calibration.voxel_size(axis)
        except CalibrationError as error:
            problem = str(error)
        size = own.size if own.size is not None and np.isfinite(own.size) else None
        voxels[axis] = {"size": size, "unit": own.unit, "problem": problem}
    return {
        "axes": list(image.axes),
        "shape": list(image.shape),
        "dtype": image.dtype.name,
        "bytes": image.data.size * image.dtype.itemsize,
        "voxels": voxels,
        "channels": list(image.channel_names),
        "warnings": said,
        "wire": described(image),
    }


def plan(source: Source, found: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plan of an operation, which needs no samples but for a measured blur.

    Returns
    -------
    dict
        ``plan``, ``table``, ``needed_bytes``, ``total_bytes`` (with the image) and ``same_as``.
    """
    operation = REGISTRY.find(asked["operation"])
    if source.is_store:
        return _plan_of_blocks(operation, source, asked)
    with told() as said, named(source):
        measures = asked["parameters"].get("match", "none") != "none"
        image = understood(load(source) if measures else _placeholder(found), asked)
        made = operation.plan(image, **asked["parameters"])
    table = made.table()
    return {
        "plan": made.as_dict(),
        "table": as_rows(table),
        "warnings": said,
        "needed_bytes": made.needed_bytes,
        "total_bytes": made.needed_bytes + image.data.nbytes,
        "same_as": same_as(operation, asked, source.name),
    }


def _plan_of_blocks(
    operation: Operation, source: Source, asked: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the plan of an operation on an OME-Zarr, which goes block by block."""
    with told() as said, named(source), tempfile.TemporaryDirectory() as folder:
        judge(source)
        made = stores.planned(source.path, Path(folder) / "result.ome.zarr", asked).plan
    table, blocks = made.operation.table(), made.table()
    first = made.passes["0"]
    count = sum(one.blocks for one in made.passes.values())
    word = "block" if count == 1 else "blocks"
    note = (
        f"{count} {word}, {first.workers} at a time; of level 0 {readable(first.read_bytes)} are "
        f"read and {readable(first.written_bytes)} written"
    )
    shown = as_rows(table)
    # The operation's own memory is that of an image which is held whole.
    notes = [one for one in shown["notes"] if not one.startswith("memory needed")]
    return {
        "plan": made.as_dict(),
        "table": shown | {"notes": [*notes, note, blocks.notes[-1]]},
        "warnings": said,
        "needed_bytes": made.needed_bytes,
        "total_bytes": made.needed_bytes,
        "same_as": same_as(operation, asked, source.name, "result.ome.zarr"),
    }


def views(source: Source, asked: Mapping[str, Any]) -> tuple[bytes, dict[str, Any]]:
    """Return a PNG of the views XY, XZ and ZY at true aspect, and where each lies in it."""
    with told(), named(source):
        if source.is_store:
            judge(source)
            image, asked = stores.shown(source.path, source.name, asked)
        else:
            image = load(source)
        return _drawn(understood(image, asked), asked)


def preview(source: Source, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return an operation's effect on a region, before and after, each as a PNG in base64.

    An image that is no larger than `PREVIEW` along each axis is taken whole, and its preview is
    the result itself. Of a larger one `region`, or what lies round `position`, is cut out first, so
    that its edges are treated as those of an image.
    """
    operation = REGISTRY.find(asked["operation"])
    if operation.result is not Result.IMAGE:
        raise InputError(f"{operation.name} gives no single image to look at beforehand")
    started = time.perf_counter()
    with told() as said, named(source):
        image, region = _region(source, asked)
        made = operation.apply(image, context=context(operation, asked), **asked["parameters"])
        # Of the region, which has one time and the channels that are wanted.
        (after, _), (before, _) = _drawn(made, {}), _drawn(image, {})
    return {
        "before": base64.b64encode(before).decode(),
        "after": base64.b64encode(after).decode(),
        "region": region,
        "warnings": said,
        "seconds": time.perf_counter() - started,
    }


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def context(
    operation: Operation,
    asked: Mapping[str, Any],
    progress: Callable[[int, int], None] | None = None,
) -> Context:
    """Return what an operation runs with; refuses an engine where it has none."""
    if not operation.uses_engine:
        if asked.get("engine") is not None:
            raise InputError(f"{operation.name} runs on no engine; leave engine away")
        return Context(progress=progress)
    return Context(engine=asked.get("engine"), threads=asked.get("threads"), progress=progress)


def understood(image: CalibratedImage, asked: Mapping[str, Any]) -> CalibratedImage:
    """Return an image with what was said of its voxels."""
    return to_image(image, voxel_size=asked.get("voxel_size"), unit=asked.get("unit"))


def _placeholder(found: Mapping[str, Any]) -> CalibratedImage:
    """Return an image of the right shape that takes no memory."""
    samples = np.broadcast_to(np.zeros((), np.dtype(found["dtype"])), found["shape"])
    return rebuilt(samples, found["wire"])


def judge(source: Source) -> None:
    """Look again at where an image lies, right before it is read."""
    roots.check(source.path, source.root, source.stamp)


def load(source: Source) -> CalibratedImage:
    """Read an image, once it was judged again where it lies."""
    judge(source)
    found = os.stat(source.path)
    if source.said:
        return _read_npy(source)
    # The last image stays in memory: views and previews come back to it.
    return _read(source.path, found.st_mtime_ns, source.root, source.image_bytes, source.name)


@functools.lru_cache(maxsize=1)
def _read(path: str, _: int, root: str, image_bytes: int, name: str) -> CalibratedImage:
    probe = Probe(path)
    if not probe.is_tiff:
        raise FileError(f"cannot read {path}: it is no TIFF")
    claimed = sum(
        page.plane_bytes * (page.samples if page.planar else 1)
        for page in probe.structure.directories
    )
    if claimed > image_bytes:
        raise InputError(
            f"{name} claims {readable(claimed)} of samples; at most {readable(image_bytes)} of one "
            "image are accepted here"
        )
    if root and b"<OME" in probe.description:
        roots.check_neighbours(path, root)
    image = replace(read(path), name=name)
    if image.data.nbytes > image_bytes:
        raise InputError(
            f"{name} has {readable(image.data.nbytes)} of samples; at most "
            f"{readable(image_bytes)} of one image are accepted here"
        )
    image.data.flags.writeable = False
    return image


def _read_npy(source: Source) -> CalibratedImage:
    """Map the samples of an ``.npy`` file; objects, which would run code, are refused."""
    with open(source.path, "rb") as file:
        if file.read(len(_NPY)) != _NPY:
            raise FileError(f"cannot read {source.path}: it is no .npy file")
    try:
        samples: NDArray[Any] = np.load(source.path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError, SyntaxError, OverflowError, TypeError, MemoryError):
        raise FileError(
            f"cannot read {source.path}: an .npy file of plain numbers, of the size that it "
            "claims, is needed"
        ) from None
    if samples.nbytes == 0:
        raise InputError(f"{source.name} has no samples: its shape is {samples.shape}")
    if samples.nbytes > source.image_bytes:
        raise InputError(
            f"{source.name} has {readable(samples.nbytes)} of samples; at most "
            f"{readable(source.image_bytes)} of one image are accepted here"
        )
    return rebuilt(np.asarray(samples), source.said)


def _region(
    source: Source, asked: Mapping[str, Any]
) -> tuple[CalibratedImage, dict[str, list[int]]]:
    """Return the part round a position, and where it lies."""
    if source.is_store:
        judge(source)
        image = stores.placeholder(stores.opened(source.path))
    else:
        image = understood(load(source), asked)
    cuts = _cuts(image, asked)
    region = {axis: [cuts[axis].start, cuts[axis].stop] for axis in image.spatial_axes}
    for axis, number in (("t", asked.get("frame", 0)), ("c", asked.get("channel"))):
        if number is not None and stores.inside(image, axis, number):
            cuts[axis] = slice(number, number + 1)
    if source.is_store:
        bounds = {axis: (start, stop) for axis, (start, stop) in region.items()}
        return understood(stores.part(source.path, bounds, asked), asked), region
    index = tuple(cuts.get(axis, slice(None)) for axis in image.axes)
    return image.with_data(np.ascontiguousarray(image.data[index])), region


def _cuts(image: CalibratedImage, asked: Mapping[str, Any]) -> dict[str, slice]:
    """Return the region along z, y and x; where nothing is said of an axis, as much as is quick."""
    given = asked.get("region") or {}
    cuts: dict[str, slice] = {}
    for axis, (start, stop) in given.items():
        if not start < stop <= image.size(axis):
            raise InputError(
                f"the region goes from {start} to {stop} along axis {axis}, which has 0 to "
                f"{image.size(axis)}"
            )
        cuts[axis] = slice(start, stop)
    chosen = math.prod(cut.stop - cut.start for cut in cuts.values())
    free = [axis for axis in SPATIAL_AXES if axis not in cuts]
    if chosen > PREVIEW**3:
        raise InputError(
            f"a region of {chosen} voxels takes too long to look at; choose at most {PREVIEW**3}"
        )
    side = int((PREVIEW**3 / chosen) ** (1 / max(1, len(free))) + 1e-6)
    at = asked.get("position") or [image.size(axis) // 2 for axis in SPATIAL_AXES]
    for axis, centre in zip(SPATIAL_AXES, at, strict=True):
        size = image.size(axis)
        stores.inside(image, axis, centre)
        if axis in free:
            length = min(size, PREVIEW, side)
            start = min(max(0, centre - length // 2), size - length)
            cuts[axis] = slice(start, start + length)
    return cuts


def _drawn(image: CalibratedImage, asked: Mapping[str, Any]) -> tuple[bytes, dict[str, Any]]:
    """Draw the three views of one channel, or of all, at one time."""
    numbers = {"t": asked.get("frame", 0), "c": asked.get("channel")}
    cuts = {
        axis: slice(number, number + 1)
        for axis, number in numbers.items()
        if number is not None and stores.inside(image, axis, number)
    }
    # One time point only, for no more has to be projected.
    image = image.with_data(image.data[tuple(cuts.get(axis, slice(None)) for axis in image.axes)])
    given: dict[str, Any] = {"method": asked.get("method") or "slice", "nan": "propagate"}
    if given["method"] == "slice" and asked.get("position"):
        given["position"] = tuple(asked["position"])
    shown = REGISTRY["views"].apply(image, context=Context(), **given)
    low, high = asked.get("low"), asked.get("high")
    if low is not None or high is not None:
        images = {
            name: view.with_data(np.clip(view.data.astype(np.float64), low, high))
            for name, view in shown.images.items()
        }
        shown = Images(images)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "views.png"
        write_images(shown, path)
        png = path.read_bytes()
    layout = make_layout(shown.images)
    return png, {"width": layout.width, "height": layout.height, "boxes": layout.boxes}


def as_rows(table: Table) -> dict[str, Any]:
    """Return a table as plain values."""
    return {
        "title": table.title,
        "columns": list(table.columns),
        "rows": [list(row) for row in table.rows],
        "notes": list(table.notes),
    }


@contextlib.contextmanager
def told() -> Iterator[list[str]]:
    """Gather the warnings of the package; nothing else may print where nobody reads."""
    said: list[str] = []

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        text = without_paths(str(message))
        if text not in said:
            said.append(text)

    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = show
        yield said


@contextlib.contextmanager
def named(source: Source) -> Iterator[None]:
    """Let refusals name the image, not the file that it is kept in."""
    try:
        yield
    except FijiBridgeError as error:
        error.args = (without_paths(str(error), (source.path, source.name)),)
        raise
