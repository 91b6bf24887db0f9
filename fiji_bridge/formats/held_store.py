"""A store that is given its metadata last, so that it does not look whole before it is."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from zarr.abc.store import Store
from zarr.core.sync import sync
from zarr.storage import WrapperStore

from fiji_bridge.formats.stores import MARKS


class HeldMetadata(WrapperStore[Store]):
    """A store that keeps metadata to itself until they are released."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.metadata: dict[str, Any] = {}

    @staticmethod
    def _is_metadata(key: str) -> bool:
        return key.rpartition("/")[2] in MARKS

    async def get(self, key: str, prototype: Any, byte_range: Any = None) -> Any:
        """Return a value."""
        if self._is_metadata(key):
            return self.metadata.get(key)
        return await super().get(key, prototype, byte_range)

    async def set(self, key: str, value: Any) -> None:
        """Store a value, or keep it."""
        if self._is_metadata(key):
            self.metadata[key] = value
        else:
            await super().set(key, value)

    async def exists(self, key: str) -> bool:
        """Whether there is a value."""
        if self._is_metadata(key):
            return key in self.metadata
        return bool(await super().exists(key))

    async def set_if_not_exists(self, key: str, value: Any) -> None:
        """Store a value where there is none."""
        if not await self.exists(key):
            await self.set(key, value)

    def release(self, arrays: Collection[str] | None = None) -> None:
        """Store the metadata of arrays, then those of the group, which make it look whole.

        Parameters
        ----------
        arrays : collection of str, optional
            Those that stay; by default all do.
        """
        kept = {
            key: value
            for key, value in self.metadata.items()
            if arrays is None or "/" not in key or key.partition("/")[0] in arrays
        }
        for key in sorted(kept, key=lambda k: ("/" not in k, k.rpartition("/")[2] == ".zgroup", k)):
            sync(self._store.set(key, kept[key]))
