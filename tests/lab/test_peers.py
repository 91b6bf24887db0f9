"""Filters of other libraries are called as they are meant: right axes, right borders."""

from __future__ import annotations

import importlib.util
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from conftest import run_python
from fiji_bridge.kernels.borders import border as known_border
from fiji_bridge_lab import peers
from fiji_bridge_lab.filter_spec import CannotError, NotInstalledError
from fiji_bridge_lab.peers import PEERS

SIGMA = (1.0, 1.5, 2.0)


def _skip_without(module: str) -> None:
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"an optional peer of the lab is not installed: {module}")


def _gap(name: str, border: str, truncate: float) -> float:
    _skip_without(
        {"diplib.Gauss": "diplib", "dask_image.gaussian_filter": "dask_image"}.get(name, "numpy")
    )
    volume = np.random.default_rng(0).random((12, 24, 28)).astype(np.float32)
    blur, _, _ = PEERS[name].load()
    mode = known_border(border).scipy
    expected = gaussian_filter(volume, SIGMA, mode=mode, truncate=truncate)
    return float(np.abs(blur(volume, SIGMA, border, 0.0) - expected).max())


@pytest.mark.parametrize("border", ["mirror-single", "nearest", "periodic", "constant"])
def test_diplib(border: str) -> None:
    """It samples a Gaussian up to 3 sigma; float32 sums."""
    assert _gap("diplib.Gauss", border, 3.0) < 1e-6


@pytest.mark.parametrize("border", ["mirror-single", "mirror-double", "nearest"])
def test_dask_image_in_blocks_is_scipy(border: str) -> None:
    assert _gap("dask_image.gaussian_filter", border, 4.0) < 1e-6


def test_dask_image_does_not_wrap_round() -> None:
    """Known to the lab as a difference: its blocks at the edge know nothing of the other side."""
    assert _gap("dask_image.gaussian_filter", "periodic", 4.0) > 0.01


def test_clesperanto_is_scipy_with_its_own_border() -> None:
    """It samples up to 4 sigma, in float32, and repeats the edge whatever is asked for."""
    pytest.importorskip("pyclesperanto", reason="an optional peer of the lab is not installed")
    try:
        blur, _, runtime = PEERS["clesperanto.gaussian_blur"].load()
    except NotInstalledError as error:
        pytest.skip(str(error))
    assert runtime.startswith("OpenCL ")
    volume = np.random.default_rng(0).random((12, 24, 28)).astype(np.float32)
    expected = gaussian_filter(volume, SIGMA, mode="nearest")
    assert np.abs(blur(volume, SIGMA, "mirror-double", 0.0) - expected).max() < 1e-6
    with pytest.raises(CannotError, match="no float64"):
        blur(volume.astype(float), SIGMA, "nearest", 0.0)


def test_clesperanto_without_a_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its module then lacks the function that lists them."""
    bare = types.ModuleType("pyclesperanto")
    monkeypatch.setitem(sys.modules, "pyclesperanto", bare)
    monkeypatch.setattr("importlib.metadata.version", lambda name: "0")
    with pytest.raises(NotInstalledError, match="an OpenCL device for pyclesperanto"):
        PEERS["clesperanto.gaussian_blur"].load()


@pytest.mark.fiji
@pytest.mark.parametrize("border", ["mirror-single", "mirror-double", "nearest", "periodic"])
def test_fast_gauss(border: str) -> None:
    """A recursive approximation: within 1e-3 of the range, with the axes where they belong."""
    assert _gap("imglib2.FastGauss", border, 4.0) < 1e-3


@pytest.mark.parametrize("ipython", ["__import__('IPython')", "sys"])
def test_diplib_in_a_process_with_ipython(ipython: str) -> None:
    """It takes all of IPython to be imported where a part is; half of DIPlib is never used."""
    _skip_without("diplib")
    _skip_without("IPython")
    done = run_python(
        [
            "-c",
            f"import sys; sys.modules['IPython'] = {ipython}\n"
            "from fiji_bridge_lab.peers import PEERS\n"
            "from fiji_bridge_lab.filter_spec import NotInstalledError\n"
            "for _ in range(2):\n"
            "    try: print(PEERS['diplib.Gauss'].load()[1])\n"
            "    except NotInstalledError as error: print(error)\n",
        ]
    )
    said, again = done.stdout.splitlines()
    assert said == again
    serves = said.startswith("dip.Gauss, method FIR (DIPlib ")
    if ipython == "sys":
        # Whether it minds what is no IPython depends on its build and on Python's version.
        failed = "is installed, but cannot be imported here (ImportError: cannot import"
        assert serves or failed in said
    else:
        assert serves


def test_a_library_that_cannot_be_imported_is_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "half_a_library.py").write_text("raise OSError('libGL.so.1 is missing')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(peers, "_unusable", {})
    with pytest.raises(NotInstalledError, match=r"OSError: libGL.so.1 is missing"):
        peers._module("half_a_library", "numpy")
    (tmp_path / "half_a_library.py").write_text("")
    with pytest.raises(NotInstalledError, match=r"numpy .* is installed, but cannot be imported"):
        peers._module("half_a_library", "numpy")


def test_a_library_that_is_not_there_says_how_to_install_it() -> None:
    with pytest.raises(NotInstalledError, match=r"not installed: no-such \(pip install no-such\)"):
        peers._module("no_such", "no-such")
