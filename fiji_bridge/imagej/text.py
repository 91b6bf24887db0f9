r"""The text in which ImageJ keeps what TIFF has no tags for: ``ImageDescription``.

It is a Java ``Properties`` text (``key=value`` lines, ``\u00B5`` for µ). Only
the text is handled here; what the values mean is decided by those who use it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

#: Lines that are worked out anew from the image whenever a description is written.
DERIVED_KEYS = frozenset(
    {
        "ImageJ", "images", "channels", "slices", "frames", "hyperstack", "mode", "unit",
        "yunit", "zunit", "spacing", "finterval", "tunit", "min", "max",
        "xorigin", "yorigin", "zorigin", "name",
    }
)  # fmt: skip

#: The others that ImageJ writes: carried through as they are.
CARRIED_KEYS = (
    "cf", "c0", "c1", "c2", "c3", "c4", "vunit", "zeroclip", "fps", "loop", "info",
    "inverty", "8bitcolor",
)  # fmt: skip

_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
# What java.lang.Double.valueOf accepts; hexadecimal floats never occur in files.
_DOUBLE = re.compile(r"[+-]?(?:NaN|Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?)", re.ASCII)


def parse_properties(raw: bytes) -> dict[str, str]:
    r"""Read a text in the format of ``java.util.Properties``.

    Parameters
    ----------
    raw : bytes
        Taken to be Latin-1, as Java does: a µ in UTF-8 comes out as ``Âµ``.

    Returns
    -------
    dict of str to str
        Escapes such as ``\u00B5`` are resolved; of two lines with one key the last counts.
    """
    found = {}
    for line in _logical_lines(raw.decode("latin-1")):
        end = _end_of_key(line)
        key, rest = line[:end], line[end:].lstrip(" \t\f")
        if rest[:1] in ("=", ":") and rest:
            rest = rest[1:].lstrip(" \t\f")
        found[_unescape(key)] = _unescape(rest)
    return found


def _logical_lines(text: str) -> list[str]:
    lines, pending = [], ""
    for natural in re.split(r"\r\n|\r|\n", text):
        line = natural.lstrip(" \t\f")
        if not pending and (not line or line[0] in "#!"):
            continue
        backslashes = len(line) - len(line.rstrip("\\"))
        if backslashes % 2:
            pending += line[:-1]
            continue
        lines.append(pending + line)
        pending = ""
    if pending:
        lines.append(pending)
    return lines


def _end_of_key(line: str) -> int:
    escaped = False
    for i, char in enumerate(line):
        if not escaped and char in "=: \t\f":
            return i
        escaped = char == "\\" and not escaped
    return len(line)


def _unescape(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        code = match[1]
        return chr(int(code[1:], 16)) if len(code) == 5 else _ESCAPES.get(code, code)

    chars = re.sub(r"\\(u[0-9a-fA-F]{4}|.)", one, text, flags=re.DOTALL)
    # Java escapes the two halves of a character beyond U+FFFF one by one.
    return chars.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "surrogatepass")


def property_line(key: str, value: str) -> str:
    r"""Return a line of the description, escaped as ImageJ does (``unit=\u00B5m``)."""
    units = value.encode("utf-16-be", "surrogatepass")
    chars: list[str] = []
    for code in (int.from_bytes(units[i : i + 2], "big") for i in range(0, len(units), 2)):
        plain = 0x20 <= code < 0x7F and code != 0x5C
        # Java drops white space at the start of a value; ImageJ loses it there.
        plain = plain and not (code == 0x20 and not chars)
        chars.append(chr(code) if plain else f"\\u{code:04X}")
    return f"{key}={''.join(chars)}\n"


def java_double(text: str | None) -> float | None:
    """Read a number as Java does, or return None where Java would not (``2,5``)."""
    if text is None or not _DOUBLE.fullmatch(stripped := text.strip()):
        return None
    return float(stripped.rstrip("fFdD")) if stripped[-1] in "fFdD" else float(stripped)


def double_text(value: float) -> str:
    """Write a number so that Java reads the same double; whole numbers without ``.0``."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def carried(properties: Mapping[str, str]) -> dict[str, str]:
    """Return the lines of a description that are carried through as they are.

    Those are density calibration, frame rate and the like, and numbers that
    ImageJ itself cannot read (``xorigin=1,5``), which it takes for 0.
    """
    kept = {key: properties[key] for key in CARRIED_KEYS if key in properties}
    kept |= unreadable(properties)
    if kept.get("loop") == "false":
        del kept["loop"]  # what ImageJ writes where nothing was set
    return kept


def unreadable(properties: Mapping[str, str]) -> dict[str, str]:
    """Return the lines whose number ImageJ takes for 0 because it cannot read it."""
    keys = ("xorigin", "yorigin", "zorigin", "finterval")
    return {
        k: properties[k] for k in keys if k in properties and java_double(properties[k]) is None
    }
