"""What holds for every operation: image types, memory, cancelling, laws."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import fiji_bridge
from fiji_bridge.errors import ArgumentError, CancelledError, DTypeError, MemoryLimitError
from fiji_bridge.image.results import Images
from fiji_bridge.ops.operation import Result
from fiji_bridge.ops.registry import REGISTRY

STACK = "1.25 0.45 0.45 um"

IMAGES = [name for name, o in REGISTRY.items() if o.result is not Result.REPORT]
ON_ENGINES = [name for name in IMAGES if REGISTRY[name].uses_engine]
#: The result of twice the image is twice the result.
LINEAR = ["gaussian", "derivative", "laplacian", "difference_of_gaussians", "convolve", "rescale"]


def run(name: str, image: Any, engine: str | None = "scipy", **options: Any) -> Any:
    if name == "bilateral":
        pytest.importorskip("SimpleITK", reason="needs SimpleITK")
    chosen = {"engine": engine} if REGISTRY[name].uses_engine else {}
    return fiji_bridge.run(name, image, **{**REGISTRY[name].example, **chosen, **options})


def images_of(result: Any) -> list[NDArray[Any]]:
    if isinstance(result, Images):
        return [image.data for image in result.images.values()]
    return [np.asarray(getattr(result, "data", result))]


@pytest.fixture
def small() -> NDArray[np.float64]:
    return np.random.default_rng(20).uniform(0, 1000, (8, 14, 15))


@pytest.mark.parametrize("name", IMAGES)
def test_the_input_is_not_changed_whatever_its_layout(
    name: str, small: NDArray[np.float64]
) -> None:
    wanted = images_of(run(name, small, voxel_size=STACK))
    kept = small.copy()
    swapped = small.astype(small.dtype.newbyteorder())
    fortran = np.asfortranarray(small)
    fortran.flags.writeable = False
    strided = np.repeat(small, 2, axis=2)[:, :, ::2]
    for given in (small, swapped, fortran, strided):
        for found, expected in zip(
            images_of(run(name, given, voxel_size=STACK)), wanted, strict=True
        ):
            np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(small, kept)


@pytest.mark.parametrize("name", IMAGES)
def test_what_cannot_be_filtered_is_refused(name: str, small: NDArray[np.float64]) -> None:
    for kind in (bool, np.int64, np.complex64):
        with pytest.raises(DTypeError, match="cannot filter samples of type"):
            run(name, small.astype(kind), voxel_size=STACK)


@pytest.mark.parametrize("name", IMAGES)
def test_what_does_not_fit_is_refused_before_anything_is_done(name: str) -> None:
    huge = np.broadcast_to(np.uint8(1), (50_000, 60_000, 70_000))
    with pytest.raises(MemoryLimitError, match="of memory but"):
        run(name, huge, voxel_size="0.45 0.45 0.45 um")


@pytest.mark.parametrize("name", ON_ENGINES)
def test_work_can_be_cancelled(name: str, small: NDArray[np.float64], engine: str) -> None:
    def stop(done: int, total: int) -> None:
        raise CancelledError("cancelled")

    with pytest.raises(CancelledError):
        run(name, small, engine, voxel_size=STACK, progress=stop)


@pytest.mark.parametrize("name", ON_ENGINES)
def test_progress_goes_forward_to_the_end(name: str, small: NDArray[np.float64]) -> None:
    seen: list[float] = []
    run(name, small, voxel_size=STACK, progress=lambda done, total: seen.append(done / total))
    assert seen == sorted(seen)
    assert seen[-1] == 1


@pytest.mark.parametrize("name", LINEAR)
def test_linear_operations_are(name: str, small: NDArray[np.float64], engine: str) -> None:
    other = np.random.default_rng(21).uniform(-5, 5, small.shape)
    made = [
        np.asarray(run(name, image, engine, voxel_size=STACK))
        for image in (small, other, 2 * small - 3 * other)
    ]
    expected = 2 * made[0] - 3 * made[1]
    # Rounding of float64 sums.
    np.testing.assert_allclose(made[2], expected, atol=1e-11 * np.abs(expected).max())


@pytest.mark.parametrize("name", ["derivative", "gradient_magnitude", "laplacian",
                                  "difference_of_gaussians"])  # fmt: skip
def test_a_constant_image_has_no_change(name: str, engine: str) -> None:
    constant = np.full((8, 12, 13), 1000.0)
    for border in ("mirror-double", "mirror-single", "nearest", "periodic"):
        found = run(name, constant, engine, voxel_size=STACK, border=border)
        np.testing.assert_allclose(found, 0, atol=1e-9)


@pytest.mark.parametrize("name", [n for n in IMAGES if n not in ("views",)])
def test_empty_volumes_are_all_right(name: str) -> None:
    empty = np.zeros((0, 3, 9, 9), np.float32)
    for found in images_of(run(name, empty, voxel_size=STACK, axes="czyx")):
        assert found.size == 0


def test_dataarray_gets_the_coordinates_of_its_new_grid() -> None:
    xarray = pytest.importorskip("xarray")
    x = xarray.DataArray(
        np.zeros((6, 8, 10), np.float32),
        dims=("z", "y", "x"),
        coords={
            "z": ("z", np.arange(6) * 2.0 - 4, {"units": "um"}),
            "y": ("y", np.arange(8) * 0.5, {"units": "um"}),
            "x": ("x", np.arange(10) * 0.5 + 1, {"units": "um"}),
        },
    )
    made = fiji_bridge.rescale(x, to="1 um", engine="scipy")
    assert made.shape == (12, 4, 5)
    # The first voxel's outer edge stays: -4 - 1 + 0.5, 0 - 0.25 + 0.5, 1 - 0.25 + 0.5.
    firsts = [float(made.coords[axis][0]) for axis in "zyx"]
    np.testing.assert_allclose(firsts, [-4.5, 0.25, 1.25])
    assert {float(made.coords[axis].diff(axis).mean()) for axis in "zyx"} == {1.0}
    assert made.coords["x"].attrs["units"] in ("um", "µm")
    assert made.attrs["provenance"][-1]["operation"] == "rescale"


@pytest.mark.jvm
@pytest.mark.parametrize("name", [n for n in IMAGES if REGISTRY[n].result is Result.IMAGE])
def test_an_imageplus_comes_back_as_one(name: str, session: Any, bead: Path) -> None:
    opener = session.jclass("ij.IJ")
    imp = opener.openImage(str(bead))
    example = REGISTRY[name].example
    options = {"radius": "0.05 um"} if "radius" in example else {}
    if "sigma" in example:
        options = {"sigma": "0.2 um"}
    if "to" in example:
        options = {"to": "0.1 um"}
    if name == "bilateral":
        pytest.importorskip("SimpleITK", reason="needs SimpleITK")
    found = fiji_bridge.run(name, imp, **{**example, **options})
    assert type(found).__mro__[0].__name__ == "ij.ImagePlus"
    direct = fiji_bridge.run(name, fiji_bridge.read(bead), **{**example, **options})
    assert found.getNSlices() == direct.data.shape[0]
    assert found.getCalibration().pixelWidth == pytest.approx(direct.calibration.x.size)
    middle = found.getStack().getProcessor(3)
    value = middle.getf(20, 10)
    assert value == pytest.approx(float(direct.data[2, 10, 20]), rel=1e-6, abs=1e-6)


SWAPPED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "plan": (lambda a: fiji_bridge.plan("median", a), "an operation is given by its name"),
    "run": (lambda a: fiji_bridge.run(a, "median"), "an operation is given by its name"),
    "gaussian": (lambda a: fiji_bridge.gaussian("1 um", a), "gaussian takes the image, and all"),
    "write": (lambda a: fiji_bridge.write("a.tif", a), "the file to write is given by its path"),
    "read": (fiji_bridge.read, "the file to read is given by its path"),
    "process": (lambda a: fiji_bridge.process(a, "b"), "the image to read is given by its path"),
    "run_macro": (lambda a: fiji_bridge.run_macro(a, "b"), "a macro that is no text is given by"),
    "run_command": (lambda a: fiji_bridge.run_command("Invert", a), "a command is given by its"),
    "run_script": (fiji_bridge.run_script, "a script that is no text is given by its path"),
    "start": (lambda a: fiji_bridge.start(fiji=a.shape), "the Fiji folder is given by its path"),
}


@pytest.mark.parametrize("call", SWAPPED)
def test_arguments_in_the_wrong_order_are_named(call: str) -> None:
    """They were a TypeError from the inside, some with the whole array in it."""
    do, said = SWAPPED[call]
    with pytest.raises(ArgumentError) as refused:
        do(np.zeros((4, 5, 6)))
    message = str(refused.value)
    assert message.startswith(said)
    assert "got a ndarray" in message or "got (4, 5, 6)" in message
    assert "\n" not in message
