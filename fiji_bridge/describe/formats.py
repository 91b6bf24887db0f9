"""The formats of descriptors; each was tried with a validator or runner of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from fiji_bridge.describe import boutiques, cwl, galaxy

#: From the name of a format, which is its folder as well, to what gives its files by name.
FORMATS: dict[str, Callable[[], dict[str, str]]] = {
    "boutiques": boutiques.generate,
    "cwl": cwl.generate,
    "galaxy": galaxy.generate,
}


def write(folder: Path, formats: Iterable[str]) -> list[Path]:
    """Write descriptors into a folder per format, made if need be; return their paths."""
    written = []
    for path, text in _texts(folder, formats).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        written.append(path)
    return written


def check(folder: Path, formats: Iterable[str]) -> list[str]:
    """Return what is out of step between a folder of descriptors and the registry."""
    formats = list(formats)
    texts = _texts(folder, formats)
    problems = []
    for path, text in texts.items():
        if not path.is_file():
            problems.append(f"{path} is missing; run: fiji-bridge describe")
        elif path.read_text(encoding="utf-8") != text:
            problems.append(f"{path} is out of step; run: fiji-bridge describe")
    for name in formats:
        for path in sorted((folder / name).glob("*")):
            if path.is_file() and path not in texts:
                problems.append(f"{path} belongs to no operation; delete it")
    return problems


def _texts(folder: Path, formats: Iterable[str]) -> dict[Path, str]:
    return {
        folder / name / file: text for name in formats for file, text in FORMATS[name]().items()
    }
