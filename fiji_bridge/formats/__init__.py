"""Images in files."""

from __future__ import annotations

import warnings
from functools import cache
from typing import TYPE_CHECKING

from fiji_bridge.errors import FileError, InputError
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.places import PlaceLike, Remote, local, to_place

if TYPE_CHECKING:
    from fiji_bridge.formats.regions import ImageSource
    from fiji_bridge.formats.registry import Format, Probe, Registry
    from fiji_bridge.formats.selection import RegionLike, Selection

__all__ = [
    "READERS",
    "check_for_imagej",
    "formats",
    "open_regions",
    "read",
    "regions_of",
    "warn_not_kept",
    "write",
]

_FOR_READERS = "what another reader than this package reads"

#: tifffile needs no JVM; imagej is the real ImageJ; bioio leaves the choice to BioIO, bioformats
#: is Bio-Formats in a Fiji.
READERS = ("tifffile", "imagej", "bioio", "bioformats")
#: Those that a JVM runs.
READERS_IN_JAVA = ("imagej", "bioformats")


@cache
def formats() -> Registry:
    """Return the file formats: those of this package, then those of others.

    Raises
    ------
    InputError
        If one is registered twice, or an entry point cannot be loaded.
    """
    from fiji_bridge.formats.catalogue import FORMATS
    from fiji_bridge.formats.registry import Registry

    found = Registry(FORMATS)
    found.add_entry_points()
    return found


def read(
    path: PlaceLike,
    *,
    reader: str = "tifffile",
    level: int = 0,
    timepoint: int | None = None,
    channel: int | str | None = None,
    region: RegionLike | None = None,
    scene: int | str | None = None,
) -> CalibratedImage:
    """Read an image file, or a part of it.

    Parameters
    ----------
    path : path-like
        ImageJ TIFF, OME-TIFF, SCIFIO TIFF, plain TIFF, OME-Zarr (a folder), CZI, LIF or ND2 (by
        BioIO's plugins), or a format of another package. An OME-Zarr may lie in a remote store:
        ``"s3://bucket/name.ome.zarr"``, ``"https://…"``.
    reader : {"tifffile", "imagej", "bioio", "bioformats"}
        ``"imagej"`` opens the file with ImageJ itself and starts a JVM; it
        knows no OME-XML, and gives the same. ``"bioio"`` opens it with whichever of its plugins
        BioIO chooses, ``"bioformats"`` with the Bio-Formats of the Fiji that is started; the
        calibration's source names it. No reader stands in for another.
    level : int
        Resolution level of an OME-Zarr; 0 is the finest.
    timepoint : int, optional
        Counted from 0; the image has no axis t then.
    channel : int or str, optional
        Counted from 0, or its name; the image has no axis c then.
    region : str or mapping, optional
        ``"z=0:20um y=10:50px"``, or ``{"z": (0, 40)}`` in pixels; see
        `fiji_bridge.formats.selection.Selection`. Of an OME-Zarr, ImageJ TIFF or OME-TIFF nothing
        else is read.
    scene : int or str, optional
        Of a file that holds several images (scenes, series, fields of a plate): its name, or its
        number from 0. Without it such a file is refused, by a message that names them.

    Returns
    -------
    CalibratedImage
        Axes in the order t, z, c, y, x, s, those with one plane only left out.
        Values of the calibration are as found, senseless ones included.

    Raises
    ------
    FileError
        If the file is missing, incomplete, damaged or of another kind.
    MemoryLimitError
        If it is larger than the memory that is free.
    InputError
        If there is no such level, timepoint, channel, region or scene.

    Examples
    --------
    >>> image = fiji_bridge.read("stack.tif")
    >>> image.axes, image.shape
    (('z', 'y', 'x'), (25, 81, 81))
    >>> image.calibration.z.size, image.calibration.z.unit
    (2.0, 'µm')
    >>> fiji_bridge.read("stack.tif", region="z=0:20um y=10:50px").shape
    (10, 40, 81)
    """
    from fiji_bridge.formats.selection import Selection, cut

    selection = Selection(level, timepoint, channel, region, scene)
    if reader not in READERS:
        raise InputError(f"reader must be one of {', '.join(READERS)}; got {reader!r}")
    if reader != "tifffile":
        local(path, _FOR_READERS)
    if reader == "bioio":
        from fiji_bridge.formats.bioio_files import read_by_bioio

        return read_by_bioio(_probe(path), selection)
    if reader == "bioformats":
        from fiji_bridge.formats.bioformats import read_with_bioformats

        return read_with_bioformats(_probe(path), selection)
    probe, found = _recognised(path)
    if found.read_part is not None and reader != "imagej":
        return found.read_part(probe, selection)
    selection.only_image(path, found.name)
    if reader == "imagej":
        from fiji_bridge.formats.imagej_read import read_with_imagej

        image = read_with_imagej(probe, found)
    else:
        assert found.read is not None
        image = found.read(probe)
    return cut(image, selection.slices(image)) if selection.cuts else image


def open_regions(path: PlaceLike, selection: Selection) -> ImageSource:
    """Open an image file, or a part of it, to be read by regions.

    Parameters
    ----------
    path : path-like
        OME-Zarr, or an ImageJ TIFF or OME-TIFF that is one file.
    selection : Selection

    Raises
    ------
    FileError
        If the file is missing, incomplete, damaged or of another kind.
    InputError
        If it cannot be read by regions.
    """
    source = regions_of(path, selection)
    if source is None:
        raise InputError(
            f"{path} cannot be read by regions (an OME-Zarr can, and an ImageJ TIFF or OME-TIFF of "
            "one sample per pixel in one file); convert it, or write an ImageJ TIFF or OME-TIFF "
            "from memory"
        )
    return source


def regions_of(path: PlaceLike, selection: Selection) -> ImageSource | None:
    """Open an image file as `open_regions` does; None where it cannot be read by regions."""
    probe, found = _recognised(path)
    source = None if found.regions is None else found.regions(probe, selection)
    if source is None or not selection.cuts:
        return source
    from fiji_bridge.formats.part_source import PartSource

    return PartSource.of(source, selection)


def check_for_imagej(path: PlaceLike) -> None:
    """Refuse a file that ``read(path, reader="imagej")`` would refuse, before Java is started.

    As far as that shows before anything is decoded.

    Raises
    ------
    FileError
    MemoryLimitError
    """
    from fiji_bridge.formats import imagej_read

    imagej_read.check_for_imagej(*_recognised(local(path, _FOR_READERS)))


def _recognised(path: PlaceLike) -> tuple[Probe, Format]:
    """Return a file that is there, and its format."""
    probe = _probe(path)
    return probe, formats().for_reading(probe)


def _probe(path: PlaceLike) -> Probe:
    """Return a file that is there; of remote stores their format says it."""
    from fiji_bridge.formats.registry import Probe

    source = to_place(path, "the file to read")
    if isinstance(source, Remote):
        return Probe(source)
    try:
        there = source.exists()
    except (OSError, ValueError) as error:
        raise FileError(f"cannot read {path}: {error}") from None
    if not there:
        raise FileError(f"cannot read {path}: it does not exist")
    return Probe(source)


def write(image: CalibratedImage, path: PlaceLike, *, overwrite: bool = False) -> None:
    """Write an image file, whole or not at all.

    What the image knows and the file cannot hold is named in one `MetadataWarning`.

    Parameters
    ----------
    image : CalibratedImage
    path : path-like
        A name that ends in .ome.tif or .ome.tiff gives an OME-TIFF, .tif or
        .tiff one for ImageJ, .ome.zarr an OME-Zarr, which may be at ``s3://…``.
    overwrite : bool
        Whether an existing file is replaced; otherwise it is refused.

    Raises
    ------
    FileError
        If the file exists, the disk is full, or the name ends otherwise.
    DTypeError
        If the format cannot hold the samples.
    InputError
        If `image` is no `CalibratedImage`.
    """
    if not isinstance(image, CalibratedImage):
        raise InputError(
            f"write takes a CalibratedImage, not {type(image).__name__}; make one with "
            "fiji_bridge.convert.adapters.to_image(array, voxel_size=...)"
        )
    target = to_place(path, "the file to write")
    found = formats().for_writing(target)
    assert found.write is not None
    if found.check is not None:
        found.check(image)
    found.write(image, target, overwrite)
    warn_not_kept(image, path)


def warn_not_kept(image: CalibratedImage, path: PlaceLike, found: Format | None = None) -> None:
    """Name in one `MetadataWarning` what an image knows and the file that was written does not.

    Parameters
    ----------
    image : CalibratedImage
    path : path-like
    found : Format, optional
        Of the file; by default the one that its name asks for.
    """
    found = found or formats().for_writing(path)
    lost = found.not_kept(image) if found.not_kept is not None else ()
    if lost:
        from fiji_bridge.formats.foreign import MetadataWarning

        name = to_place(path, "the file to write").name
        said = f"{found.name} {name} does not keep: {', '.join(lost)}"
        warnings.warn(said, MetadataWarning, stacklevel=3)
