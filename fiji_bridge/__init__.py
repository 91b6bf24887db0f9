"""One physical sigma in, the same blur in every direction out.

Every name is loaded when it is first used: importing starts no JVM and pulls in nothing heavy.
"""

from typing import Any

import lazy_loader

from fiji_bridge._version import __version__ as __version__

_load, _names, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> Any:
    """Load a public name; also an operation that came later than the stub."""
    if name in __all__ or name.startswith("_"):
        return _load(name)
    from fiji_bridge.ops.registry import REGISTRY, function

    if name in REGISTRY:
        return function(name)
    return _load(name)


def __dir__() -> list[str]:
    from fiji_bridge.ops.registry import REGISTRY

    return sorted({*__all__, *REGISTRY})
