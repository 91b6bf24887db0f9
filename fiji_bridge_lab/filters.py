"""The filters that can be compared and audited: this package's engines, and everyone else's."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.engines.select import ENGINES
from fiji_bridge.errors import InputError
from fiji_bridge.image.calibrated import CalibratedImage, volume_view
from fiji_bridge.image.dtypes import round_to
from fiji_bridge.kernels.borders import DEFAULT_BORDER
from fiji_bridge.ops.blur_plan import BlurPlan
from fiji_bridge.ops.gaussian import gaussian
from fiji_bridge.ops.registry import REGISTRY
from fiji_bridge.ops.separable import Context
from fiji_bridge_lab import peers
from fiji_bridge_lab.filter_spec import (
    CannotError,
    FilterSpec,
    NotInstalledError,
    Outcome,
    VolumeFilter,
)


def names() -> tuple[str, ...]:
    """Return the names of all filters that are known without more being said."""
    return (*ENGINES, *peers.PEERS)


def check_name(name: str) -> None:
    """Refuse a filter that nobody knows."""
    if name in names():
        return
    kind, _, rest = name.partition(":")
    if kind == "python" and rest.count(":") == 1:
        return
    if kind == "imagej" and rest.partition("|")[0].strip():
        return
    raise InputError(
        f"unknown filter {name!r}; use one of {', '.join(names())}, python:MODULE:FUNCTION or "
        "'imagej:COMMAND|x={x} y={y} z={z}'"
    )


def run(
    spec: FilterSpec,
    image: CalibratedImage,
    operation: str,
    parameters: Mapping[str, Any],
) -> Outcome:
    """Run a filter on an image; a JVM it needs must have been started for its runtime.

    Parameters
    ----------
    spec : FilterSpec
    image : CalibratedImage
    operation : str
        Name in the registry.
    parameters : mapping
        Those of the operation.

    Raises
    ------
    NotInstalledError
        If the library or the command is not there.
    CannotError
        If the filter cannot do what is asked: another operation, border or kernel.
    """
    if spec.name in ENGINES:
        result = REGISTRY[operation].apply(
            image,
            context=Context(engine=spec.name, threads=1),
            **{**parameters, **spec.parameters},
        )
        if not isinstance(result, CalibratedImage):
            raise CannotError(f"{operation} gives no image that could be compared")
        done = result.provenance[-1]
        return Outcome(result.data, done["implementation"], done["runtime"])
    if operation != "gaussian":
        raise CannotError(f"it is a Gaussian blur: it computes no {operation}")
    plan = gaussian.plan(image, **parameters)
    return run_blur(spec, image, plan, str(parameters.get("dtype", "same")))


def run_unchecked(
    spec: FilterSpec, image: CalibratedImage, sigma: tuple[float, float, float]
) -> Outcome:
    """Run a filter with a σ that no plan would pass on, to see whether it refuses it itself."""
    if spec.name in ENGINES:
        return run(spec, image, "gaussian", {"sigma": sigma})
    function, implementation, runtime = _load(spec)
    data = function(np.ascontiguousarray(image.data), sigma, DEFAULT_BORDER, 0.0)
    return Outcome(np.asarray(data), implementation, runtime)


def run_blur(
    spec: FilterSpec, image: CalibratedImage, plan: BlurPlan, dtype: str = "same"
) -> Outcome:
    """Run a filter of someone else's as a Gaussian blur of every (z, y, x) volume."""
    source = image.data if dtype == "same" else image.data.astype(dtype)
    given = replace(image, data=source)
    function, implementation, runtime = _load(spec)
    out = np.empty(source.shape, source.dtype.newbyteorder("="))
    views = volume_view(given.data, given.axes), volume_view(out, given.axes)
    note = ""
    for index in np.ndindex(views[0].shape[:-3]):
        found = np.asarray(
            function(np.ascontiguousarray(views[0][index]), plan.sigma_px(), plan.border, plan.cval)
        )
        if found.shape != views[0].shape[-3:]:
            raise CannotError(
                f"{spec.name} turned the shape {views[0].shape[-3:]} into {found.shape}"
            )
        if found.dtype != out.dtype and out.dtype.kind in "iu":
            note = f"its {found.dtype.name} was rounded to {out.dtype.name} here"
        views[1][index] = round_to(found, out.dtype)
    return Outcome(out, implementation, runtime, note)


def _load(spec: FilterSpec) -> tuple[VolumeFilter, str, str]:
    return peers.PEERS[spec.name].load() if spec.name in peers.PEERS else _by_name(spec.name)


def _by_name(name: str) -> tuple[VolumeFilter, str, str]:
    kind, _, rest = name.partition(":")
    if kind == "imagej":
        command, _, options = rest.partition("|")
        return peers.imagej_command(command.strip(), options.strip() or "x={x} y={y} z={z}")
    module_name, _, function_name = rest.partition(":")
    try:
        function = getattr(importlib.import_module(module_name), function_name)
    except (ImportError, AttributeError) as error:
        raise NotInstalledError(f"cannot load {rest}: {error}") from error

    def call(
        volume: NDArray[Any], sigma: tuple[float, float, float], border: str, cval: float
    ) -> NDArray[Any]:
        return np.asarray(function(volume, sigma))

    return call, f"{module_name}.{function_name}", "Python"
