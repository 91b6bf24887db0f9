"""Texts made safe for where they go: names from disk and from files can hold anything."""

from __future__ import annotations

import re

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_SURROGATES = re.compile("[\ud800-\udfff]")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# What XML 1.0 has no way to write, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def encodable(text: str) -> str:
    """Replace halves of surrogate pairs, which no encoding has; bytes of a name become them."""
    return _SURROGATES.sub(_REPLACEMENT, text)


def decoded(text: str) -> str:
    """Return a text whose bytes nobody could read, as under ``LC_ALL=C``, where they are UTF-8."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8")
    except UnicodeError:
        return text


def one_line(text: str) -> str:
    """Show what would break a line or move a terminal's cursor as it is written in Python."""
    return _CONTROLS.sub(lambda found: repr(found[0])[1:-1], text)


def xml_text(text: str) -> str:
    """Replace the characters that XML cannot hold."""
    return _NOT_XML.sub(_REPLACEMENT, text)
