"""From whatever ended a command to one sentence and an exit code."""

from __future__ import annotations

import errno
import os

import click

from fiji_bridge.errors import FijiBridgeError

#: What is said of a failure of the system; anything else by the system's own words.
_SYSTEM = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the quota of the disk is used up",
    errno.EROFS: "the file system can only be read",
    errno.EACCES: "permission is denied",
    errno.EPERM: "permission is denied",
    errno.ELOOP: "symbolic links lead in a circle",
    errno.ENAMETOOLONG: "the name is too long for this file system",
    errno.ENOTDIR: "a part of the path is no folder",
    errno.EISDIR: "it is a folder",
    errno.ENOENT: "it does not exist",
    errno.EMFILE: "too many files are open in this process",
}

#: What click calls numbers, and what people do.
_NUMBERS = {
    "is not a valid integer range": "is not a whole number",
    "is not a valid integer": "is not a whole number",
    "is not a valid float range": "is not a number",
    "is not a valid float": "is not a number",
}

_INTERRUPTED = "interrupted; nothing was written"


def sentence(error: BaseException) -> tuple[str, int]:
    """Return what to say of an exception, and the exit code; an empty text says nothing.

    Raises
    ------
    BaseException
        The exception itself, where it is a fault of this program: its traceback is wanted.
    """
    if isinstance(error, FijiBridgeError):
        return str(error), error.exit_code
    if isinstance(error, click.Abort | KeyboardInterrupt):
        return _INTERRUPTED, 130
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return "", error.exit_code
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        more = f"; see '{context.command_path} --help'" if context is not None else ""
        return usage_words(error) + more, error.exit_code
    if isinstance(error, MemoryError):
        return f"out of memory ({error}); work on a crop, or on fewer channels or frames", 4
    if isinstance(error, BrokenPipeError | SystemExit):
        # The reader of our output has gone, and there is no one to tell; click exits then.
        return "", 4
    if isinstance(error, OSError):
        return _of_system(error), 4
    raise error


def usage_words(error: click.ClickException) -> str:
    """Return click's answer in our own words."""
    text = error.format_message().rstrip(".").replace(". (Did", " (did")
    text, asked, meant = text.partition(". Did you mean ")
    text += f" (did you mean {meant})" if asked else ""
    for theirs, ours in _NUMBERS.items():
        text = text.replace(theirs, ours)
    return text[:1].lower() + text[1:]


def _of_system(error: OSError) -> str:
    why = _SYSTEM.get(error.errno or 0, error.strerror or str(error))
    names = [
        os.fsdecode(n) for n in (error.filename, error.filename2) if isinstance(n, str | bytes)
    ]
    where = " and ".join(names) if names else "the output cannot be written"
    text = f"{where}: {why}"
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
