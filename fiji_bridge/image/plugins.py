"""What other packages add to a registry, by their entry points."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.metadata import EntryPoint, entry_points
from typing import TypeVar

from fiji_bridge.errors import InputError

T = TypeVar("T")


def loaded(
    group: str, wanted: type[T], not_that: str, found: Iterable[EntryPoint] | None = None
) -> Iterator[T]:
    """Load the entry points of a group, one after the other.

    Parameters
    ----------
    group : str
    wanted : type
        What each gives.
    not_that : str
        End of the refusal of anything else; ``{}`` stands for the name of its type.
    found : iterable of EntryPoint, optional
        By default those of the packages that are installed.

    Raises
    ------
    InputError
        Names the entry point that fails or gives something else.
    """
    for point in entry_points(group=group) if found is None else found:
        source = f"the entry point {point.name} = {point.value} of {group}"
        try:
            new = point.load()
        except Exception as error:
            raise InputError(f"{source} cannot be loaded: {error}") from error
        if not isinstance(new, wanted):
            raise InputError(f"{source} gives {not_that.format(type(new).__name__)}")
        yield new
