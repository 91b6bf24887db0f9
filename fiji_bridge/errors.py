"""The exceptions of this package, all of them, in one tree.

Each carries the exit code that the command line ends with when it is raised.
"""

from __future__ import annotations

import re

# Names of files and texts in them may hold anything; a terminal gets escapes instead.
_NOT_SHOWN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class FijiBridgeError(Exception):
    """Base of every error that this package raises on purpose."""

    exit_code = 4

    def __str__(self) -> str:
        """Return the message, with control characters and odd bytes of names as escapes."""
        return _NOT_SHOWN.sub(lambda found: repr(found[0])[1:-1], super().__str__())


class InputError(FijiBridgeError, ValueError):
    """What the caller asked for makes no sense; the message says what to do."""

    exit_code = 2


class ArgumentError(InputError, TypeError):
    """A keyword that a function does not take, or a value of a kind that it does not take."""


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


class RemoteError(FileError):
    """A remote store that cannot be reached, refuses, or stopped answering."""


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
    """An ImageJ macro failed.

    Attributes
    ----------
    line : int or None
        Line of the macro, where ImageJ says it.
    log : str
        What the macro had printed.
    """

    def __init__(self, message: str, *, line: int | None = None, log: str = "") -> None:
        super().__init__(message)
        self.line = line
        self.log = log


class WorkerError(FijiBridgeError, RuntimeError):
    """A worker process crashed, or did not answer in time; another one takes its place.

    Attributes
    ----------
    output : str
        The last lines that it had printed.
    """

    def __init__(self, message: str, *, output: str = "") -> None:
        super().__init__(message)
        self.output = output


class ServiceError(FijiBridgeError, RuntimeError):
    """A service cannot be reached, does not let in, or did not do what was asked.

    Attributes
    ----------
    status : int or None
        Of HTTP; None where there was no answer.
    output : str
        The last lines of a worker that died.
    """

    def __init__(self, message: str, *, status: int | None = None, output: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.output = output


class CancelledError(FijiBridgeError):
    """The work was cancelled; nothing was written."""

    exit_code = 130
