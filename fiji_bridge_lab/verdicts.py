"""The words for verdicts, in the console, the reports and the documentation."""

from __future__ import annotations

from collections.abc import Mapping

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

#: Those where there was nothing to compare.
SILENT = ("not installed", "cannot")

#: What has become of a result from one run to another.
MOVES = {
    "identical": "identical",
    "within": "within the tolerance",
    "appeared": "appeared",
    "skipped": "skipped",
    "moved": "MOVED",
    "gone": "GONE",
    "broke": "BROKE",
}

#: What is said of all of them, by whether the comparison passed.
MOVED = {True: "nothing moved", False: "SOMETHING MOVED"}


def move_counts(counts: Mapping[str, int]) -> str:
    """Return how many results had which verdict of `MOVES`, as text."""
    return ", ".join(f"{number} {MOVES[verdict]}" for verdict, number in counts.items())
