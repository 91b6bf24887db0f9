"""JUnit XML, for the test pages of CI services."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree

#: verdict → the element that says so; none for those that pass.
_OF_RUN = {
    "different": "failure", "cannot tell": "failure",
    "crash": "error", "timeout": "error", "error": "error",
    "not installed": "skipped", "cannot": "skipped",
}  # fmt: skip
_OF_COMPARISON = {"moved": "failure", "gone": "failure", "broke": "error", "skipped": "skipped"}

Entry = tuple[str, str, str, str, float]


def of_run(run: Mapping[str, Any]) -> bytes:
    """Return a document with a test case for each row and pair."""
    entries: list[Entry] = [
        (
            row["id"],
            f"{pair['a']} = {pair['b']}",
            pair["verdict"],
            pair["words"],
            _seconds(row, pair),
        )
        for row in run["cases"]
        for pair in row["pairs"]
    ]
    entries += [(e["case"], "image", "not installed", e["reason"], 0.0) for e in run["skipped"]]
    return _document(f"regress {run['suite']}", entries, _OF_RUN)


def of_comparison(comparison: Mapping[str, Any]) -> bytes:
    """Return a document with a test case for each case and filter."""
    entries = [
        (entry["case"], entry["filter"], entry["verdict"], entry["words"], 0.0)
        for entry in comparison["results"]
    ]
    return _document("regress compare", entries, _OF_COMPARISON)


def _seconds(row: Mapping[str, Any], pair: Mapping[str, Any]) -> float:
    """Return the time that the pair's second filter took (the first is counted elsewhere)."""
    return float(row["results"][pair["b"]].get("seconds", 0.0))


def _document(name: str, entries: Iterable[Entry], elements: Mapping[str, str]) -> bytes:
    suite = ElementTree.Element("testsuite", name=name)
    counts = dict.fromkeys(("failure", "error", "skipped"), 0)
    total = 0
    for case, test, verdict, words, seconds in entries:
        total += 1
        node = ElementTree.SubElement(
            suite, "testcase", classname=case, name=test, time=f"{seconds:.3f}"
        )
        element = elements.get(verdict)
        if element is None:
            ElementTree.SubElement(node, "system-out").text = f"{verdict}: {words}"
            continue
        counts[element] += 1
        ElementTree.SubElement(node, element, message=_printable(words), type=verdict)
    suite.set("tests", str(total))
    suite.set("failures", str(counts["failure"]))
    suite.set("errors", str(counts["error"]))
    suite.set("skipped", str(counts["skipped"]))
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _printable(text: str) -> str:
    """Drop control characters, which XML 1.0 cannot hold (a crashed library may print any)."""
    return "".join(c for c in text if c in "\n\t" or c.isprintable())
