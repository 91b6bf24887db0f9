"""Reading a suite file; whatever it names that is not known is refused by name."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fiji_bridge.engines.select import ENGINES
from fiji_bridge.errors import FileError, InputError
from fiji_bridge.image.dtypes import DTYPES
from fiji_bridge.image.tomltext import read_toml
from fiji_bridge.ops.operation import Result
from fiji_bridge.ops.registry import REGISTRY
from fiji_bridge_lab import phantoms, suite_model
from fiji_bridge_lab.filter_spec import FilterSpec
from fiji_bridge_lab.filters import check_name
from fiji_bridge_lab.suite import ImageSpec, OperationSpec, Rule, Suite
from fiji_bridge_lab.suite_model import checked


def load(path: Path) -> Suite:
    """Read a suite file.

    Raises
    ------
    FileError
        If it cannot be read.
    InputError
        For an unknown key, image, operation, parameter or filter: names it.
    """
    try:
        values = read_toml(path, "the suite", FileError)
    except FileNotFoundError as error:
        raise FileError(f"cannot read the suite {path}: {error.strerror}") from None
    return parse(values, path.resolve().parent)


def parse(values: Mapping[str, Any], folder: Path) -> Suite:
    """Make a suite of what its file says; paths are relative to `folder`."""
    said = checked(values)
    images = tuple(_image(entry) for entry in said.images)
    operations = tuple(_operation(entry) for entry in said.operations)
    filters = tuple(_filter(entry) for entry in said.filters)
    for what, found in (
        ("image", [i.name for i in images]),
        ("operation", [o.name for o in operations]),
        ("filter", [f.label for f in filters]),
    ):
        if not found:
            raise InputError(f"the suite has no {what}: add one [[{what}s]] at least")
        for name in found:
            if found.count(name) > 1:
                raise InputError(f"the suite has two {what}s called {name!r}; rename one")
    return Suite(
        name=said.suite.name,
        folder=folder,
        images=images,
        operations=operations,
        filters=filters,
        rules=tuple(_rule(entry) for entry in said.rules),
        pairs=_pairs(said.suite.pairs, [f.label for f in filters]),
        timeout=float(said.suite.timeout),
    )


def _image(entry: suite_model.Image) -> ImageSpec:
    where = f"the image {entry.name!r}"
    made = entry.phantom is not None
    if made == (entry.path is not None):
        raise InputError(f"{where} needs either phantom or path")
    if made:
        if entry.phantom not in phantoms.PHANTOMS:
            raise InputError(
                f"{where} names the phantom {entry.phantom!r}; use one of "
                f"{', '.join(phantoms.PHANTOMS)}"
            )
        if len(entry.shape) != len(entry.axes):
            raise InputError(
                f"{where} needs a shape with one size for each of the axes {entry.axes}"
            )
    dtypes = tuple(entry.dtypes or (("float32",) if made else ("file",)))
    for dtype in dtypes:
        if dtype not in DTYPES and (dtype != "file" or made):
            raise InputError(f"{where} names the type {dtype!r}; use {', '.join(DTYPES)}")
    return ImageSpec(
        name=entry.name,
        phantom=entry.phantom,
        shape=tuple(entry.shape),
        axes=entry.axes,
        seed=entry.seed,
        path=entry.path,
        dtypes=dtypes,
        voxel_size=entry.voxel_size,
        optional=entry.optional,
    )


def _operation(entry: suite_model.Operation) -> OperationSpec:
    where = f"the operation {entry.name!r}"
    known = [o.name for o in REGISTRY.values() if o.result is Result.IMAGE]
    if entry.operation not in known:
        raise InputError(f"{where}: {entry.operation!r} is not one of {', '.join(known)}")
    takes = [p.name for p in REGISTRY[entry.operation].parameters]
    for key in entry.parameters:
        if key not in takes:
            raise InputError(f"unknown key {key!r} in {where}; the keys are {', '.join(takes)}")
    return OperationSpec(entry.name, entry.operation, entry.parameters, tuple(entry.images))


def _filter(entry: suite_model.Filter) -> FilterSpec:
    check_name(entry.name)
    if entry.parameters and entry.name not in ENGINES:
        raise InputError(
            f"the filter {entry.name!r} takes no parameters; only {', '.join(ENGINES)} do"
        )
    return FilterSpec(
        entry.name,
        entry.label or entry.name,
        entry.runtime,
        entry.fiji,
        entry.maven,
        entry.optional,
        entry.parameters,
    )


def _pairs(given: str | list[list[str]], labels: list[str]) -> tuple[tuple[str, str], ...]:
    if isinstance(given, str):
        return tuple(itertools.combinations(labels, 2))
    for pair in given:
        if any(label not in labels for label in pair):
            raise InputError(f"the pair {pair!r} must name two of the filters {', '.join(labels)}")
    return tuple((a, b) for a, b in given)


def _rule(entry: suite_model.Rule) -> Rule:
    first, second = entry.pair
    return Rule(
        (first, second),
        tuple(entry.dtypes),
        entry.maximum,
        entry.share,
        None if entry.expected is None else tuple(entry.expected),
        entry.residual,
    )
