"""The registry with every operation in it: one line each."""

from fiji_bridge.ops.gaussian import GAUSSIAN
from fiji_bridge.ops.registry import REGISTRY

REGISTRY.register(GAUSSIAN)

__all__ = ["REGISTRY"]
