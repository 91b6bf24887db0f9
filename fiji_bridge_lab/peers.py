"""Gaussian blurs of other libraries, called as their users call them.

Each is optional; one that is not installed says so. All take σ in pixels here, so that only the
filter itself is compared.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.kernels.borders import BORDERS
from fiji_bridge.kernels.borders import border as known_border
from fiji_bridge_lab.filter_spec import CannotError, NotInstalledError, VolumeFilter

Loaded = tuple[VolumeFilter, str, str]


@dataclass(frozen=True)
class Peer:
    """A filter that is not ours.

    Attributes
    ----------
    title : str
        What its users call it.
    load : callable
        Returns the filter, what implements it with its version, and the runtime.
    """

    title: str
    load: Callable[[], Loaded]


#: Why a library could not be imported, by its module. A second try would find half a module.
_unusable: dict[str, str] = {}


def _module(name: str, distribution: str) -> tuple[Any, str]:
    try:
        version = importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        raise NotInstalledError(
            f"not installed: {distribution} (pip install {distribution})"
        ) from None
    if name not in _unusable:
        try:
            return importlib.import_module(name), version
        except Exception as error:
            _unusable[name] = f"{type(error).__name__}: {error}"
    raise NotInstalledError(
        f"{distribution} {version} is installed, but cannot be imported here ({_unusable[name]})"
    )


def _scipy() -> Loaded:
    ndimage, version = _module("scipy.ndimage", "scipy")

    def blur(volume: NDArray[Any], sigma: Any, border: str, cval: float) -> NDArray[Any]:
        mode = known_border(border).scipy
        return np.asarray(ndimage.gaussian_filter(volume, sigma, mode=mode, cval=cval))

    return blur, f"scipy.ndimage.gaussian_filter (SciPy {version})", "Python"


def _skimage() -> Loaded:
    filters, version = _module("skimage.filters", "scikit-image")

    def blur(volume: NDArray[Any], sigma: Any, border: str, cval: float) -> NDArray[Any]:
        mode = known_border(border).scipy
        return np.asarray(
            filters.gaussian(volume, sigma, mode=mode, cval=cval, preserve_range=True)
        )

    return blur, f"skimage.filters.gaussian (scikit-image {version})", "Python"


def _opencv() -> Loaded:
    cv2, version = _module("cv2", "opencv-python-headless")
    borders = {
        "mirror-single": cv2.BORDER_REFLECT_101,
        "mirror-double": cv2.BORDER_REFLECT,
        "nearest": cv2.BORDER_REPLICATE,
    }

    def blur(volume: NDArray[Any], sigma: Any, border: str, cval: float) -> NDArray[Any]:
        if border not in borders:
            raise CannotError(f"OpenCV's GaussianBlur has no border {border}")
        if volume.dtype.name not in ("uint8", "uint16", "int16", "float32", "float64"):
            raise CannotError(f"OpenCV's GaussianBlur takes no {volume.dtype.name}")
        work = volume
        _, y, x = sigma
        if y > 0 or x > 0:
            # One plane at a time; σ 0 would mean 'choose one', so a tap of one sample says it.
            size = tuple(0 if s > 0 else 1 for s in (x, y))
            planes = [
                cv2.GaussianBlur(p, size, x or 1e-6, sigmaY=y or 1e-6, borderType=borders[border])
                for p in work
            ]
            work = np.stack(planes)
        if sigma[0] > 0 and volume.shape[0] > 1:
            flat = np.ascontiguousarray(work.reshape(volume.shape[0], -1))
            # The same filter on the (z, y·x) plane, along z only.
            flat = cv2.GaussianBlur(flat, (1, 0), 1e-6, sigmaY=sigma[0], borderType=borders[border])
            work = flat.reshape(volume.shape)
        return np.asarray(work)

    return blur, f"cv2.GaussianBlur, XY then Z (OpenCV {version})", "Python"


def _dask_image() -> Loaded:
    ndfilters, version = _module("dask_image.ndfilters", "dask-image")
    arrays, _ = _module("dask.array", "dask")

    def blur(volume: NDArray[Any], sigma: Any, border: str, cval: float) -> NDArray[Any]:
        # In blocks, as its users have them: what it does at their edges is a part of it.
        blocks = arrays.from_array(volume, chunks=tuple(-(-n // 2) for n in volume.shape))
        mode = known_border(border).scipy
        done = ndfilters.gaussian_filter(blocks, sigma, mode=mode, cval=cval)
        return np.asarray(done.compute(scheduler="synchronous"))

    return blur, f"dask_image.ndfilters.gaussian_filter (dask-image {version})", "Python"


def _diplib() -> Loaded:
    if "IPython" in sys.modules:
        # Where it finds IPython it takes this to be there, which IPython itself imports late.
        with contextlib.suppress(ImportError):
            importlib.import_module("IPython.terminal.pt_inputhooks")
    dip, version = _module("diplib", "diplib")
    borders = {
        # Its "mirror" does not repeat the edge, and nothing else of it does.
        "mirror-single": "mirror",
        "mirror-double": "mirror",
        "nearest": "zero order",
        "constant": "add zeros",
        "periodic": "periodic",
    }

    def blur(volume: NDArray[Any], sigma: Any, border: str, cval: float) -> NDArray[Any]:
        if border == "constant" and cval != 0:
            raise CannotError(f"DIPlib's Gauss has no constant border of {cval:g}, only of 0")
        if volume.dtype == np.float16:
            raise CannotError("DIPlib takes no float16")
        # Without 'tensor', a short last axis would be taken for colours.
        image = dip.Image(np.ascontiguousarray(volume), None)
        done = dip.Gauss(
            image, sigmas=list(reversed(sigma)), method="FIR", boundaryCondition=[borders[border]]
        )
        return np.asarray(done).reshape(volume.shape)

    return blur, f"dip.Gauss, method FIR (DIPlib {version})", "Python"


def _clesperanto() -> Loaded:
    """Return the Gaussian of clesperanto, on whatever OpenCL calls a device."""
    with warnings.catch_warnings():
        # It warns of each backend that it does not find.
        warnings.simplefilter("ignore")
        cle, version = _module("pyclesperanto", "pyclesperanto")
    if not getattr(cle, "list_available_devices", list)():
        raise NotInstalledError(
            "not installed: an OpenCL device for pyclesperanto (Debian's pocl-opencl-icd makes one "
            "of the processor)"
        )
    device = cle.select_device()

    def blur(volume: NDArray[Any], sigma: Any, border: str, cval: float) -> NDArray[Any]:
        if volume.dtype in (np.float16, np.float64, np.int64, np.uint64):
            raise CannotError(f"clesperanto computes in float32: no {volume.dtype.name}")
        z, y, x = sigma
        done = cle.gaussian_blur(
            np.ascontiguousarray(volume), sigma_x=x, sigma_y=y, sigma_z=z, device=device
        )
        return np.asarray(cle.pull(done)).reshape(volume.shape)

    return blur, f"pyclesperanto.gaussian_blur (pyclesperanto {version})", f"OpenCL {device.name}"


def _fast_gauss() -> Loaded:
    """Return the recursive filter of imglib2-algorithm, where the runtime has it."""
    from fiji_bridge.errors import RuntimeStartError
    from fiji_bridge.jvm.session import start

    session = start()
    try:
        fast = session.jclass("net.imglib2.algorithm.convolution.fast_gauss.FastGauss")
    except (TypeError, RuntimeStartError):
        raise NotInstalledError(
            f"not installed: FastGauss (imglib2-algorithm) is not in {session.describe()}"
        ) from None
    images = session.jclass("net.imglib2.img.array.ArrayImgs")
    views = session.jclass("net.imglib2.view.Views")
    extend = {name: getattr(views, known_border(name).imglib2) for name in BORDERS}

    def blur(volume: NDArray[Any], sigma: Any, border: str, cval: float) -> NDArray[Any]:
        if any(s <= 0 and n > 1 for s, n in zip(sigma, volume.shape, strict=True)):
            raise CannotError("FastGauss takes no sigma of 0")
        shape = [int(n) for n in reversed(volume.shape)]
        source = images.doubles(volume.astype(np.float64).ravel(), shape)
        target = images.doubles(np.zeros(volume.size), shape)
        beyond = [cval] if border == "constant" else []
        fast.convolve([float(s) for s in reversed(sigma)], extend[border](source, *beyond), target)
        done = np.array(target.update(None).getCurrentStorageArray())
        return done.reshape(volume.shape).astype(
            volume.dtype if volume.dtype.kind == "f" else np.float64
        )

    return blur, "net.imglib2.algorithm.convolution.fast_gauss.FastGauss", session.describe()


def _itk_discrete() -> Loaded:
    sitk, version = _module("SimpleITK", "SimpleITK")

    def blur(volume: NDArray[Any], sigma: Any, border: str, cval: float) -> NDArray[Any]:
        image = sitk.GetImageFromArray(_itk_type(volume))
        variance = [s * s for s in reversed(sigma)]
        # The kernel may be as long as its error bound makes it; the default cuts it at 32.
        done = sitk.DiscreteGaussian(image, variance, 4095, [0.01] * 3, False)
        return np.asarray(sitk.GetArrayFromImage(done))

    return blur, f"DiscreteGaussianImageFilter (SimpleITK {version})", "Python"


def _itk_recursive() -> Loaded:
    sitk, version = _module("SimpleITK", "SimpleITK")

    def blur(volume: NDArray[Any], sigma: Any, border: str, cval: float) -> NDArray[Any]:
        widths = [(s, n) for s, n in zip(sigma, volume.shape, strict=True)][::-1]
        for s, size in widths:
            if s > 0 and size < 4:
                raise CannotError(
                    f"ITK's recursive Gaussian needs 4 samples along each axis; got {size}"
                )
        image = sitk.GetImageFromArray(_itk_type(volume))
        if all(s > 0 for s in sigma):
            done = sitk.SmoothingRecursiveGaussian(image, list(reversed(sigma)), False)
            return np.asarray(sitk.GetArrayFromImage(done))
        order = sitk.RecursiveGaussianImageFilter.ZeroOrder
        for direction, (s, _) in enumerate(widths):
            if s > 0:  # The smoothing filter takes no sigma of 0; its parts can be left out.
                image = sitk.RecursiveGaussian(image, s, False, order, direction)
        return np.asarray(sitk.GetArrayFromImage(image))

    return blur, f"SmoothingRecursiveGaussianImageFilter (SimpleITK {version})", "Python"


def _itk_type(volume: NDArray[Any]) -> NDArray[Any]:
    if volume.dtype == np.float16:
        raise CannotError("ITK takes no float16")
    return volume


def _imagej_3d() -> Loaded:
    return imagej_command("Gaussian Blur 3D...", "x={x} y={y} z={z}")


def _featurej() -> Loaded:
    """FeatureJ has one scale for all axes, in pixels unless its options say otherwise."""
    blur, implementation, runtime = imagej_command(
        "FeatureJ Derivatives", "x-order=0 y-order=0 z-order=0 smoothing={x}"
    )

    def isotropic(volume: NDArray[Any], sigma: Any, border: str, cval: float) -> NDArray[Any]:
        blurred = {s for s, n in zip(sigma, volume.shape, strict=True) if n > 1}
        if len(blurred) > 1:
            raise CannotError("FeatureJ has one smoothing scale for all axes")
        return blur(volume, sigma, border, cval)

    return isotropic, implementation, runtime


def imagej_command(command: str, options: str) -> Loaded:
    """Return an ImageJ command as a filter.

    Parameters
    ----------
    command : str
        As in ImageJ's menus: ``"Gaussian Blur 3D..."``.
    options : str
        As the macro recorder writes them, with ``{x}``, ``{y}``, ``{z}`` for σ in pixels.

    Raises
    ------
    NotInstalledError
        If the runtime has no such command.
    """
    from fiji_bridge.convert.adapters import to_image
    from fiji_bridge.jvm.imageplus import from_imageplus, to_imageplus
    from fiji_bridge.jvm.session import start

    session = start()
    session.jclass("ij.IJ")
    menus = session.jclass("ij.Menus")
    if menus.getCommands() is None:
        # ImageJ reads its menus when the first macro runs.
        session.jclass("ij.IJ").runMacro("ready = 1;")
    commands = menus.getCommands()
    if commands is None or commands.get(command) is None:
        raise NotInstalledError(
            f"not installed: the ImageJ command {command!r} is not in {session.describe()}"
        )
    try:
        options.format(x=1.0, y=1.0, z=1.0)
    except (KeyError, IndexError, ValueError) as error:
        raise CannotError(
            f"the options {options!r} may hold {{x}}, {{y}} and {{z}} only ({error!r})"
        ) from None

    def blur(volume: NDArray[Any], sigma: Any, border: str, cval: float) -> NDArray[Any]:
        z, y, x = sigma
        manager = session.jclass("ij.WindowManager")
        before = set(_identities(manager))
        imp = to_imageplus(to_image(volume, axes="zyx"))
        if volume.shape[0] > 1:
            imp.setDimensions(1, volume.shape[0], 1)
        said = {axis: _java_number(s) for axis, s in (("x", x), ("y", y), ("z", z))}
        session.jclass("ij.IJ").run(imp, command, options.format(**said))
        made = [i for i in _identities(manager) if i not in before]
        result = manager.getImage(made[0]) if made else imp
        data = from_imageplus(result).data.reshape(volume.shape)
        for identity in made:
            image = manager.getImage(identity)
            image.changes = False
            image.close()
        return data

    return blur, f"ImageJ command '{command}'", session.describe()


def _java_number(value: float) -> str:
    return "NaN" if value != value else repr(float(value))


def _identities(manager: Any) -> list[int]:
    return [int(i) for i in manager.getIDList() or ()]


PEERS: dict[str, Peer] = {
    "scipy.gaussian_filter": Peer("SciPy gaussian_filter", _scipy),
    "skimage.gaussian": Peer("scikit-image gaussian", _skimage),
    "dask_image.gaussian_filter": Peer("dask-image gaussian_filter", _dask_image),
    "diplib.Gauss": Peer("DIPlib Gauss", _diplib),
    "clesperanto.gaussian_blur": Peer("clesperanto gaussian_blur", _clesperanto),
    "imglib2.FastGauss": Peer("ImgLib2 FastGauss", _fast_gauss),
    "imagej.GaussianBlur3D": Peer("ImageJ Gaussian Blur 3D", _imagej_3d),
    "sitk.DiscreteGaussian": Peer("SimpleITK DiscreteGaussian", _itk_discrete),
    "sitk.SmoothingRecursiveGaussian": Peer("SimpleITK SmoothingRecursiveGaussian", _itk_recursive),
    "opencv.GaussianBlur": Peer("OpenCV GaussianBlur", _opencv),
    "featurej": Peer("FeatureJ smoothing", _featurej),
}
