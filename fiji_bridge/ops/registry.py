"""What an operation is called, what it takes and who runs it; every way in is made from this."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from fiji_bridge.errors import InputError


class Kind(Enum):
    """What a parameter's value is."""

    # A Gaussian's width: `sigma` or `fwhm` in Python and on the command line;
    # `sigma`, `unit` and `meaning` in the dialog and in a recorded macro.
    WIDTH = "width"
    LENGTHS = "lengths"  # "1 um", or one per axis
    CHOICE = "choice"
    NUMBER = "number"
    INTEGER = "integer"
    FLAG = "flag"
    TEXT = "text"


class Result(Enum):
    """What an operation gives back."""

    IMAGE = "image"  # one `CalibratedImage`
    IMAGES = "images"  # several by name: `fiji_bridge.results.Images`
    REPORT = "report"  # no image, a table: `fiji_bridge.results.Report`


#: What `Kind.WIDTH` is called on either side.
WIDTH_NAMES = ("sigma", "fwhm")
WIDTH_MACRO_KEYS = ("sigma", "unit", "meaning")


@dataclass(frozen=True)
class Parameter:
    """One parameter of an operation, the same in Python, on the command line and in macros.

    Attributes
    ----------
    name : str
        Keyword in Python; ``--name`` on the command line; the key in a recorded macro.
    kind : Kind
    help : str
        One line, with the unit.
    default : object
        None where the parameter may be left out without a value.
    choices : tuple of str
    in_macro : bool
        Whether the ImageJ command has it as well.
    remedy : str
        What a refusal of a value that is no choice adds to its message.
    """

    name: str
    kind: Kind
    help: str
    default: Any = None
    choices: tuple[str, ...] = ()
    in_macro: bool = True
    remedy: str = ""

    def checked(self, value: str) -> str:
        """Return one of the choices, or refuse."""
        if value not in self.choices:
            raise InputError(
                f"{self.name} must be one of {', '.join(self.choices)}; got {value!r}{self.remedy}"
            )
        return value


@dataclass(frozen=True)
class Operation:
    """An entry of the registry.

    Attributes
    ----------
    name : str
        Function in Python, subcommand, and file name of the macro.
    title : str
        Label of the ImageJ command, without the dots.
    menu : str
        ImageJ menu, such as ``"Process>Filters"``.
    java_class : str or None
        The ImageJ command in the jar; None where ImageJ leaves the work to the program.
    summary : str
        One sentence.
    parameters : tuple of Parameter
    apply : callable
        ``apply(image, *, context, **parameters)``, returns what `result` says.
    plan : callable
        ``plan(image, **parameters)``: what will be done, computed without pixels; a `BlurPlan` or
        a `fiji_bridge.results.Plan`.
    memory : callable or None
        ``memory(image, **parameters)``: bytes taken besides the image, an engine's scratch left
        out; for plans that do not say it themselves.
    result : Result
    uses_engine : bool
        Whether it computes on an engine; otherwise no JVM is needed for it.
    """

    name: str
    title: str
    menu: str
    java_class: str | None
    summary: str
    parameters: tuple[Parameter, ...]
    apply: Callable[..., Any]
    plan: Callable[..., Any]
    memory: Callable[..., int] | None = None
    result: Result = Result.IMAGE
    uses_engine: bool = True


class Registry(Mapping[str, Operation]):
    """Operations by name; registering a name twice is an error."""

    def __init__(self) -> None:
        self._operations: dict[str, Operation] = {}

    def register(self, operation: Operation) -> Operation:
        """Add an operation and return it."""
        if operation.name in self._operations:
            raise ValueError(f"operation {operation.name!r} is registered twice")
        keys = macro_keys(operation)
        for a in keys:
            for b in keys:
                # ImageJ finds `sigma=` inside `x_sigma=` as well.
                if a != b and a.endswith(b):
                    raise ValueError(f"macro key {b!r} is a suffix of {a!r} in {operation.name!r}")
        self._operations[operation.name] = operation
        return operation

    def __getitem__(self, name: str) -> Operation:
        return self._operations[name]

    def __iter__(self) -> Any:
        return iter(self._operations)

    def __len__(self) -> int:
        return len(self._operations)


def macro_keys(operation: Operation) -> tuple[str, ...]:
    """Return the keys that a recorded macro line of the operation holds."""
    keys: list[str] = []
    for parameter in operation.parameters:
        if parameter.kind is Kind.WIDTH:
            keys += WIDTH_MACRO_KEYS
        elif parameter.in_macro:
            keys.append(parameter.name)
    return tuple(keys)


#: All operations; importing `fiji_bridge.ops.catalogue` fills it.
REGISTRY = Registry()
