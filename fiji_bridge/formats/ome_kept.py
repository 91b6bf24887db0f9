"""What an OME-TIFF says beside samples and voxel size, carried from file to file.

The XML is kept as a text. When an OME-TIFF is written, everything in it goes along that does not
depend on the samples: instruments, channels, dates, stage, annotations. What belongs to planes or
places goes along while the planes and the grid are the same, and is named where it does not.
"""

from __future__ import annotations

import copy
import warnings
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from fiji_bridge.formats.foreign import MetadataWarning
from fiji_bridge.formats.ome_annotations import CALIBRATION_KEY, IMAGEJ_KEY
from fiji_bridge.formats.ome_colours import channel_colours, to_ome_colour
from fiji_bridge.formats.ome_units import sample_type
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.provenance import PROVENANCE_KEY

#: Schemas in which the elements that are carried have the same names and places.
_SCHEMAS = tuple(
    f"http://www.openmicroscopy.org/Schemas/OME/{year}"
    for year in ("2013-06", "2015-01", "2016-06")
)
_OWN = frozenset({CALIBRATION_KEY, IMAGEJ_KEY, PROVENANCE_KEY})
# Of Pixels, and true of the samples of the file they came from only.
_OF_SAMPLES = ("BinData", "TiffData", "MetadataOnly")

# What is said to be missing, and where it stands.
_NAMES = {
    "instrument and objective": ("Instrument", "Image/InstrumentRef", "Image/ObjectiveSettings"),
    "acquisition date": ("Image/AcquisitionDate",),
    "description": ("Image/Description",),
    "experimenter": ("Experimenter", "Image/ExperimenterRef"),
    "stage position": ("Image/StageLabel",),
    "imaging environment": ("Image/ImagingEnvironment",),
    "plane times, positions and exposure": ("Image/Pixels/Plane",),
    "ROIs": ("ROI",),
    "plates and screens": ("Plate", "Screen"),
}
_BITS = "significant bits"
_CHANNEL_DETAILS = "wavelengths, fluorophores and other details of the channels"


def keep_one_image(root: Element, number: int, name: str) -> None:
    """Take the other images of a file out of its XML, with the ROIs that are theirs alone.

    Plates and screens go as well, with a warning: they say where all the images lie.
    """
    images = _children(root, "Image")
    if len(images) == 1:
        return
    own = {ref.get("ID") for ref in _children(images[number], "ROIRef")}
    for image in images:
        if image is not images[number]:
            root.remove(image)
    for roi in _children(root, "ROI"):
        if roi.get("ID") not in own:
            root.remove(roi)
    wells = [*_children(root, "Plate"), *_children(root, "Screen")]
    for element in wells:
        root.remove(element)
    if wells:
        warnings.warn(
            f"of the OME-XML of {name} plates and screens are left out: they speak of all its "
            f"{len(images)} images",
            MetadataWarning,
            stacklevel=2,
        )


def kept_xml(root: Element, name: str) -> str | None:
    """Return the XML without samples and without annotations of this package's own.

    None, with a warning, where the schema is none that can be carried.
    """
    space = _namespace(root)
    if space not in _SCHEMAS:
        warnings.warn(
            f"of the OME-XML of {name} only sizes, names and colours are kept: its schema "
            f"({space or 'without a name'}) is none of those from 2013-06 to 2016-06",
            MetadataWarning,
            stacklevel=2,
        )
        return None
    root = copy.deepcopy(root)
    for pixels in root.iterfind("{*}Image/{*}Pixels"):
        for child in list(pixels):
            if _local(child) in _OF_SAMPLES:
                pixels.remove(child)
            for digest in child.findall("{*}HashSHA1"):
                child.remove(digest)
    _remove_own(root)
    return _text(root)


def merged(fresh: str, image: CalibratedImage) -> str:
    """Return the XML of an image with what it was read with.

    Parameters
    ----------
    fresh : str
        What is known of the image without that.
    image : CalibratedImage
    """
    if image.ome_xml is None:
        return fresh
    old, new = ElementTree.fromstring(image.ome_xml), ElementTree.fromstring(fresh)
    space = _namespace(old)
    for element in new.iter():
        element.tag = f"{{{space}}}{_local(element)}"
    old_image, new_image = _one(old, "Image"), _one(new, "Image")
    old_pixels, new_pixels = _one(old_image, "Pixels"), _one(new_image, "Pixels")
    old.attrib.pop("UUID", None)
    old.set("Creator", new.get("Creator", ""))
    old_image.set("Name", new_image.get("Name", ""))
    _merge_pixels(old_pixels, new_pixels, image)
    if not _same_grid(old_image, image):
        for element in _children(old, "ROI"):
            old.remove(element)
        for element in _children(old_image, "ROIRef"):
            old_image.remove(element)
    _merge_annotations(old, old_image, new)
    return _text(old)


def not_kept_in_ome(image: CalibratedImage) -> tuple[str, ...]:
    """Name what an OME-TIFF of this image will not have of what it was read with."""
    if image.ome_xml is None:
        return ()
    root = ElementTree.fromstring(image.ome_xml)
    found = []
    own = _one(root, "Image")
    pixels = _one(own, "Pixels")
    if _children(pixels, "Plane") and not _same_planes(pixels, image):
        found.append("plane times, positions and exposure")
    if _children(root, "ROI") and not _same_grid(own, image):
        found.append("ROIs")
    if _has_details(pixels) and not _same_channels(pixels, image):
        found.append(_CHANNEL_DETAILS)
    if _significant_bits(pixels) and not _fits(pixels, image):
        found.append(_BITS)
    return tuple(found)


def not_kept_elsewhere(image: CalibratedImage) -> tuple[str, ...]:
    """Name what a file that has no OME-XML will not have; colours and names it has."""
    if image.ome_xml is None:
        return ()
    root = ElementTree.fromstring(image.ome_xml)
    found = [
        name
        for name, places in _NAMES.items()
        if any(root.find("/".join(f"{{*}}{p}" for p in place.split("/"))) is not None
               for place in places)
    ]  # fmt: skip
    pixels = _one(_one(root, "Image"), "Pixels")
    if _has_details(pixels):
        found.append(_CHANNEL_DETAILS)
    if _significant_bits(pixels):
        found.append(_BITS)
    annotations = root.find("{*}StructuredAnnotations")
    if annotations is not None and len(annotations):
        found.append("annotations")
    return tuple(found)


def _merge_pixels(old: Element, new: Element, image: CalibratedImage) -> None:
    same_planes, same_channels = _same_planes(old, image), _same_channels(old, image)
    kept = {"ID": old.get("ID", "Pixels:0")}
    if _fits(old, image):
        kept["SignificantBits"] = str(_significant_bits(old))
    old.attrib.clear()
    old.attrib.update({**new.attrib, **kept})
    planes = _children(old, "Plane") if same_planes else []
    channels = _children(new, "Channel")
    if same_channels:
        channels = [
            _merge_channel(a, b, colour)
            for a, b, colour in zip(
                _children(old, "Channel"), channels, _colours(image), strict=True
            )
        ]
    for child in list(old):
        old.remove(child)
    old.extend([*channels, *_children(new, "TiffData"), *planes])


def _merge_channel(old: Element, new: Element, colour: str | None) -> Element:
    kept = {"ID": old.get("ID", new.get("ID", ""))}
    changed = {**new.attrib, **kept}
    old.attrib.update(changed)
    if "Name" not in new.attrib:
        old.attrib.pop("Name", None)
    if colour is not None:
        old.set("Color", colour)
    return old


def _colours(image: CalibratedImage) -> list[str | None]:
    colours = channel_colours(image) or (None,) * image.size("c")
    return [None if colour is None else str(to_ome_colour(colour)) for colour in colours]


def _merge_annotations(old: Element, old_image: Element, new: Element) -> None:
    fresh = new.find("{*}StructuredAnnotations")
    if fresh is None or not len(fresh):
        return
    space = _namespace(old)
    target = old.find("{*}StructuredAnnotations")
    if target is None:
        target = Element(f"{{{space}}}StructuredAnnotations")
        old.insert(list(old).index(_children(old, "Image")[-1]) + 1, target)
    taken = {element.get("ID") for element in old.iter()}
    for annotation in list(fresh):
        number = 0
        while f"Annotation:fiji_bridge:{number}" in taken:
            number += 1
        identity = f"Annotation:fiji_bridge:{number}"
        taken.add(identity)
        annotation.set("ID", identity)
        target.append(annotation)
        old_image.append(Element(f"{{{space}}}AnnotationRef", {"ID": identity}))


def _remove_own(root: Element) -> None:
    target = root.find("{*}StructuredAnnotations")
    if target is None:
        return
    gone = {
        annotation.get("ID"): annotation
        for annotation in target
        if annotation.get("Namespace") in _OWN
    }
    for annotation in gone.values():
        target.remove(annotation)
    if not len(target):
        root.remove(target)
    for parent in list(root.iter()):
        for child in list(parent):
            if _local(child) == "AnnotationRef" and child.get("ID") in gone:
                parent.remove(child)


def _same_planes(pixels: Element, image: CalibratedImage) -> bool:
    return _same_channels(pixels, image) and all(
        pixels.get(f"Size{axis}") == str(image.size(axis.lower())) for axis in "ZT"
    )


def _same_channels(pixels: Element, image: CalibratedImage) -> bool:
    return len(_children(pixels, "Channel")) == image.size("c") and pixels.get("SizeC") == str(
        image.size("c") * image.size("s")
    )


def _same_grid(own: Element, image: CalibratedImage) -> bool:
    pixels = _one(own, "Pixels")
    return all(pixels.get(f"Size{axis}") == str(image.size(axis.lower())) for axis in "XYZ")


def _significant_bits(pixels: Element) -> int:
    """Return how many bits of a sample count, where these are fewer than it has; 0 otherwise."""
    text = pixels.get("SignificantBits", "")
    bits = int(text) if text.isdecimal() and len(text) < 4 else 0
    kind = sample_type(pixels.get("Type"))
    if kind is None or kind.kind not in "iu":
        return 0
    return bits if bits < 8 * kind.itemsize else 0


def _fits(pixels: Element, image: CalibratedImage) -> bool:
    """Whether samples of the same type have no more bits than were significant."""
    bits = _significant_bits(pixels)
    if not bits or image.data.dtype.newbyteorder("=") != sample_type(pixels.get("Type")):
        return False
    # Of samples that stand for a whole axis, and take no memory, one is looked at.
    data = image.data[tuple(slice(None if n else 1) for n in image.data.strides)]
    if data.dtype.kind == "i":
        return bool(-(2 ** (bits - 1)) <= data.min() and data.max() < 2 ** (bits - 1))
    return bool(data.max() < 2**bits)


def _has_details(pixels: Element) -> bool:
    plain = {"ID", "SamplesPerPixel", "Name", "Color"}
    return any(
        set(channel.attrib) - plain or _details(channel) for channel in _children(pixels, "Channel")
    )


def _details(channel: Element) -> bool:
    # An empty LightPath is written by some programs for every channel.
    return any(len(child) or child.attrib for child in channel)


def _one(parent: Element, name: str) -> Element:
    return next(iter(_children(parent, name)))


def _children(parent: Element, name: str) -> list[Element]:
    return [child for child in parent if _local(child) == name]


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _namespace(element: Element) -> str:
    return element.tag[1:].partition("}")[0]


def _text(root: Element) -> str:
    """Return the XML with the schema's namespace as the default one, as every program expects."""
    space = _namespace(root)
    for element in root.iter():
        if isinstance(element.tag, str) and _namespace(element) == space:
            element.tag = _local(element)
    root.set("xmlns", space)
    return ElementTree.tostring(root, encoding="unicode")
