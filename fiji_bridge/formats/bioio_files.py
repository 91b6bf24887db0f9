"""Files of microscopes that BioIO's plugins read: CZI, LIF and ND2, and by wish any other.

Each of the three has the one plugin that its file here names, whatever else is installed that
takes such files; ``reader="bioio"`` leaves the choice to BioIO. The samples, the stitching of
tiles and the pixel sizes are BioIO's.
"""

from __future__ import annotations

import contextlib
import importlib
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import FijiBridgeError, FileError, InputError, MemoryLimitError
from fiji_bridge.formats.bioio_image import axis_order, calibration, channel_names, reader_name
from fiji_bridge.formats.registry import Format, Probe
from fiji_bridge.formats.samples import drop_single, native
from fiji_bridge.formats.selection import Selection, cut
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.memory import check_memory

_EXTRA = "pip install 'fiji-bridge[formats]'"


def by_plugin(
    name: str, recognises: Callable[[Probe], bool], plugin: str, more: str = ""
) -> Format:
    """Return a format that one plugin reads.

    Parameters
    ----------
    name : str
    recognises : callable
        See `Format`.
    plugin : str
        Its package, such as ``"bioio_lif"``.
    more : str
        What has to be installed beside the extra.
    """

    def read(probe: Probe, selection: Selection) -> CalibratedImage:
        return _read(probe, selection, plugin, more)

    return Format(name=name, recognises=recognises, read_part=read)


def read_by_bioio(probe: Probe, selection: Selection) -> CalibratedImage:
    """Read a file by whichever of its plugins BioIO chooses.

    Raises
    ------
    FileError
        If BioIO is missing, or no plugin takes the file; what the plugin says of a damaged one.
    InputError
        If there is no such scene, level or part.
    """
    return _read(probe, selection, "", "")


def _read(probe: Probe, selection: Selection, plugin: str, more: str) -> CalibratedImage:
    path = probe.path
    image = _open(path, plugin, more)
    with _in_words(path, reader_name(image)):
        names = _scenes(image, path)
        image.set_scene(selection.scene_number(names, path))
        if selection.level:
            raise InputError(f"{path} has no level {selection.level}: BioIO gives one only")
        order = axis_order(image)
        none, axes = drop_single(np.broadcast_to(np.zeros((), image.dtype), image.shape), order)
        whole = CalibratedImage(
            none,
            axes,
            calibration(image, axes, f"BioIO ({reader_name(image)})"),
            name=path.name if len(names) == 1 else f"{path.name} - {image.current_scene}",
            channel_names=channel_names(image) if "c" in axes else (),
        )
        slices = selection.slices(whole)
        part = cut(whole, slices)
        check_memory((part if _reads_parts(image) else whole).data.nbytes, str(path))
        data, axes = drop_single(_samples(image, order, slices), order)
        return replace(part, data=native(data), axes=axes)


def _reads_parts(image: Any) -> bool:
    """Whether the plugin reads what is chosen and no more; tiles are put together as a whole."""
    tiles = "M" in image.reader.dims.order
    return reader_name(image) in ("bioio_czi", "bioio_nd2") and not tiles


def _samples(image: Any, order: tuple[str, ...], slices: Mapping[str, slice]) -> NDArray[Any]:
    # Not by `dask_data`: of colours bioio-czi 3.0.1 then repeats the first.
    chosen = {axis.upper(): part for axis, part in slices.items()}
    data: NDArray[Any] = np.asarray(image.get_image_data("".join(order).upper(), **chosen))
    if order[-1] == "s" and reader_name(image) == "bioio_czi":
        data = np.ascontiguousarray(data[..., ::-1])  # a CZI has blue, green, red
    return data


def _open(path: Path, plugin: str, more: str) -> Any:
    """Return the BioImage of a file; `plugin` reads it, or whichever BioIO chooses."""
    try:
        bioio = importlib.import_module("bioio")
        reader = importlib.import_module(plugin).Reader if plugin else None
    except ImportError as error:
        what = f"a file like {path.name}" if not plugin else f"a {path.suffix[1:].upper()}"
        package = plugin.replace("_", "-") or "bioio"
        raise FileError(
            f"cannot read {path}: {what} is read by the package {package}, and {error.name} is "
            f"not installed: {_EXTRA}{more}"
        ) from None
    with _in_words(path, plugin):
        if reader is not None:
            # BioImage would say that "none of the specified readers" could, and log it.
            reader(str(path))
        try:
            return bioio.BioImage(str(path), reader=reader)
        except importlib.import_module("bioio_base").exceptions.UnsupportedFileFormatError as error:
            names = ", ".join(sorted(_plugins())) or "none"
            raise FileError(
                f"cannot read {path}: no plugin of BioIO's that is installed takes it ({names})"
            ) from error


def _plugins() -> set[str]:
    found = importlib.import_module("bioio.plugins").get_plugins(use_cache=True)
    return {plugin.entrypoint.name for plugins in found.values() for plugin in plugins}


def _scenes(image: Any, path: Path) -> tuple[str, ...]:
    names = tuple(str(name) for name in image.scenes)
    if reader_name(image) == "bioio_czi":
        # It goes by names in the XML; scenes that have none there it leaves out.
        said = image.metadata.findtext(".//Information/Image/SizeS", "1")
        if said.isdecimal() and int(said) > len(names):
            named = len(image.metadata.findall(".//Dimensions/S/Scenes/Scene"))
            raise FileError(
                f"cannot read {path}: it holds {said} scenes, and BioIO finds those alone that its "
                f"metadata name, which are {named}; save the one you want to a file of its own"
            )
    return names


@contextlib.contextmanager
def _in_words(path: Path, plugin: str) -> Iterator[None]:
    """Turn what plugins raise of damaged files into a sentence."""
    try:
        with warnings.catch_warnings():
            # Of the plugins about themselves: deprecations, metadata that they do not know.
            warnings.filterwarnings("ignore", module=r"bioio|xsdata|ome_types|dask")
            yield
    except FijiBridgeError:
        raise
    except MemoryError as error:
        raise MemoryLimitError(f"{path} does not fit into memory ({error})") from error
    except Exception as error:
        # What a plugin raises depends on the plugin and on the damage.
        said = " ".join(str(error).split())[:200] or type(error).__name__
        raise FileError(f"cannot read {path}: BioIO ({plugin or 'any'}) says: {said}") from error
