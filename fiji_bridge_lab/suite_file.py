"""Reading a suite file; whatever it names that is not known is refused by name."""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from fiji_bridge.engines.select import ENGINES
from fiji_bridge.errors import FileError, InputError
from fiji_bridge.image.dtypes import DTYPES
from fiji_bridge.ops.operation import Result
from fiji_bridge.ops.registry import REGISTRY
from fiji_bridge_lab import phantoms
from fiji_bridge_lab.filter_spec import FilterSpec
from fiji_bridge_lab.filters import check_name
from fiji_bridge_lab.suite import ImageSpec, OperationSpec, Rule, Suite


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
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileError(f"cannot read the suite {path}: {error.strerror}") from None
    except tomllib.TOMLDecodeError as error:
        raise FileError(f"the suite {path} is not valid TOML: {error}") from None
    return parse(values, path.resolve().parent)


def parse(values: Mapping[str, Any], folder: Path) -> Suite:
    """Make a suite of what its file says; paths are relative to `folder`."""
    _keys(values, ("suite", "images", "operations", "filters", "rules"), "the suite")
    head = values.get("suite", {})
    _keys(head, ("name", "timeout", "pairs"), "[suite]")
    images = tuple(_image(entry) for entry in _entries(values, "images"))
    operations = tuple(_operation(entry) for entry in _entries(values, "operations"))
    filters = tuple(_filter(entry) for entry in _entries(values, "filters"))
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
    labels = [f.label for f in filters]
    timeout = float(head.get("timeout", 120.0))
    if not timeout > 0:
        raise InputError(f"[suite]: timeout must be above 0 seconds; got {timeout!r}")
    return Suite(
        name=str(head.get("name", "suite")),
        folder=folder,
        images=images,
        operations=operations,
        filters=filters,
        rules=tuple(_rule(entry) for entry in values.get("rules", ())),
        pairs=_pairs(head.get("pairs", "all"), labels),
        timeout=timeout,
    )


def _entries(values: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = values.get(key, [])
    if not isinstance(found, list):
        raise InputError(f"{key} must be written as [[{key}]]")
    return found


def _keys(entry: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in entry:
        if key not in known:
            raise InputError(f"unknown key {key!r} in {where}; the keys are {', '.join(known)}")


def _name(entry: Mapping[str, Any], where: str) -> str:
    if not entry.get("name"):
        raise InputError(f"an entry of {where} has no name")
    return str(entry["name"])


def _image(entry: Mapping[str, Any]) -> ImageSpec:
    name = _name(entry, "[[images]]")
    where = f"the image {name!r}"
    known = ("name", "phantom", "shape", "axes", "seed", "path", "dtypes", "voxel_size", "optional")
    _keys(entry, known, where)
    phantom, path = entry.get("phantom"), entry.get("path")
    if (phantom is None) == (path is None):
        raise InputError(f"{where} needs either phantom or path")
    shape, axes = tuple(int(n) for n in entry.get("shape", ())), str(entry.get("axes", "zyx"))
    if phantom is not None:
        if phantom not in phantoms.PHANTOMS:
            raise InputError(
                f"{where} names the phantom {phantom!r}; use one of {', '.join(phantoms.PHANTOMS)}"
            )
        if len(shape) != len(axes) or min(shape) < 1:
            raise InputError(f"{where} needs a shape with one size for each of the axes {axes}")
    dtypes = tuple(entry.get("dtypes", ("float32",) if phantom is not None else ("file",)))
    for dtype in dtypes:
        if dtype not in DTYPES and (dtype != "file" or phantom is not None):
            raise InputError(f"{where} names the type {dtype!r}; use {', '.join(DTYPES)}")
    return ImageSpec(
        name=name,
        phantom=phantom,
        shape=shape,
        axes=axes,
        seed=int(entry.get("seed", 0)),
        path=path,
        dtypes=dtypes,
        voxel_size=entry.get("voxel_size"),
        optional=bool(entry.get("optional", False)),
    )


def _operation(entry: Mapping[str, Any]) -> OperationSpec:
    name = _name(entry, "[[operations]]")
    where = f"the operation {name!r}"
    _keys(entry, ("name", "operation", "parameters", "images"), where)
    operation = entry.get("operation", "gaussian")
    if operation not in REGISTRY or REGISTRY[operation].result is not Result.IMAGE:
        known = [o.name for o in REGISTRY.values() if o.result is Result.IMAGE]
        raise InputError(f"{where}: {operation!r} is not one of {', '.join(known)}")
    parameters = dict(entry.get("parameters", {}))
    _keys(parameters, tuple(p.name for p in REGISTRY[operation].parameters), where)
    return OperationSpec(name, operation, parameters, tuple(entry.get("images", ("*",))))


def _filter(entry: Mapping[str, Any]) -> FilterSpec:
    name = _name(entry, "[[filters]]")
    where = f"the filter {name!r}"
    _keys(entry, ("name", "label", "runtime", "fiji", "maven", "optional", "parameters"), where)
    check_name(name)
    parameters = dict(entry.get("parameters", {}))
    if parameters and name not in ENGINES:
        raise InputError(f"{where} takes no parameters; only {', '.join(ENGINES)} do")
    return FilterSpec(
        name,
        str(entry.get("label", name)),
        entry.get("runtime"),
        entry.get("fiji"),
        entry.get("maven"),
        bool(entry.get("optional", False)),
        parameters,
    )


def _pairs(given: Any, labels: list[str]) -> tuple[tuple[str, str], ...]:
    if given == "all":
        return tuple(itertools.combinations(labels, 2))
    found = []
    for pair in given:
        if len(pair) != 2 or any(label not in labels for label in pair):
            raise InputError(f"the pair {pair!r} must name two of the filters {', '.join(labels)}")
        found.append((str(pair[0]), str(pair[1])))
    return tuple(found)


def _rule(entry: Mapping[str, Any]) -> Rule:
    _keys(entry, ("pair", "dtypes", "maximum", "share", "expected", "residual"), "[[rules]]")
    pair = tuple(entry.get("pair", ("*", "*")))
    if len(pair) != 2:
        raise InputError(f"the pair {pair!r} of a rule must be two patterns of filter labels")
    expected = entry.get("expected")
    return Rule(
        (str(pair[0]), str(pair[1])),
        tuple(entry.get("dtypes", ("*",))),
        _number(entry, "maximum"),
        _number(entry, "share"),
        None if expected is None else tuple(expected),
        _number(entry, "residual"),
    )


def _number(entry: Mapping[str, Any], key: str) -> float | None:
    value = entry.get(key)
    if value is not None and not (np.isfinite(value) and value >= 0):
        raise InputError(f"{key} of a rule must be 0 or more; got {value!r}")
    return None if value is None else float(value)
