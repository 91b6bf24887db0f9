"""Standard output and error of a program that must not die of them."""

from __future__ import annotations

import codecs
import contextlib
import os
import sys

from fiji_bridge.image.texts import one_line

#: What a terminal that lacks these letters is shown.
_PLAIN = {
    "µ": "u", "μ": "u", "σ": "sigma", "×": "x", "−": "-", "–": "-", "…": "...", "Å": "A",
    "²": "^2", "³": "^3", "≤": "<=", "≥": ">=", "→": "->", "±": "+-", "∂": "d", "·": "*",
    "°": "deg", "ω": "omega", "π": "pi", "Σ": "Sum ", "√": "sqrt ", "½": "1/2", "‰": "o/oo",
}  # fmt: skip


def _plainly(error: UnicodeError) -> tuple[str, int]:
    """Stand in for what an encoding lacks: a plain spelling, or an escape."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    shown = (_PLAIN.get(c, c.encode("ascii", "backslashreplace").decode("ascii")) for c in lacking)
    return "".join(shown), error.end


def _open_what_is_closed() -> None:
    """Let a standard stream that the caller closed take everything, as the null device does.

    Otherwise the next file that is opened gets its number, and whatever Java or a child prints.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # In this order each gets the lowest free number, which is its own.
            stream = open(os.devnull, mode, encoding="utf-8")  # noqa: SIM115
            os.set_inheritable(stream.fileno(), True)
            setattr(sys, name, stream)


def prepare() -> None:
    """Let both streams write whatever they are given, whatever their encoding is."""
    codecs.register_error("fiji_bridge.plainly", _plainly)
    _open_what_is_closed()
    for stream in (sys.stdout, sys.stderr):
        # A caller may have put something of its own in their place.
        with contextlib.suppress(AttributeError, OSError, ValueError):
            stream.reconfigure(errors="fiji_bridge.plainly")  # type: ignore[union-attr]


def flush() -> None:
    """Write what is still held back, so that a full disk behind standard output is noticed."""
    if sys.stdout is not None and not sys.stdout.closed:
        sys.stdout.flush()


def let_go() -> None:
    """Forget what cannot be written, so that Python does not try once more when it ends."""
    try:
        flush()
    except (OSError, ValueError):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, sys.stdout.fileno())
            os.close(nothing)


def complain(message: str) -> None:
    """Say a line on standard error, if there is one."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        print(f"fiji-bridge: {one_line(message)}", file=sys.stderr)
