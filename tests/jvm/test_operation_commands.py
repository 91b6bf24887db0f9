"""Every other operation with an ImageJ command, against the Python call."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fiji_bridge import run
from fiji_bridge.errors import MacroError
from fiji_bridge.formats import read, write
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import AxisCalibration, Calibration
from fiji_bridge.install import macrogen
from fiji_bridge.jvm.macros import run_macro
from fiji_bridge.jvm.session import Session
from fiji_bridge.ops.registry import REGISTRY

pytestmark = pytest.mark.jvm

SIZES = {"t": 2, "z": 7, "c": 2, "y": 21, "x": 18}

ENGINES = ["fused", pytest.param("gauss3", marks=pytest.mark.fiji)]

CASES: list[tuple[str, str, dict[str, Any]]] = [
    ("difference_of_gaussians", "sigma=0.3", {"sigma": "0.3 um"}),
    (
        "difference_of_gaussians",
        "sigma=0.3 ratio=2.5 normalized border=nearest",
        {"sigma": "0.3 um", "ratio": 2.5, "normalized": True, "border": "nearest"},
    ),
    ("unsharp_mask", "sigma=0.3", {"sigma": "0.3 um"}),
    ("unsharp_mask", "sigma=0.3 amount=0.7 dtype=float32",
     {"sigma": "0.3 um", "amount": 0.7, "dtype": "float32"}),
    ("derivative", "sigma=0.6", {"sigma": "0.6 um"}),
    ("derivative", "sigma=0.6 along=zx per=nm", {"sigma": "0.6 um", "along": "zx", "per": "nm"}),
    ("derivative", "sigma=2 unit=pixel along=xxx kernel=discrete per=pixel",
     {"sigma": "2 px", "along": "xxx", "kernel": "discrete", "per": "pixel"}),
    ("gradient_magnitude", "sigma=0.6 meaning=FWHM", {"fwhm": "0.6 um"}),
    ("gradient_magnitude", "sigma=0.6 per=mm", {"sigma": "0.6 um", "per": "mm"}),
    ("derivative", "sigma=0.6 along=zxx normalized",
     {"sigma": "0.6 um", "along": "zxx", "normalized": True}),
    ("gradient_magnitude", "sigma=[z=0.9 y=0.3 x=0.4] normalized",
     {"sigma": "z=0.9 um, y=0.3 um, x=0.4 um", "normalized": True}),
    ("laplacian", "sigma=0.6", {"sigma": "0.6 um"}),
    ("laplacian", "sigma=0.6 normalized", {"sigma": "0.6 um", "normalized": True}),
    ("laplacian", "sigma=[z=0.6 y=0.3 x=0.4] kernel=discrete per=nm border=nearest",
     {"sigma": "z=0.6 um, y=0.3 um, x=0.4 um", "kernel": "discrete", "per": "nm",
      "border": "nearest"}),
]  # fmt: skip


def image(dtype: str, axes: str) -> CalibratedImage:
    rng = np.random.default_rng(8)
    shape = [SIZES[axis] for axis in axes]
    if dtype == "float32":
        data = rng.normal(100, 40, shape).astype(np.float32)
    else:
        limits = np.iinfo(dtype)
        data = rng.integers(limits.min, limits.max, shape, endpoint=True).astype(dtype)
    calibration = Calibration(
        AxisCalibration(0.5, "µm"), AxisCalibration(0.125, "µm"), AxisCalibration(0.25, "µm")
    )
    return CalibratedImage(data, tuple(axes), calibration, name="test")


@pytest.mark.parametrize(
    ("dtype", "axes"), [("uint8", "zyx"), ("int16", "zyx"), ("uint16", "zcyx"), ("float32", "tzyx")]
)
@pytest.mark.parametrize(("name", "options", "arguments"), CASES)
@pytest.mark.parametrize("engine", ENGINES)
def test_the_generated_macro_gives_what_the_python_call_gives(
    session: Session,
    tmp_path: Path,
    name: str,
    options: str,
    arguments: dict[str, Any],
    dtype: str,
    axes: str,
    engine: str,
) -> None:
    given, result = tmp_path / "in.tif", tmp_path / "out.tif"
    write(image(dtype, axes), given)
    macro = macrogen.generate()[f"{name}.ijm"]
    argument = f"input=[{given}] output=[{result}] {options} engine={engine}"
    run_macro(session, macro, argument)
    expected = run(name, read(given), engine=engine, **arguments)
    found = read(result)
    assert found.data.dtype == expected.data.dtype
    assert found.axes == expected.axes
    np.testing.assert_array_equal(found.data, expected.data)
    done, asked = found.provenance[-1], expected.provenance[-1]
    assert done["operation"] == name
    assert set(done) == set(asked)
    for key in set(asked) - {"plan", "runtime"}:
        assert done[key] == asked[key], key


def test_every_command_is_tried() -> None:
    tried = {name for name, _, _ in CASES} | {"gaussian"}
    assert tried == {operation.name for operation in macrogen.commands()}
    assert tried <= set(REGISTRY)


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("difference_of_gaussians", "sigma=0.3 ratio=1", "must be above 1"),
        ("difference_of_gaussians", "sigma=0", "sigma is 0 on every axis"),
        ("derivative", "sigma=0.6 along=t", "names axis 't'"),
        ("derivative", "sigma=[z=0 y=1 x=1] along=z", "needs a sigma above 0"),
        ("derivative", "sigma=0.1 along=xxxx kernel=gauss3", "take a larger sigma"),
        ("laplacian", "sigma=0.6 per=furlong", "unknown length unit 'furlong'"),
        ("gradient_magnitude", "sigma=0.6 result=[in place]", "in place the type stays"),
        ("unsharp_mask", "sigma=0.6 amount=much", "amount must be a number"),
        ("derivative", "sigma=0.6 nan=ignore", "nan must be one of"),
        ("derivative", "sigma=0.6 per=nm normalized", "does not go with normalized"),
    ],
)
def test_refuses_as_python_does(
    session: Session, tmp_path: Path, name: str, options: str, said: str
) -> None:
    given, result = tmp_path / "in.tif", tmp_path / "out.tif"
    write(image("uint8", "zyx"), given)
    macro = macrogen.generate()[f"{name}.ijm"]
    with pytest.raises(MacroError, match=re.escape(said)):
        run_macro(session, macro, f"input=[{given}] output=[{result}] {options}")
    assert not result.exists()


@pytest.mark.parametrize("name", ["derivative", "gradient_magnitude", "laplacian"])
def test_per_which_unit_where_the_axes_have_different_ones(
    session: Session, tmp_path: Path, name: str
) -> None:
    mixed = image("uint16", "zyx")
    mixed = mixed.with_data(
        mixed.data,
        calibration=mixed.calibration.with_axes(z=AxisCalibration(500.0, "nm")),
    )
    given, result = tmp_path / "in.tif", tmp_path / "out.tif"
    write(mixed, given)
    options, arguments = "sigma=2 unit=pixel", {"sigma": "2 px"}
    if name == "derivative":
        options, arguments = f"{options} along=z", {**arguments, "along": "z"}
    macro = macrogen.generate()[f"{name}.ijm"]
    run_macro(session, macro, f"input=[{given}] output=[{result}] {options} engine=fused")
    expected = run(name, read(given), engine="fused", **arguments)
    found = read(result)
    np.testing.assert_array_equal(found.data, expected.data)
    assert found.provenance[-1]["per"] == expected.provenance[-1]["per"]
    assert found.provenance[-1]["per"] == ("nm" if name == "derivative" else "µm")


@pytest.mark.parametrize(
    ("name", "options", "arguments"),
    [
        # Its own kernel has negative lobes at this sigma, with which no mean can be taken.
        (
            "difference_of_gaussians",
            "sigma=0.3 normalized kernel=scipy",
            {"normalized": True, "kernel": "scipy"},
        ),
        ("unsharp_mask", "sigma=0.3 amount=0.7", {"amount": 0.7}),
    ],
)
@pytest.mark.parametrize("engine", ENGINES)
def test_holes_are_left_out_as_python_does(
    session: Session,
    tmp_path: Path,
    name: str,
    options: str,
    arguments: dict[str, Any],
    engine: str,
) -> None:
    holed = image("float32", "tzyx")
    holed.data[0, 2, 5, 6] = np.nan
    holed.data[1, 3:5, 7:20, 3:11] = np.inf
    given, result = tmp_path / "in.tif", tmp_path / "out.tif"
    write(holed, given)
    argument = f"input=[{given}] output=[{result}] {options} nan=ignore engine={engine}"
    run_macro(session, macrogen.generate()[f"{name}.ijm"], argument)
    expected = run(name, read(given), sigma="0.3 um", nan="ignore", engine=engine, **arguments)
    np.testing.assert_array_equal(read(result).data, expected.data)
    assert np.isfinite(expected.data).any()


@pytest.mark.parametrize(
    ("name", "options", "arguments"),
    [
        ("gradient_magnitude", "sigma=0.6", {"sigma": "0.6 um"}),
        ("laplacian", "sigma=0.6", {"sigma": "0.6 um"}),
        ("difference_of_gaussians", "sigma=0.3", {"sigma": "0.3 um"}),
    ],
)
@pytest.mark.parametrize("border", ["mirror-double", "constant"])
def test_sums_of_a_virtual_stack_are_made_slab_by_slab_with_the_same_bits(
    session: Session,
    tmp_path: Path,
    name: str,
    options: str,
    arguments: dict[str, Any],
    border: str,
) -> None:
    rng = np.random.default_rng(4)
    deep = image("uint16", "zyx")
    # Many slabs: each has twice the planes that the kernels reach.
    deep = deep.with_data(rng.integers(0, 60000, (61, 20, 22)).astype(np.uint16))
    given, result = tmp_path / "virtual.tif", tmp_path / "out.tif"
    write(deep, given)
    macro = (
        f'run("TIFF Virtual Stack...", "open=[{given}]");'
        'if (!is("Virtual Stack")) exit("not virtual");'
        f'run("{REGISTRY[name].title}...", "{options} border={border} engine=fused");'
        f'saveAs("Tiff", "{result}");'
    )
    run_macro(session, macro)
    expected = run(name, read(given), engine="fused", border=border, **arguments)
    np.testing.assert_array_equal(read(result).data, expected.data)
