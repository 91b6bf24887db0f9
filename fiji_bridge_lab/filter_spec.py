"""What a filter is to the lab: its name, how it is called, what it gives, and how it refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from fiji_bridge.errors import EngineUnavailableError, InputError

#: ``filter(volume, sigma_px, border, cval)`` on one (z, y, x) volume, σ in pixels.
VolumeFilter = Callable[[NDArray[Any], tuple[float, float, float], str, float], NDArray[Any]]


class CannotError(InputError):
    """A filter that is there, but does not do what is asked; the message says what it lacks."""


class NotInstalledError(EngineUnavailableError):
    """A filter whose library is not there, or cannot be imported; the message says which."""


@dataclass(frozen=True)
class Outcome:
    """What a filter gave.

    Attributes
    ----------
    data : ndarray
        Shape and axes of the source.
    implementation, runtime : str
        What really ran, with versions.
    note : str
        What was done to the result here, or ``""``.
    """

    data: NDArray[Any]
    implementation: str
    runtime: str
    note: str = ""


@dataclass(frozen=True)
class FilterSpec:
    """Which filter is meant, and in which runtime it runs.

    Attributes
    ----------
    name : str
        One of `names()`, ``"python:MODULE:FUNCTION"`` or ``"imagej:COMMAND|OPTIONS"``, where the
        options hold ``{x}``, ``{y}`` and ``{z}`` for the σ in pixels.
    label : str
        What reports call it; unique in a suite.
    runtime, fiji, maven : str or None
        As in `fiji_bridge.start`.
    optional : bool
        Whether it is no failure if the library or runtime is not there.
    parameters : mapping
        Of this package's own engines: what differs from the operation's, such as
        ``{"kernel": "discrete"}``.
    """

    name: str
    label: str
    runtime: str | None = None
    fiji: str | None = None
    maven: str | None = None
    optional: bool = False
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def needs_java(self) -> bool:
        """Whether a JVM has to run."""
        return self.name in ("fused", "gauss3", "featurej") or self.name.startswith(
            ("imagej", "imglib2")
        )
