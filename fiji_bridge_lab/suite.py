"""A suite: which images, operations and filters, and what counts as the same."""

from __future__ import annotations

import fnmatch
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fiji_bridge.convert.adapters import to_image
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge_lab import phantoms
from fiji_bridge_lab.filter_spec import FilterSpec


@dataclass(frozen=True)
class ImageSpec:
    """An image of the suite: a phantom, or a file.

    Attributes
    ----------
    name : str
    phantom : str or None
    shape : tuple of int
    axes : str
    seed : int
    path : str or None
        As it is written, relative to the suite file.
    dtypes : tuple of str
        Each makes a case of its own; a file's own type by default.
    voxel_size : str or None
    optional : bool
        Whether a missing file is skipped, with its reason, rather than an error.
    """

    name: str
    phantom: str | None = None
    shape: tuple[int, ...] = ()
    axes: str = "zyx"
    seed: int = 0
    path: str | None = None
    dtypes: tuple[str, ...] = ("file",)
    voxel_size: str | None = None
    optional: bool = False

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ImageSpec:
        """Make it of the plain values that a run keeps of it."""
        plain: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in values.items()
        }
        return cls(**plain)

    def load(self, dtype: str, folder: Path) -> CalibratedImage:
        """Make or read the image, in one of its types; `folder` is that of the suite file."""
        if self.phantom is not None:
            data = phantoms.make(self.phantom, self.shape, dtype, seed=self.seed)
            return to_image(data, axes=self.axes, voxel_size=self.voxel_size)
        from fiji_bridge.formats import read

        assert self.path is not None
        image = to_image(read(folder / self.path), voxel_size=self.voxel_size)
        return image if dtype == "file" else image.with_data(image.data.astype(dtype))


@dataclass(frozen=True)
class OperationSpec:
    """An operation of the registry with its parameters, on some or all images."""

    name: str
    operation: str
    parameters: Mapping[str, Any]
    images: tuple[str, ...] = ("*",)


@dataclass(frozen=True)
class Rule:
    """What counts as the same for some pairs and sample types; the last that fits counts.

    Attributes
    ----------
    pair : (str, str)
        Patterns of filter labels, in either order.
    dtypes : tuple of str
        Patterns.
    maximum : float or None
        Largest difference: grey levels for integers, share of the data range for floats.
    share : float or None
        Share of integer samples that may differ.
    expected : tuple of str
        Ids of causes that are known; with them a difference is ``explained``, not a failure.
    residual : float or None
        Like `maximum`, for what remains of a difference once its causes are known.
    """

    pair: tuple[str, str] = ("*", "*")
    dtypes: tuple[str, ...] = ("*",)
    maximum: float | None = None
    share: float | None = None
    expected: tuple[str, ...] | None = None
    residual: float | None = None

    def fits(self, a: str, b: str, dtype: str) -> bool:
        """Whether the rule is about this pair and type."""
        return any(fnmatch.fnmatchcase(dtype, p) for p in self.dtypes) and any(
            fnmatch.fnmatchcase(x, self.pair[0]) and fnmatch.fnmatchcase(y, self.pair[1])
            for x, y in ((a, b), (b, a))
        )


@dataclass(frozen=True)
class Case:
    """One row: an image in one type, and what is done to it."""

    image: ImageSpec
    dtype: str
    operation: OperationSpec

    @property
    def id(self) -> str:
        """Stable name of the row."""
        return f"{self.image.name} {self.dtype} / {self.operation.name}"


@dataclass(frozen=True)
class Suite:
    """A whole suite.

    Attributes
    ----------
    name : str
    folder : Path
        Of the suite file; paths of images start here.
    timeout : float
        Seconds that one filter may take for one case.
    pairs : "all", or pairs of labels
    """

    name: str
    folder: Path
    images: tuple[ImageSpec, ...]
    operations: tuple[OperationSpec, ...]
    filters: tuple[FilterSpec, ...]
    rules: tuple[Rule, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    timeout: float = 120.0

    def cases(self) -> Iterator[Case]:
        """Iterate over the rows, in the order of the file."""
        for image, operation in itertools.product(self.images, self.operations):
            if any(fnmatch.fnmatchcase(image.name, p) for p in operation.images):
                for dtype in image.dtypes:
                    yield Case(image, dtype, operation)


@dataclass(frozen=True)
class Accepted:
    """What counts as the same for one pair and type, as far as rules say so; see `Rule`.

    None is what `fiji_bridge.check.judgement` says about the image.
    """

    maximum: float | None = None
    share: float | None = None
    residual: float | None = None
    expected: tuple[str, ...] = ()


def accepted(suite: Suite, a: str, b: str, dtype: str) -> Accepted:
    """Return what the rules say about a pair of labels; later rules override earlier ones."""
    found = asdict(Accepted())
    for rule in suite.rules:
        if rule.fits(a, b, dtype):
            said = {name: getattr(rule, name) for name in found}
            found |= {name: value for name, value in said.items() if value is not None}
    return Accepted(**found)
