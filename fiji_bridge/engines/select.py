"""Choosing the engine: the one asked for, or the runtime's default; never another."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from fiji_bridge.engines.engine import Engine
from fiji_bridge.errors import InputError
from fiji_bridge.image.memory import readable

if TYPE_CHECKING:
    import numpy as np

#: The names of `ENGINES`, for type checkers.
EngineName = Literal["gauss3", "fused", "scipy"]


@dataclass(frozen=True)
class Known:
    """An engine that there is.

    Attributes
    ----------
    where : str
        ``module:class`` of an `Engine`; its class method ``open()`` gives one that can run, or
        refuses.
    java : bool
        Whether it runs in the JVM.
    """

    where: str
    java: bool


#: By name; a module is imported when its engine is chosen.
ENGINES: dict[str, Known] = {
    "gauss3": Known("fiji_bridge.engines.gauss3:Gauss3Engine", java=True),
    "fused": Known("fiji_bridge.engines.fused:FusedEngine", java=True),
    "scipy": Known("fiji_bridge.engines.scipy_reference:ScipyEngine", java=False),
}


#: What is said where the runtime's default is the real Gauss3; both figures are measured.
GAUSS3_TAKES = (
    "Gauss3 takes 4 to 20 times as long as engine fused, which differs by at most 3e-7 of the range"
)


def time_remark(name: str | None, *, fiji: bool) -> str:
    """Return what to say of the time of an engine, or "".

    Parameters
    ----------
    name : str or None
        The engine asked for; None is the default of the runtime.
    fiji : bool
        Whether the runtime is one whose default is Gauss3.
    """
    return GAUSS3_TAKES if name == "gauss3" or (name is None and fiji) else ""


def memory_remark(name: str | None, shape: Sequence[int], dtype: np.dtype[Any]) -> str:
    """Return what to say of the memory that an engine outside of Java takes beside the plan's.

    Parameters
    ----------
    name : str or None
        The engine asked for.
    shape : sequence of int
        Of a volume, (z, y, x).
    dtype : dtype
        Of its samples.
    """
    if in_java(name):
        return ""
    needed = get_engine(name).extra_bytes(tuple(shape), dtype)
    return f"engine {name} takes {readable(needed)} more while it works on a volume, in float64"


def in_java(name: str | None) -> bool:
    """Whether an engine, or the default one, runs in the JVM."""
    return name is None or _known(name).java


def get_engine(name: str | None = None) -> Engine:
    """Return an engine, starting the JVM if it needs one.

    Parameters
    ----------
    name : {"gauss3", "fused", "scipy"}, optional
        The default is the runtime's: the real Gauss3 where it is there, else ``fused``.

    Raises
    ------
    InputError
        For an unknown name.
    EngineUnavailableError
        If the runtime has no such engine.
    RuntimeStartError
        If the JVM cannot start.
    """
    if name is None:
        from fiji_bridge.jvm.session import start

        name = start().default_engine
    module, _, kind = _known(name).where.partition(":")
    found: Engine = getattr(importlib.import_module(module), kind).open()
    return found


def _known(name: str) -> Known:
    if name not in ENGINES:
        raise InputError(f"unknown engine {name!r}; use one of {', '.join(ENGINES)}")
    return ENGINES[name]
