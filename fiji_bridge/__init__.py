"""One physical sigma in, the same blur in every direction out."""

from fiji_bridge._version import __version__

__all__ = ["__version__"]
