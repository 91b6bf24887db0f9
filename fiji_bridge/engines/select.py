"""Choosing the engine: the one asked for, or the runtime's default; never another."""

from __future__ import annotations

from fiji_bridge.engines.base import Engine
from fiji_bridge.errors import EngineUnavailableError, InputError

ENGINES = ("gauss3", "fused", "scipy")


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
    if name is not None and name not in ENGINES:
        raise InputError(f"unknown engine {name!r}; use one of {', '.join(ENGINES)}")
    if name == "scipy":
        from fiji_bridge.engines.scipy_reference import ScipyEngine

        return ScipyEngine()

    from fiji_bridge.jvm.session import start

    session = start()
    if name is None:
        name = session.default_engine
    if name == "gauss3":
        if not session.has_gauss3():
            raise EngineUnavailableError(
                f"the runtime {session.describe()} has no Gauss3 (imglib2-algorithm): give a Fiji "
                "folder (--fiji DIR or FIJI_BRIDGE_FIJI), or use engine 'fused' (same kernel)"
            )
        from fiji_bridge.engines.gauss3 import Gauss3Engine

        return Gauss3Engine(session)
    from fiji_bridge.engines.fused import FusedEngine

    return FusedEngine(session)
