"""Options that several subcommands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from fiji_bridge.engines.select import ENGINES
from fiji_bridge.jvm.settings import RUNTIMES
from fiji_bridge.ops.registry import Kind, Operation, Parameter

Function = TypeVar("Function", bound=Callable[..., Any])

INPUT = click.Path(exists=True, dir_okay=False, path_type=Path)
OUTPUT = click.Path(dir_okay=False, path_type=Path)


def _all(*decorators: Callable[[Function], Function]) -> Callable[[Function], Function]:
    def apply(function: Function) -> Function:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return apply


def image_options(function: Function) -> Function:
    """Add what decides how an input file is understood."""
    return _all(
        click.option(
            "--voxel-size",
            metavar="'Z Y X UNIT'",
            help="Voxel size, instead of the file's: '2 0.45 0.45 um'.",
        ),
        click.option(
            "--reader",
            type=click.Choice(("tifffile", "imagej")),
            default="tifffile",
            show_default=True,
            help="Who reads the file: tifffile without Java, or ImageJ itself.",
        ),
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
            type=click.Choice(ENGINES),
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
    operation: Operation, names: tuple[str, ...] | None = None
) -> Callable[[Function], Function]:
    """Turn an operation's parameters (or some of them) into options."""
    options: list[Callable[[Function], Function]] = []
    for parameter in operation.parameters:
        if names is None or parameter.name in names:
            options += _options_of(parameter)
    return _all(*options)


class _Choice(click.Choice[str]):
    """One of a parameter's choices; a refusal adds the parameter's remedy."""

    def __init__(self, parameter: Parameter) -> None:
        super().__init__(parameter.choices)
        self._remedy = parameter.remedy

    def get_invalid_choice_message(self, value: str, ctx: click.Context | None) -> str:
        """Return what is said of a value that is no choice."""
        return super().get_invalid_choice_message(value, ctx).rstrip(".") + self._remedy


def _options_of(parameter: Parameter) -> list[Callable[[Function], Function]]:
    if parameter.kind is Kind.WIDTH:
        return [
            click.option(
                "--sigma", metavar="LENGTH", help=f"Standard deviation: {parameter.help}."
            ),
            click.option("--fwhm", metavar="LENGTH", help="Full width at half maximum, instead."),
        ]
    flag = "--" + parameter.name.replace("_", "-")
    text = parameter.help[:1].upper() + parameter.help[1:] + "."
    common: dict[str, Any] = {
        "default": parameter.default, "help": text, "show_default": parameter.default is not None,
    }  # fmt: skip
    if parameter.kind is Kind.FLAG:
        return [click.option(flag, parameter.name, is_flag=True, help=text)]
    kinds: dict[Kind, Any] = {
        Kind.CHOICE: _Choice(parameter),
        Kind.NUMBER: float,
        Kind.INTEGER: int,
        Kind.TEXT: str,
        Kind.LENGTHS: str,
    }
    return [click.option(flag, parameter.name, type=kinds[parameter.kind], **common)]
