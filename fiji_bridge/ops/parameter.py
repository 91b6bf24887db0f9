"""What a parameter of an operation is: said once, beside its type."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from fiji_bridge.errors import ArgumentError, InputError


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


@dataclass(frozen=True)
class Parameter:
    """One parameter of an operation, the same in Python, on the command line and in macros.

    It stands in the annotation of a keyword, ``Annotated[float, Parameter(Kind.NUMBER, "…")]``;
    name and default are those of the keyword.

    Attributes
    ----------
    kind : Kind
    help : str
        One line, with the unit; begins with a small letter and ends without a full stop.
    label : str
        What a dialog calls it; by default its name.
    choices : iterable of str
        Read whenever they are needed: a table that grows offers more. By default those of the
        ``Literal`` beside which it stands.
    in_macro : bool
        Whether the ImageJ command has it as well.
    remedy : str
        What a refusal of a value that is no choice adds to its message.
    shown : str
        Type in the docstring; by default what `kind` says.
    only_with : str
        ``"border=constant"``: the choice of another parameter without which this one says nothing;
        a dialog leaves it out otherwise.
    meaning : callable or None
        Turns another name of a choice into the choice, and refuses the rest.
    name : str
        Keyword in Python; ``--name`` on the command line; the key in a recorded macro.
    default : object
        None where the parameter may be left out without a value.
    required : bool
        Whether it must be given.
    """

    kind: Kind
    help: str
    label: str = ""
    choices: Iterable[str] = ()
    in_macro: bool = True
    remedy: str = ""
    shown: str = ""
    only_with: str = ""
    meaning: Callable[[Any], str] | None = None
    name: str = ""
    default: Any = None
    required: bool = False

    @property
    def title(self) -> str:
        """What a dialog calls it."""
        return self.label or self.name.replace("_", " ").capitalize()

    @property
    def sentence(self) -> str:
        """Its help as a sentence; values keep their small letters."""
        first = self.help.partition(" ")[0]
        start = first if first.endswith(":") or "'" in first else first[:1].upper() + first[1:]
        return f"{start}{self.help[len(first) :]}."

    @property
    def type_text(self) -> str:
        """Its type, as a docstring says it."""
        text = (
            self.shown
            or {
                Kind.WIDTH: "length or one per axis",
                Kind.LENGTHS: "length or one per axis",
                Kind.CHOICE: "{" + ", ".join(f'"{choice}"' for choice in self.choices) + "}",
                Kind.NUMBER: "float",
                Kind.INTEGER: "int",
                Kind.FLAG: "bool",
                Kind.TEXT: "str",
            }[self.kind]
        )
        if self.required:
            return text
        return f"{text}, optional" if self.default is None else f"{text}, default {self.default!r}"

    def checked(self, value: Any) -> Any:
        """Return a value as the operation takes it, or refuse."""
        if value is None and self.default is None and not self.required:
            return None
        if self.kind is Kind.CHOICE:
            return self._choice(value)
        if self.kind is Kind.FLAG and not isinstance(value, bool):
            # A NumPy bool is one; the text "false" is none.
            if type(value).__name__ not in ("bool", "bool_"):
                raise ArgumentError(f"{self.name} must be True or False; got {value!r}")
            return bool(value)
        if self.kind is Kind.INTEGER:
            return self._integer(value)
        if self.kind is Kind.NUMBER:
            return self._number(value)
        return value

    def _choice(self, value: Any) -> str:
        if self.meaning is not None:
            return self.meaning(value)
        if not isinstance(value, str) or value not in self.choices:
            raise InputError(
                f"{self.name} must be one of {', '.join(self.choices)}; got {value!r}{self.remedy}"
            )
        return value

    def _integer(self, value: Any) -> int:
        if isinstance(value, bool) or not hasattr(value, "__index__"):
            raise ArgumentError(f"{self.name} must be a whole number; got {value!r}")
        return int(value)

    def _number(self, value: Any) -> float:
        try:
            found = math.nan if isinstance(value, bool | str) else float(value)
        except (TypeError, ValueError):
            found = math.nan
        if isinstance(value, bool | str) or (math.isnan(found) and not isinstance(value, float)):
            raise ArgumentError(f"{self.name} must be a number; got {value!r}")
        return found
