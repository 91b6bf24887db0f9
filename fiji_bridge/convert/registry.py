"""The registry of the kinds of object that come in and go out, and how others add theirs.

A kind is one file with a `Kind` in it and one line in `convert/catalogue.py`, or an entry point of
the group ``fiji_bridge.inputs`` in another package that gives a `Kind`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from typing import Any

from fiji_bridge.errors import InputError
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.plugins import loaded

#: Entry points of other packages.
GROUP = "fiji_bridge.inputs"


@dataclass(frozen=True)
class Kind:
    """One kind of object.

    Attributes
    ----------
    name : str
        As people call it: ``"xarray.DataArray"``; unique.
    types : tuple of str
        Top package and class, ``"xarray.DataArray"``, wherever inside the package the class
        stands, or a Java class by its full name. An object is recognised by the first of its
        classes, base classes included, that a kind names: no library is imported for that.
    read : callable
        Takes the object and ``axes`` (a text, or None where nobody said it), gives a
        `CalibratedImage`; copies no samples where it need not.
    give_back : callable
        Takes the object and the `CalibratedImage` that was made from it; gives the same kind.
    recognises : callable or None
        For kinds that have no class of their own; asked after all classes.
    lazily : callable or None
        As `read`, but gives an image whose samples are a dask array, or None where the object's
        are none. `give_back` then takes a result of such samples, too.
    """

    name: str
    types: tuple[str, ...]
    read: Callable[[Any, str | None], CalibratedImage]
    give_back: Callable[[Any, CalibratedImage], Any]
    recognises: Callable[[Any], bool] | None = None
    lazily: Callable[[Any, str | None], CalibratedImage | None] | None = None


class Registry:
    """Kinds by name.

    Parameters
    ----------
    kinds : iterable of Kind

    Raises
    ------
    InputError
        For a name or a class that is taken.
    """

    def __init__(self, kinds: Iterable[Kind]) -> None:
        self._kinds: dict[str, Kind] = {}
        self._types: dict[str, Kind] = {}
        for kind in kinds:
            self.add(kind)

    def add(self, new: Kind) -> None:
        """Add a kind behind the others."""
        if new.name in self._kinds:
            raise InputError(f"the kind of input {new.name!r} is registered twice")
        if not new.types and new.recognises is None:
            raise InputError(f"the kind of input {new.name!r} says of no object that it is one")
        for name in new.types:
            if name in self._types:
                raise InputError(
                    f"the class {name} of the kind of input {new.name!r} belongs to "
                    f"{self._types[name].name!r}"
                )
        self._kinds[new.name] = new
        self._types.update(dict.fromkeys(new.types, new))

    def add_entry_points(self, found: Iterable[EntryPoint] | None = None) -> None:
        """Add the kinds of other packages.

        Raises
        ------
        InputError
            Names the package whose entry point fails or gives no `Kind`.
        """
        for new in loaded(GROUP, Kind, "no fiji_bridge.convert.registry.Kind", found):
            self.add(new)

    def kind_of(self, obj: Any) -> Kind:
        """Return the kind of an object.

        Raises
        ------
        InputError
            For an object of no kind; lists the kinds.
        """
        for known in type(obj).__mro__:
            for name in _names(known):
                if name in self._types:
                    return self._types[name]
        for kind in self._kinds.values():
            if kind.recognises is not None and kind.recognises(obj):
                return kind
        said = f"{type(obj).__module__}.{type(obj).__qualname__}".removeprefix("builtins.")
        raise InputError(
            f"an image must be one of {', '.join(self._kinds)}, or the path of a file; got {said}"
        )

    def names(self) -> tuple[str, ...]:
        """Return the names of all kinds."""
        return tuple(self._kinds)


def _names(known: type) -> tuple[str, str]:
    """Return the name of a class below its top package, and its name alone: Java's are full."""
    return f"{known.__module__.partition('.')[0]}.{known.__qualname__}", known.__name__
