"""tifffile and the real ImageJ read the same from files that the real ImageJ wrote."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fiji_bridge import read, write
from fiji_bridge.errors import CalibrationError
from fiji_bridge.jvm.session import Session
from fiji_bridge.ops.blur_plan import make_plan
from same_image import differences

pytestmark = pytest.mark.jvm

# A fixed start: what is tested is the way through the file, not the samples.
_RANDOM = np.random.default_rng(5)


@dataclass(frozen=True)
class Case:
    """An image for ImageJ to write, and what is expected of it.

    `calibration` holds attributes (or setters) of ij.measure.Calibration, `patch` replaces bytes
    of the file (as long as those they replace) where ImageJ itself would never write such a thing,
    and `raw` is what the refusal has to name, per axis.
    """

    name: str
    calibration: dict[str, Any] = field(default_factory=dict)
    bits: int = 8
    dims: tuple[int, int, int] = (1, 3, 1)
    prepare: Callable[[Session, Any], Any] | None = None
    patch: tuple[bytes, bytes] | None = None
    raw: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


_PHYSICAL = {"pixelWidth": 0.45, "pixelHeight": 0.45, "pixelDepth": 2.0, "unit": "um"}


def physical(**changes: Any) -> dict[str, Any]:
    return {**_PHYSICAL, **changes}


def _composite(mode: int) -> Callable[[Session, Any], Any]:
    def prepare(session: Session, imp: Any) -> Any:
        return session.jclass("ij.CompositeImage")(imp, mode)

    return prepare


def _composite_with_luts(session: Session, imp: Any) -> Any:
    composite = session.jclass("ij.CompositeImage")(imp, 1)
    colour = session.jclass("java.awt.Color")
    lut = session.jclass("ij.process.LUT")
    for channel, (c, top) in enumerate(((colour.orange, 90.0), (colour.pink, 120.0)), start=1):
        made = lut.createLutFromColor(c)
        made.min, made.max = 5.0, top
        composite.setChannelLut(made, channel)
    return composite


def _lut(session: Session, imp: Any) -> Any:
    session.jclass("ij.IJ").run(imp, "Fire", "")
    return imp


def _inverted(session: Session, imp: Any) -> Any:
    imp.getProcessor().invertLut()
    if imp.getStackSize() > 1:
        imp.getStack().setColorModel(imp.getProcessor().getColorModel())
    return imp


def _range(session: Session, imp: Any) -> Any:
    imp.getProcessor().setMinAndMax(10, 99.5)
    return imp


def _texts(session: Session, imp: Any) -> Any:
    import jpype

    imp.setProperty("Info", "two lines\nof µ, Ā and 𝛼")
    strings = ["key", "value = 1\n", "Ωμ", "ÀĀ"]
    imp.setProperties(jpype.JArray(jpype.JString)(strings))
    for i in range(imp.getStackSize()):
        imp.getStack().setSliceLabel(f"slice Ā{i}" if i != 1 else None, i + 1)
    return imp


def _single_label(session: Session, imp: Any) -> Any:
    imp.setProp("Slice_Label", "the only one")
    return imp


def _single_label_in_stack(session: Session, imp: Any) -> Any:
    imp.getStack().setSliceLabel("of the stack", 1)
    imp.setProp("other", "property")
    return imp


def _rois(session: Session, imp: Any) -> Any:
    roi = session.jclass("ij.gui.Roi")
    imp.setRoi(session.jclass("ij.gui.OvalRoi")(1, 1, 3, 2))
    overlay = session.jclass("ij.gui.Overlay")()
    overlay.add(roi(0, 1, 2, 2))
    line = session.jclass("ij.gui.Line")(0, 0, 4, 3)
    line.setName("a line")
    overlay.add(line)
    imp.setOverlay(overlay)
    return imp


def _density(session: Session, imp: Any) -> Any:
    import jpype

    coefficients = jpype.JArray(jpype.JDouble)([1.5, 0.25])
    imp.getCalibration().setFunction(0, coefficients, "OD", True)
    return imp


def _signed(session: Session, imp: Any) -> Any:
    imp.getLocalCalibration().setSigned16BitCalibration()
    imp.getProcessor().setMinAndMax(20, 33000)
    return imp


def _rgb48(session: Session, imp: Any) -> Any:
    for i, label in enumerate(("Red", "Green", "Blue"), start=1):
        imp.getStack().setSliceLabel(label, i)
    return session.jclass("ij.CompositeImage")(imp, 1)


UNITS = ["um", "µm", "\u03bcm", "micron", "microns", "nm", "mm", "cm", "m", "inch", "A", "\u00c5"]
NO_UNITS = ["pixel", "pixels", "", " ", "sec", "parsecs"]

CASES = [
    *(Case(f"unit {unit!r}", physical(unit=unit)) for unit in (*UNITS, *NO_UNITS)),
    Case("nothing set"),
    Case("one micrometre", physical(pixelWidth=1.0, pixelHeight=1.0, pixelDepth=1.0)),
    Case("spacing only", {"pixelDepth": 2.5, "unit": "um"}),
    Case("pixel but sizes", physical(unit="pixel")),
    Case("unit per axis", physical(YUnit="mm", ZUnit="nm")),
    Case("zunit ångström", physical(ZUnit="A")),
    Case("odd sizes", physical(pixelWidth=1 / 3, pixelHeight=math.pi, pixelDepth=0.1 + 0.2)),
    Case("small", physical(pixelWidth=1e-4, pixelHeight=2e-4, pixelDepth=1e-7)),
    Case("too small", physical(pixelWidth=1e-11), raw={"x": "XResolution=0/0"}),
    Case("large", physical(pixelWidth=1e5, pixelHeight=2e5)),
    Case("too large", physical(pixelWidth=2e6), raw={"x": "XResolution=0/1000000"}),
    Case("width 0", physical(pixelWidth=0.0), raw={"x": "no XResolution tag"}),
    Case("height 0", physical(pixelHeight=0.0), raw={"y": "no YResolution tag"}),
    Case("width NaN", physical(pixelWidth=math.nan), raw={"x": "XResolution=0/1000000"}),
    Case("width infinite", physical(pixelWidth=math.inf), raw={"x": "XResolution=0/1000000"}),
    Case("width negative", physical(pixelWidth=-0.45), raw={"x": "XResolution=-2222222/1000000"}),
    Case("height negative", physical(pixelHeight=-1.0), raw={"y": "YResolution=-1000000/1000000"}),
    Case("depth 0", physical(pixelDepth=0.0), raw={"z": "spacing=0.0"}),
    Case("depth NaN", physical(pixelDepth=math.nan), raw={"z": "spacing=NaN"}),
    Case("depth infinite", physical(pixelDepth=math.inf), raw={"z": "spacing=Infinity"}),
    Case("depth negative", physical(pixelDepth=-2.0), raw={"z": "spacing=-2.0"}),
    Case("comma", physical(pixelDepth=2.5), patch=(b"=2.5", b"=2,5"), raw={"z": "spacing=2,5"}),
    Case("comma, no unit", {"pixelDepth": 2.5}, patch=(b"=2.5", b"=2,5"),
         raw={"z": "spacing=2,5"}),
    Case("origin with comma", physical(xOrigin=1.5), patch=(b"xorigin=1.5", b"xorigin=1,5")),
    Case("spacing no number", physical(pixelDepth=2.5), patch=(b"=2.5", b"=abc"),
         raw={"z": "spacing=abc"}),
    Case("spacing with d", physical(pixelDepth=2.5), patch=(b"=2.5", b"=2.d")),
    Case("unit in Latin-1", physical(unit="um"), patch=(b"\\u00B5m\n", b"\xc2\xb5m\n    ")),
    Case("spaces round =", physical(pixelDepth=2.125), patch=(b"=2.125", b" : 2.5")),
    Case("contradiction", physical(unit="cm"), patch=(b"unit=cm", b"unit=nm"),
         raw={"x": "XResolution=2222222/1000000 per cm, unit=nm"}),
    Case("cm below 1e-4", physical(unit="cm", pixelWidth=5e-5, pixelHeight=6e-5, pixelDepth=7e-5)),
    Case("cm at 1e-3", physical(unit="cm", pixelWidth=1e-3, pixelHeight=1e-3, pixelDepth=2e-3)),
    Case("72 dpi", {"pixelWidth": 1 / 72, "pixelHeight": 1 / 72, "unit": "inch"},
         raw={"x": "XResolution=72000000/1000000"}),
    Case("origins", physical(xOrigin=3.0, yOrigin=-1.5, zOrigin=0.125)),
    Case("frames", physical(frameInterval=2.5, TimeUnit="msec"), dims=(1, 2, 3)),
    Case("frame interval whole", physical(frameInterval=3.0), dims=(1, 1, 3)),
    Case("rate, loop, direction, info", physical(fps=12.5, loop=True, InvertY=True, info="of cal")),
    Case("one slice", physical(), dims=(1, 1, 1), raw={}),
    Case("16 bit", physical(), bits=16),
    Case("32 bit", physical(), bits=32),
    Case("RGB", physical(), bits=24),
    Case("RGB, one", physical(), bits=24, dims=(1, 1, 1)),
    Case("hyperstack", physical(), bits=16, dims=(2, 3, 4)),
    Case("channels only, no mode", physical(), dims=(3, 1, 1)),
    Case("composite", physical(), dims=(2, 3, 1), prepare=_composite(1)),
    Case("colour", physical(), bits=16, dims=(2, 1, 2), prepare=_composite(2)),
    Case("grey", physical(), bits=32, dims=(2, 1, 2), prepare=_composite(3)),
    Case("nine channels", physical(), dims=(9, 1, 1), prepare=_composite(1)),
    Case("channel LUTs", physical(), dims=(2, 2, 1), prepare=_composite_with_luts),
    Case("48-bit RGB", physical(), bits=16, dims=(3, 1, 1), prepare=_rgb48),
    Case("LUT", physical(), prepare=_lut),
    Case("LUT, one, 16 bit", physical(), bits=16, dims=(1, 1, 1), prepare=_lut),
    Case("LUT, 32 bit", physical(), bits=32, prepare=_lut),
    Case("inverted", physical(), prepare=_inverted),
    Case("inverted, one, 16 bit", physical(), bits=16, dims=(1, 1, 1), prepare=_inverted),
    Case("display range", physical(), prepare=_range),
    Case("display range, 32 bit", physical(), bits=32, prepare=_range),
    Case("texts", physical(), prepare=_texts),
    Case("label of one plane", physical(), dims=(1, 1, 1), prepare=_single_label),
    Case("label of a stack of one", physical(), dims=(1, 1, 1), prepare=_single_label_in_stack),
    Case("ROI and overlay", physical(), prepare=_rois),
    Case("density calibration", physical(), prepare=_density),
    Case("signed", physical(), bits=16, prepare=_signed),
]  # fmt: skip


def make(session: Session, case: Case) -> Any:
    """Build the ImagePlus of a case."""
    channels, slices, frames = case.dims
    imp = session.jclass("ij.IJ").createImage(
        "made", f"{case.bits}-bit" if case.bits != 24 else "RGB", 7, 5, channels * slices * frames
    )
    for index in range(imp.getStackSize()):
        processor = imp.getStack().getProcessor(index + 1)
        for y in range(5):
            for x in range(7):
                processor.setf(x, y, float(_RANDOM.integers(0, 255)))
    imp.setDimensions(channels, slices, frames)
    imp.setOpenAsHyperStack(sum(n > 1 for n in case.dims) > 1)
    if case.prepare is not None:
        imp = case.prepare(session, imp)
    calibration = imp.getCalibration()
    for key, value in case.calibration.items():
        if key[0].isupper() or key == "unit":
            getattr(calibration, f"set{key[0].upper()}{key[1:]}")(value)
        else:
            setattr(calibration, key, value)
    return imp


def saved(session: Session, case: Case, path: Path) -> Path:
    """Let ImageJ write the file of a case."""
    assert session.jclass("ij.io.FileSaver")(make(session, case)).saveAsTiff(str(path))
    if case.patch is not None:
        content, (old, new) = path.read_bytes(), case.patch
        assert content.count(old) == 1
        path.write_bytes(content.replace(old, new.ljust(len(old))[: max(len(old), 0)]))
    return path


@pytest.mark.parametrize("case", CASES, ids=str)
def test_both_readers_agree(session: Session, case: Case, tmp_path: Path) -> None:
    path = saved(session, case, tmp_path / "case.tif")
    assert differences(read(path), read(path, reader="imagej")) == []


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_comes_in_goes_out(session: Session, case: Case, tmp_path: Path) -> None:
    before = read(saved(session, case, tmp_path / "case.tif"))
    write(before, tmp_path / "again.tif")
    assert differences(before, read(tmp_path / "again.tif")) == []
    assert differences(before, read(tmp_path / "again.tif", reader="imagej")) == []
    if case.patch is not None and b"origin" in case.patch[1]:
        assert case.patch[1] in (tmp_path / "again.tif").read_bytes()


@pytest.mark.parametrize("case", [case for case in CASES if case.raw], ids=str)
def test_senseless_values_are_refused_by_axis_and_raw_value(
    session: Session, case: Case, tmp_path: Path
) -> None:
    image = read(saved(session, case, tmp_path / "case.tif"))
    for axis, raw in case.raw.items():
        with pytest.raises(CalibrationError) as caught:
            make_plan(image.calibration, [(axis, image.size(axis))], sigma="1 um")
        assert f"axis {axis}" in str(caught.value)
        assert raw in str(caught.value)
        assert "--voxel-size" in str(caught.value)


@pytest.mark.parametrize("unit", NO_UNITS)
def test_what_is_no_length_is_refused_with_its_spelling(
    session: Session, unit: str, tmp_path: Path
) -> None:
    image = read(saved(session, Case("", physical(unit=unit)), tmp_path / "case.tif"))
    with pytest.raises(CalibrationError, match="axis z") as caught:
        make_plan(image.calibration, [("z", 3)], sigma="1 um")
    assert repr(unit.strip() or "pixel") in str(caught.value)


@pytest.mark.parametrize("unit", UNITS)
def test_every_length_is_understood(session: Session, unit: str, tmp_path: Path) -> None:
    image = read(saved(session, Case("", physical(unit=unit)), tmp_path / "case.tif"))
    assert image.calibration.voxel_size("z", unit) == 2.0


def test_little_endian_files(session: Session, tmp_path: Path) -> None:
    prefs = session.jclass("ij.Prefs")
    prefs.intelByteOrder = True
    try:
        path = saved(
            session, Case("", physical(), 16, (2, 3, 1), _composite(1)), tmp_path / "a.tif"
        )
    finally:
        prefs.intelByteOrder = False
    assert path.read_bytes()[:2] == b"II"
    assert differences(read(path), read(path, reader="imagej")) == []


def test_virtual_stack(session: Session, tmp_path: Path) -> None:
    from fiji_bridge.jvm.imageplus import from_imageplus

    path = saved(session, Case("", physical(), 16, (2, 3, 4)), tmp_path / "case.tif")
    virtual = session.jclass("ij.IJ").openVirtual(str(path))
    assert virtual.getStack().isVirtual()
    found = differences(read(path), from_imageplus(virtual))
    # ImageJ shows a virtual hyperstack as a composite with display ranges of its own.
    assert {what for what, _, _ in found} <= {"ranges", "mode"}
