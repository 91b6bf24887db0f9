"""All operations, found by their files and loaded when first asked for."""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fiji_bridge import ops
from fiji_bridge.errors import ArgumentError
from fiji_bridge.image.paths import kind

if TYPE_CHECKING:
    from fiji_bridge.ops.operation import Operation

# What a file that declares an operation has at the beginning of a line.
_DECLARATION = re.compile(r"^@operation\(", re.M)

#: Headings of the operations in ``fiji-bridge --help`` and in menus, in this order.
GROUPS = ("the blur", "around the blur")


class Registry(Mapping[str, "Operation"]):
    """Operations by name: `fiji_bridge/ops/NAME.py` declares the function ``NAME``.

    Listing the names reads the files, which is quick, and runs none of them. A folder that is
    appended to ``fiji_bridge.ops.__path__`` is looked through as well.
    """

    def __getitem__(self, name: str) -> Operation:
        if name not in self.sources():
            raise KeyError(name)
        module = importlib.import_module(f"{ops.__name__}.{name}")
        found: Operation = getattr(module, name).operation
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self.sources(), key=lambda name: (_rank(self.said(name)[1]), name)))

    def __len__(self) -> int:
        return len(self.sources())

    def __contains__(self, name: object) -> bool:
        return name in self.sources()

    def sources(self) -> dict[str, Path]:
        """Return the files that declare an operation, by its name."""
        found = {}
        for folder in ops.__path__:
            with os.scandir(folder) as entries:
                files = [e for e in entries if e.name.endswith(".py")]
            for file in files:
                if _declaration(file.path, file.stat().st_mtime_ns):
                    found[file.name.removesuffix(".py")] = Path(file.path)
        return found

    def said(self, name: str) -> tuple[str, str]:
        """Return summary and group of an operation without loading it."""
        path = self.sources()[name]
        return _head(_declaration(str(path), path.stat().st_mtime_ns), name)

    def find(self, name: str) -> Operation:
        """Return an operation, or refuse a name with the one that may have been meant."""
        if not isinstance(name, str):
            raise ArgumentError(
                f"an operation is given by its name, such as 'gaussian'; got {kind(name)}: "
                "plan(image, 'gaussian', …), run('gaussian', image, …)"
            )
        if name in self:
            return self[name]
        from fiji_bridge.ops.operation import nearest

        raise ArgumentError(
            f"there is no operation {name!r}{nearest(str(name), list(self))}; there are "
            f"{', '.join(self)}"
        )


#: What a file declares, as long as it stays the same.
_files: dict[str, tuple[int, str]] = {}


def _declaration(path: str, changed: int) -> str:
    """Return the text from ``@operation(`` on; nothing where a file declares no operation."""
    if _files.get(path, (None,))[0] != changed:
        text = Path(path).read_text(encoding="utf-8")
        start = _DECLARATION.search(text)
        _files[path] = (changed, text[start.start() :] if start else "")
    return _files[path][1]


def _head(text: str, name: str) -> tuple[str, str]:
    """Return the first line of the function's docstring, and the group that is declared.

    A pattern, because a parser would be most of what ``fiji-bridge --help`` takes.
    """
    found = re.search(rf'^(@.*?)^def {name}\(.*?^    """(.*?)(?:"""|$)', text, re.M | re.S)
    if found is None:
        raise ValueError(f"ops/{name}.py declares no operation of that name")
    group = re.search(r'^    group="([^"]*)"', found[1], re.M)
    return found[2], group[1] if group else GROUPS[-1]


def _rank(group: str) -> int:
    return GROUPS.index(group) if group in GROUPS else len(GROUPS)


#: All operations.
REGISTRY = Registry()


def function(operation: str) -> Any:
    """Return the public function of an operation."""
    name = REGISTRY.find(operation).name
    return getattr(importlib.import_module(f"{ops.__name__}.{name}"), name)
