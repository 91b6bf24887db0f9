"""The exceptions of this package, all of them, in one tree.

Each carries the exit code that the command line ends with when it is raised.
"""

from __future__ import annotations


class FijiBridgeError(Exception):
    """Base of every error that this package raises on purpose."""

    exit_code = 4


class InputError(FijiBridgeError, ValueError):
    """What the caller asked for makes no sense; the message says what to do."""

    exit_code = 2


class UnitError(InputError):
    """A unit that is not a known length (or a unit where none may stand)."""


class CalibrationError(InputError):
    """The voxel size of an axis is unknown, missing or senseless."""


class SigmaError(InputError):
    """A sigma or FWHM that cannot be used."""


class AxesError(InputError):
    """Axes that are unknown, repeated or do not fit the array."""


class DTypeError(InputError, TypeError):
    """A data type that cannot be filtered or written."""


class NotFiniteError(InputError):
    """NaN or infinite samples where the policy refuses them."""


class MemoryLimitError(InputError, MemoryError):
    """The work does not fit into the memory that is available."""


class FileError(InputError, OSError):
    """A file that cannot be read or must not be written."""


class RuntimeStartError(FijiBridgeError, RuntimeError):
    """The Java runtime that was asked for cannot start."""

    exit_code = 3


class JavaNotFoundError(RuntimeStartError):
    """No Java that is new enough."""


class JarError(RuntimeStartError):
    """A bundled jar is missing or is not the one that was built in."""


class SessionConflictError(RuntimeStartError):
    """A session with other settings is already running in this process."""


class ForkedProcessError(RuntimeStartError):
    """The process was forked after the JVM had started."""


class EngineUnavailableError(RuntimeStartError):
    """The engine that was asked for does not exist in this runtime."""


class MacroError(FijiBridgeError, RuntimeError):
    """An ImageJ macro failed."""


class CancelledError(FijiBridgeError):
    """The work was cancelled; nothing was written."""

    exit_code = 130
