"""Options that several subcommands share."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, cast

import click

from fiji_bridge.engines.select import ENGINES
from fiji_bridge.errors import InputError
from fiji_bridge.formats import READERS
from fiji_bridge.image.places import Remote, to_place
from fiji_bridge.jvm.settings import RUNTIMES
from fiji_bridge.ops.operation import Operation
from fiji_bridge.ops.parameter import Kind, Parameter

Function = TypeVar("Function", bound=Callable[..., Any])


class _PlaceType(click.Path):
    """A file or folder of this machine, or an address, which is looked at when it is used."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        place = to_place(value, param.human_readable_name if param else "the file")
        return place if isinstance(place, Remote) else super().convert(place, param, ctx)


#: A file, or the folder that an OME-Zarr is.
INPUT = _PlaceType(exists=True, path_type=Path)
#: Whatever may be an image; it need not exist.
IMAGE = _PlaceType(path_type=Path)
#: An image that is no folder, but for one in a remote store.
OUTPUT_IMAGE = _PlaceType(dir_okay=False, path_type=Path)
OUTPUT = click.Path(dir_okay=False, path_type=Path)


def _all(*decorators: Callable[[Function], Function]) -> Callable[[Function], Function]:
    def apply(function: Function) -> Function:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return apply


#: Keywords of `fiji_bridge.read`.
READ_OPTIONS = ("reader", "scene", "level", "timepoint", "channel", "region")


def image_options(function: Function) -> Function:
    """Add what decides how an input file is understood: ``voxel_size``, and ``reading``.

    ``reading`` are the keywords of `fiji_bridge.read`.
    """
    return image_options_beside(())(function)


def image_options_beside(own: Collection[str]) -> Callable[[Function], Function]:
    """Return `image_options` without those that a command has as options of its own."""
    names = [name for name in READ_OPTIONS if name not in own]

    def add(function: Function) -> Function:
        @functools.wraps(function)
        def gathered(**options: Any) -> Any:
            reading = {name: options.pop(name) for name in names}
            return function(reading=reading, **options)

        return _reading(cast("Function", gathered), names)

    return add


def _reading(function: Function, names: Collection[str]) -> Function:
    known = {
        "reader": click.option(
            "--reader",
            type=click.Choice(READERS),
            default="tifffile",
            show_default=True,
            help="Who reads the file: tifffile without Java, ImageJ itself, a plugin of BioIO, "
            "or the Bio-Formats of a Fiji.",
        ),
        "scene": click.option(
            "--scene", help="Of a file with several images: its name, or its number from 0."
        ),
        "level": click.option(
            "--level",
            type=click.IntRange(min=0),
            default=0,
            show_default=True,
            help="Resolution level of an OME-Zarr; 0 is the finest.",
        ),
        "timepoint": click.option(
            "--timepoint", type=click.IntRange(min=0), help="Only this, from 0."
        ),
        "channel": click.option("--channel", help="Only this: its number from 0, or its name."),
        "region": click.option(
            "--region", metavar="'z=0:20um y=…'", help="Only this part: from and to per axis."
        ),
    }
    return _all(
        click.option(
            "--voxel-size",
            metavar="'Z Y X UNIT'",
            help="Voxel size, instead of the file's: '2 0.45 0.45 um'.",
        ),
        *(known[name] for name in names),
    )(function)


def runtime_options(function: Function) -> Function:
    """Add the choice of Java runtime; `start_from` uses it."""
    return _all(
        click.option("--runtime", type=click.Choice(RUNTIMES), help="Which ImageJ computes."),
        click.option("--fiji", metavar="DIR", help="Folder of a Fiji or ImageJ2 to compute in."),
        click.option("--maven", metavar="G:A:V", help="Maven coordinate of a Fiji or ImageJ2."),
        click.option("--heap", metavar="SIZE", help="Largest Java heap, such as 8g."),
    )(function)


def engine_options(function: Function) -> Function:
    """Add the choice of engine and of its threads."""
    return _all(
        click.option(
            "--engine",
            type=click.Choice(list(ENGINES)),
            help="Default: the real Gauss3 where the runtime has it, else fused.",
        ),
        click.option("--threads", type=click.IntRange(min=1), help="Default: all processors."),
        runtime_options,
    )(function)


def json_option(function: Function) -> Function:
    """Add ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")(
        function
    )


def parameter_options(
    operation: Operation,
    names: Sequence[str] | None = None,
    *,
    without: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
) -> Callable[[Function], Function]:
    """Turn an operation's parameters (or some of them) into options.

    Parameters
    ----------
    operation : Operation
    names : sequence of str, optional
        All of them by default.
    without : mapping of str to tuple of str
        Choices that are not on offer, by the name of the parameter.
    """
    return _all(
        *(
            _option_of(_without(parameter, without.get(parameter.name, ())))
            for parameter in operation.parameters
            if names is None or parameter.name in names
        )
    )


def _without(parameter: Parameter, choices: tuple[str, ...]) -> Parameter:
    """Return the parameter with fewer choices."""
    left = tuple(choice for choice in parameter.choices if choice not in choices)
    return replace(parameter, choices=left) if choices else parameter


class _Choice(click.Choice[str]):
    """One of a parameter's choices; a refusal adds the parameter's remedy."""

    def __init__(self, parameter: Parameter) -> None:
        super().__init__(list(parameter.choices))
        self._remedy = parameter.remedy
        self._meaning = parameter.meaning

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the choice; one that has other names is found by them as well."""
        if self._meaning is None:
            return super().convert(value, param, ctx)
        try:
            return super().convert(self._meaning(value), param, ctx)
        except InputError as error:
            self.fail(str(error), param, ctx)

    def get_invalid_choice_message(self, value: str, ctx: click.Context | None) -> str:
        """Return what is said of a value that is no choice."""
        return super().get_invalid_choice_message(value, ctx).rstrip(".") + self._remedy


def _option_of(parameter: Parameter) -> Callable[[Function], Function]:
    flag = "--" + parameter.name.replace("_", "-")
    if parameter.kind is Kind.FLAG:
        return click.option(flag, parameter.name, is_flag=True, help=parameter.sentence)
    kinds: dict[Kind, Any] = {
        Kind.CHOICE: _Choice(parameter),
        Kind.NUMBER: float,
        Kind.INTEGER: int,
        Kind.TEXT: str,
        Kind.LENGTHS: str,
        Kind.WIDTH: str,
    }
    return click.option(
        flag,
        parameter.name,
        type=kinds[parameter.kind],
        metavar="LENGTH" if parameter.kind in (Kind.LENGTHS, Kind.WIDTH) else None,
        required=parameter.required,
        default=parameter.default,
        show_default=parameter.default is not None,
        help=parameter.sentence,
    )
