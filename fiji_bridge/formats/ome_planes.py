"""Whether every plane that OME-XML speaks of is in the files that it names.

Worked out from the numbers before any list of planes is made, because eight hundred bytes can
speak of two thousand million planes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from fiji_bridge.errors import FileError
from fiji_bridge.formats.foreign import OmePixels, OmeTiffData, checked
from fiji_bridge.formats.ome_units import sample_type
from fiji_bridge.formats.tiff_check import check_alike, check_pages
from fiji_bridge.formats.tiff_directories import Directory, Structure, read_structure

#: In the start tag of the root.
_UUID = re.compile(rb"""<(?:\w+:)?OME\b[^>]*\bUUID\s*=\s*["']([^"']*)["']""")
#: What TIFF's sample formats are, and NumPy's kinds of types; 4 is 'undefined'.
_FORMATS = {1: "unsigned", 2: "signed", 3: "floating point", 4: "unsigned", 6: "complex"}
_KINDS = {"u": "unsigned", "i": "signed", "f": "floating point", "c": "complex"}


def check_planes(root: ElementTree.Element, number: int, structure: Structure) -> None:
    """Refuse an OME-TIFF, or a set of them, that lacks a plane or has more than its XML says.

    Parameters
    ----------
    root : Element
        The OME element.
    number : int
        Of the Image element that is read, from 0.
    structure : Structure
        Of the file that holds the XML; others of the set lie in its folder.

    Raises
    ------
    FileError
        Names the missing file or the first missing plane, and how many planes are missing; the
        first page that is left out; what else the XML says otherwise than the pages.
    """
    name = structure.path
    images = root.findall("{*}Image/{*}Pixels")
    pixels = images.pop(number)
    said = checked(OmePixels, pixels.attrib, f"cannot read {name}: the OME-XML says")
    samples = max(1, _whole(next(iter(pixels.iterfind("{*}Channel")), None), "SamplesPerPixel"))
    sizes = {"Z": said.SizeZ, "C": max(1, said.SizeC // samples), "T": said.SizeT}
    order = said.DimensionOrder[2:]
    planes = math.prod(sizes.values())
    files = _Files(root, structure)
    blocks = list(_blocks(pixels, name))
    first = _first(blocks, files) if images else structure.directories[0]
    if (first.width, first.height) != (said.SizeX, said.SizeY):
        raise FileError(
            f"cannot read {name}: the OME-XML says {said.SizeX} x {said.SizeY} and the pages are "
            f"{first.width} x {first.height}"
        )
    _check_type(said.Type, first, name)
    # A page with several samples apart, or a volume, holds several planes.
    each = max(1, (first.samples * first.depth) // samples)
    needed = max(1, planes // each)
    uuids = dict.fromkeys(uuid for _, uuid in blocks)
    available = sum(len(files.directories(uuid)) for uuid in uuids)
    if not blocks or needed > available:
        raise FileError(
            f"cannot read {name}: the OME-XML says {planes} planes "
            f"({', '.join(f'Size{axis}={size}' for axis, size in sizes.items())}) and there are "
            f"{available * each}; {planes - available * each} are missing"
        )
    found = bytearray(needed)
    used: dict[str, list[Directory]] = {}
    for block, uuid in blocks:
        pages = files.pages(block, uuid)
        start = _place(block, order, sizes)
        end = min(start + len(pages), needed)
        found[start:end] = b"\1" * max(0, end - start)
        used.setdefault(uuid, []).extend(pages[: max(0, end - start)])
    if 0 in found:
        missing = found.index(0)
        where = ", ".join(f"{a.lower()}={i}" for a, i in _index(missing, order, sizes).items())
        raise FileError(
            f"cannot read {name}: {found.count(0)} of {needed} planes are in no file, the first "
            f"at {where}"
        )
    for uuid, pages_used in used.items():
        check_pages(files.structure(uuid), pages_used)
        check_alike(files.structure(uuid), [first, *pages_used])
        if pages_used:
            elsewhere = _pages_of(images, files, uuid)
            _check_all_used(files.structure(uuid), pages_used, elsewhere, planes)


def _check_type(said: str | None, page: Directory, name: str) -> None:
    """Refuse samples of another type than the XML says: one of both is wrong."""
    kind = sample_type(said)
    if kind is None:
        return
    found = _FORMATS.get(page.sample_format, "unknown")
    if (page.bits, found) != (8 * kind.itemsize, _KINDS[kind.kind]):
        raise FileError(
            f"cannot read {name}: the OME-XML says that samples are {said} and the pages have "
            f"{page.bits} bits, {found}"
        )


def _first(blocks: list[tuple[OmeTiffData, str]], files: _Files) -> Directory:
    """Return the page of an image's first plane; the first of the file where it is in none."""
    pages = files.pages(*blocks[0]) if blocks else ()
    return pages[0] if pages else files.own.directories[0]


def _pages_of(images: list[ElementTree.Element], files: _Files, uuid: str) -> set[int]:
    """Return the numbers of the pages of one file that other images have."""
    own = files.structure(uuid)
    found = set()
    for pixels in images:
        for block, other in _blocks(pixels, own.path):
            if files.is_open_as(other, own):
                found |= {page.number for page in files.pages(block, uuid)}
    return found


def _check_all_used(
    structure: Structure, used: list[Directory], elsewhere: set[int], planes: int
) -> None:
    """Refuse a file with pages like those that are used, of which the XML does not speak."""
    numbers = {page.number for page in used}
    left = [
        page
        for page in structure.directories
        if page.number not in numbers | elsewhere and page.kind == used[0].kind
    ]
    if left:
        raise FileError(
            f"cannot read {structure.path}: it has {len(numbers) + len(left)} pages of one kind, "
            f"and the OME-XML, which says {planes} planes, leaves out {len(left)} of them, the "
            f"first of them page {left[0].number}"
        )


class _Files:
    """The files of a set by UUID; each is opened once."""

    def __init__(self, root: ElementTree.Element, own: Structure) -> None:
        self.own = own
        self.root_uuid = root.get("UUID")
        self.folder = Path(own.path).parent
        self.names: dict[str, str] = {}
        self.structures: dict[str, Structure] = {"": own}
        for element in root.iterfind("{*}Image/{*}Pixels/{*}TiffData/{*}UUID"):
            self.names.setdefault(element.text or "", element.get("FileName") or "")

    def path(self, uuid: str) -> str:
        return self.structure(uuid).path

    def structure(self, uuid: str) -> Structure:
        if uuid not in self.structures:
            self.structures[uuid] = self._open(uuid)
        return self.structures[uuid]

    def directories(self, uuid: str) -> tuple[Directory, ...]:
        return self.structure(uuid).directories

    def pages(self, block: OmeTiffData, uuid: str) -> tuple[Directory, ...]:
        """Return the pages of which a TiffData speaks."""
        pages = self.directories(uuid)
        begin = block.IFD or 0
        count = block.PlaneCount
        if count is None:
            count = 1 if block.IFD is not None else len(pages)
        if begin + count > len(pages):
            raise FileError(
                f"cannot read {self.own.path}: the OME-XML says that {count} planes begin at page "
                f"{begin + 1} of {self.path(uuid)}, which has {len(pages)} pages"
            )
        return pages[begin : begin + count]

    def is_open_as(self, uuid: str, structure: Structure) -> bool:
        """Whether a UUID is that of a file which has been opened already; it opens none."""
        found = self.own if self._is_own(uuid) else self.structures.get(uuid)
        return found is structure

    def _is_own(self, uuid: str) -> bool:
        name = self.names.get(uuid, "").lower()
        return uuid in ("", self.root_uuid) or name == Path(self.own.path).name.lower()

    def _open(self, uuid: str) -> Structure:
        name = self.names.get(uuid, "")
        if self._is_own(uuid):
            return self.own
        if not name or Path(name).name != name or name in (".", ".."):
            raise FileError(
                f"cannot read {self.own.path}: a plane is in another file, whose name in the "
                f"OME-XML is {name!r}; it has to lie in the same folder"
            )
        path = self.folder / name
        if not path.is_file():
            raise FileError(
                f"cannot read {self.own.path}: it is one of a set of files, and {name} is missing"
            )
        structure = read_structure(path)
        own_uuid = _uuid(structure.directories[0].description)
        if uuid and own_uuid and own_uuid != uuid:
            raise FileError(
                f"cannot read {self.own.path}: {name} is another file than the one that belongs "
                f"to it: its UUID is {own_uuid} and should be {uuid}"
            )
        return structure


def _uuid(description: bytes) -> str:
    """Return the UUID that a file's own OME-XML says; empty where there is none."""
    head = _UUID.search(description[:4096])
    return head[1].decode("ascii", "replace") if head else ""


def _blocks(pixels: ElementTree.Element, name: str) -> Iterator[tuple[OmeTiffData, str]]:
    """Yield each TiffData and the UUID of its file; empty for this one."""
    what = f"cannot read {name}: TiffData of the OME-XML says"
    for element in pixels.iterfind("{*}TiffData"):
        attributes = dict(element.attrib)
        if "NumPlanes" in attributes:  # its name before 2010
            attributes.setdefault("PlaneCount", attributes["NumPlanes"])
        uuid = element.find("{*}UUID")
        yield checked(OmeTiffData, attributes, what), "" if uuid is None else uuid.text or ""


def _whole(element: ElementTree.Element | None, attribute: str) -> int:
    text = "" if element is None else element.get(attribute, "")
    return int(text) if text.isdecimal() and len(text) < 6 else 1


def _place(block: OmeTiffData, order: str, sizes: dict[str, int]) -> int:
    place, step = 0, 1
    for axis in order:
        place += getattr(block, f"First{axis}") * step
        step *= sizes[axis]
    return place


def _index(place: int, order: str, sizes: dict[str, int]) -> dict[str, int]:
    found = {}
    for axis in order:
        place, found[axis] = divmod(place, sizes[axis])
    return found
