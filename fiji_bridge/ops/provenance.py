"""What was done to an image, by which code, as plain values that fit into a file."""

from __future__ import annotations

import json
from typing import Any

from fiji_bridge._version import __version__
from fiji_bridge.engines.engine import EngineInfo
from fiji_bridge.image.results import Plan


def entry(operation: str, info: EngineInfo, **details: Any) -> dict[str, Any]:
    """Make a provenance entry.

    It holds no time and no host, so that the same work gives the same file.

    Parameters
    ----------
    operation : str
        Name in the registry.
    info : EngineInfo
        The engine that really ran.
    **details
        Parameters and plan, as JSON values.

    Returns
    -------
    dict
    """
    return {
        "operation": operation,
        "fiji_bridge": __version__,
        "engine": info.engine,
        "implementation": info.implementation,
        "runtime": info.runtime,
        # Through JSON, so that what a file gives back compares equal (tuples become lists).
        **json.loads(json.dumps(details)),
    }


def planned(plan: Plan) -> dict[str, Any]:
    """Return what a provenance says of a plan: all but the memory, which changes no sample."""
    return {key: value for key, value in plan.as_dict().items() if key != "needed_bytes"}


def library(implementation: str, runtime: str = "Python") -> EngineInfo:
    """Return which function of another library computes, where none of the engines does.

    Parameters
    ----------
    implementation : str
        Function or class, with the name and the version of its library.
    runtime : str
        Where it runs.
    """
    return EngineInfo("library", implementation, runtime)
