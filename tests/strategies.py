"""Hypothesis strategies for what the package is given: images, units, shapes, types, borders."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from fiji_bridge.image import units
from fiji_bridge.image.calibrated import AXES, CalibratedImage, ImageJMetadata
from fiji_bridge.image.calibration import AxisCalibration, Calibration
from fiji_bridge.image.dtypes import DTYPES
from fiji_bridge.imagej.samples import DTYPES as IMAGEJ_DTYPES
from fiji_bridge.kernels.borders import BORDERS

borders = st.sampled_from(sorted(BORDERS))

dtypes = st.sampled_from(DTYPES)

#: (z, y, x), axes of size 1 included.
volume_shapes = st.tuples(st.integers(1, 6), st.integers(1, 8), st.integers(1, 9))

#: (spelling, UDUNITS name) of every known length.
unit_spellings = st.sampled_from(sorted(units.spellings().items()))

#: As ImageJ keeps them: 'um' and 'A' become symbols.
imagej_units = st.sampled_from(
    ["\u00b5m", "\u03bcm", "micron", "microns", "nm", "mm", "m", "\u00c5", "inch", "cm"]
)

#: Voxel sizes as people write them, and any double in the range of microscopes.
voxel_sizes = st.one_of(
    st.sampled_from([0.45, 2.0, 0.0225, 0.125, 0.1, 1.0, 0.3, 108.3]),
    st.floats(1e-3, 1e3),
)

#: Text that the formats can hold: no lone halves of surrogate pairs, no NUL.
texts = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\0\r\ufffe\uffff"),
    max_size=20,
)


def arrays(
    dtype: str | st.SearchStrategy[str] = dtypes,
    shape: Any = volume_shapes,
) -> st.SearchStrategy[NDArray[Any]]:
    """Arrays of finite samples."""

    def of(name: str) -> st.SearchStrategy[NDArray[Any]]:
        kind = np.dtype(name)
        if kind.kind == "f":
            elements: Any = st.floats(-1000, 1000, width=kind.itemsize * 8, allow_subnormal=False)
        else:
            limits = np.iinfo(kind)
            elements = st.integers(int(limits.min), int(limits.max))
        return hnp.arrays(kind, shape, elements=elements)

    return of(dtype) if isinstance(dtype, str) else dtype.flatmap(of)


@st.composite
def calibrations(draw: st.DrawFn) -> Calibration:
    """Sound calibrations as ImageJ can hold them, with a unit per axis."""

    def axis(unit: str) -> AxisCalibration:
        origin = draw(st.sampled_from([0.0, 3.0, -1.5, 0.1]))
        return AxisCalibration(draw(voxel_sizes), unit, origin)

    x = draw(imagej_units)
    return Calibration(
        z=axis(draw(st.one_of(st.just(x), imagej_units))),
        y=axis(draw(st.one_of(st.just(x), imagej_units))),
        x=axis(x),
        frame_interval=draw(st.sampled_from([0.0, 2.0, 0.25, 1 / 3])),
        time_unit=draw(st.sampled_from(["sec", "msec", "min"])),
    )


@st.composite
def imagej_images(draw: st.DrawFn) -> CalibratedImage:
    """Images that ImageJ can hold, with everything it keeps beside the pixels."""
    sizes = {axis: draw(st.integers(1, 3)) for axis in "tzc"}
    lead = tuple(axis for axis in "tzc" if sizes[axis] > 1)
    plane = (draw(st.integers(1, 5)), draw(st.integers(1, 6)))
    rgb = sizes["c"] == 1 and draw(st.booleans())
    shape = (*(sizes[axis] for axis in lead), *plane, *((3,) if rgb else ()))
    dtype = "uint8" if rgb else draw(st.sampled_from(IMAGEJ_DTYPES))
    axes = (*lead, "y", "x", *(("s",) if rgb else ()))
    return CalibratedImage(
        draw(arrays(dtype, shape)),
        axes,
        draw(calibrations()),
        draw(_imagej_metadata(sizes, rgb)),
        provenance=tuple(draw(st.lists(provenance_entries, max_size=2))),
    )


#: JSON objects as operations leave them.
provenance_entries = st.fixed_dictionaries(
    {"operation": st.just("gaussian"), "sigma": st.floats(0, 10), "note": texts}
)


@st.composite
def _imagej_metadata(draw: st.DrawFn, sizes: dict[str, int], rgb: bool) -> ImageJMetadata:
    planes = sizes["t"] * sizes["z"] * sizes["c"]
    mode = None
    if sizes["c"] > 1:
        # ImageJ gives hyperstacks a mode if they have none.
        none = [] if planes > sizes["c"] else [None]
        mode = draw(st.sampled_from([*none, "composite", "color", "grayscale"]))
    tables = sizes["c"] if mode is not None else 1
    luts: tuple[NDArray[np.uint8], ...] = ()
    # In grey mode ImageJ does not show its LUTs, and does not save them.
    if not rgb and mode != "grayscale" and draw(st.booleans()):
        luts = tuple(_tinted(draw(st.integers(1, 200))) for _ in range(tables))
    ranges: tuple[float, ...] = ()
    if not rgb:
        ranges = tuple(float(v) for _ in range(tables) for v in (draw(_lows), draw(_highs)))
    labels = tuple(draw(texts) for _ in range(planes))
    return ImageJMetadata(
        info=draw(texts) or None,
        labels=labels if any(labels) else (),
        luts=luts,
        ranges=ranges,
        properties=draw(st.dictionaries(texts.filter(bool), texts.filter(bool), max_size=2)),
        mode=mode,
    )


_lows = st.integers(1, 20)
_highs = st.integers(100, 200)


def _tinted(last: int) -> NDArray[np.uint8]:
    ramp = np.arange(256)
    return np.stack([ramp, ramp * last // 255, ramp[::-1]]).astype(np.uint8)


@st.composite
def named_images(draw: st.DrawFn) -> CalibratedImage:
    """Images of any type and any set of axes, in any order."""
    axes = draw(st.lists(st.sampled_from(AXES), unique=True, max_size=4))
    axes = draw(st.permutations([*dict.fromkeys([*axes, "y", "x"])]))
    shape = tuple(draw(st.integers(1, 4)) for _ in axes)
    return CalibratedImage(draw(arrays(shape=shape)), tuple(axes), draw(calibrations()))
