"""Which runtime is to be started: argument, then environment, then configuration file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fiji_bridge.errors import InputError
from fiji_bridge.image.paths import to_path
from fiji_bridge.image.tomltext import read_toml
from fiji_bridge.jvm.heap import default_heap, heap_bytes

RUNTIMES = ("embedded", "fiji", "maven")

#: Keys of the configuration file, and of the environment behind ``FIJI_BRIDGE_``.
KEYS = ("runtime", "fiji", "maven", "heap")


@dataclass(frozen=True)
class Settings:
    """What decides how the JVM is started.

    Attributes
    ----------
    runtime : {"embedded", "fiji", "maven"}
    fiji : Path or None
        Folder of a Fiji or ImageJ2, for the runtime ``"fiji"``.
    maven : str or None
        Coordinate such as ``"sc.fiji:fiji:2.16.0"``, for the runtime ``"maven"``.
    heap : str
        Largest Java heap, as ``-Xmx`` takes it.
    origin : str
        Where the runtime was chosen: ``"argument"``, ``"environment"``, a file, ``"default"``.
    heap_origin : str
        Where the heap was chosen, likewise.
    """

    runtime: str
    fiji: Path | None
    maven: str | None
    heap: str
    origin: str
    heap_origin: str = "default"

    def same_runtime(self, other: Settings) -> bool:
        """Whether a session started with `other` is what these settings ask for."""
        return (self.runtime, self.fiji, self.maven, self.heap) == (
            other.runtime, other.fiji, other.maven, other.heap,
        )  # fmt: skip


def config_path() -> Path:
    """Return the configuration file's path (``FIJI_BRIDGE_CONFIG`` overrides it)."""
    if found := os.environ.get("FIJI_BRIDGE_CONFIG"):
        return Path(found)
    import platformdirs

    return platformdirs.user_config_path("fiji_bridge", appauthor=False) / "config.toml"


def resolve(
    *,
    runtime: str | None = None,
    fiji: str | os.PathLike[str] | None = None,
    maven: str | None = None,
    heap: str | None = None,
) -> Settings:
    """Decide the settings: argument, then environment, then configuration file.

    Raises
    ------
    InputError
        For an unknown runtime or key, a heap that cannot be read, or sources
        that name two runtimes at once.
    """
    arguments: dict[str, Any] = {
        "runtime": runtime, "fiji": fiji, "maven": maven, "heap": heap,
    }  # fmt: skip
    layers = (
        ("argument", arguments),
        ("environment", {key: os.environ.get(f"FIJI_BRIDGE_{key.upper()}") for key in KEYS}),
        (str(config_path()), _config()),
    )
    chosen = Settings("embedded", None, None, default_heap(), "default")
    for origin, layer in layers:
        found = _runtime_of(layer, origin)
        if found is not None:
            name, folder, coordinate = found
            if name != "embedded" and folder is None and coordinate is None:
                folder, coordinate = _lookup(name, layers)
            chosen = Settings(name, folder, coordinate, chosen.heap, origin)
            break
    for origin, layer in layers:
        if layer.get("heap"):
            heap = _heap(str(layer["heap"]), origin)
            return replace(chosen, heap=heap, heap_origin=origin)
    return chosen


def _runtime_of(
    layer: Mapping[str, Any], origin: str
) -> tuple[str, Path | None, str | None] | None:
    """Return what one layer says about the runtime, or None where it says nothing."""
    name, folder, coordinate = (layer.get(key) or None for key in ("runtime", "fiji", "maven"))
    if name is not None and name not in RUNTIMES:
        raise InputError(f"unknown runtime {name!r} ({origin}); use one of {', '.join(RUNTIMES)}")
    if name is None:
        if folder and coordinate:
            raise InputError(
                f"the {origin} names both a Fiji folder ({folder}) and a Maven coordinate "
                f"({coordinate}); keep one, or say which with the runtime setting"
            )
        name = "fiji" if folder else "maven" if coordinate else None
    if name is None:
        return None
    return (
        name,
        to_path(folder, "the Fiji folder").expanduser().absolute()
        if folder and name == "fiji"
        else None,
        str(coordinate) if coordinate and name == "maven" else None,
    )


def _lookup(
    name: str, layers: tuple[tuple[str, Mapping[str, Any]], ...]
) -> tuple[Path | None, str | None]:
    """Find the folder or coordinate of a runtime that was chosen by name alone."""
    for _, layer in layers:
        if value := layer.get(name):
            return (
                (Path(value).expanduser().absolute(), None)
                if name == "fiji"
                else (None, str(value))
            )
    where = (
        "--fiji DIR or FIJI_BRIDGE_FIJI" if name == "fiji" else "--maven G:A:V or FIJI_BRIDGE_MAVEN"
    )
    raise InputError(f"the runtime {name!r} was asked for, but not which one; give {where}")


def _config() -> Mapping[str, Any]:
    path = config_path()
    try:
        values = read_toml(path, "the configuration file", InputError)
    except FileNotFoundError:
        return {}
    for key in values:
        if key not in KEYS:
            raise InputError(f"unknown key {key!r} in {path}; the keys are {', '.join(KEYS)}")
    return values


def _heap(text: str, origin: str) -> str:
    if heap_bytes(text) == 0:
        raise InputError(f"cannot read the heap {text!r} ({origin}); write for example 8g or 6000m")
    return text.lower()
