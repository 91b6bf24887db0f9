"""The images of a folder, as a suite that is written anew names them."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fiji_bridge.errors import FijiBridgeError, FileError, InputError
from fiji_bridge.image.calibrated import CalibratedImage

#: σ of an image without a voxel size.
_PIXELS = "2 px"


@dataclass(frozen=True)
class Listed:
    """A file of the folder.

    Attributes
    ----------
    name : str
    path : str
        From the folder of the suite file.
    sigma : str
        About the largest voxel, in one digit; `"2 px"` where there is no voxel size. ``""`` where
        the file cannot be read.
    problem : str
        Why it cannot be read, or ``""``.
    """

    name: str
    path: str
    sigma: str
    problem: str = ""


def listed(folder: Path, suite: Path) -> list[Listed]:
    """Return the images in a folder, in the order of their names.

    Parameters
    ----------
    folder : Path
    suite : Path
        The file that is to name them.

    Raises
    ------
    FileError
        If there is no such folder.
    InputError
        If no file in it has the name of an image.
    """
    from fiji_bridge.formats import formats, read

    if not folder.is_dir():
        raise FileError(f"there is no folder {folder} for --images")
    found = []
    for file in sorted(folder.iterdir()):
        if formats().split(file.name) is None:
            continue
        path = Path(os.path.relpath(file, suite.parent)).as_posix()
        try:
            found.append(Listed(file.name, path, _sigma(read(file))))
        except FijiBridgeError as error:
            found.append(Listed(file.name, path, "", str(error).replace("\n", " ")))
    if not found:
        endings = ", ".join(formats().endings())
        raise InputError(f"no file in {folder} has the name of an image ({endings})")
    return found


def _sigma(image: CalibratedImage) -> str:
    sizes = [image.calibration.axis(axis) for axis in image.spatial_axes if image.size(axis) > 1]
    units = {own.unit for own in sizes}
    lengths = [own.size for own in sizes if own.size and own.unit not in ("", "pixel")]
    if not sizes or len(lengths) < len(sizes) or len(units) > 1:
        return _PIXELS
    return f"{max(lengths):.1g} {units.pop()}"


def images_text(found: Sequence[Listed]) -> str:
    """Return the images as TOML, those that cannot be read as comments."""
    parts = []
    for one in found:
        if one.problem:
            parts.append(f"\n# {_toml(one.path)} is left out: {one.problem}\n")
            continue
        parts.append(
            f"\n[[images]]\nname = {_toml(one.name)}\npath = {_toml(one.path)}\n"
            "optional = true            # skipped, with the reason, where it is not there\n"
        )
    return "".join(parts)


def operations_text(found: Sequence[Listed]) -> str:
    """Return a blur for each σ."""
    by_sigma: dict[str, list[str]] = {}
    for one in found:
        if one.sigma:
            by_sigma.setdefault(one.sigma, []).append(one.name)
    return "".join(
        f"\n[[operations]]\nname = {_toml(f'{sigma}, images')}\n"
        f"parameters = {{ sigma = {_toml(sigma)} }}\nimages = {_toml(names)}\n"
        for sigma, names in by_sigma.items()
    )


def _toml(value: str | list[str]) -> str:
    """Return texts as TOML has them; JSON's are."""
    return json.dumps(value, ensure_ascii=False)
