"""The words for verdicts, in the console, the reports and the documentation."""

from __future__ import annotations

#: What each verdict is called, with a sign and a class; told apart without colour.
VERDICTS = {
    "same": ("=", "same"),
    "explained": ("≈", "differs as expected"),
    "different": ("≠", "DIFFERENT"),
    "cannot tell": ("?", "CANNOT TELL"),
    "not installed": ("–", "not installed"),
    "cannot": ("–", "does not apply"),
    "error": ("✗", "ERROR"),
    "crash": ("✗", "CRASH"),
    "timeout": ("✗", "TIME-OUT"),
}
