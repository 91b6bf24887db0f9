"""Writing OME-TIFF: the data model through ome-types, the file through tifffile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

from fiji_bridge.errors import AxesError, DTypeError
from fiji_bridge.formats.ome_annotations import to_annotations
from fiji_bridge.formats.ome_colours import Colour, channel_colours, to_ome_colour
from fiji_bridge.formats.ome_kept import merged
from fiji_bridge.formats.ome_units import PIXEL_TYPES, physical_size, time_symbol
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.texts import xml_text
from fiji_bridge.imagej.samples import planes

if TYPE_CHECKING:
    from ome_types import OME
    from ome_types.model import Channel

# A classic TIFF ends at 4 GB; some room is left for directories and the XML.
_CLASSIC_BYTES = 2**32 - 2**25


def write_ome(image: CalibratedImage, file: BinaryIO) -> None:
    """Write an image as OME-TIFF into an open, empty file, plane by plane.

    Raises
    ------
    DTypeError, AxesError
        For what OME-TIFF cannot hold.
    """
    import tifffile

    check_storable(image)
    rgb = "s" in image.axes
    count = image.size("t") * image.size("z") * image.size("c")
    plane = (image.size("y"), image.size("x"), *((image.size("s"),) if rgb else ()))
    native = image.data.dtype.newbyteorder("=")
    with tifffile.TiffWriter(file, bigtiff=image.data.nbytes > _CLASSIC_BYTES) as writer:
        writer.write(
            (one.astype(native, order="C", copy=False) for one in planes(image)),
            shape=(count, *plane),
            dtype=native,
            photometric="rgb" if rgb else "minisblack",
            planarconfig="contig" if rgb else None,
            description=merged(to_ome(image).to_xml(), image).encode(),
            metadata=None,
        )


def check_storable(image: CalibratedImage) -> None:
    """Refuse what an OME-TIFF cannot hold, and say what to do."""
    name = image.data.dtype.name
    if name not in PIXEL_TYPES:
        raise DTypeError(
            f"an OME-TIFF cannot hold samples of type {name} (only {', '.join(PIXEL_TYPES)}); "
            "use --dtype float32 (dtype='float32')"
        )
    for axis in "yx":
        if axis not in image.axes:
            raise AxesError(f"an OME-TIFF needs the axes y and x; {image.name} has {image.axes}")
    if "s" in image.axes and image.size("s") not in (3, 4):
        raise AxesError(f"RGB means 3 or 4 samples; {image.name} has {image.size('s')} on axis s")
    if image.data.size == 0:
        raise AxesError(f"an OME-TIFF cannot be empty; {image.name} has {image.data.shape}")


def to_ome(image: CalibratedImage) -> OME:
    """Return the OME data model of an image, without its samples."""
    from ome_types import model

    sizes: dict[str, Any] = {}
    for axis in "xyz":
        size, unit = physical_size(image.calibration.axis(axis))
        if size is not None:
            sizes[f"physical_size_{axis}"] = size
            sizes[f"physical_size_{axis}_unit"] = model.UnitsLength(unit)
    time_unit = time_symbol(image.calibration.time_unit)
    if time_unit is not None and image.calibration.frame_interval > 0:
        sizes["time_increment"] = image.calibration.frame_interval
        sizes["time_increment_unit"] = model.UnitsTime(time_unit)
    samples = image.size("s")
    pixels = model.Pixels(
        id="Pixels:0",
        dimension_order=model.Pixels_DimensionOrder.XYCZT,
        type=model.PixelType(PIXEL_TYPES[image.data.dtype.name]),
        size_x=image.size("x"),
        size_y=image.size("y"),
        size_z=image.size("z"),
        size_c=image.size("c") * samples,
        size_t=image.size("t"),
        channels=_channels(image, samples),
        tiff_data_blocks=[model.TiffData()],
        **sizes,
    )
    annotations = [
        model.CommentAnnotation(id=f"Annotation:{i}", namespace=namespace, value=value)
        for i, (namespace, value) in enumerate(to_annotations(image).items())
    ]
    return model.OME(
        images=[
            model.Image(
                id="Image:0",
                name=xml_text(image.name),
                pixels=pixels,
                annotation_refs=[model.AnnotationRef(id=a.id) for a in annotations],
            )
        ],
        structured_annotations=model.StructuredAnnotations(comment_annotations=annotations),
        creator="fiji_bridge",
    )


def _channels(image: CalibratedImage, samples: int) -> list[Channel]:
    from ome_types import model

    names, colours = image.channel_names, channel_colours(image)
    return [
        model.Channel(
            id=f"Channel:0:{index}",
            name=xml_text(names[index]) if index < len(names) else None,
            samples_per_pixel=samples,
            **_colour(colours, index),
        )
        for index in range(image.size("c"))
    ]


def _colour(colours: tuple[Colour | None, ...], index: int) -> dict[str, Any]:
    colour = colours[index] if colours else None
    return {} if colour is None else {"color": to_ome_colour(colour)}
