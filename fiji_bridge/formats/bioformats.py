"""Whatever the Bio-Formats of a Fiji reads: samples plane by plane, the rest from its OME-XML."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import FijiBridgeError, FileError, InputError
from fiji_bridge.formats.foreign import parse_xml
from fiji_bridge.formats.ome import described, image_names
from fiji_bridge.formats.ome_units import sample_type
from fiji_bridge.formats.registry import Probe
from fiji_bridge.formats.samples import drop_single
from fiji_bridge.formats.selection import Selection, cut
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.memory import check_memory
from fiji_bridge.jvm.calls import call, in_words
from fiji_bridge.jvm.session import Session, start

_RGB = 3


def read_with_bioformats(probe: Probe, selection: Selection) -> CalibratedImage:
    """Read a file with Bio-Formats; starts the JVM.

    Parameters
    ----------
    probe : Probe
    selection : Selection
        No other plane, and of a plane no other rectangle, is asked for.

    Raises
    ------
    FileError
        If the JVM has no Bio-Formats, or that cannot read the file; in its words.
    InputError
        If there is no such scene, level or part.
    """
    session = start()
    with _opened(session, probe.path) as (reader, xml):
        found: CalibratedImage = call(
            session, lambda _: _read(reader, xml, probe.path, selection), patience=0.5
        )
        return found


def _read(reader: Any, xml: str, path: Path, selection: Selection) -> CalibratedImage:
    root = parse_xml(xml.encode(), path.name)
    number = selection.scene_number(image_names(root, path.name), path)
    reader.setSeries(number)
    if selection.level:
        raise InputError(f"{path} has no level {selection.level}: with Bio-Formats 0 is read")
    kind = sample_type(root.findall("{*}Image/{*}Pixels")[number].get("Type"))
    if kind is None:
        raise FileError(f"cannot read {path}: Bio-Formats gives samples of a type that is no type")
    planes = _Planes(reader, kind)
    source = f"Bio-Formats ({reader.getFormat()})"
    none, axes = drop_single(np.broadcast_to(np.zeros((), kind), planes.shape), planes.axes)
    whole = described(root, number, none, axes, path.name, source)
    slices = selection.slices(whole)
    part = cut(whole, slices)
    check_memory(part.data.nbytes, str(path))
    data, axes = drop_single(planes.samples(slices), planes.axes)
    return part.with_data(data)


class _Planes:
    """The planes of the series that a reader is set to."""

    def __init__(self, reader: Any, kind: np.dtype[Any]) -> None:
        self.reader = reader
        self.kind = kind.newbyteorder("<" if reader.isLittleEndian() else ">")
        self.each = int(reader.getRGBChannelCount())
        channels = int(reader.getSizeC())
        self.coloured = self.each == _RGB
        sizes = {
            "t": int(reader.getSizeT()),
            "z": int(reader.getSizeZ()),
            "c": channels // self.each if self.coloured else channels,
            "y": int(reader.getSizeY()),
            "x": int(reader.getSizeX()),
            **({"s": self.each} if self.coloured else {}),
        }
        self.axes, self.shape = tuple(sizes), tuple(sizes.values())

    def samples(self, slices: Mapping[str, slice]) -> NDArray[Any]:
        """Return the chosen samples, with all axes."""
        sides = zip(self.axes, self.shape, strict=True)
        chosen = [range(n)[slices.get(axis, slice(None))] for axis, n in sides]
        t, z, c, y, x = chosen[:5]
        made = np.empty([len(part) for part in chosen], self.kind.newbyteorder("="))
        for (i, one), (j, two), (k, three) in itertools.product(
            enumerate(t), enumerate(z), enumerate(c)
        ):
            made[i, j, k] = self._plane(one, two, three, y, x)
        return made

    def _plane(self, t: int, z: int, c: int, y: range, x: range) -> NDArray[Any]:
        channel, sample = (c, 0) if self.coloured else divmod(c, self.each)
        index = self.reader.getIndex(z, channel, t)
        raw = self.reader.openBytes(index, x.start, y.start, len(x), len(y))
        flat = np.frombuffer(memoryview(raw), self.kind)
        if self.reader.isInterleaved():
            plane = flat.reshape(len(y), len(x), self.each)
        else:
            plane = np.moveaxis(flat.reshape(self.each, len(y), len(x)), 0, 2)
        return plane if self.coloured else plane[..., sample]


@contextlib.contextmanager
def _opened(session: Session, path: Path) -> Iterator[tuple[Any, str]]:
    """Give Bio-Formats' reader of a file and its OME-XML; what it throws becomes a sentence."""
    try:
        # Where no other program has set up its log, it would fill the output.
        session.jclass("loci.common.DebugTools").enableLogging("OFF")
        reader = session.jclass("loci.formats.ImageReader")()
        factory = session.jclass("loci.common.services.ServiceFactory")()
        wanted = session.jclass("loci.formats.services.OMEXMLService")
    except TypeError:
        raise FileError(
            f"cannot read {path}: there is no Bio-Formats in this runtime "
            f"({session.settings.runtime}); start a Fiji that has it: fiji_bridge.start(fiji=...), "
            "--fiji DIR or FIJI_BRIDGE_FIJI"
        ) from None
    try:
        with in_words():
            service = factory.getInstance(wanted)
            store = service.createOMEXMLMetadata()
            reader.setMetadataStore(store)
            reader.setFlattenedResolutions(False)
            call(session, lambda _: reader.setId(str(path.absolute())), patience=0.5)
            xml = str(service.getOMEXML(store))
        yield reader, xml
    except FijiBridgeError as error:
        if type(error) is not FijiBridgeError:
            raise
        thrown: Any = error.__cause__  # Of Java.
        said = thrown.getMessage() or thrown.getClass().getSimpleName()
        raise FileError(f"cannot read {path}: Bio-Formats says: {said}") from error
    finally:
        reader.close()
